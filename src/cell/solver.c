#include <reiter/cell.h>
#include "closed_form.h"
#include "fem.h"
#include "fourier.h"
#include "linear_solve.h"

#define MAX_METHODS 16

/* The registry; filled once by CellMethodRegisterAll and by users of the library, then only read. */
static const CellMethodOps *method_ops[MAX_METHODS];
static const char *method_names[MAX_METHODS], *method_summaries[MAX_METHODS];
static PetscInt n_methods;

struct _p_CellSolver {
  PetscInt dim, method; /* -1: auto */
  PetscInt cells, order, max_unknowns;
  const volatile int *interrupted; /* or NULL */
  PetscBool wants_ksp; /* the user gave options of a linear solver: auto then takes a method that has one */
  void *work[MAX_METHODS];
};

PetscErrorCode CellMethodRegister(const char name[], const CellMethodOps *ops)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n_methods; i++) {
    if (!strcmp(method_names[i], name)) PetscFunctionReturn(0);
  }
  PetscCheck(n_methods < MAX_METHODS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "too many cell methods");
  method_names[n_methods] = name;
  method_summaries[n_methods] = ops->summary;
  method_ops[n_methods++] = ops;
  PetscFunctionReturn(0);
}

PetscErrorCode CellMethodRegisterAll(void)
{
  PetscFunctionBegin;
  PetscCall(CellMethodRegister("closed_form", &CellMethodClosedForm)); /* the order in which auto asks */
  PetscCall(CellMethodRegister("fourier", &CellMethodFourier));
  PetscCall(CellMethodRegister("fem", &CellMethodFem));
  PetscFunctionReturn(0);
}

