/* Initial densities: a formula, a point, Gibbs of another potential, the output of a previous run. */
#include "evolution.h"

/* exp(-(U - U_min)/T): the smallest U on the nodes keeps it in range. */
typedef struct {
  ProgramFunction U;
  PetscReal lowest, temperature;
} Gibbs;

static PetscErrorCode gibbs_density(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  Gibbs *const gibbs = ctx;

  PetscFunctionBegin;
  PetscCall(PointFunctionProgram(&gibbs->U, n, x, values));
  for (PetscInt i = 0; i < n; i++)
    values[i] = PetscExpReal(-(values[i] - gibbs->lowest) / gibbs->temperature);
  PetscFunctionReturn(0);
}

static PetscErrorCode least_on_nodes(const Setting *setting, ProgramFunction *U, PetscReal *lowest)
{
  const DomainMesh *mesh;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(PetscMalloc1(mesh->n_owned, &values));
  PetscCall(PointFunctionProgram(U, mesh->n_owned, mesh->x, values));
  *lowest = PETSC_MAX_REAL;
  for (PetscInt i = 0; i < mesh->n_owned; i++) *lowest = PetscMin(*lowest, values[i]);
  PetscCall(PetscFree(values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, lowest, 1, MPIU_REAL, MPI_MIN, setting->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode load_gibbs(const Setting *setting, const CaseEvolve *wanted, Vec load, PetscReal *lost)
{
  Gibbs gibbs = {.temperature = wanted->gibbs_temperature};

  PetscFunctionBegin;
  PetscCall(FormulaCreate(setting, wanted->density, &gibbs.U));
  PetscCall(least_on_nodes(setting, &gibbs.U, &gibbs.lowest));
  PetscCall(DiffusionLoadDensity(setting->diffusion, gibbs_density, &gibbs, load, lost));
  PetscCall(FormulaDestroy(&gibbs.U));
  PetscFunctionReturn(0);
}

static PetscErrorCode load_formula(const Setting *setting, const CaseEvolve *wanted, Vec load,
                                   PetscReal *lost)
{
  ProgramFunction rho;

  PetscFunctionBegin;
  PetscCall(FormulaCreate(setting, wanted->density, &rho));
  PetscCall(DiffusionLoadDensity(setting->diffusion, PointFunctionProgram, &rho, load, lost));
  PetscCall(FormulaDestroy(&rho));
  PetscFunctionReturn(0);
}

/* Every rank reads the file by itself, and it may be missing on one machine only: all learn the first sentence. */
static PetscErrorCode agree_on_refusal(const Setting *setting, char **refused)
{
  char sentence[1024] = "";
  PetscMPIInt size, first = setting->rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(setting->comm, &size));
  if (!*refused) first = size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, setting->comm));
  if (first == size) PetscFunctionReturn(0);
  if (setting->rank == first) PetscCall(PetscStrncpy(sentence, *refused, sizeof(sentence)));
  PetscCallMPI(MPI_Bcast(sentence, sizeof(sentence), MPI_CHAR, first, setting->comm));
  PetscCall(PetscFree(*refused));
  PetscCall(PetscStrallocpy(sentence, refused));
  PetscFunctionReturn(0);
}

/* The density of a run's density.h5, at the same nodes or interpolated between the nodes of its grid. */
static PetscErrorCode load_file(const Setting *setting, const CaseEvolve *wanted, Vec load, PetscReal *lost,
                                CellFailure *failure)
{
  FieldReader reader = NULL;
  char *refused = NULL;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDimension(setting->c, &dim));
  PetscCall(FieldReaderOpen(wanted->file, dim, "rho", wanted->file_time, &reader, &refused));
  PetscCall(agree_on_refusal(setting, &refused));
  if (refused) {
    PetscCall(FieldReaderClose(&reader));
    PetscCall(ReportAtKey(setting, "evolve.initial.file", "the density.h5 of a run", failure, "%s", refused));
    PetscCall(PetscFree(refused));
    PetscFunctionReturn(0);
  }
  PetscCall(DiffusionLoadDensity(setting->diffusion, FieldReaderEvaluate, reader, load, lost));
  PetscCall(FieldReaderClose(&reader));
  PetscFunctionReturn(0);
}

