/* greenkubo: in the resolved case. */
#include "case_write.h"
#include <string.h>

static void write_names(FILE *f, PetscInt dim, const char *key, char *const names[])
{
  if (!names[0]) return;
  fprintf(f, "    %s: [", key);
  for (PetscInt i = 0; i < dim; ++i) {
    if (i) fputs(", ", f);
    CaseWriteText(f, names[i]);
  }
  fputs("]\n", f);
}

static void write_source(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseGreenKubo *const g = &c->greenkubo;
  PetscReal longest_period = 0;

  if (for_digest) fprintf(f, "  series: %016llx\n", (unsigned long long)c->greenkubo_hash);
  for (PetscInt i = 0; i < g->n_series && !for_digest; ++i) {
    fputs(i ? "    - " : "  series:\n    - ", f);
    CaseWriteText(f, g->series[i]);
    fputc('\n', f);
  }
  fprintf(f, "  format: %s\n  columns:\n", g->format);
  write_names(f, c->dim, "position", g->position);
  write_names(f, c->dim, g->velocity ? "velocity" : "momentum", g->momentum);
  write_names(f, c->dim, "force", g->force);
  if (g->time) {
    fputs("    time: ", f);
    CaseWriteText(f, g->time);
    fputc('\n', f);
  }
  if (g->path) {
    fputs("    path: ", f);
    CaseWriteText(f, g->path);
    fputc('\n', f);
  }
  if (g->time_step > 0) CaseWriteEntry(f, "time_step", g->time_step);
  if (g->timestep > 0) CaseWriteEntry(f, "timestep", g->timestep);
  if (g->atom) fprintf(f, "  atom: %" PetscInt_FMT "\n", g->atom);
  for (PetscInt i = 0; i < c->dim; ++i) longest_period = PetscMax(longest_period, g->periods[i]);
  if (longest_period > 0) {
    fputs("  periods: ", f);
    CaseWriteList(f, c->dim, g->periods);
    fputc('\n', f);
  }
}

static void write_thermal(FILE *f, const Case c)
{
  const CaseGreenKubo *const g = &c->greenkubo;

  if (!g->force[0]) return;
  fputs("  thermal_force:\n", f);
  if (!strcmp(g->thermal, "mean")) fputs("    mean: true\n", f);
  if (!strcmp(g->thermal, "bins")) fprintf(f, "    bins: %" PetscInt_FMT "\n", g->bins);
  for (PetscInt i = 0; i < g->n_formulas; ++i) {
    if (!i) fprintf(f, "    %s:\n", g->thermal);
    fputs("      - ", f);
    CaseWriteText(f, c->thermal.items[i].text);
    fputc('\n', f);
  }
}

static void write_plateau(FILE *f, const char *key, const PetscReal plateau[2])
{
  if (!(plateau[1] > 0)) return;
  fprintf(f, "    %s: ", key);
  CaseWriteList(f, 2, plateau);
  fputc('\n', f);
}

void CaseWriteGreenKubo(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseGreenKubo *const g = &c->greenkubo;

  if (!g->given) return;
  fputs("greenkubo:\n", f);
  write_source(f, c, for_digest);
  CaseWriteEntry(f, "mass", g->mass);
  write_thermal(f, c);
  if (g->longest > 0) CaseWriteEntry(f, "longest", g->longest);
  if (g->blocks) fprintf(f, "  blocks: %" PetscInt_FMT "\n", g->blocks);
  if (!(g->plateau_momentum[1] > 0) && !(g->plateau_force[1] > 0)) return;
  fputs("  plateau:\n", f);
  write_plateau(f, "momentum", g->plateau_momentum);
  write_plateau(f, "force", g->plateau_force);
}
