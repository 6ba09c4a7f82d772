/* The matrices on all degrees from those between position spaces. */
#include "space_private.h"

typedef struct {
  PetscInt n; /* entries of a row */
  PetscInt *column;
  PetscReal *value;
} Row;

/* factor times row i of a block, whose columns start at `begin`. */
static PetscErrorCode append(Mat block, PetscInt i, PetscInt begin, PetscReal factor, Row *row)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(MatGetRow(block, i, &n, &columns, &values));
  for (PetscInt k = 0; k < n; k++) {
    row->column[row->n] = begin + columns[k];
    row->value[row->n++] = factor * values[k];
  }
  PetscCall(MatRestoreRow(block, i, &n, &columns, &values));
  PetscFunctionReturn(0);
}

/* The number of (n1, n2), or -1 if it is not one of the degrees. */
static PetscInt find_degree(PhaseSpace space, PetscInt n1, PetscInt n2)
{
  const PetscInt level = n1 + n2;

  if (n1 < 0 || n2 < 0 || level >= space->settings.levels) return -1;
  return space->settings.dim == 1 ? n1 : level * (level + 1) / 2 + n2;
}

/* With the transposes, all of what a row is made of. */
typedef struct {
  PhaseSpace space;
  Mat D_transposed[2][SPACES], friction_transposed[SPACES];
} Parts;

/* T: -(a_i^+ D_i) couples a degree to the one below, its transpose (a_i D_i^*) to the one above. */
static PetscErrorCode row_T(const Parts *parts, PetscInt k, PetscInt i, Row *row)
{
  const PhaseSpace space = parts->space;
  const PetscInt *const n = space->degree + 2 * k, s = SpaceOfDegree(n);

  PetscFunctionBegin;
  for (PetscInt a = 0; a < space->settings.dim; a++) {
    const PetscInt below = find_degree(space, n[0] - (a == 0), n[1] - (a == 1));
    if (below < 0) continue;
    PetscCall(append(space->blocks.D[a][s ^ (1 << a)], i, space->begin[below],
                     -PetscSqrtReal((PetscReal)n[a]), row));
  }
  for (PetscInt a = 0; a < space->settings.dim; a++) {
    const PetscInt above = find_degree(space, n[0] + (a == 0), n[1] + (a == 1));
    if (above < 0) continue;
    PetscCall(
        append(parts->D_transposed[a][s], i, space->begin[above], PetscSqrtReal((PetscReal)(n[a] + 1)), row));
  }
  PetscFunctionReturn(0);
}

/* -a_1^+ a_2 friction_12 and its transpose */
static PetscErrorCode row_coupled(const Parts *parts, PetscInt k, PetscInt i, PetscInt turn, Row *row)
{
  const PhaseSpace space = parts->space;
  const PetscInt *const n = space->degree + 2 * k, s = SpaceOfDegree(n);
  const PetscInt from = find_degree(space, n[0] - turn, n[1] + turn);

  PetscFunctionBegin;
  if (from < 0 || space->settings.dim == 1) PetscFunctionReturn(0);
  if (turn > 0) {
    const PetscReal factor = PetscSqrtReal((PetscReal)n[0]) * PetscSqrtReal((PetscReal)(n[1] + 1));
    PetscCall(append(space->blocks.friction[2][s ^ 3], i, space->begin[from], -factor, row));
  } else {
    const PetscReal factor = PetscSqrtReal((PetscReal)(n[0] + 1)) * PetscSqrtReal((PetscReal)n[1]);
    PetscCall(append(parts->friction_transposed[s], i, space->begin[from], -factor, row));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode row_C(const Parts *parts, PetscInt k, PetscInt i, Row *row)
{
  const PhaseSpace space = parts->space;
  const PetscInt *const n = space->degree + 2 * k, s = SpaceOfDegree(n);

  PetscFunctionBegin;
  if (!space->weight.friction[0]) {
    if (n[0] + n[1])
      PetscCall(append(space->blocks.mass[s], i, space->begin[k], -(PetscReal)(n[0] + n[1]), row));
    PetscFunctionReturn(0);
  }
  PetscCall(row_coupled(parts, k, i, 1, row));
  if (n[0] + n[1]) {
    const PetscInt first = row->n;
    PetscCall(append(space->blocks.friction[0][s], i, space->begin[k], -(PetscReal)n[0], row));
    if (space->settings.dim > 1) {
      const PetscInt more = row->n;
      PetscCall(append(space->blocks.friction[1][s], i, space->begin[k], -(PetscReal)n[1], row));
      for (PetscInt j = 0; j < row->n - more; j++) row->value[first + j] += row->value[more + j];
      row->n = more;
    }
  }
  PetscCall(row_coupled(parts, k, i, -1, row));
  PetscFunctionReturn(0);
}

static PetscErrorCode row_B(const Parts *parts, PetscInt k, PetscInt i, Row *row)
{
  PetscFunctionBegin;
  PetscCall(append(parts->space->blocks.mass[SpaceOfDegree(parts->space->degree + 2 * k)], i,
                   parts->space->begin[k], 1, row));
  PetscFunctionReturn(0);
}

typedef PetscErrorCode (*RowFunction)(const Parts *parts, PetscInt k, PetscInt i, Row *row);

static PetscErrorCode assemble(const Parts *parts, RowFunction f, PetscInt most, Mat *A)
{
  const PhaseSpace space = parts->space;
  const PetscInt n = space->system.n;
  PetscInt *count;
  Row row;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &count, most, &row.column, most, &row.value));
  for (PetscInt pass = 0; pass < 2; pass++) {
    for (PetscInt k = 0; k < space->n_degrees; k++) {
      for (PetscInt r = space->begin[k]; r < space->begin[k + 1]; r++) {
        row.n = 0;
        PetscCall(f(parts, k, r - space->begin[k], &row));
        if (pass) {
          PetscCall(MatSetValues(*A, 1, &r, row.n, row.column, row.value, INSERT_VALUES));
        } else {
          count[r] = row.n;
        }
      }
    }
    if (!pass) PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 0, count, A));
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(PetscFree3(count, row.column, row.value));
  PetscFunctionReturn(0);
}

