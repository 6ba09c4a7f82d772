/* `reiter converge`: the same case on finer and finer domains, and the orders that come out. */
#include <math.h>
#include <string.h>
#include "run_private.h"

/* Differences below this part of a value are round-off: no order can be read off them. */
static const PetscReal floor_of_orders = 1e-11;
/* An observed order may stay this much below the stated one: it is asymptotic. */
static const PetscReal slack = 0.15;

/* The study: what is asked, and the numbers of every level. */
typedef struct {
  MPI_Comm comm;
  PetscMPIInt rank;
  const char *file;
  PetscInt n_overrides;
  const char *const *overrides;
  const RunRequest *request;
  Diagnostics d;
  Case base;
  const CaseConverge *wanted;
  char directory[PETSC_MAX_PATH_LEN];
  RunFolder folder;  /* rank 0 */
  PetscInt done;     /* levels */
  PetscReal *values; /* [levels][n_rates] */
} Study;

/* "domain.cells=[40, 20]", and "cell.cells=16" where the case fixes it. */
static PetscErrorCode refine(const Study *study, PetscInt level, char domain_cells[], char cell_cells[],
                             size_t size)
{
  const CaseDomain *domain;
  const CaseCell *cell;
  PetscInt dim, factor = 1 << level;
  size_t used;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(study->base, &domain));
  PetscCall(CaseGetCell(study->base, &cell));
  PetscCall(CaseGetDimension(study->base, &dim));
  domain_cells[0] = cell_cells[0] = 0;
  if (domain->given && domain->is_box) {
    used = (size_t)snprintf(domain_cells, size, "domain.cells=[");
    for (PetscInt c = 0; c < dim; c++)
      used += (size_t)snprintf(domain_cells + used, size - used, "%s%" PetscInt_FMT, c ? ", " : "",
                               domain->cells[c] * factor);
    snprintf(domain_cells + used, size - used, "]");
  }
  if (cell->cells) snprintf(cell_cells, size, "cell.cells=%" PetscInt_FMT, cell->cells * factor);
  PetscFunctionReturn(0);
}

/* Whether a quantity has a rate; others have only an exact value, and are shown. */
static PetscBool has_rate(const Study *s, PetscInt quantity)
{
  return (PetscBool)!PetscIsNanReal(s->wanted->rates[quantity]);
}

/* "converge.rates.gap", or "converge.exact.gap" for what has no rate. */
static PetscErrorCode key_of(const Study *s, PetscInt quantity, char key[], size_t size)
{
  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, size, "converge.%s.%s", has_rate(s, quantity) ? "rates" : "exact",
                          s->wanted->quantities[quantity]));
  PetscFunctionReturn(0);
}

