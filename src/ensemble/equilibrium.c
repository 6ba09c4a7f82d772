/* Integrals of the exact equilibrium density over cells. */
#include "ensemble_private.h"
#include <math.h>

/* Beyond this the exact density costs more than the paths. */
static const PetscReal most_points = 2e8;

enum { GAUSS = 4 };
static const PetscReal node[GAUSS] = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563,
                                      0.8611363115940526};
static const PetscReal weight[GAUSS] = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461,
                                        0.3478548451374538};

/* Points on their way to the dynamics. */
typedef struct {
  Dynamics dynamics;
  PetscReal *log_mass;
  PetscBool good;
  PetscInt n;
  PetscInt cell[DYNAMICS_BLOCK];
  PetscReal log_weight[DYNAMICS_BLOCK], log_w[DYNAMICS_BLOCK];
  PetscReal x[REITER_MAX_DIM * DYNAMICS_BLOCK];
} Batch;

static PetscErrorCode flush(Batch *batch)
{
  PetscFunctionBegin;
  if (!batch->n) PetscFunctionReturn(0);
  PetscCall(DynamicsEvaluate(batch->dynamics, batch->n, DYNAMICS_BLOCK, batch->x, NULL, NULL, batch->log_w));
  for (PetscInt i = 0; i < batch->n; i++) {
    PetscReal *const at = &batch->log_mass[batch->cell[i]], a = batch->log_w[i] + batch->log_weight[i];

    if (PetscIsInfOrNanReal(a)) {
      if (!(a < 0)) batch->good = PETSC_FALSE;
      continue;
    }
    *at = PetscMax(*at, a) + (PetscIsInfReal(*at) ? 0 : log1p(exp(-PetscAbsReal(*at - a))));
  }
  batch->n = 0;
  PetscFunctionReturn(0);
}

/* The points of one cell: a tensor grid of the panels' nodes. */
static PetscErrorCode add_cell(Batch *batch, PetscInt dim, const PetscInt panels[], const PetscReal lower[],
                               const PetscReal width[], PetscInt cell)
{
  PetscInt index[REITER_MAX_DIM] = {0}, total = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) total *= GAUSS * panels[c];
  for (PetscInt p = 0; p < total; p++) {
    PetscReal log_weight = 0;

    for (PetscInt c = 0; c < dim; c++) {
      const PetscReal half = width[c] / (PetscReal)(2 * panels[c]);

      batch->x[c * DYNAMICS_BLOCK + batch->n] =
          lower[c] + half * ((PetscReal)(2 * (index[c] / GAUSS) + 1) + node[index[c] % GAUSS]);
      log_weight += log(half * weight[index[c] % GAUSS]);
    }
    batch->log_weight[batch->n] = log_weight;
    batch->cell[batch->n++] = cell;
    if (batch->n == DYNAMICS_BLOCK) PetscCall(flush(batch));
    for (PetscInt c = 0; c < dim && ++index[c] == GAUSS * panels[c]; c++) index[c] = 0;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EquilibriumMasses(Dynamics dynamics, PetscInt dim, const PetscReal box[][2],
                                 const PetscInt cells[], PetscReal panel, PetscReal log_mass[],
                                 PetscBool *known)
{
  PetscReal width[REITER_MAX_DIM], lower[REITER_MAX_DIM], points = 1;
  PetscInt panels[REITER_MAX_DIM], index[REITER_MAX_DIM] = {0}, n = 1;
  Batch *batch;

  PetscFunctionBegin;
  *known = PETSC_FALSE;
  for (PetscInt c = 0; c < dim; c++) {
    width[c] = (box[c][1] - box[c][0]) / (PetscReal)cells[c];
    const PetscReal wanted = PetscCeilReal(width[c] / panel);

    points *= GAUSS * PetscMax(wanted, 1) * (PetscReal)cells[c];
    if (points > most_points) PetscFunctionReturn(0);
    panels[c] = PetscMax((PetscInt)wanted, 1);
    n *= cells[c];
  }
  PetscCall(PetscNew(&batch));
  *batch = (Batch){.dynamics = dynamics, .log_mass = log_mass, .good = PETSC_TRUE};
  for (PetscInt i = 0; i < n; i++) log_mass[i] = -PETSC_INFINITY;
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt c = 0; c < dim; c++) lower[c] = box[c][0] + width[c] * (PetscReal)index[c];
    PetscCall(add_cell(batch, dim, panels, lower, width, i));
    for (PetscInt c = 0; c < dim && ++index[c] == cells[c]; c++) index[c] = 0;
  }
  PetscCall(flush(batch));
  *known = batch->good;
  PetscCall(PetscFree(batch));
  PetscFunctionReturn(0);
}
