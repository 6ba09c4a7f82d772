#include "frozen_private.h"

PetscErrorCode WaveSetCreate(PetscInt m, WaveSet *set)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(set, sizeof(*set)));
  set->m = m;
  PetscFunctionReturn(0);
}

PetscErrorCode WaveSetDestroy(WaveSet *set)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(set->k));
  PetscCall(PetscFree(set->slot));
  PetscCall(PetscMemzero(set, sizeof(*set)));
  PetscFunctionReturn(0);
}

PetscBool WaveNormalise(PetscInt m, int k[])
{
  PetscInt first = 0;

  while (first < m && !k[first]) first++;
  if (first == m || k[first] > 0) return PETSC_FALSE;
  for (PetscInt i = 0; i < m; i++) k[i] = -k[i];
  return PETSC_TRUE;
}

static PetscInt find_slot(const WaveSet *set, const int k[])
{
  uint64_t key = 0;

  for (PetscInt i = 0; i < set->m; i++) key = key * 1024 + (uint64_t)(k[i] + 512);
  key *= 0x9E3779B97F4A7C15u;
  PetscInt s = (PetscInt)((key >> 33) % (uint64_t)set->n_slots);
  while (set->slot[s] && memcmp(&set->k[(set->slot[s] - 1) * set->m], k, (size_t)set->m * sizeof(*k)))
    s = (s + 1) % set->n_slots;
  return s;
}

PetscInt WaveSetFind(const WaveSet *set, const int k[])
{
  if (!set->n) return -1;
  return set->slot[find_slot(set, k)] - 1;
}

static PetscErrorCode grow(WaveSet *set)
{
  PetscFunctionBegin;
  set->capacity = PetscMax(256, 2 * set->capacity);
  set->n_slots = 2 * set->capacity + 1;
  PetscCall(PetscRealloc((size_t)(set->capacity * set->m) * sizeof(int), &set->k));
  PetscCall(PetscFree(set->slot));
  PetscCall(PetscCalloc1(set->n_slots, &set->slot));
  for (PetscInt i = 0; i < set->n; i++) set->slot[find_slot(set, &set->k[i * set->m])] = i + 1;
  PetscFunctionReturn(0);
}

PetscErrorCode WaveSetAdd(WaveSet *set, const int k[], PetscInt *index)
{
  PetscFunctionBegin;
  if (set->n == set->capacity) PetscCall(grow(set));
  const PetscInt s = find_slot(set, k);
  if (!set->slot[s]) {
    PetscCall(PetscArraycpy(&set->k[set->n * set->m], k, set->m));
    set->slot[s] = ++set->n;
  }
  *index = set->slot[s] - 1;
  PetscFunctionReturn(0);
}

PetscInt WaveSetSize(const WaveSet *set)
{
  PetscInt size = 0;

  for (PetscInt i = 0; i < set->n; i++) size += WaveMultiplicity(set, i);
  return size;
}

PetscErrorCode WaveSetFillBall(WaveSet *set, PetscInt radius)
{
  int k[FROZEN_MAX_VARIABLES] = {0};
  PetscInt index;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < set->m; i++) k[i] = (int)-radius;
  for (;;) {
    int norm = 0, sign[FROZEN_MAX_VARIABLES];
    PetscInt i = 0;
    for (PetscInt v = 0; v < set->m; v++) {
      norm += PetscAbsInt(k[v]);
      sign[v] = k[v];
    }
    if (norm <= radius && !WaveNormalise(set->m, sign)) PetscCall(WaveSetAdd(set, k, &index));
    while (i < set->m && ++k[i] > radius) k[i++] = (int)-radius;
    if (i == set->m) break;
  }
  PetscFunctionReturn(0);
}
