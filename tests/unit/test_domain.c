/* Boxes and Gmsh meshes as domains, on any number of ranks. The first argument is the folder with the meshes. */
#include "domain_fixture.h"
#include <unistd.h>

static const char *meshes;

static const Boundary REFLECTING = BOUNDARY_REFLECTING, PERIODIC = BOUNDARY_PERIODIC,
                      ABSORBING = BOUNDARY_ABSORBING;

static void boxes(void **state)
{
  static const struct {
    PetscInt dim, cells[3];
    int periodic; /* bits */
  } shapes[] = {{1, {1}, 1},    {2, {2, 1}, 3},    {1, {7}, 0},       {1, {3}, 1},
                {1, {40}, 1},   {2, {5, 4}, 0},    {2, {3, 6}, 1},    {2, {3, 3}, 3},
                {2, {1, 9}, 0}, {3, {3, 2, 4}, 0}, {3, {3, 4, 3}, 5}, {3, {1, 1, 1}, 0}};
  const PetscReal box[3][2] = {{-1, 2}, {0.5, 0.75}, {3, 10}};

  (void)state;
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(shapes); s++) {
    for (PetscInt order = 1; order <= 4; order++) {
      Boundary sides[3][2] = {{REFLECTING, REFLECTING}, {REFLECTING, REFLECTING}, {REFLECTING, REFLECTING}};
      const DomainMesh *m;
      Domain domain;
      double volume = 1;
      PetscInt nodes = 1;
      PetscBool possible = PETSC_TRUE;
      for (int c = 0; c < shapes[s].dim; c++) {
        const int periodic = shapes[s].periodic >> c & 1;
        if (periodic) sides[c][0] = sides[c][1] = PERIODIC;
        volume *= box[c][1] - box[c][0];
        nodes *= shapes[s].cells[c] * order + 1 - periodic;
        if (periodic && shapes[s].cells[c] * order < 3) possible = PETSC_FALSE;
      }
      if (!possible) continue;
      OK(DomainCreateBox(PETSC_COMM_WORLD, shapes[s].dim, box, shapes[s].cells, order,
                         (const Boundary(*)[2])sides, &domain));
      OK(DomainGetMesh(domain, &m));
      assert_int_equal(m->n_global, nodes);
      check_domain(domain, volume);
      for (PetscInt i = 0; i < m->n_nodes; i++) assert_false(m->absorbing[i]);
      OK(DomainDestroy(&domain));
    }
  }
}

/* Component 0 is fastest; x sits where the grid says; absorbing wins at corners; a periodic plane is there once. */
static void numbers_and_marks_of_a_box(void **state)
{
  const PetscReal box[2][2] = {{0, 4}, {0, 3}};
  const PetscInt cells[2] = {4, 3};
  const Boundary sides[2][2] = {{ABSORBING, REFLECTING}, {REFLECTING, ABSORBING}};
  const Boundary wrapped[2][2] = {{PERIODIC, PERIODIC}, {ABSORBING, REFLECTING}};
  const DomainMesh *m;
  Domain domain;

  (void)state;
  OK(DomainCreateBox(PETSC_COMM_WORLD, 2, box, cells, 1, sides, &domain));
  OK(DomainGetMesh(domain, &m));
  assert_true(fabs(m->h - sqrt(2)) < 1e-15);
  for (PetscInt i = 0; i < m->n_nodes; i++) {
    const PetscInt column = m->natural[i] % 5, row = m->natural[i] / 5;
    assert_true(m->x[2 * i] == (double)column && m->x[2 * i + 1] == (double)row);
    assert_int_equal(m->absorbing[i], column == 0 || row == 3);
  }
  OK(DomainDestroy(&domain));
  OK(DomainCreateBox(PETSC_COMM_WORLD, 2, box, cells, 1, wrapped, &domain));
  OK(DomainGetMesh(domain, &m));
  assert_int_equal(m->grid[0], 4);
  assert_int_equal(m->grid[1], 4);
  for (PetscInt i = 0; i < m->n_nodes; i++) {
    const PetscInt column = m->natural[i] % 4, row = m->natural[i] / 4;
    assert_true(m->x[2 * i] == (double)column && m->x[2 * i + 1] == (double)row);
    assert_int_equal(m->absorbing[i], row == 0);
  }
  OK(DomainDestroy(&domain));
}

