#include "modes_private.h"
#include <math.h>

static PetscErrorCode chain_create(const Graph *g, Precision precision, const volatile int *interrupted,
                                   Chain *c)
{
  PetscFunctionBegin;
  *c = (Chain){.g = g, .n = g->n, .precision = precision, .interrupted = interrupted};
  c->log_mass_unit = PETSC_NINFINITY;
  for (PetscInt i = 0; i < g->n; i++) {
    c->log_mass_unit = PetscMax(c->log_mass_unit, g->log_mass[i]);
    if (g->log_killing[i] > PETSC_NINFINITY) c->killed = PETSC_TRUE;
  }
  PetscCall(PetscMalloc1(g->n, &c->mass));
  for (PetscInt i = 0; i < g->n; i++) {
    c->mass[i] = GraphRelative(g->log_mass[i], c->log_mass_unit);
    c->total += c->mass[i];
  }
  PetscFunctionReturn(0);
}

/* As many of the wells as asked for, or some more where the barriers leave a wide gap below them. */
static PetscInt choose_wells(PetscInt n, const PetscReal persistence[], PetscInt wanted)
{
  const PetscInt limit = PetscMin(n, wanted + 8);
  PetscInt best = PetscMin(n, wanted);
  PetscReal widest = -1;

  if (n <= wanted) return n;
  for (PetscInt m = wanted; m <= limit; m++) {
    const PetscReal gap = persistence[m - 1] - (m < n ? persistence[m] : 2);
    if (gap <= widest) continue;
    widest = gap;
    best = m;
  }
  return best;
}

/* Adds the node that takes longest to reach a bottom, if this turns out to be the bottom of another well. */
static PetscErrorCode grow_cluster(const Chain *chain, PetscInt bottoms[], Cluster *c, PetscBool *grown)
{
  const PetscReal faster = 8;
  Cluster next;

  PetscFunctionBegin;
  *grown = PETSC_FALSE;
  if (!(c->time > 0)) PetscFunctionReturn(0);
  bottoms[c->m] = c->slowest;
  PetscCall(ClusterCreate(chain, c->m + 1, bottoms, c->E, &next));
  *grown = (PetscBool)(!next.failed && next.time < c->time / faster && next.n_claimed > c->n_claimed);
  PetscCall(ClusterDestroy(*grown ? c : &next));
  if (*grown) *c = next;
  PetscFunctionReturn(0);
}

/* The wells that give `wanted` modes if there are so many, else those all of whose modes are slow. */
static PetscErrorCode settle_cluster(const Chain *chain, PetscInt n_wells, PetscInt bottoms[],
                                     const PetscReal persistence[], PetscInt wanted, Cluster *c)
{
  const PetscInt constant = chain->killed ? 0 : 1;
  PetscInt m = choose_wells(n_wells, persistence, wanted + constant);
  PetscBool shrunk = PETSC_FALSE, grown = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(ClusterCreate(chain, m, bottoms, NULL, c));
  while (!c->failed && c->n_claimed < wanted && grown && !(chain->interrupted && *chain->interrupted)) {
    if (c->n_claimed < c->n_slow) {
      Cluster smaller;
      shrunk = PETSC_TRUE;
      m = c->n_claimed + constant;
      PetscCall(ClusterCreate(chain, m, bottoms, c->E, &smaller));
      PetscCall(ClusterDestroy(c));
      *c = smaller;
    } else {
      if (shrunk) break;
      PetscCall(grow_cluster(chain, bottoms, c, &grown));
    }
  }
  PetscFunctionReturn(0);
}

static PetscReal precision_of(Precision precision)
{
  return precision == PRECISION_DOUBLE ? PETSC_MACHINE_EPSILON : 1.1e-19;
}

