/*
  The density over a box, and how well it fits to the exact equilibrium.

  The density counts every sample of every path; its standard errors come from the spread between paths (given while
  that needs no more than some megabytes). The chi-square test needs independent draws, and samples along one path are
  none: it counts the last position of each path alone. They are independent, and drawn from the law of the last time:
  the equilibrium, up to the bias of the step, if the paths started in it or ran for long enough. Positions outside of
  the box are left out, and the exact density is that of the equilibrium inside of the box; neighbouring cells are put
  together until at least five positions are expected in each (Cochran).
*/
#include "formulas.h"
#include <math.h>

static const PetscReal least_expected = 5;
/* Counters of a block that are kept per path, for the standard errors. */
enum { MOST_COUNTERS = 1 << 22 };

typedef struct {
  EnsemblePlan plan;
  const CasePaths *wanted;
  PetscInt cells; /* in all */
  PetscBool per_path;
  /* of Conclude(): */
  PetscReal *expected; /* probability of the cells; NULL: not known */
  PetscReal expected_error, chi_square, p_value;
  PetscInt64 lost; /* paths that escaped */
  PetscInt degrees;
} Histogram;

/* total: samples inside, outside, last positions inside; then count[cells], last[cells], squares[cells] as doubles. A
   state begins with the same; then uint32 counters[cells][paths], if they are kept. */
enum { INSIDE, OUTSIDE, LAST, ENDED, HEAD };

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePaths *p;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &p));
  *asked = p->histogram[0] ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  Histogram *h;

  PetscFunctionBegin;
  (void)paths;
  (void)refused;
  PetscCall(PetscNew(&h));
  h->plan = *plan;
  PetscCall(CaseGetPaths(plan->c, &h->wanted));
  h->cells = 1;
  for (PetscInt c = 0; c < plan->dim; c++) h->cells *= h->wanted->histogram[c];
  h->per_path = (PetscBool)(h->cells <= MOST_COUNTERS / DYNAMICS_BLOCK && plan->count > 1 &&
                            plan->steps / plan->every < 4000000000LL);
  *self = h;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(((Histogram *)*self)->expected));
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

static size_t total_size(const void *self)
{
  const Histogram *const h = self;

  return (HEAD + 3 * (size_t)h->cells) * sizeof(double);
}

static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  const Histogram *const h = self;

  (void)first;
  return total_size(self) + (h->per_path ? (size_t)h->cells * (size_t)n * sizeof(uint32_t) : 0);
}

static PetscInt64 next(const void *self, PetscInt64 step)
{
  return NextSample(&((const Histogram *)self)->plan, step);
}

/* -1: outside of the box. */
static PetscInt cell_of(const Histogram *h, const PathBlock *block, PetscInt i)
{
  PetscInt cell = 0, stride = 1;

  for (PetscInt c = 0; c < h->plan.dim; c++) {
    const PetscReal *const side = h->wanted->box[c];
    const PetscReal at = (block->x[c * DYNAMICS_BLOCK + i] - side[0]) / (side[1] - side[0]);

    if (!(at >= 0 && at <= 1)) return -1;
    const PetscInt n = h->wanted->histogram[c], k = (PetscInt)(at * (PetscReal)n);

    cell += stride * PetscMin(k, n - 1);
    stride *= n;
  }
  return cell;
}

static PetscErrorCode observe(void *self, const PathBlock *block, void *state)
{
  Histogram *const h = self;
  double *const head = state, *const count = head + HEAD;
  uint32_t *const counters = (uint32_t *)(void *)(count + 3 * h->cells);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < block->n; i++) {
    if (block->state[i] != PATH_RUNS) continue;
    const PetscInt cell = cell_of(h, block, i);

    head[cell < 0 ? OUTSIDE : INSIDE] += 1;
    if (cell < 0) continue;
    count[cell] += 1;
    if (h->per_path) counters[cell * block->n + i]++;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, const PathBlock *block, void *state)
{
  Histogram *const h = self;
  double *const head = state, *const last = head + HEAD + h->cells, *const squares = last + h->cells;
  const uint32_t *const counters = (const uint32_t *)(const void *)(squares + h->cells);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < block->n; i++) {
    const PetscInt cell = block->state[i] == PATH_RUNS ? cell_of(h, block, i) : -1;

    head[ENDED] += block->state[i] != PATH_RUNS;
    if (cell < 0) continue;
    last[cell] += 1;
    head[LAST] += 1;
  }
  for (PetscInt k = 0; k < h->cells && h->per_path; k++) {
    for (PetscInt i = 0; i < block->n; i++)
      squares[k] += (double)counters[k * block->n + i] * counters[k * block->n + i];
  }
  PetscFunctionReturn(0);
}

