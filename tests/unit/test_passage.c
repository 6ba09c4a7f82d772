/* Passage times, committors and capacities against closed forms, on both schemes and on a disk. */
#include "spectrum_fixture.h"
#include <reiter/passage.h>

static const char *const line[] = {"0.5"};
static const char *const plane[] = {"0.5", "0", "0", "0.5"};

/* Inside where low <= x[0] <= high. */
static PetscErrorCode strip(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  const PetscReal *bounds = ctx; /* low, high, dim */
  const PetscInt dim = (PetscInt)bounds[2];

  for (PetscInt i = 0; i < n; i++) values[i] = x[i * dim] > bounds[0] - 1e-9 && x[i * dim] < bounds[1] + 1e-9;
  return 0;
}

static PetscErrorCode nowhere(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  (void)ctx;
  (void)x;
  for (PetscInt i = 0; i < n; i++) values[i] = 0;
  return 0;
}

static Setting flat(PetscInt dim, PetscBool elements)
{
  Setting s = {.dim = dim,
               .box = {{0, 2}, {0, 1}},
               .cells = {elements ? 16 : 64, elements ? 6 : 24},
               .order = elements ? 2 : 1,
               .scheme = elements ? "fem" : "monotone",
               .log_w = "0",
               .tensor = dim == 1 ? line : plane};
  return s;
}

/* Constant coefficients, reached at x <= 1/2, reflecting at 2: tau = (2 L y - y^2)/(2 D), y = x - 1/2, L = 3/2. */
static void flat_time(void **state)
{
  (void)state;
  for (PetscInt kind = 0; kind < 4; kind++) {
    PetscReal bounds[] = {0, 0.5, 1 + kind % 2}, error, value;
    const Setting s = flat(1 + kind % 2, (PetscBool)(kind < 2));
    const char *refused;
    CellFailure failure;
    PetscBool inside;
    Passage passage;
    Problem p;
    Vec time;

    make_problem(&s, &p);
    OK(PassageCreate(p.diffusion, &passage));
    OK(DomainCreateVector(p.domain, &time));
    OK(PassageTime(passage, strip, bounds, time, &error, &refused, &failure));
    assert_null(refused);
    assert_string_equal(failure.message, "");
    assert_true(error < 1e-8);
    for (PetscInt k = 0; k < 3; k++) {
      const PetscReal x[] = {0.75 + 0.5 * (PetscReal)k, 0.25}, y = x[0] - 0.5;
      OK(PassageEvaluate(passage, time, PETSC_TRUE, x, &value, &inside));
      assert_true(inside);
      assert_true(PetscAbsReal(PetscExpReal(value) / (3 * y - y * y) - 1) < (kind < 2 ? 1e-9 : 1e-3));
    }
    OK(PassageEvaluate(passage, time, PETSC_TRUE, (PetscReal[]){0.3, 0.4}, &value, &inside));
    assert_true(inside && value == PETSC_NINFINITY);
    OK(PassageEvaluate(passage, time, PETSC_TRUE, (PetscReal[]){2.5, 0.4}, &value, &inside));
    assert_false(inside);
    OK(PassageTime(passage, nowhere, NULL, time, &error, &refused, &failure));
    assert_non_null(refused);
    bounds[1] = 5;
    OK(PassageTime(passage, strip, bounds, time, &error, &refused, &failure));
    assert_non_null(refused);
    OK(VecDestroy(&time));
    OK(PassageDestroy(&passage));
    destroy_problem(&p);
  }
}

/* Constant coefficients between x <= 1/2 and x >= 3/2: q = x - 1/2, capacity D (per unit of y), mass 2. */
static void flat_committor(void **state)
{
  (void)state;
  for (PetscInt kind = 0; kind < 4; kind++) {
    const PetscReal dim = 1 + kind % 2;
    PetscReal a[] = {0, 0.5, dim}, b[] = {1.5, 2, dim}, error, value, log_capacity, log_rate;
    const Setting s = flat(1 + kind % 2, (PetscBool)(kind < 2));
    const char *refused;
    CellFailure failure;
    PetscBool inside;
    Passage passage;
    Problem p;
    Vec q;

    make_problem(&s, &p);
    OK(PassageCreate(p.diffusion, &passage));
    OK(DomainCreateVector(p.domain, &q));
    OK(PassageCommittor(passage, strip, a, strip, b, q, &log_capacity, &log_rate, &error, &refused,
                        &failure));
    assert_null(refused);
    assert_string_equal(failure.message, "");
    OK(PassageEvaluate(passage, q, PETSC_FALSE, (PetscReal[]){0.8, 0.3}, &value, &inside));
    assert_true(inside && PetscAbsReal(value - 0.3) < 1e-10);
    assert_true(PetscAbsReal(PetscExpReal(log_capacity) - 0.5) < 1e-10);
    assert_true(PetscAbsReal(PetscExpReal(log_rate) - 0.25) < 1e-10);
    b[0] = 0.4;
    OK(PassageCommittor(passage, strip, a, strip, b, q, &log_capacity, &log_rate, &error, &refused,
                        &failure));
    assert_non_null(refused);
    OK(PassageCommittor(passage, nowhere, a, strip, b, q, &log_capacity, &log_rate, &error, &refused,
                        &failure));
    assert_non_null(refused);
    OK(VecDestroy(&q));
    OK(PassageDestroy(&passage));
    destroy_problem(&p);
  }
}

