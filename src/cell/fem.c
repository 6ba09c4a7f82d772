/*
  The finite-element method for cell problems. The upper bound is the primal energy (1.1) of the discrete
  corrector; the lower one the inverse of a dual energy (1.7): of the constant flux in one dimension, of
  Keller's cell problem in two, of a vector potential in three. Both are evaluated with more Gauss points than
  the matrices, and the change between the two quadratures is their error estimate.
*/
#include "fem.h"
#include "fem_flux.h"

#define ASSEMBLY_POINTS 2 /* Gauss points of the assembly: order + this */
#define RICH_POINTS     4

typedef struct {
  Torus torus;
  FemQuadrature quadrature, rich;
  FemLinear scalar, vector;
} FemWork;

typedef struct {
  PetscReal k[9], log_scale[REITER_MAX_DIM]; /* entry jk times exp((log_scale[j] + log_scale[k])/2) */
} Bound;

static PetscErrorCode fem_reset(FemWork *work)
{
  PetscFunctionBegin;
  PetscCall(FemLinearReset(&work->scalar));
  PetscCall(FemLinearReset(&work->vector));
  PetscCall(FemQuadratureDestroy(&work->quadrature));
  PetscCall(FemQuadratureDestroy(&work->rich));
  PetscCall(TorusDestroy(&work->torus));
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_create(CellSolver solver, void **work)
{
  FemWork *w;

  PetscFunctionBegin;
  (void)solver;
  PetscCall(PetscNew(&w));
  *work = w;
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_destroy(void **work)
{
  PetscFunctionBegin;
  PetscCall(fem_reset(*work));
  PetscCall(PetscFree(*work));
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_applies(const CellProblem *problem, PetscBool *applies, const char **why)
{
  PetscFunctionBegin;
  (void)problem;
  *applies = PETSC_TRUE;
  *why = "finite elements apply to every coefficient";
  PetscFunctionReturn(0);
}

/* Grid, tables, matrices and factors stay while problems ask for the same grid. */
static PetscErrorCode fem_prepare(FemWork *work, const CellProblem *problem, CellResolution resolution)
{
  PetscBool fits;

  PetscFunctionBegin;
  PetscCall(TorusFits(&work->torus, problem, resolution, &fits));
  if (fits) PetscFunctionReturn(0);
  PetscCall(fem_reset(work));
  PetscCall(TorusCreate(problem, resolution, &work->torus));
  PetscCall(FemQuadratureCreate(&work->torus, ASSEMBLY_POINTS, &work->quadrature));
  PetscCall(FemQuadratureCreate(&work->torus, RICH_POINTS, &work->rich));
  PetscFunctionReturn(0);
}

/* Energies of the two quadratures, [0] of the assembly and [1] the rich one. */
static PetscErrorCode scalar_energies(FemWork *work, const FemCoefficient coefficient[], PetscReal rtol,
                                      FemEnergy energy[], PetscInt *iterations, CellFailure *failure)
{
  FemPsi psi;

  PetscFunctionBegin;
  PetscCall(FemPsiSolve(&work->scalar, &work->torus, &work->quadrature, &coefficient[0], rtol, &psi,
                        iterations, failure));
  if (failure->status == CELL_OK) {
    PetscCall(FemPsiEnergy(&psi, &work->torus, &work->quadrature, &coefficient[0], &energy[0]));
    PetscCall(FemPsiEnergy(&psi, &work->torus, &work->rich, &coefficient[1], &energy[1]));
  }
  PetscCall(FemPsiDestroy(&psi));
  PetscFunctionReturn(0);
}

/* int 1/K over the unit interval: the dual energy in one dimension, where the flux is constant. */
static void harmonic_energy(const FemWork *work, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, FemEnergy *energy)
{
  const ElementTable *t = &quadrature->table[0];
  const PetscInt total = quadrature->samples.total;

  energy->scale[0] = PETSC_NINFINITY;
  energy->e[0] = 0;
  for (PetscInt p = 0; p < total; p++) energy->scale[0] = PetscMax(energy->scale[0], coefficient->log[p]);
  for (PetscInt p = 0; p < total; p++) {
    const PetscInt e = p / t->points;
    energy->e[0] += t->weight[p % t->points] *
                    (work->torus.axis[0].edge[e + 1] - work->torus.axis[0].edge[e]) *
                    PetscExpReal(coefficient->log[p] - energy->scale[0]);
  }
}

static PetscErrorCode dual_energies(FemWork *work, const FemCoefficient coefficient[], PetscReal rtol,
                                    FemEnergy energy[], PetscInt *iterations, CellFailure *failure)
{
  PetscFunctionBegin;
  if (work->torus.dim == 1) {
    harmonic_energy(work, &work->quadrature, &coefficient[0], &energy[0]);
    harmonic_energy(work, &work->rich, &coefficient[1], &energy[1]);
  } else if (work->torus.dim == 2) {
    PetscCall(scalar_energies(work, coefficient, rtol, energy, iterations, failure));
  } else {
    PetscCall(FemFluxSolve(&work->vector, &work->torus, &work->quadrature, &coefficient[0], &work->rich,
                           &coefficient[1], rtol, &energy[0], &energy[1], iterations, failure));
  }
  PetscFunctionReturn(0);
}

/* One side of the bracket: its energies, or a failure. */
static PetscErrorCode fem_side(FemWork *work, const CellProblem *problem, FemSide side, PetscReal rtol,
                               FemEnergy energy[], PetscInt *iterations, CellFailure *failure)
{
  FemCoefficient coefficient[2];

  PetscFunctionBegin;
  PetscCall(FemCoefficientCreate(&work->quadrature, problem, side, &coefficient[0], failure));
  PetscCall(FemCoefficientCreate(&work->rich, problem, side, &coefficient[1], failure));
  if (failure->status != CELL_OK) {
    /* nothing to solve */
  } else if (side == FEM_PRIMAL) {
    PetscCall(scalar_energies(work, coefficient, rtol, energy, iterations, failure));
  } else {
    PetscCall(dual_energies(work, coefficient, rtol, energy, iterations, failure));
  }
  PetscCall(FemCoefficientDestroy(&coefficient[0]));
  PetscCall(FemCoefficientDestroy(&coefficient[1]));
  for (PetscInt j = 0; j < problem->dim && failure->status == CELL_OK; j++) {
    if (energy[1].e[4 * j] > 0 && !PetscIsInfOrNanReal(energy[1].e[4 * j])) continue;
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The energy of a cell in direction %" PetscInt_FMT " came out as %g", j + 1,
                            (double)energy[1].e[4 * j]));
  }
  PetscFunctionReturn(0);
}

/* Takes the roots of the diagonal into the scales: afterwards the diagonal is 1. */
static void balance(PetscInt dim, const FemEnergy *energy, Bound *bound)
{
  for (PetscInt j = 0; j < dim; j++) bound->log_scale[j] = energy->scale[j] + PetscLogReal(energy->e[4 * j]);
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < dim; k++) {
      bound->k[dim * j + k] = energy->e[3 * j + k] / PetscSqrtReal(energy->e[4 * j] * energy->e[4 * k]);
    }
  }
}

