#include "system.h"
#include <petscblaslapack.h>

enum { POLISHING = 4, ITERATIONS = 40 };

static PetscErrorCode energy_evaluate(void *context, const PetscReal x[], const PetscReal p[], PetscInt order,
                                      FreeEnergyJet *jet, PetscBool *good)
{
  PetscFunctionBegin;
  PetscCall(FreeEnergyEvaluate((FreeEnergy)context, x, p, order, jet, good));
  PetscFunctionReturn(0);
}

PetscErrorCode EnergyFamilyOf(FreeEnergy energy, EnergyFamily *family)
{
  PetscFunctionBegin;
  *family = (EnergyFamily){.Evaluate = energy_evaluate, .context = energy};
  PetscCall(FreeEnergyGetSizes(energy, &family->dim, &family->m));
  PetscFunctionReturn(0);
}

/* Where p stands in u; q follows it, but for SYSTEM_POINT. */
static PetscInt place_of_p(System s)
{
  return s->kind == SYSTEM_POINT ? s->family.dim : s->n - 1;
}

void SystemParameters(System s, const PetscReal u[], PetscReal p[2])
{
  p[0] = u[place_of_p(s)];
  p[1] = s->kind == SYSTEM_POINT ? s->q : u[s->n];
}

PetscErrorCode SystemJet(System s, const PetscReal u[], PetscInt order, FreeEnergyJet *jet, PetscBool *good)
{
  PetscReal p[2];

  PetscFunctionBegin;
  SystemParameters(s, u, p);
  PetscCall(s->family.Evaluate(s->family.context, u, p, order, jet, good));
  PetscFunctionReturn(0);
}

/* v.G_pp and v.G_pq by differences of the exact G_p: they stand in the matrix only, not in the equations. */
static PetscErrorCode differences(System s, const PetscReal u[], PetscReal slopes[2], PetscBool *good)
{
  const PetscInt d = s->family.dim, m = s->family.m;
  PetscReal p[2], at[2];
  FreeEnergyJet jet;

  PetscFunctionBegin;
  SystemParameters(s, u, p);
  slopes[0] = slopes[1] = 0;
  for (PetscInt b = 0; b < m && *good; ++b) {
    const PetscReal h = 1e-5 * s->scale[place_of_p(s) + b];

    for (PetscInt side = -1; side <= 1 && *good; side += 2) {
      at[0] = p[0];
      at[1] = p[1];
      at[b] += side * h;
      PetscCall(s->family.Evaluate(s->family.context, u, at, 2, &jet, good));
      for (PetscInt i = 0; i < d && *good; ++i) slopes[b] += side * u[d + i] * jet.G_p[i * m] / (2 * h);
    }
  }
  PetscFunctionReturn(0);
}

/* Rows of H v = 0 and v.v = 1, from row d on. */
static void null_rows(System s, const PetscReal u[], const FreeEnergyJet *jet, PetscReal r[], PetscReal J[])
{
  const PetscInt d = s->family.dim, m = s->family.m, width = s->n + 1, at = place_of_p(s);
  const PetscReal *const v = u + d;

  r[2 * d] = -1;
  for (PetscInt i = 0; i < d; ++i) {
    PetscReal *const row = J + (d + i) * width;

    r[d + i] = 0;
    for (PetscInt j = 0; j < d; ++j) {
      r[d + i] += jet->H[i * d + j] * v[j];
      row[d + j] = jet->H[i * d + j];
      for (PetscInt k = 0; k < d; ++k) row[j] += jet->T[(i * d + j) * d + k] * v[k];
      for (PetscInt a = 0; a < m; ++a) row[at + a] += jet->H_p[(i * d + j) * m + a] * v[j];
    }
    r[2 * d] += v[i] * v[i];
    J[2 * d * width + d + i] = 2 * v[i];
  }
}

