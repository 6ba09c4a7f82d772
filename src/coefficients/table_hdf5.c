/*
  A table in HDF5: the weight as a data set [..z][..y][..x] on the axes x, y, z (as fields on a grid are written), or of
  one index like the coordinates; the tensor with the same shape and [3][3], [9], [dim][dim] or [dim*dim] behind it, or
  its entries as data sets of their own.
*/
#include "table.h"
#include <hdf5.h>

#define MAX_RANK    8
#define MAX_ENTRIES 100000000

typedef struct {
  int rank;
  hsize_t shape[MAX_RANK];
  PetscInt total;
  PetscReal *values;
} DataSet;

/* *found says whether there is one of this name; a data set that is no array of numbers is refused. */
static PetscErrorCode read_dataset(hid_t file, const char name[], DataSet *set, PetscBool *found,
                                   char **refused)
{
  hid_t dataset = -1, space = -1, type = -1;
  double total = 1;
  H5T_class_t class = H5T_NO_CLASS;

  PetscFunctionBegin;
  set->values = NULL;
  *found = (PetscBool)(H5Lexists(file, name, H5P_DEFAULT) > 0);
  if (!*found) PetscFunctionReturn(0);
  dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (dataset >= 0) space = H5Dget_space(dataset);
  if (dataset >= 0) type = H5Dget_type(dataset);
  if (type >= 0) class = H5Tget_class(type);
  set->rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
  if (set->rank < 1 || set->rank > MAX_RANK || (class != H5T_FLOAT && class != H5T_INTEGER)) {
    PetscCall(TableRefuse(refused, "the data set %s is not an array of numbers", name));
  } else {
    H5Sget_simple_extent_dims(space, set->shape, NULL);
    for (int i = 0; i < set->rank; i++) total *= (double)set->shape[i];
    if (total < 1 || total > MAX_ENTRIES) {
      PetscCall(TableRefuse(refused, "the data set %s has %.0f entries", name, total));
    } else {
      set->total = (PetscInt)total;
      PetscCall(PetscMalloc1(set->total, &set->values));
      if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, set->values) < 0)
        PetscCall(TableRefuse(refused, "the data set %s cannot be read", name));
    }
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (dataset >= 0) H5Dclose(dataset);
  for (PetscInt i = 0; i < set->total && set->values && !*refused; i++) {
    if (!isfinite(set->values[i]))
      PetscCall(TableRefuse(refused, "entry %" PetscInt_FMT " of the data set %s is not finite", i, name));
  }
  PetscFunctionReturn(0);
}

/* The shape of one scalar field of the table. */
typedef struct {
  PetscInt dim, n[REITER_MAX_DIM], rows;
  PetscBool grid;
} Shape;

