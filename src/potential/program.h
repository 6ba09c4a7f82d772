/*
  Register programs. A plan fits a program to the grids of one scale: every value is computed on the smallest
  tensor grid that it varies on. That grid is a set of components (bit c: component c) called its domain:
  0 is frozen, 1, 2, 4 are axes, 3, 5, 6 planes, 7 the full grid in three dimensions.
*/
#pragma once
#include "graph.h"
#include "kernels.h"

#define DOMAINS      8
#define BLOCK        256 /* values; a handful of registers stay in the first-level cache */
#define NO_OPERATION OP_CONSTANT

/* Where a value lives. */
typedef enum {
  PLACE_NONE,
  PLACE_REGISTER, /* of its domain: one block */
  PLACE_STORED,   /* on the whole of its domain; frozen values too */
  PLACE_AXIS,     /* the axis of a component; for scattered points: the values of a variable */
  PLACE_OUTPUT    /* out[index] of the caller */
} PlaceKind;
typedef struct {
  PlaceKind kind;
  PetscInt index;
} Place;

typedef struct {
  Operation op; /* NO_OPERATION: expands a[0], stored on the domain `from`, into a register */
  PetscInt from;
  Place a[3], result;
} Step;

typedef struct {
  PetscInt n, n_once; /* the first n_once are done once per call: frozen values */
  Step *steps;
  PetscInt n_registers;
} DomainPlan;

/* A frozen value that is not computed: a constant (variable < 0) or a variable. */
typedef struct {
  PetscInt slot, variable;
  PetscReal value;
} GivenValue;

typedef struct {
  PetscInt dim;
  DomainPlan domains[DOMAINS];
  PetscInt n_stored;
  PetscInt *stored_domain; /* [n_stored] */
  PetscInt n_given;
  GivenValue *given;       /* [n_given] */
  Place *outputs;          /* [n_outputs] */
  PetscInt *output_domain; /* [n_outputs] */
} Plan;

struct _p_Program {
  PetscInt n, n_outputs;
  Node *nodes;      /* [n] */
  PetscInt *output; /* [n_outputs] the node of each formula */
  Plan *plans[REITER_MAX_SCALES + 1][REITER_MAX_DIM + 1];
  Plan *points, *fast; /* SCATTERED, SCATTERED_FAST */
  PetscReal *work;     /* registers and stored values */
  size_t work_size;
  PetscReal **stored; /* [stored_size] into work */
  PetscInt stored_size;
};

/* k = SCATTERED: every variable runs over one list of points, a domain of one dimension. */
#define SCATTERED (-1)
/* The same, but only the fast variables run; the others are frozen. */
#define SCATTERED_FAST (-2)
#define FAST_VARIABLES (~(ScaleBits(0) | FREE_BITS))
PETSC_INTERN PetscErrorCode PlanCreate(Program program, PetscInt k, PetscInt dim, Plan **plan);
PETSC_INTERN PetscErrorCode PlanDestroy(Plan **plan);
