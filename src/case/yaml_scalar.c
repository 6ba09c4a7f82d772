/* Plain scalars by the core schema of YAML 1.2. */
#include "source_text.h"
#include "yaml_tree.h"
#include <stdlib.h>
#include <string.h>

static PetscBool is_one_of(const char *text, PetscInt n, const char *const words[])
{
  for (PetscInt i = 0; i < n; ++i) {
    if (!strcmp(text, words[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static PetscBool is_plain(const YamlNode *node)
{
  return node->kind == NODE_SCALAR && node->style == STYLE_PLAIN ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool YamlIsNull(const YamlNode *node)
{
  static const char *const words[] = {"", "~", "null", "Null", "NULL"};

  return is_plain(node) && is_one_of(node->text, 5, words) ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool YamlIsBool(const YamlNode *node, PetscBool *value)
{
  static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE"};

  if (!is_plain(node)) return PETSC_FALSE;
  *value = is_one_of(node->text, 3, words);
  return is_one_of(node->text, 6, words);
}

static size_t digits(const char *text)
{
  return strspn(text, "0123456789");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static PetscBool is_decimal(const char *text)
{
  const char *s = text + (*text == '-' || *text == '+');
  const size_t whole = digits(s);

  s += whole;
  if (*s == '.') {
    const size_t fraction = digits(s + 1);

    if (!whole && !fraction) return PETSC_FALSE;
    s += 1 + fraction;
  } else if (!whole) {
    return PETSC_FALSE;
  }
  if (*s == 'e' || *s == 'E') {
    s += 1 + (s[1] == '-' || s[1] == '+');
    if (!digits(s)) return PETSC_FALSE;
    s += digits(s);
  }
  return *s ? PETSC_FALSE : PETSC_TRUE;
}

/* 0o17 and 0x1F: integers of the core schema. */
static PetscBool is_radix(const char *text, PetscReal *value)
{
  const int base = !strncmp(text, "0o", 2) ? 8 : !strncmp(text, "0x", 2) ? 16 : 0;
  const char *const allowed = base == 8 ? "01234567" : "0123456789abcdefABCDEF";

  if (!base || !text[2] || text[2 + strspn(text + 2, allowed)]) return PETSC_FALSE;
  *value = (PetscReal)strtoull(text + 2, NULL, base);
  return PETSC_TRUE;
}

PetscBool YamlIsNumber(const YamlNode *node, PetscReal *value)
{
  static const char *const infinite[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                         "+.INF", "-.inf", "-.Inf", "-.INF"};
  static const char *const undefined[] = {".nan", ".NaN", ".NAN"};

  if (!is_plain(node)) return PETSC_FALSE;
  if (is_decimal(node->text)) {
    *value = strtod(node->text, NULL);
    return PETSC_TRUE;
  }
  if (is_one_of(node->text, 9, infinite)) {
    *value = node->text[0] == '-' ? -INFINITY : INFINITY;
    return PETSC_TRUE;
  }
  if (is_one_of(node->text, 3, undefined)) {
    *value = NAN;
    return PETSC_TRUE;
  }
  return is_radix(node->text, value);
}

const char *YamlDescribe(const YamlNode *node, char *buffer, size_t size)
{
  PetscReal number;
  PetscBool truth;

  if (node->kind == NODE_SEQUENCE) return node->n ? "a list" : "an empty list";
  if (node->kind == NODE_MAPPING) return node->n ? "a mapping" : "an empty mapping";
  if (YamlIsNull(node)) return "nothing";
  const char *const what = YamlIsNumber(node, &number) || YamlIsBool(node, &truth) ? "" : "the text ";
  const size_t fit = TextFit(node->text, node->length, 40);

  snprintf(buffer, size, "%s'%.*s%s'", what, (int)fit, node->text, fit < node->length ? "..." : "");
  return buffer;
}
