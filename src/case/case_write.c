/* The case with every default filled in, and its digest. */
#include "case_write.h"
#include "source_text.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The fewest digits that give the number back, at most 17; always with a point, because YAML 1.1 readers take
   1e-08 for a text. */
void CaseWriteReal(FILE *f, PetscReal value)
{
  char text[40];

  for (int digits = 15; digits <= 17; ++digits) {
    snprintf(text, sizeof(text), "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  const size_t mantissa = strcspn(text, "e");

  fprintf(f, "%.*s%s%s", (int)mantissa, text, memchr(text, '.', mantissa) ? "" : ".0", text + mantissa);
}

static PetscBool is_plain(int32_t code)
{
  const PetscBool odd = code == '"' || code == '\\' || code < 0x20 || (code >= 0x7F && code < 0xA0) ||
                                code == 0x2028 || code == 0x2029 || code == 0xFEFF || code == 0xFFFE ||
                                code == 0xFFFF
                            ? PETSC_TRUE
                            : PETSC_FALSE;

  return odd ? PETSC_FALSE : PETSC_TRUE;
}

/* In double quotes, which can say everything. */
void CaseWriteText(FILE *f, const char *text)
{
  const size_t length = strlen(text);

  fputc('"', f);
  for (size_t i = 0; i < length;) {
    const Character c = TextCharacter(text + i, length - i);

    if (c.code == '"' || c.code == '\\') {
      fprintf(f, "\\%c", (char)c.code);
    } else if (is_plain(c.code)) {
      fwrite(text + i, 1, c.size, f);
    } else {
      fprintf(f, "\\u%04x", (unsigned)c.code);
    }
    i += c.size;
  }
  fputc('"', f);
}

void CaseWriteList(FILE *f, PetscInt n, const PetscReal values[])
{
  fputc('[', f);
  for (PetscInt i = 0; i < n; ++i) {
    if (i) fputs(", ", f);
    CaseWriteReal(f, values[i]);
  }
  fputc(']', f);
}

void CaseWriteFormulas(FILE *f, const char *name, const CaseFormulas *formulas)
{
  if (!formulas->n) return;
  fprintf(f, "  %s:", name);
  if (formulas->n == 1) {
    fputc(' ', f);
    CaseWriteText(f, formulas->items[0].text);
    fputc('\n', f);
    return;
  }
  for (PetscInt i = 0; i < formulas->n; ++i) {
    fputs(i ? "    - " : "\n    - ", f);
    CaseWriteText(f, formulas->items[i].text);
    fputc('\n', f);
  }
}

static void write_integer(FILE *f, const char *name, PetscInt value)
{
  if (value) {
    fprintf(f, "  %s: %" PetscInt_FMT "\n", name, value);
  } else {
    fprintf(f, "  %s: auto\n", name);
  }
}

static void write_cell(FILE *f, const Case c)
{
  PetscInt breaks = 0;

  fprintf(f, "cell:\n  method: %s\n  tolerance: ", c->cell.method);
  CaseWriteReal(f, c->cell.tolerance);
  fputc('\n', f);
  write_integer(f, "cells", c->cell.cells);
  write_integer(f, "order", c->cell.order);
  fprintf(f, "  frozen: %s\n", c->cell.frozen);
  for (PetscInt i = 0; i < c->dim; ++i) breaks += c->cell.n_breaks[i];
  for (PetscInt i = 0; i < c->dim && breaks; ++i) {
    fputs(i ? ", " : "  breaks: [", f);
    CaseWriteList(f, c->cell.n_breaks[i], c->cell.breaks[i]);
  }
  if (breaks) fputs("]\n", f);
  write_integer(f, "max_unknowns", c->cell.max_unknowns);
  write_integer(f, "max_solves", c->cell.max_solves);
}

static void write_effective(FILE *f, const Case c)
{
  const CaseEffective *const e = &c->effective;

  if (!e->n_points) return;
  fputs("effective:\n", f);
  if (e->grid) {
    fputs("  grid:\n    box: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) {
      if (i) fputs(", ", f);
      CaseWriteList(f, 2, e->box[i]);
    }
    fputs("]\n    cells: [", f);
    for (PetscInt i = 0; i < c->dim; ++i) fprintf(f, "%s%" PetscInt_FMT, i ? ", " : "", e->cells[i]);
    fputs("]\n", f);
  } else {
    fputs("  points:\n", f);
    for (PetscInt i = 0; i < e->n_points; ++i) {
      fputs("    - ", f);
      CaseWriteList(f, c->dim, e->points + (size_t)i * (size_t)c->dim);
      fputc('\n', f);
    }
  }
  fprintf(f, "  correctors: %s\n", e->correctors ? "true" : "false");
}

/* What every model stands on. */
static void write_ground(FILE *f, const Case c)
{
  fprintf(f, "dimension: %" PetscInt_FMT "\n", c->dim);
  if (c->temperature > 0) {
    fputs("temperature: ", f);
    CaseWriteReal(f, c->temperature);
    fputc('\n', f);
  }
  fputs(c->n_parameters ? "parameters:\n" : "parameters: {}\n", f);
  for (PetscInt i = 0; i < c->n_parameters; ++i) {
    fputs("  ", f);
    CaseWriteText(f, c->parameters[i].name);
    fputs(": ", f);
    CaseWriteReal(f, c->parameters[i].value);
    fputc('\n', f);
  }
}

/* What is asked on the domain. */
static void write_questions(FILE *f, const Case c, PetscBool for_digest)
{
  CaseWriteDomain(f, c, for_digest);
  CaseWriteEvolve(f, c, for_digest);
  CaseWriteSpectrum(f, c);
  CaseWritePassage(f, c);
}

static void write_options(FILE *f, const Case c)
{
  fputs(c->n_options ? "petsc:\n" : "petsc: {}\n", f);
  for (PetscInt i = 0; i < c->n_options; ++i) {
    fputs("  ", f);
    CaseWriteText(f, c->option_names[i] + 1);
    fputs(": ", f);
    CaseWriteText(f, c->option_values[i]);
    fputc('\n', f);
  }
}

/* Everything that the results depend on. */
static void write_substance(FILE *f, const Case c, PetscBool for_digest)
{
  write_ground(f, c);
  CaseWriteDiffusion(f, c, for_digest);
  if (c->potential) {
    fputs("potential:\n", f);
    CaseWriteFormulas(f, "macro", &c->macro);
    CaseWriteFormulas(f, "micro", &c->micro);
    fprintf(f, "  scales: %" PetscInt_FMT "\n", c->scales);
    write_cell(f, c);
    write_effective(f, c);
  }
  write_questions(f, c, for_digest);
  CaseWritePaths(f, c);
  CaseWriteEstimate(f, c, for_digest);
  CaseWriteGreenKubo(f, c, for_digest);
  CaseWriteTransitions(f, c);
  CaseWriteKinetic(f, c);
  write_options(f, c);
}

static void write_names(FILE *f, const Case c)
{
  fputs("title: ", f);
  CaseWriteText(f, c->title);
  fputs("\noutput:\n  directory: ", f);
  CaseWriteText(f, c->output.directory);
  fprintf(f, "\n  fields: [%s%s%s]\n  checkpoint_seconds: ", c->output.xdmf ? "xdmf" : "",
          c->output.xdmf && c->output.csv ? ", " : "", c->output.csv ? "csv" : "");
  CaseWriteReal(f, c->output.checkpoint_seconds);
  fputc('\n', f);
  CaseWriteConverge(f, c);
}

/* Writes into memory; *text is malloc's. */
static PetscErrorCode write_case(Case c, PetscBool for_digest, char **text, size_t *size)
{
  PetscFunctionBegin;
  *text = NULL;
  FILE *const f = open_memstream(text, size);

  PetscCheck(f, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the resolved case");
  if (!for_digest) write_names(f, c);
  write_substance(f, c, for_digest);
  PetscCheck(!fclose(f), PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the resolved case");
  PetscFunctionReturn(0);
}

PetscErrorCode CaseWriteResolved(Case c, char **text)
{
  char *written;
  size_t size;

  PetscFunctionBegin;
  PetscCall(write_case(c, PETSC_FALSE, &written, &size));
  PetscCall(PetscStrallocpy(written, text));
  free(written);
  PetscFunctionReturn(0);
}

PetscErrorCode CaseWriteWithModel(Case c, const CaseModel *model, char **text)
{
  char *written = NULL;
  size_t size;

  PetscFunctionBegin;
  FILE *const f = open_memstream(&written, &size);

  PetscCheck(f, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the case");
  fprintf(f, "%stitle: ", model->comment);
  CaseWriteText(f, model->title);
  fputc('\n', f);
  write_ground(f, c);
  fputs(model->diffusion, f);
  if (model->kinetic) {
    CaseWriteDomain(f, c, PETSC_FALSE);
    CaseWriteKineticWith(f, c, model->mass, model->friction);
  } else {
    write_questions(f, c, PETSC_FALSE);
  }
  write_options(f, c);
  PetscCheck(!fclose(f), PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the case");
  PetscCall(PetscStrallocpy(written, text));
  free(written);
  PetscFunctionReturn(0);
}

/* FNV-1a, 64 bits. */
PetscErrorCode CaseDigest(Case c, char digest[17])
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  char *text;
  size_t size;

  PetscFunctionBegin;
  PetscCall(write_case(c, PETSC_TRUE, &text, &size));
  for (size_t i = 0; i < size; ++i) hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
  free(text);
  snprintf(digest, 17, "%016llx", (unsigned long long)hash);
  PetscFunctionReturn(0);
}
