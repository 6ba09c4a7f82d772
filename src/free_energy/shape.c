#include "shape.h"

void ShapeSet(PetscInt d, PetscInt m, Shape *shape)
{
  const PetscInt D = d + m;

  *shape = (Shape){.d = d, .m = m, .D = D};
  for (PetscInt i = 0; i < MOST_FIRST; i++)
    for (PetscInt b = 0; b < MOST_FIRST; b++) shape->pair_at[i][b] = -1;
  for (PetscInt i = 0; i < d; i++) {
    for (PetscInt b = i; b < D; b++) {
      shape->pair_at[i][b] = shape->pair_at[b][i] = shape->n_pairs;
      shape->pair[shape->n_pairs][0] = i;
      shape->pair[shape->n_pairs++][1] = b;
    }
    for (PetscInt j = i; j < d; j++) {
      for (PetscInt c = j; c < D; c++) {
        shape->triple[shape->n_triples][0] = i;
        shape->triple[shape->n_triples][1] = j;
        shape->triple[shape->n_triples++][2] = c;
      }
    }
  }
  shape->end[0] = 1;
  shape->end[1] = 1 + D;
  shape->end[2] = 1 + D + shape->n_pairs;
  shape->end[3] = shape->end[2] + shape->n_triples;
}
