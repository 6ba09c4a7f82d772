#include <reiter/run.h>
#include "command_line_tables.h"
#include "reiter_version.h"

const VerbEntry CommandVerbs[] = {
    {"run", VERB_RUN, PETSC_TRUE, PETSC_FALSE, "run CASE.yaml",
     "compute what the case asks for, into its run folder", NULL},
    {"validate", VERB_VALIDATE, PETSC_TRUE, PETSC_FALSE, "validate CASE.yaml",
     "check everything, print every mistake, solve nothing", NULL},
    {"converge", VERB_CONVERGE, PETSC_TRUE, PETSC_FALSE, "converge CASE.yaml",
     "refine cells or the period e; exit code 4 if a rate of converge: is missed", "converge"},
    {"paths", VERB_PATHS, PETSC_TRUE, PETSC_TRUE, "paths CASE.yaml",
     "simulate paths of the stochastic equations, as paths: of the case says", "paths"},
    {"estimate", VERB_ESTIMATE, PETSC_TRUE, PETSC_TRUE, "estimate CASE.yaml",
     "diffusion and drift from observed or simulated paths, with their errors", "estimate"},
    {"greenkubo", VERB_GREENKUBO, PETSC_TRUE, PETSC_TRUE, "greenkubo CASE.yaml",
     "friction and diffusion from molecular dynamics, and their equations", "greenkubo"},
    {"transitions", VERB_TRANSITIONS, PETSC_TRUE, PETSC_TRUE, "transitions CASE.yaml",
     "stationary points, branches and phase diagrams of the free energy", "transitions"},
    {"schema", VERB_SCHEMA, PETSC_FALSE, PETSC_FALSE, "schema [--markdown]",
     "JSON Schema of the case file, or its reference page", NULL},
    {"cite", VERB_CITE, PETSC_FALSE, PETSC_FALSE, "cite", "how to cite reiter and the papers behind it",
     NULL},
    {"help", VERB_HELP, PETSC_FALSE, PETSC_FALSE, "help [VERB]", "this text, or all about one verb", NULL},
};

#define RESUMABLE (1U << VERB_RUN | 1U << VERB_VALIDATE | 1U << VERB_PATHS | 1U << VERB_ESTIMATE)
#define WITH_CASE (RESUMABLE | 1U << VERB_CONVERGE | 1U << VERB_GREENKUBO | 1U << VERB_TRANSITIONS)
#define ANY_VERB  (~0U)

const FlagEntry CommandFlags[] = {
    {"-s", FLAG_OVERRIDE, "KEY.PATH=VALUE", WITH_CASE,
     "change the case: -s temperature=0.2 -s cell.tolerance=1e-6"},
    {"--output", FLAG_OUTPUT, "DIR", WITH_CASE, "the run folder, in place of output.directory"},
    {"--resume", FLAG_RESUME, NULL, RESUMABLE,
     "go on from the run folder's checkpoint, with the same results to the bit"},
    {"--overwrite", FLAG_OVERWRITE, NULL, WITH_CASE, "replace another case's results in the run folder"},
    {"--quiet", FLAG_QUIET, NULL, WITH_CASE, "print mistakes only"},
    {"--markdown", FLAG_MARKDOWN, NULL, 1U << VERB_SCHEMA, "the reference page in place of the JSON Schema"},
    {"--cost", FLAG_COST, NULL, 1U << VERB_VALIDATE,
     "predict cells, memory and time of a run from a pilot of a few cells"},
    {"--ranks", FLAG_RANKS, "P[,P...]", 1U << VERB_VALIDATE,
     "numbers of processes that --cost predicts for: --ranks 1,100,10000"},
    {"--in", FLAG_IN, "cells|epsilon", 1U << VERB_CONVERGE,
     "what goes to 0: the size of the cells, or the period e of the full potential"},
    {"--version", FLAG_VERSION, NULL, ANY_VERB, "versions of reiter and of the libraries"},
    {"--help", FLAG_HELP, NULL, ANY_VERB, "this text; after a verb, all about it"},
};

const size_t n_command_verbs = PETSC_STATIC_ARRAY_LENGTH(CommandVerbs),
             n_command_flags = PETSC_STATIC_ARRAY_LENGTH(CommandFlags);

const VerbEntry *CommandLineVerb(Verb verb)
{
  size_t v = 0;

  while (v + 1 < n_command_verbs && CommandVerbs[v].verb != verb) v++;
  return &CommandVerbs[v];
}

PetscBool CommandLineIsResumable(Verb verb)
{
  return (PetscBool)((RESUMABLE & 1U << verb) != 0);
}

/* The flags that apply to one of these verbs at least; those of every verb stand by themselves. */
static void print_flags(unsigned of_verbs, FILE *stream)
{
  char name[32];

  for (size_t f = 0; f < n_command_flags; f++) {
    const PetscBool any = (PetscBool)(CommandFlags[f].verbs == ANY_VERB);
    if (any != (of_verbs == ANY_VERB) || !(CommandFlags[f].verbs & of_verbs)) continue;
    snprintf(name, sizeof(name), "%s%s%s", CommandFlags[f].name, CommandFlags[f].value ? " " : "",
             CommandFlags[f].value ? CommandFlags[f].value : "");
    fprintf(stream, "  %-19s  %s\n", name, CommandFlags[f].summary);
  }
}

