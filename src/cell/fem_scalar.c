/*
  Assembly and solution of the scalar cell problem. The stiffness matrix is scaled to a unit diagonal before
  it is formed, by logarithms, so that contrast enters only inside elements; the bottom of every well is held
  at zero, and the steps of the basins are condensed onto a small dense matrix.
*/
#include "fem_scalar.h"
#include <petscblaslapack.h>

/* More wells than this are merged: each costs one solution with the factor. */
#define MOST_BASINS 48

typedef struct {
  FemElement element;
  FemPsi *psi;
  FemLinear *linear;
  PetscReal *matrix; /* [local][local] */
  PetscReal *factor; /* [local] exp((level - log_d)/2), zero for grounded nodes */
  PetscReal *values; /* [points] */
  PetscReal *step;   /* [fields][local] */
  PetscReal *image;  /* [local] */
  PetscReal *load;   /* [fields][nodes] */
  PetscReal *coarse; /* [fields][fields] energies of the steps */
  PetscBool *active; /* [fields] */
  PetscBool *held;   /* [nodes] */
} Assembly;

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

/* log_d = log sum over elements of exp(level) * diagonal. */
static PetscErrorCode find_diagonal(Assembly *s)
{
  FemElement *el = &s->element;
  const Torus *t = el->torus;
  PetscReal *log_d = s->psi->log_d;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < t->nodes; i++) log_d[i] = PETSC_NINFINITY;
  for (PetscInt c = 0; c < t->cells; c++) {
    PetscBool add = PETSC_FALSE;
    FemElementMove(el, c);
    for (PetscInt k = 0; k < t->dim; k++) {
      for (PetscInt l = 0; l < t->dim; l++) {
        if (!entry_values(el, k, l, s->values)) continue;
        FemElementDiagonal(el, k, l, s->values, add, s->image);
        add = PETSC_TRUE;
      }
    }
    for (PetscInt a = 0; a < t->local; a++) {
      PetscReal *to = &log_d[el->node[a]];
      if (!(s->image[a] > 0)) continue;
      const PetscReal log_a = el->level + PetscLogReal(s->image[a]), top = PetscMax(*to, log_a);
      *to = top + PetscLogReal(PetscExpReal(*to - top) + PetscExpReal(log_a - top));
    }
  }
  for (PetscInt i = 0; i < t->nodes; i++) {
    if (PetscIsInfOrNanReal(log_d[i])) log_d[i] = el->level; /* a single node: constants only */
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode find_scales(Assembly *s)
{
  FemPsi *psi = s->psi;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < psi->fields; f++) psi->scale[f] = PETSC_NINFINITY;
  for (PetscInt c = 0; c < s->element.torus->cells; c++) {
    FemElementMove(&s->element, c);
    if (!BasinsLift(&psi->basins, s->element.torus, s->element.e, s->element.node, s->step, s->active))
      continue;
    for (PetscInt f = 0; f < psi->fields; f++) {
      if (s->active[f]) psi->scale[f] = PetscMax(psi->scale[f], s->element.level);
    }
  }
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

/* Loads and energies of the steps in one element. */
static void add_steps(Assembly *s)
{
  FemElement *el = &s->element;
  FemPsi *psi = s->psi;
  const PetscInt local = el->torus->local, n = psi->fields;

  if (!BasinsLift(&psi->basins, el->torus, el->e, el->node, s->step, s->active)) return;
  for (PetscInt f = 0; f < n; f++) {
    const PetscReal size = PetscExpReal(0.5 * (el->level - psi->scale[f]));
    if (!s->active[f]) continue;
    for (PetscInt a = 0; a < local; a++) {
      s->image[a] = 0;
      for (PetscInt b = 0; b < local; b++) s->image[a] += s->matrix[a * local + b] * s->step[f * local + b];
      s->load[f * el->torus->nodes + el->node[a]] += s->factor[a] * s->image[a] * size;
    }
    for (PetscInt g = 0; g < n; g++) {
      PetscReal sum = 0;
      if (!s->active[g]) continue;
      for (PetscInt a = 0; a < local; a++) sum += s->step[g * local + a] * s->image[a];
      s->coarse[f * n + g] += sum * size * PetscExpReal(0.5 * (el->level - psi->scale[g]));
    }
  }
}

static PetscErrorCode assemble(Assembly *s)
{
  const Torus *t = s->element.torus;
  FemLinear *lin = s->linear;
  FemElement *el = &s->element;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(lin->value, lin->row[lin->size]));
  PetscCall(PetscArrayzero(s->load, s->psi->fields * t->nodes));
  PetscCall(PetscArrayzero(s->coarse, s->psi->fields * s->psi->fields));
  for (PetscInt c = 0; c < t->cells; c++) {
    FemElementMove(el, c);
    element_matrix(s);
    for (PetscInt a = 0; a < t->local; a++) {
      const PetscInt i = el->node[a];
      s->factor[a] = s->held[i] ? 0 : PetscExpReal(0.5 * (el->level - s->psi->log_d[i]));
    }
    FemElementScatter(el, s->matrix, PETSC_FALSE, s->factor, s->factor, 1, 0, 0, lin->row, lin->value);
    add_steps(s);
  }
  for (PetscInt b = 0; b < s->psi->basins.count; b++) {
    const PetscInt i = s->psi->basins.root[b];
    for (PetscInt k = lin->row[i]; k < lin->row[i + 1]; k++) {
      if (lin->column[k] == i) lin->value[k] = 1;
    }
  }
  PetscFunctionReturn(0);
}