PetscErrorCode SystemEquations(System s, const PetscReal u[], PetscReal r[], PetscReal J[], PetscReal *noise,
                               PetscBool *good)
{
  const PetscInt d = s->family.dim, m = s->family.m, width = s->n + 1, at = place_of_p(s);
  const PetscInt free = s->kind == SYSTEM_POINT ? 1 : m;
  FreeEnergyJet jet;
  PetscReal slopes[2];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(J, s->n * width));
  PetscCall(SystemJet(s, u, s->kind == SYSTEM_POINT ? 2 : 3, &jet, good));
  if (!*good) PetscFunctionReturn(0);
  *noise = PetscMax(jet.error, 1e-15);
  for (PetscInt i = 0; i < d; ++i) {
    r[i] = jet.G[i];
    for (PetscInt j = 0; j < d; ++j) J[i * width + j] = jet.H[i * d + j];
    for (PetscInt a = 0; a < free; ++a) J[i * width + at + a] = jet.G_p[i * m + a];
  }
  if (s->kind == SYSTEM_POINT) PetscFunctionReturn(0);
  null_rows(s, u, &jet, r, J);
  if (s->kind == SYSTEM_FOLD) PetscFunctionReturn(0);
  PetscReal *const last = J + (2 * d + 1) * width;

  PetscCall(differences(s, u, slopes, good));
  r[2 * d + 1] = 0;
  for (PetscInt a = 0; a < m; ++a) last[at + a] = slopes[a];
  for (PetscInt i = 0; i < d; ++i) {
    r[i] += u[2 * d] * u[d + i];
    J[i * width + d + i] += u[2 * d];
    J[i * width + 2 * d] = u[d + i];
    r[2 * d + 1] += u[d + i] * jet.G_p[i * m];
    last[d + i] = jet.G_p[i * m];
    for (PetscInt j = 0; j < d; ++j) last[j] += jet.H_p[(i * d + j) * m] * u[d + i];
  }
  PetscFunctionReturn(0);
}

/* A step beside a singular matrix can lead anywhere, and averages far outside of the box cost without limit. */
static PetscBool far_away(System s, const PetscReal u[])
{
  for (PetscInt i = 0; i < s->family.dim; ++i)
    if (!(PetscAbsReal(u[i] - s->from[i]) <= 0.25 * s->scale[i])) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscErrorCode snes_function(SNES snes, Vec U, Vec R, void *context)
{
  const System s = (System)context;
  PetscReal J[TRANSITION_UNKNOWNS * TRANSITION_UNKNOWNS], noise, *r;
  const PetscReal *u;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(U, &u));
  PetscCall(VecGetArray(R, &r));
  if (far_away(s, u))
    good = PETSC_FALSE;
  else
    PetscCall(SystemEquations(s, u, r, J, &noise, &good));
  r[s->n] = 0;
  for (PetscInt i = 0; i <= s->n; ++i) r[s->n] += s->row[i] * (u[i] - s->from[i]);
  if (!good) {
    PetscCall(PetscArrayzero(r, s->n + 1));
    PetscCall(SNESSetFunctionDomainError(snes));
  }
  PetscCall(VecRestoreArray(R, &r));
  PetscCall(VecRestoreArrayRead(U, &u));
  PetscFunctionReturn(0);
}

