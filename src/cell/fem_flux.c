#include "fem_flux.h"

typedef struct {
  FemElement element;
  FemLinear *linear;
  PetscReal *log_d;  /* [nodes][3] logarithm of the matrix' diagonal */
  PetscReal *u;      /* [3 q][nodes][3] A of each q, times exp((log_d - level)/2) */
  PetscReal *load;   /* [3 q][nodes][3] */
  PetscReal level;   /* the largest level */
  PetscInt ground;   /* the node where A is held at zero */
  PetscReal *matrix; /* [local][local] */
  PetscReal *factor; /* [3][local] */
  PetscReal *local;  /* [local] */
  PetscReal *values; /* [points] */
  PetscReal *slope;  /* [points] */
  PetscReal *flux;   /* [3 q][3][points] */
} Flux;

/* The sign of a permutation of 0, 1, 2, and 0 if an index repeats. */
static PetscInt sign(PetscInt i, PetscInt j, PetscInt k)
{
  return (i - j) * (j - k) * (k - i) / 2;
}

/* The form of d_j A_a and d_l A_b at the points of the element, from
     curl A . C curl B + div A div B,   (curl A)_i = sum sign(i, j, a) d_j A_a;
   false if it is zero. */
static PetscBool form_values(Flux *s, PetscInt j, PetscInt a, PetscInt l, PetscInt b)
{
  const FemElement *el = &s->element;
  const PetscBool flat = el->coefficient->tensor[0] ? PETSC_FALSE : PETSC_TRUE;
  const PetscInt i = 3 - j - a, m = 3 - l - b; /* the rows of the curl, if j != a and l != b */
  const PetscInt curl = j != a && l != b ? sign(i, j, a) * sign(m, l, b) : 0;
  const PetscInt gauge = j == a && l == b;

  if (!gauge && (curl == 0 || (flat && i != m))) return PETSC_FALSE;
  for (PetscInt q = 0; q < el->quadrature->points; q++) {
    const PetscReal c =
        curl ? (PetscReal)curl * FemCoefficientEntry(el->coefficient, i, m, el->sample[q]) : 1;
    s->values[q] = el->weight[q] * c;
  }
  return PETSC_TRUE;
}

static PetscErrorCode find_diagonal(Flux *s)
{
  FemElement *el = &s->element;
  const Torus *t = el->torus;

  PetscFunctionBegin;
  s->level = PETSC_NINFINITY;
  for (PetscInt i = 0; i < 3 * t->nodes; i++) s->log_d[i] = PETSC_NINFINITY;
  for (PetscInt c = 0; c < t->cells; c++) {
    FemElementMove(el, c);
    s->level = PetscMax(s->level, el->level);
    for (PetscInt a = 0; a < 3; a++) {
      PetscBool add = PETSC_FALSE;
      for (PetscInt j = 0; j < 3; j++) {
        for (PetscInt l = 0; l < 3; l++) {
          if (!form_values(s, j, a, l, a)) continue;
          FemElementDiagonal(el, j, l, s->values, add, s->local);
          add = PETSC_TRUE;
        }
      }
      for (PetscInt n = 0; n < t->local; n++) {
        PetscReal *to = &s->log_d[3 * el->node[n] + a];
        if (!(s->local[n] > 0)) continue;
        const PetscReal own = el->level + PetscLogReal(s->local[n]), top = PetscMax(*to, own);
        *to = top + PetscLogReal(PetscExpReal(*to - top) + PetscExpReal(own - top));
      }
    }
  }
  s->ground = 0;
  for (PetscInt i = 0; i < 3 * t->nodes; i++) {
    if (PetscIsInfOrNanReal(s->log_d[i])) s->log_d[i] = s->level; /* a single node: constants only */
    if (s->log_d[i] > s->log_d[3 * s->ground]) s->ground = i / 3;
  }
  PetscFunctionReturn(0);
}

