/* Coefficients as lines for people. */
#include "green_kubo_private.h"

static void print_value(const char name[], PetscReal value, PetscReal error, FILE *stream)
{
  fprintf(stream, "%s = %.4g +- %.2g", name, (double)value, (double)error);
}

static void print_tensor(const GreenKuboCurve *curve, const char name[], FILE *stream)
{
  for (PetscInt a = 0; a < curve->dim && curve->dim > 1; a++) {
    fprintf(stream, "  %s_%c: ", name, "xyz"[a]);
    for (PetscInt b = 0; b < curve->dim; b++)
      fprintf(stream, "%s%.4g +- %.2g", b ? ", " : "", (double)curve->value[a * curve->dim + b],
              (double)curve->value_error[a * curve->dim + b]);
    fputc('\n', stream);
  }
}

static void print_thermal(const GreenKuboResult *result, FILE *stream)
{
  if (!result->theta.given) return;
  fputs("thermal force: mean", stream);
  for (PetscInt c = 0; c < result->dim; c++)
    fprintf(stream, "%s %.4g +- %.2g", c ? "," : "", (double)result->mean_force[c],
            (double)result->mean_force_error[c]);
  if (result->thermal == THERMAL_BINS)
    fprintf(stream, "; by position in %d bins, in thermal_force.csv", (int)result->bins);
  for (PetscInt j = 0; j < result->n_basis; j++)
    fprintf(stream, "%s c_%d = %.5g +- %.2g", j ? "," : ";", (int)j + 1, (double)result->coefficients[j],
            (double)result->coefficient_errors[j]);
  fputc('\n', stream);
}

static void print_curves(const GreenKuboResult *result, FILE *stream)
{
  const GreenKuboCurve *const gamma = &result->gamma, *const theta = &result->theta;
  const PetscReal m = result->mass, T = result->temperature;

  if (gamma->given && gamma->has_plateau) {
    print_value("gamma = int <P P>", gamma->scalar, gamma->scalar_error, stream);
    print_value(", D = gamma/m^2", gamma->scalar / (m * m), gamma->scalar_error / (m * m), stream);
    fprintf(stream, " (lags %.4g to %.4g)\n", (double)gamma->plateau[0], (double)gamma->plateau[1]);
    print_tensor(gamma, "gamma", stream);
  }
  if (gamma->given) fprintf(stream, "%s%s\n", gamma->has_plateau ? "  " : "gamma = int <P P>: ", gamma->why);
  if (theta->given && theta->has_plateau) {
    print_value("theta = int <dF dF>", theta->scalar, theta->scalar_error, stream);
    print_value(", friction theta/(m kT)", theta->scalar / (m * T), theta->scalar_error / (m * T), stream);
    print_value(", D = (kT)^2/theta", T * T / theta->scalar,
                T * T / theta->scalar * theta->scalar_error / theta->scalar, stream);
    fprintf(stream, " (lags %.4g to %.4g)\n", (double)theta->plateau[0], (double)theta->plateau[1]);
    print_tensor(theta, "theta", stream);
  }
  if (theta->given)
    fprintf(stream, "%s%s\n", theta->has_plateau ? "  " : "theta = int <dF dF>: ", theta->why);
}

PetscErrorCode GreenKuboResultPrint(const GreenKuboResult *result, FILE *stream)
{
  PetscFunctionBegin;
  fprintf(stream,
          "%" PetscInt64_FMT " path%s, %" PetscInt64_FMT
          " samples over a time of %.6g; errors from %d blocks\n",
          result->paths, result->paths == 1 ? "" : "s", result->samples, (double)result->duration,
          (int)result->blocks);
  if (isfinite(result->kinetic_temperature)) {
    print_value("kinetic temperature <P^2>/m", result->kinetic_temperature, result->kinetic_temperature_error,
                stream);
    fprintf(stream, ", given %.4g\n", (double)result->temperature);
  }
  print_thermal(result, stream);
  print_curves(result, stream);
  if (isfinite(result->consistency)) {
    print_value("gamma theta/(m kT)^2", result->consistency, result->consistency_error, stream);
    fputs(", to be 1 where motion is overdamped\n", stream);
  }
  PetscFunctionReturn(0);
}
