/*
  Functional inequalities of the measures behind a case (mathematics, eqs. 2.5, 2.6; Prop. 9): gaps and Poincare constants
  of mu_ref (V0 alone), mu0 (homogenized) and mu^e (the full potential at finite e), the Holley-Stroock comparison with
  the right exponents, Muckenhoupt's, Barthe-Roberto's and Bakry-Emery's bounds.
*/
#pragma once
#include <reiter/coefficients.h>
#include <reiter/domain.h>

/* A positive number that may not be known: log is natural. */
typedef struct {
  PetscBool known;
  PetscReal log_value, error; /* relative */
  const char *why_not;        /* a sentence if not known */
} ConstantValue;

typedef struct {
  const char *measure;     /* "mu_ref" | "mu0" | "mu_epsilon" */
  PetscReal epsilon;       /* mu_epsilon; else 0 */
  ConstantValue gap;       /* of the diffusion itself */
  ConstantValue poincare;  /* Var_mu f <= C int |grad f|^2 dmu */
  ConstantValue gap_bound; /* Prop. 9: rho exp(-osc/s) for mu_epsilon, rho exp(-2 osc/s) for mu0 */
  PetscBool bound_holds;
  PetscBool has_muckenhoupt; /* 1-d: bracket of 1/gap */
  PetscReal log_muckenhoupt[2];
  PetscBool has_log_sobolev; /* 1-d: bracket of C, Ent_mu(f^2) <= C int f'^2 dmu */
  PetscReal log_log_sobolev[2];
  ConstantValue
      bakry_emery; /* lower bound of the gap: smallest eigenvalue of Hess V over the box, if positive */
} MeasureConstants;

typedef struct {
  MPI_Comm comm;
  Potential potential; /* NULL for `diffusion:` cases: then only mu0 is reported, as "mu" */
  Coefficients homogenized;
  PetscInt dim;
  PetscReal box[REITER_MAX_DIM][2];
  PetscInt cells[REITER_MAX_DIM];
  PetscInt order;
  Boundary sides[REITER_MAX_DIM][2];
  PetscInt n_epsilon;
  const PetscReal *epsilon;
  PetscReal tolerance;
  PetscInt max_unknowns;
} ConstantsRequest;

/* values[2 + n_epsilon], in the order mu_ref, mu0, mu_epsilon..; *n is how many are filled. osc: the oscillation of V1
   (upper minus lower over the box and the cells, from samples refined to a local optimum). Collective. */
PetscErrorCode ConstantsCompute(const ConstantsRequest *request, const volatile int *interrupted, PetscInt *n,
                                MeasureConstants values[], PetscReal *osc, CellFailure *failure);
