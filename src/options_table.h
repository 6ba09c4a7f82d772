/* The options that are likely to be meant. PETSc has many more: no option is wrong for not standing here. */
#pragma once
#include "options.h"

typedef enum {
  OPTION_ANYTHING,
  OPTION_NUMBER,
  OPTION_WHOLE,
  OPTION_TRUTH,
  OPTION_CHOICE, /* what a key of the case takes */
  OPTION_WORD,   /* one of the option's own words */
  OPTION_CELL_METHOD,
  OPTION_KSP_TYPE,
  OPTION_PC_TYPE,
  OPTION_EPS_TYPE,
  OPTION_ST_TYPE,
  OPTION_TS_TYPE,
  OPTION_PARTITIONER
} OptionKind;

typedef struct {
  const char *name; /* without dash; of a solver's option without prefix too */
  OptionKind kind;
  PetscReal lower, upper;
  const char *key; /* of OPTION_CHOICE; the words of OPTION_WORD, with bars between them */
} KnownOption;

/* "cell_", "evolve_", ..., ending with NULL; and those of linear solvers. */
const char *const *OptionsPrefixes(void);
const char *const *OptionsSolverPrefixes(void);
PetscBool OptionsHasPrefix(const char name[]);
/* NULL if it does not stand in the table. */
const KnownOption *OptionsFind(const char name[]);