static PetscErrorCode snes_matrix(SNES snes, Vec U, Mat A, Mat P, void *context)
{
  const System s = (System)context;
  const PetscInt width = s->n + 1;
  PetscReal J[TRANSITION_UNKNOWNS * TRANSITION_UNKNOWNS], r[TRANSITION_UNKNOWNS], noise, *a;
  const PetscReal *u;
  PetscBool good;

  PetscFunctionBegin;
  (void)A;
  PetscCall(VecGetArrayRead(U, &u));
  PetscCall(SystemEquations(s, u, r, J, &noise, &good));
  PetscCall(VecRestoreArrayRead(U, &u));
  if (!good) {
    PetscCall(SNESSetJacobianDomainError(snes));
    PetscCall(PetscArrayzero(J, s->n * width));
  }
  for (PetscInt j = 0; j < width; ++j) J[s->n * width + j] = s->row[j];
  PetscCall(MatDenseGetArray(P, &a));
  for (PetscInt i = 0; i < width; ++i) {
    for (PetscInt j = 0; j < width; ++j) a[i + j * width] = J[i * width + j];
  }
  PetscCall(MatDenseRestoreArray(P, &a));
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

PetscErrorCode SystemCreate(const EnergyFamily *family, SystemKind kind, const PetscReal scale_x[],
                            const PetscReal scale_p[], System *system)
{
  const PetscInt d = family->dim;
  SNESLineSearch search;
  System s;
  KSP ksp;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->family = *family;
  s->kind = kind;
  s->n = kind == SYSTEM_POINT ? d : kind == SYSTEM_FOLD ? 2 * d + 1 : 2 * d + 2;
  for (PetscInt i = 0; i <= s->n; ++i) s->scale[i] = 1;
  for (PetscInt i = 0; i < d; ++i) s->scale[i] = scale_x[i];
  for (PetscInt a = 0; a < (kind == SYSTEM_POINT ? 1 : family->m); ++a)
    s->scale[place_of_p(s) + a] = scale_p[a];
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, s->n + 1, &s->U));
  PetscCall(VecDuplicate(s->U, &s->R));
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, s->n + 1, s->n + 1, NULL, &s->A));
  PetscCall(SNESCreate(PETSC_COMM_SELF, &s->snes));
  PetscCall(SNESSetOptionsPrefix(s->snes, "transitions_"));
  PetscCall(SNESSetFunction(s->snes, s->R, snes_function, s));
  PetscCall(SNESSetJacobian(s->snes, s->A, s->A, snes_matrix, s));
  PetscCall(SNESSetType(s->snes, SNESNEWTONLS));
  PetscCall(SNESGetLineSearch(s->snes, &search));
  PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBT));
  PetscCall(SNESSetTolerances(s->snes, 1e-12, 1e-14, 1e-14, ITERATIONS, 10 * ITERATIONS));
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCLU));
  *system = s;
  PetscFunctionReturn(0);
}

PetscErrorCode SystemDestroy(System *s)
{
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(0);
  PetscCall(SNESDestroy(&(*s)->snes));
  PetscCall(MatDestroy(&(*s)->A));
  PetscCall(VecDestroy(&(*s)->U));
  PetscCall(VecDestroy(&(*s)->R));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(0);
}

PetscErrorCode SystemGetSize(System s, PetscInt *n)
{
  PetscFunctionBegin;
  *n = s->n;
  PetscFunctionReturn(0);
}

PetscErrorCode SystemSetSecond(System s, PetscReal q)
{
  PetscFunctionBegin;
  s->q = q;
  PetscFunctionReturn(0);
}

/* The bordered matrix in u times du = right sides [columns][n + 1]; the sign of its determinant. */
static PetscErrorCode solve_bordered(System s, PetscReal J[], PetscInt columns, PetscReal b[], PetscInt *sign)
{
  const PetscInt width = s->n + 1;
  PetscReal a[TRANSITION_UNKNOWNS * TRANSITION_UNKNOWNS];
  PetscBLASInt n = (PetscBLASInt)width, k = (PetscBLASInt)columns, info, pivots[TRANSITION_UNKNOWNS];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < width; ++j) J[s->n * width + j] = s->row[j];
  for (PetscInt i = 0; i < width; ++i) {
    for (PetscInt j = 0; j < width; ++j) a[i + j * width] = J[i * width + j];
  }
  LAPACKgesv_(&n, &k, a, &n, pivots, b, &n, &info);
  *sign = info ? 0 : 1;
  for (PetscInt i = 0; i < width && !info; ++i) {
    if ((a[i + i * width] < 0) != (pivots[i] != (PetscBLASInt)(i + 1))) *sign = -*sign;
  }
  PetscFunctionReturn(0);
}

