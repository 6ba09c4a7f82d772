#include "lane_cell.h"
#include <petscblaslapack.h>

ANY_MACHINE static void add_trial(LaneCell c, PetscInt i)
{
  Lane P, *v = c->v[i];

  for (PetscInt l = 0; l < LANES; l++) P[l] = c->P[i][l];
  for (PetscInt q = 0; q < c->grid->total; q++) v[q] += P * c->trial[i][q];
}

/* sums over the grid of v_l . C v_m for m = l, l + 1, l + 2 modulo the number of lanes. */
ANY_MACHINE static void rotated_sums(LaneCell c, PetscReal sums[3][LANES])
{
  const PetscInt dim = c->grid->dim;
  Lane s0 = {0, 0, 0, 0}, s1 = s0, s2 = s0;

  for (PetscInt q = 0; q < c->grid->total; q++) {
    for (PetscInt i = 0; i < dim; i++) {
      const Lane v = c->v[i][q];
      Lane w = v;
      if (!c->scalar) {
        w = (Lane){0, 0, 0, 0};
        for (PetscInt j = 0; j < dim; j++) w += c->C[CellPackedIndex(i, j)][q] * c->v[j][q];
      }
      s0 += v * w;
      s1 += v * (Lane){w[1], w[2], w[3], w[0]};
      s2 += v * (Lane){w[2], w[3], w[0], w[1]};
    }
  }
  for (PetscInt l = 0; l < LANES; l++) {
    sums[0][l] = s0[l];
    sums[1][l] = s1[l];
    sums[2][l] = s2[l];
  }
}

static void unrotate(PetscReal sums[3][LANES], PetscReal scale, PetscReal gram[LANES][LANES])
{
  for (PetscInt m = 0; m < 3; m++) {
    for (PetscInt l = 0; l < LANES; l++) {
      const PetscInt to = (l + m) % LANES;
      gram[l][to] = gram[to][l] = scale * sums[m][l];
    }
  }
}

PetscErrorCode LaneCellEnergies(LaneCell c, PetscReal gram[LANES][LANES])
{
  const LaneGrid g = c->grid;
  PetscReal sums[3][LANES];

  PetscFunctionBegin;
  LaneForward(g, c->x, c->hat);
  LaneApplyGradient(c, c->hat, c->x, c->v);
  for (PetscInt i = 0; i < g->dim; i++) add_trial(c, i);
  rotated_sums(c, sums);
  unrotate(sums, 1 / (PetscReal)g->total, gram);
  PetscFunctionReturn(0);
}

/* chi_j on the fine axis by its trigonometric interpolant, which keeps the mean, and f chi_j there. */
static void refine_trial(LaneCell c, LaneCell fine, PetscInt j)
{
  const PetscInt n = c->grid->n, m = fine->grid->n;

  for (PetscInt i = 0; i < m; i++) {
    Lane sum = {0, 0, 0, 0};
    for (PetscInt q = 0; q < n; q++) {
      const PetscReal y = PETSC_PI * ((PetscReal)i / (PetscReal)m - (PetscReal)q / (PetscReal)n);
      const PetscReal s = PetscSinReal(y);
      const PetscReal kernel = PetscAbsReal(s) < 1e-14 ? 1
                               : n % 2
                                   ? PetscSinReal((PetscReal)n * y) / ((PetscReal)n * s)
                                   : PetscSinReal((PetscReal)n * y) * PetscCosReal(y) / ((PetscReal)n * s);
      sum += kernel * c->chi[j][q];
    }
    fine->chi[j][i] = sum;
  }
  for (PetscInt q = 0, stride = j == 0 ? 1 : j == 1 ? m : m * m; q < fine->grid->total; q++)
    fine->trial[j][q] = fine->f[q] * fine->chi[j][q / stride % m];
}

