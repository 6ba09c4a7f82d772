#include "command_line.h"
#include <reiter/run.h>
#include <ctype.h>
#include "reiter_version.h"

typedef struct {
  const char *name;
  Verb verb;
  PetscBool takes_case;
  const char *summary;
} VerbEntry;

static const VerbEntry verbs[] = {
    {"run", VERB_RUN, PETSC_TRUE, "run CASE.yaml: compute what the case asks for, into its run folder"},
    {"validate", VERB_VALIDATE, PETSC_TRUE,
     "validate CASE.yaml: check everything, print every mistake, solve nothing"},
    {"schema", VERB_SCHEMA, PETSC_FALSE,
     "schema [--markdown]: JSON Schema of the case file, or its reference page"},
    {"cite", VERB_CITE, PETSC_FALSE, "cite: how to cite reiter and the papers behind it"},
    {"help", VERB_HELP, PETSC_FALSE, "help [VERB]: this text, or all about one verb"},
};

typedef struct {
  const char *name, *summary;
  PetscBool takes_value;
} FlagEntry;

static const FlagEntry flags[] = {
    {"--output", "--output DIR      write the run folder to DIR in place of output.directory", PETSC_TRUE},
    {"--resume", "--resume          go on from the folder's checkpoint; gives the same bits", PETSC_FALSE},
    {"--overwrite", "--overwrite       replace another case's results in the folder", PETSC_FALSE},
    {"--quiet", "--quiet           print mistakes only", PETSC_FALSE},
    {"--markdown", "--markdown        (schema) the reference page in place of JSON", PETSC_FALSE},
    {"--version", "--version         versions of reiter and its libraries", PETSC_FALSE},
    {"--help", "--help            help", PETSC_FALSE},
};

static PetscBool complain(int *exit_code, const char suggestion[], const char format[], const char what[])
{
  fprintf(stderr, "reiter: error: ");
  fprintf(stderr, format, what);
  if (suggestion) fprintf(stderr, "; did you mean '%s'?", suggestion);
  fprintf(stderr, "\n");
  *exit_code = REITER_INVALID_INPUT;
  return PETSC_FALSE;
}

static PetscBool set_flag(CommandLine *line, const FlagEntry *flag, const char value[], PetscBool *special)
{
  if (!strcmp(flag->name, "--output"))
    line->output = value;
  else if (!strcmp(flag->name, "--resume"))
    line->resume = PETSC_TRUE;
  else if (!strcmp(flag->name, "--overwrite"))
    line->overwrite = PETSC_TRUE;
  else if (!strcmp(flag->name, "--quiet"))
    line->quiet = PETSC_TRUE;
  else if (!strcmp(flag->name, "--markdown"))
    line->markdown = PETSC_TRUE;
  else {
    line->verb = !strcmp(flag->name, "--version") ? VERB_VERSION : VERB_HELP;
    *special = PETSC_TRUE;
  }
  return PETSC_TRUE;
}

/* --flag, --flag value or --flag=value at argv[*i]. */
static PetscBool take_flag(CommandLine *line, int *i, PetscBool *special, int *exit_code)
{
  const char *names[PETSC_STATIC_ARRAY_LENGTH(flags)], *word = line->argv[*i], *equals = strchr(word, '=');
  const size_t length = equals ? (size_t)(equals - word) : strlen(word);

  for (size_t f = 0; f < PETSC_STATIC_ARRAY_LENGTH(flags); f++) {
    names[f] = flags[f].name;
    if (strlen(flags[f].name) != length || strncmp(flags[f].name, word, length)) continue;
    if (!flags[f].takes_value) {
      if (equals) return complain(exit_code, NULL, "'%s': this flag takes no value", word);
      return set_flag(line, &flags[f], NULL, special);
    }
    const char *value = equals ? equals + 1 : *i + 1 < line->argc ? line->argv[++*i] : NULL;
    if (!value || !*value) return complain(exit_code, NULL, "'%s' needs a value", word);
    return set_flag(line, &flags[f], value, special);
  }
  return complain(exit_code, NearestName(word, PETSC_STATIC_ARRAY_LENGTH(flags), names), "unknown flag '%s'",
                  word);
}

static PetscBool find_verb(CommandLine *line, const char word[], PetscBool *takes_case, int *exit_code)
{
  const char *names[PETSC_STATIC_ARRAY_LENGTH(verbs)];
  const size_t length = strlen(word);

  for (size_t v = 0; v < PETSC_STATIC_ARRAY_LENGTH(verbs); v++) {
    names[v] = verbs[v].name;
    if (strcmp(verbs[v].name, word)) continue;
    line->verb = verbs[v].verb;
    *takes_case = verbs[v].takes_case;
    return PETSC_TRUE;
  }
  if (length > 5 && !strcmp(word + length - 5, ".yaml")) {
    return complain(exit_code, "reiter run", "the first word must be a verb, not the case file '%s'", word);
  }
  return complain(exit_code, NearestName(word, PETSC_STATIC_ARRAY_LENGTH(verbs), names), "unknown verb '%s'",
                  word);
}

