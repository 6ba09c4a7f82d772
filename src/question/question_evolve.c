/* How a density evolves, what observables see of it, and the backward equation. */
#include <reiter/evolve.h>
#include <string.h>
#include "evolution.h"

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CaseEvolve *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(c, &wanted));
  *asked = wanted->given;
  PetscFunctionReturn(0);
}

/* One evolution from a state, its options those of the case. */
static PetscErrorCode make_evolve(const Setting *setting, Vec g0, const char name[], PetscBool positive,
                                  Evolve *evolve, CellFailure *failure)
{
  const CaseEvolve *wanted;
  const CaseOutput *output;
  const char *refused;
  char digest[17];

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(setting->c, &wanted));
  PetscCall(CaseGetOutput(setting->c, &output));
  PetscCall(CaseDigest(setting->c, digest));
  PetscCall(EvolveCreate(setting->diffusion, evolve));
  PetscCall(EvolveSetMethod(*evolve, wanted->method));
  PetscCall(EvolveSetTolerance(*evolve, wanted->tolerance));
  PetscCall(EvolveSetPositive(*evolve, positive, &refused));
  if (refused) PetscCall(ReportAtKey(setting, "evolve.positive", NULL, failure, "%s", refused));
  PetscCall(EvolveSetDensity(*evolve, (PetscBool)!strcmp(name, "density")));
  PetscCall(EvolveSetTimes(*evolve, wanted->n_times, wanted->times));
  PetscCall(EvolveSetInitial(*evolve, g0));
  PetscCall(EvolveSetFromOptions(*evolve));
  PetscCall(EvolveSetCheckpoint(*evolve, setting->folder, name, digest, output->checkpoint_seconds,
                                setting->resume));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(const Setting *setting, Evolve evolve, CellFailure *failure)
{
  Progress progress = NULL;

  PetscFunctionBegin;
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  if (setting->rank == 0) PetscCall(ProgressCreate("per mille of the time", 1000, setting->quiet, &progress));
  PetscCall(EvolveSetProgress(evolve, progress));
  PetscCall(EvolveSolve(evolve, setting->interrupted, failure));
  if (progress) PetscCall(ProgressDestroy(&progress));
  PetscFunctionReturn(0);
}

/* The largest |f| on the nodes. */
static PetscErrorCode magnitude_of(const Setting *setting, ProgramFunction *f, PetscReal *largest)
{
  const DomainMesh *mesh;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(PetscMalloc1(mesh->n_owned, &values));
  PetscCall(PointFunctionProgram(f, mesh->n_owned, mesh->x, values));
  *largest = 0;
  for (PetscInt i = 0; i < mesh->n_owned; i++) *largest = PetscMax(*largest, PetscAbsReal(values[i]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 1, MPIU_REAL, MPI_MAX, setting->comm));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

/* What is said of the density at each time. */
static PetscErrorCode measure(const Setting *setting, Evolution e, const DiffusionSystem *system)
{
  const CaseEvolve *wanted;
  Vec g, load, whole;

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(setting->c, &wanted));
  PetscCall(VecDuplicate(system->root, &whole));
  PetscCall(EvolutionMass(setting, whole));
  for (PetscInt k = 0; k < e->n_times; k++) {
    const PetscReal per_mass =
        PetscExpReal(system->log_scale - system->log_mass); /* w / int w is the equilibrium */
    PetscCall(EvolveGetState(e->forward, k, &g));
    PetscCall(VecDot(whole, g, &e->mass[k]));
    PetscCall(DiffusionGetEntropy(setting->diffusion, g, &e->relative_entropy[k], &e->chi_square[k],
                                  &e->minimum[k]));
    e->relative_entropy[k] *= per_mass;
    e->chi_square[k] *= per_mass;
  }
  PetscCall(VecDuplicate(system->root, &load));
  for (PetscInt i = 0; i < e->n_observables; i++) {
    ProgramFunction program;
    PetscCall(FormulaCreate(setting, wanted->observables[i].formula, &program));
    PetscCall(DiffusionLoadFunction(setting->diffusion, PointFunctionProgram, &program, load));
    PetscCall(magnitude_of(setting, &program, &e->magnitude[i]));
    PetscCall(FormulaDestroy(&program));
    for (PetscInt k = 0; k < e->n_times; k++) {
      PetscCall(EvolveGetState(e->forward, k, &g));
      PetscCall(VecDot(load, g, &e->observables[i * e->n_times + k]));
    }
  }
  PetscCall(VecDestroy(&load));
  PetscCall(VecDestroy(&whole));
  PetscFunctionReturn(0);
}

