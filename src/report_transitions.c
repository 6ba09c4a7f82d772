#include "report_transitions.h"
#include <math.h>

static const char *const kinds[] = {"fold",    "pitchfork", "transcritical", "cusp", "degenerate pitchfork",
                                    "multiple"};

static PetscErrorCode observe(const TransitionResults *t, PetscInt k, const PetscReal x[], PetscReal *value)
{
  PetscReal values[REITER_SLOTS] = {0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < t->dim; ++i) values[VariableIndex(0, i)] = x[i];
  PetscCall(ExpressionEvaluate(t->wanted->observables[k].formula, values, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_points(const TransitionResults *t, Json json)
{
  PetscReal value;

  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "points"));
  for (PetscInt k = 0; k < t->points.n; ++k) {
    const StationaryPoint *const p = &t->points.points[k];

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonRealArray(json, "x", t->dim, p->x));
    PetscCall(JsonReal(json, "x_error", p->error));
    PetscCall(JsonReal(json, "free_energy", p->F));
    PetscCall(JsonInt(json, "index", p->index));
    PetscCall(JsonRealArray(json, "eigenvalues", t->dim, p->eigenvalues));
    if (t->wanted->n_observables) {
      PetscCall(JsonBeginObject(json, "observables"));
      for (PetscInt i = 0; i < t->wanted->n_observables; ++i) {
        PetscCall(observe(t, i, p->x, &value));
        PetscCall(JsonReal(json, t->wanted->observables[i].name, value));
      }
      PetscCall(JsonEndObject(json));
    }
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscCall(JsonBool(json, "degree_checked", t->points.degree_checked));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_events(const TransitionResults *t, const char key[], PetscInt m,
                                   const Branches *b, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, key));
  for (PetscInt k = 0; k < b->n_events; ++k) {
    const Event *const e = &b->events[k];
    PetscReal errors[2];

    for (PetscInt a = 0; a < m; ++a)
      errors[a] = e->error * (t->wanted->ranges[a][1] - t->wanted->ranges[a][0]);
    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonString(json, "kind", kinds[e->kind]));
    PetscCall(JsonInt(json, "curve", e->curve));
    PetscCall(JsonRealArray(json, "x", t->dim, e->x));
    PetscCall(JsonRealArray(json, "at", m, e->p));
    PetscCall(JsonRealArray(json, "at_error", m, errors));
    PetscCall(JsonReal(json, "error", e->error)); /* in lengths of box and ranges */
    if (e->kind == EVENT_PITCHFORK)
      PetscCall(JsonBool(json, "supercritical", (PetscBool)(e->coefficient > 0)));
    PetscCall(JsonReal(json, "coefficient", e->coefficient));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_intervals(const TransitionResults *t, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "intervals"));
  for (PetscInt k = 0; k < t->n_intervals; ++k) {
    const StateInterval *const i = &t->intervals[k];

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonReal(json, "from", i->from));
    PetscCall(JsonReal(json, "to", i->to));
    PetscCall(JsonInt(json, "stable", i->stable));
    PetscCall(JsonInt(json, "unstable", i->unstable));
    PetscCall(JsonBool(json, "several_stable", (PetscBool)(i->stable > 1)));
    PetscCall(JsonBool(json, "degree_checked", i->checked));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_limit(const char key[], const ExponentSeries *series, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, key));
  PetscCall(JsonReal(json, "exponent", series->limit));
  PetscCall(JsonReal(json, "error", series->limit_error));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* Of the folds, whose limit stands by itself. */
