/* What the rest of the room needs of Diagnostics beyond the public calls. */
#pragma once
#include <reiter/diagnostics.h>

/* Borrowed view of a source. */
PetscErrorCode DiagnosticsGetSource(Diagnostics d, PetscInt source, const char **name, const char **text,
                                    size_t *length);
/* The number of the source with this name and text; added if it is not there. */
PetscErrorCode DiagnosticsFindSource(Diagnostics d, const char *name, const char *text, size_t length,
                                     PetscInt *source);
