#include "resolution.h"
#include <math.h>
#include <string.h>
#include "solver_private.h"

enum { FIRST_LEVELS = 12, MOST_FIRST_LEVELS = 160, FIRST_LEVELS_PLANE = 6, HIGHEST_ORDER = 12 };

typedef struct {
  const KineticProblem *problem;
  const ResolutionTask *task;
  PhaseSpaceSettings settings; /* of the best answer */
  PetscBool waves, free_levels, free_positions;
  CellFailure *failure;
  CoefficientFault *fault;
} Search;

/* Unknowns of a space, before it is made. */
static PetscReal count_unknowns(const PhaseSpaceSettings *s, PetscBool waves)
{
  PetscReal n = s->dim == 1 ? (PetscReal)s->levels : 0.5 * (PetscReal)s->levels * (PetscReal)(s->levels + 1);

  for (PetscInt a = 0; a < s->dim; a++)
    n *= waves ? 2 * (PetscReal)s->cells[a] + 1 : (PetscReal)s->cells[a] * (PetscReal)s->order + 1;
  return n;
}

/* Slow friction needs levels in proportion to 1/g, counted in the time in which a thermal particle crosses the box. */
static PetscInt first_levels(const KineticProblem *problem)
{
  const PhaseSpaceSettings *const s = &problem->settings;
  PetscReal length = s->box[0][1] - s->box[0][0];

  for (PetscInt a = 1; a < s->dim; a++) length = PetscMin(length, s->box[a][1] - s->box[a][0]);
  const PetscReal rate = 2 * PETSC_PI / length * PetscSqrtReal(s->temperature / s->mass);
  const PetscReal levels = FIRST_LEVELS * PetscMax(1, 0.5 * rate / problem->friction);

  return s->dim == 1 ? (PetscInt)PetscMin(levels, MOST_FIRST_LEVELS) : FIRST_LEVELS_PLANE;
}

static PetscErrorCode start(Search *search)
{
  PhaseSpaceSettings *const s = &search->settings;
  PetscBool cells_given = PETSC_TRUE;

  PetscFunctionBegin;
  *s = search->problem->settings;
  PetscCall(PetscStrcmp(s->positions, "fourier", &search->waves));
  for (PetscInt a = 0; a < s->dim; a++)
    if (!s->cells[a]) cells_given = PETSC_FALSE;
  search->free_levels = (PetscBool)!s->levels;
  search->free_positions = (PetscBool)(!cells_given || (!search->waves && !s->order));
  if (!s->levels) s->levels = first_levels(search->problem);
  for (PetscInt a = 0; a < s->dim; a++)
    if (!s->cells[a]) s->cells[a] = s->dim == 1 ? 8 : 3;
  if (!s->order) s->order = s->dim == 1 ? 8 : 4;
  PetscFunctionReturn(0);
}

/* Twice as many where they are given: few levels converge slowly, and a small change would say little. */
static void raise_levels(const Search *search, PhaseSpaceSettings *s)
{
  s->levels += search->free_levels ? PetscMax(s->dim == 1 ? 4 : 2, s->levels / 2) : s->levels;
}

/* Cells where they are free; else the order where it is; else cells, to measure alone. */
static void raise_positions(const Search *search, PhaseSpaceSettings *s)
{
  PetscBool cells_given = PETSC_TRUE;

  for (PetscInt a = 0; a < s->dim; a++)
    if (!search->problem->settings.cells[a]) cells_given = PETSC_FALSE;
  if (cells_given && !search->waves && !search->problem->settings.order && s->order < HIGHEST_ORDER) {
    s->order = PetscMin(s->order + 2, HIGHEST_ORDER);
    return;
  }
  for (PetscInt a = 0; a < s->dim; a++)
    if (!search->problem->settings.cells[a] || cells_given)
      s->cells[a] += PetscMax(s->dim == 1 || search->waves ? 2 : 1,
                              s->cells[a] / 2); /* a wave may be absent by symmetry */
}