static void print_petsc(FILE *stream)
{
  fprintf(stream,
          "\nOptions with one dash are PETSc's; those of the cells begin with -cell_, others with -domain_,\n"
          "-diffusion_, -evolve_, -spectrum_, -passage_ and -kinetic_:\n"
          "  %-19s  %s\n  %-19s  %s\n  %-19s  %s\n  %-19s  %s\n  %-19s  %s\n  %-19s  %s\n",
          "-cell_ksp_type cg", "linear solver; -cell_ksp_rtol, -cell_ksp_max_it, -cell_ksp_monitor, ...",
          "-cell_pc_type gamg", "its preconditioner", "-cell_method fem",
          "in place of cell.method; -cell_points, -cell_order, -cell_frozen, ...", "-evolve_ts_type bdf",
          "time stepper of evolve.method ts; -evolve_ts_dt, -evolve_ts_rtol, ...", "-spectrum_eps_nev 8",
          "eigensolver; -spectrum_eps_tol, -spectrum_st_pc_type, ...", "-log_view", "where the time goes");
}

static void print_exit_codes(FILE *stream)
{
  static const struct {
    int code;
    const char *meaning;
  } codes[] = {
      {REITER_DONE, "done"},
      {REITER_INTERNAL, "internal error, or a file could not be written"},
      {REITER_INVALID_INPUT, "invalid input: every mistake is printed with its place"},
      {REITER_NOT_CONVERGED, "a solver did not converge, or a limit of work was reached first"},
      {REITER_UNVERIFIED, "a verification that the case asked for failed"},
      {REITER_INTERRUPTED, "interrupted; the same command with --resume goes on, where the verb has it"}};

  fprintf(stream, "\nExit codes:\n");
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(codes); i++) {
    fprintf(stream, "  %-19d  %s\n", codes[i].code, codes[i].meaning);
  }
}

void CommandLineOverview(FILE *stream)
{
  fprintf(stream, "reiter %s: diffusion in rugged, multiscale energy landscapes\n\nVerbs:\n", REITER_VERSION);
  for (size_t v = 0; v < n_command_verbs; v++)
    fprintf(stream, "  %-19s  %s\n", CommandVerbs[v].usage, CommandVerbs[v].summary);
  fprintf(stream, "\nFlags of run, validate, converge, paths, estimate, greenkubo and transitions:\n");
  print_flags(WITH_CASE, stream);
  fprintf(stream, "\nFlags of their own:\n");
  print_flags(ANY_VERB, stream);
  print_petsc(stream);
  print_exit_codes(stream);
  fprintf(stream, "\nmpiexec -n P reiter run CASE.yaml shares the work over P processes.\n"
                  "'reiter help run' lists the keys of a case file.\n");
}

PetscErrorCode CommandLineHelp(const char topic[], FILE *stream)
{
  PetscFunctionBegin;
  for (size_t v = 0; topic && v < n_command_verbs; v++) {
    if (strcmp(topic, CommandVerbs[v].name) || CommandVerbs[v].verb == VERB_HELP) continue;
    fprintf(stream, "reiter %s\n  %s\n", CommandVerbs[v].usage, CommandVerbs[v].summary);
    if (CommandVerbs[v].verb == VERB_SCHEMA) {
      fprintf(stream, "\nFlags:\n");
      print_flags(1U << VERB_SCHEMA, stream);
    }
    if (CommandVerbs[v].takes_case) {
      fprintf(stream, "\nFlags:\n");
      print_flags(1U << CommandVerbs[v].verb, stream);
      if (CommandVerbs[v].own_folder)
        fprintf(
            stream,
            "\nResults go to results/NAME_%s for NAME.yaml, unless --output or output.directory says else.\n",
            CommandVerbs[v].name);
      print_petsc(stream);
      fprintf(stream, "\n");
      PetscCall(SchemaWriteHelp(CommandVerbs[v].section, stream));
    }
    PetscFunctionReturn(0);
  }
  CommandLineOverview(stream);
  PetscFunctionReturn(0);
}

void CommandLineCite(FILE *stream)
{
  fprintf(stream,
          "@software{reiter,\n  title = {reiter: diffusion in rugged, multiscale energy landscapes},\n"
          "  author = {{The reiter authors}},\n  version = {%s},\n  year = {2026}\n}\n"
          "@article{DuncanDuongPavliotis,\n  title = {Brownian motion in an N-scale periodic potential},\n"
          "  author = {Duncan, A. B. and Duong, M. H. and Pavliotis, G. A.}\n}\n"
          "@article{DuncanKalliadasisPavliotisPradas2016,\n"
          "  title = {Noise-induced transitions in rugged energy landscapes},\n"
          "  author = {Duncan, A. B. and Kalliadasis, S. and Pavliotis, G. A. and Pradas, M.},\n"
          "  journal = {Physical Review E},\n  volume = {94},\n  pages = {032107},\n  year = {2016}\n}\n",
          REITER_VERSION);
}
