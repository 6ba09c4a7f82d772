#include "program.h"

/* One evaluation. */
typedef struct {
  Program program;
  const Plan *plan;
  const PetscInt *n;
  const PetscReal *const *axis;
  PetscReal *const *out;
} Call;

static size_t domain_size(const Call *call, PetscInt domain)
{
  size_t size = 1;

  for (PetscInt c = 0; c < call->plan->dim; c++)
    if (domain >> c & 1) size *= (size_t)call->n[c];
  return size;
}

static PetscReal *address(const Call *call, Place place, size_t start)
{
  switch (place.kind) {
  case PLACE_REGISTER:
    return call->program->work + (size_t)place.index * BLOCK;
  case PLACE_STORED:
    return call->program->stored[place.index] + start;
  case PLACE_AXIS:
    return (PetscReal *)call->axis[place.index] + start; /* only read */
  case PLACE_OUTPUT:
    return call->out[place.index] + start;
  case PLACE_NONE:
    break;
  }
  return NULL;
}

static void fill(PetscReal value, size_t n, PetscReal r[])
{
  for (size_t i = 0; i < n; i++) r[i] = value;
}

/* Points start .. start + n of domain `to` from the values on a domain `from` inside it: whole rows along the
   fastest component at a time. */
static void expand(const Call *call, PetscInt from, const PetscReal values[], PetscInt to, size_t start,
                   size_t n, PetscReal r[])
{
  size_t sizes[REITER_MAX_DIM] = {1, 1, 1}, strides[REITER_MAX_DIM] = {0, 0, 0}, at[REITER_MAX_DIM],
         stride = 1;
  PetscInt rank = 0;

  for (PetscInt c = 0; c < call->plan->dim; c++) {
    if (!(to >> c & 1)) continue;
    sizes[rank] = (size_t)call->n[c];
    if (from >> c & 1) {
      strides[rank] = stride;
      stride *= sizes[rank];
    }
    rank++;
  }
  at[0] = start % sizes[0];
  at[1] = start / sizes[0] % sizes[1];
  at[2] = start / (sizes[0] * sizes[1]);
  while (n) {
    const PetscReal *row = values + at[1] * strides[1] + at[2] * strides[2];
    size_t run = PetscMin(sizes[0] - at[0], n);

    if (strides[0]) {
      for (size_t i = 0; i < run; i++) r[i] = row[at[0] + i];
    } else
      fill(row[0], run, r);
    r += run;
    n -= run;
    at[0] = 0;
    if (++at[1] == sizes[1]) {
      at[1] = 0;
      at[2]++;
    }
  }
}

static void run_steps(const Call *call, PetscInt d, PetscInt first, PetscInt last, size_t start, size_t n)
{
  for (PetscInt i = first; i < last; i++) {
    const Step *step = &call->plan->domains[d].steps[i];
    PetscReal *result = address(call, step->result, start);

    if (step->op == NO_OPERATION) {
      expand(call, step->from, address(call, step->a[0], 0), d, start, n, result);
    } else {
      KernelApply(step->op, (PetscInt)n, address(call, step->a[0], start), address(call, step->a[1], start),
                  address(call, step->a[2], start), result);
    }
  }
}

/* Frozen values one by one: what is not worth a block, and the same as ExpressionEvaluate(). */
static void run_frozen(const Call *call, const PetscReal frozen[])
{
  const DomainPlan *domain = &call->plan->domains[0];
  PetscReal *const *stored = call->program->stored;

  for (PetscInt i = 0; i < call->plan->n_given; i++) {
    const GivenValue *given = &call->plan->given[i];

    *stored[given->slot] = given->variable < 0 ? given->value : frozen[given->variable];
  }
  for (PetscInt i = 0; i < domain->n; i++) {
    const Step *step = &domain->steps[i];
    PetscReal a[3] = {0, 0, 0};

    for (PetscInt j = OperationArity(step->op) - 1; j >= 0; j--) a[j] = *stored[step->a[j].index];
    *stored[step->result.index] = OperationValue(step->op, a[0], a[1], a[2]);
  }
}