static PetscErrorCode write_fold_exponents(const TransitionResults *t, Json json)
{
  const ExponentSeries *limit = NULL;

  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "exponents"));
  for (PetscInt k = 0; k < t->n_exponents; ++k) {
    const TransitionExponents *const e = &t->exponents[k];

    if (e->curve < 0) continue;
    if (!limit && e->series.has_limit) limit = &e->series;
    for (PetscInt i = 0; i < e->series.n; ++i) {
      const LocalExponent *const at = &e->series.at[i];

      PetscCall(JsonBeginObject(json, NULL));
      PetscCall(JsonInt(json, "curve", e->curve));
      PetscCall(JsonReal(json, "X", at->X));
      PetscCall(JsonReal(json, "fold", at->p));
      PetscCall(JsonReal(json, "second", at->q));
      PetscCall(JsonReal(json, "exponent", at->exponent));
      PetscCall(JsonReal(json, "exponent_error", at->error));
      PetscCall(JsonEndObject(json));
    }
  }
  PetscCall(JsonEndArray(json));
  if (limit) PetscCall(write_limit("limit", limit, json));
  PetscFunctionReturn(0);
}

/* Of x on the branches that leave pitchforks. */
static PetscErrorCode write_branch_exponents(const TransitionResults *t, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "branch_exponents"));
  for (PetscInt k = 0; k < t->n_exponents; ++k) {
    const TransitionExponents *const e = &t->exponents[k];

    if (e->curve >= 0) continue;
    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonRealArray(json, "at", 1, t->branches.events[e->event].p));
    PetscCall(JsonRealArray(json, "x", t->dim, t->branches.events[e->event].x));
    PetscCall(JsonBeginArray(json, "exponents"));
    for (PetscInt i = 0; i < e->series.n; ++i) {
      PetscCall(JsonBeginObject(json, NULL));
      PetscCall(JsonReal(json, "X", e->series.at[i].X));
      PetscCall(JsonReal(json, "parameter", e->series.at[i].p));
      PetscCall(JsonReal(json, "distance", e->series.at[i].y));
      PetscCall(JsonReal(json, "exponent", e->series.at[i].exponent));
      PetscCall(JsonReal(json, "exponent_error", e->series.at[i].error));
      PetscCall(JsonEndObject(json));
    }
    PetscCall(JsonEndArray(json));
    if (e->series.has_limit) PetscCall(write_limit("limit", &e->series, json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

/* A node of a region, and how many there are. */
static PetscInt count_region(const PhaseMap *map, PetscInt region, PetscInt *n)
{
  PetscInt one = 0;

  *n = 0;
  for (PetscInt i = 0; i < map->n * map->n; ++i) {
    if (map->region[i] != region) continue;
    one = i;
    ++*n;
  }
  return one;
}

static PetscErrorCode write_regions(const TransitionResults *t, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "regions"));
  for (PetscInt k = 1; k <= t->map.n_regions; ++k) {
    PetscInt n;
    const PetscInt one = count_region(&t->map, k, &n);

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonInt(json, "region", k));
    PetscCall(JsonInt(json, "points", t->map.points[one]));
    PetscCall(JsonInt(json, "minima", t->map.minima[one]));
    PetscCall(JsonInt(json, "nodes", n));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscCall(JsonInt(json, "unchecked_nodes", t->map.unchecked));
  PetscFunctionReturn(0);
}

/* Curves on which Newton failed before a border: what lies beyond is unknown, and that is said. */
static PetscInt count_broken(const Branches *b)
{
  PetscInt n = 0;

  for (PetscInt k = 0; k < b->n_curves; ++k) n += b->curves[k].broken ? 1 : 0;
  return n;
}

