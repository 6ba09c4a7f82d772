/* The tables that the parser of the command line and its help share. */
#pragma once
#include "command_line.h"

typedef struct {
  const char *name;
  Verb verb;
  PetscBool takes_case, own_folder; /* own_folder: results/NAME_VERB in place of results/NAME */
  const char *usage, *summary;
  const char *section; /* the keys that the verb alone reads; NULL: all */
} VerbEntry;

typedef enum {
  FLAG_OVERRIDE,
  FLAG_OUTPUT,
  FLAG_RESUME,
  FLAG_OVERWRITE,
  FLAG_QUIET,
  FLAG_MARKDOWN,
  FLAG_COST,
  FLAG_RANKS,
  FLAG_IN,
  FLAG_VERSION,
  FLAG_HELP
} Flag;

typedef struct {
  const char *name;
  Flag flag;
  const char *value; /* what stands for it in the help; NULL: takes none */
  unsigned verbs;    /* bit 1 << verb: applies to it */
  const char *summary;
} FlagEntry;

extern const VerbEntry CommandVerbs[];
extern const FlagEntry CommandFlags[];
extern const size_t n_command_verbs, n_command_flags;

const VerbEntry *CommandLineVerb(Verb verb);
/* Whether --resume goes on with what was interrupted. */
PetscBool CommandLineIsResumable(Verb verb);
