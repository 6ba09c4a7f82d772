/* JSON Schema (draft 2020-12) of the case file. */
#include "schema.h"
#include <string.h>

static void write_text(FILE *f, const char *text)
{
  fputc('"', f);
  for (const char *s = text; *s; ++s) {
    if (*s == '"' || *s == '\\') fputc('\\', f);
    fputc(*s, f);
  }
  fputc('"', f);
}

static void write_bounds(FILE *f, const KeySpec *key)
{
  if (key->bounds & LOWER) {
    fprintf(f, ", \"%s\": %.15g", key->bounds & LOWER_OPEN ? "exclusiveMinimum" : "minimum", key->lower);
  }
  if (key->bounds & UPPER) {
    fprintf(f, ", \"%s\": %.15g", key->bounds & UPPER_OPEN ? "exclusiveMaximum" : "maximum", key->upper);
  }
}

static void write_number(FILE *f, const KeySpec *key, const char *type)
{
  fprintf(f, "{\"type\": \"%s\"", type);
  write_bounds(f, key);
  fputc('}', f);
}

/* A number or a formula of parameters. */
static void write_value(FILE *f, const KeySpec *key)
{
  fputs("{\"anyOf\": [", f);
  write_number(f, key, "number");
  fputs(", {\"type\": \"string\", \"minLength\": 1}]}", f);
}

static void write_choices(FILE *f, const KeySpec *key)
{
  fputs("\"enum\": [", f);
  for (PetscInt i = 0; key->choices[i]; ++i) {
    if (i) fputs(", ", f);
    write_text(f, key->choices[i]);
  }
  fputc(']', f);
}

/* The keywords that say what the value is, without the braces around. */
static void write_lists(FILE *f, const KeySpec *key)
{
  fputs(key->type == KEY_BOX ? "\"type\": \"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": "
                               "{\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": "
                             : "\"type\": \"array\", \"items\": {\"anyOf\": [",
        f);
  if (key->type == KEY_BOX) {
    write_value(f, key);
    fputc('}', f);
    return;
  }
  write_value(f, key);
  fputs(", {\"type\": \"array\", \"items\": ", f);
  write_value(f, key);
  fputs("}]}", f);
  if (key->type == KEY_POINTS) fputs(", \"minItems\": 1", f);
}

static void write_integer(FILE *f, const KeySpec *key)
{
  if (!key->choices) {
    fputs("\"type\": \"integer\"", f);
    write_bounds(f, key);
    return;
  }
  fputs("\"anyOf\": [", f);
  write_number(f, key, "integer");
  fputs(", {", f);
  write_choices(f, key);
  fputs("}]", f);
}

/* Names of the user's own, each with a value of one of the types. */
static void write_names(FILE *f, const char *pattern, const char *types)
{
  fprintf(f,
          "\"type\": [\"object\", \"null\"], \"propertyNames\": {\"pattern\": \"%s\"}, "
          "\"additionalProperties\": {\"type\": [%s]}",
          pattern, types);
}

static PetscErrorCode write_section(FILE *f, const char *section, int indent);

