/*
  Tails of an initial density that the weight does not have. Where w is tiny, h = rho/w may be e^100 although no mass is
  there; the norm of g then is that of the tails, and a solver that is right to sixteen digits of it has none for the rest.
  The semigroup contracts int |rho|, so tails that hold a small part of the mass may be left out at no greater loss.
*/
#include "evolve_private.h"

/* The mass of the nodes with log h above a threshold (sign: of both signs), and of all. */
static PetscErrorCode mass_above(Evolve e, const PetscReal log_h[], PetscReal threshold, PetscReal *mass)
{
  const PetscReal *g, *total;
  PetscInt n;

  PetscFunctionBegin;
  *mass = 0;
  PetscCall(VecGetLocalSize(e->start, &n));
  PetscCall(VecGetArrayRead(e->start, &g));
  PetscCall(VecGetArrayRead(e->system->total, &total));
  for (PetscInt i = 0; i < n; i++) {
    if (log_h[i] > threshold) *mass += PetscAbsReal(total[i] * g[i]);
  }
  PetscCall(VecRestoreArrayRead(e->system->total, &total));
  PetscCall(VecRestoreArrayRead(e->start, &g));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, mass, 1, MPIU_REAL, MPIU_SUM, e->comm));
  PetscFunctionReturn(0);
}

/* log |h| = log |g| - log b / 2 */
static PetscErrorCode find_logs(Evolve e, PetscReal log_h[], PetscReal range[2])
{
  const PetscReal *g, *log_b;
  PetscInt n;

  PetscFunctionBegin;
  range[0] = PETSC_MAX_REAL;
  range[1] = -PETSC_MAX_REAL;
  PetscCall(VecGetLocalSize(e->start, &n));
  PetscCall(VecGetArrayRead(e->start, &g));
  PetscCall(VecGetArrayRead(e->system->log_b, &log_b));
  for (PetscInt i = 0; i < n; i++) {
    log_h[i] = g[i] != 0 ? PetscLogReal(PetscAbsReal(g[i])) - 0.5 * log_b[i] : PETSC_NINFINITY;
    if (g[i] == 0) continue;
    range[0] = PetscMin(range[0], log_h[i]);
    range[1] = PetscMax(range[1], log_h[i]);
  }
  PetscCall(VecRestoreArrayRead(e->system->log_b, &log_b));
  PetscCall(VecRestoreArrayRead(e->start, &g));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &range[0], 1, MPIU_REAL, MPIU_MIN, e->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &range[1], 1, MPIU_REAL, MPIU_MAX, e->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode cut(Evolve e, const PetscReal log_h[], PetscReal threshold)
{
  PetscReal before, after, *g;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecDot(e->system->total, e->start, &before));
  PetscCall(VecGetLocalSize(e->start, &n));
  PetscCall(VecGetArray(e->start, &g));
  for (PetscInt i = 0; i < n; i++) {
    if (log_h[i] > threshold) g[i] = 0;
  }
  PetscCall(VecRestoreArray(e->start, &g));
  PetscCall(VecDot(e->system->total, e->start, &after));
  if (after > 0 && before > 0) PetscCall(VecScale(e->start, before / after));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveTrim(Evolve e, PetscReal part)
{
  PetscReal *log_h, range[2], all, mass;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(e->start, &n));
  PetscCall(PetscMalloc1(n, &log_h));
  PetscCall(find_logs(e, log_h, range));
  PetscCall(mass_above(e, log_h, PETSC_NINFINITY, &all));
  for (PetscInt step = 0; step < 60 && range[1] > range[0];
       step++) { /* range[1]: little enough is above it */
    const PetscReal middle = 0.5 * (range[0] + range[1]);
    PetscCall(mass_above(e, log_h, middle, &mass));
    if (mass <= part * all)
      range[1] = middle;
    else
      range[0] = middle;
  }
  if (all > 0) PetscCall(cut(e, log_h, range[1]));
  PetscCall(PetscFree(log_h));
  PetscFunctionReturn(0);
}
