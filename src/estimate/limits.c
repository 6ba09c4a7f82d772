/* What the theory says that the estimates of the diffusion go to. */
#include <reiter/estimate.h>

/* The cascade of the case's potential. */
static PetscErrorCode make_cascade(Case c, Potential potential, Cascade *cascade)
{
  const CaseCell *cell;
  CellSolver solver;

  PetscFunctionBegin;
  PetscCall(CaseGetCell(c, &cell));
  PetscCall(CascadeCreate(potential, cascade));
  PetscCall(CascadeSetTolerance(*cascade, cell->tolerance));
  PetscCall(CascadeSetMaxSolves(*cascade, cell->max_solves));
  PetscCall(CascadeSetBreaks(*cascade, cell->n_breaks, (const PetscReal *const *)cell->breaks));
  PetscCall(CascadeGetCellSolver(*cascade, &solver));
  PetscCall(CellSolverSetMethod(solver, cell->method));
  PetscCall(CellSolverSetResolution(solver, cell->cells, cell->order));
  PetscCall(CellSolverSetLimit(solver, cell->max_unknowns));
  PetscCall(CascadeSetFrozen(*cascade, FrozenQuadratureNamed(cell->frozen)));
  PetscCall(CascadeSetFromOptions(*cascade));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimateLimitsCompute(Case c, const volatile int *interrupted, EstimateLimits *limits,
                                     CellFailure *failure)
{
  const CaseEffective *effective;
  EffectivePoint point;
  Potential potential;
  Cascade cascade;

  PetscFunctionBegin;
  *limits = (EstimateLimits){.known = PETSC_FALSE};
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(CaseGetPotential(c, &potential));
  if (!potential) PetscFunctionReturn(0);
  PetscCall(CaseGetDimension(c, &limits->dim));
  PetscCall(CaseGetEffective(c, &effective));
  for (PetscInt i = 0; i < limits->dim && effective->n_points; ++i) limits->x[i] = effective->points[i];
  PetscCall(CaseGetTemperature(c, &limits->temperature));
  PetscCall(make_cascade(c, potential, &cascade));
  if (interrupted) PetscCall(CascadeSetInterrupt(cascade, interrupted));
  PetscCall(CascadeCompute(cascade, limits->x, &point));
  PetscCall(CascadeDestroy(&cascade));
  *failure = point.failure;
  limits->known = (PetscBool)(point.failure.status == CELL_OK);
  limits->error = point.error;
  for (PetscInt i = 0; i < limits->dim * limits->dim; ++i)
    limits->homogenized[i] = limits->temperature * point.M[i];
  PetscFunctionReturn(0);
}

PetscErrorCode EstimateLimitsWriteJson(const EstimateLimits *limits, Json json)
{
  PetscReal fine[9] = {0};

  PetscFunctionBegin;
  if (!limits->known) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < limits->dim; ++i) fine[i * limits->dim + i] = limits->temperature;
  PetscCall(JsonBeginObject(json, "limits"));
  PetscCall(JsonRealArray(json, "x", limits->dim, limits->x));
  PetscCall(JsonMatrix(json, "unhomogenized", limits->dim, limits->dim, fine));
  PetscCall(JsonMatrix(json, "homogenized", limits->dim, limits->dim, limits->homogenized));
  PetscCall(JsonReal(json, "error", limits->error));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimateLimitsPrint(const EstimateLimits *limits, FILE *stream)
{
  PetscFunctionBegin;
  if (!limits->known) PetscFunctionReturn(0);
  fprintf(stream, "limits: D = %.10g at short times; homogenized, at x = (", (double)limits->temperature);
  for (PetscInt i = 0; i < limits->dim; ++i) fprintf(stream, "%s%g", i ? ", " : "", (double)limits->x[i]);
  fprintf(stream, "), D =");
  for (PetscInt a = 0; a < limits->dim; ++a) {
    for (PetscInt b = a; b < limits->dim; ++b)
      fprintf(stream, " %.10g%s", (double)limits->homogenized[a * limits->dim + b],
              b + 1 < limits->dim   ? ","
              : a + 1 < limits->dim ? ";"
                                    : "");
  }
  fputc('\n', stream);
  PetscFunctionReturn(0);
}
