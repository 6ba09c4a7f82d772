/*
  Least squares for the coefficients: minimise the sum of squares of the residual over the points of all lattices. On
  one lattice the normal matrix only adds the coefficients of all waves with the same residue and hands the sum
  back to each of them, so conjugate gradients need no transforms.
*/
#include "frozen_private.h"

enum { MOST_ITERATIONS = 400 };

typedef struct {
  const WaveSet *set;
  PetscInt n_lattices;
  const Lattice *lattices;
  PetscInt *residue; /* [n_lattices][set->n]; -r where the wave is seen as the conjugate of residue r */
  PetscReal total;   /* points of all lattices */
  Coefficient *bins; /* of the largest lattice */
} Fit;

static PetscErrorCode fit_create(const WaveSet *set, PetscInt n_lattices, const Lattice lattices[], Fit *f)
{
  PetscInt longest = 0;

  PetscFunctionBegin;
  *f = (Fit){.set = set, .n_lattices = n_lattices, .lattices = lattices};
  PetscCall(PetscMalloc1(n_lattices * set->n, &f->residue));
  for (PetscInt l = 0; l < n_lattices; l++) {
    const PetscInt size = lattices[l].size;
    longest = PetscMax(longest, size / 2 + 1);
    f->total += (PetscReal)size;
    for (PetscInt i = 0; i < set->n; i++) {
      const PetscInt r = LatticeResidue(&lattices[l], &set->k[i * set->m]);
      f->residue[l * set->n + i] = r <= size / 2 ? r : r - size;
    }
  }
  PetscCall(PetscMalloc1(longest, &f->bins));
  PetscFunctionReturn(0);
}

static void gather(const Fit *f, const Coefficient *bins, PetscInt l, PetscReal weight, Coefficient y[])
{
  const PetscInt *residue = &f->residue[l * f->set->n];

  for (PetscInt i = 0; i < f->set->n; i++) {
    const Coefficient *b = &bins[PetscAbsInt(residue[i])];
    y[i].re += weight * b->re;
    y[i].im += residue[i] >= 0 ? weight * b->im : -weight * b->im;
  }
}

/* The coefficients of all waves that lattice l does not tell apart, added. */
static void collect(const Fit *f, PetscInt l, const Coefficient x[])
{
  const PetscInt *residue = &f->residue[l * f->set->n];

  for (PetscInt r = 0; r <= f->lattices[l].size / 2; r++) f->bins[r] = (Coefficient){0, 0};
  for (PetscInt i = 0; i < f->set->n; i++) {
    Coefficient *b = &f->bins[PetscAbsInt(residue[i])];
    if (residue[i] == 0) {
      b->re += (PetscReal)WaveMultiplicity(f->set, i) * x[i].re;
    } else {
      b->re += x[i].re;
      b->im += residue[i] > 0 ? x[i].im : -x[i].im;
    }
  }
}

/* y = (A^* A) x / total. */
static void apply(const Fit *f, const Coefficient x[], Coefficient y[])
{
  for (PetscInt i = 0; i < f->set->n; i++) y[i] = (Coefficient){0, 0};
  for (PetscInt l = 0; l < f->n_lattices; l++) {
    collect(f, l, x);
    gather(f, f->bins, l, (PetscReal)f->lattices[l].size / f->total, y);
  }
}

static PetscReal inner_product(const WaveSet *set, const Coefficient x[], const Coefficient y[])
{
  PetscReal sum = 0;

  for (PetscInt i = 0; i < set->n; i++)
    sum += (PetscReal)WaveMultiplicity(set, i) * (x[i].re * y[i].re + x[i].im * y[i].im);
  return sum;
}

static void add(PetscInt n, PetscReal a, const Coefficient x[], Coefficient y[])
{
  for (PetscInt i = 0; i < n; i++) {
    y[i].re += a * x[i].re;
    y[i].im += a * x[i].im;
  }
}

/* Conjugate gradients from the guess x; work[3 n]. */
static void solve(const Fit *f, const Coefficient rhs[], Coefficient x[], Coefficient work[])
{
  const PetscInt n = f->set->n;
  Coefficient *r = work, *p = &work[n], *q = &work[2 * n];
  const PetscReal goal = 1e-30 * inner_product(f->set, rhs, rhs);
  PetscReal before = 0;

  apply(f, x, r);
  for (PetscInt i = 0; i < n; i++) {
    r[i] = (Coefficient){rhs[i].re - r[i].re, rhs[i].im - r[i].im};
    p[i] = (Coefficient){0, 0};
  }
  for (PetscInt it = 0; it < MOST_ITERATIONS; it++) {
    const PetscReal rr = inner_product(f->set, r, r), beta = it ? rr / before : 0;
    if (!(rr > goal)) break;
    for (PetscInt i = 0; i < n; i++) p[i] = (Coefficient){r[i].re + beta * p[i].re, r[i].im + beta * p[i].im};
    apply(f, p, q);
    const PetscReal alpha = rr / inner_product(f->set, p, q);
    add(n, alpha, p, x);
    add(n, -alpha, q, r);
    before = rr;
  }
}

/* The sum of squares that the waves leave of one component, divided by the number of points. */
static PetscReal misfit(const Fit *f, PetscInt component, const Coefficient x[])
{
  PetscReal sum = 0;

  for (PetscInt l = 0; l < f->n_lattices; l++) {
    const PetscInt half = f->lattices[l].size / 2 + 1;
    const Coefficient *hat = &f->lattices[l].hat[component * half];
    PetscReal part = 0;
    collect(f, l, x);
    for (PetscInt r = 0; r < half; r++)
      part += (r ? 2 : 1) * (PetscSqr(hat[r].re - f->bins[r].re) + PetscSqr(hat[r].im - f->bins[r].im));
    sum += part * (PetscReal)f->lattices[l].size / f->total;
  }
  return sum;
}

/* What is not in the sum is noise to the fit: mean square sum/(1 - n/total) at each point, which a coefficient sees
   divided by the points that are left to it. */
static PetscReal coefficient_noise(const Fit *f, PetscReal sum)
{
  const PetscReal spare = PetscMax(1, f->total - (PetscReal)WaveSetSize(f->set));

  return PetscSqrtReal(sum * f->total) / spare;
}

PetscErrorCode FrozenFit(const WaveSet *set, PetscInt n_lattices, const Lattice lattices[],
                         PetscInt components, Coefficient c[], PetscReal *noise)
{
  Fit f;
  Coefficient *rhs, *work;

  PetscFunctionBegin;
  *noise = 0;
  PetscCall(fit_create(set, n_lattices, lattices, &f));
  PetscCall(PetscMalloc1(set->n, &rhs));
  PetscCall(PetscMalloc1(3 * set->n, &work));
  for (PetscInt d = 0; d < components; d++) {
    PetscCall(PetscArrayzero(rhs, set->n));
    for (PetscInt l = 0; l < n_lattices; l++)
      gather(&f, &lattices[l].hat[d * (lattices[l].size / 2 + 1)], l, (PetscReal)lattices[l].size / f.total,
             rhs);
    solve(&f, rhs, &c[d * set->n], work);
    *noise = PetscMax(*noise, coefficient_noise(&f, misfit(&f, d, &c[d * set->n])));
  }
  PetscCall(PetscFree(rhs));
  PetscCall(PetscFree(work));
  PetscCall(PetscFree(f.residue));
  PetscCall(PetscFree(f.bins));
  PetscFunctionReturn(0);
}
