#include "options_table.h"

static const char *const prefixes[] = {"cell_",     "domain_",  "diffusion_", "evolve_",
                                       "spectrum_", "passage_", "kinetic_",   NULL};
static const char *const solver_prefixes[] = {"cell_",           "evolve_",  "spectrum_st_",   "passage_",
                                              "diffusion_mass_", "kinetic_", "kinetic_level_", NULL};

/* Options without prefix that PETSc asks for when it ends, so that they look unused before. */
static const char *const general[] = {
    "log_view",     "log_view_memory", "log_view_gpu_time", "log_all",      "log_summary",
    "log_trace",    "log_exclude",     "options_left",      "options_view", "malloc_dump",
    "malloc_view",  "malloc_debug",    "memory_view",       "objects_dump", "get_total_flops",
    "skip_petscrc", "citations",       "mpidump",           "nox",          "on_error_abort",
    "info",         "saws_options"};

/* Of every linear solver, after its prefix. */
static const KnownOption of_solvers[] = {
    {"ksp_type", OPTION_KSP_TYPE, 0, 0, NULL},
    {"ksp_rtol", OPTION_NUMBER, 0, 1, NULL},
    {"ksp_atol", OPTION_NUMBER, 0, PETSC_INFINITY, NULL},
    {"ksp_divtol", OPTION_NUMBER, 0, PETSC_INFINITY, NULL},
    {"ksp_max_it", OPTION_WHOLE, 0, 1e9, NULL},
    {"ksp_norm_type", OPTION_ANYTHING, 0, 0, NULL},
    {"ksp_view", OPTION_ANYTHING, 0, 0, NULL},
    {"ksp_monitor", OPTION_ANYTHING, 0, 0, NULL},
    {"ksp_monitor_true_residual", OPTION_ANYTHING, 0, 0, NULL},
    {"ksp_converged_reason", OPTION_ANYTHING, 0, 0, NULL},
    {"ksp_gmres_restart", OPTION_WHOLE, 1, 1e9, NULL},
    {"pc_type", OPTION_PC_TYPE, 0, 0, NULL},
    {"pc_factor_levels", OPTION_WHOLE, 0, 1e9, NULL},
    {"pc_factor_mat_solver_type", OPTION_ANYTHING, 0, 0, NULL},
    {"pc_factor_mat_ordering_type", OPTION_ANYTHING, 0, 0, NULL},
    {"pc_hypre_type", OPTION_ANYTHING, 0, 0, NULL},
    {"pc_hypre_boomeramg_strong_threshold", OPTION_ANYTHING, 0, 0, NULL},
    {"pc_gamg_threshold", OPTION_ANYTHING, 0, 0, NULL},
};

/* With their prefix. */
static const KnownOption of_rooms[] = {
    {"cell_method", OPTION_CELL_METHOD, 0, 0, NULL},
    {"cell_points", OPTION_WHOLE, 0, 1e6, NULL},
    {"cell_order", OPTION_WHOLE, 0, 12, NULL},
    {"cell_symmetry", OPTION_TRUTH, 0, 0, NULL},
    {"cell_frozen", OPTION_CHOICE, 0, 0, "cell.frozen"},
    {"domain_petscpartitioner_type", OPTION_PARTITIONER, 0, 0, NULL},
    {"domain_petscpartitioner_view", OPTION_ANYTHING, 0, 0, NULL},
    {"diffusion_scheme", OPTION_CHOICE, 0, 0, "domain.scheme"},
    {"evolve_method", OPTION_CHOICE, 0, 0, "evolve.method"},
    {"evolve_tolerance", OPTION_NUMBER, 1e-16, 0.1, NULL},
    {"evolve_ts_type", OPTION_TS_TYPE, 0, 0, NULL},
    {"evolve_ts_dt", OPTION_NUMBER, 0, PETSC_INFINITY, NULL},
    {"evolve_ts_rtol", OPTION_NUMBER, 0, 1, NULL},
    {"evolve_ts_atol", OPTION_NUMBER, 0, PETSC_INFINITY, NULL},
    {"evolve_ts_max_steps", OPTION_WHOLE, 0, 1e9, NULL},
    {"evolve_ts_adapt_type", OPTION_ANYTHING, 0, 0, NULL},
    {"evolve_ts_bdf_order", OPTION_WHOLE, 1, 6, NULL},
    {"evolve_ts_theta_theta", OPTION_NUMBER, 0, 1, NULL},
    {"evolve_ts_monitor", OPTION_ANYTHING, 0, 0, NULL},
    {"evolve_ts_view", OPTION_ANYTHING, 0, 0, NULL},
    {"spectrum_method", OPTION_CHOICE, 0, 0, "spectrum.method"},
    {"spectrum_eps_type", OPTION_EPS_TYPE, 0, 0, NULL},
    {"spectrum_eps_nev", OPTION_WHOLE, 1, 1e9, NULL},
    {"spectrum_eps_ncv", OPTION_WHOLE, 1, 1e9, NULL},
    {"spectrum_eps_tol", OPTION_NUMBER, 0, 1, NULL},
    {"spectrum_eps_max_it", OPTION_WHOLE, 1, 1e9, NULL},
    {"spectrum_eps_target", OPTION_NUMBER, -PETSC_INFINITY, PETSC_INFINITY, NULL},
    {"spectrum_eps_monitor", OPTION_ANYTHING, 0, 0, NULL},
    {"spectrum_eps_view", OPTION_ANYTHING, 0, 0, NULL},
    {"spectrum_st_type", OPTION_ST_TYPE, 0, 0, NULL},
    {"spectrum_st_shift", OPTION_NUMBER, -PETSC_INFINITY, PETSC_INFINITY, NULL},
    {"spectrum_estimate", OPTION_TRUTH, 0, 0, NULL},
    {"kinetic_eps_type", OPTION_EPS_TYPE, 0, 0, NULL},
    {"kinetic_eps_nev", OPTION_WHOLE, 1, 1e9, NULL},
    {"kinetic_eps_ncv", OPTION_WHOLE, 1, 1e9, NULL},
    {"kinetic_eps_tol", OPTION_NUMBER, 0, 1, NULL},
    {"kinetic_eps_max_it", OPTION_WHOLE, 1, 1e9, NULL},
    {"kinetic_eps_monitor", OPTION_ANYTHING, 0, 0, NULL},
    {"kinetic_eps_view", OPTION_ANYTHING, 0, 0, NULL},
    {"passage_method", OPTION_WORD, 0, 0, "auto|elimination|factor"},
    {"passage_estimate", OPTION_TRUTH, 0, 0, NULL},
};

