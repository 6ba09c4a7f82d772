/*
  The inverse of -(w D f')' = w g on a line by integrals of positive terms (mathematics, eq. 2.7).

  With s the share of a cumulated positive function (1 - s summed from the right), T its total and r a density, both ends
  held: (G r)(x) = T [ (1 - s) int_from^x s r + s int_x^to (1 - s) r ].
  Two absorbing ends: s cumulates v = 1/(w D) and r = w g. Two reflecting ends: the flux u = w D f' solves the same equation
  with w and v exchanged. One of each: (G r)(x) = int_x^to v int_from^y r, a reflecting end on the left.
  A circle: it is cut, both ends are held at zero, and the mean over w is taken off.
*/
#pragma once
#include "line.h"

typedef enum { GREEN_HELD, GREEN_FLUX, GREEN_LEFT_FREE, GREEN_RIGHT_FREE, GREEN_CIRCLE } GreenKind;

typedef struct {
  const GaussRule *rule;
  const Line *line;
  GreenKind kind;
  PetscInt n; /* points */
  /* G is self-adjoint in L^2(weight): w, or v for the flux, over the trace of G: so the eigenvalues add up to one,
     whatever the range of w and v. */
  long double *weight;
  long double *share, *rest; /* at the points: s and 1 - s */
  long double *share_edge, *rest_edge;
  long double *density, *left, *right, *left_edge, *right_edge;
  long double log_total; /* log int v (flux: int w); held ends only */
  long double log_scale; /* the true G is exp(log_scale) times what GreenApply() gives */
} Green;

GreenKind GreenKindOf(Boundary left, Boundary right, PetscBool flux);
PetscErrorCode GreenCreate(const GaussRule *rule, const Line *line, GreenKind kind, Green *green);
PetscErrorCode GreenDestroy(Green *green);
/* G(weight g) at the points; green->left.. hold the two integrals afterwards. */
void GreenApply(Green *green, const long double g[], long double result[]);
/* The same at the edges, for the g of the last GreenApply(). */
void GreenEdges(Green *green, long double result[]);
/* After GreenApply() of a flux: the slow function f itself, of mean zero, at the edges, up to a factor. */
void GreenFluxFunction(Green *green, long double f[]);
