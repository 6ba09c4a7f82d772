/* The weight and the friction at the points of the quadrature. */
#include "space_private.h"
#include <math.h>

/* Gauss points of a panel resolve a weight that varies by this power of e. */
static const PetscReal panel_variation = 4;
/* Where w varies more within a cell, nothing of it is resolved. */
static const PetscReal most_variation = 1400;
enum { SAMPLES = 4, MOST_PANELS_LINE = 400, MOST_PANELS_PLANE = 4 };

/* log_w (and D) at the tensor grid of coordinates x[a][n[a]]. */
static PetscErrorCode evaluate_grid(PhaseSpace space, const PetscInt n[2], PetscReal *const x[2],
                                    PetscReal log_w[], PetscReal D[], CoefficientFault *fault)
{
  const PetscInt dim = space->settings.dim, dd = dim * dim;
  PetscReal *at;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n[0] * dim, &at));
  for (PetscInt j = 0; j < n[1] && !fault->trouble; j++) {
    for (PetscInt i = 0; i < n[0]; i++) {
      at[i * dim] = x[0][i];
      if (dim > 1) at[i * dim + 1] = x[1][j];
    }
    PetscCall(CoefficientsEvaluate(space->coefficients, n[0], at, log_w ? log_w + j * n[0] : NULL,
                                   D ? D + j * n[0] * dd : NULL, fault));
  }
  PetscCall(PetscFree(at));
  PetscFunctionReturn(0);
}

static PetscErrorCode refuse(PhaseSpace space, const PetscReal x[2], const char what[],
                             CoefficientFault *fault)
{
  PetscFunctionBegin;
  fault->trouble = COEFFICIENT_UNRESOLVED;
  for (PetscInt a = 0; a < space->settings.dim; a++) fault->x[a] = x[a];
  if (space->settings.dim == 1) {
    PetscCall(PetscSNPrintf(fault->message, sizeof(fault->message), "%s at x = %.10g.", what, (double)x[0]));
  } else {
    PetscCall(PetscSNPrintf(fault->message, sizeof(fault->message), "%s at x = (%.10g, %.10g).", what,
                            (double)x[0], (double)x[1]));
  }
  PetscFunctionReturn(0);
}

/* How far log w varies along the direction a in each of its pieces, from a coarse grid. */
static void variation(const PetscInt n[2], const PetscReal log_w[], PetscInt a, PetscInt pieces,
                      PetscReal most[])
{
  const PetscInt step = a ? n[0] : 1, other = a ? 1 : n[0], across = n[1 - a], samples = n[a] / pieces;

  for (PetscInt k = 0; k < pieces; k++) {
    most[k] = 0;
    for (PetscInt j = 0; j < across; j++) {
      PetscReal low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL;
      for (PetscInt i = 0; i < samples; i++) {
        const PetscReal v = log_w[(k * samples + i) * step + j * other];
        low = PetscMin(low, v);
        high = PetscMax(high, v);
      }
      most[k] = PetscMax(most[k], high - low);
    }
  }
}

static PetscErrorCode set_quadrature(PhaseSpace space, CoefficientFault *fault)
{
  const PetscInt cap = space->settings.dim == 1 ? MOST_PANELS_LINE : MOST_PANELS_PLANE;
  PetscInt n[2], pieces[2];
  PetscReal *x[2], *log_w;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 2; a++) {
    const Line *const line = &space->line[a];
    pieces[a] = line->cells * line->pieces;
    n[a] = a < space->settings.dim ? pieces[a] * SAMPLES : 1;
    PetscCall(PetscMalloc1(n[a], &x[a]));
    for (PetscInt i = 0; i < n[a]; i++) {
      const PetscReal t = (PetscReal)(i % SAMPLES) / (SAMPLES - 1);
      x[a][i] = line->lo + (line->hi - line->lo) * ((PetscReal)(i / SAMPLES) + t) / (PetscReal)pieces[a];
      x[a][i] = PetscMin(x[a][i], line->hi);
    }
  }
  PetscCall(PetscMalloc1(n[0] * n[1], &log_w));
  PetscCall(evaluate_grid(space, n, x, log_w, NULL, fault));
  for (PetscInt a = 0; a < 2 && !fault->trouble; a++) {
    PetscReal *most;
    PetscInt *panels;
    PetscCall(PetscMalloc2(pieces[a], &most, pieces[a], &panels));
    variation(n, log_w, a, pieces[a], most);
    for (PetscInt k = 0; k < pieces[a]; k++)
      panels[k] = a < space->settings.dim
                      ? (PetscInt)PetscMin(PetscMax(ceil(most[k] / panel_variation), 1), (PetscReal)cap)
                      : 1;
    PetscCall(LineSetQuadrature(&space->line[a], panels));
    PetscCall(PetscFree2(most, panels));
  }
  PetscCall(PetscFree(log_w));
  PetscCall(PetscFree(x[0]));
  PetscCall(PetscFree(x[1]));
  PetscFunctionReturn(0);
}

