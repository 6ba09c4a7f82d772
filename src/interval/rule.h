/* Sixteen Gauss-Legendre points on [0, 1], and the integrals up to each of them. */
#pragma once
#include <petscsys.h>

enum { GAUSS = 16 };

typedef struct {
  long double t[GAUSS], weight[GAUSS];
  /* Integrals of the interpolating polynomials over [0, t_i] and [t_i, 1], for samples at t_j; [j][i]. */
  double left[GAUSS][GAUSS], right[GAUSS][GAUSS];
  /* The highest two Legendre coefficients of samples: what a panel does not resolve. */
  long double tail[2][GAUSS];
  long double barycentric[GAUSS];
} Rule;

void RuleCreate(Rule *rule);
/* The polynomial through samples at the points, at t in [0, 1]. */
long double RuleInterpolate(const Rule *rule, const long double samples[], long double t);
