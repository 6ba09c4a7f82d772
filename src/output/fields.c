/*
  Fields on a uniform grid: NAME.h5 with one dataset a field ([z][y][x][entries], contiguous) and the
  coordinates of the nodes, and NAME.xdmf beside it. The data come first, so a .xdmf never lacks them.
*/
#include "output/fields.h"
#include "output/folder.h"
#include "output/hdf5_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

PetscInt FieldWidth(PetscInt dim, const Field *field)
{
  if (field->components == 1) return 1;
  return field->components == dim ? 3 : 9;
}

static PetscErrorCode write_coordinates(hid_t file, PetscInt dim, const PetscInt n[],
                                        const PetscReal box[][2])
{
  static const char *const names[] = {"x", "y", "z"};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; ++c) {
    const hsize_t shape = (hsize_t)n[c];
    double *nodes;
    PetscCall(PetscMalloc1((size_t)n[c], &nodes));
    for (PetscInt i = 0; i < n[c]; ++i)
      nodes[i] = n[c] == 1 ? (double)box[c][0]
                           : ((double)(n[c] - 1 - i) * (double)box[c][0] + (double)i * (double)box[c][1]) /
                                 (double)(n[c] - 1);
    PetscCall(Hdf5WriteReals(file, names[c], "length", 1, &shape, nodes));
    PetscCall(PetscFree(nodes));
  }
  PetscFunctionReturn(0);
}

/* Vectors of dim become vectors of 3, dim x dim tensors 3 x 3, with zeros. */
static void pad_node(PetscInt dim, PetscInt components, PetscInt width, const PetscReal from[], double to[])
{
  const PetscInt columns = components == dim ? components : dim;

  memset(to, 0, (size_t)width * sizeof *to);
  for (PetscInt k = 0; k < components; ++k) to[k / columns * 3 + k % columns] = (double)from[k];
}

PetscErrorCode FieldWrite(hid_t where, PetscInt dim, int rank, const hsize_t nodes[], const Field *field)
{
  const PetscInt width = FieldWidth(dim, field);
  hsize_t shape[4], n = 1;
  double *padded;

  PetscFunctionBegin;
  PetscCheck(field->components == 1 || field->components == dim || field->components == dim * dim,
             PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "the field %s has %" PetscInt_FMT " components",
             field->name, field->components);
  for (int k = 0; k < rank; ++k) {
    shape[k] = nodes[k];
    n *= nodes[k];
  }
  shape[rank] = (hsize_t)width;
  PetscCall(PetscMalloc1(n * (size_t)width, &padded));
  for (hsize_t i = 0; i < n; ++i)
    pad_node(dim, field->components, width, field->values + i * (size_t)field->components,
             padded + i * (size_t)width);
  /* A full disk is no reason to leak. */
  const PetscErrorCode failed =
      Hdf5WriteReals(where, field->name, field->unit, rank + (width > 1), shape, padded);
  PetscCall(PetscFree(padded));
  PetscCall(failed);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_file(const char path[], PetscInt dim, const PetscInt n[],
                                 const PetscReal box[][2], PetscInt n_fields, const Field fields[])
{
  hsize_t shape[3];
  hid_t file;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; ++c) shape[dim - 1 - c] = (hsize_t)n[c];
  OpenHDF5(file, H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  PetscCall(write_coordinates(file, dim, n, box));
  for (PetscInt i = 0; i < n_fields; ++i) PetscCall(FieldWrite(file, dim, (int)dim, shape, &fields[i]));
  CallHDF5(H5Fclose(file));
  PetscFunctionReturn(0);
}

PetscErrorCode FieldsWrite(RunFolder folder, const char name[], PetscInt dim, const PetscInt n[],
                           const PetscReal box[][2], PetscInt n_fields, const Field fields[])
{
  char data[NAME_MAX + 1], temporary[NAME_MAX + 1], path[PETSC_MAX_PATH_LEN];
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= 3, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "a grid has 1 to 3 dimensions");
  PetscCall(PetscSNPrintf(data, sizeof data, "%s.h5", name));
  PetscCall(FolderTemporaryName(data, temporary, sizeof temporary));
  PetscCall(RunFolderPath(folder, temporary, path, sizeof path));
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its stack of frames tells users nothing */
  failed = write_file(path, dim, n, box, n_fields, fields);
  if (failed) unlink(path);
  PetscCall(failed);
  PetscCall(FolderPublish(folder, data));
  PetscCall(XdmfWrite(folder, name, dim, n, box, n_fields, fields));
  PetscFunctionReturn(0);
}
