/* Samples are kept: the thermal force is known at the end only. In pieces, so that growing copies nothing. */
#include "green_kubo_private.h"
#include <string.h>

PetscErrorCode GreenKuboCreate(const GreenKuboSettings *settings, GreenKubo *gk)
{
  const PetscBool has[GK_KINDS] = {settings->has_position, settings->has_momentum, settings->has_force};

  PetscFunctionBegin;
  PetscCheck(settings->dim >= 1 && settings->dim <= GK_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Dimension %" PetscInt_FMT, settings->dim);
  PetscCheck(settings->dt > 0 && settings->mass > 0 && settings->temperature > 0, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Time step, mass and temperature must be positive");
  PetscCall(PetscNew(gk));
  (*gk)->s = *settings;
  (*gk)->s.basis = NULL;
  if (settings->n_basis) {
    Expression *basis;

    PetscCall(PetscMalloc1(settings->n_basis, &basis));
    for (PetscInt j = 0; j < settings->n_basis; j++) {
      basis[j] = settings->basis[j];
      PetscCall(ExpressionReference(basis[j]));
    }
    (*gk)->s.basis = basis;
  }
  for (PetscInt k = 0; k < GK_KINDS; k++) {
    (*gk)->first[k] = has[k] ? (*gk)->columns : -1;
    if (has[k]) (*gk)->columns += settings->dim;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboDestroy(GreenKubo *gk)
{
  PetscFunctionBegin;
  if (!*gk) PetscFunctionReturn(0);
  for (PetscInt64 p = 0; p < (*gk)->pieces; p++) PetscCall(PetscFree((*gk)->piece[p]));
  PetscCall(PetscFree((*gk)->piece));
  PetscCall(PetscFree((*gk)->begins));
  for (PetscInt j = 0; j < (*gk)->s.n_basis; j++) {
    Expression e = (*gk)->s.basis[j];

    PetscCall(ExpressionDestroy(&e));
  }
  PetscCall(PetscFree((*gk)->s.basis));
  PetscCall(PetscFree(*gk));
  PetscFunctionReturn(0);
}

static PetscErrorCode grow(GreenKubo gk)
{
  PetscFunctionBegin;
  if (gk->pieces == gk->room) {
    gk->room = 2 * gk->room + 16;
    PetscCall(PetscRealloc((size_t)gk->room * sizeof(*gk->piece), &gk->piece));
  }
  PetscCall(PetscMalloc1((size_t)gk->columns * GK_PIECE, &gk->piece[gk->pieces]));
  gk->pieces++;
  PetscFunctionReturn(0);
}

static PetscErrorCode begin_path(GreenKubo gk)
{
  PetscFunctionBegin;
  if (gk->paths == gk->path_room) {
    gk->path_room = 2 * gk->path_room + 16;
    PetscCall(PetscRealloc((size_t)gk->path_room * sizeof(*gk->begins), &gk->begins));
  }
  gk->begins[gk->paths++] = gk->n;
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboAdd(GreenKubo gk, PetscInt m, PetscInt stride, const PetscReal R[],
                            const PetscReal P[], const PetscReal F[], PetscBool begins)
{
  const PetscReal *const from[GK_KINDS] = {R, P, F};

  PetscFunctionBegin;
  PetscCheck(!gk->concluded, PETSC_COMM_SELF, PETSC_ERR_ORDER, "Samples after the conclusion");
  if (m > 0 && (begins || !gk->paths)) PetscCall(begin_path(gk));
  if ((gk->n + m) * gk->columns > GK_MOST_NUMBERS) gk->full = PETSC_TRUE;
  for (PetscInt i = 0, count; i < m && !gk->full; i += count) {
    if (gk->n == gk->pieces * GK_PIECE) PetscCall(grow(gk));
    count = SamplesTogether(gk->n, gk->n + m - i);
    for (PetscInt k = 0; k < GK_KINDS; k++) {
      for (PetscInt c = 0; c < gk->s.dim && gk->first[k] >= 0; c++)
        SamplesStore(gk, gk->first[k] + c, gk->n, count, &from[k][c * stride + i]);
    }
    gk->n += count;
  }
  PetscFunctionReturn(0);
}

PetscInt SamplesTogether(PetscInt64 from, PetscInt64 end)
{
  return (PetscInt)PetscMin(end - from, GK_PIECE - from % GK_PIECE);
}

static PetscReal *samples_at(GreenKubo gk, PetscInt column, PetscInt64 at)
{
  return gk->piece[at / GK_PIECE] + (size_t)column * GK_PIECE + at % GK_PIECE;
}

void SamplesLoad(GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt count, PetscReal x[])
{
  for (PetscInt i = 0, m; i < count; i += m) {
    m = SamplesTogether(from + i, from + count);
    memcpy(&x[i], samples_at(gk, column, from + i), (size_t)m * sizeof(*x));
  }
}

void SamplesStore(GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt count, const PetscReal x[])
{
  for (PetscInt i = 0, m; i < count; i += m) {
    m = SamplesTogether(from + i, from + count);
    memcpy(samples_at(gk, column, from + i), &x[i], (size_t)m * sizeof(*x));
  }
}

PetscErrorCode SamplesMean(GreenKubo gk, PetscInt column, PetscReal *mean)
{
  PetscReal sum = 0;

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < gk->n;) {
    const PetscInt m = SamplesTogether(at, gk->n);
    const PetscReal *const x = samples_at(gk, column, at);
    PetscReal part = 0;

    for (PetscInt i = 0; i < m; i++) part += x[i];
    sum += part;
    at += m;
  }
  *mean = sum / (PetscReal)gk->n;
  PetscFunctionReturn(0);
}
