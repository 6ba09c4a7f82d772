#pragma once
#include <hdf5.h>
#include <reiter/output.h>

/* Entries a node has in the file: XDMF knows scalars, vectors of 3 and tensors of 9. */
PetscInt FieldWidth(PetscInt dim, const Field *field);
/* The field as a dataset of its name, over nodes[rank] nodes (slowest first), padded to FieldWidth(). */
PetscErrorCode FieldWrite(hid_t where, PetscInt dim, int rank, const hsize_t nodes[], const Field *field);

/* xdmf.c. NAME.xdmf, which describes NAME.h5. */
PetscErrorCode XdmfWrite(RunFolder folder, const char name[], PetscInt dim, const PetscInt n[],
                         const PetscReal box[][2], PetscInt n_fields, const Field fields[]);
void XdmfHead(FILE *stream);
void XdmfTail(FILE *stream);
void XdmfEscaped(FILE *stream, const char text[]);
/* Node counts of a grid as XDMF has them, slowest first: always three. */
void XdmfDimensions(FILE *stream, PetscInt dim, const PetscInt n[]);
/* A reference to a dataset of NAME.h5, the dimensions of which were printed just before. */
void XdmfReference(FILE *stream, const char name[], const char group[], const char dataset[]);
/* A field over the nodes of a grid (n != NULL) or over n_nodes nodes, in NAME.h5:/group/field. */
void XdmfAttribute(FILE *stream, int indent, const char name[], const char group[], const char field[],
                   PetscInt width, PetscInt dim, const PetscInt n[], PetscInt n_nodes);