/* log w at the ends of cells; the two ends of a period are one place. */
static PetscErrorCode evaluate_faces(PhaseSpace space, PetscInt a, CoefficientFault *fault)
{
  SpaceWeight *const w = &space->weight;
  const Line *const line = &space->line[a];
  const PetscInt faces = line->cells + 1, across = w->points[1 - a];
  PetscReal *x[2], *log_w, *ends;
  PetscInt n[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(faces, &ends, faces * across, &log_w));
  PetscCall(PetscMalloc1(faces * across, &w->face[a]));
  for (PetscInt f = 0; f < faces; f++) ends[f] = LineCellEnd(line, line->periodic && f == faces - 1 ? 0 : f);
  n[a] = faces;
  n[1 - a] = across;
  x[a] = ends;
  x[1 - a] = space->line[1 - a].x;
  PetscCall(evaluate_grid(space, n, x, log_w, NULL, fault));
  for (PetscInt f = 0; f < faces; f++)
    for (PetscInt j = 0; j < across; j++)
      w->face[a][f * across + j] = a ? log_w[f * across + j] : log_w[j * faces + f];
  PetscCall(PetscFree2(ends, log_w));
  PetscFunctionReturn(0);
}

/* s D^-1 at the points. */
static PetscErrorCode evaluate_friction(PhaseSpace space, PetscReal *const x[2], CoefficientFault *fault)
{
  const PetscInt dim = space->settings.dim, dd = dim * dim;
  const PetscReal s = space->settings.temperature;
  SpaceWeight *const w = &space->weight;
  const PetscInt n = w->points[0] * w->points[1];
  PetscReal *D;

  PetscFunctionBegin;
  if (space->settings.plain_friction) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(n * dd, &D));
  PetscCall(PetscMalloc3(n, &w->friction[0], n, &w->friction[1], n, &w->friction[2]));
  PetscCall(evaluate_grid(space, w->points, x, NULL, D, fault));
  for (PetscInt j = 0; j < n && !fault->trouble; j++) {
    const PetscReal *const d = D + j * dd;
    const PetscReal det = dim == 1 ? d[0] : d[0] * d[3] - d[1] * d[2];
    w->friction[0][j] = dim == 1 ? s / det : s * d[3] / det;
    w->friction[1][j] = dim == 1 ? 0 : s * d[0] / det;
    w->friction[2][j] = dim == 1 ? 0 : -s * d[1] / det;
    if (!(det > 0) || !isfinite(w->friction[0][j]) || !isfinite(w->friction[1][j])) {
      const PetscReal at[2] = {x[0][j % w->points[0]], x[1][j / w->points[0]]};
      PetscCall(refuse(space, at, "D has no inverse, which the friction is made of,", fault));
      fault->trouble = COEFFICIENT_INDEFINITE;
    }
  }
  PetscCall(PetscFree(D));
  PetscFunctionReturn(0);
}

/* The largest log w of each cell (ends too), and whether it varies too much there. */
static PetscErrorCode find_most(PhaseSpace space, CoefficientFault *fault)
{
  SpaceWeight *const w = &space->weight;
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(l0->cells * l1->cells, &w->most));
  for (PetscInt c1 = 0; c1 < l1->cells; c1++) {
    for (PetscInt c0 = 0; c0 < l0->cells; c0++) {
      PetscReal low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL;
      for (PetscInt j = l1->first[c1]; j < l1->first[c1 + 1]; j++) {
        const PetscReal *const row = w->log_w + j * w->points[0];
        for (PetscInt i = l0->first[c0]; i < l0->first[c0 + 1]; i++) {
          low = PetscMin(low, row[i]);
          high = PetscMax(high, row[i]);
        }
        high = PetscMax(high,
                        PetscMax(w->face[0][c0 * w->points[1] + j], w->face[0][(c0 + 1) * w->points[1] + j]));
      }
      for (PetscInt i = l0->first[c0]; i < l0->first[c0 + 1] && space->settings.dim > 1; i++)
        high = PetscMax(high,
                        PetscMax(w->face[1][c1 * w->points[0] + i], w->face[1][(c1 + 1) * w->points[0] + i]));
      w->most[c1 * l0->cells + c0] = high;
      if (high - low > most_variation && !fault->trouble) {
        const PetscReal at[2] = {0.5 * (LineCellEnd(l0, c0) + LineCellEnd(l0, c0 + 1)),
                                 0.5 * (LineCellEnd(l1, c1) + LineCellEnd(l1, c1 + 1))};
        PetscCall(refuse(space, at, "The weight varies by more than e^1400 within one cell,", fault));
      }
    }
  }
  PetscFunctionReturn(0);
}

