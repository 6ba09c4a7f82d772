#include "evolve_private.h"
#include <petsctime.h>
#include <stdarg.h>

static PetscErrorCode create(const DiffusionSystem *system, Evolve *evolve)
{
  Evolve e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->comm = system->comm;
  e->system = system;
  e->tolerance = 1e-8;
  PetscCallMPI(MPI_Comm_rank(e->comm, &e->rank));
  PetscCall(PetscStrncpy(e->asked, "auto", sizeof(e->asked)));
  *evolve = e;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveCreate(Diffusion diffusion, Evolve *evolve)
{
  const DiffusionSystem *system;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(create(system, evolve));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveCreateSystem(const DiffusionSystem *system, Evolve *evolve)
{
  PetscFunctionBegin;
  PetscCall(create(system, evolve));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy_states(Evolve e)
{
  PetscFunctionBegin;
  if (e->states) PetscCall(VecDestroyVecs(e->n_times, &e->states));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveDestroy(Evolve *evolve)
{
  PetscFunctionBegin;
  if (!*evolve) PetscFunctionReturn(0);
  PetscCall(destroy_states(*evolve));
  PetscCall(VecDestroy(&(*evolve)->initial));
  PetscCall(PetscFree((*evolve)->times));
  PetscCall(PetscFree(*evolve));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetMethod(Evolve e, const char name[])
{
  PetscFunctionBegin;
  PetscCall(PetscStrncpy(e->asked, name, sizeof(e->asked)));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetTolerance(Evolve e, PetscReal tolerance)
{
  PetscFunctionBegin;
  PetscCheck(tolerance > 0, e->comm, PETSC_ERR_ARG_OUTOFRANGE, "the tolerance must be positive");
  e->tolerance = tolerance;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetPositive(Evolve e, PetscBool positive, const char **refused)
{
  PetscFunctionBegin;
  *refused = NULL;
  if (positive && !e->system->m_matrix)
    *refused = "rho >= 0 at every node cannot be promised: the matrix has positive entries off its diagonal, "
               "or its mass "
               "is not diagonal; the scheme monotone, on boxes, has neither";
  e->positive = (PetscBool)(positive && !*refused);
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetTimes(Evolve e, PetscInt n, const PetscReal times[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++)
    PetscCheck(times[k] >= (k ? times[k - 1] : 0), e->comm, PETSC_ERR_ARG_OUTOFRANGE,
               "times must ascend from 0");
  PetscCall(destroy_states(e));
  PetscCall(PetscFree(e->times));
  e->n_times = n;
  PetscCall(PetscMalloc1(n, &e->times));
  PetscCall(PetscArraycpy(e->times, times, n));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetDensity(Evolve e, PetscBool density)
{
  PetscFunctionBegin;
  e->density = density;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetInitial(Evolve e, Vec g0)
{
  PetscFunctionBegin;
  if (!e->initial) PetscCall(VecDuplicate(g0, &e->initial));
  PetscCall(VecCopy(g0, e->initial));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetCheckpoint(Evolve e, RunFolder folder, const char name[], const char digest[],
                                   PetscReal seconds, PetscBool resume)
{
  PetscMPIInt active = folder ? 1 : 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&active, 1, MPI_INT, 0, e->comm));
  e->store.active = active ? PETSC_TRUE : PETSC_FALSE;
  e->store.folder = folder;
  e->store.seconds = seconds;
  e->store.resume = resume;
  PetscCall(PetscSNPrintf(e->store.file, sizeof(e->store.file), "evolve_%s.checkpoint", name));
  PetscCall(PetscStrncpy(e->store.digest, digest, sizeof(e->store.digest)));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveRemoveCheckpoint(Evolve e)
{
  PetscFunctionBegin;
  PetscCall(EvolveStoreRemove(e));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetProgress(Evolve e, Progress progress)
{
  PetscFunctionBegin;
  e->progress = progress;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveSetFromOptions(Evolve e)
{
  PetscReal tolerance = e->tolerance;
  PetscBool set;

  PetscFunctionBegin;
  PetscOptionsBegin(e->comm, NULL, "Evolution in time", NULL);
  PetscCall(PetscOptionsString("-evolve_method", "auto, chebyshev, lanczos, uniformisation or ts", NULL,
                               e->asked, e->asked, sizeof(e->asked), NULL));
  PetscCall(PetscOptionsReal("-evolve_tolerance", "error of the state over the initial one", NULL, tolerance,
                             &tolerance, &set));
  PetscOptionsEnd();
  if (set) PetscCall(EvolveSetTolerance(e, tolerance));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveGetState(Evolve e, PetscInt k, Vec *g)
{
  PetscFunctionBegin;
  PetscCheck(e->states && k >= 0 && k < e->n_times, e->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "no state %" PetscInt_FMT, k);
  *g = e->states[k];
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveGetInfo(Evolve e, EvolveInfo *info)
{
  PetscFunctionBegin;
  *info = e->info;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveNorm(Evolve e, Vec g, PetscReal *norm)
{
  Vec product;

  PetscFunctionBegin;
  if (!e->system->B) {
    PetscCall(VecNorm(g, NORM_2, norm));
    PetscFunctionReturn(0);
  }
  PetscCall(VecDuplicate(g, &product));
  PetscCall(MatMult(e->system->B, g, product));
  PetscCall(VecDot(g, product, norm));
  *norm = PetscSqrtReal(PetscMax(*norm, 0));
  PetscCall(VecDestroy(&product));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveMassNorm(Evolve e, Vec g, PetscReal *norm)
{
  const PetscReal *x, *root;
  PetscReal whole, square, sum = 0;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(g, &x));
  PetscCall(VecGetArrayRead(e->system->root, &root));
  for (PetscInt i = 0; i < n; i++) sum += root[i] * PetscAbsReal(x[i]);
  PetscCall(VecRestoreArrayRead(e->system->root, &root));
  PetscCall(VecRestoreArrayRead(g, &x));
  PetscCallMPI(MPI_Allreduce(&sum, norm, 1, MPIU_REAL, MPI_SUM, e->comm));
  PetscCall(VecDot(e->system->total, e->system->root, &whole));
  PetscCall(VecDot(e->system->root, e->system->root, &square));
  *norm *= whole / square; /* int phi_i is more than int phi_i^2 */
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveFail(Evolve e, CellStatus status, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  if (e->failure->status != CELL_OK) PetscFunctionReturn(0);
  e->failure->status = status;
  va_start(arguments, format);
  (void)vsnprintf(e->failure->message, sizeof(e->failure->message), format, arguments);
  va_end(arguments);
  PetscFunctionReturn(0);
}

PetscErrorCode EvolvePoll(Evolve e, PetscReal done, PetscBool *save, PetscBool *halt)
{
  int flags[2] = {e->interrupted && *e->interrupted, 0};
  PetscLogDouble now;

  PetscFunctionBegin;
  if (e->store.active && e->rank == 0) {
    PetscCall(PetscTime(&now));
    flags[1] = now - e->store.written >= e->store.seconds;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, flags, 2, MPI_INT, MPI_MAX, e->comm));
  *halt = flags[0] ? PETSC_TRUE : PETSC_FALSE;
  *save = flags[0] || flags[1] ? PETSC_TRUE : PETSC_FALSE;
  if (e->progress) PetscCall(ProgressUpdate(e->progress, (PetscInt)(1000 * PetscMin(PetscMax(done, 0), 1))));
  if (*halt) PetscCall(EvolveFail(e, CELL_INTERRUPTED, "the evolution was interrupted"));
  PetscFunctionReturn(0);
}
