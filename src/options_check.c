/* What can be said of an option before anything has used it. */
#include <petscpartitioner.h>
#include <petscts.h>
#include <slepceps.h>
#include <stdlib.h>
#include "options_table.h"

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

/* One of some words, ending with NULL. */
static PetscErrorCode check_words(const Given *g, const char *const choices[])
{
  char expected[160] = "";
  size_t used = 0;
  PetscInt n = 0;

  PetscFunctionBegin;
  for (; choices[n]; n++) {
    if (!strcmp(choices[n], g->value)) PetscFunctionReturn(0);
    if (used >= sizeof(expected)) continue;
    used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s",
                             !n               ? ""
                             : choices[n + 1] ? ", "
                                              : " or ",
                             choices[n]);
  }
  PetscCall(report_value(g, expected, NearestName(g->value, n, choices)));
  PetscFunctionReturn(0);
}

/* A word of the case's own key. */
static PetscErrorCode check_choice(const Given *g, const char key[])
{
  const char *const *choices;

  PetscFunctionBegin;
  PetscCall(SchemaGetChoices(key, &choices));
  PetscCheck(choices, PETSC_COMM_SELF, PETSC_ERR_PLIB, "No choices for %s", key);
  PetscCall(check_words(g, choices));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_word(const Given *g, const char words[])
{
  char **choices;
  int n;

  PetscFunctionBegin;
  PetscCall(PetscStrToArray(words, '|', &n, &choices)); /* ends with NULL */
  PetscCall(check_words(g, (const char *const *)choices));
  PetscCall(PetscStrToArrayDestroy(n, choices));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_truth(const Given *g)
{
  PetscBool value;

  PetscFunctionBegin;
  if (!g->value[0]) PetscFunctionReturn(0); /* a flag */
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  const PetscErrorCode failed = PetscOptionsStringToBool(g->value, &value);

  PetscCall(PetscPopErrorHandler());
  if (failed) PetscCall(report_value(g, "true or false", NULL));
  PetscFunctionReturn(0);
}

/* The partitioners of PETSc, and "metis" which is registered with the domain. */
static PetscErrorCode check_partitioner(const Given *g)
{
  static const char *const ours[] = {"metis"};
  static const char expected[] = "a partitioner of PETSc, as metis or simple";

  PetscFunctionBegin;
  if (!strcmp(g->value, ours[0])) PetscFunctionReturn(0);
  if (NearestName(g->value, 1, ours)) {
    PetscCall(report_value(g, expected, ours[0]));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscPartitionerInitializePackage());
  PetscCall(check_type(g, PetscPartitionerList, expected));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_petsc_type(const Given *g, OptionKind kind)
{
  PetscFunctionBegin;
  if (kind == OPTION_KSP_TYPE) {
    PetscCall(KSPInitializePackage());
    PetscCall(check_type(g, KSPList, "a linear solver of PETSc, as cg, minres or gmres"));
  } else if (kind == OPTION_PC_TYPE) {
    PetscCall(PCInitializePackage());
    PetscCall(check_type(g, PCList, "a preconditioner of PETSc, as cholesky, icc, gamg or jacobi"));
  } else if (kind == OPTION_TS_TYPE) {
    PetscCall(TSInitializePackage());
    PetscCall(check_type(g, TSList, "a time stepper of PETSc, as bdf, beuler, cn or arkimex"));
  } else if (kind == OPTION_EPS_TYPE) {
    PetscCall(EPSInitializePackage());
    PetscCall(check_type(g, EPSList, "an eigensolver of SLEPc, as krylovschur, lobpcg or gd"));
  } else {
    PetscCall(STInitializePackage());
    PetscCall(check_type(g, STList, "a spectral transformation of SLEPc, as sinvert or shift"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_value(const Given *g)
{
  const KnownOption *const known = OptionsFind(g->name + 1);

  PetscFunctionBegin;
  if (!known) PetscFunctionReturn(0);
  switch (known->kind) {
  case OPTION_ANYTHING:
    break;
  case OPTION_NUMBER:
  case OPTION_WHOLE:
    PetscCall(check_number(g, (PetscBool)(known->kind == OPTION_WHOLE), known->lower, known->upper));
    break;
  case OPTION_TRUTH:
    PetscCall(check_truth(g));
    break;
  case OPTION_CHOICE:
    PetscCall(check_choice(g, known->key));
    break;
  case OPTION_WORD:
    PetscCall(check_word(g, known->key));
    break;
  case OPTION_CELL_METHOD:
    PetscCall(check_method(g));
    break;
  case OPTION_PARTITIONER:
    PetscCall(check_partitioner(g));
    break;
  default:
    PetscCall(check_petsc_type(g, known->kind));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report_unknown(const Given *g)
{
  const char *const *const prefixes = OptionsPrefixes();
  char nearest[256], suggestion[300] = "", message[300], expected[256];
  size_t used = (size_t)snprintf(expected, sizeof(expected), "an option that begins with ");

  PetscFunctionBegin;
  for (PetscInt i = 0; prefixes[i] && used < sizeof(expected); i++) {
    used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s-%s",
                             !i                ? ""
                             : prefixes[i + 1] ? ", "
                                               : " or ",
                             prefixes[i]);
  }
  if (used < sizeof(expected))
    snprintf(expected + used, sizeof(expected) - used, ", or a general one as -log_view");
  OptionsNearest(g->name + 1, nearest, sizeof(nearest));
  if (nearest[0]) PetscCall(PetscSNPrintf(suggestion, sizeof(suggestion), "-%s", nearest));
  PetscCall(PetscSNPrintf(message, sizeof(message), "unknown PETSc option %s", g->name));
  PetscCall(report(g, PETSC_FALSE, expected, suggestion, message));
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

/* A solver takes the options up and is thrown away. */
static PetscErrorCode set_up_solver(const char prefix[])
{
  KSP ksp;
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PETSC_COMM_SELF, &ksp));
  PetscCall(KSPSetOptionsPrefix(ksp, prefix));
  failed = KSPSetFromOptions(ksp);
  PetscCall(KSPDestroy(&ksp));
  PetscFunctionReturn(failed);
}

static PetscErrorCode set_up_stepper(const char prefix[])
{
  TS ts;
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetOptionsPrefix(ts, prefix));
  failed = TSSetFromOptions(ts);
  PetscCall(TSDestroy(&ts));
  PetscFunctionReturn(failed);
}

static PetscErrorCode set_up_eigensolver(const char prefix[])
{
  EPS eps;
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PETSC_COMM_SELF, &eps));
  PetscCall(EPSSetOptionsPrefix(eps, prefix));
  failed = EPSSetFromOptions(eps);
  PetscCall(EPSDestroy(&eps));
  PetscFunctionReturn(failed);
}

/* Whether an option begins with these two. */
static PetscBool is_among(const char all[], const char prefix[], const char kind[])
{
  char begin[64];

  snprintf(begin, sizeof(begin), "-%s%s", prefix, kind);
  return (PetscBool)(strstr(all, begin) != NULL);
}

typedef PetscErrorCode (*SetUp)(const char prefix[]);

/* One solver with a copy of the options, so that none counts as used. */
static PetscErrorCode rehearse_one(Diagnostics d, const char all[], SetUp set_up, const char prefix[],
                                   const char what[])
{
  char sentence[512] = "";
  PetscOptions copy;
  PetscErrorCode failed;

  PetscFunctionBegin;
  PetscCall(PetscOptionsCreate(&copy));
  PetscCall(PetscOptionsInsertString(copy, all));
  PetscCall(PetscOptionsPush(copy));
  PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
  failed = set_up(prefix);
  PetscCall(PetscPopErrorHandler());
  PetscCall(PetscOptionsPop());
  PetscCall(PetscOptionsDestroy(&copy));
  if (failed) {
    PetscCall(DiagnosticsError(d, (SourceSpan){0}, NULL, NULL, "PETSc refuses an option of the %s: %s", what,
                               sentence));
  }
  PetscFunctionReturn(0);
}

/* What the table cannot judge, PETSc itself refuses here: on every rank alike and before anything is computed. */
static PetscErrorCode rehearse(Diagnostics d)
{
  const char *const *const solvers = OptionsSolverPrefixes();
  char *all;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  for (PetscInt i = 0; solvers[i]; i++) {
    if (is_among(all, solvers[i], "ksp_") || is_among(all, solvers[i], "pc_"))
      PetscCall(rehearse_one(d, all, set_up_solver, solvers[i], "linear solver"));
  }
  if (is_among(all, "evolve_", "ts_"))
    PetscCall(rehearse_one(d, all, set_up_stepper, "evolve_", "time stepper"));
  if (is_among(all, "spectrum_", "eps_") || is_among(all, "spectrum_", "st_"))
    PetscCall(rehearse_one(d, all, set_up_eigensolver, "spectrum_", "eigensolver"));
  if (is_among(all, "kinetic_", "eps_"))
    PetscCall(rehearse_one(d, all, set_up_eigensolver, "kinetic_", "eigensolver"));
  PetscCall(PetscFree(all));
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
    if (OptionsHasPrefix(names[i]))
      PetscCall(check_value(&g));
    else if (!OptionsIsGeneral(names[i]))
      PetscCall(report_unknown(&g));
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  PetscCall(DiagnosticsCount(d, &errors, NULL));
  if (!errors) PetscCall(rehearse(d));
  PetscFunctionReturn(0);
}
