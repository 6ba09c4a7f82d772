/*
  Any bytes as a series, in every format. What is read must be finite, and what is refused must be a sentence. Built with
  libFuzzer, or (STANDALONE) as a program that runs over the files of its arguments.
*/
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <reiter/series.h>

#define REQUIRE(condition)                                                                                   \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                          \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)
#define OK(call) REQUIRE((call) == 0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(char *refused)
{
  REQUIRE(refused[0] && strlen(refused) < 480);
  for (const char *c = refused; *c; c++) REQUIRE((unsigned char)*c >= 0x20);
  OK(PetscFree(refused));
}

static void check_reading(const char *file, const SeriesSettings *settings)
{
  PetscReal x[SERIES_MAX_COLUMNS * SERIES_BLOCK], dt;
  const char *const *warnings;
  PetscInt m, n;
  PetscInt64 rows = 0;
  PetscBool begins;
  SeriesFile s;
  char *refused;

  OK(SeriesOpen(file, settings, &s, &refused));
  REQUIRE(!s == !!refused);
  if (!s) {
    check_sentence(refused);
    return;
  }
  OK(SeriesGetStep(s, &dt));
  REQUIRE(dt > 0);
  do {
    OK(SeriesRead(s, &m, x, &begins, &refused));
    REQUIRE(m >= 0 && m <= SERIES_BLOCK && (rows || begins || !m || refused));
    rows += m;
    for (PetscInt i = 0; i < m; i++) {
      for (PetscInt c = 0; c < settings->n; c++) REQUIRE(!isnan(x[c * SERIES_BLOCK + i]));
    }
  } while (m && !refused);
  OK(SeriesGetWarnings(s, &n, &warnings));
  for (PetscInt k = 0; k < n; k++) REQUIRE(warnings[k][0]);
  if (refused) check_sentence(refused);
  OK(SeriesClose(&s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const formats[] = {"auto", "csv", "lammps_log", "lammps_dump", "xvg"};
  static const char *const columns[] = {"x", "y"};
  static const PetscReal periods[] = {0, 2};
  static const PetscBool positions[] = {PETSC_TRUE, PETSC_TRUE};
  const int memory = memfd_create("series", 0);
  char file[64];

  REQUIRE(memory >= 0 && write(memory, data, size) == (ssize_t)size);
  snprintf(file, sizeof(file), "/proc/self/fd/%d", memory);
  for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
    SeriesSettings s = {.format = formats[k], .n = 2, .columns = columns, .timestep = 0.5, .atom = 1};

    check_reading(file, &s);
    s.periods = periods;
    s.positions = positions;
    s.section = "here";
    s.dt = 0.1;
    check_reading(file, &s);
  }
  close(memory);
  return 0;
}

#ifdef STANDALONE
int main(int argc, char *argv[])
{
  for (int i = 1; i < argc; i++) {
    static uint8_t data[1 << 16];
    FILE *const file = fopen(argv[i], "rb");
    size_t size;

    REQUIRE(file);
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
  }
  printf("%d files\n", argc - 1);
  return argc > 1 ? 0 : 1;
}
#endif
