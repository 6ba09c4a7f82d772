/*
  Inside of the run folder. Every file of a run reaches its name by rename, and the names go into
  manifest.txt before that, so that a later run knows which files it may remove: nobody else's are touched.
*/
#pragma once
#include <reiter/output.h>

#define FOLDER_MANIFEST "manifest.txt"
#define FOLDER_LOG      "log.txt"

struct _p_RunFolder {
  char *directory;      /* as the user gave it, for paths and messages */
  char *digest;         /* of the case */
  int fd;               /* of the directory, locked while open */
  PetscBool continuing; /* same case, resumed: what lies there stays */
  PetscBool settled;    /* the manifest is this run's */
  PetscBool quiet;
  char **names; /* in the manifest, owned; of the old run until settled */
  PetscInt n_names, capacity;
  FILE *log;
  long log_start; /* first byte of this run in log.txt */
  double started; /* monotonic seconds */
};

/* folder.c. The temporary name under which a file is written. */
PetscErrorCode FolderTemporaryName(const char name[], char temporary[], size_t length);
/* Renames the temporary file, which must be synced, to its name. The first one clears away the old run. */
PetscErrorCode FolderPublish(RunFolder folder, const char name[]);

/* manifest.c. *state: 0 no manifest, 1 this case's, 2 another case's or unreadable. Fills the names. */
PetscErrorCode ManifestRead(RunFolder folder, int *state);
PetscErrorCode ManifestWrite(RunFolder folder);
PetscErrorCode ManifestAdd(RunFolder folder, const char name[]);
PetscErrorCode ManifestForget(RunFolder folder);

/* log.c */
PetscErrorCode FolderLogOpen(RunFolder folder);
PetscErrorCode FolderLogTrim(RunFolder folder);
PetscErrorCode FolderLogClose(RunFolder folder);
double MonotonicSeconds(void);
