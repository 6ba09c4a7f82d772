/* Points, boxes and lists of numbers. */
#include "case_private.h"
#include <stdlib.h>

static const char *point_form(PetscInt dim)
{
  static const char *const forms[] = {"[x, ...]", "[x]", "[x, y]", "[x, y, z]"};

  return forms[dim];
}

PetscErrorCode CaseReadPoint(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscReal x[],
                             PetscBool *good)
{
  const PetscInt dim = r->c->dim;
  PetscBool each;

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  if (node->kind == NODE_SCALAR && dim <= 1) {
    PetscCall(CaseReadNumber(r, key, node, x, good));
    PetscFunctionReturn(0);
  }
  if (node->kind != NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, point_form(dim)));
    PetscFunctionReturn(0);
  }
  if (dim ? node->n != dim : node->n < 1 || node->n > REITER_MAX_DIM) {
    PetscCall(DiagnosticsError(r->d, node->where, point_form(dim), NULL,
                               "a point with %" PetscInt_FMT " coordinates in dimension %" PetscInt_FMT,
                               node->n, dim));
    PetscFunctionReturn(0);
  }
  *good = PETSC_TRUE;
  for (PetscInt i = 0; i < node->n; ++i) {
    PetscCall(CaseReadNumber(r, key, node->values[i], &x[i], &each));
    if (!each) *good = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadPoints(CaseReader *r, const char *path, PetscInt *n, PetscReal **points)
{
  PetscReal x[REITER_MAX_DIM] = {0};
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_SEQUENCE || !node->n) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(node->n * REITER_MAX_DIM, points));
  for (PetscInt i = 0; i < node->n; ++i) {
    PetscCall(CaseReadPoint(r, key, node->values[i], x, &good));
    for (PetscInt c = 0; c < r->c->dim; ++c) (*points)[i * r->c->dim + c] = x[c];
  }
  *n = node->n;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadBox(CaseReader *r, const char *path, PetscReal box[][2])
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_SEQUENCE || (r->c->dim && node->n != r->c->dim) || node->n > REITER_MAX_DIM) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < node->n; ++c) {
    const YamlNode *const pair = node->values[c];
    PetscBool good[2];

    if (pair->kind != NODE_SEQUENCE || pair->n != 2) {
      PetscCall(CaseWrongType(r, key, pair, "a pair [lower, upper] for each direction"));
      continue;
    }
    for (PetscInt i = 0; i < 2; ++i) PetscCall(CaseReadNumber(r, key, pair->values[i], &box[c][i], &good[i]));
    if (good[0] && good[1] && box[c][0] >= box[c][1]) {
      PetscCall(DiagnosticsError(r->d, pair->where, "[lower, upper] with lower < upper", NULL,
                                 "the box is empty: %.12g is not below %.12g", box[c][0], box[c][1]));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadIntegers(CaseReader *r, const char *path, PetscInt values[])
{
  PetscReal number = 1;
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  const PetscBool list = node->kind == NODE_SEQUENCE ? PETSC_TRUE : PETSC_FALSE;

  if (list && (r->c->dim ? node->n != r->c->dim : node->n > REITER_MAX_DIM)) {
    PetscCall(CaseWrongType(r, key, node, "one integer, or one per direction"));
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < (list ? node->n : 1); ++c) {
    PetscCall(CaseReadNumber(r, key, list ? node->values[c] : node, &number, &good));
    if (good) values[c] = (PetscInt)number;
  }
  for (PetscInt c = 1; c < REITER_MAX_DIM && !list; ++c) values[c] = values[0];
  PetscFunctionReturn(0);
}

typedef struct {
  PetscReal value;
  const YamlNode *node;
  PetscInt position;
} Entry;

static int compare_entries(const void *a, const void *b)
{
  const Entry *const p = a, *const q = b;

  if (p->value != q->value) return p->value < q->value ? -1 : 1;
  return (p->position > q->position) - (p->position < q->position);
}

PetscErrorCode CaseReadList(CaseReader *r, const char *path, PetscInt *n, PetscReal **values)
{
  const KeySpec *key;
  YamlNode *node;
  Entry *entries;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_SEQUENCE || !node->n) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(node->n, &entries));
  PetscCall(PetscMalloc1(node->n, values));
  for (PetscInt i = 0; i < node->n; ++i) {
    entries[*n] = (Entry){0, node->values[i], i};
    PetscCall(CaseReadNumber(r, key, node->values[i], &entries[*n].value, &good));
    if (good) ++*n;
  }
  qsort(entries, (size_t)*n, sizeof(*entries), compare_entries);
  for (PetscInt i = 0; i < *n; ++i) {
    (*values)[i] = entries[i].value;
    if (!i || entries[i].value != entries[i - 1].value) continue;
    PetscCall(DiagnosticsError(r->d, entries[i].node->where, "every number once", NULL,
                               "%s holds %.12g twice", path, entries[i].value));
  }
  PetscCall(PetscFree(entries));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseCheckInside(CaseReader *r, const char *path, const YamlNode *node, const PetscReal x[])
{
  const CaseDomain *const domain = &r->c->domain;
  char expected[96];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < r->c->dim && domain->given && domain->is_box; ++c) {
    const PetscReal *const side = domain->box[c];

    if (side[0] >= side[1] || (x[c] >= side[0] && x[c] <= side[1])) continue;
    snprintf(expected, sizeof(expected), "%c from %.12g to %.12g", "xyz"[c], side[0], side[1]);
    PetscCall(DiagnosticsError(r->d, node->where, expected, NULL, "%s lies outside of the box: %c = %.12g",
                               path, "xyz"[c], x[c]));
    break;
  }
  PetscFunctionReturn(0);
}