/* Whole numbers below 2^53, but for the squares, which come in the order of the blocks. */
static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  const size_t numbers = total_size(self) / sizeof(double);

  PetscFunctionBegin;
  (void)first;
  (void)n;
  for (size_t k = 0; k < numbers; k++) ((double *)total)[k] += ((const double *)state)[k];
  PetscFunctionReturn(0);
}

/* Probabilities of the cells from the logarithms of their masses. */
static void normalise(PetscInt n, PetscReal p[])
{
  PetscReal largest = -PETSC_INFINITY, sum = 0;

  for (PetscInt i = 0; i < n; i++) largest = PetscMax(largest, p[i]);
  for (PetscInt i = 0; i < n; i++) sum += p[i] = exp(p[i] - largest);
  for (PetscInt i = 0; i < n; i++) p[i] /= sum;
}

/* What is left of the error after a halving is 2^-8 of the difference: the test never sees more. */
static const PetscReal enough = 1e-6;
enum { HALVINGS = 6 };

/* The masses of the cells in expected; not known if they cost too much or are not finite. */
static PetscErrorCode integrate(const Histogram *h, PetscReal panel, PetscReal mass[], PetscBool *known)
{
  PetscFunctionBegin;
  PetscCall(EquilibriumMasses(h->plan.dynamics, h->plan.dim, h->wanted->box, h->wanted->histogram, panel,
                              mass, known));
  if (*known) normalise(h->cells, mass);
  PetscFunctionReturn(0);
}

/* The exact density on panels that are halved until that changes nothing: what the last two differ by is its error. */
static PetscErrorCode compute_expected(Histogram *h)
{
  PetscReal panel = PETSC_INFINITY, *finer;
  PetscBool known;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < h->plan.dim; c++)
    panel =
        PetscMin(panel, (h->wanted->box[c][1] - h->wanted->box[c][0]) / (PetscReal)h->wanted->histogram[c]);
  if (h->plan.finest > 0) panel = PetscMin(panel, h->plan.finest / 2);
  PetscCall(PetscMalloc1(h->cells, &h->expected));
  PetscCall(PetscMalloc1(h->cells, &finer));
  PetscCall(integrate(h, panel, h->expected, &known));
  h->expected_error = PETSC_INFINITY;
  for (PetscInt k = 0; k < HALVINGS && known && h->expected_error > enough; k++) {
    PetscCall(integrate(h, panel /= 2, finer, &known));
    if (!known) break;
    h->expected_error = 0;
    for (PetscInt i = 0; i < h->cells; i++)
      h->expected_error = PetscMax(h->expected_error, PetscAbsReal(finer[i] - h->expected[i]));
    PetscCall(PetscArraycpy(h->expected, finer, h->cells));
  }
  if (PetscIsInfReal(h->expected_error)) PetscCall(PetscFree(h->expected));
  PetscCall(PetscFree(finer));
  PetscFunctionReturn(0);
}

/* Pearson's sum over groups of neighbouring cells. */
static void test_fit(Histogram *h, const double last[], double n)
{
  PetscReal seen = 0, expected = 0, rest = 1, sum = 0;
  PetscInt groups = 0;

  for (PetscInt i = 0; i < h->cells; i++) {
    seen += last[i];
    expected += n * h->expected[i];
    rest -= h->expected[i];
    if (expected < least_expected || (n * rest < least_expected && i + 1 < h->cells)) continue;
    sum += (seen - expected) * (seen - expected) / expected;
    seen = expected = 0;
    groups++;
  }
  if (groups < 2) return;
  h->degrees = groups - 1;
  h->chi_square = sum;
  h->p_value = ChiSquareTail((PetscReal)h->degrees, sum);
}

