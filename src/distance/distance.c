/* Distances of two measures given by their weights. */
#include <reiter/distance.h>
#include <math.h>
#include "absolute.h"

enum { SCAN = 4096, CHUNK = 512, MOST_PANELS = 200000 };
/* What a panel may leave unresolved, over the mass. */
static const PetscReal tolerance = 1e-14;

typedef struct {
  PetscReal left, right;
  PetscReal log_weight[2][GAUSS_POINTS];
} Panel;

typedef struct {
  Coefficients measure[2]; /* borrowed */
  PetscReal a, b;
  PetscReal top[2];  /* the largest log w met in the scan */
  PetscReal mass[2]; /* int w exp(-top), roughly */
  GaussRule rule;
  CoefficientFault *fault;
} Study;

/* The largest weight and the mass: what small is measured with. */
static PetscErrorCode scan(Study *s)
{
  PetscReal *x, *log_w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(SCAN, &x, SCAN, &log_w));
  for (PetscInt i = 0; i < SCAN; i++) x[i] = s->a + (s->b - s->a) * ((PetscReal)i + 0.5) / SCAN;
  for (PetscInt m = 0; m < 2 && s->fault->trouble == COEFFICIENT_GOOD; m++) {
    PetscCall(CoefficientsEvaluate(s->measure[m], SCAN, x, log_w, NULL, s->fault));
    s->top[m] = log_w[0];
    for (PetscInt i = 1; i < SCAN; i++) s->top[m] = PetscMax(s->top[m], log_w[i]);
    s->mass[m] = 0;
    for (PetscInt i = 0; i < SCAN; i++)
      s->mass[m] += PetscExpReal(log_w[i] - s->top[m]) * (s->b - s->a) / SCAN;
  }
  PetscCall(PetscFree2(x, log_w));
  PetscFunctionReturn(0);
}

static PetscErrorCode sample(Study *s, PetscInt n, Panel panels[])
{
  PetscReal *x, *log_w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(CHUNK * GAUSS_POINTS, &x, CHUNK * GAUSS_POINTS, &log_w));
  for (PetscInt first = 0; first < n && s->fault->trouble == COEFFICIENT_GOOD; first += CHUNK) {
    const PetscInt count = PetscMin(CHUNK, n - first);
    for (PetscInt i = 0; i < count * GAUSS_POINTS; i++) {
      const Panel *const p = &panels[first + i / GAUSS_POINTS];
      x[i] = p->left + (p->right - p->left) * (PetscReal)s->rule.t[i % GAUSS_POINTS];
    }
    for (PetscInt m = 0; m < 2 && s->fault->trouble == COEFFICIENT_GOOD; m++) {
      PetscCall(CoefficientsEvaluate(s->measure[m], count * GAUSS_POINTS, x, log_w, NULL, s->fault));
      for (PetscInt p = 0; p < count; p++)
        PetscCall(PetscArraycpy(panels[first + p].log_weight[m], &log_w[p * GAUSS_POINTS], GAUSS_POINTS));
    }
  }
  PetscCall(PetscFree2(x, log_w));
  PetscFunctionReturn(0);
}

static PetscBool is_resolved(const Study *s, const Panel *p)
{
  const PetscReal length = p->right - p->left;
  const PetscReal place = PetscMax(PetscAbsReal(s->a), PetscAbsReal(s->b));

  if (length <= 64 * PETSC_MACHINE_EPSILON * place) return PETSC_TRUE; /* it holds a jump */
  for (PetscInt m = 0; m < 2; m++) {
    for (PetscInt k = 0; k < 2; k++) {
      long double tail = 0;
      for (PetscInt i = 0; i < GAUSS_POINTS; i++)
        tail += s->rule.tail[k][i] * PetscExpReal(p->log_weight[m][i] - s->top[m]);
      if ((PetscReal)fabsl(tail) * length > tolerance * s->mass[m]) return PETSC_FALSE;
    }
  }
  return PETSC_TRUE;
}

static int by_place(const void *first, const void *second)
{
  const Panel *const p = first, *const q = second;

  return (p->left > q->left) - (p->left < q->left);
}

/* Half periods whose ends are multiples of it: kinks of most potentials lie there. */
static PetscErrorCode first_panels(const Study *s, PetscReal period, PetscInt *n, Panel **panels)
{
  const PetscReal least = (s->b - s->a) / 32, step = period > 0 ? PetscMin(period / 2, least) : least;
  PetscReal place = s->a;

  PetscFunctionBegin;
  *n = 0;
  *panels = NULL;
  if ((s->b - s->a) / step > MOST_PANELS / 2) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1((PetscInt)((s->b - s->a) / step) + 3, panels));
  while (place < s->b) {
    PetscReal next = step * (PetscFloorReal(place / step + 1e-6) + 1);
    if (next > s->b - 1e-6 * step) next = s->b;
    (*panels)[*n].left = place;
    (*panels)[(*n)++].right = next;
    place = next;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode halve(PetscInt n, const Panel panels[], Panel **halves)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * n, halves));
  for (PetscInt p = 0; p < n; p++) {
    (*halves)[2 * p].left = panels[p].left;
    (*halves)[2 * p].right = (*halves)[2 * p + 1].left = 0.5 * (panels[p].left + panels[p].right);
    (*halves)[2 * p + 1].right = panels[p].right;
  }
  PetscFunctionReturn(0);
}

