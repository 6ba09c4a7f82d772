#include "line.h"
#include <petscdt.h>

#define GAUSS 8
/* The sums kept per panel: for both sides 1 inverse, 3 ratios, 6 Schur entries; then the four partition sums.
 */
#define SIDE 10
#define SUMS (2 * SIDE + 4)
typedef PetscReal Sums[SUMS];

/* Exponents are taken relative to these. */
typedef struct {
  PetscReal w, inverse, z, zhat;
} Shifts;
static const Shifts no_shifts = {-PETSC_MAX_REAL, -PETSC_MAX_REAL, -PETSC_MAX_REAL, -PETSC_MAX_REAL};

static PetscErrorCode sample_line(const CellProblem *problem, PetscInt c, PetscInt n, PetscReal nodes[],
                                  CellSamples *samples, CellFailure *failure)
{
  PetscReal zero = 0;
  PetscInt sizes[3] = {1, 1, 1};
  const PetscReal *axes[3] = {&zero, &zero, &zero};

  PetscFunctionBegin;
  sizes[c] = n;
  axes[c] = nodes;
  PetscCall(CellSamplesCreate(problem, sizes, axes, PETSC_FALSE, samples));
  PetscCall(problem->sample(problem->ctx, samples));
  *failure = samples->failure;
  for (PetscInt q = 0; q < n && failure->status == CELL_OK; q++) {
    if (!PetscIsInfOrNanReal(samples->log_w[q])) continue;
    failure->status = CELL_NOT_FINITE;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "the potential is not finite where component %" PetscInt_FMT " of the cell is %g",
                            c + 1, (double)nodes[q]));
  }
  PetscFunctionReturn(0);
}

static PetscReal raise(PetscReal *shift, PetscReal top)
{
  const PetscReal old = *shift;

  *shift = PetscMax(old, top);
  return PetscExpReal(old - *shift);
}

/* Raises the shifts to the largest exponents seen; sums made with the old ones are to be multiplied by factor. */
static void raise_shifts(const CellSamples *s, Shifts *shift, Sums factor)
{
  Shifts top = no_shifts;

  for (PetscInt q = 0; q < s->total; q++) {
    top.w = PetscMax(top.w, s->log_w[q]);
    top.inverse = PetscMax(top.inverse, -s->log_w[q]);
    top.z = PetscMax(top.z, s->log_w[q] + (s->log_z ? s->log_z[q] : 0));
    top.zhat = PetscMax(top.zhat, -s->log_w[q] + (s->log_zhat ? s->log_zhat[q] : 0));
  }
  const PetscReal w = raise(&shift->w, top.w), inverse = raise(&shift->inverse, top.inverse);
  for (PetscInt side = 0; side < 2; side++) {
    factor[side * SIDE] = inverse;
    for (PetscInt i = 1; i <= 3; i++) factor[side * SIDE + i] = 1;
    for (PetscInt i = 4; i < SIDE; i++) factor[side * SIDE + i] = w;
  }
  factor[2 * SIDE] = w;
  factor[2 * SIDE + 1] = inverse;
  factor[2 * SIDE + 2] = raise(&shift->z, top.z);
  factor[2 * SIDE + 3] = raise(&shift->zhat, top.zhat);
}

static void scale_sums(const Sums factor, Sums sums)
{
  for (PetscInt i = 0; i < SUMS; i++) sums[i] *= factor[i];
}

/* sums += weight * integrands at sample q. */
static void add_sample(const CellSamples *s, PetscInt q, PetscInt c, PetscReal weight, const Shifts *shift,
                       Sums sums)
{
  const PetscReal w = PetscExpReal(s->log_w[q] - shift->w),
                  inverse = PetscExpReal(-s->log_w[q] - shift->inverse);

  for (PetscInt side = 0; side < 2; side++) {
    PetscReal *const *C = (PetscReal *const *)(side == 0 ? s->upper : s->lower);
    PetscReal *sum = sums + side * SIDE;
    const PetscReal cc = C[0] ? C[CellPackedIndex(c, c)][q] : 1;
    sum[0] += weight * inverse / cc;
    for (PetscInt i = 0; i < s->dim; i++) {
      if (i == c) continue;
      const PetscReal ic = C[0] ? C[CellPackedIndex(i, c)][q] : 0;
      sum[1 + i] += weight * ic / cc;
      for (PetscInt j = i; j < s->dim; j++) {
        if (j == c) continue;
        const PetscReal jc = C[0] ? C[CellPackedIndex(j, c)][q] : 0,
                        ij = C[0] ? C[CellPackedIndex(i, j)][q] : i == j;
        sum[4 + CellPackedIndex(i, j)] += weight * w * (ij - ic * jc / cc);
      }
    }
  }
  sums[2 * SIDE] += weight * w;
  sums[2 * SIDE + 1] += weight * inverse;
  sums[2 * SIDE + 2] += weight * PetscExpReal(s->log_w[q] + (s->log_z ? s->log_z[q] : 0) - shift->z);
  sums[2 * SIDE + 3] +=
      weight * PetscExpReal(-s->log_w[q] + (s->log_zhat ? s->log_zhat[q] : 0) - shift->zhat);
}

