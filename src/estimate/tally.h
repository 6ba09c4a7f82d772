/* Sums over batches of equal length, at most `capacity` of them: when all are full, neighbours are added and the length
   doubles. Plain memory, zero at the start: three numbers, then [capacity][n] sums. */
#pragma once
#include <petscsys.h>

PetscInt TallyLength(PetscInt capacity, PetscInt n); /* in PetscReals */
/* One more unit (a sample, a path): the sums [n] to which it belongs. capacity is 1 or even. */
PetscReal *TallyNext(PetscInt capacity, PetscInt n, PetscReal tally[]);
PetscInt TallyBatches(const PetscReal tally[]);
/* Units of a batch that is full. */
PetscReal TallyUnits(const PetscReal tally[]);
const PetscReal *TallySums(PetscInt n, const PetscReal tally[], PetscInt batch);
