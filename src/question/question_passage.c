/* Mean first passage times, committor, capacity and reaction rate. */
#include <string.h>
#include "passages.h"

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePassage *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetPassage(c, &wanted));
  *asked = wanted->given;
  PetscFunctionReturn(0);
}

/* A region is nonzero inside; without a formula it is empty. */
static PetscErrorCode empty_region(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  PetscFunctionBegin;
  (void)ctx;
  (void)x;
  PetscCall(PetscArrayzero(values, n));
  PetscFunctionReturn(0);
}

static PetscErrorCode passage_time(const Setting *setting, Passages p, Passage passage, CellFailure *failure)
{
  const CasePassage *const wanted = p->wanted;
  const char *refused = NULL;
  ProgramFunction to = {.program = NULL};

  PetscFunctionBegin;
  PetscCall(DomainCreateVector(setting->domain, &p->log_time));
  if (wanted->to) PetscCall(FormulaCreate(setting, wanted->to, &to));
  PetscCall(PassageTime(passage, to.program ? PointFunctionProgram : empty_region, &to, p->log_time,
                        &p->time_error, &refused, failure));
  if (to.program) PetscCall(FormulaDestroy(&to));
  if (refused) PetscCall(ReportAtKey(setting, "passage.to", NULL, failure, "%s", refused));
  for (PetscInt i = 0; i < wanted->n_from && failure->status == CELL_OK; i++) {
    PetscBool inside;
    const PetscReal *const x = &wanted->from[i * p->dim];
    char key[64];
    PetscCall(PassageEvaluate(passage, p->log_time, PETSC_TRUE, x, &p->log_times[i], &inside));
    p->errors[i] = p->time_error;
    PetscCall(PetscSNPrintf(key, sizeof(key), "passage.from.%" PetscInt_FMT, i));
    if (!inside)
      PetscCall(ReportAtKey(setting, key, "a point of the domain", failure,
                            "the starting point lies outside of the domain"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode passage_committor(const Setting *setting, Passages p, Passage passage,
                                        CellFailure *failure)
{
  const CasePassage *const wanted = p->wanted;
  const char *refused = NULL;
  ProgramFunction a, b;

  PetscFunctionBegin;
  PetscCall(DomainCreateVector(setting->domain, &p->committor));
  PetscCall(FormulaCreate(setting, wanted->committor_a, &a));
  PetscCall(FormulaCreate(setting, wanted->committor_b, &b));
  PetscCall(PassageCommittor(passage, PointFunctionProgram, &a, PointFunctionProgram, &b, p->committor,
                             &p->log_capacity, &p->log_rate, &p->committor_error, &refused, failure));
  PetscCall(FormulaDestroy(&a));
  PetscCall(FormulaDestroy(&b));
  if (refused) PetscCall(ReportAtKey(setting, "passage.committor", NULL, failure, "%s", refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode answer_on_domain(const Setting *setting, Passages p, CellFailure *failure)
{
  Precision precision = PRECISION_AUTO;
  Passage passage;

  PetscFunctionBegin;
  if (!strcmp(p->wanted->precision, "double")) precision = PRECISION_DOUBLE;
  if (!strcmp(p->wanted->precision, "long_double")) precision = PRECISION_LONG_DOUBLE;
  PetscCall(PassageCreate(setting->diffusion, &passage));
  PetscCall(PassageSetPrecision(passage, precision));
  PetscCall(PassageSetFromOptions(passage));
  if (p->has_time) PetscCall(passage_time(setting, p, passage, failure));
  if (p->has_committor && failure->status == CELL_OK)
    PetscCall(passage_committor(setting, p, passage, failure));
  PetscCall(PassageDestroy(&passage));
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const Setting *setting, Passages *passages)
{
  const CasePassage *wanted;
  Passages p;

  PetscFunctionBegin;
  PetscCall(CaseGetPassage(setting->c, &wanted));
  PetscCall(PetscNew(&p));
  p->wanted = wanted;
  PetscCall(CaseGetDimension(setting->c, &p->dim));
  p->has_committor = (PetscBool)(wanted->committor_a != NULL);
  p->has_time = (PetscBool)(wanted->n_from > 0 || wanted->to || !p->has_committor);
  PetscCall(PetscCalloc2(wanted->n_from, &p->log_times, wanted->n_from, &p->errors));
  *passages = p;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer);

/* The same on a worse domain; the errors are the differences. A failure there is none of the answer. */
static PetscErrorCode compare(const Setting *setting, Passages p)
{
  CellFailure failure = {CELL_OK, ""};
  Setting worse = *setting;
  Comparison comparison;
  Passages q;
  void *made;

  PetscFunctionBegin;
  PetscCall(ComparisonCreate(setting, &comparison));
  if (comparison.exists) {
    PetscCall(DiagnosticsCreate(&worse.diagnostics));
    worse.domain = comparison.domain;
    worse.diffusion = comparison.diffusion;
    PetscCall(create(&worse, &q));
    PetscCall(answer_on_domain(&worse, q, &failure));
    p->discretisation_known = (PetscBool)(failure.status == CELL_OK);
    for (PetscInt i = 0; p->discretisation_known && i < p->wanted->n_from; i++)
      p->errors[i] += PetscAbsReal(p->log_times[i] - q->log_times[i]);
    if (p->discretisation_known && p->has_committor)
      p->committor_error += PetscAbsReal(p->log_capacity - q->log_capacity);
    made = q;
    PetscCall(destroy(&made));
    PetscCall(DiagnosticsDestroy(&worse.diagnostics));
  }
  PetscCall(ComparisonDestroy(&comparison));
  PetscFunctionReturn(0);
}

static PetscErrorCode answer(const Setting *setting, void **made, CellFailure *failure)
{
  const DomainMesh *mesh;
  PetscBool estimate = PETSC_TRUE;
  Passages p;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-passage_estimate", &estimate, NULL));
  PetscCall(create(setting, &p));
  *made = p;
  if (mesh->dim == 1 && mesh->box && mesh->sides[0][0] != BOUNDARY_PERIODIC) {
    p->discretisation_known = PETSC_TRUE;
    PetscCall(PassagesOnLine(setting, p, failure));
  } else {
    PetscCall(answer_on_domain(setting, p, failure));
    if (failure->status == CELL_OK) PetscCall(CheckSignal(setting->comm, setting->interrupted, failure));
    if (estimate && failure->status == CELL_OK) PetscCall(compare(setting, p));
  }
  PetscFunctionReturn(0);
}

/* "mean_first_passage_time", of the first point, or "mean_first_passage_time_K", of point number K; -1: no such one. */
static PetscInt time_number(const Passages p, const char name[])
{
  int number = 0, end = 0;

  if (!p->has_time) return -1;
  if (!strcmp(name, "mean_first_passage_time")) return p->wanted->n_from > 0 ? 0 : -1;
  if (sscanf(name, "mean_first_passage_time_%d%n", &number, &end) != 1 || name[end]) return -1;
  return number >= 0 && number < p->wanted->n_from ? number : -1;
}

static PetscErrorCode quantity(void *answer, const char name[], PetscReal *value, PetscBool *known)
{
  const Passages p = answer;

  PetscFunctionBegin;
  *known = PETSC_FALSE;
  if (time_number(p, name) >= 0) {
    *value = NumberOfLog(p->log_times[time_number(p, name)]);
    *known = PETSC_TRUE;
  }
  if (p->has_committor && (!strcmp(name, "capacity") || !strcmp(name, "reaction_rate"))) {
    *value = NumberOfLog(name[0] == 'c' ? p->log_capacity : p->log_rate);
    *known = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode quantity_error(void *answer, const char name[], PetscReal *error)
{
  const Passages p = answer;
  const PetscInt time = time_number(p, name);
  PetscReal value = NAN;
  PetscBool known;

  PetscFunctionBegin;
  PetscCall(quantity(answer, name, &value, &known));
  *error = PetscAbsReal(value) * (time >= 0 ? p->errors[time] : p->committor_error);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer)
{
  Passages p = *answer;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&p->log_time));
  PetscCall(VecDestroy(&p->committor));
  PetscCall(PetscFree2(p->log_times, p->errors));
  PetscCall(PetscFree(p));
  *answer = NULL;
  PetscFunctionReturn(0);
}

const Question PassageQuestion = {.key = "passage",
                                  .IsAsked = is_asked,
                                  .Answer = answer,
                                  .WriteFiles = PassagesWriteFiles,
                                  .WriteJson = PassagesWriteJson,
                                  .Print = PassagesPrint,
                                  .Quantity = quantity,
                                  .QuantityError = quantity_error,
                                  .Destroy = destroy};
