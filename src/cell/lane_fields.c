#include "lane_fields.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 22) && defined(__OPTIMIZE__)
__attribute__((simd("notinbranch"), const)) extern double exp(double); /* glibc's vector version */
#endif
#endif

PetscErrorCode LaneFieldsGet(LaneFieldsList *list, const CellProblem *problem, LaneGrid grid,
                             LaneFields **fields)
{
  const PetscInt n[3] = {grid->n, grid->n, grid->n};
  const PetscReal *axis[3] = {grid->axis, grid->axis, grid->axis};

  PetscFunctionBegin;
  for (LaneFields *f = *list; f; f = f->next) {
    const CellSamples *s = &f->samples;
    const PetscBool scalar = (PetscBool)!s->upper[0], derivatives = (PetscBool)(s->laplacian != NULL);
    const PetscBool inner = (PetscBool)(s->log_z != NULL);
    if (f->grid != grid || scalar != problem->scalar || derivatives != problem->constant ||
        inner != problem->inner_z)
      continue;
    *fields = f;
    PetscFunctionReturn(0);
  }
  PetscCall(PetscNew(fields));
  (*fields)->grid = grid;
  PetscCall(CellSamplesCreate(problem, n, axis, problem->constant, &(*fields)->samples));
  PetscCall(PetscMalloc2(grid->total, &(*fields)->f, grid->total, &(*fields)->inverse));
  (*fields)->next = *list;
  *list = *fields;
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFieldsDestroyAll(LaneFieldsList *list)
{
  PetscFunctionBegin;
  while (*list) {
    LaneFields *f = *list;
    *list = f->next;
    PetscCall(CellSamplesDestroy(&f->samples));
    PetscCall(PetscFree2(f->f, f->inverse));
    PetscCall(PetscFree(f));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFieldsSample(LaneFields *fields, const CellProblem *problem, CellFailure *failure)
{
  CellSamples *s = &fields->samples;
  const PetscInt n = fields->grid->n;

  PetscFunctionBegin;
  s->failure = (CellFailure){CELL_OK, ""};
  for (PetscInt c = 0; c < s->dim; c++) PetscCall(PetscArraycpy(s->axis[c], fields->grid->axis, n));
  PetscCall(problem->sample(problem->ctx, s));
  *failure = s->failure;
  for (PetscInt q = 0; q < s->total && failure->status == CELL_OK; q++) {
    if (!PetscIsInfOrNanReal(s->log_w[q])) continue;
    failure->status = CELL_NOT_FINITE;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "the potential is not finite at the point (%g, %g, %g) of the cell",
                            (double)s->axis[0][q % n], problem->dim > 1 ? (double)s->axis[1][q / n % n] : 0.0,
                            problem->dim > 2 ? (double)s->axis[2][q / n / n] : 0.0));
  }
  PetscFunctionReturn(0);
}

/* f, 1/f and their range from log_w. */
ANY_MACHINE static void take_exponentials(LaneFields *fields)
{
  const PetscReal *restrict log_w = fields->samples.log_w;
  PetscReal *restrict f = fields->f, *restrict inverse = fields->inverse, high = log_w[0], low = log_w[0];
  const PetscInt total = fields->grid->total;

  for (PetscInt q = 1; q < total; q++) {
    high = log_w[q] > high ? log_w[q] : high;
    low = log_w[q] < low ? log_w[q] : low;
  }
  for (PetscInt q = 0; q < total; q++) f[q] = exp(0.5 * (log_w[q] - high));
  for (PetscInt q = 0; q < total; q++) inverse[q] = exp(0.5 * (low - log_w[q]));
  fields->max_log_f = 0.5 * high;
  fields->min_log_f = 0.5 * low;
}

/* In two dimensions the last two lanes have the weight 1/w, so that a changes its sign. */
ANY_MACHINE static void fill_lanes(const LaneFields *fields, LaneCell cell)
{
  const PetscInt dim = fields->grid->dim, total = fields->grid->total;
  const PetscReal *laplacian = fields->samples.laplacian;
  const PetscBool dual = (PetscBool)(dim == 2);

  for (PetscInt q = 0; q < total; q++) {
    const PetscReal f = fields->f[q], g = dual ? fields->inverse[q] : f, half = 0.5 * laplacian[q];
    PetscReal square = 0;
    for (PetscInt i = 0; i < dim; i++) {
      const PetscReal a = -0.5 * fields->samples.gradient[i][q], b = dual ? -a : a;
      cell->a[i][q] = (Lane){a, a, b, b};
      square += a * a;
    }
    const PetscReal W = square + half, U = dual ? square - half : W; /* div a = -Lap log f */
    cell->f[q] = (Lane){f, f, g, g};
    cell->W[q] = (Lane){W, W, U, U};
  }
}

PetscErrorCode LaneFieldsFillScalar(LaneFields *fields, LaneCell cell)
{
  PetscFunctionBegin;
  take_exponentials(fields);
  fill_lanes(fields, cell);
  PetscFunctionReturn(0);
}

/* From which shell on the coefficients of f are below eps of the whole. Beyond the grid a guess: log |f_k|^2 falls as
   -k^2 in the middle of a Gaussian well and slower further out. */
static PetscInt tail_index(PetscInt n, PetscReal shells[][2], PetscInt pair, PetscReal eps)
{
  PetscReal whole = 0, tail = 0;
  PetscInt index = n / 2 + 1;

  for (PetscInt k = 0; k <= n / 2; k++) whole += shells[k][pair];
  for (; index > 0; index--) {
    tail += shells[index - 1][pair];
    if (tail > eps * eps * whole) break;
  }
  if (2 * index + 1 <= n) return index;
  tail = PetscMin(1, PetscMax(shells[n / 2 - 1][pair], shells[n / 2 - 2][pair]) / whole);
  const PetscReal times = PetscSqrtReal(PetscLogReal(eps * eps) / PetscLogReal(PetscMin(tail, 0.5)));
  return (PetscInt)((PetscReal)n / 2 * PetscMin(2.5, PetscMax(1.2, times)));
}

/* The trigonometric interpolant of lanes 0 and 2 at the 2^dim points of generic x generic x .. */
static void interpolate(LaneGrid g, const Lane hat[], const PetscReal generic[2], PetscReal value[8][2])
{
  const PetscInt n = g->n, points = 1 << g->dim;
  PetscReal phase[2][2 * 1024];

  for (PetscInt side = 0; side < 2; side++) {
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal angle = 2 * PETSC_PI * (PetscReal)(i <= n / 2 ? i : i - n) * generic[side];
      phase[side][2 * i] = PetscCosReal(angle);
      phase[side][2 * i + 1] = PetscSinReal(angle);
    }
  }
  for (PetscInt m = 0; m < points; m++) {
    const PetscReal *p0 = phase[m & 1], *p1 = phase[m >> 1 & 1], *p2 = phase[m >> 2 & 1];
    value[m][0] = value[m][1] = 0;
    for (PetscInt row = 0; row < g->total / n; row++) {
      PetscReal sum[2][2] = {{0, 0}, {0, 0}}, e[2] = {1, 0};
      const Lane *h = hat + row * n;
      for (PetscInt i = 0; i < n; i++) {
        const PetscReal c = p0[2 * i], s = p0[2 * i + 1];
        for (PetscInt pair = 0; pair < 2; pair++) {
          sum[pair][0] += h[i][2 * pair] * c - h[i][2 * pair + 1] * s;
          sum[pair][1] += h[i][2 * pair] * s + h[i][2 * pair + 1] * c;
        }
      }
      if (g->dim > 1) {
        const PetscInt j = row % n, k = row / n;
        const PetscReal c = p1[2 * j], s = p1[2 * j + 1];
        e[0] = g->dim > 2 ? c * p2[2 * k] - s * p2[2 * k + 1] : c;
        e[1] = g->dim > 2 ? c * p2[2 * k + 1] + s * p2[2 * k] : s;
      }
      for (PetscInt pair = 0; pair < 2; pair++)
        value[m][pair] += (sum[pair][0] * e[0] - sum[pair][1] * e[1]) / (PetscReal)g->total;
    }
  }
}

