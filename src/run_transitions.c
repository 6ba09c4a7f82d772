/* `reiter transitions`: case -> free energy -> points, branches, phase diagram -> run folder. */
#include <reiter/transitions.h>
#include "options.h"
#include "run_private.h"

static const char *const events[] = {"fold", "pitchfork", "transcritical", "cusp", "degenerate pitchfork"};

typedef struct {
  Run *run;
  const CaseTransitions *wanted;
  FreeEnergy energy[3]; /* with no branches one of the temperature; with the first parameter; with both */
  EnergyFamily family[3];
  PetscReal here[2];
  StationaryPoints points;
  Branches branches, phase;
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

static PetscErrorCode compute(Transitions *t)
{
  const CaseTransitions *const w = t->wanted;

  PetscFunctionBegin;
  PetscCall(FreeEnergyGetDefaults(t->energy[0], t->here));
  PetscCall(StationaryPointsFind(&t->family[0], w->box, t->here, &t->points));
  if (w->names[0]) PetscCall(BranchesFind(&t->family[0], w->box, w->ranges[0], 0, 7, &t->branches));
  if (w->names[1]) PetscCall(PhaseCurvesFind(&t->family[2], w->box, w->ranges, 5, &t->phase));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_points(Json json, PetscInt d, const StationaryPoints *points)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "points"));
  for (PetscInt k = 0; k < points->n; ++k) {
    const StationaryPoint *const p = &points->points[k];

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonRealArray(json, "x", d, p->x));
    PetscCall(JsonReal(json, "x_error", p->error));
    PetscCall(JsonReal(json, "free_energy", p->F));
    PetscCall(JsonInt(json, "index", p->index));
    PetscCall(JsonRealArray(json, "eigenvalues", d, p->eigenvalues));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscCall(JsonBool(json, "degree_checked", points->degree_checked));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_events(Json json, const char key[], PetscInt d, PetscInt m, const Branches *b)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, key));
  for (PetscInt k = 0; k < b->n_events; ++k) {
    const Event *const e = &b->events[k];

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonString(json, "kind", events[e->kind]));
    PetscCall(JsonInt(json, "curve", e->curve));
    PetscCall(JsonRealArray(json, "x", d, e->x));
    PetscCall(JsonRealArray(json, "at", m, e->p));
    PetscCall(JsonReal(json, "error", e->error)); /* in lengths of box and ranges */
    if (e->kind == EVENT_PITCHFORK)
      PetscCall(JsonBool(json, "supercritical", (PetscBool)(e->coefficient > 0)));
    PetscCall(JsonReal(json, "coefficient", e->coefficient));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_exponents(Transitions *t, Json json)
{
  const CaseTransitions *const w = t->wanted;

  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "exponents"));
  for (PetscInt k = 0; k < t->phase.n_events; ++k) {
    const Event *const end = &t->phase.events[k];

    if (end->kind != EVENT_DEGENERATE) continue;
    for (PetscInt c = 0; c < t->phase.n_curves; ++c) {
      if (t->phase.curves[c].kind != SYSTEM_FOLD) continue;
      for (PetscInt i = 0; i < w->n_exponents; ++i) {
        LocalExponent e;
        PetscBool found;

        PetscCall(FoldExponent(&t->family[2], w->box, w->ranges, &t->phase.curves[c], end, w->exponents[i],
                               &e, &found));
        if (!found) continue;
        PetscCall(JsonBeginObject(json, NULL));
        PetscCall(JsonInt(json, "curve", c));
        PetscCall(JsonReal(json, "X", e.X));
        PetscCall(JsonReal(json, "fold", e.p));
        PetscCall(JsonReal(json, "second", e.q));
        PetscCall(JsonReal(json, "exponent", e.exponent));
        PetscCall(JsonReal(json, "exponent_error", e.error));
        PetscCall(JsonEndObject(json));
      }
    }
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

/* Points of all curves; columns: curve, kind (0 points, 1 folds, 2 branch points), p, q, x, index, error. */
static PetscErrorCode write_curves(const char name[], RunFolder folder, PetscInt d, const Branches *b)
{
  static const char *const header[] = {"curve", "kind", "p", "q", "index", "error", "x", "y", "z"};
  PetscReal *rows;
  PetscInt n = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < b->n_curves; ++k) n += b->curves[k].n;
  PetscCall(PetscMalloc1(n * (6 + d), &rows));
  n = 0;
  for (PetscInt k = 0; k < b->n_curves; ++k) {
    const SystemKind kind = b->curves[k].kind;
    const PetscInt at = kind == SYSTEM_POINT ? d : kind == SYSTEM_FOLD ? 2 * d : 2 * d + 1;

    for (PetscInt i = 0; i < b->curves[k].n; ++i, ++n) {
      const CurvePoint *const c = &b->curves[k].points[i];
      PetscReal *const row = rows + n * (6 + d);

      row[0] = (PetscReal)k;
      row[1] = (PetscReal)kind;
      row[2] = c->u[at];
      row[3] = kind == SYSTEM_POINT ? NAN : c->u[at + 1];
      row[4] = (PetscReal)c->index;
      row[5] = c->error;
      PetscCall(PetscArraycpy(row + 6, c->u, d));
    }
  }
  PetscCall(CsvWrite(folder, name, n, 6 + d, header, rows));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_map(Transitions *t)
{
  static const char *const header[] = {"p", "q", "points", "minima"};
  const CaseTransitions *const w = t->wanted;
  const PetscInt n = w->map;
  PetscReal *rows;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(4 * n * n, &rows));
  for (PetscInt i = 0; i < n * n; ++i) {
    PetscReal *const row = rows + 4 * i;
    StationaryPoints points;

    row[0] =
        w->ranges[0][0] + (w->ranges[0][1] - w->ranges[0][0]) * ((PetscReal)(i % n) + 0.5) / (PetscReal)n;
    row[1] =
        w->ranges[1][0] + (w->ranges[1][1] - w->ranges[1][0]) * ((PetscReal)(i / n) + 0.5) / (PetscReal)n;
    PetscCall(StationaryPointsFind(&t->family[2], w->box, row, &points));
    row[2] = (PetscReal)points.n;
    row[3] = 0;
    for (PetscInt k = 0; k < points.n; ++k) row[3] += points.points[k].index == 0;
    PetscCall(StationaryPointsDestroy(&points));
  }
  PetscCall(CsvWrite(t->run->folder, "phase_map.csv", n * n, 4, header, rows));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(0);
}

