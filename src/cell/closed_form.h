#pragma once
#include <reiter/cell.h>

/* Cells whose tensor is a quotient of one-dimensional integrals: d = 1, laminates, and separable potentials.
 */
extern const CellMethodOps CellMethodClosedForm;
