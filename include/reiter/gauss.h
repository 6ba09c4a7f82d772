/* Sixteen Gauss-Legendre points on [0, 1], and the integrals up to each of them. */
#pragma once
#include <petscsys.h>

enum { GAUSS_POINTS = 16 };

typedef struct {
  long double t[GAUSS_POINTS], weight[GAUSS_POINTS];
  /* Integrals of the interpolating polynomials over [0, t_i] and [t_i, 1], for samples at t_j; [j][i]. */
  double left[GAUSS_POINTS][GAUSS_POINTS], right[GAUSS_POINTS][GAUSS_POINTS];
  /* The highest two Legendre coefficients of samples: what a panel does not resolve. */
  long double tail[2][GAUSS_POINTS];
  long double barycentric[GAUSS_POINTS];
} GaussRule;

void GaussRuleCreate(GaussRule *rule);
/* The polynomial through samples at the points, at t in [0, 1]. */
long double GaussRuleInterpolate(const GaussRule *rule, const long double samples[], long double t);
