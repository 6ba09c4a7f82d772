#include "cost_table.h"

/* Points of a line, as many waves as they tell, and points of pairs of lines from the base of both. */
enum { LINE = 24, WAVES = LINE / 2 - 1, CROSSES = 2 };
static const PetscReal crosses[CROSSES] = {0.31, 0.58};
/* Largest number of times that a product of lines counts. */
#define MOST_PAIR 100.0
/* A fill goes so far; what is missing is extrapolated. */
enum { PILOT_SAMPLES = 3500, MOST_STAGES = 40 };
/* Of more variables than this the lines tell too little: the pilot's samples are real ones, few among so many. */
enum { VARIABLES_OF_LINES = 3 };

typedef struct {
  PetscReal f[MOST_COORDINATES];
} Values;

typedef struct {
  Values centre, cosine[FROZEN_MAX_VARIABLES][WAVES + 1], sine[FROZEN_MAX_VARIABLES][WAVES + 1];
  Values pair[FROZEN_MAX_VARIABLES][FROZEN_MAX_VARIABLES];
  PetscReal base[FROZEN_MAX_VARIABLES];
  PetscInt n, components, n_stages;
  Pilot pilot; /* for real samples: */
  PetscInt k;
  const PetscInt *variables;
  const PetscReal *frozen;
  CellFailure *failure;
  const FrozenReport *report;
  PetscReal size[MOST_STAGES], error[MOST_STAGES],
      seconds; /* samples behind a sum and its error; evaluating this */
} Lines;

/* Coefficients of line v through its LINE values. */
static void find_waves(const Values value[], Lines *lines, PetscInt v)
{
  for (PetscInt w = 0; w <= WAVES; w++) {
    Values *const a = &lines->cosine[v][w], *const b = &lines->sine[v][w];
    const PetscReal weight = (w ? 2.0 : 1.0) / LINE;

    for (PetscInt i = 0; i < LINE; i++) {
      const PetscReal angle = 2 * PETSC_PI * (PetscReal)(w * i % LINE) / LINE;

      for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
        a->f[f] += weight * PetscCosReal(angle) * value[i].f[f];
        b->f[f] += weight * PetscSinReal(angle) * value[i].f[f];
      }
    }
  }
}

/* The sum of the waves of line v at y. */
static Values along(const Lines *lines, PetscInt v, PetscReal y)
{
  const PetscReal c = PetscCosReal(2 * PETSC_PI * y), s = PetscSinReal(2 * PETSC_PI * y);
  PetscReal cosine = 1, sine = 0;
  Values sum = {{0}};

  for (PetscInt w = 0; w <= WAVES; w++) {
    const PetscReal next = c * cosine - s * sine;

    for (PetscInt f = 0; f < lines->components; f++)
      sum.f[f] += cosine * lines->cosine[v][w].f[f] + sine * lines->sine[v][w].f[f];
    sine = s * cosine + c * sine;
    cosine = next;
  }
  return sum;
}

static PetscErrorCode look_along(Pilot p, PetscInt k, PetscInt v, const PetscInt variables[],
                                 const PetscReal base[], Lines *lines, CellFailure *failure)
{
  PetscReal at[REITER_VARIABLES], bracket[3] = {0};
  Values value[LINE];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, base, REITER_VARIABLES));
  for (PetscInt i = 0; i < LINE; i++) {
    at[variables[v]] = (PetscReal)i / LINE;
    PetscCall(PilotLook(p, k, at, value[i].f, bracket, failure));
  }
  find_waves(value, lines, v);
  const Values origin = along(lines, v, lines->base[v]);
  for (PetscInt f = 0; f < MOST_COORDINATES; f++) lines->cosine[v][0].f[f] -= origin.f[f];
  PetscFunctionReturn(0);
}

