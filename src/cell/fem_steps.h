/*
  The part of a cell problem that is the same for nodes of elements and for unknowns on faces: psi_j = y_j + theta_j is
  written with the steps of the basins and a remainder on the unknowns,
    psi_j / exp(scale of direction j / 2) = sum_f share[j][f] exp(-scale[f]/2) step_f + exp(-log_d/2) u[j],
  the remainder is eliminated with the sparse factor, and the steps are solved for on a small dense matrix.
*/
#pragma once
#include "fem_basins.h"
#include "fem_linear.h"

typedef struct {
  PetscInt dim, wells, fields, size; /* fields = wells + dim steps, `size` unknowns */
  PetscReal *log_d;                  /* [size] logarithm of the diagonal of the matrix before it is scaled */
  PetscBool *held;                   /* [size] the bottoms of the wells, where the remainder is zero */
  PetscReal *scale;  /* [fields] the largest level of the elements in which the step is not constant */
  PetscReal *load;   /* [fields][size] minus the right-hand sides of the remainders */
  PetscReal *coarse; /* [fields][fields] energies of the steps */
  PetscReal *share;  /* [dim][fields] */
  PetscReal *u;      /* [dim][size] */
} Steps;

/* log_d is left to the caller, everything else is zero. */
PetscErrorCode StepsCreate(const Basins *basins, PetscInt size, Steps *steps);
PetscErrorCode StepsDestroy(Steps *steps);

/* One element as the functions below see it. */
typedef struct {
  PetscInt local;
  const PetscInt *index; /* [local] unknowns */
  const PetscInt *turns; /* [local][dim] see BasinsLift */
  PetscReal level;       /* its matrix is exp(level) times the one that is passed */
  PetscReal *factor;     /* [local] exp((level - log_d)/2), zero where held: written by StepsAdd */
  PetscReal *step;       /* [fields][local] room */
  PetscReal *image;      /* [local] room */
  PetscBool *active;     /* [fields] room */
} StepsElement;

PetscErrorCode StepsElementCreate(const Steps *steps, PetscInt local, StepsElement *element);
PetscErrorCode StepsElementDestroy(StepsElement *element);

/* scale[f] <- max(scale[f], level) where the step is not constant; to be called for all elements before StepsAdd. */
void StepsScale(Steps *steps, const Basins *basins, StepsElement *element);
/* Adds the element's loads and energies of steps; matrix[local][local]. */
void StepsAdd(Steps *steps, const Basins *basins, StepsElement *element, const PetscReal matrix[]);
/* Puts 1 on the diagonal of the held unknowns, eliminates, solves. */
PetscErrorCode StepsSolve(Steps *steps, FemLinear *linear, PetscReal rtol, PetscInt *iterations,
                          CellFailure *failure);
/* psi_j on the element less its value at the first unknown, times exp((level - scale of j)/2): psi[dim][local].
   Differences of steps are exact, and remainders are as small as the energy they carry. */
void StepsPsi(const Steps *steps, const Basins *basins, StepsElement *element, PetscReal psi[]);

static inline PetscReal LogAdd(PetscReal a, PetscReal b)
{
  const PetscReal top = PetscMax(a, b);
  return PetscIsInfReal(top) ? top : top + PetscLogReal(PetscExpReal(a - top) + PetscExpReal(b - top));
}
