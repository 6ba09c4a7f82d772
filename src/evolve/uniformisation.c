/*
  exp(-t S) g = sum_k Poisson(k; t r) P^k g, P = I - S/r, r the largest diagonal entry of S. S has no positive entry off
  its diagonal, so P has no negative one, and neither have the weights: nothing is ever subtracted, and g >= 0 stays so
  exactly. P is made entry by entry, for x - S x/r computed as it stands could round below zero.

  P is symmetric with |P| <= 1, so the distance of P^k g from the stationary state never grows; once it is below the
  tolerance the rest of the weights may all go to the last vector, and the work is bounded however long the time.
*/
#include "evolve_private.h"

typedef struct {
  Mat P;
  PetscReal rate;
  PetscInt *first, *length; /* [n_times] windows of the weights */
  PetscReal *spent;         /* [n_times] sum of the weights used */
  PetscReal distance;       /* |P^k g - its limit| / |g|, as last measured: the larger one of two norms */
  PetscInt n;
  Vec block[EVOLVE_BLOCK], rest;
} Powers;

static const PetscReal most_products = 1e7;

static PetscErrorCode powers_create(Evolve e, Powers *p)
{
  Vec diagonal;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(p, sizeof(*p)));
  p->distance = 1;
  PetscCall(VecDuplicate(e->start, &diagonal));
  PetscCall(MatGetDiagonal(e->system->S, diagonal));
  PetscCall(VecMax(diagonal, NULL, &p->rate));
  PetscCall(VecDestroy(&diagonal));
  p->rate = p->rate > 0 ? p->rate * (1 + 4 * PETSC_MACHINE_EPSILON) : 1;
  PetscCall(MatDuplicate(e->system->S, MAT_COPY_VALUES, &p->P));
  PetscCall(MatScale(p->P, -1 / p->rate));
  PetscCall(MatShift(p->P, 1));
  PetscCall(PetscCalloc3(e->n_times, &p->first, e->n_times, &p->length, e->n_times, &p->spent));
  for (PetscInt j = 0; j < e->n_times; j++) {
    const PetscReal a = PetscMin(p->rate * e->times[j], most_products);
    PetscCall(PoissonWindow(a, 0.25 * e->accuracy, &p->first[j], &p->length[j]));
    p->n = PetscMax(p->n, p->first[j] + p->length[j]);
  }
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecDuplicate(e->start, &p->block[b]));
  PetscCall(VecDuplicate(e->start, &p->rest));
  PetscFunctionReturn(0);
}

static PetscErrorCode powers_destroy(Powers *p)
{
  PetscFunctionBegin;
  PetscCall(MatDestroy(&p->P));
  PetscCall(PetscFree3(p->first, p->length, p->spent));
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecDestroy(&p->block[b]));
  PetscCall(VecDestroy(&p->rest));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_block(Evolve e, Powers *p, PetscInt k)
{
  PetscReal *c;
  PetscInt from = e->n_times;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(EVOLVE_BLOCK * e->n_times, &c));
  for (PetscInt j = e->n_times - 1; j >= 0; j--) {
    for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) {
      if (k + b < p->first[j] || k + b >= p->first[j] + p->length[j]) continue;
      c[b * e->n_times + j] = PoissonWeight(p->rate * e->times[j], k + b);
      p->spent[j] += c[b * e->n_times + j];
      from = j;
    }
  }
  if (from < e->n_times) PetscCall(EvolveAccumulate(e, from, c, p->block));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(0);
}

