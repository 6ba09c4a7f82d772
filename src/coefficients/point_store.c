#include "chebyshev.h"
#include <string.h>

static size_t hash_point(const PetscReal x[])
{
  uint64_t h = 1469598103934665603u, bits;

  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    memcpy(&bits, &x[c], sizeof(bits));
    h = (h ^ bits) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return (size_t)h;
}

static PetscErrorCode grow(PointStore *store)
{
  PetscFunctionBegin;
  store->capacity = 2 * store->capacity + 128;
  PetscCall(PetscRealloc((size_t)store->capacity * REITER_MAX_DIM * sizeof(PetscReal), &store->x));
  PetscCall(PetscRealloc((size_t)store->capacity * CHEBYSHEV_COMPONENTS * sizeof(PetscReal), &store->values));
  for (store->slots = 1; store->slots < 2 * store->capacity;) store->slots *= 2;
  PetscCall(PetscFree(store->table));
  PetscCall(PetscMalloc1(store->slots, &store->table));
  for (PetscInt i = 0; i < store->slots; i++) store->table[i] = -1;
  for (PetscInt i = 0; i < store->n; i++) {
    size_t slot = hash_point(store->x + i * REITER_MAX_DIM);

    while (store->table[slot & (size_t)(store->slots - 1)] >= 0) slot++;
    store->table[slot & (size_t)(store->slots - 1)] = i;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PointStoreFind(PointStore *store, const PetscReal x[], PetscInt *point)
{
  PetscReal at[REITER_MAX_DIM];
  size_t slot;
  PetscInt found;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) at[c] = x[c] + 0.0; /* no minus zero: its bits are others */
  if (store->n == store->capacity) PetscCall(grow(store));
  for (slot = hash_point(at);; slot++) {
    found = store->table[slot & (size_t)(store->slots - 1)];
    if (found < 0) break;
    if (!memcmp(store->x + found * REITER_MAX_DIM, at, sizeof(at))) {
      *point = found;
      PetscFunctionReturn(0);
    }
  }
  *point = store->table[slot & (size_t)(store->slots - 1)] = store->n;
  PetscCall(PetscArraycpy(store->x + store->n * REITER_MAX_DIM, at, REITER_MAX_DIM));
  PetscCall(PetscArrayzero(store->values + store->n * CHEBYSHEV_COMPONENTS, CHEBYSHEV_COMPONENTS));
  store->n++;
  PetscFunctionReturn(0);
}

PetscErrorCode PointStoreDestroy(PointStore *store)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(store->x));
  PetscCall(PetscFree(store->values));
  PetscCall(PetscFree(store->table));
  PetscCall(PetscMemzero(store, sizeof(*store)));
  PetscFunctionReturn(0);
}
