#include "refuse.h"

enum { LONGEST = 470 };

/* Text of a file may hold anything: no control characters get to a terminal. */
static PetscErrorCode compose(const char format[], va_list arguments, char **sentence)
{
  char text[LONGEST];

  PetscFunctionBegin;
  vsnprintf(text, sizeof(text), format, arguments);
  for (char *c = text; *c; ++c) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  }
  PetscCall(PetscStrallocpy(text, sentence));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesRefuse(char **refused, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0); /* the first mistake counts */
  va_start(arguments, format);
  PetscCall(compose(format, arguments, refused));
  va_end(arguments);
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesWarn(SeriesWarnings *w, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  if (w->n == SERIES_MAX_WARNINGS) PetscFunctionReturn(0);
  if (w->n == SERIES_MAX_WARNINGS - 1) {
    PetscCall(PetscStrallocpy("and more of this kind", &w->text[w->n++]));
    PetscFunctionReturn(0);
  }
  va_start(arguments, format);
  PetscCall(compose(format, arguments, &w->text[w->n++]));
  va_end(arguments);
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesWarningsDestroy(SeriesWarnings *w)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < w->n; ++i) PetscCall(PetscFree(w->text[i]));
  w->n = 0;
  PetscFunctionReturn(0);
}
