/*
  Arrival in the target. In one dimension a path may cross an end of it between two steps: from the Brownian bridge the
  probability is exp(-(a - x)(a - y)/(D dt)), and the time of the crossing t = dt Z/(1 + Z), Z inverse Gaussian with mean
  |a - x|/|a - y| and shape (a - x)^2/(2 D dt). With constant b and D both are exact; D is that at the start of the step.
*/
#include "vectorised.h"
#include "ends.h"
#include "paths_private.h"

/* A crossing of probability below exp(-this) is below the resolution of the uniform numbers. */
#define SURELY_NOT 37.5

PetscErrorCode TargetCreate(Expression formula, const DynamicsInfo *info, Target **target, char **refused)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(target));
  PetscCall(ExpressionReference(formula));
  (*target)->formula = formula;
  PetscCall(ProgramCreate(1, &formula, &(*target)->program));
  if (info->dim == 1) PetscCall(EndsFind(*target, info, refused));
  PetscFunctionReturn(0);
}

PetscErrorCode TargetDestroy(Target **target)
{
  PetscFunctionBegin;
  if (!*target) PetscFunctionReturn(0);
  PetscCall(ProgramDestroy(&(*target)->program));
  PetscCall(ExpressionDestroy(&(*target)->formula));
  PetscCall(PetscFree(*target));
  PetscFunctionReturn(0);
}

PetscErrorCode TargetInside(const Target *target, PetscInt n, const PetscReal x[], int64_t flag[])
{
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal value[DYNAMICS_BLOCK], *out = value;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) variables[VariableIndex(0, c)] = x + c * DYNAMICS_BLOCK;
  PetscCall(ProgramEvaluatePoints(target->program, n, variables, &out));
  for (PetscInt i = 0; i < n; i++) flag[i] = isfinite(value[i]) && value[i] != 0 ? -1 : 0;
  PetscFunctionReturn(0);
}

/* flag: the path is so near to the end a, or beyond it, that a crossing must be looked at. */
ANY_MACHINE static int64_t find_near(PetscInt n, PetscReal a, PetscReal limit, const PetscReal *restrict S,
                                     const PetscReal *restrict x, const PetscReal *restrict y,
                                     const int64_t *restrict runs, int64_t *restrict flag)
{
  int64_t any = 0;

  for (PetscInt i = 0; i < n; i++) {
    const int64_t near = (a - x[i]) * (a - y[i]) < limit * S[i] * S[i] ? runs[i] : 0;

    flag[i] |= near;
    any |= near;
  }
  return any;
}

/* The time of the crossing in units of dt (Michael, Schucany, Haas 1976, without cancellation); shape as above. */
static PetscReal crossing_time(PetscReal here, PetscReal beyond, PetscReal shape, PetscReal normal,
                               PetscReal u)
{
  const PetscReal inverse = beyond / here, h = normal * normal / (2 * shape);
  PetscReal Z;

  if (here <= 0) return 0;
  Z = 1 / (inverse + h + PetscSqrtReal(h * (2 * inverse + h)));
  if (u * (1 + inverse * Z) > 1) Z = 1 / (inverse * inverse * Z);
  return isfinite(Z) ? Z / (1 + Z) : 1;
}

static void arrive(Paths paths, Work *w, PetscInt i, PetscReal a, PetscReal S)
{
  const PetscReal here = PetscAbsReal(a - w->x[i]), beyond = PetscAbsReal(a - w->y[i]);
  const uint64_t step = (uint64_t)w->block->step, path = w->path[i];
  PetscReal u[2], v[2], normal;

  NoiseOne(&paths->noise, NOISE_CROSSING_TIME, step, path, u);
  NoiseOne(&paths->noise, NOISE_CROSSING, step, path, v);
  normal = PetscSqrtReal(-2 * PetscLogReal(u[0])) * PetscCosReal(2 * PETSC_PI * u[1]);
  PathEnds(w, i, PATH_ARRIVED,
           paths->dt * ((PetscReal)w->block->step +
                        crossing_time(here, beyond, here * here / (2 * S * S * paths->dt), normal, v[1])));
  w->x[i] = a;
}

/* The ends next to x: a path outside of the target meets no others. */
static void try_crossing(Paths paths, Work *w, PetscInt i, PetscReal S)
{
  const Target *const t = paths->target;
  const PetscReal x = w->x[i], y = w->y[i];
  PetscInt right = 0, left;
  PetscReal u[2], chance = 0;

  while (right < t->n_ends && t->end[right] < x) right++;
  left = right - 1;
  for (PetscInt e = PetscMax(left, 0); e <= right && e < t->n_ends; e++) {
    if ((t->end[e] - x) * (t->end[e] - y) > 0) continue;
    arrive(paths, w, i, t->end[e], S);
    return;
  }
  NoiseOne(&paths->noise, NOISE_CROSSING, (uint64_t)w->block->step, w->path[i], u);
  for (PetscInt e = PetscMax(left, 0); e <= right && e < t->n_ends; e++) {
    chance += PetscExpReal(-(t->end[e] - x) * (t->end[e] - y) / (S * S * paths->dt));
    if (!(u[0] < chance)) continue;
    arrive(paths, w, i, t->end[e], S);
    return;
  }
}

static void cross(Paths paths, Work *w)
{
  const Target *const t = paths->target;
  int64_t any = 0;

  if (paths->info.constant_noise)
    for (PetscInt i = 0; i < w->lanes; i++) w->S[i] = paths->root[0];
  for (PetscInt i = 0; i < w->lanes; i++) w->flag[i] = 0;
  for (PetscInt e = 0; e < t->n_ends; e++)
    any |= find_near(w->lanes, t->end[e], SURELY_NOT * paths->dt, w->S, w->x, w->y, w->runs, w->flag);
  for (PetscInt i = 0; i < w->n && any; i++)
    if (w->flag[i] && !PetscIsNanReal(w->y[i])) try_crossing(paths, w, i, w->S[i]);
}

PetscErrorCode TargetReached(Paths paths, Work *w)
{
  PetscFunctionBegin;
  if (paths->info.dim == 1) {
    cross(paths, w);
    PetscFunctionReturn(0);
  }
  PetscCall(TargetInside(paths->target, w->lanes, w->y, w->flag));
  for (PetscInt i = 0; i < w->n; i++) {
    PetscBool inside = (PetscBool)((w->flag[i] & w->runs[i]) != 0);

    for (PetscInt c = 0; c < paths->info.dim && inside; c++)
      inside = (PetscBool)(PetscAbsReal(w->y[c * DYNAMICS_BLOCK + i]) <= LARGEST_PLACE);
    if (!inside) continue;
    for (PetscInt c = 0; c < paths->info.dim; c++)
      w->x[c * DYNAMICS_BLOCK + i] = w->y[c * DYNAMICS_BLOCK + i];
    PathEnds(w, i, PATH_ARRIVED, paths->dt * (PetscReal)(w->block->step + 1));
  }
  PetscFunctionReturn(0);
}
