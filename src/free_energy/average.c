/* The average over the fast variables of one group, refined until it is known. */
#include "group.h"
#include "cumulants.h"
#include "sums.h"
#include <math.h>

#define CHUNK       4096 /* points at once: all entries of them stay in the second-level cache */
#define SMOOTH_GAIN 1e-3
#define PATIENCE                                                                                             \
  256 /* evaluations at least before a coarser rule is tried that failed; fewer of many points, */
#define CHEAP    512 /* more than these */
#define VANISHES 100 /* points that are higher above the least U do not count: exp(-100) */

/* One evaluation. */
typedef struct {
  Group *group;
  const Shape *shape;
  PetscInt order;
  PetscReal *values; /* [REITER_SLOTS] */
  PetscReal shift;   /* the least U */
  PetscReal centre[MOST_ENTRIES];
  PetscReal magnitude[MOST_ENTRIES]; /* of what the entries are the sums of */
  PetscReal *f[MOST_ENTRIES];        /* [CHUNK] of the entries that are computed, else NULL */
  PetscReal *w, *scratch;            /* [CHUNK], [2 CHUNK] */
  PetscReal *at[MOST_FAST], *weight; /* [CHUNK] points that count, gathered */
  PetscReal *U;                      /* [total] if there are more points than a chunk */
  Sums sums[SEGMENTS];
} Call;

static PetscErrorCode find_breaks(Group *group, PetscReal values[])
{
  PetscReal found[MOST_BREAKS];

  PetscFunctionBegin;
  group->have_breaks = PETSC_TRUE;
  for (PetscInt v = 0; v < group->n_fast; v++) {
    PetscInt n = 0;

    for (PetscInt i = 0; i < group->n_switches; i++) {
      Switch *s = &group->switches[i];

      if (s->variable != v) continue;
      PetscCall(ExpressionSignChanges(s->u, s->program, FastIndex(v), values, MOST_BREAKS, &n, found));
    }
    PetscCall(PeriodicSort(&n, found));
    PetscCall(PetscMalloc1(n, &group->breaks.at[v]));
    PetscCall(PetscArraycpy(group->breaks.at[v], found, n));
    group->breaks.n[v] = n;
  }
  PetscFunctionReturn(0);
}

/* The rule and the functions at its points, which themselves are not needed any longer. */
static PetscErrorCode make_points(Group *group, PetscInt n, PetscBool *fits)
{
  const PetscReal *variables[REITER_SLOTS] = {NULL};

  PetscFunctionBegin;
  if (group->moving) {
    PetscCall(MovingRule(group->moving, n, CHUNK, &group->rule, fits));
    PetscFunctionReturn(0);
  }
  PetscCall(RuleBuild(&group->rule, group->n_fast, n, &group->breaks, fits));
  if (!*fits) PetscFunctionReturn(0);
  for (PetscInt v = 0; v < group->n_fast; v++) variables[FastIndex(v)] = group->rule.point[v];
  for (PetscInt j = 0; j < group->n_basis; j++) {
    PetscCall(PetscFree(group->at[j]));
    PetscCall(PetscMalloc1(group->rule.begin[SEGMENTS], &group->at[j]));
  }
  PetscCall(ProgramEvaluatePoints(group->basis, group->rule.begin[SEGMENTS], variables, group->at));
  for (PetscInt v = 0; v < group->n_fast; v++) PetscCall(PetscFree(group->rule.point[v]));
  PetscFunctionReturn(0);
}

/* Arrays of the call in the group's memory. */
static PetscErrorCode lay_out(Call *call)
{
  Group *group = call->group;
  const PetscInt total = group->rule.begin[SEGMENTS];
  const PetscInt n_list = group->moving ? call->shape->end[call->order] : group->U.n[call->order];
  const PetscBool many = (PetscBool)(total > CHUNK);
  const size_t size = (size_t)(n_list + 4 + group->n_basis) * CHUNK + (many ? (size_t)total : 0);
  PetscReal *next;

  PetscFunctionBegin;
  if (group->room < size) {
    PetscCall(PetscFree(group->work));
    PetscCall(PetscMalloc1(size, &group->work));
    group->room = size;
  }
  next = group->work;
  call->w = next;
  call->scratch = next + CHUNK;
  call->weight = next + (size_t)3 * CHUNK;
  next += (size_t)4 * CHUNK;
  PetscCall(PetscArrayzero(call->f, MOST_ENTRIES));
  for (PetscInt i = 0; i < n_list; i++, next += CHUNK) {
    call->f[group->moving ? i : group->U.list[call->order][i]] = next;
  }
  for (PetscInt v = 0; v < group->n_basis; v++, next += CHUNK) call->at[v] = next;
  call->U = next;
  PetscFunctionReturn(0);
}

