#include "excerpt.h"
#include "source_text.h"
#include <string.h>

enum { WINDOW = 100, BEFORE = 40, TAB = 8 };

static PetscBool is_printable(int32_t code)
{
  return (code >= 0x20 && code < 0x7F) || code >= 0xA0 ? PETSC_TRUE : PETSC_FALSE;
}

static void print_character(FILE *stream, const char *text, Character c)
{
  if (is_printable(c.code)) {
    fwrite(text, 1, c.size, stream);
  } else {
    fputc('?', stream);
  }
}

static size_t columns_of(Character c, size_t at)
{
  if (c.code == '\t') return TAB - at % TAB;
  return is_printable(c.code) ? (size_t)TextWidth(c.code) : 1;
}

PetscErrorCode ExcerptPrintText(FILE *stream, const char *text)
{
  const size_t length = strlen(text);

  PetscFunctionBegin;
  for (size_t i = 0; i < length;) {
    const Character c = TextCharacter(text + i, length - i);

    print_character(stream, text + i, c);
    i += c.size;
  }
  PetscFunctionReturn(0);
}

/* A stretch of terminal columns, counted from 0. */
typedef struct {
  size_t begin, end;
} Columns;

/* Terminal columns of the span and of the whole line. */
static void measure(const char *line, size_t length, SourceSpan where, Columns *mark, size_t *total)
{
  const PetscInt first = where.column > 0 ? where.column : 1;
  const PetscInt last = first + (where.length > 0 ? where.length : 1); /* one beyond */
  PetscInt column = 1;
  size_t at = 0;
  PetscBool begun = PETSC_FALSE, ended = PETSC_FALSE;

  *mark = (Columns){0, 0};
  for (size_t i = 0; i < length; ++column) {
    const Character c = TextCharacter(line + i, length - i);

    if (column == first) {
      mark->begin = at;
      begun = PETSC_TRUE;
    }
    if (column == last) {
      mark->end = at;
      ended = PETSC_TRUE;
    }
    at += columns_of(c, at);
    i += c.size;
  }
  *total = at;
  if (!begun) mark->begin = at;
  if (!ended) mark->end = at;
  if (mark->end <= mark->begin) mark->end = mark->begin + 1;
}

static void print_window(FILE *stream, const char *line, size_t length, Columns window)
{
  size_t at = 0;

  for (size_t i = 0; i < length && at < window.end;) {
    const Character c = TextCharacter(line + i, length - i);
    const size_t next = at + columns_of(c, at);

    if (c.code == '\t' || (at < window.begin && next > window.begin) || next > window.end) {
      const size_t from = at > window.begin ? at : window.begin;
      const size_t to = next < window.end ? next : window.end;

      for (size_t k = from; k < to; ++k) fputc(' ', stream);
    } else if (at >= window.begin) {
      print_character(stream, line + i, c);
    }
    at = next;
    i += c.size;
  }
}

PetscErrorCode ExcerptPrint(FILE *stream, const char *text, size_t length, SourceSpan where)
{
  static const char dots[] = "...";
  size_t begin, end, total;
  Columns mark, window;

  PetscFunctionBegin;
  TextLine(text, length, where.line, &begin, &end);
  if (begin == end) PetscFunctionReturn(0);
  measure(text + begin, end - begin, where, &mark, &total);
  window = (Columns){0, total};
  if (total > WINDOW) {
    window.begin = mark.begin > BEFORE ? mark.begin - BEFORE : 0;
    window.end = window.begin + WINDOW < total ? window.begin + WINDOW : total;
  }
  if (window.begin) fputs(dots, stream);
  print_window(stream, text + begin, end - begin, window);
  fputs(window.end < total ? "...\n" : "\n", stream);

  const size_t indent = mark.begin - window.begin + (window.begin ? strlen(dots) : 0);

  for (size_t k = 0; k < indent; ++k) fputc(' ', stream);
  fputc('^', stream);
  for (size_t k = mark.begin + 1; k < mark.end && k < window.end; ++k) fputc('~', stream);
  fputc('\n', stream);
  PetscFunctionReturn(0);
}
