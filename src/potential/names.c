/*
  Names in formulas. The order in which they are looked up: variables of the scope, constants, functions,
  parameters, and last the variables outside of the scope, to say why they are not allowed.
*/
#include "parser.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_NAME 48 /* that suggestions are looked for */

static const char letters[] = "xyz";

static const struct {
  const char *name;
  PetscReal value;
} constants[] = {{"pi", PETSC_PI}, {"e", M_E}};

/* What other programs call it. */
static const struct {
  const char *name, *ours;
} synonyms[] = {{"ln", "log"},       {"sgn", "sign"},    {"fabs", "abs"},   {"arcsin", "asin"},
                {"arccos", "acos"},  {"arctan", "atan"}, {"pow", "^"},      {"fmod", "mod"},
                {"power", "^"},      {"fmin", "min"},    {"fmax", "max"},   {"step", "if"},
                {"heaviside", "if"}, {"round", "floor"}, {"ceil", "floor"}, {"theta", "if"}};

static PetscBool same(const char *name, const char *text, size_t length)
{
  return (PetscBool)(strlen(name) == length && memcmp(name, text, length) == 0);
}

/* Letter and digits: a variable, in scope or not; *scale is capped. */
static PetscBool looks_like_variable(const char *text, size_t length, PetscInt *scale, PetscInt *component)
{
  const char *letter = memchr(letters, text[0], 3);

  if (!letter) return PETSC_FALSE;
  *component = (PetscInt)(letter - letters);
  *scale = 0;
  for (size_t i = 1; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return PETSC_FALSE;
    *scale = PetscMin(10 * *scale + (text[i] - '0'), 1000);
  }
  if (length > 1 && (*scale == 0 || text[1] == '0')) *scale = -1; /* x0, x01 */
  return PETSC_TRUE;
}

