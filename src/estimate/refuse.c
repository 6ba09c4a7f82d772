#include "refuse.h"

PetscErrorCode EstimateRefuse(char **refused, const char format[], ...)
{
  char text[512];
  va_list arguments;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0); /* the first mistake counts */
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  PetscCall(PetscStrallocpy(text, refused));
  PetscFunctionReturn(0);
}
