#include "fem_steps.h"
#include <petscblaslapack.h>

PetscErrorCode StepsCreate(const Basins *basins, PetscInt size, Steps *s)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof(*s)));
  s->dim = basins->dim;
  s->wells = basins->count - 1;
  s->fields = s->wells + s->dim;
  s->size = size;
  PetscCall(PetscCalloc3(size, &s->held, s->fields, &s->scale, s->fields * s->fields, &s->coarse));
  PetscCall(PetscCalloc3(s->fields * size, &s->load, s->dim * s->fields, &s->share, s->dim * size, &s->u));
  for (PetscInt f = 0; f < s->fields; f++) s->scale[f] = -INFINITY;
  for (PetscInt b = 0; b < basins->count; b++) {
    if (basins->root[b] >= 0) s->held[basins->root[b]] = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode StepsDestroy(Steps *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->log_d));
  PetscCall(PetscFree3(s->held, s->scale, s->coarse));
  PetscCall(PetscFree3(s->load, s->share, s->u));
  PetscFunctionReturn(0);
}

PetscErrorCode StepsElementCreate(const Steps *s, PetscInt local, StepsElement *el)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(el, sizeof(*el)));
  el->local = local;
  PetscCall(PetscMalloc4(local, &el->factor, s->fields * local, &el->step, local, &el->image, s->fields,
                         &el->active));
  PetscFunctionReturn(0);
}

PetscErrorCode StepsElementDestroy(StepsElement *el)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(el->factor, el->step, el->image, el->active));
  PetscFunctionReturn(0);
}

void StepsScale(Steps *s, const Basins *basins, StepsElement *el)
{
  if (!BasinsLift(basins, el->local, el->index, el->turns, el->step, el->active)) return;
  for (PetscInt f = 0; f < s->fields; f++) {
    if (el->active[f]) s->scale[f] = PetscMax(s->scale[f], el->level);
  }
}

void StepsAdd(Steps *s, const Basins *basins, StepsElement *el, const PetscReal matrix[])
{
  const PetscInt local = el->local;

  for (PetscInt a = 0; a < local; a++) {
    const PetscInt i = el->index[a];
    el->factor[a] = s->held[i] ? 0 : PetscExpReal(0.5 * (el->level - s->log_d[i]));
  }
  if (!BasinsLift(basins, local, el->index, el->turns, el->step, el->active)) return;
  for (PetscInt f = 0; f < s->fields; f++) {
    if (!el->active[f]) continue;
    const PetscReal size = PetscExpReal(0.5 * (el->level - s->scale[f]));
    for (PetscInt a = 0; a < local; a++) {
      el->image[a] = 0;
      for (PetscInt b = 0; b < local; b++) el->image[a] += matrix[a * local + b] * el->step[f * local + b];
      s->load[f * s->size + el->index[a]] += el->factor[a] * el->image[a] * size;
    }
    for (PetscInt g = 0; g < s->fields; g++) {
      PetscReal sum = 0;
      if (!el->active[g]) continue;
      for (PetscInt a = 0; a < local; a++) sum += el->step[g * local + a] * el->image[a];
      s->coarse[f * s->fields + g] += sum * size * PetscExpReal(0.5 * (el->level - s->scale[g]));
    }
  }
}

/* Eliminates the remainders: coarse - load . A^{-1} load; response[f] = -A^{-1} load[f]. */
static PetscErrorCode condense(Steps *s, FemLinear *linear, PetscReal response[], PetscInt *iterations,
                               CellFailure *failure)
{
  const PetscInt n = s->fields;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < n; f++) {
    PetscReal *x = response + f * s->size;
    PetscCall(FemLinearSolve(linear, s->load + f * s->size, x, iterations, failure));
    if (failure->status != CELL_OK) PetscFunctionReturn(0);
    for (PetscInt i = 0; i < s->size; i++) x[i] = -x[i];
  }
  for (PetscInt f = 0; f < n; f++) {
    for (PetscInt g = 0; g < n; g++) {
      for (PetscInt i = 0; i < s->size; i++) {
        s->coarse[f * n + g] += s->load[f * s->size + i] * response[g * s->size + i];
      }
    }
  }
  PetscFunctionReturn(0);
}

