/* A density in phase space over time. */
#include "kinetics.h"

/* A formula of position and momentum. */
typedef struct {
  Program program;
  PetscInt dim;
} Formula;

enum { BLOCK = 256 };

static PetscErrorCode evaluate(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                               PetscReal values[])
{
  const Formula *const f = ctx;
  const PetscReal *variables[REITER_SLOTS] = {NULL};
  PetscReal columns[2 * KINETIC_MAX_DIM][BLOCK];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < f->dim; c++) {
    variables[VariableIndex(0, c)] = columns[c];
    variables[FreeIndex(c)] = columns[f->dim + c];
  }
  for (PetscInt first = 0; first < n; first += BLOCK) {
    const PetscInt count = PetscMin(BLOCK, n - first);
    PetscReal *out = values + first;

    for (PetscInt c = 0; c < f->dim; c++) {
      for (PetscInt i = 0; i < count; i++) {
        columns[c][i] = q[(first + i) * f->dim + c];
        columns[f->dim + c][i] = p[(first + i) * f->dim + c];
      }
    }
    PetscCall(ProgramEvaluatePoints(f->program, count, variables, &out));
  }
  PetscFunctionReturn(0);
}

/* formulas[0] is log of the initial density, then the observables. */
static PetscErrorCode run(const Setting *setting, Kinetics k, Formula formulas[], CellFailure *failure,
                          CoefficientFault *fault)
{
  const CaseKinetic *const wanted = k->wanted;
  const CaseOutput *output;
  KineticEvolutionSettings settings = {.initial = evaluate,
                                       .initial_ctx = &formulas[0],
                                       .n_times = wanted->n_times,
                                       .times = wanted->times,
                                       .n_observables = wanted->n_observables};
  KineticProblem problem;
  PhaseFunction *functions;
  void **contexts;
  char digest[17];

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(setting->c, &output));
  PetscCall(CaseDigest(setting->c, digest));
  PetscCall(PetscMalloc2(wanted->n_observables, &functions, wanted->n_observables, &contexts));
  for (PetscInt i = 0; i < wanted->n_observables; i++) {
    functions[i] = evaluate;
    contexts[i] = &formulas[i + 1];
  }
  settings.observables = functions;
  settings.observable_ctx = contexts;
  PetscCall(KineticsProblem(setting, wanted->frictions[0], &problem));
  PetscCall(KineticEvolutionCompute(&problem, &settings, setting->folder, "kinetic_evolution", digest,
                                    output->checkpoint_seconds, setting->resume, &k->evolution, failure,
                                    fault));
  PetscCall(PetscFree2(functions, contexts));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_formulas(const Setting *setting, Kinetics k, CellFailure *failure,
                                   CoefficientFault *fault)
{
  const PetscInt n = 1 + k->wanted->n_observables;
  Formula *formulas;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &formulas));
  for (PetscInt i = 0; i < n; i++) {
    const Expression e = i ? k->wanted->observables[i - 1].formula : k->wanted->log_initial;

    formulas[i].dim = k->dim;
    PetscCall(ProgramCreate(1, &e, &formulas[i].program));
  }
  PetscCall(run(setting, k, formulas, failure, fault));
  for (PetscInt i = 0; i < n; i++) PetscCall(ProgramDestroy(&formulas[i].program));
  PetscCall(PetscFree(formulas));
  PetscFunctionReturn(0);
}

/* From rank 0 to all. */
static PetscErrorCode share(MPI_Comm comm, PetscInt n, const PetscReal from[], PetscReal to[])
{
  PetscFunctionBegin;
  if (from) PetscCall(PetscArraycpy(to, from, n));
  PetscCallMPI(MPI_Bcast(to, (PetscMPIInt)n, MPIU_REAL, 0, comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode share_all(const Setting *setting, Kinetics k)
{
  const KineticEvolution *const e = &k->evolution;
  const PetscInt n = k->wanted->n_times, observed = n * k->wanted->n_observables;

  PetscFunctionBegin;
  PetscCall(share(setting->comm, n, e->mass, k->mass));
  PetscCall(share(setting->comm, n, e->minimum, k->minimum));
  PetscCall(share(setting->comm, n, e->relative_entropy, k->relative_entropy));
  PetscCall(share(setting->comm, n, e->chi_square, k->chi_square));
  PetscCall(share(setting->comm, observed, e->observables, k->observables));
  PetscCall(share(setting->comm, observed, e->observable_errors, k->observable_errors));
  k->error = e->error;
  k->steps = e->steps;
  PetscCallMPI(MPI_Bcast(&k->error, 1, MPIU_REAL, 0, setting->comm));
  PetscCallMPI(MPI_Bcast(&k->steps, 1, MPIU_INT, 0, setting->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsEvolve(const Setting *setting, Kinetics k, CellFailure *failure)
{
  CoefficientFault fault = {.trouble = COEFFICIENT_GOOD};

  PetscFunctionBegin;
  if (setting->rank == 0) PetscCall(run_formulas(setting, k, failure, &fault));
  PetscCallMPI(MPI_Bcast(failure, sizeof(*failure), MPI_BYTE, 0, setting->comm));
  PetscCallMPI(MPI_Bcast(&fault, sizeof(fault), MPI_BYTE, 0, setting->comm));
  if (fault.trouble != COEFFICIENT_GOOD)
    PetscCall(KineticsReportFault(setting, &fault, failure));
  else if (failure->status == CELL_REFUSED || failure->status == CELL_NOT_FINITE)
    PetscCall(ReportAtKey(setting, "kinetic.initial", "a density that is finite and not negative", failure,
                          "%s", failure->message));
  if (failure->status == CELL_OK) PetscCall(share_all(setting, k));
  PetscFunctionReturn(0);
}
