/* A fresh directory for a test, removed after it. */
#pragma once
#include <reiter/output.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static char root[64];

static const char *in_root(const char *name)
{
  static char path[4][512];
  static int turn;

  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", root, name);
  return path[turn];
}

static inline char *slurp(const char *name)
{
  static char text[8192];
  FILE *f = fopen(in_root(name), "r");

  assert_non_null(f);
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  fclose(f);
  return text;
}

static int make_root(void **state)
{
  (void)state;
  strcpy(root, "output-test-XXXXXX");
  return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
  char command[160];

  (void)state;
  snprintf(command, sizeof command, "chmod -R u+w %s; rm -r %s", root, root);
  return system(command);
}

static inline RunFolder open_folder(const char *name, const char *digest, PetscBool overwrite,
                                    PetscBool resume)
{
  RunFolder folder;
  char *refused;

  OK(RunFolderOpen(in_root(name), digest, overwrite, resume, &folder, &refused));
  if (refused) fail_msg("refused: %s", refused);
  assert_non_null(folder);
  OK(RunFolderSetQuiet(folder, PETSC_TRUE));
  return folder;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
