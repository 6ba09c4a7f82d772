/* Pieces of the resolved case. */
#pragma once
#include "case_private.h"

void CaseWriteReal(FILE *f, PetscReal value);
void CaseWriteText(FILE *f, const char *text);
void CaseWriteList(FILE *f, PetscInt n, const PetscReal values[]);
/* "  name: value" */
void CaseWriteEntry(FILE *f, const char *name, PetscReal value);
/* "  box: [[lower, upper], ...]" */
void CaseWriteBox(FILE *f, PetscInt dim, const PetscReal box[][2]);
/* "  section: {names: formulas}" */
void CaseWriteNamed(FILE *f, const char *section, PetscInt n, const CaseNamed named[],
                    const CaseFormulas *formulas);
/* "  name: formula", or a list of them; nothing if there is none. */
void CaseWriteFormulas(FILE *f, const char *name, const CaseFormulas *formulas);
/* The sections about a domain and what is asked on it. In a digest, files stand for their content. */
void CaseWriteDiffusion(FILE *f, const Case c, PetscBool for_digest);
void CaseWriteDomain(FILE *f, const Case c, PetscBool for_digest);
void CaseWriteEvolve(FILE *f, const Case c, PetscBool for_digest);
void CaseWriteSpectrum(FILE *f, const Case c);
void CaseWritePassage(FILE *f, const Case c);
void CaseWritePaths(FILE *f, const Case c);
void CaseWriteConverge(FILE *f, const Case c);
void CaseWriteEstimate(FILE *f, const Case c, PetscBool for_digest);
void CaseWriteGreenKubo(FILE *f, const Case c, PetscBool for_digest);
void CaseWriteTransitions(FILE *f, const Case c);
void CaseWriteKinetic(FILE *f, const Case c);
/* The section with the mass and the friction that were found: what the case asks, or the first eigenvalues, and the diffusion on
   periodic domains. */
void CaseWriteKineticWith(FILE *f, const Case c, PetscReal mass, PetscReal friction);
