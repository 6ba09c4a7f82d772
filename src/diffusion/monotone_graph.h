/* The graph as one piece. */
#pragma once
#include "monotone_edges.h"

/* Gathers the rows of all ranks on rank 0, in natural order (an empty graph elsewhere). Collective. */
PetscErrorCode EdgeRowsGather(Diffusion d, const EdgeRows *rows, Graph *graph);
