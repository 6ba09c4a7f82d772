/* Problems of the kinetic equation from formulas. */
#pragma once
#include "coefficients_fixture.h"
#include <reiter/kinetic.h>
#include <math.h>

/* log w = formula, D = s I, G = g I; a box [lo, hi] in every direction, periodic or with walls; resolution chosen. */
static inline KineticProblem make_problem(PetscInt dim, const char log_w[], PetscReal lo, PetscReal hi,
                                          PetscBool periodic, PetscReal friction, PetscReal tolerance)
{
  Expression weight = parse(dim, 0, log_w), tensor[4];
  KineticProblem p = {.friction = friction, .tolerance = tolerance, .max_unknowns = 4000000};

  for (PetscInt k = 0; k < dim * dim; k++) tensor[k] = parse(dim, 0, k % (dim + 1) ? "0" : "1");
  OK(CoefficientsCreateFormulas(dim, weight, tensor, &p.coefficients));
  OK(ExpressionDestroy(&weight));
  for (PetscInt k = 0; k < dim * dim; k++) OK(ExpressionDestroy(&tensor[k]));
  p.settings = (PhaseSpaceSettings){.dim = dim, .mass = 1, .temperature = 1, .plain_friction = PETSC_TRUE};
  for (PetscInt a = 0; a < dim; a++) {
    p.settings.box[a][0] = lo;
    p.settings.box[a][1] = hi;
    p.settings.periodic[a] = periodic;
  }
  strcpy(p.settings.positions, periodic ? "fourier" : "elements");
  strcpy(p.solver, "auto");
  return p;
}

static inline void destroy_problem(KineticProblem *p)
{
  OK(CoefficientsDestroy(&p->coefficients));
}
