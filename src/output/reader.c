/*
  A field that a series left behind, as a function of the position: linear along each axis of a grid, linear on the
  simplices that the cells of a mesh are cut into. At a node it is the node's value, to the bit on a grid.
*/
#include "output/reader.h"
#include "output/hdf5_file.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

static PetscErrorCode refuse(char **refused, const char format[], ...)
{
  char sentence[PETSC_MAX_PATH_LEN + 256];
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof(sentence), format, arguments);
  va_end(arguments);
  if (!*refused) PetscCall(PetscStrallocpy(sentence, refused));
  PetscFunctionReturn(0);
}

/* A data set as doubles; *n is its number of entries, *values NULL if there is none. */
static PetscErrorCode read_reals(hid_t where, const char name[], PetscInt *n, PetscReal **values)
{
  hid_t dataset, space;
  hssize_t entries;

  PetscFunctionBegin;
  *values = NULL;
  *n = 0;
  if (H5Lexists(where, name, H5P_DEFAULT) <= 0) PetscFunctionReturn(0);
  dataset = H5Dopen2(where, name, H5P_DEFAULT);
  if (dataset < 0) PetscFunctionReturn(0);
  space = H5Dget_space(dataset);
  entries = H5Sget_simple_extent_npoints(space);
  if (entries > 0 && entries < PETSC_MAX_INT) {
    PetscCall(PetscMalloc1(entries, values));
    *n = (PetscInt)entries;
    if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *values) < 0) {
      PetscCall(PetscFree(*values));
      *n = 0;
    }
  }
  H5Sclose(space);
  H5Dclose(dataset);
  PetscFunctionReturn(0);
}

/* The only time of a series: an attribute of the file. NaN: there is none, as in files that hold no series. */
static PetscReal only_time(hid_t file)
{
  double time = NAN;
  hid_t attribute, space;

  if (H5Aexists(file, "time") <= 0) return NAN;
  attribute = H5Aopen(file, "time", H5P_DEFAULT);
  if (attribute < 0) return NAN;
  space = H5Aget_space(attribute);
  if (H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_DOUBLE, &time) < 0)
    time = NAN;
  H5Sclose(space);
  H5Aclose(attribute);
  return time;
}

static PetscBool is_same_time(PetscReal a, PetscReal wanted)
{
  return (PetscBool)(wanted < 0 || PetscAbsReal(a - wanted) <= 1e-9 * PetscMax(1, PetscAbsReal(wanted)));
}

/* The group of the time that was asked for, "/" with a single time; empty if there is no such time. */
static PetscErrorCode find_frame(hid_t file, PetscReal time, char group[16], PetscReal *nearest)
{
  PetscReal *times;
  PetscInt n, best;

  PetscFunctionBegin;
  group[0] = 0;
  *nearest = NAN;
  PetscCall(read_reals(file, "time", &n, &times));
  if (!n) {
    *nearest = only_time(file);
    if (PetscIsNanReal(*nearest) || is_same_time(*nearest, time)) PetscCall(PetscStrncpy(group, "/", 16));
    PetscFunctionReturn(0);
  }
  best = n - 1;
  for (PetscInt i = 0; i < n && time >= 0; i++) {
    if (PetscAbsReal(times[i] - time) < PetscAbsReal(times[best] - time)) best = i;
  }
  *nearest = times[best];
  if (is_same_time(*nearest, time)) PetscCall(PetscSNPrintf(group, 16, "t%05d", (int)best));
  PetscCall(PetscFree(times));
  PetscFunctionReturn(0);
}

