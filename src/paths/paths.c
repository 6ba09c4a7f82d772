#include "paths_private.h"

PetscErrorCode PathsCreate(Dynamics dynamics, Paths *paths)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(paths));
  (*paths)->dynamics = dynamics;
  PetscCall(PetscMalloc(sizeof(Work) + 64, &(*paths)->memory));
  (*paths)->work = (Work *)(((uintptr_t)(*paths)->memory + 63) / 64 * 64);
  PetscFunctionReturn(0);
}

PetscErrorCode PathsDestroy(Paths *paths)
{
  PetscFunctionBegin;
  if (!*paths) PetscFunctionReturn(0);
  PetscCall(TargetDestroy(&(*paths)->target));
  PetscCall(ExpressionDestroy(&(*paths)->formula));
  PetscCall(PetscFree((*paths)->memory));
  PetscCall(PetscFree(*paths));
  PetscFunctionReturn(0);
}

PetscErrorCode PathsSetScheme(Paths paths, PathScheme scheme)
{
  PetscFunctionBegin;
  paths->scheme = scheme;
  paths->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode PathsSetStep(Paths paths, PetscReal dt)
{
  PetscFunctionBegin;
  PetscCheck(dt > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Step %g", (double)dt);
  paths->dt = dt;
  PetscFunctionReturn(0);
}

PetscErrorCode PathsSetSeed(Paths paths, uint64_t seed)
{
  PetscFunctionBegin;
  paths->noise = NoiseCreate(seed);
  PetscFunctionReturn(0);
}

PetscErrorCode PathsSetReach(Paths paths, PetscReal reach)
{
  PetscFunctionBegin;
  paths->reach = reach;
  paths->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode PathsSetTarget(Paths paths, Expression target)
{
  PetscFunctionBegin;
  if (target) PetscCall(ExpressionReference(target));
  PetscCall(ExpressionDestroy(&paths->formula));
  paths->formula = target;
  paths->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Why the scheme does not go together with the rest, or NULL. */
static const char *trouble(Paths paths)
{
  if (paths->scheme == PATHS_LEIMKUHLER_MATTHEWS && !paths->info.constant_noise) {
    return "The scheme leimkuhler_matthews needs noise that is the same everywhere, and here the diffusion "
           "tensor "
           "depends on the position: take the scheme second_order, metropolis, whose equilibrium is exact, "
           "or euler.";
  }
  if (paths->scheme != PATHS_EULER && paths->scheme != PATHS_SECOND_ORDER && paths->formula) {
    return paths->scheme == PATHS_METROPOLIS ? "The scheme metropolis samples the equilibrium, its rejected "
                                               "steps falsify the time to reach a "
                                               "target: take the scheme euler for first passage times."
                                             : "The scheme leimkuhler_matthews samples the equilibrium, its "
                                               "steps have half of the variance of the "
                                               "noise and falsify the time to reach a target: take the "
                                               "scheme euler for first passage times.";
  }
  return NULL;
}

/* S S^T = D, lower triangular. */
static void factorise(PetscInt dim, const PetscReal D[], PetscReal S[])
{
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = D[i * dim + j];

      for (PetscInt k = 0; k < PetscMin(i, j); k++) sum -= S[i * dim + k] * S[j * dim + k];
      S[i * dim + j] = j > i ? 0 : (i == j ? PetscSqrtReal(sum) : sum / S[j * dim + j]);
    }
  }
}

/* Where something else holds the paths, a step may be of any length. */
static void set_farthest(Paths paths)
{
  const PetscInt dim = paths->info.dim;
  const PetscBool limited =
      (PetscBool)(paths->reach > 0 && !paths->info.bounded && paths->info.constant_noise);

  for (PetscInt c = 0; c < dim; c++) {
    PetscReal variance = 0;

    for (PetscInt j = 0; j <= c; j++) variance += paths->root[c * dim + j] * paths->root[c * dim + j];
    paths->farthest[c] =
        limited ? paths->reach + 10 * PetscSqrtReal(2 * paths->dt * variance) : PETSC_INFINITY;
  }
}

PetscErrorCode PathsSetUp(Paths paths, char **refused)
{
  const char *sentence;

  PetscFunctionBegin;
  *refused = NULL;
  PetscCheck(paths->dt > 0, PETSC_COMM_SELF, PETSC_ERR_ORDER, "PathsSetStep() comes first");
  PetscCall(DynamicsGetInfo(paths->dynamics, &paths->info));
  sentence = trouble(paths);
  if (sentence) {
    PetscCall(PetscStrallocpy(sentence, refused));
    PetscFunctionReturn(0);
  }
  if (paths->info.constant_noise) factorise(paths->info.dim, paths->info.D, paths->root);
  for (PetscInt c = 0; c < paths->info.dim; c++) {
    paths->low[c] = paths->info.bounded ? paths->info.box[c][0] : -LARGEST_PLACE;
    paths->high[c] = paths->info.bounded ? paths->info.box[c][1] : LARGEST_PLACE;
  }
  set_farthest(paths);
  PetscCall(TargetDestroy(&paths->target));
  if (paths->formula) PetscCall(TargetCreate(paths->formula, &paths->info, &paths->target, refused));
  paths->ready = (PetscBool) !*refused;
  PetscFunctionReturn(0);
}

PetscErrorCode PathsStartAt(Paths paths, PetscInt64 first, PetscInt n, const PetscReal x[], PathBlock *block)
{
  PetscFunctionBegin;
  PetscCheck(n >= 0 && n <= DYNAMICS_BLOCK, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " paths in a block", n);
  PetscCall(PetscMemzero(block, sizeof(*block)));
  block->n = n;
  block->first = first;
  for (PetscInt c = 0; c < paths->info.dim; c++) {
    for (PetscInt i = 0; i < n; i++) block->x[c * DYNAMICS_BLOCK + i] = x[c];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PathsUniform(Paths paths, PetscInt64 first, PetscInt n, PetscInt n_draws, PetscReal u[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < n_draws; j++) {
    for (PetscInt i = 0; i < n; i++) {
      PetscReal both[2];

      NoiseOne(&paths->noise, NOISE_DRAW, (uint64_t)j / 2, (uint64_t)first + (uint64_t)i, both);
      u[(size_t)j * (size_t)n + (size_t)i] = both[j % 2];
    }
  }
  PetscFunctionReturn(0);
}
