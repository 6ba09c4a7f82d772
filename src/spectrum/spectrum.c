#include "spectrum_private.h"

PetscErrorCode SpectrumCreate(Diffusion diffusion, Spectrum *spectrum)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(spectrum));
  (*spectrum)->diffusion = diffusion;
  (*spectrum)->count = 2;
  (*spectrum)->estimate = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumDestroy(Spectrum *spectrum)
{
  PetscFunctionBegin;
  if (!*spectrum) PetscFunctionReturn(0);
  PetscCall(SpectrumModesDestroy(&(*spectrum)->modes));
  PetscCall(PetscFree(*spectrum));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumAddCoarse(Spectrum spectrum, Diffusion coarse, PetscReal ratio, PetscReal rate)
{
  PetscFunctionBegin;
  PetscCheck(spectrum->n_coarse < SPECTRUM_MAX_COARSE, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Too many coarser domains");
  PetscCheck(ratio > 1 && rate > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Ratio %g, rate %g",
             (double)ratio, (double)rate);
  spectrum->coarse[spectrum->n_coarse] = coarse;
  spectrum->ratio[spectrum->n_coarse++] = ratio;
  spectrum->rate = rate;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSetCount(Spectrum spectrum, PetscInt count)
{
  PetscFunctionBegin;
  PetscCheck(count >= 1, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%" PetscInt_FMT " eigenvalues", count);
  spectrum->count = count;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSetPrecision(Spectrum spectrum, Precision precision)
{
  PetscFunctionBegin;
  spectrum->precision = precision;
  PetscFunctionReturn(0);
}

static const char *const methods[] = {"auto",           "slepc",     "elimination", "flux",
                                      "SpectrumMethod", "SPECTRUM_", NULL};

PetscErrorCode SpectrumSetMethod(Spectrum spectrum, const char name[])
{
  PetscEnum method;
  PetscBool found;

  PetscFunctionBegin;
  PetscCall(PetscEnumFind(methods, name, &method, &found));
  PetscCheck(found, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "no method %s of the spectrum", name);
  spectrum->method = (SpectrumMethod)method == SPECTRUM_FLUX ? SPECTRUM_AUTO : (SpectrumMethod)method;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSetFromOptions(Spectrum spectrum)
{
  MPI_Comm comm;
  Domain domain;

  PetscFunctionBegin;
  PetscCall(DiffusionGetDomain(spectrum->diffusion, &domain));
  PetscCall(DomainGetComm(domain, &comm));
  PetscOptionsBegin(comm, NULL, "Spectrum", NULL);
  PetscCall(PetscOptionsEnum("-spectrum_method", "How eigenvalues are computed", NULL, methods,
                             (PetscEnum)spectrum->method, (PetscEnum *)&spectrum->method, NULL));
  if (spectrum->method == SPECTRUM_FLUX) spectrum->method = SPECTRUM_AUTO;
  PetscCall(PetscOptionsBool("-spectrum_estimate", "Estimate the discretisation's error on coarser boxes",
                             NULL, spectrum->estimate, &spectrum->estimate, NULL));
  PetscOptionsEnd();
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumGetValues(Spectrum spectrum, PetscInt *n, const SpectrumValue **values)
{
  PetscFunctionBegin;
  *n = spectrum->modes.n;
  *values = spectrum->modes.values;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumGetFunction(Spectrum spectrum, PetscInt k, Vec *g)
{
  PetscFunctionBegin;
  PetscCheck(k >= 0 && k < spectrum->modes.n, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Eigenfunction %" PetscInt_FMT, k);
  *g = spectrum->modes.functions[k];
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumGetOrthogonality(Spectrum spectrum, PetscReal *largest)
{
  const DiffusionSystem *system;
  const Vec *g = spectrum->modes.functions;
  PetscReal inner, here, other;
  Vec Bf, Bg;

  PetscFunctionBegin;
  *largest = 0;
  PetscCall(DiffusionGetSystem(spectrum->diffusion, &system));
  PetscCall(VecDuplicate(system->root, &Bf));
  PetscCall(VecDuplicate(system->root, &Bg));
  for (PetscInt i = 0; i < spectrum->modes.n; i++) {
    if (!g[i]) continue;
    PetscCall(SpectrumApplyMass(system, g[i], Bf));
    PetscCall(VecDot(g[i], Bf, &here));
    for (PetscInt j = 0; j < i; j++) {
      if (!g[j]) continue;
      PetscCall(SpectrumInner(system, g[j], g[j], Bg, &other));
      PetscCall(VecDot(g[j], Bf, &inner));
      if (here > 0 && other > 0)
        *largest = PetscMax(*largest, PetscAbsReal(inner) / PetscSqrtReal(here * other));
    }
  }
  PetscCall(VecDestroy(&Bf));
  PetscCall(VecDestroy(&Bg));
  PetscFunctionReturn(0);
}
