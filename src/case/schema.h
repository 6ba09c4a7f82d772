/* The one table of keys of a case file. Parser, help, JSON Schema and reference are made from it. */
#pragma once
#include <reiter/case.h>

typedef enum {
  KEY_SECTION, /* a mapping with keys of its own */
  KEY_STRING,
  KEY_BOOL,
  KEY_INTEGER, /* or one of the words in choices */
  KEY_NUMBER,
  KEY_VALUE,      /* number, or formula of the parameters */
  KEY_CHOICE,     /* one of choices */
  KEY_CHOICES,    /* list of some of choices */
  KEY_FORMULAS,   /* formula, or list of formulas that are added */
  KEY_BREAKS,     /* list of values, or one such list per component */
  KEY_POINTS,     /* list of points; in one dimension also a list of values */
  KEY_BOX,        /* [lower, upper] per direction */
  KEY_INTEGERS,   /* integer, or one per direction */
  KEY_PARAMETERS, /* names with values */
  KEY_OPTIONS,    /* names with anything */
  KEY_FILE,       /* a path, relative to the case file */
  KEY_FORMULA,
  KEY_NAMED,    /* names with formulas */
  KEY_TENSOR,   /* formula, or d lists of d formulas */
  KEY_LIST,     /* list of values */
  KEY_NUMBERS,  /* value or list of values, in the order given; or one of the words in choices */
  KEY_POINT,    /* one point; in one dimension also a value; or one of the words in choices */
  KEY_BOUNDARY, /* one of choices, or a list of them per direction, or names with them */
  KEY_INITIAL,  /* formula, or a mapping with keys of its own */
  KEY_SPACING,  /* list of values, or a mapping with keys of its own */
  KEY_FILES,    /* a path, or a list of them */
  KEY_NAMES,    /* a text, or a list of them */
  KEY_BASIS     /* list of formulas, or of lists of formulas per component */
} KeyType;

/* Which bounds are there, and whether they are excluded. */
enum { LOWER = 1, UPPER = 2, LOWER_OPEN = 4, UPPER_OPEN = 8 };

typedef struct {
  const char *path;
  KeyType type;
  PetscBool required;
  const char *unit;
  const char *fallback;  /* default, as YAML; lists without brackets */
  const char *otherwise; /* default in words, where it depends on other keys */
  int bounds;
  PetscReal lower, upper;     /* of every number of the value */
  const char *const *choices; /* ends with NULL */
  const char *excludes;       /* a key of the same section that must not be there too */
  const char *unless;         /* required only if this key of the same section is not there */
  const char
      *elsewhere[6]; /* required only if none of these keys, by their whole paths, is there; ends with NULL */
  const char *needs[6]; /* section: one of these keys at least must be there; ends with NULL */
  const char *text;
} KeySpec;

PetscErrorCode SchemaGetKeys(PetscInt *n, const KeySpec **keys);
const KeySpec *SchemaFind(const char *path);
/* Whether the key is a member of the section ("" is the top level). */
PetscBool SchemaIsMember(const KeySpec *key, const char *section);
const char *SchemaLastName(const KeySpec *key);
PetscBool SchemaInBounds(const KeySpec *key, PetscReal value);
/* "an integer from 1 to 3", "a number in (0, 0.1]", ... */
const char *SchemaDescribe(const KeySpec *key, char *buffer, size_t size);
/* The same for one number of a list, or of a value that may be something else too. */
const char *SchemaDescribeNumber(const KeySpec *key, char *buffer, size_t size);
/* "> 0", "1 to 3", "in (0, 0.1]"; empty without bounds. */
const char *SchemaDescribeRange(const KeySpec *key, char *buffer, size_t size);
/* "box or mesh" */
const char *SchemaDescribeNeeds(const KeySpec *key, char *buffer, size_t size);
/* "auto, fem or fourier" */
const char *SchemaDescribeChoices(const KeySpec *key, char *buffer, size_t size);
/* The default for people: what fallback or otherwise say, or empty. */
const char *SchemaDescribeDefault(const KeySpec *key, char *buffer, size_t size);