/* K from the energy G of fluxes: G^{-1}, turned by a quarter in two dimensions. The matrix in `bound` has a
   unit diagonal. */
static void invert(PetscInt dim, Bound *bound)
{
  PetscReal *g = bound->k, a[9], determinant = 1;

  if (dim == 2) {
    /* R^T G^{-1} R = G / det G */
    const PetscReal both = bound->log_scale[0] + bound->log_scale[1];
    determinant = (1 - g[1]) * (1 + g[1]);
    for (PetscInt i = 0; i < 4; i++) g[i] /= determinant;
    for (PetscInt j = 0; j < 2; j++) bound->log_scale[j] -= both;
    return;
  }
  for (PetscInt j = 0; j < dim; j++) bound->log_scale[j] *= -1;
  if (dim == 1) return;
  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = 0; j < 3; j++) {
      const PetscInt i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
      a[3 * i + j] = g[3 * i1 + j1] * g[3 * i2 + j2] - g[3 * i1 + j2] * g[3 * i2 + j1];
    }
  }
  determinant = g[0] * a[0] + g[1] * a[1] + g[2] * a[2];
  for (PetscInt i = 0; i < 9; i++) g[i] = a[i] / determinant;
}

static void write_tensor(PetscInt dim, const Bound *bound, PetscReal log_scale, PetscReal tensor[])
{
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < dim; k++) {
      tensor[dim * j + k] =
          bound->k[dim * j + k] * PetscExpReal(0.5 * (bound->log_scale[j] + bound->log_scale[k]) - log_scale);
    }
  }
}

