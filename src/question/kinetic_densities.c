/* Densities of the kinetic equation on grids: in phase space for one dimension, of the position for both. */
#include "kinetics.h"

enum { LARGEST_TABLE = 20000 };

/* A grid of n[c] + 1 nodes per axis. */
typedef struct {
  FieldMesh mesh;
  PetscReal *axes[2];
} Grid;

static PetscErrorCode grid_create(const PetscInt intervals[], PetscInt dim, const PetscReal box[][2],
                                  Grid *grid)
{
  PetscFunctionBegin;
  *grid = (Grid){.mesh = {.dim = dim, .grid = PETSC_TRUE, .n = {1, 1, 1}, .n_nodes = 1}};
  for (PetscInt c = 0; c < dim; c++) {
    const PetscInt n = intervals[c];

    PetscCall(PetscMalloc1(n + 1, &grid->axes[c]));
    for (PetscInt i = 0; i <= n; i++)
      grid->axes[c][i] = box[c][0] + (box[c][1] - box[c][0]) * ((PetscReal)i / (PetscReal)n);
    grid->mesh.axis[c] = grid->axes[c];
    grid->mesh.n[c] = n + 1;
    grid->mesh.n_nodes *= n + 1;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode grid_clear(Grid *grid)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < 2; c++) PetscCall(PetscFree(grid->axes[c]));
  PetscFunctionReturn(0);
}

/* W(q, p) at the times: phase.h5. */
static PetscErrorCode write_phase(const Kinetics k, const Setting *setting, const PhaseSpaceSettings *s)
{
  const PetscReal extent = k->wanted->grid_extent * PetscSqrtReal(s->mass * s->temperature);
  const PetscReal box[2][2] = {{s->box[0][0], s->box[0][1]}, {-extent, extent}};
  const PetscInt intervals[] = {k->wanted->grid_positions, k->wanted->grid_momenta};
  Grid grid;
  FieldSeries series;
  PetscReal *q, *p, *W;

  PetscFunctionBegin;
  PetscCall(grid_create(intervals, 2, box, &grid));
  const PetscInt n = grid.mesh.n_nodes;

  PetscCall(PetscMalloc3(n, &q, n, &p, n, &W));
  for (PetscInt i = 0; i < n; i++) {
    q[i] = grid.axes[0][i % grid.mesh.n[0]];
    p[i] = grid.axes[1][i / grid.mesh.n[0]];
  }
  PetscCall(FieldSeriesOpen(setting->folder, "phase", &grid.mesh, &series));
  for (PetscInt t = 0; t < k->wanted->n_times; t++) {
    const Field field = {"W", "1/(length momentum)", 1, W};

    PetscCall(PhaseSpaceSample(k->evolution.space, k->evolution.states[t], n, q, p, W, NULL));
    PetscCall(FieldSeriesAdd(series, k->wanted->times[t], 1, &field));
  }
  PetscCall(FieldSeriesClose(&series));
  PetscCall(PetscFree3(q, p, W));
  PetscCall(grid_clear(&grid));
  PetscFunctionReturn(0);
}

/* kinetic_density.csv: the place, and a column for every time. */
static PetscErrorCode write_table(const Kinetics k, RunFolder folder, PetscInt n, const PetscReal x[],
                                  const PetscReal rho[])
{
  const PetscInt dim = k->dim, columns = dim + k->wanted->n_times;
  char(*names)[32];
  const char **header;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(columns, &names, columns, &header, n * columns, &values));
  for (PetscInt j = 0; j < columns; j++) {
    if (j < dim)
      PetscCall(PetscSNPrintf(names[j], sizeof(names[j]), "%c", "xy"[j]));
    else
      PetscCall(PetscSNPrintf(names[j], sizeof(names[j]), "rho_t=%.10g", (double)k->wanted->times[j - dim]));
    header[j] = names[j];
    for (PetscInt i = 0; i < n; i++)
      values[i * columns + j] = j < dim ? x[i * dim + j] : rho[(j - dim) * n + i];
  }
  PetscCall(CsvWrite(folder, "kinetic_density.csv", n, columns, header, values));
  PetscCall(PetscFree3(names, header, values));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_fields(const Kinetics k, RunFolder folder, const Grid *grid, PetscReal rho[])
{
  FieldSeries series;

  PetscFunctionBegin;
  PetscCall(FieldSeriesOpen(folder, "kinetic_density", &grid->mesh, &series));
  for (PetscInt t = 0; t < k->wanted->n_times; t++) {
    const Field field = {"rho", "1/volume", 1, rho + t * grid->mesh.n_nodes};

    PetscCall(FieldSeriesAdd(series, k->wanted->times[t], 1, &field));
  }
  PetscCall(FieldSeriesClose(&series));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_positions(const Kinetics k, const Setting *setting, const PhaseSpaceSettings *s,
                                      PetscBool fields, PetscBool csv)
{
  const PetscInt intervals[] = {k->wanted->grid_positions, k->wanted->grid_positions};
  Grid grid;
  PetscReal *x, *rho;

  PetscFunctionBegin;
  PetscCall(grid_create(intervals, s->dim, s->box, &grid));
  const PetscInt n = grid.mesh.n_nodes;

  PetscCall(PetscMalloc2(n * s->dim, &x, n * k->wanted->n_times, &rho));
  for (PetscInt i = 0; i < n; i++) FieldMeshNode(&grid.mesh, i, &x[i * s->dim]);
  for (PetscInt t = 0; t < k->wanted->n_times; t++)
    PetscCall(PhaseSpaceSamplePosition(k->evolution.space, k->evolution.states[t], n, x, rho + t * n));
  if (fields) PetscCall(write_fields(k, setting->folder, &grid, rho));
  if (csv && n <= LARGEST_TABLE) PetscCall(write_table(k, setting->folder, n, x, rho));
  if (csv && n > LARGEST_TABLE)
    PetscCall(RunFolderLog(setting->folder,
                           "kinetic_density.csv is left out: it would have %" PetscInt_FMT " lines", n));
  PetscCall(PetscFree2(x, rho));
  PetscCall(grid_clear(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsWriteDensities(const Kinetics k, const Setting *setting)
{
  const PhaseSpaceSettings *s;
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(setting->c, &output));
  PetscCall(PhaseSpaceGetSettings(k->evolution.space, &s));
  if (output->xdmf && k->dim == 1) PetscCall(write_phase(k, setting, s));
  if ((output->xdmf && k->dim > 1) || output->csv)
    PetscCall(write_positions(k, setting, s, (PetscBool)(output->xdmf && k->dim > 1), output->csv));
  PetscFunctionReturn(0);
}
