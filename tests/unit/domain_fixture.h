/*
  Checks that hold for any domain, with nothing of src/domain in them: node positions from tables of their own, volumes from
  corners. Every rank calls them.
*/
#pragma once
#include <reiter/domain.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#define OK(call) assert_int_equal((call), 0)

static const double lobatto[5][5] = {{0},
                                     {0, 1},
                                     {0, 0.5, 1},
                                     {0, 0.27639320225002103, 0.72360679774997897, 1},
                                     {0, 0.17267316464601143, 0.5, 0.82732683535398857, 1}};

static double sum_over_ranks(double value)
{
  double sum;

  MPI_Allreduce(&value, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  return sum;
}

static int corners_of(const DomainMesh *m)
{
  return m->simplex ? (int)m->dim + 1 : 1 << m->dim;
}

static double triple(int dim, const double *a, const double *b, const double *c)
{
  if (dim == 1) return a[0];
  if (dim == 2) return a[0] * b[1] - a[1] * b[0];
  return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
         a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/* Simplices exactly; tensor elements by the 2-point Gauss rule, which is exact for multilinear maps. */
static double volume_of(int dim, int simplex, const double *v)
{
  double edge[3][3] = {{0}}, volume = 0;
  const int points = simplex ? 1 : 1 << dim;

  for (int q = 0; q < points; q++) {
    memset(edge, 0, sizeof edge);
    for (int k = 0; k < dim; k++) {
      if (simplex) {
        for (int c = 0; c < dim; c++) edge[k][c] = v[(k + 1) * dim + c] - v[c];
        continue;
      }
      for (int corner = 0; corner < 1 << dim; corner++) {
        double slope = corner >> k & 1 ? 1 : -1;
        for (int l = 0; l < dim; l++) {
          const double s = 0.5 + (q >> l & 1 ? 1 : -1) / sqrt(12);
          if (l != k) slope *= corner >> l & 1 ? s : 1 - s;
        }
        for (int c = 0; c < dim; c++) edge[k][c] += slope * v[corner * dim + c];
      }
    }
    const double value = triple(dim, edge[0], edge[1], edge[2]);
    assert_true(value > 0);
    volume += value / points;
  }
  return simplex ? volume / (dim == 3 ? 6 : dim) : volume;
}

static double total_volume(Domain domain)
{
  const DomainMesh *m;
  double sum = 0, v[24];

  OK(DomainGetMesh(domain, &m));
  for (PetscInt e = 0; e < m->n_elements; e++) {
    OK(DomainElementCorners(domain, e, v));
    sum += volume_of((int)m->dim, m->simplex, v);
  }
  return sum_over_ranks(sum);
}

/* Where node a of an element with these corners has to be. */
static void expected_node(const DomainMesh *m, const int at[3], const double *v, double x[])
{
  const int p = (int)m->order, dim = (int)m->dim;

  for (int c = 0; c < dim; c++) {
    x[c] = m->simplex ? (p - at[0] - at[1] - at[2]) * v[c] / p : 0;
    for (int k = 0; m->simplex && k < dim; k++) x[c] += at[k] * v[(k + 1) * dim + c] / p;
    for (int corner = 0; !m->simplex && corner < 1 << dim; corner++) {
      double value = 1;
      for (int k = 0; k < dim; k++) value *= corner >> k & 1 ? lobatto[p][at[k]] : 1 - lobatto[p][at[k]];
      x[c] += value * v[corner * dim + c];
    }
  }
}

static double distance(const DomainMesh *m, const double *x, const double *y)
{
  double sum = 0;

  for (int c = 0; c < m->dim; c++) {
    double d = fabs(x[c] - y[c]);
    if (m->box && m->sides[c][0] == BOUNDARY_PERIODIC)
      d = fmin(d, fabs(m->bounds[c][1] - m->bounds[c][0] - d));
    sum += d * d;
  }
  return sqrt(sum);
}

/* Every node of every element lies where the element says: neighbours that share a number agree. */
static void check_positions(Domain domain)
{
  const DomainMesh *m;
  double v[24], x[3];

  OK(DomainGetMesh(domain, &m));
  const int p = (int)m->order;
  for (PetscInt e = 0; e < m->n_elements; e++) {
    PetscInt a = 0;
    OK(DomainElementCorners(domain, e, v));
    for (int k = 0; k <= (m->dim > 2 ? p : 0); k++)
      for (int j = 0; j <= (m->dim > 1 ? p : 0); j++)
        for (int i = 0; i <= p; i++) {
          if (m->simplex && i + j + k > p) continue;
          const PetscInt node = m->element_nodes[e * m->nodes_per_element + a++];
          assert_true(node >= 0 && node < m->n_nodes);
          expected_node(m, (int[]){i, j, k}, v, x);
          assert_true(distance(m, x, m->x + node * m->dim) < 1e-13);
        }
    assert_int_equal(a, m->nodes_per_element);
  }
}

static int compare_points(const void *a, const void *b)
{
  const double *const x = a, *const y = b;

  for (int c = 0; c < 3; c++) {
    const double d = round((x[c] - y[c]) * 1e9);
    if (d < 0) return -1;
    if (d > 0) return 1;
  }
  return 0;
}

/* Numbers: each natural one once, owned by one rank, at one place, and no place has two. Leaves x in natural order. */
static void check_numbers(Domain domain)
{
  const DomainMesh *m;
  double *all, *values, *points;
  int rank;
  Vec v;

  OK(DomainGetMesh(domain, &m));
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  assert_int_equal(sum_over_ranks((double)m->n_owned), m->n_global);
  all = calloc((size_t)m->n_global + 1, sizeof *all);
  points = calloc(3 * (size_t)m->n_global + 1, sizeof *points);
  values = calloc((size_t)m->n_nodes + 1, sizeof *values);
  OK(DomainCreateVector(domain, &v));
  for (int c = -1; c < m->dim; c++) { /* the natural number, then the coordinates */
    PetscScalar *array;
    PetscInt first, end;
    OK(VecGetOwnershipRange(v, &first, &end));
    assert_int_equal(first, m->first_global);
    assert_int_equal(end - first, m->n_owned);
    OK(VecGetArray(v, &array));
    for (PetscInt i = 0; i < m->n_owned; i++) {
      assert_int_equal(m->global[i], first + i);
      array[i] = c < 0 ? (double)m->natural[i] : m->x[i * m->dim + c];
      if (i > 0) assert_true(m->natural[i] > m->natural[i - 1]);
    }
    OK(VecRestoreArray(v, &array));
    OK(DomainGetLocalValues(domain, v, values));
    for (PetscInt i = 0; i < m->n_nodes; i++)
      assert_true(fabs(values[i] - (c < 0 ? (double)m->natural[i] : m->x[i * m->dim + c])) < 1e-13);
    OK(DomainGather(domain, v, all));
    for (PetscInt i = 0; rank == 0 && i < m->n_global; i++) {
      if (c < 0)
        assert_int_equal((PetscInt)all[i], i);
      else
        points[3 * i + c] = all[i];
    }
    for (PetscInt i = 0; i < m->n_global; i++) all[i] = sin((double)i);
    OK(DomainScatter(domain, all, v));
    OK(DomainGetLocalValues(domain, v, values));
    for (PetscInt i = 0; i < m->n_nodes; i++) assert_true(values[i] == sin((double)m->natural[i]));
  }
  if (rank == 0) {
    qsort(points, (size_t)m->n_global, 3 * sizeof *points, compare_points);
    for (PetscInt i = 1; i < m->n_global; i++)
      assert_true(compare_points(points + 3 * (i - 1), points + 3 * i) < 0);
  }
  OK(VecDestroy(&v));
  free(values);
  free(points);
  free(all);
}

/* Elements fit the preallocation, and leave nothing of it over. */
static void check_matrix(Domain domain)
{
  const DomainMesh *m;
  double ones[125 * 125];
  PetscInt rows[125];
  PetscReal sum;
  MatInfo info;
  Mat A;
  Vec one, row_sums;

  OK(DomainGetMesh(domain, &m));
  OK(DomainCreateMatrix(domain, &A));
  const PetscInt n = m->nodes_per_element;
  for (PetscInt i = 0; i < n * n; i++) ones[i] = 1;
  for (PetscInt e = 0; e < m->n_elements; e++) {
    for (PetscInt a = 0; a < n; a++) rows[a] = m->global[m->element_nodes[e * n + a]];
    OK(MatSetValues(A, n, rows, n, rows, ones, ADD_VALUES));
  }
  OK(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  OK(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  OK(MatGetInfo(A, MAT_GLOBAL_SUM, &info));
  assert_true(info.mallocs == 0);
  assert_true(info.nz_allocated == info.nz_used);
  OK(MatCreateVecs(A, &one, &row_sums));
  OK(VecSet(one, 1));
  OK(MatMult(A, one, row_sums));
  OK(VecSum(row_sums, &sum));
  assert_true(sum == sum_over_ranks((double)m->n_elements) * (double)(n * n));
  OK(VecDestroy(&one));
  OK(VecDestroy(&row_sums));
  OK(MatDestroy(&A));
}

/* Middles of elements are found, on one rank, in the element; and so are their corners. */
static void check_locate(Domain domain)
{
  const DomainMesh *m;
  double v[24], y[24], x[3], reference[3];
  int size;

  OK(DomainGetMesh(domain, &m));
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  const int corners = corners_of(m), dim = (int)m->dim;
  for (int owner = 0; owner < size; owner++) {
    int rank, n = (int)m->n_elements;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    MPI_Bcast(&n, 1, MPI_INT, owner, PETSC_COMM_WORLD);
    for (int e = 0; e < n; e += 1 + n / 20) {
      for (int at = -1; at < 1; at++) { /* the middle; a corner, which several elements have */
        PetscInt found;
        if (rank == owner) {
          OK(DomainElementCorners(domain, e, v));
          for (int c = 0; c < dim; c++) {
            x[c] = at < 0 ? 0 : v[c];
            for (int k = 0; at < 0 && k < corners; k++) x[c] += v[k * dim + c] / corners;
          }
        }
        MPI_Bcast(x, 3, MPI_DOUBLE, owner, PETSC_COMM_WORLD);
        OK(DomainLocate(domain, x, &found, reference));
        assert_int_equal(sum_over_ranks(found >= 0), 1);
        if (at < 0) assert_int_equal(found, rank == owner ? e : -1);
        if (found < 0) continue;
        OK(DomainElementCorners(domain, found, y));
        for (int c = 0; c < dim; c++) {
          double sum = 0, first = 1;
          for (int k = 0; k < dim; k++) first -= reference[k];
          for (int k = 0; k < corners; k++) {
            double value = m->simplex ? (k ? reference[k - 1] : first) : 1;
            for (int l = 0; !m->simplex && l < dim; l++)
              value *= k >> l & 1 ? reference[l] : 1 - reference[l];
            sum += value * y[k * dim + c];
          }
          if (!m->box || m->sides[c][0] != BOUNDARY_PERIODIC || at < 0) assert_true(fabs(sum - x[c]) < 1e-9);
        }
      }
    }
  }
}

/* The picture covers the domain, and its nodes are where their natural numbers are. */
static void check_picture(Domain domain, double volume)
{
  static const int around[8] = {0, 1, 3, 2, 4, 5, 7, 6};
  const DomainMesh *m;
  const FieldMesh *f;
  const PetscInt *natural;
  double *all, sum = 0, v[24];
  int rank;
  Vec x;

  OK(DomainGetMesh(domain, &m));
  OK(DomainGetFieldMesh(domain, &f, &natural));
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  OK(DomainCreateVector(domain, &x));
  all = calloc((size_t)m->n_global, sizeof *all);
  for (int c = 0; c < m->dim; c++) {
    PetscScalar *array;
    OK(VecGetArray(x, &array));
    for (PetscInt i = 0; i < m->n_owned; i++) array[i] = m->x[i * m->dim + c];
    OK(VecRestoreArray(x, &array));
    OK(DomainGather(domain, x, all));
    for (PetscInt i = 0; rank == 0 && i < f->n_nodes; i++) {
      const PetscInt index[3] = {f->grid ? i % f->n[0] : 0, f->grid ? i / f->n[0] % f->n[1] : 0,
                                 f->grid ? i / f->n[0] / f->n[1] : 0};
      const double at = f->grid ? f->axis[c][index[c]] : f->x[i * m->dim + c], other = all[natural[i]];
      const double period = m->bounds[c][1] - m->bounds[c][0];
      assert_true(at == other ||
                  (f->grid && m->sides[c][0] == BOUNDARY_PERIODIC && fabs(at - other - period) < 1e-13));
    }
  }
  free(all);
  OK(VecDestroy(&x));
  if (rank > 0) return;
  assert_int_equal(f->dim, m->dim);
  assert_int_equal(f->grid, m->box);
  if (f->grid) return;
  assert_int_equal(f->corners, corners_of(m));
  for (PetscInt e = 0; e < f->n_cells; e++) {
    for (int k = 0; k < f->corners; k++) {
      const PetscInt node = f->cells[e * f->corners + (f->simplex ? k : around[k])];
      memcpy(v + k * m->dim, f->x + node * m->dim, (size_t)m->dim * sizeof *v);
    }
    sum += volume_of((int)m->dim, f->simplex, v);
  }
  assert_true(fabs(sum - volume) < 1e-12 * volume);
}

static void check_domain(Domain domain, double volume)
{
  assert_true(fabs(total_volume(domain) - volume) < 1e-12 * volume);
  check_positions(domain);
  check_numbers(domain);
  check_matrix(domain);
  check_locate(domain);
  check_picture(domain, volume);
}
