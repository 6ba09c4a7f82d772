/*
  The sums behind LineIntegrals: kept per grid or panel, exponents relative to the largest met so far.
*/
#pragma once
#include "line.h"

/* For both sides 1 inverse, 3 ratios, 6 Schur entries; then exp(log_w), exp(-log_w), and both with z and zhat. */
#define LINE_SIDE 10
#define LINE_SUMS (2 * LINE_SIDE + 4)
typedef PetscReal LineSums[LINE_SUMS];

/* Exponents are taken relative to these. */
typedef struct {
  PetscReal w, inverse, z, zhat;
} LineShifts;

void LineShiftsClear(LineShifts *shift);
/* The coefficient at the nodes along axis c; a value that is not finite is a failure. */
PetscErrorCode LineSample(const CellProblem *problem, PetscInt c, PetscInt n, PetscReal nodes[],
                          CellSamples *samples, CellFailure *failure);
/* Raises the shifts to the largest exponents seen; sums made with the old ones are to be multiplied by factor. */
void LineRaiseShifts(const CellSamples *s, LineShifts *shift, LineSums factor);
void LineScale(const LineSums factor, LineSums sums);
/* sums += weight * integrands at sample q. */
void LineAddSample(const CellSamples *s, PetscInt q, PetscInt c, PetscReal weight, const LineShifts *shift,
                   LineSums sums);
/* |difference| of each sum in units of its own size; a ratio or an off-diagonal entry in units of order one or of the
   diagonal. */
PetscReal LineChange(const LineSums difference, const LineSums whole);
void LineFinish(const LineSums sums, const LineShifts *shift, PetscReal error, PetscInt nodes,
                LineIntegrals *line);

/* The two rules. */
PetscErrorCode LineTrapezoid(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                             CellFailure *failure);
PetscErrorCode LineGauss(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                         CellFailure *failure);
