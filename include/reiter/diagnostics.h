/*
  Mistakes of the user, all of them in one pass: file:line:column, the line with a caret, what was expected,
  and the nearest valid name.
*/
#pragma once
#include <petscsys.h>
#include <stdio.h>

typedef struct _p_Diagnostics *Diagnostics;

/* A place in a source text; line and column count from 1, in characters; line 0 means no place. `source` is
   what DiagnosticsAddSource returned (several sources: the case file, each -s override, the command line). */
typedef struct {
  PetscInt source, line, column, length;
} SourceSpan;

PetscErrorCode DiagnosticsCreate(Diagnostics *d);
PetscErrorCode DiagnosticsDestroy(Diagnostics *d);
/* Copies name and text[0..length); *source is the number to put into spans. */
PetscErrorCode DiagnosticsAddSource(Diagnostics d, const char *name, const char *text, size_t length,
                                    PetscInt *source);
/* One mistake. expected and suggestion may be NULL. */
PetscErrorCode DiagnosticsError(Diagnostics d, SourceSpan where, const char *expected, const char *suggestion,
                                const char *format, ...) PETSC_ATTRIBUTE_FORMAT(5, 6);
PetscErrorCode DiagnosticsWarning(Diagnostics d, SourceSpan where, const char *expected,
                                  const char *suggestion, const char *format, ...)
    PETSC_ATTRIBUTE_FORMAT(5, 6);
PetscErrorCode DiagnosticsCount(Diagnostics d, PetscInt *errors, PetscInt *warnings);
/* Prints everything in the order of the places. */
PetscErrorCode DiagnosticsPrint(Diagnostics d, FILE *stream);

/* The candidate nearest to name by edit distance, or NULL if none is near. */
const char *NearestName(const char *name, PetscInt n, const char *const candidates[]);
