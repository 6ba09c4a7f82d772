#pragma once
#include <reiter/cell.h>

/* Trigonometric collocation of the Witten form (1.9); primal and dual energies on a grid twice as fine. */
extern const CellMethodOps CellMethodFourier;
