/* f_th(R) and what is left of the force. */
#include "green_kubo_private.h"
#include <stdarg.h>

PetscErrorCode GreenKuboRefuse(char **refused, const char format[], ...)
{
  char text[512];
  va_list arguments;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0);
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  PetscCall(PetscStrallocpy(text, refused));
  PetscFunctionReturn(0);
}

/* The formulas of the components at the positions. */
static PetscErrorCode subtract_given(GreenKubo gk, char **refused)
{
  const PetscInt dim = gk->s.dim;
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal *R[GK_MAX_DIM], *f[GK_MAX_DIM], *F;
  Program program;

  PetscFunctionBegin;
  PetscCheck(gk->s.n_basis == dim, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "One formula for each component");
  PetscCall(ProgramCreate(dim, gk->s.basis, &program));
  PetscCall(PetscMalloc1(GK_PIECE, &F));
  for (PetscInt c = 0; c < dim; c++) {
    PetscCall(PetscMalloc2(GK_PIECE, &R[c], GK_PIECE, &f[c]));
    variables[VariableIndex(0, c)] = R[c];
  }
  for (PetscInt64 at = 0; at < gk->n && !*refused;) {
    const PetscInt m = SamplesTogether(at, gk->n);

    for (PetscInt c = 0; c < dim; c++) SamplesLoad(gk, gk->first[GK_POSITION] + c, at, m, R[c]);
    PetscCall(ProgramEvaluatePoints(program, m, variables, f));
    for (PetscInt c = 0; c < dim; c++) {
      SamplesLoad(gk, gk->first[GK_FORCE] + c, at, m, F);
      for (PetscInt i = 0; i < m; i++) {
        F[i] -= f[c][i];
        if (PetscIsInfOrNanReal(F[i]))
          PetscCall(GreenKuboRefuse(refused,
                                    "component %c of the thermal force is not a finite number at sample %lld",
                                    "xyz"[c], (long long)(at + i + 1)));
      }
      SamplesStore(gk, gk->first[GK_FORCE] + c, at, m, F);
    }
    at += m;
  }
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscFree2(R[c], f[c]));
  PetscCall(PetscFree(F));
  PetscCall(ProgramDestroy(&program));
  PetscFunctionReturn(0);
}

PetscErrorCode ThermalSubtract(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result, char **refused)
{
  PetscFunctionBegin;
  result->thermal = gk->s.thermal;
  if (gk->first[GK_POSITION] < 0 && gk->s.thermal == THERMAL_MEAN) PetscFunctionReturn(0);
  if (gk->first[GK_POSITION] < 0) {
    PetscCall(GreenKuboRefuse(
        refused, "a thermal force that depends on the position needs columns with the position"));
    PetscFunctionReturn(0);
  }
  /* Correlations take the mean off. */
  PetscCall(ThermalTabulate(gk, blocks, result));
  if (gk->s.thermal == THERMAL_GIVEN) PetscCall(subtract_given(gk, refused));
  if (gk->s.thermal == THERMAL_POTENTIAL) PetscCall(ThermalFit(gk, blocks, result, refused));
  if (gk->s.thermal == THERMAL_BINS) PetscCall(ThermalBins(gk, result, refused));
  if (!*refused) PetscCall(ThermalTabulateModel(gk, blocks, result));
  PetscFunctionReturn(0);
}