/* What two variables do together, as a multiple of the product of what each does alone. */
static PetscErrorCode look_across(Pilot p, PetscInt k, const PetscInt v[2], const PetscInt variables[],
                                  const PetscReal base[], Lines *lines, CellFailure *failure)
{
  PetscReal at[REITER_VARIABLES], bracket[3] = {0}, products[MOST_COORDINATES] = {0},
                                  squares[MOST_COORDINATES] = {0};

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, base, REITER_VARIABLES));
  for (PetscInt q = 0; q < CROSSES * CROSSES; q++) {
    const PetscReal y[2] = {lines->base[v[0]] + crosses[q % CROSSES],
                            lines->base[v[1]] + crosses[q / CROSSES]};
    const Values one = along(lines, v[0], y[0]), other = along(lines, v[1], y[1]);
    Values both;

    at[variables[v[0]]] = y[0];
    at[variables[v[1]]] = y[1];
    PetscCall(PilotLook(p, k, at, both.f, bracket, failure));
    for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
      const PetscReal product = one.f[f] * other.f[f];

      products[f] += product * (both.f[f] - lines->centre.f[f] - one.f[f] - other.f[f]);
      squares[f] += product * product;
    }
  }
  for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
    if (PetscAbsReal(products[f]) < MOST_PAIR * squares[f])
      lines->pair[v[0]][v[1]].f[f] = products[f] / squares[f];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode sample_cells(Lines *lines, PetscInt n, const PetscReal y[], PetscReal f[])
{
  PetscReal at[REITER_VARIABLES], bracket[3] = {0};
  Values values;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, lines->frozen, REITER_VARIABLES));
  for (PetscInt q = 0; q < n; q++) {
    for (PetscInt v = 0; v < lines->n; v++) at[lines->variables[v]] = y[q * lines->n + v];
    PetscCall(PilotLook(lines->pilot, lines->k, at, values.f, bracket, lines->failure));
    PetscCall(PetscArraycpy(&f[q * lines->components], values.f, lines->components));
  }
  PetscFunctionReturn(0);
}

static void sum_lines(const Lines *lines, const PetscReal y[], PetscReal f[])
{
  Values line[FROZEN_MAX_VARIABLES];

  for (PetscInt v = 0; v < lines->n; v++) line[v] = along(lines, v, y[v]);
  for (PetscInt c = 0; c < lines->components; c++) {
    f[c] = lines->centre.f[c];
    for (PetscInt v = 0; v < lines->n; v++) {
      f[c] += line[v].f[c];
      for (PetscInt u = 0; u < v; u++) f[c] += lines->pair[u][v].f[c] * line[u].f[c] * line[v].f[c];
    }
  }
}

/* FrozenSampler */
static PetscErrorCode sample_pilot(void *ctx, PetscInt n, const PetscReal y[], PetscReal f[], PetscBool *ok)
{
  Lines *lines = ctx;
  const PetscReal start = PilotClock();

  PetscFunctionBegin;
  if (lines->report->samples && lines->report->error < PETSC_INFINITY && lines->n_stages < MOST_STAGES) {
    lines->size[lines->n_stages] = (PetscReal)lines->report->samples;
    lines->error[lines->n_stages++] = lines->report->error;
  }
  if (lines->n > VARIABLES_OF_LINES) PetscCall(sample_cells(lines, n, y, f));
  for (PetscInt q = 0; q < n && lines->n <= VARIABLES_OF_LINES; q++)
    sum_lines(lines, &y[q * lines->n], &f[q * lines->components]);
  *ok = (PetscBool)(lines->failure->status == CELL_OK);
  lines->seconds += PilotClock() - start;
  PetscFunctionReturn(0);
}

/* Samples of the whole fill: log(error) falls like samples^(1/n). From stage `from` to the last one. */
static PetscReal extrapolate(const Lines *lines, const FrozenReport *report, PetscInt from,
                             PetscReal tolerance)
{
  const PetscReal power = 1 / (PetscReal)lines->n, last = PetscPowReal((PetscReal)report->samples, power);
  PetscReal slope = 0;

  if (from >= 0 && lines->error[from] > report->error)
    slope =
        PetscLogReal(lines->error[from] / report->error) / (last - PetscPowReal(lines->size[from], power));
  if (!(slope > 0)) return PETSC_INFINITY;
  return PetscPowReal(last + PetscLogReal(report->error / tolerance) / slope, (PetscReal)lines->n);
}

