/*
  Opening, refusing and closing a run folder, and the way of every file to its name: temporary name, rename. That is
  whole under a kill. Syncing every file against a loss of power took half the time of a small run, so only run.json,
  which comes last, and its directory are synced, and checkpoints about once a second.
*/
#include "output/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PART ".reiter-part"

static PetscErrorCode refuse(char **refused, const char *format, ...)
{
  char *text = NULL;
  va_list arguments;
  int length;

  PetscFunctionBegin;
  va_start(arguments, format);
  length = vasprintf(&text, format, arguments);
  va_end(arguments);
  PetscCheck(length >= 0, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a message");
  PetscCall(PetscStrallocpy(text, refused));
  free(text);
  PetscFunctionReturn(0);
}

/* mkdir -p. On failure *blocker (PetscFree) is the part of the path that failed and *reason says why. */
static PetscErrorCode make_directories(const char directory[], char **blocker, int *reason)
{
  char *path;
  struct stat status;

  PetscFunctionBegin;
  *blocker = NULL;
  *reason = 0;
  PetscCall(PetscStrallocpy(directory, &path));
  for (char *slash = path;; *slash = '/') {
    slash = strchr(slash + 1, '/');
    if (slash) *slash = '\0';
    if (mkdir(path, 0777)) {
      *reason = errno;
      /* An existing part is fine even where mkdir prefers to complain of something else (read-only, /). */
      if (!stat(path, &status)) *reason = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    }
    if (*reason) {
      *blocker = path;
      PetscFunctionReturn(0);
    }
    if (!slash) break;
  }
  PetscCall(PetscFree(path));
  PetscFunctionReturn(0);
}

/* Two runs in one folder would mix their files. A run that was just killed may need a moment to let go. A
   file system without locks is not held against the user. */
static PetscBool lock_directory(int fd)
{
  const struct timespec pause = {.tv_nsec = 50000000};

  for (int attempt = 0; attempt < 40; ++attempt) {
    if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) return PETSC_TRUE;
    nanosleep(&pause, NULL);
  }
  return PETSC_FALSE;
}