enum {
  N_GENERAL = PETSC_STATIC_ARRAY_LENGTH(general),
  N_OF_SOLVERS = PETSC_STATIC_ARRAY_LENGTH(of_solvers),
  N_OF_ROOMS = PETSC_STATIC_ARRAY_LENGTH(of_rooms),
  N_SOLVERS = PETSC_STATIC_ARRAY_LENGTH(solver_prefixes) - 1,
  N_NAMES = N_OF_ROOMS + N_SOLVERS * N_OF_SOLVERS,
  LONGEST = 64
};

const char *const *OptionsPrefixes(void)
{
  return prefixes;
}

const char *const *OptionsSolverPrefixes(void)
{
  return solver_prefixes;
}

PetscBool OptionsIsGeneral(const char name[])
{
  for (PetscInt i = 0; i < N_GENERAL; i++) {
    if (!strcmp(name, general[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Bytes of the prefix that the name has; 0 if none. */
static size_t prefix_of(const char name[])
{
  for (PetscInt i = 0; prefixes[i]; i++) {
    if (!strncmp(name, prefixes[i], strlen(prefixes[i]))) return strlen(prefixes[i]);
  }
  return 0;
}

PetscBool OptionsHasPrefix(const char name[])
{
  return (PetscBool)(prefix_of(name) > 0);
}

const KnownOption *OptionsFind(const char name[])
{
  for (PetscInt i = 0; i < N_OF_ROOMS; i++) {
    if (!strcmp(name, of_rooms[i].name)) return &of_rooms[i];
  }
  for (PetscInt p = 0; p < N_SOLVERS; p++) {
    const size_t length = strlen(solver_prefixes[p]);

    if (strncmp(name, solver_prefixes[p], length)) continue;
    for (PetscInt i = 0; i < N_OF_SOLVERS; i++) {
      if (!strcmp(name + length, of_solvers[i].name)) return &of_solvers[i];
    }
  }
  return NULL;
}

/* All names that begin with the prefix (NULL: any), without theirs. */
static PetscInt list_names(const char prefix[], char whole[][LONGEST], const char *bare[])
{
  PetscInt n = 0;

  for (PetscInt p = 0; p < N_SOLVERS; p++) {
    for (PetscInt i = 0; i < N_OF_SOLVERS; i++)
      snprintf(whole[n++], LONGEST, "%s%s", solver_prefixes[p], of_solvers[i].name);
  }
  for (PetscInt i = 0; i < N_OF_ROOMS; i++) snprintf(whole[n++], LONGEST, "%s", of_rooms[i].name);
  PetscInt kept = 0;

  for (PetscInt i = 0; i < n; i++) {
    if (prefix && strncmp(whole[i], prefix, strlen(prefix))) continue;
    if (i > kept) memmove(whole[kept], whole[i], LONGEST);
    bare[kept] = whole[kept] + prefix_of(whole[kept]);
    kept++;
  }
  return kept;
}

/* The prefix, ending with '_', that the name begins with, or seems to. */
static const char *likely_prefix(const char name[])
{
  char head[LONGEST];
  const size_t length = strcspn(name, "_") + 1;
  PetscInt n = 0;

  while (prefixes[n]) n++;
  if (!name[length - 1] || length >= sizeof(head)) return NULL;
  snprintf(head, sizeof(head), "%.*s", (int)length, name);
  return NearestName(head, n, prefixes);
}

void OptionsNearest(const char name[], char nearest[], size_t size)
{
  char whole[N_NAMES][LONGEST];
  const char *bare[N_NAMES], *found, *const prefix = likely_prefix(name);
  const PetscBool prefixed = OptionsHasPrefix(name);
  const char *const rest = prefix ? strchr(name, '_') + 1 : name;
  const PetscInt n = list_names(prefix, whole, bare);

  /* Compared without the prefix: it would make all of them alike. */
  nearest[0] = 0;
  found = NearestName(rest, n, bare);
  for (PetscInt i = 0; i < n; i++) {
    if (!strcmp(rest, bare[i])) found = bare[i];
    if (bare[i] == found) {
      snprintf(nearest, size, "%s", whole[i]);
      if (!strcmp(rest, bare[i])) return; /* the first that is the same */
    }
  }
  if (nearest[0]) return;
  if (prefix && !prefixed) snprintf(nearest, size, "%s%s", prefix, rest);
  if (prefix) return;
  found = NearestName(name, N_GENERAL, general);
  if (found) snprintf(nearest, size, "%s", found);
}
