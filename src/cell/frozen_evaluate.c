/*
  The sum of waves on a tensor grid of the last variables: the waves are gathered in a box of their numbers along
  these, which is then transformed axis by axis. The axes need not be uniform.
*/
#include "frozen_private.h"

typedef struct {
  PetscInt grid, width[3], total; /* of the box; component 0 of the grid fastest */
  Coefficient *box;               /* [total][components] */
} WaveBox;

static void set_phase(PetscReal turns, Coefficient *e)
{
  e->re = PetscCosReal(2 * PETSC_PI * turns);
  e->im = PetscSinReal(2 * PETSC_PI * turns);
}

/* exp(2 pi i k y) for k = -most .. most. */
static void set_phases(PetscInt most, PetscReal y, Coefficient e[])
{
  for (PetscInt k = -most; k <= most; k++) {
    const PetscReal turns = (PetscReal)k * y;
    set_phase(turns - PetscFloorReal(turns), &e[k + most]);
  }
}

static PetscInt largest_number(const WaveSet *set, PetscInt v)
{
  PetscInt most = 0;

  for (PetscInt i = 0; i < set->n; i++) most = PetscMax(most, PetscAbsInt(set->k[i * set->m + v]));
  return most;
}

static PetscErrorCode fill_box(FrozenTable t, const PetscReal slow[], WaveBox *b)
{
  const WaveSet *set = &t->waves;
  const PetscInt n_slow = set->m - b->grid;
  Coefficient *phase[FROZEN_MAX_VARIABLES] = {NULL};
  PetscInt most[FROZEN_MAX_VARIABLES];

  PetscFunctionBegin;
  b->total = 1;
  for (PetscInt v = 0; v < set->m; v++) {
    most[v] = largest_number(set, v);
    if (v < n_slow) {
      PetscCall(PetscMalloc1(2 * most[v] + 1, &phase[v]));
      set_phases(most[v], slow[v], phase[v]);
    } else {
      b->width[v - n_slow] = 2 * most[v] + 1;
      b->total *= 2 * most[v] + 1;
    }
  }
  PetscCall(PetscCalloc1(b->total * t->components, &b->box));
  for (PetscInt i = 0; i < set->n; i++) {
    Coefficient e = {(PetscReal)WaveMultiplicity(set, i), 0};
    PetscInt at = 0;
    for (PetscInt v = 0; v < n_slow; v++) {
      const Coefficient p = phase[v][set->k[i * set->m + v] + most[v]];
      e = (Coefficient){e.re * p.re - e.im * p.im, e.re * p.im + e.im * p.re};
    }
    for (PetscInt v = set->m - 1; v >= n_slow; v--)
      at = at * (2 * most[v] + 1) + set->k[i * set->m + v] + most[v];
    for (PetscInt d = 0; d < t->components; d++) {
      const Coefficient c = t->c[d * set->n + i];
      b->box[at * t->components + d].re += e.re * c.re - e.im * c.im;
      b->box[at * t->components + d].im += e.re * c.im + e.im * c.re;
    }
  }
  for (PetscInt v = 0; v < n_slow; v++) PetscCall(PetscFree(phase[v]));
  PetscFunctionReturn(0);
}

/* out[row][j] = sum_k e[j][k] in[k][row]: the slowest axis of `in` becomes the fastest but for the components. */
static void contract(PetscInt width, PetscInt rows, PetscInt n, PetscInt components, const Coefficient e[],
                     const Coefficient in[], Coefficient out[])
{
  for (PetscInt row = 0; row < rows; row++) {
    for (PetscInt j = 0; j < n; j++) {
      Coefficient *sum = &out[(row * n + j) * components];
      for (PetscInt d = 0; d < components; d++) sum[d] = (Coefficient){0, 0};
      for (PetscInt k = 0; k < width; k++) {
        const Coefficient p = e[j * width + k], *x = &in[(k * rows + row) * components];
        for (PetscInt d = 0; d < components; d++) {
          sum[d].re += p.re * x[d].re - p.im * x[d].im;
          sum[d].im += p.re * x[d].im + p.im * x[d].re;
        }
      }
    }
  }
}

PetscErrorCode FrozenTableEvaluate(FrozenTable t, const PetscReal slow[], PetscInt grid, const PetscInt n[],
                                   const PetscReal *const axis[], PetscReal values[])
{
  WaveBox b = {.grid = grid};
  PetscInt total;

  PetscFunctionBegin;
  PetscCall(fill_box(t, slow, &b));
  total = b.total;
  for (PetscInt v = grid - 1; v >= 0;
       v--) { /* the slowest axis of the box first, so that axis 0 ends fastest */
    const PetscInt width = b.width[v], rows = total / width;
    Coefficient *e, *out;
    PetscCall(PetscMalloc1(n[v] * width, &e));
    PetscCall(PetscMalloc1(rows * n[v] * t->components, &out));
    for (PetscInt j = 0; j < n[v]; j++) set_phases(width / 2, axis[v][j], &e[j * width]);
    contract(width, rows, n[v], t->components, e, b.box, out);
    PetscCall(PetscFree(e));
    PetscCall(PetscFree(b.box));
    b.box = out;
    total = rows * n[v];
  }
  for (PetscInt q = 0; q < total * t->components; q++) values[q] = b.box[q].re;
  PetscCall(PetscFree(b.box));
  PetscFunctionReturn(0);
}
