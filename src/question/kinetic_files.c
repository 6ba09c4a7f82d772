/* What the kinetic equation leaves in the run folder. */
#include "kinetics.h"

enum { MOST_COLUMNS = 20 };

/* A table that grows by columns. */
typedef struct {
  PetscInt rows, columns;
  const char *header[MOST_COLUMNS];
  PetscReal *values[MOST_COLUMNS];
} Table;

static PetscErrorCode add_column(Table *table, const char *name, PetscReal **values)
{
  PetscFunctionBegin;
  PetscCheck(table->columns < MOST_COLUMNS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Too many columns");
  PetscCall(PetscMalloc1(table->rows, values));
  table->header[table->columns] = name;
  table->values[table->columns++] = *values;
  PetscFunctionReturn(0);
}

static PetscErrorCode write_table(Table *table, RunFolder folder, const char *name)
{
  PetscReal *rows;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(table->rows * table->columns, &rows));
  for (PetscInt j = 0; j < table->columns; j++) {
    for (PetscInt i = 0; i < table->rows; i++) rows[i * table->columns + j] = table->values[j][i];
    PetscCall(PetscFree(table->values[j]));
  }
  PetscCall(CsvWrite(folder, name, table->rows, table->columns, table->header, rows));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_diffusion(const Kinetics k, Table *table)
{
  static const char *const names[][4] = {{"D"}, {"D_xx", "D_xy", "D_yx", "D_yy"}};
  static const char *const errors[][4] = {{"D_error"},
                                          {"D_xx_error", "D_xy_error", "D_yx_error", "D_yy_error"}};
  static const char *const limits[][4] = {
      {"D_overdamped"}, {"D_xx_overdamped", "D_xy_overdamped", "D_yx_overdamped", "D_yy_overdamped"}};
  const PetscInt n = table->rows;
  PetscReal *value, *error, *limit;

  PetscFunctionBegin;
  for (PetscInt e = 0; e < k->dim * k->dim; e++) {
    if (e == 2) continue; /* D is symmetric */
    PetscCall(add_column(table, names[k->dim - 1][e], &value));
    PetscCall(add_column(table, errors[k->dim - 1][e], &error));
    for (PetscInt i = 0; i < n; i++) {
      value[i] = k->records[i].D[e];
      error[i] = k->records[i].D_error[e];
    }
    if (!k->limit.has_diffusion) continue;
    PetscCall(add_column(table, limits[k->dim - 1][e], &limit));
    for (PetscInt i = 0; i < n; i++) limit[i] = k->limit.D[e] / (k->wanted->mass * k->wanted->frictions[i]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_eigenvalues(const Kinetics k, Table *table)
{
  PetscReal *gap, *error, *re, *im, *limit;

  PetscFunctionBegin;
  PetscCall(add_column(table, "gap", &gap));
  PetscCall(add_column(table, "gap_error", &error));
  PetscCall(add_column(table, "lambda_1_re", &re));
  PetscCall(add_column(table, "lambda_1_im", &im));
  for (PetscInt i = 0; i < table->rows; i++) {
    const KineticRecord *const r = &k->records[i];
    const PetscInt slowest = KineticsSlowest(r);

    gap[i] = slowest > 0 ? -r->re[slowest] : NAN;
    error[i] = slowest > 0 ? r->error[slowest] : NAN;
    re[i] = r->n > 1 ? r->re[1] : NAN;
    im[i] = r->n > 1 ? r->im[1] : NAN;
  }
  if (k->limit.n < 2) PetscFunctionReturn(0);
  PetscCall(add_column(table, "lambda_1_overdamped", &limit));
  for (PetscInt i = 0; i < table->rows; i++)
    limit[i] = -k->limit.values[1] / (k->wanted->mass * k->wanted->frictions[i]);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_frictions(const Kinetics k, RunFolder folder)
{
  Table table = {.rows = k->wanted->n_frictions};
  PetscReal *friction;

  PetscFunctionBegin;
  PetscCall(add_column(&table, "friction", &friction));
  PetscCall(PetscArraycpy(friction, k->wanted->frictions, table.rows));
  if (k->wanted->diffusion) PetscCall(add_diffusion(k, &table));
  if (k->wanted->spectrum) PetscCall(add_eigenvalues(k, &table));
  PetscCall(write_table(&table, folder, "kinetic.csv"));
  PetscFunctionReturn(0);
}

/* A line for every eigenvalue of every friction. */
static PetscErrorCode write_spectrum(const Kinetics k, RunFolder folder)
{
  static const char *const header[] = {"friction", "index", "re", "im", "error", "overdamped"};
  enum { COLUMNS = PETSC_STATIC_ARRAY_LENGTH(header) };
  PetscInt rows = 0;
  PetscReal *values;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < k->wanted->n_frictions; i++) rows += k->records[i].n;
  PetscCall(PetscMalloc1(rows * COLUMNS, &values));
  rows = 0;
  for (PetscInt i = 0; i < k->wanted->n_frictions; i++) {
    const KineticRecord *const r = &k->records[i];

    for (PetscInt j = 0; j < r->n; j++) {
      const PetscReal limit = j < k->limit.n ? -k->limit.values[j] / (k->wanted->mass * r->friction) : NAN;
      const PetscReal row[] = {r->friction, (PetscReal)j, r->re[j], r->im[j], r->error[j], limit};
      PetscCall(PetscArraycpy(&values[rows++ * COLUMNS], row, COLUMNS));
    }
  }
  PetscCall(CsvWrite(folder, "kinetic_spectrum.csv", rows, COLUMNS, header, values));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_observables(const Kinetics k, RunFolder folder)
{
  static const char *const first[] = {"time", "mass", "minimum", "relative_entropy", "chi_square"};
  const PetscInt fixed = PETSC_STATIC_ARRAY_LENGTH(first), observed = k->wanted->n_observables;
  const PetscInt n = k->wanted->n_times, columns = fixed + 2 * observed;
  const char **header;
  char(*errors)[160];
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(columns, &header, observed, &errors, columns * n, &values));
  for (PetscInt i = 0; i < fixed; i++) header[i] = first[i];
  for (PetscInt i = 0; i < observed; i++) {
    PetscCall(PetscSNPrintf(errors[i], sizeof(errors[i]), "%s_error", k->wanted->observables[i].name));
    header[fixed + 2 * i] = k->wanted->observables[i].name;
    header[fixed + 2 * i + 1] = errors[i];
  }
  for (PetscInt t = 0; t < n; t++) {
    const PetscReal row[] = {k->wanted->times[t], k->mass[t], k->minimum[t], k->relative_entropy[t],
                             k->chi_square[t]};
    PetscCall(PetscArraycpy(&values[t * columns], row, fixed));
    for (PetscInt i = 0; i < observed; i++) {
      values[t * columns + fixed + 2 * i] = k->observables[t * observed + i];
      values[t * columns + fixed + 2 * i + 1] = k->observable_errors[t * observed + i];
    }
  }
  PetscCall(CsvWrite(folder, "kinetic_observables.csv", n, columns, header, values));
  PetscCall(PetscFree3(header, errors, values));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsWriteFiles(void *answer, const Setting *setting)
{
  const Kinetics k = answer;

  PetscFunctionBegin;
  if (setting->rank) PetscFunctionReturn(0);
  if (k->has_records) PetscCall(write_frictions(k, setting->folder));
  if (k->wanted->spectrum) PetscCall(write_spectrum(k, setting->folder));
  if (k->wanted->n_times) {
    PetscCall(write_observables(k, setting->folder));
    PetscCall(KineticsWriteDensities(k, setting));
    PetscCall(RunFolderRemove(setting->folder, "kinetic_evolution.checkpoint"));
  }
  if (k->checkpoint) PetscCall(CheckpointClose(&k->checkpoint, PETSC_TRUE));
  PetscFunctionReturn(0);
}
