/* What is done with a solved cell problem: its energy under any quadrature, and theta at the nodes. */
#include "fem_scalar.h"

typedef struct {
  FemElement element;
  const FemPsi *psi;
  PetscReal *step;   /* [fields][local] */
  PetscReal *psi_at; /* [dim][local] times exp((level - scale of j)/2) */
  PetscReal *slope;  /* [dim j][dim k][points] */
  PetscBool *active; /* [fields] */
} Evaluation;

/* psi_j on the element's nodes less its value at the first one, in units of exp((scale_j - level)/2):
   differences of steps are exact, and remainders are as small as the energy they carry. */
static void local_psi(Evaluation *s)
{
  FemElement *el = &s->element;
  const FemPsi *psi = s->psi;
  const PetscInt local = el->torus->local, nodes = el->torus->nodes;
  const PetscBool lift = BasinsLift(&psi->basins, el->torus, el->e, el->node, s->step, s->active);

  for (PetscInt j = 0; j < psi->dim; j++) {
    PetscReal *v = s->psi_at + j * local;
    for (PetscInt a = 0; a < local; a++) {
      const PetscInt i = el->node[a];
      v[a] = PetscExpReal(0.5 * (el->level - psi->log_d[i])) * psi->u[j * nodes + i];
    }
    for (PetscInt a = local - 1; a >= 0; a--) v[a] -= v[0];
    for (PetscInt f = 0; lift && f < psi->fields; f++) {
      const PetscReal y = psi->share[j * psi->fields + f];
      if (!s->active[f] || y == 0) continue;
      const PetscReal size = y * PetscExpReal(0.5 * (el->level - psi->scale[f]));
      for (PetscInt a = 0; a < local; a++) v[a] += size * s->step[f * local + a];
    }
  }
}

static void add_energy(Evaluation *s, PetscReal e[])
{
  const FemElement *el = &s->element;
  const PetscInt points = el->quadrature->points, dim = s->psi->dim;

  for (PetscInt q = 0; q < points; q++) {
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt k = 0; k < dim; k++) {
        /* component k of the flux of psi_j */
        PetscReal flux = 0;
        for (PetscInt l = 0; l < dim; l++) {
          flux += FemCoefficientEntry(el->coefficient, k, l, el->sample[q]) *
                  s->slope[(j * dim + l) * points + q];
        }
        for (PetscInt i = j; i < dim; i++)
          e[3 * j + i] += el->weight[q] * flux * s->slope[(i * dim + k) * points + q];
      }
    }
  }
}

PetscErrorCode FemPsiEnergy(const FemPsi *psi, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, FemEnergy *energy)
{
  Evaluation s = {.psi = psi};
  const PetscInt dim = torus->dim, points = quadrature->points;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(energy, sizeof(*energy)));
  for (PetscInt j = 0; j < dim; j++) energy->scale[j] = psi->scale[psi->fields - dim + j];
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &s.element));
  PetscCall(PetscMalloc4(psi->fields * torus->local, &s.step, dim * torus->local, &s.psi_at,
                         dim * dim * points, &s.slope, psi->fields, &s.active));
  for (PetscInt c = 0; c < torus->cells; c++) {
    FemElementMove(&s.element, c);
    local_psi(&s);
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt k = 0; k < dim; k++) {
        FemElementSlope(&s.element, k, s.psi_at + j * torus->local, s.slope + (j * dim + k) * points);
      }
    }
    add_energy(&s, energy->e);
  }
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < j; k++) energy->e[3 * j + k] = energy->e[3 * k + j];
  }
  PetscCall(PetscFree4(s.step, s.psi_at, s.slope, s.active));
  PetscCall(FemElementDestroy(&s.element));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiTheta(const FemPsi *psi, const Torus *torus, PetscInt j, PetscReal theta[])
{
  const Basins *b = &psi->basins;
  const PetscInt wells = b->count - 1;
  const PetscReal *share = psi->share + j * psi->fields, scale = psi->scale[wells + j];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < torus->nodes; i++) {
    PetscInt at = i;
    for (PetscInt c = 0; c < j; c++) at /= torus->axis[c].nodes;
    theta[i] = PetscExpReal(0.5 * (scale - psi->log_d[i])) * psi->u[j * torus->nodes + i] -
               (PetscReal)b->shift[i * b->dim + j] - torus->axis[j].node[at % torus->axis[j].nodes];
    for (PetscInt f = 0; f < wells; f++) {
      if (b->inside[(f + 1) * b->count + b->basin[i]])
        theta[i] += share[f] * PetscExpReal(0.5 * (scale - psi->scale[f]));
    }
  }
  PetscFunctionReturn(0);
}
