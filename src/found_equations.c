/* Coefficients with a plateau as cases: D, or the friction, and the file. */
#include "found_equations.h"
#include <petscblaslapack.h>
#include <stdlib.h>
#include <string.h>

static const PetscReal significant = 3; /* standard errors that make a friction a tensor */

const char *FoundEquationName(FoundEquation equation)
{
  return equation == FOUND_KINETIC ? "kinetic" : "smoluchowski";
}

/* The inverse of a symmetric matrix; false if it is not positive definite. */
static PetscBool invert(PetscInt dim, const PetscReal A[], PetscReal inverse[])
{
  PetscBLASInt n = (PetscBLASInt)dim, info;

  for (PetscInt i = 0; i < dim * dim; i++) inverse[i] = A[i];
  LAPACKpotrf_("L", &n, inverse, &n, &info);
  if (info) return PETSC_FALSE;
  LAPACKpotri_("L", &n, inverse, &n, &info);
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = 0; j < i; j++) inverse[i * dim + j] = inverse[j * dim + i];
  return (PetscBool)(info == 0);
}

/* Symmetric part of the tensor on the plateau times a factor, with its errors. */
static void take(const GreenKuboCurve *curve, PetscReal factor, FoundTensor *t)
{
  const PetscInt dim = curve->dim;

  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = 0; b < dim; b++) {
      t->value[a * dim + b] = factor * (curve->value[a * dim + b] + curve->value[b * dim + a]) / 2;
      t->error[a * dim + b] = factor * (a == b ? curve->value_error[a * dim + b]
                                               : PetscSqrtReal(PetscSqr(curve->value_error[a * dim + b]) +
                                                               PetscSqr(curve->value_error[b * dim + a])) /
                                                     2);
    }
  }
}

/* T^2 theta^-1, to first order in the errors of theta. */
static PetscBool divide_into(PetscInt dim, PetscReal T, FoundTensor *t)
{
  PetscReal inverse[9], error[9];

  if (!invert(dim, t->value, inverse)) return PETSC_FALSE;
  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = 0; b < dim; b++) {
      PetscReal sum = 0;

      for (PetscInt c = 0; c < dim; c++) {
        for (PetscInt e = c; e < dim; e++) {
          const PetscReal part = inverse[a * dim + c] * inverse[e * dim + b] +
                                 (c == e ? 0 : inverse[a * dim + e] * inverse[c * dim + b]);
          sum += PetscSqr(part * t->error[c * dim + e]);
        }
      }
      error[a * dim + b] = T * T * PetscSqrtReal(sum);
    }
  }
  for (PetscInt i = 0; i < dim * dim; i++) {
    t->value[i] = T * T * inverse[i];
    t->error[i] = error[i];
  }
  return PETSC_TRUE;
}

static void describe(const FoundTensor *t, PetscInt dim, const char name[], char text[], size_t size)
{
  size_t used = 0;

  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = a; b < dim && used < size; b++) {
      const double value = t->value[a * dim + b], error = t->error[a * dim + b];

      used += (size_t)snprintf(text + used, size - used, "%s%s_%c%c = %.6g +- %.2g", used ? ", " : "", name,
                               "xyz"[a], "xyz"[b], value, error);
    }
  }
}

PetscErrorCode FoundTensorOf(const GreenKuboResult *r, FoundEquation equation, FoundTensor *t, char why[],
                             size_t size)
{
  const PetscReal m = r->mass, T = r->temperature;
  const PetscBool kinetic = (PetscBool)(equation == FOUND_KINETIC);
  PetscReal inverse[9];
  char numbers[320];

  PetscFunctionBegin;
  *t = (FoundTensor){.from = !kinetic && r->gamma.has_plateau ? "gamma" : "theta"};
  const GreenKuboCurve *const curve = t->from[0] == 'g' ? &r->gamma : &r->theta;

  if (!curve->has_plateau) {
    snprintf(why, size, "%s%s%s", kinetic || !r->gamma.given ? "" : r->gamma.why,
             kinetic || !r->gamma.given ? "" : " ",
             r->theta.given ? r->theta.why : "There are no forces to take theta from.");
    PetscFunctionReturn(0);
  }
  take(curve, kinetic ? 1 / (m * T) : t->from[0] == 'g' ? 1 / (m * m) : 1, t);
  t->known = invert(r->dim, t->value, inverse);
  if (t->known && !kinetic && t->from[0] == 't') t->known = divide_into(r->dim, T, t);
  if (!t->known) {
    snprintf(why, size, "The tensor of %s is not positive definite.", t->from);
    PetscFunctionReturn(0);
  }
  describe(t, r->dim, kinetic ? "G" : "D", numbers, sizeof(numbers));
  snprintf(why, size, "%s from %s on its plateau from %.6g to %.6g: %s.",
           kinetic             ? "Friction G = theta/(m k_B T)"
           : t->from[0] == 'g' ? "D = gamma/m^2"
                               : "D = (k_B T)^2/theta",
           t->from, (double)curve->plateau[0], (double)curve->plateau[1], numbers);
  PetscFunctionReturn(0);
}

