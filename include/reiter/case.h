/*
  The case: what the user asked for, read from a YAML file, checked against the one table of keys, with every
  default filled in. Parser, help, JSON Schema and docs/reference.md come from that table (src/case/schema.c).
*/
#pragma once
#include <reiter/diagnostics.h>
#include <reiter/domain.h>
#include <reiter/potential.h>

typedef struct _p_Case *Case;

/* Everything about `cell:` */
typedef struct {
  char method[32];                   /* auto | fem | fourier | closed_form, or a registered name */
  PetscReal tolerance;               /* relative error of every eigenvalue of M */
  PetscInt cells, order;             /* 0: chosen by reiter */
  char frozen[16];                   /* auto | product | sparse: quadrature over the slower scales */
  PetscInt n_breaks[REITER_MAX_DIM]; /* planes with kinks, per component of the cell */
  PetscReal *breaks[REITER_MAX_DIM]; /* sorted, in [0, 1) */
  PetscInt max_unknowns;             /* limit of work: unknowns of one cell problem */
  PetscInt max_solves;               /* limit of work: cell problems per macroscopic point */
} CaseCell;

/* Where the effective coefficients are wanted. */
typedef struct {
  PetscInt n_points;
  PetscReal *points; /* [n_points][dim]; for a grid: its nodes, x fastest */
  PetscBool grid;
  PetscReal box[REITER_MAX_DIM][2];
  PetscInt cells[REITER_MAX_DIM]; /* grid cells; nodes are cells + 1 per direction */
  PetscBool correctors;           /* write the correctors on the unwrapped cell */
} CaseEffective;

/* A formula with a name: an observable, ... */
typedef struct {
  char *name;
  Expression formula;
} CaseNamed;

/* `diffusion:`, in place of `potential:`. */
typedef struct {
  PetscBool given;
  Expression log_weight;                              /* of log_weight, or log(weight); NULL with a table */
  Expression tensor[REITER_MAX_DIM * REITER_MAX_DIM]; /* row-major dim x dim; NULL with a table */
  char table[PETSC_MAX_PATH_LEN]; /* relative to the case file's directory, resolved; empty: formulas */
} CaseDiffusion;

/* `domain:` */
typedef struct {
  PetscBool given;
  PetscBool is_box;
  PetscReal box[REITER_MAX_DIM][2];
  PetscInt cells[REITER_MAX_DIM];
  PetscInt order;  /* 1 to 4 */
  char scheme[32]; /* fem | monotone, or a registered name */
  Boundary sides[REITER_MAX_DIM][2];
  char mesh[PETSC_MAX_PATH_LEN]; /* relative to the case file's directory, resolved */
  PetscInt n_groups;             /* Gmsh physical groups */
  char **groups;
  Boundary *group_kinds;
  Boundary otherwise;
} CaseDomain;

typedef enum { INITIAL_FORMULA, INITIAL_DELTA, INITIAL_FILE, INITIAL_GIBBS } CaseInitialKind;

/* `evolve:` */
typedef struct {
  PetscBool given;
  CaseInitialKind initial;
  Expression density; /* formula, up to a factor; gibbs: the potential U of exp(-U/temperature) */
  PetscReal gibbs_temperature;
  PetscReal delta[REITER_MAX_DIM];
  char file[PETSC_MAX_PATH_LEN]; /* the .h5 of a previous run, resolved as above */
  PetscReal file_time;           /* negative: the last one */
  PetscInt n_times;
  PetscReal *times; /* ascending, >= 0 */
  PetscInt n_observables;
  CaseNamed *observables;
  PetscInt n_backward; /* E_x f(X_t) as fields */
  CaseNamed *backward;
  PetscBool marginals[REITER_MAX_DIM]; /* densities of single components, boxes only */
  PetscBool currents;
  char method[32]; /* auto | chebyshev | lanczos | uniformisation | ts */
  PetscReal tolerance;
  PetscBool positive;
} CaseEvolve;

