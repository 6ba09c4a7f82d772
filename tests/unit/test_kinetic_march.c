/* Steps in time of the kinetic equation on a harmonic oscillator in Hermite functions of q and p: a thermal Gaussian whose mean
   is displaced is a coherent state, with means that obey q' = p, p' = -q - g p (mass, temperature and stiffness one). */
#include "output_fixture.h"
#include "spring_fixture.h"
#include "kinetic/evolution_march.h"
#include <slepcsys.h>
#include <petscksp.h>
#include <string.h>

enum { DEGREES = 28, N = DEGREES * DEGREES, N_TIMES = 6 };

static const PetscReal the_times[N_TIMES] = {0, 0.01, 0.7, 3, 20, 1e4};

typedef struct {
  KineticSystem system;
  PetscReal g;
  Mat A;
  KSP ksp;
  int solves, stop_at;
  volatile int flag;
} Oscillator;

static Mat make_matrix(void)
{
  Mat A;

  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, N, N, 5, NULL, &A));
  for (PetscInt i = 0; i < N; i++) OK(MatSetValue(A, i, i, 0, INSERT_VALUES));
  return A;
}

static Oscillator make_oscillator(PetscReal g)
{
  Oscillator o;
  KineticSystem *s = &o.system;

  memset(&o, 0, sizeof o);
  o.g = g;
  s->T = make_matrix();
  s->C = make_matrix();
  s->B = make_matrix();
  for (PetscInt p = 0; p < DEGREES; p++)
    for (PetscInt q = 0; q < DEGREES; q++) {
      const PetscInt row = p * DEGREES + q, other = (p + 1) * DEGREES + q - 1;
      OK(MatSetValue(s->B, row, row, 1, INSERT_VALUES));
      OK(MatSetValue(s->C, row, row, -(PetscReal)p, INSERT_VALUES));
      if (q < 1 || p + 1 >= DEGREES) continue;
      OK(MatSetValue(s->T, row, other, PetscSqrtReal((PetscReal)(q * (p + 1))), INSERT_VALUES));
      OK(MatSetValue(s->T, other, row, -PetscSqrtReal((PetscReal)(q * (p + 1))), INSERT_VALUES));
    }
  Mat all[3] = {s->T, s->C, s->B};
  for (int i = 0; i < 3; i++) {
    OK(MatAssemblyBegin(all[i], MAT_FINAL_ASSEMBLY));
    OK(MatAssemblyEnd(all[i], MAT_FINAL_ASSEMBLY));
  }
  s->n = N;
  OK(VecCreateSeq(PETSC_COMM_SELF, N, &s->one));
  OK(VecSetValue(s->one, 0, 1, INSERT_VALUES));
  OK(VecDuplicate(s->one, &s->total));
  OK(VecCopy(s->one, s->total));
  OK(VecDuplicate(s->one, &s->reversal));
  for (PetscInt i = 0; i < N; i++) OK(VecSetValue(s->reversal, i, (i / DEGREES) % 2 ? -1 : 1, INSERT_VALUES));
  return o;
}

static void destroy_oscillator(Oscillator *o)
{
  OK(KSPDestroy(&o->ksp));
  OK(MatDestroy(&o->A));
  OK(MatDestroy(&o->system.T));
  OK(MatDestroy(&o->system.C));
  OK(MatDestroy(&o->system.B));
  OK(VecDestroy(&o->system.one));
  OK(VecDestroy(&o->system.total));
  OK(VecDestroy(&o->system.reversal));
}

