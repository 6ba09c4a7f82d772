#include "kinetic/evolution_march.h"
#include <slepcfn.h>
#include <string.h>

enum { STRIDE = 5, MOST_STEPS = 1000000 };

typedef struct {
  March *march;
  Vec v[MARCH_VECTORS + 1], product, x;
  PetscReal H[MARCH_VECTORS * (MARCH_VECTORS + 1)]; /* column-major, MARCH_VECTORS + 1 rows */
  PetscInt m;
  PetscBool invariant;
  PetscReal norm;     /* of u */
  PetscReal factored; /* the tau of the factorisation, or 0 */
  FN exponential;
  CellFailure *failure;
} Basis;

static PetscErrorCode mass_norm(const KineticSystem *system, Vec x, Vec product, PetscReal *norm)
{
  PetscFunctionBegin;
  PetscCall(MatMult(system->B, x, product));
  PetscCall(VecDot(x, product, norm));
  *norm = PetscSqrtReal(PetscMax(*norm, 0));
  PetscFunctionReturn(0);
}

/* Rounding brings the constant mode back; total . x = 0 is the conserved mass. */
static PetscErrorCode drop_constant(const KineticSystem *system, Vec x)
{
  PetscReal part, whole;

  PetscFunctionBegin;
  PetscCall(VecDot(system->total, x, &part));
  PetscCall(VecDot(system->total, system->one, &whole));
  PetscCall(VecAXPY(x, -part / whole, system->one));
  PetscFunctionReturn(0);
}

/* On the first m vectors; *size bounds the exponent for its rounding. */
static PetscErrorCode small_exponential(Basis *b, PetscInt m, PetscReal ratio, PetscReal y[], PetscReal *size)
{
  PetscFunctionBegin;
  PetscCall(MarchExponential(b->exponential, m, MARCH_VECTORS + 1, b->H, ratio, y, size));
  PetscFunctionReturn(0);
}

/* The error at time ratio tau, absolute: changes by the last vectors, continued as a slow geometric series, and rounding. */
static PetscErrorCode estimate(Basis *b, PetscReal ratio, PetscReal y[], PetscReal *error)
{
  PetscReal fewer[2][MARCH_VECTORS] = {{0}}, change[2] = {0, 0}, size, other;

  PetscFunctionBegin;
  PetscCall(small_exponential(b, b->m, ratio, y, &size));
  *error = PETSC_MACHINE_EPSILON * (size + (PetscReal)b->m) * b->norm;
  if (b->invariant) PetscFunctionReturn(0);
  if (b->m <= 2 * STRIDE) {
    *error = b->norm;
    PetscFunctionReturn(0);
  }
  PetscCall(small_exponential(b, b->m - STRIDE, ratio, fewer[0], &other));
  PetscCall(small_exponential(b, b->m - 2 * STRIDE, ratio, fewer[1], &other));
  for (PetscInt i = 0; i < b->m; i++) {
    change[0] += PetscSqr(y[i] - fewer[0][i]);
    change[1] += PetscSqr(fewer[0][i] - fewer[1][i]);
  }
  const PetscReal last = PetscSqrtReal(change[0]), before = PetscSqrtReal(change[1]);
  const PetscReal rate = before > 0 ? PetscMin(PetscMax(last / before, 0.1), 0.95) : 0.1;
  *error += b->norm * last * PetscMin(3 * rate, 1) / (1 - rate);
  if (PetscIsInfOrNanReal(*error)) *error = PETSC_MAX_REAL;
  PetscFunctionReturn(0);
}

/* One more vector: X v, orthogonal to the others in B, twice. */
static PetscErrorCode extend(Basis *b)
{
  const KineticSystem *system = b->march->system;
  const PetscInt n = b->m + 1;
  PetscReal part[MARCH_VECTORS + 1], *column = b->H + b->m * (MARCH_VECTORS + 1), before, after;

  PetscFunctionBegin;
  PetscCall(MatMult(system->B, b->v[b->m], b->product));
  PetscCall(VecScale(b->product, 1 / b->march->tau));
  PetscCall(b->march->solver.solve(b->march->solver.ctx, b->product, b->x, b->failure));
  if (b->failure->status != CELL_OK) PetscFunctionReturn(0);
  b->march->steps++;
  PetscCall(drop_constant(system, b->x));
  PetscCall(mass_norm(system, b->x, b->product, &before));
  PetscCall(PetscArrayzero(column, MARCH_VECTORS + 1));
  for (int pass = 0; pass < 2; pass++) {
    PetscCall(VecMDot(b->product, n, b->v, part));
    for (PetscInt i = 0; i < n; i++) {
      column[i] += part[i];
      part[i] = -part[i];
    }
    PetscCall(VecMAXPY(b->x, n, part, b->v));
    PetscCall(mass_norm(system, b->x, b->product, &after));
  }
  b->invariant = (PetscBool)(after <= 1e-14 * before);
  column[n] = b->invariant ? 0 : after;
  PetscCall(VecAXPBY(b->v[n], b->invariant ? 0 : 1 / after, 0, b->x));
  b->m++;
  PetscFunctionReturn(0);
}

