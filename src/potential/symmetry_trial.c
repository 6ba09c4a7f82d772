/*
  Whether F(g f, h y) = F(f, y) for all f and y, decided by values: one quasi-random point rejects nearly every pair
  (g, h), a few hundred confirm the others. Before that, g has to keep the sums over the shifts t of F(f, t), of its
  square and of its cube: motions permute these shifts.
*/
#include "symmetry.h"

#define MOST_SHIFTS      64
#define POINTS_SMOOTH    512
#define POINTS_KINKS     4096 /* a formula with kinks can be symmetric but for a small region */
#define FIRST_POINTS     32
#define MOST_EVALUATIONS 200000

static PetscErrorCode make_program(Potential potential, PetscInt k)
{
  Level *level = &potential->levels[k];
  Expression sums[REITER_MAX_SCALES], sum;
  PetscInt n = 0;

  PetscFunctionBegin;
  if (level->faster) PetscFunctionReturn(0);
  for (PetscInt j = k + 1; j <= potential->scales; j++) sums[n++] = potential->levels[j].sum;
  PetscCall(ExpressionSum(n, sums, &sum));
  PetscCall(ExpressionVariables(sum, &level->faster_variables));
  PetscCall(ExpressionIsSmooth(sum, ~ScaleBits(0), &level->faster_smooth));
  PetscCall(ProgramCreate(1, &sum, &level->faster));
  PetscCall(ExpressionDestroy(&sum));
  PetscFunctionReturn(0);
}

static PetscInt count_bits(VariableSet set)
{
  PetscInt n = 0;

  for (; set; set &= set - 1) n++;
  return n;
}

/* Quarters for few inner variables, halves for more, none for many: in each case closed under motions. */
static PetscErrorCode list_motions(SymmetryTrial *t)
{
  const PetscInt m = count_bits(t->inner), steps = m <= 2 ? 4 : (m <= 6 ? 2 : 1);
  const PetscInt rotations = SignedPermutations(t->dim);

  PetscFunctionBegin;
  t->n_shifts = 1;
  for (PetscInt i = 0; i < m && steps > 1; i++) t->n_shifts *= steps;
  t->n_motions = rotations * t->n_shifts;
  PetscCall(PetscCalloc1(t->n_motions, &t->motions));
  for (PetscInt i = 0; i < t->n_motions; i++) {
    PetscInt rest = i % t->n_shifts;

    SignedPermutation(t->dim, i / t->n_shifts, t->motions[i].axis, t->motions[i].axis_sign);
    for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
      if (!(t->inner >> v & 1)) continue;
      t->motions[i].shift[v] = (int8_t)(rest % steps * (POTENTIAL_SHIFTS / steps));
      rest /= steps;
    }
  }
  PetscFunctionReturn(0);
}

static PetscBool in_use(const SymmetryTrial *t, PetscInt v)
{
  return (PetscBool)(v / REITER_MAX_DIM <= t->scales && v % REITER_MAX_DIM < t->dim);
}

