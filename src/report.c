#include "report.h"
#include <petscdt.h>
#include "reiter_version.h"

static PetscBool has_result(const Report *r, PetscInt i)
{
  return (PetscBool)(r->finished[i] && r->points[i].failure.status == CELL_OK);
}

static PetscErrorCode get_dimension(const Report *r, PetscInt *dim)
{
  PetscFunctionBegin;
  PetscCall(CaseGetDimension(r->c, dim));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_provenance(const Report *r, Json json)
{
  PetscInt major, minor, subminor, release;
  char version[32];

  PetscFunctionBegin;
  PetscCall(PetscGetVersionNumber(&major, &minor, &subminor, &release));
  PetscCall(PetscSNPrintf(version, sizeof(version), "%" PetscInt_FMT ".%" PetscInt_FMT ".%" PetscInt_FMT,
                          major, minor, subminor));
  PetscCall(JsonBeginObject(json, "provenance"));
  PetscCall(JsonString(json, "version", REITER_VERSION));
  PetscCall(JsonString(json, "git", REITER_GIT));
  PetscCall(JsonBeginArray(json, "argv"));
  for (int i = 0; i < r->request->argc; i++) PetscCall(JsonString(json, NULL, r->request->argv[i]));
  PetscCall(JsonEndArray(json));
  PetscCall(JsonString(json, "petsc", version));
  PetscCall(JsonInt(json, "ranks", r->ranks));
  PetscCall(JsonInt(json, "seed", r->seed));
  PetscCall(JsonString(json, "started", r->started_at));
  PetscCall(JsonReal(json, "wall_seconds", MPI_Wtime() - r->started));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_point(const EffectivePoint *p, PetscInt dim, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, NULL));
  PetscCall(JsonRealArray(json, "x", dim, p->x));
  if (p->failure.status == CELL_OK) {
    PetscCall(JsonReal(json, "log_Z", p->log_Z));
    PetscCall(JsonReal(json, "free_energy", p->free_energy));
    PetscCall(JsonReal(json, "log_Z1", p->log_Z1));
    PetscCall(JsonReal(json, "log_Zhat1", p->log_Zhat1));
    PetscCall(JsonMatrix(json, "M", dim, dim, p->M));
  } else {
    PetscCall(JsonString(json, "reason", p->failure.message));
  }
  if (p->bound_upper > 0) { /* a result, or the best bracket so far */
    PetscCall(JsonMatrix(json, "M_lower", dim, dim, p->M_lower));
    PetscCall(JsonMatrix(json, "M_upper", dim, dim, p->M_upper));
    PetscCall(JsonReal(json, "error", p->error));
    PetscCall(JsonReal(json, "bound_lower", p->bound_lower));
    PetscCall(JsonReal(json, "bound_upper", p->bound_upper));
  }
  if (p->method[0]) PetscCall(JsonString(json, "method", p->method));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_cells(const Report *r, Json json)
{
  PetscInt64 solved = 0, reused = 0, iterations = 0;
  const char *method = "none";

  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->n; i++) {
    if (!r->finished[i]) continue;
    solved += r->points[i].cells_solved;
    reused += r->points[i].cells_reused;
    iterations += r->points[i].iterations;
    if (!strcmp(method, "none") && r->points[i].method[0]) method = r->points[i].method;
  }
  PetscCall(JsonBeginObject(json, "cells"));
  PetscCall(JsonString(json, "method", method));
  PetscCall(JsonInt(json, "solved", solved));
  PetscCall(JsonInt(json, "reused", reused));
  PetscCall(JsonReal(json, "iterations_mean", solved > 0 ? (PetscReal)iterations / (PetscReal)solved : 0));
  PetscCall(JsonReal(json, "seconds", r->cells_seconds));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_effective(const Report *r, PetscInt dim, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "effective"));
  PetscCall(JsonBeginArray(json, "points"));
  for (PetscInt i = 0; i < r->n; i++) {
    if (has_result(r, i)) PetscCall(write_point(&r->points[i], dim, json));
  }
  PetscCall(JsonEndArray(json));
  PetscCall(JsonBeginArray(json, "failures"));
  for (PetscInt i = 0; i < r->n; i++) {
    if (r->finished[i] && !has_result(r, i)) PetscCall(write_point(&r->points[i], dim, json));
  }
  PetscCall(JsonEndArray(json));
  PetscCall(write_cells(r, json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportBeginJson(const Report *r, RunFolder folder, FILE **stream, Json *json)
{
  const char *title;

  PetscFunctionBegin;
  PetscCall(CaseGetTitle(r->c, &title));
  PetscCall(RunFolderBegin(folder, "run.json", stream));
  PetscCall(JsonCreate(*stream, json));
  PetscCall(JsonBeginObject(*json, NULL));
  PetscCall(JsonString(*json, "status", r->status));
  PetscCall(JsonString(*json, "title", title));
  PetscCall(write_provenance(r, *json));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportEndJson(RunFolder folder, FILE **stream, Json *json)
{
  PetscFunctionBegin;
  PetscCall(JsonEndObject(*json));
  PetscCall(JsonDestroy(json));
  PetscCall(RunFolderCommit(folder, "run.json", stream));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportWriteJson(const Report *r, RunFolder folder)
{
  FILE *stream;
  Json json;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(get_dimension(r, &dim));
  PetscCall(ReportBeginJson(r, folder, &stream, &json));
  if (r->n) PetscCall(write_effective(r, dim, json));
  if (r->setting.diffusion) PetscCall(ReportDiffusionJson(r, json));
  for (PetscInt i = 0; Questions[i]; i++) {
    if (r->answers[i]) PetscCall(Questions[i]->WriteJson(r->answers[i], json));
  }
  if (r->setting.diffusion) PetscCall(ReportSecondsJson(r, json));
  PetscCall(ReportEndJson(folder, &stream, &json));
  PetscFunctionReturn(0);
}

/* Column names: x.., V0, log_Z, .., then the upper triangles of M and its bracket. */
static PetscErrorCode csv_header(PetscInt dim, PetscInt *n, char names[][24])
{
  static const char *const scalars[] = {"V0", "log_Z", "free_energy", "log_Z1", "log_Zhat1"};
  static const char *const tensors[] = {"M", "M_lower", "M_upper"};
  static const char *const last[] = {"bound_lower", "bound_upper", "error"};

  PetscFunctionBegin;
  *n = 0;
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscSNPrintf(names[(*n)++], 24, "%c", "xyz"[c]));
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(scalars); s++) {
    PetscCall(PetscStrncpy(names[(*n)++], scalars[s], 24));
  }
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(tensors); t++) {
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = i; j < dim; j++) {
        PetscCall(PetscSNPrintf(names[(*n)++], 24, "%s_%c%c", tensors[t], "xyz"[i], "xyz"[j]));
      }
    }
  }
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(last); s++)
    PetscCall(PetscStrncpy(names[(*n)++], last[s], 24));
  PetscFunctionReturn(0);
}

