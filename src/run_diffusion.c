/* From the case to a diffusion: coefficients over the domain, the domain, the discretisation. */
#include <string.h>
#include "run_private.h"

PetscErrorCode RunJudgeFailure(Run *run, const CellFailure *failure, const char what[], int *exit_code)
{
  PetscFunctionBegin;
  switch (failure->status) {
  case CELL_OK:
    break;
  case CELL_INTERRUPTED:
    *exit_code = REITER_INTERRUPTED;
    if (run->rank == 0) PetscCall(RunFolderLog(run->folder, "interrupted (%s)%s", what, RunHowToGoOn(run)));
    break;
  case CELL_REFUSED:
    *exit_code = REITER_INVALID_INPUT; /* reported at its place already */
    break;
  case CELL_NOT_FINITE:
    *exit_code = REITER_INVALID_INPUT;
    PetscCall(
        DiagnosticsError(run->diagnostics, (SourceSpan){0}, NULL, NULL, "%s: %s", what, failure->message));
    break;
  default:
    *exit_code = REITER_NOT_CONVERGED;
    PetscCall(DiagnosticsError(run->diagnostics, (SourceSpan){0}, NULL, NULL, "no result for %s: %s", what,
                               failure->message));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode make_cascade_source(Run *run, const PetscReal box[][2], Coefficients *coefficients)
{
  const CaseCell *cell;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetCell(run->c, &cell));
  PetscCall(CaseGetPotential(run->c, &potential));
  PetscCall(CascadeOfCase(run->c, &run->domain_cascade));
  PetscCall(CoefficientsCreateCascade(run->comm, potential, run->domain_cascade, box, cell->tolerance,
                                      coefficients));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_table_source(Run *run, const CaseDiffusion *wanted, int *exit_code)
{
  PetscInt dim;
  PetscReal temperature;
  char *refused = NULL;

  PetscFunctionBegin;
  PetscCall(CaseGetDimension(run->c, &dim));
  PetscCall(CaseGetTemperature(run->c, &temperature));
  PetscCall(CoefficientsReadTable(wanted->table, dim, temperature, &run->coefficients, &refused));
  if (refused) {
    PetscCall(RunRefuse(run->c, run->diagnostics, "diffusion.table", NULL, exit_code, "%s", refused));
    PetscCall(PetscFree(refused));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode tabulate(Run *run, int *exit_code)
{
  CoefficientsInfo info;
  CellFailure failure;
  PetscInt dim;
  char digest[17];

  PetscFunctionBegin;
  if (run->rank == 0 && run->cascade) {
    PetscCall(CaseDigest(run->c, digest));
    PetscCall(CheckpointOpen(run->folder, "coefficients.checkpoint", digest, sizeof(EffectivePoint),
                             run->request->resume, &run->coefficients_checkpoint));
    PetscCall(CoefficientsSetCheckpoint(run->coefficients, run->coefficients_checkpoint));
  }
  PetscCall(CoefficientsSetQuiet(run->coefficients, run->request->quiet));
  PetscCall(CoefficientsSetUp(run->coefficients, run->request->interrupted, &failure));
  PetscCall(RunJudgeFailure(run, &failure, "the coefficients over the domain", exit_code));
  PetscCall(CoefficientsGetInfo(run->coefficients, &dim, &info));
  if (run->rank == 0 && run->cascade && *exit_code == REITER_DONE) {
    PetscCall(RunFolderLog(run->folder,
                           "coefficients: %" PetscInt_FMT " cascade%s, error of M and Z %.1e over the domain",
                           info.points, info.points == 1 ? "" : "s", (double)info.error));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode RunCoefficientsOver(Run *run, const PetscReal box[][2], int *exit_code)
{
  const CaseDiffusion *wanted;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDiffusion(run->c, &wanted));
  PetscCall(CaseGetDimension(run->c, &dim));
  if (run->cascade)
    PetscCall(make_cascade_source(run, box, &run->coefficients));
  else if (wanted->table[0])
    PetscCall(make_table_source(run, wanted, exit_code));
  else
    PetscCall(CoefficientsCreateFormulas(dim, wanted->log_weight, wanted->tensor, &run->coefficients));
  if (*exit_code == REITER_DONE) PetscCall(tabulate(run, exit_code));
  PetscFunctionReturn(0);
}

/* Around the mesh, if the domain is one: the cascade's table needs a box. */
PetscErrorCode RunCoefficients(Run *run, int *exit_code)
{
  const DomainMesh *mesh;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(run->domain, &mesh));
  PetscCall(RunCoefficientsOver(run, mesh->bounds, exit_code));
  PetscFunctionReturn(0);
}

/* The name nearest to the one that the mesh lacks: the refusal ends with those that it has, after its last colon. Empty
   if none is near. */
static PetscErrorCode nearest_group(const char refused[], const char wanted[], char nearest[], size_t size)
{
  const char *const colon = strrchr(refused, ':'), *found, **names;
  char **entries;
  int n;

  PetscFunctionBegin;
  nearest[0] = '\0';
  if (!colon) PetscFunctionReturn(0);
  PetscCall(PetscStrToArray(colon + 1, ',', &n, &entries));
  PetscCall(PetscMalloc1(n, &names));
  for (int i = 0; i < n; i++) names[i] = entries[i] + strspn(entries[i], " ");
  found = NearestName(wanted, n, names);
  if (found && strcmp(found, wanted)) PetscCall(PetscStrncpy(nearest, found, size));
  PetscCall(PetscFree(names));
  PetscCall(PetscStrToArrayDestroy(n, entries));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_mesh(MPI_Comm comm, const CaseDomain *wanted, PetscInt dim, Case c, Diagnostics d,
                                Domain *domain)
{
  char *refused = NULL, key[128] = "domain.mesh", nearest[128] = "";
  PetscInt which;
  SourceSpan where;

  PetscFunctionBegin;
  PetscCall(DomainCreateMesh(comm, dim, wanted->mesh, wanted->order, wanted->n_groups,
                             (const char *const *)wanted->groups, wanted->group_kinds, wanted->otherwise,
                             domain, &refused, &which));
  if (!refused) PetscFunctionReturn(0);
  if (which >= 0) {
    PetscCall(PetscSNPrintf(key, sizeof(key), "domain.boundary.%s", wanted->groups[which]));
    PetscCall(nearest_group(refused, wanted->groups[which], nearest, sizeof(nearest)));
    PetscCall(CaseGetKeyPlace(c, d, key, &where));
  } else {
    PetscCall(CaseGetPlace(c, d, key, &where));
  }
  PetscCall(DiagnosticsError(d, where, NULL, nearest[0] ? nearest : NULL, "%s", refused));
  PetscCall(PetscFree(refused));
  PetscFunctionReturn(0);
}

PetscErrorCode RunMakeDomain(MPI_Comm comm, Case c, Diagnostics d, Domain *domain)
{
  const CaseDomain *wanted;
  PetscInt dim;

  PetscFunctionBegin;
  *domain = NULL;
  PetscCall(CaseGetDomain(c, &wanted));
  PetscCall(CaseGetDimension(c, &dim));
  if (wanted->is_box)
    PetscCall(DomainCreateBox(comm, dim, wanted->box, wanted->cells, wanted->order, wanted->sides, domain));
  else
    PetscCall(make_mesh(comm, wanted, dim, c, d, domain));
  PetscFunctionReturn(0);
}

PetscErrorCode RunDomain(Run *run, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(RunMakeDomain(run->comm, run->c, run->diagnostics, &run->domain));
  if (!run->domain) *exit_code = REITER_INVALID_INPUT;
  PetscFunctionReturn(0);
}

PetscErrorCode RunReportFault(Run *run, const CoefficientFault *fault)
{
  const CaseDiffusion *wanted;
  SourceSpan where = {0}, section = {0};
  char key[64] = "domain";

  PetscFunctionBegin;
  PetscCall(CaseGetDiffusion(run->c, &wanted));
  if (wanted->given)
    PetscCall(PetscStrncpy(key, wanted->table[0] ? "diffusion.table" : "diffusion", sizeof(key)));
  if (wanted->given && !wanted->table[0]) {
    switch (fault->trouble) {
    case COEFFICIENT_WEIGHT:
      /* of the two keys, the one that is there: the other's place is that of the section */
      PetscCall(PetscStrncpy(key, "diffusion.weight", sizeof(key)));
      PetscCall(CaseGetPlace(run->c, run->diagnostics, "diffusion", &section));
      PetscCall(CaseGetPlace(run->c, run->diagnostics, key, &where));
      if (where.line == section.line && where.column == section.column && where.source == section.source)
        PetscCall(PetscStrncpy(key, "diffusion.log_weight", sizeof(key)));
      break;
    case COEFFICIENT_TENSOR:
    case COEFFICIENT_ASYMMETRIC:
      PetscCall(PetscSNPrintf(key, sizeof(key), "diffusion.tensor.%" PetscInt_FMT ".%" PetscInt_FMT,
                              fault->entry[0], fault->entry[1]));
      break;
    default:
      PetscCall(PetscStrncpy(key, "diffusion.tensor", sizeof(key)));
    }
  }
  PetscCall(CaseGetPlace(run->c, run->diagnostics, key, &where));
  PetscCall(DiagnosticsError(run->diagnostics, where, NULL, NULL, "%s", fault->message));
  PetscFunctionReturn(0);
}

PetscErrorCode RunDiffusion(Run *run, int *exit_code)
{
  const CaseDomain *wanted;
  const DiffusionSystem *system;
  CoefficientFault fault;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(run->c, &wanted));
  PetscCall(DiffusionCreate(run->domain, run->coefficients, &run->diffusion));
  PetscCall(DiffusionSetScheme(run->diffusion, wanted->scheme));
  PetscCall(DiffusionSetFromOptions(run->diffusion));
  PetscCall(DiffusionSetUp(run->diffusion, &fault));
  if (fault.trouble != COEFFICIENT_GOOD) {
    PetscCall(RunReportFault(run, &fault));
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(DiffusionGetSystem(run->diffusion, &system));
  if (run->rank == 0) {
    PetscCall(RunFolderLog(run->folder, "diffusion: %s, %" PetscInt_FMT " unknowns, %s", system->scheme,
                           system->n_free, system->m_matrix ? "an M-matrix" : "not an M-matrix"));
  }
  PetscFunctionReturn(0);
}
