/*
  Mean first passage time, committor, capacity and reaction rate (mathematics, eq. 2.4): by elimination on the monotone
  graph; by one factorisation of S on the nodes outside of the target for elements, refused where rounding would leave no
  digit. (One dimension: interval.h.)
*/
#pragma once
#include <reiter/diffusion.h>
#include <reiter/elimination.h>

typedef struct _p_Passage *Passage;

/* The diffusion is borrowed. Regions are PointFunctions: nonzero inside. */
PetscErrorCode PassageCreate(Diffusion diffusion, Passage *passage);
PetscErrorCode PassageDestroy(Passage *passage);
PetscErrorCode PassageSetPrecision(Passage passage, Precision precision);
PetscErrorCode
PassageSetFromOptions(Passage passage); /* -passage_method auto|elimination|factor, -passage_ksp_*, .. */
/* Mean time to reach the region (or to be absorbed). *refused is a static sentence or NULL: no node in the region and
   nothing absorbing; the region is everything; no digit left. log_time: a domain node vector (log of the time;
   -infinity in the target) that the caller creates. error: relative, of the linear algebra. */
PetscErrorCode PassageTime(Passage passage, PointFunction target, void *ctx, Vec log_time, PetscReal *error,
                           const char **refused, CellFailure *failure);
/* Probability to reach b before a: q as a domain node vector in [0, 1]; log of the capacity (with log_scale in it) and of
   the reaction rate nu = capacity / int w (transitions a -> b per time). */
PetscErrorCode PassageCommittor(Passage passage, PointFunction a, void *ctx_a, PointFunction b, void *ctx_b,
                                Vec q, PetscReal *log_capacity, PetscReal *log_rate, PetscReal *error,
                                const char **refused, CellFailure *failure);
/* The value of a domain node vector at a point, by the elements' interpolation. Logarithmic: the logarithm of the
   interpolated exp(nodes), which may be -infinity. *inside is false outside of the domain. Collective. */
PetscErrorCode PassageEvaluate(Passage passage, Vec nodes, PetscBool logarithmic, const PetscReal x[],
                               PetscReal *value, PetscBool *inside);
