/*
  The parser's state, shared by the grammar (parse.c), numbers and spaces (lexer.c) and names (names.c).
*/
#pragma once
#include "graph.h"
#include <locale.h>

#define PARSE_MAX_LENGTH ((size_t)1 << 20)
#define PARSE_MAX_DEPTH  200

typedef struct {
  const char *text;
  size_t length, at; /* bytes; the next one to read */
  const ExpressionScope *scope;
  const Expression *formulas; /* [n_parameters] of parameters that are not numbers; NULL: none */
  Graph graph;
  PetscInt depth;
  PetscBool failed;
  ExpressionError *error;
  locale_t c_locale; /* numbers have a point whatever the user's language */
} Parser;

/* What a name stands for. */
typedef enum { NAME_UNKNOWN, NAME_NUMBER, NAME_VARIABLE, NAME_FORMULA, NAME_FUNCTION, NAME_REFUSED } NameKind;
typedef struct {
  NameKind kind;
  PetscReal number;
  PetscInt variable;
  PetscBool is_parameter;
  Expression formula; /* borrowed */
  const FunctionEntry *function;
} Name;

/* Records the first mistake and returns -1. */
PETSC_INTERN NodeId ParserFail(Parser *p, size_t offset, size_t length, const char *format, ...)
    PETSC_ATTRIBUTE_FORMAT(4, 5);
PETSC_INTERN void ParserSuggest(Parser *p, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
/* Skips white space; the next byte, or -1 at the end. */
PETSC_INTERN int ParserPeek(Parser *p);
/* Takes the byte if it is the next one. */
PETSC_INTERN PetscBool ParserTake(Parser *p, char byte);
PETSC_INTERN PetscBool StartsNumber(const Parser *p, size_t at);
PETSC_INTERN PetscBool StartsName(const Parser *p, size_t at);
PETSC_INTERN size_t NumberLength(const Parser *p, size_t at);
PETSC_INTERN size_t NameLength(const Parser *p, size_t at);
/* The number at p->at. */
PETSC_INTERN NodeId ParserNumber(Parser *p);
/* A byte that no formula can have at this place. */
PETSC_INTERN NodeId ParserUnexpected(Parser *p, size_t at);
/* Looks text[at..at+length) up; a name that exists elsewhere (y in one dimension) is refused with the
   reason. called: "(" follows. */
PETSC_INTERN Name ParserLookup(Parser *p, size_t at, size_t length, PetscBool called);
