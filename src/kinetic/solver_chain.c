#include "solver_private.h"
#include <petscblaslapack.h>

/* One element: `order` rows of level 1 and order + 1 columns of level 0, of which two are those of its ends. f_0 is integrated
   away from where the weight is largest, for errors grow towards it: `near` is the end on that side, `other` are all but it,
   the far end last. */
typedef struct {
  PetscInt left, right, near, far;
  PetscInt *row, *other; /* [order] */
  PetscReal *factor;     /* [order * order] LU of K_0 in these rows and columns, column-major */
  PetscBLASInt *pivot;
} Element;

struct _p_KineticChain {
  PetscInt n0, n1, elements, order;
  PetscBool ring;
  PetscInt start;   /* elements before it are integrated to the left */
  Element *element; /* from left to right */
  PetscReal *one, *loop, *work;
  PetscInt *row, *other;
  PetscReal *factor;
  PetscBLASInt *pivot;
};

/* What is found on the way to a chain: rows of level 1 in groups that B couples, and the columns that K_0 has there. */
typedef struct {
  PetscInt begin1, n0, n1, groups, order;
  PetscInt *group;       /* [n1] */
  PetscInt *row;         /* [groups * order] */
  PetscInt *column;      /* [groups * (order + 1)] */
  PetscInt (*owners)[2]; /* [n0] groups with that column, -1: none */
} Search;

static PetscInt root_of(PetscInt parent[], PetscInt i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/* Numbers the groups in order of their first row; *same: all have as many rows. */
static PetscErrorCode find_groups(const KineticSystem *system, Search *s, PetscBool *same)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt count, *number;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->n1; i++) s->group[i] = i;
  for (PetscInt i = 0; i < s->n1; i++) {
    PetscCall(MatGetRow(system->B, s->begin1 + i, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++)
      if (values[k] != 0 && columns[k] >= s->begin1 && columns[k] < s->begin1 + s->n1) {
        const PetscInt a = root_of(s->group, i), b = root_of(s->group, columns[k] - s->begin1);
        s->group[PetscMax(a, b)] = PetscMin(a, b);
      }
    PetscCall(MatRestoreRow(system->B, s->begin1 + i, &count, &columns, &values));
  }
  PetscCall(PetscMalloc1(s->n1, &number));
  for (PetscInt i = 0; i < s->n1; i++) {
    const PetscInt root = root_of(s->group, i);
    number[i] = root == i ? s->groups++ : number[root];
  }
  PetscCall(PetscArraycpy(s->group, number, s->n1));
  s->order = s->n1 / s->groups;
  *same = (PetscBool)(s->order * s->groups == s->n1);
  PetscCall(PetscArrayzero(number, s->groups));
  for (PetscInt i = 0; i < s->n1 && *same; i++) {
    const PetscInt g = s->group[i], k = number[g]++;
    if (k == s->order)
      *same = PETSC_FALSE;
    else
      s->row[g * s->order + k] = i;
  }
  PetscCall(PetscFree(number));
  PetscFunctionReturn(0);
}

static PetscBool add_column(Search *s, PetscInt filled[], PetscInt g, PetscInt column)
{
  PetscInt *mine = s->column + g * (s->order + 1);

  for (PetscInt k = 0; k < filled[g]; k++)
    if (mine[k] == column) return PETSC_TRUE;
  if (filled[g] == s->order + 1 || s->owners[column][1] >= 0) return PETSC_FALSE;
  mine[filled[g]++] = column;
  s->owners[column][s->owners[column][0] >= 0] = g;
  return PETSC_TRUE;
}

/* *good: every group has order + 1 columns, a column belongs to one or two groups, every one to some. */
static PetscErrorCode find_columns(const KineticSystem *system, Search *s, PetscBool *good)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt count, *filled;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(s->groups, &filled));
  for (PetscInt j = 0; j < s->n0; j++) s->owners[j][0] = s->owners[j][1] = -1;
  for (PetscInt i = 0; i < s->n1; i++) {
    PetscCall(MatGetRow(system->T, s->begin1 + i, &count, &columns, &values));
    for (PetscInt k = 0; k < count && *good; k++)
      if (columns[k] < s->n0 && values[k] != 0) *good = add_column(s, filled, s->group[i], columns[k]);
    PetscCall(MatRestoreRow(system->T, s->begin1 + i, &count, &columns, &values));
  }
  for (PetscInt g = 0; g < s->groups; g++) *good = (PetscBool)(*good && filled[g] == s->order + 1);
  for (PetscInt j = 0; j < s->n0; j++) *good = (PetscBool)(*good && s->owners[j][0] >= 0);
  PetscCall(PetscFree(filled));
  PetscFunctionReturn(0);
}

