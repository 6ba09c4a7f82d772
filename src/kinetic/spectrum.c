/* Eigenvalues that other resolutions confirm. */
#include <math.h>
#include "resolution.h"
#include "solver_private.h"
#include "spectrum_modes.h"

/* An eigenvalue that moves by more than this when the resolution grows, and has no other near it, is none of the equation. */
static const PetscReal lost = 0.1;

typedef struct {
  const KineticProblem *problem;
  PetscInt count; /* without 0 */
  PetscReal scale;
  const char *method;
} Context;

/* The rate of relaxation in a box, to an order of magnitude: of free flight, or of diffusion. */
static PetscReal rate_of(const KineticProblem *problem)
{
  const PhaseSpaceSettings *const s = &problem->settings;
  PetscReal length = 0;

  for (PetscInt a = 0; a < s->dim; a++) length = PetscMax(length, s->box[a][1] - s->box[a][0]);
  const PetscReal rate = 2 * PETSC_PI / length * PetscSqrtReal(s->temperature / s->mass);

  return 0.5 * rate * PetscMin(PetscMin(1, rate / problem->friction), problem->friction / rate);
}

static PetscErrorCode compute(void *ctx, PhaseSpace space, void **answer, CellFailure *failure)
{
  Context *const context = ctx;
  const KineticProblem *const problem = context->problem;
  const KineticSystem *system;
  Modes *modes;

  PetscFunctionBegin;
  PetscCall(PhaseSpaceGetSystem(space, &system));
  PetscCall(PetscNew(&modes));
  /* One more: the partner of a pair that the count would cut, and some for those that are rejected. */
  PetscCall(
      ModesFind(system, problem, context->scale, context->count + 2 + context->count / 4, modes, failure));
  context->method = modes->method;
  if (failure->status == CELL_OK) {
    *answer = modes;
  } else {
    PetscCall(ModesClear(modes));
    PetscCall(PetscFree(modes));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void *ctx, void **answer)
{
  Modes *const modes = *answer;

  PetscFunctionBegin;
  (void)ctx;
  PetscCall(ModesClear(modes));
  PetscCall(PetscFree(*answer));
  PetscFunctionReturn(0);
}

/* How far the nearest one of the others is. */
static PetscReal nearest(const Modes *others, PetscReal re, PetscReal im)
{
  PetscReal least = INFINITY;

  for (PetscInt j = 0; j < others->n; j++)
    least = PetscMin(least, hypot(others->re[j] - re, others->im[j] - im));
  return least;
}

/* Partners one to one, the nearest two first: distance[i] of modes from its partner, infinite without one. */
static PetscErrorCode match(const Modes *modes, const Modes *others, PetscReal distance[])
{
  PetscBool *taken;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(others->n + 1, &taken));
  for (PetscInt i = 0; i < modes->n; i++) distance[i] = INFINITY;
  for (PetscInt pair = 0; pair < PetscMin(modes->n, others->n); pair++) {
    PetscReal least = INFINITY;
    PetscInt best = 0, partner = 0;

    for (PetscInt i = 0; i < modes->n; i++) {
      for (PetscInt j = 0; j < others->n && distance[i] == INFINITY; j++) {
        const PetscReal d = hypot(others->re[j] - modes->re[i], others->im[j] - modes->im[i]);

        if (taken[j] || !(d < least)) continue;
        least = d;
        best = i;
        partner = j;
      }
    }
    if (least == INFINITY) break;
    distance[best] = least;
    taken[partner] = PETSC_TRUE;
  }
  PetscCall(PetscFree(taken));
  PetscFunctionReturn(0);
}

/* Whether each of the first ones is confirmed by the other list; how many had to be looked at, and the largest relative
   change of those that are confirmed. */
static PetscInt confirm(const Modes *modes, const PetscReal distances[], PetscInt count, PetscInt *rejected,
                        PetscReal *change)
{
  PetscInt i = 0, good = 0;

  *rejected = 0;
  *change = 0;
  for (; i < modes->n && (good < count || (i && modes->re[i] == modes->re[i - 1])); i++) {
    const PetscReal size = hypot(modes->re[i], modes->im[i]);
    const PetscReal d = distances[i] / size;

    if (d > lost) {
      ++*rejected;
      continue;
    }
    *change = PetscMax(*change, d);
    good++;
  }
  if (good < count) *change = 1;
  return i;
}