/* The entries of a program at points; out by entry. */
static PetscErrorCode evaluate(const Call *call, PetscInt order, PetscInt n, PetscReal *const at[],
                               PetscReal *const out[])
{
  const Derivatives *U = &call->group->U;
  const PetscReal *variables[REITER_SLOTS] = {NULL};
  PetscReal *chosen[MOST_ENTRIES];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < call->group->n_basis; j++) variables[FastIndex(j)] = at[j];
  for (PetscInt i = 0; i < U->n[order]; i++) chosen[i] = out[U->list[order][i]];
  PetscCall(ProgramEvaluateFast(U->program[order], n, variables, call->values, chosen));
  PetscFunctionReturn(0);
}

/* Points [at, at + n) of a chunk, whose entries are centred already. */
static void add_points(Call *call, PetscInt segment, PetscInt at, PetscInt n, const PetscReal weight[])
{
  PetscReal *f[MOST_ENTRIES];

  for (PetscInt e = 0; e < MOST_ENTRIES; e++) f[e] = call->f[e] ? call->f[e] + at : NULL;
  BoltzmannWeights(n, call->shift, f[0], weight, call->w);
  SumsAdd(call->shape, call->order, n, call->w, f, (PetscBool)(segment == 0), call->scratch,
          &call->sums[segment]);
}

static void centre_entries(Call *call, PetscInt n)
{
  for (PetscInt e = 1; e < call->shape->end[call->order]; e++)
    if (call->f[e]) Subtract(n, call->centre[e], call->f[e]);
}

static PetscInt place_of_least(PetscInt n, const PetscReal U[], PetscReal *least)
{
  PetscInt i = 0;

  *least = Least(n, U);
  while (i + 1 < n && U[i] != *least) i++;
  return i;
}

/* All points in one chunk. */
static PetscErrorCode sum_few(Call *call)
{
  const Rule *rule = &call->group->rule;
  const PetscInt total = rule->begin[SEGMENTS];
  PetscInt lowest;

  PetscFunctionBegin;
  if (call->group->moving)
    PetscCall(MovingFill(call->group->moving, call->shape, call->order, rule, call->values, call->f,
                         call->magnitude));
  else
    PetscCall(evaluate(call, call->order, total, call->group->at, call->f));
  lowest = place_of_least(total, call->f[0], &call->shift);
  for (PetscInt e = 0; e < MOST_ENTRIES; e++) call->centre[e] = call->f[e] ? call->f[e][lowest] : 0;
  centre_entries(call, total);
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    const PetscInt at = rule->begin[l];

    add_points(call, l, at, rule->begin[l + 1] - at, rule->weight ? rule->weight + at : NULL);
  }
  PetscFunctionReturn(0);
}

/* U alone first: at low temperature few points count. */
static PetscErrorCode sum_many(Call *call)
{
  const Rule *rule = &call->group->rule;
  const PetscInt total = rule->begin[SEGMENTS], n_basis = call->group->n_basis;
  PetscReal *lowest[MOST_FAST], *centre[MOST_ENTRIES], *U = call->U;
  PetscInt place;

  PetscFunctionBegin;
  PetscCall(evaluate(call, 0, total, call->group->at, &U));
  place = place_of_least(total, call->U, &call->shift);
  PetscCall(PetscArrayzero(call->centre, MOST_ENTRIES));
  for (PetscInt j = 0; j < n_basis; j++) lowest[j] = call->group->at[j] + place;
  for (PetscInt e = 0; e < MOST_ENTRIES; e++) centre[e] = &call->centre[e];
  PetscCall(evaluate(call, call->order, 1, lowest, centre));
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    for (PetscInt i = rule->begin[l]; i < rule->begin[l + 1];) {
      PetscInt n = 0;

      for (; i < rule->begin[l + 1] && n < CHUNK; i++) {
        if (call->U[i] - call->shift > VANISHES) continue;
        for (PetscInt j = 0; j < n_basis; j++) call->at[j][n] = call->group->at[j][i];
        call->weight[n++] = rule->weight ? rule->weight[i] : 1;
      }
      if (!n) continue;
      PetscCall(evaluate(call, call->order, n, call->at, call->f));
      centre_entries(call, n);
      add_points(call, l, 0, n, call->weight);
    }
  }
  PetscFunctionReturn(0);
}