/* The other column of group g that two groups share; the free end of the chain: the largest of `one` elsewhere. */
static PetscInt far_end(const Search *s, const PetscReal one[], PetscInt g, PetscInt near, PetscInt *next)
{
  const PetscInt *mine = s->column + g * (s->order + 1);
  PetscInt best = -1;

  *next = -1;
  for (PetscInt k = 0; k <= s->order; k++) {
    const PetscInt j = mine[k];
    if (j == near) continue;
    if (s->owners[j][1] >= 0) {
      *next = s->owners[j][s->owners[j][0] == g];
      return j;
    }
    if (best < 0 || PetscAbsReal(one[j]) > PetscAbsReal(one[best])) best = j;
  }
  return best;
}

/* Where to begin: a group with one shared column; in a ring at the place with the smallest weight. */
static void find_start(const Search *s, const PetscReal one[], PetscInt *g, PetscInt *left, PetscBool *ring)
{
  *ring = PETSC_TRUE;
  for (PetscInt e = 0; e < s->groups && *ring; e++) {
    PetscInt shared = 0, best = -1;
    for (PetscInt k = 0; k <= s->order; k++) {
      const PetscInt j = s->column[e * (s->order + 1) + k];
      if (s->owners[j][1] >= 0)
        shared++;
      else if (best < 0 || PetscAbsReal(one[j]) > PetscAbsReal(one[best]))
        best = j;
    }
    if (shared < 2 && best >= 0) {
      *ring = PETSC_FALSE;
      *g = e;
      *left = best;
    }
  }
  if (!*ring) return;
  *left = -1;
  for (PetscInt j = 0; j < s->n0; j++)
    if (s->owners[j][1] >= 0 && (*left < 0 || PetscAbsReal(one[j]) < PetscAbsReal(one[*left]))) *left = j;
  *g = *left >= 0 ? s->owners[*left][0] : -1;
}

static PetscErrorCode factor_element(const KineticSystem *system, PetscInt order, const Element *e,
                                     PetscBool *good)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt count;
  PetscBLASInt n, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(order, &n));
  PetscCall(PetscArrayzero(e->factor, order * order));
  for (PetscInt i = 0; i < order; i++) {
    const PetscInt row = system->level_begin[1] + e->row[i];
    PetscCall(MatGetRow(system->T, row, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++)
      for (PetscInt j = 0; j < order; j++)
        if (columns[k] == e->other[j]) e->factor[j * order + i] = values[k];
    PetscCall(MatRestoreRow(system->T, row, &count, &columns, &values));
  }
  LAPACKgetrf_(&n, &n, e->factor, &n, e->pivot, &info);
  *good = (PetscBool)(info == 0);
  PetscFunctionReturn(0);
}

/* Elements before the place of the largest weight look to the left. */
static void find_largest(KineticChain chain)
{
  PetscReal largest = PetscAbsReal(chain->one[chain->element[0].left]);

  chain->start = 0;
  for (PetscInt e = 0; e < chain->elements; e++) {
    const PetscReal here = PetscAbsReal(chain->one[chain->element[e].right]);

    if (here <= largest) continue;
    largest = here;
    chain->start = e + 1;
  }
}

static PetscErrorCode factor_elements(const KineticSystem *system, KineticChain chain, PetscBool *good)
{
  PetscFunctionBegin;
  find_largest(chain);
  for (PetscInt i = 0; i < chain->elements && *good; i++) {
    Element *const e = &chain->element[i];
    const PetscBool backward = (PetscBool)(i < chain->start);

    e->near = backward ? e->right : e->left;
    e->far = backward ? e->left : e->right;
    for (PetscInt k = 0; k < chain->order; k++)
      if (e->other[k] == e->near) e->other[k] = backward ? e->left : e->right;
    for (PetscInt k = 0; k + 1 < chain->order; k++) {
      if (e->other[k] != e->far) continue;
      e->other[k] = e->other[chain->order - 1];
      e->other[chain->order - 1] = e->far;
    }
    PetscCall(factor_element(system, chain->order, e, good));
  }
  PetscFunctionReturn(0);
}

