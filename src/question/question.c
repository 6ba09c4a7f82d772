#include "question_private.h"
#include <stdarg.h>

const Question *const Questions[] = {&EvolveQuestion,  &SpectrumQuestion, &ConstantsQuestion,
                                     &PassageQuestion, &KineticQuestion,  NULL};

PetscErrorCode CheckSignal(MPI_Comm comm, const volatile int *interrupted, CellFailure *failure)
{
  int any = interrupted ? *interrupted : 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, comm));
  if (any) failure->status = CELL_INTERRUPTED;
  PetscFunctionReturn(0);
}

PetscErrorCode FormulaCreate(const Setting *setting, Expression formula, ProgramFunction *function)
{
  PetscFunctionBegin;
  PetscCall(CaseGetDimension(setting->c, &function->dim));
  PetscCall(ProgramCreate(1, &formula, &function->program));
  PetscFunctionReturn(0);
}

PetscErrorCode FormulaDestroy(ProgramFunction *function)
{
  PetscFunctionBegin;
  PetscCall(ProgramDestroy(&function->program));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportAtKey(const Setting *setting, const char key[], const char expected[],
                           CellFailure *failure, const char format[], ...)
{
  SourceSpan where;
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  vsnprintf(failure->message, sizeof(failure->message), format, arguments);
  va_end(arguments);
  failure->status = CELL_REFUSED;
  PetscCall(CaseGetPlace(setting->c, setting->diagnostics, key, &where));
  PetscCall(DiagnosticsError(setting->diagnostics, where, expected, NULL, "%s", failure->message));
  PetscFunctionReturn(0);
}

PetscErrorCode GatherForFields(const Setting *setting, Vec nodes, PetscReal **values)
{
  const DomainMesh *mesh;
  const FieldMesh *picture;
  const PetscInt *natural;
  PetscReal *whole = NULL;

  PetscFunctionBegin;
  *values = NULL;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(DomainGetFieldMesh(setting->domain, &picture, &natural));
  if (setting->rank == 0) PetscCall(PetscMalloc1(mesh->n_global, &whole));
  PetscCall(DomainGather(setting->domain, nodes, whole));
  if (setting->rank == 0) {
    PetscCall(PetscMalloc1(picture->n_nodes, values));
    for (PetscInt i = 0; i < picture->n_nodes; i++) (*values)[i] = whole[natural[i]];
  }
  PetscCall(PetscFree(whole));
  PetscFunctionReturn(0);
}

/* Some solvers write the least number for the logarithm of zero. */
static PetscBool is_log_of_zero(PetscReal log_value)
{
  return (PetscBool)(log_value <= -PETSC_MAX_REAL / 4);
}

PetscReal NumberOfLog(PetscReal log_value)
{
  const PetscReal value = PetscExpReal(log_value);

  return value > 0 || is_log_of_zero(log_value) ? value : NAN;
}

PetscErrorCode JsonLogReal(Json json, const char key[], const char log_key[], PetscReal log_value)
{
  PetscFunctionBegin;
  PetscCall(JsonReal(json, key, PetscExpReal(log_value))); /* beyond the range: null, or zero */
  PetscCall(JsonReal(json, log_key, is_log_of_zero(log_value) ? NAN : log_value));
  PetscFunctionReturn(0);
}
