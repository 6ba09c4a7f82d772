#include "fem_flux.h"
#include "fem_coarse.h"
#include "fem_flux_element.h"

typedef struct {
  const Torus *torus;
  Faces faces;
  Basins basins;
  Steps steps;
  FluxElement flux;
  FemElement element, rich;
  StepsElement view;
  PetscInt *index, *turns;
  PetscReal *level;  /* [cells] */
  PetscReal *matrix; /* [cells][local][local] */
} Flux;

static PetscErrorCode not_resolved(CellFailure *failure)
{
  PetscFunctionBegin;
  failure->status = CELL_LIMIT; /* a finer grid may do */
  PetscCall(PetscSNPrintf(
      failure->message, sizeof(failure->message),
      "The contrast inside one element of a cell is too large for the fluxes of the lower bound"));
  PetscFunctionReturn(0);
}

/* The diagonal of one element's matrix; in a single periodic element the two faces of a direction are one. */
static void fold_diagonal(const Flux *s, const PetscReal matrix[], PetscReal diagonal[])
{
  const PetscInt local = s->faces.local;

  for (PetscInt a = 0; a < local; a++) diagonal[a] = matrix[a * local + a];
  for (PetscInt c = 0; c < 3; c++) {
    const PetscInt w = s->faces.width[c];
    for (PetscInt a = s->faces.offset[2 * c]; s->torus->axis[c].cells == 1 && a < s->faces.offset[2 * c + 1];
         a++) {
      diagonal[a] += diagonal[a + w] + 2 * matrix[a * local + a + w];
      diagonal[a + w] = 0;
    }
  }
}

/* All element matrices, and the diagonal of the whole in logarithms. */
static PetscErrorCode reduce_all(Flux *s, PetscReal log_d[], CellFailure *failure)
{
  const PetscInt local = s->faces.local;
  PetscReal *diagonal;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(local, &diagonal));
  for (PetscInt i = 0; i < s->faces.size; i++) log_d[i] = -INFINITY;
  for (PetscInt c = 0; c < s->torus->cells && failure->status == CELL_OK; c++) {
    PetscReal *matrix = s->matrix + c * local * local;
    PetscBool positive;
    FemElementMove(&s->element, c);
    FacesElement(&s->faces, s->torus, s->element.e, s->index, s->turns);
    s->level[c] = -s->element.level;
    PetscCall(FluxElementReduce(&s->flux, &s->element, matrix, &positive));
    if (!positive) PetscCall(not_resolved(failure));
    fold_diagonal(s, matrix, diagonal);
    for (PetscInt a = 0; a < local && positive; a++) {
      PetscReal *to = &log_d[s->index[a]];
      if (diagonal[a] > 0) *to = LogAdd(*to, s->level[c] + PetscLogReal(diagonal[a]));
    }
  }
  for (PetscInt i = 0; i < s->faces.size && failure->status == CELL_OK; i++) {
    if (PetscIsInfOrNanReal(log_d[i])) PetscCall(not_resolved(failure));
  }
  PetscCall(PetscFree(diagonal));
  PetscFunctionReturn(0);
}

static void look_at(Flux *s, PetscInt c)
{
  PetscInt e[3];

  TorusElement(s->torus, c, e);
  FacesElement(&s->faces, s->torus, e, s->index, s->turns);
  s->view.index = s->index;
  s->view.turns = s->turns;
  s->view.level = s->level[c];
}

static PetscErrorCode coarsen(const Flux *s, FemLinear *lin)
{
  PetscReal *place;

  PetscFunctionBegin;
  if (!lin->multigrid) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(3 * s->faces.size, &place));
  PetscCall(FemCoarsePlaceFaces(s->torus, &s->faces, place));
  PetscCall(FemCoarseSet(s->torus, place, s->steps.log_d, s->steps.held, lin));
  PetscCall(PetscFree(place));
  PetscFunctionReturn(0);
}

static PetscErrorCode assemble_and_solve(Flux *s, FemLinear *lin, PetscReal rtol, PetscInt *iterations,
                                         CellFailure *failure)
{
  const PetscInt local = s->faces.local;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(lin->value, lin->row[lin->size]));
  for (PetscInt c = 0; c < s->torus->cells; c++) {
    look_at(s, c);
    StepsScale(&s->steps, &s->basins, &s->view);
  }
  for (PetscInt c = 0; c < s->torus->cells; c++) {
    const PetscReal *matrix = s->matrix + c * local * local;
    look_at(s, c);
    StepsAdd(&s->steps, &s->basins, &s->view, matrix);
    FacesScatter(&s->faces, s->index, matrix, s->view.factor, lin->row, lin->column, lin->value);
  }
  PetscCall(coarsen(s, lin));
  PetscCall(StepsSolve(&s->steps, lin, rtol, iterations, failure));
  PetscFunctionReturn(0);
}

