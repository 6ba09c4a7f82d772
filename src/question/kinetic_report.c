/* What run.json and the terminal say of the kinetic equation. */
#include "kinetics.h"

enum { SHOWN = 24 }; /* frictions on the terminal */

static PetscErrorCode write_diffusion(const Kinetics k, Json json)
{
  const PetscInt n = k->wanted->n_frictions, dim = k->dim;

  PetscFunctionBegin;
  for (int error = 0; error < 2; error++) {
    PetscCall(JsonBeginArray(json, error ? "diffusion_errors" : "diffusion"));
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal *const values = error ? k->records[i].D_error : k->records[i].D;

      if (dim == 1)
        PetscCall(JsonReal(json, NULL, values[0]));
      else
        PetscCall(JsonMatrix(json, NULL, dim, dim, values));
    }
    PetscCall(JsonEndArray(json));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_eigenvalues(const Kinetics k, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "eigenvalues"));
  for (PetscInt i = 0; i < k->wanted->n_frictions; i++) {
    const KineticRecord *const r = &k->records[i];
    const PetscInt slowest = KineticsSlowest(r);

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonReal(json, "friction", r->friction));
    PetscCall(JsonReal(json, "gap", slowest > 0 ? -r->re[slowest] : NAN));
    PetscCall(JsonReal(json, "gap_error", slowest > 0 ? r->error[slowest] : NAN));
    PetscCall(JsonInt(json, "rejected", r->rejected));
    PetscCall(JsonBeginArray(json, "values"));
    for (PetscInt j = 0; j < r->n; j++) {
      PetscCall(JsonBeginObject(json, NULL));
      PetscCall(JsonReal(json, "re", r->re[j]));
      PetscCall(JsonReal(json, "im", r->im[j]));
      PetscCall(JsonReal(json, "error", r->error[j]));
      PetscCall(JsonEndObject(json));
    }
    PetscCall(JsonEndArray(json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_limit(const Kinetics k, Json json)
{
  const OverdampedLimit *const limit = &k->limit;
  const PetscInt n = k->wanted->n_frictions;
  PetscReal *ratios;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &ratios));
  PetscCall(JsonBeginObject(json, "overdamped"));
  if (limit->has_diffusion) {
    PetscCall(JsonReal(json, "mass_friction_diffusion", limit->D[0]));
    PetscCall(JsonReal(json, "mass_friction_diffusion_error", limit->D_error[0]));
    for (PetscInt i = 0; i < n; i++)
      ratios[i] = k->records[i].D[0] * k->wanted->mass * k->wanted->frictions[i] / limit->D[0];
    PetscCall(JsonRealArray(json, "diffusion_ratio", n, ratios));
  }
  if (limit->n > 1) {
    PetscCall(JsonRealArray(json, "mass_friction_eigenvalues", limit->n, limit->values));
    PetscCall(JsonRealArray(json, "mass_friction_eigenvalue_errors", limit->n, limit->errors));
    for (PetscInt i = 0; i < n; i++) {
      const KineticRecord *const r = &k->records[i];

      ratios[i] = r->n > 1 ? -r->re[1] * k->wanted->mass * r->friction / limit->values[1] : NAN;
    }
    PetscCall(JsonRealArray(json, "eigenvalue_ratio", n, ratios));
  }
  if (limit->why_not[0]) PetscCall(JsonString(json, "why_not", limit->why_not));
  PetscCall(JsonEndObject(json));
  PetscCall(PetscFree(ratios));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_used(const char key[], const PhaseSpaceSettings *used, const char solver[],
                                 Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, key));
  PetscCall(JsonString(json, "positions", used->positions));
  PetscCall(JsonBeginArray(json, "cells"));
  for (PetscInt c = 0; c < used->dim; c++) PetscCall(JsonInt(json, NULL, used->cells[c]));
  PetscCall(JsonEndArray(json));
  PetscCall(JsonInt(json, "order", used->order));
  PetscCall(JsonInt(json, "levels", used->levels));
  if (solver) PetscCall(JsonString(json, "solver", solver));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* The resolutions that met the tolerance. */
