/* Inside of the case, and the reader that fills it. */
#pragma once
#include "schema.h"
#include "yaml_tree.h"

/* The file and the overrides, for faults found when the reader's diagnostics are gone. */
typedef struct {
  char *name, *text;
  size_t length;
} CaseSource;

/* One of the formulas that are added. */
typedef struct {
  char *text;
  SourceSpan where; /* source counts in Case.sources */
  PetscInt n_terms;
} CaseFormula;

typedef struct {
  PetscInt n;
  CaseFormula *items;
} CaseFormulas;

struct _p_Case {
  PetscInt n_sources;
  CaseSource *sources;
  char *title, *text; /* text: the file as given */
  size_t length;
  PetscInt dim, scales;
  PetscReal temperature;
  PetscInt n_parameters;
  Parameter *parameters;
  CaseFormulas macro, micro;
  Potential potential;
  CaseCell cell;
  CaseEffective effective;
  CaseOutput output;
  PetscInt n_options;
  char **option_names, **option_values; /* names with their dash */
  SourceSpan (*option_places)[2];       /* of name and value; sources count in Case.sources */
};

typedef struct {
  Diagnostics d; /* borrowed */
  YamlTree tree;
  YamlNode *root;
  const char *file;
  Case c;
  PetscBool parameters_failed; /* values of formulas mean nothing then */
  Expression V0, V1;
} CaseReader;

PetscErrorCode CaseCreate(Case *c);

/* Keys that are not in the table, sections that are no mappings, keys that exclude each other. */
PetscErrorCode CaseCheckKeys(CaseReader *r);
/* The nearest key: of this section, or else of any (then with its whole path). */
PetscErrorCode CaseNearestKey(const char *name, const char *section, const char **nearest);

/* The value of a key: *node is NULL if it is not there (reported if required) or empty (reported). */
PetscErrorCode CaseReadNode(CaseReader *r, const char *path, const KeySpec **key, YamlNode **node);
PetscErrorCode CaseWrongType(CaseReader *r, const KeySpec *key, const YamlNode *node, const char *expected);
/* One number of a value, within the bounds of its key; *good is false if not, and that was reported. */
PetscErrorCode CaseReadNumber(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscReal *value,
                              PetscBool *good);
/* Whole keys; *value is left alone on mistakes and set to the default if the key is missing. */
PetscErrorCode CaseReadReal(CaseReader *r, const char *path, PetscReal *value);
PetscErrorCode CaseReadInteger(CaseReader *r, const char *path, PetscInt *value); /* 0 for a word */
PetscErrorCode CaseReadBool(CaseReader *r, const char *path, PetscBool *value);
PetscErrorCode CaseReadText(CaseReader *r, const char *path, char **value);
PetscErrorCode CaseReadChoice(CaseReader *r, const char *path, char value[], size_t size);
PetscErrorCode CaseCheckChoice(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscInt *which);
PetscErrorCode CaseReportFormula(CaseReader *r, const YamlNode *node, const ExpressionError *error,
                                 const char *expected);

PetscErrorCode CaseReadParameters(CaseReader *r);
PetscErrorCode CaseReadFormulas(CaseReader *r);
/* Needs a case without mistakes so far. */
PetscErrorCode CaseBuildPotential(CaseReader *r);
PetscErrorCode CaseReadCell(CaseReader *r);
PetscErrorCode CaseReadEffective(CaseReader *r);
PetscErrorCode CaseReadOutput(CaseReader *r);
PetscErrorCode CaseReadOptions(CaseReader *r);