/* int J_j.K^{-1} J_k on the element by the rich quadrature; at[3 j][3 c][points] are the components. */
static void add_rich(const FemElement *el, PetscReal size, const PetscReal at[], PetscReal e[])
{
  const PetscInt points = el->quadrature->points;

  for (PetscInt q = 0; q < points; q++) {
    for (PetscInt j = 0; j < 3; j++) {
      for (PetscInt c = 0; c < 3; c++) {
        PetscReal gradient = 0;
        for (PetscInt k = 0; k < 3; k++) {
          gradient +=
              FemCoefficientEntry(el->coefficient, c, k, el->sample[q]) * at[(3 * j + k) * points + q];
        }
        for (PetscInt i = 0; i < 3; i++)
          e[3 * j + i] += size * el->weight[q] * gradient * at[(3 * i + c) * points + q];
      }
    }
  }
}

static PetscErrorCode find_energies(Flux *s, FemEnergy *energy, FemEnergy *rich_energy)
{
  const PetscInt local = s->faces.local, points = s->rich.quadrature->points, values = s->flux.offset[3];
  PetscReal *psi, *at, *J, *matrix;
  PetscBool positive;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(energy, sizeof(*energy)));
  for (PetscInt j = 0; j < 3; j++) energy->scale[j] = s->steps.scale[s->steps.wells + j];
  *rich_energy = *energy;
  PetscCall(PetscMalloc4(3 * local, &psi, 9 * points, &at, values, &J, local * local, &matrix));
  for (PetscInt c = 0; c < s->torus->cells; c++) {
    FemElementMove(&s->element, c);
    FemElementMove(&s->rich, c);
    PetscCall(FluxElementReduce(&s->flux, &s->element, matrix, &positive));
    look_at(s, c);
    StepsPsi(&s->steps, &s->basins, &s->view, psi);
    for (PetscInt j = 0; j < 3; j++) {
      PetscCall(FluxElementFlux(&s->flux, psi + j * local, J));
      for (PetscInt k = 0; k < 3; k++) FluxElementAt(&s->flux, k, J, at + (3 * j + k) * points);
      for (PetscInt a = 0; a < local; a++) {
        PetscReal image = 0;
        for (PetscInt b = 0; b < local; b++) image += matrix[a * local + b] * psi[j * local + b];
        for (PetscInt k = 0; k < 3; k++) energy->e[3 * j + k] += image * psi[k * local + a];
      }
    }
    add_rich(&s->rich, PetscExpReal(s->rich.level - s->element.level), at, rich_energy->e);
  }
  PetscCall(PetscFree4(psi, at, J, matrix));
  PetscFunctionReturn(0);
}

PetscErrorCode FemFluxSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, const FemQuadrature *rich,
                            const FemCoefficient *rich_coefficient, const Basins *nodes, PetscReal rtol,
                            FemEnergy *energy, FemEnergy *rich_energy, PetscInt *iterations,
                            CellFailure *failure)
{
  const PetscBool scalar = coefficient->tensor[0] ? PETSC_FALSE : PETSC_TRUE;
  Flux s = {.torus = torus};
  PetscReal *log_d;

  PetscFunctionBegin;
  FacesCreate(torus, &s.faces);
  if (!linear->A) {
    PetscInt *row, *column;
    PetscCall(FacesPattern(&s.faces, torus, &row, &column));
    PetscCall(FemLinearCreate(torus->dim, s.faces.size, row, column, linear));
  }
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &s.element));
  PetscCall(FemElementCreate(torus, rich, rich_coefficient, &s.rich));
  PetscCall(FluxElementCreate(torus, &s.faces, quadrature, rich, scalar, &s.flux));
  PetscCall(PetscMalloc4(s.faces.local, &s.index, 3 * s.faces.local, &s.turns, torus->cells, &s.level,
                         torus->cells * s.faces.local * s.faces.local, &s.matrix));
  PetscCall(PetscMalloc1(s.faces.size, &log_d));
  PetscCall(reduce_all(&s, log_d, failure));
  PetscCall(FacesBasins(&s.faces, torus, nodes, log_d, &s.basins));
  PetscCall(StepsCreate(&s.basins, s.faces.size, &s.steps));
  s.steps.log_d = log_d;
  PetscCall(StepsElementCreate(&s.steps, s.faces.local, &s.view));
  if (failure->status == CELL_OK) PetscCall(assemble_and_solve(&s, linear, rtol, iterations, failure));
  if (failure->status == CELL_OK) PetscCall(find_energies(&s, energy, rich_energy));
  PetscCall(StepsElementDestroy(&s.view));
  PetscCall(StepsDestroy(&s.steps));
  PetscCall(BasinsDestroy(&s.basins));
  PetscCall(PetscFree4(s.index, s.turns, s.level, s.matrix));
  PetscCall(FluxElementDestroy(&s.flux));
  PetscCall(FemElementDestroy(&s.rich));
  PetscCall(FemElementDestroy(&s.element));
  PetscFunctionReturn(0);
}