static void element_matrix(Flux *s)
{
  FemElement *el = &s->element;
  FemLinear *lin = s->linear;

  for (PetscInt a = 0; a < 3; a++) {
    for (PetscInt b = a; b < 3; b++) {
      const PetscReal *fa = s->factor + a * el->torus->local, *fb = s->factor + b * el->torus->local;
      PetscBool add = PETSC_FALSE;
      for (PetscInt j = 0; j < 3; j++) {
        for (PetscInt l = 0; l < 3; l++) {
          if (!form_values(s, j, a, l, b)) continue;
          FemElementMatrix(el, j, l, s->values, add, s->matrix);
          add = PETSC_TRUE;
        }
      }
      FemElementScatter(el, s->matrix, PETSC_FALSE, fa, fb, 3, a, b, lin->row, lin->value);
      if (b > a) FemElementScatter(el, s->matrix, PETSC_TRUE, fb, fa, 3, b, a, lin->row, lin->value);
    }
  }
}

/* load_q = - int curl(phi e_a) . K^{-1} e_q */
static void element_load(Flux *s)
{
  FemElement *el = &s->element;
  const PetscReal own = PetscExpReal(0.5 * (el->level - s->level));

  for (PetscInt a = 0; a < 3; a++) {
    for (PetscInt q = 0; q < 3; q++) {
      PetscBool add = PETSC_FALSE;
      for (PetscInt j = 0; j < 3; j++) {
        if (j == a) continue;
        const PetscInt i = 3 - j - a;
        for (PetscInt p = 0; p < el->quadrature->points; p++) {
          s->values[p] = -el->weight[p] * (PetscReal)sign(i, j, a) *
                         FemCoefficientEntry(el->coefficient, i, q, el->sample[p]);
        }
        FemElementLoad(el, j, s->values, add, s->local);
        add = PETSC_TRUE;
      }
      for (PetscInt n = 0; n < el->torus->local; n++) {
        s->load[q * s->linear->size + 3 * el->node[n] + a] +=
            s->factor[a * el->torus->local + n] * own * s->local[n];
      }
    }
  }
}

static PetscErrorCode assemble(Flux *s)
{
  const Torus *t = s->element.torus;
  FemLinear *lin = s->linear;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(lin->value, lin->row[lin->size]));
  PetscCall(PetscArrayzero(s->load, 3 * lin->size));
  for (PetscInt c = 0; c < t->cells; c++) {
    FemElementMove(&s->element, c);
    for (PetscInt n = 0; n < t->local; n++) {
      const PetscInt i = s->element.node[n];
      for (PetscInt a = 0; a < 3; a++) {
        s->factor[a * t->local + n] =
            i == s->ground ? 0 : PetscExpReal(0.5 * (s->element.level - s->log_d[3 * i + a]));
      }
    }
    element_matrix(s);
    element_load(s);
  }
  for (PetscInt i = 3 * s->ground; i < 3 * s->ground + 3; i++) {
    for (PetscInt k = lin->row[i]; k < lin->row[i + 1]; k++) {
      if (lin->column[k] == i) lin->value[k] = 1;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_all(Flux *s, PetscReal rtol, PetscInt *iterations, CellFailure *failure)
{
  const PetscInt size = s->linear->size;
  PetscReal *null, top = PETSC_NINFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &null));
  for (PetscInt i = 0; i < size; i++) top = PetscMax(top, s->log_d[i]);
  for (PetscInt i = 0; i < size; i++)
    null[i] = i / 3 == s->ground ? 0 : PetscExpReal(0.5 * (s->log_d[i] - top));
  PetscCall(FemLinearSetValues(s->linear, null, rtol));
  for (PetscInt q = 0; q < 3 && failure->status == CELL_OK; q++) {
    PetscCall(FemLinearSolve(s->linear, s->load + q * size, s->u + q * size, iterations, failure));
  }
  PetscCall(PetscFree(null));
  PetscFunctionReturn(0);
}

