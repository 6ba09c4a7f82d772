/* The resolved sections of the macroscopic side. */
#include "case_write.h"
#include <math.h>
#include <string.h>

static const char *truth(PetscBool value)
{
  return value ? "true" : "false";
}

static void write_file(FILE *f, const char *name, const char *file, uint64_t hash, PetscBool for_digest)
{
  fprintf(f, "  %s: ", name);
  if (for_digest) {
    fprintf(f, "%016llx", (unsigned long long)hash);
  } else {
    CaseWriteText(f, file);
  }
  fputc('\n', f);
}

void CaseWriteEntry(FILE *f, const char *name, PetscReal value)
{
  fprintf(f, "  %s: ", name);
  CaseWriteReal(f, value);
  fputc('\n', f);
}

void CaseWriteBox(FILE *f, PetscInt dim, const PetscReal box[][2])
{
  fputs("  box: [", f);
  for (PetscInt i = 0; i < dim; ++i) {
    if (i) fputs(", ", f);
    CaseWriteList(f, 2, box[i]);
  }
  fputs("]\n", f);
}

void CaseWriteDiffusion(FILE *f, const Case c, PetscBool for_digest)
{
  if (!c->diffusion.given) return;
  fputs("diffusion:\n", f);
  if (c->diffusion.table[0]) {
    write_file(f, "table", c->diffusion.table, c->table_hash, for_digest);
    return;
  }
  CaseWriteFormulas(f, c->weight_is_log ? "log_weight" : "weight", &c->weight);
  if (c->tensor.n == 1 && c->dim > 1) {
    CaseWriteFormulas(f, "tensor", &c->tensor);
    return;
  }
  fputs("  tensor:\n", f);
  for (PetscInt i = 0; i < c->dim; ++i) {
    fputs("    - [", f);
    for (PetscInt j = 0; j < c->dim; ++j) {
      if (j) fputs(", ", f);
      CaseWriteText(f, c->tensor.items[i * c->dim + j].text);
    }
    fputs("]\n", f);
  }
}

static const char *word(Boundary kind)
{
  return kind == BOUNDARY_PERIODIC ? "periodic" : kind == BOUNDARY_ABSORBING ? "absorbing" : "reflecting";
}

static void write_boundary(FILE *f, const Case c)
{
  const CaseDomain *const d = &c->domain;

  if (d->is_box) {
    fputs("  boundary: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) {
      fprintf(f, "%s[%s, %s]", i ? ", " : "", word(d->sides[i][0]), word(d->sides[i][1]));
    }
    fputs("]\n", f);
    return;
  }
  fputs("  boundary:\n", f);
  for (PetscInt g = 0; g < d->n_groups; ++g) {
    fputs("    ", f);
    CaseWriteText(f, d->groups[g]);
    fprintf(f, ": %s\n", word(d->group_kinds[g]));
  }
  fprintf(f, "    otherwise: %s\n", word(d->otherwise));
}

