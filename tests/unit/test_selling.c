/* Selling's decomposition gives back the tensor, with positive terms and integer offsets. */
#include "diffusion_fixture.h"

static PetscReal uniform(unsigned *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (PetscReal)(*seed >> 8) / 16777216.;
}

/* R diag R^T with a random rotation: a product of plane rotations */
static void random_tensor(PetscInt dim, const PetscReal diagonal[], unsigned *seed, PetscReal D[])
{
  PetscReal R[9] = {0}, sum;

  for (PetscInt i = 0; i < dim; i++) R[i * dim + i] = 1;
  for (PetscInt turn = 0; turn < 3; turn++) {
    const PetscInt a = dim == 2 ? 0 : turn, b = dim == 2 ? 1 : (turn + 1) % 3;
    const PetscReal angle = 2 * PETSC_PI * uniform(seed), c = PetscCosReal(angle), s = PetscSinReal(angle);
    for (PetscInt i = 0; i < dim; i++) {
      const PetscReal u = R[i * dim + a], v = R[i * dim + b];
      R[i * dim + a] = c * u - s * v;
      R[i * dim + b] = s * u + c * v;
    }
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j <= i; j++) {
      sum = 0;
      for (PetscInt k = 0; k < dim; k++) sum += R[i * dim + k] * diagonal[k] * R[j * dim + k];
      D[i * dim + j] = D[j * dim + i] = sum;
    }
  }
}

static void check(PetscInt dim, const PetscReal D[])
{
  PetscInt n, offset[6][REITER_MAX_DIM];
  PetscReal lambda[6], size = 0;

  OK(SellingDecompose(dim, D, &n, lambda, offset));
  assert_in_range(n, dim, dim * (dim + 1) / 2);
  for (PetscInt i = 0; i < dim; i++) size = PetscMax(size, D[i * dim + i]);
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = 0;
      for (PetscInt k = 0; k < n; k++) sum += lambda[k] * (PetscReal)(offset[k][i] * offset[k][j]);
      assert_true(PetscAbsReal(sum - D[i * dim + j]) <= 1e-14 * size);
    }
  }
  for (PetscInt k = 0; k < n; k++) assert_true(lambda[k] >= 0);
}

static void random_tensors(void **state)
{
  unsigned seed = 7;

  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    for (PetscInt power = 0; power <= 6; power++) {
      for (PetscInt trial = 0; trial < 300; trial++) {
        const PetscReal ratio = PetscPowRealInt(10, -(int)power);
        const PetscReal diagonal[3] = {1 + uniform(&seed), ratio * (1 + uniform(&seed)),
                                       trial % 2 ? 1 : ratio * (1 + uniform(&seed))};
        PetscReal D[9];
        random_tensor(dim, diagonal, &seed, D);
        check(dim, D);
      }
    }
  }
}

/* Tensors that are decomposed by hand. */
static void known_tensors(void **state)
{
  const PetscReal diagonal[] = {2, 0, 0, 5}, oblique[] = {2, 1, 1, 2}, line[] = {3};
  PetscInt n, offset[6][REITER_MAX_DIM];
  PetscReal lambda[6];

  (void)state;
  OK(SellingDecompose(2, diagonal, &n, lambda, offset));
  assert_int_equal(n, 2);
  for (PetscInt k = 0; k < n; k++) {
    const PetscInt c = offset[k][0] ? 0 : 1;
    assert_int_equal(PetscAbsInt(offset[k][0]) + PetscAbsInt(offset[k][1]), 1);
    assert_true(lambda[k] == (c ? 5 : 2));
  }
  OK(SellingDecompose(2, oblique, &n, lambda, offset)); /* e_x e_x + e_y e_y + (1,1)(1,1) */
  assert_int_equal(n, 3);
  for (PetscInt k = 0; k < n; k++) {
    assert_true(lambda[k] == 1);
    assert_true(offset[k][0] * offset[k][1] >= 0);
  }
  OK(SellingDecompose(1, line, &n, lambda, offset));
  assert_int_equal(n, 1);
  assert_true(lambda[0] == 3 && offset[0][0] == 1);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_tensors), cmocka_unit_test(known_tensors)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
