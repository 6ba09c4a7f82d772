/* Files of a test, and all that a series says of them. */
#pragma once
#include "output_fixture.h"
#include <math.h>
#include <reiter/series.h>
#include <stdlib.h>
#include <zlib.h>

enum { MOST_ROWS = 100000 };

/* All rows of a file; refused and warnings as they were said (one line each). */
typedef struct {
  PetscInt n, paths;
  PetscReal dt;
  double *x[SERIES_MAX_COLUMNS];
  char *refused, format[16], warnings[4096];
} Told;

static inline const char *file_of(const char *name, const void *bytes, size_t n)
{
  const char *const path = in_root(name);
  FILE *const f = fopen(path, "wb");

  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  fclose(f);
  return path;
}

static inline const char *text_file(const char *name, const char *text)
{
  return file_of(name, text, strlen(text));
}

/* By gzip, without the last bytes. */
static inline const char *packed_file(const char *name, const char *text, size_t without)
{
  const char *const whole = in_root("whole.gz"), *path;
  gzFile z = gzopen(whole, "wb");
  char *bytes = malloc(strlen(text) + 1000);
  FILE *f;
  size_t n;

  assert_int_equal(gzwrite(z, text, (unsigned)strlen(text)), strlen(text));
  gzclose(z);
  f = fopen(whole, "rb");
  n = fread(bytes, 1, strlen(text) + 1000, f);
  fclose(f);
  path = file_of(name, bytes, n - without);
  free(bytes);
  return path;
}

static inline void read_rows(SeriesFile s, PetscInt n_columns, Told *told)
{
  static PetscReal x[SERIES_MAX_COLUMNS * SERIES_BLOCK];
  const char *const *warnings;
  PetscBool begins;
  PetscInt m, n;

  do {
    OK(SeriesRead(s, &m, x, &begins, &told->refused));
    told->paths += begins;
    for (PetscInt i = 0; i < m; i++, told->n++) {
      assert_true(told->n < MOST_ROWS);
      for (PetscInt c = 0; c < n_columns; c++) told->x[c][told->n] = x[c * SERIES_BLOCK + i];
    }
  } while (m && !told->refused);
  OK(SeriesGetWarnings(s, &n, &warnings));
  for (PetscInt k = 0; k < n; k++) {
    strncat(told->warnings, warnings[k], sizeof(told->warnings) - strlen(told->warnings) - 2);
    strcat(told->warnings, "\n");
  }
}

static inline Told *read_file(const char *path, const SeriesSettings *settings)
{
  Told *const told = calloc(1, sizeof(*told));
  const char *format;
  SeriesFile s;

  for (PetscInt c = 0; c < settings->n; c++) told->x[c] = malloc(MOST_ROWS * sizeof(double));
  OK(SeriesOpen(path, settings, &s, &told->refused));
  if (told->refused) {
    assert_null(s);
    return told;
  }
  OK(SeriesGetFormat(s, &format));
  strcpy(told->format, format);
  OK(SeriesGetStep(s, &told->dt));
  read_rows(s, settings->n, told);
  if (!told->refused) {
    PetscInt64 done, all;
    OK(SeriesGetProgress(s, &done, &all));
    assert_true(done == all && all > 0);
  }
  OK(SeriesClose(&s));
  assert_null(s);
  return told;
}

static inline void forget(Told *told)
{
  for (PetscInt c = 0; c < SERIES_MAX_COLUMNS; c++) free(told->x[c]);
  OK(PetscFree(told->refused));
  free(told);
}

/* Read to its end, in n rows. */
static inline Told *read_well(const char *path, const SeriesSettings *settings, PetscInt n)
{
  Told *const told = read_file(path, settings);

  if (told->refused) fail_msg("refused: %s", told->refused);
  if (told->n != n) fail_msg("%d rows, not %d", (int)told->n, (int)n);
  return told;
}

static inline void expect_refused(const char *path, const SeriesSettings *settings, const char *words)
{
  Told *const told = read_file(path, settings);

  if (!told->refused || !strstr(told->refused, words))
    fail_msg("%s: said '%s'", words, told->refused ? told->refused : "nothing");
  forget(told);
}

static inline void expect_warning(const Told *told, const char *words)
{
  if (!strstr(told->warnings, words)) fail_msg("%s: said '%s'", words, told->warnings);
}