static PetscErrorCode load_point(const Setting *setting, const CaseEvolve *wanted, Vec load,
                                 CellFailure *failure)
{
  PetscBool inside;

  PetscFunctionBegin;
  PetscCall(DiffusionLoadPoint(setting->diffusion, wanted->delta, load, &inside));
  if (!inside)
    PetscCall(ReportAtKey(setting, "evolve.initial.delta", "a point inside of the domain", failure,
                          "the initial point mass lies outside of the domain"));
  PetscFunctionReturn(0);
}

static PetscErrorCode one(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  PetscFunctionBegin;
  (void)ctx;
  (void)x;
  for (PetscInt i = 0; i < n; i++) values[i] = 1;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionMass(const Setting *setting, Vec functional)
{
  const DiffusionSystem *system;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  if (system->conservative)
    PetscCall(VecCopy(system->total, functional));
  else
    PetscCall(DiffusionLoadFunction(setting->diffusion, one, NULL, functional));
  PetscFunctionReturn(0);
}

/* Mass one; a density that is not one is refused. */
static PetscErrorCode normalise(const Setting *setting, PetscBool from_file, Vec g, PetscReal lost,
                                CellFailure *failure)
{
  PetscReal mass, least;
  Vec whole;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(g, &whole));
  PetscCall(EvolutionMass(setting, whole));
  PetscCall(VecDot(whole, g, &mass));
  PetscCall(VecMin(g, NULL, &least));
  if (from_file && PetscIsNanReal(mass)) {
    PetscCall(
        ReportAtKey(setting, "evolve.initial.file", "a file whose mesh covers the domain", failure,
                    "the initial density is not there everywhere: the domain reaches beyond the mesh of "
                    "the file"));
  } else if (PetscIsInfOrNanReal(mass) || PetscIsInfOrNanReal(least)) {
    PetscCall(ReportAtKey(setting, "evolve.initial", "a density that is finite everywhere", failure,
                          "the initial density is not finite somewhere in the domain"));
  } else if (!(mass > 0)) {
    PetscCall(ReportAtKey(setting, "evolve.initial", "a density with a positive integral", failure,
                          "the initial density has the integral %g: nothing to normalise", (double)mass));
  } else if (lost > 1e-12 * mass) {
    PetscCall(ReportAtKey(
        setting, "evolve.initial", NULL, failure,
        "a part %.2g of the initial density lies where the weight is below e^-1400 of its largest "
        "value; no number can hold rho/w there",
        (double)lost));
  } else {
    PetscCall(VecScale(g, 1 / mass));
  }
  PetscCall(VecDestroy(&whole));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionStart(const Setting *setting, Vec g0, CellFailure *failure)
{
  const CaseEvolve *wanted;
  PetscReal lost = 0;
  Vec load;

  PetscFunctionBegin;
  PetscCall(CaseGetEvolve(setting->c, &wanted));
  PetscCall(VecDuplicate(g0, &load));
  switch (wanted->initial) {
  case INITIAL_FORMULA:
    PetscCall(load_formula(setting, wanted, load, &lost));
    break;
  case INITIAL_DELTA:
    PetscCall(load_point(setting, wanted, load, failure));
    break;
  case INITIAL_GIBBS:
    PetscCall(load_gibbs(setting, wanted, load, &lost));
    break;
  case INITIAL_FILE:
    PetscCall(load_file(setting, wanted, load, &lost, failure));
    break;
  }
  if (failure->status == CELL_OK) PetscCall(DiffusionSolveMass(setting->diffusion, load, g0));
  if (failure->status == CELL_OK)
    PetscCall(normalise(setting, (PetscBool)(wanted->initial == INITIAL_FILE), g0, lost, failure));
  PetscCall(VecDestroy(&load));
  PetscFunctionReturn(0);
}
