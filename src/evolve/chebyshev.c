/*
  exp(-t S) g = sum_k 2 exp(-a) I_k(a) T_k(Y) g, a = t L/2, Y = 1 - 2 S/L, L an upper bound of the spectrum of S: all
  coefficients are positive, |T_k(Y)| <= 1, so what is left out bounds the error. Every output time takes its own
  coefficients from the one sequence T_k(Y) g.

  The work grows as sqrt(L), and Gershgorin's bound may be far too large, so L is estimated. An L that is too small makes
  the sequence grow exponentially, which |T_k g| > |g| gives away: then once more with the bound that is proven.
*/
#include "evolve_private.h"

typedef struct {
  PetscReal norm; /* L */
  PetscReal proven;
  PetscInt n;              /* vectors of the sequence, for the largest time */
  PetscInt *length;        /* [n_times] coefficients of each time */
  PetscReal **coefficient; /* [n_times][length] */
  Vec block[EVOLVE_BLOCK]; /* T_k g at k modulo the block */
  Vec product;
} Sequence;

enum { N_NUMBERS = 2 };

static const PetscReal most_products = 1e7;

/* exp(-a (1 - y)) needs some sqrt(2 a log(1/tail)) terms: what takes days is refused before its coefficients are made. */
static PetscErrorCode check_length(Evolve e, PetscReal norm, PetscBool *affordable)
{
  const PetscReal longest = e->times[e->n_times - 1], a = 0.5 * longest * norm;
  const PetscReal terms = PetscMin(a, PetscSqrtReal(2 * a * PetscLogReal(2 / e->accuracy)));

  PetscFunctionBegin;
  *affordable = (PetscBool)(terms <= most_products);
  if (!*affordable)
    PetscCall(
        EvolveFail(e, CELL_NOT_CONVERGED,
                   "the method chebyshev up to the time %g would take %.2g products of a matrix whose rates "
                   "reach %.2g, more than the %g that are allowed; lanczos does not depend on them",
                   (double)longest, (double)terms, (double)norm, (double)most_products));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_norm(Evolve e, Sequence *s, PetscReal norm)
{
  PetscBool affordable;

  PetscFunctionBegin;
  s->norm = norm;
  s->n = 1;
  PetscCall(check_length(e, norm, &affordable));
  if (!affordable) {
    s->n = 0;
    PetscFunctionReturn(0);
  }
  for (PetscInt j = 0; j < e->n_times; j++) {
    const PetscReal a = 0.5 * norm * e->times[j];
    PetscCall(PetscFree(s->coefficient[j]));
    PetscCall(PetscMalloc1(ChebyshevDegree(a, e->accuracy) + 1, &s->coefficient[j]));
    PetscCall(ChebyshevCoefficients(a, e->accuracy, &s->length[j], s->coefficient[j]));
    s->n = PetscMax(s->n, s->length[j]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode sequence_create(Evolve e, Sequence *s)
{
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof(*s)));
  PetscCall(PetscCalloc2(e->n_times, &s->length, e->n_times, &s->coefficient));
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecDuplicate(e->start, &s->block[b]));
  PetscCall(VecDuplicate(e->start, &s->product));
  s->proven = norm = e->system->norm;
  if (ChebyshevDegree(PetscMin(0.5 * norm * e->times[e->n_times - 1], 1e12), e->accuracy) > 200) {
    PetscCall(EvolveEstimateNorm(e, &norm));
    if (norm > 0.95 * s->proven) norm = s->proven;
  }
  PetscCall(set_norm(e, s, norm));
  PetscFunctionReturn(0);
}

static PetscErrorCode sequence_destroy(Evolve e, Sequence *s)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(PetscFree(s->coefficient[j]));
  PetscCall(PetscFree2(s->length, s->coefficient));
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecDestroy(&s->block[b]));
  PetscCall(VecDestroy(&s->product));
  PetscFunctionReturn(0);
}

