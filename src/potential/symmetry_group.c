#include "symmetry.h"

void SymmetryIdentity(PotentialSymmetry *g)
{
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    g->source[v] = (int8_t)v;
    g->sign[v] = 1;
    g->shift[v] = 0;
  }
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    g->axis[c] = (int8_t)c;
    g->axis_sign[c] = 1;
  }
}

/* a after b. */
static PotentialSymmetry compose(const PotentialSymmetry *a, const PotentialSymmetry *b)
{
  PotentialSymmetry ab;

  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    const PetscInt from = a->source[v], shift = a->sign[v] * b->shift[from] + a->shift[v];

    ab.source[v] = b->source[from];
    ab.sign[v] = (int8_t)(a->sign[v] * b->sign[from]);
    ab.shift[v] = (int8_t)((shift + 2 * POTENTIAL_SHIFTS) % POTENTIAL_SHIFTS);
  }
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    ab.axis[c] = b->axis[a->axis[c]];
    ab.axis_sign[c] = (int8_t)(a->axis_sign[c] * b->axis_sign[a->axis[c]]);
  }
  return ab;
}

/* The axes do not count: what moves the frozen variables in the same way is the same. */
PetscBool SymmetryIsListed(PetscInt n, const PotentialSymmetry list[], const PotentialSymmetry *g)
{
  for (PetscInt i = 0; i < n; i++) {
    if (!memcmp(list[i].source, g->source, sizeof(g->source)) &&
        !memcmp(list[i].sign, g->sign, sizeof(g->sign)) && !memcmp(list[i].shift, g->shift, sizeof(g->shift)))
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode SymmetryExtend(PetscInt *n, PotentialSymmetry list[], const PotentialSymmetry *g)
{
  const PetscInt before = *n;
  PetscInt size = before;

  PetscFunctionBegin;
  if (SymmetryIsListed(size, list, g)) PetscFunctionReturn(0);
  if (size == POTENTIAL_SYMMETRIES) PetscFunctionReturn(0);
  list[size++] = *g;
  /* Every word is a shorter one times an old element or g; old ones times old ones are there. */
  for (PetscInt i = 1; i < size; i++) {
    for (PetscInt j = i < before ? before : 1; j <= before; j++) {
      const PotentialSymmetry product = compose(&list[i], &list[j]);

      if (SymmetryIsListed(size, list, &product)) continue;
      if (size == POTENTIAL_SYMMETRIES) PetscFunctionReturn(0);
      list[size++] = product;
    }
  }
  *n = size;
  PetscFunctionReturn(0);
}

PetscInt SignedPermutations(PetscInt dim)
{
  return dim == 1 ? 2 : (dim == 2 ? 8 : 48);
}

void SignedPermutation(PetscInt dim, PetscInt i, int8_t axis[], int8_t axis_sign[])
{
  static const int8_t orders[6][REITER_MAX_DIM] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1},
                                                   {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
  const PetscInt signs = 1 << dim;

  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    axis[c] = orders[i / signs][c];
    axis_sign[c] = c < dim && (i % signs) >> c & 1 ? -1 : 1;
  }
}
