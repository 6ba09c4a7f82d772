/*
  Reversible systems that are made by hand, as dense arrays of their own, and their exact evolution from the dense
  eigenvalue problem S x = lambda B x.
*/
#pragma once
#include <reiter/evolve.h>
#include <petscblaslapack.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#ifndef OK
#define OK(call) assert_int_equal((call), 0)
#endif

typedef struct {
  PetscInt n;
  double *S, *B, *root, *values, *vectors; /* column-major; B is NULL for the identity */
  DiffusionSystem system;
} Model;

/* Without the diffusion room: a handle that is its system. */
struct _p_Diffusion {
  const DiffusionSystem *system;
};

PetscErrorCode DiffusionGetSystem(Diffusion diffusion, const DiffusionSystem **system)
{
  *system = diffusion->system;
  return 0;
}

static uint64_t random_state;

/* In (0, 1), the same on all ranks. */
static double next_random(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(random_state >> 12) + 0.5) * 0x1p-52;
}

/* Edge (i, j) of weight w between masses b: S += w (d_i/sqrt(b_i) - d_j/sqrt(b_j)) (..)^T */
static void add_edge(Model *m, PetscInt i, PetscInt j, double w)
{
  const double a = 1 / m->root[i], b = 1 / m->root[j];

  m->S[i * m->n + i] += w * a * a;
  m->S[j * m->n + j] += w * b * b;
  m->S[i * m->n + j] -= w * a * b;
  m->S[j * m->n + i] -= w * a * b;
}

