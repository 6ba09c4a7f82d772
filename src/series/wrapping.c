/*
  A coordinate that is wrapped into a box stays in it for ever, and every crossing is a step through the whole of it, but
  for the length of an ordinary step. So a jump is a step that is much longer than the usual one, and it counts if at the
  end of the file no value lies far outside of it: hops between two places, which are as long every time, leave room on
  both sides.
*/
#include "wrapping.h"
#include <math.h>
#include <stdlib.h>

enum { FIRST = 64, MOST_JUMPS = 256, LEAST_STEPS = 16, SEVERAL = 3 };
/* Steps in units of the usual one: a jump; a jump beyond doubt; room that a crossing may leave. */
static const PetscReal jump = 8, sure = 20, room = 3;
/* A few hops between wells leave as little room by chance. */
static const PetscReal most_of_them = 0.8;

typedef struct {
  PetscReal size;
  PetscBool sure;
  PetscInt64 line;
} Jump;

struct _p_SeriesWatch {
  char name[64];
  PetscReal length;
  PetscReal least, most, last;
  PetscInt64 first_outside, first_far, far; /* lines, of a box that is given; 0: none */
  PetscReal squares;                        /* of the steps that are no jumps */
  PetscInt64 steps;
  PetscInt n_first; /* steps that wait for a usual one */
  struct {
    PetscReal step;
    PetscInt64 line;
  } first[FIRST];
  PetscInt n_jumps;
  Jump jumps[MOST_JUMPS];
};

PetscReal SeriesUnwrap(SeriesImages *w, PetscReal length, PetscReal value, PetscReal *step)
{
  const PetscReal crossed = w->started ? -PetscFloorReal((value - w->last) / length + 0.5) : 0;

  if (step) *step = w->started ? (value - w->last) / length + crossed : 0;
  w->images += crossed;
  w->started = PETSC_TRUE;
  w->last = value;
  return value + w->images * length;
}

PetscErrorCode SeriesWatchCreate(const char name[], PetscReal length, SeriesWatch *watch)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(watch));
  PetscCall(PetscStrncpy((*watch)->name, name, sizeof((*watch)->name)));
  (*watch)->length = length;
  (*watch)->least = PETSC_INFINITY;
  (*watch)->most = -PETSC_INFINITY;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesWatchDestroy(SeriesWatch *watch)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*watch));
  PetscFunctionReturn(0);
}

static void judge(SeriesWatch w, PetscReal step, PetscInt64 line)
{
  const PetscReal usual = sqrt(w->squares / (PetscReal)w->steps);

  if (fabs(step) > jump * usual && usual > 0) {
    if (w->n_jumps < MOST_JUMPS)
      w->jumps[w->n_jumps++] = (Jump){fabs(step), (PetscBool)(fabs(step) > sure * usual), line};
  } else {
    w->squares += step * step;
    w->steps++;
  }
}

static int by_size(const void *a, const void *b)
{
  const PetscReal x = *(const PetscReal *)a, y = *(const PetscReal *)b;

  return (x > y) - (x < y);
}

/* The usual step of the first ones is by their median, in which a few jumps do not count. */
static void judge_first(SeriesWatch w)
{
  PetscReal sizes[FIRST];

  for (PetscInt i = 0; i < w->n_first; ++i) sizes[i] = fabs(w->first[i].step);
  qsort(sizes, (size_t)w->n_first, sizeof(sizes[0]), by_size);
  const PetscReal usual = 1.4826 * sizes[w->n_first / 2];

  w->steps = LEAST_STEPS;
  w->squares = LEAST_STEPS * usual * usual;
  for (PetscInt i = 0; i < w->n_first; ++i) judge(w, w->first[i].step, w->first[i].line);
}

static void watch_box(SeriesWatch w, PetscBool begins, PetscReal value, PetscInt64 line)
{
  const PetscReal step = begins ? 0 : (value - w->last) / w->length;
  const PetscReal least = PetscMin(w->least, value), most = PetscMax(w->most, value);

  if (!w->first_outside && most - least > 1.001 * w->length) w->first_outside = line;
  if (fabs(step - floor(step + 0.5)) > 0.4) {
    if (!w->far++) w->first_far = line;
  }
}

void SeriesWatchAdd(SeriesWatch w, PetscBool begins, PetscReal value, PetscInt64 line)
{
  if (w->length > 0) {
    watch_box(w, begins, value, line);
  } else if (!begins && w->n_first < FIRST) {
    w->first[w->n_first].step = value - w->last;
    w->first[w->n_first++].line = line;
    if (w->n_first == FIRST) judge_first(w);
  } else if (!begins) {
    judge(w, value - w->last, line);
  }
  w->least = PetscMin(w->least, value);
  w->most = PetscMax(w->most, value);
  w->last = value;
}

static PetscErrorCode conclude_box(SeriesWatch w, SeriesWarnings *warnings)
{
  PetscFunctionBegin;
  if (w->first_outside)
    PetscCall(SeriesWarn(warnings,
                         "column %s: values from %.9g to %.9g do not fit into the box of length %.9g that is "
                         "given (first at line %" PetscInt64_FMT "); is it unwrapped already?",
                         w->name, w->least, w->most, w->length, w->first_outside));
  else if (w->far)
    PetscCall(SeriesWarn(warnings,
                         "column %s: %" PetscInt64_FMT " steps are longer than 0.4 of the box (first at line "
                         "%" PetscInt64_FMT "); whether they crossed its face cannot be known: rows at "
                         "shorter times, or unwrapped columns, are needed",
                         w->name, w->far, w->first_far));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesWatchConclude(SeriesWatch w, const char section[], SeriesWarnings *warnings)
{
  PetscInt n = 0, n_sure = 0, n_large = 0;
  PetscInt64 line = 0;

  PetscFunctionBegin;
  if (w->length > 0) {
    PetscCall(conclude_box(w, warnings));
    PetscFunctionReturn(0);
  }
  if (w->n_first < LEAST_STEPS) PetscFunctionReturn(0);
  if (w->n_first < FIRST) judge_first(w);
  const PetscReal usual = sqrt(w->squares / (PetscReal)w->steps);

  for (PetscInt i = 0; i < w->n_jumps; ++i) {
    n_large += w->jumps[i].size > (w->most - w->least) / 2;
    if (w->jumps[i].size < w->most - w->least - room * usual) continue;
    if (!n++) line = w->jumps[i].line;
    n_sure += w->jumps[i].sure;
  }
  if ((n_sure || n >= SEVERAL) && n >= most_of_them * n_large)
    PetscCall(SeriesWarn(
        warnings,
        "line %" PetscInt64_FMT ", column %s: a jump through all of its values, from %.9g to %.9g, where a "
        "usual step is %.3g (%" PetscInt_FMT "%s of them): the position looks wrapped into a periodic box; "
        "unwrapped columns are needed, or the length of the box%s%s%s",
        line, w->name, w->least, w->most, usual, n, w->n_jumps == MOST_JUMPS ? " or more" : "",
        section ? " (" : "", section ? section : "", section ? ".periods)" : ""));
  PetscFunctionReturn(0);
}