/* G = g k_B T D^-1: g the mean of the diagonal, D = k_B T where G is g within its errors. */
static PetscErrorCode split_friction(PetscInt dim, PetscReal T, const FoundTensor *G, PetscReal *g,
                                     PetscReal D[])
{
  PetscReal inverse[9];
  PetscBool plain = PETSC_TRUE;

  PetscFunctionBegin;
  *g = 0;
  for (PetscInt a = 0; a < dim; a++) *g += G->value[a * (dim + 1)] / (PetscReal)dim;
  for (PetscInt i = 0; i < dim * dim; i++) {
    const PetscReal expected = i % (dim + 1) ? 0 : *g;
    if (PetscAbsReal(G->value[i] - expected) > significant * G->error[i]) plain = PETSC_FALSE;
  }
  PetscCheck(invert(dim, G->value, inverse), PETSC_COMM_SELF, PETSC_ERR_PLIB, "A friction that was checked");
  for (PetscInt i = 0; i < dim * dim; i++) D[i] = plain ? (i % (dim + 1) ? 0 : T) : *g * T * inverse[i];
  PetscFunctionReturn(0);
}

/* Lines of at most 100 columns that begin with #. */
static void write_wrapped(FILE *stream, const char text[])
{
  size_t column = 0;

  for (const char *s = text; *s;) {
    const size_t length = strcspn(s, " ");

    if (column && column + 1 + length > 100) {
      fputc('\n', stream);
      column = 0;
    }
    column += (size_t)fprintf(stream, "%s%.*s", column ? " " : "# ", (int)length, s);
    s += length;
    s += strspn(s, " ");
  }
  fputc('\n', stream);
}

static PetscErrorCode write_comment(const FoundModel *model, FoundEquation equation, const char why[],
                                    const char words[], char **comment)
{
  const CaseDomain *domain;
  size_t size;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(model->c, &domain));
  FILE *const stream = open_memstream(comment, &size);

  PetscCheck(stream, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for a comment");
  write_wrapped(stream, equation == FOUND_KINETIC
                            ? "The kinetic equation of molecular data, as `reiter greenkubo` found it."
                            : "Smoluchowski's equation of molecular data, as `reiter greenkubo` found it.");
  write_wrapped(stream, why);
  write_wrapped(stream, words);
  if (!domain->given)
    write_wrapped(stream, equation == FOUND_KINETIC
                              ? "To solve it, add domain: {box: [[-2, 2]]} to this case."
                              : "To solve it, add domain: {box: [[-2, 2]]} and spectrum: {count: 6}.");
  PetscCheck(!fclose(stream), PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for a comment");
  PetscFunctionReturn(0);
}

static PetscErrorCode write_file(const FoundModel *model, FoundEquation equation, const char section[],
                                 PetscReal friction, const char why[], const char words[])
{
  const char *const name = FoundEquationName(equation), *title;
  CaseModel parts = {.diffusion = section, .kinetic = (PetscBool)(equation == FOUND_KINETIC)};
  char *comment, *text, file[64], whole[256];

  PetscFunctionBegin;
  PetscCall(CaseGetTitle(model->c, &title));
  snprintf(whole, sizeof(whole), "%s%s%s", title, title[0] ? ": " : "", name);
  PetscCall(write_comment(model, equation, why, words, &comment));
  parts.title = whole;
  parts.comment = comment;
  parts.mass = model->result->mass;
  parts.friction = friction;
  PetscCall(CaseWriteWithModel(model->c, &parts, &text));
  snprintf(file, sizeof(file), "%s.yaml", name);
  PetscCall(RunFolderWriteText(model->folder, file, text, strlen(text)));
  PetscCall(PetscFree(text));
  free(comment);
  PetscFunctionReturn(0);
}

PetscErrorCode FoundCaseWrite(const FoundModel *model, FoundEquation equation, FoundCase *found)
{
  const GreenKuboResult *const r = model->result;
  const PetscBool kinetic = (PetscBool)(equation == FOUND_KINETIC);
  char words[512] = "", why[640], *section = NULL;
  PetscReal tensor[9], g = 0;
  FoundTensor found_tensor;
  PetscBool known;
  size_t size;

  PetscFunctionBegin;
  memset(found, 0, sizeof(*found));
  PetscCall(FoundTensorOf(r, equation, &found_tensor, why, sizeof(why)));
  if (found_tensor.known && kinetic && r->dim > 2) {
    found_tensor.known = PETSC_FALSE;
    snprintf(why, sizeof(why), "The kinetic equation is solved in one and two dimensions only.");
  }
  PetscCall(PetscStrncpy(found->why, why, sizeof(found->why)));
  if (!found_tensor.known) PetscFunctionReturn(0);
  PetscCall(PetscArraycpy(tensor, found_tensor.value, 9));
  if (kinetic) PetscCall(split_friction(r->dim, r->temperature, &found_tensor, &g, tensor));
  FILE *const stream = open_memstream(&section, &size);

  PetscCheck(stream, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the section of a case");
  PetscCall(
      FoundDiffusionWrite(model, FoundEquationName(equation), tensor, stream, &known, words, sizeof(words)));
  PetscCheck(!fclose(stream), PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the section of a case");
  if (known) PetscCall(write_file(model, equation, section, g, why, words));
  free(section);
  found->written = known;
  if (known)
    snprintf(found->why, sizeof(found->why), "%.320s %.300s", why, words);
  else
    PetscCall(PetscStrncpy(found->why, words, sizeof(found->why)));
  PetscFunctionReturn(0);
}