/* access() says yes to root on a read-only file system, so try it. */
static int probe_writing(int directory)
{
  const int fd = openat(directory, ".probe" PART, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

  if (fd < 0) return errno;
  close(fd);
  return unlinkat(directory, ".probe" PART, 0) ? errno : 0;
}

/* A killed run may have left temporary files; the lock says that nobody is writing them any more. */
static PetscErrorCode remove_leftovers(RunFolder folder)
{
  const int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir(fd);
  const struct dirent *entry;

  PetscFunctionBegin;
  if (!stream) {
    if (fd >= 0) close(fd);
    PetscFunctionReturn(0);
  }
  while ((entry = readdir(stream))) {
    const size_t length = strlen(entry->d_name), tail = strlen(PART);
    if (length > tail && entry->d_name[0] == '.' && !strcmp(entry->d_name + length - tail, PART))
      unlinkat(folder->fd, entry->d_name, 0);
  }
  closedir(stream);
  PetscFunctionReturn(0);
}

/* A file of a name that a run would take over, in a folder that no run has made. */
static const char *find_foreign_file(int fd)
{
  static const char *const names[] = {"run.json", "case.yaml", "resolved.yaml", "log.txt"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i)
    if (!faccessat(fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW)) return names[i];
  return NULL;
}

static PetscErrorCode enter_directory(RunFolder folder, char **refused)
{
  const char *const directory = folder->directory;
  char *blocker;
  int reason;

  PetscFunctionBegin;
  PetscCall(make_directories(directory, &blocker, &reason));
  if (blocker) {
    PetscCall(reason == ENOTDIR
                  ? refuse(refused,
                           "the output folder %s cannot be made because %s is a file; move the file away or "
                           "choose another folder with --output",
                           directory, blocker)
                  : refuse(refused,
                           "the output folder %s cannot be made: %s: %s; choose another folder with --output",
                           directory, blocker, strerror(reason)));
    PetscCall(PetscFree(blocker));
    PetscFunctionReturn(0);
  }
  folder->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  reason = folder->fd < 0 ? errno : probe_writing(folder->fd);
  if (reason) {
    PetscCall(refuse(refused,
                     "the output folder %s cannot be written to (%s); choose another folder with --output",
                     directory, strerror(reason)));
  } else if (!lock_directory(folder->fd)) {
    PetscCall(refuse(refused,
                     "another run is writing to the output folder %s; wait until it ends or choose another "
                     "folder with --output",
                     directory));
  }
  PetscFunctionReturn(0);
}

/* A run that stopped before its first point leaves a copy of its case, but nothing that anybody would miss. */
static PetscBool holds_results(RunFolder folder)
{
  static const char *const cheap[] = {"case.yaml", "resolved.yaml"};

  for (PetscInt i = 0; i < folder->n_names; ++i) {
    PetscBool matters = (PetscBool)!faccessat(folder->fd, folder->names[i], F_OK, AT_SYMLINK_NOFOLLOW);
    for (size_t k = 0; k < sizeof cheap / sizeof cheap[0]; ++k) {
      if (!strcmp(folder->names[i], cheap[k])) matters = PETSC_FALSE;
    }
    if (matters) return PETSC_TRUE;
  }
  return folder->n_names ? PETSC_FALSE : PETSC_TRUE; /* nothing is known of a manifest that cannot be read */
}

/* Whose results lie in the folder, and may they be replaced? */
static PetscErrorCode judge_contents(RunFolder folder, PetscBool overwrite, PetscBool resume, char **refused)
{
  const char *foreign;
  int state;

  PetscFunctionBegin;
  PetscCall(ManifestRead(folder, &state));
  foreign = state == 0 ? find_foreign_file(folder->fd) : NULL;
  if (state == 2 && !overwrite && holds_results(folder)) {
    PetscCall(refuse(refused,
                     "the output folder %s holds the results of another case; replace them with --overwrite "
                     "or choose another folder with --output",
                     folder->directory));
  } else if (foreign && !overwrite) {
    PetscCall(refuse(refused,
                     "the output folder %s holds a file %s that no run has written; replace it with "
                     "--overwrite or choose another folder with --output",
                     folder->directory, foreign));
  } else {
    folder->continuing = (PetscBool)(state == 1 && resume);
    if (state == 1 && resume) folder->settled = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderOpen(const char directory[], const char digest[], PetscBool overwrite,
                             PetscBool resume, RunFolder *folder, char **refused)
{
  RunFolder f;

  PetscFunctionBegin;
  *folder = NULL;
  *refused = NULL;
  PetscCheck(digest && digest[0] && !strpbrk(digest, " \n"), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "a digest is one word");
  PetscCall(PetscNew(&f));
  f->fd = -1;
  f->started = MonotonicSeconds();
  PetscCall(PetscStrallocpy(directory && directory[0] ? directory : ".", &f->directory));
  PetscCall(PetscStrallocpy(digest, &f->digest));
  PetscCall(enter_directory(f, refused));
  if (!*refused) PetscCall(judge_contents(f, overwrite, resume, refused));
  if (*refused) {
    PetscCall(RunFolderClose(&f));
    PetscFunctionReturn(0);
  }
  PetscCall(remove_leftovers(f));
  PetscCall(FolderLogOpen(f));
  if (!f->settled && f->n_names == 0) { /* nothing to lose: the folder is ours at once */
    PetscCall(FolderLogTrim(f));
    PetscCall(ManifestWrite(f));
    f->settled = PETSC_TRUE;
  }
  *folder = f;
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderClose(RunFolder *folder)
{
  PetscFunctionBegin;
  if (!*folder) PetscFunctionReturn(0);
  PetscCall(FolderLogClose(*folder));
  PetscCall(ManifestForget(*folder));
  if ((*folder)->fd >= 0) close((*folder)->fd); /* gives up the lock */
  PetscCall(PetscFree((*folder)->directory));
  PetscCall(PetscFree((*folder)->digest));
  PetscCall(PetscFree(*folder));
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderPath(RunFolder folder, const char name[], char path[], size_t length)
{
  const size_t end = strlen(folder->directory);
  const char *const separator = folder->directory[end - 1] == '/' ? "" : "/";
  const int needed = snprintf(path, length, "%s%s%s", folder->directory, separator, name);

  PetscFunctionBegin;
  PetscCheck(needed >= 0 && (size_t)needed < length, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "the path of %s is longer than %zu characters", name, length);
  PetscFunctionReturn(0);
}

PetscErrorCode FolderTemporaryName(const char name[], char temporary[], size_t length)
{
  const int needed = snprintf(temporary, length, ".%s" PART, name);

  PetscFunctionBegin;
  PetscCheck(name[0] && !strchr(name, '/') && strcmp(name, FOLDER_LOG), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "\"%s\" is no name for a file of the run folder", name);
  PetscCheck(needed >= 0 && (size_t)needed < length, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "the file name %s is too long", name);
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderRemove(RunFolder folder, const char name[])
{
  PetscFunctionBegin;
  PetscCheck(!unlinkat(folder->fd, name, 0) || errno == ENOENT, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE,
             "cannot remove %s from %s: %s", name, folder->directory, strerror(errno));
  PetscFunctionReturn(0);
}

/* The old files go before the new digest comes: killed in between, the folder still counts as the old
   case's, never as a mixture under the new name. */
static PetscErrorCode settle(RunFolder folder)
{
  PetscFunctionBegin;
  if (folder->settled) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < folder->n_names; ++i) PetscCall(RunFolderRemove(folder, folder->names[i]));
  PetscCall(ManifestForget(folder));
  PetscCall(FolderLogTrim(folder));
  PetscCall(ManifestWrite(folder));
  folder->settled = PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscBool is_last_file(const char name[])
{
  return (PetscBool)!strcmp(name, "run.json");
}

PetscErrorCode FolderPublish(RunFolder folder, const char name[])
{
  char temporary[NAME_MAX + 1];

  PetscFunctionBegin;
  PetscCall(FolderTemporaryName(name, temporary, sizeof temporary));
  if (strcmp(name, FOLDER_MANIFEST)) {
    PetscCall(settle(folder));
    PetscCall(ManifestAdd(folder, name));
  }
  PetscCheck(!renameat(folder->fd, temporary, folder->fd, name), PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE,
             "cannot put %s into %s: %s", name, folder->directory, strerror(errno));
  if (!is_last_file(name)) PetscFunctionReturn(0);
  /* Some file systems cannot sync a directory (EINVAL); there the rename is as safe as it gets. */
  PetscCheck(!fsync(folder->fd) || errno == EINVAL || errno == EROFS, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE,
             "cannot sync %s: %s", folder->directory, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderBegin(RunFolder folder, const char name[], FILE **stream)
{
  char temporary[NAME_MAX + 1];
  int fd;

  PetscFunctionBegin;
  *stream = NULL;
  PetscCall(FolderTemporaryName(name, temporary, sizeof temporary));
  fd = openat(folder->fd, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd >= 0) *stream = fdopen(fd, "w+");
  PetscCheck(*stream, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "cannot write %s into %s: %s", name,
             folder->directory, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderCommit(RunFolder folder, const char name[], FILE **stream)
{
  char temporary[NAME_MAX + 1];
  int failed, reason;

  PetscFunctionBegin;
  errno = 0;
  failed = ferror(*stream) || fflush(*stream) || (is_last_file(name) && fsync(fileno(*stream)));
  reason = errno;
  if (fclose(*stream) && !failed) {
    failed = 1;
    reason = errno;
  }
  *stream = NULL;
  PetscCall(FolderTemporaryName(name, temporary, sizeof temporary));
  if (failed) unlinkat(folder->fd, temporary, 0);
  PetscCheck(!failed, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "cannot write %s into %s: %s", name,
             folder->directory, reason ? strerror(reason) : "an earlier write failed");
  PetscCall(FolderPublish(folder, name));
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderWriteText(RunFolder folder, const char name[], const char text[], size_t length)
{
  FILE *stream;

  PetscFunctionBegin;
  PetscCall(RunFolderBegin(folder, name, &stream));
  (void)fwrite(text, 1, length, stream); /* a failure stays in the stream for Commit to see */
  PetscCall(RunFolderCommit(folder, name, &stream));
  PetscFunctionReturn(0);
}
