/*
  Matrices between position spaces, cell by cell. D from odd to even functions is weak: sum over cells of
  int phi chi' w, less phi chi w at a cell's right end, plus that at its left end; at faces these are the jumps of chi, at
  reflecting walls chi jumps to the zero outside.
*/
#include "space_private.h"
#include <math.h>
#include <petscblaslapack.h>

typedef struct {
  PetscReal *row, *col, *measure, *local;
  PetscInt *row_number, *col_number;
  PetscScalar *scaled;
} Work;

static PetscErrorCode work_create(PhaseSpace space, Work *w)
{
  PetscInt local, table;

  PetscFunctionBegin;
  SpaceSizes(space, &local, &table);
  PetscCall(PetscMalloc3(table, &w->row, table, &w->col, local * local, &w->local));
  PetscCall(PetscMalloc2(local, &w->row_number, local, &w->col_number));
  PetscCall(PetscMalloc1(table / local, &w->measure));
  PetscFunctionReturn(0);
}

static PetscErrorCode work_destroy(Work *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(w->row, w->col, w->local));
  PetscCall(PetscFree2(w->row_number, w->col_number));
  PetscCall(PetscFree(w->measure));
  PetscFunctionReturn(0);
}

static PetscInt cell_index(PhaseSpace space, const PetscInt cell[2])
{
  return cell[1] * space->line[0].cells + cell[0];
}

/* Quadrature weights times w/Z, relative to the cell's largest, and times `factor`; at[a]: PICK_VALUE for all points. */
static void fill_measure(PhaseSpace space, const PetscInt cell[2], const PetscReal *factor,
                         PetscReal measure[])
{
  const SpaceWeight *const w = &space->weight;
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];
  const PetscReal most = w->most[cell_index(space, cell)];
  PetscInt k = 0;

  for (PetscInt j = l1->first[cell[1]]; j < l1->first[cell[1] + 1]; j++) {
    for (PetscInt i = l0->first[cell[0]]; i < l0->first[cell[0] + 1]; i++, k++) {
      const PetscInt at = j * w->points[0] + i;
      measure[k] =
          l0->weight[i] * l1->weight[j] * PetscExpReal(w->log_w[at] - most) * (factor ? factor[at] : 1);
    }
  }
}

/* The same at a cell's end in the direction a, with the sign of the jump. */
static void fill_face(PhaseSpace space, const PetscInt cell[2], PetscInt a, PetscInt side,
                      PetscReal measure[])
{
  const SpaceWeight *const w = &space->weight;
  const Line *const other = &space->line[1 - a];
  const PetscReal most = w->most[cell_index(space, cell)];
  const PetscReal *const face = w->face[a] + (cell[a] + side) * w->points[1 - a];

  for (PetscInt j = other->first[cell[1 - a]], k = 0; j < other->first[cell[1 - a] + 1]; j++, k++)
    measure[k] = (side ? -1 : 1) * other->weight[j] * PetscExpReal(face[j] - most);
}

/* local (+)= row^T measure col, row-major [rows][cols]; `col` is overwritten. */
static PetscErrorCode multiply(PetscInt rows, PetscInt cols, PetscInt points, Work *w, PetscBool add)
{
  const PetscReal one = 1, keep = add ? 1 : 0;
  PetscBLASInt m, n, k;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(cols, &m));
  PetscCall(PetscBLASIntCast(rows, &n));
  PetscCall(PetscBLASIntCast(points, &k));
  for (PetscInt j = 0; j < cols; j++)
    for (PetscInt q = 0; q < points; q++) w->col[j * points + q] *= w->measure[q];
  PetscCallBLAS("BLASgemm",
                BLASgemm_("T", "N", &m, &n, &k, &one, w->col, &k, w->row, &k, &keep, w->local, &m));
  PetscFunctionReturn(0);
}

