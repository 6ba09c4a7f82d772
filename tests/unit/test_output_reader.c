/* Fields of earlier runs as functions of the position: values, places outside, times, and files that are refused. */
#include "output_fixture.h"
#include <hdf5.h>
#include <math.h>

enum { MOST = 64 };

static const PetscReal axis_x[] = {-1, -0.25, 0.5, 2}, axis_y[] = {0, 1, 1.5}, axis_z[] = {-3, -1, 0};

static FieldMesh grid_of(PetscInt dim)
{
  FieldMesh mesh = {.dim = dim, .grid = PETSC_TRUE, .n = {4, 3, 3}, .axis = {axis_x, axis_y, axis_z}};

  mesh.n_nodes = 1;
  for (PetscInt c = 0; c < dim; c++) mesh.n_nodes *= mesh.n[c];
  return mesh;
}

/* Linear along each axis: what a grid must reproduce everywhere. */
static PetscReal multilinear(PetscInt dim, const PetscReal x[])
{
  return (1 + 2 * x[0]) * (dim > 1 ? 3 - x[1] : 1) * (dim > 2 ? 2 + x[2] / 3 : 1);
}

static PetscReal linear(PetscInt dim, const PetscReal x[])
{
  return 0.7 + 2 * x[0] - (dim > 1 ? 3 * x[1] : 0) + (dim > 2 ? 5 * x[2] : 0);
}

/* NAME.h5 in the folder "run": the field "rho" = f + k at the k-th time. */
static void write_series(const FieldMesh *mesh, const char *name, PetscInt n, const PetscReal times[],
                         PetscReal (*f)(PetscInt, const PetscReal[]))
{
  RunFolder folder = open_folder("run", "0123456789abcdef", PETSC_TRUE, PETSC_FALSE);
  PetscReal values[MOST], x[3];
  FieldSeries series;

  OK(FieldSeriesOpen(folder, name, mesh, &series));
  for (PetscInt k = 0; k < n; k++) {
    const Field field = {"rho", "1/volume", 1, values};
    for (PetscInt i = 0; i < mesh->n_nodes; i++) {
      FieldMeshNode(mesh, i, x);
      values[i] = f(mesh->dim, x) + (PetscReal)k;
    }
    OK(FieldSeriesAdd(series, times[k], 1, &field));
  }
  OK(FieldSeriesClose(&series));
  OK(RunFolderClose(&folder));
}

static FieldReader open_reader(const char *name, PetscInt dim, PetscReal time)
{
  FieldReader reader;
  char *refused;

  OK(FieldReaderOpen(in_root(name), dim, "rho", time, &reader, &refused));
  if (refused) fail_msg("refused: %s", refused);
  return reader;
}

static PetscReal value_at(FieldReader reader, const PetscReal x[])
{
  PetscReal value;

  OK(FieldReaderEvaluate(reader, 1, x, &value));
  return value;
}

static void check_outside(FieldReader reader, PetscInt dim, const PetscReal inside[])
{
  for (PetscInt c = 0; c < dim; c++) {
    const PetscReal far[] = {-3.01, 2.01, 1e300, -1e300, INFINITY, NAN};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
      PetscReal x[] = {inside[0], inside[1], inside[2]};
      x[c] = far[i];
      assert_true(isnan(value_at(reader, x)));
    }
  }
}

static void test_grids(void **state)
{
  const PetscReal time = 0.25, between[][3] = {{0.1, 0.3, -2.5}, {-0.9, 1.25, -0.125}, {1.75, 0.01, -1.5}};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const FieldMesh mesh = grid_of(dim);
    PetscReal x[3];
    write_series(&mesh, "rho", 1, &time, multilinear);
    FieldReader reader = open_reader("run/rho.h5", dim, -1);
    for (PetscInt i = 0; i < mesh.n_nodes; i++) {
      FieldMeshNode(&mesh, i, x);
      assert_true(value_at(reader, x) == multilinear(dim, x)); /* to the bit */
    }
    for (size_t i = 0; i < 3; i++)
      assert_true(fabs(value_at(reader, between[i]) - multilinear(dim, between[i])) < 1e-14);
    check_outside(reader, dim, between[0]);
    OK(FieldReaderClose(&reader));
  }
}

