/*
  Assembly and solution of the scalar cell problem. The stiffness matrix is scaled to a unit diagonal before it is
  formed, by logarithms, so that contrast enters only inside elements.
*/
#include "fem_scalar.h"
#include "fem_coarse.h"

/* More wells than this are merged: each costs one solution with the factor. */
#define MOST_BASINS 48

typedef struct {
  FemElement element;
  StepsElement view;
  FemPsi *psi;
  FemLinear *linear;
  PetscReal *matrix; /* [local][local] */
  PetscReal *values; /* [points] */
  PetscInt *turns;   /* [local][dim] */
} Assembly;

static void look_at(Assembly *s, PetscInt c)
{
  FemElementMove(&s->element, c);
  BasinsTurns(s->element.torus, s->element.e, s->turns);
  s->view.index = s->element.node;
  s->view.turns = s->turns;
  s->view.level = s->element.level;
}

/* The coefficient's entry kl at the points of the element, with quadrature weights; false if it is zero. */
static PetscBool entry_values(const FemElement *el, PetscInt k, PetscInt l, PetscReal values[])
{
  const FemCoefficient *c = el->coefficient;

  if (!c->tensor[0] && k != l) return PETSC_FALSE;
  for (PetscInt q = 0; q < el->quadrature->points; q++) {
    values[q] = el->weight[q] * FemCoefficientEntry(c, k, l, el->sample[q]);
  }
  return PETSC_TRUE;
}

static PetscErrorCode find_diagonal(FemElement *el, PetscReal log_d[])
{
  const Torus *t = el->torus;
  PetscReal *values, *diagonal;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(el->quadrature->points, &values, t->local, &diagonal));
  for (PetscInt i = 0; i < t->nodes; i++) log_d[i] = -INFINITY;
  for (PetscInt c = 0; c < t->cells; c++) {
    PetscBool add = PETSC_FALSE;
    FemElementMove(el, c);
    for (PetscInt k = 0; k < t->dim; k++) {
      for (PetscInt l = 0; l < t->dim; l++) {
        if (!entry_values(el, k, l, values)) continue;
        FemElementDiagonal(el, k, l, values, add, diagonal);
        add = PETSC_TRUE;
      }
    }
    for (PetscInt a = 0; a < t->local; a++) {
      PetscReal *to = &log_d[el->node[a]];
      if (diagonal[a] > 0) *to = LogAdd(*to, el->level + PetscLogReal(diagonal[a]));
    }
  }
  for (PetscInt i = 0; i < t->nodes; i++) {
    if (PetscIsInfOrNanReal(log_d[i])) log_d[i] = el->level; /* a single node: constants only */
  }
  PetscCall(PetscFree2(values, diagonal));
  PetscFunctionReturn(0);
}

static void element_matrix(Assembly *s)
{
  PetscBool add = PETSC_FALSE;

  for (PetscInt k = 0; k < s->element.torus->dim; k++) {
    for (PetscInt l = 0; l < s->element.torus->dim; l++) {
      if (!entry_values(&s->element, k, l, s->values)) continue;
      FemElementMatrix(&s->element, k, l, s->values, add, s->matrix);
      add = PETSC_TRUE;
    }
  }
}

static PetscErrorCode assemble(Assembly *s)
{
  const Torus *t = s->element.torus;
  FemLinear *lin = s->linear;
  FemPsi *psi = s->psi;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(lin->value, lin->row[lin->size]));
  for (PetscInt c = 0; c < t->cells; c++) {
    look_at(s, c);
    StepsScale(&psi->steps, &psi->basins, &s->view);
  }
  for (PetscInt c = 0; c < t->cells; c++) {
    look_at(s, c);
    element_matrix(s);
    StepsAdd(&psi->steps, &psi->basins, &s->view, s->matrix);
    FemElementScatter(&s->element, s->matrix, s->view.factor, lin->row, lin->value);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode coarsen(const Assembly *s)
{
  const Torus *t = s->element.torus;
  PetscReal *place;

  PetscFunctionBegin;
  if (!s->linear->multigrid) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(3 * t->nodes, &place));
  PetscCall(FemCoarsePlaceNodes(t, place));
  PetscCall(FemCoarseSet(t, place, s->psi->steps.log_d, s->psi->steps.held, s->linear));
  PetscCall(PetscFree(place));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                           const FemCoefficient *coefficient, PetscReal rtol, FemPsi *psi,
                           PetscInt *iterations, CellFailure *failure)
{
  Assembly s = {.psi = psi, .linear = linear};
  const PetscInt local = torus->local;
  PetscReal *log_d;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(psi, sizeof(*psi)));
  if (!linear->A) {
    PetscInt *row, *column;
    PetscCall(TorusPattern(torus, &row, &column));
    PetscCall(FemLinearCreate(torus->dim, torus->nodes, row, column, linear));
  }
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &s.element));
  PetscCall(PetscMalloc1(torus->nodes, &log_d));
  PetscCall(find_diagonal(&s.element, log_d));
  PetscCall(BasinsCreate(torus, log_d, MOST_BASINS, &psi->basins));
  PetscCall(StepsCreate(&psi->basins, torus->nodes, &psi->steps));
  psi->steps.log_d = log_d;
  PetscCall(StepsElementCreate(&psi->steps, local, &s.view));
  PetscCall(
      PetscMalloc3(local * local, &s.matrix, quadrature->points, &s.values, local * torus->dim, &s.turns));
  PetscCall(assemble(&s));
  PetscCall(coarsen(&s));
  PetscCall(StepsSolve(&psi->steps, linear, rtol, iterations, failure));
  PetscCall(PetscFree3(s.matrix, s.values, s.turns));
  PetscCall(StepsElementDestroy(&s.view));
  PetscCall(FemElementDestroy(&s.element));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiDestroy(FemPsi *psi)
{
  PetscFunctionBegin;
  PetscCall(BasinsDestroy(&psi->basins));
  PetscCall(StepsDestroy(&psi->steps));
  PetscFunctionReturn(0);
}