static PetscErrorCode write_resolutions(const Kinetics k, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginArray(json, "resolutions"));
  for (PetscInt i = 0; i < k->wanted->n_frictions; i++) {
    const KineticRecord *const r = &k->records[i];

    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonReal(json, "friction", r->friction));
    if (k->wanted->diffusion)
      PetscCall(write_used("diffusion", &r->diffusion_used, r->diffusion_solver, json));
    if (k->wanted->spectrum) PetscCall(write_used("spectrum", &r->spectrum_used, r->spectrum_solver, json));
    PetscCall(JsonReal(json, "seconds", r->seconds));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_observables(const Kinetics k, const char key[], const PetscReal values[],
                                        Json json)
{
  const PetscInt n = k->wanted->n_times, observed = k->wanted->n_observables;
  PetscReal *column;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &column));
  PetscCall(JsonBeginObject(json, key));
  for (PetscInt i = 0; i < observed; i++) {
    for (PetscInt t = 0; t < n; t++) column[t] = values[t * observed + i];
    PetscCall(JsonRealArray(json, k->wanted->observables[i].name, n, column));
  }
  PetscCall(JsonEndObject(json));
  PetscCall(PetscFree(column));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_evolution(const Kinetics k, Json json)
{
  const PetscInt n = k->wanted->n_times;
  const PhaseSpaceSettings *used;

  PetscFunctionBegin;
  PetscCall(PhaseSpaceGetSettings(k->evolution.space, &used));
  PetscCall(JsonBeginObject(json, "evolution"));
  PetscCall(JsonReal(json, "error", k->error));
  PetscCall(JsonInt(json, "steps", k->steps));
  PetscCall(write_used("resolution", used, NULL, json));
  PetscCall(JsonRealArray(json, "times", n, k->wanted->times));
  PetscCall(JsonRealArray(json, "mass", n, k->mass));
  PetscCall(JsonRealArray(json, "minimum", n, k->minimum));
  PetscCall(JsonRealArray(json, "relative_entropy", n, k->relative_entropy));
  PetscCall(JsonRealArray(json, "chi_square", n, k->chi_square));
  PetscCall(write_observables(k, "observables", k->observables, json));
  PetscCall(write_observables(k, "errors", k->observable_errors, json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsWriteJson(void *answer, Json json)
{
  const Kinetics k = answer;

  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "kinetic"));
  PetscCall(JsonReal(json, "mass", k->wanted->mass));
  PetscCall(JsonString(json, "friction_tensor", k->wanted->plain_friction ? "plain" : "effective"));
  PetscCall(JsonReal(json, "tolerance", k->wanted->tolerance));
  PetscCall(JsonRealArray(json, "frictions", k->wanted->n_frictions, k->wanted->frictions));
  if (k->wanted->diffusion) PetscCall(write_diffusion(k, json));
  if (k->wanted->spectrum) PetscCall(write_eigenvalues(k, json));
  if (k->has_records && k->wanted->overdamped) PetscCall(write_limit(k, json));
  if (k->has_records) PetscCall(write_resolutions(k, json));
  if (k->wanted->n_times) PetscCall(write_evolution(k, json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static void print_diffusion(const Kinetics k, const KineticRecord *r, FILE *stream)
{
  const PetscReal unit = k->wanted->mass * r->friction;

  if (k->dim == 1)
    fprintf(stream, "  D = %.12g  error %.1e  m g D = %.12g", (double)r->D[0], (double)r->D_error[0],
            (double)(unit * r->D[0]));
  else
    fprintf(stream, "  D_xx = %.10g D_xy = %.10g D_yy = %.10g  error %.1e", (double)r->D[0], (double)r->D[1],
            (double)r->D[3], (double)PetscMax(r->D_error[0], r->D_error[3]));
}

static void print_eigenvalues(const KineticRecord *r, FILE *stream)
{
  const PetscInt slowest = KineticsSlowest(r);

  if (slowest > 0)
    fprintf(stream, "  gap = %.12g  error %.1e", (double)-r->re[slowest], (double)r->error[slowest]);
  for (PetscInt j = 1; j < PetscMin(r->n, 4); j++) {
    fprintf(stream, "%s%.8g", j > 1 ? ", " : "  lambda = ", (double)r->re[j]);
    if (r->im[j] != 0) fprintf(stream, "%+.8gi", (double)r->im[j]);
  }
}

static void print_limit(const Kinetics k, FILE *stream)
{
  const OverdampedLimit *const limit = &k->limit;

  if (limit->has_diffusion)
    fprintf(stream, "large friction: m g D = %.12g  error %.1e\n", (double)limit->D[0],
            (double)limit->D_error[0]);
  if (limit->n > 1)
    fprintf(stream, "large friction: m g lambda_1 = %.12g  error %.1e\n", (double)-limit->values[1],
            (double)limit->errors[1]);
  if (limit->why_not[0]) fprintf(stream, "large friction: no eigenvalues: %s\n", limit->why_not);
}

static void print_evolution(const Kinetics k, FILE *stream)
{
  const PetscInt observed = k->wanted->n_observables;

  fprintf(stream, "kinetic evolution: %" PetscInt_FMT " steps, error %.1e\n", k->steps, (double)k->error);
  for (PetscInt t = 0; t < k->wanted->n_times; t++) {
    if (t >= 8 && t + 1 < k->wanted->n_times) continue;
    if (t > 8) fprintf(stream, "  ... %" PetscInt_FMT " times in all\n", k->wanted->n_times);
    fprintf(stream, "  t = %-8.6g mass - 1 = %-9.1e min W = %-9.2e relative entropy = %-11.6g",
            (double)k->wanted->times[t], (double)(k->mass[t] - 1), (double)k->minimum[t],
            (double)k->relative_entropy[t]);
    for (PetscInt i = 0; i < PetscMin(observed, 4); i++)
      fprintf(stream, " %s = %.12g", k->wanted->observables[i].name,
              (double)k->observables[t * observed + i]);
    fprintf(stream, "\n");
  }
}

PetscErrorCode KineticsPrint(void *answer, FILE *stream)
{
  const Kinetics k = answer;
  const PetscInt n = k->wanted->n_frictions;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n && k->has_records; i++) {
    if (i >= SHOWN && i + 1 < n) continue;
    if (i > SHOWN) fprintf(stream, "  ... %" PetscInt_FMT " frictions in all\n", n);
    fprintf(stream, "friction %-8.6g", (double)k->records[i].friction);
    if (k->wanted->diffusion) print_diffusion(k, &k->records[i], stream);
    if (k->wanted->spectrum) print_eigenvalues(&k->records[i], stream);
    fprintf(stream, "\n");
  }
  print_limit(k, stream);
  if (k->wanted->n_times) print_evolution(k, stream);
  PetscFunctionReturn(0);
}
