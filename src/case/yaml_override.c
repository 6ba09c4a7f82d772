/* "key.path=value" put into the tree. */
#include "diagnostics_private.h"
#include "source_text.h"
#include "yaml_tree.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  YamlTree *tree;
  PetscInt source;
  const char *text;      /* the override */
  size_t length, equals; /* the path is text[0, equals) */
} Override;

static SourceSpan segment_span(const Override *o, size_t begin, size_t end)
{
  SourceSpan where = {o->source, 1, 1, 0};

  for (size_t i = 0; i < begin; i += TextCharacter(o->text + i, o->length - i).size) ++where.column;
  for (size_t i = begin; i < end; i += TextCharacter(o->text + i, o->length - i).size) ++where.length;
  if (!where.length) where.length = 1;
  return where;
}

/* The place of an entry, *slot NULL if it is not there yet. */
static PetscErrorCode find_in_list(const Override *o, YamlNode *list, size_t begin, size_t end,
                                   YamlNode ***slot)
{
  char *rest;
  const unsigned long index = strtoul(o->text + begin, &rest, 10);
  char expected[64];

  PetscFunctionBegin;
  *slot = NULL;
  snprintf(expected, sizeof(expected), "an index from 0 to %" PetscInt_FMT, list->n);
  if (end == begin || end - begin > 9 || rest != o->text + end || strchr("+- ", o->text[begin]) ||
      index > (unsigned long)list->n) {
    PetscCall(DiagnosticsError(o->tree->d, segment_span(o, begin, end), expected, NULL,
                               "'%.*s' is no entry of the list", (int)(end - begin), o->text + begin));
    PetscFunctionReturn(0);
  }
  if (index == (unsigned long)list->n) PetscCall(YamlNodeAppend(list, NULL, NULL));
  *slot = &list->values[index];
  PetscFunctionReturn(0);
}

static PetscErrorCode find_in_mapping(const Override *o, YamlNode *mapping, size_t begin, size_t end,
                                      YamlNode ***slot)
{
  YamlNode *key;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < mapping->n; ++i) {
    const YamlNode *const k = mapping->keys[i];

    if (k->length == end - begin && !memcmp(k->text, o->text + begin, end - begin)) {
      *slot = &mapping->values[i];
      PetscFunctionReturn(0);
    }
  }
  PetscCall(YamlNodeCreate(o->tree, NODE_SCALAR, segment_span(o, begin, end), &key));
  PetscCall(YamlNodeSetText(key, o->text + begin, end - begin));
  key->begin = begin;
  key->end = end;
  PetscCall(YamlNodeAppend(mapping, key, NULL));
  *slot = &mapping->values[mapping->n - 1];
  PetscFunctionReturn(0);
}

/* Steps from the entry *slot to its member; an empty entry becomes a mapping. */
static PetscErrorCode step(const Override *o, YamlNode ***slot, size_t begin, size_t end)
{
  YamlNode **const entry = *slot;
  char found[96];

  PetscFunctionBegin;
  *slot = NULL;
  if (!*entry || YamlIsNull(*entry)) {
    PetscCall(YamlNodeCreate(o->tree, NODE_MAPPING, segment_span(o, begin, end), entry));
  }
  if ((*entry)->kind == NODE_MAPPING) {
    PetscCall(find_in_mapping(o, *entry, begin, end, slot));
  } else if ((*entry)->kind == NODE_SEQUENCE) {
    PetscCall(find_in_list(o, *entry, begin, end, slot));
  } else {
    PetscCall(DiagnosticsError(o->tree->d, segment_span(o, 0, end), NULL, NULL,
                               "'%.*s' has no entry '%.*s': it is %s", begin ? (int)begin - 1 : 0, o->text,
                               (int)(end - begin), o->text + begin,
                               YamlDescribe(*entry, found, sizeof(found))));
  }
  PetscFunctionReturn(0);
}

/* The whole path is checked before the tree is touched: no entry may be left without a value. */
static PetscErrorCode check_path(Override *o, PetscBool *good)
{
  PetscFunctionBegin;
  *good = PETSC_FALSE;
  o->equals = strcspn(o->text, "=\r\n");
  if (!o->equals || o->text[o->equals] != '=') {
    PetscCall(DiagnosticsError(o->tree->d, segment_span(o, 0, o->length), "key.path=value", NULL,
                               "an override without a key"));
    PetscFunctionReturn(0);
  }
  for (size_t begin = 0; begin <= o->equals;) {
    const size_t size = strcspn(o->text + begin, ".=");

    if (!size) {
      PetscCall(DiagnosticsError(o->tree->d, segment_span(o, begin, begin + 1), "key.path=value", NULL,
                                 "the path has an empty name"));
      PetscFunctionReturn(0);
    }
    begin += size + 1;
  }
  *good = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode YamlOverride(YamlTree *tree, PetscInt source, YamlNode **root)
{
  Override o = {.tree = tree, .source = source};
  YamlNode *value, **slot = root;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(DiagnosticsGetSource(tree->d, source, NULL, &o.text, &o.length));
  PetscCall(YamlCheckText(tree->d, source, &good));
  if (good) PetscCall(check_path(&o, &good));
  if (!good) PetscFunctionReturn(0);
  PetscCall(YamlParse(tree, source, o.equals + 1, &value));
  if (!value) PetscFunctionReturn(0);
  for (size_t begin = 0; begin <= o.equals && slot;) {
    const size_t size = strcspn(o.text + begin, ".=");

    PetscCall(step(&o, &slot, begin, begin + size));
    begin += size + 1;
  }
  if (slot) *slot = value;
  PetscFunctionReturn(0);
}
