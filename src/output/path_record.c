#include "output/folder.h"
#include "output/hdf5_file.h"

PetscErrorCode PathRecordWrite(RunFolder folder, const char name[], const PathRecord *record)
{
  const hsize_t shape[] = {(hsize_t)record->n_paths, (hsize_t)record->n_times, (hsize_t)record->dim};
  char temporary[160], path[PETSC_MAX_PATH_LEN];
  hid_t file;

  PetscFunctionBegin;
  PetscCall(FolderTemporaryName(name, temporary, sizeof(temporary)));
  PetscCall(RunFolderPath(folder, temporary, path, sizeof(path)));
  OpenHDF5(file, H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  PetscCall(Hdf5WriteReals(file, "time", "time", 1, shape + 1, record->time));
  PetscCall(Hdf5WriteReals(file, "x", "length", 3, shape, record->x));
  PetscCall(Hdf5WriteRealAttribute(file, "epsilon", record->epsilon));
  PetscCall(Hdf5WriteRealAttribute(file, "step", record->step));
  CallHDF5(H5Fclose(file));
  PetscCall(FolderPublish(folder, name));
  PetscFunctionReturn(0);
}
