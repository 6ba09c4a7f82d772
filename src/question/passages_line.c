/* One dimension: regions become closed intervals, times and committor integrals. */
#include <reiter/interval.h>
#include "passages.h"

enum { MOST_PIECES = 64, SAMPLES = 4096 };

/* A region of the line: where the formula is not zero. */
typedef struct {
  PetscInt n;
  PetscBool too_many;
  PetscReal piece[MOST_PIECES][2];
} Region;

static PetscErrorCode is_inside(ProgramFunction *formula, PetscReal x, PetscBool *inside)
{
  PetscReal value;

  PetscFunctionBegin;
  PetscCall(PointFunctionProgram(formula, 1, &x, &value));
  *inside = (PetscBool)(value != 0);
  PetscFunctionReturn(0);
}

/* The place between two points, one inside and one not, where the region ends: to the last bit. */
static PetscErrorCode find_end(ProgramFunction *formula, PetscReal in, PetscReal out, PetscReal *end)
{
  PetscFunctionBegin;
  for (PetscReal middle = in + (out - in) / 2; middle != in && middle != out; middle = in + (out - in) / 2) {
    PetscBool inside = PETSC_FALSE;
    PetscCall(is_inside(formula, middle, &inside));
    if (inside)
      in = middle;
    else
      out = middle;
  }
  *end = in;
  PetscFunctionReturn(0);
}

static PetscErrorCode find_region(const Setting *setting, Expression formula, PetscReal a, PetscReal b,
                                  Region *region)
{
  PetscReal last = a, x;
  PetscBool was = PETSC_FALSE, is = PETSC_FALSE;
  ProgramFunction program;

  PetscFunctionBegin;
  region->n = 0;
  region->too_many = PETSC_FALSE;
  PetscCall(FormulaCreate(setting, formula, &program));
  PetscCall(is_inside(&program, a, &was));
  if (was) region->piece[0][0] = a;
  for (PetscInt i = 1; i <= SAMPLES && !region->too_many; i++, last = x, was = is) {
    x = i == SAMPLES ? b : a + (b - a) * (PetscReal)i / SAMPLES;
    PetscCall(is_inside(&program, x, &is));
    if (is && !was && region->n == MOST_PIECES)
      region->too_many = PETSC_TRUE;
    else if (is && !was)
      PetscCall(find_end(&program, x, last, &region->piece[region->n][0]));
    else if (!is && was)
      PetscCall(find_end(&program, last, x, &region->piece[region->n++][1]));
  }
  if (was && !region->too_many) region->piece[region->n++][1] = b;
  PetscCall(FormulaDestroy(&program));
  PetscFunctionReturn(0);
}

