/*
  Euler-Maruyama for the rugged pitchfork with one fast scale, as one writes it in plain C.
  paths_plain loop   PATHS STEPS   one path after the other, rand(), Box-Muller
  paths_plain arrays PATHS STEPS   256 paths side by side, xorshift64* for each, Box-Muller: for the vectoriser
  Prints RESULT, seconds of processor time, and the mean of x^2 over the paths at the end.
*/
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 256 };
static const double pi = 3.14159265358979323846, alpha = -0.25, s = 0.1, epsilon = 0.1, dt = 5e-5;

static inline double drift(double x)
{
  const double y = 2 * pi * x / epsilon;

  return -x * x * x + alpha * x + x * sin(y) + x * x * pi / epsilon * cos(y);
}

static double loop(long paths, long steps)
{
  const double factor = sqrt(2 * s * dt);
  double sum = 0;

  for (long p = 0; p < paths; p++) {
    double x = 0.5;

    for (long k = 0; k < steps; k += 2) {
      const double u = (rand() + 1.0) / (RAND_MAX + 2.0), v = (rand() + 1.0) / (RAND_MAX + 2.0);
      const double r = factor * sqrt(-2 * log(u));

      x += dt * drift(x) + r * cos(2 * pi * v);
      x += dt * drift(x) + r * sin(2 * pi * v);
    }
    sum += x * x;
  }
  return sum / (double)paths;
}

/* In (0, 1). */
static inline double uniform(uint64_t *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return ((double)(int64_t)(*state * 0x2545f4914f6cdd1du >> 12) + 0.5) * 0x1p-52;
}

/* A loop for each function: sine and cosine of one argument in one loop become a call that does not vectorise. */
static void step(double *restrict x, double *restrict sine, const double *restrict r,
                 const double *restrict trig)
{
  for (int i = 0; i < BLOCK; i++) sine[i] = sin(2 * pi / epsilon * x[i]);
  for (int i = 0; i < BLOCK; i++)
    x[i] += dt * (x[i] * (alpha - x[i] * x[i] + sine[i]) +
                  x[i] * x[i] * pi / epsilon * cos(2 * pi / epsilon * x[i])) +
            r[i] * trig[i];
}

static double arrays(long paths, long steps)
{
  const double factor = sqrt(2 * s * dt);
  double sum = 0;

  for (long first = 0; first < paths; first += BLOCK) {
    double x[BLOCK], r[BLOCK], angle[BLOCK], trig[BLOCK], sine[BLOCK];
    uint64_t state[BLOCK];

    for (int i = 0; i < BLOCK; i++) {
      x[i] = 0.5;
      state[i] = 0x9e3779b97f4a7c15u * (uint64_t)(first + i + 1);
      for (int k = 0; k < 20; k++) uniform(&state[i]);
    }
    for (long k = 0; k < steps; k += 2) {
      for (int i = 0; i < BLOCK; i++) r[i] = factor * sqrt(-2 * log(uniform(&state[i])));
      for (int i = 0; i < BLOCK; i++) angle[i] = 2 * pi * uniform(&state[i]);
      for (int i = 0; i < BLOCK; i++) trig[i] = cos(angle[i]);
      step(x, sine, r, trig);
      for (int i = 0; i < BLOCK; i++) trig[i] = sin(angle[i]);
      step(x, sine, r, trig);
    }
    for (int i = 0; i < BLOCK; i++) sum += x[i] * x[i];
  }
  return sum / (double)paths;
}

int main(int argc, char **argv)
{
  struct timespec t;
  double mean;

  if (argc != 4) return 2;
  mean = (strcmp(argv[1], "loop") ? arrays : loop)(atol(argv[2]), atol(argv[3]));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  printf("RESULT %.6f %.6f\n", (double)t.tv_sec + 1e-9 * (double)t.tv_nsec, mean);
  return 0;
}
