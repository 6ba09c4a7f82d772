#include "space_private.h"
#include <string.h>

/* Degrees level by level; in a level the first direction's falls. */
static PetscErrorCode number_degrees(PhaseSpace space)
{
  const PetscInt levels = space->settings.levels;
  const PetscBool line = space->settings.dim == 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscInt k = 0;

  PetscFunctionBegin;
  space->n_degrees = line ? levels : levels * (levels + 1) / 2;
  PetscCall(PetscMalloc3(2 * space->n_degrees, &space->degree, space->n_degrees + 1, &space->begin,
                         levels + 1, &space->level_begin));
  space->begin[0] = 0;
  for (PetscInt level = 0; level < levels; level++) {
    space->level_begin[level] = space->begin[k];
    for (PetscInt second = 0; second <= (line ? 0 : level); second++, k++) {
      space->degree[2 * k] = level - second;
      space->degree[2 * k + 1] = second;
      space->begin[k + 1] = space->begin[k] + space->size[SpaceOfDegree(space->degree + 2 * k)];
    }
  }
  space->level_begin[levels] = space->begin[k];
  space->system = (KineticSystem){
      .dim = space->settings.dim, .n = space->begin[k], .levels = levels, .level_begin = space->level_begin};
  PetscFunctionReturn(0);
}

/* A mass matrix that rounding leaves no longer positive is a weight that is not resolved. */
static PetscErrorCode factor_mass(PhaseSpace space, CoefficientFault *fault)
{
  PetscFunctionBegin;
  for (PetscInt s = 0; s < space->spaces && !fault->trouble; s++) {
    const Mat mass = space->blocks.mass[s];
    MatFactorError error;
    MatFactorInfo info;
    IS row, column;
    PetscCall(MatSetOption(mass, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(MatGetFactor(mass, MATSOLVERPETSC, MAT_FACTOR_CHOLESKY, &space->factor[s]));
    PetscCall(MatGetOrdering(mass, MATORDERINGND, &row, &column));
    PetscCall(MatFactorInfoInitialize(&info));
    PetscCall(MatCholeskyFactorSymbolic(space->factor[s], mass, row, &info));
    PetscCall(MatCholeskyFactorNumeric(space->factor[s], mass, &info));
    PetscCall(MatFactorGetError(space->factor[s], &error));
    PetscCall(ISDestroy(&row));
    PetscCall(ISDestroy(&column));
    if (!error) continue;
    fault->trouble = COEFFICIENT_UNRESOLVED;
    for (PetscInt a = 0; a < space->settings.dim; a++) fault->x[a] = space->line[a].lo;
    PetscCall(PetscStrncpy(fault->message,
                           "The weight varies too much from cell to cell for this order and these cells.",
                           sizeof(fault->message)));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceCreate(Coefficients coefficients, const PhaseSpaceSettings *settings,
                                PhaseSpace *space, CoefficientFault *fault)
{
  PhaseSpace p;

  PetscFunctionBegin;
  PetscCheck(settings->dim >= 1 && settings->dim <= KINETIC_MAX_DIM, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Dimension %" PetscInt_FMT, settings->dim);
  PetscCheck(settings->levels >= 1 && settings->mass > 0 && settings->temperature > 0, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Levels, mass and temperature are positive");
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscNew(&p));
  *space = p;
  p->settings = *settings;
  p->spaces = 1 << settings->dim;
  p->coefficients = coefficients;
  PetscCall(CoefficientsReference(coefficients));
  for (PetscInt a = 0; a < 2; a++) PetscCall(LineCreate(settings, a, &p->line[a]));
  PetscCall(SpaceWeightCreate(p, fault));
  for (PetscInt s = 0; s < p->spaces && !fault->trouble; s++)
    p->size[s] = p->line[0].size[SpaceParity(s, 0)] * p->line[1].size[SpaceParity(s, 1)];
  if (!fault->trouble) {
    PetscCall(number_degrees(p));
    PetscCall(SpaceScale(p));
    PetscCall(SpaceBlocksCreate(p));
    PetscCall(factor_mass(p, fault));
  }
  if (fault->trouble) {
    PetscCall(PhaseSpaceDestroy(space));
    PetscFunctionReturn(0);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceDestroy(PhaseSpace *space)
{
  const PhaseSpace p = *space;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(0);
  PetscCall(MatDestroy(&p->system.T));
  PetscCall(MatDestroy(&p->system.C));
  PetscCall(MatDestroy(&p->system.B));
  PetscCall(VecDestroy(&p->system.one));
  PetscCall(VecDestroy(&p->system.total));
  PetscCall(VecDestroy(&p->system.reversal));
  PetscCall(SpaceBlocksDestroy(&p->blocks));
  for (PetscInt s = 0; s < SPACES; s++) {
    PetscCall(MatDestroy(&p->factor[s]));
    PetscCall(PetscFree(p->log_scale[s]));
    PetscCall(PetscFree(p->integral[s]));
  }
  for (PetscInt a = 0; a < 2; a++) PetscCall(LineDestroy(&p->line[a]));
  PetscCall(SpaceWeightDestroy(&p->weight));
  PetscCall(PetscFree3(p->degree, p->begin, p->level_begin));
  PetscCall(CoefficientsDestroy(&p->coefficients));
  PetscCall(PetscFree(*space));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceGetSystem(PhaseSpace space, const KineticSystem **system)
{
  PetscFunctionBegin;
  if (!space->system.T) {
    PetscCall(SpaceSystemCreate(space));
    PetscCall(SpaceBlocksDestroy(&space->blocks));
  }
  *system = &space->system;
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceGetSettings(PhaseSpace space, const PhaseSpaceSettings **settings)
{
  PetscFunctionBegin;
  *settings = &space->settings;
  PetscFunctionReturn(0);
}

/* Degree by degree: the mass is the same for all of one parity. */
PetscErrorCode PhaseSpaceSolveMass(PhaseSpace space, Vec load, Vec f)
{
  const PetscScalar *in;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(load, &in));
  PetscCall(VecGetArrayWrite(f, &out));
  for (PetscInt k = 0; k < space->n_degrees; k++) {
    const PetscInt s = SpaceOfDegree(space->degree + 2 * k);
    Vec b, x;
    PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, space->size[s], in + space->begin[k], &b));
    PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, space->size[s], out + space->begin[k], &x));
    PetscCall(MatSolve(space->factor[s], b, x));
    PetscCall(VecDestroy(&b));
    PetscCall(VecDestroy(&x));
  }
  PetscCall(VecRestoreArrayWrite(f, &out));
  PetscCall(VecRestoreArrayRead(load, &in));
  PetscFunctionReturn(0);
}
