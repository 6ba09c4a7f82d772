/*
  Around the methods: which one, the constant mode, positivity, what the error is made of.

  If nothing is absorbed, the part of g along root stays and is split off exactly, g = c root + rest, total.rest = 0, so
  that the mass int rho = total.g stays to round-off whatever the method does.
*/
#include "evolve_private.h"

static const EvolveOps methods[] = {
    {"chebyshev", "expansion in Chebyshev polynomials", PETSC_TRUE, EvolveChebyshev, "march, chebyshev"},
    {"lanczos", "shift-invert Lanczos on one factorisation", PETSC_TRUE, EvolveLanczos, "march, lanczos"},
    {"uniformisation", "powers of a matrix without negative entries", PETSC_FALSE, EvolveUniformisation,
     NULL},
    {"ts", "PETSc's TS, options -evolve_ts_..", PETSC_TRUE, EvolveTS, NULL},
};

enum { N_METHODS = sizeof(methods) / sizeof(methods[0]) };

const EvolveOps *EvolveFindMethod(const char name[])
{
  for (PetscInt i = 0; i < N_METHODS; i++)
    if (!strcmp(methods[i].name, name)) return &methods[i];
  return NULL;
}

/* What info.method may be. */
static const char *name_of(PetscInt number)
{
  if (number < N_METHODS) return methods[number].name;
  return number < 2 * N_METHODS ? methods[number - N_METHODS].after_march : "march";
}

PetscInt EvolveMethodNumber(const char name[])
{
  PetscInt number = 0;

  while (number < 2 * N_METHODS && (!name_of(number) || strcmp(name_of(number), name) != 0)) number++;
  return number;
}

const char *EvolveMethodName(PetscInt number)
{
  return name_of(PetscMax(number, 0));
}

PetscErrorCode EvolveListMethods(char text[], size_t length)
{
  PetscFunctionBegin;
  PetscCall(PetscStrncpy(text, "auto", length));
  for (PetscInt i = 0; i < N_METHODS; i++) {
    PetscCall(PetscStrlcat(text, ", ", length));
    PetscCall(PetscStrlcat(text, methods[i].name, length));
  }
  PetscFunctionReturn(0);
}

/* g -= (total.g / total.root - keep) root, twice: the first pass leaves the rounding of a large coefficient. */
PetscErrorCode EvolveSetConstant(Evolve e, Vec g, PetscReal keep)
{
  PetscReal part, whole;

  PetscFunctionBegin;
  PetscCall(VecDot(e->system->total, e->system->root, &whole));
  for (PetscInt pass = 0; pass < 2; pass++) {
    PetscCall(VecDot(e->system->total, g, &part));
    PetscCall(VecAXPY(g, keep - part / whole, e->system->root));
  }
  PetscFunctionReturn(0);
}

/* The part of the tolerance that tails of a density may cost. */
#define TRIMMED 0.01

/* Splits the initial state; *scale is |g(0)|, *mass total.g(0). */
static PetscErrorCode split(Evolve e, PetscReal *scale, PetscReal *mass)
{
  PetscReal whole;

  PetscFunctionBegin;
  PetscCall(VecCopy(e->initial, e->start));
  if (e->density) PetscCall(EvolveTrim(e, TRIMMED * e->tolerance));
  PetscCall(EvolveNorm(e, e->start, scale));
  PetscCall(VecDot(e->system->total, e->initial, mass));
  PetscCall(VecDot(e->system->total, e->system->root, &whole));
  e->constant = e->system->conservative ? *mass / whole : 0;
  if (e->method->splits && e->system->conservative) PetscCall(EvolveSetConstant(e, e->start, 0));
  PetscCall(EvolveNorm(e, e->start, &e->start_norm));
  PetscFunctionReturn(0);
}

/* What the rounding of S itself does to the state by then: its entries are good to eps, the quotient of the state with
   the diagonal says what that is worth as a rate. Metastable states at late times lose their digits here. */
