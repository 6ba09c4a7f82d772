/* JSON as it is written: members one a line, arrays of plain values on one line. */
#include "output/number.h"
#include <reiter/output.h>
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

struct _p_Json {
  FILE *stream; /* borrowed */
  int depth;
  PetscBool done; /* the one value of the text was begun */
  struct {
    char kind; /* '{' or '[' */
    PetscInt count;
    PetscBool spread; /* an element stands on a line of its own */
  } level[MAX_DEPTH];
};

/* Length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7), or minus the length of what has to
   be replaced by one U+FFFD: the longest beginning of a sequence, at least one byte. s ends with a zero. */
static int utf8_length(const unsigned char *s)
{
  const int expected = s[0] < 0x80   ? 1
                       : s[0] < 0xC2 ? 0
                       : s[0] < 0xE0 ? 2
                       : s[0] < 0xF0 ? 3
                       : s[0] < 0xF5 ? 4
                                     : 0;

  if (!expected) return -1;
  for (int i = 1; i < expected; ++i) {
    unsigned char low = 0x80, high = 0xBF;
    if (i == 1 && s[0] == 0xE0) low = 0xA0;  /* overlong */
    if (i == 1 && s[0] == 0xED) high = 0x9F; /* surrogates */
    if (i == 1 && s[0] == 0xF0) low = 0x90;  /* overlong */
    if (i == 1 && s[0] == 0xF4) high = 0x8F; /* beyond U+10FFFF */
    if (s[i] < low || s[i] > high) return -i;
  }
  return expected;
}

static void print_string(FILE *stream, const char text[])
{
  const unsigned char *s = (const unsigned char *)text;

  fputc('"', stream);
  while (*s) {
    const int length = utf8_length(s);
    if (length < 0)
      fputs("\xEF\xBF\xBD", stream);
    else if (length > 1)
      (void)fwrite(s, 1, (size_t)length, stream);
    else if (*s == '"' || *s == '\\')
      fprintf(stream, "\\%c", *s);
    else if (*s == '\n')
      fputs("\\n", stream);
    else if (*s == '\t')
      fputs("\\t", stream);
    else if (*s == '\r')
      fputs("\\r", stream);
    else if (*s < 0x20 || *s == 0x7F)
      fprintf(stream, "\\u%04x", *s);
    else
      fputc(*s, stream);
    s += length < 0 ? -length : length;
  }
  fputc('"', stream);
}

static void print_real(FILE *stream, PetscReal value)
{
  char text[NUMBER_LENGTH];

  fputs(isfinite((double)value) ? NumberPrint(value, text) : "null", stream);
}

static void print_reals(FILE *stream, PetscInt n, const PetscReal values[])
{
  fputc('[', stream);
  for (PetscInt i = 0; i < n; ++i) {
    if (i) fputs(", ", stream);
    print_real(stream, values[i]);
  }
  fputc(']', stream);
}

static void new_line(Json json)
{
  fprintf(json->stream, "\n%*s", 2 * json->depth, "");
}

/* Everything before a value: comma, line break, key. */
static PetscErrorCode begin_value(Json json, const char key[], PetscBool is_object)
{
  PetscFunctionBegin;
  if (json->depth == 0) {
    PetscCheck(!json->done && !key, PETSC_COMM_SELF, PETSC_ERR_ORDER,
               "a JSON text is one value without a key");
    json->done = PETSC_TRUE;
  } else {
    const PetscBool in_object = (PetscBool)(json->level[json->depth - 1].kind == '{');
    PetscCheck(in_object == (PetscBool)(key != NULL), PETSC_COMM_SELF, PETSC_ERR_ORDER,
               in_object ? "a member of a JSON object needs a key"
                         : "an element of a JSON array has no key (%s)",
               key ? key : "");
    if (json->level[json->depth - 1].count++) fputc(',', json->stream);
    if (in_object || is_object) {
      json->level[json->depth - 1].spread = PETSC_TRUE;
      new_line(json);
    } else if (json->level[json->depth - 1].count > 1) {
      fputc(' ', json->stream);
    }
    if (key) {
      print_string(json->stream, key);
      fputs(": ", json->stream);
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode begin_level(Json json, const char key[], char kind)
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, (PetscBool)(kind == '{')));
  PetscCheck(json->depth < MAX_DEPTH, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "JSON nested deeper than %d",
             (int)MAX_DEPTH);
  fputc(kind, json->stream);
  json->level[json->depth].kind = kind;
  json->level[json->depth].count = 0;
  json->level[json->depth].spread = PETSC_FALSE;
  json->depth++;
  PetscFunctionReturn(0);
}

static PetscErrorCode end_level(Json json, char kind)
{
  PetscFunctionBegin;
  PetscCheck(json->depth > 0 && json->level[json->depth - 1].kind == kind, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "a JSON %s ends that was not begun", kind == '{' ? "object" : "array");
  json->depth--;
  if (json->level[json->depth].spread) new_line(json);
  fputc(kind == '{' ? '}' : ']', json->stream);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonCreate(FILE *stream, Json *json)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(json));
  (*json)->stream = stream;
  PetscFunctionReturn(0);
}

PetscErrorCode JsonDestroy(Json *json)
{
  PetscFunctionBegin;
  if (!*json) PetscFunctionReturn(0);
  PetscCheck((*json)->depth == 0 && (*json)->done, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "a JSON text ends with %d open levels", (*json)->depth);
  fputc('\n', (*json)->stream);
  PetscCall(PetscFree(*json));
  PetscFunctionReturn(0);
}

PetscErrorCode JsonBeginObject(Json json, const char key[])
{
  PetscFunctionBegin;
  PetscCall(begin_level(json, key, '{'));
  PetscFunctionReturn(0);
}

PetscErrorCode JsonEndObject(Json json)
{
  PetscFunctionBegin;
  PetscCall(end_level(json, '{'));
  PetscFunctionReturn(0);
}

PetscErrorCode JsonBeginArray(Json json, const char key[])
{
  PetscFunctionBegin;
  PetscCall(begin_level(json, key, '['));
  PetscFunctionReturn(0);
}

PetscErrorCode JsonEndArray(Json json)
{
  PetscFunctionBegin;
  PetscCall(end_level(json, '['));
  PetscFunctionReturn(0);
}

PetscErrorCode JsonReal(Json json, const char key[], PetscReal value)
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  print_real(json->stream, value);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonInt(Json json, const char key[], PetscInt64 value)
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  fprintf(json->stream, "%" PetscInt64_FMT, value);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonString(Json json, const char key[], const char value[])
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  if (value)
    print_string(json->stream, value);
  else
    fputs("null", json->stream);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonBool(Json json, const char key[], PetscBool value)
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  fputs(value ? "true" : "false", json->stream);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonRealArray(Json json, const char key[], PetscInt n, const PetscReal values[])
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  print_reals(json->stream, n, values);
  PetscFunctionReturn(0);
}

PetscErrorCode JsonMatrix(Json json, const char key[], PetscInt rows, PetscInt columns,
                          const PetscReal values[])
{
  PetscFunctionBegin;
  PetscCall(begin_value(json, key, PETSC_FALSE));
  fputc('[', json->stream);
  for (PetscInt i = 0; i < rows; ++i) {
    if (i) fputs(", ", json->stream);
    print_reals(json->stream, columns, values + i * columns);
  }
  fputc(']', json->stream);
  PetscFunctionReturn(0);
}