/* What remains of the error at the finest of three resolutions whose neighbours differ by d1 (coarse) and d2. The next
   doubling gains at least what the last one did; where that was much the function is smooth, and gains are squared: the
   errors are e^-n, e^-2n, e^-4n, or better. */
static PetscReal extrapolate(PetscReal d1, PetscReal d2, PetscReal scale)
{
  const PetscReal gain = d2 / PetscMin(d1, scale);

  if (d2 == 0) return 0;
  return d2 * PetscMin(gain < SMOOTH_GAIN ? gain * gain : gain, 1);
}

/* entries of the finest resolution; error: what the tolerance is compared with, half: the same of half the resolution,
   full: with round-off. */
static void assess(Call *call, PetscReal entries[], PetscReal *error, PetscReal *half, PetscReal *full)
{
  const Shape *shape = call->shape;
  const Rule *rule = &call->group->rule;
  PetscReal level[SEGMENTS][MOST_ENTRIES], scale[MOST_ENTRIES], noise[MOST_ENTRIES], measure = 0;

  *error = *half = *full = PETSC_INFINITY;
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    if (l && rule->nested) SumsJoin(shape, &call->sums[l - 1], &call->sums[l]);
    measure = rule->measure[l] + (rule->nested ? measure : 0);
    if (!(call->sums[l].w > 0)) return;
    SumsCumulants(shape, call->order, &call->sums[l], measure, call->shift, call->centre, level[l]);
  }
  SumsScales(shape, call->order, &call->sums[0], call->shift, call->centre, call->magnitude, scale, noise);
  *error = *half = *full = 0;
  for (PetscInt e = 0; e < shape->end[call->order]; e++) {
    const PetscReal d1 = PetscAbsReal(level[0][e] - level[2][e]),
                    d2 = PetscAbsReal(level[1][e] - level[2][e]);
    const PetscReal rest = extrapolate(d1, d2, scale[e]);

    entries[e] = level[2][e];
    if (!(scale[e] > 0)) continue; /* zero at all points */
    *error = PetscMax(*error, (rest - noise[e]) / scale[e]);
    *half = PetscMax(*half, (d2 - noise[e]) / scale[e]);
    /* of higher cumulants round-off is the derivatives' own, no error of the averages */
    *full = PetscMax(*full, PetscMax(rest - (e < shape->end[1] ? 0 : noise[e]), e ? 0 : noise[e]) / scale[e]);
  }
}

static PetscBool all_finite(PetscInt n, const PetscReal entries[])
{
  for (PetscInt e = 0; e < n; e++)
    if (PetscIsInfOrNanReal(entries[e])) return PETSC_FALSE;
  return PETSC_TRUE;
}

PetscErrorCode GroupEvaluate(Group *group, const Shape *shape, PetscInt order, PetscReal tolerance,
                             PetscReal values[], PetscReal entries[], PetscReal *error, PetscBool *good)
{
  Call call = {.group = group, .shape = shape, .order = order, .values = values};
  PetscReal rest, half;
  PetscBool fits;

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  *error = PETSC_INFINITY;
  PetscCall(DerivativesPrepare(&group->U, shape, 0));
  PetscCall(DerivativesPrepare(&group->U, shape, order));
  if (group->moving) {
    PetscCall(MovingLocate(group->moving, shape, order, values, &fits));
    if (!fits) PetscFunctionReturn(0);
    group->rule.n = 0; /* as many panels as breaks */
  } else if (!group->have_breaks)
    PetscCall(find_breaks(group, values));
  for (PetscInt n = group->wanted;; n = RuleFiner(n)) {
    if (group->rule.n != n) {
      PetscCall(make_points(group, n, &fits));
      if (!fits) break;
    }
    PetscCall(lay_out(&call));
    PetscCall(PetscArrayzero(call.sums, SEGMENTS));
    if (group->rule.begin[SEGMENTS] <= CHUNK)
      PetscCall(sum_few(&call));
    else
      PetscCall(sum_many(&call));
    if (PetscIsInfOrNanReal(call.shift)) break;
    assess(&call, entries, &rest, &half, error);
    if (!(rest <= tolerance)) {
      group->hold = n <= CHEAP ? PATIENCE : PATIENCE * CHEAP / n;
      continue;
    }
    *good = all_finite(shape->end[order], entries);
    group->wanted = half <= tolerance && !group->hold ? RuleCoarser(n) : n;
    if (group->hold) group->hold--;
    break;
  }
  PetscFunctionReturn(0);
}