/* `spectrum:` */
typedef struct {
  PetscBool given;
  PetscInt count;      /* with lambda_0 */
  char method[32];     /* auto | slepc | elimination | flux */
  char precision[16];  /* auto | double | long_double */
  PetscReal tolerance; /* relative, of the flux integrals */
  PetscBool constants; /* `constants: true` or a mapping */
  PetscInt n_epsilon;
  PetscReal *epsilon;
} CaseSpectrum;

/* `passage:` */
typedef struct {
  PetscBool given;
  PetscInt n_from;
  PetscReal *from;                     /* [n_from][dim] */
  Expression to;                       /* NULL: an absorbing boundary */
  Expression committor_a, committor_b; /* both or none */
  char precision[16];
  PetscReal tolerance;
} CasePassage;

/* `paths:`, for `reiter paths`. Ensembles: those of epsilon in their order, then the homogenized one. */
typedef struct {
  PetscBool given;
  PetscInt n_epsilon;
  PetscReal *epsilon; /* in the order given */
  PetscBool homogenized;
  char scheme[32]; /* euler | second_order | leimkuhler_matthews | metropolis */
  PetscInt count;
  PetscInt n_steps; /* 0: auto; 1: one for all; or one for each ensemble */
  PetscReal *steps;
  PetscReal time, burn_in;
  PetscInt every;
  PetscBool equilibrium; /* start */
  PetscReal initial[REITER_MAX_DIM];
  PetscInt seed;
  PetscBool has_box; /* its own, or that of domain */
  PetscReal box[REITER_MAX_DIM][2];
  PetscInt histogram[REITER_MAX_DIM]; /* cells; 0: none is wanted */
  PetscInt n_observables;
  CaseNamed *observables;
  PetscInt n_times;
  PetscReal *times;           /* ascending */
  Expression passage_to;      /* NULL: no passage times */
  Expression autocorrelation; /* NULL: none */
  PetscInt n_lags;
  PetscReal *lags;       /* ascending */
  PetscInt trajectories; /* paths that are kept; 0: none */
  PetscInt trajectory_every;
} CasePaths;

/* `converge:`, for `reiter converge`. */
typedef struct {
  PetscBool given;
  PetscInt levels;   /* the case itself, and refinements by two: 2 or more */
  PetscInt n_rates;  /* names in rates or in exact */
  char **quantities; /* gap, an observable's name, M_xx, ... */
  PetscReal *rates;  /* least observed order; NaN: none is asked for */
  PetscReal *exact;  /* NaN: compared with the finest level */
  PetscInt n_epsilon;
  PetscReal *epsilon; /* descending, for `--in epsilon` */
  PetscInt n_epsilon_rates;
  char **epsilon_quantities;
  PetscReal *epsilon_rates; /* least observed order in e */
} CaseConverge;

/* `estimate:`, for `reiter estimate` and for the paths of the program itself. */
typedef struct {
  PetscBool given;
  PetscInt n_series; /* 0: the program's own paths */
  char **series;     /* resolved as above */
  char *columns[REITER_MAX_DIM];
  char *time, *path;   /* columns; path may be NULL */
  PetscReal time_step; /* 0: from the column of the time */
  PetscInt every;      /* steps of own paths between two samples */
  PetscInt n_subsampling;
  PetscReal *subsampling; /* ascending */
  PetscBool spaced;       /* each is to be moved to the nearest multiple of the sampling time */
  PetscInt offsets;       /* 0: all */
  PetscInt n_filters;
  PetscReal *filters; /* ascending */
  PetscInt n_basis;
  Expression *basis; /* [n_basis][dim] */
} CaseEstimate;

/* `greenkubo:`, for `reiter greenkubo`. */
typedef struct {
  PetscBool given;
  PetscInt n_series;
  char **series;                  /* resolved as above */
  char format[16];                /* auto | csv | lammps_log | lammps_dump | xvg */
  char *position[REITER_MAX_DIM]; /* columns; NULL: none of these quantities */
  char *momentum[REITER_MAX_DIM], *force[REITER_MAX_DIM];
  PetscBool velocity;  /* momentum names velocities: times mass */
  char *time, *path;   /* columns, may be NULL */
  PetscReal time_step; /* between rows; 0: from the times */
  PetscReal timestep;  /* LAMMPS, of one step; 0: not given */
  PetscInt atom;       /* 0: not given */
  PetscReal periods[REITER_MAX_DIM];
  PetscReal mass;
  char thermal[16];     /* mean | given | potential | bins */
  PetscInt n_formulas;  /* given: dim components; potential: U_j */
  Expression *formulas; /* [n_formulas] */
  PetscInt bins;
  PetscReal longest;                               /* 0: chosen */
  PetscInt blocks;                                 /* 0: chosen */
  PetscReal plateau_momentum[2], plateau_force[2]; /* both 0: by the rule */
} CaseGreenKubo;