/* `other` are all but the left end, until the elements know where they look. */
static PetscErrorCode string_elements(const KineticSystem *system, const Search *s, KineticChain chain,
                                      PetscBool *good)
{
  PetscInt g, left, next, placed = 0;

  PetscFunctionBegin;
  find_start(s, chain->one, &g, &left, &chain->ring);
  while (g >= 0 && placed < s->groups && *good) {
    Element *e = &chain->element[placed];
    PetscInt filled = 0;
    *e = (Element){.left = left,
                   .row = chain->row + placed * s->order,
                   .other = chain->other + placed * s->order,
                   .factor = chain->factor + placed * s->order * s->order,
                   .pivot = chain->pivot + placed * s->order};
    placed++;
    e->right = far_end(s, chain->one, g, left, &next);
    *good = (PetscBool)(e->right >= 0 && chain->one[left] != 0 && chain->one[e->right] != 0);
    if (!*good) break;
    PetscCall(PetscArraycpy(e->row, s->row + g * s->order, s->order));
    for (PetscInt k = 0; k <= s->order; k++) {
      const PetscInt j = s->column[g * (s->order + 1) + k];
      if (j != left) e->other[filled++] = j;
    }
    left = e->right;
    g = next;
  }
  *good = (PetscBool)(*good && placed == s->groups && (!chain->ring || left == chain->element[0].left));
  if (*good) PetscCall(factor_elements(system, chain, good));
  PetscFunctionReturn(0);
}

