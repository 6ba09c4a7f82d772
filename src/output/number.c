#include "output/number.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *NumberPrint(PetscReal value, char text[NUMBER_LENGTH])
{
  const double number = (double)value;

  if (isnan(number)) return strcpy(text, "nan");
  if (isinf(number)) return strcpy(text, number < 0 ? "-inf" : "inf");
  /* Below the normal numbers 15 digits already claim more than the number has. */
  for (int digits = fabs(number) < DBL_MIN ? 1 : 15; digits <= 17; ++digits) {
    snprintf(text, NUMBER_LENGTH, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  for (char *c = text; *c; ++c) /* a locale may have its own decimal point */
    if (*c == ',') *c = '.';
  if (!strpbrk(text, ".e")) strcat(text, ".0");
  return text;
}