/* The unit square and cube with a node more, so that the cells differ; corners in VTK's order. */
static const PetscReal line[] = {0, 0.5, 1.25};
static const PetscInt segments[] = {0, 1, 1, 2};
static const PetscReal square[] = {0, 0, 1, 0, 1.5, 1, 0, 1, 0.4, 0.5};
static const PetscInt triangles[] = {0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4};
static const PetscReal pair[] = {0, 0, 1, 0, 2, 0.1, 0, 1, 1, 1, 2, 1};
static const PetscInt quadrilaterals[] = {0, 1, 4, 3, 1, 2, 5, 4};
static const PetscReal cube[] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1};
static const PetscInt tetrahedra[] = {0, 1, 2, 5, 0, 2, 3, 7, 0, 5, 7, 4, 2, 7, 5, 6, 0, 2, 7, 5};
static const PetscInt hexahedron[] = {0, 1, 2, 3, 4, 5, 6, 7};

static const FieldMesh meshes[] = {
    {.dim = 1, .n_nodes = 3, .n_cells = 2, .corners = 2, .simplex = PETSC_TRUE, .x = line, .cells = segments},
    {.dim = 2,
     .n_nodes = 5,
     .n_cells = 4,
     .corners = 3,
     .simplex = PETSC_TRUE,
     .x = square,
     .cells = triangles},
    {.dim = 2, .n_nodes = 6, .n_cells = 2, .corners = 4, .x = pair, .cells = quadrilaterals},
    {.dim = 3,
     .n_nodes = 8,
     .n_cells = 5,
     .corners = 4,
     .simplex = PETSC_TRUE,
     .x = cube,
     .cells = tetrahedra},
    {.dim = 3, .n_nodes = 8, .n_cells = 1, .corners = 8, .x = cube, .cells = hexahedron},
};

static void test_meshes(void **state)
{
  const PetscReal time = 0,
                  inside[][3] = {{0.5, 0.5, 0.5}, {0.9, 0.3, 0.1}, {0.2, 0.7, 0.8}, {0.05, 0.9, 0.3}};

  (void)state;
  for (size_t m = 0; m < sizeof meshes / sizeof *meshes; m++) {
    const FieldMesh *const mesh = &meshes[m];
    const PetscInt dim = mesh->dim;
    PetscReal x[3];
    write_series(mesh, "rho", 1, &time, linear);
    FieldReader reader = open_reader("run/rho.h5", dim, 0);
    for (PetscInt i = 0; i < mesh->n_nodes; i++) {
      FieldMeshNode(mesh, i, x);
      assert_true(fabs(value_at(reader, x) - linear(dim, x)) < 1e-14);
    }
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
      assert_true(fabs(value_at(reader, inside[i]) - linear(dim, inside[i])) < 1e-14);
    check_outside(reader, dim, inside[0]);
    OK(FieldReaderClose(&reader));
  }
}

/* Beside a slanting side, in the box around the mesh. */
static void test_outside_of_a_mesh_in_its_box(void **state)
{
  const PetscReal time = 0, x[] = {1.4, 0.1};

  (void)state;
  write_series(&meshes[1], "rho", 1, &time, linear);
  FieldReader reader = open_reader("run/rho.h5", 2, 0);
  assert_true(isnan(value_at(reader, x)));
  OK(FieldReaderClose(&reader));
}

/* The reader must refuse, with these words. */
static void refused(const char *name, PetscInt dim, const char *field, PetscReal time, const char *words)
{
  FieldReader reader;
  char *sentence;

  OK(FieldReaderOpen(in_root(name), dim, field, time, &reader, &sentence));
  assert_null(reader);
  assert_non_null(sentence);
  if (!strstr(sentence, words)) fail_msg("'%s' does not say '%s'", sentence, words);
  OK(PetscFree(sentence));
}

