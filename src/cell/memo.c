#include "memo.h"

struct _p_Memo {
  PetscInt n_variables, variables[REITER_VARIABLES];
  PetscInt n, capacity, n_slots; /* entries, room for them, and size of the hash table */
  PetscInt *slots;               /* 1 + entry, or 0 */
  PetscReal *keys;               /* [capacity][n_variables] */
  InnerTensor *entries;          /* [capacity] */
};

PetscErrorCode MemoCreate(VariableSet set, Memo *memo)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(memo));
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    if (set & ((VariableSet)1 << v)) (*memo)->variables[(*memo)->n_variables++] = v;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MemoDestroy(Memo *memo)
{
  PetscFunctionBegin;
  if (*memo) {
    PetscCall(PetscFree((*memo)->slots));
    PetscCall(PetscFree((*memo)->keys));
    PetscCall(PetscFree((*memo)->entries));
  }
  PetscCall(PetscFree(*memo));
  PetscFunctionReturn(0);
}

PetscErrorCode MemoClear(Memo memo)
{
  PetscFunctionBegin;
  memo->n = 0;
  if (memo->slots) PetscCall(PetscArrayzero(memo->slots, memo->n_slots));
  PetscFunctionReturn(0);
}

/* FNV-1a over the bytes of the key; -0 and 0 are the same point. */
static PetscInt first_slot(Memo memo, const PetscReal key[])
{
  uint64_t hash = 14695981039346656037u;

  for (PetscInt i = 0; i < memo->n_variables; i++) {
    const PetscReal value = key[i] + 0.0;
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    for (int b = 0; b < 8; b++) hash = (hash ^ ((bits >> (8 * b)) & 255)) * 1099511628211u;
  }
  return (PetscInt)((hash ^ (hash >> 32)) % (uint64_t)memo->n_slots);
}

static void take_key(Memo memo, const PetscReal values[], PetscReal key[])
{
  for (PetscInt i = 0; i < memo->n_variables; i++) key[i] = values[memo->variables[i]];
}

static PetscBool same_key(Memo memo, PetscInt entry, const PetscReal key[])
{
  for (PetscInt i = 0; i < memo->n_variables; i++) {
    if (memo->keys[entry * memo->n_variables + i] != key[i]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* The slot of the key, or the empty one where it belongs. */
static PetscInt find_slot(Memo memo, const PetscReal key[])
{
  PetscInt slot = first_slot(memo, key);

  while (memo->slots[slot] && !same_key(memo, memo->slots[slot] - 1, key)) slot = (slot + 1) % memo->n_slots;
  return slot;
}

static PetscErrorCode grow(Memo memo)
{
  const PetscInt keys = PetscMax(1, memo->n_variables);

  PetscFunctionBegin;
  memo->capacity = PetscMax(64, 2 * memo->capacity);
  memo->n_slots = 2 * memo->capacity + 1;
  PetscCall(PetscRealloc((size_t)(memo->capacity * keys) * sizeof(PetscReal), &memo->keys));
  PetscCall(PetscRealloc((size_t)memo->capacity * sizeof(InnerTensor), &memo->entries));
  PetscCall(PetscFree(memo->slots));
  PetscCall(PetscCalloc1(memo->n_slots, &memo->slots));
  for (PetscInt e = 0; e < memo->n; e++)
    memo->slots[find_slot(memo, &memo->keys[e * memo->n_variables])] = e + 1;
  PetscFunctionReturn(0);
}

PetscErrorCode MemoFind(Memo memo, const PetscReal values[], const InnerTensor **inner)
{
  PetscReal key[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  *inner = NULL;
  if (memo->n == 0) PetscFunctionReturn(0);
  take_key(memo, values, key);
  const PetscInt slot = find_slot(memo, key);
  if (memo->slots[slot]) *inner = &memo->entries[memo->slots[slot] - 1];
  PetscFunctionReturn(0);
}

PetscErrorCode MemoInsert(Memo memo, const PetscReal values[], const InnerTensor *inner)
{
  PetscReal key[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  if (memo->n == memo->capacity) PetscCall(grow(memo));
  take_key(memo, values, key);
  const PetscInt slot = find_slot(memo, key);
  if (!memo->slots[slot]) {
    PetscCall(PetscArraycpy(&memo->keys[memo->n * memo->n_variables], key, memo->n_variables));
    memo->entries[memo->n] = *inner;
    memo->slots[slot] = ++memo->n;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MemoNumber(Memo memo, const PetscReal values[], PetscInt *number)
{
  const InnerTensor empty = {.log_scale = 0};
  PetscReal key[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  PetscCall(MemoInsert(memo, values, &empty)); /* does nothing if it is there */
  take_key(memo, values, key);
  *number = memo->slots[find_slot(memo, key)] - 1;
  PetscFunctionReturn(0);
}
