/*
  The free energy of families against closed forms: Bessel functions by continued fractions and asymptotic series,
  piecewise linear potentials; and, where there are none, derivatives against differences of order eight of the derivatives
  one order below, down to log Z of the cascade.
*/
#include "family_fixture.h"
#include <reiter/cascade.h>

static FreeEnergyJet jet(const Family *f, const PetscReal x[], PetscReal p, PetscReal q, PetscInt order)
{
  const PetscReal both[] = {p, q};
  FreeEnergyJet j;
  PetscBool good;

  OK(FreeEnergyEvaluate(f->energy, x, both, order, &j, &good));
  assert_true(good);
  assert_true(j.error < 1e-10);
  return j;
}

static void assert_near(PetscReal a, PetscReal b, PetscReal scale, PetscReal tolerance)
{
  if (!(fabs(a - b) <= tolerance * scale)) fail_msg("%.17g is not %.17g: %.2e", a, b, fabs(a - b) / scale);
}

/* I1/I0, its first two derivatives, and log I0. */
typedef struct {
  PetscReal log_I0, r, r1, r2;
} Bessel;

static Bessel bessel(PetscReal z)
{
  PetscReal sum = 1, term = 1, w = 1 / z;
  Bessel b = {0, 0, 0, 0};

  if (z > 1000) { /* asymptotic: the next terms are below 1e-16 */
    b.log_I0 = z - .5 * log(2 * PETSC_PI * z) +
               log1p(w / 8 * (1 + 9 * w / 16 * (1 + 25 * w / 24 * (1 + 49 * w / 32))));
    b.r = 1 - w * (.5 + w * (.125 + w * (.125 + w * (25. / 128 + w * 13. / 32))));
    b.r1 = w * w * (.5 + w * (.25 + w * (.375 + w * (25. / 32 + w * 65. / 32))));
    b.r2 = -w * w * w * (1 + w * (.75 + w * (1.5 + w * 125. / 32)));
    return b;
  }
  for (PetscInt k = 2000; k; k--) b.r = 1 / (2 * (PetscReal)k * w + b.r);
  for (PetscInt k = 1; k < 1000; k++) sum += term *= z * z / (4. * k * k);
  b.log_I0 = log(sum);
  b.r1 = 1 - b.r * w - b.r * b.r;
  b.r2 = -b.r1 * w + b.r * w * w - 2 * b.r * b.r1;
  return b;
}

/* (3.1) and its free energy: V0/s - N log I0(z), z = g x^2/(2 s). */
typedef struct {
  PetscReal Phi, G, H, T, G_alpha, H_alpha, G_s, H_s, G_g, H_g;
} Pitchfork;

static Pitchfork pitchfork(PetscReal N, PetscReal x, PetscReal alpha, PetscReal s, PetscReal g)
{
  const PetscReal z = g * x * x / (2 * s), zx = g * x / s, zxx = g / s;
  const Bessel b = bessel(z);
  Pitchfork p;

  p.Phi = (x * x * x * x / 4 - alpha * x * x / 2) / s - N * b.log_I0;
  p.G = (x * x * x - alpha * x) / s - N * b.r * zx;
  p.H = (3 * x * x - alpha) / s - N * (b.r1 * zx * zx + b.r * zxx);
  p.T = 6 * x / s - N * (b.r2 * zx * zx * zx + 3 * b.r1 * zx * zxx);
  p.G_alpha = -x / s;
  p.H_alpha = -1 / s;
  p.G_s = -(x * x * x - alpha * x) / (s * s) - N * (-b.r1 * z / s * zx - b.r * zx / s);
  p.H_s = -(3 * x * x - alpha) / (s * s) -
          N * (-b.r2 * z / s * zx * zx - 2 * b.r1 * zx * zx / s - b.r1 * z / s * zxx - b.r * zxx / s);
  p.G_g = -N * (b.r1 * z / g * zx + b.r * x / s);
  p.H_g = -N * (b.r2 * z / g * zx * zx + 2 * b.r1 * zx * x / s + b.r1 * z / g * zxx + b.r / s);
  return p;
}

static const char *const micro[5] = {"", "-g*x^2/2*sin(2*pi*x1)", "-g*x^2/2*(sin(2*pi*x1)+sin(2*pi*x2))", "",
                                     "-g*x^2/2*(sin(2*pi*x1)+sin(2*pi*x2)+sin(2*pi*x3)+sin(2*pi*x4))"};