/* |difference| of each sum in units of its own size; a ratio or an off-diagonal entry in units of order one
   or of the diagonal. */
static PetscReal relative_change(const Sums difference, const Sums whole)
{
  PetscReal change = 0;

  for (PetscInt i = 0; i < SUMS; i++) {
    PetscReal unit = PetscAbsReal(whole[i]);
    if (i < 2 * SIDE && i % SIDE >= 1 && i % SIDE <= 3) unit = 1;
    if (i < 2 * SIDE && i % SIDE >= 4) {
      const PetscReal *schur = whole + i / SIDE * SIDE + 4;
      unit = PetscMax(schur[0], PetscMax(schur[3], schur[5]));
    }
    if (unit > 0) change = PetscMax(change, PetscAbsReal(difference[i]) / unit);
  }
  return change;
}

static void finish(const Sums sums, const Shifts *shift, PetscReal error, PetscInt nodes, LineIntegrals *line)
{
  for (PetscInt side = 0; side < 2; side++) {
    const PetscReal *s = sums + side * SIDE;
    line->log_inverse[side] = shift->inverse + PetscLogReal(s[0]);
    for (PetscInt i = 0; i < 3; i++) line->ratio[side][i] = s[1 + i];
    for (PetscInt p = 0; p < CELL_PACKED; p++) line->schur[side][p] = s[4 + p];
  }
  line->log_top = shift->w;
  line->log_w = shift->w + PetscLogReal(sums[2 * SIDE]);
  line->log_what = shift->inverse + PetscLogReal(sums[2 * SIDE + 1]);
  line->log_z = shift->z + PetscLogReal(sums[2 * SIDE + 2]);
  line->log_zhat = shift->zhat + PetscLogReal(sums[2 * SIDE + 3]);
  line->error = error;
  line->nodes = nodes;
}

/* Logarithms of two integrands, 1/K_cc and exp(log_w) z, at the nodes of the trapezoid rule in order. */
typedef struct {
  PetscInt n;
  PetscReal *inverse, *mass;
} Trace;

/* Makes room for the nodes between, and fills in the fresh samples: all nodes the first time, then the odd ones. */
static PetscErrorCode extend_trace(const CellSamples *s, PetscInt c, PetscInt n, Trace *trace)
{
  const PetscInt old = trace->n;
  PetscReal *inverse, *mass;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n, &inverse, n, &mass));
  for (PetscInt i = 0; i < old; i++) {
    inverse[2 * i] = trace->inverse[i];
    mass[2 * i] = trace->mass[i];
  }
  for (PetscInt q = 0; q < s->total; q++) {
    const PetscInt i = old ? 2 * q + 1 : q;
    const PetscReal cc = s->upper[0] ? s->upper[CellPackedIndex(c, c)][q] : 1;
    inverse[i] = -s->log_w[q] - PetscLogReal(cc);
    mass[i] = s->log_w[q] + (s->log_z ? s->log_z[q] : 0);
  }
  if (old) PetscCall(PetscFree2(trace->inverse, trace->mass));
  *trace = (Trace){n, inverse, mass};
  PetscFunctionReturn(0);
}

/* The largest of the three highest Fourier coefficients of exp(values), relative to the mean. The change from n/2 to n
   points is one such coefficient's real part: an even integrand can hide it, wherever its axis lies between the nodes. */
static PetscReal spectral_tail(PetscInt n, const PetscReal values[])
{
  PetscReal top = values[0], mean = 0, tail = 0;

  for (PetscInt i = 1; i < n; i++) top = PetscMax(top, values[i]);
  for (PetscInt i = 0; i < n; i++) mean += PetscExpReal(values[i] - top);
  for (PetscInt m = n / 2 - 2; m <= n / 2; m++) {
    PetscReal re = 0, im = 0;
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal angle = 2 * PETSC_PI * (PetscReal)(i * m % n) / (PetscReal)n,
                      e = PetscExpReal(values[i] - top);
      re += e * PetscCosReal(angle);
      im += e * PetscSinReal(angle);
    }
    tail = PetscMax(tail, PetscSqrtReal(re * re + im * im) / mean);
  }
  return tail;
}

