/* All stationary points in one, two and three dimensions, with their index, where they are known. */
#include "family_fixture.h"
#include <reiter/transitions.h>

static PetscInt find(const Family *f, const PetscReal box[][2], StationaryPoint **points)
{
  StationaryPoints found;
  EnergyFamily family;

  OK(EnergyFamilyOf(f->energy, &family));
  OK(StationaryPointsFind(&family, box, f->p, &found));
  assert_true(found.degree_checked);
  *points = found.points;
  return found.n;
}

/* How many have the index. */
static PetscInt count(PetscInt n, const StationaryPoint points[], PetscInt index)
{
  PetscInt found = 0;

  for (PetscInt i = 0; i < n; i++)
    if (points[i].index == index) found++;
  return found;
}

static void assert_has(PetscInt n, const StationaryPoint points[], PetscInt d, const PetscReal x[],
                       PetscInt index, PetscReal tolerance)
{
  for (PetscInt k = 0; k < n; k++) {
    PetscInt i = 0;

    while (i < d && fabs(points[k].x[i] - x[i]) <= tolerance) i++;
    if (i < d) continue;
    assert_int_equal(points[k].index, index);
    return;
  }
  fail_msg("no stationary point at (%g, %g, %g)", x[0], d > 1 ? x[1] : 0, d > 2 ? x[2] : 0);
}

static void the_rugged_pitchfork_has_five(void **state)
{
  static const PetscReal box[1][2] = {{-2, 2}};
  Family f = begin("dimension: 1\ntemperature: 0.1\nparameters: {alpha: -0.29}\n"
                   "potential: {macro: x^4/4 - alpha*x^2/2, micro: -x^2/2*sin(2*pi*x1)}\n",
                   1, "alpha", NULL);
  StationaryPoint *points;

  (void)state;
  /* above alpha_c: x = 0 and a pair of minima, with a pair of maxima between */
  PetscInt n = find(&f, box, &points);
  assert_int_equal(n, 5);
  assert_int_equal(count(n, points, 0), 3);
  assert_has(n, points, 1, (PetscReal[]){0}, 0, 1e-12);
  OK(PetscFree(points));
  f.p[0] = -.302154; /* two pairs just before they meet: alpha_c = -0.302154652414 */
  n = find(&f, box, &points);
  assert_int_equal(n, 5);
  OK(PetscFree(points));
  f.p[0] = -.302155; /* and just beyond */
  n = find(&f, box, &points);
  assert_int_equal(n, 1);
  OK(PetscFree(points));
  for (PetscReal alpha = -1e-2; alpha < -1e-9;
       alpha /= 10) { /* a pair beside x = 0, where third derivatives vanish */
    f.p[0] = alpha;
    n = find(&f, box, &points);
    assert_int_equal(n, 5);
    OK(PetscFree(points));
  }
  f.p[0] = .1;
  n = find(&f, box, &points);
  assert_int_equal(n, 3);
  assert_has(n, points, 1, (PetscReal[]){0}, 1, 1e-12);
  OK(PetscFree(points));
  end(&f);
}

static void mueller_and_brown(void **state)
{
  static const PetscReal box[2][2] = {{-1.5, 1.1}, {-.4, 2}};
  static const PetscReal minima[3][2] = {{-.558224, 1.441726}, {.623499, .028038}, {-.050011, .466694}};
  static const PetscReal saddles[2][2] = {{-.822002, .624313}, {.212487, .292988}};
  Family f = begin("dimension: 2\ntemperature: 15\npotential:\n  macro:\n"
                   "  - -200*exp(-(x-1)^2 - 10*y^2)\n"
                   "  - -100*exp(-x^2 - 10*(y-0.5)^2)\n"
                   "  - -170*exp(-6.5*(x+0.5)^2 + 11*(x+0.5)*(y-1.5) - 6.5*(y-1.5)^2)\n"
                   "  - 15*exp(0.7*(x+1)^2 + 0.6*(x+1)*(y-1) + 0.7*(y-1)^2)\n",
                   1, "temperature", NULL);
  StationaryPoint *points;
  PetscInt n;

  (void)state;
  n = find(&f, box, &points);
  assert_int_equal(n, 5);
  for (PetscInt i = 0; i < 3; i++) assert_has(n, points, 2, minima[i], 0, 2e-6);
  for (PetscInt i = 0; i < 2; i++) assert_has(n, points, 2, saddles[i], 1, 2e-6);
  OK(PetscFree(points));
  end(&f);
}

/* Sums over the components: every choice of one stationary point for each. Of three in one dimension, nine and
   twenty-seven; turned by 30 degrees in the plane, so that nothing is aligned. */
static void products_of_pitchforks(void **state)
{
  static const PetscReal box[3][2] = {{-2.1, 2.3}, {-2.2, 2.1}, {-1.9, 2}};
  Family f = begin("dimension: 2\ntemperature: 0.2\nparameters: {a: 0.3, c: sqrt(3)/2, s: 0.5}\npotential:\n"
                   "  macro: (c*x+s*y)^4/4 - a*(c*x+s*y)^2/2 + (c*y-s*x)^4/4 - a*(c*y-s*x)^2/2\n"
                   "  micro: -(c*x+s*y)^2/2*sin(2*pi*x1) - (c*y-s*x)^2/2*sin(2*pi*y1)\n",
                   1, "a", NULL);
  Family line = begin("dimension: 1\ntemperature: 0.2\nparameters: {a: 0.3}\n"
                      "potential: {macro: x^4/4 - a*x^2/2, micro: -x^2/2*sin(2*pi*x1)}\n",
                      1, "a", NULL);
  Family space = begin("dimension: 3\ntemperature: 0.2\nparameters: {a: 0.3}\npotential:\n"
                       "  macro: x^4/4 - a*x^2/2 + y^4/4 - a*y^2/2 + z^4/4 - a*z^2/2\n"
                       "  micro: -x^2/2*sin(2*pi*x1) - y^2/2*sin(2*pi*y1) - z^2/2*sin(2*pi*z1)\n",
                       1, "a", NULL);
  const PetscReal c = sqrt(3) / 2, s = .5;
  StationaryPoint *one, *points;
  PetscInt n, m;

  (void)state;
  n = find(&line, box, &one);
  assert_int_equal(n, 3);
  m = find(&f, box, &points);
  assert_int_equal(m, 9);
  for (PetscInt i = 0; i < 9; i++) {
    const StationaryPoint *u = &one[i % 3], *v = &one[i / 3];

    assert_has(m, points, 2, (PetscReal[]){c * u->x[0] - s * v->x[0], s * u->x[0] + c * v->x[0]},
               u->index + v->index, 1e-10);
  }
  OK(PetscFree(points));
  m = find(&space, box, &points);
  assert_int_equal(m, 27);
  for (PetscInt i = 0; i < 27; i++) {
    const StationaryPoint *u = &one[i % 3], *v = &one[i / 3 % 3], *w = &one[i / 9];

    assert_has(m, points, 3, (PetscReal[]){u->x[0], v->x[0], w->x[0]}, u->index + v->index + w->index, 1e-10);
  }
  OK(PetscFree(points));
  OK(PetscFree(one));
  end(&f);
  end(&line);
  end(&space);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rugged_pitchfork_has_five),
      cmocka_unit_test(mueller_and_brown),
      cmocka_unit_test(products_of_pitchforks),
  };
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  if (PetscFinalize()) return 1;
  return failed;
}