/* The points, with room for images of as many or of all motions; macroscopic variables are at x. */
static PetscErrorCode make_points(SymmetryTrial *t, const PetscReal x[])
{
  PetscReal *next;

  PetscFunctionBegin;
  t->room = PetscMax(PetscMax(t->n_points, t->n_motions), 1024);
  PetscCall(PetscMalloc1((REITER_VARIABLES + 1) * (t->n_points + t->room), &t->memory));
  next = t->memory;
  t->values = next;
  next += t->n_points;
  t->image_values = next;
  next += t->room;
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    if (!in_use(t, v)) continue;
    t->point[v] = next;
    next += t->n_points;
    t->image[v] = next;
    next += t->room;
    for (PetscInt i = 0; i < t->n_points; i++)
      t->point[v][i] = v < REITER_MAX_DIM ? x[v] : PotentialQuasiRandom(i, v);
    for (PetscInt i = 0; i < t->room && v < REITER_MAX_DIM; i++) t->image[v][i] = x[v];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryTrialCreate(Potential potential, PetscInt k, const PetscReal x[], SymmetryTrial *t)
{
  const Level *level = &potential->levels[k];
  PetscReal least = PETSC_INFINITY, most = -PETSC_INFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(t, sizeof(*t)));
  PetscCall(make_program(potential, k));
  t->k = k;
  t->dim = potential->dim;
  t->scales = potential->scales;
  t->frozen = level->faster_variables & ~ScaleBits(0) & (VariableBit(k + 1, 0) - 1);
  t->inner = level->faster_variables & ~(VariableBit(k + 1, 0) - 1);
  t->smooth = level->faster_smooth;
  if (!t->frozen) PetscFunctionReturn(0);
  t->n_points = level->faster_smooth ? POINTS_SMOOTH : POINTS_KINKS;
  t->budget = MOST_EVALUATIONS;
  PetscCall(list_motions(t));
  PetscCall(make_points(t, x));
  PetscCall(
      ProgramEvaluatePoints(level->faster, t->n_points, (const PetscReal *const *)t->point, &t->values));
  for (PetscInt i = 0; i < t->n_points; i++) {
    if (PetscIsInfOrNanReal(t->values[i])) PetscFunctionReturn(0);
    least = PetscMin(least, t->values[i]);
    most = PetscMax(most, t->values[i]);
  }
  t->tolerance =
      1e-12 * (most - least) + 16 * PETSC_MACHINE_EPSILON * PetscMax(PetscAbsReal(least), PetscAbsReal(most));
  t->program = level->faster;
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryTrialDestroy(SymmetryTrial *t)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(t->motions));
  PetscCall(PetscFree(t->memory));
  PetscFunctionReturn(0);
}

static PetscReal wrapped(PetscReal v)
{
  return v - PetscFloorReal(v);
}

/* (g f)[v] of point i. */
static PetscReal frozen_image(const SymmetryTrial *t, const PotentialSymmetry *g, PetscInt v, PetscInt i)
{
  return wrapped(g->sign[v] * t->point[g->source[v]][i] + (PetscReal)g->shift[v] / POTENTIAL_SHIFTS);
}

/* (h y)[v] of point i. */
static PetscReal inner_image(const SymmetryTrial *t, const InnerMotion *h, PetscInt v, PetscInt i)
{
  const PetscInt c = v % REITER_MAX_DIM, source = v - c + h->axis[c];

  return wrapped(h->axis_sign[c] * t->point[source][i] + (PetscReal)h->shift[v] / POTENTIAL_SHIFTS);
}

static PetscErrorCode evaluate_images(SymmetryTrial *t, PetscInt n)
{
  PetscFunctionBegin;
  t->budget -= n;
  PetscCall(ProgramEvaluatePoints(t->program, n, (const PetscReal *const *)t->image, &t->image_values));
  PetscFunctionReturn(0);
}

static void sum_powers(const SymmetryTrial *t, const PetscReal values[], PetscReal sum[3])
{
  const PetscReal middle = t->values[0];

  sum[0] = sum[1] = sum[2] = 0;
  for (PetscInt i = 0; i < t->n_shifts; i++) {
    const PetscReal d = values[i] - middle;

    sum[0] += d;
    sum[1] += d * d;
    sum[2] += d * d * d;
  }
}

/* Twice as large as round-off can make it, for values that are apart by `size` at most. */
static PetscBool same_sums(const SymmetryTrial *t, const PetscReal a[3], const PetscReal b[3], PetscReal size)
{
  PetscReal bound = 10 * (PetscReal)t->n_shifts * t->tolerance;

  for (PetscInt p = 0; p < 3; p++) {
    if (!(PetscAbsReal(a[p] - b[p]) <= bound)) return PETSC_FALSE;
    bound *= 2 * size;
  }
  return PETSC_TRUE;
}

/* F(g f, t) for all shifts t, into the images from `start`; g = NULL: of f itself. */
static void place_shifts(SymmetryTrial *t, const PotentialSymmetry *g, PetscInt start)
{
  for (PetscInt v = REITER_MAX_DIM; v < REITER_VARIABLES; v++) {
    const PetscBool moves = (PetscBool)(g && t->frozen >> v & 1);

    if (!t->image[v]) continue;
    const PetscReal value = moves ? frozen_image(t, g, v, 0) : t->point[v][0];
    for (PetscInt i = 0; i < t->n_shifts; i++) {
      t->image[v][start + i] =
          t->inner >> v & 1 ? (PetscReal)t->motions[i].shift[v] / POTENTIAL_SHIFTS : value;
    }
  }
}

