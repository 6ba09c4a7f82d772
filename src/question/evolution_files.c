/* What an evolution leaves in the run folder: observables.csv, fields over time, marginals. */
#include "evolution.h"

static PetscErrorCode write_observables(Evolution e, RunFolder folder)
{
  static const char *const first[] = {"time", "mass", "minimum", "relative_entropy", "chi_square"};
  const PetscInt fixed = PETSC_STATIC_ARRAY_LENGTH(first), columns = fixed + e->n_observables;
  const char **header;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(columns, &header, columns * e->n_times, &values));
  for (PetscInt i = 0; i < columns; i++) {
    header[i] = i < fixed ? first[i] : e->wanted->observables[i - fixed].name;
  }
  for (PetscInt k = 0; k < e->n_times; k++) {
    const PetscReal row[] = {e->wanted->times[k], e->mass[k], e->minimum[k], e->relative_entropy[k],
                             e->chi_square[k]};
    PetscCall(PetscArraycpy(&values[k * columns], row, fixed));
    for (PetscInt i = 0; i < e->n_observables; i++) {
      values[k * columns + fixed + i] = e->observables[i * e->n_times + k];
    }
  }
  PetscCall(CsvWrite(folder, "observables.csv", e->n_times, columns, header, values));
  PetscCall(PetscFree2(header, values));
  PetscFunctionReturn(0);
}

/* The node vectors of one state, and where they go on rank 0. */
typedef struct {
  Vec h, rho, flux[REITER_MAX_DIM];
  PetscInt dim, n; /* nodes of the picture */
  PetscReal *rho_values, *flux_values;
} Picture;

static PetscErrorCode picture_create(const Setting *setting, PetscBool flux, Picture *p)
{
  const DomainMesh *mesh;
  const FieldMesh *picture;
  const PetscInt *natural;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(p, sizeof(*p)));
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(DomainGetFieldMesh(setting->domain, &picture, &natural));
  p->dim = mesh->dim;
  p->n = setting->rank == 0 ? picture->n_nodes : 0;
  PetscCall(DomainCreateVector(setting->domain, &p->h));
  PetscCall(VecDuplicate(p->h, &p->rho));
  for (PetscInt c = 0; flux && c < p->dim; c++) PetscCall(VecDuplicate(p->h, &p->flux[c]));
  if (flux) PetscCall(PetscMalloc1(p->n * p->dim, &p->flux_values));
  PetscFunctionReturn(0);
}

static PetscErrorCode picture_clear(Picture *p)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&p->h));
  PetscCall(VecDestroy(&p->rho));
  for (PetscInt c = 0; c < p->dim; c++) PetscCall(VecDestroy(&p->flux[c]));
  PetscCall(PetscFree(p->flux_values));
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_flux(const Setting *setting, Vec g, Picture *p)
{
  PetscFunctionBegin;
  PetscCall(DiffusionGetFlux(setting->diffusion, g, p->flux));
  for (PetscInt c = 0; c < p->dim; c++) {
    PetscReal *values;
    PetscCall(GatherForFields(setting, p->flux[c], &values));
    for (PetscInt i = 0; i < p->n; i++) p->flux_values[i * p->dim + c] = values[i];
    PetscCall(PetscFree(values));
  }
  PetscFunctionReturn(0);
}

/* The densities at all times on the nodes, for the table: values[node][dim + k]. */
static void fill_column(const FieldMesh *mesh, PetscInt columns, PetscInt column, const PetscReal from[],
                        PetscReal values[])
{
  for (PetscInt i = 0; i < mesh->n_nodes; i++) values[i * columns + column] = from[i];
}

static void fill_positions(const FieldMesh *mesh, PetscInt columns, PetscReal values[])
{
  for (PetscInt i = 0; i < mesh->n_nodes; i++) FieldMeshNode(mesh, i, &values[i * columns]);
}

static PetscErrorCode write_density_table(Evolution e, const FieldMesh *mesh, RunFolder folder,
                                          const PetscReal values[])
{
  const PetscInt columns = mesh->dim + e->n_times;
  char(*names)[32];
  const char **header;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(columns, &names, columns, &header));
  for (PetscInt i = 0; i < columns; i++) {
    if (i < mesh->dim)
      PetscCall(PetscSNPrintf(names[i], 32, "%c", "xyz"[i]));
    else
      PetscCall(PetscSNPrintf(names[i], 32, "rho_t=%.10g", (double)e->wanted->times[i - mesh->dim]));
    header[i] = names[i];
  }
  PetscCall(CsvWrite(folder, "density.csv", mesh->n_nodes, columns, header, values));
  PetscCall(PetscFree2(names, header));
  PetscFunctionReturn(0);
}

