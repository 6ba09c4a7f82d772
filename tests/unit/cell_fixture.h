/* Cell problems written out for the tests of the finite elements, independent of the formula language. */
#pragma once
#include <reiter/cell.h>
#include "bessel.h"
#include "cell/fem.h"

/* log_w at y, and C (packed) unless the problem is scalar. */
typedef void (*CellFunction)(const PetscReal y[], const void *data, PetscReal *log_w, PetscReal c[]);

typedef struct {
  CellFunction function;
  const void *data;
} CellFixture;

static PetscErrorCode fixture_sample(void *ctx, CellSamples *s)
{
  const CellFixture *f = ctx;

  PetscFunctionBegin;
  for (PetscInt p = 0; p < s->total; p++) {
    PetscReal y[3] = {0}, c[CELL_PACKED] = {0};
    for (PetscInt k = 0, rest = p; k < s->dim; rest /= s->n[k], k++) y[k] = s->axis[k][rest % s->n[k]];
    f->function(y, f->data, &s->log_w[p], c);
    for (PetscInt k = 0; k < CELL_PACKED && s->upper[0]; k++) s->upper[k][p] = s->lower[k][p] = c[k];
  }
  PetscFunctionReturn(0);
}

static inline CellProblem fixture_problem(PetscInt dim, CellFixture *fixture, PetscBool scalar)
{
  CellProblem problem = {
      .dim = dim, .sample = fixture_sample, .ctx = fixture, .scalar = scalar, .smooth = PETSC_TRUE};

  problem.varies = 7;
  problem.goal = 1e-9;
  problem.tolerance = 1e-6;
  return problem;
}

/* One solution by finite elements at a fixed grid. */
static void fem_solve(const CellProblem *problem, PetscInt cells, PetscInt order, CellResult *result)
{
  CellResolution resolution = {cells, order, 0};
  void *work;

  PetscCallAbort(PETSC_COMM_SELF, CellMethodFem.Create(NULL, &work));
  PetscCallAbort(PETSC_COMM_SELF, CellMethodFem.SolveAt(work, problem, resolution, result));
  PetscCallAbort(PETSC_COMM_SELF, CellMethodFem.Destroy(&work));
}