static void csv_row(const EffectivePoint *p, PetscInt dim, PetscReal row[])
{
  const PetscReal scalars[] = {p->V0, p->log_Z, p->free_energy, p->log_Z1, p->log_Zhat1};
  const PetscReal *tensors[] = {p->M, p->M_lower, p->M_upper};

  for (PetscInt c = 0; c < dim; c++) *row++ = p->x[c];
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(scalars); s++) *row++ = scalars[s];
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(tensors); t++) {
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = i; j < dim; j++) *row++ = tensors[t][i * dim + j];
    }
  }
  *row++ = p->bound_lower;
  *row++ = p->bound_upper;
  *row++ = p->error;
}

PetscErrorCode ReportWriteCsv(const Report *r, RunFolder folder)
{
  char names[40][24];
  const char *header[40];
  PetscReal *values;
  PetscInt dim, columns, rows = 0;

  PetscFunctionBegin;
  PetscCall(get_dimension(r, &dim));
  PetscCall(csv_header(dim, &columns, names));
  for (PetscInt i = 0; i < columns; i++) header[i] = names[i];
  PetscCall(PetscMalloc1(r->n * columns, &values));
  for (PetscInt i = 0; i < r->n; i++) {
    if (has_result(r, i)) csv_row(&r->points[i], dim, &values[columns * rows++]);
  }
  PetscCall(CsvWrite(folder, "effective.csv", rows, columns, header, values));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportWriteFields(const Report *r, RunFolder folder)
{
  const CaseEffective *effective;
  PetscReal *M, *log_Z, *F, *error;
  PetscInt dim, n[3] = {1, 1, 1};

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(r->c, &effective));
  if (!effective->grid || !r->n) PetscFunctionReturn(0);
  PetscCall(get_dimension(r, &dim));
  for (PetscInt c = 0; c < dim; c++) n[c] = effective->cells[c] + 1;
  PetscCall(PetscMalloc4(r->n * dim * dim, &M, r->n, &log_Z, r->n, &F, r->n, &error));
  for (PetscInt i = 0; i < r->n; i++) {
    PetscCall(PetscArraycpy(&M[i * dim * dim], r->points[i].M, dim * dim));
    log_Z[i] = r->points[i].log_Z;
    F[i] = r->points[i].free_energy;
    error[i] = r->points[i].error;
  }
  const Field fields[] = {{"M", "1", dim * dim, M},
                          {"log_Z", "1", 1, log_Z},
                          {"free_energy", "unit of the potential", 1, F},
                          {"error", "1", 1, error}};
  PetscCall(FieldsWrite(folder, "effective", dim, n, effective->box, 4, fields));
  PetscCall(PetscFree4(M, log_Z, F, error));
  PetscFunctionReturn(0);
}

