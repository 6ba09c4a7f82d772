/*
  PETSc's options: the case's own, the ones nobody knows, the ones with values that PETSc would refuse, the ones
  nothing used.
*/
#pragma once
#include <reiter/run.h>

/* Puts the `petsc:` entries of the case into PETSc's database; the command line wins. -ksp_view and the like
   without prefix are taken for the cells. */
PetscErrorCode OptionsInsertCase(Case c);
/* Names and values, as far as they can be judged before anything uses them; at their place if the case gives
   them. */
PetscErrorCode OptionsCheck(Case c, Diagnostics d);
/* Whether PETSc asks for the option (without dash) when it ends only. */
PetscBool OptionsIsGeneral(const char name[]);
/* The option (without dash) that is nearest to an unknown one; empty if none is. */
void OptionsNearest(const char name[], char nearest[], size_t size);
/* An option that nothing used on any rank is an error. Collective. */
PetscErrorCode OptionsReportUnused(MPI_Comm comm, Case c, Diagnostics d, int *exit_code);
