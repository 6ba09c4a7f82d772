/* What the files of this room share: the object, its nodes, and what a scheme has to give. */
#pragma once
#include <reiter/diffusion.h>
#include <petscksp.h>
#include "element_rule.h"

/* A scheme: fills S, B and log_b in SetUp; the rest is done for it. */
typedef struct {
  PetscErrorCode (*SetUp)(Diffusion d, CoefficientFault *fault);
  PetscErrorCode (*Energy)(Diffusion d, Vec g, PetscReal *energy); /* of this rank */
  PetscErrorCode (*Graph)(Diffusion d, Graph *graph);              /* NULL: there is none */
  PetscErrorCode (*Destroy)(Diffusion d);
} DiffusionOps;

struct _p_Diffusion {
  Domain domain;
  const DomainMesh *mesh;
  Coefficients coefficients;
  MPI_Comm comm;
  PetscMPIInt rank, size;
  PetscInt dim;
  char scheme[32];
  DiffusionOps ops;
  void *data; /* of the scheme */
  PetscBool ready;
  DiffusionSystem system;
  PetscInt n_free, first_free; /* of this rank */
  PetscInt *free_node;         /* [n_free] local node */
  PetscInt *free_global;       /* [n_nodes] global number among the free nodes, -1 for absorbing ones */
  PetscReal *volume;           /* [n_nodes] int phi_i; with a consistent mass b_i / w(x_i) */
  PetscReal *log_w, *log_b;    /* [n_nodes] relative to log_scale */
  PetscReal *D;                /* [n_nodes][dim][dim], where the quadrature points are the nodes; else NULL */
  ElementRule rule;            /* of the integrals */
  ElementRule at_nodes;        /* for fluxes: its points are the nodes */
  Vec nodes;                   /* work */
  KSP mass;
};

PetscErrorCode DiffusionSchemeFem(Diffusion diffusion);
PetscErrorCode DiffusionSchemeMonotone(Diffusion diffusion);

/* Free numbers: contiguous per rank, ascending natural numbers within one. */
PetscErrorCode FreeNodesNumber(Diffusion d);
PetscErrorCode FreeNodesCreateVector(Diffusion d, Vec *v);
/* A free vector's values at all local nodes, zero at absorbing ones; values[n_nodes]. Collective. */
PetscErrorCode FreeNodesGetLocalValues(Diffusion d, Vec g, PetscReal values[]);
/* Sums values[n_nodes] of shared nodes over ranks, in place. Collective. */
PetscErrorCode NodesSum(Diffusion d, PetscReal values[]);
/* The largest value that any rank has for a node, on every rank that knows it; values[n_nodes]. */
PetscErrorCode NodesMost(Diffusion d, PetscReal values[]);

/* The same fault on all ranks: that of the lowest rank that has one. Collective. */
PetscErrorCode FaultAgree(MPI_Comm comm, CoefficientFault *fault);
/* The grid is too coarse for the weight around x; a fault that is there already stays. */
PetscErrorCode FaultUnresolved(Diffusion d, const PetscReal x[], CoefficientFault *fault);
/* log w (and D, if the scheme integrates with the nodes) at the nodes, log_scale taken out. Collective. */
PetscErrorCode NodesEvaluate(Diffusion d, PetscBool tensor, CoefficientFault *fault);
/* Lifts log w at the nodes until it falls by at most NODES_STEEPEST across one element: the least such function. A weight
   that falls faster is not resolved there, and worth nothing (e^-24 of its neighbour's); without this its elements have
   rates of e^50 and more, which no solver survives. */
#define NODES_STEEPEST 24
PetscErrorCode NodesLimitSlope(Diffusion d,
                               CoefficientFault *fault); /* fault: most of the weight is not resolved */
/* Volumes of the nodes by the rule whose points are the nodes, and log_b. Collective. */
PetscErrorCode NodesLump(Diffusion d);
/* The system's vectors and figures from S, B, log_w, log_b; smallest: lower bound of the spectrum of B. Collective. */
PetscErrorCode SystemFinish(Diffusion d, PetscReal smallest);

/* What ElementLoopNext() fills in at the quadrature points, beside the frame. */
typedef enum { LOOP_FRAME = 0, LOOP_WEIGHT = 1, LOOP_TENSOR = 2 } LoopContent;

/* A walk over this rank's elements; coefficients and f are evaluated for many elements at once. */
typedef struct {
  Diffusion d;
  const ElementRule *rule;
  unsigned content;
  PointFunction f; /* or NULL */
  void *ctx;
  PetscInt e;            /* the element */
  const PetscInt *nodes; /* [rule->n] local nodes */
  PetscReal *measure;    /* [rule->points] weight times |det J| */
  PetscReal *inverse;    /* [points][dim][dim] d(reference r)/d(x c) */
  PetscReal *log_w;      /* [points] relative to log_scale */
  PetscReal *D;          /* [points][dim][dim] */
  PetscReal *value;      /* [points] of f */
  CoefficientFault fault;
  PetscInt block, first, loaded;
  PetscReal *block_x, *block_log_w, *block_D, *block_value, *block_measure, *block_inverse;
} ElementLoop;

PetscErrorCode ElementLoopBegin(Diffusion d, const ElementRule *rule, unsigned content, PointFunction f,
                                void *ctx, ElementLoop *loop);
PetscErrorCode ElementLoopNext(ElementLoop *loop, PetscBool *more);
PetscErrorCode ElementLoopEnd(ElementLoop *loop);
