/* Many frictions: every rank solves some by itself, so that the numbers do not depend on how many ranks there are. */
#include "kinetics.h"

/* What a rank sends after a round. */
typedef struct {
  PetscBool asked, interrupted;
  CellFailure failure;
  CoefficientFault fault;
} Outcome;

static PetscErrorCode keep_diffusion(const KineticDiffusivity *found, PetscInt dim, KineticRecord *record)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim * dim; i++) {
    record->D[i] = found->D[i];
    record->D_error[i] = found->error[i];
  }
  record->diffusion_used = found->used;
  PetscCall(PetscStrncpy(record->diffusion_solver, found->solver, sizeof(record->diffusion_solver)));
  PetscFunctionReturn(0);
}

static PetscErrorCode keep_spectrum(const KineticSpectrum *found, KineticRecord *record)
{
  PetscFunctionBegin;
  record->n = PetscMin(found->n, KINETICS_MOST);
  PetscCall(PetscArraycpy(record->re, found->re, record->n));
  PetscCall(PetscArraycpy(record->im, found->im, record->n));
  PetscCall(PetscArraycpy(record->error, found->error, record->n));
  record->rejected = found->rejected;
  record->spectrum_used = found->used;
  PetscCall(PetscStrncpy(record->spectrum_solver, found->solver, sizeof(record->spectrum_solver)));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(const Setting *setting, Kinetics k, PetscReal friction, KineticRecord *record,
                            Outcome *outcome)
{
  const PetscLogDouble started = MPI_Wtime();
  KineticProblem problem;
  KineticDiffusivity diffusivity;
  KineticSpectrum spectrum;

  PetscFunctionBegin;
  record->friction = friction;
  PetscCall(KineticsProblem(setting, friction, &problem));
  if (k->wanted->diffusion) {
    PetscCall(KineticDiffusivityCompute(&problem, &diffusivity, &outcome->failure, &outcome->fault));
    if (outcome->failure.status != CELL_OK || outcome->fault.trouble != COEFFICIENT_GOOD)
      PetscFunctionReturn(0);
    PetscCall(keep_diffusion(&diffusivity, k->dim, record));
  }
  if (k->wanted->spectrum) {
    PetscCall(PetscMemzero(&spectrum, sizeof(spectrum)));
    PetscCall(
        KineticSpectrumCompute(&problem, k->wanted->spectrum, &spectrum, &outcome->failure, &outcome->fault));
    if (outcome->failure.status == CELL_OK && outcome->fault.trouble == COEFFICIENT_GOOD)
      PetscCall(keep_spectrum(&spectrum, record));
    PetscCall(KineticSpectrumDestroy(&spectrum));
  }
  record->seconds = MPI_Wtime() - started;
  PetscFunctionReturn(0);
}

/* What an earlier run has finished; done[n_frictions] on all ranks. */
static PetscErrorCode restore(const Setting *setting, Kinetics k, PetscBool done[])
{
  const PetscInt n = k->wanted->n_frictions;
  PetscInt stored = 0, item;
  KineticRecord record;
  char digest[17];

  PetscFunctionBegin;
  if (setting->rank == 0) {
    PetscCall(CaseDigest(setting->c, digest));
    PetscCall(CheckpointOpen(setting->folder, "kinetic.checkpoint", digest, sizeof(KineticRecord),
                             setting->resume, &k->checkpoint));
    PetscCall(CheckpointGetCount(k->checkpoint, &stored));
    for (PetscInt i = 0; i < stored; i++) {
      PetscCall(CheckpointRead(k->checkpoint, i, &item, &record));
      if (item < 0 || item >= n) continue;
      k->records[item] = record;
      done[item] = PETSC_TRUE;
    }
  }
  PetscCallMPI(MPI_Bcast(done, (PetscMPIInt)(n * (PetscInt)sizeof(*done)), MPI_BYTE, 0, setting->comm));
  PetscCallMPI(
      MPI_Bcast(k->records, (PetscMPIInt)(n * (PetscInt)sizeof(*k->records)), MPI_BYTE, 0, setting->comm));
  PetscFunctionReturn(0);
}

/* The first of a round that failed, in the order of the frictions. */
static PetscErrorCode judge(const Setting *setting, PetscReal friction, const Outcome *outcome,
                            CellFailure *failure)
{
  PetscFunctionBegin;
  if (outcome->fault.trouble != COEFFICIENT_GOOD) {
    PetscCall(KineticsReportFault(setting, &outcome->fault, failure));
    PetscFunctionReturn(0);
  }
  *failure = outcome->failure;
  if (failure->status == CELL_INTERRUPTED) PetscFunctionReturn(0);
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message), "friction %g: %.280s", (double)friction,
                          outcome->failure.message));
  PetscFunctionReturn(0);
}

