/* Mean and variance of numbers that come one by one or in groups, without cancellation. */
#pragma once
#include <math.h>

typedef struct {
  double n, mean, M2; /* M2: sum of the squared deviations from the mean */
} Moments;

static inline void MomentsAdd(Moments *m, double value)
{
  const double d = value - m->mean;

  m->n += 1;
  m->mean += d / m->n;
  m->M2 += d * (value - m->mean);
}

/* Chan, Golub, LeVeque. */
static inline void MomentsMerge(Moments *m, const Moments *other)
{
  const double n = m->n + other->n, d = other->mean - m->mean;

  if (other->n <= 0) return;
  m->mean += d * other->n / n;
  m->M2 += other->M2 + d * d * m->n * other->n / n;
  m->n = n;
}

static inline double MomentsMean(const Moments *m)
{
  return m->n > 0 ? m->mean : (double)NAN;
}

/* Of the mean of independent numbers. */
/* "1.5 +- 0.1", or "1.5, error unknown" of a single number. */
static inline void MomentsPrint(FILE *stream, double mean, double error)
{
  if (isfinite(error))
    fprintf(stream, "%.9g +- %.2g\n", mean, error);
  else
    fprintf(stream, "%.9g, error unknown\n", mean);
}

static inline double MomentsError(const Moments *m)
{
  return m->n > 1 ? sqrt(m->M2 / (m->n - 1) / m->n) : (double)NAN;
}
