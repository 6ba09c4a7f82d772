/* cell, effective, output and petsc. */
#include "case_private.h"
#include "source_text.h"
#include <stdlib.h>
#include <string.h>

/* More points than this do not fit into a run folder that anybody wants to open. */
enum { MOST_POINTS = 10000000 };

static int compare_reals(const void *a, const void *b)
{
  const PetscReal p = *(const PetscReal *)a, q = *(const PetscReal *)b;

  return (p > q) - (p < q);
}

/* The breaks of one component: sorted, each once. */
static PetscErrorCode read_break_list(CaseReader *r, const KeySpec *key, const YamlNode *list,
                                      PetscInt component)
{
  CaseCell *const cell = &r->c->cell;
  PetscInt n = 0, kept = 0;
  PetscReal *breaks;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(list->n, &breaks));
  for (PetscInt i = 0; i < list->n; ++i) {
    PetscCall(CaseReadNumber(r, key, list->values[i], &breaks[n], &good));
    if (good) ++n;
  }
  if (n > 1) qsort(breaks, (size_t)n, sizeof(*breaks), compare_reals);
  for (PetscInt i = 0; i < n; ++i) {
    if (!kept || breaks[i] > breaks[kept - 1]) breaks[kept++] = breaks[i];
  }
  cell->breaks[component] = breaks;
  cell->n_breaks[component] = kept;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_breaks(CaseReader *r)
{
  const KeySpec *key;
  YamlNode *node;
  PetscInt lists = 0;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "cell.breaks", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < node->n; ++i) lists += node->values[i]->kind == NODE_SEQUENCE;
  if (!lists) {
    for (PetscInt c = 0; c < r->c->dim; ++c) PetscCall(read_break_list(r, key, node, c));
    PetscFunctionReturn(0);
  }
  if (lists != node->n || (r->c->dim && node->n != r->c->dim) || node->n > REITER_MAX_DIM) {
    PetscCall(DiagnosticsError(r->d, node->where, "numbers alone, or one list per component", NULL,
                               "wrong value for cell.breaks: %" PetscInt_FMT " lists in %" PetscInt_FMT
                               " entries for dimension %" PetscInt_FMT,
                               lists, node->n, r->c->dim));
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < node->n; ++c) PetscCall(read_break_list(r, key, node->values[c], c));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadCell(CaseReader *r)
{
  CaseCell *const cell = &r->c->cell;

  PetscFunctionBegin;
  PetscCall(CaseReadChoice(r, "cell.method", cell->method, sizeof(cell->method)));
  PetscCall(CaseReadReal(r, "cell.tolerance", &cell->tolerance));
  PetscCall(CaseReadInteger(r, "cell.cells", &cell->cells));
  PetscCall(CaseReadInteger(r, "cell.order", &cell->order));
  PetscCall(CaseReadChoice(r, "cell.frozen", cell->frozen, sizeof(cell->frozen)));
  PetscCall(CaseReadInteger(r, "cell.max_unknowns", &cell->max_unknowns));
  PetscCall(CaseReadInteger(r, "cell.max_solves", &cell->max_solves));
  PetscCall(read_breaks(r));
  PetscFunctionReturn(0);
}

/* The nodes of the grid, component 0 fastest. */
static PetscErrorCode make_nodes(Case c)
{
  CaseEffective *const e = &c->effective;
  PetscInt index[REITER_MAX_DIM] = {0};

  PetscFunctionBegin;
  e->n_points = 1;
  for (PetscInt i = 0; i < c->dim; ++i) e->n_points *= e->cells[i] + 1;
  PetscCall(PetscFree(e->points));
  PetscCall(PetscMalloc1((size_t)e->n_points * (size_t)c->dim, &e->points));
  for (PetscInt p = 0; p < e->n_points; ++p) {
    for (PetscInt i = 0; i < c->dim; ++i) {
      const PetscReal at = (PetscReal)index[i] / (PetscReal)e->cells[i];

      /* The ends must be met to the bit. */
      e->points[(size_t)p * (size_t)c->dim + (size_t)i] = (1 - at) * e->box[i][0] + at * e->box[i][1];
    }
    for (PetscInt i = 0; i < c->dim && ++index[i] > e->cells[i]; ++i) index[i] = 0;
  }
  PetscFunctionReturn(0);
}

