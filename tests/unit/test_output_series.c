/* Fields over time: on grids and on cells, at several times and at one. */
#include "hdf5_fixture.h"

enum { NX = 3, NY = 2, NODES = NX * NY };

static const PetscReal x_axis[NX] = {0, 0.25, 2}, y_axis[NY] = {-1, 1};

static FieldMesh grid_mesh(void)
{
  FieldMesh mesh;

  memset(&mesh, 0, sizeof mesh);
  mesh.dim = 2;
  mesh.grid = PETSC_TRUE;
  mesh.n[0] = NX;
  mesh.n[1] = NY;
  mesh.axis[0] = x_axis;
  mesh.axis[1] = y_axis;
  mesh.n_nodes = NODES;
  return mesh;
}

static const char *find(const char *text, const char *words)
{
  const char *const at = strstr(text, words);

  if (!at) fail_msg("no %s in\n%s", words, text);
  return at + strlen(words);
}

static PetscBool exists(const char *name)
{
  return access(in_root(name), F_OK) ? PETSC_FALSE : PETSC_TRUE;
}

static void copy(const char *from, const char *to)
{
  char command[512];

  snprintf(command, sizeof command, "cp %s/%s %s/%s", root, from, root, to);
  assert_int_equal(system(command), 0);
}

static void test_series_on_a_grid(void **state)
{
  const FieldMesh mesh = grid_mesh();
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FieldSeries series;
  PetscReal rho[NODES], flux[2 * NODES];
  double found[3 * NODES];
  char unit[32], name[32];

  (void)state;
  OK(FieldSeriesOpen(folder, "density", &mesh, &series));
  for (int step = 0; step < 3; ++step) {
    for (int i = 0; i < NODES; ++i) rho[i] = 100 * step + i;
    for (int i = 0; i < 2 * NODES; ++i) flux[i] = -rho[i / 2] - 0.5 * (i % 2);
    const Field fields[] = {{"rho", "1/length^2", 1, rho}, {"flux", NULL, 2, flux}};
    OK(FieldSeriesAdd(series, 0.1 * step * step, 2, fields));
    /* already on disk, under a name of its own: the file as another process would find it */
    copy("run/.density.h5.reiter-part", "copy.h5");
    snprintf(name, sizeof name, "t0000%d/rho", step);
    read_dataset("copy.h5", name, 2, (hsize_t[]){NY, NX}, found);
    assert_true(found[4] == 100 * step + 4);
    assert_false(exists("run/density.h5"));
    assert_false(exists("run/density.xdmf"));
  }
  OK(FieldSeriesClose(&series));
  assert_null(series);
  OK(RunFolderClose(&folder));
  assert_false(exists("run/.density.h5.reiter-part"));

  for (int step = 0; step < 3; ++step) {
    snprintf(name, sizeof name, "t0000%d/rho", step);
    read_dataset("run/density.h5", name, 2, (hsize_t[]){NY, NX}, found);
    for (int i = 0; i < NODES; ++i) assert_true(found[i] == 100 * step + i);
    snprintf(name, sizeof name, "t0000%d/flux", step);
    read_dataset("run/density.h5", name, 3, (hsize_t[]){NY, NX, 3}, found);
    for (int i = 0; i < NODES; ++i)
      assert_true(found[3 * i] == -100 * step - i && found[3 * i + 1] == found[3 * i] - 0.5 &&
                  found[3 * i + 2] == 0);
  }
  read_unit("run/density.h5", "t00001/rho", unit);
  assert_string_equal(unit, "1/length^2");
  read_dataset("run/density.h5", "x", 1, (hsize_t[]){NX}, found);
  for (int i = 0; i < NX; ++i) assert_true(found[i] == x_axis[i]);
  read_dataset("run/density.h5", "y", 1, (hsize_t[]){NY}, found);
  for (int i = 0; i < NY; ++i) assert_true(found[i] == y_axis[i]);
  read_dataset("run/density.h5", "time", 1, (hsize_t[]){3}, found);
  assert_true(found[0] == 0 && found[2] == 0.1 * 2 * 2);

  const char *at = find(slurp("run/density.xdmf"), "GridType=\"Collection\" CollectionType=\"Temporal\"");
  assert_null(strstr(at, root));
  at = find(at, "<Time Value=\"0.0\"/>");
  at = find(at, "TopologyType=\"3DRectMesh\" Dimensions=\"1 2 3\"");
  at = find(at, "Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">density.h5:/x<");
  at = find(at, "Dimensions=\"2\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">density.h5:/y<");
  at = find(at, "Dimensions=\"1\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">0.0<");
  at = find(at, "<Time Value=\"0.1\"/>");
  at = find(at, "density.h5:/t00001/rho<");
  at = find(
      at,
      "Dimensions=\"1 2 3 3\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">density.h5:/t00001/flux<");
  at = find(at, "<Time Value=\"0.4\"/>");
  at = find(at, "density.h5:/t00002/rho<");
  assert_null(strstr(at, "<Time"));
  find(find(slurp("run/manifest.txt"), "density.h5\n"), "density.xdmf\n");
}

static void test_one_time_on_cells(void **state)
{
  const PetscReal x[] = {0, 0, 1, 0, 1, 1, 0, 1}, values[] = {1, 2, 3, 4},
                  tensor[16] = {0, 1, 2, 3, 4, 5, 6, 7};
  const PetscInt cells[] = {0, 1, 2, 0, 2, 3};
  const Field fields[] = {{"committor", "1", 1, values}, {"D", "length^2/time", 4, tensor}};
  FieldMesh mesh;
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FieldSeries series;
  double found[36];

  (void)state;
  memset(&mesh, 0, sizeof mesh);
  mesh.dim = 2;
  mesh.simplex = PETSC_TRUE;
  mesh.n_nodes = 4;
  mesh.n_cells = 2;
  mesh.corners = 3;
  mesh.x = x;
  mesh.cells = cells;
  OK(FieldSeriesOpen(folder, "committor", &mesh, &series));
  OK(FieldSeriesAdd(series, 0, 2, fields));
  OK(FieldSeriesClose(&series));
  OK(RunFolderClose(&folder));
  read_dataset("run/committor.h5", "nodes", 2, (hsize_t[]){4, 3}, found);
  for (int i = 0; i < 12; ++i) assert_true(found[i] == (i % 3 < 2 ? x[i / 3 * 2 + i % 3] : 0));
  read_dataset("run/committor.h5", "cells", 2, (hsize_t[]){2, 3}, found);
  for (int i = 0; i < 6; ++i) assert_true(found[i] == cells[i]);
  read_dataset("run/committor.h5", "committor", 1, (hsize_t[]){4}, found);
  for (int i = 0; i < 4; ++i) assert_true(found[i] == values[i]);
  read_dataset("run/committor.h5", "D", 2, (hsize_t[]){4, 9}, found);
  assert_true(found[9] == 4 && found[10] == 5 && found[11] == 0 && found[12] == 6 && found[13] == 7);

  const char *at = find(slurp("run/committor.xdmf"), "<Grid Name=\"committor\" GridType=\"Uniform\">");
  assert_null(strstr(at, "Temporal"));
  at = find(at, "TopologyType=\"Triangle\" NumberOfElements=\"2\"");
  at = find(at, "Dimensions=\"2 3\" NumberType=\"Int\" Precision=\"4\" Format=\"HDF\">committor.h5:/cells<");
  at = find(at, "GeometryType=\"XYZ\"");
  at =
      find(at, "Dimensions=\"4 3\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">committor.h5:/nodes<");
  at = find(at, "AttributeType=\"Scalar\" Center=\"Node\"");
  at = find(at,
            "Dimensions=\"4\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">committor.h5:/committor<");
  at = find(at, "AttributeType=\"Tensor\" Center=\"Node\"");
  find(at, "Dimensions=\"4 9\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">committor.h5:/D<");
}

static void test_names_of_cells(void **state)
{
  static const struct {
    PetscInt dim, corners;
    PetscBool simplex;
    const char *words;
  } kinds[] = {{1, 2, PETSC_FALSE, "\"Polyline\" NodesPerElement=\"2\""},
               {2, 4, PETSC_FALSE, "\"Quadrilateral\""},
               {3, 8, PETSC_FALSE, "\"Hexahedron\""},
               {3, 4, PETSC_TRUE, "\"Tetrahedron\""}};
  PetscReal x[24] = {0};
  PetscInt cells[8];
  const Field field = {"f", "1", 1, x};
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  for (int i = 0; i < 8; ++i) cells[i] = i;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(kinds); ++k) {
    FieldMesh mesh;
    FieldSeries series;
    memset(&mesh, 0, sizeof mesh);
    mesh.dim = kinds[k].dim;
    mesh.simplex = kinds[k].simplex;
    mesh.n_cells = 1;
    mesh.n_nodes = mesh.corners = kinds[k].corners;
    mesh.x = x;
    mesh.cells = cells;
    OK(FieldSeriesOpen(folder, "f", &mesh, &series));
    OK(FieldSeriesAdd(series, 0, 1, &field));
    OK(FieldSeriesClose(&series));
    find(slurp("run/f.xdmf"), kinds[k].words);
  }
  OK(RunFolderClose(&folder));
}

/* Nothing appears of a series without a time, nor of one that failed; the old pair of files stays. */
static void test_unfinished_series(void **state)
{
  const FieldMesh mesh = grid_mesh();
  const PetscReal values[2 * NODES] = {5};
  const Field good = {"rho", "1", 1, values},
              twice[] = {{"rho", "1", 1, values + 1}, {"rho", "1", 1, values + 1}};
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FieldSeries series;
  double found[NODES];

  (void)state;
  OK(FieldSeriesOpen(folder, "empty", &mesh, &series));
  OK(FieldSeriesClose(&series));
  assert_false(exists("run/empty.h5") || exists("run/empty.xdmf") || exists("run/.empty.h5.reiter-part"));
  OK(FieldSeriesOpen(folder, "f", &mesh, &series));
  OK(FieldSeriesAdd(series, 0, 1, &good));
  OK(FieldSeriesClose(&series));
  OK(FieldSeriesOpen(folder, "f", &mesh, &series));
  OK(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  assert_int_equal(FieldSeriesAdd(series, 0, 2, twice), PETSC_ERR_FILE_WRITE);
  OK(PetscPopErrorHandler());
  OK(FieldSeriesClose(&series));
  assert_false(exists("run/.f.h5.reiter-part"));
  read_dataset("run/f.h5", "rho", 2, (hsize_t[]){NY, NX}, found);
  assert_true(found[0] == 5);
  OK(RunFolderClose(&folder));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_series_on_a_grid),
      IN_FOLDER(test_one_time_on_cells),
      IN_FOLDER(test_names_of_cells),
      IN_FOLDER(test_unfinished_series),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
