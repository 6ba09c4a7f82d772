#include "parser.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

NodeId ParserFail(Parser *p, size_t offset, size_t length, const char *format, ...)
{
  va_list arguments;

  if (p->failed) return -1;
  p->failed = PETSC_TRUE;
  p->error->offset = offset;
  p->error->length = length;
  va_start(arguments, format);
  (void)vsnprintf(p->error->message, sizeof(p->error->message), format, arguments);
  va_end(arguments);
  return -1;
}

void ParserSuggest(Parser *p, const char *format, ...)
{
  va_list arguments;
  int length;

  va_start(arguments, format);
  length = vsnprintf(p->error->suggestion, sizeof(p->error->suggestion), format, arguments);
  va_end(arguments);
  if (length < 0 || length >= (int)sizeof(p->error->suggestion)) p->error->suggestion[0] = '\0';
}

int ParserPeek(Parser *p)
{
  while (p->at < p->length && strchr(" \t\r\n", p->text[p->at]) && p->text[p->at]) p->at++;
  return p->at < p->length ? (unsigned char)p->text[p->at] : -1;
}

PetscBool ParserTake(Parser *p, char byte)
{
  if (ParserPeek(p) != (unsigned char)byte) return PETSC_FALSE;
  p->at++;
  return PETSC_TRUE;
}

static PetscBool is_digit(const Parser *p, size_t at)
{
  return (PetscBool)(at < p->length && p->text[at] >= '0' && p->text[at] <= '9');
}

PetscBool StartsNumber(const Parser *p, size_t at)
{
  return (PetscBool)(is_digit(p, at) || (at < p->length && p->text[at] == '.' && is_digit(p, at + 1)));
}

PetscBool StartsName(const Parser *p, size_t at)
{
  char c = at < p->length ? p->text[at] : '\0';

  return (PetscBool)((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_');
}

size_t NumberLength(const Parser *p, size_t at)
{
  size_t end = at;

  while (is_digit(p, end)) end++;
  if (end < p->length && p->text[end] == '.') end++;
  while (is_digit(p, end)) end++;
  if (end < p->length && (p->text[end] == 'e' || p->text[end] == 'E')) {
    size_t digits = end + 1;

    if (digits < p->length && (p->text[digits] == '+' || p->text[digits] == '-')) digits++;
    if (is_digit(p, digits)) {
      for (end = digits; is_digit(p, end);) end++;
    }
  }
  return end - at;
}

size_t NameLength(const Parser *p, size_t at)
{
  size_t end = at;

  while (StartsName(p, end) || is_digit(p, end)) end++;
  return end - at;
}

NodeId ParserNumber(Parser *p)
{
  size_t start = p->at, length = NumberLength(p, start);
  char some[64], *copy = some;
  PetscReal value;

  if (length >= sizeof(some)) {
    PetscErrorCode error = PetscMalloc1(length + 1, &copy);
    if (error) {
      p->graph.error = error;
      return -1;
    }
  }
  memcpy(copy, p->text + start, length);
  copy[length] = '\0';
  value = strtod_l(copy, NULL, p->c_locale);
  if (copy != some) (void)PetscFree(copy);
  p->at += length;
  if (!isfinite(value)) return ParserFail(p, start, length, "this number is too large");
  return GraphConstant(&p->graph, value);
}

/* Signs that word processors put in place of what one types. */
static const struct {
  const char *bytes, *meant;
} lookalikes[] = {{"\xc2\xb7", "*"},      {"\xc3\x97", "*"},      {"\xc3\xb7", "/"},
                  {"\xe2\x88\x92", "-"},  {"\xe2\x80\x93", "-"},  {"\xe2\x8b\x85", "*"},
                  {"\xcf\x80", "pi"},     {"\xc2\xb2", "^2"},     {"\xc2\xb3", "^3"},
                  {"\xe2\x89\xa4", "<="}, {"\xe2\x89\xa5", ">="}, {"\xe2\x89\xa0", "!="}};

static size_t utf8_length(const Parser *p, size_t at)
{
  size_t end = at + 1;

  while (end < p->length && end < at + 4 && ((unsigned char)p->text[end] & 0xc0) == 0x80) end++;
  return end - at;
}

NodeId ParserUnexpected(Parser *p, size_t at)
{
  unsigned char c;
  size_t length;

  if (at >= p->length) return ParserFail(p, p->length, 0, "the formula ends too early");
  c = (unsigned char)p->text[at];
  if (c < 32 || c == 127) {
    return ParserFail(p, at, 1,
                      c ? "the control character 0x%02x is not part of a formula"
                        : "a NUL byte (0x%02x) is not part of a formula",
                      c);
  }
  if (c == '&')
    return ParserFail(p, at, 1, "'&' cannot stand here; join conditions by *, as (x > 0)*(x < 1)");
  if (c == '|') {
    return ParserFail(p, at, 1,
                      "'|' cannot stand here; write abs(a), and max(a, b) for one or the other condition");
  }
  if (c < 127) {
    ParserFail(p, at, 1, "'%c' cannot stand here", c);
    if (c == '[' || c == '{') ParserSuggest(p, "(");
    if (c == ']' || c == '}') ParserSuggest(p, ")");
    return -1;
  }
  length = utf8_length(p, at);
  ParserFail(p, at, length, "'%.*s' is not part of a formula", (int)length, p->text + at);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(lookalikes); i++) {
    if (strlen(lookalikes[i].bytes) == length && memcmp(lookalikes[i].bytes, p->text + at, length) == 0) {
      ParserSuggest(p, "%s", lookalikes[i].meant);
    }
  }
  return -1;
}
