/* Who speaks under mpiexec, where MPI is not up: what its processes know from their environment. */
#pragma once
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool IsFirstRank(void)
{
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const char *const rank = getenv(names[i]);
    if (rank) return !strcmp(rank, "0");
  }
  return true;
}