/* The heights of the wells for each direction. A well that no unknown tells from another has no step. */
static PetscErrorCode solve_heights(Steps *s, CellFailure *failure)
{
  const PetscInt wells = s->wells, n = s->fields;
  PetscBLASInt m = (PetscBLASInt)wells, nrhs = (PetscBLASInt)s->dim, info = 0;
  PetscReal *a, *b, *d;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(wells * wells, &a, wells * s->dim, &b, wells, &d));
  for (PetscInt f = 0; f < wells; f++) {
    const PetscReal own = s->coarse[f * n + f];
    if (own < 0) info = 1;
    d[f] = own > 0 ? 1 / PetscSqrtReal(own) : 0;
  }
  for (PetscInt f = 0; f < wells; f++) {
    for (PetscInt g = 0; g < wells; g++) {
      a[f * wells + g] = 0.5 * (s->coarse[f * n + g] + s->coarse[g * n + f]) * d[f] * d[g];
    }
    if (d[f] == 0) a[f * wells + f] = 1;
    for (PetscInt j = 0; j < s->dim; j++) b[j * wells + f] = -d[f] * s->coarse[f * n + wells + j];
  }
  if (wells > 0 && info == 0) LAPACKpotrf_("U", &m, a, &m, &info);
  if (wells > 0 && info == 0) LAPACKpotrs_("U", &m, &nrhs, a, &m, b, &m, &info);
  if (info != 0) {
    failure->status = CELL_LIMIT; /* a finer grid may do */
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The %" PetscInt_FMT " wells of a cell are not resolved on this grid",
                            wells + 1));
  }
  for (PetscInt j = 0; j < s->dim && info == 0; j++) {
    for (PetscInt f = 0; f < n; f++) s->share[j * n + f] = f == wells + j ? 1 : 0;
    for (PetscInt f = 0; f < wells; f++) s->share[j * n + f] = d[f] * b[j * wells + f];
  }
  PetscCall(PetscFree3(a, b, d));
  PetscFunctionReturn(0);
}

/* The constants, as the scaled matrix sees them. */
static PetscErrorCode scaled_constants(const Steps *s, PetscReal null[])
{
  PetscReal top = -INFINITY;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->size; i++) top = PetscMax(top, s->log_d[i]);
  for (PetscInt i = 0; i < s->size; i++) null[i] = s->held[i] ? 0 : PetscExpReal(0.5 * (s->log_d[i] - top));
  PetscFunctionReturn(0);
}

PetscErrorCode StepsSolve(Steps *s, FemLinear *linear, PetscReal rtol, PetscInt *iterations,
                          CellFailure *failure)
{
  PetscReal *null, *response;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(s->size, &null, s->fields * s->size, &response));
  PetscCall(scaled_constants(s, null));
  for (PetscInt i = 0; i < s->size; i++) {
    for (PetscInt k = linear->row[i]; k < linear->row[i + 1] && s->held[i]; k++) {
      if (linear->column[k] == i) linear->value[k] = 1;
    }
  }
  PetscCall(FemLinearSetValues(linear, null, rtol));
  PetscCall(condense(s, linear, response, iterations, failure));
  if (failure->status == CELL_OK) PetscCall(solve_heights(s, failure));
  PetscCall(PetscArrayzero(s->u, s->dim * s->size));
  for (PetscInt j = 0; j < s->dim && failure->status == CELL_OK; j++) {
    for (PetscInt f = 0; f < s->fields; f++) {
      const PetscReal y = s->share[j * s->fields + f];
      for (PetscInt i = 0; i < s->size && y != 0; i++) s->u[j * s->size + i] += y * response[f * s->size + i];
    }
  }
  PetscCall(PetscFree2(null, response));
  PetscFunctionReturn(0);
}

void StepsPsi(const Steps *s, const Basins *basins, StepsElement *el, PetscReal psi[])
{
  const PetscInt local = el->local;
  const PetscBool lift = BasinsLift(basins, local, el->index, el->turns, el->step, el->active);

  for (PetscInt j = 0; j < s->dim; j++) {
    PetscReal *v = psi + j * local;
    for (PetscInt a = 0; a < local; a++) {
      const PetscInt i = el->index[a];
      v[a] = PetscExpReal(0.5 * (el->level - s->log_d[i])) * s->u[j * s->size + i];
    }
    for (PetscInt a = local - 1; a >= 0; a--) v[a] -= v[0];
    for (PetscInt f = 0; lift && f < s->fields; f++) {
      const PetscReal y = s->share[j * s->fields + f];
      if (!el->active[f] || y == 0) continue;
      const PetscReal size = y * PetscExpReal(0.5 * (el->level - s->scale[f]));
      for (PetscInt a = 0; a < local; a++) v[a] += size * el->step[f * local + a];
    }
  }
}
