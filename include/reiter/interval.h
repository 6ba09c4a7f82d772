/*
  One dimension, where everything is an integral of positive terms: spectral gap by the flux integrals (mathematics,
  eq. 2.7), mean first passage time (2.8), committor, Muckenhoupt's and Barthe-Roberto's criteria (2.6). Composite
  Gauss-Legendre panels, refined until the error estimate meets the tolerance; sums in long double, relative to the
  largest weight, so barriers of e^+-10000 are in range.
*/
#pragma once
#include <reiter/coefficients.h>
#include <reiter/domain.h>

typedef struct _p_Interval *Interval;

/* [a, b]; sides reflecting or absorbing, or both periodic. Coefficients are borrowed; breaks[n] are places to put panel
   ends at (kinks). */
PetscErrorCode IntervalCreate(Coefficients coefficients, PetscReal a, PetscReal b, const Boundary sides[2],
                              PetscInt n_breaks, const PetscReal breaks[], Interval *interval);
PetscErrorCode IntervalDestroy(Interval *interval);
PetscErrorCode IntervalSetTolerance(Interval interval, PetscReal relative);
/* Walls of negligible weight at reflecting sides are cut off (log w falling by more than 11000 below its maximum). On
   trouble with the coefficients, or if the tolerance is not met within the limit of panels, *fault says so. */
PetscErrorCode IntervalSetUp(Interval interval, CoefficientFault *fault);
/* After a call that gave no number (NaN, error infinite): why. */
PetscErrorCode IntervalGetFault(Interval interval, CoefficientFault *fault);

/* A positive number and its relative error (estimated from two resolutions and the rounding of the sums). */
typedef struct {
  PetscReal log_value;
  PetscReal error;
} IntervalResult;

/* The smallest nonzero eigenvalue (smallest, if a side absorbs); f(x[i]) at n points if n > 0. */
PetscErrorCode IntervalGap(Interval interval, IntervalResult *gap, PetscInt n, const PetscReal x[],
                           PetscReal f[]);
/* log int w over the interval. */
PetscErrorCode IntervalMass(Interval interval, IntervalResult *mass);
/* Mean time to reach the closed set of the panels [c, d] (or an absorbing side) from x[n]; log is -infinity inside of
   the set, +infinity if nothing can be reached, NaN (error infinite) where the weight is below e^-11000 of its
   maximum, next to a reflecting side, or where IntervalGetFault() says why. */
PetscErrorCode IntervalPassage(Interval interval, PetscInt n_targets, const PetscReal target[][2], PetscInt n,
                               const PetscReal x[], IntervalResult time[]);
/* Probability to reach [b0, b1] before [a0, a1] (and before an absorbing side); log of the capacity int w D q'^2: where a
   side absorbs, what b loses to it is in there. */
PetscErrorCode IntervalCommittor(Interval interval, const PetscReal a[2], const PetscReal b[2], PetscInt n,
                                 const PetscReal x[], PetscReal q[], IntervalResult *capacity);
/* Muckenhoupt (2.6): lower <= 1/gap <= upper of the operator with this D. Reflecting sides. Logarithms. */
PetscErrorCode IntervalMuckenhoupt(Interval interval, PetscReal *log_lower, PetscReal *log_upper);
/* Barthe-Roberto (2.6): lower <= C_LS <= upper, Ent_mu(f^2) <= C int D f'^2 dmu. Logarithms. */
PetscErrorCode IntervalLogSobolev(Interval interval, PetscReal *log_lower, PetscReal *log_upper);