/* A PETSc option and, unless the next word is an option too, its value. -1.5 is a value. */
static void take_petsc(CommandLine *line, int *i)
{
  line->petsc_argv[line->petsc_argc++] = line->argv[*i];
  if (*i + 1 >= line->argc) return;
  const char *next = line->argv[*i + 1];
  if (next[0] == '-' && !isdigit((unsigned char)next[1]) && next[1] != '.') return;
  line->petsc_argv[line->petsc_argc++] = line->argv[++*i];
}

/* Words after the verb. False after a mistake; the others are still looked for. */
static PetscBool take_word(CommandLine *line, int *i, PetscBool takes_case, PetscBool *special,
                           int *exit_code)
{
  char *word = line->argv[*i];

  if (!strncmp(word, "--", 2)) return take_flag(line, i, special, exit_code);
  if (!strcmp(word, "-s")) {
    if (*i + 1 >= line->argc) return complain(exit_code, NULL, "'%s' needs key.path=value", word);
    line->overrides[line->n_overrides++] = line->argv[++*i];
    return PETSC_TRUE;
  }
  if (!strcmp(word, "-h") || !strcmp(word, "-help")) {
    line->verb = VERB_HELP;
    *special = PETSC_TRUE;
    return PETSC_TRUE;
  }
  if (word[0] == '-' && word[1]) {
    take_petsc(line, i);
    return PETSC_TRUE;
  }
  if (line->verb == VERB_HELP && !line->topic)
    line->topic = word;
  else if (takes_case && !line->file)
    line->file = word;
  else
    return complain(exit_code, NULL, "one word too many: '%s'", word);
  return PETSC_TRUE;
}

PetscBool CommandLineParse(int argc, char **argv, CommandLine *line, int *exit_code)
{
  PetscBool takes_case = PETSC_FALSE, special = PETSC_FALSE, good = PETSC_TRUE;

  *line = (CommandLine){.argc = argc, .argv = argv, .verb = VERB_HELP};
  *exit_code = REITER_DONE;
  line->petsc_argv = calloc((size_t)argc + 3, sizeof(char *));
  line->overrides = calloc((size_t)argc + 1, sizeof(char *));
  if (!line->petsc_argv || !line->overrides) return complain(exit_code, NULL, "%s", "out of memory");
  line->petsc_argv[line->petsc_argc++] = argv[0];
  static char skip[] = "-skip_petscrc"; /* a run is what its case and its command line say */
  line->petsc_argv[line->petsc_argc++] = skip;
  if (argc < 2) {
    CommandLineHelp(NULL, stderr);
    *exit_code = REITER_INVALID_INPUT;
    return PETSC_FALSE;
  }
  int first = 1;
  if (argv[1][0] != '-') {
    if (!find_verb(line, argv[1], &takes_case, exit_code)) return PETSC_FALSE;
    first = 2;
  }
  for (int i = first; i < argc; i++)
    good = (PetscBool)(take_word(line, &i, takes_case, &special, exit_code) && good);
  if (!good) return PETSC_FALSE;
  if (special) {
    if (first == 2 && line->verb == VERB_HELP) line->topic = argv[1];
    return PETSC_TRUE;
  }
  if (first == 1) return complain(exit_code, "reiter run", "no verb before '%s'", argv[1]);
  if (takes_case && !line->file) return complain(exit_code, NULL, "'%s' needs a case file", argv[1]);
  return PETSC_TRUE;
}

void CommandLineFree(CommandLine *line)
{
  free(line->petsc_argv);
  free(line->overrides);
}

PetscErrorCode CommandLineHelp(const char topic[], FILE *stream)
{
  PetscFunctionBegin;
  if (topic && strcmp(topic, "help")) {
    for (size_t v = 0; v < PETSC_STATIC_ARRAY_LENGTH(verbs); v++) {
      if (strcmp(topic, verbs[v].name)) continue;
      fprintf(stream, "reiter %s\n\n", verbs[v].summary);
      if (verbs[v].takes_case) {
        fprintf(stream,
                "  -s key.path=value  change the case, as -s temperature=0.2 -s effective.points=[[0.5]]\n");
        for (size_t f = 0; f < 4; f++) fprintf(stream, "  %s\n", flags[f].summary);
        fprintf(stream, "  -cell_ksp_type cg, -cell_pc_type .., -cell_method .., -log_view: PETSc's options\n"
                        "\nThe case file:\n\n");
        PetscCall(SchemaWriteHelp(stream));
      }
      PetscFunctionReturn(0);
    }
    fprintf(stream, "There is no verb '%s'.\n\n", topic);
  }
  fprintf(stream, "reiter %s: diffusion in rugged, multiscale energy landscapes\n\n", REITER_VERSION);
  for (size_t v = 0; v < PETSC_STATIC_ARRAY_LENGTH(verbs); v++)
    fprintf(stream, "  reiter %s\n", verbs[v].summary);
  fprintf(stream, "\n  -s key.path=value change the case from the command line\n");
  for (size_t f = 0; f < PETSC_STATIC_ARRAY_LENGTH(flags); f++) fprintf(stream, "  %s\n", flags[f].summary);
  fprintf(
      stream,
      "\nOptions with one dash are PETSc's (-cell_ksp_type cg, -log_view). Exit codes: 0 done, 1 internal\n"
      "error, 2 invalid input, 3 not converged, 4 verification failed, 130 interrupted (--resume goes "
      "on).\n");
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