/* The modes of the cluster, as far as they are asked for. */
static PetscErrorCode take_slow(const Chain *chain, const Cluster *c, PetscInt count, PetscReal log_rate,
                                GraphModes *modes)
{
  const PetscInt n = chain->n;
  long double *f;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &f));
  for (PetscInt k = 0; k < PetscMin(count, c->n_claimed); k++) {
    const long double ratio = c->lambda[k] * c->time;
    long double largest = 0;
    modes->log_lambda[k] =
        c->lambda[k] > 0 ? (PetscReal)(logl(c->lambda[k]) + (long double)log_rate) : PETSC_NINFINITY;
    modes->error[k] =
        (PetscReal)(4 * c->asymmetry + 8 * precision_of(c->E->precision) + powl(ratio, 2 * c->order + 1));
    /* the logarithm is returned in double */
    if (c->lambda[k] > 0) modes->error[k] += 0.5 * PETSC_MACHINE_EPSILON * PetscAbsReal(modes->log_lambda[k]);
    PetscCall(ClusterGetFunction(chain, c, k, f));
    for (PetscInt i = 0; i < n; i++) largest = fabsl(f[i]) > fabsl(largest) ? f[i] : largest;
    for (PetscInt i = 0; i < n; i++) modes->f[(size_t)k * (size_t)n + i] = (PetscReal)(f[i] / largest);
    modes->n_found = k + 1;
  }
  PetscCall(PetscFree(f));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_fast(const Chain *chain, const Cluster *c, PetscInt count, PetscReal log_rate,
                                GraphModes *modes)
{
  const PetscInt known = modes->n_found, missing = count - known;
  PetscInt found = 0;
  long double *lambda;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(missing, &lambda));
  PetscCall(FastModes(chain, c, missing, &found, lambda, modes->error + known,
                      modes->f + (size_t)known * (size_t)chain->n, &modes->iterations));
  for (PetscInt k = 0; k < found; k++)
    modes->log_lambda[known + k] = (PetscReal)(logl(lambda[k]) + (long double)log_rate);
  modes->n_found += found;
  PetscCall(PetscFree(lambda));
  PetscFunctionReturn(0);
}

static PetscErrorCode sort_by_depth(const Graph *g, PetscInt n, PetscInt bottoms[])
{
  PetscReal *depth;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &depth));
  for (PetscInt k = 0; k < n; k++) depth[k] = -g->log_mass[bottoms[k]];
  PetscCall(PetscSortRealWithArrayInt(n, depth, bottoms));
  PetscCall(PetscFree(depth));
  PetscFunctionReturn(0);
}

PetscErrorCode GraphComputeModes(const Graph *graph, PetscInt count, Precision precision,
                                 const volatile int *interrupted, GraphModes *modes)
{
  const PetscReal barrier = 4;
  PetscInt n_wells, *found;
  PetscReal *persistence, log_rate;
  Chain chain;
  Cluster cluster;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(modes, sizeof(*modes)));
  PetscCall(chain_create(graph, precision, interrupted, &chain));
  count = PetscMin(count, graph->n - (chain.killed ? 0 : 1));
  PetscCall(PetscMalloc1(count, &modes->log_lambda));
  PetscCall(PetscMalloc1(count, &modes->error));
  PetscCall(PetscMalloc1((size_t)count * (size_t)graph->n, &modes->f));
  PetscCall(WellsFind(graph, barrier, &n_wells, &found, &persistence));
  PetscCall(PetscMalloc1(n_wells + count + 16, &modes->wells));
  PetscCall(PetscArraycpy(modes->wells, found, n_wells));
  PetscCall(settle_cluster(&chain, n_wells, modes->wells, persistence, count, &cluster));
  log_rate = cluster.E->log_unit - chain.log_mass_unit;
  modes->precision = cluster.E->precision;
  modes->iterations = cluster.order;
  modes->n_wells = PetscMax(n_wells, cluster.m);
  if (!cluster.failed && !(interrupted && *interrupted)) {
    PetscCall(take_slow(&chain, &cluster, count, log_rate, modes));
    if (modes->n_found < count && cluster.n_claimed == cluster.n_slow)
      PetscCall(take_fast(&chain, &cluster, count, log_rate, modes));
  }
  PetscCall(ClusterDestroy(&cluster));
  PetscCall(sort_by_depth(graph, modes->n_wells, modes->wells));
  PetscCall(PetscFree(chain.mass));
  PetscCall(PetscFree(found));
  PetscCall(PetscFree(persistence));
  PetscFunctionReturn(0);
}

PetscErrorCode GraphModesDestroy(GraphModes *modes)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(modes->log_lambda));
  PetscCall(PetscFree(modes->error));
  PetscCall(PetscFree(modes->f));
  PetscCall(PetscFree(modes->wells));
  PetscCall(PetscMemzero(modes, sizeof(*modes)));
  PetscFunctionReturn(0);
}