/* One of the words, or lists of them, or names with them. */
static void write_boundary(FILE *f, const KeySpec *key)
{
  fputs("\"anyOf\": [{", f);
  write_choices(f, key);
  fputs("}, {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": {\"anyOf\": [{", f);
  write_choices(f, key);
  fputs("}, {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": {", f);
  write_choices(f, key);
  fputs("}}]}}, {\"type\": \"object\", \"additionalProperties\": {", f);
  write_choices(f, key);
  fputs("}}]", f);
}

static void write_point(FILE *f, const KeySpec *key)
{
  fputs("\"anyOf\": [", f);
  write_value(f, key);
  fputs(", {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": ", f);
  write_value(f, key);
  fputs("}]", f);
}

static void write_type(FILE *f, const KeySpec *key)
{
  static const char formula[] = "{\"type\": [\"string\", \"number\"]}";

  switch (key->type) {
  case KEY_STRING:
    fputs("\"type\": [\"string\", \"number\", \"boolean\"]", f);
    break;
  case KEY_BOOL:
    fputs("\"type\": \"boolean\"", f);
    break;
  case KEY_NUMBER:
    fputs("\"type\": \"number\"", f);
    write_bounds(f, key);
    break;
  case KEY_INTEGER:
    write_integer(f, key);
    break;
  case KEY_VALUE:
    fputs("\"anyOf\": [", f);
    write_number(f, key, "number");
    fputs(", {\"type\": \"string\", \"minLength\": 1}]", f);
    break;
  case KEY_CHOICE:
    write_choices(f, key);
    break;
  case KEY_CHOICES:
    fputs("\"type\": \"array\", \"items\": {", f);
    write_choices(f, key);
    fputc('}', f);
    break;
  case KEY_FORMULAS:
    fprintf(f, "\"anyOf\": [%s, {\"type\": \"array\", \"minItems\": 1, \"items\": %s}]", formula, formula);
    break;
  case KEY_BREAKS:
  case KEY_POINTS:
  case KEY_BOX:
    write_lists(f, key);
    break;
  case KEY_INTEGERS:
    fputs("\"anyOf\": [", f);
    write_number(f, key, "integer");
    fputs(", {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": ", f);
    write_number(f, key, "integer");
    fputs("}]", f);
    break;
  case KEY_PARAMETERS:
    write_names(f, "^[A-Za-z_][A-Za-z0-9_]*$", "\"string\", \"number\"");
    break;
  case KEY_OPTIONS:
    write_names(f, "^[A-Za-z][^ ]*$", "\"string\", \"number\", \"boolean\", \"null\"");
    break;
  case KEY_FILE:
    fputs("\"type\": \"string\", \"minLength\": 1", f);
    break;
  case KEY_FORMULA:
    fputs("\"type\": [\"string\", \"number\"]", f);
    break;
  case KEY_NAMED:
    write_names(f, "^[A-Za-z_][A-Za-z0-9_]*$", "\"string\", \"number\"");
    break;
  case KEY_TENSOR:
    fprintf(f,
            "\"anyOf\": [%s, {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": {\"type\": "
            "\"array\", \"minItems\": 1, \"maxItems\": 3, \"items\": %s}}]",
            formula, formula);
    break;
  case KEY_LIST:
    fputs("\"type\": \"array\", \"minItems\": 1, \"items\": ", f);
    write_value(f, key);
    break;
  case KEY_NUMBERS:
    fputs("\"anyOf\": [", f);
    write_value(f, key);
    fputs(", {\"type\": \"array\", \"minItems\": 1, \"items\": ", f);
    write_value(f, key);
    fputs("}]", f);
    break;
  case KEY_POINT:
    write_point(f, key);
    break;
  case KEY_BOUNDARY:
    write_boundary(f, key);
    break;
  case KEY_FILES:
  case KEY_NAMES:
    fputs("\"anyOf\": [{\"type\": \"string\", \"minLength\": 1}, {\"type\": \"array\", \"minItems\": 1, "
          "\"items\": "
          "{\"type\": \"string\", \"minLength\": 1}}]",
          f);
    break;
  case KEY_BASIS:
    fprintf(f,
            "\"type\": \"array\", \"minItems\": 1, \"items\": {\"anyOf\": [%s, {\"type\": \"array\", "
            "\"minItems\": 1, "
            "\"maxItems\": 3, \"items\": %s}]}",
            formula, formula);
    break;
  case KEY_INITIAL:
  case KEY_SPACING:
  case KEY_SECTION:
    break;
  }
}

static void write_default(FILE *f, const KeySpec *key)
{
  if (!key->fallback) return;
  fputs(", \"default\": ", f);
  if (key->type == KEY_CHOICES) {
    const char *s = key->fallback;

    for (fputc('[', f); *s; s += strspn(s, ", ")) {
      const size_t length = strcspn(s, ",");

      fprintf(f, "%s\"%.*s\"", s == key->fallback ? "" : ", ", (int)length, s);
      s += length;
    }
    fputc(']', f);
  } else if (key->type == KEY_NUMBER || key->type == KEY_BOOL ||
             (key->type == KEY_INTEGER && !key->choices)) {
    fputs(key->fallback, f);
  } else {
    write_text(f, key->fallback);
  }
}

static PetscErrorCode write_key(FILE *f, const KeySpec *key, int indent)
{
  PetscFunctionBegin;
  fprintf(f, "%*s", indent, "");
  write_text(f, SchemaLastName(key));
  fputs(": {\"description\": ", f);
  write_text(f, key->text);
  if (key->type == KEY_SECTION) {
    fputs(",\n", f);
    PetscCall(write_section(f, key->path, indent + 2));
    fprintf(f, "%*s}", indent, "");
  } else if (key->type == KEY_INITIAL) {
    fputs(", \"anyOf\": [{\"type\": [\"string\", \"number\"]}, {\n", f);
    PetscCall(write_section(f, key->path, indent + 2));
    fprintf(f, "%*s}]}", indent, "");
  } else if (key->type == KEY_SPACING) {
    fputs(", \"anyOf\": [{\"type\": \"array\", \"minItems\": 1, \"items\": ", f);
    write_value(f, key);
    fputs("}, {\n", f);
    PetscCall(write_section(f, key->path, indent + 2));
    fprintf(f, "%*s}]}", indent, "");
  } else {
    fputs(", ", f);
    write_type(f, key);
    write_default(f, key);
    fputc('}', f);
  }
  PetscFunctionReturn(0);
}

/* {"required": ["a"]}, {"required": ["b"]}: one of these keys. */
static void write_needs(FILE *f, const char *const needs[])
{
  for (PetscInt i = 0; needs[i]; ++i) fprintf(f, "%s{\"required\": [\"%s\"]}", i ? ", " : "", needs[i]);
}

/* {"required": ["a"]}; for a.b that b is in a. */
static void write_present(FILE *f, const char *path)
{
  const char *const dot = strchr(path, '.');
  const int length = dot ? (int)(dot - path) : (int)strlen(path);

  fprintf(f, "{\"required\": [\"%.*s\"]", length, path);
  if (dot) fprintf(f, ", \"properties\": {\"%.*s\": {\"required\": [\"%s\"]}}", length, path, dot + 1);
  fputc('}', f);
}

/* {"if": {"not": another is there}, "then": {"required": ["a"]}} */
static void write_conditional(FILE *f, const KeySpec *key)
{
  fputs("{\"if\": {\"not\": {\"anyOf\": [", f);
  write_present(f, key->unless);
  for (PetscInt i = 0; key->elsewhere[i]; ++i) {
    fputs(", ", f);
    write_present(f, key->elsewhere[i]);
  }
  fputs("]}}, \"then\": {\"required\": [", f);
  write_text(f, SchemaLastName(key));
  fputs("]}}", f);
}

/* Keys that must be there: always, or unless another is. */
static void write_required(FILE *f, const char *section, PetscInt n, const KeySpec keys[])
{
  PetscInt always = 0, conditional = 0;

  fputs("\"required\": [", f);
  for (PetscInt i = 0; i < n; ++i) {
    if (!SchemaIsMember(&keys[i], section) || !keys[i].required || keys[i].unless || keys[i].elsewhere[0])
      continue;
    if (always++) fputs(", ", f);
    write_text(f, SchemaLastName(&keys[i]));
  }
  fputs("]", f);
  for (PetscInt i = 0; i < n; ++i) {
    if (!SchemaIsMember(&keys[i], section) || !keys[i].required || !keys[i].unless) continue;
    fputs(conditional++ ? ", " : ", \"allOf\": [", f);
    write_conditional(f, &keys[i]);
  }
  if (conditional) fputc(']', f);
}

/* Keys that exclude each other. */
static void write_exclusions(FILE *f, const char *section, PetscInt n, const KeySpec keys[])
{
  PetscInt pairs = 0, k = 0;

  for (PetscInt i = 0; i < n; ++i) pairs += SchemaIsMember(&keys[i], section) && keys[i].excludes;
  if (!pairs) return;
  fputs(pairs > 1 ? ", \"not\": {\"anyOf\": [" : ", \"not\": ", f);
  for (PetscInt i = 0; i < n; ++i) {
    if (!SchemaIsMember(&keys[i], section) || !keys[i].excludes) continue;
    fprintf(f, "%s{\"required\": [\"%s\", \"%s\"]}", k++ ? ", " : "", SchemaLastName(&keys[i]),
            keys[i].excludes);
  }
  if (pairs > 1) fputs("]}", f);
}

/* The keywords of a mapping: its keys, those that must be there, those that exclude each other. */
static PetscErrorCode write_section(FILE *f, const char *section, int indent)
{
  const KeySpec *keys, *const self = SchemaFind(section);
  PetscInt n, written = 0, required = 0;

  PetscFunctionBegin;
  PetscCall(SchemaGetKeys(&n, &keys));
  for (PetscInt i = 0; i < n; ++i) required += SchemaIsMember(&keys[i], section) && keys[i].required;
  /* A section may be left empty unless something must stand in it. */
  fprintf(f, "%*s\"type\": %s, \"additionalProperties\": false,\n%*s", indent, "",
          required || (self && self->needs[0]) ? "\"object\"" : "[\"object\", \"null\"]", indent, "");
  write_required(f, section, n, keys);
  write_exclusions(f, section, n, keys);
  if (self && self->needs[0]) {
    fputs(", \"anyOf\": [", f);
    write_needs(f, self->needs);
    fputc(']', f);
  }
  fputs(",\n", f);
  fprintf(f, "%*s\"properties\": {\n", indent, "");
  for (PetscInt i = 0; i < n; ++i) {
    if (!SchemaIsMember(&keys[i], section)) continue;
    if (written++) fputs(",\n", f);
    PetscCall(write_key(f, &keys[i], indent + 2));
  }
  fprintf(f, "\n%*s}\n", indent, "");
  PetscFunctionReturn(0);
}

PetscErrorCode SchemaWriteJson(FILE *stream)
{
  PetscFunctionBegin;
  fputs("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"Case file of reiter\",\n",
        stream);
  PetscCall(write_section(stream, "", 2));
  fputs("}\n", stream);
  PetscFunctionReturn(0);
}
