/*
  The spine: case -> potential -> cascade -> coefficients -> diffusion -> evolve | spectrum | passage -> run folder.
*/
#pragma once
#include <reiter/case.h>
#include <reiter/effective.h>
#include <reiter/question.h>

/* Exit codes of the program (contract with users). */
enum {
  REITER_DONE = 0,
  REITER_INTERNAL = 1,
  REITER_INVALID_INPUT = 2,
  REITER_NOT_CONVERGED = 3,
  REITER_UNVERIFIED = 4,
  REITER_INTERRUPTED = 130
};

/* What the command line says beside the case. */
typedef struct {
  PetscBool overwrite, resume, quiet;
  PetscBool resumable; /* what is interrupted can go on with resume */
  int argc;
  char **argv;                     /* as given, for the record */
  const volatile int *interrupted; /* set by a signal handler */
} RunRequest;

/* Runs the case on all ranks of comm; *exit_code is one of the above. Mistakes that only show while running
   go to d. Collective. */
PetscErrorCode RunCase(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code);
/* The same, and the numbers with these names ("gap", an observable at the last time, "M_xy" at the first point, ...);
   known[i] is false where the run has no such number. On all ranks. */
PetscErrorCode RunMeasure(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, PetscInt n,
                          const char *const names[], PetscReal values[], PetscBool known[], int *exit_code);
/* A convergence study (`converge:` of the case): the case on finer and finer domains (and cells, where their number is
   fixed), one run folder a level, the table of errors and observed orders in converge.csv and on stdout. Exit code
   REITER_UNVERIFIED if an order stays below the one that the case states. */
PetscErrorCode RunConverge(MPI_Comm comm, const char file[], PetscInt n_overrides,
                           const char *const overrides[], const char output[], const RunRequest *request,
                           Diagnostics d, int *exit_code);
/* Paths of the stochastic equations (`paths:` of the case), and what is measured on them, into the run folder. Mistakes
   and exit codes as above. Collective. */
PetscErrorCode RunPaths(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code);
/* Diffusion and drift from the series of the case (`estimate:`): estimate.csv, estimate_filter.csv and run.json. Rank 0
   reads and counts. */
PetscErrorCode RunEstimate(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code);
/* Thermal force, gamma and theta from the series of the case (`greenkubo:`): greenkubo_momentum.csv, greenkubo_force.csv,
   thermal_force.csv, run.json; and the equations that they give as cases, smoluchowski.yaml and kinetic.yaml, which are run
   into folders of these names where the case has a domain (an exit code of theirs is passed on). Rank 0 reads. Collective. */
PetscErrorCode RunGreenKubo(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code);
/* A study in e (`converge.epsilon`), in one dimension: the full potential at each e against the homogenized diffusion, as
   far as the case asks: gap, observables at every time, passage times, distances of the equilibria. converge.csv,
   converge.json and a table on stdout; exit code as above, by converge.epsilon_rates. */
PetscErrorCode RunConvergeEpsilon(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d,
                                  int *exit_code);
/* What a run would do: one line per scale with its method and why, the domain, the questions. Rank 0. */
PetscErrorCode RunPlan(Case c, Diagnostics d, FILE *stream);
/* What the effective coefficients of a run cost: cells, memory and time on each of the numbers of processes in ranks
   ("1,100"; NULL: as many as there are now), predicted from a few cells (CascadePredict). Not collective. */
PetscErrorCode RunCost(Case c, const char ranks[], FILE *stream);
/* The versions of reiter and of the libraries, one per line. */
PetscErrorCode RunVersion(FILE *stream);
/* Stationary points of the free energy, their branches and phase diagrams (`transitions:` of the case), into the run
   folder. Rank 0 works. */
PetscErrorCode RunTransitions(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d,
                              int *exit_code);