static void test_times(void **state)
{
  const FieldMesh mesh = grid_of(1);
  const PetscReal times[] = {0, 0.5, 2}, asked[] = {-1, 2, 0.5, 0, 0.5 + 1e-12}, expected[] = {2, 2, 1, 0, 1},
                  x = 0;

  (void)state;
  write_series(&mesh, "rho", 3, times, multilinear);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    FieldReader reader = open_reader("run/rho.h5", 1, asked[i]);
    assert_true(fabs(value_at(reader, &x) - 1 - expected[i]) < 1e-15);
    OK(FieldReaderClose(&reader));
  }
  refused("run/rho.h5", 1, "rho", 0.6, "has no time 0.6; the nearest is 0.5");
  refused("run/rho.h5", 1, "rho", 9, "has no time 9; the nearest is 2");
}

static void test_the_only_time(void **state)
{
  const FieldMesh mesh = grid_of(2);
  const PetscReal time = 0.5, asked[] = {-1, 0.5};

  (void)state;
  write_series(&mesh, "rho", 1, &time, multilinear);
  for (size_t i = 0; i < 2; i++) {
    FieldReader reader = open_reader("run/rho.h5", 2, asked[i]);
    OK(FieldReaderClose(&reader));
  }
  refused("run/rho.h5", 2, "rho", 7, "has no time 7; the nearest is 0.5");
}

static void test_what_is_refused(void **state)
{
  const FieldMesh mesh = grid_of(2);
  const PetscReal times[] = {0, 1};
  FILE *file;

  (void)state;
  write_series(&mesh, "rho", 2, times, multilinear);
  refused("run/nosuch.h5", 2, "rho", -1, "cannot read");
  refused("run/rho.h5", 2, "density", -1, "holds no field 'density'");
  refused("run/rho.h5", 1, "rho", -1, "has dimension 2, not 1");
  refused("run/rho.h5", 3, "rho", -1, "has dimension 2, not 3");
  file = fopen(in_root("text.h5"), "w");
  assert_non_null(file);
  fputs("no HDF5\n", file);
  fclose(file);
  refused("text.h5", 2, "rho", -1, "as an HDF5 file");
  H5Fclose(H5Fcreate(in_root("empty.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  refused("empty.h5", 2, "rho", -1, "holds no mesh of reiter");
}

/* Files that somebody or something damaged are refused, never read beyond their arrays. */
static void test_damaged_files(void **state)
{
  const FieldMesh mesh = grid_of(1);
  const PetscReal times[] = {0, 1};
  const int wrong[] = {5, -1};
  hid_t file, dataset;
  int cells[12];

  (void)state;
  write_series(&mesh, "rho", 2, times, multilinear);
  file = H5Fopen(in_root("run/rho.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  assert_true(H5Ldelete(file, "t00001", H5P_DEFAULT) >= 0);
  H5Fclose(file);
  refused("run/rho.h5", 1, "rho", 1, "it has no group t00001");
  for (size_t i = 0; i < 2; i++) {
    write_series(&meshes[1], "rho", 1, times, linear);
    file = H5Fopen(in_root("run/rho.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    dataset = H5Dopen2(file, "cells", H5P_DEFAULT);
    assert_true(H5Dread(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    cells[7] = wrong[i];
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    refused("run/rho.h5", 2, "rho", -1, "holds no mesh of reiter");
  }
  write_series(&meshes[1], "rho", 1, times, linear);
  file = H5Fopen(in_root("run/rho.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  assert_true(H5Ldelete(file, "cells", H5P_DEFAULT) >= 0);
  H5Fclose(file);
  refused("run/rho.h5", 2, "rho", -1, "holds no mesh of reiter");
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_grids),
      IN_FOLDER(test_meshes),
      IN_FOLDER(test_outside_of_a_mesh_in_its_box),
      IN_FOLDER(test_times),
      IN_FOLDER(test_the_only_time),
      IN_FOLDER(test_what_is_refused),
      IN_FOLDER(test_damaged_files),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
