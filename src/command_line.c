#include "command_line.h"
#include <reiter/run.h>
#include <ctype.h>
#include <unistd.h>
#include "command_line_tables.h"
#include "first_rank.h"

/* Prints a mistake; always false. */
static PetscBool complain(int *exit_code, const char suggestion[], const char format[], ...)
{
  va_list arguments;

  *exit_code = REITER_INVALID_INPUT;
  if (!IsFirstRank()) return PETSC_FALSE;
  fprintf(stderr, "reiter: error: ");
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\n");
  if (suggestion) fprintf(stderr, "  did you mean '%s'?\n", suggestion);
  return PETSC_FALSE;
}

static PetscBool is_case_file(const char word[])
{
  const char *const dot = strrchr(word, '.');

  return (PetscBool)(dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")));
}

/* "run", "validate" and their like have no flags in common with "schema", but --help. */
static PetscBool check_flag_of_verb(const CommandLine *line, const FlagEntry *flag, int *exit_code)
{
  if (line->verb == VERB_NONE || flag->verbs & 1U << line->verb) return PETSC_TRUE;
  return complain(exit_code, NULL, "'reiter %s' has no flag '%s'; 'reiter help %s' lists what it has",
                  CommandLineVerb(line->verb)->name, flag->name, CommandLineVerb(line->verb)->name);
}

static PetscBool set_flag(CommandLine *line, const FlagEntry *flag, const char value[], int *exit_code)
{
  switch (flag->flag) {
  case FLAG_OUTPUT:
    line->output = value;
    break;
  case FLAG_RESUME:
    line->resume = PETSC_TRUE;
    break;
  case FLAG_OVERWRITE:
    line->overwrite = PETSC_TRUE;
    break;
  case FLAG_QUIET:
    line->quiet = PETSC_TRUE;
    break;
  case FLAG_MARKDOWN:
    line->markdown = PETSC_TRUE;
    break;
  case FLAG_COST:
    line->cost = PETSC_TRUE;
    break;
  case FLAG_RANKS:
    line->ranks = value;
    break;
  case FLAG_IN:
    line->study = value;
    break;
  case FLAG_OVERRIDE:
    line->overrides[line->n_overrides++] = value;
    break;
  case FLAG_VERSION:
    line->wants_version = PETSC_TRUE;
    break;
  case FLAG_HELP:
    line->wants_help = PETSC_TRUE;
    break;
  }
  return check_flag_of_verb(line, flag, exit_code);
}

static const FlagEntry *find_flag(const char word[], size_t length)
{
  for (size_t f = 0; f < n_command_flags; f++) {
    if (strlen(CommandFlags[f].name) == length && !strncmp(CommandFlags[f].name, word, length))
      return &CommandFlags[f];
  }
  return NULL;
}

/* --flag, --flag value or --flag=value at argv[*i]; -s value. */
static PetscBool take_flag(CommandLine *line, int *i, int *exit_code)
{
  const char *names[16], *const word = line->argv[*i], *const equals = strchr(word, '=');
  const FlagEntry *const flag = find_flag(word, equals ? (size_t)(equals - word) : strlen(word));

  if (!flag) {
    for (size_t f = 0; f < n_command_flags; f++) names[f] = CommandFlags[f].name;
    return complain(exit_code, NearestName(word, (PetscInt)n_command_flags, names), "unknown flag '%s'",
                    word);
  }
  if (!flag->value) {
    if (equals) return complain(exit_code, flag->name, "'%s': this flag takes no value", word);
    return set_flag(line, flag, NULL, exit_code);
  }
  if (equals && word[1] == '-') {
    if (equals[1]) return set_flag(line, flag, equals + 1, exit_code);
  } else if (!equals && *i + 1 < line->argc && line->argv[*i + 1][0] && line->argv[*i + 1][0] != '-') {
    return set_flag(line, flag, line->argv[++*i], exit_code);
  }
  return complain(exit_code, NULL, "'%s' needs a value: %s %s", word, flag->name, flag->value);
}

static PetscBool find_verb(CommandLine *line, const char word[], int *exit_code)
{
  const char *names[16];

  for (size_t v = 0; v < n_command_verbs; v++) {
    names[v] = CommandVerbs[v].name;
    if (strcmp(CommandVerbs[v].name, word)) continue;
    line->verb = CommandVerbs[v].verb;
    return PETSC_TRUE;
  }
  if (is_case_file(word)) {
    char suggestion[256];
    snprintf(suggestion, sizeof(suggestion), "reiter run %s", word);
    return complain(exit_code, suggestion, "the verb is missing before the case file '%s'", word);
  }
  if (!strcmp(word, "version")) return complain(exit_code, "reiter --version", "unknown verb 'version'");
  return complain(exit_code, NearestName(word, (PetscInt)n_command_verbs, names),
                  "unknown verb '%s'; 'reiter --help' lists the verbs", word);
}

/* A PETSc option and, unless the next word is an option too, its value. -1.5 is a value. */
static PetscBool take_petsc(CommandLine *line, int *i, int *exit_code)
{
  const char *const option = line->argv[*i];

  if (line->verb == VERB_NONE) {
    const PetscBool version =
        (PetscBool)(!strcmp(option, "-v") || !strcmp(option, "-V") || !strcmp(option, "-version"));
    return complain(exit_code, version ? "--version" : NULL, "a verb must stand before '%s'", option);
  }
  if (!CommandLineVerb(line->verb)->takes_case) {
    return complain(exit_code, NULL, "'reiter %s' takes no option '%s'", CommandLineVerb(line->verb)->name,
                    option);
  }
  line->petsc_argv[line->petsc_argc++] = line->argv[*i];
  if (*i + 1 >= line->argc) return PETSC_TRUE;
  const char *const next = line->argv[*i + 1];
  if (next[0] == '-' && !isdigit((unsigned char)next[1]) && next[1] != '.') return PETSC_TRUE;
  line->petsc_argv[line->petsc_argc++] = line->argv[++*i];
  if (is_case_file(next)) line->swallowed = option;
  if (!strncmp(option, "-options_file", strlen("-options_file")) && access(next, R_OK)) {
    return complain(exit_code, NULL, "cannot read '%s', the value of %s", next, option);
  }
  return PETSC_TRUE;
}

/* Words after the verb. False after a mistake; the others are still looked for. */
static PetscBool take_word(CommandLine *line, int *i, int *exit_code)
{
  char *const word = line->argv[*i];

  if (!strncmp(word, "--", 2) || !strcmp(word, "-s")) return take_flag(line, i, exit_code);
  if (!strncmp(word, "-s", 2) && strchr("=", word[2])) {
    return complain(exit_code, NULL, "'%s': -s takes the next word, as -s temperature=0.2", word);
  }
  if (!strcmp(word, "-h") || !strcmp(word, "-help")) {
    line->wants_help = PETSC_TRUE;
    return PETSC_TRUE;
  }
  if (word[0] == '-' && word[1]) return take_petsc(line, i, exit_code);
  if (line->verb == VERB_HELP && !line->topic)
    line->topic = word;
  else if (line->verb != VERB_NONE && CommandLineVerb(line->verb)->takes_case && !line->file)
    line->file = word;
  else
    return complain(exit_code, NULL, "one word too many: '%s'", word);
  return PETSC_TRUE;
}

/* The topic of `help` is a verb. */
static PetscBool check_topic(const CommandLine *line, int *exit_code)
{
  CommandLine unused = {.verb = VERB_NONE};

  return (PetscBool)(!line->topic || find_verb(&unused, line->topic, exit_code));
}

/* --ranks: whole numbers from 1 on, separated by commas. */
static PetscBool check_ranks(const CommandLine *line, int *exit_code)
{
  const char *at = line->ranks;

  if (!at) return PETSC_TRUE;
  if (!line->cost)
    return complain(exit_code, "--cost", "'--ranks' says for how many processes '--cost' predicts");
  for (;;) {
    char *end;
    const long value = isdigit((unsigned char)*at) ? strtol(at, &end, 10) : 0;

    if (value < 1 || value > 1000000000 || (*end && *end != ','))
      return complain(exit_code, NULL, "'--ranks %s': numbers of processes are wanted, as 1,100,10000",
                      line->ranks);
    if (!*end) return PETSC_TRUE;
    at = end + 1;
  }
}

/* --in: cells or epsilon. */
static PetscBool check_study(const CommandLine *line, int *exit_code)
{
  static const char *const studies[] = {"cells", "epsilon"};
  const char *const word = line->study;

  if (!word || !strcmp(word, studies[0]) || !strcmp(word, studies[1])) return PETSC_TRUE;
  return complain(exit_code, NearestName(word, 2, studies), "'--in %s': cells or epsilon is wanted", word);
}

/* What the words mean as a whole. */
static PetscBool conclude(CommandLine *line, int *exit_code)
{
  if (line->wants_version) {
    line->verb = VERB_VERSION;
    return PETSC_TRUE;
  }
  if (line->wants_help) {
    if (line->verb != VERB_NONE && line->verb != VERB_HELP) line->topic = CommandLineVerb(line->verb)->name;
    line->verb = VERB_HELP;
  }
  if (line->verb == VERB_HELP) return check_topic(line, exit_code);
  if (line->verb == VERB_NONE)
    return complain(exit_code, NULL, "a verb must stand before '%s'", line->argv[1]);
  if (!check_ranks(line, exit_code) || !check_study(line, exit_code)) return PETSC_FALSE;
  if (!CommandLineVerb(line->verb)->takes_case || line->file) return PETSC_TRUE;
  const char *const name = CommandLineVerb(line->verb)->name;
  if (!line->swallowed)
    return complain(exit_code, NULL, "'%s' needs a case file: reiter %s CASE.yaml", name, name);
  return complain(exit_code, NULL,
                  "'%s' needs a case file; the one given was taken for the value of %s: put it first", name,
                  line->swallowed);
}

PetscBool CommandLineParse(int argc, char **argv, CommandLine *line, int *exit_code)
{
  static char skip[] = "-skip_petscrc"; /* a run is what its case and its command line say */
  PetscBool good = PETSC_TRUE;
  int first = 1;

  *line = (CommandLine){.argc = argc, .argv = argv, .verb = VERB_NONE};
  *exit_code = REITER_DONE;
  line->petsc_argv = calloc((size_t)argc + 3, sizeof(char *));
  line->overrides = calloc((size_t)argc + 1, sizeof(char *));
  if (!line->petsc_argv || !line->overrides) return complain(exit_code, NULL, "out of memory");
  line->petsc_argv[line->petsc_argc++] = argv[0];
  line->petsc_argv[line->petsc_argc++] = skip;
  if (argc < 2) {
    if (IsFirstRank()) CommandLineOverview(stderr);
    *exit_code = REITER_INVALID_INPUT;
    return PETSC_FALSE;
  }
  if (argv[1][0] != '-' && !find_verb(line, argv[first++], exit_code)) return PETSC_FALSE;
  for (int i = first; i < argc; i++) good = (PetscBool)(take_word(line, &i, exit_code) && good);
  return (PetscBool)(good && conclude(line, exit_code));
}

void CommandLineFree(CommandLine *line)
{
  free(line->petsc_argv);
  free(line->overrides);
}
