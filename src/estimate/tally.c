#include "tally.h"
#include <string.h>

enum { BATCHES, UNITS, FILLED, HEAD };

PetscInt TallyLength(PetscInt capacity, PetscInt n)
{
  return HEAD + capacity * n;
}

/* Neighbours become one. */
static void fold(PetscInt capacity, PetscInt n, PetscReal tally[])
{
  PetscReal *const sums = tally + HEAD;

  for (PetscInt b = 0; b < capacity / 2; ++b) {
    for (PetscInt i = 0; i < n; ++i) sums[b * n + i] = sums[2 * b * n + i] + sums[(2 * b + 1) * n + i];
  }
  memset(&sums[capacity / 2 * n], 0, (size_t)(capacity / 2 * n) * sizeof(*sums));
  tally[BATCHES] = (PetscReal)(capacity / 2);
}

PetscReal *TallyNext(PetscInt capacity, PetscInt n, PetscReal tally[])
{
  if (tally[BATCHES] == 0) tally[BATCHES] = tally[UNITS] = 1;
  if (tally[FILLED] == tally[UNITS]) {
    const PetscBool full = (PetscBool)(tally[BATCHES] == (PetscReal)capacity);

    if (full && capacity > 1) fold(capacity, n, tally);
    if (full) tally[UNITS] *= 2;
    if (capacity > 1) {
      tally[BATCHES] += 1;
      tally[FILLED] = 0;
    }
  }
  tally[FILLED] += 1;
  return tally + HEAD + ((PetscInt)tally[BATCHES] - 1) * n;
}

PetscInt TallyBatches(const PetscReal tally[])
{
  return (PetscInt)tally[BATCHES];
}

PetscReal TallyUnits(const PetscReal tally[])
{
  return tally[UNITS];
}

const PetscReal *TallySums(PetscInt n, const PetscReal tally[], PetscInt batch)
{
  return tally + HEAD + batch * n;
}