/* Adds the fresh nodes of the n-point rule; *error is the estimate for it. Coefficient n/2 is as large as the error of
   n/2 points, whose square is that of n; 3/2 in place of 2. */
static PetscErrorCode refine_trapezoid(const CellProblem *problem, PetscInt c, PetscInt n, Shifts *shift,
                                       Sums sums, Trace *trace, PetscReal *error, CellFailure *failure)
{
  const PetscInt fresh = trace->n ? n / 2 : n;
  PetscReal *nodes;
  CellSamples samples;
  Sums last, difference, factor;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(fresh, &nodes));
  for (PetscInt i = 0; i < fresh; i++) nodes[i] = (PetscReal)(trace->n ? 2 * i + 1 : i) / (PetscReal)n;
  PetscCall(sample_line(problem, c, fresh, nodes, &samples, failure));
  PetscCall(PetscFree(nodes));
  if (failure->status == CELL_OK) {
    raise_shifts(&samples, shift, factor);
    scale_sums(factor, sums);
    PetscCall(PetscMemcpy(last, sums, sizeof(Sums)));
    for (PetscInt i = 0; i < SUMS; i++) sums[i] *= 0.5;
    for (PetscInt q = 0; q < fresh; q++) add_sample(&samples, q, c, 1 / (PetscReal)n, shift, sums);
    for (PetscInt i = 0; i < SUMS; i++) difference[i] = sums[i] - last[i];
    *error = trace->n ? relative_change(difference, sums) : PETSC_INFINITY;
    PetscCall(extend_trace(&samples, c, n, trace));
    *error = PetscMax(*error, PetscMax(spectral_tail(n, trace->inverse), spectral_tail(n, trace->mass)));
    if (*error < 1) *error = PetscMax(1e-15, PetscPowReal(*error, 1.5));
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

/* Nested trapezoid rule: n = 9, 18, 36, ... */
static PetscErrorCode trapezoid(const CellProblem *problem, PetscInt c, PetscInt max_nodes,
                                LineIntegrals *line, CellFailure *failure)
{
  Sums sums = {0};
  Shifts shift = no_shifts;
  Trace trace = {0, NULL, NULL};
  PetscReal error = PETSC_INFINITY;

  PetscFunctionBegin;
  for (PetscInt n = 9; n <= max_nodes && failure->status == CELL_OK && !(error <= 0.5 * problem->goal);
       n *= 2) {
    PetscCall(refine_trapezoid(problem, c, n, &shift, sums, &trace, &error, failure));
  }
  if (failure->status == CELL_OK) finish(sums, &shift, error, trace.n, line);
  if (trace.n) PetscCall(PetscFree2(trace.inverse, trace.mass));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscReal left, right;
  Sums sums;
} Panel;

/* Gauss sums of the panels; factor is for sums made before. */
static PetscErrorCode integrate_panels(const CellProblem *problem, PetscInt c, PetscInt n, Panel panels[],
                                       Shifts *shift, Sums factor, CellFailure *failure)
{
  PetscReal x[GAUSS], w[GAUSS], *nodes;
  CellSamples samples;

  PetscFunctionBegin;
  PetscCall(PetscDTGaussQuadrature(GAUSS, 0, 1, x, w));
  PetscCall(PetscMalloc1(n * GAUSS, &nodes));
  for (PetscInt p = 0; p < n; p++) {
    const PetscReal h = panels[p].right - panels[p].left;
    for (PetscInt i = 0; i < GAUSS; i++) nodes[p * GAUSS + i] = panels[p].left + h * x[i];
  }
  PetscCall(sample_line(problem, c, n * GAUSS, nodes, &samples, failure));
  if (failure->status == CELL_OK) {
    raise_shifts(&samples, shift, factor);
    for (PetscInt p = 0; p < n; p++) {
      const PetscReal h = panels[p].right - panels[p].left;
      PetscCall(PetscMemzero(panels[p].sums, sizeof(Sums)));
      for (PetscInt i = 0; i < GAUSS; i++)
        add_sample(&samples, p * GAUSS + i, c, h * w[i], shift, panels[p].sums);
    }
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscCall(PetscFree(nodes));
  PetscFunctionReturn(0);
}

/* The panels between the breaks, in four parts where there are none. */
static PetscErrorCode first_panels(const CellProblem *problem, PetscInt c, PetscInt *n, Panel **panels)
{
  const PetscInt breaks = problem->n_breaks[c], count = PetscMax(breaks + 1, 4);
  PetscInt used = 0;
  PetscReal left = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count, panels));
  for (PetscInt b = 0; breaks > 0 && b <= breaks; b++) {
    const PetscReal right = b < breaks ? problem->breaks[c][b] : 1;
    if (right > left) {
      (*panels)[used].left = left;
      (*panels)[used++].right = right;
    }
    left = right;
  }
  for (PetscInt b = 0; breaks == 0 && b < 4; b++) {
    (*panels)[used].left = 0.25 * (PetscReal)b;
    (*panels)[used++].right = 0.25 * (PetscReal)(b + 1);
  }
  *n = used;
  PetscFunctionReturn(0);
}

