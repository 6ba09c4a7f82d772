#include <math.h>
#include "green.h"

GreenKind GreenKindOf(Boundary left, Boundary right, PetscBool flux)
{
  if (left == BOUNDARY_PERIODIC) return GREEN_CIRCLE;
  if (left == BOUNDARY_ABSORBING) return right == BOUNDARY_ABSORBING ? GREEN_HELD : GREEN_RIGHT_FREE;
  if (right == BOUNDARY_ABSORBING) return GREEN_LEFT_FREE;
  return flux ? GREEN_FLUX : GREEN_HELD;
}

/* s and 1 - s of what is cumulated. */
static void share_out(Green *green, const long double cumulated[])
{
  const Line *line = green->line;
  long double total;

  LineFromLeft(green->rule, line, cumulated, green->share, green->share_edge);
  LineFromRight(green->rule, line, cumulated, green->rest, green->rest_edge);
  total = green->share_edge[line->n];
  for (PetscInt i = 0; i < green->n; i++) {
    green->share[i] /= total;
    green->rest[i] /= total;
  }
  for (PetscInt i = 0; i <= line->n; i++) {
    green->share_edge[i] /= total;
    green->rest_edge[i] /= total;
  }
  green->log_total = logl(total) + (green->kind == GREEN_FLUX ? line->log_w : line->log_v);
  green->log_scale += logl(total);
}

/* The trace is the integral of the kernel's diagonal over the weight. */
static void divide_by_trace(Green *green)
{
  const PetscBool held = (PetscBool)(green->kind != GREEN_LEFT_FREE && green->kind != GREEN_RIGHT_FREE);
  long double trace;

  for (PetscInt i = 0; i < green->n; i++)
    green->density[i] = green->weight[i] * green->share[i] * (held ? green->rest[i] : 1);
  trace = LineIntegral(green->rule, green->line, green->density);
  for (PetscInt i = 0; i < green->n; i++) green->weight[i] /= trace;
  green->log_scale += logl(trace);
}

PetscErrorCode GreenCreate(const GaussRule *rule, const Line *line, GreenKind kind, Green *green)
{
  const PetscInt n = line->n * GAUSS_POINTS, edges = line->n + 1;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(green, sizeof(*green)));
  green->rule = rule;
  green->line = line;
  green->kind = kind;
  green->n = n;
  green->log_scale = (long double)line->log_w + line->log_v;
  PetscCall(PetscMalloc6(n, &green->weight, n, &green->share, n, &green->rest, n, &green->density, n,
                         &green->left, n, &green->right));
  PetscCall(PetscMalloc4(edges, &green->share_edge, edges, &green->rest_edge, edges, &green->left_edge, edges,
                         &green->right_edge));
  PetscCall(PetscArraycpy(green->weight, kind == GREEN_FLUX ? line->v : line->w, n));
  if (kind == GREEN_LEFT_FREE)
    LineFromRight(rule, line, line->v, green->share, NULL);
  else if (kind == GREEN_RIGHT_FREE)
    LineFromLeft(rule, line, line->v, green->share, NULL);
  else
    share_out(green, kind == GREEN_FLUX ? line->w : line->v);
  divide_by_trace(green);
  PetscFunctionReturn(0);
}

PetscErrorCode GreenDestroy(Green *green)
{
  PetscFunctionBegin;
  PetscCall(PetscFree6(green->weight, green->share, green->rest, green->density, green->left, green->right));
  PetscCall(PetscFree4(green->share_edge, green->rest_edge, green->left_edge, green->right_edge));
  PetscFunctionReturn(0);
}

/* The two integrals of an operator with both ends held. */
static void apply_held(Green *green, const long double g[], long double result[])
{
  long double *density = green->density;

  for (PetscInt i = 0; i < green->n; i++) density[i] = green->weight[i] * g[i] * green->share[i];
  LineFromLeft(green->rule, green->line, density, green->left, green->left_edge);
  for (PetscInt i = 0; i < green->n; i++) density[i] = green->weight[i] * g[i] * green->rest[i];
  LineFromRight(green->rule, green->line, density, green->right, green->right_edge);
  for (PetscInt i = 0; i < green->n; i++)
    result[i] = green->rest[i] * green->left[i] + green->share[i] * green->right[i];
}

/* One end free: integrate from there, then to the end that is held. */
static void apply_free(Green *green, const long double g[], long double result[])
{
  for (PetscInt i = 0; i < green->n; i++) green->density[i] = green->weight[i] * g[i];
  if (green->kind == GREEN_LEFT_FREE)
    LineFromLeft(green->rule, green->line, green->density, green->left, NULL);
  else
    LineFromRight(green->rule, green->line, green->density, green->left, NULL);
  for (PetscInt i = 0; i < green->n; i++) green->density[i] = green->line->v[i] * green->left[i];
  if (green->kind == GREEN_LEFT_FREE)
    LineFromRight(green->rule, green->line, green->density, result, green->right_edge);
  else
    LineFromLeft(green->rule, green->line, green->density, result, green->right_edge);
}

void GreenApply(Green *green, const long double g[], long double result[])
{
  if (green->kind == GREEN_LEFT_FREE || green->kind == GREEN_RIGHT_FREE)
    apply_free(green, g, result);
  else
    apply_held(green, g, result);
}

void GreenEdges(Green *green, long double result[])
{
  for (PetscInt i = 0; i <= green->line->n; i++) {
    if (green->kind == GREEN_LEFT_FREE || green->kind == GREEN_RIGHT_FREE)
      result[i] = green->right_edge[i];
    else
      result[i] = green->rest_edge[i] * green->left_edge[i] + green->share_edge[i] * green->right_edge[i];
  }
}

/* f = int_from^x P r - int_x^to (1 - P) r has derivative r = u/(w D), and mean zero. */
void GreenFluxFunction(Green *green, long double f[])
{
  for (PetscInt i = 0; i <= green->line->n; i++) f[i] = green->left_edge[i] - green->right_edge[i];
}
