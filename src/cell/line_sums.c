#include "line_sums.h"

void LineShiftsClear(LineShifts *shift)
{
  *shift = (LineShifts){-PETSC_MAX_REAL, -PETSC_MAX_REAL, -PETSC_MAX_REAL, -PETSC_MAX_REAL};
}

PetscErrorCode LineSample(const CellProblem *problem, PetscInt c, PetscInt n, PetscReal nodes[],
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

void LineRaiseShifts(const CellSamples *s, LineShifts *shift, LineSums factor)
{
  LineShifts top;

  LineShiftsClear(&top);
  for (PetscInt q = 0; q < s->total; q++) {
    top.w = PetscMax(top.w, s->log_w[q]);
    top.inverse = PetscMax(top.inverse, -s->log_w[q]);
    top.z = PetscMax(top.z, s->log_w[q] + (s->log_z ? s->log_z[q] : 0));
    top.zhat = PetscMax(top.zhat, -s->log_w[q] + (s->log_zhat ? s->log_zhat[q] : 0));
  }
  const PetscReal w = raise(&shift->w, top.w), inverse = raise(&shift->inverse, top.inverse);
  for (PetscInt side = 0; side < 2; side++) {
    factor[side * LINE_SIDE] = inverse;
    for (PetscInt i = 1; i <= 3; i++) factor[side * LINE_SIDE + i] = 1;
    for (PetscInt i = 4; i < LINE_SIDE; i++) factor[side * LINE_SIDE + i] = w;
  }
  factor[2 * LINE_SIDE] = w;
  factor[2 * LINE_SIDE + 1] = inverse;
  factor[2 * LINE_SIDE + 2] = raise(&shift->z, top.z);
  factor[2 * LINE_SIDE + 3] = raise(&shift->zhat, top.zhat);
}

void LineScale(const LineSums factor, LineSums sums)
{
  for (PetscInt i = 0; i < LINE_SUMS; i++) sums[i] *= factor[i];
}

void LineAddSample(const CellSamples *s, PetscInt q, PetscInt c, PetscReal weight, const LineShifts *shift,
                   LineSums sums)
{
  const PetscReal w = PetscExpReal(s->log_w[q] - shift->w),
                  inverse = PetscExpReal(-s->log_w[q] - shift->inverse);

  for (PetscInt side = 0; side < 2; side++) {
    PetscReal *const *C = (PetscReal *const *)(side == 0 ? s->upper : s->lower);
    PetscReal *sum = sums + side * LINE_SIDE;
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
  sums[2 * LINE_SIDE] += weight * w;
  sums[2 * LINE_SIDE + 1] += weight * inverse;
  sums[2 * LINE_SIDE + 2] += weight * PetscExpReal(s->log_w[q] + (s->log_z ? s->log_z[q] : 0) - shift->z);
  sums[2 * LINE_SIDE + 3] +=
      weight * PetscExpReal(-s->log_w[q] + (s->log_zhat ? s->log_zhat[q] : 0) - shift->zhat);
}

PetscReal LineChange(const LineSums difference, const LineSums whole)
{
  PetscReal change = 0;

  for (PetscInt i = 0; i < LINE_SUMS; i++) {
    PetscReal unit = PetscAbsReal(whole[i]);
    if (i < 2 * LINE_SIDE && i % LINE_SIDE >= 1 && i % LINE_SIDE <= 3) unit = 1;
    if (i < 2 * LINE_SIDE && i % LINE_SIDE >= 4) {
      const PetscReal *schur = whole + i / LINE_SIDE * LINE_SIDE + 4;
      unit = PetscMax(schur[0], PetscMax(schur[3], schur[5]));
    }
    if (unit > 0) change = PetscMax(change, PetscAbsReal(difference[i]) / unit);
  }
  return change;
}

void LineFinish(const LineSums sums, const LineShifts *shift, PetscReal error, PetscInt nodes,
                LineIntegrals *line)
{
  for (PetscInt side = 0; side < 2; side++) {
    const PetscReal *s = sums + side * LINE_SIDE;
    line->log_inverse[side] = shift->inverse + PetscLogReal(s[0]);
    for (PetscInt i = 0; i < 3; i++) line->ratio[side][i] = s[1 + i];
    for (PetscInt p = 0; p < CELL_PACKED; p++) line->schur[side][p] = s[4 + p];
  }
  line->log_top = shift->w;
  line->log_w = shift->w + PetscLogReal(sums[2 * LINE_SIDE]);
  line->log_what = shift->inverse + PetscLogReal(sums[2 * LINE_SIDE + 1]);
  line->log_z = shift->z + PetscLogReal(sums[2 * LINE_SIDE + 2]);
  line->log_zhat = shift->zhat + PetscLogReal(sums[2 * LINE_SIDE + 3]);
  line->error = error;
  line->nodes = nodes;
}

PetscErrorCode LineIntegrate(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                             CellFailure *failure)
{
  PetscFunctionBegin;
  if (problem->smooth)
    PetscCall(LineTrapezoid(problem, c, max_nodes, line, failure));
  else
    PetscCall(LineGauss(problem, c, max_nodes, line, failure));
  PetscFunctionReturn(0);
}
