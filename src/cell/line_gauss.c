/* Coefficients with kinks and jumps: Gauss panels between the breaks, bisected where that changes the sums. */
#include <petscdt.h>
#include "line_sums.h"

#define GAUSS 8

typedef struct {
  PetscReal left, right;
  LineSums sums;
} Panel;

/* Gauss sums of the panels; factor is for sums made before. */
static PetscErrorCode integrate_panels(const CellProblem *problem, PetscInt c, PetscInt n, Panel panels[],
                                       LineShifts *shift, LineSums factor, CellFailure *failure)
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
  PetscCall(LineSample(problem, c, n * GAUSS, nodes, &samples, failure));
  if (failure->status == CELL_OK) {
    LineRaiseShifts(&samples, shift, factor);
    for (PetscInt p = 0; p < n; p++) {
      const PetscReal h = panels[p].right - panels[p].left;
      PetscCall(PetscMemzero(panels[p].sums, sizeof(LineSums)));
      for (PetscInt i = 0; i < GAUSS; i++)
        LineAddSample(&samples, p * GAUSS + i, c, h * w[i], shift, panels[p].sums);
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
static PetscErrorCode next_generation(const CellProblem *problem, PetscInt c, LineShifts *shift, PetscInt *n,
                                      Panel **panels, LineSums total, PetscReal *open, PetscReal *settled,
                                      CellFailure *failure)
{
  Panel *halves;
  LineSums factor = {0};
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
  LineScale(factor, total);
  *open = 0;
  for (PetscInt p = 0; p < *n && failure->status == CELL_OK; p++) {
    LineSums change;
    LineScale(factor, (*panels)[p].sums);
    for (PetscInt i = 0; i < LINE_SUMS; i++) {
      change[i] = halves[2 * p].sums[i] + halves[2 * p + 1].sums[i] - (*panels)[p].sums[i];
      total[i] += change[i];
    }
    const PetscReal e = LineChange(change, total);
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

PetscErrorCode LineGauss(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                         CellFailure *failure)
{
  Panel *panels;
  LineSums total = {0}, unused;
  LineShifts shift;
  PetscReal open = PETSC_INFINITY, settled = 0;
  PetscInt n, nodes;

  PetscFunctionBegin;
  LineShiftsClear(&shift);
  PetscCall(first_panels(problem, c, &n, &panels));
  PetscCall(integrate_panels(problem, c, n, panels, &shift, unused, failure));
  nodes = n * GAUSS;
  for (PetscInt p = 0; p < n; p++) {
    for (PetscInt i = 0; i < LINE_SUMS; i++) total[i] += panels[p].sums[i];
  }
  while (n > 0 && failure->status == CELL_OK && nodes + 2 * n * GAUSS <= max_nodes) {
    nodes += 2 * n * GAUSS;
    PetscCall(next_generation(problem, c, &shift, &n, &panels, total, &open, &settled, failure));
    if (open + settled <= 1e-2 * problem->goal) break;
  }
  if (failure->status == CELL_OK) LineFinish(total, &shift, PetscMax(1e-15, open + settled), nodes, line);
  PetscCall(PetscFree(panels));
  PetscFunctionReturn(0);
}
