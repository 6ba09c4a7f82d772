/* Estimates as files and as text. */
#include <reiter/estimate.h>

enum { NAME = 24, COLUMNS = 3 + 2 * (6 + ESTIMATE_MAX_BASIS) };

static PetscErrorCode write_table(const Estimates *all, PetscInt n, const Estimate estimates[],
                                  const char first[], const char file[], RunFolder folder)
{
  char names[COLUMNS][NAME];
  const char *header[COLUMNS];
  PetscInt columns = 0, at = 0;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(names[columns++], first, NAME));
  PetscCall(PetscStrncpy(names[columns++], "terms", NAME));
  PetscCall(PetscStrncpy(names[columns++], "groups", NAME));
  for (PetscInt a = 0; a < all->dim; ++a) {
    for (PetscInt b = a; b < all->dim; ++b) {
      snprintf(names[columns++], NAME, "D_%c%c", "xyz"[a], "xyz"[b]);
      snprintf(names[columns++], NAME, "D_%c%c_error", "xyz"[a], "xyz"[b]);
    }
  }
  for (PetscInt i = 1; i <= all->n_basis; ++i) {
    snprintf(names[columns++], NAME, "theta_%d", (int)i);
    snprintf(names[columns++], NAME, "theta_%d_error", (int)i);
  }
  for (PetscInt i = 0; i < columns; ++i) header[i] = names[i];
  PetscCall(PetscMalloc1(n * columns, &values));
  for (PetscInt k = 0; k < n; ++k) {
    const Estimate *const e = &estimates[k];
    values[at++] = e->time;
    values[at++] = (PetscReal)e->terms;
    values[at++] = (PetscReal)e->groups;
    for (PetscInt a = 0; a < all->dim; ++a) {
      for (PetscInt b = a; b < all->dim; ++b) {
        values[at++] = e->D[a * all->dim + b];
        values[at++] = e->D_error[a * all->dim + b];
      }
    }
    for (PetscInt i = 0; i < all->n_basis; ++i) {
      values[at++] = e->theta[i];
      values[at++] = e->theta_error[i];
    }
  }
  PetscCall(CsvWrite(folder, file, n, columns, header, values));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatesWriteFiles(const Estimates *all, const char name[], RunFolder folder)
{
  char file[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  if (all->n_subsampling) {
    snprintf(file, sizeof(file), "%s.csv", name);
    PetscCall(write_table(all, all->n_subsampling, all->subsampled, "delta", file, folder));
  }
  if (all->n_filters) {
    snprintf(file, sizeof(file), "%s_filter.csv", name);
    PetscCall(write_table(all, all->n_filters, all->filtered, "width", file, folder));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_estimates(const Estimates *all, const char key[], const char first[], PetscInt n,
                                      const Estimate estimates[], Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, key));
  for (PetscInt k = 0; k < n; ++k) {
    const Estimate *const e = &estimates[k];
    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonReal(json, first, e->time));
    PetscCall(JsonInt(json, "terms", e->terms));
    PetscCall(JsonInt(json, "groups", e->groups));
    PetscCall(JsonMatrix(json, "D", all->dim, all->dim, e->D));
    PetscCall(JsonMatrix(json, "D_error", all->dim, all->dim, e->D_error));
    if (all->n_basis) {
      PetscCall(JsonRealArray(json, "theta", all->n_basis, e->theta));
      PetscCall(JsonRealArray(json, "theta_error", all->n_basis, e->theta_error));
    }
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatesWriteJson(const Estimates *all, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonInt(json, "paths", all->paths));
  PetscCall(JsonInt(json, "samples", all->samples));
  PetscCall(JsonReal(json, "time_step", all->dt));
  PetscCall(JsonReal(json, "longest", all->longest));
  PetscCall(JsonString(json, "errors_over", all->over_paths ? "paths" : "batches in time"));
  PetscCall(write_estimates(all, "subsampling", "delta", all->n_subsampling, all->subsampled, json));
  PetscCall(write_estimates(all, "filter", "width", all->n_filters, all->filtered, json));
  PetscFunctionReturn(0);
}

static void print_one(const Estimates *all, const char what[], const Estimate *e, FILE *stream)
{
  fprintf(stream, "%s %-10.4g D =", what, (double)e->time);
  for (PetscInt a = 0; a < all->dim; ++a) {
    for (PetscInt b = a; b < all->dim; ++b)
      fprintf(stream, " %.5g +- %.1e%s", (double)e->D[a * all->dim + b], (double)e->D_error[a * all->dim + b],
              b + 1 < all->dim   ? ","
              : a + 1 < all->dim ? ";"
                                 : "");
  }
  for (PetscInt i = 0; i < all->n_basis; ++i)
    fprintf(stream, "%s %.5g +- %.1e", i ? "," : "  theta =", (double)e->theta[i], (double)e->theta_error[i]);
  fputc('\n', stream);
}

PetscErrorCode EstimatesPrint(const Estimates *all, FILE *stream)
{
  PetscFunctionBegin;
  fprintf(stream,
          "%" PetscInt64_FMT " path%s, %" PetscInt64_FMT
          " samples, one every %.6g; standard errors over %s\n",
          all->paths, all->paths == 1 ? "" : "s", all->samples, (double)all->dt,
          all->over_paths ? "paths" : "batches in time");
  for (PetscInt k = 0; k < all->n_subsampling; ++k) print_one(all, "delta", &all->subsampled[k], stream);
  for (PetscInt k = 0; k < all->n_filters; ++k) print_one(all, "filter", &all->filtered[k], stream);
  PetscFunctionReturn(0);
}
