/*
  How equilibria move, appear and vanish: stationary points of Phi(x; p) = F/s (eq. 1.3) with their index, their branches
  in one parameter, folds and branch points, and the curves of these in two parameters (section 3).
*/
#pragma once
#include <reiter/free_energy.h>
#include <reiter/output.h>

enum { TRANSITION_UNKNOWNS = 10 };

/* A family of functions with its exact derivatives; FreeEnergy is one, polynomials in the tests are others. */
typedef struct {
  PetscInt dim, m; /* m = 1 or 2 free parameters */
  PetscErrorCode (*Evaluate)(void *context, const PetscReal x[], const PetscReal p[], PetscInt order,
                             FreeEnergyJet *jet, PetscBool *good);
  void *context; /* borrowed */
} EnergyFamily;

/* The family of a free energy, which is borrowed. */
PetscErrorCode EnergyFamilyOf(FreeEnergy energy, EnergyFamily *family);

/*
  Equations whose solutions are curves, in unknowns u[n + 1], the last one the parameter of the curve:
    point      G = 0                                                   x[d], p                  n = d
    fold       G = 0, H v = 0, v.v = 1                                 x[d], v[d], p, q         n = 2 d + 1
    branching  G + beta v = 0, H v = 0, v.v = 1, v.G_p = 0             x[d], v[d], beta, p, q   n = 2 d + 2
  H is symmetric, so v is the left null vector too; beta = 0 at a true branch point. The last system is regular at
  pitchforks, symmetric or not, and at transcritical points.
*/
typedef enum { SYSTEM_POINT, SYSTEM_FOLD, SYSTEM_BRANCHING } SystemKind;
typedef struct _p_System *System;

/* scale[n + 1]: lengths by which steps and errors are measured; q: second parameter of SYSTEM_POINT. */
PetscErrorCode SystemCreate(const EnergyFamily *family, SystemKind kind, const PetscReal scale_x[],
                            const PetscReal scale_p[], System *system);
PetscErrorCode SystemDestroy(System *system);
PetscErrorCode SystemGetSize(System system, PetscInt *n);
PetscErrorCode SystemSetSecond(System system, PetscReal q);
/* Newton (SNES) on the equations and t.(u - u0) = 0 in scaled lengths, u0 the u given; t = NULL keeps u[n]. *error: the
   last step and the effect of the averages' error, in scaled lengths. *good is false where Newton fails. */
PetscErrorCode SystemSolve(System system, const PetscReal t[], PetscReal u[], PetscReal *error,
                           PetscBool *good);
/* Unit tangent with old.t > 0 (old NULL: du[n] > 0); sign: that of the determinant of the bordered matrix. */
PetscErrorCode SystemTangent(System system, const PetscReal u[], const PetscReal old[], PetscReal t[],
                             PetscInt *sign, PetscBool *good);
/* The jet of the family in u. */
PetscErrorCode SystemJet(System system, const PetscReal u[], PetscInt order, FreeEnergyJet *jet,
                         PetscBool *good);
/* Eigenvalues of H ascending, the eigenvector v[d] of the one nearest 0, and how many are negative. */
PetscErrorCode JetSpectrum(PetscInt dim, const FreeEnergyJet *jet, PetscReal eigenvalues[], PetscReal v[],
                           PetscInt *index);
/* Coefficient c of the reduced equation c a^3/6 + ... along v[d] (v.T.v.v = 0 supposed): > 0 supercritical. Its fourth
   derivative is a difference of exact third ones. */
PetscErrorCode PitchforkCoefficient(const EnergyFamily *family, const PetscReal x[], const PetscReal p[],
                                    const PetscReal v[], PetscReal scale, PetscReal *c, PetscReal *error,
                                    PetscBool *good);

typedef struct {
  PetscReal x[3], F, Phi, eigenvalues[3], error;
  PetscInt index;
} StationaryPoint;

typedef struct {
  PetscInt n;
  StationaryPoint *points; /* by x, y, z */
  PetscBool degree_checked;
  PetscInt degree, sum; /* of G on the boundary; of the signs of det H */
} StationaryPoints;

/* All in box[d][2] at p[m]. degree_checked is false where the degree could not be found or differs from the sum. */
PetscErrorCode StationaryPointsFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal p[],
                                    StationaryPoints *points);
PetscErrorCode StationaryPointsDestroy(StationaryPoints *points);

typedef struct {
  PetscReal u[TRANSITION_UNKNOWNS], t[TRANSITION_UNKNOWNS], error;
  PetscReal monitor; /* what changes sign at an event, beside t[n] and sign */
  PetscInt sign, index;
} CurvePoint;

