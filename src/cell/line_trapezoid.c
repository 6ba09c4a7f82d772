/* Smooth periodic coefficients. */
#include "line_sums.h"

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

/* Adds the fresh nodes of the n-point rule. *unsure is coefficient n/2, as large as the error of n/2 points; its square
   is that of n, and the power 3/2 is taken in place of 2. */
static PetscErrorCode refine_trapezoid(const CellProblem *problem, PetscInt c, PetscInt n, LineShifts *shift,
                                       LineSums sums, Trace *trace, PetscReal *unsure, CellFailure *failure)
{
  const PetscInt fresh = trace->n ? n / 2 : n;
  PetscReal *nodes;
  CellSamples samples;
  LineSums last, difference, factor;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(fresh, &nodes));
  for (PetscInt i = 0; i < fresh; i++) nodes[i] = (PetscReal)(trace->n ? 2 * i + 1 : i) / (PetscReal)n;
  PetscCall(LineSample(problem, c, fresh, nodes, &samples, failure));
  PetscCall(PetscFree(nodes));
  if (failure->status == CELL_OK) {
    LineRaiseShifts(&samples, shift, factor);
    LineScale(factor, sums);
    PetscCall(PetscMemcpy(last, sums, sizeof(LineSums)));
    for (PetscInt i = 0; i < LINE_SUMS; i++) sums[i] *= 0.5;
    for (PetscInt q = 0; q < fresh; q++) LineAddSample(&samples, q, c, 1 / (PetscReal)n, shift, sums);
    for (PetscInt i = 0; i < LINE_SUMS; i++) difference[i] = sums[i] - last[i];
    *unsure = trace->n ? LineChange(difference, sums) : PETSC_INFINITY;
    PetscCall(extend_trace(&samples, c, n, trace));
    *unsure = PetscMax(*unsure, PetscMax(spectral_tail(n, trace->inverse), spectral_tail(n, trace->mass)));
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

/* Whether an n-point rule, n no divisor of what was used, agrees up to ten times `unsure`: a wave of 36 periods looks
   constant on 9, 18 and 36 points, but not on 11. */
static PetscErrorCode check_trapezoid(const CellProblem *problem, PetscInt c, PetscInt n, PetscReal unsure,
                                      LineShifts *shift, LineSums sums, PetscBool *agrees,
                                      CellFailure *failure)
{
  LineSums other, factor, difference;
  PetscReal *nodes;
  CellSamples samples;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &nodes));
  for (PetscInt i = 0; i < n; i++) nodes[i] = (PetscReal)i / (PetscReal)n;
  PetscCall(LineSample(problem, c, n, nodes, &samples, failure));
  PetscCall(PetscFree(nodes));
  if (failure->status == CELL_OK) {
    LineRaiseShifts(&samples, shift, factor);
    LineScale(factor, sums);
    PetscCall(PetscMemzero(other, sizeof(LineSums)));
    for (PetscInt q = 0; q < n; q++) LineAddSample(&samples, q, c, 1 / (PetscReal)n, shift, other);
    for (PetscInt i = 0; i < LINE_SUMS; i++) difference[i] = other[i] - sums[i];
    *agrees = (PetscBool)(LineChange(difference, sums) <= 10 * unsure + 1e-12);
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

/* Nested trapezoid rule: n = 9, 18, 36, ... until the spectrum says that it is done and a rule of other nodes agrees. */
PetscErrorCode LineTrapezoid(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                             CellFailure *failure)
{
  LineSums sums = {0};
  LineShifts shift;
  Trace trace = {0, NULL, NULL};
  PetscReal error = PETSC_INFINITY;
  PetscBool agrees = PETSC_FALSE;

  PetscFunctionBegin;
  LineShiftsClear(&shift);
  for (PetscInt n = 9; n <= max_nodes && failure->status == CELL_OK && !agrees; n *= 2) {
    PetscReal unsure = PETSC_INFINITY;
    PetscCall(refine_trapezoid(problem, c, n, &shift, sums, &trace, &unsure, failure));
    error = unsure < 1 ? PetscMax(1e-15, PetscPowReal(unsure, 1.5)) : unsure;
    if (failure->status != CELL_OK || error > 0.5 * problem->goal) continue;
    PetscCall(check_trapezoid(problem, c, n / 2 + 2, unsure, &shift, sums, &agrees, failure));
  }
  if (failure->status == CELL_OK) LineFinish(sums, &shift, agrees ? error : PETSC_INFINITY, trace.n, line);
  if (trace.n) PetscCall(PetscFree2(trace.inverse, trace.mass));
  PetscFunctionReturn(0);
}
