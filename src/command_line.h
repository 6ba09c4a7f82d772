/*
  The command line: two dashes are reiter's, one dash is PETSc's (but -s), a word is the verb or the case
  file.
*/
#pragma once
#include <petscsys.h>
#include <stdio.h>

typedef enum {
  VERB_RUN,
  VERB_VALIDATE,
  VERB_CONVERGE,
  VERB_PATHS,
  VERB_ESTIMATE,
  VERB_GREENKUBO,
  VERB_TRANSITIONS,
  VERB_SCHEMA,
  VERB_CITE,
  VERB_HELP,
  VERB_VERSION,
  VERB_NONE
} Verb;

typedef struct {
  Verb verb;
  const char *file, *output;
  const char *topic; /* of help: a verb's name; NULL: overview */
  PetscBool overwrite, resume, quiet, markdown, cost, wants_help, wants_version;
  const char *study; /* --in: cells (NULL too) | epsilon */
  const char *ranks; /* of --cost: numbers of processes, separated by commas */
  PetscInt n_overrides;
  const char **overrides; /* [n_overrides] */
  int argc, petsc_argc;
  char **argv, **petsc_argv; /* petsc_argv: the program's name and PETSc's options */
  const char *swallowed;     /* the PETSc option whose value looks like a case file */
} CommandLine;

/* False if nothing is to be done: *exit_code is then 2 (mistakes were printed). True: *exit_code is 0. */
PetscBool CommandLineParse(int argc, char **argv, CommandLine *line, int *exit_code);
void CommandLineFree(CommandLine *line);
/* What `reiter help TOPIC` prints; TOPIC is a verb or NULL. */
PetscErrorCode CommandLineHelp(const char topic[], FILE *stream);
void CommandLineOverview(FILE *stream);
void CommandLineCite(FILE *stream);