/* q + curl A of the three q at the points of the element, in units of exp((level of all - level here)/2). */
static void element_flux(Flux *s)
{
  FemElement *el = &s->element;
  const PetscInt points = el->quadrature->points, local = el->torus->local;
  const PetscReal own = PetscExpReal(0.5 * (el->level - s->level));

  for (PetscInt q = 0; q < 3; q++) {
    for (PetscInt i = 0; i < 3; i++) {
      for (PetscInt p = 0; p < points; p++) s->flux[(3 * q + i) * points + p] = i == q ? own : 0;
    }
    for (PetscInt a = 0; a < 3; a++) {
      for (PetscInt n = 0; n < local; n++) {
        const PetscInt i = 3 * el->node[n] + a;
        s->local[n] = PetscExpReal(0.5 * (el->level - s->log_d[i])) * s->u[q * s->linear->size + i];
      }
      for (PetscInt j = 0; j < 3; j++) {
        if (j == a) continue;
        const PetscInt i = 3 - j - a;
        PetscReal *to = s->flux + (3 * q + i) * points;
        FemElementSlope(el, j, s->local, s->slope);
        for (PetscInt p = 0; p < points; p++) to[p] += (PetscReal)sign(i, j, a) * s->slope[p];
      }
    }
  }
}

static PetscErrorCode find_energy(Flux *s, FemEnergy *energy)
{
  FemElement *el = &s->element;
  const PetscInt points = el->quadrature->points;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(energy, sizeof(*energy)));
  for (PetscInt j = 0; j < 3; j++) energy->scale[j] = s->level;
  for (PetscInt c = 0; c < el->torus->cells; c++) {
    FemElementMove(el, c);
    element_flux(s);
    for (PetscInt q = 0; q < 3; q++) {
      for (PetscInt r = 0; r < 3; r++) {
        for (PetscInt i = 0; i < 3; i++) {
          for (PetscInt k = 0; k < 3; k++) {
            if (!el->coefficient->tensor[0] && i != k) continue;
            for (PetscInt p = 0; p < points; p++) {
              energy->e[3 * q + r] += el->weight[p] *
                                      FemCoefficientEntry(el->coefficient, i, k, el->sample[p]) *
                                      s->flux[(3 * q + i) * points + p] * s->flux[(3 * r + k) * points + p];
            }
          }
        }
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Points the view of elements at a quadrature and makes room for its values. */
static PetscErrorCode look_at(Flux *s, const Torus *torus, const FemQuadrature *quadrature,
                              const FemCoefficient *coefficient)
{
  PetscFunctionBegin;
  PetscCall(FemElementCreate(torus, quadrature, coefficient, &s->element));
  PetscCall(PetscMalloc3(quadrature->points, &s->values, quadrature->points, &s->slope,
                         9 * quadrature->points, &s->flux));
  PetscFunctionReturn(0);
}

static PetscErrorCode look_away(Flux *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(s->values, s->slope, s->flux));
  PetscCall(FemElementDestroy(&s->element));
  PetscFunctionReturn(0);
}

PetscErrorCode FemFluxSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, const FemQuadrature *rich,
                            const FemCoefficient *rich_coefficient, PetscReal rtol, FemEnergy *energy,
                            FemEnergy *rich_energy, PetscInt *iterations, CellFailure *failure)
{
  Flux s = {.linear = linear};
  const PetscInt local = torus->local, size = 3 * torus->nodes;

  PetscFunctionBegin;
  PetscCall(FemLinearSetUp(linear, torus, 3));
  PetscCall(PetscMalloc3(size, &s.log_d, 3 * size, &s.u, 3 * size, &s.load));
  PetscCall(PetscMalloc3(local * local, &s.matrix, 3 * local, &s.factor, local, &s.local));
  PetscCall(look_at(&s, torus, quadrature, coefficient));
  PetscCall(find_diagonal(&s));
  PetscCall(assemble(&s));
  PetscCall(solve_all(&s, rtol, iterations, failure));
  if (failure->status == CELL_OK) PetscCall(find_energy(&s, energy));
  PetscCall(look_away(&s));
  PetscCall(look_at(&s, torus, rich, rich_coefficient));
  if (failure->status == CELL_OK) PetscCall(find_energy(&s, rich_energy));
  PetscCall(look_away(&s));
  PetscCall(PetscFree3(s.log_d, s.u, s.load));
  PetscCall(PetscFree3(s.matrix, s.factor, s.local));
  PetscFunctionReturn(0);
}
