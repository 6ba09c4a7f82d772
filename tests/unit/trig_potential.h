/* Potentials sum_m a_m cos(2 pi k_m.y + phase_m) with their derivatives, written out for the tests, independent of
   the formula language. */
#pragma once
#include <reiter/cell.h>

typedef struct {
  PetscReal amplitude, phase;
  PetscInt k[3];
} TrigMode;

typedef struct {
  PetscInt n;
  const TrigMode *modes;
  PetscReal temperature;
} TrigPotential;

static PetscErrorCode trig_sample(void *ctx, CellSamples *s)
{
  const TrigPotential *V = ctx;

  PetscFunctionBegin;
  for (PetscInt q = 0; q < s->total; q++) {
    const PetscInt i[3] = {q % s->n[0], s->dim > 1 ? q / s->n[0] % s->n[1] : 0,
                           s->dim > 2 ? q / (s->n[0] * s->n[1]) : 0};
    PetscReal value = 0, gradient[3] = {0, 0, 0}, laplacian = 0;
    for (PetscInt m = 0; m < V->n; m++) {
      PetscReal angle = V->modes[m].phase, k2 = 0;
      for (PetscInt c = 0; c < s->dim; c++) {
        angle += 2 * PETSC_PI * (PetscReal)V->modes[m].k[c] * s->axis[c][i[c]];
        k2 += PetscSqr(2 * PETSC_PI * (PetscReal)V->modes[m].k[c]);
      }
      value += V->modes[m].amplitude * PetscCosReal(angle);
      laplacian -= k2 * V->modes[m].amplitude * PetscCosReal(angle);
      for (PetscInt c = 0; c < s->dim; c++) {
        gradient[c] -=
            2 * PETSC_PI * (PetscReal)V->modes[m].k[c] * V->modes[m].amplitude * PetscSinReal(angle);
      }
    }
    s->log_w[q] = -value / V->temperature;
    for (PetscInt c = 0; c < s->dim; c++) {
      if (s->gradient[c]) s->gradient[c][q] = -gradient[c] / V->temperature;
    }
    if (s->laplacian) s->laplacian[q] = -laplacian / V->temperature;
  }
  PetscFunctionReturn(0);
}

static inline CellProblem trig_problem(PetscInt dim, TrigPotential *V, PetscReal goal)
{
  return (CellProblem){.dim = dim,
                       .sample = trig_sample,
                       .ctx = V,
                       .scalar = PETSC_TRUE,
                       .constant = PETSC_TRUE,
                       .smooth = PETSC_TRUE,
                       .aligned = PETSC_TRUE,
                       .varies = (1u << dim) - 1,
                       .goal = goal,
                       .tolerance = 100 * goal};
}

#define HALF_PI 1.57079632679489661923
/* Reference potentials A (two-dimensional) and B (three-dimensional). */
static const TrigMode potential_A[] = {
    {1, 0, {1, 0, 0}}, {0.5, 0, {0, 1, 0}}, {0.75, 0, {1, -1, 0}}, {0.3, -HALF_PI, {2, 0, 0}}};
static const TrigMode potential_B[] = {{1, 0, {1, 0, 0}},
                                       {1, 0, {0, 1, 0}},
                                       {1, 0, {0, 0, 1}},
                                       {0.8, 0, {1, -1, 0}},
                                       {0.6, -HALF_PI, {0, 1, 1}}};
