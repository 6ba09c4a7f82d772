/*
  Most numbers of files are integers below 2^53 times a power of ten up to 10^22. Both are doubles without an error, so
  that one product or quotient is correctly rounded (Clinger: How to read floating point numbers accurately, 1990). The
  rest is strtod()'s.
*/
#include "number.h"
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MOST_DIGITS = 18, LARGEST_POWER = 22 };

static inline PetscBool is_digit(char c)
{
  return (PetscBool)((unsigned char)(c - '0') < 10);
}

/* The exponent of ten at e, if there is one. */
static const char *read_exponent(const char *e, int *exponent)
{
  const char *p = e + 1;
  const int sign = *p == '-' ? -1 : 1;
  int value = 0;

  if (*p == '-' || *p == '+') ++p;
  if (!is_digit(*p)) return e;
  for (; is_digit(*p); ++p) {
    if (value < 10000) value = 10 * value + (*p - '0');
  }
  *exponent += sign * value;
  return p;
}

PetscBool SeriesNumber(const char *text, char **end, PetscReal *value)
{
  const char *p = text + (*text == '-' || *text == '+');
  const char *const first = p;
  int exponent = 0, digits = 0;
  uint64_t mantissa = 0;

  for (; is_digit(*p); ++p) mantissa = 10 * mantissa + (uint64_t)(*p - '0');
  digits = (int)(p - first);
  if (*p == '.') {
    const char *const point = ++p;

    for (; is_digit(*p); ++p) mantissa = 10 * mantissa + (uint64_t)(*p - '0');
    exponent = (int)(point - p);
    digits -= exponent;
  }
  if (digits && (*p == 'e' || *p == 'E')) p = read_exponent(p, &exponent);
  /* "0x1p3" is also a number. */
  if (digits && digits <= MOST_DIGITS && mantissa <= UINT64_C(1) << 53 && *p != 'x' && *p != 'X' &&
      exponent <= LARGEST_POWER && exponent >= -LARGEST_POWER) {
    const double m = (double)mantissa;
    const double size = exponent < 0 ? m / powers[-exponent] : m * powers[exponent];

    *value = *text == '-' ? -size : size;
    *end = (char *)p;
    return PETSC_TRUE;
  }
  *end = (char *)text;
  if (isspace((unsigned char)*text)) return PETSC_FALSE;
  *value = strtod(text, end);
  return (PetscBool)(*end != text);
}
