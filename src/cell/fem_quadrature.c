/* The problem's samples at Gauss points and the coefficients of the two energies. */
#include "fem_element.h"

PetscErrorCode FemQuadratureCreate(const Torus *torus, PetscInt extra, FemQuadrature *quadrature)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(quadrature, sizeof(*quadrature)));
  quadrature->points = 1;
  quadrature->cells = torus->cells;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    const TorusAxis *x = &torus->axis[c];
    /* where nothing varies, the polynomials of the energies do: constants below three dimensions, linear fluxes there */
    const PetscInt single = torus->dim == 3 ? 2 : 1, points = x->varies ? x->order + extra : single;
    PetscCall(ElementTableCreate(x->order, points, x->cells == 1 ? PETSC_TRUE : PETSC_FALSE,
                                 &quadrature->table[c]));
    quadrature->points *= points;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FemQuadratureDestroy(FemQuadrature *quadrature)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) PetscCall(ElementTableDestroy(&quadrature->table[c]));
  PetscCall(CellSamplesDestroy(&quadrature->samples));
  PetscFunctionReturn(0);
}

static PetscErrorCode refuse(const CellSamples *samples, PetscInt p, const char what[], CellStatus status,
                             CellFailure *failure)
{
  char place[80] = "";

  PetscFunctionBegin;
  for (PetscInt c = 0; c < samples->dim; c++) {
    char one[24];
    PetscCall(
        PetscSNPrintf(one, sizeof(one), "%s%g", c ? ", " : "", (double)samples->axis[c][p % samples->n[c]]));
    PetscCall(PetscStrlcat(place, one, sizeof(place)));
    p /= samples->n[c];
  }
  failure->status = status;
  PetscCall(
      PetscSNPrintf(failure->message, sizeof(failure->message), "%s at y = (%s) of the cell", what, place));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_finite(const CellSamples *samples, CellFailure *failure)
{
  PetscFunctionBegin;
  for (PetscInt p = 0; p < samples->total; p++) {
    /* PETSc's own infinities are large numbers */
    if (!(PetscAbsReal(samples->log_w[p]) < 0.1 * PETSC_MAX_REAL)) {
      PetscCall(refuse(samples, p, "The logarithm of the weight is not finite", CELL_NOT_FINITE, failure));
      PetscFunctionReturn(0);
    }
    if (samples->log_z &&
        (PetscIsInfOrNanReal(samples->log_z[p]) || PetscIsInfOrNanReal(samples->log_zhat[p]))) {
      PetscCall(refuse(samples, p, "Z of the scales inside is not finite", CELL_NOT_FINITE, failure));
      PetscFunctionReturn(0);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FemQuadratureSample(FemQuadrature *quadrature, const Torus *torus, const CellProblem *problem,
                                   CellFailure *failure)
{
  PetscReal *axis[REITER_MAX_DIM];
  PetscInt n[REITER_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(CellSamplesDestroy(&quadrature->samples));
  for (PetscInt c = 0; c < problem->dim; c++) {
    const TorusAxis *x = &torus->axis[c];
    const ElementTable *t = &quadrature->table[c];
    n[c] = x->cells * t->points;
    PetscCall(PetscMalloc1(n[c], &axis[c]));
    for (PetscInt e = 0; e < x->cells; e++) {
      for (PetscInt q = 0; q < t->points; q++) {
        const PetscReal y = x->edge[e] + (x->edge[e + 1] - x->edge[e]) * t->point[q];
        axis[c][e * t->points + q] = y >= 1 ? y - 1 : y;
      }
    }
  }
  PetscCall(CellSamplesCreate(problem, n, (const PetscReal *const *)axis, PETSC_FALSE, &quadrature->samples));
  for (PetscInt c = 0; c < problem->dim; c++) PetscCall(PetscFree(axis[c]));
  PetscCall((*problem->sample)(problem->ctx, &quadrature->samples));
  *failure = quadrature->samples.failure;
  if (failure->status == CELL_OK) PetscCall(check_finite(&quadrature->samples, failure));
  PetscFunctionReturn(0);
}

/* A sum of exponentials by their logarithms. */
typedef struct {
  PetscReal top, sum;
} LogSum;

static void log_add(LogSum *s, PetscReal weight, PetscReal log)
{
  if (log > s->top) {
    s->sum = s->sum * PetscExpReal(s->top - log) + weight;
    s->top = log;
  } else {
    s->sum += weight * PetscExpReal(log - s->top);
  }
}

PetscErrorCode FemQuadratureLogZ(const FemQuadrature *quadrature, const Torus *torus, PetscReal *log_z,
                                 PetscReal *log_zhat)
{
  const CellSamples *s = &quadrature->samples;
  LogSum z = {-INFINITY, 0}, zhat = {-INFINITY, 0};

  PetscFunctionBegin;
  for (PetscInt p = 0; p < s->total; p++) {
    PetscReal weight = 1;
    for (PetscInt c = 0, rest = p; c < s->dim; rest /= s->n[c], c++) {
      const ElementTable *t = &quadrature->table[c];
      const PetscInt i = rest % s->n[c], e = i / t->points;
      weight *= t->weight[i - e * t->points] * (torus->axis[c].edge[e + 1] - torus->axis[c].edge[e]);
    }
    log_add(&z, weight, s->log_w[p] + (s->log_z ? s->log_z[p] : 0));
    log_add(&zhat, weight, -s->log_w[p] + (s->log_zhat ? s->log_zhat[p] : 0));
  }
  *log_z = z.top + PetscLogReal(z.sum);
  *log_zhat = zhat.top + PetscLogReal(zhat.sum);
  PetscFunctionReturn(0);
}

/* Inverse of a symmetric tensor times its determinant (the adjugate), and the determinant. */
static PetscReal adjugate(PetscInt dim, const PetscReal c[], PetscReal a[])
{
  if (dim == 1) {
    a[0] = 1;
    return c[0];
  }
  if (dim == 2) {
    a[CellPackedIndex(0, 0)] = c[CellPackedIndex(1, 1)];
    a[CellPackedIndex(1, 1)] = c[CellPackedIndex(0, 0)];
    a[CellPackedIndex(0, 1)] = -c[CellPackedIndex(0, 1)];
    return c[CellPackedIndex(0, 0)] * c[CellPackedIndex(1, 1)] -
           c[CellPackedIndex(0, 1)] * c[CellPackedIndex(0, 1)];
  }
  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = i; j < 3; j++) {
      const PetscInt i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
      a[CellPackedIndex(i, j)] = c[CellPackedIndex(i1, j1)] * c[CellPackedIndex(i2, j2)] -
                                 c[CellPackedIndex(i1, j2)] * c[CellPackedIndex(i2, j1)];
    }
  }
  return c[0] * a[0] + c[1] * a[1] + c[2] * a[2];
}

static PetscReal trace(PetscInt dim, const PetscReal c[])
{
  PetscReal sum = 0;

  for (PetscInt i = 0; i < dim; i++) sum += c[CellPackedIndex(i, i)];
  return sum / (PetscReal)dim;
}

/* The coefficient at one point from C there; false if C is not positive definite. */
static PetscBool coefficient_at(PetscInt dim, FemSide side, PetscReal c[], PetscReal *level)
{
  PetscReal a[CELL_PACKED], t = trace(dim, c);

  if (!(t > 0)) return PETSC_FALSE;
  for (PetscInt k = 0; k < CELL_PACKED; k++) c[k] /= t;
  *level += PetscLogReal(t);
  if (side == FEM_PRIMAL) return PETSC_TRUE;
  const PetscReal determinant = adjugate(dim, c, a);
  if (!(determinant > 0)) return PETSC_FALSE;
  *level = -*level - PetscLogReal(determinant);
  /* the quarter turn of the adjugate of a 2 x 2 tensor is the tensor itself */
  if (dim == 2) return PETSC_TRUE;
  t = trace(dim, a);
  if (!(t > 0)) return PETSC_FALSE;
  for (PetscInt k = 0; k < CELL_PACKED; k++) c[k] = a[k] / t;
  *level += PetscLogReal(t);
  return PETSC_TRUE;
}

PetscErrorCode FemCoefficientCreate(const FemQuadrature *quadrature, const CellProblem *problem, FemSide side,
                                    FemCoefficient *coefficient, CellFailure *failure)
{
  const CellSamples *s = &quadrature->samples;
  PetscReal *const *from = side == FEM_PRIMAL ? (PetscReal *const *)s->upper : (PetscReal *const *)s->lower;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(coefficient, sizeof(*coefficient)));
  PetscCall(PetscMalloc1(s->total, &coefficient->log));
  for (PetscInt p = 0; p < s->total && problem->scalar; p++) {
    coefficient->log[p] = side == FEM_PRIMAL ? s->log_w[p] : -s->log_w[p];
  }
  if (problem->scalar) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < CELL_PACKED; k++) PetscCall(PetscMalloc1(s->total, &coefficient->tensor[k]));
  for (PetscInt p = 0; p < s->total; p++) {
    PetscReal c[CELL_PACKED] = {0};
    for (PetscInt i = 0; i < s->dim; i++) {
      for (PetscInt j = i; j < s->dim; j++) c[CellPackedIndex(i, j)] = from[CellPackedIndex(i, j)][p];
    }
    coefficient->log[p] = s->log_w[p];
    if (!coefficient_at(s->dim, side, c, &coefficient->log[p]) || PetscIsInfOrNanReal(coefficient->log[p])) {
      PetscCall(
          refuse(s, p, "The tensor of the scales inside is not positive definite", CELL_NOT_FINITE, failure));
      PetscFunctionReturn(0);
    }
    for (PetscInt k = 0; k < CELL_PACKED; k++) coefficient->tensor[k][p] = c[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FemCoefficientDestroy(FemCoefficient *coefficient)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(coefficient->log));
  for (PetscInt k = 0; k < CELL_PACKED; k++) PetscCall(PetscFree(coefficient->tensor[k]));
  PetscFunctionReturn(0);
}
