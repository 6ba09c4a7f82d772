/* A field of a file, and the simplices of its mesh sorted into bins. */
#pragma once
#include <reiter/output.h>
#include <hdf5.h>

struct _p_FieldReader {
  PetscInt dim, n_nodes;
  PetscReal *values; /* [n_nodes] */
  PetscInt n[3];     /* a grid */
  PetscReal *axis[3];
  PetscReal *nodes; /* [n_nodes][3] a mesh */
  PetscInt n_pieces;
  PetscInt *pieces; /* [n_pieces][dim + 1]; NULL for a grid */
  PetscReal low[3], bin_size[3];
  PetscInt bins[3];
  PetscInt *bin_start, *bin_pieces; /* the pieces whose boxes meet a bin */
};

/* reader_pieces.c. Cuts the cells into simplices and fills the bins. */
PetscErrorCode FieldReaderCut(FieldReader reader, hid_t file, PetscInt entries, const PetscReal cells[]);
/* NaN outside of the mesh. */
PetscReal FieldReaderPieceValue(FieldReader reader, const PetscReal x[]);
