/* The line of a source that a message is about, with a caret under the place. */
#pragma once
#include <reiter/diagnostics.h>

/* Prints the line, cropped around the place if it is long, and ^~~~ below; nothing if the source has no such
   line. Control characters are shown as '?', so that a file cannot command a terminal. */
PetscErrorCode ExcerptPrint(FILE *stream, const char *text, size_t length, SourceSpan where);
/* A text of ours that may quote the user's: control characters and broken UTF-8 are shown as '?'. */
PetscErrorCode ExcerptPrintText(FILE *stream, const char *text);
