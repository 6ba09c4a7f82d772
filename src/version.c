/* Compiled into the launcher too, which must not load PETSc: constants of the headers in place of calls. */
#include <reiter/run.h>
#include <hdf5.h>
#include <metis.h>
#include <slepcversion.h>
#include <yaml.h>
#include "reiter_version.h"

PetscErrorCode RunVersion(FILE *stream)
{
  int y[3];

  yaml_get_version(&y[0], &y[1], &y[2]);
  fprintf(stream, "reiter %s (git %s, %s)\n", REITER_VERSION, REITER_GIT, REITER_BUILD_TYPE);
  fprintf(stream, "PETSc %d.%d.%d\n", PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, PETSC_VERSION_SUBMINOR);
  fprintf(stream, "SLEPc %d.%d.%d\n", SLEPC_VERSION_MAJOR, SLEPC_VERSION_MINOR, SLEPC_VERSION_SUBMINOR);
  fprintf(stream, "METIS %d.%d.%d\n", METIS_VER_MAJOR, METIS_VER_MINOR, METIS_VER_SUBMINOR);
  fprintf(stream, "libyaml %d.%d.%d\n", y[0], y[1], y[2]);
  fprintf(stream, "HDF5 %d.%d.%d\n", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
  return ferror(stream) ? PETSC_ERR_FILE_WRITE : 0;
}