PetscErrorCode SymmetryTrialFilter(SymmetryTrial *t, PetscInt n, const PotentialSymmetry g[],
                                   PetscBool keep[])
{
  const PetscInt batch = t->room / t->n_shifts;
  PetscReal wanted[3], sum[3], size = 0;

  PetscFunctionBegin;
  place_shifts(t, NULL, 0);
  PetscCall(evaluate_images(t, t->n_shifts));
  sum_powers(t, t->image_values, wanted);
  /* The shifts are where formulas like to jump or to be singular: nothing can be concluded there. */
  const PetscBool sound = (PetscBool)(t->smooth && !PetscIsInfOrNanReal(wanted[2]));
  for (PetscInt i = 0; i < n && !sound; i++) keep[i] = PETSC_TRUE;
  if (!sound) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < t->n_shifts; i++)
    size = PetscMax(size, PetscAbsReal(t->image_values[i] - t->values[0]));
  for (PetscInt start = 0; start < n; start += batch) {
    const PetscInt count = PetscMin(batch, n - start);

    for (PetscInt i = 0; i < count; i++) place_shifts(t, &g[start + i], i * t->n_shifts);
    PetscCall(evaluate_images(t, count * t->n_shifts));
    for (PetscInt i = 0; i < count; i++) {
      sum_powers(t, t->image_values + i * t->n_shifts, sum);
      keep[start + i] = same_sums(t, sum, wanted, size);
    }
  }
  PetscFunctionReturn(0);
}

/* F at the images under g and h of the points [start, end), against F. */
static PetscErrorCode agrees(SymmetryTrial *t, const PotentialSymmetry *g, const InnerMotion *h,
                             PetscInt start, PetscInt end, PetscBool *same)
{
  PetscFunctionBegin;
  for (PetscInt v = REITER_MAX_DIM; v < REITER_VARIABLES; v++) {
    if (!t->image[v]) continue;
    for (PetscInt i = start; i < end; i++) {
      t->image[v][i - start] =
          v < VariableIndex(t->k + 1, 0) ? frozen_image(t, g, v, i) : inner_image(t, h, v, i);
    }
  }
  PetscCall(evaluate_images(t, end - start));
  *same = PETSC_TRUE;
  for (PetscInt i = start; i < end; i++) {
    if (!(PetscAbsReal(t->image_values[i - start] - t->values[i]) <= t->tolerance)) *same = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SymmetryTrialFit(SymmetryTrial *t, PotentialSymmetry *g, PetscBool *found)
{
  PetscBool *likely;

  PetscFunctionBegin;
  *found = PETSC_FALSE;
  if (t->budget < t->n_motions) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(t->n_motions, &likely));
  for (PetscInt v = REITER_MAX_DIM; v < REITER_VARIABLES; v++) {
    if (!t->image[v]) continue;
    const PetscReal value = v < VariableIndex(t->k + 1, 0) ? frozen_image(t, g, v, 0) : 0;
    for (PetscInt i = 0; i < t->n_motions; i++)
      t->image[v][i] = v < VariableIndex(t->k + 1, 0) ? value : inner_image(t, &t->motions[i], v, 0);
  }
  PetscCall(evaluate_images(t, t->n_motions));
  for (PetscInt i = 0; i < t->n_motions; i++)
    likely[i] = (PetscBool)(PetscAbsReal(t->image_values[i] - t->values[0]) <= t->tolerance);
  for (PetscInt i = 0; i < t->n_motions && !*found; i++) {
    if (!likely[i]) continue;
    PetscCall(agrees(t, g, &t->motions[i], 0, FIRST_POINTS, found));
    if (*found) PetscCall(agrees(t, g, &t->motions[i], FIRST_POINTS, t->n_points, found));
    PetscCall(PetscArraycpy(g->axis, t->motions[i].axis, REITER_MAX_DIM));
    PetscCall(PetscArraycpy(g->axis_sign, t->motions[i].axis_sign, REITER_MAX_DIM));
  }
  PetscCall(PetscFree(likely));
  PetscFunctionReturn(0);
}