static void points_outside(void **state)
{
  const PetscReal box[2][2] = {{0, 1}, {0, 1}}, inside_again[2] = {3.125, 0.5}, outside[2] = {0.5, 1.01},
                  broken[2] = {0.5, NAN};
  const PetscInt cells[2] = {4, 4};
  const Boundary sides[2][2] = {{PERIODIC, PERIODIC}, {REFLECTING, REFLECTING}};
  PetscReal reference[2];
  PetscInt element;
  Domain domain;

  (void)state;
  OK(DomainCreateBox(PETSC_COMM_WORLD, 2, box, cells, 1, sides, &domain));
  OK(DomainLocate(domain, outside, &element, reference));
  assert_int_equal(element, -1);
  OK(DomainLocate(domain, broken, &element, reference));
  assert_int_equal(element, -1);
  OK(DomainLocate(domain, inside_again, &element, reference));
  assert_int_equal(sum_over_ranks(element >= 0), 1);
  if (element >= 0) { /* the tie between rows goes to the lower one */
    PetscReal v[8];
    OK(DomainElementCorners(domain, element, v));
    assert_true(v[0] == 0 && v[1] == 0.25);
    assert_true(fabs(reference[0] - 0.5) < 1e-12 && reference[1] == 1);
  }
  OK(DomainDestroy(&domain));
}

/* A periodic box of two ranks at least uses other partitioners by their names. */
static void other_partitioners(void **state)
{
  static const char *const names[] = {"simple", "metis"};
  const PetscReal box[2][2] = {{0, 1}, {0, 1}};
  const PetscInt cells[2] = {12, 12};
  const Boundary sides[2][2] = {{PERIODIC, PERIODIC}, {REFLECTING, REFLECTING}};

  (void)state;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(names); k++) {
    const DomainMesh *m;
    Domain domain;
    int size;
    OK(PetscOptionsSetValue(NULL, "-domain_petscpartitioner_type", names[k]));
    OK(DomainCreateBox(PETSC_COMM_WORLD, 2, box, cells, 2, sides, &domain));
    OK(DomainGetMesh(domain, &m));
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    assert_in_range(m->n_elements, 144 / size - 8, 144 / size + 8);
    check_domain(domain, 1);
    OK(DomainDestroy(&domain));
  }
  OK(PetscOptionsClearValue(NULL, "-domain_petscpartitioner_type"));
}

static const char *in_meshes(const char *name)
{
  static char path[4096];

  snprintf(path, sizeof path, "%s/%s", meshes, name);
  return path;
}

static Domain read_mesh(PetscInt dim, const char *path, PetscInt order, PetscInt n,
                        const char *const groups[], const Boundary kinds[], Boundary otherwise)
{
  Domain domain;
  char *refused;
  PetscInt which;

  OK(DomainCreateMesh(PETSC_COMM_WORLD, dim, path, order, n, groups, kinds, otherwise, &domain, &refused,
                      &which));
  if (refused) fail_msg("refused: %s", refused);
  assert_int_equal(which, -1);
  return domain;
}

/* A mark is right if the node's place says so; interior nodes are never marked. */
typedef PetscBool (*Place)(const PetscReal x[]);

static void check_marks(Domain domain, Place absorbs, Place reflects)
{
  const DomainMesh *m;
  double marked = 0;

  OK(DomainGetMesh(domain, &m));
  for (PetscInt i = 0; i < m->n_nodes; i++) {
    if (absorbs(m->x + i * m->dim)) assert_true(m->absorbing[i]);
    if (reflects(m->x + i * m->dim)) assert_false(m->absorbing[i]);
    marked += i < m->n_owned && m->absorbing[i];
  }
  assert_true(sum_over_ranks(marked) > 3);
}

