/* The resolved section of the paths. */
#include "case_write.h"

static void write_start(FILE *f, const Case c)
{
  const CasePaths *const p = &c->paths;

  fputs("  initial: ", f);
  if (p->equilibrium)
    fputs("equilibrium", f);
  else
    CaseWriteList(f, c->dim, p->initial);
  fprintf(f, "\n  seed: %" PetscInt_FMT "\n", p->seed);
  if (p->has_box) CaseWriteBox(f, c->dim, p->box);
}

/* What is measured. */
static void write_statistics(FILE *f, const Case c)
{
  const CasePaths *const p = &c->paths;

  if (p->histogram[0]) {
    fputs("  histogram:\n    cells: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) fprintf(f, "%s%" PetscInt_FMT, i ? ", " : "", p->histogram[i]);
    fputs("]\n", f);
  }
  CaseWriteNamed(f, "observables", p->n_observables, p->observables, &c->paths_observables);
  if (p->n_times) {
    fputs("  times: ", f);
    CaseWriteList(f, p->n_times, p->times);
    fputc('\n', f);
  }
  if (p->passage_to) {
    fputs("  passage:\n  ", f);
    CaseWriteFormulas(f, "to", &c->paths_to);
  }
  if (p->autocorrelation) {
    fputs("  autocorrelation:\n  ", f);
    CaseWriteFormulas(f, "of", &c->paths_of);
    fputs("    lags: ", f);
    CaseWriteList(f, p->n_lags, p->lags);
    fputc('\n', f);
  }
  if (p->trajectories)
    fprintf(f, "  trajectories:\n    count: %" PetscInt_FMT "\n    every: %" PetscInt_FMT "\n",
            p->trajectories, p->trajectory_every);
}

void CaseWritePaths(FILE *f, const Case c)
{
  const CasePaths *const p = &c->paths;

  if (!p->given) return;
  fputs("paths:\n", f);
  if (p->n_epsilon) {
    fputs("  epsilon: ", f);
    CaseWriteList(f, p->n_epsilon, p->epsilon);
    fputc('\n', f);
  }
  fprintf(f, "  homogenized: %s\n  scheme: %s\n  count: %" PetscInt_FMT "\n",
          p->homogenized ? "true" : "false", p->scheme, p->count);
  fputs("  step: ", f);
  if (p->n_steps)
    CaseWriteList(f, p->n_steps, p->steps);
  else
    fputs("auto", f);
  fputc('\n', f);
  CaseWriteEntry(f, "time", p->time);
  CaseWriteEntry(f, "burn_in", p->burn_in);
  fprintf(f, "  every: %" PetscInt_FMT "\n", p->every);
  write_start(f, c);
  write_statistics(f, c);
}