/* Adds the local matrix, with global functions instead of local ones. */
static PetscErrorCode add_local(PhaseSpace space, const PetscInt cell[2], PetscInt r, PetscInt s,
                                PetscReal factor, Work *w, Mat A)
{
  const PetscReal most = space->weight.most[cell_index(space, cell)];
  const PetscInt rows = SpaceNumbers(space, r, cell, w->row_number);
  const PetscInt cols = SpaceNumbers(space, s, cell, w->col_number);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < rows; i++) {
    const PetscReal scale = factor * PetscExpReal(0.5 * most + space->log_scale[r][w->row_number[i]]);
    for (PetscInt j = 0; j < cols; j++)
      w->local[i * cols + j] *= scale * PetscExpReal(0.5 * most + space->log_scale[s][w->col_number[j]]);
  }
  PetscCall(MatSetValues(A, rows, w->row_number, cols, w->col_number, w->local, ADD_VALUES));
  PetscFunctionReturn(0);
}

static PetscErrorCode matrix_create(PhaseSpace space, PetscInt r, PetscInt s, Mat *A)
{
  PetscInt most = 1;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 2; a++) {
    const Line *const line = &space->line[a];
    const PetscInt parity = SpaceParity(s, a);
    most *= PetscMin(line->size[parity], 2 * line->local[parity]);
  }
  PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, space->size[r], space->size[s], most, NULL, A));
  PetscFunctionReturn(0);
}

/* What a block is made of; a < 0: no slope. */
typedef struct {
  PetscInt r, s, a; /* spaces of rows and columns, direction of the slope */
  PetscReal factor;
  const PetscReal *friction;
} Integrand;

