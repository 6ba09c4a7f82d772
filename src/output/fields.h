#pragma once
#include <reiter/output.h>

/* Entries a node has in the file: XDMF knows scalars, vectors of 3 and tensors of 9. */
PetscInt FieldWidth(PetscInt dim, const Field *field);
/* NAME.xdmf, which describes NAME.h5. */
PetscErrorCode XdmfWrite(RunFolder folder, const char name[], PetscInt dim, const PetscInt n[],
                         const PetscReal box[][2], PetscInt n_fields, const Field fields[]);