/* The weights that are left go to the last vector: those of the tails, or all once nothing moves any more. */
static PetscErrorCode add_rest(Evolve e, Powers *p)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < e->n_times; j++) {
    const PetscReal left = 1 - p->spent[j];
    if (left > 0) PetscCall(VecAXPY(e->states[j], left, p->block[EVOLVE_BLOCK - 1]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_distance(Evolve e, Powers *p)
{
  PetscReal rest, whole;

  PetscFunctionBegin;
  PetscCall(VecCopy(p->block[EVOLVE_BLOCK - 1], p->rest));
  if (e->system->conservative) PetscCall(VecAXPY(p->rest, -e->constant, e->system->root));
  PetscCall(VecNorm(p->rest, NORM_2, &p->distance));
  p->distance /= e->start_norm;
  /* |g| may be that of tails without mass, which says nothing of the density */
  PetscCall(EvolveMassNorm(e, p->rest, &rest));
  PetscCall(EvolveMassNorm(e, e->start, &whole));
  if (whole > 0) p->distance = PetscMax(p->distance, rest / whole);
  PetscFunctionReturn(0);
}

static PetscErrorCode save(Evolve e, Powers *p, PetscInt k)
{
  PetscReal *numbers;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 + e->n_times, &numbers));
  numbers[0] = (PetscReal)k;
  numbers[1] = p->distance;
  PetscCall(PetscArraycpy(numbers + 2, p->spent, e->n_times));
  PetscCall(EvolveStoreSave(e, 2 + e->n_times, numbers, 1, &p->block[EVOLVE_BLOCK - 1]));
  PetscCall(PetscFree(numbers));
  PetscFunctionReturn(0);
}

static PetscErrorCode load(Evolve e, Powers *p, PetscInt *k)
{
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  if (!n_numbers) PetscFunctionReturn(0);
  *k = (PetscInt)numbers[0];
  p->distance = numbers[1];
  PetscCall(PetscArraycpy(p->spent, numbers + 2, e->n_times));
  PetscCall(VecCopy(vectors[0], p->block[EVOLVE_BLOCK - 1]));
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecCopy(vectors[1 + j], e->states[j]));
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}

static PetscErrorCode compute(Evolve e, Powers *p)
{
  PetscBool due, halt = PETSC_FALSE;
  PetscInt k = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecZeroEntries(e->states[j]));
  PetscCall(load(e, p, &k));
  while (k < p->n && p->distance > 0.25 * e->accuracy && !halt) {
    const PetscInt first = k;
    for (; k < first + EVOLVE_BLOCK; k++) {
      Vec next = p->block[k % EVOLVE_BLOCK];
      if (k == 0)
        PetscCall(VecCopy(e->start, next));
      else
        PetscCall(MatMult(p->P, p->block[(k - 1) % EVOLVE_BLOCK], next));
    }
    e->info.steps += EVOLVE_BLOCK;
    PetscCall(add_block(e, p, first));
    if (k % (8 * EVOLVE_BLOCK) == 0) PetscCall(measure_distance(e, p));
    PetscCall(EvolvePoll(e, (PetscReal)k / (PetscReal)p->n, &due, &halt));
    if (due) PetscCall(save(e, p, k));
  }
  if (!halt) PetscCall(add_rest(e, p));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveUniformisation(Evolve e)
{
  PetscReal longest;
  Powers p;

  PetscFunctionBegin;
  if (!e->system->m_matrix) {
    PetscCall(
        EvolveFail(e, CELL_REFUSED,
                   "the method uniformisation needs a matrix without positive entries off its diagonal and a "
                   "diagonal mass; the scheme monotone makes one"));
    PetscFunctionReturn(0);
  }
  PetscCall(powers_create(e, &p));
  PetscCall(compute(e, &p));
  longest = p.rate * e->times[e->n_times - 1];
  if (e->failure->status == CELL_OK && longest > most_products && p.distance > 0.25 * e->accuracy)
    PetscCall(EvolveFail(
        e, CELL_NOT_CONVERGED,
        "uniformisation up to the time %g would take %.2g products of the matrix, more than the %g "
        "that are allowed",
        e->times[e->n_times - 1], longest, most_products));
  e->info.error = e->accuracy + PETSC_MACHINE_EPSILON * PetscSqrtReal((PetscReal)e->info.steps);
  PetscCall(powers_destroy(&p));
  PetscFunctionReturn(0);
}