/* Curves on which Newton failed before a border: what lies beyond is unknown, and that is said. */
static PetscInt count_broken(const Branches *b)
{
  PetscInt n = 0;

  for (PetscInt k = 0; k < b->n_curves; ++k) n += b->curves[k].broken ? 1 : 0;
  return n;
}

static PetscErrorCode print(const Transitions *t, PetscInt d, FILE *f)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < t->points.n; ++k) {
    fputs("stationary point ", f);
    for (PetscInt i = 0; i < d; ++i) fprintf(f, " %.12g", (double)t->points.points[k].x[i]);
    fprintf(f, "  index %" PetscInt_FMT "  F %.12g\n", t->points.points[k].index,
            (double)t->points.points[k].F);
  }
  if (!t->points.degree_checked)
    fputs("the degree of grad F on the box does not confirm that these are all stationary points\n", f);
  if (count_broken(&t->branches) + count_broken(&t->phase))
    fputs("some curves end where Newton fails: see broken_branches and broken_curves in run.json\n", f);
  for (PetscInt k = 0; k < t->branches.n_events; ++k) {
    const Event *const e = &t->branches.events[k];

    fprintf(f, "%s%s at %s = %.13g\n", events[e->kind],
            e->kind != EVENT_PITCHFORK ? ""
            : e->coefficient > 0       ? " (supercritical)"
                                       : " (subcritical)",
            t->wanted->names[0], (double)e->p[0]);
  }
  for (PetscInt k = 0; k < t->phase.n_events; ++k)
    fprintf(f, "%s at %s = %.10g, %s = %.10g\n", events[t->phase.events[k].kind], t->wanted->names[0],
            (double)t->phase.events[k].p[0], t->wanted->names[1], (double)t->phase.events[k].p[1]);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(Transitions *t)
{
  Run *const run = t->run;
  const PetscInt d = t->family[0].dim;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  run->report.status = "ok";
  if (t->branches.n_curves) PetscCall(write_curves("branches.csv", run->folder, d, &t->branches));
  if (t->phase.n_curves) PetscCall(write_curves("phase_curves.csv", run->folder, d, &t->phase));
  if (t->wanted->map && t->wanted->names[1]) PetscCall(write_map(t));
  PetscCall(ReportBeginJson(&run->report, run->folder, "run.json", &stream, &json));
  PetscCall(JsonBeginObject(json, "transitions"));
  PetscCall(write_points(json, d, &t->points));
  PetscCall(write_events(json, "events", d, 1, &t->branches));
  PetscCall(write_events(json, "codimension_two", d, 2, &t->phase));
  PetscCall(JsonInt(json, "broken_branches", count_broken(&t->branches)));
  PetscCall(JsonInt(json, "broken_curves", count_broken(&t->phase)));
  PetscCall(write_exponents(t, json));
  PetscCall(JsonEndObject(json));
  PetscCall(ReportEndJson(run->folder, "run.json", &stream, &json));
  if (!run->request->quiet) PetscCall(print(t, d, stdout));
  PetscFunctionReturn(0);
}

static PetscErrorCode work(Transitions *t, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(make_families(t, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(RunOpenFolder(t->run, exit_code));
  if (*exit_code == REITER_DONE) {
    PetscCall(compute(t));
    PetscCall(write_results(t));
  }
  PetscCall(StationaryPointsDestroy(&t->points));
  PetscCall(BranchesDestroy(&t->branches));
  PetscCall(BranchesDestroy(&t->phase));
  for (PetscInt k = 0; k < 3; ++k) {
    if (t->energy[k]) PetscCall(FreeEnergyDestroy(&t->energy[k]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode RunTransitions(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  Transitions t = {.run = &run};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(CaseGetTransitions(c, &t.wanted));
  if (!t.wanted->given) {
    PetscCall(DiagnosticsError(d, (SourceSpan){0},
                               "transitions: {box: [[-2, 2]], parameter: alpha, range: [-1, 1]}", NULL,
                               "the case has no section transitions"));
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(RunBegin(&run));
  run.comm = PETSC_COMM_SELF; /* rank 0 alone: the others wait below */
  if (run.rank == 0) PetscCall(work(&t, exit_code));
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, comm));
  if (*exit_code == REITER_DONE) PetscCall(OptionsReportUnused(comm, c, d, exit_code));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}