PetscErrorCode ReportTransitionsJson(const TransitionResults *t, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "transitions"));
  PetscCall(write_points(t, json));
  PetscCall(write_events(t, "events", 1, &t->branches, json));
  PetscCall(write_intervals(t, json));
  PetscCall(write_events(t, "codimension_two", 2, &t->phase, json));
  PetscCall(JsonInt(json, "broken_branches", count_broken(&t->branches)));
  PetscCall(JsonInt(json, "broken_curves", count_broken(&t->phase)));
  PetscCall(JsonInt(json, "lost_events", t->branches.lost + t->phase.lost));
  PetscCall(write_fold_exponents(t, json));
  PetscCall(write_branch_exponents(t, json));
  if (t->map.n) PetscCall(write_regions(t, json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* Points of all curves; columns: curve, kind (0 points, 1 folds, 2 branch points), p, q, x, index, error, observables. */
static PetscErrorCode write_curves(const TransitionResults *t, const char name[], const Branches *b,
                                   RunFolder folder)
{
  static const char *const first[] = {"curve", "kind", "p", "q", "index", "error", "x", "y", "z"};
  const PetscInt d = t->dim, columns = 6 + d + t->wanted->n_observables;
  const char **header;
  PetscReal *rows;
  PetscInt n = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < b->n_curves; ++k) n += b->curves[k].n;
  PetscCall(PetscMalloc2(n * columns, &rows, columns, &header));
  for (PetscInt i = 0; i < columns; ++i)
    header[i] = i < 6 + d ? first[i] : t->wanted->observables[i - 6 - d].name;
  n = 0;
  for (PetscInt k = 0; k < b->n_curves; ++k) {
    const SystemKind kind = b->curves[k].kind;
    const PetscInt at = kind == SYSTEM_POINT ? d : kind == SYSTEM_FOLD ? 2 * d : 2 * d + 1;

    for (PetscInt i = 0; i < b->curves[k].n; ++i, ++n) {
      const CurvePoint *const c = &b->curves[k].points[i];
      PetscReal *const row = rows + n * columns;

      row[0] = (PetscReal)k;
      row[1] = (PetscReal)kind;
      row[2] = c->u[at];
      row[3] = kind == SYSTEM_POINT ? NAN : c->u[at + 1];
      row[4] = (PetscReal)c->index;
      row[5] = c->error;
      PetscCall(PetscArraycpy(row + 6, c->u, d));
      for (PetscInt o = 0; o < t->wanted->n_observables; ++o) PetscCall(observe(t, o, c->u, &row[6 + d + o]));
    }
  }
  PetscCall(CsvWrite(folder, name, n, columns, header, rows));
  PetscCall(PetscFree2(rows, header));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_map(const TransitionResults *t, RunFolder folder)
{
  static const char *const header[] = {"p", "q", "points", "minima", "region"};
  const PetscInt n = t->map.n;
  PetscReal *rows;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(5 * n * n, &rows));
  for (PetscInt i = 0; i < n * n; ++i) {
    PetscReal *const row = rows + 5 * i;

    PhaseMapNode(t->wanted->ranges, n, i, row);
    row[2] = (PetscReal)t->map.points[i];
    row[3] = (PetscReal)t->map.minima[i];
    row[4] = (PetscReal)t->map.region[i];
  }
  PetscCall(CsvWrite(folder, "phase_map.csv", n * n, 5, header, rows));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportTransitionsFiles(const TransitionResults *t, RunFolder folder)
{
  PetscFunctionBegin;
  if (t->branches.n_curves) PetscCall(write_curves(t, "branches.csv", &t->branches, folder));
  if (t->phase.n_curves) PetscCall(write_curves(t, "phase_curves.csv", &t->phase, folder));
  if (t->map.n) PetscCall(write_map(t, folder));
  PetscFunctionReturn(0);
}

/* Of values of a parameter whose errors are not known here. */
static const PetscReal round_off = 1e-14;

/* Zero, where the error leaves no digit. */
static double shown(PetscReal value, PetscReal error)
{
  return PetscAbsReal(value) <= error ? 0 : (double)value;
}

static void print_exponents(const TransitionResults *t, FILE *f)
{
  for (PetscInt k = 0; k < t->n_exponents; ++k) {
    const TransitionExponents *const e = &t->exponents[k];
    const PetscBool folds = (PetscBool)(e->curve >= 0);
    const Event *const end = folds ? &t->phase.events[e->event] : &t->branches.events[e->event];

    fprintf(f, "exponent of the %s at %s = %.10g:", folds ? "folds" : "branch", t->wanted->names[folds],
            shown(end->p[folds], end->error));
    for (PetscInt i = e->series.n - 1; i >= 0; --i)
      fprintf(f, " %.6g for X = %g,", (double)e->series.at[i].exponent, (double)e->series.at[i].X);
    if (e->series.has_limit)
      fprintf(f, " limit %.8g +- %.1e\n", (double)e->series.limit, (double)e->series.limit_error);
    else
      fprintf(f, " no limit found\n");
  }
}

static void print_events(const TransitionResults *t, FILE *f)
{
  for (PetscInt k = 0; k < t->branches.n_events; ++k) {
    const Event *const e = &t->branches.events[k];

    fprintf(f, "%s%s at %s = %.13g\n", kinds[e->kind],
            e->kind != EVENT_PITCHFORK ? ""
            : e->coefficient > 0       ? " (supercritical)"
                                       : " (subcritical)",
            t->wanted->names[0], shown(e->p[0], e->error));
  }
  for (PetscInt k = 0; k < t->n_intervals; ++k)
    fprintf(f, "%s from %.10g to %.10g: %" PetscInt_FMT " stable, %" PetscInt_FMT " unstable%s\n",
            t->wanted->names[0], shown(t->intervals[k].from, round_off), shown(t->intervals[k].to, round_off),
            t->intervals[k].stable, t->intervals[k].unstable,
            t->intervals[k].stable == 2  ? " (bistable)"
            : t->intervals[k].stable > 2 ? " (multistable)"
                                         : "");
  for (PetscInt k = 0; k < t->phase.n_events; ++k)
    fprintf(f, "%s at %s = %.10g, %s = %.10g\n", kinds[t->phase.events[k].kind], t->wanted->names[0],
            shown(t->phase.events[k].p[0], t->phase.events[k].error), t->wanted->names[1],
            shown(t->phase.events[k].p[1], t->phase.events[k].error));
}

PetscErrorCode ReportTransitionsPrint(const TransitionResults *t, FILE *f)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < t->points.n; ++k) {
    fputs("stationary point ", f);
    for (PetscInt i = 0; i < t->dim; ++i) fprintf(f, " %.12g", shown(t->points.points[k].x[i], round_off));
    fprintf(f, "  index %" PetscInt_FMT "  F %.12g\n", t->points.points[k].index,
            shown(t->points.points[k].F, round_off));
  }
  if (!t->points.degree_checked)
    fputs("the degree of grad F on the box does not confirm that these are all stationary points\n", f);
  if (count_broken(&t->branches) + count_broken(&t->phase))
    fputs("some curves end where Newton fails: see broken_branches and broken_curves in run.json\n", f);
  if (t->branches.lost + t->phase.lost)
    fprintf(f, "%" PetscInt_FMT " events could not be located\n", t->branches.lost + t->phase.lost);
  print_events(t, f);
  print_exponents(t, f);
  for (PetscInt k = 1; k <= t->map.n_regions; ++k) {
    PetscInt n;
    const PetscInt one = count_region(&t->map, k, &n);

    fprintf(f,
            "region %" PetscInt_FMT ": %" PetscInt_FMT " points, %" PetscInt_FMT
            " of them stable, %.4g %% of the map\n",
            k, t->map.points[one], t->map.minima[one], 100. * (double)n / (double)(t->map.n * t->map.n));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode TransitionResultsFree(TransitionResults *t)
{
  PetscFunctionBegin;
  PetscCall(StationaryPointsDestroy(&t->points));
  PetscCall(BranchesDestroy(&t->branches));
  PetscCall(BranchesDestroy(&t->phase));
  PetscCall(PetscFree(t->intervals));
  for (PetscInt k = 0; k < t->n_exponents; ++k) PetscCall(ExponentSeriesDestroy(&t->exponents[k].series));
  PetscCall(PetscFree(t->exponents));
  PetscCall(PhaseMapFree(&t->map));
  PetscFunctionReturn(0);
}