static void refuse(Study *s, PetscReal x)
{
  s->fault->trouble = COEFFICIENT_UNRESOLVED;
  s->fault->x[0] = x;
  (void)PetscSNPrintf(
      s->fault->message, sizeof(s->fault->message),
      "The equilibria vary too fast to be integrated with %d panels; the first that is not resolved "
      "begins at x = %g.",
      (int)MOST_PANELS, (double)x);
}

/* Bisected until both weights are polynomials on every panel; *panels is NULL on trouble. */
static PetscErrorCode find_panels(Study *s, PetscReal period, PetscInt *n, Panel **panels)
{
  PetscInt n_open, n_done = 0;
  Panel *open, *done;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(MOST_PANELS, &done));
  PetscCall(first_panels(s, period, &n_open, &open));
  if (!n_open) refuse(s, s->a);
  while (n_open && s->fault->trouble == COEFFICIENT_GOOD) {
    PetscInt kept = 0;
    Panel *halves;
    PetscCall(sample(s, n_open, open));
    for (PetscInt p = 0; p < n_open && s->fault->trouble == COEFFICIENT_GOOD; p++) {
      if (!is_resolved(s, &open[p]))
        open[kept++] = open[p];
      else if (n_done < MOST_PANELS)
        done[n_done++] = open[p];
    }
    if (n_done + 2 * kept > MOST_PANELS) refuse(s, open[0].left);
    PetscCall(halve(kept, open, &halves));
    PetscCall(PetscFree(open));
    open = halves;
    n_open = 2 * kept;
  }
  PetscCall(PetscFree(open));
  if (s->fault->trouble == COEFFICIENT_GOOD)
    qsort(done, (size_t)n_done, sizeof(Panel), by_place);
  else
    PetscCall(PetscFree(done));
  *n = n_done;
  *panels = done;
  PetscFunctionReturn(0);
}

static long double mass_of(const Study *s, PetscInt n, const Panel panels[], PetscInt m)
{
  long double mass = 0;

  for (PetscInt p = 0; p < n; p++) {
    long double sum = 0;
    for (PetscInt i = 0; i < GAUSS_POINTS; i++)
      sum += s->rule.weight[i] * PetscExpReal(panels[p].log_weight[m][i] - s->top[m]);
    mass += sum * (panels[p].right - panels[p].left);
  }
  return mass;
}

static void measure(const Study *s, PetscInt n, const Panel panels[], PetscReal value[DISTANCES])
{
  const PetscReal log_mass[2] = {s->top[0] + (PetscReal)logl(mass_of(s, n, panels, 0)),
                                 s->top[1] + (PetscReal)logl(mass_of(s, n, panels, 1))};
  long double difference[GAUSS_POINTS], ahead[GAUSS_POINTS],
      total = 0; /* total: P - Q at the panel's left end */

  for (PetscInt k = 0; k < DISTANCES; k++) value[k] = 0;
  for (PetscInt p = 0; p < n; p++) {
    const PetscReal length = panels[p].right - panels[p].left;
    long double entropy = 0, step = 0;
    for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
      const PetscReal log_p = panels[p].log_weight[0][i] - log_mass[0],
                      log_q = panels[p].log_weight[1][i] - log_mass[1];
      const long double density = PetscExpReal(log_p);
      difference[i] = density - PetscExpReal(log_q);
      entropy += s->rule.weight[i] * density * (log_p - log_q);
      step += s->rule.weight[i] * difference[i];
    }
    for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
      ahead[i] = total;
      for (PetscInt j = 0; j < GAUSS_POINTS; j++) ahead[i] += length * s->rule.left[j][i] * difference[j];
    }
    total += length * step;
    value[DISTANCE_TOTAL_VARIATION] += length * AbsoluteIntegral(&s->rule, difference);
    value[DISTANCE_ENTROPY] += length * (PetscReal)entropy;
    value[DISTANCE_WASSERSTEIN] += length * AbsoluteIntegral(&s->rule, ahead);
  }
}

PetscErrorCode DistancesCompute(Coefficients p, Coefficients q, PetscReal a, PetscReal b, PetscReal period,
                                Distances *distances, CoefficientFault *fault)
{
  Study s = {.measure = {p, q}, .a = a, .b = b, .fault = fault};
  PetscReal coarse[DISTANCES];
  Panel *panels = NULL, *halves = NULL;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCheck(b > a, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Interval [%g, %g]", (double)a, (double)b);
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscMemzero(distances, sizeof(*distances)));
  GaussRuleCreate(&s.rule);
  PetscCall(scan(&s));
  if (fault->trouble == COEFFICIENT_GOOD) PetscCall(find_panels(&s, period, &n, &panels));
  if (fault->trouble == COEFFICIENT_GOOD) {
    PetscCall(halve(n, panels, &halves));
    PetscCall(sample(&s, 2 * n, halves));
  }
  if (fault->trouble == COEFFICIENT_GOOD) {
    measure(&s, n, panels, coarse);
    measure(&s, 2 * n, halves, distances->value);
    for (PetscInt k = 0; k < DISTANCES; k++)
      distances->error[k] =
          PetscAbsReal(distances->value[k] - coarse[k]) + 16 * PETSC_MACHINE_EPSILON * (b - a);
  }
  PetscCall(PetscFree(halves));
  PetscCall(PetscFree(panels));
  PetscFunctionReturn(0);
}
