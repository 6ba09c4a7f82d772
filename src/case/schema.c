/* The table of keys, put together from the files keys_*.inc. */
#include "schema.h"

static const char *const methods[] = {"auto", "fem", "fourier", "closed_form", NULL};
static const char *const frozen[] = {"auto", "product", "sparse", NULL};
static const char *const automatic[] = {"auto", NULL};
static const char *const schemes[] = {"fem", "monotone", NULL};
static const char *const boundaries[] = {"reflecting", "periodic", "absorbing", NULL};
static const char *const evolve_methods[] = {"auto", "chebyshev", "lanczos", "uniformisation", "ts", NULL};
static const char *const spectrum_methods[] = {"auto", "slepc", "elimination", "flux", NULL};
static const char *const precisions[] = {"auto", "double", "long_double", NULL};
static const char *const path_schemes[] = {"euler", "second_order", "leimkuhler_matthews", "metropolis",
                                           NULL};
static const char *const path_starts[] = {"equilibrium", NULL};
static const char *const all_of_them[] = {"all", NULL};
static const char *const series_formats[] = {"auto", "csv", "lammps_log", "lammps_dump", "xvg", NULL};
static const char *const axes[] = {"x", "y", "z", NULL};
static const char *const friction_tensors[] = {"effective", "plain", NULL};
static const char *const kinetic_positions[] = {"auto", "elements", "fourier", NULL};
static const char *const kinetic_solvers[] = {"auto", "continued_fraction", "lu", "krylov", NULL};
static const char *const field_formats[] = {"xdmf", "csv", NULL};

#define AT_LEAST(a)      .bounds = LOWER, .lower = (a)
#define FROM_TO(a, b)    .bounds = LOWER | UPPER, .lower = (a), .upper = (b)
#define ABOVE(a)         .bounds = LOWER | LOWER_OPEN, .lower = (a)
#define ABOVE_TO(a, b)   .bounds = LOWER | LOWER_OPEN | UPPER, .lower = (a), .upper = (b)
#define BETWEEN(a, b)    .bounds = LOWER | LOWER_OPEN | UPPER | UPPER_OPEN, .lower = (a), .upper = (b)
#define FROM_BELOW(a, b) .bounds = LOWER | UPPER | UPPER_OPEN, .lower = (a), .upper = (b)

/* A section stands before its keys. */
static const KeySpec table[] = {
#include "keys_model.inc"
#include "keys_places.inc"
#include "keys_questions.inc"
#include "keys_paths.inc"
#include "keys_estimate.inc"
#include "keys_greenkubo.inc"
#include "keys_transitions.inc"
#include "keys_kinetic.inc"
#include "keys_output.inc"
};

enum { TABLE = sizeof(table) / sizeof(table[0]) };

PetscErrorCode SchemaGetKeys(PetscInt *n, const KeySpec **keys)
{
  PetscFunctionBegin;
  *n = TABLE;
  *keys = table;
  PetscFunctionReturn(0);
}
