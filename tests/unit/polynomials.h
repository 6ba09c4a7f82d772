/* Families of polynomials with known stationary points, folds and branch points, for test_transitions.c. */
#pragma once
#include <math.h>
#include <reiter/transitions.h>

/* Sum of terms: coefficient * x^a y^b z^c p^i q^j. */
typedef struct {
  PetscReal coefficient;
  int power[5];
} Term;

typedef struct {
  PetscInt dim, n;
  const Term *terms;
} Polynomial;

static PetscReal term_derivative(const Term *t, const PetscReal at[5], const PetscInt by[5])
{
  PetscReal value = t->coefficient;

  for (PetscInt i = 0; i < 5; i++) {
    int power = t->power[i];

    for (PetscInt k = 0; k < by[i]; k++) value *= power--;
    if (value == 0) return 0;
    value *= pow(at[i], power);
  }
  return value;
}

/* The derivative with respect to up to three of the five, -1 for none. */
static PetscReal derivative(const Polynomial *f, const PetscReal at[5], PetscInt i, PetscInt j, PetscInt k)
{
  PetscInt by[5] = {0, 0, 0, 0, 0};
  PetscReal sum = 0;

  if (i >= 0) by[i]++;
  if (j >= 0) by[j]++;
  if (k >= 0) by[k]++;
  for (PetscInt t = 0; t < f->n; t++) sum += term_derivative(&f->terms[t], at, by);
  return sum;
}

static PetscErrorCode polynomial_jet(void *context, const PetscReal x[], const PetscReal p[], PetscInt order,
                                     FreeEnergyJet *jet, PetscBool *good)
{
  const Polynomial *const f = context;
  const PetscInt d = f->dim, m = 2;
  PetscReal at[5] = {0, 0, 0, p[0], p[1]};

  PetscFunctionBegin;
  (void)order;
  *good = PETSC_TRUE;
  for (PetscInt i = 0; i < d; i++) at[i] = x[i];
  jet->Phi = jet->F = derivative(f, at, -1, -1, -1);
  jet->error = 0;
  for (PetscInt i = 0; i < d; i++) {
    jet->G[i] = derivative(f, at, i, -1, -1);
    for (PetscInt a = 0; a < m; a++) jet->G_p[i * m + a] = derivative(f, at, i, 3 + a, -1);
    for (PetscInt j = 0; j < d; j++) {
      jet->H[i * d + j] = derivative(f, at, i, j, -1);
      for (PetscInt a = 0; a < m; a++) jet->H_p[(i * d + j) * m + a] = derivative(f, at, i, j, 3 + a);
      for (PetscInt k = 0; k < d; k++) jet->T[(i * d + j) * d + k] = derivative(f, at, i, j, k);
    }
  }
  PetscFunctionReturn(0);
}

static EnergyFamily polynomial_family(Polynomial *f)
{
  return (EnergyFamily){f->dim, 2, polynomial_jet, f};
}