static PetscErrorCode conclude(void *self, const void *total)
{
  Histogram *const h = self;
  const double *const head = total;

  PetscFunctionBegin;
  h->chi_square = h->p_value = NAN;
  PetscCall(compute_expected(h));
  h->lost = (PetscInt64)head[ENDED];
  /* Paths that are gone leave no equilibrium behind. */
  if (h->expected && !h->lost) test_fit(h, head + HEAD + h->cells, head[LAST]);
  PetscFunctionReturn(0);
}

static PetscReal cell_volume(const Histogram *h)
{
  PetscReal volume = 1;

  for (PetscInt c = 0; c < h->plan.dim; c++)
    volume *= (h->wanted->box[c][1] - h->wanted->box[c][0]) / (PetscReal)h->wanted->histogram[c];
  return volume;
}

/* x.., density, density_error, exact, last: the exact density is that inside of the box, as the other one. */
static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  static const char *const names[] = {"x", "y", "z"};
  Histogram *const h = self;
  const PetscInt dim = h->plan.dim, columns = dim + 4;
  const double *const head = total, *const count = head + HEAD, *const last = count + h->cells;
  const double *const squares = last + h->cells, paths = (double)h->plan.count;
  const PetscReal volume = cell_volume(h);
  const char *header[REITER_MAX_DIM + 4];
  char name[128];
  PetscReal *table;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) header[c] = names[c];
  header[dim] = "density";
  header[dim + 1] = "density_error";
  header[dim + 2] = "exact";
  header[dim + 3] = "last";
  PetscCall(PetscMalloc1(h->cells * columns, &table));
  for (PetscInt i = 0, rest = 0; i < h->cells; i++) {
    PetscReal *const row = table + i * columns;

    rest = i;
    for (PetscInt c = 0; c < dim; c++) {
      const PetscInt n = h->wanted->histogram[c];
      const PetscReal width = (h->wanted->box[c][1] - h->wanted->box[c][0]) / (PetscReal)n;

      row[c] = h->wanted->box[c][0] + width * ((PetscReal)(rest % n) + 0.5);
      rest /= n;
    }
    const double variance =
        PetscMax(0, squares[i] - count[i] * count[i] / paths) * paths / PetscMax(1, paths - 1);

    row[dim] = count[i] / head[INSIDE] / volume;
    row[dim + 1] = h->per_path ? sqrt(variance) / head[INSIDE] / volume : NAN;
    row[dim + 2] = h->expected ? h->expected[i] / volume : NAN;
    row[dim + 3] = last[i];
  }
  PetscCall(EnsembleFile(&h->plan, "histogram", "csv", name));
  PetscCall(CsvWrite(folder, name, h->cells, columns, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Histogram *const h = self;
  const double *const head = total;

  PetscFunctionBegin;
  PetscCall(JsonInt(json, "samples", (PetscInt64)head[INSIDE]));
  PetscCall(JsonInt(json, "outside", (PetscInt64)head[OUTSIDE]));
  PetscCall(JsonInt(json, "independent", (PetscInt64)head[LAST]));
  PetscCall(JsonReal(json, "chi_square", h->chi_square));
  PetscCall(JsonInt(json, "degrees_of_freedom", h->degrees));
  PetscCall(JsonReal(json, "p_value", h->p_value));
  PetscCall(JsonReal(json, "exact_error", h->expected ? h->expected_error : NAN));
  PetscFunctionReturn(0);
}

static PetscErrorCode print(void *self, const void *total, FILE *stream)
{
  Histogram *const h = self;

  PetscFunctionBegin;
  (void)total;
  if (h->degrees)
    fprintf(stream,
            "  histogram against the exact equilibrium: chi-square %.4g, %" PetscInt_FMT
            " degrees of freedom, p = %.3g\n",
            (double)h->chi_square, h->degrees, (double)h->p_value);
  else if (h->lost)
    fprintf(stream, "  no test of the histogram: paths have escaped\n");
  PetscFunctionReturn(0);
}

const EnsembleObserver HistogramObserver = {.key = "histogram",
                                            .section = "paths.histogram",
                                            .IsAsked = is_asked,
                                            .Create = create,
                                            .Destroy = destroy,
                                            .StateSize = state_size,
                                            .TotalSize = total_size,
                                            .Next = next,
                                            .Observe = observe,
                                            .Finish = finish,
                                            .Merge = merge,
                                            .Conclude = conclude,
                                            .WriteFiles = write_files,
                                            .WriteJson = write_json,
                                            .Print = print};
