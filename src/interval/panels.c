#include <math.h>
#include "panels.h"

enum { CHUNK = 1024, MOST_PANELS = 40000, SCAN = 4096 };
/* On a longer range sixteen points lose digits of an exponential: at e^3 none. */
#define LONGEST_STEP     3.
#define LARGEST_ROUNDING 1e-10

/* log w and log 1/(w D) at x[n]; on a circle x may lie beyond b by less than one turn. */
static PetscErrorCode evaluate(Interval interval, PetscInt n, PetscReal x[], PetscReal log_w[],
                               PetscReal log_v[])
{
  const PetscReal turn = interval->b - interval->a;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    if (x[i] > interval->b) x[i] = interval->sides[0] == BOUNDARY_PERIODIC ? x[i] - turn : interval->b;
  }
  PetscCall(CoefficientsEvaluate(interval->coefficients, n, x, log_w, log_v, &interval->fault));
  if (interval->fault.trouble != COEFFICIENT_GOOD || !log_v) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < n; i++) log_v[i] = -log_w[i] - PetscLogReal(log_v[i]);
  PetscFunctionReturn(0);
}

/* The rounding error of the logarithm: of its own size, and of the place, times the slope there. */
static PetscReal rounding(const Panel *panel, PetscReal range)
{
  const PetscReal place = PetscMax(PetscAbsReal(panel->left), PetscAbsReal(panel->right));
  PetscReal largest = 0;

  for (PetscInt i = 0; i < GAUSS_POINTS; i++)
    largest = PetscMax(largest, PetscMax(PetscAbsReal(panel->log_w[i]), PetscAbsReal(panel->log_v[i])));
  return PETSC_MACHINE_EPSILON * (2 + largest + 0.5 * place * range / (panel->right - panel->left));
}

static PetscReal range_of(const PetscReal values[])
{
  PetscReal least = values[0], most = values[0];

  for (PetscInt i = 1; i < GAUSS_POINTS; i++) {
    least = PetscMin(least, values[i]);
    most = PetscMax(most, values[i]);
  }
  return most - least;
}

static PetscErrorCode sample(Interval interval, PetscInt n, Panel panels[])
{
  PetscReal *x, *log_w, *log_v;

  PetscFunctionBegin;
  PetscCall(
      PetscMalloc3(CHUNK * GAUSS_POINTS, &x, CHUNK * GAUSS_POINTS, &log_w, CHUNK * GAUSS_POINTS, &log_v));
  for (PetscInt first = 0; first < n && interval->fault.trouble == COEFFICIENT_GOOD; first += CHUNK) {
    const PetscInt count = PetscMin(CHUNK, n - first);
    for (PetscInt i = 0; i < count * GAUSS_POINTS; i++) {
      const Panel *panel = &panels[first + i / GAUSS_POINTS];
      x[i] = panel->left + (panel->right - panel->left) * (PetscReal)interval->rule.t[i % GAUSS_POINTS];
    }
    PetscCall(evaluate(interval, count * GAUSS_POINTS, x, log_w, log_v));
    for (PetscInt p = 0; p < count; p++) {
      Panel *panel = &panels[first + p];
      PetscCall(PetscArraycpy(panel->log_w, &log_w[p * GAUSS_POINTS], GAUSS_POINTS));
      PetscCall(PetscArraycpy(panel->log_v, &log_v[p * GAUSS_POINTS], GAUSS_POINTS));
      panel->noise = rounding(panel, PetscMax(range_of(panel->log_w), range_of(panel->log_v)));
    }
  }
  PetscCall(PetscFree3(x, log_w, log_v));
  PetscFunctionReturn(0);
}

/* The largest of the last Legendre coefficients of exp(logs), over the largest sample. */
static PetscReal unresolved(const GaussRule *rule, const PetscReal logs[])
{
  PetscReal most = logs[0];
  long double tail[2] = {0, 0};

  for (PetscInt i = 1; i < GAUSS_POINTS; i++) most = PetscMax(most, logs[i]);
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    const long double value = PetscExpReal(logs[i] - most);
    tail[0] += rule->tail[0][i] * value;
    tail[1] += rule->tail[1][i] * value;
  }
  return (PetscReal)fmaxl(fabsl(tail[0]), fabsl(tail[1]));
}

/* On *tail: what is left to resolve. What bisection does not diminish is rounding that cannot be seen from the size of
   log w alone (a kink or a jump is diminished, or is larger). */
static PetscBool is_resolved(Interval interval, Panel *panel, PetscReal *tail)
{
  const PetscReal range = PetscMax(range_of(panel->log_w), range_of(panel->log_v));
  const PetscReal place = PetscMax(PetscAbsReal(panel->left), PetscAbsReal(panel->right));
  const PetscReal shortest = 16 * PETSC_MACHINE_EPSILON * PetscMax(place, interval->b - interval->a);
  const PetscReal tolerance = PetscMax(PetscMax(0.1 * interval->relative, 1e-15), 4 * panel->noise);

  *tail = INFINITY;
  /* A panel this short holds a jump. */
  if (panel->right - panel->left <= shortest) return PETSC_TRUE;
  if (range > LONGEST_STEP) return PETSC_FALSE;
  *tail = PetscMax(unresolved(&interval->rule, panel->log_w), unresolved(&interval->rule, panel->log_v));
  if (*tail <= tolerance) return PETSC_TRUE;
  if (*tail > LARGEST_ROUNDING || *tail < panel->parent / 1.5) return PETSC_FALSE;
  panel->noise = PetscMax(panel->noise, *tail);
  return PETSC_TRUE;
}

