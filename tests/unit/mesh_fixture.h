/* Meshes of the unit square and cube written as Gmsh files, the inner nodes moved smoothly. */
#pragma once
#include "diffusion_fixture.h"
#include <unistd.h>

/* the number of a node of the (n+1)^dim lattice, from one as Gmsh counts */
static inline PetscInt lattice_node(PetscInt n, PetscInt i, PetscInt j, PetscInt k)
{
  return 1 + i + (n + 1) * (j + (n + 1) * k);
}

static inline void write_nodes(FILE *file, PetscInt dim, PetscInt n)
{
  const PetscInt n_z = dim > 2 ? n : 0;

  fprintf(file, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n%d\n", (int)((n + 1) * (n + 1) * (n_z + 1)));
  for (PetscInt k = 0; k <= n_z; k++) {
    for (PetscInt j = 0; j <= n; j++) {
      for (PetscInt i = 0; i <= n; i++) {
        const double x = (double)i / n, y = (double)j / n, z = (double)k / n;
        const double move = 0.4 * x * (1 - x) * y * (1 - y) * (dim > 2 ? 2 * z * (1 - z) : 1);
        fprintf(file, "%d %.17g %.17g %.17g\n", (int)lattice_node(n, i, j, k), x + move, y - 0.5 * move,
                dim > 2 ? z + move : 0);
      }
    }
  }
  fprintf(file, "$EndNodes\n");
}

static inline void write_cells(FILE *file, PetscInt dim, PetscBool simplex, PetscInt n)
{
  /* the cube's six tetrahedra, one for each order of the axes; its corners in Gmsh's order */
  static const int axes[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  static const int corner[8] = {0, 1, 3, 2, 4, 5, 7, 6};
  const PetscInt pieces = simplex ? (dim == 2 ? 2 : 6) : 1, n_z = dim > 2 ? n : 1;
  int number = 1;

  fprintf(file, "$Elements\n%d\n", (int)(pieces * n * n * n_z));
  for (PetscInt k = 0; k < n_z; k++) {
    for (PetscInt j = 0; j < n; j++) {
      for (PetscInt i = 0; i < n; i++) {
        for (PetscInt piece = 0; piece < pieces; piece++) {
          const int n_corners = simplex ? (int)dim + 1 : 1 << dim;
          const int type = simplex ? (dim == 2 ? 2 : 4) : (dim == 2 ? 3 : 5);
          int at[3] = {0, 0, 0};
          fprintf(file, "%d %d 2 1 1", number++, type);
          for (int a = 0; a < n_corners; a++) {
            int bits[3] = {corner[a] & 1, corner[a] >> 1 & 1, corner[a] >> 2 & 1};
            if (simplex) {
              /* along the axes one after the other; every second order turned round to be positive */
              const int last = dim == 2 ? (int)piece : (int)piece / 3;
              memcpy(bits, at, sizeof(bits));
              if (a < (int)dim) at[dim == 2 ? (a + last) % 2 : axes[piece][a]] = 1;
            }
            fprintf(file, " %d", (int)lattice_node(n, i + bits[0], j + bits[1], k + bits[2]));
          }
          fprintf(file, "\n");
        }
      }
    }
  }
  fprintf(file, "$EndElements\n");
}

static inline void make_mesh(Problem *p, MPI_Comm comm, PetscInt dim, PetscBool simplex, PetscInt cells,
                             PetscInt order, Boundary side)
{
  char path[] = "reiter_mesh_XXXXXX.msh", *refused;
  const int descriptor = mkstemps(path, 4);
  FILE *file = fdopen(descriptor, "w");
  PetscInt which;

  memset(p, 0, sizeof(*p));
  assert_non_null(file);
  write_nodes(file, dim, cells);
  write_cells(file, dim, simplex, cells);
  fclose(file);
  OK(DomainCreateMesh(comm, dim, path, order, 0, NULL, NULL, side, &p->domain, &refused, &which));
  if (refused) print_message("%s\n", refused);
  assert_null(refused);
  OK(MPI_Barrier(comm));
  unlink(path);
}