/* Bisects the panels of one generation; those whose halves agree with them are settled and leave. */
static PetscErrorCode next_generation(const CellProblem *problem, PetscInt c, Shifts *shift, PetscInt *n,
                                      Panel **panels, Sums total, PetscReal *open, PetscReal *settled,
                                      CellFailure *failure)
{
  Panel *halves;
  Sums factor = {0};
  PetscInt kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * *n, &halves));
  for (PetscInt p = 0; p < *n; p++) {
    const PetscReal middle = 0.5 * ((*panels)[p].left + (*panels)[p].right);
    halves[2 * p].left = (*panels)[p].left;
    halves[2 * p].right = middle;
    halves[2 * p + 1].left = middle;
    halves[2 * p + 1].right = (*panels)[p].right;
  }
  PetscCall(integrate_panels(problem, c, 2 * *n, halves, shift, factor, failure));
  scale_sums(factor, total);
  *open = 0;
  for (PetscInt p = 0; p < *n && failure->status == CELL_OK; p++) {
    Sums change;
    scale_sums(factor, (*panels)[p].sums);
    for (PetscInt i = 0; i < SUMS; i++) {
      change[i] = halves[2 * p].sums[i] + halves[2 * p + 1].sums[i] - (*panels)[p].sums[i];
      total[i] += change[i];
    }
    const PetscReal e = relative_change(change, total);
    if (e <= 1e-3 * problem->goal || halves[2 * p].right - halves[2 * p].left < 1e-15) {
      *settled += e;
      continue;
    }
    *open += e;
    halves[kept++] = halves[2 * p];
    halves[kept++] = halves[2 * p + 1];
  }
  PetscCall(PetscFree(*panels));
  *panels = halves;
  *n = kept;
  PetscFunctionReturn(0);
}

static PetscErrorCode adaptive_gauss(const CellProblem *problem, PetscInt c, PetscInt max_nodes,
                                     LineIntegrals *line, CellFailure *failure)
{
  Panel *panels;
  Sums total = {0}, unused;
  Shifts shift = no_shifts;
  PetscReal open = PETSC_INFINITY, settled = 0;
  PetscInt n, nodes;

  PetscFunctionBegin;
  PetscCall(first_panels(problem, c, &n, &panels));
  PetscCall(integrate_panels(problem, c, n, panels, &shift, unused, failure));
  nodes = n * GAUSS;
  for (PetscInt p = 0; p < n; p++) {
    for (PetscInt i = 0; i < SUMS; i++) total[i] += panels[p].sums[i];
  }
  while (n > 0 && failure->status == CELL_OK && nodes + 2 * n * GAUSS <= max_nodes) {
    nodes += 2 * n * GAUSS;
    PetscCall(next_generation(problem, c, &shift, &n, &panels, total, &open, &settled, failure));
    if (open + settled <= 1e-2 * problem->goal) break;
  }
  if (failure->status == CELL_OK) finish(total, &shift, PetscMax(1e-15, open + settled), nodes, line);
  PetscCall(PetscFree(panels));
  PetscFunctionReturn(0);
}

PetscErrorCode LineIntegrate(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                             CellFailure *failure)
{
  PetscFunctionBegin;
  if (problem->smooth)
    PetscCall(trapezoid(problem, c, max_nodes, line, failure));
  else
    PetscCall(adaptive_gauss(problem, c, max_nodes, line, failure));
  PetscFunctionReturn(0);
}