/* One friction for every rank at most; which[size], -1: none. */
static PetscErrorCode do_round(const Setting *setting, Kinetics k, PetscMPIInt size, const PetscInt which[],
                               KineticRecord records[], Outcome outcomes[], CellFailure *failure)
{
  const PetscInt mine = which[setting->rank];
  KineticRecord *const record = &records[size];
  Outcome *const outcome = &outcomes[size];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(record, sizeof(*record)));
  PetscCall(PetscMemzero(outcome, sizeof(*outcome)));
  if (mine >= 0) PetscCall(solve(setting, k, k->wanted->frictions[mine], record, outcome));
  PetscCallMPI(
      MPI_Allgather(record, sizeof(*record), MPI_BYTE, records, sizeof(*record), MPI_BYTE, setting->comm));
  PetscCallMPI(MPI_Allgather(outcome, sizeof(*outcome), MPI_BYTE, outcomes, sizeof(*outcome), MPI_BYTE,
                             setting->comm));
  for (PetscMPIInt i = 0; i < size && which[i] >= 0; i++) {
    const PetscBool good =
        (PetscBool)(outcomes[i].failure.status == CELL_OK && outcomes[i].fault.trouble == COEFFICIENT_GOOD);

    if (good) k->records[which[i]] = records[i];
    if (good && setting->rank == 0) PetscCall(CheckpointAppend(k->checkpoint, which[i], &records[i]));
    if (!good && failure->status == CELL_OK)
      PetscCall(judge(setting, k->wanted->frictions[which[i]], &outcomes[i], failure));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsShare(const Setting *setting, Kinetics k, CellFailure *failure)
{
  const PetscInt n = k->wanted->n_frictions;
  PetscInt next = 0, finished = 0, *which;
  PetscMPIInt size;
  PetscBool *done;
  KineticRecord *records;
  Outcome *outcomes;
  Progress progress = NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(setting->comm, &size));
  PetscCall(PetscCalloc4(n, &done, size, &which, size + 1, &records, size + 1, &outcomes));
  PetscCall(restore(setting, k, done));
  for (PetscInt i = 0; i < n; i++) finished += done[i] ? 1 : 0;
  if (setting->rank == 0) PetscCall(ProgressCreate("frictions", n, setting->quiet, &progress));
  while (finished < n && failure->status == CELL_OK) {
    for (PetscMPIInt i = 0; i < size; i++) {
      while (next < n && done[next]) next++;
      which[i] = next < n ? next++ : -1;
      finished += which[i] >= 0 ? 1 : 0;
    }
    PetscCall(do_round(setting, k, size, which, records, outcomes, failure));
    if (progress) PetscCall(ProgressUpdate(progress, finished));
    if (failure->status == CELL_OK) PetscCall(CheckSignal(setting->comm, setting->interrupted, failure));
  }
  if (progress) PetscCall(ProgressDestroy(&progress));
  PetscCall(PetscFree4(done, which, records, outcomes));
  PetscFunctionReturn(0);
}