/* A grid of so many points must fit. */
static PetscErrorCode check_grid(CaseReader *r)
{
  CaseEffective *const e = &r->c->effective;
  const YamlNode *const cells = YamlFind(r->root, "effective.grid.cells", NULL);
  PetscReal nodes = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < r->c->dim; ++c) nodes *= e->cells[c] + 1;
  if (nodes <= MOST_POINTS || !cells) PetscFunctionReturn(0);
  PetscCall(DiagnosticsError(r->d, cells->where, "at most 10 million points", NULL, "a grid of %.0f points",
                             nodes));
  for (PetscInt c = 0; c < REITER_MAX_DIM; ++c) e->cells[c] = 1;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadEffective(CaseReader *r)
{
  CaseEffective *const e = &r->c->effective;
  const YamlNode *const grid = YamlFind(r->root, "effective.grid", NULL);
  const PetscBool wanted = YamlFind(r->root, "effective", NULL) || !YamlFind(r->root, "domain", NULL);

  PetscFunctionBegin;
  PetscCall(CaseReadBool(r, "effective.correctors", &e->correctors));
  PetscCall(CaseReadPoints(r, "effective.points", &e->n_points, &e->points));
  if (grid) {
    e->grid = PETSC_TRUE;
    PetscCall(CaseReadBox(r, "effective.grid.box", e->box));
    for (PetscInt c = 0; c < REITER_MAX_DIM; ++c) e->cells[c] = 1;
    PetscCall(CaseReadIntegers(r, "effective.grid.cells", e->cells));
    PetscCall(check_grid(r));
    if (r->c->dim) PetscCall(make_nodes(r->c));
  } else if (!e->points && wanted && YamlFind(r->root, "potential", NULL) &&
             !YamlFind(r->root, "diffusion", NULL)) {
    PetscCall(PetscCalloc1(REITER_MAX_DIM, &e->points));
    e->n_points = 1;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_fields(CaseReader *r)
{
  CaseOutput *const output = &r->c->output;
  const KeySpec *key;
  YamlNode *node;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "output.fields", &key, &node));
  if (!node) {
    output->xdmf = strstr(key->fallback, "xdmf") ? PETSC_TRUE : PETSC_FALSE;
    output->csv = strstr(key->fallback, "csv") ? PETSC_TRUE : PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  if (node->kind != NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < node->n; ++i) {
    PetscCall(CaseCheckChoice(r, key, node->values[i], &which));
    if (which < 0) continue;
    if (!strcmp(key->choices[which], "xdmf")) output->xdmf = PETSC_TRUE;
    if (!strcmp(key->choices[which], "csv")) output->csv = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* results/NAME for .../NAME.yaml */
static PetscErrorCode default_directory(const char *file, char **directory)
{
  const char *const slash = strrchr(file, '/'), *const name = slash ? slash + 1 : file;
  const char *const dot = strrchr(name, '.');
  const size_t size = strlen(name) + sizeof("results/case");

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, directory));
  snprintf(*directory, size, "results/%.*s", (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name)),
           name[0] ? name : "case");
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadOutput(CaseReader *r)
{
  CaseOutput *const output = &r->c->output;
  char *directory = NULL;
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(read_fields(r));
  PetscCall(CaseReadReal(r, "output.checkpoint_seconds", &output->checkpoint_seconds));
  PetscCall(CaseReadNode(r, "output.directory", &key, &node));
  if (node && node->kind == NODE_SCALAR && (!node->length || node->length >= sizeof(output->directory))) {
    PetscCall(CaseWrongType(r, key, node, "the path of a directory"));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseReadText(r, "output.directory", &directory));
  output->by_default = (PetscBool)!directory;
  if (!directory) PetscCall(default_directory(r->file, &directory));
  PetscCall(PetscStrncpy(output->directory, directory, sizeof(output->directory)));
  PetscCall(PetscFree(directory));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_option(CaseReader *r, const YamlNode *name, const YamlNode *value,
                                   PetscBool *good)
{
  const char *const text = name->text + strspn(name->text, "-");

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  if (text != name->text || !text[0] || strpbrk(text, " \t\r\n") || strchr("0123456789.", text[0])) {
    PetscCall(DiagnosticsError(r->d, name->where, "the name of a PETSc option without its dash", text,
                               "'%.*s' is no name of an option", (int)TextFit(name->text, name->length, 60),
                               name->text));
  } else if (value->kind != NODE_SCALAR) {
    PetscCall(CaseWrongType(r, SchemaFind("petsc"), value, "a number, a text, or true and false"));
  } else {
    *good = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadOptions(CaseReader *r)
{
  Case c = r->c;
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "petsc", &key, &node));
  if (!node || YamlIsNull(node)) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(node->n, &c->option_names));
  PetscCall(PetscCalloc1(node->n, &c->option_values));
  PetscCall(PetscCalloc1(node->n, &c->option_places));
  for (PetscInt i = 0; i < node->n; ++i) {
    const size_t size = node->keys[i]->length + sizeof("-");

    PetscCall(check_option(r, node->keys[i], node->values[i], &good));
    if (!good) continue;
    PetscCall(PetscMalloc1(size, &c->option_names[c->n_options]));
    snprintf(c->option_names[c->n_options], size, "-%s", node->keys[i]->text);
    PetscCall(PetscStrallocpy(YamlIsNull(node->values[i]) ? "" : node->values[i]->text,
                              &c->option_values[c->n_options]));
    c->option_places[c->n_options][0] = node->keys[i]->where;
    c->option_places[c->n_options][1] = node->values[i]->where;
    ++c->n_options;
  }
  PetscFunctionReturn(0);
}