/* One that only the other list has, nearer than the last: not resolved yet, if one was lost here. */
static PetscBool misses(const Modes *modes, const Modes *others, PetscReal radius)
{
  for (PetscInt j = 0; j < others->n; j++) {
    const PetscReal size = hypot(others->re[j], others->im[j]);

    if (size < 0.9 * radius && nearest(modes, others->re[j], others->im[j]) > lost * size) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static PetscErrorCode distance(void *ctx, PhaseSpace space, const void *answer, PhaseSpace other_space,
                               const void *other, PetscReal *d)
{
  const Modes *const modes = answer;
  PetscReal *distances;
  PetscInt rejected, seen;

  PetscFunctionBegin;
  (void)space;
  (void)other_space;
  PetscCall(PetscMalloc1(modes->n + 1, &distances));
  PetscCall(match(modes, other, distances));
  seen = confirm(modes, distances, ((Context *)ctx)->count, &rejected, d);
  PetscCall(PetscFree(distances));
  if (seen && misses(modes, other, hypot(modes->re[seen - 1], modes->im[seen - 1]))) *d = 1;
  PetscFunctionReturn(0);
}

/* With a resolution that is given the search ends whatever the others say. A list that lacks an eigenvalue is no answer, even
   where those that it has are good. */
static PetscErrorCode check_list(const Resolution *r, CellFailure *failure)
{
  const PetscBool levels = (PetscBool) !(r->level_error <= lost);

  PetscFunctionBegin;
  if (levels || !(r->position_error <= lost))
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                          "the resolution that is given does not show the eigenvalues nearest to zero: more "
                          "%s give others",
                          levels ? "levels" : "functions of the position"));
  PetscFunctionReturn(0);
}

/* Those that both other resolutions confirm, with both changes and the eigensolver's own error. */
static PetscErrorCode conclude(const Resolution *r, PetscInt count, KineticSpectrum *s, CellFailure *failure)
{
  const Modes *const best = r->best.answer, *const levels = r->levels.answer,
                     *const positions = r->positions.answer;
  PetscReal *moved[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(best->n + 1, &moved[0], best->n + 1, &moved[1]));
  PetscCall(match(best, levels, moved[0]));
  PetscCall(match(best, positions, moved[1]));
  PetscCall(PetscCalloc3(best->n + 1, &s->re, best->n + 1, &s->im, best->n + 1, &s->error));
  s->n = 1; /* zero, exactly */
  for (PetscInt i = 0; i < best->n; i++) {
    const PetscBool partner = (PetscBool)(i && best->im[i] < 0 && best->im[i] == -best->im[i - 1] &&
                                          s->n > 1 && s->im[s->n - 1] == best->im[i - 1]);
    const PetscReal size = hypot(best->re[i], best->im[i]);
    const PetscReal change[2] = {moved[0][i], moved[1][i]};

    if (s->n > count && !partner) break;
    if (change[0] > lost * size || change[1] > lost * size) {
      s->rejected++;
      continue;
    }
    s->re[s->n] = -best->re[i];
    s->im[s->n] = best->im[i]; /* of the pair */
    s->error[s->n] = ResolutionError(change[0], change[1]) + best->error[i];
    if (best->error[i] > 0.5 * lost * size && !failure->status)
      PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                            "an eigenvalue of modulus %.1e is lost in the rounding of the matrix, %.1e",
                            (double)size, (double)best->error[i]));
    s->n++;
  }
  if (s->n <= count && !failure->status)
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                          "only %" PetscInt_FMT " eigenvalues are confirmed by another resolution", s->n));
  PetscCall(PetscFree2(moved[0], moved[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSpectrumCompute(const KineticProblem *problem, PetscInt count,
                                      KineticSpectrum *spectrum, CellFailure *failure,
                                      CoefficientFault *fault)
{
  const PetscLogDouble started = MPI_Wtime();
  const PhaseSpaceSettings *used;
  Context context = {problem, PetscMax(count - 1, 1), rate_of(problem), ""};
  const ResolutionTask task = {&context, compute, distance, destroy};
  Resolution resolution;

  PetscFunctionBegin;
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscMemzero(spectrum, sizeof(*spectrum)));
  PetscCall(ResolutionFind(problem, &task, &resolution, failure, fault));
  if (failure->status == CELL_OK && !fault->trouble) {
    PetscCall(check_list(&resolution, failure));
    PetscCall(conclude(&resolution, context.count, spectrum, failure));
    PetscCall(PhaseSpaceGetSettings(resolution.best.space, &used));
    spectrum->used = *used;
    PetscCall(PetscStrncpy(spectrum->solver, context.method, sizeof(spectrum->solver)));
    PetscCall(ResolutionClear(&task, &resolution));
  }
  if (failure->status != CELL_OK) PetscCall(KineticSpectrumDestroy(spectrum));
  spectrum->seconds = MPI_Wtime() - started;
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSpectrumDestroy(KineticSpectrum *spectrum)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(spectrum->re, spectrum->im, spectrum->error));
  spectrum->n = 0;
  PetscFunctionReturn(0);
}