/* `transitions:`, for `reiter transitions`. */
typedef struct {
  PetscBool given;
  PetscReal box[REITER_MAX_DIM][2];
  char *names[2]; /* parameters, or "temperature"; NULL: none */
  PetscReal ranges[2][2];
  PetscInt map; /* points per direction; 0: none */
  PetscInt n_exponents;
  PetscReal *exponents; /* ascending */
  PetscInt n_observables;
  CaseNamed *observables;
  PetscReal tolerance; /* of the averages */
} CaseTransitions;

/* `kinetic:`. Variables FreeIndex(0) and FreeIndex(1) of its formulas are the components of the momentum. */
typedef struct {
  PetscBool given;
  PetscReal mass;
  PetscInt n_frictions;
  PetscReal *frictions;           /* in the order given */
  PetscBool plain_friction;       /* G = g, whatever D is */
  char positions[32];             /* auto | elements | fourier */
  PetscInt cells[REITER_MAX_DIM]; /* 0: chosen, as are the next two */
  PetscInt order, levels;
  PetscReal tolerance;
  char solver[32]; /* auto | continued_fraction | lu | krylov */
  PetscInt max_unknowns;
  PetscBool diffusion;
  PetscInt spectrum; /* number of eigenvalues with that of the equilibrium; 0: none */
  PetscBool overdamped;
  PetscInt n_times; /* 0: no evolution; else there is one friction */
  PetscReal *times; /* ascending, >= 0 */
  Expression log_initial;
  PetscReal initial_temperature; /* of gibbs; 0: a formula */
  PetscInt n_observables;
  CaseNamed *observables;
  PetscInt grid_positions, grid_momenta; /* intervals of the densities' grid */
  PetscReal grid_extent;                 /* of the momenta, in sqrt(m s) */
} CaseKinetic;

typedef struct {
  char directory[PETSC_MAX_PATH_LEN];
  PetscBool by_default; /* the case names no directory */
  PetscBool xdmf, csv;
  PetscReal checkpoint_seconds;
} CaseOutput;

/* Reads file with the overrides ("key.path=value"). Mistakes go to d (all of them); *c is NULL if there is
 * any. */
PetscErrorCode CaseRead(const char *file, PetscInt n_overrides, const char *const overrides[], Diagnostics d,
                        Case *c);
PetscErrorCode CaseDestroy(Case *c);

/* Borrowed views; valid while the case lives. */
PetscErrorCode CaseGetTitle(Case c, const char **title);
PetscErrorCode CaseGetText(Case c, const char **text, size_t *length); /* the file as given */
PetscErrorCode CaseGetPotential(Case c, Potential *potential);         /* NULL for a case with `diffusion:` */
PetscErrorCode CaseGetDimension(Case c, PetscInt *dim);
PetscErrorCode CaseGetTemperature(Case c, PetscReal *temperature); /* 0: not given (`diffusion:` alone) */
PetscErrorCode CaseGetCell(Case c, const CaseCell **cell);
PetscErrorCode CaseGetEffective(Case c, const CaseEffective **effective); /* n_points = 0: not wanted */
PetscErrorCode CaseGetDiffusion(Case c, const CaseDiffusion **diffusion);
PetscErrorCode CaseGetDomain(Case c, const CaseDomain **domain);
PetscErrorCode CaseGetEvolve(Case c, const CaseEvolve **evolve);
PetscErrorCode CaseGetSpectrum(Case c, const CaseSpectrum **spectrum);
PetscErrorCode CaseGetPassage(Case c, const CasePassage **passage);
PetscErrorCode CaseGetPaths(Case c, const CasePaths **paths);
PetscErrorCode CaseGetConverge(Case c, const CaseConverge **converge);
PetscErrorCode CaseGetEstimate(Case c, const CaseEstimate **estimate);
PetscErrorCode CaseGetGreenKubo(Case c, const CaseGreenKubo **greenkubo);
PetscErrorCode CaseGetTransitions(Case c, const CaseTransitions **transitions);
PetscErrorCode CaseGetKinetic(Case c, const CaseKinetic **kinetic);
PetscErrorCode CaseGetOutput(Case c, const CaseOutput **output);
/* The potential with numbers of the case left free (m <= REITER_FREE): names[m] are parameters, or "temperature".
   Variable FreeIndex(i) stands for names[i] in V0, V1 (zero where none is given) and the temperature; parameters and a
   temperature that are formulas of free ones follow. defaults[m]: the case's values. A name that cannot be free goes to
   *refused, a whole sentence, with the nearest name in *suggestion or NULL (PetscFree both); there are no trees then. */
