/* From samples to coefficients. */
#include "green_kubo_private.h"
#include <string.h>

/* How many of its own times (CurveScale) the correlation is followed: the force's, beyond which its plateau lies, and the momentum's. */
static const PetscReal times_of_force = 60, times_of_momentum = 20;

typedef struct {
  PetscInt blocks, n[GK_KINDS]; /* lags of a curve */
} Plan;

static PetscErrorCode check_samples(GreenKubo gk, char **refused)
{
  PetscReal mean;

  PetscFunctionBegin;
  if (gk->full)
    PetscCall(GreenKuboRefuse(refused, "there are too many samples: with %d columns at most %lld are kept",
                              (int)gk->columns, (long long)(GK_MOST_NUMBERS / PetscMax(gk->columns, 1))));
  if (gk->n < 2) PetscCall(GreenKuboRefuse(refused, "there are no samples"));
  for (PetscInt c = 0; c < gk->columns && !*refused; c++) {
    PetscCall(SamplesMean(gk, c, &mean));
    if (PetscIsInfOrNanReal(mean)) PetscCall(GreenKuboRefuse(refused, "a sample is not a finite number"));
  }
  PetscFunctionReturn(0);
}

/* The longest lag is given. */
static PetscErrorCode plan_given(GreenKubo gk, Plan *plan, const char **key, char **refused)
{
  const PetscReal lags = PetscMax(round(gk->s.longest / gk->s.dt), 1), samples = (PetscReal)gk->n;
  const PetscInt least = gk->s.blocks ? gk->s.blocks : GK_FEWEST_BLOCKS;

  PetscFunctionBegin;
  if (samples < lags * (PetscReal)(least * GK_BLOCK_LAGS_LEAST)) {
    *key = gk->s.blocks ? "blocks" : "longest";
    PetscCall(GreenKuboRefuse(
        refused,
        "the series is too short: %d blocks, each %d times as long as the longest lag %.4g, need %.4g, "
        "and it covers %.4g",
        (int)least, GK_BLOCK_LAGS_LEAST, (double)gk->s.longest,
        (double)(lags * gk->s.dt) * least * GK_BLOCK_LAGS_LEAST, (double)(samples * gk->s.dt)));
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < GK_KINDS; k++) plan->n[k] = (PetscInt)lags + 1;
  PetscFunctionReturn(0);
}

/* As far as the correlation asks for and the series allows. */
static PetscErrorCode plan_chosen(GreenKubo gk, Plan *plan, const char **key, char **refused)
{
  const PetscInt least = gk->s.blocks ? gk->s.blocks : GK_FEWEST_BLOCKS;
  const PetscReal times[GK_KINDS] = {0, times_of_momentum, times_of_force};
  const PetscReal most = PetscMin((PetscReal)(gk->n / (least * GK_BLOCK_LAGS_LEAST)),
                                  PetscMax((PetscReal)(gk->n / gk->paths / 2), GK_FEWEST_LAGS));

  PetscFunctionBegin;
  if (most < GK_FEWEST_LAGS) {
    *key = "series";
    PetscCall(GreenKuboRefuse(
        refused,
        "%lld samples are too few: %d blocks, each %d times as long as the longest lag of at least %d "
        "samples, need %d",
        (long long)gk->n, (int)least, GK_BLOCK_LAGS_LEAST, GK_FEWEST_LAGS,
        (int)least * GK_BLOCK_LAGS_LEAST * GK_FEWEST_LAGS));
    PetscFunctionReturn(0);
  }
  for (PetscInt k = GK_MOMENTUM; k < GK_KINDS; k++) {
    PetscReal scale;

    if (gk->first[k] < 0) continue;
    PetscCall(CurveScale(gk, (SampleKind)k, (PetscInt)most + 1, &scale));
    plan->n[k] = (PetscInt)PetscMin(most, PetscMax(PetscCeilReal(times[k] * scale), GK_FEWEST_LAGS)) + 1;
  }
  PetscFunctionReturn(0);
}