/* T_k g into its place, which held T_{k-8} g. */
static PetscErrorCode advance(Evolve e, Sequence *s, PetscInt k)
{
  Vec next = s->block[k % EVOLVE_BLOCK], last, before;
  const PetscReal *product, *one, *two;
  const PetscReal scale = (k == 1 ? 2 : 4) / s->norm;
  PetscReal *to;
  PetscInt n;

  PetscFunctionBegin;
  if (k == 0) {
    PetscCall(VecCopy(e->start, next));
    PetscFunctionReturn(0);
  }
  last = s->block[(k - 1) % EVOLVE_BLOCK];
  before = s->block[(k + EVOLVE_BLOCK - 2) % EVOLVE_BLOCK];
  PetscCall(MatMult(e->system->S, last, s->product));
  PetscCall(VecGetLocalSize(next, &n));
  PetscCall(VecGetArrayRead(s->product, &product));
  PetscCall(VecGetArrayRead(last, &one));
  PetscCall(VecGetArrayRead(before, &two));
  PetscCall(VecGetArrayWrite(next, &to));
  if (k == 1)
    for (PetscInt i = 0; i < n; i++) to[i] = one[i] - scale * product[i];
  else
    for (PetscInt i = 0; i < n; i++) to[i] = 2 * one[i] - scale * product[i] - two[i];
  PetscCall(VecRestoreArrayWrite(next, &to));
  PetscCall(VecRestoreArrayRead(before, &two));
  PetscCall(VecRestoreArrayRead(last, &one));
  PetscCall(VecRestoreArrayRead(s->product, &product));
  PetscFunctionReturn(0);
}

/* Adds vectors first .. first + EVOLVE_BLOCK - 1 to the states. */
static PetscErrorCode add_block(Evolve e, Sequence *s, PetscInt first)
{
  PetscReal *c;
  PetscInt from = e->n_times;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(EVOLVE_BLOCK * e->n_times, &c));
  for (PetscInt j = e->n_times - 1; j >= 0; j--) {
    for (PetscInt b = 0; b < EVOLVE_BLOCK && first + b < s->length[j]; b++)
      c[b * e->n_times + j] = s->coefficient[j][first + b];
    if (first < s->length[j]) from = j;
  }
  PetscCall(EvolveAccumulate(e, from, c, s->block));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(0);
}

static PetscErrorCode save(Evolve e, Sequence *s, PetscInt k)
{
  const PetscReal numbers[N_NUMBERS] = {(PetscReal)k, s->norm};

  PetscFunctionBegin;
  PetscCall(EvolveStoreSave(e, N_NUMBERS, numbers, 2, &s->block[EVOLVE_BLOCK - 2]));
  PetscFunctionReturn(0);
}

static PetscErrorCode load(Evolve e, Sequence *s, PetscInt *k)
{
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  if (!n_numbers) PetscFunctionReturn(0);
  *k = (PetscInt)numbers[0];
  PetscCall(set_norm(e, s, numbers[1]));
  for (PetscInt i = 0; i < 2; i++) PetscCall(VecCopy(vectors[i], s->block[EVOLVE_BLOCK - 2 + i]));
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecCopy(vectors[2 + j], e->states[j]));
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveChebyshev(Evolve e)
{
  Sequence s;
  PetscBool due, halt = PETSC_FALSE;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(sequence_create(e, &s));
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecZeroEntries(e->states[j]));
  PetscCall(load(e, &s, &k));
  while (k < s.n && !halt) {
    const PetscInt first = k;
    PetscReal size;
    for (; k < first + EVOLVE_BLOCK; k++) {
      if (k < s.n)
        PetscCall(advance(e, &s, k));
      else
        PetscCall(VecZeroEntries(s.block[k % EVOLVE_BLOCK])); /* old vectors have no coefficients any more */
    }
    e->info.steps += PetscMin(EVOLVE_BLOCK, s.n - first);
    PetscCall(VecNorm(s.block[(PetscMin(k, s.n) - 1) % EVOLVE_BLOCK], NORM_2, &size));
    if (!(size <= e->start_norm * (1 + 1e-8)) && s.norm < s.proven) {
      PetscCall(set_norm(e, &s, s.proven));
      for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecZeroEntries(e->states[j]));
      k = 0;
      continue;
    }
    PetscCall(add_block(e, &s, first));
    PetscCall(EvolvePoll(e, (PetscReal)k / (PetscReal)s.n, &due, &halt));
    if (due) PetscCall(save(e, &s, k));
  }
  e->info.error = e->accuracy + PETSC_MACHINE_EPSILON * (PetscReal)s.n;
  PetscCall(sequence_destroy(e, &s));
  PetscFunctionReturn(0);
}