static void pitchfork_text(PetscInt N, PetscReal s, char text[512])
{
  (void)snprintf(text, 512,
                 "dimension: 1\ntemperature: %.17g\nparameters: {alpha: -0.25, g: 1, idle: 3}\n"
                 "potential: {macro: x^4/4 - alpha*x^2/2, micro: '%s'}\n",
                 s, micro[N]);
}

static void the_pitchfork_has_its_closed_form(void **state)
{
  static const PetscReal xs[] = {.3, -.8, 1.5}, ss[] = {.08, .7}, gs[] = {1, -.6};
  char text[512];

  (void)state;
  for (PetscInt N = 1; N <= 4; N *= 2) {
    pitchfork_text(N, .1, text);
    Family a = begin(text, 2, "alpha", "temperature"), b = begin(text, 2, "temperature", "g");

    assert_near(a.p[0], -.25, 1, 0);
    assert_near(a.p[1], .1, 1, 0);
    for (PetscInt i = 0; i < 12; i++) {
      const PetscReal x = xs[i % 3], s = ss[i / 3 % 2], g = gs[i / 6], alpha = .2 - .3 * i;
      const Pitchfork exact = pitchfork((PetscReal)N, x, alpha, s, 1),
                      other = pitchfork((PetscReal)N, x, -.25, s, g);
      FreeEnergyJet j = jet(&a, &x, alpha, s, 3);

      assert_near(j.Phi, exact.Phi, 1 + fabs(exact.Phi), 1e-13);
      assert_near(j.F, s * exact.Phi, 1 + fabs(exact.Phi), 1e-13);
      assert_near(j.G[0], exact.G, 10 / s, 1e-13);
      assert_near(j.H[0], exact.H, 100 / s, 1e-13);
      assert_near(j.T[0], exact.T, 100 / (s * s), 1e-13);
      assert_near(j.G_p[0], exact.G_alpha, 10 / s, 1e-13);
      assert_near(j.G_p[1], exact.G_s, 100 / (s * s), 1e-13);
      assert_near(j.H_p[0], exact.H_alpha, 10 / s, 1e-13);
      assert_near(j.H_p[1], exact.H_s, 100 / (s * s * s), 1e-13);
      j = jet(&b, &x, s, g, 3);
      assert_near(j.G_p[0], other.G_s, 100 / (s * s), 1e-13);
      assert_near(j.G_p[1], other.G_g, 100 / (s * s), 1e-13);
      assert_near(j.H_p[0], other.H_s, 100 / (s * s * s), 1e-13);
      assert_near(j.H_p[1], other.H_g, 100 / (s * s * s), 1e-13);
    }
    end(&a);
    end(&b);
  }
}

static void low_orders_are_the_first_derivatives_of_high_ones(void **state)
{
  const PetscReal x = .7;
  char text[512];

  (void)state;
  pitchfork_text(2, .1, text);
  Family f = begin(text, 1, "temperature", NULL);

  for (PetscReal s = .05; s < .5; s += .1) {
    const FreeEnergyJet one = jet(&f, &x, s, 0, 1), two = jet(&f, &x, s, 0, 2), three = jet(&f, &x, s, 0, 3);

    assert_near(one.G[0], three.G[0], 100, 1e-13);
    assert_near(two.H[0], three.H[0], 1000, 1e-13);
    assert_near(two.G_p[0], three.G_p[0], 1000, 1e-13);
  }
  end(&f);
}

/* z = V1/s up to 1e4. */
static void cold_averages_keep_their_digits(void **state)
{
  const PetscReal x = 1;
  char text[512];

  (void)state;
  pitchfork_text(2, .1, text);
  Family f = begin(text, 1, "temperature", NULL);

  for (PetscReal s = 4e-4; s > 4.9e-5; s -= 5e-5) {
    const Pitchfork exact = pitchfork(2, x, -.25, s, 1);
    const FreeEnergyJet j = jet(&f, &x, s, 0, 3);

    assert_near(j.Phi, exact.Phi, fabs(exact.Phi), 1e-14);
    assert_near(j.G[0], exact.G, 1 / s, 1e-14);
    assert_near(j.H[0], exact.H, 1 / s, 1e-10);
    assert_near(j.T[0], exact.T, 1 / s, 1e-8);
    assert_near(j.G_p[0], exact.G_s, 1 / (s * s), 1e-10);
    assert_near(j.H_p[0], exact.H_s, 1 / (s * s), 1e-8);
  }
  end(&f);
}

