/* An evolution that was computed: the states, and what is said of them. */
#pragma once
#include <reiter/evolve.h>
#include "question_private.h"

typedef struct _p_Evolution *Evolution;
struct _p_Evolution {
  const CaseEvolve *wanted; /* borrowed */
  PetscBool conservative;
  Evolve forward;
  PetscInt n_backward;
  Evolve *backward; /* one for each function of the case */
  EvolveInfo info;
  PetscInt n_times, n_observables;
  PetscReal *mass, *minimum, *relative_entropy, *chi_square; /* [n_times] */
  PetscReal *observables;                                    /* [n_observables][n_times] */
  PetscReal
      *magnitude; /* [n_observables] largest |f| on the nodes: what an error of rho may be multiplied with */
};

/* evolution_start.c. The state at time 0 of the case, of mass one; a mistake goes to the diagnostics and to *failure. */
PetscErrorCode EvolutionStart(const Setting *setting, Vec g0, CellFailure *failure);
/* The functional g -> int rho; where something is absorbed, the elements at the boundary count with all of their volume. */
PetscErrorCode EvolutionMass(const Setting *setting, Vec functional);
/* evolution_files.c. observables.csv, density.h5/.xdmf (and .csv), marginals, backward fields. */
PetscErrorCode EvolutionWriteFiles(void *answer, const Setting *setting);
/* evolution_report.c */
PetscErrorCode EvolutionWriteJson(void *answer, Json json);
PetscErrorCode EvolutionPrint(void *answer, FILE *stream);
