/* The random numbers of paths: Philox against its published answers and Random123, moments of the normals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <Random123/philox.h>
#include <paths/noise.h>

enum { N = 256, CALLS = 4000 };

/* Lines `philox4x32 10` of Random123's kat_vectors: counter, key, answer. Word 0 of the counter and the lower 24 bits of
   word 1 are the pair, the rest of word 1 the kind, words 2 and 3 the path. */
static void published_answers(void **state)
{
  static const uint32_t lines[][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                       {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                        0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                       {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822,
                                        0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};

  (void)state;
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    const uint32_t *const w = lines[i];
    const Noise noise = NoiseCreate(w[4] | (uint64_t)w[5] << 32);
    const uint64_t path = w[2] | (uint64_t)w[3] << 32;
    uint64_t low, high;

    NoiseWords(&noise, (int)(w[1] >> 24), w[0] | (uint64_t)(w[1] & 0xffffff) << 32, &path, 1, &low, &high);
    assert_int_equal(low, w[6] | (uint64_t)w[7] << 32);
    assert_int_equal(high, w[8] | (uint64_t)w[9] << 32);
  }
}

/* Vectorised loops and their last points, paths beyond 2^32, all kinds. */
static void same_words_as_the_library(void **state)
{
  static const uint64_t firsts[] = {0, 77, 0xfffffff0u, 0x123456789abcdefu};
  const Noise noise = NoiseCreate(0x0123456789abcdefu);
  uint64_t paths[N], low[N], high[N];

  (void)state;
  for (int j = 0; j < 4; j++) {
    const uint64_t pair = 0x100000000u * (uint64_t)j + 12345;
    const PetscInt n = N - 3 * j;

    for (PetscInt i = 0; i < n; i++) paths[i] = firsts[j] + (uint64_t)(i * i);
    NoiseWords(&noise, j, pair, paths, n, low, high);
    for (PetscInt i = 0; i < n; i++) {
      const uint64_t path = paths[i];
      const philox4x32_ctr_t counter = {{(uint32_t)pair, (uint32_t)(pair >> 32) | (uint32_t)j << 24,
                                         (uint32_t)path, (uint32_t)(path >> 32)}};
      const philox4x32_key_t key = {{0x89abcdefu, 0x01234567u}};
      const philox4x32_ctr_t words = philox4x32(counter, key);

      assert_int_equal(low[i], words.v[0] | (uint64_t)words.v[1] << 32);
      assert_int_equal(high[i], words.v[2] | (uint64_t)words.v[3] << 32);
    }
  }
}

static void number(uint64_t first, uint64_t path[])
{
  for (PetscInt i = 0; i < N; i++) path[i] = first + (uint64_t)i;
}

/* Within five standard errors. */
static void assert_moment(const char *what, double sum, double n, double wanted, double variance)
{
  if (!(fabs(sum / n - wanted) <= 5 * sqrt(variance / n)))
    fail_msg("%s: %g, not %g within 5 times %g", what, sum / n, wanted, sqrt(variance / n));
}

static void normals_have_their_moments(void **state)
{
  const Noise noise = NoiseCreate(3);
  const double n = (double)N * CALLS;
  double one = 0, two = 0, three = 0, four = 0, across = 0, next = 0, beyond = 0, largest = 0;
  static PetscReal even[N], odd[N];
  uint64_t path[N];

  (void)state;
  number(1000, path);
  for (uint64_t pair = 0; pair < CALLS; pair++) {
    NoiseNormals(&noise, 0, pair, path, N, even, odd);
    for (PetscInt i = 0; i < N; i++) {
      const double x = pair % 2 ? even[i] : odd[i];

      one += x;
      two += x * x;
      three += x * x * x;
      four += x * x * x * x;
      across += even[i] * odd[i];
      next += even[i] * even[(i + 1) % N];
      beyond += fabs(x) > 1.959963984540054;
      largest = fmax(largest, fabs(x));
    }
  }
  assert_moment("mean", one, n, 0, 1);
  assert_moment("variance", two, n, 1, 2);
  assert_moment("third moment", three, n, 0, 15);
  assert_moment("fourth moment", four, n, 3, 96);
  assert_moment("even times odd", across, n, 0, 1);
  assert_moment("path times the next", next, n, 0, 1);
  assert_moment("beyond 1.96", beyond, n, 0.05, 0.05 * 0.95);
  assert_true(largest > 4.5 && largest < 7);
}

static void uniforms_are_uniform(void **state)
{
  const Noise noise = NoiseCreate(4);
  const double n = (double)N * CALLS * 2;
  double bins[16] = {0}, chi = 0;
  static PetscReal even[N], odd[N];
  uint64_t path[N];

  (void)state;
  number(1000, path);
  for (uint64_t pair = 0; pair < CALLS; pair++) {
    NoiseUniforms(&noise, NOISE_ACCEPTANCE, pair, path, N, even, odd);
    for (PetscInt i = 0; i < N; i++) {
      assert_true(even[i] > 0 && even[i] < 1 && odd[i] > 0 && odd[i] < 1);
      bins[(int)(16 * even[i])]++;
      bins[(int)(16 * odd[i])]++;
    }
  }
  for (int i = 0; i < 16; i++) chi += (bins[i] - n / 16) * (bins[i] - n / 16) / (n / 16);
  if (!(chi < 37.7)) fail_msg("chi square with 15 degrees of freedom: %g (0.1 %% lie above 37.7)", chi);
}

/* What happens rarely reads the same stream as the loops. */
static void one_is_one_of_many(void **state)
{
  const Noise noise = NoiseCreate(5);
  PetscReal even[N], odd[N], u[2];
  uint64_t path[N];

  (void)state;
  number(7, path);
  NoiseUniforms(&noise, NOISE_CROSSING, 99, path, N, even, odd);
  for (PetscInt i = 0; i < N; i++) {
    NoiseOne(&noise, NOISE_CROSSING, 99, path[i], u);
    assert_true(u[0] == even[i] && u[1] == odd[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_answers),          cmocka_unit_test(same_words_as_the_library),
      cmocka_unit_test(normals_have_their_moments), cmocka_unit_test(uniforms_are_uniform),
      cmocka_unit_test(one_is_one_of_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
