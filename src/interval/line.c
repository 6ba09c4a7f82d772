#include <math.h>
#include "line.h"
#include "panels.h"

enum { FIRST_PANELS = 32 };

static void add_place(PetscReal x, PetscReal from, PetscReal to, PetscInt *n, PetscReal edges[])
{
  if (x > from && x < to) edges[(*n)++] = x;
}

/* The ends, the breaks, the places and some equal parts, sorted; what is closer together than rounding is one.
   Slivers between places cost little. */
static PetscErrorCode first_edges(Interval interval, PetscReal from, PetscReal to, PetscInt n_places,
                                  const PetscReal places[], PetscInt *n, PetscReal **edges)
{
  const PetscReal turn = interval->b - interval->a;
  const PetscReal least =
      8 * PETSC_MACHINE_EPSILON * PetscMax(PetscMax(PetscAbsReal(from), PetscAbsReal(to)), to - from);
  PetscInt kept = 0;

  PetscFunctionBegin;
  *n = 0;
  PetscCall(PetscMalloc1(2 * interval->n_breaks + n_places + FIRST_PANELS + 4, edges));
  for (PetscInt i = 0; i < FIRST_PANELS; i++)
    (*edges)[(*n)++] = from + (to - from) * (PetscReal)i / FIRST_PANELS;
  (*edges)[(*n)++] = to;
  for (PetscInt i = 0; i < n_places; i++) add_place(places[i], from, to, n, *edges);
  add_place(interval->b, from, to, n, *edges);
  for (PetscInt i = 0; i < interval->n_breaks; i++) {
    add_place(interval->breaks[i], from, to, n, *edges);
    add_place(interval->breaks[i] + turn, from, to, n, *edges);
  }
  PetscCall(PetscSortReal(*n, *edges));
  for (PetscInt i = 1; i < *n; i++)
    if ((*edges)[i] - (*edges)[kept] > least) (*edges)[++kept] = (*edges)[i];
  (*edges)[kept] = to;
  *n = kept + 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_line(PetscInt n, const Panel panels[], PetscReal noisy, Line *line)
{
  PetscFunctionBegin;
  line->n = n;
  line->log_w = panels[0].log_w[0];
  line->log_v = panels[0].log_v[0];
  for (PetscInt i = 0; i < n * GAUSS_POINTS; i++) {
    line->log_w = PetscMax(line->log_w, panels[i / GAUSS_POINTS].log_w[i % GAUSS_POINTS]);
    line->log_v = PetscMax(line->log_v, panels[i / GAUSS_POINTS].log_v[i % GAUSS_POINTS]);
  }
  PetscCall(PetscMalloc1(n + 1, &line->edge));
  PetscCall(PetscMalloc2(n * GAUSS_POINTS, &line->w, n * GAUSS_POINTS, &line->v));
  for (PetscInt p = 0; p < n; p++) {
    const long double raise = 1 + noisy * (long double)panels[p].noise;
    line->edge[p] = panels[p].left;
    for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
      line->w[p * GAUSS_POINTS + i] = raise * expl((long double)panels[p].log_w[i] - line->log_w);
      line->v[p * GAUSS_POINTS + i] = raise * expl((long double)panels[p].log_v[i] - line->log_v);
    }
  }
  line->edge[n] = panels[n - 1].right;
  PetscFunctionReturn(0);
}

/* Whether all logarithms fit between the largest and the least number. */
static PetscBool fits(Interval interval, PetscInt n, const Panel panels[])
{
  PetscReal w[2] = {panels[0].log_w[0], panels[0].log_w[0]}, v[2] = {panels[0].log_v[0], panels[0].log_v[0]};

  for (PetscInt i = 0; i < n * GAUSS_POINTS; i++) {
    const Panel *panel = &panels[i / GAUSS_POINTS];
    w[0] = PetscMin(w[0], panel->log_w[i % GAUSS_POINTS]);
    w[1] = PetscMax(w[1], panel->log_w[i % GAUSS_POINTS]);
    v[0] = PetscMin(v[0], panel->log_v[i % GAUSS_POINTS]);
    v[1] = PetscMax(v[1], panel->log_v[i % GAUSS_POINTS]);
  }
  if (w[1] - w[0] < LONGEST_LOG + 200 && v[1] - v[0] < LONGEST_LOG + 200) return PETSC_TRUE;
  interval->fault.trouble = COEFFICIENT_UNRESOLVED;
  interval->fault.x[0] = panels[0].left;
  (void)PetscSNPrintf(
      interval->fault.message, sizeof(interval->fault.message),
      "The weight, or the weight times D, varies by a factor of e^%.0f over [%g, %g], more than the e^%.0f "
      "that numbers hold; a smaller interval or a higher temperature helps.",
      (double)PetscMax(w[1] - w[0], v[1] - v[0]), (double)panels[0].left, (double)panels[n - 1].right,
      LONGEST_LOG);
  return PETSC_FALSE;
}

