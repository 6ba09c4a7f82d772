#include "ensemble_private.h"
#include <string.h>

const EnsembleObserver *const EnsembleObservers[] = {&ObservablesObserver,
                                                     &HistogramObserver,
                                                     &AutocorrelationObserver,
                                                     &PassageObserver,
                                                     &TrajectoriesObserver,
                                                     &EstimateObserver,
                                                     NULL};

/* Half of the box where the case gives none; what one step may take of a path that has not escaped, in sides of the box:
   where the step resolves the drift, it takes less than one. */
static const PetscReal half_box = 2, sides = 10;

/* Doubles and integers of 8 bytes everywhere: a record is aligned if its parts are. */
static size_t rounded(size_t bytes)
{
  return (bytes + 15) / 16 * 16;
}

PetscErrorCode EnsembleAsked(Case c, PetscBool stops, PetscInt *n)
{
  PetscFunctionBegin;
  *n = 0;
  for (PetscInt i = 0; EnsembleObservers[i]; i++) {
    PetscBool asked;

    PetscCall(EnsembleObservers[i]->IsAsked(c, &asked));
    if (asked && EnsembleObservers[i]->stops == stops) ++*n;
  }
  PetscFunctionReturn(0);
}

/* Enough blocks to deal to some ranks, but not so small that the lanes stand empty. Of the count alone: the blocks
   decide in which order numbers are added. */
static PetscInt choose_width(PetscInt64 count)
{
  const PetscInt64 wanted = (count / 8 + 63) / 64 * 64;

  return (PetscInt)PetscMax(64, PetscMin(wanted, DYNAMICS_BLOCK));
}

PetscInt EnsembleBlockPaths(Ensemble e, PetscInt64 b)
{
  return (PetscInt)PetscMin(e->width, e->plan.count - b * e->width);
}

size_t EnsembleRecordSize(Ensemble e, PetscInt64 b)
{
  size_t size = rounded(sizeof(Record));

  for (PetscInt i = 0; i < e->n_observers; i++)
    size += rounded(e->observers[i]->StateSize(e->selves[i], b * e->width, EnsembleBlockPaths(e, b)));
  return size;
}

void *EnsembleState(Ensemble e, LiveBlock *live, PetscInt i)
{
  size_t at = rounded(sizeof(Record));

  for (PetscInt k = 0; k < i; k++)
    at += rounded(e->observers[k]->StateSize(e->selves[k], live->number * e->width,
                                             EnsembleBlockPaths(e, live->number)));
  return (char *)live->record + at;
}