/* The steady current of a ring: what leaves through the right end of every element is one. */
static PetscErrorCode find_loop(KineticChain chain)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(chain->n1, &chain->loop));
  PetscReal largest = 0;
  for (PetscInt e = 0; e < chain->elements; e++)
    largest = PetscMax(largest, 1 / PetscAbsReal(chain->one[chain->element[e].far]));
  for (PetscInt e = 0; e < chain->elements; e++) {
    const Element *a = &chain->element[e];
    PetscBLASInt n, one = 1, info;
    PetscCall(PetscBLASIntCast(chain->order, &n));
    PetscCall(PetscArrayzero(chain->work, chain->order));
    chain->work[chain->order - 1] = (e < chain->start ? -1 : 1) / chain->one[a->far] / largest;
    LAPACKgetrs_("T", &n, &one, a->factor, &n, a->pivot, chain->work, &n, &info);
    for (PetscInt i = 0; i < chain->order; i++) chain->loop[a->row[i]] = chain->work[i];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(KineticChain chain, const Search *s, Vec one)
{
  const PetscScalar *values;

  PetscFunctionBegin;
  chain->n0 = s->n0;
  chain->n1 = s->n1;
  chain->elements = s->groups;
  chain->order = s->order;
  PetscCall(PetscCalloc1(s->groups, &chain->element));
  PetscCall(PetscMalloc5(s->n1, &chain->row, s->n1, &chain->other, s->n1 * s->order, &chain->factor, s->n1,
                         &chain->pivot, s->n0, &chain->one));
  PetscCall(PetscMalloc1(s->order + 2 * s->groups, &chain->work));
  PetscCall(VecGetArrayRead(one, &values));
  PetscCall(PetscArraycpy(chain->one, values, s->n0));
  PetscCall(VecRestoreArrayRead(one, &values));
  PetscFunctionReturn(0);
}

/* Level 0 must feel no friction, and level 1 must be there. */
static PetscErrorCode level_zero_is_free(const KineticSystem *system, PetscBool *is)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt count;

  PetscFunctionBegin;
  *is = (PetscBool)(system->dim == 1 && system->levels >= 2);
  for (PetscInt i = 0; i < system->level_begin[1] && *is; i++) {
    PetscCall(MatGetRow(system->C, i, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++) *is = (PetscBool)(*is && values[k] == 0);
    PetscCall(MatRestoreRow(system->C, i, &count, &columns, &values));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode KineticChainCreate(const KineticSystem *system, KineticChain *chain)
{
  Search s = {0};
  PetscBool good;

  PetscFunctionBegin;
  *chain = NULL;
  PetscCall(level_zero_is_free(system, &good));
  if (!good) PetscFunctionReturn(0);
  s.begin1 = system->level_begin[1];
  s.n0 = system->level_begin[1];
  s.n1 = system->level_begin[2] - s.begin1;
  PetscCall(PetscMalloc4(s.n1, &s.group, s.n1, &s.row, 2 * s.n1, &s.column, s.n0, &s.owners));
  PetscCall(find_groups(system, &s, &good));
  if (good) PetscCall(find_columns(system, &s, &good));
  if (good) {
    PetscCall(PetscNew(chain));
    PetscCall(allocate(*chain, &s, system->one));
    PetscCall(string_elements(system, &s, *chain, &good));
    if (good && (*chain)->ring) PetscCall(find_loop(*chain));
    if (!good) PetscCall(KineticChainDestroy(chain));
  }
  PetscCall(PetscFree4(s.group, s.row, s.column, s.owners));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticChainDestroy(KineticChain *chain)
{
  PetscFunctionBegin;
  if (!*chain) PetscFunctionReturn(0);
  PetscCall(PetscFree5((*chain)->row, (*chain)->other, (*chain)->factor, (*chain)->pivot, (*chain)->one));
  PetscCall(PetscFree((*chain)->element));
  PetscCall(PetscFree((*chain)->loop));
  PetscCall(PetscFree((*chain)->work));
  PetscCall(PetscFree(*chain));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticChainLoop(KineticChain chain, const PetscReal *loop[])
{
  PetscFunctionBegin;
  *loop = chain->loop;
  PetscFunctionReturn(0);
}

/* leaves[e]: what leaves element e at its far end, the sum of one b beyond it or, with the other sign, of all the rest: that
   with the smaller terms. A ring is cut at its first left end, whose load sits on the right of the last element. */
static void sum_loads(KineticChain chain, const PetscReal b[], PetscReal leaves[], PetscReal size[])
{
  PetscReal sum = 0, absolute = 0;

  for (PetscInt e = chain->elements - 1; e >= 0; e--) { /* from the right */
    const Element *a = &chain->element[e];
    const PetscReal end = b[a->right] * chain->one[a->right];

    sum += end;
    absolute += PetscAbsReal(end);
    if (e >= chain->start) leaves[e] = sum, size[e] = absolute;
    for (PetscInt k = 0; k < chain->order; k++) {
      if (a->other[k] == a->left || a->other[k] == a->right) continue;
      sum += b[a->other[k]] * chain->one[a->other[k]];
      absolute += PetscAbsReal(b[a->other[k]] * chain->one[a->other[k]]);
    }
    if (e < chain->start) leaves[e] = -sum, size[e] = absolute;
  }
  sum = chain->ring ? 0 : b[chain->element[0].left] * chain->one[chain->element[0].left];
  absolute = PetscAbsReal(sum);
  for (PetscInt e = 0; e < chain->elements; e++) { /* from the left */
    const Element *a = &chain->element[e];
    const PetscReal end = b[a->right] * chain->one[a->right];

    if (e < chain->start && absolute < size[e]) leaves[e] = sum;
    for (PetscInt k = 0; k < chain->order; k++) {
      if (a->other[k] == a->left || a->other[k] == a->right) continue;
      sum += b[a->other[k]] * chain->one[a->other[k]];
      absolute += PetscAbsReal(b[a->other[k]] * chain->one[a->other[k]]);
    }
    if (e >= chain->start && absolute < size[e]) leaves[e] = -sum;
    sum += end;
    absolute += PetscAbsReal(end);
  }
}

PetscErrorCode KineticChainFlux(KineticChain chain, const PetscReal b0[], PetscReal f1[])
{
  PetscReal *z = chain->work, *leaves = z + chain->order, *size = leaves + chain->elements;
  PetscBLASInt n, one = 1, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(chain->order, &n));
  sum_loads(chain, b0, leaves, size);
  for (PetscInt e = 0; e < chain->elements; e++) {
    const Element *a = &chain->element[e];
    for (PetscInt k = 0; k + 1 < chain->order; k++) z[k] = b0[a->other[k]];
    z[chain->order - 1] = leaves[e] / chain->one[a->far];
    LAPACKgetrs_("T", &n, &one, a->factor, &n, a->pivot, z, &n, &info);
    for (PetscInt i = 0; i < chain->order; i++) f1[a->row[i]] = z[i];
  }
  PetscFunctionReturn(0);
}

/* f_0 in an element, whose near end has its value. */
static void integrate_element(KineticChain chain, const Element *a, const PetscReal v[], PetscReal f0[])
{
  const PetscReal level = f0[a->near] / chain->one[a->near];
  PetscReal *d = chain->work;
  PetscBLASInt n = (PetscBLASInt)chain->order, one = 1, info;

  for (PetscInt i = 0; i < chain->order; i++) d[i] = v[a->row[i]];
  LAPACKgetrs_("N", &n, &one, a->factor, &n, a->pivot, d, &n, &info);
  for (PetscInt k = 0; k < chain->order; k++) f0[a->other[k]] = d[k] + level * chain->one[a->other[k]];
}

/* Of a ring the last value, at the cut, comes from both sides, which agree: v . loop = 0. */
PetscErrorCode KineticChainIntegrate(KineticChain chain, const PetscReal v[], PetscReal f0[])
{
  PetscFunctionBegin;
  f0[chain->start < chain->elements ? chain->element[chain->start].left
                                    : chain->element[chain->elements - 1].right] = 0;
  for (PetscInt e = chain->start; e < chain->elements; e++)
    integrate_element(chain, &chain->element[e], v, f0);
  for (PetscInt e = chain->start - 1; e >= 0; e--) integrate_element(chain, &chain->element[e], v, f0);
  PetscFunctionReturn(0);
}
