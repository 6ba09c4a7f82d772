#include "frozen_private.h"

/* Samples per unknown of a fit, and of those a check alone takes. */
#define OVERSAMPLING 2.0
#define CHECK_SHARE  0.03
/* An error that the next sum can be expected to bring below the tolerance, as a multiple. */
#define NEAR           30
#define CLEAR_OF_NOISE 3.0
enum { FEWEST_CHECKS = 199, MOST_STAGES = 40, MOST_STALLED = 4 };

/* One fill under way. */
typedef struct {
  FrozenTable table;
  FrozenSampler sample;
  FrozenDistance distance;
  void *ctx;
  const FrozenLimits *limits;
  FrozenReport *report;
  PetscReal rest; /* what the waves left out may sum to */
  PetscBool complete;
  PetscInt stalled; /* stages without progress: more than one look for waves in all directions */
} Filling;

PetscErrorCode FrozenTableCreate(PetscInt variables, PetscInt components, FrozenTable *table)
{
  PetscFunctionBegin;
  PetscCheck(variables >= 1 && variables <= FROZEN_MAX_VARIABLES, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "a table of %" PetscInt_FMT " variables", variables);
  PetscCall(PetscNew(table));
  (*table)->m = variables;
  (*table)->components = components;
  PetscCall(WaveSetCreate(variables, &(*table)->waves));
  PetscFunctionReturn(0);
}

static PetscErrorCode reset(FrozenTable t)
{
  PetscFunctionBegin;
  for (PetscInt l = 0; l < t->n_lattices; l++) PetscCall(LatticeDestroy(&t->lattices[l]));
  t->n_lattices = 0;
  PetscCall(WaveSetDestroy(&t->waves));
  PetscCall(WaveSetCreate(t->m, &t->waves));
  PetscCall(PetscFree(t->c));
  PetscFunctionReturn(0);
}

PetscErrorCode FrozenTableDestroy(FrozenTable *table)
{
  PetscFunctionBegin;
  if (!*table) PetscFunctionReturn(0);
  PetscCall(reset(*table));
  PetscCall(PetscFree((*table)->lattices));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(0);
}

/* The error: twice the largest distance of the samples from the sum that does not know them, as the largest of all
   points is not among them. */
static PetscErrorCode check(Filling *f, const Lattice *lattice, const PetscReal samples[])
{
  const FrozenTable t = f->table;
  const PetscInt n = t->components;
  PetscReal *values;

  PetscFunctionBegin;
  f->report->error = 0;
  f->report->checks = lattice->size;
  PetscCall(PetscMalloc1(lattice->size * n, &values));
  PetscCall(LatticeEvaluate(lattice, &t->waves, n, t->c, values));
  for (PetscInt j = 0; j < lattice->size; j++) {
    PetscReal distance = 0;
    if (f->distance)
      PetscCall(f->distance(f->ctx, &samples[j * n], &values[j * n], &distance));
    else
      for (PetscInt c = 0; c < n; c++)
        distance = PetscMax(distance, PetscAbsReal(samples[j * n + c] - values[j * n + c]));
    if (!(distance <= f->report->error)) f->report->error = distance == distance ? distance : PETSC_INFINITY;
  }
  f->report->error = PetscMin(2 * f->report->error, PETSC_INFINITY);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

/* Samples one more lattice, and checks the present sum with it; *ok is false at the limit of samples. */
static PetscErrorCode sample_lattice(Filling *f, const WaveSet *waves, PetscInt size, PetscBool *ok)
{
  FrozenTable t = f->table;
  Lattice lattice;
  PetscReal *y, *samples;

  PetscFunctionBegin;
  PetscCall(LatticeChoose(waves, size, t->n_lattices, &lattice));
  *ok = (PetscBool)(f->report->samples + lattice.size <= f->limits->max_samples);
  if (!*ok) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(lattice.size * t->m, &y));
  PetscCall(PetscMalloc1(lattice.size * t->components, &samples));
  LatticePoints(&lattice, y);
  PetscCall(f->sample(f->ctx, lattice.size, y, samples, ok));
  f->report->samples += lattice.size;
  if (*ok) {
    if (t->c) PetscCall(check(f, &lattice, samples));
    PetscCall(LatticeTransform(&lattice, t->components, samples));
    if (t->n_lattices == t->capacity) {
      t->capacity = 2 * t->capacity + 8;
      PetscCall(PetscRealloc((size_t)t->capacity * sizeof(Lattice), &t->lattices));
    }
    t->lattices[t->n_lattices++] = lattice;
  }
  PetscCall(PetscFree(y));
  PetscCall(PetscFree(samples));
  PetscFunctionReturn(0);
}

/* The fit with other waves, from the coefficients of those that both have. The table takes the set. */
static PetscErrorCode fit(FrozenTable t, WaveSet *waves)
{
  Coefficient *c;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(t->components * waves->n, &c));
  for (PetscInt i = 0; i < waves->n && t->c; i++) {
    const PetscInt old = WaveSetFind(&t->waves, &waves->k[i * t->m]);
    for (PetscInt d = 0; d < t->components && old >= 0; d++) c[d * waves->n + i] = t->c[d * t->waves.n + old];
  }
  PetscCall(FrozenFit(waves, t->n_lattices, t->lattices, t->components, c, &t->noise));
  PetscCall(WaveSetDestroy(&t->waves));
  PetscCall(PetscFree(t->c));
  t->waves = *waves;
  t->c = c;
  PetscFunctionReturn(0);
}