/* Numbers that the level did not give, or that nothing can be compared with. */
static PetscErrorCode check_values(Study *s, PetscInt level, const PetscBool known[], int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_rates; i++) {
    const PetscReal value = s->values[level * s->wanted->n_rates + i];
    char key[128];
    SourceSpan where;
    if (known[i] && !PetscIsInfOrNanReal(value)) continue;
    PetscCall(key_of(s, i, key, sizeof(key)));
    PetscCall(CaseGetKeyPlace(s->base, s->d, key, &where));
    if (known[i]) {
      PetscCall(DiagnosticsError(s->d, where, NULL, NULL,
                                 "%s is beyond the range of numbers on level %" PetscInt_FMT
                                 ": no order can be read off it",
                                 s->wanted->quantities[i], level));
    } else {
      PetscCall(DiagnosticsError(
          s->d, where,
          "gap, eigenvalue_K, poincare_constant, an observable, mass, relative_entropy, "
          "mean_first_passage_time, capacity, reaction_rate, M_xx, log_Z or free_energy, as far "
          "as the case computes them",
          NULL, "the run gives no number '%s'", s->wanted->quantities[i]));
    }
    *exit_code = REITER_INVALID_INPUT;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_level(Study *s, PetscInt level, Case c, int *exit_code)
{
  char directory[PETSC_MAX_PATH_LEN];
  RunRequest request = *s->request;
  const PetscLogDouble started = MPI_Wtime();
  PetscBool *known;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->wanted->n_rates, &known));
  PetscCall(PetscSNPrintf(directory, sizeof(directory), "%s/level_%" PetscInt_FMT, s->directory, level));
  PetscCall(CaseSetOutputDirectory(c, directory));
  request.quiet = PETSC_TRUE;
  PetscCall(RunMeasure(s->comm, c, &request, s->d, s->wanted->n_rates,
                       (const char *const *)s->wanted->quantities, &s->values[level * s->wanted->n_rates],
                       known, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(check_values(s, level, known, exit_code));
  if (s->rank == 0 && *exit_code == REITER_DONE)
    PetscCall(RunFolderLog(s->folder, "level %" PetscInt_FMT " of %" PetscInt_FMT ": %.2f s", level,
                           s->wanted->levels - 1, MPI_Wtime() - started));
  if (s->rank == 0 && *exit_code == REITER_INTERRUPTED)
    PetscCall(RunFolderLog(s->folder, "interrupted at level %" PetscInt_FMT " of %" PetscInt_FMT, level,
                           s->wanted->levels - 1));
  PetscCall(PetscFree(known));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_level(Study *s, PetscInt level, int *exit_code)
{
  char domain_cells[128], cell_cells[128];
  const char **overrides;
  PetscInt n = s->n_overrides;
  Case c;

  PetscFunctionBegin;
  PetscCall(refine(s, level, domain_cells, cell_cells, sizeof(domain_cells)));
  PetscCall(PetscMalloc1(n + 2, &overrides));
  for (PetscInt i = 0; i < n; i++) overrides[i] = s->overrides[i];
  if (domain_cells[0]) overrides[n++] = domain_cells;
  if (cell_cells[0]) overrides[n++] = cell_cells;
  PetscCall(CaseRead(s->file, n, overrides, s->d, &c));
  if (c)
    PetscCall(measure_level(s, level, c, exit_code));
  else
    *exit_code = REITER_INVALID_INPUT;
  PetscCall(CaseDestroy(&c));
  PetscCall(PetscFree(overrides));
  PetscFunctionReturn(0);
}

/* Error of a level: against the exact value, or the change to the next level. NaN: none. */
static PetscReal level_error(const Study *s, PetscInt quantity, PetscInt level)
{
  const PetscInt n = s->wanted->n_rates;
  const PetscReal value = s->values[level * n + quantity], exact = s->wanted->exact[quantity];

  if (!PetscIsNanReal(exact)) return PetscAbsReal(value - exact);
  return level + 1 < s->done ? PetscAbsReal(value - s->values[(level + 1) * n + quantity]) : NAN;
}

static PetscReal observed_order(const Study *s, PetscInt quantity, PetscInt level)
{
  return level ? log2(level_error(s, quantity, level - 1) / level_error(s, quantity, level)) : NAN;
}

/* The finest level whose error is no round-off decides; *met without any: there is nothing left to converge. NaN: no
   level decides, or there is no rate to meet. */
static PetscReal judged_order(const Study *s, PetscInt quantity, PetscBool *met)
{
  const PetscInt n = s->wanted->n_rates;
  const PetscReal size = PetscAbsReal(s->values[(s->done - 1) * n + quantity]);

  *met = PETSC_TRUE;
  if (!has_rate(s, quantity)) return NAN;
  for (PetscInt level = s->done - 1; level > 0; level--) {
    const PetscReal error = level_error(s, quantity, level), order = observed_order(s, quantity, level);
    if (!(error > floor_of_orders * size)) continue;
    *met = (PetscBool)(order >= s->wanted->rates[quantity] - slack);
    return order;
  }
  return NAN;
}

static PetscErrorCode write_csv(const Study *s)
{
  const PetscInt n = s->wanted->n_rates, columns = 1 + 3 * n;
  char(*names)[96];
  const char **header;
  PetscReal *table;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(columns, &names, columns, &header, columns * s->done, &table));
  PetscCall(PetscStrncpy(names[0], "level", 96));
  for (PetscInt i = 0; i < n; i++) {
    PetscCall(PetscSNPrintf(names[1 + 3 * i], 96, "%s", s->wanted->quantities[i]));
    PetscCall(PetscSNPrintf(names[2 + 3 * i], 96, "%s_error", s->wanted->quantities[i]));
    PetscCall(PetscSNPrintf(names[3 + 3 * i], 96, "%s_order", s->wanted->quantities[i]));
  }
  for (PetscInt i = 0; i < columns; i++) header[i] = names[i];
  for (PetscInt level = 0; level < s->done; level++) {
    PetscReal *const row = &table[level * columns];
    row[0] = (PetscReal)level;
    for (PetscInt i = 0; i < n; i++) {
      row[1 + 3 * i] = s->values[level * n + i];
      row[2 + 3 * i] = level_error(s, i, level);
      row[3 + 3 * i] = observed_order(s, i, level);
    }
  }
  PetscCall(CsvWrite(s->folder, "converge.csv", s->done, columns, header, table));
  PetscCall(PetscFree3(names, header, table));
  PetscFunctionReturn(0);
}

static PetscErrorCode print_table(const Study *s, FILE *stream)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_rates; i++) {
    PetscBool met;
    const PetscReal order = judged_order(s, i, &met), exact = s->wanted->exact[i];
    fprintf(stream, "%s", s->wanted->quantities[i]);
    if (PetscIsNanReal(exact))
      fprintf(stream, " (error: change to the next level)\n");
    else
      fprintf(stream, " (exact: %.15g)\n", (double)exact);
    fprintf(stream, "  level  value                    error      order\n");
    for (PetscInt level = 0; level < s->done; level++) {
      const PetscReal error = level_error(s, i, level), rate = observed_order(s, i, level);
      fprintf(stream, "  %-5" PetscInt_FMT "  %-23.16g", level,
              (double)s->values[level * s->wanted->n_rates + i]);
      if (!PetscIsNanReal(error)) fprintf(stream, "  %.3e", (double)error);
      if (!PetscIsNanReal(rate) && !PetscIsInfReal(rate)) fprintf(stream, "  %.2f", (double)rate);
      fprintf(stream, "\n");
    }
    if (has_rate(s, i) && PetscIsNanReal(order))
      fprintf(stream, "  at round-off: no order is left to see\n");
    else if (has_rate(s, i))
      fprintf(stream, "  order %.2f, stated %g: %s\n", (double)order, (double)s->wanted->rates[i],
              met ? "met" : "NOT MET");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(Study *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_rates; i++) {
    char key[128];
    SourceSpan where;
    PetscBool met;
    const PetscReal order = judged_order(s, i, &met);
    if (met) continue;
    PetscCall(key_of(s, i, key, sizeof(key)));
    PetscCall(CaseGetPlace(s->base, s->d, key, &where));
    PetscCall(DiagnosticsError(s->d, where, NULL, NULL, "%s converges with order %.2f, and %g is stated",
                               s->wanted->quantities[i], (double)order, (double)s->wanted->rates[i]));
    *exit_code = REITER_UNVERIFIED;
  }
  PetscFunctionReturn(0);
}

