/*
  Coefficients from molecular dynamics, the Green-Kubo formulas (28) and (55) of Szepessy's nanosystem paper:
    gamma_ab(t0) = int_0^t0 <P_a(0) P_b(s)> ds,   theta_ab(t0) = int_0^t0 <dF_a(0) dF_b(s)> ds,   dF = F - f_th(R),
  both tensors. Smoluchowski: D = gamma/m^2; kinetic equation: friction g = theta/(m k_B T); and gamma theta = (m k_B T)^2.

  The series is cut into blocks. In each, autocorrelations are unbiased, of the deviation from the mean over everything, by FFT,
  and integrated by the trapezoid rule; numbers are means over the blocks, with the standard errors of these means. What is
  reported for a coefficient is its value on a plateau of the running integral, and nothing if there is none.
*/
#pragma once
#include <reiter/case.h>
#include <reiter/output.h>

typedef struct _p_GreenKubo *GreenKubo;

/* The thermal average of the force at a position, f_th(R) = <F | R>. */
typedef enum {
  THERMAL_MEAN,      /* the mean force: for a particle that does not move */
  THERMAL_GIVEN,     /* formulas, not fitted */
  THERMAL_POTENTIAL, /* f = -grad sum c_j U_j, c by least squares */
  THERMAL_BINS       /* each component by the means in bins of the same component of R, linear in between */
} ThermalKind;

typedef struct {
  PetscInt dim;
  PetscReal dt, mass, temperature;
  PetscBool has_position, has_momentum, has_force;
  ThermalKind thermal;
  PetscInt n_basis;
  const Expression *basis; /* THERMAL_POTENTIAL: U_j; THERMAL_GIVEN: dim components of f. Referenced */
  PetscInt bins;           /* of each component; 0: 40 */
  PetscReal longest;       /* lag up to which integrals run; 0: chosen */
  PetscInt blocks;         /* 0: chosen, 10 or more where the data are long enough */
  PetscReal plateau_momentum[2],
      plateau_force[2]; /* lags between which the plateau is read; both 0: by the rule */
} GreenKuboSettings;

/* Settings are copied, formulas referenced. */
PetscErrorCode GreenKuboCreate(const GreenKuboSettings *settings, GreenKubo *gk);
PetscErrorCode GreenKuboDestroy(GreenKubo *gk);
/* The next m samples: component c of sample i at R[c * stride + i]; those that are not had are NULL. begins: a new path
   (correlations never reach across). At most 1.2e8 numbers are kept; more are refused at the conclusion. */
PetscErrorCode GreenKuboAdd(GreenKubo gk, PetscInt m, PetscInt stride, const PetscReal R[],
                            const PetscReal P[], const PetscReal F[], PetscBool begins);

/* One coefficient against the lag, and what is read off. */
typedef struct {
  PetscBool given; /* the series has what it needs */
  PetscInt dim, n; /* lags 0, dt, .., (n - 1) dt */
  PetscReal dt;
  PetscReal *correlation;       /* [n][dim*dim] */
  PetscReal *correlation_error; /* [n][dim*dim] */
  PetscReal *integral, *error;  /* [n][dim*dim] running integral and its standard error over blocks */
  PetscReal *mean, *mean_error; /* [n] trace/dim of the integral, its error over blocks */
  PetscReal *slope;             /* [n] d ln mean/d ln t0; NaN where the mean is not positive */
  PetscBool has_plateau;
  PetscBool bound;      /* no plateau: the integral rises, and comes back to zero, as for a bound particle */
  char why[320];        /* how the plateau was chosen, or why there is none: a whole sentence */
  PetscReal plateau[2]; /* lags */
  PetscReal value[9], value_error[9]; /* [dim*dim] the tensor on the plateau; NaN without one */
  PetscReal scalar, scalar_error;     /* trace/dim */
} GreenKuboCurve;

typedef struct {
  PetscInt dim, blocks;
  PetscInt64 samples, paths;
  PetscReal duration, mass, temperature;
  PetscReal kinetic_temperature, kinetic_temperature_error; /* <P_a^2>/m over components; NaN without P */
  PetscReal position_variance[3], position_variance_error[3];
  GreenKuboCurve gamma, theta;
  /* f_th, errors over 10 blocks (or as many as were asked for): coefficients; with R and F, bins of each component of R, for
     every kind: mean position, force and f_th of the samples, errors of the force, counts, [dim][bins], NaN in bins with fewer
     than 10 samples, which are not used */
  ThermalKind thermal;
  PetscInt n_basis;
  PetscReal *coefficients, *coefficient_errors;
  PetscInt bins;
  PetscReal *bin_centre, *bin_force, *bin_error, *bin_model;
  PetscInt64 *bin_count;
  PetscReal mean_force[3], mean_force_error[3];
  /* Slope of the force, less f_th, on the position: zero where f_th is right; NaN without R and F */
  PetscReal force_slope, force_slope_error;
  /* with gamma: D = gamma/m^2; with theta: g = theta/(m k_B T), D = (k_B T)^2/theta; tensors */
  PetscReal consistency,
      consistency_error; /* trace gamma trace theta/(dim m k_B T)^2; NaN unless both have a plateau */
  PetscInt n_warnings;
  char (*warnings)[320]; /* whole sentences */
} GreenKuboResult;

/* *refused is a whole sentence (PetscFree) about the key *key of `greenkubo:` if the data are not enough: "series", "longest",
   "blocks", "thermal_force", "plateau.momentum" or "plateau.force". Once only: the force is overwritten. */
PetscErrorCode GreenKuboConclude(GreenKubo gk, GreenKuboResult *result, const char **key, char **refused);
PetscErrorCode GreenKuboResultDestroy(GreenKuboResult *result);
/* greenkubo_momentum.csv, greenkubo_force.csv (curves against the lag), thermal_force.csv (the bins). */
PetscErrorCode GreenKuboResultWriteFiles(const GreenKuboResult *result, RunFolder folder);
/* The members of an object, and lines for people. */
PetscErrorCode GreenKuboResultWriteJson(const GreenKuboResult *result, Json json);
PetscErrorCode GreenKuboResultPrint(const GreenKuboResult *result, FILE *stream);
/* U[n] = int f_th/(k_B T) from the first bin to each of n points x: the logarithm of the weight. dim = 1, for bins; exact for
   f_th as it is subtracted, which is constant beyond the first and the last bin. */
PetscErrorCode GreenKuboThermalPotential(const GreenKuboResult *result, PetscInt n, const PetscReal x[],
                                         PetscReal U[]);
