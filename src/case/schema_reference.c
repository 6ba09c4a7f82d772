/* The table for people: Markdown reference and help on the terminal. */
#include "schema.h"
#include <string.h>

static const char formulas[] = "Formulas know + - * / ^ and parentheses, the numbers pi and e, the functions "
                               "sin cos tan asin acos atan sinh "
                               "cosh tanh exp log sqrt abs min max sign floor mod(a, b) erf if(condition, a, "
                               "b), comparisons, the parameters, "
                               "the position x, y, z and the fast variables x1, y1, z1, x2, ...: the letter "
                               "is the component, the digit the "
                               "scale.";

/* "|" would end a cell of the table. */
static void write_cell(FILE *f, const char *text)
{
  for (const char *s = text; *s; ++s) {
    if (*s == '|') fputc('\\', f);
    fputc(*s, f);
  }
}

static void write_row(FILE *f, const KeySpec *key)
{
  char type[256], fallback[96];

  SchemaDescribe(key, type, sizeof(type));
  SchemaDescribeDefault(key, fallback, sizeof(fallback));
  fprintf(f, "| `%s` | ", key->path);
  write_cell(f, type);
  fprintf(f, " | %s | ", key->unit ? key->unit : "");
  write_cell(f, key->required ? "required" : fallback);
  if (key->required && key->unless) fprintf(f, " without `%s`", key->unless);
  for (PetscInt i = 0; key->required && key->elsewhere[i]; ++i) fprintf(f, " or `%s`", key->elsewhere[i]);
  fputs(" | ", f);
  write_cell(f, key->text);
  if (key->excludes) fprintf(f, " Not together with `%s`.", key->excludes);
  fputs(" |\n", f);
}

static void write_heading(FILE *f, const KeySpec *section)
{
  char needs[96];

  fprintf(f, "\n## %s\n\n%s", section->path, section->text);
  if (section->required && section->unless) {
    fprintf(f, " Required without `%s`", section->unless);
    for (PetscInt i = 0; section->elsewhere[i]; ++i) fprintf(f, " or `%s`", section->elsewhere[i]);
    fputc('.', f);
  } else if (section->required) {
    fputs(" Required.", f);
  }
  if (section->excludes) fprintf(f, " Not together with `%s`.", section->excludes);
  if (section->needs[0]) fprintf(f, " Needs %s.", SchemaDescribeNeeds(section, needs, sizeof(needs)));
  fputc('\n', f);
}

PetscErrorCode SchemaWriteReference(FILE *stream)
{
  static const char head[] =
      "\n| key | value | unit | default | meaning |\n| --- | --- | --- | --- | --- |\n";
  const KeySpec *keys;
  PetscInt n;
  PetscBool in_table = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SchemaGetKeys(&n, &keys));
  fputs("# Keys of a case file\n\n"
        "A case file is YAML. Anything that is not listed here is an error, and so is a key given twice.\n\n",
        stream);
  fprintf(stream, "%s\n", formulas);
  for (PetscInt i = 0; i < n; ++i) {
    if (keys[i].type == KEY_SECTION) {
      write_heading(stream, &keys[i]);
      in_table = PETSC_FALSE;
      continue;
    }
    if (!in_table || (SchemaIsMember(&keys[i], "") && !SchemaIsMember(&keys[i - 1], ""))) {
      if (SchemaIsMember(&keys[i], ""))
        fputs(i ? "\n## Others at the top level\n" : "\n## Top level\n", stream);
      fputs(head, stream);
      in_table = PETSC_TRUE;
    }
    write_row(stream, &keys[i]);
  }
  PetscFunctionReturn(0);
}

/* Words of the text in lines of at most `width` columns. */
static void write_wrapped(FILE *f, const char *text, size_t indent, size_t width)
{
  size_t column = 0;

  for (const char *s = text; *s;) {
    const size_t length = strcspn(s, " ");

    if (column && column + 1 + length > width) {
      fputc('\n', f);
      column = 0;
    }
    if (!column) {
      fprintf(f, "%*s", (int)indent, "");
      column = indent;
    } else {
      fputc(' ', f);
      ++column;
    }
    fwrite(s, 1, length, f);
    column += length;
    s += length;
    s += strspn(s, " ");
  }
  fputc('\n', f);
}

static PetscBool is_in(const char path[], const char section[])
{
  const size_t length = section ? strlen(section) : 0;

  return (PetscBool)(!section ||
                     (!strncmp(path, section, length) && (path[length] == '\0' || path[length] == '.')));
}

PetscErrorCode SchemaWriteHelp(const char section[], FILE *stream)
{
  char type[256], fallback[96], line[768];
  const KeySpec *keys;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(SchemaGetKeys(&n, &keys));
  fputs(section ? "Keys of its section of the case file (YAML); 'reiter help run' lists the others:\n\n"
                : "Keys of a case file (YAML):\n\n",
        stream);
  for (PetscInt i = 0; i < n; ++i) {
    if (!is_in(keys[i].path, section)) continue;
    if (keys[i].type == KEY_SECTION) {
      snprintf(line, sizeof(line), "%s%s", keys[i].text,
               keys[i].required && !keys[i].unless ? " Required." : "");
    } else {
      SchemaDescribe(&keys[i], type, sizeof(type));
      SchemaDescribeDefault(&keys[i], fallback, sizeof(fallback));
      snprintf(line, sizeof(line), "%s [%s; %s%s%s]", keys[i].text, type,
               !keys[i].required ? (fallback[0] ? "default " : "may be left out")
               : keys[i].unless  ? "required without "
                                 : "required",
               keys[i].required ? "" : fallback, keys[i].required && keys[i].unless ? keys[i].unless : "");
    }
    fprintf(stream, "  %s%s\n", keys[i].path, keys[i].type == KEY_SECTION ? ":" : "");
    write_wrapped(stream, line, 6, 96);
  }
  fputc('\n', stream);
  write_wrapped(stream, formulas, 0, 96);
  PetscFunctionReturn(0);
}
