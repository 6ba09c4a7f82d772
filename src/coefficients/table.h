/* The inside of tables, shared by those given as arrays and those read from files. */
#pragma once
#include "coefficients_private.h"

/* CoefficientsCreateTable(), which also tells the number of the point at fault (-1: none or no single one). */
PETSC_INTERN PetscErrorCode TableCreate(PetscInt dim, PetscInt n, const PetscReal x[],
                                        const PetscReal log_w[], const PetscReal D[],
                                        Coefficients *coefficients, CoefficientFault *fault, PetscInt *which);

/* A table in a file: columns by name, whatever the format. */
typedef struct {
  char name[32];
  PetscReal *values; /* [rows] */
} TableColumn;
typedef struct {
  PetscInt rows, n_columns, capacity;
  TableColumn *columns;
  PetscInt *line; /* [rows] where a row stands in the file; NULL: nowhere in particular */
} TableFile;

PETSC_INTERN PetscErrorCode TableFileAddColumn(TableFile *file, const char name[], PetscReal **values);
PETSC_INTERN PetscErrorCode TableFileDestroy(TableFile *file);
/* Whether a table of this dimension can use a column of this name. */
PETSC_INTERN PetscBool TableColumnIsKnown(PetscInt dim, const char name[]);
/* Both leave *refused NULL or write a sentence without the name of the file. */
PETSC_INTERN PetscErrorCode TableFileReadCsv(FILE *stream, PetscInt dim, TableFile *file, char **refused);
PETSC_INTERN PetscErrorCode TableFileReadHdf5(const char path[], PetscInt dim, TableFile *file,
                                              char **refused);
/* *refused = a formatted sentence, unless there is one already. */
PETSC_INTERN PetscErrorCode TableRefuse(char **refused, const char format[], ...)
    PETSC_ATTRIBUTE_FORMAT(2, 3);
