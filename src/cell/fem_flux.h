/* The dual problem in three dimensions (1.7): fluxes q + curl A. */
#pragma once
#include "fem_linear.h"
#include "fem_scalar.h"

/*
  For q = e_1, e_2, e_3: A in (Q_p)^3 periodic minimises

    int (q + curl A).K^{-1}(q + curl A) + int g |div A|^2,   K^{-1} = exp(log) tensor, g = exp(log).

  q + curl A is free of divergence and has mean q for every A, so that its energy bounds q.K^{-1}q from above;
  the gauge term makes A unique up to constants and vanishes at the minimiser of the continuous problem. The
  energies are of the flux alone, on the quadrature `rich` and on that of the assembly.
*/
PetscErrorCode FemFluxSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, const FemQuadrature *rich,
                            const FemCoefficient *rich_coefficient, PetscReal rtol, FemEnergy *energy,
                            FemEnergy *rich_energy, PetscInt *iterations, CellFailure *failure);
