/*
  The finite-element method for cell problems. The upper bound is the primal energy (1.1) of the discrete corrector;
  the lower one comes from a dual energy (1.7): of the constant flux in one dimension, of Keller's cell problem in two,
  of fluxes without divergence in three. Energies are evaluated with more Gauss points than the matrices, and the
  change between the two quadratures is their error estimate.
*/
#include "fem.h"
#include "fem_bounds.h"
#include "fem_correctors.h"
#include "fem_flux.h"

#define ASSEMBLY_POINTS 2 /* Gauss points of the assembly: order + this */
#define RICH_POINTS     4
#define STEEP           25 /* change of log w in one element from which double precision may not carry it */

typedef struct {
  Torus torus;
  FemQuadrature quadrature, rich;
  FemLinear scalar, faces;
} FemWork;

static PetscErrorCode fem_reset(FemWork *work)
{
  PetscFunctionBegin;
  PetscCall(FemLinearDestroy(&work->scalar));
  PetscCall(FemLinearDestroy(&work->faces));
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

/* The two quadratures. */
typedef struct {
  FemCoefficient assembly, rich;
} Coefficients;

static PetscErrorCode coefficients_create(const FemWork *work, const CellProblem *problem, FemSide side,
                                          Coefficients *k, CellFailure *failure)
{
  PetscFunctionBegin;
  PetscCall(FemCoefficientCreate(&work->quadrature, problem, side, &k->assembly, failure));
  PetscCall(FemCoefficientCreate(&work->rich, problem, side, &k->rich, failure));
  PetscFunctionReturn(0);
}

static PetscErrorCode coefficients_destroy(Coefficients *k)
{
  PetscFunctionBegin;
  PetscCall(FemCoefficientDestroy(&k->assembly));
  PetscCall(FemCoefficientDestroy(&k->rich));
  PetscFunctionReturn(0);
}

/* The scalar problem with a coefficient, and its energies by the two quadratures. */
static PetscErrorCode scalar_energies(FemWork *work, const Coefficients *k, PetscReal rtol, FemPsi *psi,
                                      FemEnergy energy[], PetscInt *iterations, CellFailure *failure)
{
  PetscFunctionBegin;
  PetscCall(FemPsiSolve(&work->scalar, &work->torus, &work->quadrature, &k->assembly, rtol, psi, iterations,
                        failure));
  if (failure->status == CELL_OK) {
    PetscCall(FemPsiEnergy(psi, &work->torus, &work->quadrature, &k->assembly, &energy[0]));
    PetscCall(FemPsiEnergy(psi, &work->torus, &work->rich, &k->rich, &energy[1]));
  }
  PetscFunctionReturn(0);
}

/* int 1/K over the unit interval in units of exp(scale): the dual energy in one dimension, where the flux is
   constant. */
static void harmonic_energy(const FemWork *work, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, PetscReal scale, FemEnergy *energy)
{
  const ElementTable *t = &quadrature->table[0];
  const PetscInt total = quadrature->samples.total;

  energy->scale[0] = scale;
  energy->e[0] = 0;
  for (PetscInt p = 0; p < total; p++) {
    const PetscInt e = p / t->points;
    energy->e[0] += t->weight[p % t->points] *
                    (work->torus.axis[0].edge[e + 1] - work->torus.axis[0].edge[e]) *
                    PetscExpReal(coefficient->log[p] - energy->scale[0]);
  }
}

/* `nodes`: the wells of the primal problem. */
static PetscErrorCode dual_energies(FemWork *work, const Coefficients *k, const Basins *nodes, PetscReal rtol,
                                    FemEnergy energy[], PetscInt *iterations, CellFailure *failure)
{
  PetscFunctionBegin;
  if (work->torus.dim == 1) {
    PetscReal top = -INFINITY; /* of both quadratures, whose energies are compared */
    for (PetscInt p = 0; p < work->rich.samples.total; p++) top = PetscMax(top, k->rich.log[p]);
    harmonic_energy(work, &work->quadrature, &k->assembly, top, &energy[0]);
    harmonic_energy(work, &work->rich, &k->rich, top, &energy[1]);
  } else if (work->torus.dim == 2) {
    FemPsi psi;
    PetscCall(scalar_energies(work, k, rtol, &psi, energy, iterations, failure));
    PetscCall(FemPsiDestroy(&psi));
  } else {
    PetscCall(FemFluxSolve(&work->faces, &work->torus, &work->quadrature, &k->assembly, &work->rich, &k->rich,
                           nodes, rtol, &energy[0], &energy[1], iterations, failure));
  }
  PetscFunctionReturn(0);
}

/* Energies that are not positive numbers are a failure. */
static PetscErrorCode check_energies(PetscInt dim, const FemEnergy energy[], CellFailure *failure)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim && failure->status == CELL_OK; j++) {
    for (PetscInt k = 0; k < 2; k++) {
      const PetscReal e = energy[k].e[4 * j];
      if (e > 0 && !PetscIsInfOrNanReal(e)) continue;
      failure->status = CELL_NOT_CONVERGED;
      PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                              "The energy of a cell in direction %" PetscInt_FMT " came out as %g", j + 1,
                              (double)e));
    }
  }
  PetscFunctionReturn(0);
}

