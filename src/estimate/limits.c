/* What the theory says that the estimates of the diffusion go to. */
#include <reiter/estimate.h>

PetscErrorCode EstimateLimitsCompute(Case c, Cascade cascade, const volatile int *interrupted,
                                     EstimateLimits *limits, CellFailure *failure)
{
  const CaseEffective *effective;
  EffectivePoint point;

  PetscFunctionBegin;
  *limits = (EstimateLimits){.known = PETSC_FALSE};
  *failure = (CellFailure){CELL_OK, ""};
  if (!cascade) PetscFunctionReturn(0);
  PetscCall(CaseGetDimension(c, &limits->dim));
  PetscCall(CaseGetEffective(c, &effective));
  for (PetscInt i = 0; i < limits->dim && effective->n_points; ++i) limits->x[i] = effective->points[i];
  PetscCall(CaseGetTemperature(c, &limits->temperature));
  if (interrupted) PetscCall(CascadeSetInterrupt(cascade, interrupted));
  PetscCall(CascadeCompute(cascade, limits->x, &point));
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
