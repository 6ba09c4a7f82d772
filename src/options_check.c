/* What can be said of an option before anything has used it. */
#include <petscksp.h>
#include <stdlib.h>
#include "options.h"

#define PREFIX "cell_"

/* Options without prefix that PETSc asks for when it ends, so that they look unused before. */
static const char *const general[] = {
    "log_view",     "log_view_memory", "log_view_gpu_time", "log_all",      "log_summary",
    "log_trace",    "log_exclude",     "options_left",      "options_view", "malloc_dump",
    "malloc_view",  "malloc_debug",    "memory_view",       "objects_dump", "get_total_flops",
    "skip_petscrc", "citations",       "mpidump",           "nox",          "on_error_abort",
    "info",         "saws_options"};

typedef enum { ANYTHING, NUMBER, WHOLE, KSP_TYPE, PC_TYPE, METHOD } ValueKind;

/* The options that are likely to be meant. PETSc has many more: no option is wrong for not standing here. */
static const struct {
  const char *name;
  ValueKind kind;
  PetscReal lower, upper;
} known[] = {
    {PREFIX "method", METHOD, 0, 0},
    {PREFIX "points", WHOLE, 0, 1e6},
    {PREFIX "order", WHOLE, 0, 12},
    {PREFIX "ksp_type", KSP_TYPE, 0, 0},
    {PREFIX "ksp_rtol", NUMBER, 0, 1},
    {PREFIX "ksp_atol", NUMBER, 0, PETSC_INFINITY},
    {PREFIX "ksp_divtol", NUMBER, 0, PETSC_INFINITY},
    {PREFIX "ksp_max_it", WHOLE, 0, 1e9},
    {PREFIX "ksp_norm_type", ANYTHING, 0, 0},
    {PREFIX "ksp_view", ANYTHING, 0, 0},
    {PREFIX "ksp_monitor", ANYTHING, 0, 0},
    {PREFIX "ksp_monitor_true_residual", ANYTHING, 0, 0},
    {PREFIX "ksp_converged_reason", ANYTHING, 0, 0},
    {PREFIX "ksp_gmres_restart", WHOLE, 1, 1e9},
    {PREFIX "pc_type", PC_TYPE, 0, 0},
    {PREFIX "pc_factor_levels", WHOLE, 0, 1e9},
    {PREFIX "pc_factor_mat_solver_type", ANYTHING, 0, 0},
    {PREFIX "pc_factor_mat_ordering_type", ANYTHING, 0, 0},
    {PREFIX "pc_hypre_type", ANYTHING, 0, 0},
    {PREFIX "pc_hypre_boomeramg_strong_threshold", ANYTHING, 0, 0},
    {PREFIX "pc_gamg_threshold", ANYTHING, 0, 0},
};

enum { N_GENERAL = PETSC_STATIC_ARRAY_LENGTH(general), N_KNOWN = PETSC_STATIC_ARRAY_LENGTH(known) };

