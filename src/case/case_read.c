/* From a file to a case. */
#include "case_private.h"
#include "diagnostics_private.h"
#include <errno.h>
#include <string.h>

enum { LARGEST = 16 * 1024 * 1024 };

static const SourceSpan nowhere = {-1, 0, 0, 0};

/* *text is NULL if the file cannot be read; that is reported then. A pipe will do, so the size is not asked
   for. */
static PetscErrorCode read_file(const char *file, Diagnostics d, char **text, size_t *length)
{
  size_t capacity = 1 << 16;
  PetscBool bad = PETSC_FALSE;

  PetscFunctionBegin;
  *text = NULL;
  *length = 0;
  FILE *const stream = fopen(file, "rb");

  if (!stream) {
    PetscCall(DiagnosticsError(d, nowhere, NULL, NULL, "cannot open '%s': %s", file, strerror(errno)));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(capacity, text));
  while (!bad && !feof(stream)) {
    if (*length == capacity) PetscCall(PetscRealloc(capacity *= 2, text));
    errno = 0;
    *length += fread(*text + *length, 1, capacity - *length, stream);
    if (ferror(stream)) {
      PetscCall(DiagnosticsError(d, nowhere, NULL, NULL, "cannot read '%s': %s", file, strerror(errno)));
      bad = PETSC_TRUE;
    } else if (*length > LARGEST) {
      PetscCall(
          DiagnosticsError(d, nowhere, "at most 16 MiB", NULL, "'%s' is too large for a case file", file));
      bad = PETSC_TRUE;
    }
  }
  fclose(stream);
  if (bad) PetscCall(PetscFree(*text));
  PetscFunctionReturn(0);
}

/* The tree of the file, and the number of the first source. */
static PetscErrorCode read_tree(CaseReader *r, PetscInt *first)
{
  static const char mark[] = "\xEF\xBB\xBF"; /* byte order mark: no part of the first line */
  PetscBool good;
  char *text;
  size_t length, skip;

  PetscFunctionBegin;
  *first = -1;
  PetscCall(read_file(r->file, r->d, &text, &length));
  if (!text) PetscFunctionReturn(0);
  r->c->text = text;
  r->c->length = length;
  skip = length >= 3 && !memcmp(text, mark, 3) ? 3 : 0;
  PetscCall(DiagnosticsAddSource(r->d, r->file, text + skip, length - skip, first));
  PetscCall(YamlCheckText(r->d, *first, &good));
  if (good) PetscCall(YamlParse(&r->tree, *first, 0, &r->root));
  PetscFunctionReturn(0);
}

static PetscErrorCode apply_overrides(CaseReader *r, PetscInt n, const char *const overrides[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; ++i) {
    const size_t length = strlen(overrides[i]), size = length + sizeof("-s ");
    PetscInt source;
    char *name;

    PetscCall(PetscMalloc1(size, &name));
    snprintf(name, size, "-s %s", overrides[i]);
    PetscCall(DiagnosticsAddSource(r->d, name, overrides[i], length, &source));
    PetscCall(PetscFree(name));
    PetscCall(YamlOverride(&r->tree, source, &r->root));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_values(CaseReader *r)
{
  PetscFunctionBegin;
  PetscCall(CaseCheckKeys(r));
  PetscCall(CaseReadText(r, "title", &r->c->title));
  PetscCall(CaseReadInteger(r, "dimension", &r->c->dim));
  PetscCall(CaseReadParameters(r));
  PetscCall(CaseReadReal(r, "temperature", &r->c->temperature));
  PetscCall(CaseKeepFormula(YamlFind(r->root, "temperature", NULL), &r->c->temperature_text));
  PetscCall(CaseReadFormulas(r));
  PetscCall(CaseReadDiffusion(r));
  PetscCall(CaseReadCell(r));
  PetscCall(CaseReadEffective(r));
  PetscCall(CaseReadDomain(r));
  PetscCall(CaseReadEvolve(r));
  PetscCall(CaseReadSpectrum(r));
  PetscCall(CaseReadPassage(r));
  PetscCall(CaseReadPaths(r));
  PetscCall(CaseReadConverge(r));
  PetscCall(CaseReadEstimate(r));
  PetscCall(CaseReadGreenKubo(r));
  PetscCall(CaseReadTransitions(r));
  PetscCall(CaseReadKinetic(r));
  PetscCall(CaseReadOutput(r));
  PetscCall(CaseReadOptions(r));
  PetscFunctionReturn(0);
}

/* The places of formulas count from the case's own sources. */
static PetscErrorCode keep_sources(CaseReader *r, PetscInt first, PetscInt n)
{
  Case c = r->c;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(n, &c->sources));
  c->n_sources = n;
  for (PetscInt i = 0; i < n; ++i) {
    const char *name, *text;
    size_t length;

    PetscCall(DiagnosticsGetSource(r->d, first + i, &name, &text, &length));
    PetscCall(PetscStrallocpy(name, &c->sources[i].name));
    PetscCall(PetscMalloc1(length + 1, &c->sources[i].text));
    memcpy(c->sources[i].text, text, length + 1);
    c->sources[i].length = length;
  }
  for (PetscInt i = 0; i < c->macro.n; ++i) c->macro.items[i].where.source -= first;
  for (PetscInt i = 0; i < c->micro.n; ++i) c->micro.items[i].where.source -= first;
  for (PetscInt i = 0; i < 2 * c->n_options; ++i) c->option_places[i / 2][i % 2].source -= first;
  PetscCall(CaseKeepPlaces(r, first));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseRead(const char *file, PetscInt n_overrides, const char *const overrides[], Diagnostics d,
                        Case *c)
{
  CaseReader r = {.d = d, .file = file};
  PetscInt before, after, first;

  PetscFunctionBegin;
  *c = NULL;
  PetscCall(DiagnosticsCount(d, &before, NULL));
  PetscCall(CaseCreate(&r.c));
  PetscCall(YamlTreeCreate(d, &r.tree));
  PetscCall(read_tree(&r, &first));
  if (r.root) {
    if (YamlIsNull(r.root) && !n_overrides) {
      PetscCall(
          DiagnosticsError(d, r.root->where, "keys with values, as 'key: value'", NULL, "the case is empty"));
    }
    PetscCall(apply_overrides(&r, n_overrides, overrides));
    if (!YamlIsNull(r.root)) PetscCall(read_values(&r));
  }
  PetscCall(DiagnosticsCount(d, &after, NULL));
  if (after == before && r.root) {
    PetscCall(keep_sources(&r, first, 1 + n_overrides));
    PetscCall(CaseBuildPotential(&r));
    PetscCall(DiagnosticsCount(d, &after, NULL));
  }
  if (r.V0) PetscCall(ExpressionDestroy(&r.V0));
  if (r.V1) PetscCall(ExpressionDestroy(&r.V1));
  PetscCall(YamlTreeDestroy(&r.tree));
  if (after > before || !r.root) PetscCall(CaseDestroy(&r.c));
  *c = r.c;
  PetscFunctionReturn(0);
}
