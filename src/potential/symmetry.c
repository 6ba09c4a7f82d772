/*
  The symmetries of A_k: candidates from the cheapest kind on, each filtered, fitted with a motion of the inner
  variables and added to the group that the others generate.
*/
#include "symmetry.h"

typedef struct {
  PetscInt n, room;
  PotentialSymmetry *g;
} Candidates;

static PetscErrorCode next_candidate(Candidates *all, PotentialSymmetry **g)
{
  PetscFunctionBegin;
  if (all->n == all->room) {
    all->room = PetscMax(64, 2 * all->room);
    PetscCall(PetscRealloc((size_t)all->room * sizeof(PotentialSymmetry), &all->g));
  }
  *g = &all->g[all->n++];
  SymmetryIdentity(*g);
  PetscFunctionReturn(0);
}

/* Reflections and shifts of one variable. */
static PetscErrorCode singles(const SymmetryTrial *t, Candidates *all)
{
  static const int8_t shifts[] = {0, 12, 6, 18, 8, 16, 4, 20, 3, 9, 15, 21};
  PotentialSymmetry *g = NULL;

  PetscFunctionBegin;
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    if (!(t->frozen >> v & 1)) continue;
    for (PetscInt i = 0; i < 2 * (PetscInt)PETSC_STATIC_ARRAY_LENGTH(shifts); i++) {
      PetscCall(next_candidate(all, &g));
      g->sign[v] = i % 2 ? 1 : -1;
      g->shift[v] = shifts[i / 2];
    }
  }
  PetscFunctionReturn(0);
}

/* Moves the components of scale j as R does; false if that mixes variables that matter with others. */
static PetscBool move_scale(const SymmetryTrial *t, PetscInt j, PetscInt rotation, PotentialSymmetry *g)
{
  int8_t axis[REITER_MAX_DIM], axis_sign[REITER_MAX_DIM];

  SignedPermutation(t->dim, rotation, axis, axis_sign);
  for (PetscInt c = 0; c < t->dim; c++) {
    const PetscInt v = VariableIndex(j, c), from = VariableIndex(j, axis[c]);

    if ((t->frozen >> v & 1) != (t->frozen >> from & 1)) return PETSC_FALSE;
    if (!(t->frozen >> v & 1)) {
      if (from != v) return PETSC_FALSE; /* two that do not matter: the identity is among the others */
      continue;
    }
    g->source[v] = (int8_t)from;
    g->sign[v] = axis_sign[c];
  }
  return PETSC_TRUE;
}

/* All components of one scale together, with shifts. */
static PetscErrorCode whole_scales(const SymmetryTrial *t, Candidates *all)
{
  const PetscInt steps = t->dim == 2 ? 4 : 2;
  PotentialSymmetry *g = NULL;

  PetscFunctionBegin;
  for (PetscInt j = 1; j <= t->k && t->dim > 1; j++) {
    for (PetscInt i = 0; i < SignedPermutations(t->dim); i++) {
      for (PetscInt s = 0; s < steps * steps * (t->dim > 2 ? steps : 1); s++) {
        PetscInt rest = s;

        PetscCall(next_candidate(all, &g));
        PetscBool fits = move_scale(t, j, i, g);
        for (PetscInt c = 0; c < t->dim; c++, rest /= steps) {
          if (t->frozen & VariableBit(j, c))
            g->shift[VariableIndex(j, c)] = (int8_t)(rest % steps * (POTENTIAL_SHIFTS / steps));
          else if (rest % steps)
            fits = PETSC_FALSE;
        }
        if (!fits) all->n--;
      }
    }
  }
  PetscFunctionReturn(0);
}

/* All scales moved alike, and two variables of different scales reflected or shifted by one half. */
static PetscErrorCode across_scales(const SymmetryTrial *t, Candidates *all)
{
  PotentialSymmetry *g = NULL;

  PetscFunctionBegin;
  for (PetscInt i = 1; i < SignedPermutations(t->dim) && t->k > 1; i++) {
    PetscBool fits = PETSC_TRUE;

    PetscCall(next_candidate(all, &g));
    for (PetscInt j = 1; j <= t->k && fits; j++) fits = move_scale(t, j, i, g);
    if (!fits) all->n--;
  }
  for (PetscInt v = REITER_MAX_DIM; v < REITER_VARIABLES; v++) {
    for (PetscInt u = REITER_MAX_DIM; u < VariableIndex(v / REITER_MAX_DIM, 0); u++) {
      if (!(t->frozen >> v & 1) || !(t->frozen >> u & 1)) continue;
      for (PetscInt i = 1; i < 16; i++) {
        PetscCall(next_candidate(all, &g));
        g->sign[v] = i & 1 ? -1 : 1;
        g->sign[u] = i & 2 ? -1 : 1;
        g->shift[v] = i & 4 ? POTENTIAL_SHIFTS / 2 : 0;
        g->shift[u] = i & 8 ? POTENTIAL_SHIFTS / 2 : 0;
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Those of the candidates that are symmetries extend the group. */
static PetscErrorCode try_all(SymmetryTrial *t, const Candidates *all, PetscInt *n, PotentialSymmetry list[])
{
  PetscBool *keep, found;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(all->n, &keep));
  PetscCall(SymmetryTrialFilter(t, all->n, all->g, keep));
  for (PetscInt i = 0; i < all->n; i++) {
    if (!keep[i] || SymmetryIsListed(*n, list, &all->g[i])) continue;
    PetscCall(SymmetryTrialFit(t, &all->g[i], &found));
    if (found) PetscCall(SymmetryExtend(n, list, &all->g[i]));
  }
  PetscCall(PetscFree(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialSymmetries(Potential potential, PetscInt k, const PetscReal x[], PetscInt *n,
                                   PotentialSymmetry list[])
{
  PetscErrorCode (*const kinds[])(const SymmetryTrial *, Candidates *) = {singles, whole_scales,
                                                                          across_scales};
  SymmetryTrial trial;

  PetscFunctionBegin;
  PetscCheck(k >= 0 && k < potential->scales, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Scale %" PetscInt_FMT " of %" PetscInt_FMT, k, potential->scales);
  SymmetryIdentity(&list[0]);
  *n = 1;
  PetscCall(SymmetryTrialCreate(potential, k, x, &trial));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(kinds) && trial.program; i++) {
    Candidates all = {0, 0, NULL};

    PetscCall(kinds[i](&trial, &all));
    PetscCall(try_all(&trial, &all, n, list));
    PetscCall(PetscFree(all.g));
  }
  PetscCall(SymmetryTrialDestroy(&trial));
  PetscFunctionReturn(0);
}
