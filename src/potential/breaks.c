/*
  The planes x_{k,c} = const on which V1 has kinks or jumps: zeros of its switch functions.
*/
#include "levels.h"

#define MOST_BREAKS 1024 /* more of them are noise around zero, not planes */

static PetscErrorCode compute_breaks(const Level *level, PetscInt k, PetscInt c, const PetscReal frozen[],
                                     PetscInt *n, PetscReal found[])
{
  PetscReal values[REITER_VARIABLES];
  VariableSet set;

  PetscFunctionBegin;
  *n = 0;
  PetscCall(PetscArraycpy(values, frozen, REITER_VARIABLES));
  for (PetscInt j = 0; j < REITER_MAX_DIM; j++) values[VariableIndex(k, j)] = 0;
  for (PetscInt i = 0; i < level->n_switches; i++) {
    PetscCall(ExpressionVariables(level->switches[i], &set));
    if ((set & ScaleBits(k)) != VariableBit(k, c) || set >> VariableIndex(k + 1, 0)) continue;
    PetscCall(
        ExpressionSignChanges(level->switches[i], NULL, VariableIndex(k, c), values, MOST_BREAKS, n, found));
  }
  PetscFunctionReturn(0);
}

/* Whether every kink lies on planes, and whether those across component c stay when other scales move. */
static PetscErrorCode look_at_switches(Level *level, PetscInt k, PetscInt c, PetscBool *aligned,
                                       PetscBool *fixed)
{
  VariableSet set;

  PetscFunctionBegin;
  if (!level->have_switches) {
    PetscCall(ExpressionSwitches(level->seen, &level->n_switches, &level->switches));
    level->have_switches = PETSC_TRUE;
  }
  *aligned = *fixed = PETSC_TRUE;
  for (PetscInt i = 0; i < level->n_switches; i++) {
    VariableSet here;

    PetscCall(ExpressionVariables(level->switches[i], &set));
    here = (set & ScaleBits(k)) >> VariableIndex(k, 0);
    /* Oblique, or moving with a faster scale that the cell's coefficient has averaged over. */
    if (here && (here & (here - 1) || set >> VariableIndex(k + 1, 0))) *aligned = PETSC_FALSE;
    if (here == (VariableSet)1 << c && (set & ~ScaleBits(k))) *fixed = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialLevelBreaks(Potential potential, PetscInt k, PetscInt c, const PetscReal frozen[],
                                    PetscInt *n, PetscReal **breaks, PetscBool *aligned)
{
  PetscReal found[MOST_BREAKS];
  const PetscReal *from = found;
  PetscBool fixed = PETSC_FALSE;
  Level *level = NULL;

  PetscFunctionBegin;
  PetscCheck(k >= 0 && k <= potential->scales && c >= 0 && c < potential->dim, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Component %" PetscInt_FMT " of scale %" PetscInt_FMT, c, k);
  level = &potential->levels[k];
  PetscCall(look_at_switches(level, k, c, aligned, &fixed));
  if (level->have_breaks[c]) {
    *n = level->n_breaks[c];
    from = level->breaks[c];
  } else {
    PetscCall(compute_breaks(level, k, c, frozen, n, found));
    if (*n < MOST_BREAKS) PetscCall(PeriodicSort(n, found));
  }
  if (fixed && !level->have_breaks[c]) {
    PetscCall(PetscMalloc1(*n, &level->breaks[c]));
    PetscCall(PetscArraycpy(level->breaks[c], found, *n));
    level->n_breaks[c] = *n;
    level->have_breaks[c] = PETSC_TRUE;
  }
  if (*n == MOST_BREAKS) {
    *aligned = PETSC_FALSE;
    *n = 0;
  }
  PetscCall(PetscMalloc1(*n, breaks));
  PetscCall(PetscArraycpy(*breaks, from, *n));
  PetscFunctionReturn(0);
}