/* The longest row of all: the widths of the blocks that can meet in one. */
static PetscInt widest(PhaseSpace space)
{
  PetscInt most = 1;

  for (PetscInt a = 0; a < 2; a++) {
    const Line *const line = &space->line[a];
    PetscInt width = 0;
    for (PetscInt parity = 0; parity < 2; parity++)
      width = PetscMax(width, PetscMin(line->size[parity], 2 * line->local[parity]));
    most *= width;
  }
  return 4 * most;
}

static PetscErrorCode vectors(PhaseSpace space)
{
  KineticSystem *const system = &space->system;
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];
  PetscScalar *one, *total, *reversal;

  PetscFunctionBegin;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, system->n, &system->one));
  PetscCall(VecDuplicate(system->one, &system->total));
  PetscCall(VecDuplicate(system->one, &system->reversal));
  PetscCall(VecGetArray(system->one, &one));
  PetscCall(VecGetArray(system->total, &total));
  PetscCall(VecGetArray(system->reversal, &reversal));
  for (PetscInt c1 = 0; c1 < l1->cells; c1++) {
    for (PetscInt c0 = 0; c0 < l0->cells; c0++) {
      for (PetscInt b = 0; b < l1->local[0]; b++) {
        for (PetscInt a = 0; a < l0->local[0]; a++) {
          const PetscInt i = LineNumber(l1, 0, c1, b) * l0->size[0] + LineNumber(l0, 0, c0, a);
          one[i] = l1->one[c1 * l1->local[0] + b] * l0->one[c0 * l0->local[0] + a] *
                   PetscExpReal(-space->log_scale[0][i]);
        }
      }
    }
  }
  for (PetscInt i = 0; i < space->size[0]; i++) total[i] = space->integral[0][i];
  for (PetscInt k = 0; k < space->n_degrees; k++)
    for (PetscInt r = space->begin[k]; r < space->begin[k + 1]; r++)
      reversal[r] = (space->degree[2 * k] + space->degree[2 * k + 1]) % 2 ? -1 : 1;
  PetscCall(VecRestoreArray(system->one, &one));
  PetscCall(VecRestoreArray(system->total, &total));
  PetscCall(VecRestoreArray(system->reversal, &reversal));
  PetscFunctionReturn(0);
}

PetscErrorCode SpaceSystemCreate(PhaseSpace space)
{
  const PetscInt most = widest(space);
  Parts parts = {.space = space};

  PetscFunctionBegin;
  for (PetscInt s = 0; s < space->spaces; s++) {
    for (PetscInt a = 0; a < space->settings.dim; a++)
      PetscCall(MatTranspose(space->blocks.D[a][s], MAT_INITIAL_MATRIX, &parts.D_transposed[a][s]));
    if (space->blocks.friction[2][s])
      PetscCall(
          MatTranspose(space->blocks.friction[2][s], MAT_INITIAL_MATRIX, &parts.friction_transposed[s]));
  }
  PetscCall(assemble(&parts, row_T, most, &space->system.T));
  PetscCall(assemble(&parts, row_C, most, &space->system.C));
  PetscCall(assemble(&parts, row_B, most, &space->system.B));
  for (PetscInt s = 0; s < space->spaces; s++) {
    for (PetscInt a = 0; a < 2; a++) PetscCall(MatDestroy(&parts.D_transposed[a][s]));
    PetscCall(MatDestroy(&parts.friction_transposed[s]));
  }
  PetscCall(vectors(space));
  PetscFunctionReturn(0);
}