/* The next set of waves: at most twice as many as there are. Those that drown in the noise of the fit have to be
   predicted from others to stay. */
static PetscErrorCode next_waves(Filling *f, WaveSet *waves)
{
  const FrozenTable t = f->table;
  const PetscInt n = t->waves.n, before = WaveSetSize(&t->waves);
  WaveSet clear;
  PetscReal *size;
  PetscInt index;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &size));
  PetscCall(WaveSetCreate(t->m, &clear));
  for (PetscInt i = 0; i < n; i++) {
    PetscReal largest = 0;
    for (PetscInt d = 0; d < t->components; d++)
      largest = PetscMax(largest, hypot(t->c[d * n + i].re, t->c[d * n + i].im));
    if (i > 0 && largest < CLEAR_OF_NOISE * t->noise) continue;
    PetscCall(WaveSetAdd(&clear, &t->waves.k[i * t->m], &index));
    size[index] = largest;
  }
  PetscCall(FrozenGrow(&clear, size, f->rest, 2 * before, (PetscBool)(f->stalled > 1), waves, &f->complete));
  PetscCall(WaveSetDestroy(&clear));
  PetscCall(PetscFree(size));
  PetscFunctionReturn(0);
}

/* New samples for these waves and the check by them. A few come first when the sum may be good enough already, and
   are all if it is. *met: it is, and knows these samples now. */
static PetscErrorCode sample_for(Filling *f, const WaveSet *waves, PetscBool *ok, PetscBool *met)
{
  FrozenTable t = f->table;
  const PetscReal unknowns = (PetscReal)WaveSetSize(waves);
  const PetscInt fewest = (PetscInt)PetscMax(CHECK_SHARE * unknowns, FEWEST_CHECKS);
  const PetscBool near = (PetscBool)(f->report->error <= NEAR * f->limits->tolerance);

  PetscFunctionBegin;
  *met = PETSC_FALSE;
  for (PetscInt part = near ? 0 : 1; part < 2; part++) {
    const PetscReal need = OVERSAMPLING * unknowns - (PetscReal)f->report->samples;
    if (part && near && need <= 0) break;
    PetscCall(sample_lattice(f, waves, part ? (PetscInt)PetscMax(need, (PetscReal)fewest) : fewest, ok));
    *met = (PetscBool)(*ok && f->report->error <= f->limits->tolerance);
    if (!*ok || *met) break;
  }
  if (*met) PetscCall(FrozenFit(&t->waves, t->n_lattices, t->lattices, t->components, t->c, &t->noise));
  PetscFunctionReturn(0);
}

/* One stage: new waves, as many samples as they need, the fit. */
static PetscErrorCode advance(Filling *f, PetscBool *ok, PetscBool *met)
{
  FrozenTable t = f->table;
  WaveSet waves;

  PetscFunctionBegin;
  PetscCall(next_waves(f, &waves));
  PetscCall(sample_for(f, &waves, ok, met));
  PetscCall(PetscInfo(NULL,
                      "frozen stage %" PetscInt_FMT ": %" PetscInt_FMT " samples, %" PetscInt_FMT
                      " waves with error %.2g, noise %.2g; next %" PetscInt_FMT "%s\n",
                      f->report->stages, f->report->samples, WaveSetSize(&t->waves), (double)f->report->error,
                      (double)t->noise, WaveSetSize(&waves), f->complete ? "" : " (cut)"));
  if (*ok && !*met)
    PetscCall(fit(t, &waves));
  else
    PetscCall(WaveSetDestroy(&waves));
  PetscFunctionReturn(0);
}

PetscErrorCode FrozenTableFill(FrozenTable t, FrozenSampler sample, FrozenDistance distance, void *ctx,
                               const FrozenLimits *limits, FrozenReport *report)
{
  Filling f = {t, sample, distance, ctx, limits, report, limits->tolerance, PETSC_FALSE, 0};
  WaveSet first;
  PetscBool ok;

  PetscFunctionBegin;
  PetscCall(reset(t));
  *report = (FrozenReport){.error = PETSC_INFINITY};
  PetscCall(WaveSetCreate(t->m, &first));
  PetscCall(WaveSetFillBall(&first, t->m <= 4 ? 4 : 3));
  PetscCall(sample_lattice(&f, &first, (PetscInt)(OVERSAMPLING * (PetscReal)WaveSetSize(&first)), &ok));
  if (ok)
    PetscCall(fit(t, &first));
  else
    PetscCall(WaveSetDestroy(&first));
  for (report->stages = 1; ok && !report->met && f.stalled < MOST_STALLED && report->stages < MOST_STAGES;
       report->stages++) {
    const PetscBool complete = f.complete;
    const PetscReal before = report->error;
    PetscCall(advance(&f, &ok, &report->met));
    f.stalled = complete && report->error > 0.5 * before ? f.stalled + 1 : 0;
    if (complete && report->error > 0.3 * before) f.rest *= 0.3; /* it was said to be enough */
  }
  report->waves = WaveSetSize(&t->waves);
  PetscFunctionReturn(0);
}