/* A table is for small pictures: what people open in a spreadsheet. */
enum { LARGEST_TABLE = 20000 };

static PetscErrorCode write_density(const Setting *setting, Evolution e, PetscBool xdmf, PetscBool csv)
{
  const FieldMesh *mesh;
  const PetscInt *natural;
  FieldSeries series = NULL;
  PetscReal *table = NULL;
  Picture p;
  Vec g;

  PetscFunctionBegin;
  PetscCall(DomainGetFieldMesh(setting->domain, &mesh, &natural));
  PetscCall(picture_create(setting, e->wanted->currents, &p));
  if (setting->rank == 0 && xdmf) PetscCall(FieldSeriesOpen(setting->folder, "density", mesh, &series));
  if (setting->rank == 0 && csv && p.n > LARGEST_TABLE)
    PetscCall(
        RunFolderLog(setting->folder, "density.csv is left out: it would have %" PetscInt_FMT " lines", p.n));
  if (setting->rank == 0 && csv && p.n <= LARGEST_TABLE) {
    PetscCall(PetscMalloc1(p.n * (p.dim + e->n_times), &table));
    fill_positions(mesh, p.dim + e->n_times, table);
  }
  for (PetscInt k = 0; k < e->n_times; k++) {
    PetscCall(EvolveGetState(e->forward, k, &g));
    PetscCall(DiffusionGetField(setting->diffusion, g, p.h, p.rho));
    PetscCall(GatherForFields(setting, p.rho, &p.rho_values));
    if (e->wanted->currents) PetscCall(fill_flux(setting, g, &p));
    const Field fields[] = {{"rho", "1/volume", 1, p.rho_values},
                            {"current", "1/(area time)", p.dim, p.flux_values}};
    if (series) PetscCall(FieldSeriesAdd(series, e->wanted->times[k], e->wanted->currents ? 2 : 1, fields));
    if (table) fill_column(mesh, p.dim + e->n_times, p.dim + k, p.rho_values, table);
    PetscCall(PetscFree(p.rho_values));
  }
  if (table) PetscCall(write_density_table(e, mesh, setting->folder, table));
  if (series) PetscCall(FieldSeriesClose(&series));
  PetscCall(PetscFree(table));
  PetscCall(picture_clear(&p));
  PetscFunctionReturn(0);
}

/* E_x f(X_t): one field for each function, over the times. */
static PetscErrorCode write_backward(const Setting *setting, Evolution e)
{
  const FieldMesh *mesh;
  const PetscInt *natural;
  FieldSeries series = NULL;
  Field *fields;
  Picture p;
  Vec g;

  PetscFunctionBegin;
  if (!e->n_backward) PetscFunctionReturn(0);
  PetscCall(DomainGetFieldMesh(setting->domain, &mesh, &natural));
  PetscCall(picture_create(setting, PETSC_FALSE, &p));
  PetscCall(PetscCalloc1(e->n_backward, &fields));
  if (setting->rank == 0) PetscCall(FieldSeriesOpen(setting->folder, "backward", mesh, &series));
  for (PetscInt k = 0; k < e->n_times; k++) {
    for (PetscInt i = 0; i < e->n_backward; i++) {
      PetscReal *values;
      PetscCall(EvolveGetState(e->backward[i], k, &g));
      PetscCall(DiffusionGetField(setting->diffusion, g, p.h, p.rho));
      PetscCall(GatherForFields(setting, p.h, &values));
      fields[i] = (Field){e->wanted->backward[i].name, "as the function", 1, values};
    }
    if (series) PetscCall(FieldSeriesAdd(series, e->wanted->times[k], e->n_backward, fields));
    for (PetscInt i = 0; i < e->n_backward; i++) PetscCall(PetscFree(fields[i].values));
  }
  if (series) PetscCall(FieldSeriesClose(&series));
  PetscCall(PetscFree(fields));
  PetscCall(picture_clear(&p));
  PetscFunctionReturn(0);
}

/* The weights of the quadrature on the nodes of one axis of a box, in natural order. */
static PetscErrorCode axis_weights(const DomainMesh *mesh, PetscInt axis, PetscReal weights[])
{
  static const PetscReal lobatto[4][5] = {
      {0.5, 0.5},
      {1.0 / 6, 4.0 / 6, 1.0 / 6},
      {1.0 / 12, 5.0 / 12, 5.0 / 12, 1.0 / 12},
      {1.0 / 20, 49.0 / 180, 32.0 / 90, 49.0 / 180, 1.0 / 20},
  };
  const PetscInt p = mesh->order, n = mesh->grid[axis];
  const PetscReal h = (mesh->bounds[axis][1] - mesh->bounds[axis][0]) / (PetscReal)mesh->cells[axis];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(weights, n));
  for (PetscInt e = 0; e < mesh->cells[axis]; e++) {
    for (PetscInt i = 0; i <= p; i++) weights[(e * p + i) % n] += h * lobatto[p - 1][i];
  }
  PetscFunctionReturn(0);
}