/* w/Z instead of w */
static void normalise(PhaseSpace space)
{
  SpaceWeight *const w = &space->weight;
  const PetscInt n = w->points[0] * w->points[1];
  PetscReal high = -PETSC_MAX_REAL, sum = 0;

  for (PetscInt j = 0; j < n; j++) high = PetscMax(high, w->log_w[j]);
  for (PetscInt j = 0; j < n; j++)
    sum += space->line[0].weight[j % w->points[0]] * space->line[1].weight[j / w->points[0]] *
           PetscExpReal(w->log_w[j] - high);
  w->log_Z = high + PetscLogReal(sum);
  for (PetscInt j = 0; j < n; j++) w->log_w[j] -= w->log_Z;
  for (PetscInt a = 0; a < space->settings.dim; a++)
    for (PetscInt j = 0; j < (space->line[a].cells + 1) * w->points[1 - a]; j++) w->face[a][j] -= w->log_Z;
  for (PetscInt j = 0; j < space->line[0].cells * space->line[1].cells; j++) w->most[j] -= w->log_Z;
}

/* Each line's functions are adapted to the geometric mean over the other direction: exact for a product. */
static PetscErrorCode adapt_lines(PhaseSpace space, CoefficientFault *fault)
{
  const SpaceWeight *const w = &space->weight;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 2 && !fault->trouble; a++) {
    Line *const line = &space->line[a];
    const PetscInt step = a ? w->points[0] : 1, other = a ? 1 : w->points[0], across = w->points[1 - a];
    PetscBool independent;
    for (PetscInt i = 0; i < line->n_points; i++) {
      line->log_w[i] = 0;
      for (PetscInt j = 0; j < across; j++)
        line->log_w[i] += w->log_w[i * step + j * other] / (PetscReal)across;
    }
    PetscCall(LineAdapt(line, &independent));
    if (!independent) {
      const PetscReal at[2] = {space->line[0].lo, space->line[1].lo};
      PetscCall(refuse(
          space, at, "The weight varies too much for trigonometric functions (elements can do it),", fault));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpaceWeightCreate(PhaseSpace space, CoefficientFault *fault)
{
  SpaceWeight *const w = &space->weight;
  PetscReal *x[2];

  PetscFunctionBegin;
  PetscCall(set_quadrature(space, fault));
  if (fault->trouble) PetscFunctionReturn(0);
  for (PetscInt a = 0; a < 2; a++) {
    w->points[a] = space->line[a].n_points;
    x[a] = space->line[a].x;
  }
  PetscCall(PetscMalloc1(w->points[0] * w->points[1], &w->log_w));
  PetscCall(evaluate_grid(space, w->points, x, w->log_w, NULL, fault));
  if (!fault->trouble) PetscCall(evaluate_friction(space, x, fault));
  for (PetscInt a = 0; a < space->settings.dim && !fault->trouble; a++)
    PetscCall(evaluate_faces(space, a, fault));
  if (!fault->trouble) PetscCall(find_most(space, fault));
  if (fault->trouble) PetscFunctionReturn(0);
  normalise(space);
  PetscCall(adapt_lines(space, fault));
  PetscFunctionReturn(0);
}

PetscErrorCode SpaceWeightDestroy(SpaceWeight *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(w->log_w));
  PetscCall(PetscFree(w->face[0]));
  PetscCall(PetscFree(w->face[1]));
  PetscCall(PetscFree(w->most));
  PetscCall(PetscFree3(w->friction[0], w->friction[1], w->friction[2]));
  PetscFunctionReturn(0);
}
