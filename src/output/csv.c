/* Tables with one line of names (RFC 4180, lines end with \n). */
#include "output/number.h"
#include <reiter/output.h>
#include <string.h>

static void print_name(FILE *stream, const char name[])
{
  if (!strpbrk(name, ",\"\n\r")) {
    fputs(name, stream);
    return;
  }
  fputc('"', stream);
  for (; *name; ++name) {
    if (*name == '"') fputc('"', stream);
    fputc(*name, stream);
  }
  fputc('"', stream);
}

PetscErrorCode CsvWrite(RunFolder folder, const char name[], PetscInt rows, PetscInt columns,
                        const char *const header[], const PetscReal values[])
{
  char text[NUMBER_LENGTH];
  FILE *stream;

  PetscFunctionBegin;
  PetscCall(RunFolderBegin(folder, name, &stream));
  for (PetscInt j = 0; j < columns; ++j) {
    if (j) fputc(',', stream);
    print_name(stream, header[j]);
  }
  fputc('\n', stream);
  for (PetscInt i = 0; i < rows; ++i) {
    for (PetscInt j = 0; j < columns; ++j) {
      if (j) fputc(',', stream);
      fputs(NumberPrint(values[i * columns + j], text), stream);
    }
    fputc('\n', stream);
  }
  PetscCall(RunFolderCommit(folder, name, &stream));
  PetscFunctionReturn(0);
}
