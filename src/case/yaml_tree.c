#include "yaml_tree.h"
#include <string.h>

PetscErrorCode YamlTreeCreate(Diagnostics d, YamlTree *tree)
{
  PetscFunctionBegin;
  *tree = (YamlTree){d, NULL, 0};
  PetscFunctionReturn(0);
}

PetscErrorCode YamlTreeDestroy(YamlTree *tree)
{
  PetscFunctionBegin;
  for (YamlNode *node = tree->nodes; node;) {
    YamlNode *const next = node->next;

    PetscCall(PetscFree(node->text));
    PetscCall(PetscFree(node->keys));
    PetscCall(PetscFree(node->values));
    PetscCall(PetscFree(node));
    node = next;
  }
  *tree = (YamlTree){tree->d, NULL, 0};
  PetscFunctionReturn(0);
}

PetscErrorCode YamlNodeCreate(YamlTree *tree, NodeKind kind, SourceSpan where, YamlNode **node)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(node));
  (*node)->kind = kind;
  (*node)->where = where;
  (*node)->next = tree->nodes;
  tree->nodes = *node;
  ++tree->n_nodes;
  if (kind == NODE_SCALAR) PetscCall(YamlNodeSetText(*node, "", 0));
  PetscFunctionReturn(0);
}

PetscErrorCode YamlNodeSetText(YamlNode *node, const char *text, size_t length)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(node->text));
  PetscCall(PetscMalloc1(length + 1, &node->text));
  if (length) memcpy(node->text, text, length);
  node->text[length] = '\0';
  node->length = length;
  PetscFunctionReturn(0);
}

PetscErrorCode YamlNodeAppend(YamlNode *node, YamlNode *key, YamlNode *value)
{
  PetscFunctionBegin;
  if (node->n == node->capacity) {
    const PetscInt capacity = 2 * node->capacity + 4;

    PetscCall(PetscRealloc((size_t)capacity * sizeof(YamlNode *), &node->values));
    if (node->kind == NODE_MAPPING) {
      PetscCall(PetscRealloc((size_t)capacity * sizeof(YamlNode *), &node->keys));
    }
    node->capacity = capacity;
  }
  if (node->kind == NODE_MAPPING) node->keys[node->n] = key;
  node->values[node->n++] = value;
  PetscFunctionReturn(0);
}

YamlNode *YamlMember(const YamlNode *mapping, const char *key, size_t length, YamlNode **key_node)
{
  if (!mapping || mapping->kind != NODE_MAPPING) return NULL;
  for (PetscInt i = 0; i < mapping->n; ++i) {
    YamlNode *const k = mapping->keys[i];

    if (k->kind == NODE_SCALAR && k->length == length && !memcmp(k->text, key, length)) {
      if (key_node) *key_node = k;
      return mapping->values[i];
    }
  }
  return NULL;
}

YamlNode *YamlFind(YamlNode *root, const char *path, YamlNode **key_node)
{
  YamlNode *node = root;

  for (const char *segment = path; node;) {
    const size_t length = strcspn(segment, ".");

    node = YamlMember(node, segment, length, key_node);
    if (!segment[length]) return node;
    segment += length + 1;
  }
  return NULL;
}
