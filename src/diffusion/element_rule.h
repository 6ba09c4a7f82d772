/*
  Lagrange elements on the reference cube [0,1]^d (nodes at Gauss-Lobatto points, component 0 fastest) or simplex (the
  equally spaced lattice, i fastest), tabulated at the points of a quadrature rule.
*/
#pragma once
#include <petscsys.h>
#include <reiter/expression.h>

#define ELEMENT_RULE_NODES 125 /* of an element of order 4 in three dimensions */

typedef struct {
  PetscInt dim, order, n, points; /* n: nodes */
  PetscBool simplex;
  PetscBool collocated; /* the points are the nodes: value is the identity */
  PetscReal *point;     /* [points][dim] */
  PetscReal *weight;    /* [points] sum: the reference element's volume */
  PetscReal *value;     /* [points][n] */
  PetscReal *gradient;  /* [points][n][dim] */
  PetscInt *n_active;   /* [points] */
  PetscInt *active;     /* [points][n]: the nodes whose gradient there is not zero */
} ElementRule;

/* points at the nodes: Gauss-Lobatto quadrature on a cube; on a simplex of order 1 the vertex rule, of higher order equal
   weights (for averages). Else a rule exact to degree 2 order (simplices only). */
PetscErrorCode ElementRuleCreate(PetscInt dim, PetscInt order, PetscBool simplex, PetscBool at_nodes,
                                 ElementRule *rule);
PetscErrorCode ElementRuleDestroy(ElementRule *rule);
/* Values[n] (and gradients[n][dim], may be NULL) of the basis at a reference point. */
PetscErrorCode ElementRuleEvaluate(PetscInt dim, PetscInt order, PetscBool simplex, const PetscReal point[],
                                   PetscReal value[], PetscReal gradient[]);
/* The map from the reference element with these corners: x[points][dim] (may be NULL), measure[points], and
   inverse[points][dim][dim]. */
void ElementRuleMap(const ElementRule *rule, const PetscReal corners[], PetscReal x[], PetscReal measure[],
                    PetscReal inverse[]);
