/* Phase spaces of formulas, and eigenvalues of their pencils. */
#pragma once
#include "coefficients_fixture.h"
#include <reiter/kinetic.h>
#include <slepceps.h>
#include <math.h>

/* log w = formula; D[dim*dim], NULL: plain friction. */
static inline PhaseSpace make_space(const PhaseSpaceSettings *settings, const char log_w[],
                                    const char *const D[])
{
  const PetscInt dim = settings->dim;
  Expression weight = parse(dim, 0, log_w), tensor[4];
  Coefficients coefficients;
  CoefficientFault fault;
  PhaseSpace space;

  for (PetscInt k = 0; k < dim * dim; k++) tensor[k] = parse(dim, 0, D ? D[k] : k % (dim + 1) ? "0" : "1");
  OK(CoefficientsCreateFormulas(dim, weight, tensor, &coefficients));
  OK(PhaseSpaceCreate(coefficients, settings, &space, &fault));
  if (!space) fail_msg("%s", fault.message);
  OK(CoefficientsDestroy(&coefficients));
  OK(ExpressionDestroy(&weight));
  for (PetscInt k = 0; k < dim * dim; k++) OK(ExpressionDestroy(&tensor[k]));
  return space;
}

static inline const KineticSystem *system_of(PhaseSpace space)
{
  const KineticSystem *system;

  OK(PhaseSpaceGetSystem(space, &system));
  return system;
}

/* The n eigenvalues of (T + g C, B) nearest to the target, by distance to zero; returns how many were found. */
static inline PetscInt eigenvalues(const KineticSystem *system, PetscReal g, PetscReal target, PetscInt n,
                                   PetscReal re[], PetscReal im[])
{
  PetscInt found;
  Mat L;
  EPS eps;
  ST st;
  KSP ksp;
  PC pc;

  OK(MatDuplicate(system->T, MAT_COPY_VALUES, &L));
  OK(MatAXPY(L, g, system->C, DIFFERENT_NONZERO_PATTERN));
  OK(EPSCreate(PETSC_COMM_SELF, &eps));
  OK(EPSSetOperators(eps, L, system->B));
  OK(EPSSetProblemType(eps, EPS_GNHEP));
  OK(EPSSetDimensions(eps, n, PETSC_DEFAULT, PETSC_DEFAULT));
  OK(EPSSetTarget(eps, target));
  OK(EPSSetWhichEigenpairs(eps, EPS_TARGET_MAGNITUDE));
  OK(EPSSetTolerances(eps, 1e-11, 500));
  OK(EPSGetST(eps, &st));
  OK(STSetType(st, STSINVERT));
  OK(STGetKSP(st, &ksp));
  OK(KSPSetType(ksp, KSPPREONLY));
  OK(KSPGetPC(ksp, &pc));
  OK(PCSetType(pc, PCLU));
  OK(PCFactorSetShiftType(pc, MAT_SHIFT_NONE));
  OK(EPSSolve(eps));
  OK(EPSGetConverged(eps, &found));
  found = PetscMin(found, n);
  for (PetscInt i = 0; i < found; i++) OK(EPSGetEigenvalue(eps, i, &re[i], &im[i]));
  for (PetscInt i = 0; i < found; i++) {
    for (PetscInt j = i + 1; j < found; j++) {
      if (hypot(re[j], im[j]) >= hypot(re[i], im[i])) continue;
      const PetscReal r = re[i], m = im[i];
      re[i] = re[j], im[i] = im[j];
      re[j] = r, im[j] = m;
    }
  }
  OK(EPSDestroy(&eps));
  OK(MatDestroy(&L));
  return found;
}

/* Whether one of the n numbers is re + i im (or its conjugate) to the tolerance. */
static inline void assert_among(PetscInt n, const PetscReal re[], const PetscReal im[], PetscReal real,
                                PetscReal imaginary, PetscReal tolerance)
{
  PetscReal nearest = PETSC_INFINITY;

  for (PetscInt i = 0; i < n; i++)
    nearest = PetscMin(nearest, hypot(re[i] - real, PetscAbsReal(im[i]) - PetscAbsReal(imaginary)));
  if (!(nearest <= tolerance)) fail_msg("%.12g + %.12g i is missed by %.3g", real, imaginary, nearest);
}
