/* Spectra of problems from formulas. */
#pragma once
#include "diffusion_fixture.h"
#include <reiter/spectrum.h>
#include <slepceps.h>
#include <string.h>

typedef struct {
  PetscInt dim;
  PetscReal box[3][2];
  PetscInt cells[3], order;
  Boundary sides[3][2];
  const char *scheme, *log_w;
  const char *const *tensor;
} Setting;

static inline void make_problem(const Setting *s, Problem *p)
{
  memset(p, 0, sizeof(*p));
  OK(DomainCreateBox(PETSC_COMM_WORLD, s->dim, s->box, s->cells, s->order, s->sides, &p->domain));
  set_up_problem(p, s->scheme, s->log_w, s->tensor);
  assert_string_equal(p->fault.message, "");
}

static inline Spectrum solve_spectrum(const Problem *p, PetscInt count, PetscInt *n,
                                      const SpectrumValue **values)
{
  CellFailure failure;
  Spectrum spectrum;

  OK(SpectrumCreate(p->diffusion, &spectrum));
  OK(SpectrumSetCount(spectrum, count));
  OK(SpectrumSetFromOptions(spectrum));
  OK(SpectrumSolve(spectrum, NULL, &failure));
  assert_string_equal(failure.message, "");
  OK(SpectrumGetValues(spectrum, n, values));
  return spectrum;
}

static inline void print_values(const char *name, PetscInt n, const SpectrumValue *v, const PetscReal exact[])
{
  print_message("%s:\n", name);
  for (PetscInt k = 0; k < n; k++) {
    print_message("  %s %.15g (log %.9g), error %.1e, residual %.1e, %s", v[k].known ? "" : "unknown",
                  v[k].value, v[k].log_value, v[k].error, v[k].residual, v[k].method);
    if (exact) print_message(", true error %.1e", exact[k] != 0 ? v[k].value / exact[k] - 1 : v[k].value);
    print_message("%s%s\n", v[k].why ? ", " : "", v[k].why ? v[k].why : "");
  }
}

/* Every value is as near to the exact one, which has a relative error itself, as it says. */
static inline void check_honest(PetscInt n, const SpectrumValue *v, const PetscReal exact[], PetscReal error)
{
  for (PetscInt k = 0; k < n; k++) {
    if (!v[k].known || !v[k].discretisation_known) continue;
    assert_true(PetscAbsReal(v[k].value - exact[k]) <= (v[k].error + error) * exact[k]);
  }
}
