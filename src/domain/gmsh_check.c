/*
  Is an ASCII Gmsh file what it says? PETSc's reader believes every count and every tag, and a file with a damaged one makes
  it run out of its arrays or for ever.
*/
#include "domain/gmsh.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  double *value;
  PetscInt n, capacity, at;
  PetscBool good; /* nothing was missing so far */
} Numbers;

enum { ENTITIES, NODES, ELEMENTS, SECTIONS };
static const char *const titles[SECTIONS] = {"Entities", "Nodes", "Elements"};

/* The next number, if it is an integer from low to high. */
static PetscInt take(Numbers *numbers, PetscInt low, PetscInt high)
{
  const double value = numbers->at < numbers->n ? numbers->value[numbers->at++] : -1e300;

  if (!(value >= (double)low && value <= (double)high && value == (double)(PetscInt)value)) {
    numbers->good = PETSC_FALSE;
    return low;
  }
  return (PetscInt)value;
}

static void skip(Numbers *numbers, PetscInt n)
{
  if (n > numbers->n - numbers->at)
    numbers->good = PETSC_FALSE;
  else
    numbers->at += n;
}

static PetscInt count(Numbers *numbers)
{
  return take(numbers, 0, numbers->n);
}

static PetscInt take_tag(Numbers *numbers)
{
  return take(numbers, -PETSC_MAX_INT, PETSC_MAX_INT);
}

/* Appends the numbers of a line; PETSC_FALSE if there is anything else on it. */
static PetscErrorCode add_line(Numbers *numbers, const char *line, PetscBool *good)
{
  char *end;

  PetscFunctionBegin;
  for (;;) {
    const double value = strtod(line, &end);
    if (end == line) break;
    if (numbers->n == numbers->capacity) {
      numbers->capacity = 2 * numbers->capacity + 1024;
      PetscCall(PetscRealloc((size_t)numbers->capacity * sizeof *numbers->value, &numbers->value));
    }
    numbers->value[numbers->n++] = value;
    line = end;
  }
  *good = line[strspn(line, " \t\r\n")] ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_sections(FILE *stream, const char path[], Numbers section[], char **refused)
{
  char *line = NULL;
  size_t size = 0;
  PetscInt number = 0, inside = -1;
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  while (good && getline(&line, &size, stream) >= 0) {
    number++;
    if (line[0] == '$') {
      inside = -1;
      for (PetscInt k = 0; k < SECTIONS; k++)
        if (!strncmp(line + 1, titles[k], strlen(titles[k]))) inside = k;
    } else if (inside >= 0) {
      PetscCall(add_line(&section[inside], line, &good));
    }
  }
  free(line);
  if (!good)
    PetscCall(Refuse(refused, "cannot read the mesh %s: line %" PetscInt_FMT " is not a row of numbers", path,
                     number));
  PetscFunctionReturn(0);
}

/* Keys tag*4 + dimension of the entities, sorted. */
static PetscErrorCode walk_entities(Numbers *e, int version, PetscInt *n, PetscInt **keys)
{
  PetscInt counts[4];

  PetscFunctionBegin;
  *n = 0;
  for (PetscInt d = 0; d < 4; d++) counts[d] = count(e);
  PetscCall(PetscMalloc1(e->n + 1, keys));
  for (PetscInt d = 0; d < 4; d++) {
    for (PetscInt i = 0; i < counts[d] && e->good; i++) {
      (*keys)[(*n)++] = 4 * take(e, -PETSC_MAX_INT / 4, PETSC_MAX_INT / 4 - 1) + d;
      skip(e, d == 0 && version == 41 ? 3 : 6);
      skip(e, count(e));
      if (d > 0) skip(e, count(e));
    }
  }
  PetscCall(PetscSortInt(*n, *keys));
  PetscFunctionReturn(0);
}

/* The dimension and tag before a block of nodes or elements must be an entity's. */
static PetscErrorCode take_entity(Numbers *s, int version, PetscInt n, const PetscInt keys[], PetscInt *dim)
{
  PetscInt tag, at;

  PetscFunctionBegin;
  if (version == 41) {
    *dim = take(s, 0, 3);
    tag = take(s, -PETSC_MAX_INT / 4, PETSC_MAX_INT / 4 - 1);
  } else {
    tag = take(s, -PETSC_MAX_INT / 4, PETSC_MAX_INT / 4 - 1);
    *dim = take(s, 0, 3);
  }
  PetscCall(PetscFindInt(4 * tag + *dim, n, keys, &at));
  if (at < 0) s->good = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode walk_nodes(Numbers *s, int version, PetscInt n_keys, const PetscInt keys[], PetscInt *n,
                                 PetscInt **tags)
{
  const PetscInt blocks = version < 40 ? 1 : count(s), total = count(s);
  PetscInt found = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->n + 1, tags));
  if (version == 41) skip(s, 2);
  for (PetscInt b = 0; b < blocks && s->good; b++) {
    PetscInt m = total, dim = 0, parameters = 0;
    if (version >= 40) {
      PetscCall(take_entity(s, version, n_keys, keys, &dim));
      parameters = take(s, 0, 1) ? dim : 0;
      m = count(s);
    }
    for (PetscInt i = 0; i < m && s->good; i++) {
      (*tags)[found++] = take(s, 1, PETSC_MAX_INT);
      if (version < 41) skip(s, 3 + parameters);
    }
    if (version == 41) skip(s, m <= s->n / 3 ? m * (3 + parameters) : s->n + 1);
  }
  if (found != total) s->good = PETSC_FALSE;
  PetscCall(PetscSortInt(found, *tags));
  for (PetscInt i = 1; i < found; i++)
    if ((*tags)[i] == (*tags)[i - 1]) s->good = PETSC_FALSE;
  *n = found;
  PetscFunctionReturn(0);
}