void CaseWriteDomain(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseDomain *const d = &c->domain;

  if (!d->given) return;
  fputs("domain:\n", f);
  if (d->is_box) {
    CaseWriteBox(f, c->dim, d->box);
    fputs("  cells: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) fprintf(f, "%s%" PetscInt_FMT, i ? ", " : "", d->cells[i]);
    fputs("]\n", f);
  } else {
    write_file(f, "mesh", d->mesh, c->mesh_hash, for_digest);
  }
  fprintf(f, "  scheme: %s\n  order: %" PetscInt_FMT "\n", d->scheme, d->order);
  write_boundary(f, c);
}

static void write_initial(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseEvolve *const e = &c->evolve;

  if (e->initial == INITIAL_FORMULA) {
    CaseWriteFormulas(f, "initial", &c->initial);
    return;
  }
  fputs("  initial:\n  ", f);
  switch (e->initial) {
  case INITIAL_DELTA:
    fputs("  delta: ", f);
    CaseWriteList(f, c->dim, e->delta);
    fputc('\n', f);
    break;
  case INITIAL_FILE:
    write_file(f, "file", e->file, c->initial_hash, for_digest);
    if (e->file_time < 0) break;
    fputs("  ", f);
    CaseWriteEntry(f, "time", e->file_time);
    break;
  default:
    CaseWriteFormulas(f, "gibbs", &c->initial);
    fputs("  ", f);
    CaseWriteEntry(f, "temperature", e->gibbs_temperature);
  }
}

void CaseWriteNamed(FILE *f, const char *section, PetscInt n, const CaseNamed named[],
                    const CaseFormulas *formulas)
{
  fprintf(f, n ? "  %s:\n" : "  %s: {}\n", section);
  for (PetscInt i = 0; i < n; ++i) {
    fputs("    ", f);
    CaseWriteText(f, named[i].name);
    fputs(": ", f);
    CaseWriteText(f, formulas->items[i].text);
    fputc('\n', f);
  }
}

void CaseWriteEvolve(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseEvolve *const e = &c->evolve;

  if (!e->given) return;
  fputs("evolve:\n", f);
  write_initial(f, c, for_digest);
  fputs("  times: ", f);
  CaseWriteList(f, e->n_times, e->times);
  fputc('\n', f);
  CaseWriteNamed(f, "observables", e->n_observables, e->observables, &c->observables);
  CaseWriteNamed(f, "backward", e->n_backward, e->backward, &c->backward);
  fputs("  marginals: [", f);
  for (PetscInt i = 0, k = 0; i < c->dim; ++i) {
    if (e->marginals[i]) fprintf(f, "%s%c", k++ ? ", " : "", "xyz"[i]);
  }
  fprintf(f, "]\n  currents: %s\n  method: %s\n", truth(e->currents), e->method);
  CaseWriteEntry(f, "tolerance", e->tolerance);
  fprintf(f, "  positive: %s\n", truth(e->positive));
}

void CaseWriteSpectrum(FILE *f, const Case c)
{
  const CaseSpectrum *const s = &c->spectrum;

  if (!s->given) return;
  fprintf(f, "spectrum:\n  count: %" PetscInt_FMT "\n  method: %s\n  precision: %s\n", s->count, s->method,
          s->precision);
  CaseWriteEntry(f, "tolerance", s->tolerance);
  fprintf(f, "  constants: %s\n", truth(s->constants));
  if (!s->n_epsilon) return;
  fputs("  epsilon: ", f);
  CaseWriteList(f, s->n_epsilon, s->epsilon);
  fputc('\n', f);
}

void CaseWritePassage(FILE *f, const Case c)
{
  const CasePassage *const p = &c->passage;

  if (!p->given) return;
  fputs("passage:\n", f);
  if (p->n_from) fputs("  from:\n", f);
  for (PetscInt i = 0; i < p->n_from; ++i) {
    fputs("    - ", f);
    CaseWriteList(f, c->dim, p->from + i * c->dim);
    fputc('\n', f);
  }
  CaseWriteFormulas(f, "to", &c->to);
  if (p->committor_a) {
    fputs("  committor:\n  ", f);
    CaseWriteFormulas(f, "a", &c->a);
    fputs("  ", f);
    CaseWriteFormulas(f, "b", &c->b);
  }
  fprintf(f, "  precision: %s\n", p->precision);
  CaseWriteEntry(f, "tolerance", p->tolerance);
}

static void write_quantities(FILE *f, const char *name, const CaseConverge *converge,
                             const PetscReal values[])
{
  PetscInt n = 0;

  fprintf(f, "  %s: {", name);
  for (PetscInt i = 0; i < converge->n_rates; ++i) {
    if (isnan(values[i])) continue;
    if (n++) fputs(", ", f);
    CaseWriteText(f, converge->quantities[i]);
    fputs(": ", f);
    CaseWriteReal(f, values[i]);
  }
  fputs("}\n", f);
}

void CaseWriteConverge(FILE *f, const Case c)
{
  if (!c->converge.given) return;
  fprintf(f, "converge:\n  levels: %" PetscInt_FMT "\n", c->converge.levels);
  write_quantities(f, "rates", &c->converge, c->converge.rates);
  write_quantities(f, "exact", &c->converge, c->converge.exact);
}