static Mat make_matrix(const double *entries, PetscInt n)
{
  PetscInt first, last;
  Mat A;

  OK(MatCreate(PETSC_COMM_WORLD, &A));
  OK(MatSetSizes(A, PETSC_DECIDE, PETSC_DECIDE, n, n));
  OK(MatSetType(A, MATAIJ));
  OK(MatSetUp(A));
  OK(MatSetOption(A, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  OK(MatGetOwnershipRange(A, &first, &last));
  for (PetscInt i = first; i < last; i++) {
    for (PetscInt j = 0; j < n; j++)
      if (entries[j * n + i] != 0 || i == j) OK(MatSetValue(A, i, j, entries[j * n + i], INSERT_VALUES));
  }
  OK(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  OK(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  return A;
}

static Vec make_vector(const double *values, PetscInt n)
{
  PetscInt first, last;
  PetscReal *x;
  Vec v;

  OK(VecCreate(PETSC_COMM_WORLD, &v));
  OK(VecSetSizes(v, PETSC_DECIDE, n));
  OK(VecSetFromOptions(v));
  OK(VecGetOwnershipRange(v, &first, &last));
  OK(VecGetArray(v, &x));
  for (PetscInt i = first; i < last; i++) x[i - first] = values[i];
  OK(VecRestoreArray(v, &x));
  return v;
}

/* The arrays are complete: eigenvalues, PETSc's objects. */
static void finish_model(Model *m)
{
  const PetscBLASInt n = (PetscBLASInt)m->n, type = 1, length = 70 * n;
  double *mass = malloc((size_t)(n * n) * sizeof(double)), *work = malloc((size_t)length * sizeof(double));
  PetscBLASInt info;

  m->values = malloc((size_t)n * sizeof(double));
  m->vectors = malloc((size_t)(n * n) * sizeof(double));
  memcpy(m->vectors, m->S, (size_t)(n * n) * sizeof(double));
  for (PetscInt i = 0; i < n * n; i++) mass[i] = m->B ? m->B[i] : i % (n + 1) == 0;
  LAPACKsygv_(&type, "V", "U", &n, m->vectors, &n, mass, &n, m->values, work, &length, &info);
  assert_int_equal(info, 0);
  free(mass);
  free(work);
  m->system.comm = PETSC_COMM_WORLD;
  m->system.dim = 2;
  m->system.n_free = m->n;
  m->system.S = make_matrix(m->S, m->n);
  if (m->B) m->system.B = make_matrix(m->B, m->n);
  m->system.root = make_vector(m->root, m->n);
  OK(VecDuplicate(m->system.root, &m->system.total));
  if (m->B)
    OK(MatMult(m->system.B, m->system.root, m->system.total));
  else
    OK(VecCopy(m->system.root, m->system.total));
  OK(VecDuplicate(m->system.root, &m->system.log_b));
  OK(VecCopy(m->system.root, m->system.log_b));
  OK(VecLog(m->system.log_b));
  OK(VecScale(m->system.log_b, 2));
  m->system.m_matrix = m->B ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt i = 0; i < m->n; i++) {
    double sum = 0;
    for (PetscInt j = 0; j < m->n; j++) {
      sum += fabs(m->S[j * m->n + i]);
      if (i != j && m->S[j * m->n + i] > 0) m->system.m_matrix = PETSC_FALSE;
    }
    m->system.norm = PetscMax(m->system.norm, sum);
  }
  if (m->B) m->system.norm = PetscMax(m->system.norm, 1.01 * m->values[m->n - 1]);
}

/* A grid of columns x rows with weights and masses over two decades. skew > 0: edges along one diagonal of either sign,
   still positive definite: no M-matrix. killing: at the first node. mass: a consistent mass, with unit diagonal. */
static Model make_model(PetscInt columns, PetscInt rows, double skew, double killing, PetscBool mass)
{
  const PetscInt n = columns * rows;
  Model m = {.n = n};

  random_state = 12345;
  m.S = calloc((size_t)(n * n), sizeof(double));
  m.root = malloc((size_t)n * sizeof(double));
  for (PetscInt i = 0; i < n; i++) m.root[i] = exp(-2 * next_random());
  for (PetscInt j = 0; j < rows; j++) {
    for (PetscInt i = 0; i < columns; i++) {
      const PetscInt at = j * columns + i;
      if (i + 1 < columns) add_edge(&m, at, at + 1, 0.1 + next_random());
      if (j + 1 < rows) add_edge(&m, at, at + columns, 0.1 + next_random());
      if (skew > 0 && i + 1 < columns && j + 1 < rows) add_edge(&m, at, at + columns + 1, -skew * 0.05);
    }
  }
  m.S[0] += killing;
  m.system.conservative = killing > 0 ? PETSC_FALSE : PETSC_TRUE;
  if (mass) {
    m.B = calloc((size_t)(n * n), sizeof(double));
    for (PetscInt i = 0; i < n; i++) {
      m.B[i * n + i] = 1;
      if ((i + 1) % columns) m.B[i * n + i + 1] = m.B[(i + 1) * n + i] = 0.24;
      if (i + columns < n) m.B[i * n + i + columns] = m.B[(i + columns) * n + i] = 0.2;
    }
  }
  finish_model(&m);
  return m;
}

/* A line whose weight falls by exp(-2 fall) from node to node. mass: the identity, as a matrix. */
static Model make_slope(PetscInt n, double fall, double killing, PetscBool mass)
{
  Model m = {.n = n};

  m.S = calloc((size_t)(n * n), sizeof(double));
  m.root = malloc((size_t)n * sizeof(double));
  for (PetscInt i = 0; i < n; i++) m.root[i] = exp(-fall * (double)i);
  for (PetscInt i = 0; i + 1 < n; i++) add_edge(&m, i, i + 1, m.root[i] * m.root[i + 1]);
  m.S[0] += killing;
  m.system.conservative = killing > 0 ? PETSC_FALSE : PETSC_TRUE;
  if (mass) {
    m.B = calloc((size_t)(n * n), sizeof(double));
    for (PetscInt i = 0; i < n; i++) m.B[i * n + i] = 1;
  }
  finish_model(&m);
  return m;
}

static void destroy_model(Model *m)
{
  free(m->S);
  free(m->B);
  free(m->root);
  free(m->values);
  free(m->vectors);
  OK(MatDestroy(&m->system.S));
  OK(MatDestroy(&m->system.B));
  OK(VecDestroy(&m->system.root));
  OK(VecDestroy(&m->system.total));
  OK(VecDestroy(&m->system.log_b));
}

static Evolve make_evolve(const Model *m, const char *method, double tolerance, const double *g0, PetscInt n,
                          const double *times)
{
  Evolve e;
  Vec v = make_vector(g0, m->n);

  OK(EvolveCreateSystem(&m->system, &e));
  OK(EvolveSetMethod(e, method));
  OK(EvolveSetTolerance(e, tolerance));
  OK(EvolveSetTimes(e, n, times));
  OK(EvolveSetInitial(e, v));
  OK(VecDestroy(&v));
  return e;
}