/* A plateau that is given lies within the lags, which are made to reach it where they are chosen. */
static PetscErrorCode plan_plateaus(GreenKubo gk, Plan *plan, const char **key, char **refused)
{
  static const char *const keys[GK_KINDS] = {NULL, "plateau.momentum", "plateau.force"};
  const PetscReal *const given[GK_KINDS] = {NULL, gk->s.plateau_momentum, gk->s.plateau_force};
  const PetscInt least = gk->s.blocks ? gk->s.blocks : GK_FEWEST_BLOCKS;

  PetscFunctionBegin;
  for (PetscInt k = GK_MOMENTUM; k < GK_KINDS && !*refused; k++) {
    const PetscReal last = round(given[k][1] / gk->s.dt);
    const PetscReal most =
        gk->s.longest > 0 ? (PetscReal)(plan->n[k] - 1) : (PetscReal)(gk->n / (least * GK_BLOCK_LAGS_LEAST));

    if (gk->first[k] < 0 || !(given[k][1] > 0)) continue;
    if (last > most) {
      *key = keys[k];
      PetscCall(GreenKuboRefuse(refused, "the plateau ends at %.4g, beyond the longest lag %.4g%s",
                                (double)given[k][1], (double)(most * gk->s.dt),
                                gk->s.longest > 0 ? "" : " that the length of the series allows"));
    }
    plan->n[k] = PetscMax(plan->n[k], (PetscInt)PetscMin(last, most) + 1);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode make_plan(GreenKubo gk, Plan *plan, const char **key, char **refused)
{
  PetscInt longest = 1;

  PetscFunctionBegin;
  memset(plan, 0, sizeof(*plan));
  if (gk->s.longest > 0)
    PetscCall(plan_given(gk, plan, key, refused));
  else
    PetscCall(plan_chosen(gk, plan, key, refused));
  if (!*refused) PetscCall(plan_plateaus(gk, plan, key, refused));
  for (PetscInt k = 0; k < GK_KINDS; k++) longest = PetscMax(longest, plan->n[k] - 1);
  plan->blocks = (PetscInt)PetscMin(gk->n / ((PetscInt64)GK_BLOCK_LAGS * longest), GK_MOST_BLOCKS);
  plan->blocks = gk->s.blocks ? gk->s.blocks : PetscMax(plan->blocks, GK_FEWEST_BLOCKS);
  PetscFunctionReturn(0);
}

/* Every block needs pairs at every lag: its longest stretch of one path, at least. */
static PetscErrorCode check_reach(GreenKubo gk, const Blocks *blocks, Plan *plan, char **refused)
{
  PetscInt64 reach = gk->n;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < blocks->n; b++) {
    PetscInt64 longest = 0;

    for (PetscInt64 p = 0; p < gk->paths; p++) {
      const PetscInt64 low = PetscMax(blocks->cut[b], gk->begins[p]),
                       high = PetscMin(blocks->cut[b + 1], p + 1 < gk->paths ? gk->begins[p + 1] : gk->n);
      longest = PetscMax(longest, high - low);
    }
    reach = PetscMin(reach, longest);
  }
  for (PetscInt k = 0; k < GK_KINDS; k++) {
    if (plan->n[k] <= reach) continue;
    if (gk->s.longest > 0 || reach < GK_FEWEST_LAGS)
      PetscCall(GreenKuboRefuse(
          refused, "the paths are too short: there is a block in which the longest one covers %.4g",
          (double)((PetscReal)reach * gk->s.dt)));
    plan->n[k] = (PetscInt)reach;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode moments(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result)
{
  PetscReal *one, *all, mean;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(blocks->n, &one));
  PetscCall(PetscCalloc1(blocks->n, &all));
  result->kinetic_temperature = result->kinetic_temperature_error = NAN;
  for (PetscInt c = 0; c < gk->s.dim; c++) {
    result->position_variance[c] = result->position_variance_error[c] = NAN;
    if (gk->first[GK_POSITION] >= 0) {
      const PetscInt R = gk->first[GK_POSITION] + c;

      PetscCall(SamplesMean(gk, R, &mean));
      PetscCall(BlockMeans(gk, blocks, R, mean, R, mean, one));
      result->position_variance_error[c] = BlockError(blocks->n, 1, one, &result->position_variance[c]);
    }
    if (gk->first[GK_MOMENTUM] >= 0) {
      const PetscInt P = gk->first[GK_MOMENTUM] + c;

      PetscCall(BlockMeans(gk, blocks, P, 0, P, 0, one));
      for (PetscInt b = 0; b < blocks->n; b++) all[b] += one[b] / (gk->s.mass * (PetscReal)gk->s.dim);
    }
  }
  if (gk->first[GK_MOMENTUM] >= 0)
    result->kinetic_temperature_error = BlockError(blocks->n, 1, all, &result->kinetic_temperature);
  PetscCall(PetscFree(one));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

static PetscErrorCode mean_forces(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result)
{
  PetscReal *one;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(blocks->n, &one));
  for (PetscInt c = 0; c < gk->s.dim; c++) {
    result->mean_force[c] = result->mean_force_error[c] = NAN;
    if (gk->first[GK_FORCE] < 0) continue;
    PetscCall(BlockMeans(gk, blocks, gk->first[GK_FORCE] + c, 0, -1, 0, one));
    result->mean_force_error[c] = BlockError(blocks->n, 1, one, &result->mean_force[c]);
  }
  PetscCall(PetscFree(one));
  PetscFunctionReturn(0);
}

static PetscErrorCode curves(GreenKubo gk, const Blocks *blocks, const Plan *plan, GreenKuboResult *result)
{
  GreenKuboCurve *const curve[GK_KINDS] = {NULL, &result->gamma, &result->theta};
  const PetscReal *const given[GK_KINDS] = {NULL, gk->s.plateau_momentum, gk->s.plateau_force};

  PetscFunctionBegin;
  for (PetscInt k = GK_MOMENTUM; k < GK_KINDS; k++) {
    CurveBlocks data = {0};

    curve[k]->dim = gk->s.dim;
    if (gk->first[k] < 0) continue;
    PetscCall(CurveCompute(gk, (SampleKind)k, blocks, plan->n[k], curve[k], &data));
    PetscCall(PlateauRead((SampleKind)k, &data, given[k], curve[k]));
    PetscCall(CurveBlocksDestroy(&data));
  }
  PetscFunctionReturn(0);
}

static void compare(GreenKuboResult *result)
{
  const GreenKuboCurve *const gamma = &result->gamma, *const theta = &result->theta;
  const PetscReal unit = result->mass * result->temperature;

  result->consistency = result->consistency_error = NAN;
  if (!gamma->has_plateau || !theta->has_plateau) return;
  result->consistency = gamma->scalar * theta->scalar / (unit * unit);
  result->consistency_error =
      result->consistency * hypot(gamma->scalar_error / gamma->scalar, theta->scalar_error / theta->scalar);
}

static PetscErrorCode conclude(GreenKubo gk, const Blocks *blocks, Plan *plan, GreenKuboResult *result)
{
  PetscFunctionBegin;
  result->blocks = blocks->n;
  PetscCall(moments(gk, blocks, result));
  PetscCall(curves(gk, blocks, plan, result));
  compare(result);
  PetscCall(WarnOfSamples(gk, blocks, result));
  PetscCall(WarnOfCurves(gk, result));
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboConclude(GreenKubo gk, GreenKuboResult *result, const char **key, char **refused)
{
  Blocks blocks = {0};
  Plan plan;

  PetscFunctionBegin;
  PetscCheck(!gk->concluded, PETSC_COMM_SELF, PETSC_ERR_ORDER, "A conclusion is made once");
  gk->concluded = PETSC_TRUE;
  *result = (GreenKuboResult){.dim = gk->s.dim,
                              .samples = gk->n,
                              .paths = gk->paths,
                              .duration = (PetscReal)gk->n * gk->s.dt,
                              .mass = gk->s.mass,
                              .temperature = gk->s.temperature};
  *key = "series";
  *refused = NULL;
  PetscCall(check_samples(gk, refused));
  const PetscInt first = gk->s.blocks ? gk->s.blocks : GK_FEWEST_BLOCKS;

  if (!*refused && gk->s.blocks) *key = "blocks";
  if (!*refused && gk->n < 2 * first)
    PetscCall(
        GreenKuboRefuse(refused, "%lld samples are too few for %d blocks", (long long)gk->n, (int)first));
  if (!*refused) {
    PetscCall(BlocksCreate(gk, first, &blocks));
    PetscCall(mean_forces(gk, &blocks, result));
    *key = "thermal_force";
    if (gk->first[GK_FORCE] >= 0) PetscCall(ThermalSubtract(gk, &blocks, result, refused));
    PetscCall(BlocksDestroy(&blocks));
  }
  if (!*refused) PetscCall(make_plan(gk, &plan, key, refused));
  if (!*refused) {
    *key = "series";
    PetscCall(BlocksCreate(gk, plan.blocks, &blocks));
    PetscCall(check_reach(gk, &blocks, &plan, refused));
    if (!*refused) PetscCall(conclude(gk, &blocks, &plan, result));
    PetscCall(BlocksDestroy(&blocks));
  }
  if (*refused) PetscCall(GreenKuboResultDestroy(result));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy_curve(GreenKuboCurve *curve)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(curve->correlation));
  PetscCall(PetscFree(curve->correlation_error));
  PetscCall(PetscFree(curve->integral));
  PetscCall(PetscFree(curve->error));
  PetscCall(PetscFree(curve->mean));
  PetscCall(PetscFree(curve->mean_error));
  PetscCall(PetscFree(curve->slope));
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboResultDestroy(GreenKuboResult *result)
{
  PetscFunctionBegin;
  PetscCall(destroy_curve(&result->gamma));
  PetscCall(destroy_curve(&result->theta));
  PetscCall(PetscFree(result->coefficients));
  PetscCall(PetscFree(result->coefficient_errors));
  PetscCall(PetscFree(result->bin_centre));
  PetscCall(PetscFree(result->bin_force));
  PetscCall(PetscFree(result->bin_error));
  PetscCall(PetscFree(result->bin_model));
  PetscCall(PetscFree(result->bin_count));
  PetscCall(PetscFree(result->warnings));
  memset(result, 0, sizeof(*result));
  PetscFunctionReturn(0);
}
