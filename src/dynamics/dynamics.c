#include "dynamics_private.h"

/* The relative weak error of Euler's scheme is about half of the part of 1/L; at kinks it is the power 3/2 of the part of two
   percent. */
static const PetscReal automatic_part = 0.02, automatic_part_of_kinks = 0.1;

PetscErrorCode DynamicsDestroy(Dynamics *dynamics)
{
  PetscFunctionBegin;
  if (!*dynamics) PetscFunctionReturn(0);
  PetscCall((*dynamics)->ops->destroy(*dynamics));
  PetscCall(PetscFree(*dynamics));
  PetscFunctionReturn(0);
}

PetscErrorCode DynamicsGetInfo(Dynamics dynamics, DynamicsInfo *info)
{
  PetscFunctionBegin;
  *info = dynamics->info;
  PetscFunctionReturn(0);
}

PetscErrorCode DynamicsEvaluate(Dynamics dynamics, PetscInt n, PetscInt stride, const PetscReal x[],
                                PetscReal b[], PetscReal S[], PetscReal log_w[])
{
  PetscFunctionBegin;
  PetscCheck(n >= 0 && n <= DYNAMICS_BLOCK && n <= stride, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " points with stride %" PetscInt_FMT, n, stride);
  if (n) PetscCall(dynamics->ops->evaluate(dynamics, n, stride, x, b, S, log_w));
  PetscFunctionReturn(0);
}

PetscErrorCode DynamicsLargestStep(Dynamics dynamics, const PetscReal box[][2], PetscReal *step,
                                   PetscReal *automatic)
{
  PetscReal smooth, kinks;

  PetscFunctionBegin;
  PetscCall(dynamics->ops->largest_step(dynamics, box, &smooth, &kinks));
  *step = PetscMin(smooth, kinks);
  if (automatic) *automatic = PetscMin(automatic_part * smooth, automatic_part_of_kinks * kinks);
  PetscFunctionReturn(0);
}