/* A study that could verify nothing is a mistake of the case. */
static PetscErrorCode check_study(Study *s, int *exit_code)
{
  const CaseDomain *domain;
  const CaseCell *cell;
  const char *mistake = NULL, *expected = NULL, *key = "converge";
  PetscInt rates = 0, without_exact = 0;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(s->base, &domain));
  PetscCall(CaseGetCell(s->base, &cell));
  for (PetscInt i = 0; i < s->wanted->n_rates; i++) {
    rates += has_rate(s, i);
    without_exact += has_rate(s, i) && PetscIsNanReal(s->wanted->exact[i]);
  }
  if (!rates) {
    mistake = "the case states no rates to verify";
    expected = "converge: {levels: 3, rates: {gap: 4}}";
  } else if (!(domain->given && domain->is_box) && !cell->cells) {
    mistake = "there is nothing to refine";
    expected = "a domain with a box, or a fixed cell.cells";
  } else if (s->wanted->levels < 3 && without_exact) {
    key = "converge.levels";
    mistake = "two levels show no order where converge.exact gives no value";
    expected = "3 levels or more";
  }
  if (mistake) PetscCall(RunRefuse(s->base, s->d, key, expected, exit_code, "%s", mistake));
  PetscFunctionReturn(0);
}

static PetscErrorCode open_study(Study *s, const char output[], int *exit_code)
{
  const CaseOutput *wanted;
  char digest[17], *refused = NULL;

  PetscFunctionBegin;
  PetscCall(CaseGetConverge(s->base, &s->wanted));
  PetscCall(CaseGetOutput(s->base, &wanted));
  PetscCall(PetscStrncpy(s->directory, output ? output : wanted->directory, sizeof(s->directory)));
  PetscCall(check_study(s, exit_code));
  if (s->rank == 0 && *exit_code == REITER_DONE) {
    PetscCall(CaseDigest(s->base, digest));
    PetscCall(
        RunFolderOpen(s->directory, digest, s->request->overwrite, s->request->resume, &s->folder, &refused));
    if (refused) {
      PetscCall(DiagnosticsError(s->d, (SourceSpan){0}, NULL, NULL, "%s", refused));
      PetscCall(PetscFree(refused));
      *exit_code = REITER_INVALID_INPUT;
    } else {
      PetscCall(RunFolderSetQuiet(s->folder, s->request->quiet));
    }
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, s->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode RunConverge(MPI_Comm comm, const char file[], PetscInt n_overrides,
                           const char *const overrides[], const char output[], const RunRequest *request,
                           Diagnostics d, int *exit_code)
{
  Study s = {.comm = comm,
             .file = file,
             .n_overrides = n_overrides,
             .overrides = overrides,
             .request = request,
             .d = d};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCallMPI(MPI_Comm_rank(comm, &s.rank));
  PetscCall(CaseRead(file, n_overrides, overrides, d, &s.base));
  PetscCheck(s.base, comm, PETSC_ERR_PLIB, "the case was read before");
  PetscCall(open_study(&s, output, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(PetscMalloc1(s.wanted->levels * s.wanted->n_rates, &s.values));
  while (*exit_code == REITER_DONE && s.done < s.wanted->levels) {
    PetscCall(run_level(&s, s.done, exit_code));
    if (*exit_code == REITER_DONE) s.done++;
  }
  if (*exit_code == REITER_DONE && s.rank == 0) {
    PetscCall(write_csv(&s));
    if (!request->quiet) PetscCall(print_table(&s, stdout));
  }
  if (*exit_code == REITER_DONE) PetscCall(judge(&s, exit_code));
  PetscCall(PetscFree(s.values));
  if (s.folder) PetscCall(RunFolderClose(&s.folder));
  PetscCall(CaseDestroy(&s.base));
  PetscFunctionReturn(0);
}
