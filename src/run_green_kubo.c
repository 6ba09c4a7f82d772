/* `reiter greenkubo`: case -> series -> thermal force, gamma, theta -> run folder -> the equations that they give, as cases
   that are run at once. Rank 0 reads; all solve. */
#include "run_green_kubo.h"
#include "options.h"

static PetscErrorCode conclude(GreenKuboStudy *s, int *exit_code)
{
  const char *key = NULL;
  char *refused = NULL, path[64];

  PetscFunctionBegin;
  PetscCall(GreenKuboConclude(s->gk, &s->result, &key, &refused));
  s->concluded = (PetscBool)!refused;
  if (refused) {
    snprintf(path, sizeof(path), "greenkubo.%s", key);
    PetscCall(RunRefuse(s->run->c, s->run->diagnostics, path, NULL, exit_code, "%s: %s", path, refused));
    PetscCall(PetscFree(refused));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < s->result.n_warnings; i++)
    PetscCall(GreenKuboStudyWarn(s, "greenkubo", s->result.warnings[i]));
  PetscFunctionReturn(0);
}

/* One of the equations, by its file, into a folder of its own. Collective. */
static PetscErrorCode solve(GreenKuboStudy *s, FoundEquation equation, int *exit_code)
{
  Run *const run = s->run;
  const CaseOutput *output;
  RunRequest request = *run->request;
  char path[PETSC_MAX_PATH_LEN];
  Case c;

  PetscFunctionBegin;
  request.resume = PETSC_FALSE;
  PetscCall(CaseGetOutput(run->c, &output));
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/%s.yaml", output->directory, FoundEquationName(equation)));
  PetscCall(CaseRead(path, 0, NULL, run->diagnostics, &c));
  if (!c) {
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/%s", output->directory, FoundEquationName(equation)));
  PetscCall(CaseSetOutputDirectory(c, path));
  PetscCall(RunCase(run->comm, c, &request, run->diagnostics, exit_code));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(0);
}

/* Whether the equation can be solved on the domain, if there is one: the kinetic one on boxes without absorbing sides. */
static PetscErrorCode is_asked(Case c, FoundEquation equation, PetscBool *asked)
{
  const CaseDomain *domain;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDimension(c, &dim));
  PetscCall(CaseGetDomain(c, &domain));
  *asked = domain->given;
  if (equation == FOUND_SMOLUCHOWSKI) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < 2 * dim && domain->is_box; i++) {
    if (domain->sides[i / 2][i % 2] == BOUNDARY_ABSORBING) *asked = PETSC_FALSE;
  }
  if (!domain->is_box) *asked = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode write_equations(GreenKuboStudy *s, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "equations"));
  for (PetscInt e = 0; e < FOUND_EQUATIONS; e++) {
    const char *const name = FoundEquationName((FoundEquation)e);
    char file[64];

    snprintf(file, sizeof(file), "%s.yaml", name);
    PetscCall(JsonBeginObject(json, name));
    if (s->found[e].written)
      PetscCall(JsonString(json, "case", file));
    else
      PetscCall(JsonReal(json, "case", NAN));
    PetscCall(JsonString(json, "why", s->found[e].why));
    if (s->found[e].solvable) PetscCall(JsonString(json, "folder", name));
    if (s->found[e].solvable && s->exit_codes[e] >= 0)
      PetscCall(JsonString(json, "status", RunStatus(s->exit_codes[e])));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(GreenKuboStudy *s, int exit_code)
{
  Run *const run = s->run;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  run->report.status = RunStatus(exit_code);
  PetscCall(ReportBeginJson(&run->report, run->folder, "run.json", &stream, &json));
  if (s->concluded) {
    PetscCall(JsonBeginObject(json, "greenkubo"));
    PetscCall(GreenKuboResultWriteJson(&s->result, json));
    PetscCall(JsonBeginArray(json, "series_warnings"));
    for (PetscInt i = 0; i < s->n_warnings; i++) PetscCall(JsonString(json, NULL, s->warnings[i]));
    PetscCall(JsonEndArray(json));
    PetscCall(write_equations(s, json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(ReportEndJson(run->folder, "run.json", &stream, &json));
  PetscFunctionReturn(0);
}

/* Tables, and the equations as cases. Rank 0. */
static PetscErrorCode write_results(GreenKuboStudy *s, int exit_code)
{
  Run *const run = s->run;
  const FoundModel model = {run->c, &s->result, run->folder, s->seen};

  PetscFunctionBegin;
  if (s->concluded) {
    PetscCall(GreenKuboResultWriteFiles(&s->result, run->folder));
    if (!run->request->quiet) PetscCall(GreenKuboResultPrint(&s->result, stdout));
    for (PetscInt e = 0; e < FOUND_EQUATIONS; e++) {
      PetscBool asked = PETSC_FALSE;

      s->exit_codes[e] = -1;
      PetscCall(FoundCaseWrite(&model, (FoundEquation)e, &s->found[e]));
      PetscCall(is_asked(run->c, (FoundEquation)e, &asked));
      s->found[e].solvable = (PetscBool)(s->found[e].written && asked);
      PetscCall(RunFolderLog(run->folder, "%s%s: %s", FoundEquationName((FoundEquation)e),
                             s->found[e].written ? ".yaml" : "", s->found[e].why));
    }
  } else {
    PetscCall(RunFolderLog(run->folder, "interrupted: a series has no checkpoint, the same command reads it "
                                        "from its start"));
  }
  PetscCall(write_json(s, exit_code));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_all(GreenKuboStudy *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt e = 0; e < FOUND_EQUATIONS && *exit_code == REITER_DONE; e++) {
    PetscMPIInt wanted = s->found[e].solvable ? 1 : 0;

    PetscCallMPI(MPI_Bcast(&wanted, 1, MPI_INT, 0, s->run->comm));
    if (!wanted) continue;
    PetscCall(solve(s, (FoundEquation)e, exit_code));
    s->exit_codes[e] = *exit_code;
    if (s->run->rank == 0) PetscCall(write_json(s, *exit_code));
  }
  PetscFunctionReturn(0);
}

/* The run folder is touched when the series have been read: a mistake in them costs no earlier results. */
static PetscErrorCode work(GreenKuboStudy *s, int *exit_code)
{
  Run *const run = s->run;
  int folder_code = REITER_DONE;

  PetscFunctionBegin;
  if (run->rank == 0) {
    PetscCall(GreenKuboStudyRead(s, run->request->quiet, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(conclude(s, exit_code));
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  if (*exit_code == REITER_INVALID_INPUT) PetscFunctionReturn(0);
  PetscCall(RunOpenFolder(run, &folder_code));
  if (folder_code != REITER_DONE) {
    *exit_code = folder_code;
    PetscFunctionReturn(0);
  }
  if (run->rank == 0) PetscCall(write_results(s, *exit_code));
  if (*exit_code == REITER_DONE) PetscCall(solve_all(s, exit_code));
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (run->rank == 0) PetscCall(RunLogEnd(run, s->concluded ? "results" : "no results"));
  PetscFunctionReturn(0);
}

PetscErrorCode RunGreenKubo(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  GreenKuboStudy study;

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(GreenKuboStudyPrepare(&run, &study));
  if (!study.wanted->given) {
    PetscCall(RunRefuse(c, d, NULL, "greenkubo: {series: md.csv, columns: {force: [Fx]}}", exit_code,
                        "the case has no section greenkubo"));
    PetscFunctionReturn(0);
  }
  PetscCall(RunBegin(&run));
  PetscCall(work(&study, exit_code));
  PetscCall(GreenKuboStudyClear(&study));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanGreenKubo(Case c, Diagnostics d, FILE *stream)
{
  Run run = {.c = c, .diagnostics = d};
  int exit_code = REITER_DONE;
  GreenKuboStudy s;

  PetscFunctionBegin;
  PetscCall(GreenKuboStudyPrepare(&run, &s));
  if (!s.wanted->given) PetscFunctionReturn(0);
  PetscCall(GreenKuboStudyRead(&s, PETSC_TRUE, &exit_code));
  if (exit_code != REITER_DONE) {
    PetscCall(GreenKuboStudyClear(&s));
    PetscFunctionReturn(0);
  }
  fprintf(stream,
          "greenkubo: %" PetscInt_FMT " series with %" PetscInt64_FMT " samples of %" PetscInt64_FMT
          " path%s, one every %.6g; columns",
          s.wanted->n_series, s.samples, s.paths, s.paths == 1 ? "" : "s", (double)s.dt);
  for (PetscInt k = 0; k < s.n; k++) fprintf(stream, "%s %s", k ? "," : "", s.columns[k]);
  fprintf(stream, "; thermal force: %s\n", s.force < 0 ? "none" : s.wanted->thermal);
  PetscCall(GreenKuboStudyClear(&s));
  PetscFunctionReturn(0);
}