/* Whether the grid shows f and 1/f as they are: between its points, too, the interpolants are within a hundred times eps.
   A wave that the grid cannot see would otherwise be taken for a slow one. */
static PetscErrorCode grid_sees(const LaneFields *fields, LaneCell cell, const CellProblem *problem,
                                PetscReal eps, PetscBool *sees)
{
  static const PetscReal generic[2] = {0.31783724519578205,
                                       0.7390851332151607}; /* far from all simple fractions */
  PetscReal value[8][2], log_w[8], axes[3][2], tensors[2 * CELL_PACKED][8];
  CellSamples exact = {.dim = problem->dim, .total = 1 << problem->dim, .log_w = log_w};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < problem->dim; c++) {
    exact.n[c] = 2;
    exact.axis[c] = axes[c];
    PetscCall(PetscArraycpy(axes[c], generic, 2));
  }
  for (PetscInt p = 0; p < CELL_PACKED && !problem->scalar; p++) {
    exact.upper[p] = tensors[p];
    exact.lower[p] = tensors[CELL_PACKED + p];
  }
  PetscCall(problem->sample(problem->ctx, &exact));
  interpolate(fields->grid, cell->f_hat, generic, value);
  *sees = PETSC_TRUE;
  for (PetscInt m = 0; m < exact.total; m++) {
    if (!problem->scalar) /* K = f^2 C, trace C = 2 */
      log_w[m] +=
          PetscLogReal(0.5 * (exact.upper[CellPackedIndex(0, 0)][m] + exact.upper[CellPackedIndex(1, 1)][m]));
    const PetscReal f = PetscExpReal(0.5 * log_w[m] - fields->max_log_f);
    const PetscReal inverse = PetscExpReal(fields->min_log_f - 0.5 * log_w[m]);
    const PetscReal limit = PetscMin(100 * eps, 0.1);
    if (!(PetscAbsReal(value[m][0] - f) <= limit)) *sees = PETSC_FALSE;
    if (problem->dim == 2 && !(PetscAbsReal(value[m][1] - inverse) <= limit)) *sees = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFieldsNeeds(const LaneFields *fields, LaneCell cell, const CellProblem *problem,
                               PetscInt *n, PetscBool *resolved)
{
  const LaneGrid g = fields->grid;
  PetscReal(*shells)[2], zhat = 0;
  PetscInt index;

  PetscFunctionBegin;
  for (PetscInt q = 0; q < g->total; q++) zhat += fields->inverse[q] * fields->inverse[q];
  /* K lies between 1/zhat and z, usually near their geometric mean; a relative error of K needs f and the solution to
     the square root of that, measured against the deepest well. */
  const PetscReal log_ratio = (fields->min_log_f - fields->max_log_f) -
                              0.5 * PetscLogReal(cell->ff[0] / (PetscReal)g->total) -
                              0.5 * PetscLogReal(zhat / (PetscReal)g->total);
  const PetscReal eps = PetscMax(1e-15, 1.5 * PetscSqrtReal(problem->goal) * PetscExpReal(0.5 * log_ratio));
  PetscCall(PetscMalloc1(g->n / 2 + 1, &shells));
  LaneShells(g, cell->f_hat, shells);
  index = tail_index(g->n, shells, 0, eps);
  if (g->dim == 2) index = PetscMax(index, tail_index(g->n, shells, 1, eps));
  PetscCall(PetscFree(shells));
  *resolved = (PetscBool)(2 * index + 1 <= g->n);
  *n = LaneGoodSize(PetscMax(9, 2 * index + 1));
  if (*resolved) PetscCall(grid_sees(fields, cell, problem, eps, resolved));
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFieldsPartition(const LaneFields *fields, LaneCell cell, PetscReal *log_z,
                                   PetscReal *log_zhat, PetscReal *error)
{
  const LaneGrid g = fields->grid;
  PetscReal(*shells)[2], zhat = 0;

  PetscFunctionBegin;
  for (PetscInt q = 0; q < g->total; q++) zhat += fields->inverse[q] * fields->inverse[q];
  *log_z = 2 * fields->max_log_f + PetscLogReal(cell->ff[0] / (PetscReal)g->total);
  *log_zhat = -2 * fields->min_log_f + PetscLogReal(zhat / (PetscReal)g->total);
  PetscCall(PetscMalloc1(g->n / 2 + 1, &shells));
  LaneShells(g, cell->f_hat, shells);
  *error = LaneTailError(g->n, shells, 0);
  if (g->dim == 2) *error = PetscMax(*error, LaneTailError(g->n, shells, 1));
  PetscCall(PetscFree(shells));
  PetscFunctionReturn(0);
}
