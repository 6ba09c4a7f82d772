/*
  Bakry and Emery's bound. For constant D = s M and w = exp(-V/s) the generator is s div(M grad) - grad V.M grad. With
  y = M^{-1/2} x it becomes s Lap_y - grad_y V.grad_y on a parallelepiped, which is convex, and no flux through the sides
  of x is no flux through those of y. There Hess_y V >= kappa gives gap >= kappa (for s Lap - grad V.grad the measure's
  log-concavity is kappa/s and its Poincare constant at most s/kappa). Hess_y V = M^{1/2} Hess V M^{1/2} has the
  eigenvalues of L^T Hess V L for any M = L L^T. For mu_ref M = I: gap >= the smallest eigenvalue of Hess V0.
  The minimum over the box is searched for by samples, and so found from above.
*/
#include <petscmat.h>
#include <petscblaslapack.h>
#include <math.h>
#include "constants_private.h"
#include "search.h"

typedef struct {
  PetscInt dim;
  Expression hessian[REITER_MAX_DIM][REITER_MAX_DIM]; /* upper triangle */
  PetscReal root[REITER_MAX_DIM * REITER_MAX_DIM];    /* L, row-major */
} Curvature;

static PetscErrorCode curvature_create(Expression V0, PetscInt dim, Curvature *curvature)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(curvature, sizeof(*curvature)));
  curvature->dim = dim;
  for (PetscInt i = 0; i < dim; i++) {
    Expression slope;
    PetscCall(ExpressionDerive(V0, VariableIndex(0, i), &slope));
    for (PetscInt j = i; j < dim; j++)
      PetscCall(ExpressionDerive(slope, VariableIndex(0, j), &curvature->hessian[i][j]));
    PetscCall(ExpressionDestroy(&slope));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode curvature_destroy(Curvature *curvature)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < curvature->dim; i++)
    for (PetscInt j = i; j < curvature->dim; j++) PetscCall(ExpressionDestroy(&curvature->hessian[i][j]));
  PetscFunctionReturn(0);
}

/* The Cholesky factor of M = tensor/s; NULL: I. */
static void factor(PetscInt dim, const PetscReal tensor[], PetscReal s, PetscReal L[])
{
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j <= i; j++) {
      PetscReal sum = tensor ? tensor[i * dim + j] / s : (PetscReal)(i == j);
      for (PetscInt k = 0; k < j; k++) sum -= L[i * dim + k] * L[j * dim + k];
      L[i * dim + j] = i == j ? PetscSqrtReal(sum) : sum / L[j * dim + j];
    }
  }
}

/* The smallest eigenvalue of L^T Hess V0 L at x, with its sign turned. */
static PetscErrorCode minus_smallest(void *ctx, const PetscReal x[], PetscReal *value)
{
  const Curvature *curvature = (const Curvature *)ctx;
  const PetscInt dim = curvature->dim;
  PetscReal values[REITER_VARIABLES] = {0}, H[9] = {0}, A[9], eigenvalue[3], work[16];
  PetscBLASInt n = (PetscBLASInt)dim, lwork = 16, info;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) values[VariableIndex(0, c)] = x[c];
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = i; j < dim; j++) {
      PetscCall(ExpressionEvaluate(curvature->hessian[i][j], values, &H[i * dim + j]));
      H[j * dim + i] = H[i * dim + j];
    }
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      A[i * dim + j] = 0;
      for (PetscInt k = 0; k < dim * dim; k++)
        A[i * dim + j] += curvature->root[k / dim * dim + i] * H[k] * curvature->root[k % dim * dim + j];
    }
  }
  *value = NAN;
  for (PetscInt k = 0; k < dim * dim; k++)
    if (!isfinite(A[k])) PetscFunctionReturn(0);
  PetscCallBLAS("LAPACKsyev", LAPACKsyev_("N", "U", &n, A, &n, eigenvalue, work, &lwork, &info));
  if (!info) *value = -eigenvalue[0];
  PetscFunctionReturn(0);
}

PetscErrorCode ConstantsCurvature(const ConstantsRequest *request, const PetscReal tensor[],
                                  ConstantValue *bound)
{
  Curvature curvature;
  Search search = {.dim = request->dim, .samples = 4096, .function = minus_smallest, .ctx = &curvature};
  PetscReal most, s;
  PetscBool smooth;
  Expression V0;

  PetscFunctionBegin;
  PetscCall(PotentialGetFormulas(request->potential, &V0, NULL));
  PetscCall(PotentialGetSizes(request->potential, NULL, NULL, &s));
  PetscCall(ExpressionIsSmooth(V0, ScaleBits(0), &smooth));
  for (PetscInt c = 0; c < request->dim; c++) {
    search.box[c][0] = request->box[c][0];
    search.box[c][1] = request->box[c][1];
    if (request->sides[c][0] == BOUNDARY_REFLECTING && request->sides[c][1] == BOUNDARY_REFLECTING) continue;
    ConstantUnknown(bound, "The bound of Bakry and Emery is for boxes with reflecting sides.");
    PetscFunctionReturn(0);
  }
  if (!smooth) {
    ConstantUnknown(bound, "V0 has kinks or jumps, so that its second derivatives say nothing.");
    PetscFunctionReturn(0);
  }
  PetscCall(curvature_create(V0, request->dim, &curvature));
  factor(request->dim, tensor, s, curvature.root);
  PetscCall(SearchMaximum(&search, &most));
  PetscCall(curvature_destroy(&curvature));
  if (!(most < 0)) {
    ConstantUnknown(bound, "The potential is not convex on the box.");
    PetscFunctionReturn(0);
  }
  bound->known = PETSC_TRUE;
  bound->log_value = PetscLogReal(-most);
  bound->error = 1e-9;
  PetscFunctionReturn(0);
}
