/*
  The few things that are written into HDF5 files here.
*/
#include "output/hdf5_file.h"
#include <string.h>

static PetscErrorCode write_text_attribute(hid_t object, const char name[], const char text[])
{
  hid_t type, space, attribute;

  PetscFunctionBegin;
  OpenHDF5(type, H5Tcopy(H5T_C_S1));
  CallHDF5(H5Tset_size(type, strlen(text) + 1)); /* size 0 is not allowed */
  CallHDF5(H5Tset_cset(type, H5T_CSET_UTF8));
  OpenHDF5(space, H5Screate(H5S_SCALAR));
  OpenHDF5(attribute, H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  CallHDF5(H5Awrite(attribute, type, text));
  CallHDF5(H5Aclose(attribute));
  CallHDF5(H5Sclose(space));
  CallHDF5(H5Tclose(type));
  PetscFunctionReturn(0);
}

PetscErrorCode Hdf5WriteReals(hid_t where, const char name[], const char unit[], int rank,
                              const hsize_t shape[], const double values[])
{
  hid_t space, dataset;

  PetscFunctionBegin;
  OpenHDF5(space, H5Screate_simple(rank, shape, NULL));
  OpenHDF5(dataset, H5Dcreate2(where, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  CallHDF5(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
  PetscCall(write_text_attribute(dataset, "unit", unit ? unit : "1"));
  CallHDF5(H5Dclose(dataset));
  CallHDF5(H5Sclose(space));
  PetscFunctionReturn(0);
}

PetscErrorCode Hdf5WriteIntegers(hid_t where, const char name[], int rank, const hsize_t shape[],
                                 const PetscInt values[])
{
  const PetscBool wide = sizeof(PetscInt) == 8 ? PETSC_TRUE : PETSC_FALSE;
  hid_t space, dataset;

  PetscFunctionBegin;
  OpenHDF5(space, H5Screate_simple(rank, shape, NULL));
  OpenHDF5(dataset, H5Dcreate2(where, name, wide ? H5T_STD_I64LE : H5T_STD_I32LE, space, H5P_DEFAULT,
                               H5P_DEFAULT, H5P_DEFAULT));
  CallHDF5(
      H5Dwrite(dataset, wide ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
  CallHDF5(H5Dclose(dataset));
  CallHDF5(H5Sclose(space));
  PetscFunctionReturn(0);
}

PetscErrorCode Hdf5WriteRealAttribute(hid_t object, const char name[], double value)
{
  hid_t space, attribute;

  PetscFunctionBegin;
  OpenHDF5(space, H5Screate(H5S_SCALAR));
  OpenHDF5(attribute, H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
  CallHDF5(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value));
  CallHDF5(H5Aclose(attribute));
  CallHDF5(H5Sclose(space));
  PetscFunctionReturn(0);
}
