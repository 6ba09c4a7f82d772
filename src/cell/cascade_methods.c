/*
  Which methods solved the cells of each level, as one number to the base of 32 with a digit a level: 0 for no
  cell, else 1 + the method's number in the registry. Where several were at work the later one of the registry
  counts, so that the answer does not depend on the order of the cells. 45 bits at most: exact in a PetscReal,
  and thus part of an InnerTensor.
*/
#include "cascade_private.h"
#include <stdint.h>

enum { BITS = 5, MASK = 31 };

PetscErrorCode MethodsUsed(PetscInt k, const char name[], PetscReal *methods)
{
  const char *const *names, *const *summaries;
  PetscInt n;

  PetscFunctionBegin;
  *methods = 0;
  PetscCall(CellMethodList(&n, &names, &summaries));
  for (PetscInt i = 0; name && i < n; i++) {
    if (!strcmp(names[i], name)) *methods = (PetscReal)((uint64_t)(i + 1) << (BITS * (k - 1)));
  }
  PetscFunctionReturn(0);
}

PetscReal MethodsJoin(PetscReal a, PetscReal b)
{
  const uint64_t first = (uint64_t)a, second = (uint64_t)b;
  uint64_t joined = 0;

  for (PetscInt k = 0; k < REITER_MAX_SCALES; k++) {
    const uint64_t one = first >> (BITS * k) & MASK, other = second >> (BITS * k) & MASK;
    joined |= (one > other ? one : other) << (BITS * k);
  }
  return (PetscReal)joined;
}

PetscErrorCode MethodsName(PetscReal methods, char text[], size_t length)
{
  const char *const *names, *const *summaries;
  PetscInt n;

  PetscFunctionBegin;
  text[0] = 0;
  PetscCall(CellMethodList(&n, &names, &summaries));
  for (PetscInt k = REITER_MAX_SCALES - 1; k >= 0; k--) {
    const PetscInt digit = (PetscInt)((uint64_t)methods >> (BITS * k) & MASK);
    if (digit == 0 || digit > n) continue;
    if (text[0]) PetscCall(PetscStrlcat(text, "+", length));
    PetscCall(PetscStrlcat(text, names[digit - 1], length));
  }
  if (!text[0]) PetscCall(PetscStrncpy(text, "none", length));
  PetscFunctionReturn(0);
}
