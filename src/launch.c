/*
  `reiter`: answers --version by itself and hands everything else, as it is, to reiter-solver. Loading PETSc with
  the hundred libraries behind it takes longer than many questions deserve.
*/
#include "first_rank.h"
#include <reiter/run.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define SOLVER "reiter-solver"

/* The directory that this program lies in, with symbolic links followed; empty if the system does not tell. */
static void find_own_directory(char directory[PATH_MAX])
{
  const ssize_t length = readlink("/proc/self/exe", directory, PATH_MAX - 1);
  char *slash;

  directory[length > 0 ? length : 0] = '\0';
  slash = strrchr(directory, '/');
  if (slash) *slash = '\0';
}

/* Returns only if there is no such program. */
static void try_solver(char **argv, const char directory[], const char name[])
{
  char path[2 * PATH_MAX];

  snprintf(path, sizeof(path), "%s/%s", directory, name);
  execv(path, argv);
}

int main(int argc, char **argv)
{
  char directory[PATH_MAX];

  if (argc == 2 && !strcmp(argv[1], "--version")) {
    if (!IsFirstRank()) return REITER_DONE;
    if (!RunVersion(stdout) && !fflush(stdout)) return REITER_DONE;
    fprintf(stderr, "reiter: error: cannot write to the standard output\n");
    return REITER_INTERNAL;
  }
  find_own_directory(directory);
  if (directory[0]) {
    try_solver(argv, directory, SOLVER);                       /* where it was built */
    try_solver(argv, directory, REITER_TO_LIBEXEC "/" SOLVER); /* where it was installed */
  }
  try_solver(argv, REITER_LIBEXEC, SOLVER);
  fprintf(stderr, "reiter: error: cannot start %s, looked for in %s, %s/%s and %s: %s\n", SOLVER, directory,
          directory, REITER_TO_LIBEXEC, REITER_LIBEXEC, strerror(errno));
  return REITER_INTERNAL;
}
