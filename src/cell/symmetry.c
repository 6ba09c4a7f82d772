#include "symmetry.h"

struct _p_Symmetry {
  PetscInt dim;
  PetscInt n_moved, moved[REITER_VARIABLES]; /* the variables that some element moves */
  PetscInt n;
  PotentialSymmetry list[POTENTIAL_SYMMETRIES];
};

PetscErrorCode SymmetryCreate(Potential potential, PetscInt k, const PetscReal x[], Symmetry *symmetry)
{
  Symmetry s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  PetscCall(PotentialGetSizes(potential, &s->dim, NULL, NULL));
  PetscCall(PotentialSymmetries(potential, k, x, &s->n, s->list));
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    PetscBool moves = PETSC_FALSE;

    for (PetscInt i = 0; i < s->n; i++) {
      const PotentialSymmetry *g = &s->list[i];

      if (g->source[v] != v || g->sign[v] != 1 || g->shift[v] != 0) moves = PETSC_TRUE;
    }
    if (moves) s->moved[s->n_moved++] = v;
  }
  *symmetry = s;
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryDestroy(Symmetry *symmetry)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*symmetry));
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryGetSize(Symmetry symmetry, PetscInt *elements)
{
  PetscFunctionBegin;
  *elements = symmetry ? symmetry->n : 1;
  PetscFunctionReturn(0);
}

/* An exact number in [0, 1): p/q. */
typedef struct {
  int64_t p, q;
} Fraction;

#define MOST_DENOMINATOR ((int64_t)1 << 14)
#define FINE_DENOMINATOR ((int64_t)1 << 46)

/* What value means: a node i/n of some grid, found by its continued fraction, or else the nearest multiple of 2^-46.
   Symmetries move fractions without rounding, so that equivalent nodes arrive at the same number. */
static Fraction fraction_of(PetscReal value)
{
  const PetscReal v = value - PetscFloorReal(value);
  PetscReal rest = v;
  int64_t p[2] = {1, 0}, q[2] = {0, 1};

  for (;;) { /* [0] is the convergent before [1] */
    if (PetscAbsReal(v - (PetscReal)p[1] / (PetscReal)q[1]) <= 2 * PETSC_MACHINE_EPSILON)
      return (Fraction){p[1] % q[1], q[1]};
    if (!(rest * (PetscReal)MOST_DENOMINATOR > 1)) break;
    const PetscReal inverse = 1 / rest, whole = PetscFloorReal(inverse);
    const int64_t next_p = (int64_t)whole * p[1] + p[0], next_q = (int64_t)whole * q[1] + q[0];
    if (next_q > MOST_DENOMINATOR) break;
    rest = inverse - whole;
    p[0] = p[1];
    q[0] = q[1];
    p[1] = next_p;
    q[1] = next_q;
  }
  return (Fraction){(int64_t)PetscFloorReal(v * (PetscReal)FINE_DENOMINATOR + 0.5) % FINE_DENOMINATOR,
                    FINE_DENOMINATOR};
}

/* sign a + shift/24, modulo one, rounded once. */
static PetscReal moved_value(Fraction a, PetscInt sign, PetscInt shift)
{
  const int64_t q = POTENTIAL_SHIFTS * a.q;
  int64_t p = (sign * POTENTIAL_SHIFTS * a.p + shift * a.q) % q;

  if (p < 0) p += q;
  return (PetscReal)p / (PetscReal)q;
}

PetscErrorCode SymmetryReduce(Symmetry s, PetscReal frozen[], SymmetryElement *element)
{
  Fraction f[REITER_VARIABLES];
  PetscReal best[REITER_VARIABLES], image[REITER_VARIABLES];

  PetscFunctionBegin;
  *element = (SymmetryElement){{0, 1, 2}, {1, 1, 1}};
  if (!s || s->n == 1) PetscFunctionReturn(0);
  for (PetscInt m = 0; m < s->n_moved; m++) f[s->moved[m]] = fraction_of(frozen[s->moved[m]]);
  for (PetscInt i = 0; i < s->n; i++) {
    const PotentialSymmetry *g = &s->list[i];
    PetscInt order = i ? 0 : -1; /* of this image and the smallest one so far */

    for (PetscInt m = 0; m < s->n_moved && order <= 0; m++) {
      const PetscInt v = s->moved[m];

      image[m] = moved_value(f[g->source[v]], g->sign[v], g->shift[v]);
      if (order == 0 && image[m] != best[m]) order = image[m] < best[m] ? -1 : 1;
    }
    if (order >= 0) continue;
    PetscCall(PetscArraycpy(best, image, s->n_moved));
    PetscCall(PetscArraycpy(element->axis, g->axis, REITER_MAX_DIM));
    PetscCall(PetscArraycpy(element->axis_sign, g->axis_sign, REITER_MAX_DIM));
  }
  for (PetscInt m = 0; m < s->n_moved; m++) frozen[s->moved[m]] = best[m];
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryRestore(const SymmetryElement *e, PetscInt dim, InnerTensor *inner)
{
  const InnerTensor at = *inner;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      const PetscInt to = e->axis[i] * dim + e->axis[j];
      const PetscReal sign = (PetscReal)(e->axis_sign[i] * e->axis_sign[j]);

      inner->upper[to] = sign * at.upper[i * dim + j];
      inner->lower[to] = sign * at.lower[i * dim + j];
    }
  }
  PetscFunctionReturn(0);
}

/* Whether the nodes origin/48 + i/n, i = 0, .., n - 1, of scale j are mapped to each other, for every odd n. */
static PetscBool keeps_grid(Symmetry s, PetscInt j, const PotentialSymmetry *g, const PetscInt origin[])
{
  for (PetscInt c = 0; c < s->dim; c++) {
    const PetscInt v = VariableIndex(j, c), from = g->source[v] - VariableIndex(j, 0);

    if (from < 0 || from >= s->dim) return PETSC_FALSE;
    if ((g->sign[v] * origin[from] + 2 * g->shift[v] - origin[c]) % (2 * POTENTIAL_SHIFTS))
      return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscErrorCode SymmetryOrigin(Symmetry s, PetscInt j, PetscReal origin[])
{
  PetscInt n[REITER_MAX_DIM] = {1, 1, 1}, choice[REITER_MAX_DIM][2 * POTENTIAL_SHIFTS] = {{0}};
  PetscInt most = 0, tried[REITER_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim; c++) {
    /* The middle between a node and its reflection v -> shift/24 - v, where that is node 0: shift/48. */
    for (PetscInt shift = 1; shift < POTENTIAL_SHIFTS; shift++) {
      PetscBool seen = PETSC_FALSE;

      for (PetscInt i = 0; i < s->n; i++)
        if (s->list[i].shift[VariableIndex(j, c)] == shift) seen = PETSC_TRUE;
      if (seen) choice[c][n[c]++] = shift;
    }
    origin[c] = 0;
  }
  for (PetscInt all = 0; all < n[0] * n[1] * n[2]; all++) {
    PetscInt kept = 0;

    tried[0] = choice[0][all % n[0]];
    tried[1] = choice[1][all / n[0] % n[1]];
    tried[2] = choice[2][all / n[0] / n[1]];
    for (PetscInt i = 0; i < s->n; i++) kept += keeps_grid(s, j, &s->list[i], tried);
    if (kept <= most) continue;
    most = kept;
    for (PetscInt c = 0; c < s->dim; c++) origin[c] = (PetscReal)tried[c] / (2 * POTENTIAL_SHIFTS);
  }
  PetscFunctionReturn(0);
}
