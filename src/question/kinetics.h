/* What was found of the kinetic equation. */
#pragma once
#include <reiter/kinetic.h>
#include "question_private.h"

enum {
  KINETICS_MOST = 202
}; /* eigenvalues of one friction: the most of a case, and the partner of a complex pair */

/* One friction: a record of the checkpoint. */
typedef struct {
  PetscReal friction;
  PetscInt n, rejected; /* eigenvalues */
  PetscReal re[KINETICS_MOST], im[KINETICS_MOST], error[KINETICS_MOST];
  PetscReal D[4], D_error[4]; /* [dim*dim] */
  PhaseSpaceSettings diffusion_used, spectrum_used;
  char diffusion_solver[32], spectrum_solver[32];
  PetscReal seconds;
} KineticRecord;

/* The limit of large friction, in the time unit m g. */
typedef struct {
  PetscBool has_diffusion;
  PetscReal D[4], D_error[4]; /* absolute error */
  PetscInt n;                 /* eigenvalues; with that of the equilibrium */
  PetscReal values[KINETICS_MOST],
      errors[KINETICS_MOST]; /* -m g lambda, ascending; NaN: no digit is certain */
  char why_not[320];         /* there are no eigenvalues */
} OverdampedLimit;

typedef struct _p_Kinetics *Kinetics;
struct _p_Kinetics {
  const CaseKinetic *wanted; /* borrowed */
  PetscInt dim;
  PetscBool has_records;
  KineticRecord *records; /* [n_frictions] */
  Checkpoint checkpoint;  /* rank 0: of the records; goes with the answer's files */
  OverdampedLimit limit;
  KineticEvolution evolution; /* rank 0; what follows is on all ranks */
  PetscReal error;
  PetscInt steps;
  PetscReal *mass, *minimum, *relative_entropy, *chi_square; /* [n_times] */
  PetscReal *observables, *observable_errors;                /* [n_times][n_observables] */
};

/* question_kinetic.c. What is asked of the room at a friction. */
PetscErrorCode KineticsProblem(const Setting *setting, PetscReal friction, KineticProblem *problem);
/* Coefficients that are none, found while solving: a mistake at the key that is behind them. */
PetscErrorCode KineticsReportFault(const Setting *setting, const CoefficientFault *fault,
                                   CellFailure *failure);
/* -Re of the slowest of the eigenvalues that were found, without that of the equilibrium; -1: there is none. */
PetscInt KineticsSlowest(const KineticRecord *record);
/* kinetic_share.c. Diffusion and spectrum at every friction, shared over the ranks. Collective. */
PetscErrorCode KineticsShare(const Setting *setting, Kinetics k, CellFailure *failure);
/* kinetic_limit.c. On rank 0 alone, for the same bits on any number of ranks. Collective. */
PetscErrorCode KineticsLimit(const Setting *setting, Kinetics k, CellFailure *failure);
/* kinetic_evolution.c. On rank 0, as it is not shared. Collective. */
PetscErrorCode KineticsEvolve(const Setting *setting, Kinetics k, CellFailure *failure);
/* kinetic_files.c. kinetic.csv, kinetic_spectrum.csv, kinetic_observables.csv, densities. */
PetscErrorCode KineticsWriteFiles(void *answer, const Setting *setting);
/* kinetic_densities.c. phase.h5 (one dimension), kinetic_density.csv, kinetic_density.h5 (two). Rank 0. */
PetscErrorCode KineticsWriteDensities(const Kinetics k, const Setting *setting);
/* kinetic_report.c */
PetscErrorCode KineticsWriteJson(void *answer, Json json);
PetscErrorCode KineticsPrint(void *answer, FILE *stream);
