/*
  Meshes from Gmsh: rank 0 reads and checks, everybody gets the arrays.
*/
#include "domain/domain_private.h"
#include "domain/gmsh.h"
#include "domain/lattice.h"
#include <string.h>

/* An element with less volume than this part of its diameter to the power of the dimension has none. */
#define FLAT 1e-12

typedef struct {
  const char *path;
  PetscInt n_groups;
  const char *const *groups;
  const Boundary *kinds;
  Boundary otherwise;
} Request;

static PetscErrorCode check_cells(DM dm, const char path[], Whole *whole, char **refused)
{
  PetscInt dim, start, end;
  DMPolytopeType first, type;

  PetscFunctionBegin;
  PetscCall(DMGetDimension(dm, &dim));
  PetscCall(DMPlexGetHeightStratum(dm, 0, &start, &end));
  whole->n_elements = end - start;
  if (dim != whole->dim || end == start) {
    PetscCall(Refuse(refused,
                     "the mesh %s has elements of dimension %" PetscInt_FMT
                     ", the domain has dimension %" PetscInt_FMT
                     " (Gmsh saves only what is in a physical group)",
                     path, end > start ? dim : 0, whole->dim));
    PetscFunctionReturn(0);
  }
  PetscCall(DMPlexGetCellType(dm, start, &first));
  for (PetscInt e = start; e < end; e++) {
    PetscCall(DMPlexGetCellType(dm, e, &type));
    if (type == first) continue;
    PetscCall(Refuse(refused, "the mesh %s mixes %ss and %ss: all elements must be of one kind", path,
                     DMPolytopeTypes[first], DMPolytopeTypes[type]));
    PetscFunctionReturn(0);
  }
  if (first == DM_POLYTOPE_TRIANGLE || first == DM_POLYTOPE_TETRAHEDRON) {
    whole->simplex = PETSC_TRUE;
  } else if (first != DM_POLYTOPE_SEGMENT && first != DM_POLYTOPE_QUADRILATERAL &&
             first != DM_POLYTOPE_HEXAHEDRON) {
    PetscCall(Refuse(
        refused,
        "the mesh %s is made of cells of the kind %s: triangles, quadrilaterals, tetrahedra and hexahedra "
        "are known",
        path, DMPolytopeTypes[first]));
  }
  PetscFunctionReturn(0);
}

/* x[vertices][dim]; a plane mesh may lie at any height, but must be plane. */
static PetscErrorCode read_vertices(DM dm, const char path[], const Whole *whole, PetscReal **x,
                                    char **refused)
{
  PetscSection section;
  Vec coordinates;
  const PetscScalar *array;
  PetscInt start, end;
  PetscReal low[3], high[3], extent = 0;

  PetscFunctionBegin;
  PetscCall(DMGetCoordinateSection(dm, &section));
  PetscCall(DMGetCoordinatesLocal(dm, &coordinates));
  PetscCall(DMPlexGetDepthStratum(dm, 0, &start, &end));
  PetscCall(PetscMalloc1((end - start) * whole->dim, x));
  PetscCall(VecGetArrayRead(coordinates, &array));
  for (PetscInt v = start; v < end; v++) {
    PetscInt at;
    PetscCall(PetscSectionGetOffset(section, v, &at));
    for (PetscInt c = 0; c < 3; c++) {
      const PetscReal value = PetscRealPart(array[at + c]);
      low[c] = v == start ? value : PetscMin(low[c], value);
      high[c] = v == start ? value : PetscMax(high[c], value);
      if (c < whole->dim) (*x)[(v - start) * whole->dim + c] = value;
    }
  }
  PetscCall(VecRestoreArrayRead(coordinates, &array));
  for (PetscInt c = 0; c < whole->dim; c++) extent = PetscMax(extent, high[c] - low[c]);
  for (PetscInt c = whole->dim; c < 3 && !*refused; c++) {
    if (high[c] - low[c] <= 1e-10 * extent) continue;
    PetscCall(Refuse(
        refused,
        "the mesh %s is not flat: the coordinate %c of its nodes goes from %g to %g, which a domain of "
        "dimension %" PetscInt_FMT " has no room for",
        path, "xyz"[c], (double)low[c], (double)high[c], whole -> dim));
  }
  PetscFunctionReturn(0);
}

static PetscReal determinant(PetscInt dim, PetscReal a[3][3])
{
  for (PetscInt c = dim; c < 3; c++)
    for (PetscInt k = 0; k < 3; k++) a[c][k] = a[k][c] = c == k ? 1 : 0;
  return a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) -
         a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
         a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
}

