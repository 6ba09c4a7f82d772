/* The discretised diffusion: symmetric, with the constant at rest, positive where it must be, finite for any weight. */
#include "diffusion_fixture.h"

static const char *const identities[][9] = {
    {"1"}, {"1"}, {"1", "0", "0", "1"}, {"1", "0", "0", "0", "1", "0", "0", "0", "1"}};
static const char *const line[] = {"1+x^2/4"};
static const char *const plane[] = {"1+x^2/4", "0.3*sin(x+y)", "0.3*sin(x+y)", "1.5+cos(y)/4"};
static const char *const space[] = {"1+x^2/4", "0.3*sin(x+y)", "0.2", "0.3*sin(x+y)", "1.5+cos(y)/4", "0.1*z",
                                    "0.2",     "0.1*z",        "2"};
static const char *const *const tensors[] = {NULL, line, plane, space};
static const char *const weights[] = {NULL, "-(x^2-1)^2", "-(x^2-1)^2-y^2*(1+x)", "-(x^2-1)^2-y^2*(1+x)-z"};

/* Symmetric, S root = 0, Gershgorin's bound above what is found. */
static void check_system(const Problem *p)
{
  PetscReal norm, rayleigh;
  PetscScalar dot;
  Vec v, Sv;
  PetscRandom random;

  assert_true(asymmetry(p->system->S) < 1e-15);
  if (p->system->conservative) assert_true(constant_defect(p->system) < 1e-13);
  OK(VecDuplicate(p->system->root, &v));
  OK(VecDuplicate(v, &Sv));
  OK(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  OK(PetscRandomSetInterval(random, -1, 1));
  OK(VecSetRandom(v, random));
  for (PetscInt k = 0; k < 50; k++) { /* a power iteration from below */
    OK(VecNormalize(v, &norm));
    OK(MatMult(p->system->S, v, Sv));
    OK(VecDot(v, Sv, &dot));
    OK(VecCopy(Sv, v));
  }
  rayleigh = dot;
  assert_true(rayleigh > 0 && rayleigh <= p->system->norm);
  assert_true(p->system->norm < 8 * rayleigh);
  OK(PetscRandomDestroy(&random));
  OK(VecDestroy(&Sv));
  OK(VecDestroy(&v));
}

static void elements(void **state)
{
  const PetscInt cells[] = {0, 7, 4, 2};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    for (PetscInt order = 1; order <= (dim == 3 ? 3 : 4); order++) {
      for (PetscInt kind = 0; kind < 3; kind++) {
        Problem p;
        make_box(&p, dim, -1.5, 1.5, cells[dim] + (kind == 1 ? 2 : 0), order, (Boundary)kind);
        set_up_problem(&p, "fem", kind == 1 ? "cos(2*pi*x/3)" : weights[dim],
                       kind == 1 ? identities[dim] : tensors[dim]);
        assert_int_equal(p.fault.trouble, COEFFICIENT_GOOD);
        assert_true(p.system->conservative == (kind != 2));
        assert_null(p.system->B);
        check_system(&p);
        destroy_problem(&p);
      }
    }
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(elements)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
