#pragma once
#include <reiter/output.h>

/* The line without line breaks: "  37 %  |#######      |  1204/3200 points, 0:42 left"; seconds_left < 0 is
   unknown. */
void ProgressFormat(const char what[], PetscInt done, PetscInt total, double seconds_left, char line[],
                    size_t length);