/* Largest change of an energy between the quadratures, each entry against its diagonal. */
static PetscReal energy_change(PetscInt dim, const FemEnergy energy[])
{
  PetscReal change = 0;

  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < dim; k++) {
      const PetscReal size = PetscSqrtReal(energy[1].e[4 * j] * energy[1].e[4 * k]);
      change = PetscMax(change, PetscAbsReal(energy[1].e[3 * j + k] - energy[0].e[3 * j + k]) / size);
    }
  }
  return change;
}

static PetscErrorCode fem_sample(FemWork *work, const CellProblem *problem, CellResult *result)
{
  PetscReal z, zhat;

  PetscFunctionBegin;
  PetscCall(FemQuadratureSample(&work->quadrature, &work->torus, problem, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(FemQuadratureSample(&work->rich, &work->torus, problem, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(FemQuadratureLogZ(&work->quadrature, &work->torus, &z, &zhat));
  PetscCall(FemQuadratureLogZ(&work->rich, &work->torus, &result->log_z, &result->log_zhat));
  result->quadrature = PetscMax(PetscAbsReal(PetscExpReal(z - result->log_z) - 1),
                                PetscAbsReal(PetscExpReal(zhat - result->log_zhat) - 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_solve_at(void *ctx, const CellProblem *problem, CellResolution resolution,
                                   CellResult *result)
{
  FemWork *work = ctx;
  const PetscInt dim = problem->dim;
  FemEnergy energy[2];
  Bound upper, lower;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  result->method = "fem";
  result->resolution = resolution;
  result->quadrature = -1;
  PetscCall(fem_prepare(work, problem, resolution));
  PetscCall(fem_sample(work, problem, result));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(
      fem_side(work, problem, FEM_PRIMAL, resolution.rtol, energy, &result->iterations, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  result->quadrature = PetscMax(result->quadrature, energy_change(dim, energy));
  balance(dim, &energy[1], &upper);
  PetscCall(
      fem_side(work, problem, FEM_DUAL, resolution.rtol, energy, &result->iterations, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  result->quadrature = PetscMax(result->quadrature, energy_change(dim, energy));
  balance(dim, &energy[1], &lower);
  invert(dim, &lower);
  result->log_scale = upper.log_scale[0];
  for (PetscInt j = 1; j < dim; j++) result->log_scale = PetscMax(result->log_scale, upper.log_scale[j]);
  write_tensor(dim, &upper, result->log_scale, result->upper);
  write_tensor(dim, &lower, result->log_scale, result->lower);
  PetscFunctionReturn(0);
}

static PetscInt fem_unknowns(const CellProblem *problem, CellResolution resolution)
{
  return TorusUnknowns(problem, resolution);
}

/* Smooth coefficients earn a high order; kinks on element boundaries too; kinks inside elements do not. */
static PetscErrorCode fem_start(void *work, const CellProblem *problem, CellResolution *resolution)
{
  PetscFunctionBegin;
  (void)work;
  resolution->rtol = 0;
  if (problem->smooth) {
    resolution->order = problem->dim == 3 ? 4 : 8;
    resolution->cells = 4;
  } else if (problem->aligned) {
    resolution->order = problem->dim == 3 ? 4 : 6;
    resolution->cells = 2 * TorusIntervals(problem);
  } else {
    resolution->order = 2;
    resolution->cells = 16;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_refine(void *work, const CellProblem *problem, const CellResult *last,
                                 CellResolution *resolution)
{
  PetscFunctionBegin;
  (void)work;
  *resolution = last->resolution;
  resolution->cells = 2 * PetscMax(resolution->cells, TorusIntervals(problem));
  PetscFunctionReturn(0);
}

/* The value at y of the function with these nodal values. */
static PetscReal evaluate(const Torus *torus, const PetscReal nodal[], const PetscInt e[],
                          PetscReal basis[][ELEMENT_MAX_ORDER + 1])
{
  const TorusAxis *x = torus->axis;
  PetscReal sum = 0;

  for (PetscInt a2 = 0; a2 <= x[2].order; a2++) {
    for (PetscInt a1 = 0; a1 <= x[1].order; a1++) {
      for (PetscInt a0 = 0; a0 <= x[0].order; a0++) {
        const PetscInt i[3] = {TorusAxisNode(&x[0], e[0], a0), TorusAxisNode(&x[1], e[1], a1),
                               TorusAxisNode(&x[2], e[2], a2)};
        sum += nodal[TorusNode(torus, i)] * basis[0][a0] * basis[1][a1] * basis[2][a2];
      }
    }
  }
  return sum;
}

/* The element of an axis in which coordinate y of [0, 1) lies, and the basis there. */
static PetscErrorCode locate(const TorusAxis *x, PetscReal y, PetscInt *e, PetscReal basis[])
{
  PetscReal node[ELEMENT_MAX_ORDER + 1], slope[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  if (y < x->edge[0]) y += 1;
  *e = 0;
  while (*e + 1 < x->cells && y >= x->edge[*e + 1]) ++*e;
  PetscCall(ElementNodes(x->order, node));
  ElementBasis(x->order, node, (y - x->edge[*e]) / (x->edge[*e + 1] - x->edge[*e]), basis, slope);
  PetscFunctionReturn(0);
}

static PetscErrorCode sample_theta(const Torus *torus, const PetscReal nodal[], PetscInt m, PetscReal theta[])
{
  PetscReal basis[3][ELEMENT_MAX_ORDER + 1] = {{0}}, mean = 0;
  PetscInt i[3] = {0}, e[3], n[3], total = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) n[c] = c < torus->dim ? m : 1;
  for (i[2] = 0; i[2] < n[2]; i[2]++) {
    PetscCall(locate(&torus->axis[2], (PetscReal)i[2] / (PetscReal)m, &e[2], basis[2]));
    for (i[1] = 0; i[1] < n[1]; i[1]++) {
      PetscCall(locate(&torus->axis[1], (PetscReal)i[1] / (PetscReal)m, &e[1], basis[1]));
      for (i[0] = 0; i[0] < n[0]; i[0]++) {
        PetscCall(locate(&torus->axis[0], (PetscReal)i[0] / (PetscReal)m, &e[0], basis[0]));
        theta[total] = evaluate(torus, nodal, e, basis);
        mean += theta[total++];
      }
    }
  }
  for (PetscInt p = 0; p < total; p++) theta[p] -= mean / (PetscReal)total;
  PetscFunctionReturn(0);
}

/* A failure leaves no numbers behind: theta is then NaN. */
static PetscErrorCode fem_correctors(void *ctx, const CellProblem *problem, CellResolution resolution,
                                     PetscInt m, PetscReal *const theta[])
{
  FemWork *work = ctx;
  CellFailure failure = {CELL_OK, ""};
  FemCoefficient coefficient;
  PetscInt iterations = 0, total = 1;
  PetscReal *nodal;
  FemPsi psi;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < problem->dim; c++) total *= m;
  for (PetscInt j = 0; j < problem->dim; j++) {
    for (PetscInt p = 0; p < total; p++) theta[j][p] = NAN;
  }
  PetscCall(fem_prepare(work, problem, resolution));
  PetscCall(FemQuadratureSample(&work->quadrature, &work->torus, problem, &failure));
  if (failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(FemCoefficientCreate(&work->quadrature, problem, FEM_PRIMAL, &coefficient, &failure));
  PetscCall(PetscMemzero(&psi, sizeof(psi)));
  if (failure.status == CELL_OK) {
    PetscCall(FemPsiSolve(&work->scalar, &work->torus, &work->quadrature, &coefficient, resolution.rtol, &psi,
                          &iterations, &failure));
  }
  PetscCall(PetscMalloc1(work->torus.nodes, &nodal));
  for (PetscInt j = 0; j < problem->dim && failure.status == CELL_OK; j++) {
    PetscCall(FemPsiTheta(&psi, &work->torus, j, nodal));
    PetscCall(sample_theta(&work->torus, nodal, m, theta[j]));
  }
  PetscCall(PetscFree(nodal));
  PetscCall(FemPsiDestroy(&psi));
  PetscCall(FemCoefficientDestroy(&coefficient));
  PetscFunctionReturn(0);
}

const CellMethodOps CellMethodFem = {
    .summary = "finite elements of order 1 to 12 on a periodic tensor grid; for every coefficient",
    .Create = fem_create,
    .Destroy = fem_destroy,
    .Applies = fem_applies,
    .Start = fem_start,
    .Refine = fem_refine,
    .Unknowns = fem_unknowns,
    .SolveAt = fem_solve_at,
    .Correctors = fem_correctors,
};