PetscErrorCode CellMethodList(PetscInt *n, const char *const **names, const char *const **summaries)
{
  PetscFunctionBegin;
  *n = n_methods;
  *names = method_names;
  *summaries = method_summaries;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverCreate(PetscInt dim, CellSolver *solver)
{
  PetscFunctionBegin;
  PetscCall(CellMethodRegisterAll());
  PetscCall(PetscNew(solver));
  (*solver)->dim = dim;
  (*solver)->method = -1;
  (*solver)->max_unknowns = 1000000;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverDuplicate(CellSolver solver, CellSolver *copy)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(copy));
  **copy = *solver;
  PetscCall(PetscMemzero((*copy)->work, sizeof((*copy)->work)));
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverDestroy(CellSolver *solver)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; *solver && i < n_methods; i++) {
    if ((*solver)->work[i]) PetscCall(method_ops[i]->Destroy(&(*solver)->work[i]));
  }
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSetMethod(CellSolver solver, const char name[])
{
  PetscFunctionBegin;
  solver->method = -1;
  if (!strcmp(name, "auto")) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < n_methods; i++) {
    if (!strcmp(method_names[i], name)) solver->method = i;
  }
  PetscCheck(solver->method >= 0, PETSC_COMM_SELF, PETSC_ERR_ARG_UNKNOWN_TYPE, "no cell method '%s'", name);
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSetResolution(CellSolver solver, PetscInt cells, PetscInt order)
{
  PetscFunctionBegin;
  solver->cells = cells;
  solver->order = order;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSetInterrupt(CellSolver solver, const volatile int *interrupted)
{
  PetscFunctionBegin;
  solver->interrupted = interrupted;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSetLimit(CellSolver solver, PetscInt max_unknowns)
{
  PetscFunctionBegin;
  solver->max_unknowns = max_unknowns;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSetFromOptions(CellSolver solver)
{
  PetscInt method = solver->method;
  PetscBool set;
  const char *names[MAX_METHODS + 1];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n_methods; i++) names[i] = method_names[i];
  names[n_methods] = "auto";
  if (method < 0) method = n_methods;
  PetscOptionsBegin(PETSC_COMM_SELF, "cell_", "Cell problems", "CellSolver");
  PetscCall(PetscOptionsEList("-method", "Discretisation", "CellSolverSetMethod", names, n_methods + 1,
                              names[method], &method, &set));
  if (set) solver->method = method == n_methods ? -1 : method;
  PetscCall(PetscOptionsBoundedInt("-points", "Elements or points per direction (0: chosen)",
                                   "CellSolverSetResolution", solver->cells, &solver->cells, NULL, 0));
  PetscCall(PetscOptionsRangeInt("-order", "Order of the elements (0: chosen)", "CellSolverSetResolution",
                                 solver->order, &solver->order, NULL, 0, 12));
  PetscOptionsEnd();
  PetscCall(LinearOptionsGiven(&solver->wants_ksp));
  PetscFunctionReturn(0);
}

static PetscErrorCode method_work(CellSolver solver, PetscInt method, void **work)
{
  PetscFunctionBegin;
  if (!solver->work[method]) PetscCall(method_ops[method]->Create(solver, &solver->work[method]));
  *work = solver->work[method];
  PetscFunctionReturn(0);
}

/* The first method from `from` on that applies; n_methods if none does. */
static PetscErrorCode choose(CellSolver solver, const CellProblem *problem, PetscInt from, PetscInt *method,
                             const char **why)
{
  PetscBool applies;

  PetscFunctionBegin;
  for (PetscInt i = from; i < n_methods; i++) {
    if (solver->method >= 0 && i != solver->method) continue;
    PetscCall(method_ops[i]->Applies(problem, &applies, why));
    if (solver->method >= 0 && method_ops[i]->anywhere) applies = PETSC_TRUE;
    /* A closed form has no linear solver and no order to fix. */
    const PetscBool direct = (PetscBool)(method_ops[i] == &CellMethodClosedForm);
    if (solver->method < 0 && direct && problem->varies &&
        (solver->wants_ksp || solver->cells || solver->order))
      continue;
    if (solver->method < 0 && solver->order > 0 && method_ops[i] == &CellMethodFourier) continue;
    if (!applies) continue;
    *method = i;
    PetscFunctionReturn(0);
  }
  *method = n_methods;
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverChoose(CellSolver solver, const CellProblem *problem, const char **name,
                                const char **why)
{
  PetscInt method = n_methods;

  PetscFunctionBegin;
  PetscCall(choose(solver, problem, 0, &method, why));
  *name = method < n_methods ? method_names[method] : NULL;
  PetscFunctionReturn(0);
}

/* Relative change of K, z and zhat between two resolutions. */
static PetscErrorCode change_between(PetscInt dim, const CellResult *a, const CellResult *b,
                                     PetscReal *change)
{
  const PetscReal scale = PetscExpReal(a->log_scale - b->log_scale);

  PetscFunctionBegin;
  *change = PetscAbsReal(a->log_z - b->log_z);
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal size = PetscSqrtReal(b->upper[i * dim + i] * b->upper[j * dim + j]);
      *change = PetscMax(*change, PetscAbsReal(a->upper[i * dim + j] * scale - b->upper[i * dim + j]) / size);
    }
  }
  if (!(*change >= 0)) *change = PETSC_INFINITY;
  PetscFunctionReturn(0);
}

/* One grid can be deceived (a wave that it does not see): the last grid's own estimate must explain the change
   since, or the change itself is the error. */
static PetscErrorCode confirm(const CellProblem *problem, const CellResult *last, PetscReal estimate,
                              CellResult *result)
{
  PetscReal change = PETSC_INFINITY;

  PetscFunctionBegin;
  if (last && last->failure.status == CELL_OK) PetscCall(change_between(problem->dim, last, result, &change));
  if (!last || !(change <= 10 * estimate + problem->goal))
    result->quadrature = PetscMax(result->quadrature, change);
  PetscFunctionReturn(0);
}

static PetscErrorCode fail_at_limit(const CellProblem *problem, PetscReal error, PetscInt limit,
                                    CellResult *result)
{
  PetscFunctionBegin;
  result->failure.status = CELL_LIMIT;
  if (!(result->quadrature < PETSC_INFINITY)) PetscCall(PetscArrayzero(result->upper, 9)); /* no bracket */
  PetscCall(PetscSNPrintf(
      result->failure.message, sizeof(result->failure.message),
      "the bracket of a %s cell is %.2g wide, not %.2g, at %" PetscInt_FMT " points per direction%s",
      result->method, (double)error, (double)problem->tolerance, result->resolution.cells,
      limit ? "; the next would exceed cell.max_unknowns" : "; round-off stops the refinement"));
  PetscFunctionReturn(0);
}

/* Raises the resolution until bracket and quadrature meet the goal. */
static PetscErrorCode refine_to_goal(CellSolver solver, PetscInt method, const CellProblem *problem,
                                     CellResult *result)
{
  const CellMethodOps *ops = method_ops[method];
  void *work = NULL;
  CellResult last;
  CellResolution resolution;
  PetscReal error = PETSC_INFINITY, previous, estimate = 0;
  PetscInt iterations = 0, stalled = 0;

  PetscFunctionBegin;
  PetscCall(method_work(solver, method, &work));
  PetscCall(ops->Start(work, problem, &resolution));
  while (resolution.cells > 1 && ops->Unknowns(problem, resolution) > solver->max_unknowns)
    resolution.cells -= PetscMax(1, resolution.cells / 8); /* the limit holds for the first grid, too */
  for (PetscInt step = 0;; step++) {
    PetscReal width, crossed;
    last = *result;
    if (solver->interrupted && *solver->interrupted) {
      result->failure = (CellFailure){CELL_INTERRUPTED, "interrupted"};
      break;
    }
    PetscCall(ops->SolveAt(work, problem, resolution, result));
    iterations += result->iterations;
    result->iterations = iterations;
    result->method = method_names[method];
    previous = error;
    error = PETSC_INFINITY;
    if (result->failure.status != CELL_OK && result->failure.status != CELL_LIMIT) {
      /* The best bracket so far stays; it is a result if a limit of work only kept it from becoming better. */
      if (step > 0 && last.failure.status == CELL_OK && last.quadrature < PETSC_INFINITY) {
        if (result->failure.status != CELL_NOT_CONVERGED || !(previous <= problem->tolerance))
          last.failure = result->failure;
        *result = last;
      }
      break;
    }
    if (result->failure.status == CELL_OK) {
      PetscCall(TensorBracketWidth(problem->dim, result->lower, result->upper, &width));
      PetscCall(TensorBracketWidth(problem->dim, result->upper, result->lower, &crossed));
      width = PetscMax(width, crossed); /* round-off can put the upper bound below the lower one */
      const PetscReal own = result->quadrature;
      if (result->confirm) PetscCall(confirm(problem, step > 0 ? &last : NULL, estimate, result));
      estimate = own;
      error = width + 2 * result->quadrature; /* the quadrature widens the bracket on both sides */
      if (error <= problem->goal) break;
      stalled = step > 0 && error > 0.5 * previous ? stalled + 1 : 0;
      if (error <= problem->tolerance && stalled >= 1) break;
    }
    PetscCall(ops->Refine(work, problem, result, &resolution));
    const PetscBool limit = (PetscBool)(ops->Unknowns(problem, resolution) > solver->max_unknowns);
    /* No bound at all on a few grids may be for lack of resolution; on many it is round-off. */
    if (limit || stalled >= (error < PETSC_INFINITY ? 3 : 5)) {
      if (!(error <= problem->tolerance)) PetscCall(fail_at_limit(problem, error, limit, result));
      break;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_fixed(CellSolver solver, PetscInt method, const CellProblem *problem,
                                  CellResult *result)
{
  void *work = NULL;
  CellResolution resolution;

  PetscFunctionBegin;
  PetscCall(method_work(solver, method, &work));
  PetscCall(method_ops[method]->Start(work, problem, &resolution));
  if (solver->cells) resolution.cells = solver->cells;
  if (solver->order) resolution.order = solver->order;
  resolution.rtol = 1e-13;
  PetscCall(method_ops[method]->SolveAt(work, problem, resolution, result));
  result->method = method_names[method];
  if (result->quadrature < 0)
    result->quadrature = 0; /* one grid was asked for: there is nothing to compare with */
  PetscFunctionReturn(0);
}

PetscErrorCode CellSolverSolve(CellSolver solver, const CellProblem *problem, CellResult *result)
{
  PetscInt method = -1;
  const char *why = "";

  PetscFunctionBegin;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  PetscCall(choose(solver, problem, 0, &method, &why));
  if (method == n_methods) {
    result->failure.status = CELL_REFUSED;
    PetscCall(PetscSNPrintf(result->failure.message, sizeof(result->failure.message),
                            "cell method '%s' does not apply: %s",
                            solver->method >= 0 ? method_names[solver->method] : "auto", why));
    PetscFunctionReturn(0);
  }
  if (solver->cells || solver->order) {
    PetscCall(solve_fixed(solver, method, problem, result));
    PetscFunctionReturn(0);
  }
  for (;;) { /* a method that meets its limit, or whose solver options do not fit, hands over to the next */
    CellResult first = *result;
    PetscInt next;
    PetscCall(refine_to_goal(solver, method, problem, result));
    if (result->failure.status != CELL_LIMIT && result->failure.status != CELL_REFUSED) break;
    PetscCall(choose(solver, problem, method + 1, &next, &why));
    if (next == n_methods) {
      if (first.failure.status == CELL_LIMIT) *result = first;
      break;
    }
    method = next;
  }
  PetscFunctionReturn(0);
}

/* The method that made the result if it has correctors, else the first that applies and has. */
PetscErrorCode CellSolverCorrectors(CellSolver solver, const CellProblem *problem, const CellResult *result,
                                    PetscInt m, PetscReal *const theta[])
{
  CellResult again = *result;
  PetscInt method = 0;
  PetscBool applies;
  const char *why;
  void *work = NULL;

  PetscFunctionBegin;
  while (method < n_methods && strcmp(method_names[method], result->method)) method++;
  if (method < n_methods && !method_ops[method]->Correctors) {
    for (method = 0; method < n_methods; method++) {
      if (!method_ops[method]->Correctors) continue;
      PetscCall(method_ops[method]->Applies(problem, &applies, &why));
      if (applies) break;
    }
    PetscCheck(method < n_methods, PETSC_COMM_SELF, PETSC_ERR_SUP,
               "no cell method has correctors for this cell");
    PetscCall(PetscMemzero(&again, sizeof(again)));
    PetscCall(refine_to_goal(solver, method, problem, &again));
  }
  PetscCheck(method < n_methods, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "the result names no cell method");
  PetscCall(method_work(solver, method, &work));
  PetscCall(method_ops[method]->Correctors(work, problem, again.resolution, m, theta));
  PetscFunctionReturn(0);
}