/* Newton steps at the end of Newton's: SNES stops where round-off lets no norm decrease. */
static PetscErrorCode polish(System s, PetscReal u[], PetscReal *error, PetscBool *good)
{
  const PetscInt width = s->n + 1;
  PetscReal J[TRANSITION_UNKNOWNS * TRANSITION_UNKNOWNS], b[2 * TRANSITION_UNKNOWNS], noise,
      previous = PETSC_MAX_REAL;
  PetscInt sign;

  PetscFunctionBegin;
  *error = PETSC_MAX_REAL;
  for (PetscInt k = 0; k < POLISHING; ++k) {
    PetscReal step = 0, shaken = 0;

    *good = PETSC_FALSE;
    if (far_away(s, u)) PetscFunctionReturn(0);
    PetscCall(SystemEquations(s, u, b, J, &noise, good));
    if (!*good) PetscFunctionReturn(0);
    b[s->n] = 0;
    for (PetscInt i = 0; i <= s->n; ++i) b[s->n] += s->row[i] * (u[i] - s->from[i]);
    for (PetscInt i = 0; i < width; ++i) {
      b[width + i] = 0;
      for (PetscInt j = 0; j < width && i < s->n; ++j)
        b[width + i] += noise * PetscAbsReal(J[i * width + j] * u[j]);
    }
    PetscCall(solve_bordered(s, J, 2, b, &sign));
    if (!sign) {
      *good = PETSC_FALSE;
      PetscFunctionReturn(0);
    }
    for (PetscInt i = 0; i < width; ++i) {
      step = PetscMax(step, PetscAbsReal(b[i]) / s->scale[i]);
      shaken = PetscMax(shaken, PetscAbsReal(b[width + i]) / s->scale[i]);
    }
    if (step >= previous) break;
    for (PetscInt i = 0; i < width; ++i) u[i] -= b[i];
    *error = step + shaken;
    previous = step;
  }
  *good = (PetscBool)(*error < 1e-6);
  PetscFunctionReturn(0);
}

PetscErrorCode SystemSolve(System s, const PetscReal t[], PetscReal u[], PetscReal *error, PetscBool *good)
{
  PetscReal *a;

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= s->n; ++i) {
    s->from[i] = u[i];
    s->row[i] = t ? t[i] / PetscSqr(s->scale[i]) : (i == s->n ? 1 / s->scale[i] : 0);
  }
  PetscCall(VecGetArray(s->U, &a));
  PetscCall(PetscArraycpy(a, u, s->n + 1));
  PetscCall(VecRestoreArray(s->U, &a));
  PetscCall(SNESSolve(s->snes, NULL, s->U));
  PetscCall(VecGetArray(s->U, &a));
  PetscCall(PetscArraycpy(u, a, s->n + 1));
  PetscCall(VecRestoreArray(s->U, &a));
  PetscCall(polish(s, u, error, good));
  PetscFunctionReturn(0);
}

PetscErrorCode SystemTangent(System s, const PetscReal u[], const PetscReal old[], PetscReal t[],
                             PetscInt *sign, PetscBool *good)
{
  PetscReal J[TRANSITION_UNKNOWNS * TRANSITION_UNKNOWNS], noise, r[TRANSITION_UNKNOWNS], length = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= s->n; ++i)
    s->row[i] = old ? old[i] / PetscSqr(s->scale[i]) : (i == s->n ? 1 / s->scale[i] : 0);
  PetscCall(SystemEquations(s, u, r, J, &noise, good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(PetscArrayzero(t, s->n + 1));
  t[s->n] = 1;
  PetscCall(solve_bordered(s, J, 1, t, sign));
  *good = (PetscBool)(*sign != 0);
  for (PetscInt i = 0; i <= s->n; ++i) length += PetscSqr(t[i] / s->scale[i]);
  for (PetscInt i = 0; i <= s->n; ++i) t[i] /= PetscSqrtReal(length);
  PetscFunctionReturn(0);
}
