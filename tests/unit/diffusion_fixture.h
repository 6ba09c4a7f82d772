/* Diffusions from formulas on boxes, for the tests. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <slepcsys.h>
#include <reiter/diffusion.h>

#define OK(call) assert_int_equal(call, 0)

/* The parts of one problem; everything is owned. */
typedef struct {
  Domain domain;
  Coefficients coefficients;
  Diffusion diffusion;
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  CoefficientFault fault;
} Problem;

static inline Expression parse_formula(PetscInt dim, const char text[])
{
  const ExpressionScope scope = {.dim = dim};
  ExpressionError error;
  Expression e;

  OK(ExpressionParse(text, strlen(text), &scope, &e, &error));
  assert_non_null(e);
  return e;
}

/* A formula as a PointFunction: pass it with PointFunctionProgram. */
static inline ProgramFunction make_function(PetscInt dim, const char text[])
{
  ProgramFunction f = {.dim = dim};
  Expression e = parse_formula(dim, text);

  OK(ProgramCreate(1, &e, &f.program));
  OK(ExpressionDestroy(&e));
  return f;
}

static inline Coefficients make_coefficients(PetscInt dim, const char log_w[], const char *const tensor[])
{
  Expression w = parse_formula(dim, log_w), D[9];
  Coefficients c;

  for (PetscInt k = 0; k < dim * dim; k++) D[k] = parse_formula(dim, tensor[k]);
  OK(CoefficientsCreateFormulas(dim, w, D, &c));
  OK(ExpressionDestroy(&w));
  for (PetscInt k = 0; k < dim * dim; k++) OK(ExpressionDestroy(&D[k]));
  return c;
}

/* On a domain that is there already; p->fault says whether it worked. */
static inline void set_up_problem(Problem *p, const char scheme[], const char log_w[],
                                  const char *const tensor[])
{
  OK(DomainGetMesh(p->domain, &p->mesh));
  p->coefficients = make_coefficients(p->mesh->dim, log_w, tensor);
  OK(DiffusionCreate(p->domain, p->coefficients, &p->diffusion));
  OK(DiffusionSetScheme(p->diffusion, scheme));
  OK(DiffusionSetUp(p->diffusion, &p->fault));
  if (p->fault.trouble == COEFFICIENT_GOOD) OK(DiffusionGetSystem(p->diffusion, &p->system));
}

/* On [0, 1]^dim (or [low, high]^dim) with the same side everywhere; `more` cells in y than in x, and so on. */
static inline void make_box(Problem *p, MPI_Comm comm, PetscInt dim, PetscReal low, PetscReal high,
                            PetscInt cells, PetscInt more, PetscInt order, Boundary side)
{
  PetscReal box[3][2];
  PetscInt n[3];
  Boundary sides[3][2];

  memset(p, 0, sizeof(*p));
  for (PetscInt c = 0; c < dim; c++) {
    box[c][0] = low;
    box[c][1] = high;
    n[c] = cells + c * more;
    sides[c][0] = sides[c][1] = side;
  }
  OK(DomainCreateBox(comm, dim, (const PetscReal(*)[2])box, n, order, (const Boundary(*)[2])sides,
                     &p->domain));
}

static inline void destroy_problem(Problem *p)
{
  OK(DiffusionDestroy(&p->diffusion));
  OK(CoefficientsDestroy(&p->coefficients));
  OK(DomainDestroy(&p->domain));
}

/* Largest |S root|_i over the largest |S_ij| |root_j|. */
static inline PetscReal constant_defect(const DiffusionSystem *s)
{
  PetscReal defect, size, norm;
  Vec r;

  OK(VecDuplicate(s->root, &r));
  OK(MatMult(s->S, s->root, r));
  OK(VecNorm(r, NORM_2, &defect));
  OK(VecNorm(s->root, NORM_2, &size));
  OK(MatNorm(s->S, NORM_INFINITY, &norm));
  OK(VecDestroy(&r));
  return defect / (size * norm);
}

static inline PetscReal asymmetry(Mat S)
{
  PetscReal difference, size;
  Mat T;

  OK(MatTranspose(S, MAT_INITIAL_MATRIX, &T));
  OK(MatNorm(S, NORM_FROBENIUS, &size));
  OK(MatAXPY(T, -1, S, DIFFERENT_NONZERO_PATTERN));
  OK(MatNorm(T, NORM_FROBENIUS, &difference));
  OK(MatDestroy(&T));
  return difference / size;
}
