/*
  -log int exp(-U) over the fast variables and its derivatives, from sums over points: with averages <.> and covariances
  under exp(-U),
    a:    <U_a>
    ab:   <U_ab> - cov(U_a, U_b)
    abc:  <U_abc> - cov(U_ab, U_c) - cov(U_ac, U_b) - cov(U_bc, U_a) + third cumulant of U_a, U_b, U_c.
  The sums are of the differences from the values where U is least: nothing cancels at low temperature.
*/
#pragma once
#include "shape.h"

/* Over one segment of points, with weights w = exp(-(U - shift)); f: entries minus their centre. */
typedef struct {
  PetscReal w, mean[MOST_ENTRIES], square[MOST_ENTRIES];
  PetscReal product[MOST_PAIRS];           /* w f_i f_b */
  PetscReal cross[MOST_PAIRS][MOST_FIRST]; /* w f_pair f_a */
  PetscReal cube[MOST_TRIPLES];            /* w f_i f_j f_c */
} Sums;

/* Adds n points; f[entry][n], NULL: the entry is zero; scratch[2 n]. squares: also of every entry. */
PETSC_INTERN void SumsAdd(const Shape *shape, PetscInt order, PetscInt n, const PetscReal w[],
                          PetscReal *const f[], PetscBool squares, PetscReal scratch[], Sums *sums);
PETSC_INTERN void SumsJoin(const Shape *shape, const Sums *more, Sums *sums);
/* measure: the sum of the rule's weights. */
PETSC_INTERN void SumsCumulants(const Shape *shape, PetscInt order, const Sums *sums, PetscReal measure,
                                PetscReal shift, const PetscReal centre[], PetscReal entries[]);
/* Sizes that errors of the entries are compared with, and the round-off that no resolution takes away. magnitude: of
   the parts that the entries were added up from, where these may cancel; zero elsewhere. */
PETSC_INTERN void SumsScales(const Shape *shape, PetscInt order, const Sums *sums, PetscReal shift,
                             const PetscReal centre[], const PetscReal magnitude[], PetscReal scale[],
                             PetscReal noise[]);