PetscErrorCode EvolveRounding(Evolve e, PetscReal *error)
{
  Vec diagonal, weighted;
  PetscReal worst = 0;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(e->start, &diagonal));
  PetscCall(VecDuplicate(e->start, &weighted));
  PetscCall(MatGetDiagonal(e->system->S, diagonal));
  for (PetscInt k = 0; k < e->n_times; k++) {
    PetscReal energy, size;
    PetscCall(VecPointwiseMult(weighted, diagonal, e->states[k]));
    PetscCall(VecDot(weighted, e->states[k], &energy));
    PetscCall(VecNorm(e->states[k], NORM_2, &size));
    if (size > 0) worst = PetscMax(worst, PETSC_MACHINE_EPSILON * e->times[k] * energy / size);
  }
  PetscCall(VecDestroy(&diagonal));
  PetscCall(VecDestroy(&weighted));
  *error = worst;
  PetscFunctionReturn(0);
}

/* The method on the part that moves, and back. */
static PetscErrorCode run(Evolve e, PetscReal scale, PetscReal mass)
{
  PetscReal rounding = 0;

  PetscFunctionBegin;
  e->info = (EvolveInfo){.method = e->method->name};
  if (e->start_norm > 4 * PETSC_MACHINE_EPSILON * scale) {
    PetscCall(e->method->solve(e));
    if (e->failure->status != CELL_OK) PetscFunctionReturn(0);
    e->info.error *= e->start_norm / scale;
    if (e->method->splits) PetscCall(EvolveRounding(e, &rounding));
    e->info.error += PetscMin(rounding / scale, 1);
  } else {
    for (PetscInt k = 0; k < e->n_times; k++) PetscCall(VecZeroEntries(e->states[k]));
  }
  for (PetscInt k = 0; k < e->n_times; k++) {
    if (e->times[k] <= 0) {
      PetscCall(VecCopy(e->initial, e->states[k]));
    } else if (e->system->conservative && e->method->splits) {
      PetscCall(EvolveSetConstant(e, e->states[k], e->constant));
    } else if (e->system->conservative) { /* one positive factor */
      PetscReal here;
      PetscCall(VecDot(e->system->total, e->states[k], &here));
      if (here != 0 && mass != 0) PetscCall(VecScale(e->states[k], mass / here));
    }
  }
  PetscFunctionReturn(0);
}

/* Entries below zero go, and one factor gives the others the mass that was added. *mass is what went. */
static PetscErrorCode clip(Evolve e, Vec g, PetscReal *clipped)
{
  PetscReal *x, before, after;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecDot(e->system->total, g, &before));
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArray(g, &x));
  for (PetscInt i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
  PetscCall(VecRestoreArray(g, &x));
  PetscCall(VecDot(e->system->total, g, &after));
  *clipped = PetscMax(after - before, 0);
  if (after > 0 && before > 0) PetscCall(VecScale(g, before / after));
  PetscFunctionReturn(0);
}

/* The exact states are >= 0, so what is below is the solver's error: small, it is taken away; else the states are
   computed again by uniformisation, which has no such error. */
static PetscErrorCode make_positive(Evolve e, PetscReal *scale, PetscReal *mass)
{
  PetscReal worst = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < e->n_times; k++) {
    PetscReal clipped;
    PetscCall(clip(e, e->states[k], &clipped));
    worst = PetscMax(worst, clipped);
  }
  e->info.clipped = worst;
  if (worst <= e->tolerance * PetscAbsReal(*mass)) PetscFunctionReturn(0);
  e->method = EvolveFindMethod("uniformisation");
  PetscCall(split(e, scale, mass));
  e->accuracy = PetscMax(e->tolerance * *scale / e->start_norm, 1e-14);
  PetscCall(run(e, *scale, *mass));
  PetscFunctionReturn(0);
}

/* Which method; a checkpoint may tell that uniformisation had taken over already. */
static PetscErrorCode pick_method(Evolve e)
{
  char names[160], stored[32];
  const char *name = e->asked;

  PetscFunctionBegin;
  if (!strcmp(name, "auto")) PetscCall(EvolveChooseMethod(e, &name));
  PetscCall(EvolveStorePeek(e, stored));
  if (e->positive && !strcmp(stored, "uniformisation")) name = "uniformisation";
  e->method = EvolveFindMethod(name);
  if (!e->method) {
    PetscCall(EvolveListMethods(names, sizeof(names)));
    PetscCall(
        EvolveFail(e, CELL_REFUSED, "there is no method \"%s\" of evolution; there are %s", name, names));
  } else if (e->system->B && !strcmp(name, "chebyshev")) {
    PetscCall(
        EvolveFail(e, CELL_REFUSED,
                   "the method chebyshev needs a diagonal mass, which the scheme monotone has; use lanczos"));
  }
  PetscFunctionReturn(0);
}

