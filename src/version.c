#include <reiter/run.h>
#include <hdf5.h>
#include <metis.h>
#include <slepcsys.h>
#include <yaml.h>
#include "reiter_version.h"

PetscErrorCode RunVersion(FILE *stream)
{
  PetscInt v[3], release;
  unsigned h[3];
  int y[3];

  PetscFunctionBegin;
  fprintf(stream, "reiter %s (git %s, %s)\n", REITER_VERSION, REITER_GIT, REITER_BUILD_TYPE);
  PetscCall(PetscGetVersionNumber(&v[0], &v[1], &v[2], &release));
  fprintf(stream, "PETSc %d.%d.%d\n", (int)v[0], (int)v[1], (int)v[2]);
  PetscCall(SlepcGetVersionNumber(&v[0], &v[1], &v[2], &release));
  fprintf(stream, "SLEPc %d.%d.%d\n", (int)v[0], (int)v[1], (int)v[2]);
  fprintf(stream, "METIS %d.%d.%d\n", METIS_VER_MAJOR, METIS_VER_MINOR, METIS_VER_SUBMINOR);
  yaml_get_version(&y[0], &y[1], &y[2]);
  fprintf(stream, "libyaml %d.%d.%d\n", y[0], y[1], y[2]);
  H5get_libversion(&h[0], &h[1], &h[2]);
  fprintf(stream, "HDF5 %u.%u.%u\n", h[0], h[1], h[2]);
  PetscFunctionReturn(0);
}