/* Periodic values on m points per direction -> closed cell with m + 1, components together. */
static void close_cell(PetscInt dim, PetscInt m, PetscReal *const theta[], PetscReal values[])
{
  const PetscInt n = m + 1;

  for (PetscInt i2 = 0; i2 < (dim > 2 ? n : 1); i2++) {
    for (PetscInt i1 = 0; i1 < (dim > 1 ? n : 1); i1++) {
      for (PetscInt i0 = 0; i0 < n; i0++) {
        for (PetscInt j = 0; j < dim; j++) {
          values[(i0 + n * (i1 + n * i2)) * dim + j] = theta[j][i0 % m + m * (i1 % m + m * (i2 % m))];
        }
      }
    }
  }
}

PetscErrorCode ReportWriteCorrectors(const Report *r, Cascade cascade, RunFolder folder)
{
  const PetscReal unit[3][2] = {{0, 1}, {0, 1}, {0, 1}};
  PetscReal frozen[REITER_VARIABLES] = {0}, *theta[3] = {NULL, NULL, NULL}, *values[REITER_MAX_SCALES], T;
  Potential potential;
  Field fields[REITER_MAX_SCALES];
  char names[REITER_MAX_SCALES][16];
  PetscInt dim, scales, m, total = 1, n[3], used = 0;

  PetscFunctionBegin;
  if (r->n == 0 || !has_result(r, 0)) PetscFunctionReturn(0);
  PetscCall(CaseGetPotential(r->c, &potential));
  PetscCall(PotentialGetSizes(potential, &dim, &scales, &T));
  m = dim == 3 ? 32 : 64;
  PetscCall(PetscArraycpy(frozen, r->points[0].x, dim));
  for (PetscInt c = 0; c < dim; c++) {
    n[c] = m + 1;
    total *= n[c];
  }
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscMalloc1(total, &theta[j]));
  for (PetscInt k = 1; k <= scales; k++) {
    PetscBool exists;
    PetscCall(CascadeCorrectors(cascade, k, frozen, m, theta, &exists));
    if (!exists) continue;
    PetscCall(PetscMalloc1(total * dim, &values[used]));
    close_cell(dim, m, theta, values[used]);
    PetscCall(PetscSNPrintf(names[used], sizeof(names[used]), "theta_%" PetscInt_FMT, k));
    fields[used] = (Field){names[used], "period of the cell", dim, values[used]};
    used++;
  }
  if (used) PetscCall(FieldsWrite(folder, "correctors", dim, n, unit, used, fields));
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscFree(theta[j]));
  for (PetscInt k = 0; k < used; k++) PetscCall(PetscFree(values[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportPrint(const Report *r, FILE *stream)
{
  PetscInt dim, shown = 0;

  PetscFunctionBegin;
  PetscCall(get_dimension(r, &dim));
  for (PetscInt i = 0; i < r->n; i++) {
    const EffectivePoint *p = &r->points[i];
    if (!has_result(r, i) || ++shown > 8) continue;
    fprintf(stream, "x = (");
    for (PetscInt c = 0; c < dim; c++) fprintf(stream, "%s%g", c ? ", " : "", (double)p->x[c]);
    fprintf(stream, ")  F = %.12g  error %.1e  M =", (double)p->free_energy, (double)p->error);
    for (PetscInt a = 0; a < dim; a++) {
      for (PetscInt b = 0; b < dim; b++)
        fprintf(stream, "%s%.13g", b ? " " : a ? "; " : " ", (double)p->M[a * dim + b]);
    }
    fprintf(stream, "\n");
  }
  if (shown > 8) fprintf(stream, "... %" PetscInt_FMT " points in all\n", shown);
  for (PetscInt i = 0; Questions[i]; i++) {
    if (r->answers[i]) PetscCall(Questions[i]->Print(r->answers[i], stream));
  }
  PetscFunctionReturn(0);
}
