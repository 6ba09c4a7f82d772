/* `reiter transitions`: case -> free energy -> points, branches, phase diagram -> run folder. Rank 0 follows curves; all
   ranks share the map. */
#include "options.h"
#include "report_transitions.h"
#include "run_private.h"

typedef struct {
  Run *run;
  const CaseTransitions *wanted;
  FreeEnergy energy[3]; /* with no branches one of the temperature; with the first parameter; with both */
  EnergyFamily family[3];
  PetscReal here[2];
  TransitionResults found;
} Transitions;

/* The family in m parameters, from `first` on; a name that is none is reported where it stands. */
static PetscErrorCode make_family(Transitions *t, PetscInt which, PetscInt m, const char *const names[],
                                  int *exit_code)
{
  static const char *const keys[] = {"transitions.parameter", "transitions.second"};
  char *refused, *suggestion;
  SourceSpan where;

  PetscFunctionBegin;
  PetscCall(FreeEnergyCreate(t->run->c, m, names, &t->energy[which], &refused, &suggestion));
  if (refused) {
    PetscCall(CaseGetPlace(t->run->c, t->run->diagnostics, t->wanted->names[0] ? keys[m - 1] : "transitions",
                           &where));
    PetscCall(DiagnosticsError(t->run->diagnostics, where, NULL, suggestion, "%s", refused));
    PetscCall(PetscFree(refused));
    PetscCall(PetscFree(suggestion));
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(FreeEnergySetTolerance(t->energy[which], t->wanted->tolerance));
  PetscCall(EnergyFamilyOf(t->energy[which], &t->family[which]));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_families(Transitions *t, int *exit_code)
{
  static const char *const temperature[] = {"temperature"};
  const char *const names[] = {t->wanted->names[0], t->wanted->names[1]};

  PetscFunctionBegin;
  PetscCall(make_family(t, 0, 1, names[0] ? names : temperature, exit_code));
  if (*exit_code == REITER_DONE && names[1]) PetscCall(make_family(t, 2, 2, names, exit_code));
  PetscFunctionReturn(0);
}

/* Exponents of a curve of folds (or of the branch at a pitchfork: curve -1), if there are any. */
static PetscErrorCode add_exponents(Transitions *t, PetscInt curve, PetscInt event)
{
  const CaseTransitions *const w = t->wanted;
  TransitionResults *const r = &t->found;
  TransitionExponents e = {.curve = curve, .event = event};
  PetscBool found;

  PetscFunctionBegin;
  if (curve >= 0)
    PetscCall(ExponentsOfFolds(&t->family[2], w->box, w->ranges, &r->phase.curves[curve],
                               &r->phase.events[event], w->n_exponents, w->exponents, &e.series, &found));
  else
    PetscCall(ExponentsOfBranch(&t->family[0], w->box, w->ranges[0], 0, &r->branches.events[event],
                                w->n_exponents, w->exponents, &e.series, &found));
  if (!found) PetscFunctionReturn(0);
  PetscCall(PetscRealloc(sizeof(e) * (size_t)(r->n_exponents + 1), &r->exponents));
  r->exponents[r->n_exponents++] = e;
  PetscFunctionReturn(0);
}

static PetscErrorCode find_exponents(Transitions *t)
{
  const TransitionResults *const r = &t->found;

  PetscFunctionBegin;
  if (!t->wanted->n_exponents) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < r->phase.n_events; ++k) {
    for (PetscInt c = 0; c < r->phase.n_curves; ++c)
      if (r->phase.events[k].kind == EVENT_DEGENERATE && r->phase.curves[c].kind == SYSTEM_FOLD)
        PetscCall(add_exponents(t, c, k));
  }
  for (PetscInt k = 0; k < r->branches.n_events; ++k)
    if (r->branches.events[k].kind == EVENT_PITCHFORK) PetscCall(add_exponents(t, -1, k));
  PetscFunctionReturn(0);
}

/* Rank 0. */
static PetscErrorCode compute(Transitions *t, int *exit_code)
{
  const CaseTransitions *const w = t->wanted;
  const volatile int *const interrupted = t->run->request->interrupted;
  TransitionResults *const r = &t->found;

  PetscFunctionBegin;
  PetscCall(FreeEnergyGetDefaults(t->energy[0], t->here));
  PetscCall(StationaryPointsFind(&t->family[0], w->box, t->here, &r->points));
  if (w->names[0]) {
    PetscCall(BranchesFind(&t->family[0], w->box, w->ranges[0], 0, 7, &r->branches));
    PetscCall(
        IntervalsFind(&t->family[0], w->box, w->ranges[0], 0, &r->branches, &r->n_intervals, &r->intervals));
  }
  if (interrupted && *interrupted) *exit_code = REITER_INTERRUPTED;
  if (w->names[1] && *exit_code == REITER_DONE)
    PetscCall(PhaseCurvesFind(&t->family[2], w->box, w->ranges, 5, &r->phase));
  if (interrupted && *interrupted) *exit_code = REITER_INTERRUPTED;
  if (*exit_code == REITER_DONE) PetscCall(find_exponents(t));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(Transitions *t, int exit_code)
{
  Run *const run = t->run;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  run->report.status = exit_code == REITER_DONE ? "ok" : "interrupted";
  if (exit_code == REITER_DONE) PetscCall(ReportTransitionsFiles(&t->found, run->folder));
  PetscCall(ReportBeginJson(&run->report, run->folder, "run.json", &stream, &json));
  if (exit_code == REITER_DONE) PetscCall(ReportTransitionsJson(&t->found, json));
  PetscCall(ReportEndJson(run->folder, "run.json", &stream, &json));
  if (exit_code == REITER_DONE && !run->request->quiet) PetscCall(ReportTransitionsPrint(&t->found, stdout));
  if (exit_code == REITER_INTERRUPTED)
    PetscCall(RunFolderLog(run->folder,
                           "interrupted: transitions have no checkpoint, the same command begins anew"));
  PetscCall(RunLogEnd(run, exit_code == REITER_DONE ? "results" : "no results"));
  PetscFunctionReturn(0);
}

static PetscErrorCode work(Transitions *t, int *exit_code)
{
  const CaseTransitions *const w = t->wanted;
  Run *const run = t->run;
  PetscBool whole;

  PetscFunctionBegin;
  PetscCall(make_families(t, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(RunOpenFolder(run, exit_code));
  if (*exit_code != REITER_DONE) PetscFunctionReturn(0);
  t->found.dim = t->family[0].dim;
  if (run->rank == 0) PetscCall(compute(t, exit_code));
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  if (*exit_code == REITER_DONE && w->map && w->names[1]) {
    PetscCall(PhaseMapMake(run->comm, &t->family[2], w->box, w->ranges, w->map, run->request->interrupted,
                           &t->found.map, &whole));
    if (!whole) *exit_code = REITER_INTERRUPTED;
  }
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (run->rank == 0 && *exit_code != REITER_INVALID_INPUT) PetscCall(write_results(t, *exit_code));
  PetscFunctionReturn(0);
}

PetscErrorCode RunTransitions(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  Transitions t = {.run = &run};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(CaseGetTransitions(c, &t.wanted));
  t.found.wanted = t.wanted;
  if (!t.wanted->given) {
    PetscCall(DiagnosticsError(d, (SourceSpan){0},
                               "transitions: {box: [[-2, 2]], parameter: alpha, range: [-1, 1]}", NULL,
                               "the case has no section transitions"));
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(RunBegin(&run));
  PetscCall(work(&t, exit_code));
  PetscCall(TransitionResultsFree(&t.found));
  for (PetscInt k = 0; k < 3; ++k) PetscCall(FreeEnergyDestroy(&t.energy[k]));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanTransitions(Case c, Diagnostics d, FILE *stream)
{
  Run run = {.c = c, .diagnostics = d};
  Transitions t = {.run = &run};
  int exit_code = REITER_DONE;

  PetscFunctionBegin;
  PetscCall(CaseGetTransitions(c, &t.wanted));
  if (!t.wanted->given) PetscFunctionReturn(0);
  PetscCall(make_families(&t, &exit_code));
  for (PetscInt k = 0; k < 3; ++k) PetscCall(FreeEnergyDestroy(&t.energy[k]));
  if (exit_code != REITER_DONE) PetscFunctionReturn(0);
  fprintf(stream, "transitions: stationary points");
  for (PetscInt k = 0; k < 2 && t.wanted->names[k]; ++k)
    fprintf(stream, ", %s in %s from %.6g to %.6g", k ? "curves of events" : "branches", t.wanted->names[k],
            (double)t.wanted->ranges[k][0], (double)t.wanted->ranges[k][1]);
  if (t.wanted->map && t.wanted->names[1])
    fprintf(stream, ", a map of %" PetscInt_FMT " x %" PetscInt_FMT " nodes", t.wanted->map, t.wanted->map);
  fprintf(stream, "\n");
  PetscFunctionReturn(0);
}