/* Nodes of Gmsh's element types up to order 4; 0 if unknown. */
static PetscInt nodes_of_type(PetscInt type)
{
  static const unsigned char nodes[] = {0,  2, 3,  4,  4,  8,  6,  5, 3, 6, 9,  10, 27, 18, 14, 1, 8, 20, 15,
                                        13, 9, 10, 12, 15, 15, 21, 4, 5, 6, 20, 35, 56, 0,  0,  0, 0, 16, 25};

  return type < (PetscInt)sizeof nodes ? nodes[type] : type == 92 ? 64 : type == 93 ? 125 : 0;
}

/* *missing: a node that an element has and the file has not. */
static PetscErrorCode walk_elements(Numbers *s, int version, PetscInt n_keys, const PetscInt keys[],
                                    PetscInt n, const PetscInt tags[], PetscInt *missing)
{
  const PetscInt blocks = version < 40 ? 1 : count(s), total = count(s);
  PetscInt found = 0;

  PetscFunctionBegin;
  *missing = 0;
  if (version == 41) skip(s, 2);
  for (PetscInt b = 0; b < blocks && s->good; b++) {
    PetscInt m = total, dim, type = 0;
    if (version >= 40) {
      PetscCall(take_entity(s, version, n_keys, keys, &dim));
      type = take(s, 1, 200);
      m = count(s);
    }
    for (PetscInt i = 0; i < m && s->good; i++, found++) {
      take_tag(s);
      if (version < 40) {
        type = take(s, 1, 200);
        skip(s, count(s));
      }
      const PetscInt nodes = nodes_of_type(type);
      if (nodes == 0) s->good = PETSC_FALSE;
      for (PetscInt k = 0; k < nodes && s->good; k++) {
        const PetscInt tag = take(s, 1, PETSC_MAX_INT);
        PetscInt at;
        PetscCall(PetscFindInt(tag, n, tags, &at));
        if (at >= 0) continue;
        if (s->good) *missing = tag;
        s->good = PETSC_FALSE;
      }
    }
  }
  if (found != total) s->good = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode check_sections(const char path[], int version, Numbers section[], char **refused)
{
  PetscInt n_keys = 0, n_tags = 0, missing = 0, *keys = NULL, *tags = NULL;

  PetscFunctionBegin;
  if (version >= 40) PetscCall(walk_entities(&section[ENTITIES], version, &n_keys, &keys));
  PetscCall(walk_nodes(&section[NODES], version, n_keys, keys, &n_tags, &tags));
  PetscCall(walk_elements(&section[ELEMENTS], version, n_keys, keys, n_tags, tags, &missing));
  for (PetscInt k = version >= 40 ? ENTITIES : NODES; k < SECTIONS && !*refused; k++) {
    if (section[k].good && section[k].at == section[k].n) continue;
    if (k == ELEMENTS && missing)
      PetscCall(Refuse(
          refused, "cannot read the mesh %s: an element has the node %" PetscInt_FMT ", which is not there",
          path, missing));
    else
      PetscCall(Refuse(refused, "cannot read the mesh %s: the section $%s is missing, incomplete or damaged",
                       path, titles[k]));
  }
  PetscCall(PetscFree(keys));
  PetscCall(PetscFree(tags));
  PetscFunctionReturn(0);
}

PetscErrorCode GmshCheck(FILE *stream, const char path[], int version, char **refused)
{
  Numbers section[SECTIONS];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(section, sizeof section));
  for (PetscInt k = 0; k < SECTIONS; k++) section[k].good = PETSC_TRUE;
  rewind(stream);
  PetscCall(read_sections(stream, path, section, refused));
  if (!*refused) PetscCall(check_sections(path, version, section, refused));
  for (PetscInt k = 0; k < SECTIONS; k++) PetscCall(PetscFree(section[k].value));
  PetscFunctionReturn(0);
}