/* Eliminates the remainders: coarse - load . A^{-1} load; response[f] = -A^{-1} load[f]. */
static PetscErrorCode condense(Assembly *s, PetscReal response[], PetscInt *iterations, CellFailure *failure)
{
  const PetscInt n = s->psi->fields, nodes = s->element.torus->nodes;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < n; f++) {
    PetscReal *x = response + f * nodes;
    PetscCall(FemLinearSolve(s->linear, s->load + f * nodes, x, iterations, failure));
    if (failure->status != CELL_OK) PetscFunctionReturn(0);
    for (PetscInt i = 0; i < nodes; i++) x[i] = -x[i];
  }
  for (PetscInt f = 0; f < n; f++) {
    for (PetscInt g = 0; g < n; g++) {
      for (PetscInt i = 0; i < nodes; i++)
        s->coarse[f * n + g] += s->load[f * nodes + i] * response[g * nodes + i];
    }
  }
  PetscFunctionReturn(0);
}

/* The heights of the wells for each direction, from the condensed matrix of the steps. */
static PetscErrorCode solve_heights(const Assembly *s, CellFailure *failure)
{
  FemPsi *psi = s->psi;
  const PetscInt wells = psi->basins.count - 1, n = psi->fields;
  PetscBLASInt m = (PetscBLASInt)wells, nrhs = (PetscBLASInt)psi->dim, info = 0;
  PetscReal *a, *b, *d;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(wells * wells, &a, wells * psi->dim, &b, wells, &d));
  for (PetscInt f = 0; f < wells; f++) d[f] = 1 / PetscSqrtReal(s->coarse[f * n + f]);
  for (PetscInt f = 0; f < wells; f++) {
    for (PetscInt g = 0; g < wells; g++) {
      a[f * wells + g] = 0.5 * (s->coarse[f * n + g] + s->coarse[g * n + f]) * d[f] * d[g];
    }
    for (PetscInt j = 0; j < psi->dim; j++) b[j * wells + f] = -d[f] * s->coarse[f * n + wells + j];
  }
  if (wells > 0) LAPACKpotrf_("U", &m, a, &m, &info);
  if (wells > 0 && info == 0) LAPACKpotrs_("U", &m, &nrhs, a, &m, b, &m, &info);
  if (info != 0) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The %" PetscInt_FMT " wells of a cell are not resolved on this grid",
                            wells + 1));
  }
  for (PetscInt j = 0; j < psi->dim && info == 0; j++) {
    for (PetscInt f = 0; f < n; f++) psi->share[j * n + f] = f == wells + j ? 1 : 0;
    for (PetscInt f = 0; f < wells; f++) psi->share[j * n + f] = d[f] * b[j * wells + f];
  }
  PetscCall(PetscFree3(a, b, d));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_all(Assembly *s, PetscReal rtol, PetscInt *iterations, CellFailure *failure)
{
  FemPsi *psi = s->psi;
  const PetscInt nodes = s->element.torus->nodes;
  PetscReal *null, *response, top = PETSC_NINFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(nodes, &null, psi->fields * nodes, &response));
  for (PetscInt i = 0; i < nodes; i++) top = PetscMax(top, psi->log_d[i]);
  for (PetscInt i = 0; i < nodes; i++) null[i] = s->held[i] ? 0 : PetscExpReal(0.5 * (psi->log_d[i] - top));
  PetscCall(FemLinearSetValues(s->linear, null, rtol));
  PetscCall(condense(s, response, iterations, failure));
  if (failure->status == CELL_OK) PetscCall(solve_heights(s, failure));
  if (failure->status == CELL_OK) {
    PetscCall(PetscArrayzero(psi->u, psi->dim * nodes));
    for (PetscInt j = 0; j < psi->dim; j++) {
      for (PetscInt f = 0; f < psi->fields; f++) {
        const PetscReal y = psi->share[j * psi->fields + f];
        for (PetscInt i = 0; i < nodes && y != 0; i++) psi->u[j * nodes + i] += y * response[f * nodes + i];
      }
    }
  }
  PetscCall(PetscFree2(null, response));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                           const FemCoefficient *coefficient, PetscReal rtol, FemPsi *psi,
                           PetscInt *iterations, CellFailure *failure)
{
  Assembly s = {.psi = psi, .linear = linear};
  const PetscInt local = torus->local, nodes = torus->nodes;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(psi, sizeof(*psi)));
  psi->dim = torus->dim;
  PetscCall(FemLinearSetUp(linear, torus, 1));
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &s.element));
  PetscCall(PetscMalloc1(nodes, &psi->log_d));
  PetscCall(PetscMalloc4(local * local, &s.matrix, local, &s.factor, quadrature->points, &s.values, local,
                         &s.image));
  PetscCall(find_diagonal(&s));
  PetscCall(BasinsCreate(torus, psi->log_d, MOST_BASINS, &psi->basins));
  psi->fields = BasinsFields(&psi->basins);
  PetscCall(
      PetscMalloc3(psi->fields, &psi->scale, psi->dim * nodes, &psi->u, psi->dim * psi->fields, &psi->share));
  PetscCall(PetscMalloc5(psi->fields * local, &s.step, psi->fields * nodes, &s.load,
                         psi->fields * psi->fields, &s.coarse, psi->fields, &s.active, nodes, &s.held));
  for (PetscInt i = 0; i < nodes; i++) s.held[i] = PETSC_FALSE;
  for (PetscInt b = 0; b < psi->basins.count; b++) s.held[psi->basins.root[b]] = PETSC_TRUE;
  PetscCall(find_scales(&s));
  PetscCall(assemble(&s));
  PetscCall(solve_all(&s, rtol, iterations, failure));
  PetscCall(FemElementDestroy(&s.element));
  PetscCall(PetscFree4(s.matrix, s.factor, s.values, s.image));
  PetscCall(PetscFree5(s.step, s.load, s.coarse, s.active, s.held));
  PetscFunctionReturn(0);
}

PetscErrorCode FemPsiDestroy(FemPsi *psi)
{
  PetscFunctionBegin;
  PetscCall(BasinsDestroy(&psi->basins));
  PetscCall(PetscFree(psi->log_d));
  PetscCall(PetscFree3(psi->scale, psi->u, psi->share));
  PetscFunctionReturn(0);
}
