/* The dual problem in three dimensions (1.7): fluxes without divergence. */
#pragma once
#include "fem_scalar.h"

/*
  Among the periodic fluxes J of Raviart-Thomas type with div J = 0 and mean q, int J.K^{-1} J bounds q.K^{-1} q from
  above. The continuity of J.n across faces is imposed by a potential psi on the faces that winds by e_j, j = 1..3, and
  the three fluxes that belong to it have the mean values and energies  E_jk = int J_j.K^{-1} J_k; with E of the
  quadrature of the assembly (the means) and E' of the rich one (the energies), K >= E E'^{-1} E.

  K^{-1} = exp(log) tensor is given by the coefficients of the dual side; `nodes` are the wells of the primal problem.
*/
PetscErrorCode FemFluxSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, const FemQuadrature *rich,
                            const FemCoefficient *rich_coefficient, const Basins *nodes, PetscReal rtol,
                            FemEnergy *energy, FemEnergy *rich_energy, PetscInt *iterations,
                            CellFailure *failure);
