/* A dry run: the macroscopic points of a case, some of them looked at by a pilot. */
#include <time.h>
#include "report_cost.h"
#include "run_private.h"

/* Some of the points, spread evenly: rows of a grid of nodes, numbers of a list. */
static PetscInt pick(const CaseEffective *e, PetscInt dim, PetscInt which)
{
  static const PetscReal step[REITER_MAX_DIM] = {0.7548776662466927, 0.5698402909980532, 0.4301597090019468};
  PetscInt point = 0, stride = 1;

  for (PetscInt c = 0; c < (e->grid ? dim : 1); c++) {
    const PetscInt n = e->grid ? e->cells[c] + 1 : e->n_points;
    const PetscReal at = 0.5 + (PetscReal)which * step[c];

    point += stride * PetscMin(n - 1, (PetscInt)((at - PetscFloorReal(at)) * (PetscReal)n));
    stride *= n;
  }
  return point;
}

static PetscBool all_anew(const CascadeCost *cost)
{
  return (PetscBool)(cost->n_levels > 0 && cost->level[0].anew);
}

static PetscErrorCode predict_points(Case c, Cascade cascade, CostReport *r)
{
  const CaseEffective *e;
  PetscReal x[REITER_MAX_DIM];
  PetscInt dim, wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(c, &e));
  PetscCall(CaseGetDimension(c, &dim));
  wanted = PetscMax(1, PetscMin(e->n_points, COST_PILOTS));
  for (PetscInt i = 0; i < wanted; i++) {
    const PetscInt point = e->n_points <= COST_PILOTS ? i : pick(e, dim, i);

    PetscCall(RunPlanPoint(c, x));
    if (e->n_points) PetscCall(PetscArraycpy(x, &e->points[point * dim], dim));
    PetscCall(CascadePredict(cascade, x, &r->pilot[i]));
    r->n_pilots = i + 1;
    r->bytes = PetscMax(r->bytes, r->pilot[i].bytes);
    /* Where no cell sees x, the first point is all that costs. */
    if (r->pilot[i].failure.status != CELL_OK || !all_anew(&r->pilot[i])) break;
  }
  r->n_points = e->n_points;
  r->bytes += (PetscReal)r->n_points * sizeof(EffectivePoint);
  PetscFunctionReturn(0);
}

/* Five nodes in each direction that V1 sees, before any refinement. */
static PetscErrorCode count_table(Case c, PetscInt *points)
{
  const CaseDomain *domain;
  Potential potential;
  PetscInt dim, scales;
  VariableSet seen = 0;

  PetscFunctionBegin;
  *points = 0;
  PetscCall(CaseGetDomain(c, &domain));
  PetscCall(CaseGetPotential(c, &potential));
  if (!domain->given) PetscFunctionReturn(0);
  PetscCall(PotentialGetSizes(potential, &dim, &scales, NULL));
  for (PetscInt k = 0; k <= scales; k++) {
    VariableSet own;
    PetscCall(PotentialLevelVariables(potential, k, &own));
    seen |= own;
  }
  *points = 1;
  for (PetscInt i = 0; i < dim; i++) {
    if (seen & VariableBit(0, i)) *points *= 5;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_ranks(const char text[], CostReport *r)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  if (!text) r->ranks[r->n_ranks++] = size;
  for (const char *at = text; at && r->n_ranks < COST_RANKS;) {
    r->ranks[r->n_ranks++] = (PetscInt)strtol(at, NULL, 10);
    at = strchr(at, ',');
    if (at) at++;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode RunCost(Case c, const char ranks[], FILE *stream)
{
  CostReport report = {.startup = (PetscReal)clock() / CLOCKS_PER_SEC};
  Cascade cascade;

  PetscFunctionBegin;
  PetscCall(read_ranks(ranks, &report));
  PetscCall(CascadeOfCase(c, &cascade));
  if (!cascade) {
    fprintf(stream, "cost: no cells; that of `diffusion:` and of questions on a domain is not predicted\n");
    PetscFunctionReturn(0);
  }
  PetscCall(predict_points(c, cascade, &report));
  PetscCall(count_table(c, &report.table_points));
  PetscCall(CascadeDestroy(&cascade));
  PetscCall(CostReportPrint(&report, stream));
  PetscFunctionReturn(0);
}