/* sums over the grid of x_l y_m, m = l, l + 1, l + 2. */
ANY_MACHINE static void rotated_dots(LaneGrid g, const Lane x[], const Lane y[], PetscReal sums[3][LANES])
{
  Lane s0 = {0, 0, 0, 0}, s1 = s0, s2 = s0;

  for (PetscInt q = 0; q < g->total; q++) {
    const Lane w = y[q];
    s0 += x[q] * w;
    s1 += x[q] * (Lane){w[1], w[2], w[3], w[0]};
    s2 += x[q] * (Lane){w[2], w[3], w[0], w[1]};
  }
  for (PetscInt l = 0; l < LANES; l++) {
    sums[0][l] = s0[l];
    sums[1][l] = s1[l];
    sums[2][l] = s2[l];
  }
}

PetscErrorCode LaneCellResiduals(LaneCell c, LaneCell fine, PetscReal gram[LANES][LANES],
                                 PetscReal residual[LANES][LANES])
{
  const LaneGrid g = fine->grid;
  const PetscReal times = (PetscReal)g->total / (PetscReal)c->grid->total;
  PetscReal sums[3][LANES];
  Lane shift;

  PetscFunctionBegin;
  PetscCall(PetscMemcpy(fine->P, c->P, sizeof(c->P)));
  LaneForward(c->grid, c->x, c->hat);
  LaneTransfer(c->grid, c->hat, g, fine->hat);
  for (PetscInt q = 0; q < g->total; q++) fine->hat[q] *= times;
  LaneBackward(g, fine->hat, fine->x);
  for (PetscInt q = 0; q < g->total; q++) fine->x[q] /= (PetscReal)g->total;
  LaneApplyGradient(fine, fine->hat, fine->x, fine->v);
  for (PetscInt i = 0; i < g->dim; i++) {
    refine_trial(c, fine, i);
    add_trial(fine, i);
  }
  rotated_sums(fine, sums);
  unrotate(sums, 1 / (PetscReal)g->total, gram);
  LaneApplyAdjoint(fine, fine->v, fine->r);
  LaneForward(g, fine->r, fine->hat);
  for (PetscInt l = 0; l < LANES; l++) shift[l] = c->shift[l];
  for (PetscInt q = 0; q < g->total; q++) fine->hat[q] /= (PetscReal)g->total * (g->k2[q] + shift);
  LaneBackward(g, fine->hat, fine->z);
  rotated_dots(g, fine->r, fine->z, sums);
  unrotate(sums, 1 / (PetscReal)g->total, residual);
  PetscFunctionReturn(0);
}

/* A field whose coefficients decay as q^k has e1 ~ q^{2 k1} in the shells from k1 = n/4 on, e2 ~ q^{2 k2} in the outermost
   quarter, from k2 = 3n/8 on, and the square's sum over n points misses coefficients k + k' = n, about
   n q^n = n e2 (e2/e1)^{(n/2 - k2)/(k2 - k1)}. Never less than a thousandth of e2, should the decay end there. The highest
   shell always counts, or grids of one and three points would have no outermost quarter. */
PetscReal LaneTailError(PetscInt n, PetscReal shells[][2], PetscInt pair)
{
  const PetscInt k1 = (n + 3) / 4, k2 = PetscMin((3 * n + 7) / 8, n / 2);
  PetscReal whole = 0, e1 = 0, e2 = 0;

  for (PetscInt k = 0; k <= n / 2; k++) {
    whole += shells[k][pair];
    if (k >= k2)
      e2 += shells[k][pair];
    else if (k >= k1)
      e1 += shells[k][pair];
  }
  if (whole == 0) return 0;
  if (!(whole > 0)) return PETSC_INFINITY; /* not a number */
  if (e2 >= e1) return e2 / whole;
  const PetscReal power = ((PetscReal)n / 2 - (PetscReal)k2) / (PetscReal)(k2 - k1);
  return e2 / whole * PetscMax(1e-3, PetscMin(1, (PetscReal)n * PetscPowReal(e2 / e1, power)));
}

