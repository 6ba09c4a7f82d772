/*
  Which element holds a point.
*/
#include "domain/domain_private.h"

/* A point this far outside, in parts of the element, still counts as inside. */
#define SLACK 1e-10

/* Component c of x in units of cells, brought into the period; NaN-safe: outside gives PETSC_FALSE. */
static PetscBool find_cell(const Whole *whole, PetscInt c, PetscReal x, PetscInt *cell, PetscReal *reference)
{
  const PetscInt cells = whole->cells[c];
  const PetscReal low = whole->edge[c][0], length = whole->edge[c][cells] - low;
  PetscReal s = (x - low) / length, at;

  if (whole->sides[c][0] == BOUNDARY_PERIODIC) s -= PetscFloorReal(s);
  at = s * (PetscReal)cells;
  if (!(at >= -SLACK && at <= (PetscReal)cells + SLACK)) return PETSC_FALSE;
  at = PetscMin(PetscMax(at, 0), (PetscReal)cells);
  *cell = PetscMin((PetscInt)at, cells - 1);
  *reference = at - (PetscReal)*cell;
  if (*cell > 0 && *reference <= SLACK) { /* a tie goes to the lower one */
    *cell -= 1;
    *reference = 1;
  }
  *reference = PetscMin(*reference, 1);
  return PETSC_TRUE;
}

static PetscErrorCode locate_in_box(Domain domain, const PetscReal x[], PetscInt *element,
                                    PetscReal reference[])
{
  const Whole *const whole = &domain->whole;
  PetscInt natural = 0, stride = 1;

  PetscFunctionBegin;
  *element = -1;
  for (PetscInt c = 0; c < whole->dim; c++) {
    PetscInt cell;
    if (!find_cell(whole, c, x[c], &cell, &reference[c])) PetscFunctionReturn(0);
    natural += stride * cell;
    stride *= whole->cells[c];
  }
  *element = natural;
  if (domain->size > 1) {
    PetscCall(PetscFindInt(natural, domain->mesh.n_elements, domain->element_natural, element));
    *element = PetscMax(*element, -1);
  }
  PetscFunctionReturn(0);
}

/* Solves J s = r by Cramer's rule; J[c][k] is the derivative of component c along s[k]. */
static PetscBool solve(PetscInt dim, PetscReal J[3][3], const PetscReal r[], PetscReal s[])
{
  PetscReal cofactor[3][3], determinant;

  for (PetscInt c = dim; c < 3; c++)
    for (PetscInt k = 0; k < 3; k++) J[c][k] = J[k][c] = c == k ? 1 : 0;
  for (PetscInt c = 0; c < 3; c++) {
    for (PetscInt k = 0; k < 3; k++) {
      const PetscInt c1 = (c + 1) % 3, c2 = (c + 2) % 3, k1 = (k + 1) % 3, k2 = (k + 2) % 3;
      cofactor[c][k] = J[c1][k1] * J[c2][k2] - J[c1][k2] * J[c2][k1];
    }
  }
  determinant = J[0][0] * cofactor[0][0] + J[0][1] * cofactor[0][1] + J[0][2] * cofactor[0][2];
  if (determinant == 0) return PETSC_FALSE;
  for (PetscInt k = 0; k < dim; k++) {
    s[k] = 0;
    for (PetscInt c = 0; c < dim; c++) s[k] += cofactor[c][k] * r[c];
    s[k] /= determinant;
  }
  return PETSC_TRUE;
}

static PetscBool in_simplex(PetscInt dim, const PetscReal v[], const PetscReal x[], PetscReal s[])
{
  PetscReal J[3][3], r[3] = {0}, sum = 0;

  for (PetscInt c = 0; c < dim; c++) {
    r[c] = x[c] - v[c];
    for (PetscInt k = 0; k < dim; k++) J[c][k] = v[(k + 1) * dim + c] - v[c];
  }
  if (!solve(dim, J, r, s)) return PETSC_FALSE;
  for (PetscInt k = 0; k < dim; k++) {
    if (!(s[k] >= -SLACK)) return PETSC_FALSE;
    s[k] = PetscMax(s[k], 0);
    sum += s[k];
  }
  if (sum > 1 + SLACK) return PETSC_FALSE;
  for (PetscInt k = 0; sum > 1 && k < dim; k++) s[k] /= sum;
  return PETSC_TRUE;
}

