/* Panels of Gauss points that resolve the weight w and 1/(w D), and integrals over them from the left and the right. */
#pragma once
#include <reiter/interval.h>
#include <reiter/gauss.h>

/* The longest range of logarithms that is kept: long double ends at e^+-11355. */
#define LONGEST_LOG 11000.

struct _p_Interval {
  Coefficients coefficients;
  PetscReal a, b; /* as given */
  PetscReal from,
      to; /* what is left when walls of negligible weight are cut off; on a circle from the largest weight */
  Boundary sides[2];
  PetscInt n_breaks;
  PetscReal *breaks;
  PetscReal relative;
  PetscBool ready;
  GaussRule rule;
  struct _p_Lines *whole;
  CoefficientFault fault;
};

/* w and v = 1/(w D) at the points of n panels, over exp(log_w) and exp(log_v): at most one. */
typedef struct {
  PetscInt n;
  PetscReal *edge;    /* [n + 1] */
  long double *w, *v; /* [n * GAUSS_POINTS] */
  PetscReal log_w, log_v;
} Line;

/* Everything is computed three times: on the panels, on their halves (the result), and on the halves with w and v raised
   by the rounding of log w and D. The differences are the error. */
enum { LINE_COARSE, LINE_FINE, LINE_NOISY, LINES };
typedef struct _p_Lines {
  Line line[LINES];
} Lines;

/* Over [from, to], panel ends at the interval's breaks and at places[n]. On a circle coordinates run on beyond b. If
   the coefficients cannot be resolved, *lines is NULL and interval->fault says why. */
PetscErrorCode LinesCreate(Interval interval, PetscReal from, PetscReal to, PetscInt n,
                           const PetscReal places[], Lines **lines);
PetscErrorCode LinesDestroy(Lines **lines);
/* The number of the edge nearest to x. */
PetscInt LineEdge(const Line *line, PetscReal x);

/* int f from the left end to every point and edge, and from there to the right end; each may be NULL. Neither is the
   total less the other. */
void LineFromLeft(const GaussRule *rule, const Line *line, const long double f[], long double points[],
                  long double edges[]);
void LineFromRight(const GaussRule *rule, const Line *line, const long double f[], long double points[],
                   long double edges[]);
long double LineIntegral(const GaussRule *rule, const Line *line, const long double f[]);
/* int q f g */
long double LineProduct(const GaussRule *rule, const Line *line, const long double q[], const long double f[],
                        const long double g[]);
/* One positive number from its logarithms on the three lines. */
IntervalResult LinesResult(const long double log_value[LINES]);
