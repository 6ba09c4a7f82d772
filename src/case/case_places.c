/* Where the keys of a case stand, for mistakes that only show while running. */
#include "case_private.h"
#include "diagnostics_private.h"
#include <stdlib.h>
#include <string.h>

static PetscErrorCode keep(Case c, PetscInt first, const char *path, SourceSpan where, SourceSpan name)
{
  CasePlace *const place = &c->places[c->n_places++];

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(path, &place->path));
  place->where = where;
  place->where.source -= first;
  place->name = name;
  place->name.source -= first;
  PetscFunctionReturn(0);
}

static PetscErrorCode walk(Case c, PetscInt first, const YamlNode *node, const char *path)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < node->n; ++i) {
    const YamlNode *const value = node->values[i], *const name = node->keys ? node->keys[i] : NULL;
    const size_t size = strlen(path) + (name ? name->length : 12) + 2;
    char *below;

    PetscCall(PetscMalloc1(size, &below));
    if (name) {
      snprintf(below, size, "%s%s%s", path, path[0] ? "." : "", name->text);
    } else {
      snprintf(below, size, "%s.%" PetscInt_FMT, path, i);
    }
    PetscCall(keep(c, first, below,
                   name && (value->kind == NODE_MAPPING || YamlIsNull(value)) ? name->where : value->where,
                   name ? name->where : value->where));
    PetscCall(walk(c, first, value, below));
    PetscCall(PetscFree(below));
  }
  PetscFunctionReturn(0);
}

static int compare_places(const void *a, const void *b)
{
  return strcmp(((const CasePlace *)a)->path, ((const CasePlace *)b)->path);
}

PetscErrorCode CaseKeepPlaces(CaseReader *r, PetscInt first)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(r->tree.n_nodes, &r->c->places));
  PetscCall(walk(r->c, first, r->root, ""));
  qsort(r->c->places, (size_t)r->c->n_places, sizeof(*r->c->places), compare_places);
  PetscFunctionReturn(0);
}

/* The key, or the nearest one above it that is there; NULL if there is none. */
static PetscErrorCode find_place(Case c, const char path[], const CasePlace **place)
{
  const CasePlace *found = NULL;
  CasePlace wanted;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(path, &wanted.path));
  while (!found && wanted.path[0]) {
    char *const dot = strrchr(wanted.path, '.');

    found = bsearch(&wanted, c->places, (size_t)c->n_places, sizeof(*c->places), compare_places);
    if (dot) {
      *dot = '\0';
    } else {
      wanted.path[0] = '\0';
    }
  }
  PetscCall(PetscFree(wanted.path));
  *place = found;
  PetscFunctionReturn(0);
}

/* With the source's number in the diagnostics in place of that in the case. */
static PetscErrorCode get_place(Case c, Diagnostics d, const char path[], PetscBool of_name,
                                SourceSpan *where)
{
  const CaseSource *source;
  const CasePlace *place = NULL;

  PetscFunctionBegin;
  *where = (SourceSpan){0, 0, 0, 0};
  PetscCall(find_place(c, path, &place));
  if (!place) PetscFunctionReturn(0);
  *where = of_name ? place->name : place->where;
  source = &c->sources[where->source];
  PetscCall(DiagnosticsFindSource(d, source->name, source->text, source->length, &where->source));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetPlace(Case c, Diagnostics d, const char path[], SourceSpan *where)
{
  PetscFunctionBegin;
  PetscCall(get_place(c, d, path, PETSC_FALSE, where));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetKeyPlace(Case c, Diagnostics d, const char path[], SourceSpan *where)
{
  PetscFunctionBegin;
  PetscCall(get_place(c, d, path, PETSC_TRUE, where));
  PetscFunctionReturn(0);
}