/* marginal[k][i] += the density at natural nodes, summed over the other components. */
static PetscErrorCode sum_others(const DomainMesh *mesh, PetscInt axis, const PetscReal rho[],
                                 PetscReal marginal[])
{
  PetscReal *weights[REITER_MAX_DIM];
  PetscInt index[REITER_MAX_DIM] = {0};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < mesh->dim; c++) {
    PetscCall(PetscMalloc1(mesh->grid[c], &weights[c]));
    PetscCall(axis_weights(mesh, c, weights[c]));
  }
  for (PetscInt i = 0; i < mesh->n_global; i++) {
    PetscReal weight = 1;
    for (PetscInt c = 0; c < mesh->dim; c++) {
      if (c != axis) weight *= weights[c][index[c]];
    }
    marginal[index[axis]] += weight * rho[i];
    for (PetscInt c = 0; c < mesh->dim && ++index[c] == mesh->grid[c]; c++) index[c] = 0;
  }
  for (PetscInt c = 0; c < mesh->dim; c++) PetscCall(PetscFree(weights[c]));
  PetscFunctionReturn(0);
}

/* marginal_x.csv: the coordinate, and one column for each time. */
static PetscErrorCode write_marginal(const Setting *setting, Evolution e, PetscInt axis)
{
  const DomainMesh *mesh;
  const FieldMesh *picture;
  const PetscInt *natural;
  PetscReal *rho = NULL, *marginal = NULL, *table = NULL;
  PetscInt n, columns = 1 + e->n_times;
  char(*names)[32], file[32];
  const char **header;
  Vec g, h, field;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(DomainGetFieldMesh(setting->domain, &picture, &natural));
  n = mesh->grid[axis];
  PetscCall(DomainCreateVector(setting->domain, &h));
  PetscCall(VecDuplicate(h, &field));
  PetscCall(PetscMalloc2(columns, &names, columns, &header));
  PetscCall(PetscMalloc3(mesh->n_global, &rho, n, &marginal, n * columns, &table));
  for (PetscInt k = 0; k < e->n_times; k++) {
    PetscCall(EvolveGetState(e->forward, k, &g));
    PetscCall(DiffusionGetField(setting->diffusion, g, h, field));
    PetscCall(DomainGather(setting->domain, field, rho));
    if (setting->rank) continue;
    PetscCall(PetscArrayzero(marginal, n));
    PetscCall(sum_others(mesh, axis, rho, marginal));
    for (PetscInt i = 0; i < n; i++) table[i * columns + 1 + k] = marginal[i];
    PetscCall(PetscSNPrintf(names[k + 1], 32, "rho_t=%.10g", (double)e->wanted->times[k]));
  }
  PetscCall(PetscSNPrintf(names[0], 32, "%c", "xyz"[axis]));
  for (PetscInt k = 0; k < columns; k++) header[k] = names[k];
  for (PetscInt i = 0; setting->rank == 0 && i < n; i++) table[i * columns] = picture->axis[axis][i];
  PetscCall(PetscSNPrintf(file, sizeof(file), "marginal_%c.csv", "xyz"[axis]));
  if (setting->rank == 0) PetscCall(CsvWrite(setting->folder, file, n, columns, header, table));
  PetscCall(PetscFree3(rho, marginal, table));
  PetscCall(PetscFree2(names, header));
  PetscCall(VecDestroy(&h));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionWriteFiles(void *answer, const Setting *setting)
{
  const Evolution e = answer;
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(setting->c, &output));
  if (setting->rank == 0) PetscCall(write_observables(e, setting->folder));
  if (output->xdmf || output->csv) PetscCall(write_density(setting, e, output->xdmf, output->csv));
  if (output->xdmf) PetscCall(write_backward(setting, e));
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    if (e->wanted->marginals[c]) PetscCall(write_marginal(setting, e, c));
  }
  PetscCall(EvolveRemoveCheckpoint(e->forward));
  for (PetscInt i = 0; i < e->n_backward; i++) PetscCall(EvolveRemoveCheckpoint(e->backward[i]));
  PetscFunctionReturn(0);
}
