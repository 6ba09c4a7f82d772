/* Inside of the case, and the reader that fills it. */
#pragma once
#include "schema.h"
#include "yaml_tree.h"
#include <stdint.h>

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

/* Where a key stands: a value, or the name if that has keys of its own or is empty. */
typedef struct {
  char *path;
  SourceSpan where, name; /* sources count in Case.sources; entries of lists have no name: the value again */
} CasePlace;

struct _p_Case {
  PetscInt n_sources;
  CaseSource *sources;
  char *title, *text; /* text: the file as given */
  size_t length;
  PetscInt dim, scales;
  PetscReal temperature;
  char *temperature_text; /* the formula, NULL for a number */
  PetscInt n_parameters;
  Parameter *parameters;
  char **parameter_texts; /* [n_parameters] the same of parameters */
  CaseFormulas macro, micro;
  Potential potential;
  CaseCell cell;
  CaseEffective effective;
  CaseDiffusion diffusion;
  CaseFormulas weight, tensor; /* as given; one formula in tensor: times the identity */
  PetscBool weight_is_log;
  CaseDomain domain;
  CaseEvolve evolve;
  CaseFormulas initial, observables, backward;
  CaseSpectrum spectrum;
  CasePassage passage;
  CaseFormulas to, a, b;
  CasePaths paths;
  CaseFormulas paths_observables, paths_to, paths_of;
  CaseConverge converge;
  CaseEstimate estimate;
  CaseGreenKubo greenkubo;
  CaseFormulas thermal;
  uint64_t greenkubo_hash; /* of the files' contents */
  CaseTransitions transitions;
  CaseFormulas transition_observables;
  CaseKinetic kinetic;
  CaseFormulas kinetic_initial, kinetic_observables;
  CaseFormulas drift;  /* of all components of all functions, or of the potentials */
  PetscBool gradients; /* drift.potential */
  uint64_t series_hash;
  uint64_t table_hash, mesh_hash, initial_hash; /* of the files' contents */
  CaseOutput output;
  PetscInt n_options;
  char **option_names, **option_values; /* names with their dash */
  SourceSpan (*option_places)[2];       /* of name and value; sources count in Case.sources */
  PetscInt n_places;
  CasePlace *places; /* sorted by path */
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

/* Whether an unknown name in the section is reported with the suggestion to write this key. */
PetscErrorCode CaseIsMisspelt(const YamlNode *holder, const char *section, const char *key,
                              PetscBool *misspelt);

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

/* Letters, digits and _: names that become columns and keys. */
PetscErrorCode CaseCheckName(CaseReader *r, const YamlNode *name, const char *of, PetscBool *good);

/* x[0..dim); in one dimension a number is a point. */
PetscErrorCode CaseReadPoint(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscReal x[],
                             PetscBool *good);
PetscErrorCode CaseReadPoints(CaseReader *r, const char *path, PetscInt *n, PetscReal **points);
PetscErrorCode CaseReadBox(CaseReader *r, const char *path, PetscReal box[][2]);
/* One for all directions, or one each; values[REITER_MAX_DIM] is left alone if the key is missing. */
PetscErrorCode CaseReadIntegers(CaseReader *r, const char *path, PetscInt values[]);
/* Ascending, each once. */
PetscErrorCode CaseReadList(CaseReader *r, const char *path, PetscInt *n, PetscReal **values);
/* A value or a list of them, in the order given; *n is 0 for a word, or if the key is missing. */
PetscErrorCode CaseReadNumbers(CaseReader *r, const char *path, PetscInt *n, PetscReal **values);
/* A point outside of the domain's box is reported. */
PetscErrorCode CaseCheckInside(CaseReader *r, const char *path, const YamlNode *node, const PetscReal x[]);

/* A formula of x, y, z and the parameters; *e is NULL after a mistake. */
PetscErrorCode CaseParseFormula(CaseReader *r, const KeySpec *key, const YamlNode *node,
                                CaseFormulas *formulas, Expression *e);
PetscErrorCode CaseReadFormula(CaseReader *r, const char *path, CaseFormulas *formulas, Expression *e);
/* log of a formula that is a good one by itself: the argument where it is nothing but exp(..), since that holds where
   exp(..) underflows. formulas as in ExpressionParseFree(), or NULL; *e is NULL where there is no logarithm. */
PetscErrorCode CaseParseLogarithm(const char *text, const ExpressionScope *scope, const Expression formulas[],
                                  Expression *e, ExpressionError *error);
/* Formulas with names; the formulas' texts in the same order. */
PetscErrorCode CaseReadNamed(CaseReader *r, const char *path, PetscInt *n, CaseNamed **named,
                             CaseFormulas *formulas);

/* A node, or the entries of a list; *n is 0 without the key or after a mistake. */
PetscErrorCode CaseReadItems(CaseReader *r, const char *path, const KeySpec **key, YamlNode **node,
                             PetscInt *n, YamlNode ***items);
/* The path made absolute, the file's content hashed; a file that cannot be read is reported. */
PetscErrorCode CaseReadFileNode(CaseReader *r, const KeySpec *key, const YamlNode *node,
                                char file[PETSC_MAX_PATH_LEN], uint64_t *hash);
PetscErrorCode CaseReadFile(CaseReader *r, const char *path, char file[PETSC_MAX_PATH_LEN], uint64_t *hash);
/* One file, or a list of them, appended to files[*n], which is allocated; their contents into the hash. */
PetscErrorCode CaseReadFiles(CaseReader *r, const char *path, PetscInt *n, char ***files, uint64_t *hash);

/* Whether the section is there; its name for mistakes. */
PetscErrorCode CaseReadSection(CaseReader *r, const char *path, PetscBool *given, YamlNode **name);
/* A section that needs a domain, and has none, is reported. */
PetscErrorCode CaseNeedDomain(CaseReader *r, const char *path, const YamlNode *name);

PetscErrorCode CaseReadParameters(CaseReader *r);
/* A copy of the text of a number that is given by a formula; NULL stays where it is given as a number. */
PetscErrorCode CaseKeepFormula(const YamlNode *node, char **text);
PetscErrorCode CaseReadFormulas(CaseReader *r);
PetscErrorCode CaseReadDiffusion(CaseReader *r);
PetscErrorCode CaseReadDomain(CaseReader *r);
PetscErrorCode CaseReadEvolve(CaseReader *r);
PetscErrorCode CaseReadSpectrum(CaseReader *r);
PetscErrorCode CaseReadPassage(CaseReader *r);
PetscErrorCode CaseReadPaths(CaseReader *r);
PetscErrorCode CaseReadConverge(CaseReader *r);
PetscErrorCode CaseReadEstimate(CaseReader *r);
PetscErrorCode CaseClearEstimate(Case c);
PetscErrorCode CaseReadGreenKubo(CaseReader *r);
PetscErrorCode CaseClearGreenKubo(Case c);
PetscErrorCode CaseReadTransitions(CaseReader *r);
PetscErrorCode CaseClearTransitions(Case c);
PetscErrorCode CaseReadKinetic(CaseReader *r);
/* times, initial, observables, density; after mass and frictions. */
PetscErrorCode CaseReadKineticEvolution(CaseReader *r);
PetscErrorCode CaseClearKinetic(Case c);
/* Keeps where every key stands; `first` is the case's first source. */
PetscErrorCode CaseKeepPlaces(CaseReader *r, PetscInt first);
/* Needs a case without mistakes so far. */
PetscErrorCode CaseBuildPotential(CaseReader *r);
/* Frees texts. */
PetscErrorCode CaseFormulasClear(CaseFormulas *formulas);
PetscErrorCode CaseReadCell(CaseReader *r);
PetscErrorCode CaseReadEffective(CaseReader *r);
PetscErrorCode CaseReadOutput(CaseReader *r);
PetscErrorCode CaseReadOptions(CaseReader *r);