/* The lowest and highest Jacobian at the corners, over the longest edge there to the power of the dimension. */
static void measure_corners(const Whole *whole, const PetscInt corner[], PetscInt vertex, const PetscReal x[],
                            PetscReal range[2])
{
  const PetscInt dim = whole->dim, n = whole->simplex ? 1 : 1 << dim;

  range[0] = PETSC_MAX_REAL;
  range[1] = -PETSC_MAX_REAL;
  for (PetscInt k = 0; k < n; k++) {
    PetscReal a[3][3], longest = 0, value;
    for (PetscInt l = 0; l < dim; l++) {
      const PetscInt end = whole->simplex ? l + 1 : k ^ 1 << l;
      PetscReal square = 0;
      for (PetscInt c = 0; c < dim; c++) {
        a[l][c] = x[(corner[end] - vertex) * dim + c] - x[(corner[k] - vertex) * dim + c];
        square += PetscSqr(a[l][c]);
        if (end < k) a[l][c] = -a[l][c];
      }
      longest = PetscMax(longest, PetscSqrtReal(square));
    }
    value = longest > 0 ? determinant(dim, a) / PetscPowRealInt(longest, (int)dim) : 0;
    range[0] = PetscMin(range[0], value);
    range[1] = PetscMax(range[1], value);
  }
}

/* corner[n_elements][corners] in the order of DomainElementCorners, turned to positive volume. */
static PetscErrorCode read_corners(DM dm, const char path[], const Whole *whole, const PetscReal x[],
                                   PetscInt corner[], char **refused)
{
  static const PetscInt tensor[8] = {0, 1, 3, 2, 4, 5, 7, 6}; /* from around to component 0 fastest */
  const PetscInt corners = WholeNumberOfCorners(whole);
  PetscInt vertex, last, cells;

  PetscFunctionBegin;
  PetscCall(DMPlexGetDepthStratum(dm, 0, &vertex, &last));
  PetscCall(DMPlexGetHeightStratum(dm, 0, &cells, NULL));
  for (PetscInt e = 0; e < whole->n_elements; e++) {
    PetscInt size, *closure = NULL, list[DOMAIN_MAX_CORNERS], n = 0, *const own = corner + e * corners;
    PetscReal range[2];
    PetscCall(DMPlexGetTransitiveClosure(dm, cells + e, PETSC_TRUE, &size, &closure));
    for (PetscInt i = 0; i < size; i++)
      if (closure[2 * i] >= vertex && closure[2 * i] < last && n < corners) list[n++] = closure[2 * i];
    PetscCall(DMPlexRestoreTransitiveClosure(dm, cells + e, PETSC_TRUE, &size, &closure));
    PetscCheck(n == corners, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " corners", n);
    PetscCall(DMPlexReorderCell(dm, cells + e, list)); /* from PETSc's order to Gmsh's */
    for (PetscInt k = 0; k < corners; k++) own[k] = list[whole->simplex ? k : tensor[k]];
    measure_corners(whole, own, vertex, x, range);
    if (range[1] < 0) { /* all the other way round: in a plane that is a matter of the side one looks from */
      for (PetscInt k = 0; k < (whole->simplex ? 2 : corners); k += 2) {
        const PetscInt swap = own[k];
        own[k] = own[k + 1];
        own[k + 1] = swap;
      }
      measure_corners(whole, own, vertex, x, range);
    }
    if (range[0] > FLAT) continue;
    PetscCall(Refuse(refused, "element %" PetscInt_FMT " of the mesh %s, near (%g, %g, %g), is %s", e + 1,
                     path, (double)x[(own[0] - vertex) * whole->dim],
                     whole->dim > 1 ? (double)x[(own[0] - vertex) * whole->dim + 1] : 0.,
                     whole->dim > 2 ? (double)x[(own[0] - vertex) * whole->dim + 2] : 0.,
                     range[0] < -FLAT ? "folded over: its Jacobian changes sign" : "flat: it has no volume"));
    break;
  }
  PetscFunctionReturn(0);
}

/* The neighbours across faces; a face of three elements means that there is something twice. */
static PetscErrorCode link_elements(DM dm, const char path[], Whole *whole, char **refused)
{
  PetscInt start, end, cells, n = 0;

  PetscFunctionBegin;
  PetscCall(DMPlexGetHeightStratum(dm, 0, &cells, NULL));
  PetscCall(DMPlexGetHeightStratum(dm, 1, &start, &end));
  PetscCall(PetscMalloc1(whole->n_elements + 1, &whole->start));
  PetscCall(PetscMalloc1(2 * (end - start), &whole->adjacency));
  for (PetscInt e = 0; e < whole->n_elements; e++) {
    const PetscInt *cone, *support;
    PetscInt faces, sharing;
    PetscCall(DMPlexGetConeSize(dm, cells + e, &faces));
    PetscCall(DMPlexGetCone(dm, cells + e, &cone));
    whole->start[e] = n;
    for (PetscInt k = 0; k < faces; k++) {
      PetscCall(DMPlexGetSupportSize(dm, cone[k], &sharing));
      PetscCall(DMPlexGetSupport(dm, cone[k], &support));
      if (sharing > 2) {
        PetscCall(Refuse(refused,
                         "in the mesh %s more than two elements share a face with element %" PetscInt_FMT
                         " (a volume in two physical groups is saved twice in format 2.2)",
                         path, e + 1));
        PetscFunctionReturn(0);
      }
      if (sharing == 2) whole->adjacency[n++] = support[support[0] == cells + e ? 1 : 0] - cells;
    }
  }
  whole->start[whole->n_elements] = n;
  PetscFunctionReturn(0);
}

