/* Families of free energies from cases, for the tests of free energies and of transitions. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <math.h>
#include <cmocka.h>
#include <reiter/free_energy.h>

#define OK(call) assert_int_equal(call, 0)

typedef struct {
  Case c;
  FreeEnergy energy;
  PetscReal p[2];
} Family;

static inline Case read_case(const char *text)
{
  const char *const folder = getenv("TMPDIR");
  char path[256];
  Diagnostics d;
  Case c;

  snprintf(path, sizeof(path), "%s/free_energy_XXXXXX", folder ? folder : ".");
  const int fd = mkstemp(path);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
  OK(DiagnosticsCreate(&d));
  OK(CaseRead(path, 0, NULL, d, &c));
  OK(DiagnosticsPrint(d, stderr));
  OK(DiagnosticsDestroy(&d));
  unlink(path);
  assert_non_null(c);
  return c;
}

static inline Family begin(const char *text, PetscInt m, const char *first, const char *second)
{
  const char *const names[] = {first, second};
  char *refused, *suggestion;
  Family f;

  f.c = read_case(text);
  OK(FreeEnergyCreate(f.c, m, names, &f.energy, &refused, &suggestion));
  if (refused) fail_msg("%s", refused);
  OK(FreeEnergyGetDefaults(f.energy, f.p));
  return f;
}

static inline void end(Family *f)
{
  OK(FreeEnergyDestroy(&f->energy));
  OK(CaseDestroy(&f->c));
}
