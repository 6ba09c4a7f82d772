/* The table in words. */
#include "schema.h"
#include <string.h>

const char *SchemaDescribeRange(const KeySpec *key, char *buffer, size_t size)
{
  const int open = key->bounds & (LOWER_OPEN | UPPER_OPEN);

  buffer[0] = '\0';
  if ((key->bounds & LOWER) && (key->bounds & UPPER)) {
    if (open) {
      snprintf(buffer, size, "in %c%.12g, %.12g%c", key->bounds & LOWER_OPEN ? '(' : '[', key->lower,
               key->upper, key->bounds & UPPER_OPEN ? ')' : ']');
    } else {
      snprintf(buffer, size, "from %.12g to %.12g", key->lower, key->upper);
    }
  } else if (key->bounds & LOWER) {
    snprintf(buffer, size, "%s %.12g", open ? ">" : ">=", key->lower);
  } else if (key->bounds & UPPER) {
    snprintf(buffer, size, "%s %.12g", open ? "<" : "<=", key->upper);
  }
  return buffer;
}

const char *SchemaDescribeChoices(const KeySpec *key, char *buffer, size_t size)
{
  size_t used = 0;

  buffer[0] = '\0';
  for (PetscInt i = 0; key->choices && key->choices[i] && used < size; ++i) {
    const char *const between = !i ? "" : key->choices[i + 1] ? ", " : " or ";

    used += (size_t)snprintf(buffer + used, size - used, "%s%s", between, key->choices[i]);
  }
  return buffer;
}

const char *SchemaDescribeNeeds(const KeySpec *key, char *buffer, size_t size)
{
  size_t used = 0;

  buffer[0] = '\0';
  for (PetscInt i = 0; key->needs[i] && used < size; ++i) {
    const char *const between = !i ? "" : key->needs[i + 1] ? ", " : " or ";

    used += (size_t)snprintf(buffer + used, size - used, "%s%s", between, key->needs[i]);
  }
  return buffer;
}

static PetscBool is_whole(const KeySpec *key)
{
  return key->type == KEY_INTEGER || key->type == KEY_INTEGERS ? PETSC_TRUE : PETSC_FALSE;
}

static PetscBool may_be_formula(const KeySpec *key)
{
  return is_whole(key) || key->type == KEY_NUMBER ? PETSC_FALSE : PETSC_TRUE;
}

const char *SchemaDescribeNumber(const KeySpec *key, char *buffer, size_t size)
{
  char range[64];

  SchemaDescribeRange(key, range, sizeof(range));
  snprintf(buffer, size, "%s%s%s%s", is_whole(key) ? "an integer" : "a number", range[0] ? " " : "", range,
           may_be_formula(key) ? " or a formula of parameters" : "");
  return buffer;
}

const char *SchemaDescribe(const KeySpec *key, char *buffer, size_t size)
{
  char number[128], choices[128];

  SchemaDescribeNumber(key, number, sizeof(number));
  SchemaDescribeChoices(key, choices, sizeof(choices));
  switch (key->type) {
  case KEY_SECTION:
    snprintf(buffer, size, "a mapping with keys of its own");
    break;
  case KEY_STRING:
    snprintf(buffer, size, "a text");
    break;
  case KEY_BOOL:
    snprintf(buffer, size, "true or false");
    break;
  case KEY_INTEGER:
  case KEY_NUMBER:
  case KEY_VALUE:
    snprintf(buffer, size, "%s%s%s", number, choices[0] ? ", or " : "", choices);
    break;
  case KEY_CHOICE:
    snprintf(buffer, size, "%s", choices);
    break;
  case KEY_CHOICES:
    snprintf(buffer, size, "a list of %s", choices);
    break;
  case KEY_FORMULAS:
    snprintf(buffer, size, "a formula, or a list of formulas that are added");
    break;
  case KEY_BREAKS:
    snprintf(buffer, size, "a list, or a list of lists per component; each %s", number);
    break;
  case KEY_POINTS:
    snprintf(buffer, size, "a list of points, as [[0, 1], [0.5, 1]]");
    break;
  case KEY_BOX:
    snprintf(buffer, size, "a pair for each direction, as [[-2, 2], [0, 1]]");
    break;
  case KEY_INTEGERS:
    snprintf(buffer, size, "%s, or a list with one per direction", number);
    break;
  case KEY_PARAMETERS:
    snprintf(buffer, size, "a mapping of names to numbers or formulas");
    break;
  case KEY_OPTIONS:
    snprintf(buffer, size, "a mapping of PETSc options to their values");
    break;
  case KEY_FILE:
    snprintf(buffer, size, "the path of a file, relative to the case file");
    break;
  case KEY_FORMULA:
    snprintf(buffer, size, "a formula");
    break;
  case KEY_NAMED:
    snprintf(buffer, size, "a mapping of names to formulas");
    break;
  case KEY_TENSOR:
    snprintf(buffer, size, "a formula, or its rows, as [[2, x], [x, 3]]");
    break;
  case KEY_LIST:
    snprintf(buffer, size, "a list; each %s", number);
    break;
  case KEY_NUMBERS:
    snprintf(buffer, size, "%s, or a list of them%s%s", number, choices[0] ? ", or " : "", choices);
    break;
  case KEY_POINT:
    snprintf(buffer, size, "a point, as [0.5, 1]%s%s", choices[0] ? ", or " : "", choices);
    break;
  case KEY_BOUNDARY:
    snprintf(buffer, size, "%s, or a list or mapping of them", choices);
    break;
  case KEY_INITIAL:
    snprintf(buffer, size, "a formula, or a mapping with %s",
             SchemaDescribeNeeds(key, choices, sizeof(choices)));
    break;
  case KEY_SPACING:
    snprintf(buffer, size, "a list, or a mapping with from, to and count; each %s", number);
    break;
  case KEY_FILES:
    snprintf(buffer, size, "the path of a file, relative to the case file, or a list of them");
    break;
  case KEY_NAMES:
    snprintf(buffer, size, "a name, or a list of names");
    break;
  case KEY_BASIS:
    snprintf(buffer, size, "a list of formulas, as [x, x^3]");
    break;
  }
  return buffer;
}

const char *SchemaDescribeDefault(const KeySpec *key, char *buffer, size_t size)
{
  if (key->otherwise) {
    snprintf(buffer, size, "%s", key->otherwise);
  } else if (!key->fallback) {
    buffer[0] = '\0';
  } else if (key->type == KEY_STRING) {
    snprintf(buffer, size, "\"%s\"", key->fallback);
  } else if (key->type == KEY_CHOICES) {
    snprintf(buffer, size, "[%s]", key->fallback);
  } else {
    snprintf(buffer, size, "%s", key->fallback);
  }
  return buffer;
}