static PetscErrorCode factor(void *ctx, PetscReal shift, CellFailure *failure)
{
  Oscillator *o = ctx;
  PC pc;

  PetscFunctionBegin;
  (void)failure;
  PetscCall(MatDestroy(&o->A));
  PetscCall(KSPDestroy(&o->ksp));
  PetscCall(MatDuplicate(o->system.B, MAT_COPY_VALUES, &o->A));
  PetscCall(MatScale(o->A, shift));
  PetscCall(MatAXPY(o->A, -1, o->system.T, DIFFERENT_NONZERO_PATTERN));
  PetscCall(MatAXPY(o->A, -o->g, o->system.C, DIFFERENT_NONZERO_PATTERN));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &o->ksp));
  PetscCall(KSPSetType(o->ksp, KSPPREONLY));
  PetscCall(KSPGetPC(o->ksp, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(KSPSetOperators(o->ksp, o->A, o->A));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(void *ctx, Vec b, Vec x, CellFailure *failure)
{
  Oscillator *o = ctx;

  PetscFunctionBegin;
  (void)failure;
  if (++o->solves == o->stop_at) o->flag = 1;
  PetscCall(KSPSolve(o->ksp, b, x));
  PetscFunctionReturn(0);
}

/* The coherent state of means q and p, in units of their thermal widths. */
static void coherent(PetscReal q, PetscReal p, Vec f)
{
  PetscReal *x, power_p = 1;

  OK(VecGetArrayWrite(f, &x));
  for (PetscInt i = 0; i < DEGREES; power_p *= p / PetscSqrtReal((PetscReal)++i)) {
    PetscReal power = power_p;
    for (PetscInt j = 0; j < DEGREES; j++) {
      x[i * DEGREES + j] = power;
      power *= q / PetscSqrtReal((PetscReal)(j + 1));
    }
  }
  OK(VecRestoreArrayWrite(f, &x));
}

static March make_march_from(Oscillator *o, PetscReal accuracy, Vec start, Vec states[])
{
  March march;

  memset(&march, 0, sizeof march);
  march.system = &o->system;
  march.g = o->g;
  march.solver = (MarchSolver){o, factor, solve};
  march.accuracy = accuracy;
  march.n_times = N_TIMES;
  march.times = the_times;
  march.states = states;
  march.interrupted = &o->flag;
  OK(MarchStart(&march, start));
  return march;
}

static March make_march(Oscillator *o, PetscReal accuracy, Vec states[])
{
  March march;
  Vec start;

  OK(VecDuplicate(o->system.one, &start));
  coherent(0.8, -0.5, start);
  march = make_march_from(o, accuracy, start, states);
  OK(VecDestroy(&start));
  return march;
}

static void check_means(PetscReal g, PetscReal accuracy)
{
  Oscillator o = make_oscillator(g);
  PetscReal last = PETSC_MAX_REAL, wrong, mass, size;
  CellFailure failure;
  Vec *states, exact;
  March march;

  OK(VecDuplicateVecs(o.system.one, N_TIMES, &states));
  OK(VecDuplicate(o.system.one, &exact));
  march = make_march(&o, accuracy, states);
  OK(MarchRun(&march, &failure));
  if (failure.status != CELL_OK) fail_msg("g = %g: %s", g, failure.message);
  print_message("g = %g: %d solves, error %.1e\n", g, (int)march.steps, march.error / march.size);
  assert_true(march.error <= 2 * accuracy * march.size);
  for (int k = 0; k < N_TIMES; k++) {
    PetscReal q = 0.8, p = -0.5;
    spring_move(g, the_times[k], &q, &p);
    coherent(q, p, exact);
    OK(VecDot(o.system.total, states[k], &mass));
    assert_true(PetscAbsReal(mass) < 1e-13);
    OK(VecNorm(states[k], NORM_2, &size));
    assert_true(size <= last * (1 + 1e-12)); /* |h - 1| never grows */
    last = size;
    OK(VecAXPY(states[k], 1, o.system.one));
    OK(VecAXPY(states[k], -1, exact));
    OK(VecNorm(states[k], NORM_2, &wrong));
    if (wrong > march.error + 1e-13) fail_msg("g = %g, t = %g: %g", g, the_times[k], wrong);
  }
  OK(MarchEnd(&march));
  OK(VecDestroy(&exact));
  OK(VecDestroyVecs(N_TIMES, &states));
  destroy_oscillator(&o);
}

static void test_means(void **state)
{
  const PetscReal g[] = {0.05, 1, 2, 10, 1000};

  (void)state;
  for (int i = 0; i < 5; i++) check_means(g[i], 1e-9);
  check_means(1, 1e-5);
}

/* Stopped at several solves, it goes on from the end of its last step to the same bits. */
static void test_same_bits(void **state)
{
  Oscillator o = make_oscillator(0.3);
  Vec *wanted, *found;
  CellFailure failure;
  March march;

  (void)state;
  OK(VecDuplicateVecs(o.system.one, N_TIMES, &wanted));
  OK(VecDuplicateVecs(o.system.one, N_TIMES, &found));
  march = make_march(&o, 1e-9, wanted);
  OK(MarchRun(&march, &failure));
  assert_int_equal(failure.status, CELL_OK);
  OK(MarchEnd(&march));
  const int total = o.solves;
  for (int stop = 7; stop < total - 1; stop += total / 4) {
    PetscBool same;
    o.solves = 0;
    o.stop_at = stop;
    march = make_march(&o, 1e-9, found);
    OK(MarchRun(&march, &failure));
    assert_int_equal(failure.status, CELL_INTERRUPTED);
    o.flag = 0;
    OK(MarchRun(&march, &failure));
    assert_int_equal(failure.status, CELL_OK);
    for (int k = 0; k < N_TIMES; k++) {
      OK(VecEqual(wanted[k], found[k], &same));
      assert_true(same);
    }
    OK(MarchEnd(&march));
  }
  OK(VecDestroyVecs(N_TIMES, &wanted));
  OK(VecDestroyVecs(N_TIMES, &found));
  destroy_oscillator(&o);
}

static Checkpoint the_checkpoint;

static PetscErrorCode keep_march(void *ctx)
{
  PetscFunctionBegin;
  PetscCall(MarchSave(ctx, the_checkpoint));
  PetscFunctionReturn(0);
}

/* Killed, it goes on from its file to the same bits and saves work; a file of another case is not used. */
static void test_checkpoint(void **state)
{
  RunFolder folder = open_folder("run", "case", PETSC_FALSE, PETSC_TRUE);
  Oscillator o = make_oscillator(0.3);
  Vec *wanted, *found;
  CellFailure failure;
  PetscBool loaded, same;
  PetscInt steps;
  March march;

  (void)state;
  OK(VecDuplicateVecs(o.system.one, N_TIMES, &wanted));
  OK(VecDuplicateVecs(o.system.one, N_TIMES, &found));
  march = make_march(&o, 1e-9, wanted);
  OK(MarchRun(&march, &failure));
  steps = march.steps;
  OK(MarchEnd(&march));
  for (int round = 0; round < 3; round++) {
    const int total = o.solves;
    o.flag = 0;
    o.solves = 0;
    o.stop_at = round == 0 ? total / 2 : 0;
    march = make_march(&o, 1e-9, found);
    march.keep = keep_march;
    march.keep_ctx = &march;
    OK(CheckpointOpen(folder, "march", round < 2 ? "case" : "other", MarchRecordSize(&march), PETSC_TRUE,
                      &the_checkpoint));
    OK(MarchLoad(&march, the_checkpoint, &loaded));
    assert_int_equal(loaded, round == 1);
    OK(MarchRun(&march, &failure));
    OK(CheckpointClose(&the_checkpoint, PETSC_FALSE));
    assert_int_equal(failure.status, round == 0 ? CELL_INTERRUPTED : CELL_OK);
    for (int k = 0; round > 0 && k < N_TIMES; k++) {
      OK(VecEqual(wanted[k], found[k], &same));
      assert_true(same);
      OK(VecZeroEntries(found[k]));
    }
    if (round == 1) assert_true(o.solves < (int)steps);
    if (round > 0) assert_int_equal(march.steps, steps);
    OK(MarchEnd(&march));
  }
  OK(VecDestroyVecs(N_TIMES, &wanted));
  OK(VecDestroyVecs(N_TIMES, &found));
  destroy_oscillator(&o);
  OK(RunFolderClose(&folder));
}

/* <f, exp(t L) g> = <R g, exp(t L) R f> with the reversal R of momenta. */
static void test_detailed_balance(void **state)
{
  Oscillator o = make_oscillator(0.7);
  Vec f, g, *forth, *back;
  CellFailure failure;
  PetscReal one, other, apart = 0;
  March march;

  (void)state;
  OK(VecDuplicate(o.system.one, &f));
  OK(VecDuplicate(f, &g));
  OK(VecDuplicateVecs(f, N_TIMES, &forth));
  OK(VecDuplicateVecs(f, N_TIMES, &back));
  coherent(0.6, 0.4, f);
  coherent(-0.3, 0.9, g);
  OK(VecAXPY(f, -1, o.system.one)); /* the march leaves the constant mode out */
  march = make_march_from(&o, 1e-9, g, forth);
  OK(MarchRun(&march, &failure));
  assert_int_equal(failure.status, CELL_OK);
  OK(MarchEnd(&march));
  OK(VecPointwiseMult(g, o.system.reversal, g));
  OK(VecPointwiseMult(back[0], o.system.reversal, f));
  march = make_march_from(&o, 1e-9, back[0], back);
  OK(MarchRun(&march, &failure));
  assert_int_equal(failure.status, CELL_OK);
  OK(MarchEnd(&march));
  for (int k = 0; k < N_TIMES; k++) {
    OK(VecDot(f, forth[k], &one));
    OK(VecDot(g, back[k], &other));
    if (PetscAbsReal(one - other) > 4e-9) fail_msg("t = %g: %g, %g", the_times[k], one, other);
    OK(VecPointwiseMult(g, o.system.reversal, g)); /* without R it does not hold */
    OK(VecDot(g, back[k], &other));
    OK(VecPointwiseMult(g, o.system.reversal, g));
    apart = PetscMax(apart, PetscAbsReal(one - other));
  }
  assert_true(apart > 0.01);
  OK(VecDestroy(&f));
  OK(VecDestroy(&g));
  OK(VecDestroyVecs(N_TIMES, &forth));
  OK(VecDestroyVecs(N_TIMES, &back));
  destroy_oscillator(&o);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_means), cmocka_unit_test(test_same_bits),
                                     cmocka_unit_test(test_detailed_balance), IN_FOLDER(test_checkpoint)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
