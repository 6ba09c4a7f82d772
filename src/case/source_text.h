/*
  Characters and lines of a source text. Lines and columns are counted as libyaml counts them: a line ends at
  LF, CR, CR LF, NEL, LS or PS; a column is one character, a tab too.
*/
#pragma once
#include <petscsys.h>
#include <stdint.h>

typedef struct {
  int32_t code; /* code point; -1: not UTF-8 */
  size_t size;  /* bytes; 1 if it is not UTF-8 */
} Character;

/* The character at text[0]; length > 0. */
Character TextCharacter(const char *text, size_t length);
/* Bytes of the line break at text[0], 0 if there is none. */
size_t TextBreak(const char *text, size_t length);
/* Columns that a character takes on a terminal: 0, 1 or 2. */
int TextWidth(int32_t code);
/* The bytes [*begin, *end) of a line, counted from 1, without its break. */
void TextLine(const char *text, size_t length, PetscInt line, size_t *begin, size_t *end);
/* Bytes of the longest part of text[0..length) that fits into `limit` bytes and cuts no character. */
size_t TextFit(const char *text, size_t length, size_t limit);
