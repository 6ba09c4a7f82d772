/*
  Reading of Gmsh files, in such a way that a broken one ends in a sentence and not in an abort.
*/
#include "domain/gmsh.h"
#include <errno.h>
#include <petscviewer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PetscErrorCode Refuse(char **refused, const char format[], ...)
{
  char text[4096];
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  PetscCall(PetscStrallocpy(text, refused));
  PetscFunctionReturn(0);
}

PetscErrorCode PhysicalGroupsDestroy(PhysicalGroups *groups)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < groups->n; i++) PetscCall(PetscFree(groups->name[i]));
  PetscCall(PetscFree(groups->name));
  PetscCall(PetscFree(groups->dim));
  PetscCall(PetscFree(groups->tag));
  groups->n = 0;
  PetscFunctionReturn(0);
}

/* A line `dimension tag "name"`. */
static PetscErrorCode add_group(PhysicalGroups *groups, char line[])
{
  char *const first = strchr(line, '"'), *const last = strrchr(line, '"');
  int dim, tag;

  PetscFunctionBegin;
  if (!first || last == first || sscanf(line, "%d %d", &dim, &tag) != 2) PetscFunctionReturn(0);
  *last = '\0';
  PetscCall(PetscRealloc((size_t)(groups->n + 1) * sizeof *groups->dim, &groups->dim));
  PetscCall(PetscRealloc((size_t)(groups->n + 1) * sizeof *groups->tag, &groups->tag));
  PetscCall(PetscRealloc((size_t)(groups->n + 1) * sizeof *groups->name, &groups->name));
  groups->dim[groups->n] = dim;
  groups->tag[groups->n] = tag;
  PetscCall(PetscStrallocpy(first + 1, &groups->name[groups->n]));
  groups->n++;
  PetscFunctionReturn(0);
}

/* Format and names, which are text in binary files too: PETSc keeps the names to itself. */
static PetscErrorCode read_head(FILE *stream, const char path[], int *format, PetscBool *binary,
                                PhysicalGroups *groups, char **refused)
{
  char *line = NULL;
  size_t size = 0;
  float version = 0;
  int type = 0, promised = 0;
  PetscBool inside = PETSC_FALSE, first = PETSC_TRUE;

  PetscFunctionBegin;
  for (int number = 0; number < 2; number++) {
    if (getline(&line, &size, stream) < 0 || (number == 0 && strncmp(line, "$MeshFormat", 11))) {
      PetscCall(Refuse(refused, "%s is no Gmsh mesh: it does not begin with $MeshFormat", path));
      free(line);
      PetscFunctionReturn(0);
    }
  }
  if (sscanf(line, "%f %d", &version, &type) != 2 || version < 2.15f || version > 4.15f ||
      (int)version == 3) {
    line[strcspn(line, "\r\n")] = '\0';
    PetscCall(Refuse(refused,
                     "%s has the Gmsh format \"%.40s\"; 2.2, 4.0 and 4.1 can be read (gmsh -format msh41)",
                     path, line));
    free(line);
    PetscFunctionReturn(0);
  }
  *binary = type ? PETSC_TRUE : PETSC_FALSE;
  *format = (int)(10 * version + 0.5f);
  while (getline(&line, &size, stream) >= 0) {
    if (!strncmp(line, "$EndPhysicalNames", 17) || !strncmp(line, "$Nodes", 6)) break;
    if (inside && !first) PetscCall(add_group(groups, line));
    if (inside && first) {
      promised = atoi(line);
      first = PETSC_FALSE;
    }
    if (!strncmp(line, "$PhysicalNames", 14)) inside = PETSC_TRUE;
  }
  free(line);
  if (promised != groups->n)
    PetscCall(Refuse(refused, "cannot read the mesh %s: it promises %d physical names and has %" PetscInt_FMT,
                     path, promised, groups->n));
  PetscFunctionReturn(0);
}

typedef struct {
  char message[512];
} Complaint;

static PetscErrorCode keep_message(MPI_Comm comm, int line, const char *function, const char *file,
                                   PetscErrorCode code, PetscErrorType type, const char *message,
                                   void *context)
{
  Complaint *const complaint = context;

  (void)comm;
  (void)line;
  (void)function;
  (void)file;
  if (type == PETSC_ERROR_INITIAL && message)
    snprintf(complaint->message, sizeof complaint->message, "%s", message);
  return code;
}

static PetscErrorCode read_plex(const char path[], PetscBool binary, DM *dm)
{
  PetscOptions options;
  PetscViewer viewer;

  PetscFunctionBegin;
  /* The reader takes its settings from options only: these are ours, not the user's. */
  PetscCall(PetscOptionsCreate(&options));
  PetscCall(PetscOptionsSetValue(options, "-dm_plex_gmsh_periodic", "0"));
  PetscCall(PetscOptionsSetValue(options, "-dm_plex_gmsh_highorder", "0"));
  PetscCall(PetscOptionsSetValue(options, "-dm_plex_gmsh_multiple_tags", "1"));
  PetscCall(PetscOptionsSetValue(options, "-dm_plex_gmsh_spacedim", "3"));
  PetscCall(PetscViewerCreate(PETSC_COMM_SELF, &viewer));
  PetscCall(PetscViewerSetType(viewer, binary ? PETSCVIEWERBINARY : PETSCVIEWERASCII));
  PetscCall(PetscViewerFileSetMode(viewer, FILE_MODE_READ));
  PetscCall(PetscViewerFileSetName(viewer, path));
  PetscCall(PetscObjectSetOptions((PetscObject)viewer, options));
  const PetscErrorCode failed = DMPlexCreateGmsh(PETSC_COMM_SELF, viewer, PETSC_TRUE, dm);
  PetscCall(PetscViewerDestroy(&viewer));
  PetscCall(PetscOptionsDestroy(&options));
  PetscCall(failed);
  PetscFunctionReturn(0);
}

PetscErrorCode GmshRead(const char path[], DM *dm, PhysicalGroups *groups, char **refused)
{
  FILE *const stream = fopen(path, "r");
  PetscBool binary = PETSC_FALSE;
  Complaint complaint = {""};
  int format = 0;

  PetscFunctionBegin;
  *dm = NULL;
  *refused = NULL;
  PetscCall(PetscMemzero(groups, sizeof *groups));
  if (!stream) {
    PetscCall(Refuse(refused, "cannot read the mesh %s: %s", path, strerror(errno)));
    PetscFunctionReturn(0);
  }
  PetscCall(read_head(stream, path, &format, &binary, groups, refused));
  if (!*refused && !binary) PetscCall(GmshCheck(stream, path, format, refused));
  fclose(stream);
  if (*refused) PetscFunctionReturn(0);
  PetscCall(PetscPushErrorHandler(keep_message, &complaint));
  const PetscErrorCode failed = read_plex(path, binary, dm);
  PetscCall(PetscPopErrorHandler());
  if (failed) {
    *dm = NULL; /* half made: nothing that could be destroyed */
    PetscCall(Refuse(refused, "cannot read the mesh %s: %s", path,
                     complaint.message[0] ? complaint.message : "it is damaged"));
  }
  PetscFunctionReturn(0);
}