/* Chords of a circle with at most 0.25 radians between its nodes stay outside cos(0.125). */
static PetscBool disk_absorbs(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] > 0.99 && x[0] < 1e-9 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool disk_reflects(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] < 0.95 || x[0] > 1e-9 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool exit_absorbs(const PetscReal x[])
{
  return x[0] == 1 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool exit_reflects(const PetscReal x[])
{
  return x[0] < 1 - 1e-9 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool inner_absorbs(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] < 0.2501 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool inner_reflects(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] > 0.2501 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool shell_absorbs(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] > 0.999 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool shell_reflects(const PetscReal x[])
{
  return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] < 0.8 ? PETSC_TRUE : PETSC_FALSE;
}

static void meshes_of_all_orders(void **state)
{
  static const char *const disk[] = {"reflecting", "absorbing"}, *const exits[] = {"exit"},
                           *const inner[] = {"inner"}, *const shell[] = {"shell"};
  const Boundary disk_kinds[] = {REFLECTING, ABSORBING};
  /* regular polygons: of 2 x 13 corners, and two of 32 */
  const double disk_area = 13 * sin(PETSC_PI / 13), annulus_area = 0.75 * 16 * sin(PETSC_PI / 16);

  (void)state;
  for (PetscInt order = 1; order <= 4; order++) {
    Domain domain = read_mesh(2, in_meshes("disk.msh"), order, 2, disk, disk_kinds, REFLECTING);
    check_domain(domain, disk_area);
    check_marks(domain, disk_absorbs, disk_reflects);
    OK(DomainDestroy(&domain));
    domain = read_mesh(2, in_meshes("lshape.msh"), order, 1, exits, &ABSORBING, REFLECTING);
    check_domain(domain, 3);
    check_marks(domain, exit_absorbs, exit_reflects);
    OK(DomainDestroy(&domain));
    domain = read_mesh(2, in_meshes("annulus.msh"), order, 1, inner, &ABSORBING, REFLECTING);
    check_domain(domain, annulus_area);
    if (order == 1) check_marks(domain, inner_absorbs, inner_reflects);
    OK(DomainDestroy(&domain));
    domain = read_mesh(3, in_meshes("ball.msh"), order, 1, shell, &ABSORBING, REFLECTING);
    check_domain(domain, total_volume(domain));
    assert_true(total_volume(domain) < 4 * PETSC_PI / 3 && total_volume(domain) > 0.93 * 4 * PETSC_PI / 3);
    check_marks(domain, shell_absorbs, shell_reflects);
    OK(DomainDestroy(&domain));
  }
}

/* The other way to say it: the exit reflects, all else absorbs; and its ends belong to the walls. */
static void the_rest_of_the_boundary(void **state)
{
  static const char *const exits[] = {"exit"};
  const DomainMesh *m;
  Domain domain;

  (void)state;
  domain = read_mesh(2, in_meshes("lshape.msh"), 3, 1, exits, &REFLECTING, ABSORBING);
  OK(DomainGetMesh(domain, &m));
  for (PetscInt i = 0; i < m->n_nodes; i++) {
    const PetscReal x = m->x[2 * i], y = m->x[2 * i + 1];
    const int wall = x < -1 + 1e-9 || y > 1 - 1e-9 || y < -1 + 1e-9 || (fabs(x) < 1e-9 && y < 1e-9) ||
                     (fabs(y) < 1e-9 && x > -1e-9);
    assert_int_equal(m->absorbing[i], wall);
  }
  OK(DomainDestroy(&domain));
}

static const char head22[] = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";

/* Two hexahedra, the second of which starts at another corner and looks another way. */
static const char hexahedra[] =
    "$PhysicalNames\n2\n2 5 \"left side\"\n3 6 \"inside\"\n$EndPhysicalNames\n$Nodes\n12\n"
    "1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 0 0 1\n6 1 0 1\n7 1 1 1\n8 0 1 1\n9 3 0 0\n10 3 1 0\n11 3 0 1\n12 "
    "3 1 1\n"
    "$EndNodes\n$Elements\n3\n1 3 2 5 1 1 5 8 4\n2 5 2 6 1 1 2 3 4 5 6 7 8\n3 5 2 6 1 12 10 9 11 7 3 2 "
    "6\n$EndElements\n";
/* A line, with a node that belongs to nothing; and its ends in groups. */
static const char line[] =
    "$PhysicalNames\n3\n0 1 \"left\"\n0 2 \"right\"\n1 3 \"inside\"\n$EndPhysicalNames\n$Nodes\n5\n"
    "1 0 0 0\n2 2 0 0\n3 0.5 0 0\n4 1.25 0 0\n5 9 9 9\n$EndNodes\n$Elements\n5\n"
    "1 15 2 1 1 1\n2 15 2 2 2 2\n3 1 2 3 1 1 3\n4 1 2 3 1 4 3\n5 1 2 3 1 4 2\n$EndElements\n";
/* Triangles of both orientations, in the plane z = 7. */
static const char turned[] = "$Nodes\n4\n1 0 0 7\n2 1 0 7\n3 1 1 7\n4 0 1 7\n$EndNodes\n$Elements\n2\n"
                             "1 2 2 1 1 1 2 3\n2 2 2 1 1 1 4 3\n$EndElements\n";
static const char mixed[] =
    "$Nodes\n5\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 2 0 0\n$EndNodes\n$Elements\n2\n"
    "1 3 2 1 1 1 2 3 4\n2 2 2 1 1 2 5 3\n$EndElements\n";
static const char folded[] = "$Nodes\n4\n1 0 0 0\n2 1 0 0\n3 0.1 0.1 0\n4 0 1 0\n$EndNodes\n$Elements\n1\n"
                             "1 3 2 1 1 1 2 3 4\n$EndElements\n";
static const char flat[] = "$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 2 0 0\n$EndNodes\n$Elements\n1\n"
                           "1 2 2 1 1 1 2 3\n$EndElements\n";
static const char tilted[] = "$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 1\n$EndNodes\n$Elements\n1\n"
                             "1 2 2 1 1 1 2 3\n$EndElements\n";
static const char doubled[] = "$Nodes\n4\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n$EndNodes\n$Elements\n3\n"
                              "1 2 2 1 1 1 2 3\n2 2 2 1 1 1 3 4\n3 2 2 2 1 1 3 4\n$EndElements\n";

static const char unknown_node[] = "$Nodes\n3\n1 0 0 0\n2 1 0 0\n5 0 1 0\n$EndNodes\n$Elements\n1\n"
                                   "1 2 2 1 1 1 2 4\n$EndElements\n";
static const char no_number[] = "$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 l 0\n$EndNodes\n$Elements\n1\n"
                                "1 2 2 1 1 1 2 3\n$EndElements\n";
static const char too_many[] = "$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 0\n$EndNodes\n$Elements\n2\n"
                               "1 2 2 1 1 1 2 3\n$EndElements\n";

static char scratch[64];

static void write_scratch(const char *head, const char *body)
{
  int rank;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (rank == 0) {
    FILE *const stream = fopen(scratch, "w");
    assert_non_null(stream);
    fprintf(stream, "%s%s", head, body);
    fclose(stream);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static PetscBool left_end(const PetscReal x[])
{
  return x[0] == 0 ? PETSC_TRUE : PETSC_FALSE;
}
static PetscBool not_left_end(const PetscReal x[])
{
  return x[0] != 0 ? PETSC_TRUE : PETSC_FALSE;
}

static void small_meshes(void **state)
{
  static const char *const left[] = {"left side"}, *const ends[] = {"right", "left"};
  const Boundary kinds[] = {REFLECTING, ABSORBING};
  const DomainMesh *m;

  (void)state;
  for (PetscInt order = 1; order <= 4; order++) {
    Domain domain;
    write_scratch(head22, hexahedra);
    domain = read_mesh(3, scratch, order, 1, left, &ABSORBING, REFLECTING);
    OK(DomainGetMesh(domain, &m));
    assert_int_equal(m->n_global, (2 * order + 1) * (order + 1) * (order + 1));
    check_domain(domain, 3);
    check_marks(domain, left_end, not_left_end);
    OK(DomainDestroy(&domain));
    write_scratch(head22, line);
    domain = read_mesh(1, scratch, order, 2, ends, kinds, REFLECTING);
    OK(DomainGetMesh(domain, &m));
    assert_int_equal(m->n_global, 3 * order + 1);
    check_domain(domain, 2);
    for (PetscInt i = 0; i < m->n_nodes; i++) assert_int_equal(m->absorbing[i], m->x[i] == 0);
    OK(DomainDestroy(&domain));
    write_scratch(head22, turned);
    domain = read_mesh(2, scratch, order, 0, NULL, NULL, ABSORBING);
    OK(DomainGetMesh(domain, &m));
    assert_int_equal(m->n_global, (order + 1) * (order + 1));
    check_domain(domain, 1);
    for (PetscInt i = 0; i < m->n_nodes; i++) {
      const PetscReal x = m->x[2 * i], y = m->x[2 * i + 1];
      assert_int_equal(m->absorbing[i], x == 0 || x == 1 || y == 0 || y == 1);
    }
    OK(DomainDestroy(&domain));
  }
}

static void expect_refusal(PetscInt dim, const char *path, const char *group, PetscInt which,
                           const char *words)
{
  PetscInt blamed;
  char *refused;
  Domain domain;

  OK(DomainCreateMesh(PETSC_COMM_WORLD, dim, path, 2, group ? 1 : 0, &group, &ABSORBING, REFLECTING, &domain,
                      &refused, &blamed));
  assert_null(domain);
  assert_non_null(refused);
  if (!strstr(refused, words)) fail_msg("\"%s\" does not say \"%s\"", refused, words);
  assert_int_equal(blamed, which);
  OK(PetscFree(refused));
}

static void mistakes(void **state)
{
  (void)state;
  expect_refusal(2, "no-such-folder/mesh.msh", NULL, -1,
                 "cannot read the mesh no-such-folder/mesh.msh: No such file");
  expect_refusal(2, in_meshes("lshape.msh"), "exits", 0,
                 "has no physical group exits of dimension 1; it has: walls, exit");
  expect_refusal(2, in_meshes("lshape.msh"), "inside", 0, "has dimension 2");
  expect_refusal(3, in_meshes("lshape.msh"), NULL, -1,
                 "has elements of dimension 2, the domain has dimension 3");
  expect_refusal(2, in_meshes("ball.msh"), NULL, -1,
                 "has elements of dimension 3, the domain has dimension 2");
  write_scratch("", "hello\n");
  expect_refusal(2, scratch, NULL, -1, "does not begin with $MeshFormat");
  write_scratch("", "");
  expect_refusal(2, scratch, NULL, -1, "does not begin with $MeshFormat");
  write_scratch("$MeshFormat\n3.0 0 8\n$EndMeshFormat\n", line);
  expect_refusal(1, scratch, NULL, -1, "has the Gmsh format \"3.0 0 8\"");
  write_scratch(head22, unknown_node);
  expect_refusal(2, scratch, NULL, -1, "an element has the node 4, which is not there");
  write_scratch(head22, no_number);
  expect_refusal(2, scratch, NULL, -1, "line 8 is not a row of numbers");
  write_scratch(head22, too_many);
  expect_refusal(2, scratch, NULL, -1, "the section $Elements is missing, incomplete or damaged");
  write_scratch(head22, mixed);
  expect_refusal(2, scratch, NULL, -1, "mixes");
  write_scratch(head22, folded);
  expect_refusal(2, scratch, NULL, -1, "folded over");
  write_scratch(head22, flat);
  expect_refusal(2, scratch, NULL, -1, "element 1 of the mesh");
  write_scratch(head22, tilted);
  expect_refusal(2, scratch, NULL, -1, "is not flat: the coordinate z");
  write_scratch(head22, doubled);
  expect_refusal(2, scratch, NULL, -1, "more than two elements share a face");
}

/* Cut anywhere, the file is refused with a sentence. */
static void torn_files(void **state)
{
  char *const torn = strdup(hexahedra);

  (void)state;
  for (size_t keep = 0; keep + 20 < strlen(hexahedra); keep += 37) {
    torn[keep] = '\0';
    write_scratch(head22, torn);
    expect_refusal(3, scratch, NULL, -1, scratch);
    torn[keep] = hexahedra[keep];
  }
  free(torn);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes),
      cmocka_unit_test(numbers_and_marks_of_a_box),
      cmocka_unit_test(points_outside),
      cmocka_unit_test(other_partitioners),
      cmocka_unit_test(meshes_of_all_orders),
      cmocka_unit_test(the_rest_of_the_boundary),
      cmocka_unit_test(small_meshes),
      cmocka_unit_test(mistakes),
      cmocka_unit_test(torn_files),
  };
  int rank, size;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || argc < 2) return 1;
  meshes = argv[1];
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  snprintf(scratch, sizeof scratch, "domain-test-%d.msh", size); /* the same on all ranks */
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (rank == 0) unlink(scratch);
  return PetscFinalize() || failed;
}