typedef struct {
  PetscInt dim, m;
  Expression V0, V1, temperature;
  PetscReal defaults[REITER_FREE];
} CaseFamily;
PetscErrorCode CaseMakeFamily(Case c, PetscInt m, const char *const names[], CaseFamily *family,
                              char **refused, char **suggestion);
PetscErrorCode CaseFamilyDestroy(CaseFamily *family);
/* Where a key of the case stands ("domain.box", "evolve.observables.mean", "diffusion.tensor.0.1": entries of lists by
   number), or the nearest key above it that is there; for mistakes that only show while running. */
PetscErrorCode CaseGetPlace(Case c, Diagnostics d, const char path[], SourceSpan *where);
/* The same for the key itself, where not its value but its name is wrong. */
PetscErrorCode CaseGetKeyPlace(Case c, Diagnostics d, const char path[], SourceSpan *where);
/* In place of output.directory (from the command line). */
PetscErrorCode CaseSetOutputDirectory(Case c, const char directory[]);
/* For PetscOptionsSetValue: names with their dash; an empty value is a flag. */
PetscErrorCode CaseGetPetscOptions(Case c, PetscInt *n, const char *const **names,
                                   const char *const **values);
/* Where the case names the option (with its dash), or gives its value; line 0 if the case does not, or gives
   another value than `given` (NULL: any). */
PetscErrorCode CaseGetOptionPlace(Case c, Diagnostics d, const char name[], const char given[],
                                  PetscBool at_value, SourceSpan *where);
/* Fault of the potential found later (at run time): reported at the formula's place in the file. */
PetscErrorCode CaseReportFault(Case c, Diagnostics d, const PotentialFault *fault);
/* The case with every default filled in, as YAML; caller frees (PetscFree). It can be run again, gives the
 * same. */
PetscErrorCode CaseWriteResolved(Case c, char **text);
/* This case with another model in place of its own, as YAML: `diffusion` is the text of that section. Temperature, parameters
   and what is asked on the domain stay. `comment`: lines in front that begin with #. Caller frees (PetscFree). */
typedef struct {
  const char *comment, *title, *diffusion;
  PetscBool kinetic; /* the kinetic equation is asked, with these, as in section kinetic, and nothing else */
  PetscReal mass, friction;
} CaseModel;
PetscErrorCode CaseWriteWithModel(Case c, const CaseModel *model, char **text);
/* A formula of `greenkubo.thermal_force` as it was written. */
PetscErrorCode CaseGetThermalText(Case c, PetscInt which, const char **text);
/* A digest (16 hex digits) of everything that the results depend on, for run folders and checkpoints; output:
   is not part of it. */
PetscErrorCode CaseDigest(Case c, char digest[17]);

/* From the table of keys. */
/* The words that a key takes, ending with NULL; NULL if it takes none. */
PetscErrorCode SchemaGetChoices(const char path[], const char *const **choices);
PetscErrorCode SchemaWriteJson(FILE *stream);
PetscErrorCode SchemaWriteReference(FILE *stream); /* Markdown */
/* For `reiter help VERB`: all keys, or those of one section. */
PetscErrorCode SchemaWriteHelp(const char section[], FILE *stream);