/* Points listed one by one, or a grid: told by the rank of the weight. */
static PetscErrorCode find_shape(const DataSet axes[], const DataSet *weight, PetscInt dim, Shape *shape,
                                 char **refused)
{
  PetscFunctionBegin;
  shape->dim = dim;
  shape->rows = weight->total;
  shape->grid = (PetscBool)(weight->rank == dim);
  if (!shape->grid && weight->rank != 1)
    PetscCall(TableRefuse(refused, "the weight has %d indices; it needs one a direction", weight->rank));
  for (PetscInt c = 0; c < dim && !*refused; c++) {
    const hsize_t wanted = weight->shape[shape->grid ? dim - 1 - c : 0];

    shape->n[c] = axes[c].total;
    if (axes[c].rank != 1 || (hsize_t)axes[c].total != wanted)
      PetscCall(TableRefuse(refused,
                            "the weight has %.0f values along %c, but %c has %" PetscInt_FMT " entries",
                            (double)wanted, "xyz"[c], "xyz"[c], axes[c].total));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_axis(TableFile *file, const Shape *shape, PetscInt c, const DataSet *axis)
{
  const char name[2] = {"xyz"[c], '\0'};
  PetscReal *values;
  PetscInt stride = 1;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < c; k++) stride *= shape->n[k];
  PetscCall(TableFileAddColumn(file, name, &values));
  for (PetscInt i = 0; i < shape->rows; i++)
    values[i] = axis->values[shape->grid ? i / stride % shape->n[c] : i];
  PetscFunctionReturn(0);
}

/* A tensor in one data set becomes columns of its entries; entries to spare are padding. */
static PetscErrorCode add_tensor(TableFile *file, const Shape *shape, const char name[], const DataSet *set,
                                 char **refused)
{
  const PetscInt dim = shape->dim, per = set->total / shape->rows;
  const PetscInt width = per == 9 ? 3 : dim;
  PetscReal *values;

  PetscFunctionBegin;
  if (per * shape->rows != set->total || (per != 1 && per != 9 && per != dim * dim)) {
    PetscCall(TableRefuse(refused,
                          "the data set %s has %" PetscInt_FMT " entries for %" PetscInt_FMT " points", name,
                          set->total, shape->rows));
    PetscFunctionReturn(0);
  }
  if (per == 1) {
    PetscCall(TableFileAddColumn(file, name, &values));
    PetscCall(PetscArraycpy(values, set->values, shape->rows));
    PetscFunctionReturn(0);
  }
  for (PetscInt r = 0; r < dim; r++) {
    for (PetscInt s = 0; s < dim; s++) {
      const char entry[] = {name[0], '_', "xyz"[r], "xyz"[s], '\0'};

      PetscCall(TableFileAddColumn(file, entry, &values));
      for (PetscInt i = 0; i < shape->rows; i++) values[i] = set->values[i * per + r * width + s];
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_scalar(TableFile *file, const Shape *shape, const char name[], const DataSet *set,
                                 char **refused)
{
  PetscReal *values;

  PetscFunctionBegin;
  if (set->total != shape->rows) {
    PetscCall(TableRefuse(refused,
                          "the data set %s has %" PetscInt_FMT " entries for %" PetscInt_FMT " points", name,
                          set->total, shape->rows));
    PetscFunctionReturn(0);
  }
  PetscCall(TableFileAddColumn(file, name, &values));
  PetscCall(PetscArraycpy(values, set->values, shape->rows));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_tensors(hid_t id, const Shape *shape, TableFile *file, char **refused)
{
  DataSet set = {0};
  PetscBool found;

  PetscFunctionBegin;
  for (PetscInt t = 0; t < 2; t++) {
    const char name[2] = {"DM"[t], '\0'};

    if (!*refused) PetscCall(read_dataset(id, name, &set, &found, refused));
    if (!*refused && found) PetscCall(add_tensor(file, shape, name, &set, refused));
    PetscCall(PetscFree(set.values));
    for (PetscInt k = 0; k < shape->dim * shape->dim && !*refused; k++) {
      const char entry[] = {name[0], '_', "xyz"[k / shape->dim], "xyz"[k % shape->dim], '\0'};

      PetscCall(read_dataset(id, entry, &set, &found, refused));
      if (!*refused && found) PetscCall(add_scalar(file, shape, entry, &set, refused));
      PetscCall(PetscFree(set.values));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_file(hid_t id, PetscInt dim, TableFile *file, char **refused)
{
  static const char *const weights[] = {"log_w", "w", "log_Z"};
  DataSet axes[REITER_MAX_DIM] = {{0}}, weight = {0};
  Shape shape = {0};
  PetscBool found = PETSC_FALSE;
  size_t which = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim && !*refused; c++) {
    const char name[2] = {"xyz"[c], '\0'};

    PetscCall(read_dataset(id, name, &axes[c], &found, refused));
    if (!found) PetscCall(TableRefuse(refused, "it has no data set %s", name));
  }
  for (found = PETSC_FALSE; which < PETSC_STATIC_ARRAY_LENGTH(weights) && !*refused; which++) {
    PetscCall(read_dataset(id, weights[which], &weight, &found, refused));
    if (found) break;
  }
  if (!found) PetscCall(TableRefuse(refused, "it has no weight: none of the data sets log_w, w and log_Z"));
  if (!*refused) PetscCall(find_shape(axes, &weight, dim, &shape, refused));
  file->rows = shape.rows;
  for (PetscInt c = 0; c < dim && !*refused; c++) PetscCall(add_axis(file, &shape, c, &axes[c]));
  if (!*refused) PetscCall(add_scalar(file, &shape, weights[which], &weight, refused));
  if (!*refused) PetscCall(read_tensors(id, &shape, file, refused));
  PetscCall(PetscFree(weight.values));
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscFree(axes[c].values));
  PetscFunctionReturn(0);
}

PetscErrorCode TableFileReadHdf5(const char path[], PetscInt dim, TableFile *file, char **refused)
{
  hid_t id;

  PetscFunctionBegin;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its stack of frames tells users nothing */
  id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) {
    PetscCall(TableRefuse(refused, "it is damaged: HDF5 cannot open it"));
    PetscFunctionReturn(0);
  }
  PetscCall(read_file(id, dim, file, refused));
  H5Fclose(id);
  PetscFunctionReturn(0);
}
