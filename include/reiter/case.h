/*
  The case: what the user asked for, read from a YAML file, checked against the one table of keys, with every
  default filled in. Parser, help, JSON Schema and docs/reference.md come from that table (src/case/schema.c).
*/
#pragma once
#include <reiter/diagnostics.h>
#include <reiter/potential.h>

typedef struct _p_Case *Case;

/* Everything about `cell:` */
typedef struct {
  char method[32];                   /* auto | fem | fourier | closed_form, or a registered name */
  PetscReal tolerance;               /* relative error of every eigenvalue of M */
  PetscInt cells, order;             /* 0: chosen by reiter */
  PetscInt n_breaks[REITER_MAX_DIM]; /* planes with kinks, per component of the cell */
  PetscReal *breaks[REITER_MAX_DIM]; /* sorted, in [0, 1) */
  PetscInt max_unknowns;             /* limit of work: unknowns of one cell problem */
  PetscInt max_solves;               /* limit of work: cell problems per macroscopic point */
} CaseCell;

/* Where the effective coefficients are wanted. */
typedef struct {
  PetscInt n_points;
  PetscReal *points; /* [n_points][dim]; for a grid: its nodes, x fastest */
  PetscBool grid;
  PetscReal box[REITER_MAX_DIM][2];
  PetscInt cells[REITER_MAX_DIM]; /* grid cells; nodes are cells + 1 per direction */
  PetscBool correctors;           /* write the correctors on the unwrapped cell */
} CaseEffective;

typedef struct {
  char directory[PETSC_MAX_PATH_LEN];
  PetscBool xdmf, csv;
} CaseOutput;

/* Reads file with the overrides ("key.path=value"). Mistakes go to d (all of them); *c is NULL if there is
 * any. */
PetscErrorCode CaseRead(const char *file, PetscInt n_overrides, const char *const overrides[], Diagnostics d,
                        Case *c);
PetscErrorCode CaseDestroy(Case *c);

/* Borrowed views; valid while the case lives. */
PetscErrorCode CaseGetTitle(Case c, const char **title);
PetscErrorCode CaseGetText(Case c, const char **text, size_t *length); /* the file as given */
PetscErrorCode CaseGetPotential(Case c, Potential *potential);
PetscErrorCode CaseGetCell(Case c, const CaseCell **cell);
PetscErrorCode CaseGetEffective(Case c, const CaseEffective **effective); /* n_points = 0: not wanted */
PetscErrorCode CaseGetOutput(Case c, const CaseOutput **output);
/* In place of output.directory (from the command line). */
PetscErrorCode CaseSetOutputDirectory(Case c, const char directory[]);
/* For PetscOptionsSetValue: names with their dash; an empty value is a flag. */
PetscErrorCode CaseGetPetscOptions(Case c, PetscInt *n, const char *const **names,
                                   const char *const **values);
/* Where the case names the option (with its dash), or gives its value; line 0 if the case does not, or gives
   another value than `given` (NULL: any). */
PetscErrorCode CaseGetOptionPlace(Case c, Diagnostics d, const char name[], const char given[],
                                  PetscBool at_value, SourceSpan *where);
/* Fault of the potential found later (at run time): reported at the formula's place in the file. */
PetscErrorCode CaseReportFault(Case c, Diagnostics d, const PotentialFault *fault);
/* The case with every default filled in, as YAML; caller frees (PetscFree). It can be run again, gives the
 * same. */
PetscErrorCode CaseWriteResolved(Case c, char **text);
/* A digest (16 hex digits) of everything that the results depend on, for run folders and checkpoints; output:
   is not part of it. */
PetscErrorCode CaseDigest(Case c, char digest[17]);

/* From the table of keys. */
PetscErrorCode SchemaWriteJson(FILE *stream);
PetscErrorCode SchemaWriteReference(FILE *stream); /* Markdown */
PetscErrorCode SchemaWriteHelp(FILE *stream);      /* for `reiter help run` */