static int by_place(const void *first, const void *second)
{
  const Panel *p = (const Panel *)first, *q = (const Panel *)second;
  return (p->left > q->left) - (p->left < q->left);
}

static void refuse(Interval interval, PetscReal x)
{
  interval->fault.trouble = COEFFICIENT_UNRESOLVED;
  interval->fault.x[0] = x;
  (void)PetscSNPrintf(
      interval->fault.message, sizeof(interval->fault.message),
      "The coefficients vary too fast to be integrated to a relative error of %g with %d panels; "
      "the first that is not resolved begins at x = %g.",
      (double)interval->relative, (int)MOST_PANELS, (double)x);
}

/* Resolved panels go to done, the others are replaced by their halves. */
static void sort_out(Interval interval, PetscInt *n_open, Panel **open, Panel *next, PetscInt *n_done,
                     Panel done[])
{
  PetscInt n = 0;

  for (PetscInt p = 0; p < *n_open; p++) {
    Panel *panel = &(*open)[p];
    PetscReal tail;
    if (is_resolved(interval, panel, &tail)) {
      done[(*n_done)++] = *panel;
      continue;
    }
    next[n].left = panel->left;
    next[n].right = next[n + 1].left = 0.5 * (panel->left + panel->right);
    next[n + 1].right = panel->right;
    next[n].parent = next[n + 1].parent = tail;
    n += 2;
  }
  *n_open = n;
}

PetscErrorCode PanelsFind(Interval interval, PetscInt n, const PetscReal edges[], PetscInt *n_panels,
                          Panel **panels)
{
  PetscInt n_open = n - 1, n_done = 0;
  Panel *open, *done = NULL;

  PetscFunctionBegin;
  *panels = NULL;
  PetscCall(PetscMalloc1(PetscMax(n_open, 1), &open));
  for (PetscInt p = 0; p < n_open; p++) {
    open[p].left = edges[p];
    open[p].right = edges[p + 1];
    open[p].parent = INFINITY;
  }
  while (n_open && interval->fault.trouble == COEFFICIENT_GOOD) {
    Panel *next;

    if (n_open + n_done > MOST_PANELS) {
      refuse(interval, open[0].left);
      break;
    }
    PetscCall(sample(interval, n_open, open));
    if (interval->fault.trouble != COEFFICIENT_GOOD) break;
    PetscCall(PetscRealloc(sizeof(Panel) * (n_done + n_open), &done));
    PetscCall(PetscMalloc1(2 * n_open, &next));
    sort_out(interval, &n_open, &open, next, &n_done, done);
    PetscCall(PetscFree(open));
    open = next;
  }
  PetscCall(PetscFree(open));
  if (interval->fault.trouble != COEFFICIENT_GOOD) {
    PetscCall(PetscFree(done));
    PetscFunctionReturn(0);
  }
  qsort(done, (size_t)n_done, sizeof(Panel), by_place);
  *n_panels = n_done;
  *panels = done;
  PetscFunctionReturn(0);
}

PetscErrorCode PanelsHalve(Interval interval, PetscInt n, const Panel panels[], Panel **halves)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * n, halves));
  for (PetscInt p = 0; p < n; p++) {
    Panel *half = &(*halves)[2 * p];
    half[0].left = panels[p].left;
    half[0].right = half[1].left = 0.5 * (panels[p].left + panels[p].right);
    half[1].right = panels[p].right;
  }
  PetscCall(sample(interval, 2 * n, *halves));
  for (PetscInt p = 0; p < 2 * n; p++) (*halves)[p].noise = PetscMax((*halves)[p].noise, panels[p / 2].noise);
  PetscFunctionReturn(0);
}

PetscErrorCode PanelsCutWalls(Interval interval)
{
  const PetscReal step = (interval->b - interval->a) / SCAN;
  PetscReal *x, *log_w;
  PetscInt top = 0, left = 0, right = SCAN;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(SCAN + 1, &x, SCAN + 1, &log_w));
  /* Not the ends themselves: a formula may be singular there. */
  for (PetscInt i = 0; i <= SCAN; i++)
    x[i] = interval->a + step * PetscMin(PetscMax((PetscReal)i, 1e-3), (PetscReal)SCAN - 1e-3);
  PetscCall(evaluate(interval, SCAN + 1, x, log_w, NULL));
  interval->from = interval->a;
  interval->to = interval->b;
  for (PetscInt i = 1; i <= SCAN; i++)
    if (log_w[i] > log_w[top]) top = i;
  if (interval->sides[0] == BOUNDARY_PERIODIC) {
    interval->from = x[top];
    interval->to = x[top] + (interval->b - interval->a);
  }
  while (interval->sides[0] == BOUNDARY_REFLECTING && log_w[left] < log_w[top] - LONGEST_LOG &&
         log_w[left] < log_w[left + 1])
    left++;
  while (interval->sides[1] == BOUNDARY_REFLECTING && log_w[right] < log_w[top] - LONGEST_LOG &&
         log_w[right] < log_w[right - 1])
    right--;
  if (left > 0) interval->from = x[left];
  if (right < SCAN) interval->to = x[right];
  PetscCall(PetscFree2(x, log_w));
  PetscFunctionReturn(0);
}
