/* Hermite polynomials of the normal density N, orthonormal, as functions that do not overflow. */
#include "space_private.h"
#include <math.h>
#include <petscblaslapack.h>

/* The recurrence starts from 1; what is taken out of it is kept as a logarithm. */
void HermiteFunctions(PetscInt levels, PetscReal x, PetscReal psi[])
{
  const PetscReal large = 1e100, log_large = PetscLogReal(large);
  PetscReal log_factor = -0.25 * PetscLogReal(2 * PETSC_PI) - 0.25 * x * x, before = 0, now = 1;
  PetscReal factor = PetscExpReal(log_factor);

  for (PetscInt n = 0; n < levels; n++) {
    PetscReal next;
    psi[n] = now * factor;
    /* a factor that is too small for a number, with a large `now` */
    if (log_factor < -600 && now != 0)
      psi[n] = (now < 0 ? -1 : 1) * PetscExpReal(log_factor + PetscLogReal(PetscAbsReal(now)));
    next = (x * now - PetscSqrtReal((PetscReal)n) * before) / PetscSqrtReal((PetscReal)(n + 1));
    before = now;
    now = next;
    if (PetscAbsReal(now) > large) {
      now /= large;
      before /= large;
      log_factor += log_large;
      factor = PetscExpReal(log_factor);
    }
  }
}

/* Golub and Welsch for the points; the weights from Christoffel's sum, which is right where they are small. */
PetscErrorCode HermiteGauss(PetscInt n, PetscReal x[], PetscReal log_weight[])
{
  PetscReal *off, *psi, unused;
  PetscBLASInt size, one = 1, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(n, &size));
  PetscCall(PetscMalloc2(n, &off, n, &psi));
  for (PetscInt k = 0; k < n; k++) {
    x[k] = 0;
    off[k] = PetscSqrtReal((PetscReal)(k + 1));
  }
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("N", &size, x, off, &unused, &one, &unused, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK steqr: %d", (int)info);
  for (PetscInt j = 0; j < n; j++) {
    PetscReal sum = 0;
    HermiteFunctions(n, x[j], psi);
    for (PetscInt k = 0; k < n; k++) sum += psi[k] * psi[k];
    /* psi^2 = He^2 N */
    log_weight[j] = -PetscLogReal(sum) - 0.5 * x[j] * x[j] - 0.5 * PetscLogReal(2 * PETSC_PI);
  }
  PetscCall(PetscFree2(off, psi));
  PetscFunctionReturn(0);
}