typedef struct {
  SystemKind kind;
  PetscInt n;
  CurvePoint *points;
  PetscBool closed, broken; /* broken: the steps became too small */
} Curve;

/* From u, on a solution, both ways, while lower <= u <= upper (n + 1 each). */
PetscErrorCode CurveTrace(System system, const PetscReal u[], const PetscReal lower[],
                          const PetscReal upper[], PetscReal largest_step, Curve *curve);
PetscErrorCode CurveDestroy(Curve *curve);

/* EVENT_MULTIPLE: several eigenvalues vanish at once, as symmetry demands it. */
typedef enum {
  EVENT_FOLD,
  EVENT_PITCHFORK,
  EVENT_TRANSCRITICAL,
  EVENT_CUSP,
  EVENT_DEGENERATE,
  EVENT_MULTIPLE
} EventKind;

typedef struct {
  EventKind kind;
  PetscInt curve;
  PetscReal x[3], v[3], p[2], error;
  PetscReal coefficient, coefficient_error; /* of a pitchfork: > 0 supercritical; of a fold v.T.v.v */
} Event;

typedef struct {
  PetscInt n_curves, n_events;
  PetscInt lost; /* events that could not be located */
  Curve *curves;
  Event *events;
} Branches;

/* All branches over range of the first parameter, the second (if there is one) at q. starts: numbers of values of the
   parameter at which all stationary points are sought. */
PetscErrorCode BranchesFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal range[2],
                            PetscReal q, PetscInt starts, Branches *branches);
/* Curves of the folds and branch points found at one value of the second parameter, with the cusps and degenerate
   pitchforks on them. ranges[2][2]. */
PetscErrorCode PhaseCurvesFind(const EnergyFamily *family, const PetscReal box[][2],
                               const PetscReal ranges[][2], PetscInt slices, Branches *phase);
PetscErrorCode BranchesDestroy(Branches *branches);

typedef struct {
  PetscReal X, p, q;
  PetscReal y; /* the quantity: |p - p_c|, |x - x_c| */
  PetscReal exponent, error;
} LocalExponent;

typedef struct {
  PetscInt n;        /* of the distances that were asked for, those that are reached */
  LocalExponent *at; /* in their order */
  PetscBool has_limit;
  PetscReal limit, limit_error; /* for X to 0, extrapolated */
} ExponentSeries;

/* d log|p - p_c| / d log X, X = |q - q_c|/|q_c| (|q| where q_c is 0), along the curve of folds that ends in the event (a
   degenerate pitchfork or a cusp), by exact tangents. *found is false if the curve does not end there. */
PetscErrorCode ExponentsOfFolds(const EnergyFamily *family, const PetscReal box[][2],
                                const PetscReal ranges[][2], const Curve *folds, const Event *end, PetscInt n,
                                const PetscReal X[], ExponentSeries *series, PetscBool *found);
/* d log|x - x_c| / d log X, X = |p - p_c|/|p_c|, on the branch that leaves a pitchfork; q: the second parameter. */
PetscErrorCode ExponentsOfBranch(const EnergyFamily *family, const PetscReal box[][2],
                                 const PetscReal range[2], PetscReal q, const Event *event, PetscInt n,
                                 const PetscReal X[], ExponentSeries *series, PetscBool *found);
PetscErrorCode ExponentSeriesDestroy(ExponentSeries *series);

/* Between two events of the first parameter the list of states stays the same; with more than one stable state there can be
   hysteresis. */
typedef struct {
  PetscReal from, to;
  PetscInt stable, unstable;
  PetscBool checked; /* by the degree */
} StateInterval;

/* Ascending; they end at events and where a branch leaves the box; the caller frees (PetscFree). */
PetscErrorCode IntervalsFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal range[2],
                             PetscReal q, const Branches *branches, PetscInt *n, StateInterval **intervals);

/* The states at the n x n middles of the cells of a grid over two ranges, the first parameter fastest. A region has the same
   list of indices; regions are numbered from 1, those with fewer points first. */
typedef struct {
  PetscInt n, n_regions;
  PetscInt *points, *minima, *region;
  PetscInt unchecked; /* nodes whose points the degree does not confirm */
} PhaseMap;

void PhaseMapNode(const PetscReal ranges[][2], PetscInt n, PetscInt node, PetscReal p[2]);
/* Collective: rows are shared, the map is on all ranks. *whole is false after an interruption. */
PetscErrorCode PhaseMapMake(MPI_Comm comm, const EnergyFamily *family, const PetscReal box[][2],
                            const PetscReal ranges[][2], PetscInt n, const volatile int *interrupted,
                            PhaseMap *map, PetscBool *whole);
PetscErrorCode PhaseMapFree(PhaseMap *map);