/* A solver that stopped where the weight changes by many powers of ten between neighbouring nodes stopped because of
   the grid; a finer one may do. */
static PetscErrorCode blame_grid(const FemWork *work, CellFailure *failure)
{
  const PetscReal *log_w = work->quadrature.samples.log_w;
  FemCoefficient weight = {.log = (PetscReal *)log_w};
  PetscReal steepest = 0;
  FemElement element;

  PetscFunctionBegin;
  if (failure->status != CELL_NOT_CONVERGED) PetscFunctionReturn(0);
  PetscCall(FemElementCreate(&work->torus, &work->quadrature, &weight, &element));
  for (PetscInt c = 0; c < work->torus.cells; c++) {
    PetscReal lowest = PETSC_INFINITY;
    FemElementMove(&element, c);
    for (PetscInt q = 0; q < work->quadrature.points; q++)
      lowest = PetscMin(lowest, log_w[element.sample[q]]);
    steepest = PetscMax(steepest, element.level - lowest);
  }
  PetscCall(FemElementDestroy(&element));
  if (steepest > STEEP) {
    char reason[sizeof(failure->message)];
    PetscCall(PetscStrncpy(reason, failure->message, sizeof(reason)));
    failure->status = CELL_LIMIT;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The weight changes by a factor of exp(%.0f) in one element; %s",
                            (double)steepest, reason));
  }
  PetscFunctionReturn(0);
}

/* Both bounds, unless the result has failed. */
static PetscErrorCode fem_bracket(FemWork *work, const CellProblem *problem, PetscReal rtol,
                                  CellResult *result, Bound *upper, Bound *lower)
{
  CellFailure *failure = &result->failure;
  const PetscInt dim = problem->dim;
  FemEnergy energy[2];
  Coefficients k;
  FemPsi psi = {0};

  PetscFunctionBegin;
  PetscCall(coefficients_create(work, problem, FEM_PRIMAL, &k, failure));
  if (failure->status == CELL_OK) {
    PetscCall(scalar_energies(work, &k, rtol, &psi, energy, &result->iterations, failure));
    PetscCall(check_energies(dim, energy, failure));
  }
  PetscCall(coefficients_destroy(&k));
  if (failure->status == CELL_OK) {
    result->quadrature = PetscMax(result->quadrature, EnergyChange(dim, energy));
    BoundUpper(dim, &energy[1], upper);
    PetscCall(coefficients_create(work, problem, FEM_DUAL, &k, failure));
    if (failure->status == CELL_OK) {
      PetscCall(dual_energies(work, &k, &psi.basins, rtol, energy, &result->iterations, failure));
      PetscCall(check_energies(dim, energy, failure));
    }
    PetscCall(coefficients_destroy(&k));
  }
  if (failure->status == CELL_OK) {
    result->quadrature = PetscMax(result->quadrature, EnergyChange(dim, energy));
    BoundLower(dim, energy, lower);
  }
  PetscCall(FemPsiDestroy(&psi));
  PetscFunctionReturn(0);
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
  Bound upper, lower;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  result->method = "fem";
  result->resolution = resolution;
  result->quadrature = -1;
  PetscCall(fem_prepare(work, problem, resolution));
  PetscCall(fem_sample(work, problem, result));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(fem_bracket(work, problem, resolution.rtol, result, &upper, &lower));
  PetscCall(blame_grid(work, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  result->log_scale = upper.log_scale[0];
  for (PetscInt j = 1; j < dim; j++) result->log_scale = PetscMax(result->log_scale, upper.log_scale[j]);
  BoundWrite(dim, &upper, result->log_scale, result->upper);
  BoundWrite(dim, &lower, result->log_scale, result->lower);
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
  const PetscInt cells = PetscMax(resolution->cells, TorusIntervals(problem));
  /* twice as many in three dimensions are eight times as many */
  resolution->cells = problem->dim == 3 ? cells + PetscMax(cells / 2, 1) : 2 * cells;
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
  FemPsi psi = {0};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < problem->dim; c++) total *= m;
  for (PetscInt j = 0; j < problem->dim; j++) {
    for (PetscInt p = 0; p < total; p++) theta[j][p] = NAN;
  }
  PetscCall(fem_prepare(work, problem, resolution));
  PetscCall(FemQuadratureSample(&work->quadrature, &work->torus, problem, &failure));
  if (failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(FemCoefficientCreate(&work->quadrature, problem, FEM_PRIMAL, &coefficient, &failure));
  if (failure.status == CELL_OK) {
    PetscCall(FemPsiSolve(&work->scalar, &work->torus, &work->quadrature, &coefficient, resolution.rtol, &psi,
                          &iterations, &failure));
  }
  PetscCall(PetscMalloc1(work->torus.nodes, &nodal));
  for (PetscInt j = 0; j < problem->dim && failure.status == CELL_OK; j++) {
    PetscCall(FemPsiTheta(&psi, &work->torus, j, nodal));
    PetscCall(FemSampleTheta(&work->torus, nodal, m, theta[j]));
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