static PetscErrorCode refuse_size(Search *search, const PhaseSpaceSettings *s, const Resolution *r)
{
  char errors[96] = "";

  PetscFunctionBegin;
  if (isfinite(r->level_error) || isfinite(r->position_error)) {
    const PetscReal worst = isfinite(r->level_error) && isfinite(r->position_error)
                                ? r->level_error + r->position_error
                            : isfinite(r->level_error) ? r->level_error
                                                       : r->position_error;
    PetscCall(PetscSNPrintf(errors, sizeof(errors), "; the last change was %.1e, the tolerance is %.1e",
                            (double)worst, (double)search->problem->tolerance));
  }
  PetscCall(KineticFail(search->failure, CELL_NOT_CONVERGED,
                        "the kinetic equation needs more than max_unknowns = %" PetscInt_FMT
                        " unknowns (%" PetscInt_FMT " levels, %" PetscInt_FMT " %s)%s",
                        search->problem->max_unknowns, s->levels, s->cells[0],
                        search->waves ? "waves" : "cells", errors));
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(const ResolutionTask *task, ResolvedAnswer *a)
{
  PetscFunctionBegin;
  if (a->answer) PetscCall(task->Destroy(task->ctx, &a->answer));
  PetscCall(PhaseSpaceDestroy(&a->space));
  *a = (ResolvedAnswer){NULL, NULL};
  PetscFunctionReturn(0);
}

static PetscBool is_good(const Search *search)
{
  return (PetscBool)(search->failure->status == CELL_OK && search->fault->trouble == COEFFICIENT_GOOD);
}

static PetscErrorCode compute(Search *search, const PhaseSpaceSettings *s, Resolution *r, ResolvedAnswer *a)
{
  PetscFunctionBegin;
  PetscCall(clear(search->task, a));
  if (search->problem->interrupted && *search->problem->interrupted) {
    PetscCall(KineticFail(search->failure, CELL_INTERRUPTED, "interrupted"));
    PetscFunctionReturn(0);
  }
  if (search->problem->max_unknowns > 0 &&
      count_unknowns(s, search->waves) > (PetscReal)search->problem->max_unknowns) {
    PetscCall(refuse_size(search, s, r));
    PetscFunctionReturn(0);
  }
  PetscCall(PhaseSpaceCreate(search->problem->coefficients, s, &a->space, search->fault));
  if (a->space) PetscCall(search->task->Compute(search->task->ctx, a->space, &a->answer, search->failure));
  r->spaces++;
  PetscFunctionReturn(0);
}

/* A finer answer beside the best one, and how far it is. */
static PetscErrorCode compare(Search *search, const PhaseSpaceSettings *finer, Resolution *r,
                              ResolvedAnswer *other, PetscReal *distance)
{
  const ResolutionTask *const task = search->task;

  PetscFunctionBegin;
  PetscCall(compute(search, finer, r, other));
  if (!is_good(search)) PetscFunctionReturn(0);
  PetscCall(task->Distance(task->ctx, r->best.space, r->best.answer, other->space, other->answer, distance));
  if (PetscIsNanReal(*distance)) *distance = PETSC_MAX_REAL;
  PetscCall(PetscInfo(
      NULL, "%" PetscInt_FMT " levels, %" PetscInt_FMT " cells, order %" PetscInt_FMT ": change %.2e\n",
      finer->levels, finer->cells[0], finer->order, (double)*distance));
  PetscFunctionReturn(0);
}

/* The finer answer becomes the best one; what was measured beside the old one has to be measured again. */
static PetscErrorCode adopt(Search *search, const PhaseSpaceSettings *finer, Resolution *r,
                            ResolvedAnswer *better, ResolvedAnswer *stale)
{
  PetscFunctionBegin;
  PetscCall(clear(search->task, &r->best));
  PetscCall(clear(search->task, stale));
  r->best = *better;
  *better = (ResolvedAnswer){NULL, NULL};
  search->settings = *finer;
  PetscFunctionReturn(0);
}

static PetscErrorCode refine(Search *search, Resolution *r)
{
  const PetscReal allowed =
      search->problem->tolerance / 3; /* two of them, as ResolutionError() counts them */

  PetscFunctionBegin;
  while (is_good(search)) {
    PhaseSpaceSettings finer = search->settings;

    if (!r->levels.answer) {
      raise_levels(search, &finer);
      PetscCall(compare(search, &finer, r, &r->levels, &r->level_error));
      if (is_good(search) && search->free_levels && r->level_error > allowed)
        PetscCall(adopt(search, &finer, r, &r->levels, &r->positions));
    } else if (!r->positions.answer) {
      raise_positions(search, &finer);
      PetscCall(compare(search, &finer, r, &r->positions, &r->position_error));
      if (is_good(search) && search->free_positions && r->position_error > allowed)
        PetscCall(adopt(search, &finer, r, &r->positions, &r->levels));
    } else {
      break;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ResolutionFind(const KineticProblem *problem, const ResolutionTask *task,
                              Resolution *resolution, CellFailure *failure, CoefficientFault *fault)
{
  Search search = {.problem = problem, .task = task, .failure = failure, .fault = fault};

  PetscFunctionBegin;
  *resolution = (Resolution){.level_error = INFINITY, .position_error = INFINITY};
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(start(&search));
  PetscCall(compute(&search, &search.settings, resolution, &resolution->best));
  PetscCall(refine(&search, resolution));
  if (!is_good(&search)) PetscCall(ResolutionClear(task, resolution));
  PetscFunctionReturn(0);
}

PetscErrorCode ResolutionClear(const ResolutionTask *task, Resolution *resolution)
{
  PetscFunctionBegin;
  PetscCall(clear(task, &resolution->best));
  PetscCall(clear(task, &resolution->levels));
  PetscCall(clear(task, &resolution->positions));
  PetscFunctionReturn(0);
}
