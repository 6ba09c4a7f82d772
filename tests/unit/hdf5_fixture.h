/* Reads back what was written into HDF5 files. */
#pragma once
#include "output_fixture.h"
#include <hdf5.h>

static void read_dataset(const char *file, const char *name, int rank, const hsize_t shape[], double values[])
{
  const hid_t h5 = H5Fopen(in_root(file), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(h5, name, H5P_DEFAULT), space = H5Dget_space(dataset);
  const hid_t creation = H5Dget_create_plist(dataset);
  hsize_t found[4] = {0};

  assert_true(h5 >= 0 && dataset >= 0);
  assert_int_equal(H5Sget_simple_extent_ndims(space), rank);
  H5Sget_simple_extent_dims(space, found, NULL);
  for (int i = 0; i < rank; ++i) assert_int_equal(found[i], shape[i]);
  assert_int_equal(H5Pget_layout(creation), H5D_CONTIGUOUS);
  assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Pclose(creation);
  H5Sclose(space);
  H5Dclose(dataset);
  H5Fclose(h5);
}

static void read_unit(const char *file, const char *name, char unit[32])
{
  const hid_t h5 = H5Fopen(in_root(file), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attribute = H5Aopen_by_name(h5, name, "unit", H5P_DEFAULT, H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);

  assert_true(attribute >= 0 && H5Tget_size(type) <= 32);
  assert_true(H5Aread(attribute, type, unit) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Fclose(h5);
}