/* Newton's method for the multilinear map; parallelepipeds need one step. */
static PetscBool in_tensor(PetscInt dim, const PetscReal v[], const PetscReal x[], PetscReal s[])
{
  for (PetscInt k = 0; k < dim; k++) s[k] = 0.5;
  for (PetscInt step = 0; step < 30; step++) {
    PetscReal J[3][3] = {{0}}, r[3] = {0}, change[3] = {0}, most = 0;
    for (PetscInt c = 0; c < dim; c++) r[c] = x[c];
    for (PetscInt corner = 0; corner < 1 << dim; corner++) {
      PetscReal value = 1;
      for (PetscInt k = 0; k < dim; k++) value *= corner >> k & 1 ? s[k] : 1 - s[k];
      for (PetscInt c = 0; c < dim; c++) r[c] -= value * v[corner * dim + c];
      for (PetscInt k = 0; k < dim; k++) {
        PetscReal slope = corner >> k & 1 ? 1 : -1;
        for (PetscInt l = 0; l < dim; l++)
          if (l != k) slope *= corner >> l & 1 ? s[l] : 1 - s[l];
        for (PetscInt c = 0; c < dim; c++) J[c][k] += slope * v[corner * dim + c];
      }
    }
    if (!solve(dim, J, r, change)) return PETSC_FALSE;
    for (PetscInt k = 0; k < dim; k++) {
      s[k] += change[k];
      most = PetscMax(most, PetscAbsReal(change[k]));
    }
    if (!(most < 1e3)) return PETSC_FALSE;
    if (most > 0.01 * SLACK) continue;
    for (PetscInt k = 0; k < dim; k++) {
      if (!(s[k] >= -SLACK && s[k] <= 1 + SLACK)) return PETSC_FALSE;
      s[k] = PetscMin(PetscMax(s[k], 0), 1);
    }
    return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static PetscBool in_bounds(PetscInt dim, PetscInt corners, const PetscReal v[], const PetscReal x[])
{
  for (PetscInt c = 0; c < dim; c++) {
    PetscReal low = v[c], high = v[c];
    for (PetscInt k = 1; k < corners; k++) {
      low = PetscMin(low, v[k * dim + c]);
      high = PetscMax(high, v[k * dim + c]);
    }
    const PetscReal slack = SLACK * (high - low);
    if (!(x[c] >= low - slack && x[c] <= high + slack)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscErrorCode locate_in_mesh(Domain domain, const PetscReal x[], PetscInt *element,
                                     PetscReal reference[])
{
  const DomainMesh *const mesh = &domain->mesh;
  const PetscInt dim = mesh->dim, corners = WholeNumberOfCorners(&domain->whole);
  PetscInt mine = PETSC_MAX_INT, lowest;
  PetscReal v[DOMAIN_MAX_CORNERS * REITER_MAX_DIM];

  PetscFunctionBegin;
  *element = -1;
  for (PetscInt e = 0; e < mesh->n_elements; e++) { /* ascending in natural numbers too */
    PetscCall(DomainElementCorners(domain, e, v));
    if (!in_bounds(dim, corners, v, x)) continue;
    if (!(mesh->simplex ? in_simplex(dim, v, x, reference) : in_tensor(dim, v, x, reference))) continue;
    *element = e;
    mine = domain->size > 1 ? domain->element_natural[e] : e;
    break;
  }
  PetscCallMPI(MPI_Allreduce(&mine, &lowest, 1, MPIU_INT, MPI_MIN, domain->comm));
  if (mine != lowest) *element = -1;
  PetscFunctionReturn(0);
}

PetscErrorCode DomainLocate(Domain domain, const PetscReal x[], PetscInt *element, PetscReal reference[])
{
  PetscFunctionBegin;
  if (domain->mesh.box) {
    PetscCall(locate_in_box(domain, x, element, reference));
  } else {
    PetscCall(locate_in_mesh(domain, x, element, reference));
  }
  PetscFunctionReturn(0);
}