ANY_MACHINE static void scale_to(LaneGrid g, const PetscReal scale[LANES], const Lane x[], Lane y[])
{
  Lane s;

  for (PetscInt l = 0; l < LANES; l++) s[l] = scale[l];
  for (PetscInt q = 0; q < g->total; q++) y[q] = s * x[q];
}

PetscErrorCode LaneCellTails(LaneCell c, PetscReal gram[LANES][LANES], PetscReal error[2])
{
  const LaneGrid g = c->grid;
  PetscReal scale[LANES], (*shells)[2], (*sum)[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(g->n / 2 + 1, &shells, g->n / 2 + 1, &sum));
  PetscCall(PetscMemzero(sum, (size_t)(g->n / 2 + 1) * sizeof(*sum)));
  for (PetscInt l = 0; l < LANES; l++) scale[l] = gram[l][l] > 0 ? 1 / PetscSqrtReal(gram[l][l]) : 0;
  if (g->dim == 3) scale[LANES - 1] = 0; /* the probe is noise */
  for (PetscInt i = 0; i < g->dim; i++) {
    scale_to(g, scale, c->v[i], c->work);
    LaneForward(g, c->work, c->hat);
    LaneShells(g, c->hat, shells);
    for (PetscInt k = 0; k <= g->n / 2; k++) {
      sum[k][0] += shells[k][0];
      sum[k][1] += shells[k][1];
    }
  }
  for (PetscInt pair = 0; pair < 2; pair++) error[pair] = LaneTailError(g->n, sum, pair);
  PetscCall(PetscFree2(shells, sum));
  PetscFunctionReturn(0);
}

/* Smallest eigenvalue of the tridiagonal matrix that conjugate gradients built in a lane, and its residual. */
static PetscErrorCode smallest_ritz(LaneCell c, PetscInt l, PetscReal *value, PetscReal *residual)
{
  PetscReal *d, *e, *z, *work;
  const PetscInt most = PetscMin(c->steps, RITZ_STEPS);
  PetscInt m = 0;
  PetscBLASInt n, info;

  PetscFunctionBegin;
  *value = *residual = 0;
  while (m < most && c->alpha[m][l] > 0) m++;
  if (m < 2) PetscFunctionReturn(0);
  n = (PetscBLASInt)m;
  PetscCall(PetscMalloc4(m, &d, m, &e, m * m, &z, 2 * m, &work));
  for (PetscInt k = 0; k < m; k++) {
    d[k] = 1 / c->alpha[k][l] + (k > 0 ? c->beta[k][l] / c->alpha[k - 1][l] : 0);
    if (k + 1 < m) e[k] = PetscSqrtReal(c->beta[k + 1][l]) / c->alpha[k][l];
  }
  const PetscReal last = PetscSqrtReal(c->tail[l]) / c->alpha[m - 1][l];
  LAPACKsteqr_("I", &n, d, e, z, &n, work, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK dsteqr returned %d", (int)info);
  *value = d[0];
  *residual = PetscAbsReal(last * z[m - 1]);
  PetscCall(PetscFree4(d, e, z, work));
  PetscFunctionReturn(0);
}

/* The probe sees every eigenvector: there is an eigenvalue within the residual of its Ritz value. Ritz values of the
   other lanes are upper bounds, and may know better. */
PetscErrorCode LaneCellGap(LaneCell c, PetscReal *gap)
{
  PetscReal value, residual, least;

  PetscFunctionBegin;
  PetscCall(smallest_ritz(c, LANES - 1, &least, &residual));
  *gap = least - residual;
  /* A crude estimate will do if it is far from zero. */
  if (!(*gap > 0.1 || residual < 0.5 * least)) *gap = 0;
  for (PetscInt l = 0; l < LANES - 1; l++) {
    PetscCall(smallest_ritz(c, l, &value, &residual));
    if (value > 0) *gap = PetscMin(*gap, value);
  }
  PetscFunctionReturn(0);
}
