/*
  manifest.txt: the digest of the case in the first line, then the name of every file that its runs wrote.
*/
#include "output/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char heading[] = "reiter-run-folder";

static PetscErrorCode remember(RunFolder folder, const char name[])
{
  PetscFunctionBegin;
  if (folder->n_names == folder->capacity) {
    const PetscInt capacity = 2 * folder->capacity + 16;
    PetscCall(PetscRealloc((size_t)capacity * sizeof *folder->names, &folder->names));
    folder->capacity = capacity;
  }
  PetscCall(PetscStrallocpy(name, &folder->names[folder->n_names]));
  folder->n_names++;
  PetscFunctionReturn(0);
}

static PetscBool is_known(RunFolder folder, const char name[])
{
  for (PetscInt i = 0; i < folder->n_names; ++i)
    if (!strcmp(folder->names[i], name)) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode ManifestForget(RunFolder folder)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < folder->n_names; ++i) PetscCall(PetscFree(folder->names[i]));
  PetscCall(PetscFree(folder->names));
  folder->n_names = folder->capacity = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode ManifestRead(RunFolder folder, int *state)
{
  const int fd = openat(folder->fd, FOLDER_MANIFEST, O_RDONLY | O_CLOEXEC);
  FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
  char *line = NULL, *digest;
  size_t size = 0;
  ssize_t length;

  PetscFunctionBegin;
  *state = fd < 0 && errno == ENOENT ? 0 : 2;
  if (!stream) {
    if (fd >= 0) close(fd);
    PetscFunctionReturn(0);
  }
  for (int number = 0; (length = getline(&line, &size, stream)) > 0; ++number) {
    if (line[length - 1] != '\n') break; /* a torn line could be the beginning of somebody's file name */
    line[length - 1] = '\0';
    if (number == 0) {
      digest = strchr(line, ' ');
      if (!digest) break;
      *digest++ = '\0';
      if (strcmp(line, heading)) break;
      if (!strcmp(digest, folder->digest)) *state = 1;
    } else if (line[0] && !strchr(line, '/') && strcmp(line, ".") && strcmp(line, "..") &&
               !is_known(folder, line)) {
      PetscCall(remember(folder, line));
    }
  }
  free(line);
  fclose(stream);
  PetscFunctionReturn(0);
}

PetscErrorCode ManifestWrite(RunFolder folder)
{
  FILE *stream;

  PetscFunctionBegin;
  PetscCall(RunFolderBegin(folder, FOLDER_MANIFEST, &stream));
  fprintf(stream, "%s %s\n", heading, folder->digest);
  PetscCall(RunFolderCommit(folder, FOLDER_MANIFEST, &stream));
  PetscFunctionReturn(0);
}

PetscErrorCode ManifestAdd(RunFolder folder, const char name[])
{
  char line[NAME_MAX + 2];
  const int length = snprintf(line, sizeof line, "%s\n", name);
  int fd, failed;

  PetscFunctionBegin;
  if (is_known(folder, name)) PetscFunctionReturn(0);
  fd = openat(folder->fd, FOLDER_MANIFEST, O_WRONLY | O_APPEND | O_CLOEXEC);
  failed = fd < 0 || write(fd, line, (size_t)length) != length;
  if (fd >= 0) close(fd);
  PetscCheck(!failed, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "cannot write %s into %s: %s", FOLDER_MANIFEST,
             folder->directory, strerror(errno));
  PetscCall(remember(folder, name));
  PetscFunctionReturn(0);
}
