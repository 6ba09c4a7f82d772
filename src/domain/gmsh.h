/* A Gmsh file on one process: the DMPlex that PETSc reads from it, and its physical groups. */
#pragma once
#include <petscdmplex.h>

typedef struct {
  PetscInt n;
  PetscInt *dim, *tag;
  char **name;
} PhysicalGroups;

/* *refused gets a sentence (PetscFree) if there is anything wrong with the file; *dm is NULL then. The label
   "Face Sets" of the DM has all tags of codimension one; vertices have 3 coordinates. */
PetscErrorCode GmshRead(const char path[], DM *dm, PhysicalGroups *groups, char **refused);
PetscErrorCode PhysicalGroupsDestroy(PhysicalGroups *groups);
/* Writes a sentence into *refused. */
PetscErrorCode Refuse(char **refused, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
