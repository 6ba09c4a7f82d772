/* estimate: in the resolved case. */
#include "case_write.h"

static void write_source(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseEstimate *const e = &c->estimate;

  if (e->n_series && for_digest) fprintf(f, "  series: %016llx\n", (unsigned long long)c->series_hash);
  for (PetscInt i = 0; i < e->n_series && !for_digest; ++i) {
    fputs(i ? "    - " : "  series:\n    - ", f);
    CaseWriteText(f, e->series[i]);
    fputc('\n', f);
  }
  for (PetscInt i = 0; i < c->dim; ++i) {
    fputs(i ? ", " : "  columns: [", f);
    CaseWriteText(f, e->columns[i]);
  }
  fputs("]\n", f);
  if (e->time_step > 0) {
    fputs("  time_step: ", f);
    CaseWriteReal(f, e->time_step);
  } else {
    fputs("  time: ", f);
    CaseWriteText(f, e->time);
  }
  if (e->path) {
    fputs("\n  path: ", f);
    CaseWriteText(f, e->path);
  }
  fprintf(f, "\n  every: %" PetscInt_FMT "\n", e->every);
}

static void write_times(FILE *f, const CaseEstimate *e)
{
  if (e->n_subsampling && e->spaced) {
    fputs("  subsampling: {from: ", f);
    CaseWriteReal(f, e->subsampling[0]);
    fputs(", to: ", f);
    CaseWriteReal(f, e->subsampling[e->n_subsampling - 1]);
    fprintf(f, ", count: %" PetscInt_FMT "}\n", e->n_subsampling);
  } else if (e->n_subsampling) {
    fputs("  subsampling: ", f);
    CaseWriteList(f, e->n_subsampling, e->subsampling);
    fputc('\n', f);
  }
  if (e->offsets)
    fprintf(f, "  offsets: %" PetscInt_FMT "\n", e->offsets);
  else
    fputs("  offsets: all\n", f);
  if (!e->n_filters) return;
  fputs("  filter: ", f);
  CaseWriteList(f, e->n_filters, e->filters);
  fputc('\n', f);
}

void CaseWriteEstimate(FILE *f, const Case c, PetscBool for_digest)
{
  const CaseEstimate *const e = &c->estimate;
  const PetscInt each = c->gradients ? 1 : c->dim;

  if (!e->given) return;
  fputs("estimate:\n", f);
  write_source(f, c, for_digest);
  write_times(f, e);
  if (!e->n_basis) return;
  fprintf(f, "  drift:\n    %s:\n", c->gradients ? "potential" : "basis");
  for (PetscInt i = 0; i < e->n_basis; ++i) {
    fputs(each > 1 ? "      - [" : "      - ", f);
    for (PetscInt k = 0; k < each; ++k) {
      if (k) fputs(", ", f);
      CaseWriteText(f, c->drift.items[i * each + k].text);
    }
    fputs(each > 1 ? "]\n" : "\n", f);
  }
}