/* What a step from t to t + h may be wrong by: a part by length, a part by its logarithm, for what is fast is over soon. */
static PetscReal allowance(const March *march, PetscReal h)
{
  const PetscReal end = march->times[march->n_times - 1], t0 = 1e-9 * end;
  const PetscReal share =
      h / end + PetscLogReal((march->t + h + t0) / (march->t + t0)) / PetscLogReal((end + t0) / t0);

  return march->size * PetscMax(0.5 * march->accuracy * share, 1e-13);
}

/* The largest estimate of the output times within a step h, and at its end, whose y is kept. */
static PetscErrorCode judge(Basis *b, PetscReal h, PetscReal y[], PetscReal *error)
{
  const March *march = b->march;
  PetscReal z[MARCH_VECTORS], inner;

  PetscFunctionBegin;
  PetscCall(estimate(b, h / march->tau, y, error));
  for (PetscInt k = march->k; k < march->n_times && march->times[k] < march->t + h; k++) {
    if (*error > allowance(march, h)) break;
    PetscCall(estimate(b, (march->times[k] - march->t) / march->tau, z, &inner));
    *error = PetscMax(*error, inner);
  }
  PetscFunctionReturn(0);
}

/* The basis, until it serves the time that is left or is full; *h: the step it is good for (0: none), y for it. */
static PetscErrorCode find_step(Basis *b, PetscReal *h, PetscReal y[], PetscReal *error)
{
  March *march = b->march;
  const PetscReal left = march->times[march->n_times - 1] - march->t;

  PetscFunctionBegin;
  b->m = 0;
  b->invariant = PETSC_FALSE;
  PetscCall(VecAXPBY(b->v[0], 1 / b->norm, 0, march->u));
  *h = 0;
  while (b->m < MARCH_VECTORS && !b->invariant) {
    if (march->interrupted && *march->interrupted) {
      b->failure->status = CELL_INTERRUPTED;
      PetscCall(PetscStrncpy(b->failure->message, "interrupted", sizeof(b->failure->message)));
    }
    if (b->failure->status == CELL_OK) PetscCall(extend(b));
    if (b->failure->status != CELL_OK) PetscFunctionReturn(0);
    if (b->m % STRIDE || b->m <= 2 * STRIDE) continue;
    *h = PetscMin(left, 3 * march->ratio * march->tau);
    PetscCall(judge(b, *h, y, error));
    if (*error <= allowance(march, *h)) PetscFunctionReturn(0);
  }
  *h = PetscMin(left, (b->invariant ? 1e3 : 2) * march->ratio * march->tau);
  for (int tries = 0; tries < 30; tries++, *h *= 0.75) {
    PetscCall(judge(b, *h, y, error));
    if (*error <= allowance(march, *h)) PetscFunctionReturn(0);
  }
  *h = 0;
  PetscFunctionReturn(0);
}

/* The combination of the basis, without a constant mode. */
static PetscErrorCode combine(Basis *b, const PetscReal y[], Vec f)
{
  PetscReal scaled[MARCH_VECTORS];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < b->m; i++) scaled[i] = b->norm * y[i];
  PetscCall(VecZeroEntries(f));
  PetscCall(VecMAXPY(f, b->m, scaled, b->v));
  PetscCall(drop_constant(b->march->system, f));
  PetscFunctionReturn(0);
}