/* A mesh without nodes is one that cannot be read. */
static PetscErrorCode read_mesh(FieldReader r, hid_t file)
{
  static const char *const axes[] = {"x", "y", "z"};
  PetscReal *cells;
  PetscInt entries, total = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) {
    PetscCall(read_reals(file, axes[c], &r->n[c], &r->axis[c]));
    if (!r->n[c]) break;
    r->dim = c + 1;
    total = total < PETSC_MAX_INT / r->n[c] ? total * r->n[c] : 0;
  }
  if (r->dim) {
    r->n_nodes = total;
    PetscFunctionReturn(0);
  }
  PetscCall(read_reals(file, "nodes", &entries, &r->nodes));
  r->n_nodes = entries / 3;
  PetscCall(read_reals(file, "cells", &entries, &cells));
  if (r->n_nodes && entries)
    PetscCall(FieldReaderCut(r, file, entries, cells));
  else
    r->n_nodes = 0;
  PetscCall(PetscFree(cells));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_file(FieldReader r, hid_t file, const char path[], PetscInt dim,
                                const char field[], PetscReal time, char **refused)
{
  char group[16];
  PetscReal nearest;
  PetscInt n;
  hid_t where;

  PetscFunctionBegin;
  PetscCall(read_mesh(r, file));
  PetscCall(find_frame(file, time, group, &nearest));
  if (!r->n_nodes) {
    PetscCall(refuse(refused, "'%s' holds no mesh of reiter", path));
  } else if (r->dim != dim) {
    PetscCall(refuse(refused, "'%s' has dimension %d, not %d", path, (int)r->dim, (int)dim));
  } else if (!group[0]) {
    PetscCall(
        refuse(refused, "'%s' has no time %.10g; the nearest is %.10g", path, (double)time, (double)nearest));
  } else if ((where = H5Gopen2(file, group, H5P_DEFAULT)) < 0) {
    PetscCall(refuse(refused, "'%s' is damaged: it has no group %s", path, group));
  } else {
    PetscCall(read_reals(where, field, &n, &r->values));
    H5Gclose(where);
    if (n != r->n_nodes) PetscCall(refuse(refused, "'%s' holds no field '%s' on its nodes", path, field));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FieldReaderOpen(const char path[], PetscInt dim, const char field[], PetscReal time,
                               FieldReader *reader, char **refused)
{
  FieldReader r;
  hid_t file;

  PetscFunctionBegin;
  *refused = NULL;
  PetscCall(PetscNew(&r));
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) {
    PetscCall(refuse(refused, "cannot read '%s' as an HDF5 file", path));
  } else {
    PetscCall(read_file(r, file, path, dim, field, time, refused));
    H5Fclose(file);
  }
  if (*refused) PetscCall(FieldReaderClose(&r));
  *reader = r;
  PetscFunctionReturn(0);
}

PetscErrorCode FieldReaderClose(FieldReader *reader)
{
  FieldReader r = *reader;

  PetscFunctionBegin;
  if (!r) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < 3; c++) PetscCall(PetscFree(r->axis[c]));
  PetscCall(PetscFree(r->nodes));
  PetscCall(PetscFree(r->values));
  PetscCall(PetscFree(r->pieces));
  PetscCall(PetscFree(r->bin_start));
  PetscCall(PetscFree(r->bin_pieces));
  PetscCall(PetscFree(*reader));
  PetscFunctionReturn(0);
}

/* The interval of an axis that holds x, and the place in it; false outside, but for round-off. */
static PetscBool find_interval(PetscInt n, const PetscReal axis[], PetscReal x, PetscInt *i, PetscReal *at)
{
  const PetscReal slack = 1e-12 * (axis[n - 1] - axis[0]);
  PetscInt low = 0, high = n - 1;

  if (!(x >= axis[0] - slack && x <= axis[n - 1] + slack)) return PETSC_FALSE;
  while (high - low > 1) {
    const PetscInt middle = (low + high) / 2;
    if (axis[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  *i = low;
  *at = n > 1 ? PetscMin(PetscMax((x - axis[low]) / (axis[high] - axis[low]), 0), 1) : 0;
  return PETSC_TRUE;
}

static PetscReal grid_value(const FieldReader r, const PetscReal x[])
{
  PetscInt i[3] = {0, 0, 0};
  PetscReal at[3] = {0, 0, 0}, value = 0;

  for (PetscInt c = 0; c < r->dim; c++) {
    if (!find_interval(r->n[c], r->axis[c], x[c], &i[c], &at[c])) return NAN;
  }
  for (PetscInt corner = 0; corner < 1 << r->dim; corner++) {
    PetscReal weight = 1;
    PetscInt node = 0, stride = 1;
    for (PetscInt c = 0; c < r->dim; c++) {
      const PetscInt upper = corner >> c & 1;
      weight *= upper ? at[c] : 1 - at[c];
      node += stride * (i[c] + upper);
      stride *= r->n[c];
    }
    if (weight > 0) value += weight * r->values[node]; /* at a node nothing else is looked at */
  }
  return value;
}

PetscErrorCode FieldReaderEvaluate(void *reader, PetscInt n, const PetscReal x[], PetscReal values[])
{
  const FieldReader r = reader;
  const PetscInt dim = r->dim;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++)
    values[i] = r->pieces ? FieldReaderPieceValue(r, &x[i * dim]) : grid_value(r, &x[i * dim]);
  PetscFunctionReturn(0);
}
