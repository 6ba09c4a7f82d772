#include "cumulants.h"
#include "sums.h"
#include <math.h>

static PetscInt pair_entry(const Shape *shape, PetscInt p)
{
  return shape->end[1] + p;
}

/* Whether (pair, a) is a triple: a free number comes once at most. */
static PetscBool is_triple(const Shape *shape, PetscInt p, PetscInt a)
{
  return (PetscBool)(shape->pair[p][1] < shape->d || a < shape->d);
}

static void add_products(const Shape *shape, PetscInt order, PetscInt n, const PetscReal w[],
                         PetscReal *const f[], PetscReal scratch[], Sums *sums)
{
  PetscReal *once = scratch, *twice = scratch + n;

  for (PetscInt i = 0; i < shape->D; i++) {
    const PetscReal *first = f[ShapeFirst(i)];

    if (!first) continue;
    Multiply(n, w, first, once);
    for (PetscInt p = 0; p < shape->n_pairs; p++) {
      const PetscReal *second = f[pair_entry(shape, p)], *other = f[ShapeFirst(shape->pair[p][1])];

      if (order > 2 && second && is_triple(shape, p, i)) sums->cross[p][i] += SumProducts(n, once, second);
      if (shape->pair[p][0] != i || !other) continue;
      sums->product[p] += SumProducts(n, once, other);
      if (order < 3 || shape->pair[p][1] >= shape->d) continue;
      Multiply(n, once, other, twice);
      for (PetscInt t = 0; t < shape->n_triples; t++) {
        const PetscInt *v = shape->triple[t];
        const PetscReal *third = f[ShapeFirst(v[2])];

        if (v[0] != i || v[1] != shape->pair[p][1] || !third) continue;
        sums->cube[t] += SumProducts(n, twice, third);
      }
    }
  }
}

void SumsAdd(const Shape *shape, PetscInt order, PetscInt n, const PetscReal w[], PetscReal *const f[],
             PetscBool squares, PetscReal scratch[], Sums *sums)
{
  for (PetscInt i = 0; i < n; i++) sums->w += w[i];
  for (PetscInt e = 1; e < shape->end[order]; e++) {
    if (!f[e]) continue;
    sums->mean[e] += SumProducts(n, w, f[e]);
    if (!squares) continue;
    Multiply(n, w, f[e], scratch);
    sums->square[e] += SumProducts(n, scratch, f[e]);
  }
  if (order > 1) add_products(shape, order, n, w, f, scratch, sums);
}

void SumsJoin(const Shape *shape, const Sums *more, Sums *sums)
{
  sums->w += more->w;
  for (PetscInt e = 0; e < shape->end[3]; e++) {
    sums->mean[e] += more->mean[e];
    sums->square[e] += more->square[e];
  }
  for (PetscInt p = 0; p < shape->n_pairs; p++) {
    sums->product[p] += more->product[p];
    for (PetscInt a = 0; a < shape->D; a++) sums->cross[p][a] += more->cross[p][a];
  }
  for (PetscInt t = 0; t < shape->n_triples; t++) sums->cube[t] += more->cube[t];
}

void SumsCumulants(const Shape *shape, PetscInt order, const Sums *sums, PetscReal measure, PetscReal shift,
                   const PetscReal centre[], PetscReal entries[])
{
  PetscReal m[MOST_ENTRIES], E[MOST_PAIRS]; /* means of the differences, and of their products */

  entries[0] = shift - log(sums->w / measure);
  for (PetscInt e = 1; e < shape->end[order]; e++) {
    m[e] = sums->mean[e] / sums->w;
    entries[e] = centre[e] + m[e];
  }
  for (PetscInt p = 0; p < shape->n_pairs && order > 1; p++) {
    E[p] = sums->product[p] / sums->w;
    entries[pair_entry(shape, p)] -=
        E[p] - m[ShapeFirst(shape->pair[p][0])] * m[ShapeFirst(shape->pair[p][1])];
  }
  for (PetscInt t = 0; t < shape->n_triples && order > 2; t++) {
    const PetscInt *v = shape->triple[t];
    PetscReal cumulant = sums->cube[t] / sums->w, mean = 1, covariances = 0;

    for (PetscInt j = 0; j < 3; j++) {
      const PetscInt a = v[j], p = shape->pair_at[v[(j + 1) % 3]][v[(j + 2) % 3]];

      covariances += sums->cross[p][a] / sums->w - m[pair_entry(shape, p)] * m[ShapeFirst(a)];
      cumulant -= E[p] * m[ShapeFirst(a)];
      mean *= m[ShapeFirst(a)];
    }
    entries[shape->end[2] + t] += cumulant + 2 * mean - covariances;
  }
}

void SumsScales(const Shape *shape, PetscInt order, const Sums *sums, PetscReal shift,
                const PetscReal centre[], const PetscReal magnitude[], PetscReal scale[], PetscReal noise[])
{
  const PetscReal round_off = PETSC_MACHINE_EPSILON * (16 + 4 * PetscAbsReal(shift));
  PetscReal size[MOST_ENTRIES], spread[MOST_ENTRIES];

  for (PetscInt e = 1; e < shape->end[order]; e++) {
    const PetscReal mean = sums->mean[e] / sums->w;

    spread[e] = PetscSqrtReal(PetscMax(sums->square[e] / sums->w, 0));
    size[e] = PetscMax(PetscAbsReal(centre[e] + mean) + spread[e], magnitude[e]);
    scale[e] = size[e];
    noise[e] = size[e];
  }
  scale[0] = noise[0] = 1;
  for (PetscInt p = 0; p < shape->n_pairs && order > 1; p++) {
    const PetscInt i = ShapeFirst(shape->pair[p][0]), b = ShapeFirst(shape->pair[p][1]);

    scale[pair_entry(shape, p)] += spread[i] * spread[b];
    noise[pair_entry(shape, p)] += size[i] * spread[b] + spread[i] * size[b];
  }
  for (PetscInt t = 0; t < shape->n_triples && order > 2; t++) {
    const PetscInt *v = shape->triple[t], e = shape->end[2] + t;

    scale[e] += spread[ShapeFirst(v[0])] * spread[ShapeFirst(v[1])] * spread[ShapeFirst(v[2])];
    for (PetscInt j = 0; j < 3; j++) {
      const PetscInt a = ShapeFirst(v[j]), b = ShapeFirst(v[(j + 1) % 3]), c = ShapeFirst(v[(j + 2) % 3]);
      const PetscInt p = ShapePair(shape, v[(j + 1) % 3], v[(j + 2) % 3]);

      scale[e] += spread[p] * spread[a];
      noise[e] += size[p] * spread[a] + spread[p] * size[a] + size[a] * spread[b] * spread[c];
    }
  }
  for (PetscInt e = 0; e < shape->end[order]; e++) noise[e] *= round_off;
}