static PetscErrorCode lay_out(const Call *call)
{
  Program program = call->program;
  const Plan *plan = call->plan;
  size_t registers = 0, size;

  PetscFunctionBegin;
  if (program->stored_size < plan->n_stored) {
    PetscCall(PetscFree(program->stored));
    PetscCall(PetscMalloc1(plan->n_stored, &program->stored));
    program->stored_size = plan->n_stored;
  }
  for (PetscInt d = 0; d < DOMAINS; d++)
    registers = PetscMax(registers, (size_t)plan->domains[d].n_registers * BLOCK);
  size = registers;
  for (PetscInt i = 0; i < plan->n_stored; i++) size += domain_size(call, plan->stored_domain[i]);
  if (program->work_size < size) {
    PetscCall(PetscFree(program->work));
    PetscCall(PetscMalloc1(size, &program->work));
    program->work_size = size;
  }
  size = registers;
  for (PetscInt i = 0; i < plan->n_stored; i++) {
    program->stored[i] = program->work + size;
    size += domain_size(call, plan->stored_domain[i]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode evaluate(Call *call, const PetscReal frozen[])
{
  /* Axes before planes before the whole grid: smaller domains come first. */
  static const PetscInt order[DOMAINS - 1] = {1, 2, 4, 3, 5, 6, 7};
  const PetscInt full = (1 << call->plan->dim) - 1;

  PetscFunctionBegin;
  if (!domain_size(call, full)) PetscFunctionReturn(0); /* no points: nothing to write */
  PetscCall(lay_out(call));
  run_frozen(call, frozen);
  for (PetscInt i = 0; i < DOMAINS - 1; i++) {
    const DomainPlan *domain = &call->plan->domains[order[i]];
    size_t total = domain->n ? domain_size(call, order[i]) : 0;

    if (total) run_steps(call, order[i], 0, domain->n_once, 0, PetscMin(total, BLOCK));
    for (size_t start = 0; start < total; start += BLOCK) {
      run_steps(call, order[i], domain->n_once, domain->n, start, PetscMin(total - start, BLOCK));
    }
  }
  for (PetscInt f = 0; f < call->program->n_outputs; f++) {
    Place place = call->plan->outputs[f];

    if (place.kind == PLACE_OUTPUT && place.index == f) continue;
    expand(call, call->plan->output_domain[f], address(call, place, 0), full, 0, domain_size(call, full),
           call->out[f]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ProgramEvaluateGrid(Program program, PetscInt k, PetscInt dim, const PetscInt n[],
                                   const PetscReal *const axis[], const PetscReal frozen[],
                                   PetscReal *const out[])
{
  Call call = {program, NULL, n, axis, out};

  PetscFunctionBegin;
  if (!program->plans[k][dim]) PetscCall(PlanCreate(program, k, dim, &program->plans[k][dim]));
  call.plan = program->plans[k][dim];
  PetscCall(evaluate(&call, frozen));
  PetscFunctionReturn(0);
}

/* Scattered points are a grid of one dimension on which every variable is an axis of its own. */
PetscErrorCode ProgramEvaluatePoints(Program program, PetscInt n, const PetscReal *const variables[],
                                     PetscReal *const out[])
{
  Call call = {program, NULL, &n, variables, out};

  PetscFunctionBegin;
  if (!program->points) PetscCall(PlanCreate(program, SCATTERED, 1, &program->points));
  call.plan = program->points;
  PetscCall(evaluate(&call, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode ProgramEvaluateFast(Program program, PetscInt n, const PetscReal *const variables[],
                                   const PetscReal frozen[], PetscReal *const out[])
{
  Call call = {program, NULL, &n, variables, out};

  PetscFunctionBegin;
  if (!program->fast) PetscCall(PlanCreate(program, SCATTERED_FAST, 1, &program->fast));
  call.plan = program->fast;
  PetscCall(evaluate(&call, frozen));
  PetscFunctionReturn(0);
}