/* Solves dF/dx = d2F/dx2 = 0 for x and alpha by Newton's method with the jet's derivatives. */
static PetscReal fold(PetscInt N, PetscReal s, PetscReal x, PetscReal alpha)
{
  char text[512];

  pitchfork_text(N, s, text);
  Family f = begin(text, 1, "alpha", NULL);

  for (PetscInt i = 0; i < 20; i++) {
    const FreeEnergyJet j = jet(&f, &x, alpha, 0, 3);
    const PetscReal det = j.H[0] * j.H_p[0] - j.G_p[0] * j.T[0];

    x -= (j.G[0] * j.H_p[0] - j.G_p[0] * j.H[0]) / det;
    alpha -= (j.H[0] * j.H[0] - j.T[0] * j.G[0]) / det;
  }
  end(&f);
  return alpha;
}

static void published_folds(void **state)
{
  (void)state;
  assert_near(fold(1, .1, .6, -.3), -.302154652414, 1, 1e-11);
  assert_near(fold(2, .2, .85, -.6), -.604309304829, 1, 1e-11);
  assert_near(fold(4, .1, 1.1, -2.66), -2.664712342222, 1, 1e-11);
}

/* (3.3): V0/s - log I0(g x^2/(2 s)) - log I0(g lambda x/s): two different groups. */
static void two_scales_with_different_couplings(void **state)
{
  const PetscReal x = .6, s = .15, g = 1.2, lambda = 2;
  Family f =
      begin("dimension: 1\ntemperature: 0.15\nparameters: {alpha: -1, g: 1.2, lambda: 2}\n"
            "potential: {macro: x^4/4, micro: '-(alpha + g*sin(2*pi*x1))*x^2/2 + g*lambda*x*sin(2*pi*x2)'}\n",
            2, "lambda", "alpha");
  const Bessel a = bessel(g * x * x / (2 * s)), b = bessel(g * lambda * x / s);
  const PetscReal k = g * lambda / s;
  const FreeEnergyJet j = jet(&f, &x, lambda, -1, 3);

  (void)state;
  assert_near(j.Phi, (x * x * x * x / 4 + x * x / 2) / s - a.log_I0 - b.log_I0, 1, 1e-13);
  assert_near(j.G[0], (x * x * x + x) / s - a.r * g * x / s - b.r * k, 10, 1e-13);
  assert_near(j.H[0], (3 * x * x + 1) / s - a.r1 * pow(g * x / s, 2) - a.r * g / s - b.r1 * k * k, 100,
              1e-13);
  assert_near(j.T[0], 6 * x / s - a.r2 * pow(g * x / s, 3) - 3 * a.r1 * g * x / s * g / s - b.r2 * k * k * k,
              1e4, 1e-13);
  assert_near(j.G_p[0], -b.r1 * k * g * x / s - b.r * g / s, 100, 1e-13);
  assert_near(j.H_p[0], -b.r2 * k * k * g * x / s - 2 * b.r1 * k * g / s, 1e4, 1e-13);
  assert_near(j.G_p[1], -x / s, 10, 1e-13);
  assert_near(j.H_p[1], -1 / s, 10, 1e-13);
  end(&f);
}

/* V1 = x S(x1), S = 2y, 2 - 2y: log Z1 = log((1 - exp(-c))/c), c = x/s. */
static void kinks_that_stay(void **state)
{
  Family f =
      begin("dimension: 1\ntemperature: 0.2\npotential: {macro: x^2/2, micro: 'x*(1-abs(2*mod(x1,1)-1))'}\n",
            1, "temperature", NULL);

  (void)state;
  for (PetscReal s = .01; s < 3; s *= 2.3) {
    const PetscReal x = .7, c = x / s, e = expm1(c);
    const PetscReal l1 = 1 / e - 1 / c, l2 = -(e + 1) / (e * e) + 1 / (c * c),
                    l3 = (e + 1) / e * (e + 2) / e / e - 2 / (c * c * c);
    const FreeEnergyJet j = jet(&f, &x, s, 0, 3);

    assert_near(j.Phi, x * x / (2 * s) - log(-expm1(-c) / c), 1 + x * x / s, 1e-13);
    assert_near(j.G[0], x / s - l1 / s, 1 / s, 1e-12);
    assert_near(j.H[0], 1 / s - l2 / (s * s), 1 / (s * s), 1e-12);
    assert_near(j.T[0], -l3 / (s * s * s), 1 / (s * s * s), 1e-12);
    assert_near(j.G_p[0], -x / (s * s) + l1 / (s * s) + l2 * x / (s * s * s), 1 / (s * s * s), 1e-12);
    assert_near(j.H_p[0], -1 / (s * s) + 2 * l2 / (s * s * s) + l3 * x / pow(s, 4), 1 / pow(s, 4), 1e-12);
  }
  end(&f);
}

