/* Lines of a file, plain or compressed by gzip. */
#pragma once
#include <petscsys.h>

typedef struct _p_SeriesText *SeriesText;

PetscErrorCode SeriesTextOpen(const char file[], SeriesText *text, char **refused);
PetscErrorCode SeriesTextClose(SeriesText *text);
/* The first bytes of the file, at most about 64 KiB; nothing is read by it. Borrowed until the next line. */
PetscErrorCode SeriesTextPeek(SeriesText text, const char **bytes, size_t *n);
/* The next line without its end, to be changed at will until the next call; NULL at the end of the file. *number counts
   from 1. */
PetscErrorCode SeriesTextLine(SeriesText text, char **line, PetscInt64 *number, char **refused);
/* The last line, not changed so far, comes once more. */
void SeriesTextHold(SeriesText text);
/* Bytes on the disk, read so far and all. */
void SeriesTextProgress(SeriesText text, PetscInt64 *done, PetscInt64 *all);
