/* Curves and coefficients as files and as JSON. */
#include "green_kubo_private.h"

enum { NAME = 32, COLUMNS = 4 + 4 * GK_MAX_DIM * GK_MAX_DIM };

static PetscErrorCode write_curve(const GreenKuboCurve *curve, const char file[], RunFolder folder)
{
  static const char *const what[] = {"correlation", "correlation_error", "integral", "integral_error"};
  const PetscReal *const tensors[] = {curve->correlation, curve->correlation_error, curve->integral,
                                      curve->error};
  const PetscInt dim = curve->dim, dd = dim * dim, columns = 4 + 4 * dd;
  char names[COLUMNS][NAME] = {"lag", "integral", "integral_error", "slope"};
  const char *header[COLUMNS];
  PetscReal *table;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 4 * dd; i++)
    snprintf(names[4 + i], NAME, "%s_%c%c", what[i % 4], "xyz"[i / 4 / dim], "xyz"[i / 4 % dim]);
  for (PetscInt i = 0; i < columns; i++) header[i] = names[i];
  PetscCall(PetscMalloc1((size_t)curve->n * (size_t)columns, &table));
  for (PetscInt k = 0; k < curve->n; k++) {
    PetscReal *const row = &table[(size_t)k * (size_t)columns];

    row[0] = (PetscReal)k * curve->dt;
    row[1] = curve->mean[k];
    row[2] = curve->mean_error[k];
    row[3] = curve->slope[k];
    for (PetscInt i = 0; i < 4 * dd; i++) row[4 + i] = tensors[i % 4][k * dd + i / 4];
  }
  PetscCall(CsvWrite(folder, file, curve->n, columns, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_bins(const GreenKuboResult *result, RunFolder folder)
{
  static const char *const header[] = {"component", "position", "force", "force_error", "f_th", "samples"};
  const PetscInt rows = result->dim * result->bins;
  PetscReal *table;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(6 * rows, &table));
  for (PetscInt i = 0; i < rows; i++) {
    table[6 * i] = (PetscReal)(i / result->bins + 1);
    table[6 * i + 1] = result->bin_centre[i];
    table[6 * i + 2] = result->bin_force[i];
    table[6 * i + 3] = result->bin_error[i];
    table[6 * i + 4] = result->bin_model[i];
    table[6 * i + 5] = (PetscReal)result->bin_count[i];
  }
  PetscCall(CsvWrite(folder, "thermal_force.csv", rows, 6, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboResultWriteFiles(const GreenKuboResult *result, RunFolder folder)
{
  PetscFunctionBegin;
  if (result->gamma.given) PetscCall(write_curve(&result->gamma, "greenkubo_momentum.csv", folder));
  if (result->theta.given) PetscCall(write_curve(&result->theta, "greenkubo_force.csv", folder));
  if (result->bins) PetscCall(write_bins(result, folder));
  PetscFunctionReturn(0);
}

/* A tensor and its error times a factor, or divided into one: null without a plateau. */
static PetscErrorCode write_scaled(const GreenKuboCurve *curve, const char key[], PetscReal factor, Json json)
{
  PetscReal value[9], error[9];
  char name[NAME];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < curve->dim * curve->dim; i++) {
    value[i] = factor * curve->value[i];
    error[i] = factor * curve->value_error[i];
  }
  snprintf(name, sizeof(name), "%s_error", key);
  PetscCall(JsonMatrix(json, key, curve->dim, curve->dim, value));
  PetscCall(JsonMatrix(json, name, curve->dim, curve->dim, error));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_coefficient(const GreenKuboCurve *curve, const char key[], Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonReal(json, "longest_lag", (PetscReal)(curve->n - 1) * curve->dt));
  PetscCall(JsonBool(json, "has_plateau", curve->has_plateau));
  if (!curve->has_plateau) PetscCall(JsonBool(json, "bound", curve->bound));
  PetscCall(JsonString(json, "why", curve->why));
  if (!curve->has_plateau) {
    PetscCall(JsonReal(json, "plateau", NAN));
    PetscCall(JsonReal(json, key, NAN));
    PetscCall(JsonReal(json, "scalar", NAN));
    PetscCall(JsonReal(json, "scalar_error", NAN));
    PetscFunctionReturn(0);
  }
  PetscCall(JsonRealArray(json, "plateau", 2, curve->plateau));
  PetscCall(write_scaled(curve, key, 1, json));
  PetscCall(JsonReal(json, "scalar", curve->scalar));
  PetscCall(JsonReal(json, "scalar_error", curve->scalar_error));
  PetscFunctionReturn(0);
}

/* D from theta: a matrix is inverted, so it is given for the scalar only. */
static PetscErrorCode write_curves(const GreenKuboResult *result, Json json)
{
  const GreenKuboCurve *const gamma = &result->gamma, *const theta = &result->theta;
  const PetscReal m = result->mass, T = result->temperature;

  PetscFunctionBegin;
  if (gamma->given) {
    PetscCall(JsonBeginObject(json, "momentum"));
    PetscCall(write_coefficient(gamma, "gamma", json));
    if (gamma->has_plateau) {
      PetscCall(write_scaled(gamma, "D", 1 / (m * m), json));
      PetscCall(JsonReal(json, "D_scalar", gamma->scalar / (m * m)));
      PetscCall(JsonReal(json, "D_scalar_error", gamma->scalar_error / (m * m)));
    }
    PetscCall(JsonEndObject(json));
  }
  if (theta->given) {
    PetscCall(JsonBeginObject(json, "force"));
    PetscCall(write_coefficient(theta, "theta", json));
    if (theta->has_plateau) {
      PetscCall(write_scaled(theta, "friction", 1 / (m * T), json));
      PetscCall(JsonReal(json, "friction_scalar", theta->scalar / (m * T)));
      PetscCall(JsonReal(json, "friction_scalar_error", theta->scalar_error / (m * T)));
      PetscCall(JsonReal(json, "D_scalar", T * T / theta->scalar));
      PetscCall(
          JsonReal(json, "D_scalar_error", T * T / theta->scalar * theta->scalar_error / theta->scalar));
    }
    PetscCall(JsonEndObject(json));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_thermal(const GreenKuboResult *result, Json json)
{
  static const char *const kinds[] = {"mean", "given", "potential", "bins"};

  PetscFunctionBegin;
  if (!result->theta.given) PetscFunctionReturn(0);
  PetscCall(JsonBeginObject(json, "thermal_force"));
  PetscCall(JsonString(json, "by", kinds[result->thermal]));
  PetscCall(JsonRealArray(json, "mean_force", result->dim, result->mean_force));
  PetscCall(JsonRealArray(json, "mean_force_error", result->dim, result->mean_force_error));
  if (result->n_basis) {
    PetscCall(JsonRealArray(json, "coefficients", result->n_basis, result->coefficients));
    PetscCall(JsonRealArray(json, "coefficient_errors", result->n_basis, result->coefficient_errors));
  }
  if (result->bins) PetscCall(JsonInt(json, "bins", result->bins));
  PetscCall(JsonReal(json, "slope_left", result->force_slope));
  PetscCall(JsonReal(json, "slope_left_error", result->force_slope_error));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboResultWriteJson(const GreenKuboResult *result, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonReal(json, "mass", result->mass));
  PetscCall(JsonReal(json, "temperature", result->temperature));
  PetscCall(JsonInt(json, "samples", result->samples));
  PetscCall(JsonInt(json, "paths", result->paths));
  PetscCall(JsonReal(json, "duration", result->duration));
  PetscCall(JsonInt(json, "blocks", result->blocks));
  PetscCall(JsonReal(json, "kinetic_temperature", result->kinetic_temperature));
  PetscCall(JsonReal(json, "kinetic_temperature_error", result->kinetic_temperature_error));
  PetscCall(JsonRealArray(json, "position_variance", result->dim, result->position_variance));
  PetscCall(JsonRealArray(json, "position_variance_error", result->dim, result->position_variance_error));
  PetscCall(write_thermal(result, json));
  PetscCall(write_curves(result, json));
  PetscCall(JsonReal(json, "consistency", result->consistency));
  PetscCall(JsonReal(json, "consistency_error", result->consistency_error));
  PetscCall(JsonReal(json, "consistency_pull", (result->consistency - 1) / result->consistency_error));
  PetscCall(JsonBeginArray(json, "warnings"));
  for (PetscInt i = 0; i < result->n_warnings; i++) PetscCall(JsonString(json, NULL, result->warnings[i]));
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}
