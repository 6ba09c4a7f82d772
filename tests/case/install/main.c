/* A user of the installed library: the tensor of a laminate, 1/I0(2)^2 across and 1 along its layers. */
#include <reiter/cascade.h>
#include <slepcsys.h>

int main(int argc, char **argv)
{
  const char text[] = "cos(2*pi*x1)";
  const ExpressionScope scope = {.dim = 2, .scales = 1};
  const PetscReal x[2] = {0, 0};
  const PetscReal exact = 0.1924368784916728;
  Expression V1;
  ExpressionError mistake;
  Potential potential;
  Cascade cascade;
  EffectivePoint point;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  PetscCall(ExpressionParse(text, sizeof(text) - 1, &scope, &V1, &mistake));
  PetscCall(PotentialCreate(2, 1, 0.5, NULL, V1, &potential));
  PetscCall(CascadeCreate(potential, &cascade));
  PetscCall(CascadeCompute(cascade, x, &point));
  printf("%.15g %.15g\n", (double)point.M[0], (double)point.M[3]);
  PetscCall(CascadeDestroy(&cascade));
  PetscCall(PotentialDestroy(&potential));
  PetscCall(ExpressionDestroy(&V1));
  if (SlepcFinalize()) return 1;
  return PetscAbsReal(point.M[0] - exact) < 1e-12 && PetscAbsReal(point.M[3] - 1) < 1e-12 ? 0 : 1;
}