/* Edits between two names, capitals aside: inserted, removed, changed and swapped letters. */
static PetscInt edit_distance(const char *a, PetscInt n, const char *b)
{
  PetscInt m = (PetscInt)strlen(b), rows[3][LONGEST_NAME + 1];
  PetscInt *before = rows[0], *last = rows[1], *row = rows[2];

  if (n > LONGEST_NAME || m > LONGEST_NAME) return LONGEST_NAME;
  for (PetscInt j = 0; j <= m; j++) last[j] = before[j] = j;
  for (PetscInt i = 1; i <= n; i++) {
    PetscInt *oldest = before;

    row[0] = i;
    for (PetscInt j = 1; j <= m; j++) {
      int p = tolower((unsigned char)a[i - 1]), q = tolower((unsigned char)b[j - 1]);

      row[j] = PetscMin(PetscMin(last[j], row[j - 1]) + 1, last[j - 1] + (p != q));
      if (i > 1 && j > 1 && p == tolower((unsigned char)b[j - 2]) && q == tolower((unsigned char)a[i - 2])) {
        row[j] = PetscMin(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
    row = oldest;
  }
  return last[m];
}

typedef struct {
  const char *text;
  PetscInt length, distance;
  char name[LONGEST_NAME + 1];
} Nearest;

/* Less is nearer; a name of the other kind (function or not) comes second. */
static void consider(Nearest *nearest, const char *candidate, PetscBool right_kind)
{
  PetscInt edits = edit_distance(nearest->text, nearest->length, candidate);
  PetscInt distance = 2 * edits + (right_kind ? 0 : 1);

  if (3 * edits > nearest->length || distance >= nearest->distance) return;
  nearest->distance = distance;
  (void)snprintf(nearest->name, sizeof(nearest->name), "%s", candidate);
}

static void suggest_name(Parser *p, const char *text, size_t length, PetscBool called)
{
  const ExpressionScope *scope = p->scope;
  Nearest nearest = {text, (PetscInt)PetscMin(length, (size_t)LONGEST_NAME + 1), 2 * LONGEST_NAME, ""};
  char variable[4];

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(synonyms); i++) {
    if (called && same(synonyms[i].name, text, length)) {
      ParserSuggest(p, "%s", synonyms[i].ours);
      return;
    }
  }
  for (PetscInt i = 0; i < scope->n_parameters; i++)
    consider(&nearest, scope->parameters[i].name, (PetscBool)!called);
  for (PetscInt k = 0; k <= scope->scales; k++) {
    for (PetscInt c = 0; c < scope->dim; c++) {
      (void)snprintf(variable, sizeof(variable), k ? "%c%d" : "%c", letters[c], (int)(k % 10));
      consider(&nearest, variable, (PetscBool)!called);
    }
  }
  for (const FunctionEntry *f = FunctionTable(); f->name; f++) consider(&nearest, f->name, called);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(constants); i++) {
    consider(&nearest, constants[i].name, (PetscBool)!called);
  }
  if (nearest.name[0]) ParserSuggest(p, "%s", nearest.name);
}

static void refuse_variable(Parser *p, size_t at, size_t length, PetscInt scale, PetscInt component)
{
  const ExpressionScope *scope = p->scope;
  const int shown = (int)PetscMin(length, (size_t)40);
  const char *text = p->text + at;

  if (scope->dim == 0) {
    ParserFail(p, at, length, "%.*s is a variable, but a constant is wanted here", shown, text);
  } else if (scale < 0) {
    ParserFail(p, at, length, "%.*s is no variable: %c is the macroscopic one, the scales count from %c1",
               shown, text, letters[component], letters[component]);
    ParserSuggest(p, "%c", letters[component]);
  } else if (component >= scope->dim) {
    ParserFail(p, at, length, "%.*s needs dimension %d, but dimension is %d", shown, text, (int)component + 1,
               (int)scope->dim);
  } else if (scope->scales == 0) {
    ParserFail(p, at, length, "%.*s is a fast variable, but only macroscopic ones (%.*s) are allowed here",
               shown, text, (int)scope->dim, letters);
    ParserSuggest(p, "%c", letters[component]);
  } else if (scope->scales == REITER_MAX_SCALES) {
    ParserFail(p, at, length, "%.*s is of scale %.*s, but there are %d scales at most", shown, text,
               shown - 1, text + 1, REITER_MAX_SCALES);
  } else {
    ParserFail(p, at, length, "%.*s is of scale %.*s, but scales is %d", shown, text, shown - 1, text + 1,
               (int)scope->scales);
    ParserSuggest(p, "%c%d", letters[component], (int)scope->scales);
  }
}

Name ParserLookup(Parser *p, size_t at, size_t length, PetscBool called)
{
  const ExpressionScope *scope = p->scope;
  const char *text = p->text + at;
  Name name = {NAME_UNKNOWN, 0, -1, PETSC_FALSE, NULL, NULL};
  PetscInt scale = 0, component = 0;
  PetscBool variable = looks_like_variable(text, length, &scale, &component);

  if (variable && scale >= 0 && scale <= scope->scales && component < scope->dim) {
    name.kind = NAME_VARIABLE;
    name.variable = VariableIndex(scale, component);
    return name;
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(constants); i++) {
    if (!same(constants[i].name, text, length)) continue;
    name.kind = NAME_NUMBER;
    name.number = constants[i].value;
    return name;
  }
  for (const FunctionEntry *f = FunctionTable(); f->name; f++) {
    if (!same(f->name, text, length)) continue;
    name.kind = NAME_FUNCTION;
    name.function = f;
    return name;
  }
  for (PetscInt i = 0; i < scope->n_parameters; i++) {
    if (!same(scope->parameters[i].name, text, length)) continue;
    name.kind = NAME_NUMBER;
    name.number = scope->parameters[i].value;
    name.is_parameter = PETSC_TRUE;
    name.formula = p->formulas ? p->formulas[i] : NULL;
    if (name.formula) name.kind = NAME_FORMULA;
    return name;
  }
  if (variable) {
    name.kind = NAME_REFUSED;
    refuse_variable(p, at, length, scale, component);
    return name;
  }
  ParserFail(p, at, length, "there is no %s %.*s%s", called ? "function" : "name",
             (int)PetscMin(length, (size_t)60), text, length > 60 ? "..." : "");
  suggest_name(p, text, length, called);
  return name;
}
