#include "schema.h"
#include <string.h>

static const char *const methods[] = {"auto", "fem", "fourier", "closed_form", NULL};
static const char *const automatic[] = {"auto", NULL};
static const char *const field_formats[] = {"xdmf", "csv", NULL};

#define AT_LEAST(a)      .bounds = LOWER, .lower = (a)
#define FROM_TO(a, b)    .bounds = LOWER | UPPER, .lower = (a), .upper = (b)
#define ABOVE(a)         .bounds = LOWER | LOWER_OPEN, .lower = (a)
#define ABOVE_TO(a, b)   .bounds = LOWER | LOWER_OPEN | UPPER, .lower = (a), .upper = (b)
#define FROM_BELOW(a, b) .bounds = LOWER | UPPER | UPPER_OPEN, .lower = (a), .upper = (b)

/* A section stands before its keys. */
static const KeySpec table[] = {
    {.path = "title", .type = KEY_STRING, .fallback = "", .text = "A name for people; it changes no number."},
    {.path = "dimension",
     .type = KEY_INTEGER,
     .required = PETSC_TRUE,
     FROM_TO(1, REITER_MAX_DIM),
     .text = "Number d of components of the position: x, then y, then z."},
    {.path = "temperature",
     .type = KEY_VALUE,
     .required = PETSC_TRUE,
     .unit = "unit of the potential",
     ABOVE(0),
     .text = "s = k_B T, the temperature times Boltzmann's constant."},
    {.path = "parameters",
     .type = KEY_PARAMETERS,
     .otherwise = "none",
     .text = "Numbers with names that every formula may use. A parameter may be a formula of earlier ones."},
    {.path = "potential",
     .type = KEY_SECTION,
     .required = PETSC_TRUE,
     .text = "The potential V = V0(x) + V1(x, x1, x2, ...); at least one of macro and micro."},
    {.path = "potential.macro",
     .type = KEY_FORMULAS,
     .otherwise = "0",
     .unit = "any unit of energy",
     .text = "V0, a formula of the position x, y, z alone; a list of formulas is added."},
    {.path = "potential.micro",
     .type = KEY_FORMULAS,
     .otherwise = "0",
     .unit = "as macro",
     .text =
         "V1, a formula of x, y, z and the fast variables x1, y1, z1, x2, ... (letter = component, digit = "
         "scale), of period 1 in each fast variable; a list of formulas is added."},
    {.path = "potential.scales",
     .type = KEY_INTEGER,
     .otherwise = "the highest digit used in micro",
     FROM_TO(1, REITER_MAX_SCALES),
     .text = "Number N of fast scales."},
    {.path = "cell", .type = KEY_SECTION, .text = "How the cell problems are solved."},
    {.path = "cell.method",
     .type = KEY_CHOICE,
     .fallback = "auto",
     .choices = methods,
     .text = "auto takes the fastest method that applies to the cell."},
    {.path = "cell.tolerance",
     .type = KEY_NUMBER,
     .fallback = "1e-8",
     ABOVE_TO(0, 0.1),
     .text = "Relative error allowed in every eigenvalue of M; method and resolution follow from it."},
    {.path = "cell.cells",
     .type = KEY_INTEGER,
     .fallback = "auto",
     .choices = automatic,
     AT_LEAST(1),
     .text = "Elements per direction (fem) or points per direction (fourier). A number here switches the "
             "choice of "
             "the resolution off, for studies of convergence."},
    {.path = "cell.order",
     .type = KEY_INTEGER,
     .fallback = "auto",
     .choices = automatic,
     FROM_TO(1, 12),
     .text = "Order of the finite elements. A number here switches the choice of the order off."},
    {.path = "cell.breaks",
     .type = KEY_BREAKS,
     .otherwise = "found in the formula",
     .unit = "period",
     FROM_BELOW(0, 1),
     .text = "Planes x_k = const on which V1 has kinks or jumps; one list for all components or a list of "
             "lists, one "
             "per component."},
    {.path = "cell.max_unknowns",
     .type = KEY_INTEGER,
     .fallback = "2000000",
     AT_LEAST(1),
     .text = "Limit of work: unknowns of one cell problem."},
    {.path = "cell.max_solves",
     .type = KEY_INTEGER,
     .fallback = "1000000",
     AT_LEAST(1),
     .text = "Limit of work: cell problems for one macroscopic point."},
    {.path = "effective", .type = KEY_SECTION, .text = "Where the effective coefficients are wanted."},
    {.path = "effective.points",
     .type = KEY_POINTS,
     .otherwise = "the origin",
     .excludes = "grid",
     .text = "Macroscopic points [x, y, z]; in one dimension plain numbers will do."},
    {.path = "effective.correctors",
     .type = KEY_BOOL,
     .fallback = "false",
     .text = "Write the correctors of the cells as fields too."},
    {.path = "effective.grid", .type = KEY_SECTION, .text = "A regular grid of points in place of a list."},
    {.path = "effective.grid.box",
     .type = KEY_BOX,
     .required = PETSC_TRUE,
     .text = "Lower and upper end for each direction: [[-2, 2], [0, 1]]."},
    {.path = "effective.grid.cells",
     .type = KEY_INTEGERS,
     .required = PETSC_TRUE,
     FROM_TO(1, 1000000),
     .text =
         "Grid cells, one number for all directions or a list; a direction has one point more than cells."},
    {.path = "output", .type = KEY_SECTION, .text = "Where the results go."},
    {.path = "output.directory",
     .type = KEY_STRING,
     .otherwise = "results/NAME for NAME.yaml",
     .text = "The run folder; it is made if it is not there. The flag --output goes before."},
    {.path = "output.fields",
     .type = KEY_CHOICES,
     .fallback = "xdmf, csv",
     .choices = field_formats,
     .text = "Formats of fields: XDMF with HDF5 for ParaView, or tables."},
    {.path = "petsc",
     .type = KEY_OPTIONS,
     .otherwise = "none",
     .text =
         "Options for PETSc without their dash, as cell_ksp_rtol: 1e-12. An option that nothing uses is an "
         "error."},
};