/* The least relative error that is asked of a method: rounding takes the rest. */
#define FINEST 1e-13

/* *reached is false where that is not enough. Positivity is a matter of mass, int |rho| <= |root| |g|, which may be much less than |g(0)|. */
static PetscErrorCode set_accuracy(Evolve e, PetscReal scale, PetscReal mass, PetscBool *reached)
{
  PetscReal wanted = e->tolerance * scale, root, least;

  PetscFunctionBegin;
  if (e->positive) {
    PetscCall(VecMin(e->initial, NULL, &least));
    if (least < 0)
      PetscCall(EvolveFail(e, CELL_REFUSED,
                           "positive: the initial density is negative somewhere, so it cannot stay >= 0"));
  }
  if (e->positive || e->density) {
    PetscCall(EvolveNorm(e, e->system->root, &root));
    if (mass > 0) wanted = PetscMin(wanted, 0.1 * e->tolerance * mass / root);
  }
  *reached = (PetscBool)(!(e->start_norm > 0) || wanted >= FINEST * e->start_norm);
  e->accuracy = e->start_norm > 0 ? PetscMax(wanted / e->start_norm, FINEST) : 1;
  e->accuracy = PetscMin(e->accuracy, 0.5);
  PetscFunctionReturn(0);
}

/* For a density: the error as a part of the mass, which it is with `counted` already; beyond a thousandth it is no
   result. */
static PetscErrorCode judge_density(Evolve e, PetscReal scale, PetscReal mass, PetscBool counted)
{
  PetscReal root;

  PetscFunctionBegin;
  PetscCall(EvolveNorm(e, e->system->root, &root));
  if (!counted) e->info.error *= scale * root / mass;
  e->info.error += TRIMMED * e->tolerance;
  if (e->info.error < 1e-3) PetscFunctionReturn(0);
  PetscCall(EvolveFail(
      e, CELL_NOT_CONVERGED,
      "the initial density has tails where the weight is so small that rho/w is e^%.0f times its mean; "
      "their rounding would be %.1g of the mass. A narrower initial density or a smaller domain helps, "
      "or scheme: monotone with evolve.method: uniformisation",
      (double)PetscLogReal(scale * root / mass), (double)e->info.error));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(Evolve e)
{
  PetscReal scale, mass;
  PetscBool reached = PETSC_TRUE, counted = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(split(e, &scale, &mass));
  PetscCall(set_accuracy(e, scale, mass, &reached));
  if (!reached && e->failure->status == CELL_OK) {
    PetscCall(EvolveTails(e, mass, &counted));
    if (!e->method->splits) PetscCall(split(e, &scale, &mass));
  }
  if (!counted && e->failure->status == CELL_OK) PetscCall(run(e, scale, mass));
  if (e->failure->status == CELL_OK && e->positive && e->method->splits)
    PetscCall(make_positive(e, &scale, &mass));
  /* uniformisation has positive terms only: its error is relative to the density, node by node */
  if (e->failure->status == CELL_OK && e->density && mass > 0 && e->method->splits)
    PetscCall(judge_density(e, scale, mass, counted));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSolve(Evolve e, const volatile int *interrupted, CellFailure *failure)
{
  PetscBool finished = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCheck(e->initial && e->n_times > 0, e->comm, PETSC_ERR_ORDER,
             "set the initial state and the times first");
  PetscCall(PetscMemzero(failure, sizeof(*failure)));
  e->interrupted = interrupted;
  e->failure = failure;
  PetscCall(VecDuplicate(e->initial, &e->start));
  if (!e->states) PetscCall(VecDuplicateVecs(e->initial, e->n_times, &e->states));
  PetscCall(EvolveStoreOpen(e));
  PetscCall(pick_method(e));
  if (failure->status == CELL_OK) PetscCall(EvolveStoreTakeFinished(e, &finished));
  if (failure->status == CELL_OK && !finished) PetscCall(solve(e));
  if (failure->status == CELL_OK) {
    if (!finished) PetscCall(EvolveStoreFinish(e));
    if (e->progress) PetscCall(ProgressUpdate(e->progress, 1000));
  }
  PetscCall(VecDestroy(&e->start));
  PetscFunctionReturn(0);
}