/* A jump at x1 = 0 and one at x1 = a that moves: V1 = h below a, 0 above; Z1 = a exp(-h/s) + 1 - a. */
static void jumps_that_move(void **state)
{
  Family f = begin("dimension: 1\ntemperature: 0.3\nparameters: {h: 1}\n"
                   "potential: {macro: x^2/2, micro: 'if(mod(x1,1) < x^2, h, 0)'}\n",
                   2, "h", "temperature");

  (void)state;
  for (PetscReal x = .3; x < .95; x += .15) {
    const PetscReal s = .3, h = 1, k = expm1(-h / s), Z = 1 + k * x * x, k_h = -exp(-h / s) / s;
    const PetscReal G = 2 * k * x / Z;
    const FreeEnergyJet j = jet(&f, &x, h, s, 3);

    assert_near(j.Phi, x * x / (2 * s) - log(Z), 1, 1e-13);
    assert_near(j.G[0], x / s - G, 1, 1e-12);
    assert_near(j.H[0], 1 / s - 2 * k / Z + G * G, 1, 1e-12);
    assert_near(j.T[0], 3 * G * 2 * k / Z - 2 * G * G * G, 10, 1e-12);
    assert_near(j.G_p[0], -2 * k_h * x / (Z * Z), 1, 1e-12);
  }
  end(&f);
}

static void assert_derivatives(const Family *f, const PetscReal x[], PetscInt d, PetscInt m,
                               PetscReal tolerance);

static void kinks_that_move(void **state)
{
  const char *const texts[] = {
      "dimension: 1\ntemperature: 0.3\nparameters: {a: 0.4, g: 1}\n"
      "potential: {macro: x^4/4, micro: 'g*abs(sin(2*pi*x1) - a*x - 0.3) + cos(2*pi*x1)*x'}\n",
      "dimension: 2\ntemperature: 0.3\nparameters: {a: 0.4, g: 1}\n"
      "potential: {macro: x^4/4, micro: 'max(sin(2*pi*x1 + a*y), g*x*y) + abs(cos(2*pi*y1) - 0.2*x*y)'}\n"};
  const PetscReal x[] = {.45, -.7};

  (void)state;
  for (PetscInt i = 0; i < 2; i++) {
    Family f = begin(texts[i], 2, "a", "g");

    assert_derivatives(&f, x, i + 1, 2, 1e-8);
    end(&f);
  }
}

static void parameters_and_temperature_that_follow(void **state)
{
  const PetscReal x = .9;
  Family f = begin("dimension: 1\nparameters: {alpha: 0.5, beta: 2*alpha, gamma: beta + 1}\n"
                   "temperature: 0.1 + alpha/10\npotential: {macro: x^4/4 - gamma*x^2/2}\n",
                   1, "alpha", NULL);

  (void)state;
  assert_near(f.p[0], .5, 1, 0);
  for (PetscReal alpha = -.5; alpha < 2; alpha += .5) {
    const PetscReal s = .1 + alpha / 10, gamma = 2 * alpha + 1;
    const FreeEnergyJet j = jet(&f, &x, alpha, 0, 3);

    assert_near(j.Phi, (x * x * x * x / 4 - gamma * x * x / 2) / s, 10, 1e-13);
    assert_near(j.F, x * x * x * x / 4 - gamma * x * x / 2, 10, 1e-13);
    assert_near(j.G_p[0], -2 * x / s - (x * x * x - gamma * x) / (s * s * 10), 1000, 1e-13);
    assert_near(j.H_p[0], -2 / s - (3 * x * x - gamma) / (s * s * 10), 1000, 1e-13);
  }
  end(&f);
  /* what it is set free from no longer matters */
  f = begin("dimension: 1\nparameters: {alpha: 0.5, beta: 2*alpha, gamma: beta + 1}\ntemperature: 1\n"
            "potential: {macro: x^4/4 - gamma*x^2/2}\n",
            1, "beta", NULL);
  assert_near(f.p[0], 1, 1, 0);
  assert_near(jet(&f, &x, 3, 0, 2).H[0], 3 * x * x - 4, 1, 1e-14);
  end(&f);
}

