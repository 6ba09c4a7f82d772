/* What run.json and the terminal say of an evolution. */
#include "evolution.h"

PetscErrorCode EvolutionWriteJson(void *answer, Json json)
{
  const Evolution e = answer;

  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "evolution"));
  PetscCall(JsonString(json, "method", e->info.method));
  PetscCall(JsonInt(json, "steps", e->info.steps));
  PetscCall(JsonReal(json, "error", e->info.error));
  PetscCall(JsonBool(json, "positive", e->wanted->positive));
  PetscCall(JsonReal(json, "clipped", e->info.clipped));
  PetscCall(JsonBool(json, "conservative", e->conservative));
  PetscCall(JsonRealArray(json, "times", e->n_times, e->wanted->times));
  PetscCall(JsonRealArray(json, "mass", e->n_times, e->mass));
  PetscCall(JsonRealArray(json, "minimum", e->n_times, e->minimum));
  PetscCall(JsonRealArray(json, "relative_entropy", e->n_times, e->relative_entropy));
  PetscCall(JsonRealArray(json, "chi_square", e->n_times, e->chi_square));
  PetscCall(JsonBeginObject(json, "observables"));
  for (PetscInt i = 0; i < e->n_observables; i++) {
    PetscCall(
        JsonRealArray(json, e->wanted->observables[i].name, e->n_times, &e->observables[i * e->n_times]));
  }
  PetscCall(JsonEndObject(json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionPrint(void *answer, FILE *stream)
{
  const Evolution e = answer;
  const PetscInt shown = PetscMin(e->n_observables, 4);

  PetscFunctionBegin;
  fprintf(stream, "evolution: %s, %" PetscInt_FMT " steps, error %.1e\n", e->info.method, e->info.steps,
          (double)e->info.error);
  for (PetscInt k = 0; k < e->n_times; k++) {
    if (k >= 8 && k + 1 < e->n_times) continue;
    if (k > 8) fprintf(stream, "  ... %" PetscInt_FMT " times in all\n", e->n_times);
    fprintf(stream, "  t = %-8.6g", (double)e->wanted->times[k]);
    if (e->conservative)
      fprintf(stream, " mass - 1 = %-9.1e", (double)(e->mass[k] - 1));
    else
      fprintf(stream, " mass = %-12.9g", (double)e->mass[k]);
    fprintf(stream, " min rho = %-9.2e relative entropy = %-11.6g", (double)e->minimum[k],
            (double)e->relative_entropy[k]);
    for (PetscInt i = 0; i < shown; i++) {
      fprintf(stream, " %s = %.12g", e->wanted->observables[i].name,
              (double)e->observables[i * e->n_times + k]);
    }
    fprintf(stream, "\n");
  }
  PetscFunctionReturn(0);
}
