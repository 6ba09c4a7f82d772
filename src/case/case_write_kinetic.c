/* The resolved section of the kinetic equation. */
#include "case_write.h"

static void write_choice(FILE *f, const char *name, PetscInt value)
{
  if (value)
    fprintf(f, "  %s: %" PetscInt_FMT "\n", name, value);
  else
    fprintf(f, "  %s: auto\n", name);
}

static const char *truth(PetscBool value)
{
  return value ? "true" : "false";
}

static void write_evolution(FILE *f, const Case c)
{
  const CaseKinetic *const k = &c->kinetic;

  if (!k->n_times) return;
  if (k->initial_temperature > 0) {
    fputs("  initial:\n  ", f);
    CaseWriteFormulas(f, "gibbs", &c->kinetic_initial);
    fputs("  ", f);
    CaseWriteEntry(f, "temperature", k->initial_temperature);
  } else {
    CaseWriteFormulas(f, "initial", &c->kinetic_initial);
  }
  fputs("  times: ", f);
  CaseWriteList(f, k->n_times, k->times);
  fputc('\n', f);
  CaseWriteNamed(f, "observables", k->n_observables, k->observables, &c->kinetic_observables);
  fprintf(f, "  density:\n    positions: %" PetscInt_FMT "\n    momenta: %" PetscInt_FMT "\n  ",
          k->grid_positions, k->grid_momenta);
  CaseWriteEntry(f, "extent", k->grid_extent);
}

void CaseWriteKinetic(FILE *f, const Case c)
{
  const CaseKinetic *const k = &c->kinetic;

  if (!k->given) return;
  fputs("kinetic:\n", f);
  CaseWriteEntry(f, "mass", k->mass);
  if (k->n_frictions) {
    fputs("  friction: ", f);
    CaseWriteList(f, k->n_frictions, k->frictions);
    fputc('\n', f);
  }
  fprintf(f, "  friction_tensor: %s\n  positions: %s\n", k->plain_friction ? "plain" : "effective",
          k->positions);
  if (k->cells[0]) {
    fputs("  cells: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) fprintf(f, "%s%" PetscInt_FMT, i ? ", " : "", k->cells[i]);
    fputs("]\n", f);
  }
  write_choice(f, "order", k->order);
  write_choice(f, "levels", k->levels);
  CaseWriteEntry(f, "tolerance", k->tolerance);
  fprintf(f, "  solver: %s\n", k->solver);
  fprintf(f, "  max_unknowns: %" PetscInt_FMT "\n  diffusion: %s\n", k->max_unknowns, truth(k->diffusion));
  if (k->spectrum) fprintf(f, "  spectrum: %" PetscInt_FMT "\n", k->spectrum);
  fprintf(f, "  overdamped: %s\n", truth(k->overdamped));
  write_evolution(f, c);
}

static PetscBool is_periodic(const Case c)
{
  PetscBool periodic = c->domain.given;

  for (PetscInt i = 0; i < 2 * c->dim; ++i) {
    if (c->domain.sides[i / 2][i % 2] != BOUNDARY_PERIODIC) periodic = PETSC_FALSE;
  }
  return periodic;
}

void CaseWriteKineticWith(FILE *f, const Case c, PetscReal mass, PetscReal friction)
{
  enum { MODES = 4, MOST_MODES = 200 };
  struct _p_Case copy = *c;

  copy.kinetic.mass = mass;
  copy.kinetic.n_frictions = 1;
  copy.kinetic.frictions = &friction;
  copy.kinetic.plain_friction = PETSC_FALSE;
  if (c->kinetic.given) {
    CaseWriteKinetic(f, &copy);
    return;
  }
  fputs("kinetic:\n", f);
  CaseWriteEntry(f, "mass", mass);
  CaseWriteEntry(f, "friction", friction);
  if (is_periodic(c)) fputs("  diffusion: true\n", f);
  fprintf(f, "  spectrum: %" PetscInt_FMT "\n",
          c->spectrum.given ? PetscClipInterval(c->spectrum.count, 2, MOST_MODES) : MODES);
}