/* Keys that are promised, so that nobody searches for a spelling mistake. */
static const char *const later[] = {"domain", "evolve", "spectrum", "passage", "diffusion"};

enum { TABLE = sizeof(table) / sizeof(table[0]) };

PetscErrorCode SchemaGetKeys(PetscInt *n, const KeySpec **keys)
{
  PetscFunctionBegin;
  *n = TABLE;
  *keys = table;
  PetscFunctionReturn(0);
}

const KeySpec *SchemaFind(const char *path)
{
  for (int i = 0; i < TABLE; ++i) {
    if (!strcmp(table[i].path, path)) return &table[i];
  }
  return NULL;
}

const char *SchemaLastName(const KeySpec *key)
{
  const char *const dot = strrchr(key->path, '.');

  return dot ? dot + 1 : key->path;
}

PetscBool SchemaIsMember(const KeySpec *key, const char *section)
{
  const size_t length = strlen(section);

  if (!length) return strchr(key->path, '.') ? PETSC_FALSE : PETSC_TRUE;
  return !strncmp(key->path, section, length) && key->path[length] == '.' &&
                 !strchr(key->path + length + 1, '.')
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscBool SchemaIsLater(const char *name)
{
  for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); ++i) {
    if (!strcmp(name, later[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscBool SchemaInBounds(const KeySpec *key, PetscReal value)
{
  if (PetscIsInfOrNanReal(value)) return PETSC_FALSE;
  if (key->bounds & LOWER) {
    if (value < key->lower || (key->bounds & LOWER_OPEN && value == key->lower)) return PETSC_FALSE;
  }
  if (key->bounds & UPPER) {
    if (value > key->upper || (key->bounds & UPPER_OPEN && value == key->upper)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}
