/* What a run says of its diffusion, and the files of the answers. */
#include "report.h"

PetscErrorCode ReportDiffusionJson(const Report *r, Json json)
{
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  CoefficientsInfo info;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(r->setting.diffusion, &system));
  PetscCall(DomainGetMesh(r->setting.domain, &mesh));
  PetscCall(CoefficientsGetInfo(r->setting.coefficients, &dim, &info));
  PetscCall(JsonBeginObject(json, "diffusion"));
  PetscCall(JsonString(json, "scheme", system->scheme));
  PetscCall(JsonInt(json, "order", mesh->order));
  PetscCall(JsonInt(json, "nodes", mesh->n_global));
  PetscCall(JsonInt(json, "unknowns", system->n_free));
  PetscCall(JsonBool(json, "m_matrix", system->m_matrix));
  PetscCall(JsonReal(json, "largest_positive_offdiagonal", system->largest_positive));
  PetscCall(JsonBool(json, "conservative", system->conservative));
  PetscCall(JsonReal(json, "log_scale", system->log_scale));
  PetscCall(JsonReal(json, "log_mass", system->log_mass));
  PetscCall(JsonReal(json, "norm", system->norm));
  PetscCall(JsonBeginObject(json, "coefficients"));
  PetscCall(JsonString(json, "source", info.source));
  if (info.points) {
    PetscCall(JsonInt(json, "cascades", info.points));
    PetscCall(JsonInt(json, "cells_solved", info.cells_solved));
    PetscCall(JsonReal(json, "error", info.error));
    PetscCall(JsonString(json, "method", info.method));
  }
  PetscCall(JsonEndObject(json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportSecondsJson(const Report *r, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "seconds"));
  PetscCall(JsonReal(json, "domain", r->domain_seconds));
  PetscCall(JsonReal(json, "coefficients", r->coefficients_seconds));
  PetscCall(JsonReal(json, "diffusion", r->diffusion_seconds));
  for (PetscInt i = 0; Questions[i]; i++) {
    if (r->answers[i]) PetscCall(JsonReal(json, Questions[i]->key, r->seconds[i]));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* landscape.h5: log w, D, and the free energy where there is a temperature. Rank 0. */
static PetscErrorCode write_landscape(const Report *r, const FieldMesh *mesh)
{
  const PetscInt n = mesh->n_nodes, dim = mesh->dim;
  PetscReal *x, *log_w, *D, *F, temperature;
  CoefficientFault fault;
  FieldSeries series;

  PetscFunctionBegin;
  PetscCall(CaseGetTemperature(r->c, &temperature));
  PetscCall(PetscMalloc4(n * dim, &x, n, &log_w, n * dim * dim, &D, n, &F));
  for (PetscInt i = 0; i < n; i++) FieldMeshNode(mesh, i, &x[i * dim]);
  PetscCall(CoefficientsEvaluate(r->setting.coefficients, n, x, log_w, D, &fault));
  for (PetscInt i = 0; i < n; i++) F[i] = -temperature * log_w[i];
  const Field fields[] = {{"log_w", "1", 1, log_w},
                          {"D", "length^2/time", dim * dim, D},
                          {"free_energy", "unit of the potential", 1, F}};
  PetscCall(FieldSeriesOpen(r->setting.folder, "landscape", mesh, &series));
  PetscCall(FieldSeriesAdd(series, 0, temperature > 0 ? 3 : 2, fields));
  PetscCall(FieldSeriesClose(&series));
  PetscCall(PetscFree4(x, log_w, D, F));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportWriteAnswers(const Report *r)
{
  const CaseOutput *output;
  const FieldMesh *mesh;
  const PetscInt *natural;

  PetscFunctionBegin;
  if (!r->setting.diffusion) PetscFunctionReturn(0);
  PetscCall(CaseGetOutput(r->c, &output));
  PetscCall(DomainGetFieldMesh(r->setting.domain, &mesh, &natural));
  if (r->setting.rank == 0 && output->xdmf) PetscCall(write_landscape(r, mesh));
  for (PetscInt i = 0; Questions[i]; i++) {
    if (r->answers[i]) PetscCall(Questions[i]->WriteFiles(r->answers[i], &r->setting));
  }
  PetscFunctionReturn(0);
}

/* "M_xy", ..., "log_Z", "free_energy" of the first effective point. */
static void effective_quantity(const Report *r, PetscInt dim, const char name[], PetscReal *value,
                               PetscBool *known)
{
  const EffectivePoint *const p = &r->points[0];
  const char *const axes = "xyz";

  if (!strcmp(name, "log_Z")) *value = p->log_Z, *known = PETSC_TRUE;
  if (!strcmp(name, "free_energy")) *value = p->free_energy, *known = PETSC_TRUE;
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      const char entry[] = {'M', '_', axes[i], axes[j], 0};
      if (strcmp(name, entry)) continue;
      *value = p->M[i * dim + j];
      *known = PETSC_TRUE;
    }
  }
}

PetscErrorCode ReportQuantity(const Report *r, const char name[], PetscReal *value, PetscBool *known)
{
  PetscInt dim;

  PetscFunctionBegin;
  *known = PETSC_FALSE;
  *value = NAN;
  PetscCall(CaseGetDimension(r->c, &dim));
  if (r->n && r->finished[0] && r->points[0].failure.status == CELL_OK)
    effective_quantity(r, dim, name, value, known);
  for (PetscInt i = 0; Questions[i] && !*known; i++) {
    if (r->answers[i]) PetscCall(Questions[i]->Quantity(r->answers[i], name, value, known));
  }
  PetscFunctionReturn(0);
}
