/* domain: a box or a mesh, and what happens at its boundary. */
#include "case_private.h"
#include <string.h>

/* More nodes than this are a slip of the pen. */
static const PetscReal most_nodes = 1e9;

PetscErrorCode CaseReadSection(CaseReader *r, const char *path, PetscBool *given, YamlNode **name)
{
  const YamlNode *const node = YamlFind(r->root, path, name);

  PetscFunctionBegin;
  *given = node && (node->kind == NODE_MAPPING || YamlIsNull(node)) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseNeedDomain(CaseReader *r, const char *path, const YamlNode *name)
{
  PetscBool misspelt;

  PetscFunctionBegin;
  if (YamlFind(r->root, "domain", NULL)) PetscFunctionReturn(0);
  PetscCall(CaseIsMisspelt(r->root, "", "domain", &misspelt));
  if (misspelt) PetscFunctionReturn(0);
  PetscCall(DiagnosticsError(r->d, name->where, "domain: {box: [[-2, 2]]} or domain: {mesh: disk.msh}", NULL,
                             "%s needs a domain", path));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_word(CaseReader *r, const KeySpec *key, const YamlNode *node, Boundary *kind,
                                PetscBool *good)
{
  PetscInt which;

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  PetscCall(CaseCheckChoice(r, key, node, &which));
  *good = which >= 0 ? PETSC_TRUE : PETSC_FALSE;
  if (*good) *kind = (Boundary)which; /* the words stand in this order */
  PetscFunctionReturn(0);
}

/* One direction: a word, or a pair of them. */
static PetscErrorCode read_sides(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscInt c)
{
  Boundary *const sides = r->c->domain.sides[c];
  PetscBool good[2];

  PetscFunctionBegin;
  if (node->kind == NODE_SCALAR) {
    PetscCall(read_word(r, key, node, &sides[0], &good[0]));
    sides[1] = sides[0];
    PetscFunctionReturn(0);
  }
  if (node->kind != NODE_SEQUENCE || node->n != 2) {
    PetscCall(CaseWrongType(r, key, node, "a word, or a pair [lower, upper] of words"));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < 2; ++i) PetscCall(read_word(r, key, node->values[i], &sides[i], &good[i]));
  if (good[0] && good[1] && (sides[0] == BOUNDARY_PERIODIC) != (sides[1] == BOUNDARY_PERIODIC)) {
    PetscCall(DiagnosticsError(r->d, node->where, "periodic on both sides or on none", NULL,
                               "direction %c is periodic on one side only", "xyz"[c]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_box_boundary(CaseReader *r, const KeySpec *key, const YamlNode *node)
{
  const PetscInt dim = r->c->dim;
  PetscInt words = 0;

  PetscFunctionBegin;
  if (node->kind == NODE_MAPPING) {
    PetscCall(
        CaseWrongType(r, key, node, "a word, or a list with one entry per direction: groups are of meshes"));
  } else if (node->kind == NODE_SCALAR) {
    PetscCall(read_sides(r, key, node, 0));
    for (PetscInt c = 1; c < dim; ++c) {
      for (PetscInt i = 0; i < 2; ++i) r->c->domain.sides[c][i] = r->c->domain.sides[0][0];
    }
  } else if (dim) {
    for (PetscInt i = 0; i < node->n; ++i) words += node->values[i]->kind == NODE_SCALAR;
    if (dim == 1 && node->n == 2 && words == 2) { /* the two ends of a line */
      PetscCall(read_sides(r, key, node, 0));
      PetscFunctionReturn(0);
    }
    for (PetscInt i = 0; i < node->n; ++i) {
      PetscCall(read_sides(r, key, node->values[i], PetscMin(i, REITER_MAX_DIM - 1)));
    }
    if (node->n != dim) {
      PetscCall(DiagnosticsError(
          r->d, node->where, "one entry per direction: a word, or a pair [lower, upper]", NULL,
          "%" PetscInt_FMT " entries for the boundary in dimension %" PetscInt_FMT, node->n, dim));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_mesh_word(CaseReader *r, const KeySpec *key, const YamlNode *node, Boundary *kind)
{
  PetscBool good = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(read_word(r, key, node, kind, &good));
  if (good && *kind == BOUNDARY_PERIODIC) {
    PetscCall(DiagnosticsError(r->d, node->where, "reflecting or absorbing; boxes may be periodic", NULL,
                               "a mesh has no periodic boundary"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_mesh_boundary(CaseReader *r, const KeySpec *key, const YamlNode *node)
{
  CaseDomain *const domain = &r->c->domain;

  PetscFunctionBegin;
  if (node->kind == NODE_SCALAR) PetscCall(read_mesh_word(r, key, node, &domain->otherwise));
  if (node->kind == NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, "a word, or a mapping of the mesh's physical groups to words"));
  }
  if (node->kind != NODE_MAPPING) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(node->n, &domain->groups));
  PetscCall(PetscCalloc1(node->n, &domain->group_kinds));
  for (PetscInt i = 0; i < node->n; ++i) {
    if (!strcmp(node->keys[i]->text, "otherwise")) {
      PetscCall(read_mesh_word(r, key, node->values[i], &domain->otherwise));
      continue;
    }
    PetscCall(read_mesh_word(r, key, node->values[i], &domain->group_kinds[domain->n_groups]));
    PetscCall(PetscStrallocpy(node->keys[i]->text, &domain->groups[domain->n_groups++]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_boundary(CaseReader *r)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "domain.boundary", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (r->c->domain.is_box) {
    PetscCall(read_box_boundary(r, key, node));
  } else {
    PetscCall(read_mesh_boundary(r, key, node));
  }
  PetscFunctionReturn(0);
}

/* What cells and boundary mean together. */
static PetscErrorCode check_cells(CaseReader *r)
{
  const CaseDomain *const domain = &r->c->domain;
  const YamlNode *const cells = YamlFind(r->root, "domain.cells", NULL);
  PetscReal nodes = 1;

  PetscFunctionBegin;
  if (!cells) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < r->c->dim; ++c) {
    const YamlNode *const node =
        cells->kind == NODE_SEQUENCE && cells->n == r->c->dim ? cells->values[c] : cells;

    nodes *= (PetscReal)domain->cells[c] * (PetscReal)domain->order + 1;
    if (domain->sides[c][0] != BOUNDARY_PERIODIC || domain->cells[c] >= 3) continue;
    PetscCall(DiagnosticsError(r->d, node->where, "at least 3 cells", NULL,
                               "direction %c is periodic with %" PetscInt_FMT " cell%s", "xyz"[c],
                               domain -> cells[c], domain -> cells[c] == 1 ? "" : "s"));
    if (node == cells) break;
  }
  if (nodes > most_nodes) {
    PetscCall(
        DiagnosticsError(r->d, cells->where, "at most 1e9 nodes", NULL, "a domain of %.3g nodes", nodes));
  }
  PetscFunctionReturn(0);
}

/* The monotone scheme is of second order and lives on boxes. */
static PetscErrorCode read_scheme(CaseReader *r)
{
  CaseDomain *const domain = &r->c->domain;
  const YamlNode *const order = YamlFind(r->root, "domain.order", NULL);
  const YamlNode *const scheme = YamlFind(r->root, "domain.scheme", NULL);

  PetscFunctionBegin;
  PetscCall(CaseReadChoice(r, "domain.scheme", domain->scheme, sizeof(domain->scheme)));
  const PetscBool monotone = !strcmp(domain->scheme, "monotone") ? PETSC_TRUE : PETSC_FALSE;

  domain->order = monotone ? 1 : 2;
  PetscCall(CaseReadInteger(r, "domain.order", &domain->order));
  if (order && monotone && domain->order != 1) {
    PetscCall(DiagnosticsError(r->d, order->where, "1, or scheme fem", NULL, "scheme monotone has order 1"));
  }
  if (scheme && monotone && !domain->is_box) {
    PetscCall(DiagnosticsError(r->d, scheme->where, "fem, or a box in place of the mesh", NULL,
                               "scheme monotone needs a box"));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadDomain(CaseReader *r)
{
  static const PetscInt cells[] = {1, 200, 64, 24};
  CaseDomain *const domain = &r->c->domain;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "domain", &domain->given, &name));
  if (!domain->given) PetscFunctionReturn(0);
  domain->is_box = YamlFind(r->root, "domain.box", NULL) || !YamlFind(r->root, "domain.mesh", NULL)
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  PetscCall(read_scheme(r));
  PetscCall(CaseReadFile(r, "domain.mesh", domain->mesh, &r->c->mesh_hash));
  PetscCall(read_boundary(r));
  if (!domain->is_box) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < REITER_MAX_DIM; ++c) domain->cells[c] = cells[r->c->dim];
  PetscCall(CaseReadBox(r, "domain.box", domain->box));
  PetscCall(CaseReadIntegers(r, "domain.cells", domain->cells));
  PetscCall(check_cells(r));
  PetscFunctionReturn(0);
}
