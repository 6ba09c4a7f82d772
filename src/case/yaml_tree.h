/*
  YAML as a tree with places. libyaml parses; duplicate keys, limits, numbers and booleans (YAML 1.2 core
  schema) are ours. Anchors, aliases, tags and several documents are refused.
*/
#pragma once
#include <reiter/diagnostics.h>

typedef enum { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING } NodeKind;
typedef enum { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE, STYLE_LITERAL, STYLE_FOLDED } ScalarStyle;

typedef struct YamlNode YamlNode;
struct YamlNode {
  NodeKind kind;
  ScalarStyle style;
  SourceSpan where;
  size_t begin, end; /* bytes of the source text */
  char *text;        /* of a scalar: the value, zero-terminated, without zeros inside */
  size_t length;     /* bytes of text */
  PetscInt n;        /* entries */
  PetscInt capacity;
  YamlNode **keys;   /* [n] scalars; NULL for a sequence */
  YamlNode **values; /* [n] */
  YamlNode *next;    /* list of all nodes of the tree */
};

/* All nodes of a case, from the file and from overrides. */
typedef struct {
  Diagnostics d; /* borrowed */
  YamlNode *nodes;
  PetscInt n_nodes;
} YamlTree;

PetscErrorCode YamlTreeCreate(Diagnostics d, YamlTree *tree);
PetscErrorCode YamlTreeDestroy(YamlTree *tree);
PetscErrorCode YamlNodeCreate(YamlTree *tree, NodeKind kind, SourceSpan where, YamlNode **node);
PetscErrorCode YamlNodeSetText(YamlNode *node, const char *text, size_t length);
/* Appends to a mapping (key) or a sequence (key = NULL). */
PetscErrorCode YamlNodeAppend(YamlNode *node, YamlNode *key, YamlNode *value);

/* Parses text[from..) of the source; everything before `from` must lie on line 1. On mistakes *root is NULL.
   An empty document is a null scalar. */
PetscErrorCode YamlParse(YamlTree *tree, PetscInt source, size_t from, YamlNode **root);
/* Refuses what is not text: broken UTF-8, zeros, control characters. */
PetscErrorCode YamlCheckText(Diagnostics d, PetscInt source, PetscBool *good);

/* The value of a key of a mapping, or NULL; key_node may be NULL. */
YamlNode *YamlMember(const YamlNode *mapping, const char *key, size_t length, YamlNode **key_node);
/* The node at a path "a.b.c" of mappings, or NULL. */
YamlNode *YamlFind(YamlNode *root, const char *path, YamlNode **key_node);

/* Plain scalars by the YAML 1.2 core schema. */
PetscBool YamlIsNull(const YamlNode *node);
PetscBool YamlIsBool(const YamlNode *node, PetscBool *value);
PetscBool YamlIsNumber(const YamlNode *node, PetscReal *value);
/* What a node is, for messages: "a list", "the text 'abc'", "nothing". */
const char *YamlDescribe(const YamlNode *node, char *buffer, size_t size);

/* Where the bytes [offset, offset + length) of a scalar's value stand in the source. */
PetscErrorCode YamlLocate(const YamlTree *tree, const YamlNode *scalar, size_t offset, size_t length,
                          SourceSpan *where);

/* Puts "path.to.key=value" (the text of a source) into the tree; *root may be replaced. */
PetscErrorCode YamlOverride(YamlTree *tree, PetscInt source, YamlNode **root);
