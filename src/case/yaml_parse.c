/* libyaml's events to our tree. */
#include "diagnostics_private.h"
#include "source_text.h"
#include "yaml_tree.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH = 32, NODES = 1000000 };

typedef struct {
  YamlTree *tree;
  PetscInt source, shift; /* columns before the text on its first line */
  const char *text;       /* the whole source */
  size_t length, from;
  size_t index, byte;     /* a character of libyaml's count, and its byte in the source */
  YamlNode *stack[DEPTH]; /* open collections */
  YamlNode *key[DEPTH];   /* key that waits for its value */
  PetscInt depth;
  YamlNode *root;
  PetscBool failed;
} Builder;

static size_t count_characters(const char *text, size_t length)
{
  size_t n = 0;

  for (size_t i = 0; i < length; ++i) n += ((unsigned char)text[i] & 0xC0) != 0x80;
  return n;
}

/* Marks come nearly in order, so that the walk from the last one is short. */
static size_t byte_of(Builder *b, size_t index)
{
  while (b->index > index) {
    do --b->byte;
    while (((unsigned char)b->text[b->byte] & 0xC0) == 0x80);
    --b->index;
  }
  while (b->index < index && b->byte < b->length) {
    b->byte += TextCharacter(b->text + b->byte, b->length - b->byte).size;
    ++b->index;
  }
  return b->byte;
}

static SourceSpan span_of(const Builder *b, const yaml_mark_t *begin, const yaml_mark_t *end)
{
  const size_t length = end->line > begin->line ? strlen("...") : end->index - begin->index;

  return (SourceSpan){b->source, (PetscInt)begin->line + 1,
                      (PetscInt)begin->column + 1 + (begin->line ? 0 : b->shift),
                      length ? (PetscInt)length : 1};
}

static PetscErrorCode complain(Builder *b, SourceSpan where, const char *expected, const char *message)
{
  PetscFunctionBegin;
  b->failed = PETSC_TRUE;
  PetscCall(DiagnosticsError(b->tree->d, where, expected, NULL, "%s", message));
  PetscFunctionReturn(0);
}