static PetscErrorCode refuse_group(const Request *request, const PhysicalGroups *groups, PetscInt dim,
                                   PetscInt which, char **refused)
{
  char names[1024] = "";
  PetscInt elsewhere = -1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < groups->n; i++) {
    if (groups->dim[i] != dim - 1) {
      if (!strcmp(groups->name[i], request->groups[which])) elsewhere = groups->dim[i];
      continue;
    }
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", groups->name[i]);
  }
  if (elsewhere >= 0) {
    PetscCall(Refuse(refused,
                     "the physical group %s of the mesh %s has dimension %" PetscInt_FMT
                     ", no part of the boundary of a "
                     "domain of dimension %" PetscInt_FMT "; those are: %s",
                     request->groups[which], request->path, elsewhere, dim, names[0] ? names : "none"));
  } else {
    PetscCall(Refuse(refused,
                     "the mesh %s has no physical group %s of dimension %" PetscInt_FMT "; it has: %s",
                     request->path, request->groups[which], dim - 1, names[0] ? names : "none"));
  }
  PetscFunctionReturn(0);
}

/* absorbing[face - first]. A face in groups of both kinds absorbs. */
static PetscErrorCode mark_faces(DM dm, const Request *request, const PhysicalGroups *groups, PetscInt dim,
                                 PetscBool absorbing[], char **refused, PetscInt *which)
{
  PetscInt start, end;
  PetscBool *named;
  DMLabel label;

  PetscFunctionBegin;
  PetscCall(DMPlexGetHeightStratum(dm, 1, &start, &end));
  PetscCall(PetscCalloc1(end - start, &named));
  PetscCall(DMGetLabel(dm, "Face Sets", &label));
  for (PetscInt g = 0; g < request->n_groups && !*refused; g++) {
    PetscInt i = 0, n = 0;
    IS faces = NULL;
    const PetscInt *list;
    while (i < groups->n && (groups->dim[i] != dim - 1 || strcmp(groups->name[i], request->groups[g]))) i++;
    if (i == groups->n) {
      *which = g;
      PetscCall(refuse_group(request, groups, dim, g, refused));
      break;
    }
    if (label) PetscCall(DMLabelGetStratumIS(label, groups->tag[i], &faces));
    if (faces) {
      PetscCall(ISGetLocalSize(faces, &n));
      PetscCall(ISGetIndices(faces, &list));
      for (PetscInt k = 0; k < n; k++) {
        if (list[k] < start || list[k] >= end) continue;
        named[list[k] - start] = PETSC_TRUE;
        if (request->kinds[g] == BOUNDARY_ABSORBING) absorbing[list[k] - start] = PETSC_TRUE;
      }
      PetscCall(ISRestoreIndices(faces, &list));
      PetscCall(ISDestroy(&faces));
    }
    if (n == 0) {
      *which = g;
      PetscCall(Refuse(refused, "the physical group %s of the mesh %s is empty", request->groups[g],
                       request->path));
    }
  }
  for (PetscInt f = start; f < end && request->otherwise == BOUNDARY_ABSORBING; f++) {
    PetscInt sharing;
    PetscCall(DMPlexGetSupportSize(dm, f, &sharing));
    if (sharing == 1 && !named[f - start]) absorbing[f - start] = PETSC_TRUE;
  }
  PetscCall(PetscFree(named));
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_whole(DM dm, const Request *request, const PhysicalGroups *groups, Whole *whole,
                                 char **refused, PetscInt *which)
{
  PetscReal *x = NULL;
  PetscInt *corner = NULL, start, end;
  PetscBool *absorbing = NULL;

  PetscFunctionBegin;
  PetscCall(check_cells(dm, request->path, whole, refused));
  if (!*refused) PetscCall(read_vertices(dm, request->path, whole, &x, refused));
  if (!*refused) {
    whole->nodes_per_element = 1;
    for (PetscInt c = 1; c <= whole->dim; c++)
      whole->nodes_per_element = whole->simplex ? whole->nodes_per_element * (whole->order + c) / c
                                                : whole->nodes_per_element * (whole->order + 1);
    PetscCall(PetscMalloc1(whole->n_elements * WholeNumberOfCorners(whole), &corner));
    PetscCall(read_corners(dm, request->path, whole, x, corner, refused));
  }
  if (!*refused) PetscCall(link_elements(dm, request->path, whole, refused));
  if (!*refused) {
    PetscCall(DMPlexGetHeightStratum(dm, 1, &start, &end));
    PetscCall(PetscCalloc1(end - start, &absorbing));
    PetscCall(mark_faces(dm, request, groups, whole->dim, absorbing, refused, which));
  }
  if (!*refused) PetscCall(LatticeFill(dm, absorbing, corner, x, whole));
  PetscCall(PetscFree(absorbing));
  PetscCall(PetscFree(corner));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_whole(const Request *request, Whole *whole, char **refused, PetscInt *which)
{
  PhysicalGroups groups;
  DM dm;

  PetscFunctionBegin;
  PetscCall(GmshRead(request->path, &dm, &groups, refused));
  if (!*refused) PetscCall(fill_whole(dm, request, &groups, whole, refused, which));
  PetscCall(DMDestroy(&dm));
  PetscCall(PhysicalGroupsDestroy(&groups));
  PetscFunctionReturn(0);
}

/* The sentence of rank 0, to everybody. */
static PetscErrorCode share_refusal(MPI_Comm comm, PetscMPIInt rank, char **refused, PetscInt *which)
{
  PetscMPIInt head[2] = {*refused ? (PetscMPIInt)strlen(*refused) + 1 : 0, (PetscMPIInt)*which};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(head, 2, MPI_INT, 0, comm));
  *which = head[1];
  if (!head[0]) PetscFunctionReturn(0);
  if (rank > 0) PetscCall(PetscMalloc1(head[0], refused));
  PetscCallMPI(MPI_Bcast(*refused, head[0], MPI_CHAR, 0, comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode share_whole(MPI_Comm comm, PetscMPIInt rank, Whole *whole)
{
  PetscInt head[4] = {whole->n_elements, whole->n_nodes, whole->nodes_per_element, whole->simplex};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(head, 4, MPIU_INT, 0, comm));
  whole->n_elements = head[0];
  whole->n_nodes = head[1];
  whole->nodes_per_element = head[2];
  whole->simplex = head[3] ? PETSC_TRUE : PETSC_FALSE;
  if (rank > 0) {
    PetscCall(PetscMalloc1(whole->n_elements * whole->nodes_per_element, &whole->element_nodes));
    PetscCall(PetscMalloc1(whole->n_nodes * whole->dim, &whole->x));
    PetscCall(PetscMalloc1(whole->n_nodes, &whole->absorbing));
  }
  PetscCallMPI(MPI_Bcast(whole->element_nodes, (PetscMPIInt)(whole->n_elements * whole->nodes_per_element),
                         MPIU_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(whole->x, (PetscMPIInt)(whole->n_nodes * whole->dim), MPIU_REAL, 0, comm));
  PetscCallMPI(MPI_Bcast(whole->absorbing, (PetscMPIInt)whole->n_nodes, MPIU_BOOL, 0, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainCreateMesh(MPI_Comm comm, PetscInt dim, const char path[], PetscInt order,
                                PetscInt n_groups, const char *const groups[], const Boundary kinds[],
                                Boundary otherwise, Domain *domain, char **refused, PetscInt *which)
{
  const Request request = {path, n_groups, groups, kinds, otherwise};
  Whole whole = {.dim = dim, .order = order};
  PetscMPIInt rank;

  PetscFunctionBegin;
  *domain = NULL;
  *refused = NULL;
  *which = -1;
  PetscCheck(dim >= 1 && dim <= REITER_MAX_DIM, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "a mesh has 1 to %d dimensions, not %" PetscInt_FMT, REITER_MAX_DIM, dim);
  PetscCheck(order >= 1 && order <= DOMAIN_MAX_ORDER, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "elements have order 1 to %d, not %" PetscInt_FMT, DOMAIN_MAX_ORDER, order);
  for (PetscInt g = 0; g <= n_groups; g++)
    PetscCheck((g < n_groups ? kinds[g] : otherwise) != BOUNDARY_PERIODIC, comm, PETSC_ERR_ARG_WRONG,
               "a mesh has no periodic sides");
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) PetscCall(read_whole(&request, &whole, refused, which));
  PetscCall(share_refusal(comm, rank, refused, which));
  if (*refused) {
    PetscCall(WholeDestroy(&whole));
    PetscFunctionReturn(0);
  }
  PetscCall(share_whole(comm, rank, &whole));
  PetscCall(DomainCreate(comm, &whole, domain));
  PetscFunctionReturn(0);
}