PetscErrorCode LinesCreate(Interval interval, PetscReal from, PetscReal to, PetscInt n,
                           const PetscReal places[], Lines **lines)
{
  PetscReal *edges;
  PetscInt n_edges, n_panels;
  Panel *panels, *halves = NULL;

  PetscFunctionBegin;
  *lines = NULL;
  PetscCall(first_edges(interval, from, to, n, places, &n_edges, &edges));
  PetscCall(PanelsFind(interval, n_edges, edges, &n_panels, &panels));
  PetscCall(PetscFree(edges));
  if (panels) PetscCall(PanelsHalve(interval, n_panels, panels, &halves));
  if (interval->fault.trouble == COEFFICIENT_GOOD && fits(interval, 2 * n_panels, halves)) {
    PetscCall(PetscNew(lines));
    PetscCall(fill_line(n_panels, panels, 0, &(*lines)->line[LINE_COARSE]));
    PetscCall(fill_line(2 * n_panels, halves, 0, &(*lines)->line[LINE_FINE]));
    PetscCall(fill_line(2 * n_panels, halves, 1, &(*lines)->line[LINE_NOISY]));
  }
  PetscCall(PetscFree(panels));
  PetscCall(PetscFree(halves));
  PetscFunctionReturn(0);
}

PetscErrorCode LinesDestroy(Lines **lines)
{
  PetscFunctionBegin;
  if (!*lines) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < LINES; k++) {
    PetscCall(PetscFree((*lines)->line[k].edge));
    PetscCall(PetscFree2((*lines)->line[k].w, (*lines)->line[k].v));
  }
  PetscCall(PetscFree(*lines));
  PetscFunctionReturn(0);
}

PetscInt LineEdge(const Line *line, PetscReal x)
{
  PetscInt low = 0, high = line->n;

  while (high - low > 1) {
    const PetscInt middle = (low + high) / 2;
    if (line->edge[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  return x - line->edge[low] < line->edge[high] - x ? low : high;
}

/* points = before + h * (matrix applied to samples). Within a panel nothing varies by much: double precision, which
   vectorises, is enough once the common factor is taken out. */
static void integrate_panel(const double matrix[GAUSS_POINTS][GAUSS_POINTS], long double before,
                            long double h, const long double samples[], long double points[])
{
  double scaled[GAUSS_POINTS], sums[GAUSS_POINTS] = {0};
  long double largest = 0;

  for (PetscInt j = 0; j < GAUSS_POINTS; j++) largest = fmaxl(largest, fabsl(samples[j]));
  for (PetscInt j = 0; j < GAUSS_POINTS; j++) scaled[j] = largest > 0 ? (double)(samples[j] / largest) : 0;
  for (PetscInt j = 0; j < GAUSS_POINTS; j++)
    for (PetscInt i = 0; i < GAUSS_POINTS; i++) sums[i] += matrix[j][i] * scaled[j];
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) points[i] = before + h * largest * sums[i];
}

static long double whole_panel(const GaussRule *rule, const long double samples[])
{
  long double sum = 0;

  for (PetscInt j = 0; j < GAUSS_POINTS; j++) sum += rule->weight[j] * samples[j];
  return sum;
}

void LineFromLeft(const GaussRule *rule, const Line *line, const long double f[], long double points[],
                  long double edges[])
{
  long double before = 0;

  for (PetscInt p = 0; p < line->n; p++) {
    const long double h = (long double)line->edge[p + 1] - line->edge[p];

    if (edges) edges[p] = before;
    if (points) integrate_panel(rule->left, before, h, &f[p * GAUSS_POINTS], &points[p * GAUSS_POINTS]);
    before += h * whole_panel(rule, &f[p * GAUSS_POINTS]);
  }
  if (edges) edges[line->n] = before;
}

void LineFromRight(const GaussRule *rule, const Line *line, const long double f[], long double points[],
                   long double edges[])
{
  long double after = 0;

  for (PetscInt p = line->n - 1; p >= 0; p--) {
    const long double h = (long double)line->edge[p + 1] - line->edge[p];

    if (edges) edges[p + 1] = after;
    if (points) integrate_panel(rule->right, after, h, &f[p * GAUSS_POINTS], &points[p * GAUSS_POINTS]);
    after += h * whole_panel(rule, &f[p * GAUSS_POINTS]);
  }
  if (edges) edges[0] = after;
}

long double LineIntegral(const GaussRule *rule, const Line *line, const long double f[])
{
  long double sum = 0;

  for (PetscInt p = 0; p < line->n; p++)
    sum += ((long double)line->edge[p + 1] - line->edge[p]) * whole_panel(rule, &f[p * GAUSS_POINTS]);
  return sum;
}

long double LineProduct(const GaussRule *rule, const Line *line, const long double q[], const long double f[],
                        const long double g[])
{
  long double sum = 0;

  for (PetscInt p = 0; p < line->n; p++) {
    const long double h = (long double)line->edge[p + 1] - line->edge[p];
    long double whole = 0;
    for (PetscInt i = p * GAUSS_POINTS; i < (p + 1) * GAUSS_POINTS; i++)
      whole += rule->weight[i % GAUSS_POINTS] * (q[i] * f[i]) * g[i];
    sum += h * whole;
  }
  return sum;
}

IntervalResult LinesResult(const long double log_value[LINES])
{
  IntervalResult result;

  result.log_value = (PetscReal)log_value[LINE_FINE];
  result.error = (PetscReal)(fabsl(log_value[LINE_FINE] - log_value[LINE_COARSE]) +
                             fabsl(log_value[LINE_NOISY] - log_value[LINE_FINE])) +
                 PETSC_MACHINE_EPSILON * (2 + PetscAbsReal(result.log_value));
  if (!(result.error >= 0)) result.error = INFINITY;
  return result;
}