PetscErrorCode EnsembleGetBox(Case c, PetscReal box[][2])
{
  const CasePaths *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  for (PetscInt i = 0; i < REITER_MAX_DIM; i++) {
    box[i][0] = wanted->has_box ? wanted->box[i][0] : wanted->initial[i] - half_box;
    box[i][1] = wanted->has_box ? wanted->box[i][1] : wanted->initial[i] + half_box;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up_paths(Ensemble e, const char **section, char **refused)
{
  const EnsemblePlan *const plan = &e->plan;
  PetscReal box[REITER_MAX_DIM][2], side = 0;

  PetscFunctionBegin;
  PetscCall(EnsembleGetBox(plan->c, box));
  for (PetscInt i = 0; i < plan->dim; i++) side = PetscMax(side, box[i][1] - box[i][0]);
  PetscCall(PathsCreate(plan->dynamics, &e->paths));
  PetscCall(PathsSetScheme(e->paths, plan->scheme));
  PetscCall(PathsSetStep(e->paths, plan->dt));
  PetscCall(PathsSetSeed(e->paths, plan->seed));
  PetscCall(PathsSetReach(e->paths, sides * side));
  PetscCall(PathsSetTarget(e->paths, plan->target));
  *section = "paths.scheme";
  PetscCall(PathsSetUp(e->paths, refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_observers(Ensemble e, const char **section, char **refused)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; EnsembleObservers[i] && !*refused; i++) {
    const EnsembleObserver *const observer = EnsembleObservers[i];
    PetscBool asked;

    PetscCall(observer->IsAsked(e->plan.c, &asked));
    if (!asked || observer->stops != (e->plan.target ? PETSC_TRUE : PETSC_FALSE)) continue;
    PetscCheck(e->n_observers < ENSEMBLE_OBSERVERS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many observers");
    *section = observer->section;
    e->observers[e->n_observers] = observer;
    PetscCall(observer->Create(&e->plan, e->paths, &e->selves[e->n_observers++], refused));
  }
  if (*refused) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < e->n_observers; i++)
    e->total_offset[i + 1] = e->total_offset[i] + rounded(e->observers[i]->TotalSize(e->selves[i]));
  if (e->rank == 0) PetscCall(PetscCalloc1(e->total_offset[e->n_observers] + 1, &e->totals));
  PetscFunctionReturn(0);
}

static PetscErrorCode create(MPI_Comm comm, const EnsemblePlan *plan, PetscBool with_start,
                             Ensemble *ensemble, const char **section, char **refused)
{
  Ensemble e;

  PetscFunctionBegin;
  *refused = NULL;
  PetscCall(PetscNew(&e));
  e->comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &e->rank));
  PetscCallMPI(MPI_Comm_size(comm, &e->size));
  e->plan = *plan;
  e->width = choose_width(plan->count);
  e->n_blocks = (plan->count + e->width - 1) / e->width;
  PetscCall(set_up_paths(e, section, refused));
  if (!*refused && with_start) {
    *section = "paths.initial";
    PetscCall(EnsembleStartCreate(&e->plan, &e->start, refused));
  }
  if (!*refused) PetscCall(create_observers(e, section, refused));
  if (*refused) PetscCall(EnsembleDestroy(&e));
  *ensemble = e;
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleCreate(MPI_Comm comm, const EnsemblePlan *plan, Ensemble *ensemble,
                              const char **section, char **refused)
{
  const CasePaths *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(create(comm, plan, wanted->equilibrium, ensemble, section, refused));
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleCheck(const EnsemblePlan *plan, const char **section, char **refused)
{
  Ensemble ensemble;

  PetscFunctionBegin;
  PetscCall(create(PETSC_COMM_SELF, plan, PETSC_FALSE, &ensemble, section, refused));
  PetscCall(EnsembleDestroy(&ensemble));
  PetscFunctionReturn(0);
}

static PetscErrorCode free_pending(Ensemble e)
{
  PetscFunctionBegin;
  while (e->pending) {
    PendingBlock *const next = e->pending->next;

    PetscCall(PetscFree(e->pending->record));
    PetscCall(PetscFree(e->pending));
    e->pending = next;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleDestroy(Ensemble *ensemble)
{
  Ensemble e = *ensemble;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < e->n_observers; i++) {
    if (e->selves[i]) PetscCall(e->observers[i]->Destroy(&e->selves[i]));
  }
  PetscCall(EnsembleStartDestroy(&e->start));
  PetscCall(free_pending(e));
  PetscCall(PetscFree(e->totals));
  PetscCall(PathsDestroy(&e->paths));
  PetscCall(PetscFree(*ensemble));
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleSetCheckpoint(Ensemble e, RunFolder folder, const char digest[], PetscReal seconds,
                                     PetscBool resume)
{
  PetscFunctionBegin;
  e->folder = folder;
  PetscCall(PetscStrncpy(e->digest, digest ? digest : "", sizeof(e->digest)));
  e->checkpoint_seconds = seconds;
  e->resume = resume;
  PetscCall(PetscSNPrintf(e->file, sizeof(e->file), "%s_%s.checkpoint", e->plan.target ? "passage" : "paths",
                          e->plan.label));
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleForget(Ensemble e)
{
  PetscFunctionBegin;
  if (e->folder) PetscCall(RunFolderRemove(e->folder, e->file));
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleGetWork(Ensemble e, PetscInt64 *path_steps)
{
  PetscFunctionBegin;
  *path_steps = e->plan.count * e->plan.steps;
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleGetPlan(Ensemble e, const EnsemblePlan **plan)
{
  PetscFunctionBegin;
  *plan = &e->plan;
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleGetCounts(Ensemble e, EnsembleCounts *counts, PetscReal *path_steps_per_second)
{
  PetscFunctionBegin;
  *counts = e->counts;
  *path_steps_per_second = e->seconds > 0 ? (PetscReal)e->path_steps / e->seconds : NAN;
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleGetMissing(Ensemble e, const char **section, const char **missing)
{
  PetscFunctionBegin;
  *missing = NULL;
  for (PetscInt i = 0; i < e->n_observers && !*missing; i++) {
    *section = e->observers[i]->section;
    if (e->observers[i]->GetMissing) *missing = e->observers[i]->GetMissing(e->selves[i]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleWriteFiles(Ensemble e, RunFolder folder)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers; i++) {
    if (e->observers[i]->WriteFiles)
      PetscCall(e->observers[i]->WriteFiles(e->selves[i], e->totals + e->total_offset[i], folder));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleWriteJson(Ensemble e, Json json)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers; i++) {
    PetscCall(JsonBeginObject(json, e->observers[i]->key));
    PetscCall(e->observers[i]->WriteJson(e->selves[i], e->totals + e->total_offset[i], json));
    PetscCall(JsonEndObject(json));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnsemblePrint(Ensemble e, FILE *stream)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers; i++) {
    if (e->observers[i]->Print)
      PetscCall(e->observers[i]->Print(e->selves[i], e->totals + e->total_offset[i], stream));
  }
  PetscFunctionReturn(0);
}
