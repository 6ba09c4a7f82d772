/* A Gmsh file on one process: the DMPlex that PETSc reads from it, and its physical groups. */
#pragma once
#include <petscdmplex.h>
#include <stdio.h>

typedef struct {
  PetscInt n;
  PetscInt *dim, *tag;
  char **name;
} PhysicalGroups;

/* *refused gets a sentence (PetscFree) if there is anything wrong with the file; *dm is NULL then. The label
   "Face Sets" of the DM has all tags of codimension one; vertices have 3 coordinates. */
PetscErrorCode GmshRead(const char path[], DM *dm, PhysicalGroups *groups, char **refused);
PetscErrorCode PhysicalGroupsDestroy(PhysicalGroups *groups);
/* gmsh_check.c: counts and tags of an ASCII file; version is 22, 40 or 41. */
PetscErrorCode GmshCheck(FILE *stream, const char path[], int version, char **refused);
/* Writes a sentence into *refused. */
PetscErrorCode Refuse(char **refused, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
