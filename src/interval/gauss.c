#include <math.h>
#include <reiter/gauss.h>

/* P_0 .. P_n at t in [-1, 1]. */
static void legendre(PetscInt n, long double t, long double P[])
{
  P[0] = 1;
  P[1] = t;
  for (PetscInt k = 1; k < n; k++) {
    const long double order = (long double)k;
    P[k + 1] = ((2 * order + 1) * t * P[k] - order * P[k - 1]) / (order + 1);
  }
}

/* The zeros of P_GAUSS by Newton's method; PETSc's own rule is in double precision only. */
static void gauss_points(GaussRule *rule)
{
  const long double pi = 3.14159265358979323846264338327950288L, order = GAUSS_POINTS;
  long double P[GAUSS_POINTS + 1];

  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    long double t = -cosl(pi * ((long double)i + 0.75L) / (order + 0.5L)), slope = 1;
    for (PetscInt step = 0; step < 20; step++) {
      legendre(GAUSS_POINTS, t, P);
      slope = order * (t * P[GAUSS_POINTS] - P[GAUSS_POINTS - 1]) / (t * t - 1);
      t -= P[GAUSS_POINTS] / slope;
    }
    rule->t[i] = (1 + t) / 2;
    rule->weight[i] = 1 / ((1 - t * t) * slope * slope);
  }
}

void GaussRuleCreate(GaussRule *rule)
{
  long double P[GAUSS_POINTS][GAUSS_POINTS + 1], scale[GAUSS_POINTS];

  gauss_points(rule);
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) legendre(GAUSS_POINTS, 2 * rule->t[i] - 1, P[i]);
  for (PetscInt k = 0; k < GAUSS_POINTS; k++) scale[k] = 2 * (long double)k + 1;
  /* The interpolant is sum_k (2k+1) P_k sum_j weight_j P_k(t_j) f_j, and the integral of (2k+1) P_k from -1 is
     P_{k+1} - P_{k-1}. */
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    for (PetscInt j = 0; j < GAUSS_POINTS; j++) {
      long double sum = rule->t[i];
      for (PetscInt k = 1; k < GAUSS_POINTS; k++) sum += (P[i][k + 1] - P[i][k - 1]) * P[j][k] / 2;
      rule->left[j][i] = (double)(sum * rule->weight[j]);
      rule->right[GAUSS_POINTS - 1 - j][GAUSS_POINTS - 1 - i] = rule->left[j][i];
    }
    for (PetscInt k = 0; k < 2; k++)
      rule->tail[k][i] = scale[GAUSS_POINTS - 2 + k] * P[i][GAUSS_POINTS - 2 + k] * rule->weight[i];
  }
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    long double product = 1;
    for (PetscInt j = 0; j < GAUSS_POINTS; j++)
      if (j != i) product *= 4 * (rule->t[i] - rule->t[j]);
    rule->barycentric[i] = 1 / product;
  }
}

long double GaussRuleInterpolate(const GaussRule *rule, const long double samples[], long double t)
{
  long double above = 0, below = 0;

  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    const long double distance = t - rule->t[i];
    if (distance == 0) return samples[i];
    above += rule->barycentric[i] * samples[i] / distance;
    below += rule->barycentric[i] / distance;
  }
  return above / below;
}
