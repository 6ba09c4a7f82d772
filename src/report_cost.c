#include "report_cost.h"

void CostReportCells(const CostReport *r, PetscInt level, PetscReal cells[3], PetscReal *full)
{
  PetscReal points = r->pilot[0].level[level].anew ? (PetscReal)PetscMax(1, r->n_points) : 1;

  *full = 0;
  for (PetscInt b = 0; b < 3; b++) {
    PetscReal least = PETSC_INFINITY, most = 0, sum = 0;

    for (PetscInt i = 0; i < r->n_pilots; i++) {
      const LevelCost *l = &r->pilot[i].level[level];

      sum += l->cells[b] / (PetscReal)r->n_pilots;
      least = PetscMin(least, l->cells[b]);
      most = PetscMax(most, l->cells[b]);
      if (b == 0) *full += l->full / (PetscReal)r->n_pilots;
    }
    if (r->n_points > r->n_pilots && b == 1) sum = least; /* points that no pilot has seen */
    if (r->n_points > r->n_pilots && b == 2) sum = most;
    cells[b] = points * sum;
  }
  *full *= (PetscReal)PetscMax(1, r->n_points);
}

/* A point after the first: what does not depend on x is remembered. */
static CascadeCost next_point(const CascadeCost *first)
{
  CascadeCost next = *first;

  for (PetscInt i = 0; i < next.n_levels; i++) {
    next.level[i].setup = 0;
    for (PetscInt b = 0; b < 3 && !next.level[i].anew; b++) next.level[i].cells[b] = 0;
  }
  if (next.n_levels && !next.level[0].anew) next.seconds = 0;
  return next;
}

PetscReal CostReportSeconds(const CostReport *r, PetscInt ranks, PetscInt bound)
{
  const PetscInt n = PetscMax(1, r->n_points);
  const PetscBool whole =
      (PetscBool)(ranks == 1 || n >= 8 * ranks ||
                  (n > 1 && !r->pilot[0].n_rounds)); /* points are handed out, not their cells */
  const PetscInt together = whole ? 1 : ranks;
  const PetscReal turns = whole ? PetscCeilReal((PetscReal)n / (PetscReal)ranks) : (PetscReal)n;
  PetscReal first = 0, sum = 0, end = bound > 0 ? 0 : PETSC_INFINITY;

  for (PetscInt i = 0; i < r->n_pilots; i++) {
    const CascadeCost next = next_point(&r->pilot[i]);
    const PetscReal seconds = CascadeCostSeconds(&next, together, bound);

    if (i == 0) first = CascadeCostSeconds(&r->pilot[0], together, bound) - seconds;
    sum += seconds / (PetscReal)r->n_pilots;
    end = bound > 0 ? PetscMax(end, seconds) : PetscMin(end, seconds);
  }
  if (bound && n > r->n_pilots) sum = end; /* points that no pilot has seen */
  return first + turns * sum;
}

static void format_number(PetscReal value, char text[], size_t size)
{
  if (value < 1e7)
    snprintf(text, size, "%.0f", (double)value);
  else
    snprintf(text, size, "%.2e", (double)value);
}

static void print_level(const CostReport *r, PetscInt level, FILE *stream)
{
  const LevelCost *l = &r->pilot[0].level[level];
  PetscInt points[2] = {l->points[0], l->points[1]};
  PetscReal cells[3], full;
  char text[4][24], grid[32];

  CostReportCells(r, level, cells, &full);
  for (PetscInt i = 0; i < 3; i++) format_number(cells[i], text[i], sizeof(text[i]));
  format_number(full, text[3], sizeof(text[3]));
  for (PetscInt i = 1; i < r->n_pilots; i++) {
    points[0] = PetscMin(points[0], r->pilot[i].level[level].points[0]);
    points[1] = PetscMax(points[1], r->pilot[i].level[level].points[1]);
  }
  if (points[0] == points[1])
    snprintf(grid, sizeof(grid), "%" PetscInt_FMT, points[0]);
  else
    snprintf(grid, sizeof(grid), "%" PetscInt_FMT " to %" PetscInt_FMT, points[0], points[1]);
  fprintf(stream, "  %5" PetscInt_FMT "  %-11s  %-12s  %10s  %10s to %-10s  %12s  %10.3g\n", l->scale,
          l->method, grid, text[0], text[1], text[2], text[3], 1e3 * (double)l->seconds);
}

static void print_ranks(const CostReport *r, FILE *stream)
{
  fprintf(stream, "  processes     seconds        range\n");
  for (PetscInt i = 0; i < r->n_ranks; i++) {
    fprintf(stream, "  %9" PetscInt_FMT "  %10.3g  %10.3g to %.3g\n", r->ranks[i],
            (double)CostReportSeconds(r, r->ranks[i], 0), (double)CostReportSeconds(r, r->ranks[i], -1),
            (double)CostReportSeconds(r, r->ranks[i], 1));
  }
  fprintf(stream,
          "  and %.2g s to start. Times are processor times on this machine, messages are not counted.\n",
          (double)r->startup);
}

static void print_total(const CostReport *r, FILE *stream)
{
  PetscReal sum[3] = {0}, cells[3], all = 0, full;
  char text[4][24];

  for (PetscInt l = 0; l < r->pilot[0].n_levels; l++) {
    CostReportCells(r, l, cells, &full);
    for (PetscInt i = 0; i < 3; i++) sum[i] += cells[i];
    all += full;
  }
  for (PetscInt i = 0; i < 3; i++) format_number(sum[i], text[i], sizeof(text[i]));
  format_number(all, text[3], sizeof(text[3]));
  fprintf(stream, "    all  %25s  %10s  %10s to %-10s  %12s\n", "", text[0], text[1], text[2], text[3]);
}

PetscErrorCode CostReportPrint(const CostReport *r, FILE *stream)
{
  const CascadeCost *last = &r->pilot[r->n_pilots - 1];
  PetscInt cells = 0;
  PetscReal seconds = 0;

  PetscFunctionBegin;
  if (last->failure.status != CELL_OK) {
    fprintf(stream, "cost: not predicted, the pilot failed: %s\n", last->failure.message);
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < r->n_pilots; i++) {
    cells += r->pilot[i].pilot_cells;
    seconds += r->pilot[i].pilot_seconds;
  }
  fprintf(stream,
          "cost of %" PetscInt_FMT " macroscopic point%s, predicted from %" PetscInt_FMT
          " cells of a pilot at %" PetscInt_FMT " of them (%.2g s):\n",
          PetscMax(1, r->n_points), r->n_points > 1 ? "s" : "", cells, r->n_pilots, (double)seconds);
  fprintf(stream, "  scale  method       points a side     cells       range                    "
                  "no structure  ms a cell\n");
  for (PetscInt l = r->pilot[0].n_levels - 1; l >= 0; l--) print_level(r, l, stream);
  print_total(r, stream);
  fprintf(stream, "  memory of each process: about %.2g MB more than an empty program\n",
          (double)(r->bytes / 1048576));
  print_ranks(r, stream);
  if (r->table_points)
    fprintf(stream,
            "  not counted: the coefficients over the domain, at %" PetscInt_FMT
            " macroscopic points at the least, more where they vary; and what is asked on the domain\n",
            r->table_points);
  PetscFunctionReturn(0);
}