/* Derivative of order eight along x_i, or p_i - d, of what pick() takes from the jet. */
typedef PetscReal (*Pick)(const FreeEnergyJet *, PetscInt);

static PetscReal difference(const Family *f, const PetscReal x[], PetscInt d, PetscInt along, PetscInt order,
                            Pick pick, PetscInt entry)
{
  static const PetscReal c[] = {4. / 5, -1. / 5, 4. / 105, -1. / 280};
  const PetscReal h = .01;
  PetscReal sum = 0;

  for (PetscInt k = -4; k <= 4; k++) {
    PetscReal y[3] = {x[0], d > 1 ? x[1] : 0, d > 2 ? x[2] : 0}, p[2] = {f->p[0], f->p[1]};

    if (!k) continue;
    if (along < d)
      y[along] += (PetscReal)k * h;
    else
      p[along - d] += (PetscReal)k * h;
    const FreeEnergyJet j = jet(f, y, p[0], p[1], order);

    sum += (k > 0 ? 1 : -1) * c[abs((int)k) - 1] * pick(&j, entry) / h;
  }
  return sum;
}

static PetscReal pick_Phi(const FreeEnergyJet *j, PetscInt entry)
{
  (void)entry;
  return j->Phi;
}

static PetscReal pick_G(const FreeEnergyJet *j, PetscInt entry)
{
  return j->G[entry];
}

static PetscReal pick_H(const FreeEnergyJet *j, PetscInt entry)
{
  return j->H[entry];
}

static void assert_derivatives(const Family *f, const PetscReal x[], PetscInt d, PetscInt m,
                               PetscReal tolerance)
{
  const FreeEnergyJet j = jet(f, x, f->p[0], f->p[1], 3);

  for (PetscInt k = 0; k < d; k++) {
    assert_near(j.G[k], difference(f, x, d, k, 1, pick_Phi, 0), 1, tolerance);
    for (PetscInt i = 0; i < d; i++)
      assert_near(j.H[i * d + k], difference(f, x, d, k, 1, pick_G, i), 1, tolerance);
    for (PetscInt i = 0; i < d * d; i++)
      assert_near(j.T[i * d + k], difference(f, x, d, k, 2, pick_H, i), 1, tolerance);
  }
  for (PetscInt a = 0; a < m; a++) {
    for (PetscInt i = 0; i < d; i++)
      assert_near(j.G_p[i * m + a], difference(f, x, d, d + a, 1, pick_G, i), 1, tolerance);
    for (PetscInt i = 0; i < d * d; i++)
      assert_near(j.H_p[i * m + a], difference(f, x, d, d + a, 2, pick_H, i), 1, tolerance);
  }
}

static PetscReal cascade_log_Z(const char *text, const PetscReal x[])
{
  EffectivePoint point;
  Potential potential;
  Cascade cascade;
  Case c = read_case(text);

  OK(CaseGetPotential(c, &potential));
  OK(CascadeCreate(potential, &cascade));
  OK(CascadeSetTolerance(cascade, 1e-10));
  OK(CascadeCompute(cascade, x, &point));
  assert_int_equal(point.failure.status, CELL_OK);
  OK(CascadeDestroy(&cascade));
  OK(CaseDestroy(&c));
  return point.log_Z;
}

#define TEXT_A                                                                                               \
  "dimension: 2\ntemperature: 0.5\nparameters: {alpha: 0.4, g: 1}\npotential: {macro: x^4/4 - alpha*x^2/2 "  \
  "+ "                                                                                                       \
  "(y-x)^2, micro: '(g + 0.3*x*y + 0.2*sin(x))*(cos(2*pi*x1)+0.5*cos(2*pi*y1)+0.75*cos(2*pi*(x1-y1))"        \
  "+0.3*sin(4*pi*x1))'}\n"
