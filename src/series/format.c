#include "format.h"
#include <string.h>

/* In the order in which they are tried; any text may be columns. */
static const SeriesFormat *const formats[] = {&SeriesLammpsDump, &SeriesLammpsLog, &SeriesXvg, &SeriesCsv};

PetscErrorCode SeriesFormatFind(const char name[], const char file[], SeriesText text,
                                const SeriesFormat **format, char **refused)
{
  const char *const slash = strrchr(file, '/');
  const size_t n_formats = sizeof(formats) / sizeof(formats[0]);
  char base[256], *end;
  const char *bytes;
  size_t n;

  PetscFunctionBegin;
  *format = NULL;
  PetscCall(PetscStrncpy(base, slash ? slash + 1 : file, sizeof(base)));
  end = strrchr(base, '.');
  if (end && !strcmp(end, ".gz")) *end = 0;
  PetscCall(SeriesTextPeek(text, &bytes, &n));
  for (size_t k = 0; k < n_formats && !*format; ++k) {
    if (name && strcmp(name, "auto") ? !strcmp(name, formats[k]->name) : formats[k]->fits(bytes, n, base))
      *format = formats[k];
  }
  if (!*format) PetscCall(SeriesRefuse(refused, "there is no format %s", name));
  PetscFunctionReturn(0);
}
