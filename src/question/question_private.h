/* What the questions share. */
#pragma once
#include <reiter/question.h>

extern const Question EvolveQuestion, SpectrumQuestion, ConstantsQuestion, PassageQuestion, KineticQuestion;

/* The program of one formula of x, y, z, for PointFunctionProgram(). Caller destroys. */
PetscErrorCode FormulaCreate(const Setting *setting, Expression formula, ProgramFunction *function);
PetscErrorCode FormulaDestroy(ProgramFunction *function);
/* A mistake at the place of a key of the case; sets the failure to CELL_REFUSED with the same sentence. */
PetscErrorCode ReportAtKey(const Setting *setting, const char key[], const char expected[],
                           CellFailure *failure, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(5, 6);
/* The density of h = f sampled, ...: a domain node vector on rank 0 in the order of the field mesh; values[n_nodes of the
   mesh] is allocated there (PetscFree), NULL elsewhere. Collective. */
PetscErrorCode GatherForFields(const Setting *setting, Vec nodes, PetscReal **values);
/* exp(log) where it can be said, with the logarithm beside it. */
PetscErrorCode JsonLogReal(Json json, const char key[], const char log_key[], PetscReal log_value);
/* exp(log) for convergence studies: NaN, not zero, where it is below all numbers. A true zero stays one. */
PetscReal NumberOfLog(PetscReal log_value);

/* The same diffusion on a worse domain: a box with half of the cells, a mesh at the next lower order (order 1: at order
   2). The plain difference of two answers is an error that can be trusted. exists is false where there is none. */
typedef struct {
  PetscBool exists;
  Domain domain;
  Diffusion diffusion;
} Comparison;
PetscErrorCode ComparisonCreate(const Setting *setting, Comparison *comparison);
PetscErrorCode ComparisonDestroy(Comparison *comparison);