/* States within the step, then the step itself. */
static PetscErrorCode accept(Basis *b, PetscReal h, const PetscReal y[], PetscReal error)
{
  March *march = b->march;
  const PetscReal end = march->times[march->n_times - 1];
  PetscReal z[MARCH_VECTORS], size;

  PetscFunctionBegin;
  while (march->k < march->n_times && march->times[march->k] < march->t + h) {
    PetscCall(small_exponential(b, b->m, (march->times[march->k] - march->t) / march->tau, z, &size));
    PetscCall(combine(b, z, march->states[march->k++]));
  }
  PetscCall(combine(b, y, march->u));
  march->error += error;
  march->t = end - march->t <= h * (1 + 1e-14) ? end : march->t + h;
  march->ratio = h / march->tau;
  /* A pole is best where a step takes some 10 of its times; a factorisation costs many solves. */
  if (march->ratio < 3 || (march->ratio > 40 && march->t < end)) {
    march->tau = h / 10;
    march->ratio = 10;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode run_steps(Basis *b)
{
  March *march = b->march;
  PetscReal y[MARCH_VECTORS], h = 0, error = 0;

  PetscFunctionBegin;
  for (PetscInt step = 0; march->k < march->n_times; step++) {
    while (march->k < march->n_times && march->times[march->k] <= march->t)
      PetscCall(VecCopy(march->u, march->states[march->k++]));
    if (march->k == march->n_times) break;
    PetscCall(mass_norm(march->system, march->u, b->product, &b->norm));
    if (b->norm <= 1e-3 * march->accuracy * march->size) { /* what is left counts as error, and never grows */
      march->error += b->norm;
      PetscCall(VecZeroEntries(march->u));
      march->t = march->times[march->n_times - 1];
      while (march->k < march->n_times) PetscCall(VecZeroEntries(march->states[march->k++]));
      break;
    }
    if (march->tau != b->factored)
      PetscCall(march->solver.factor(march->solver.ctx, 1 / march->tau, b->failure));
    b->factored = march->tau;
    if (b->failure->status == CELL_OK) PetscCall(find_step(b, &h, y, &error));
    if (b->failure->status != CELL_OK) break;
    if (h > 0) {
      PetscCall(accept(b, h, y, error));
      if (march->keep) PetscCall(march->keep(march->keep_ctx));
    } else {
      march->tau /= 4;
    }
    if (step >= MOST_STEPS || !(march->tau > 1e-14 * march->times[march->n_times - 1])) {
      b->failure->status = CELL_NOT_CONVERGED;
      PetscCall(PetscSNPrintf(b->failure->message, sizeof(b->failure->message),
                              "the evolution stopped at t = %g: steps of %g are not within the tolerance",
                              (double)march->t, (double)march->tau));
      break;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MarchStart(March *march, Vec start)
{
  const PetscReal end = march->times[march->n_times - 1];
  Vec product, x;
  PetscReal rate;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(start, &march->u));
  PetscCall(VecDuplicate(start, &product));
  PetscCall(VecDuplicate(start, &x));
  PetscCall(VecCopy(start, march->u));
  PetscCall(drop_constant(march->system, march->u));
  PetscCall(mass_norm(march->system, march->u, product, &march->size));
  /* B is near the identity where the basis is scaled: good enough for a first guess. */
  PetscCall(MatMult(march->system->C, march->u, product));
  PetscCall(VecScale(product, march->g));
  PetscCall(MatMultAdd(march->system->T, march->u, product, x));
  PetscCall(VecNorm(x, NORM_2, &rate));
  march->ratio = 10;
  march->tau = rate > 0 ? PetscMin(end / 10, march->size / rate) : end / 10;
  PetscCall(VecDestroy(&product));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(0);
}

PetscErrorCode MarchEnd(March *march)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&march->u));
  PetscFunctionReturn(0);
}

PetscErrorCode MarchRun(March *march, CellFailure *failure)
{
  Basis b;

  PetscFunctionBegin;
  memset(&b, 0, sizeof(b));
  memset(failure, 0, sizeof(*failure));
  b.march = march;
  b.failure = failure;
  for (int i = 0; i <= MARCH_VECTORS; i++) PetscCall(VecDuplicate(march->u, &b.v[i]));
  PetscCall(VecDuplicate(march->u, &b.product));
  PetscCall(VecDuplicate(march->u, &b.x));
  PetscCall(FNCreate(PETSC_COMM_SELF, &b.exponential));
  PetscCall(FNSetType(b.exponential, FNEXP));
  PetscCall(run_steps(&b));
  PetscCall(FNDestroy(&b.exponential));
  for (int i = 0; i <= MARCH_VECTORS; i++) PetscCall(VecDestroy(&b.v[i]));
  PetscCall(VecDestroy(&b.product));
  PetscCall(VecDestroy(&b.x));
  PetscFunctionReturn(0);
}
