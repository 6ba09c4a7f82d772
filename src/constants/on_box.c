/* Two and three dimensions: elements on a box (spectrum.h), refined until the estimate of the error is small enough. */
#include <reiter/spectrum.h>
#include "constants_private.h"

#define NODES_PER_PERIOD 12.

static const char too_many[] = "A box that resolves the measure has more unknowns than are allowed.";

static PetscReal unknowns(const ConstantsRequest *request, const PetscInt cells[])
{
  PetscReal product = 1;

  for (PetscInt c = 0; c < request->dim; c++) product *= (PetscReal)(cells[c] * request->order + 1);
  return product;
}

/* The request's cells, or as many as the period needs; a multiple of four, so that the estimate has coarser boxes. */
static void first_cells(const ConstantsRequest *request, PetscReal period, PetscReal cells[])
{
  for (PetscInt c = 0; c < request->dim; c++) {
    const PetscReal length = request->box[c][1] - request->box[c][0];
    cells[c] = (PetscReal)PetscMax(request->cells[c], 4);
    if (period > 0)
      cells[c] = PetscMax(cells[c], NODES_PER_PERIOD * length / (period * (PetscReal)request->order));
    cells[c] = 4 * PetscCeilReal(cells[c] / 4);
  }
}

/* The smallest eigenvalue that is not the constant's, on one box. */
static PetscErrorCode solve(const ConstantsRequest *request, Coefficients coefficients,
                            const PetscInt cells[], const volatile int *interrupted, ConstantValue *gap,
                            CellFailure *failure)
{
  const DiffusionSystem *system;
  const SpectrumValue *values;
  CoefficientFault fault = {0};
  Spectrum spectrum;
  Diffusion diffusion;
  Domain domain;
  PetscInt n, which;

  PetscFunctionBegin;
  PetscCall(DomainCreateBox(request->comm, request->dim, request->box, cells, request->order, request->sides,
                            &domain));
  PetscCall(DiffusionCreate(domain, coefficients, &diffusion));
  PetscCall(DiffusionSetUp(diffusion, &fault));
  ConstantUnknown(
      gap, "The coefficients are not finite and positive on the whole box, or vary too fast for its cells.");
  if (!fault.trouble) {
    PetscCall(DiffusionGetSystem(diffusion, &system));
    which = system->conservative ? 1 : 0;
    PetscCall(SpectrumCreate(diffusion, &spectrum));
    PetscCall(SpectrumSetCount(spectrum, which + 1));
    PetscCall(SpectrumSolve(spectrum, interrupted, failure));
    PetscCall(SpectrumGetValues(spectrum, &n, &values));
    ConstantUnknown(gap, "The eigenvalue solver did not converge.");
    if (failure->status == CELL_OK && n > which) {
      gap->known = (PetscBool)(values[which].known && values[which].discretisation_known);
      gap->log_value = values[which].log_value;
      gap->error = values[which].error;
      gap->why_not = gap->known ? NULL : values[which].why;
      if (!gap->known && !gap->why_not) gap->why_not = "There is no coarser box to estimate the error from.";
    }
    PetscCall(SpectrumDestroy(&spectrum));
  }
  PetscCall(DiffusionDestroy(&diffusion));
  PetscCall(DomainDestroy(&domain));
  PetscFunctionReturn(0);
}

PetscErrorCode ConstantsOnBox(const ConstantsRequest *request, Coefficients coefficients, PetscReal period,
                              const volatile int *interrupted, ConstantValue *gap, CellFailure *failure)
{
  PetscReal wanted[REITER_MAX_DIM];
  PetscInt cells[REITER_MAX_DIM];

  PetscFunctionBegin;
  first_cells(request, period, wanted);
  ConstantUnknown(gap, too_many);
  for (PetscInt round = 0; round < 8; round++) {
    ConstantValue next;
    PetscReal product = 1;

    /* As reals first: a fine period may need more cells than an integer holds. */
    for (PetscInt c = 0; c < request->dim; c++) product *= wanted[c] * (PetscReal)request->order + 1;
    if (product > (PetscReal)request->max_unknowns) break;
    for (PetscInt c = 0; c < request->dim; c++) cells[c] = (PetscInt)wanted[c];
    if (unknowns(request, cells) > (PetscReal)request->max_unknowns) break;
    PetscCall(solve(request, coefficients, cells, interrupted, &next, failure));
    if (failure->status == CELL_INTERRUPTED) break;
    failure->status = CELL_OK; /* what is not known is said where it is not known */
    if (next.known || !gap->known) *gap = next;
    if (gap->known && gap->error <= request->tolerance) break;
    for (PetscInt c = 0; c < request->dim; c++) wanted[c] *= 2;
  }
  PetscFunctionReturn(0);
}
