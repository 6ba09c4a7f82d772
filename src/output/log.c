/*
  log.txt grows line by line and is flushed after each. A new run appends first: only when it replaces the old
  results does it cut the old lines away, so that a run that fails early leaves the old log whole.
*/
#include "output/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double MonotonicSeconds(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static FILE *open_appending(RunFolder folder)
{
  const int fd = openat(folder->fd, FOLDER_LOG, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  FILE *stream = fd < 0 ? NULL : fdopen(fd, "a+");

  if (!stream && fd >= 0) close(fd);
  return stream;
}

PetscErrorCode FolderLogOpen(RunFolder folder)
{
  PetscFunctionBegin;
  folder->log = open_appending(folder);
  PetscCheck(folder->log, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "cannot write %s into %s: %s", FOLDER_LOG,
             folder->directory, strerror(errno));
  PetscCheck(!fseek(folder->log, 0, SEEK_END), PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "cannot read %s in %s",
             FOLDER_LOG, folder->directory);
  folder->log_start = ftell(folder->log);
  PetscFunctionReturn(0);
}

PetscErrorCode FolderLogTrim(RunFolder folder)
{
  static const char temporary[] = ".log.txt.reiter-part";
  char block[4096];
  size_t length;
  FILE *trimmed;
  int fd, failed;

  PetscFunctionBegin;
  if (!folder->log_start || folder->continuing) PetscFunctionReturn(0);
  fd = openat(folder->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  trimmed = fd < 0 ? NULL : fdopen(fd, "w");
  failed = !trimmed || fseek(folder->log, folder->log_start, SEEK_SET);
  while (!failed && (length = fread(block, 1, sizeof block, folder->log)))
    failed = fwrite(block, 1, length, trimmed) != length;
  failed = failed || fflush(trimmed) || fsync(fd) || renameat(folder->fd, temporary, folder->fd, FOLDER_LOG);
  if (trimmed) fclose(trimmed);
  PetscCheck(!failed, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "cannot write %s into %s: %s", FOLDER_LOG,
             folder->directory, strerror(errno));
  PetscCall(FolderLogClose(folder));
  PetscCall(FolderLogOpen(folder));
  folder->log_start = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode FolderLogClose(RunFolder folder)
{
  PetscFunctionBegin;
  if (folder->log) fclose(folder->log);
  folder->log = NULL;
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderSetQuiet(RunFolder folder, PetscBool quiet)
{
  PetscFunctionBegin;
  folder->quiet = quiet;
  PetscFunctionReturn(0);
}

PetscErrorCode RunFolderLog(RunFolder folder, const char format[], ...)
{
  char *text = NULL;
  va_list arguments;
  int length;

  PetscFunctionBegin;
  va_start(arguments, format);
  length = vasprintf(&text, format, arguments);
  va_end(arguments);
  PetscCheck(length >= 0, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a line of the log");
  while (length > 0 && text[length - 1] == '\n') text[--length] = '\0';
  fprintf(folder->log, "%10.3f  %s\n", MonotonicSeconds() - folder->started, text);
  fflush(folder->log); /* a full disk must not stop the run for the sake of its log */
  if (!folder->quiet) {
    /* The progress line may stand there. */
    fprintf(stdout, "%s%s\n", isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) ? "\r\033[K" : "", text);
    fflush(stdout);
  }
  free(text);
  PetscFunctionReturn(0);
}
