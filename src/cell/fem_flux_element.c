#include "fem_flux_element.h"
#include <petscblaslapack.h>

enum { ALONG, ACROSS };

static PetscErrorCode table_create(PetscInt order, const ElementTable *quadrature, FluxTable *t)
{
  const PetscInt points = quadrature->points;
  PetscReal gll[ELEMENT_MAX_ORDER + 1], gauss[ELEMENT_MAX_ORDER], weight[ELEMENT_MAX_ORDER];
  PetscReal value[ELEMENT_MAX_ORDER + 1], slope[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  t->n[ALONG] = order + 1;
  t->n[ACROSS] = order;
  t->points = points;
  PetscCall(ElementNodes(order, gll));
  PetscCall(ElementGauss(order, gauss, weight));
  for (PetscInt k = 0; k < 2; k++) {
    PetscCall(PetscMalloc1(t->n[k] * points, &t->at[k]));
    for (PetscInt q = 0; q < points; q++) {
      ElementBasis(t->n[k] - 1, k == ALONG ? gll : gauss, quadrature->point[q], value, slope);
      for (PetscInt a = 0; a < t->n[k]; a++) t->at[k][a * points + q] = value[a];
    }
  }
  for (PetscInt k = 0; k < 2; k++) {
    for (PetscInt l = 0; l < 2; l++) {
      PetscReal *to;
      PetscCall(PetscMalloc1(points * t->n[k] * t->n[l], &t->pair[k][l]));
      to = t->pair[k][l];
      for (PetscInt q = 0; q < points; q++) {
        for (PetscInt a = 0; a < t->n[k]; a++) {
          for (PetscInt b = 0; b < t->n[l]; b++) *to++ = t->at[k][a * points + q] * t->at[l][b * points + q];
        }
      }
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode table_destroy(FluxTable *t)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < 2; k++) {
    PetscCall(PetscFree(t->at[k]));
    for (PetscInt l = 0; l < 2; l++) PetscCall(PetscFree(t->pair[k][l]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode direction_create(FluxElement *f, PetscInt d)
{
  const PetscInt p = f->torus->axis[d].order;
  PetscReal gll[ELEMENT_MAX_ORDER + 1], point[ELEMENT_MAX_ORDER], value[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(p, &f->weight[d], p * (p + 1), &f->slope[d]));
  PetscCall(ElementGauss(p, point, f->weight[d]));
  PetscCall(ElementNodes(p, gll));
  for (PetscInt g = 0; g < p; g++) ElementBasis(p, gll, point[g], value, f->slope[d] + g * (p + 1));
  PetscFunctionReturn(0);
}

/* Which columns (inner potential, faces) the rows of a block meet. */
static PetscErrorCode blocks_create(FluxElement *f)
{
  const PetscInt all = f->inner + f->faces->local;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < f->blocks; b++) {
    f->rows[b] = f->blocks == 3 ? f->offset[b + 1] - f->offset[b] : f->offset[3];
    f->columns[b] = f->blocks == 3 ? f->inner + 2 * f->faces->width[b] : all;
    PetscCall(PetscMalloc3(f->columns[b], &f->column[b], f->rows[b] * f->rows[b], &f->mass[b],
                           f->rows[b] * f->columns[b], &f->image[b]));
    for (PetscInt k = 0; k < f->columns[b]; k++) {
      f->column[b][k] = f->blocks == 3 && k >= f->inner ? k + f->faces->offset[2 * b] : k;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FluxElementCreate(const Torus *torus, const Faces *faces, const FemQuadrature *quadrature,
                                 const FemQuadrature *rich, PetscBool scalar, FluxElement *f)
{
  PetscInt room = 1, all;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(f, sizeof(*f)));
  f->torus = torus;
  f->faces = faces;
  f->blocks = scalar ? 3 : 1;
  f->inner = 1;
  for (PetscInt d = 0; d < 3; d++) {
    const PetscInt p = torus->axis[d].order;
    PetscCall(direction_create(f, d));
    PetscCall(table_create(p, &quadrature->table[d], &f->table[0][d]));
    PetscCall(table_create(p, &rich->table[d], &f->table[1][d]));
    f->inner *= p;
    room *= PetscMax(rich->table[d].points, (p + 1) * (p + 1));
    for (PetscInt c = 0; c < 3; c++) f->n[c][d] = c == d ? p + 1 : p;
  }
  for (PetscInt c = 0; c < 3; c++) f->offset[c + 1] = f->offset[c] + f->n[c][0] * f->n[c][1] * f->n[c][2];
  all = f->inner + faces->local;
  PetscCall(blocks_create(f));
  PetscCall(PetscMalloc4(all * all, &f->whole, PetscMax(room, f->offset[3]), &f->room, room, &f->buffer[0],
                         room, &f->buffer[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode FluxElementDestroy(FluxElement *f)
{
  PetscFunctionBegin;
  for (PetscInt d = 0; d < 3; d++) {
    PetscCall(PetscFree2(f->weight[d], f->slope[d]));
    PetscCall(table_destroy(&f->table[0][d]));
    PetscCall(table_destroy(&f->table[1][d]));
  }
  for (PetscInt b = 0; b < f->blocks; b++) PetscCall(PetscFree3(f->column[b], f->mass[b], f->image[b]));
  PetscCall(PetscFree4(f->whole, f->room, f->buffer[0], f->buffer[1]));
  PetscFunctionReturn(0);
}

static void contract_all(FluxElement *f, const PetscReal in[], const PetscReal *const table[],
                         const PetscInt from[], const PetscInt to[], PetscReal out[])
{
  ElementContract(from[2], from[1] * from[0], to[2], in, table[2], PETSC_FALSE, f->buffer[0]);
  ElementContract(from[1], from[0] * to[2], to[1], f->buffer[0], table[1], PETSC_FALSE, f->buffer[1]);
  ElementContract(from[0], to[2] * to[1], to[0], f->buffer[1], table[0], PETSC_FALSE, out);
}

/* The form of components c and k of K^{-1}, into the block whose values begin at `first`. */
static void add_mass(FluxElement *f, FemElement *el, PetscInt c, PetscInt k, PetscInt first, PetscInt rows,
                     PetscReal mass[])
{
  const PetscReal *table[3];
  PetscInt from[3], to[3], a[3], b[3], i = f->offset[c] - first;

  for (PetscInt d = 0; d < 3; d++) {
    const FluxTable *t = &f->table[0][d];
    table[d] = t->pair[c == d ? ALONG : ACROSS][k == d ? ALONG : ACROSS];
    from[d] = t->points;
    to[d] = f->n[c][d] * f->n[k][d];
  }
  for (PetscInt q = 0; q < el->quadrature->points; q++) {
    el->scaled[q] = el->weight[q] * FemCoefficientEntry(el->coefficient, c, k, el->sample[q]);
  }
  contract_all(f, el->scaled, table, from, to, f->room);
  for (a[2] = 0; a[2] < f->n[c][2]; a[2]++) {
    for (a[1] = 0; a[1] < f->n[c][1]; a[1]++) {
      for (a[0] = 0; a[0] < f->n[c][0]; a[0]++, i++) {
        PetscInt j = f->offset[k] - first;
        for (b[2] = 0; b[2] < f->n[k][2]; b[2]++) {
          for (b[1] = 0; b[1] < f->n[k][1]; b[1]++) {
            const PetscReal *in = f->room +
                                  ((a[2] * f->n[k][2] + b[2]) * to[1] + a[1] * f->n[k][1] + b[1]) * to[0] +
                                  a[0] * f->n[k][0];
            for (b[0] = 0; b[0] < f->n[k][0]; b[0]++) mass[i + rows * j++] = in[b[0]];
          }
        }
      }
    }
  }
}

/* The forms of component c: minus the divergence against the inner potential, and the outward flux against the
   potential on its two faces; into[rows][columns], where the faces' columns begin at `face`. */
static void add_forms(const FluxElement *f, const PetscReal h[], PetscInt c, PetscInt first, PetscInt face,
                      PetscInt columns, PetscReal into[])
{
  const PetscInt *n = f->n[c], p = n[c] - 1,
                 across[3] = {c == 0 ? 1 : n[0], c == 1 ? 1 : n[1], c == 2 ? 1 : n[2]};
  PetscInt g[3], stride = 1, inner_stride = 1, on_face = 0;

  for (PetscInt d = 0; d < c; d++) {
    stride *= n[d];
    inner_stride *= n[d];
  }
  for (g[2] = 0; g[2] < across[2]; g[2]++) {
    for (g[1] = 0; g[1] < across[1]; g[1]++) {
      for (g[0] = 0; g[0] < across[0]; g[0]++, on_face++) {
        /* g[c] is 0: the first value and the first inner point of the line through g along c */
        const PetscInt value = f->offset[c] - first + g[0] + n[0] * (g[1] + n[1] * g[2]);
        const PetscInt m[2] = {c == 0 ? p : n[0], c == 1 ? p : n[1]};
        const PetscInt inner = g[0] + m[0] * (g[1] + m[1] * g[2]);
        PetscReal area = 1;
        for (PetscInt d = 0; d < 3; d++) {
          if (d != c) area *= h[d] * f->weight[d][g[d]];
        }
        for (PetscInt q = 0; q < p; q++) {
          for (PetscInt a = 0; a <= p; a++) {
            into[(value + a * stride) * columns + inner + q * inner_stride] =
                -area * f->weight[c][q] * f->slope[c][q * (p + 1) + a];
          }
        }
        into[value * columns + face + on_face] = -area;
        into[(value + p * stride) * columns + face + f->faces->width[c] + on_face] = area;
      }
    }
  }
}

/* out[r][m] += sign * sum_q in[q][r] in[q][m] for m >= r; the reference BLAS does this one number at a time. */
static void add_square(PetscReal sign, PetscInt nq, PetscInt n, PetscInt from, const PetscReal in[],
                       PetscInt to, PetscReal out[])
{
  for (PetscInt r = 0; r < n; r++) {
    PetscReal *restrict row = out + r * to;
    PetscInt q = 0;
    for (; q + 3 < nq; q += 4) {
      const PetscReal *restrict a = in + q * from, *restrict b = a + from, *restrict c = b + from,
                                *restrict d = c + from;
      const PetscReal s0 = sign * a[r], s1 = sign * b[r], s2 = sign * c[r], s3 = sign * d[r];
      for (PetscInt m = r; m < n; m++) row[m] += (s0 * a[m] + s1 * b[m]) + (s2 * c[m] + s3 * d[m]);
    }
    for (; q < nq; q++) {
      const PetscReal *restrict a = in + q * from;
      const PetscReal s0 = sign * a[r];
      for (PetscInt m = r; m < n; m++) row[m] += s0 * a[m];
    }
  }
}

/* Factors the form of K^{-1} of one block and adds image^T image to the whole. */
static PetscErrorCode reduce_block(FluxElement *f, FemElement *el, PetscInt b, PetscBool *positive)
{
  const PetscInt first = f->blocks == 3 ? f->offset[b] : 0, all = f->inner + f->faces->local,
                 n = f->columns[b];
  const PetscInt from = f->blocks == 3 ? b : 0, end = f->blocks == 3 ? b + 1 : 3;
  const PetscReal one = 1;
  PetscBLASInt rows = (PetscBLASInt)f->rows[b], columns = (PetscBLASInt)n, info;
  PetscReal *square;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(f->image[b], f->rows[b] * n));
  for (PetscInt c = from; c < end; c++) {
    for (PetscInt k = from; k <= c; k++) add_mass(f, el, c, k, first, f->rows[b], f->mass[b]);
    add_forms(f, el->h, c, first, f->inner + (f->blocks == 3 ? 0 : f->faces->offset[2 * c]), n, f->image[b]);
  }
  LAPACKpotrf_("L", &rows, f->mass[b], &rows, &info);
  *positive = info == 0 ? PETSC_TRUE : PETSC_FALSE;
  if (info != 0) PetscFunctionReturn(0);
  BLAStrsm_("R", "L", "T", "N", &columns, &rows, &one, f->mass[b], &rows, f->image[b], &columns);
  PetscCall(PetscMalloc1(n * n, &square));
  PetscCall(PetscArrayzero(square, n * n));
  add_square(1, f->rows[b], n, n, f->image[b], n, square);
  for (PetscInt j = 0; j < n; j++) {
    for (PetscInt i = j; i < n; i++) f->whole[f->column[b][i] + all * f->column[b][j]] += square[i + n * j];
  }
  PetscCall(PetscFree(square));
  PetscFunctionReturn(0);
}

PetscErrorCode FluxElementReduce(FluxElement *f, FemElement *element, PetscReal matrix[], PetscBool *positive)
{
  const PetscInt local = f->faces->local, all = f->inner + local;
  const PetscReal one = 1;
  PetscBLASInt n = (PetscBLASInt)f->inner, m = (PetscBLASInt)local, ld = (PetscBLASInt)all, info;
  PetscReal *below = f->whole + f->inner, *corner = f->whole + f->inner * all + f->inner;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(f->whole, all * all));
  for (PetscInt b = 0; b < f->blocks; b++) {
    PetscCall(reduce_block(f, element, b, positive));
    if (!*positive) PetscFunctionReturn(0);
  }
  LAPACKpotrf_("L", &n, f->whole, &ld, &info);
  *positive = info == 0 ? PETSC_TRUE : PETSC_FALSE;
  if (info != 0) PetscFunctionReturn(0);
  BLAStrsm_("R", "L", "T", "N", &m, &n, &one, f->whole, &ld, below, &ld);
  add_square(-1, f->inner, local, all, below, all, corner);
  for (PetscInt a = 0; a < local; a++) {
    for (PetscInt b = 0; b < local; b++)
      matrix[a * local + b] = corner[PetscMax(a, b) + all * PetscMin(a, b)];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FluxElementFlux(FluxElement *f, const PetscReal psi[], PetscReal J[])
{
  const PetscInt local = f->faces->local, all = f->inner + local;
  const PetscReal one = 1, minus = -1, zero = 0;
  PetscBLASInt n = (PetscBLASInt)f->inner, m = (PetscBLASInt)local, ld = (PetscBLASInt)all, step = 1;
  PetscReal *potential;

  PetscFunctionBegin;
  /* the inner potential, then the fluxes of both */
  PetscCall(PetscMalloc1(2 * all, &potential));
  BLASgemv_("T", &m, &n, &minus, f->whole + f->inner, &ld, psi, &step, &zero, potential, &step);
  BLAStrsm_("L", "L", "T", "N", &n, &step, &one, f->whole, &ld, potential, &n);
  PetscCall(PetscArraycpy(potential + f->inner, psi, local));
  for (PetscInt b = 0; b < f->blocks; b++) {
    PetscBLASInt rows = (PetscBLASInt)f->rows[b], columns = (PetscBLASInt)f->columns[b];
    PetscReal *to = J + (f->blocks == 3 ? f->offset[b] : 0), *mine = potential + all;
    for (PetscInt k = 0; k < f->columns[b]; k++) mine[k] = potential[f->column[b][k]];
    BLASgemv_("T", &columns, &rows, &one, f->image[b], &columns, mine, &step, &zero, to, &step);
    BLAStrsm_("L", "L", "T", "N", &rows, &step, &one, f->mass[b], &rows, to, &rows);
  }
  PetscCall(PetscFree(potential));
  PetscFunctionReturn(0);
}

void FluxElementAt(FluxElement *f, PetscInt c, const PetscReal J[], PetscReal out[])
{
  const PetscReal *table[3];
  PetscInt from[3], to[3];

  for (PetscInt d = 0; d < 3; d++) {
    table[d] = f->table[1][d].at[c == d ? ALONG : ACROSS];
    from[d] = f->n[c][d];
    to[d] = f->table[1][d].points;
  }
  contract_all(f, J + f->offset[c], table, from, to, out);
}