PetscBool OptionsIsGeneral(const char name[])
{
  for (PetscInt i = 0; i < N_GENERAL; i++) {
    if (!strcmp(name, general[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

const char *OptionsNearest(const char name[])
{
  const char *names[N_KNOWN], *nearest;
  const size_t prefix = strlen(PREFIX);
  const PetscBool prefixed = (PetscBool)!strncmp(name, PREFIX, prefix);

  /* Compared without the prefix: it would make all of them alike. */
  for (PetscInt i = 0; i < N_KNOWN; i++) {
    names[i] = known[i].name + prefix;
    if (!strcmp(names[i], name)) return known[i].name;
  }
  nearest = NearestName(prefixed ? name + prefix : name, N_KNOWN, names);
  if (nearest) return nearest - prefix;
  return prefixed ? NULL : NearestName(name, N_GENERAL, general);
}

/* One option as it was given; the value is empty if there is none. */
typedef struct {
  Case c;
  Diagnostics d;
  char name[256], value[256]; /* the name with its dash */
} Given;

static PetscErrorCode report(const Given *g, PetscBool at_value, const char expected[],
                             const char suggestion[], const char message[])
{
  SourceSpan where;

  PetscFunctionBegin;
  PetscCall(CaseGetOptionPlace(g->c, g->d, g->name, g->value, at_value, &where));
  if (where.line && suggestion && suggestion[0] == '-') suggestion++; /* in a case file names have no dash */
  PetscCall(DiagnosticsError(g->d, where, expected, suggestion, "%s", message));
  PetscFunctionReturn(0);
}

static PetscErrorCode report_value(const Given *g, const char expected[], const char suggestion[])
{
  char message[600];

  PetscFunctionBegin;
  if (g->value[0])
    PetscCall(PetscSNPrintf(message, sizeof(message), "wrong value for the PETSc option %s: '%s'", g->name,
                            g->value));
  else
    PetscCall(PetscSNPrintf(message, sizeof(message), "the PETSc option %s has no value", g->name));
  PetscCall(report(g, (PetscBool)(g->value[0] != 0), expected, suggestion, message));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_number(const Given *g, PetscBool whole, PetscReal lower, PetscReal upper)
{
  char *end, expected[128];
  const PetscReal number = strtod(g->value, &end);
  const PetscBool bad = (PetscBool)(!g->value[0] || *end || !(number >= lower && number <= upper));

  PetscFunctionBegin;
  if (!strcasecmp(g->value, "default") || !strcasecmp(g->value, "petsc_default")) PetscFunctionReturn(0);
  if (!bad && (!whole || number == PetscFloorReal(number))) PetscFunctionReturn(0);
  if (upper >= 1e6)
    snprintf(expected, sizeof(expected), "%s >= %g", whole ? "an integer" : "a number", (double)lower);
  else
    snprintf(expected, sizeof(expected), "%s from %g to %g", whole ? "an integer" : "a number", (double)lower,
             (double)upper);
  PetscCall(report_value(g, expected, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_type(const Given *g, PetscFunctionList list, const char expected[])
{
  const char **names;
  int n;
  PetscBool found = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscFunctionListGet(list, &names, &n));
  while (n > 0 && !names[n - 1]) n--; /* PETSc counts the NULL at the end */
  for (int i = 0; i < n; i++) {
    if (!strcmp(names[i], g->value)) found = PETSC_TRUE;
  }
  if (!found) PetscCall(report_value(g, expected, NearestName(g->value, n, names)));
  PetscCall(PetscFree(names));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_method(const Given *g)
{
  const char *const *methods, *const *summaries, *names[16];
  char expected[256];
  size_t used = (size_t)snprintf(expected, sizeof(expected), "auto");
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CellMethodRegisterAll());
  PetscCall(CellMethodList(&n, &methods, &summaries));
  n = PetscMin(n, 15);
  names[n] = "auto";
  for (PetscInt i = 0; i < n; i++) {
    names[i] = methods[i];
    if (used < sizeof(expected)) {
      used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s", i + 1 < n ? ", " : " or ",
                               methods[i]);
    }
  }
  for (PetscInt i = 0; i <= n; i++) {
    if (!strcmp(names[i], g->value)) PetscFunctionReturn(0);
  }
  PetscCall(report_value(g, expected, NearestName(g->value, n + 1, names)));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_value(const Given *g)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < N_KNOWN; i++) {
    if (strcmp(known[i].name, g->name + 1)) continue;
    switch (known[i].kind) {
    case ANYTHING:
      break;
    case NUMBER:
    case WHOLE:
      PetscCall(check_number(g, (PetscBool)(known[i].kind == WHOLE), known[i].lower, known[i].upper));
      break;
    case KSP_TYPE:
      PetscCall(KSPInitializePackage());
      PetscCall(check_type(g, KSPList, "a linear solver of PETSc, as cg, minres or gmres"));
      break;
    case PC_TYPE:
      PetscCall(PCInitializePackage());
      PetscCall(check_type(g, PCList, "a preconditioner of PETSc, as cholesky, icc, gamg or jacobi"));
      break;
    case METHOD:
      PetscCall(check_method(g));
      break;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report_unknown(const Given *g)
{
  static const char *const prefixes[] = {PREFIX};
  const char *nearest = OptionsNearest(g->name + 1), *rest = strchr(g->name, '_');
  char head[256], suggestion[300] = "", message[300];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(head, g->name + 1, sizeof(head)));
  if (strchr(head, '_')) strchr(head, '_')[1] = 0;
  if (nearest)
    PetscCall(PetscSNPrintf(suggestion, sizeof(suggestion), "-%s", nearest));
  else if (rest && NearestName(head, 1, prefixes))
    PetscCall(PetscSNPrintf(suggestion, sizeof(suggestion), "-" PREFIX "%s", rest + 1));
  PetscCall(PetscSNPrintf(message, sizeof(message), "unknown PETSc option %s", g->name));
  PetscCall(report(g, PETSC_FALSE, "an option that begins with -" PREFIX ", or a general one as -log_view",
                   suggestion, message));
  PetscFunctionReturn(0);
}

/* Keeps PETSc's first sentence about an error, and no more. */
static PetscErrorCode keep_sentence(MPI_Comm comm, int line, const char *function, const char *file,
                                    PetscErrorCode code, PetscErrorType type, const char *message, void *ctx)
{
  (void)comm;
  (void)line;
  (void)function;
  (void)file;
  if (type == PETSC_ERROR_INITIAL)
    snprintf(ctx, 512, "%s", message && message[0] ? message : "no reason given");
  return code;
}

/* A linear solver takes the options up and is thrown away. */
static PetscErrorCode set_up_solver(void)
{
  KSP ksp;
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PETSC_COMM_SELF, &ksp));
  PetscCall(KSPSetOptionsPrefix(ksp, PREFIX));
  failed = KSPSetFromOptions(ksp);
  PetscCall(KSPDestroy(&ksp));
  PetscFunctionReturn(failed);
}

/* What the table cannot judge, PETSc itself refuses here: on every rank alike and before anything is computed. It
   works on a copy, so that no option counts as used. */
static PetscErrorCode rehearse(Diagnostics d)
{
  char *all, sentence[512] = "";
  PetscOptions copy;
  PetscErrorCode failed = 0;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  if (strstr(all, "-" PREFIX "ksp_") || strstr(all, "-" PREFIX "pc_")) {
    PetscCall(PetscOptionsCreate(&copy));
    PetscCall(PetscOptionsInsertString(copy, all));
    PetscCall(PetscOptionsPush(copy));
    PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
    failed = set_up_solver();
    PetscCall(PetscPopErrorHandler());
    PetscCall(PetscOptionsPop());
    PetscCall(PetscOptionsDestroy(&copy));
  }
  PetscCall(PetscFree(all));
  if (failed) {
    PetscCall(DiagnosticsError(d, (SourceSpan){0}, NULL, NULL,
                               "PETSc refuses an option of the linear solver: %s", sentence));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OptionsCheck(Case c, Diagnostics d)
{
  char **names, **values;
  PetscInt n, errors;

  PetscFunctionBegin;
  PetscCall(PetscOptionsLeftGet(NULL, &n, &names, &values));
  for (PetscInt i = 0; i < n; i++) {
    Given g = {.c = c, .d = d};
    PetscCall(PetscSNPrintf(g.name, sizeof(g.name), "-%s", names[i]));
    PetscCall(PetscStrncpy(g.value, values[i] ? values[i] : "", sizeof(g.value)));
    if (!strncmp(names[i], PREFIX, strlen(PREFIX)))
      PetscCall(check_value(&g));
    else if (!OptionsIsGeneral(names[i]))
      PetscCall(report_unknown(&g));
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  PetscCall(DiagnosticsCount(d, &errors, NULL));
  if (!errors) PetscCall(rehearse(d));
  PetscFunctionReturn(0);
}