#define TEXT_B                                                                                               \
  "dimension: 3\ntemperature: 0.5\nparameters: {g: 1}\npotential: {macro: x^2+y^2*z^2, micro: '(g + "        \
  "0.3*x*y)*"                                                                                                \
  "(cos(2*pi*x1)+cos(2*pi*y1)+cos(2*pi*z1)+0.8*cos(2*pi*(x1-y1))) + 0.6*z*sin(2*pi*(y1+z1))'}\n"

static void in_two_and_three_dimensions(void **state)
{
  const PetscReal x[3] = {.4, -.3, .5};
  Family f = begin(TEXT_A, 2, "temperature", "g");

  (void)state;
  assert_near(jet(&f, x, .5, 1, 1).Phi, -cascade_log_Z(TEXT_A, x), 1, 1e-9);
  assert_derivatives(&f, x, 2, 2, 2e-9);
  end(&f);
  f = begin(TEXT_B, 1, "g", NULL);
  f.p[1] = 0;
  assert_near(jet(&f, x, 1, 0, 1).Phi, -cascade_log_Z(TEXT_B, x), 1, 1e-8);
  assert_derivatives(&f, x, 3, 1, 1e-8);
  end(&f);
}

static void expect_refused(const char *text, PetscInt m, const char *first, const char *second,
                           const char *words, const char *nearest)
{
  const char *const names[] = {first, second};
  char *refused, *suggestion;
  FreeEnergy energy;
  Case c = read_case(text);

  OK(FreeEnergyCreate(c, m, names, &energy, &refused, &suggestion));
  assert_null(energy);
  assert_non_null(refused);
  if (!strstr(refused, words)) fail_msg("no '%s' in '%s'", words, refused);
  if (nearest)
    assert_string_equal(suggestion, nearest);
  else
    assert_null(suggestion);
  OK(PetscFree(refused));
  OK(PetscFree(suggestion));
  OK(CaseDestroy(&c));
}

static void names_that_cannot_be_free(void **state)
{
  char text[512];

  (void)state;
  pitchfork_text(1, .1, text);
  expect_refused(text, 1, "alhpa", NULL, "no parameter 'alhpa'", "alpha");
  expect_refused(text, 2, "alpha", "temp", "no parameter 'temp'", "temperature");
  expect_refused(text, 1, "zeta", NULL, "no parameter 'zeta'", NULL);
  expect_refused(text, 2, "alpha", "alpha", "twice", NULL);
  expect_refused(text, 1, "idle", NULL, "no formula of the potential depends on the parameter 'idle'", NULL);
  expect_refused(
      "dimension: 1\ntemperature: 1\npotential: {macro: x^2, micro: 'abs(sin(2*pi*x1) - x*cos(2*pi*x2))'}\n",
      1, "temperature", NULL, "kinks or jumps", NULL);
}

static void what_has_no_value(void **state)
{
  Family f = begin("dimension: 1\ntemperature: 1\nparameters: {a: 1}\n"
                   "potential: {macro: x^2*log(a), micro: cos(2*pi*x1)*sqrt(x)}\n",
                   2, "temperature", "a");
  const PetscReal bad[][3] = {{1, -1, 1}, {1, 0, 1}, {1, 1, -2}, {-1, 1, 1}, {1, 1, NAN}, {NAN, 1, 1}};
  FreeEnergyJet j;
  PetscBool good;

  (void)state;
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    OK(FreeEnergyEvaluate(f.energy, bad[i], bad[i] + 1, 2, &j, &good));
    assert_false(good);
  }
  end(&f);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_pitchfork_has_its_closed_form),
      cmocka_unit_test(low_orders_are_the_first_derivatives_of_high_ones),
      cmocka_unit_test(cold_averages_keep_their_digits),
      cmocka_unit_test(published_folds),
      cmocka_unit_test(two_scales_with_different_couplings),
      cmocka_unit_test(kinks_that_stay),
      cmocka_unit_test(jumps_that_move),
      cmocka_unit_test(kinks_that_move),
      cmocka_unit_test(parameters_and_temperature_that_follow),
      cmocka_unit_test(in_two_and_three_dimensions),
      cmocka_unit_test(names_that_cannot_be_free),
      cmocka_unit_test(what_has_no_value),
  };
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  if (PetscFinalize()) return 1;
  return failed;
}
