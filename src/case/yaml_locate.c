/* From a byte of a scalar's value back to its place in the source: the value was unquoted and folded. */
#include "diagnostics_private.h"
#include "source_text.h"
#include "yaml_tree.h"
#include <string.h>

typedef struct {
  const char *text; /* the source */
  size_t at, end;   /* in the source */
  const char *value;
  size_t done, size; /* bytes of the value */
  ScalarStyle style;
} Walk;

static size_t hex_digits(char escape)
{
  return escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
}

/* Bytes of the source that made the value's next character, and how many bytes of the value that is
   (0: indentation, an escaped line break or the like). */
static void next_piece(const Walk *w, size_t *taken, size_t *made)
{
  const char *const s = w->text + w->at;
  const size_t left = w->end - w->at, value_left = w->size - w->done;
  const size_t line_break = TextBreak(s, left);
  const Character c = TextCharacter(s, left);

  *taken = line_break ? line_break : c.size;
  *made = 0;
  if (w->style == STYLE_DOUBLE && *s == '\\' && left > 1) {
    const size_t broken = TextBreak(s + 1, left - 1);

    *taken = broken ? 1 + broken : 2 + hex_digits(s[1]);
    if (*taken > left) *taken = left;
    if (!broken && value_left) *made = TextCharacter(w->value + w->done, value_left).size;
  } else if (w->style == STYLE_SINGLE && left > 1 && s[0] == '\'' && s[1] == '\'') {
    *taken = 2;
    *made = 1;
  } else if (!value_left) {
    *made = 0;
  } else if (line_break) {
    /* Folding makes a blank of a line break, or drops it. */
    if (w->value[w->done] == ' ' || w->value[w->done] == '\n') *made = 1;
  } else if (value_left >= c.size && !memcmp(s, w->value + w->done, c.size)) {
    *made = c.size;
  }
}

/* The byte of the source that stands for byte `offset` of the value. */
static size_t source_byte(Walk *w, size_t offset)
{
  size_t taken, made;

  while (w->at < w->end) {
    next_piece(w, &taken, &made);
    if (made && w->done + made > offset) break;
    w->at += taken;
    w->done += made;
  }
  return w->at;
}

static void begin_walk(const YamlNode *scalar, const char *text, Walk *w)
{
  *w = (Walk){text, scalar->begin, scalar->end, scalar->text, 0, scalar->length, scalar->style};
  if (w->at >= w->end) return;
  if (w->style == STYLE_SINGLE || w->style == STYLE_DOUBLE) {
    ++w->at;
    --w->end;
  } else if (w->style == STYLE_LITERAL || w->style == STYLE_FOLDED) {
    while (w->at < w->end && !TextBreak(text + w->at, w->end - w->at)) ++w->at;
    w->at += TextBreak(text + w->at, w->end - w->at);
  }
}

PetscErrorCode YamlLocate(const YamlTree *tree, const YamlNode *scalar, size_t offset, size_t length,
                          SourceSpan *where)
{
  const char *text;
  size_t size;
  Walk w;

  PetscFunctionBegin;
  PetscCall(DiagnosticsGetSource(tree->d, scalar->where.source, NULL, &text, &size));
  *where = scalar->where;
  if (!scalar->length) PetscFunctionReturn(0);
  begin_walk(scalar, text, &w);
  const size_t first = source_byte(&w, offset);
  size_t taken, made, at = scalar->begin;

  while (at < first) {
    const size_t line_break = TextBreak(text + at, size - at);

    where->column = line_break ? 1 : where->column + 1;
    if (line_break) ++where->line;
    at += line_break ? line_break : TextCharacter(text + at, size - at).size;
  }
  /* The span ends with the line: a caret cannot go round the corner. */
  where->length = 0;
  while (w.at < w.end && w.done < offset + length && !TextBreak(text + w.at, w.end - w.at)) {
    const size_t before = w.at;

    next_piece(&w, &taken, &made);
    w.at += taken;
    w.done += made;
    for (size_t i = before; i < w.at; i += TextCharacter(text + i, size - i).size) ++where->length;
  }
  if (!where->length) where->length = 1;
  PetscFunctionReturn(0);
}
