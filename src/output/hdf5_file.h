/* Arrays and attributes into HDF5 files. */
#pragma once
#include <hdf5.h>
#include <petscsys.h>

/* An HDF5 call that fails is a disk that fails, or a bug here. */
#define CallHDF5(call)                                                                                       \
  PetscCheck((call) >= 0, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE,                                             \
             "cannot write the fields (HDF5 failed in %s)", #call)
#define OpenHDF5(id, call)                                                                                   \
  PetscCheck(((id) = (call)) >= 0, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE,                                    \
             "cannot write the fields (HDF5 failed in %s)", #call)

/* A contiguous dataset of doubles with the attribute "unit" ("1" if NULL). */
PetscErrorCode Hdf5WriteReals(hid_t where, const char name[], const char unit[], int rank,
                              const hsize_t shape[], const double values[]);
PetscErrorCode Hdf5WriteIntegers(hid_t where, const char name[], int rank, const hsize_t shape[],
                                 const PetscInt values[]);
PetscErrorCode Hdf5WriteRealAttribute(hid_t object, const char name[], double value);