static PetscErrorCode attach(Builder *b, YamlNode *node)
{
  PetscFunctionBegin;
  if (!b->depth) {
    b->root = node;
    PetscFunctionReturn(0);
  }
  YamlNode *const parent = b->stack[b->depth - 1];
  YamlNode **const key = &b->key[b->depth - 1];

  if (parent->kind == NODE_SEQUENCE) {
    PetscCall(YamlNodeAppend(parent, NULL, node));
  } else if (*key) {
    PetscCall(YamlNodeAppend(parent, *key, node));
    *key = NULL;
  } else {
    if (node->kind != NODE_SCALAR) PetscCall(complain(b, node->where, "a name", "a key must be a name"));
    *key = node;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode new_node(Builder *b, NodeKind kind, const yaml_event_t *event, YamlNode **node)
{
  PetscFunctionBegin;
  PetscCall(YamlNodeCreate(b->tree, kind, span_of(b, &event->start_mark, &event->end_mark), node));
  (*node)->begin = byte_of(b, event->start_mark.index);
  (*node)->end = byte_of(b, event->end_mark.index);
  PetscFunctionReturn(0);
}

static PetscErrorCode refuse_properties(Builder *b, SourceSpan where, const void *anchor, const void *tag)
{
  PetscFunctionBegin;
  if (anchor) PetscCall(complain(b, where, NULL, "anchors (&name) are not supported"));
  if (tag) PetscCall(complain(b, where, NULL, "tags (!name) are not supported"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_scalar(Builder *b, const yaml_event_t *event)
{
  const char *const value = (const char *)event->data.scalar.value;
  const size_t length = event->data.scalar.length;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(new_node(b, NODE_SCALAR, event, &node));
  PetscCall(refuse_properties(b, node->where, event->data.scalar.anchor, event->data.scalar.tag));
  if (memchr(value, '\0', length)) {
    PetscCall(complain(b, node->where, NULL, "a text must not contain the character zero"));
    PetscFunctionReturn(0);
  }
  PetscCall(YamlNodeSetText(node, value, length));
  switch (event->data.scalar.style) {
  case YAML_SINGLE_QUOTED_SCALAR_STYLE:
    node->style = STYLE_SINGLE;
    break;
  case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
    node->style = STYLE_DOUBLE;
    break;
  case YAML_LITERAL_SCALAR_STYLE:
    node->style = STYLE_LITERAL;
    break;
  case YAML_FOLDED_SCALAR_STYLE:
    node->style = STYLE_FOLDED;
    break;
  default:
    node->style = STYLE_PLAIN;
  }
  PetscCall(attach(b, node));
  PetscFunctionReturn(0);
}

static PetscErrorCode open_collection(Builder *b, NodeKind kind, const yaml_event_t *event, PetscBool *stop)
{
  const yaml_char_t *anchor = event->data.mapping_start.anchor, *tag = event->data.mapping_start.tag;
  YamlNode *node;

  PetscFunctionBegin;
  if (kind == NODE_SEQUENCE) {
    anchor = event->data.sequence_start.anchor;
    tag = event->data.sequence_start.tag;
  }
  PetscCall(new_node(b, kind, event, &node));
  PetscCall(refuse_properties(b, node->where, anchor, tag));
  if (b->depth == DEPTH) {
    PetscCall(complain(b, node->where, "at most 32 levels", "lists and mappings are nested too deeply"));
    *stop = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  PetscCall(attach(b, node));
  b->key[b->depth] = NULL;
  b->stack[b->depth++] = node;
  PetscFunctionReturn(0);
}

static int compare_keys(const void *a, const void *b)
{
  const YamlNode *p = *(YamlNode *const *)a, *q = *(YamlNode *const *)b;
  const int order = strcmp(p->text, q->text);

  return order ? order : (p->begin > q->begin) - (p->begin < q->begin);
}

static PetscErrorCode check_duplicates(Builder *b, const YamlNode *mapping)
{
  YamlNode **sorted;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(mapping->n, &sorted));
  for (PetscInt i = 0; i < mapping->n; ++i) {
    if (mapping->keys[i]->kind == NODE_SCALAR) sorted[n++] = mapping->keys[i];
  }
  if (n > 1) qsort(sorted, (size_t)n, sizeof(*sorted), compare_keys);
  for (PetscInt i = 1, first = 0; i < n; ++i) {
    if (strcmp(sorted[first]->text, sorted[i]->text)) {
      first = i;
    } else {
      b->failed = PETSC_TRUE;
      PetscCall(DiagnosticsError(b->tree->d, sorted[i]->where, NULL, NULL,
                                 "duplicate key '%.*s', first given on line %" PetscInt_FMT,
                                 (int)TextFit(sorted[i]->text, sorted[i]->length, 60), sorted[i]->text,
                                 sorted[first]->where.line));
    }
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(0);
}

static PetscErrorCode close_collection(Builder *b, const yaml_event_t *event)
{
  YamlNode *const node = b->stack[--b->depth];

  PetscFunctionBegin;
  node->end = byte_of(b, event->end_mark.index);
  /* A collection on one line is marked as a whole, a longer one by its beginning. */
  if ((PetscInt)event->end_mark.line + 1 == node->where.line && node->end > node->begin) {
    node->where.length = (PetscInt)count_characters(b->text + node->begin, node->end - node->begin);
  }
  if (node->kind == NODE_MAPPING) PetscCall(check_duplicates(b, node));
  PetscFunctionReturn(0);
}

static PetscErrorCode handle_event(Builder *b, const yaml_event_t *event, PetscBool *stop)
{
  const SourceSpan where = span_of(b, &event->start_mark, &event->end_mark);
  YamlNode *node;

  PetscFunctionBegin;
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    if (b->root) {
      PetscCall(complain(b, where, "one document", "a second document begins here"));
      *stop = PETSC_TRUE;
    }
    break;
  case YAML_ALIAS_EVENT:
    PetscCall(
        complain(b, where, "quotes around a text that begins with *", "aliases (*name) are not supported"));
    PetscCall(new_node(b, NODE_SCALAR, event, &node));
    PetscCall(attach(b, node));
    break;
  case YAML_SCALAR_EVENT:
    PetscCall(add_scalar(b, event));
    break;
  case YAML_SEQUENCE_START_EVENT:
    PetscCall(open_collection(b, NODE_SEQUENCE, event, stop));
    break;
  case YAML_MAPPING_START_EVENT:
    PetscCall(open_collection(b, NODE_MAPPING, event, stop));
    break;
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    PetscCall(close_collection(b, event));
    break;
  case YAML_STREAM_END_EVENT:
    *stop = PETSC_TRUE;
    break;
  default:
    break;
  }
  if (b->tree->n_nodes > NODES && !*stop) {
    PetscCall(complain(b, where, NULL, "the file has more than a million values"));
    *stop = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* Whether a ': ' stands in the line before the byte: the one there is then too many. */
static PetscBool has_colon_before(const Builder *b, size_t byte)
{
  for (size_t i = byte; i > b->from && !TextBreak(b->text + i - 1, b->length - i + 1); --i) {
    if (b->text[i - 1] == ':' && i < byte && strchr(" \t", b->text[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* What usually is behind libyaml's words. */
static const char *hint_for(const Builder *b, const char *problem, size_t byte)
{
  const char at = byte < b->length ? b->text[byte] : '\0';

  if (strstr(problem, "cannot start any token") || strstr(problem, "tab character")) {
    return at == '\t' ? "spaces: YAML allows no tabs for indentation"
                      : "quotes around a text that begins with this character";
  }
  if (strstr(problem, "mapping values are not allowed")) {
    return has_colon_before(b, byte)
               ? "quotes around a text that contains ': '"
               : "the same indentation as the keys above, and a colon after each of them";
  }
  if (strstr(problem, "comment or line break")) return "quotes around a text that begins with | or >";
  if (strstr(problem, "expected ':'")) return "'key: value', with a space after the colon";
  if (strstr(problem, "expected key") || strstr(problem, "expected '-'")) {
    return "the same indentation for all entries of a mapping or list";
  }
  return NULL;
}

/* libyaml takes the end of the text for a line of its own; people look behind the last word. */
static SourceSpan end_of_text(const Builder *b)
{
  SourceSpan where = {b->source, 1, 1, 1};
  size_t end = b->length;

  while (end > b->from && strchr(" \t\r\n", b->text[end - 1])) --end;
  for (size_t i = 0; i < end;) {
    const size_t line_break = TextBreak(b->text + i, end - i);

    where.column = line_break ? 1 : where.column + 1;
    if (line_break) ++where.line;
    i += line_break ? line_break : TextCharacter(b->text + i, end - i).size;
  }
  return where;
}

/* A quote that is never closed and a key without its colon are found late; people want to see where it begins. */
static SourceSpan place_of_problem(Builder *b, const yaml_parser_t *parser, const char *problem)
{
  const PetscBool late =
      strstr(problem, "end of stream") || strstr(problem, "expected ':'") ? PETSC_TRUE : PETSC_FALSE;

  if (late && parser->context) return span_of(b, &parser->context_mark, &parser->context_mark);
  if (byte_of(b, parser->problem_mark.index) >= b->length) return end_of_text(b);
  return span_of(b, &parser->problem_mark, &parser->problem_mark);
}

static PetscErrorCode report_syntax(Builder *b, const yaml_parser_t *parser)
{
  const char *const problem = parser->problem ? parser->problem : "unreadable text";
  const SourceSpan where = place_of_problem(b, parser, problem);
  const size_t byte = byte_of(b, parser->problem_mark.index);
  char started[80] = "";

  PetscFunctionBegin;
  PetscCheck(parser->error != YAML_MEMORY_ERROR, PETSC_COMM_SELF, PETSC_ERR_MEM, "libyaml is out of memory");
  if (parser->context && (PetscInt)parser->context_mark.line + 1 < where.line) {
    snprintf(started, sizeof(started), " that starts on line %zu", parser->context_mark.line + 1);
  }
  b->failed = PETSC_TRUE;
  PetscCall(DiagnosticsError(b->tree->d, where, hint_for(b, problem, byte), NULL, "not valid YAML: %s%s%s%s",
                             problem, parser->context ? " " : "", parser->context ? parser->context : "",
                             started));
  PetscFunctionReturn(0);
}

PetscErrorCode YamlParse(YamlTree *tree, PetscInt source, size_t from, YamlNode **root)
{
  Builder b = {.tree = tree, .source = source, .from = from, .byte = from};
  yaml_parser_t parser;
  yaml_event_t event;
  PetscBool stop = PETSC_FALSE;

  PetscFunctionBegin;
  *root = NULL;
  PetscCall(DiagnosticsGetSource(tree->d, source, NULL, &b.text, &b.length));
  b.shift = (PetscInt)count_characters(b.text, from);
  PetscCheck(yaml_parser_initialize(&parser), PETSC_COMM_SELF, PETSC_ERR_MEM, "libyaml is out of memory");
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)b.text + from, b.length - from);
  while (!stop) {
    if (!yaml_parser_parse(&parser, &event)) {
      PetscCall(report_syntax(&b, &parser));
      break;
    }
    PetscCall(handle_event(&b, &event, &stop));
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  if (b.failed) PetscFunctionReturn(0);
  if (!b.root) PetscCall(YamlNodeCreate(tree, NODE_SCALAR, (SourceSpan){source, 1, 1 + b.shift, 1}, &b.root));
  *root = b.root;
  PetscFunctionReturn(0);
}

PetscErrorCode YamlCheckText(Diagnostics d, PetscInt source, PetscBool *good)
{
  SourceSpan where = {source, 1, 1, 1};
  const char *text;
  size_t length;

  PetscFunctionBegin;
  *good = PETSC_TRUE;
  PetscCall(DiagnosticsGetSource(d, source, NULL, &text, &length));
  for (size_t i = 0; i < length;) {
    const Character c = TextCharacter(text + i, length - i);
    const size_t line_break = TextBreak(text + i, length - i);
    const PetscBool control = (c.code < 0x20 && c.code != '\t') || (c.code >= 0x7F && c.code < 0xA0) ||
                                      c.code == 0xFEFF || c.code == 0xFFFE || c.code == 0xFFFF
                                  ? PETSC_TRUE
                                  : PETSC_FALSE;

    if (!line_break && control) {
      *good = PETSC_FALSE;
      if (c.code < 0) {
        PetscCall(DiagnosticsError(d, where, "text in UTF-8", NULL, "the byte 0x%02X is not valid UTF-8 here",
                                   (unsigned)(unsigned char)text[i]));
      } else {
        PetscCall(DiagnosticsError(d, where, "a text file", NULL,
                                   "the control character U+%04X does not belong here", (unsigned)c.code));
      }
      PetscFunctionReturn(0); /* one is enough: the rest of such a file is noise */
    }
    where.column = line_break ? 1 : where.column + 1;
    if (line_break) ++where.line;
    i += line_break ? line_break : c.size;
  }
  PetscFunctionReturn(0);
}