/* int_x^b ( int_a^y w ) / (w D) dy (2.8) for w = exp(-V/s), D = s, by composite Simpson sums on a fine grid. */
static PetscReal double_integral(PetscReal s, PetscReal a, PetscReal x, PetscReal b)
{
  enum { N = 300000 };
  const long double h = ((long double)b - a) / N;
  long double mass = 0, time = 0;

  for (PetscInt i = 0; i < N; i++) {
    long double w[5];
    for (PetscInt k = 0; k < 5; k++) {
      const long double y = a + h * (i + 0.25L * k);
      w[k] = expl(-(y * y * y * y / 4 - y * y / 2) / s);
    }
    const long double half = mass + h / 12 * (w[0] + 4 * w[1] + w[2]);
    const long double full = half + h / 12 * (w[2] + 4 * w[3] + w[4]);
    if (a + h * (i + 0.5L) > x) time += h / 6 * (mass / w[0] + 4 * half / w[2] + full / w[4]) / s;
    mass = full;
  }
  return (PetscReal)time;
}

/* From the left well over the barrier: barrier/temperature 1 to 20. */
static void over_a_barrier(void **state)
{
  const PetscReal temperature[] = {0.25, 0.05, 0.0125};

  (void)state;
  for (PetscInt k = 0; k < 3; k++) {
    PetscReal bounds[] = {1, 2, 1}, error, value;
    const PetscReal exact = double_integral(temperature[k], -2, -1, 1);
    const char *refused, *const tensor[] = {(char[32]){0}};
    char log_w[64];
    CellFailure failure;
    PetscBool inside;
    Passage passage;
    Problem p;
    Vec time;

    snprintf((char *)tensor[0], 32, "%.17g", temperature[k]);
    snprintf(log_w, sizeof(log_w), "-(x^4/4-x^2/2)/%.17g", temperature[k]);
    Setting s = {.dim = 1,
                 .box = {{-2, 2}},
                 .cells = {192},
                 .order = 4,
                 .scheme = "fem",
                 .log_w = log_w,
                 .tensor = tensor};
    make_problem(&s, &p);
    OK(PassageCreate(p.diffusion, &passage));
    OK(DomainCreateVector(p.domain, &time));
    OK(PassageTime(passage, strip, bounds, time, &error, &refused, &failure));
    assert_null(refused);
    OK(PassageEvaluate(passage, time, PETSC_TRUE, (PetscReal[]){-1}, &value, &inside));
    print_message("s = %g: %.12g, error %.1e, true error %.1e\n", temperature[k], PetscExpReal(value), error,
                  PetscExpReal(value) / exact - 1);
    assert_true(PetscAbsReal(PetscExpReal(value) / exact - 1) < 1e-8 + error);
    OK(VecDestroy(&time));
    OK(PassageDestroy(&passage));
    destroy_problem(&p);
  }
}

/* Where S has no digit of the time any more elements refuse and the graph goes on. */
static void deep_barrier(void **state)
{
  const char *const tensor[] = {"0.00625"};
  Setting s = {.dim = 1, .box = {{-2, 2}}, .order = 1, .log_w = "-(x^4/4-x^2/2)/0.00625", .tensor = tensor};

  (void)state;
  for (PetscInt elements = 0; elements < 2; elements++) {
    PetscReal bounds[] = {1, 2, 1}, error, value;
    const char *refused;
    CellFailure failure;
    PetscBool inside;
    Passage passage;
    Problem p;
    Vec time;

    s.scheme = elements ? "fem" : "monotone";
    s.order = elements ? 4 : 1;
    s.cells[0] = elements ? 128 : 2048;
    make_problem(&s, &p);
    OK(PassageCreate(p.diffusion, &passage));
    OK(DomainCreateVector(p.domain, &time));
    OK(PassageTime(passage, strip, bounds, time, &error, &refused, &failure));
    if (elements) {
      assert_non_null(refused);
    } else {
      assert_null(refused);
      OK(PassageEvaluate(passage, time, PETSC_TRUE, (PetscReal[]){-1}, &value, &inside));
      assert_true(PetscAbsReal(value - log(double_integral(0.00625, -2, -1, 1))) < 1e-3);
    }
    OK(VecDestroy(&time));
    OK(PassageDestroy(&passage));
    destroy_problem(&p);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flat_time),
      cmocka_unit_test(flat_committor),
      cmocka_unit_test(over_a_barrier),
      cmocka_unit_test(deep_barrier),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