static PetscErrorCode time_evaluation(Pilot p, const Lines *lines, FrozenTable table, PetscReal *seconds)
{
  enum { SIDE = 12 };
  const PetscInt grid = PetscMin(lines->n, p->cascade->dim), n[REITER_MAX_DIM] = {SIDE, SIDE, SIDE};
  PetscReal axis[SIDE], *values;
  const PetscReal *const axes[REITER_MAX_DIM] = {axis, axis, axis};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < SIDE; i++) axis[i] = (PetscReal)i / SIDE;
  PetscCall(PetscMalloc1(SIDE * SIDE * SIDE * lines->components, &values));
  const PetscReal start = PilotClock();
  PetscCall(FrozenTableEvaluate(table, lines->base, grid, n, axes, values));
  *seconds = PilotClock() - start;
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

/* Fills a table for the surrogate, up to a number of samples. */
static PetscErrorCode fill(Pilot p, PetscInt k, Lines *lines, const FrozenLimits *limits)
{
  const FrozenLimits few = {limits->tolerance, PetscMin(limits->max_samples, PILOT_SAMPLES)};
  PilotLevel *l = &p->level[k];
  FrozenReport report = {.samples = 0};
  FrozenTable table;

  PetscFunctionBegin;
  lines->report = &report;
  PetscCall(FrozenTableCreate(lines->n, lines->components, &table));
  const PetscReal start = PilotClock(), cells = p->within[p->depth];
  PetscCall(FrozenTableFill(table, sample_pilot, NULL, lines, &few, &report));
  l->fit = PetscMax(0, PilotClock() - start - lines->seconds);
  l->fit_pilot = PilotClock() - start - (p->within[p->depth] - cells);
  PetscCall(time_evaluation(p, lines, table, &l->evaluate));
  PetscCall(FrozenTableDestroy(&table));
  l->rounds = (PetscReal)report.stages;
  for (PetscInt i = 0; i < 3; i++) l->samples[i] = (PetscReal)report.samples;
  l->table = report.met;
  if (!report.met) {
    const PetscInt last = lines->n_stages - 1;
    const PetscReal a = extrapolate(lines, &report, last - 1, limits->tolerance),
                    b = extrapolate(lines, &report, last - 2, limits->tolerance), most = limits->max_samples;

    l->samples[1] = PetscMin(PetscMin(a, b), most);
    l->samples[2] = PetscMin(PetscMax(a, b), most);
    l->samples[0] = PetscSqrtReal(l->samples[1] * l->samples[2]);
    l->table = (PetscBool)(l->samples[0] < most);
    l->fit *= l->samples[0] / (PetscReal)report.samples;
    l->evaluate *= l->samples[0] / (PetscReal)report.samples;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode look_at_lines(Lines *lines, const PetscReal base[])
{
  const PetscInt *const variables = lines->variables, k = lines->k;
  PetscReal bracket[3] = {0};

  PetscFunctionBegin;
  PetscCall(PilotLook(lines->pilot, k, base, lines->centre.f, bracket, lines->failure));
  for (PetscInt v = 0; v < lines->n; v++)
    PetscCall(look_along(lines->pilot, k, v, variables, base, lines, lines->failure));
  for (PetscInt v = 0; v < lines->n; v++) {
    for (PetscInt u = 0; u < v; u++) {
      const PetscInt both[2] = {u, v};
      PetscCall(look_across(lines->pilot, k, both, variables, base, lines, lines->failure));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PilotTabulate(Pilot p, PetscInt k, PetscInt n, const PetscInt variables[],
                             const PetscReal frozen[], const FrozenLimits *limits, CellFailure *failure)
{
  PetscReal base[REITER_VARIABLES];
  Lines *lines;

  PetscFunctionBegin;
  PetscCall(PetscNew(&lines));
  lines->n = n;
  lines->pilot = p;
  lines->k = k;
  lines->variables = variables;
  lines->frozen = frozen;
  lines->failure = failure;
  lines->components = p->cascade->dim * (p->cascade->dim + 1) / 2 + 2;
  PetscCall(PetscArraycpy(base, frozen, REITER_VARIABLES));
  for (PetscInt v = 0; v < n; v++) {
    const PetscInt scale = (variables[v] - VariableIndex(0, 0)) / REITER_MAX_DIM;
    lines->base[v] = base[variables[v]] = p->base + 0.05 * (PetscReal)scale;
  }
  if (n <= VARIABLES_OF_LINES) PetscCall(look_at_lines(lines, base));
  if (failure->status == CELL_OK) PetscCall(fill(p, k, lines, limits));
  PetscCall(PetscFree(lines));
  PetscFunctionReturn(0);
}
