#include "diagnostics_private.h"
#include "excerpt.h"
#include "source_text.h"
#include <stdlib.h>
#include <string.h>

/* A hopeless file must not fill the memory with complaints: beyond STORED they are only counted. */
enum { STORED = 10000, PRINTED = 100, MESSAGE = 1024 };

typedef struct {
  char *name, *text;
  size_t length;
} Source;

typedef struct {
  SourceSpan where;
  PetscBool warning;
  char *message, *expected, *suggestion;
} Entry;

struct _p_Diagnostics {
  PetscInt n_sources, n, capacity, dropped_errors, dropped_warnings;
  Source *sources;
  Entry *entries;
  PetscBool settled; /* sorted, without duplicates */
};

PetscErrorCode DiagnosticsCreate(Diagnostics *d)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(d));
  PetscFunctionReturn(0);
}

static PetscErrorCode entry_clear(Entry *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(e->message));
  PetscCall(PetscFree(e->expected));
  PetscCall(PetscFree(e->suggestion));
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsDestroy(Diagnostics *d)
{
  PetscFunctionBegin;
  if (!*d) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < (*d)->n_sources; ++i) {
    PetscCall(PetscFree((*d)->sources[i].name));
    PetscCall(PetscFree((*d)->sources[i].text));
  }
  for (PetscInt i = 0; i < (*d)->n; ++i) PetscCall(entry_clear(&(*d)->entries[i]));
  PetscCall(PetscFree((*d)->sources));
  PetscCall(PetscFree((*d)->entries));
  PetscCall(PetscFree(*d));
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsAddSource(Diagnostics d, const char *name, const char *text, size_t length,
                                    PetscInt *source)
{
  Source s = {NULL, NULL, length};

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(name, &s.name));
  PetscCall(PetscMalloc1(length + 1, &s.text));
  if (length) memcpy(s.text, text, length);
  s.text[length] = '\0';
  PetscCall(PetscRealloc((size_t)(d->n_sources + 1) * sizeof(*d->sources), &d->sources));
  d->sources[d->n_sources] = s;
  *source = d->n_sources++;
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsGetSource(Diagnostics d, PetscInt source, const char **name, const char **text,
                                    size_t *length)
{
  PetscFunctionBegin;
  PetscCheck(source >= 0 && source < d->n_sources, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "No source %" PetscInt_FMT, source);
  if (name) *name = d->sources[source].name;
  *text = d->sources[source].text;
  *length = d->sources[source].length;
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsFindSource(Diagnostics d, const char *name, const char *text, size_t length,
                                     PetscInt *source)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < d->n_sources; ++i) {
    const Source *s = &d->sources[i];

    if (s->length == length && !strcmp(s->name, name) && !memcmp(s->text, text, length)) {
      *source = i;
      PetscFunctionReturn(0);
    }
  }
  PetscCall(DiagnosticsAddSource(d, name, text, length, source));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_entry(Diagnostics d, PetscBool warning, SourceSpan where, const char *expected,
                                const char *suggestion, const char *format, va_list arguments)
{
  char message[MESSAGE];
  Entry e = {where, warning, NULL, NULL, NULL};

  PetscFunctionBegin;
  if (d->n >= STORED) {
    if (warning) {
      ++d->dropped_warnings;
    } else {
      ++d->dropped_errors;
    }
    PetscFunctionReturn(0);
  }
  const int needed = vsnprintf(message, sizeof(message), format, arguments);

  PetscCheck(needed >= 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "Bad format '%s'", format);
  if ((size_t)needed >= sizeof(message)) {
    const size_t fit = TextFit(message, sizeof(message) - 1, sizeof(message) - 5);

    memcpy(message + fit, "...", 4);
  }
  PetscCall(PetscStrallocpy(message, &e.message));
  if (expected && expected[0]) PetscCall(PetscStrallocpy(expected, &e.expected));
  if (suggestion && suggestion[0]) PetscCall(PetscStrallocpy(suggestion, &e.suggestion));
  if (d->n == d->capacity) {
    d->capacity = 2 * d->capacity + 16;
    PetscCall(PetscRealloc((size_t)d->capacity * sizeof(*d->entries), &d->entries));
  }
  d->entries[d->n++] = e;
  d->settled = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsError(Diagnostics d, SourceSpan where, const char *expected, const char *suggestion,
                                const char *format, ...)
{
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  PetscCall(add_entry(d, PETSC_FALSE, where, expected, suggestion, format, arguments));
  va_end(arguments);
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsWarning(Diagnostics d, SourceSpan where, const char *expected,
                                  const char *suggestion, const char *format, ...)
{
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  PetscCall(add_entry(d, PETSC_TRUE, where, expected, suggestion, format, arguments));
  va_end(arguments);
  PetscFunctionReturn(0);
}

static int compare_integers(PetscInt a, PetscInt b)
{
  return (a > b) - (a < b);
}

static int compare_entries(const void *a, const void *b)
{
  const Entry *p = a, *q = b;
  int order = compare_integers(p->where.source, q->where.source);

  if (!order) order = compare_integers(p->where.line, q->where.line);
  if (!order) order = compare_integers(p->where.column, q->where.column);
  if (!order) order = compare_integers(p->warning, q->warning);
  return order ? order : strcmp(p->message, q->message);
}

static PetscErrorCode settle(Diagnostics d)
{
  PetscInt kept = 0;

  PetscFunctionBegin;
  if (d->settled || !d->n) PetscFunctionReturn(0);
  qsort(d->entries, (size_t)d->n, sizeof(*d->entries), compare_entries);
  for (PetscInt i = 0; i < d->n; ++i) {
    if (kept && !compare_entries(&d->entries[kept - 1], &d->entries[i])) {
      PetscCall(entry_clear(&d->entries[i]));
    } else {
      d->entries[kept++] = d->entries[i];
    }
  }
  d->n = kept;
  d->settled = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsCount(Diagnostics d, PetscInt *errors, PetscInt *warnings)
{
  PetscInt n_warnings = 0;

  PetscFunctionBegin;
  PetscCall(settle(d));
  for (PetscInt i = 0; i < d->n; ++i) n_warnings += d->entries[i].warning ? 1 : 0;
  if (errors) *errors = d->n - n_warnings + d->dropped_errors;
  if (warnings) *warnings = n_warnings + d->dropped_warnings;
  PetscFunctionReturn(0);
}

static PetscErrorCode print_entry(Diagnostics d, const Entry *e, FILE *stream)
{
  const PetscBool placed =
      e->where.line > 0 && e->where.source >= 0 && e->where.source < d->n_sources ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  if (placed) {
    PetscCall(ExcerptPrintText(stream, d->sources[e->where.source].name));
    fprintf(stream, ":%" PetscInt_FMT ":%" PetscInt_FMT ": ", e->where.line, e->where.column);
  } else {
    fputs("reiter: ", stream);
  }
  fputs(e->warning ? "warning: " : "error: ", stream);
  PetscCall(ExcerptPrintText(stream, e->message));
  fputc('\n', stream);
  if (placed) {
    const Source *s = &d->sources[e->where.source];

    PetscCall(ExcerptPrint(stream, s->text, s->length, e->where));
  }
  if (e->expected) {
    fputs("  expected: ", stream);
    PetscCall(ExcerptPrintText(stream, e->expected));
    fputc('\n', stream);
  }
  if (e->suggestion) {
    fputs("  did you mean '", stream);
    PetscCall(ExcerptPrintText(stream, e->suggestion));
    fputs("'?\n", stream);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DiagnosticsPrint(Diagnostics d, FILE *stream)
{
  PetscInt errors, warnings, shown;

  PetscFunctionBegin;
  PetscCall(DiagnosticsCount(d, &errors, &warnings));
  shown = d->n < PRINTED ? d->n : PRINTED;
  for (PetscInt i = 0; i < shown; ++i) PetscCall(print_entry(d, &d->entries[i], stream));
  if (errors + warnings > shown)
    fprintf(stream, "... and %" PetscInt_FMT " more\n", errors + warnings - shown);
  PetscFunctionReturn(0);
}
