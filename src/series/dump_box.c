#include "dump_box.h"
#include <math.h>
#include <string.h>

static PetscInt axis_of(const char name[], const char rest[])
{
  return name[0] >= 'x' && name[0] <= 'z' && !strcmp(name + 1, rest) ? name[0] - 'x' : -1;
}

static PetscBool has_name(PetscInt n, char *const names[], const char name[])
{
  for (PetscInt k = 0; k < n; ++k) {
    if (!strcmp(names[k], name)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The column wanted[role] from the one with the same name and an s after its letter. */
static PetscErrorCode rename_scaled(PetscInt n, char *names[], const char wanted[], PetscBool *found)
{
  char scaled[4];

  PetscFunctionBegin;
  snprintf(scaled, sizeof(scaled), "%cs%.1s", wanted[0], wanted + 1);
  *found = PETSC_FALSE;
  for (PetscInt k = 0; k < n && !*found && !has_name(n, names, wanted); ++k) {
    if (strcmp(names[k], scaled)) continue;
    PetscCall(PetscFree(names[k]));
    PetscCall(PetscStrallocpy(wanted, &names[k]));
    *found = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DumpRename(SeriesColumns *c, PetscInt n, char *names[], PetscInt64 line, DumpCoordinate x[],
                          char **refused)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < c->n_wanted; ++r) {
    const char *const wanted = c->wanted[r];
    const PetscInt plain = axis_of(wanted, ""), unwrapped = axis_of(wanted, "u");
    const PetscInt scaled = PetscMax(axis_of(wanted, "s"), axis_of(wanted, "su"));
    PetscBool found = PETSC_FALSE;

    x[r].kind = plain >= 0 ? DUMP_WRAPPED : DUMP_PLAIN;
    x[r].axis = PetscMax(plain, unwrapped);
    if (x[r].axis >= 0) PetscCall(rename_scaled(n, names, wanted, &found));
    if (found) x[r].kind = plain >= 0 ? DUMP_SCALED : DUMP_SCALED_FOREVER;
    if (scaled >= 0 && has_name(n, names, wanted))
      PetscCall(SeriesRefuse(refused,
                             "line %" PetscInt64_FMT
                             ": column %s is in lengths of the box; ask for %c%s, which "
                             "is made of it",
                             line, wanted, wanted[0], wanted + 2));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode tell_one(SeriesSource *s, const DumpBox *box, PetscInt64 line, PetscInt role,
                               DumpCoordinate *x, char **refused)
{
  const char *const name = s->columns.wanted[role];
  const PetscReal length = box->high[x->axis] - box->low[x->axis];

  PetscFunctionBegin;
  if (x->kind != DUMP_WRAPPED && box->triclinic)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT ": there is no column %s, and scaled coordinates of a "
                           "triclinic box are not read; a dump of %s has it",
                           line, name, name));
  x->flagged = (PetscBool)(s->columns.column_of[DUMP_IMAGE + x->axis] >= 0);
  if (*refused || x->kind == DUMP_SCALED_FOREVER || s->periods[role] > 0) PetscFunctionReturn(0);
  if (box->triclinic)
    PetscCall(SeriesWarn(&s->warnings,
                         "column %s: the box is triclinic, the position is not unwrapped; a dump of %su is",
                         name, name));
  else if (box->periodic[x->axis])
    PetscCall(
        SeriesWarn(&s->warnings,
                   "line %" PetscInt64_FMT ", column %s: the box of length %.9g is periodic, the position "
                   "is unwrapped by %s",
                   line, name, length,
                   x->flagged ? "its image flags" : "nearest images; a dump of xu, yu, zu would be exact"));
  PetscFunctionReturn(0);
}

PetscErrorCode DumpTell(SeriesSource *s, const DumpBox *box, PetscInt64 line, DumpCoordinate x[],
                        char **refused)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < s->columns.n_wanted && !*refused; ++r) {
    if (x[r].kind != DUMP_PLAIN) PetscCall(tell_one(s, box, line, r, &x[r], refused));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DumpConvert(SeriesSource *s, const DumpBox *box, DumpCoordinate x[], SeriesRow *row)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < s->columns.n_wanted; ++r) {
    const PetscInt axis = x[r].axis;
    PetscReal step = 0;

    if (x[r].kind == DUMP_PLAIN) continue;
    const PetscReal length = box->high[axis] - box->low[axis];

    if (x[r].kind != DUMP_WRAPPED) row->value[r] = box->low[axis] + length * row->value[r];
    if (x[r].kind == DUMP_SCALED_FOREVER || s->periods[r] > 0 || box->triclinic || !box->periodic[axis])
      continue;
    if (x[r].flagged)
      row->value[r] += row->value[DUMP_IMAGE + axis] * length;
    else
      row->value[r] = SeriesUnwrap(&x[r].images, length, row->value[r], &step);
    if (fabs(step) > 0.4 && !x[r].far++)
      PetscCall(
          SeriesWarn(&s->warnings,
                     "line %" PetscInt64_FMT ", column %s: a step of more than 0.4 of the box; whether it "
                     "crossed its face cannot be known, frames at shorter times or a dump of %su are needed",
                     row->line, s->columns.wanted[r], s->columns.wanted[r]));
  }
  PetscFunctionReturn(0);
}
