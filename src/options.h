/*
  PETSc's options: the case's own, the ones nobody knows, the ones nothing used.
*/
#pragma once
#include <reiter/run.h>

/* Puts the `petsc:` entries of the case into PETSc's database; the command line wins. -ksp_view and the like
   without prefix are taken for the cells. */
PetscErrorCode OptionsInsertCase(Case c);
/* An option with a prefix that no part of reiter has is an error at once. */
PetscErrorCode OptionsCheckPrefixes(Diagnostics d);
/* An option that nothing used on any rank is an error. Collective. */
PetscErrorCode OptionsReportUnused(MPI_Comm comm, Diagnostics d, int *exit_code);