static PetscErrorCode integrate(PhaseSpace space, const Integrand *f, Work *w, Mat *A)
{
  const Pick plain[2] = {PICK_VALUE, PICK_VALUE};
  const PetscBool faces =
      f->a >= 0 && SpaceParity(f->s, f->a) && space->line[f->a].faces ? PETSC_TRUE : PETSC_FALSE;
  PetscInt cell[2], rows, cols, points;

  PetscFunctionBegin;
  PetscCall(matrix_create(space, f->r, f->s, A));
  for (cell[1] = 0; cell[1] < space->line[1].cells; cell[1]++) {
    for (cell[0] = 0; cell[0] < space->line[0].cells; cell[0]++) {
      Pick pick[2] = {PICK_VALUE, PICK_VALUE};
      if (f->a >= 0) pick[f->a] = PICK_SLOPE;
      SpaceTable(space, f->r, cell, plain, w->row, &rows, &points);
      SpaceTable(space, f->s, cell, pick, w->col, &cols, &points);
      fill_measure(space, cell, f->friction, w->measure);
      PetscCall(multiply(rows, cols, points, w, PETSC_FALSE));
      for (PetscInt side = 0; faces && side < 2; side++) {
        pick[f->a] = side ? PICK_RIGHT : PICK_LEFT;
        SpaceTable(space, f->r, cell, pick, w->row, &rows, &points);
        SpaceTable(space, f->s, cell, pick, w->col, &cols, &points);
        fill_face(space, cell, f->a, side, w->measure);
        PetscCall(multiply(rows, cols, points, w, PETSC_TRUE));
      }
      PetscCall(add_local(space, cell, f->r, f->s, f->factor, w, *A));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

/* Squares of local functions, summed over cells in logarithms: high and sum e^(. - high). */
static void add_squares(PhaseSpace space, PetscInt s, const PetscInt cell[2], Work *w, PetscReal high[],
                        PetscReal sum[])
{
  const Pick plain[2] = {PICK_VALUE, PICK_VALUE};
  const PetscReal most = space->weight.most[cell_index(space, cell)];
  PetscInt local, points;

  SpaceTable(space, s, cell, plain, w->row, &local, &points);
  SpaceNumbers(space, s, cell, w->row_number);
  fill_measure(space, cell, NULL, w->measure);
  for (PetscInt a = 0; a < local; a++) {
    const PetscInt i = w->row_number[a];
    PetscReal square = 0;
    for (PetscInt q = 0; q < points; q++) square += w->measure[q] * PetscSqr(w->row[a * points + q]);
    if (most > high[i]) {
      sum[i] *= PetscExpReal(high[i] - most);
      high[i] = most;
    }
    sum[i] += square * PetscExpReal(most - high[i]);
  }
}

static void add_integrals(PhaseSpace space, PetscInt s, const PetscInt cell[2], Work *w)
{
  const Pick plain[2] = {PICK_VALUE, PICK_VALUE};
  const PetscReal most = space->weight.most[cell_index(space, cell)];
  PetscInt local, points;

  SpaceTable(space, s, cell, plain, w->row, &local, &points);
  SpaceNumbers(space, s, cell, w->row_number);
  fill_measure(space, cell, NULL, w->measure);
  for (PetscInt a = 0; a < local; a++) {
    const PetscInt i = w->row_number[a];
    PetscReal sum = 0;
    for (PetscInt q = 0; q < points; q++) sum += w->measure[q] * w->row[a * points + q];
    space->integral[s][i] += sum * PetscExpReal(most + space->log_scale[s][i]);
  }
}

PetscErrorCode SpaceScale(PhaseSpace space)
{
  Work w;
  PetscInt cell[2];

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  for (PetscInt s = 0; s < space->spaces; s++) {
    PetscReal *high, *sum;
    PetscCall(PetscMalloc2(space->size[s], &high, space->size[s], &sum));
    PetscCall(PetscMalloc1(space->size[s], &space->log_scale[s]));
    PetscCall(PetscCalloc1(space->size[s], &space->integral[s]));
    for (PetscInt i = 0; i < space->size[s]; i++) {
      high[i] = -PETSC_MAX_REAL;
      sum[i] = 0;
    }
    for (cell[1] = 0; cell[1] < space->line[1].cells; cell[1]++)
      for (cell[0] = 0; cell[0] < space->line[0].cells; cell[0]++) add_squares(space, s, cell, &w, high, sum);
    for (PetscInt i = 0; i < space->size[s]; i++)
      space->log_scale[s][i] = -0.5 * (high[i] + PetscLogReal(sum[i]));
    for (cell[1] = 0; cell[1] < space->line[1].cells; cell[1]++)
      for (cell[0] = 0; cell[0] < space->line[0].cells; cell[0]++) add_integrals(space, s, cell, &w);
    PetscCall(PetscFree2(high, sum));
  }
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}

PetscErrorCode SpaceBlocksCreate(PhaseSpace space)
{
  const PetscInt dim = space->settings.dim;
  const PetscReal speed = PetscSqrtReal(space->settings.temperature / space->settings.mass);
  PetscReal *const *const friction = space->weight.friction;
  Work w;

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  for (PetscInt s = 0; s < space->spaces; s++) {
    const Integrand mass = {s, s, -1, 1, NULL};
    PetscCall(integrate(space, &mass, &w, &space->blocks.mass[s]));
    for (PetscInt a = 0; a < dim; a++) {
      const Integrand slope = {s ^ (1 << a), s, a, speed, NULL}, drag = {s, s, -1, 1, friction[a]};
      PetscCall(integrate(space, &slope, &w, &space->blocks.D[a][s]));
      if (friction[0]) PetscCall(integrate(space, &drag, &w, &space->blocks.friction[a][s]));
    }
    if (friction[0] && dim > 1) {
      const Integrand drag = {s ^ 3, s, -1, 1, friction[2]};
      PetscCall(integrate(space, &drag, &w, &space->blocks.friction[2][s]));
    }
  }
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}

PetscErrorCode SpaceBlocksDestroy(SpaceBlocks *blocks)
{
  PetscFunctionBegin;
  for (PetscInt s = 0; s < SPACES; s++) {
    PetscCall(MatDestroy(&blocks->mass[s]));
    for (PetscInt a = 0; a < 2; a++) PetscCall(MatDestroy(&blocks->D[a][s]));
    for (PetscInt a = 0; a < 3; a++) PetscCall(MatDestroy(&blocks->friction[a][s]));
  }
  PetscFunctionReturn(0);
}