/* The target of passage.to. What cannot be one is refused; the same sentences as those of other domains. */
static PetscErrorCode find_target(const Setting *setting, Expression formula, const DomainMesh *mesh,
                                  Region *to, CellFailure *failure)
{
  const PetscReal a = mesh->bounds[0][0], b = mesh->bounds[0][1];
  const PetscBool absorbs =
      (PetscBool)(mesh->sides[0][0] == BOUNDARY_ABSORBING || mesh->sides[0][1] == BOUNDARY_ABSORBING);

  PetscFunctionBegin;
  to->n = 0;
  to->too_many = PETSC_FALSE;
  if (formula) PetscCall(find_region(setting, formula, a, b, to));
  if (to->too_many) {
    PetscCall(ReportAtKey(setting, "passage.to", "a condition that holds on a few intervals", failure,
                          "the region to reach has more than %d intervals", (int)MOST_PIECES));
  } else if (!to->n && !absorbs) {
    PetscCall(ReportAtKey(setting, "passage.to", "a condition that holds somewhere in the domain", failure,
                          "the region to reach is empty, and no side absorbs: the time is infinite"));
  } else if (to->n == 1 && to->piece[0][0] <= a && to->piece[0][1] >= b) {
    PetscCall(ReportAtKey(setting, "passage.to", "a condition that does not hold everywhere", failure,
                          "the region to reach is the whole domain"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode times(const Setting *setting, Interval interval, const DomainMesh *mesh, Passages p,
                            CellFailure *failure)
{
  const CasePassage *const wanted = p->wanted;
  const PetscInt n = mesh->n_owned;
  IntervalResult *results;
  PetscReal *values;
  Region to;

  PetscFunctionBegin;
  PetscCall(find_target(setting, wanted->to, mesh, &to, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(PetscMax(n, wanted->n_from), &results));
  PetscCall(DomainCreateVector(setting->domain, &p->log_time));
  PetscCall(IntervalPassage(interval, to.n, to.piece, n, mesh->x, results));
  PetscCall(VecGetArrayWrite(p->log_time, &values));
  for (PetscInt i = 0; i < n; i++) values[i] = results[i].log_value;
  PetscCall(VecRestoreArrayWrite(p->log_time, &values));
  PetscCall(IntervalPassage(interval, to.n, to.piece, wanted->n_from, wanted->from, results));
  for (PetscInt i = 0; i < wanted->n_from; i++) {
    p->log_times[i] = results[i].log_value;
    p->errors[i] = results[i].error;
    p->time_error = PetscMax(p->time_error, results[i].error);
  }
  PetscCall(PetscFree(results));
  PetscFunctionReturn(0);
}

static PetscErrorCode committor(const Setting *setting, Interval interval, const DomainMesh *mesh, Passages p,
                                CellFailure *failure)
{
  IntervalResult capacity, mass;
  Region a, b;
  PetscReal *q;

  PetscFunctionBegin;
  PetscCall(find_region(setting, p->wanted->committor_a, mesh->bounds[0][0], mesh->bounds[0][1], &a));
  PetscCall(find_region(setting, p->wanted->committor_b, mesh->bounds[0][0], mesh->bounds[0][1], &b));
  if (a.n != 1 || b.n != 1 ||
      PetscMax(a.piece[0][0], b.piece[0][0]) <= PetscMin(a.piece[0][1], b.piece[0][1])) {
    PetscCall(ReportAtKey(setting, "passage.committor",
                          "two conditions that hold on one interval each, apart", failure,
                          "the regions a and b are %" PetscInt_FMT " and %" PetscInt_FMT " intervals%s", a.n,
                          b.n, a.n == 1 && b.n == 1 ? " that meet" : ""));
    PetscFunctionReturn(0);
  }
  PetscCall(DomainCreateVector(setting->domain, &p->committor));
  PetscCall(VecGetArrayWrite(p->committor, &q));
  PetscCall(IntervalCommittor(interval, a.piece[0], b.piece[0], mesh->n_owned, mesh->x, q, &capacity));
  PetscCall(VecRestoreArrayWrite(p->committor, &q));
  PetscCall(IntervalMass(interval, &mass));
  p->log_capacity = capacity.log_value;
  p->log_rate = capacity.log_value - mass.log_value;
  p->committor_error = capacity.error + mass.error;
  PetscFunctionReturn(0);
}

PetscErrorCode PassagesOnLine(const Setting *setting, Passages p, CellFailure *failure)
{
  const DomainMesh *mesh;
  CoefficientFault fault;
  Interval interval;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(IntervalCreate(setting->coefficients, mesh->bounds[0][0], mesh->bounds[0][1], mesh->sides[0], 0,
                           NULL, &interval));
  PetscCall(IntervalSetTolerance(interval, p->wanted->tolerance));
  PetscCall(IntervalSetUp(interval, &fault));
  if (fault.trouble != COEFFICIENT_GOOD) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscStrncpy(failure->message, fault.message, sizeof(failure->message)));
  }
  if (p->has_time && failure->status == CELL_OK) PetscCall(times(setting, interval, mesh, p, failure));
  if (p->has_committor && failure->status == CELL_OK)
    PetscCall(committor(setting, interval, mesh, p, failure));
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}
