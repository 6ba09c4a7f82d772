#include "report_paths.h"
#include <math.h>

/* Of both parts together. */
static PetscErrorCode sum_counts(const Voyage *v, EnsembleCounts *sum, PetscReal *rate)
{
  PetscFunctionBegin;
  *sum = (EnsembleCounts){0, 0, 0, 0, 0};
  *rate = NAN;
  for (PetscInt k = 0; k < PARTS; k++) {
    EnsembleCounts counts;
    PetscReal speed;

    if (!v->parts[k]) continue;
    PetscCall(EnsembleGetCounts(v->parts[k], &counts, &speed));
    sum->paths += counts.paths;
    sum->escaped += counts.escaped;
    sum->arrived += counts.arrived;
    sum->proposals += counts.proposals;
    sum->accepted += counts.accepted;
    if (PetscIsNanReal(*rate)) *rate = speed;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_voyage(const Voyage *v, const CasePaths *wanted, Json json)
{
  const EnsemblePlan *const plan = &v->plan;
  EnsembleCounts counts;
  DynamicsInfo info;
  PetscReal rate;

  PetscFunctionBegin;
  PetscCall(sum_counts(v, &counts, &rate));
  PetscCall(DynamicsGetInfo(plan->dynamics, &info));
  PetscCall(JsonBeginObject(json, NULL));
  PetscCall(JsonReal(json, "epsilon", plan->epsilon));
  PetscCall(JsonString(json, "scheme", wanted->scheme));
  PetscCall(JsonReal(json, "step", plan->dt));
  PetscCall(JsonInt(json, "steps", plan->steps));
  PetscCall(JsonInt(json, "count", plan->count));
  PetscCall(JsonInt(json, "escaped", counts.escaped));
  PetscCall(JsonReal(json, "acceptance",
                     counts.proposals ? (PetscReal)counts.accepted / (PetscReal)counts.proposals : NAN));
  if (!(plan->epsilon > 0)) PetscCall(JsonReal(json, "coefficients_error", info.error));
  for (PetscInt k = 0; k < PARTS; k++) {
    if (v->parts[k]) PetscCall(EnsembleWriteJson(v->parts[k], json));
  }
  PetscCall(JsonReal(json, "path_steps_per_second", rate));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportPathsJson(const Report *report, RunFolder folder, PetscInt n, const Voyage voyages[])
{
  const CasePaths *wanted;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(report->c, &wanted));
  PetscCall(ReportBeginJson(report, folder, &stream, &json));
  if (n) {
    PetscCall(JsonBeginObject(json, "paths"));
    PetscCall(JsonBeginArray(json, "ensembles"));
    for (PetscInt i = 0; i < n; i++) PetscCall(write_voyage(&voyages[i], wanted, json));
    PetscCall(JsonEndArray(json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(ReportEndJson(folder, &stream, &json));
  PetscFunctionReturn(0);
}

PetscErrorCode ReportPathsFiles(RunFolder folder, PetscInt n, const Voyage voyages[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n * PARTS; i++) {
    if (voyages[i / PARTS].parts[i % PARTS])
      PetscCall(EnsembleWriteFiles(voyages[i / PARTS].parts[i % PARTS], folder));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ReportPathsPrint(PetscInt n, const Voyage voyages[], FILE *stream)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    const EnsemblePlan *const plan = &voyages[i].plan;
    EnsembleCounts counts;
    PetscReal rate;

    PetscCall(sum_counts(&voyages[i], &counts, &rate));
    if (plan->epsilon > 0)
      fprintf(stream, "e = %.10g: ", (double)plan->epsilon);
    else
      fprintf(stream, "homogenized: ");
    fprintf(stream, "%lld paths, %lld steps of %.4g", (long long)plan->count, (long long)plan->steps,
            (double)plan->dt);
    if (counts.proposals)
      fprintf(stream, ", %.4g %% accepted", 100 * (double)counts.accepted / (double)counts.proposals);
    if (rate > 0) fprintf(stream, ", %.3g million path-steps a second", (double)rate / 1e6);
    fprintf(stream, "\n");
    for (PetscInt k = 0; k < PARTS; k++) {
      if (voyages[i].parts[k]) PetscCall(EnsemblePrint(voyages[i].parts[k], stream));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ReportPathsWarn(Case c, Diagnostics d, PetscInt n, const Voyage voyages[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    EnsembleCounts counts;
    SourceSpan where;
    char equation[64];
    PetscReal rate;
    const PetscBool homogenized = (PetscBool) !(voyages[i].plan.epsilon > 0);

    PetscCall(sum_counts(&voyages[i], &counts, &rate));
    if (!counts.escaped) continue;
    PetscCall(CaseGetPlace(c, d, homogenized ? "paths.box" : "paths", &where));
    snprintf(equation, sizeof(equation), homogenized ? "the homogenized equation" : "e = %.10g",
             (double)voyages[i].plan.epsilon);
    PetscCall(
        DiagnosticsWarning(d, where, NULL, NULL, "%lld of %lld paths of %s escaped %s; they are left out",
                           (long long)counts.escaped, (long long)counts.paths, equation,
                           homogenized ? "from the box" : "to infinity: does the potential hold them?"));
  }
  PetscFunctionReturn(0);
}