/* E_x f(X_t) for each function of the case. */
static PetscErrorCode evolve_backward(const Setting *setting, Evolution e, CellFailure *failure)
{
  const CaseEvolve *wanted;
  const DiffusionSystem *system;
  Vec g0;

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(setting->c, &wanted));
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  PetscCall(VecDuplicate(system->root, &g0));
  for (PetscInt i = 0; i < wanted->n_backward && failure->status == CELL_OK; i++) {
    char name[96];
    ProgramFunction program;
    PetscCall(PetscSNPrintf(name, sizeof(name), "backward_%s", wanted->backward[i].name));
    PetscCall(FormulaCreate(setting, wanted->backward[i].formula, &program));
    PetscCall(DiffusionStateFunction(setting->diffusion, PointFunctionProgram, &program, g0));
    PetscCall(FormulaDestroy(&program));
    PetscCall(make_evolve(setting, g0, name, PETSC_FALSE, &e->backward[i], failure));
    e->n_backward++;
    PetscCall(solve(setting, e->backward[i], failure));
  }
  PetscCall(VecDestroy(&g0));
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const Setting *setting, Evolution *evolution)
{
  const CaseEvolve *wanted;
  Evolution e;

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(setting->c, &wanted));
  PetscCall(PetscNew(&e));
  e->wanted = wanted;
  e->n_times = wanted->n_times;
  e->n_observables = wanted->n_observables;
  PetscCall(PetscCalloc5(e->n_times, &e->mass, e->n_times, &e->minimum, e->n_times, &e->relative_entropy,
                         e->n_times, &e->chi_square, e->n_times * e->n_observables, &e->observables));
  PetscCall(PetscCalloc1(wanted->n_backward, &e->backward));
  PetscCall(PetscCalloc1(wanted->n_observables, &e->magnitude));
  *evolution = e;
  PetscFunctionReturn(0);
}

static PetscErrorCode answer(const Setting *setting, void **made, CellFailure *failure)
{
  const DiffusionSystem *system;
  Evolution e = NULL;
  EvolveInfo info;
  Vec g0;

  PetscFunctionBegin;
  PetscCall(create(setting, &e));
  *made = e;
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  e->conservative = system->conservative;
  PetscCall(VecDuplicate(system->root, &g0));
  PetscCall(EvolutionStart(setting, g0, failure));
  if (failure->status == CELL_OK) {
    PetscCall(make_evolve(setting, g0, "density", e->wanted->positive, &e->forward, failure));
    PetscCall(solve(setting, e->forward, failure));
  }
  if (failure->status == CELL_OK) {
    PetscCall(measure(setting, e, system));
    PetscCall(EvolveGetInfo(e->forward, &info));
    e->info = info;
    PetscCall(evolve_backward(setting, e, failure));
  }
  PetscCall(VecDestroy(&g0));
  PetscFunctionReturn(0);
}

/* "NAME", an observable at the last time, or "NAME_at_K", at time number K; -1: no such one. */
static void find_observable(const Evolution e, const char name[], PetscInt *observable, PetscInt *time)
{
  *observable = -1;
  for (PetscInt i = 0; i < e->n_observables; i++) {
    const size_t length = strlen(e->wanted->observables[i].name);
    int number = -1, end = 0;

    if (strncmp(name, e->wanted->observables[i].name, length)) continue;
    *time = e->n_times - 1;
    if (name[length] && (sscanf(name + length, "_at_%d%n", &number, &end) != 1 || name[length + end]))
      continue;
    if (name[length]) *time = number;
    if (*time < 0 || *time >= e->n_times) continue;
    *observable = i;
    if (!name[length]) break; /* a name as it stands goes before one with a number */
  }
}

static PetscErrorCode quantity(void *answer, const char name[], PetscReal *value, PetscBool *known)
{
  const Evolution e = answer;
  PetscInt i, k;

  PetscFunctionBegin;
  find_observable(e, name, &i, &k);
  *known = (PetscBool)(i >= 0);
  if (*known) *value = e->observables[i * e->n_times + k];
  if (!strcmp(name, "mass") || !strcmp(name, "relative_entropy")) {
    *value = name[0] == 'm' ? e->mass[e->n_times - 1] : e->relative_entropy[e->n_times - 1];
    *known = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* The solver's error is one of int |rho|. */
static PetscErrorCode quantity_error(void *answer, const char name[], PetscReal *error)
{
  const Evolution e = answer;
  PetscInt i, k;

  PetscFunctionBegin;
  find_observable(e, name, &i, &k);
  *error = e->info.error * (i >= 0 ? e->magnitude[i] : 1);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer)
{
  Evolution e = *answer;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  PetscCall(EvolveDestroy(&e->forward));
  for (PetscInt i = 0; i < e->n_backward; i++) PetscCall(EvolveDestroy(&e->backward[i]));
  PetscCall(PetscFree(e->backward));
  PetscCall(PetscFree(e->magnitude));
  PetscCall(PetscFree5(e->mass, e->minimum, e->relative_entropy, e->chi_square, e->observables));
  PetscCall(PetscFree(e));
  *answer = NULL;
  PetscFunctionReturn(0);
}

const Question EvolveQuestion = {.key = "evolve",
                                 .IsAsked = is_asked,
                                 .Answer = answer,
                                 .WriteFiles = EvolutionWriteFiles,
                                 .WriteJson = EvolutionWriteJson,
                                 .Print = EvolutionPrint,
                                 .Quantity = quantity,
                                 .QuantityError = quantity_error,
                                 .Destroy = destroy};
