/* What is done with a solved cell problem: its energy under any quadrature, and theta at the nodes. */
#include "fem_scalar.h"

/* e += int of grad psi_j . K grad psi_k over the element; slope[dim j][dim k][points] are the gradients. */
static void add_energy(const FemElement *el, const PetscReal slope[], PetscReal e[])
{
  const PetscInt points = el->quadrature->points, dim = el->torus->dim;

  for (PetscInt q = 0; q < points; q++) {
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt k = 0; k < dim; k++) {
        /* component k of the flux of psi_j */
        PetscReal flux = 0;
        for (PetscInt l = 0; l < dim; l++) {
          flux +=
              FemCoefficientEntry(el->coefficient, k, l, el->sample[q]) * slope[(j * dim + l) * points + q];
        }
        for (PetscInt i = j; i < dim; i++)
          e[3 * j + i] += el->weight[q] * flux * slope[(i * dim + k) * points + q];
      }
    }
  }
}

PetscErrorCode FemPsiEnergy(const FemPsi *psi, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, FemEnergy *energy)
{
  const PetscInt dim = torus->dim, points = quadrature->points;
  PetscReal *local, *slope;
  PetscInt *turns;
  FemElement element;
  StepsElement view;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(energy, sizeof(*energy)));
  for (PetscInt j = 0; j < dim; j++) energy->scale[j] = psi->steps.scale[psi->steps.wells + j];
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &element));
  PetscCall(StepsElementCreate(&psi->steps, torus->local, &view));
  PetscCall(PetscMalloc3(dim * torus->local, &local, dim * dim * points, &slope, torus->local * dim, &turns));
  for (PetscInt c = 0; c < torus->cells; c++) {
    FemElementMove(&element, c);
    BasinsTurns(torus, element.e, turns);
    view.index = element.node;
    view.turns = turns;
    view.level = element.level;
    StepsPsi(&psi->steps, &psi->basins, &view, local);
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt k = 0; k < dim; k++) {
        FemElementSlope(&element, k, local + j * torus->local, slope + (j * dim + k) * points);
      }
    }
    add_energy(&element, slope, energy->e);
  }
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < j; k++) energy->e[3 * j + k] = energy->e[3 * k + j];
  }
  PetscCall(PetscFree3(local, slope, turns));
  PetscCall(StepsElementDestroy(&view));
  PetscCall(FemElementDestroy(&element));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiTheta(const FemPsi *psi, const Torus *torus, PetscInt j, PetscReal theta[])
{
  const Basins *b = &psi->basins;
  const Steps *s = &psi->steps;
  const PetscReal *share = s->share + j * s->fields, scale = s->scale[s->wells + j];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < torus->nodes; i++) {
    PetscInt at = i;
    for (PetscInt c = 0; c < j; c++) at /= torus->axis[c].nodes;
    theta[i] = PetscExpReal(0.5 * (scale - s->log_d[i])) * s->u[j * s->size + i] -
               (PetscReal)b->shift[i * b->dim + j] - torus->axis[j].node[at % torus->axis[j].nodes];
    for (PetscInt f = 0; f < s->wells; f++) {
      if (share[f] != 0 && b->inside[(f + 1) * b->count + b->basin[i]]) {
        theta[i] += share[f] * PetscExpReal(0.5 * (scale - s->scale[f]));
      }
    }
  }
  PetscFunctionReturn(0);
}
