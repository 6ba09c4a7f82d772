/* The discretised diffusion: symmetric, with the constant at rest, positive where it must be, finite for any weight; what
   goes in and comes out of it against closed forms. */
#include "mesh_fixture.h"
#include <slepceps.h>

static const char *const identities[][9] = {
    {"1"}, {"1"}, {"1", "0", "0", "1"}, {"1", "0", "0", "0", "1", "0", "0", "0", "1"}};
static const char *const line[] = {"1+x^2/4"};
static const char *const plane[] = {"1+x^2/4", "0.3*sin(x+y)", "0.3*sin(x+y)", "1.5+cos(y)/4"};
static const char *const space[] = {"1+x^2/4", "0.3*sin(x+y)", "0.2", "0.3*sin(x+y)", "1.5+cos(y)/4", "0.1*z",
                                    "0.2",     "0.1*z",        "2"};
static const char *const *const tensors[] = {NULL, line, plane, space};
static const char *const weights[] = {NULL, "-(x^2-1)^2", "-(x^2-1)^2-y^2*(1+x)", "-(x^2-1)^2-y^2*(1+x)-z"};

static PetscReal state_dot(Vec a, Vec b)
{
  PetscScalar dot;

  OK(VecDot(a, b, &dot));
  return dot;
}

/* Symmetric, S root = 0, Gershgorin's bound above what is found. */
static void check_system(const Problem *p)
{
  PetscReal norm, rayleigh = 0;
  Vec v, Sv;
  PetscRandom random;

  assert_true(asymmetry(p->system->S) < 1e-15);
  if (p->system->conservative) assert_true(constant_defect(p->system) < 1e-13);
  OK(VecDuplicate(p->system->root, &v));
  OK(VecDuplicate(v, &Sv));
  OK(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  OK(PetscRandomSetInterval(random, -1, 1));
  OK(VecSetRandom(v, random));
  for (PetscInt k = 0; k < 50; k++) { /* a power iteration from below */
    OK(VecNormalize(v, &norm));
    OK(MatMult(p->system->S, v, Sv));
    rayleigh = state_dot(v, Sv);
    OK(VecCopy(Sv, v));
  }
  assert_true(rayleigh > 0 && rayleigh <= p->system->norm * (1 + 1e-12));
  assert_true(p->system->norm < 8 * rayleigh);
  OK(PetscRandomDestroy(&random));
  OK(VecDestroy(&Sv));
  OK(VecDestroy(&v));
}

static void systems(void **state)
{
  const PetscInt cells[] = {0, 7, 4, 2};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    for (PetscInt order = 0; order <= (dim == 3 ? 3 : 4); order++) { /* 0: monotone */
      for (PetscInt kind = 0; kind < 3; kind++) {
        const PetscBool periodic = kind == BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
        Problem p;
        make_box(&p, PETSC_COMM_WORLD, dim, -1.5, 1.5, cells[dim] + 2, 1, PetscMax(order, 1), (Boundary)kind);
        set_up_problem(&p, order ? "fem" : "monotone", periodic ? "cos(2*pi*x/3)" : weights[dim],
                       periodic ? identities[dim] : tensors[dim]);
        assert_int_equal(p.fault.trouble, COEFFICIENT_GOOD);
        assert_true(p.system->conservative == (kind != BOUNDARY_ABSORBING));
        assert_null(p.system->B);
        if (!order) assert_true(p.system->m_matrix && p.system->largest_positive == 0);
        check_system(&p);
        destroy_problem(&p);
      }
    }
  }
}

/* Rotating tensors of any anisotropy: the graph stays positive, elements do not. */
static void anisotropy(void **state)
{
  const char *const forms[] = {"%1$g+(1-%1$g)*cos(3*x+y)^2", "(1-%1$g)*cos(3*x+y)*sin(3*x+y)",
                               "(1-%1$g)*cos(3*x+y)*sin(3*x+y)", "%1$g+(1-%1$g)*sin(3*x+y)^2"};

  (void)state;
  for (PetscInt power = 0; power <= 3; power++) {
    char text[4][80];
    const char *tensor[4];
    Problem p;
    for (PetscInt k = 0; k < 4; k++) {
      snprintf(text[k], sizeof(text[k]), forms[k], pow(10, -(double)power));
      tensor[k] = text[k];
    }
    for (PetscInt scheme = 0; scheme < 2; scheme++) {
      make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 21, 1, 1, scheme ? BOUNDARY_ABSORBING : BOUNDARY_REFLECTING);
      set_up_problem(&p, "monotone", "-4*(x^2-1)^2-y^2", tensor);
      assert_true(p.system->m_matrix);
      assert_true(p.system->largest_positive == 0);
      check_system(&p);
      destroy_problem(&p);
    }
    make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 21, 1, 1, BOUNDARY_REFLECTING);
    set_up_problem(&p, "fem", "-4*(x^2-1)^2-y^2", tensor);
    if (power > 0) {
      assert_false(p.system->m_matrix);
      assert_true(p.system->largest_positive > 0.01 && p.system->largest_positive < 1);
    }
    destroy_problem(&p);
  }
}

/* Weights from 1 to e^-3000 on a grid that resolves them; and on one that does not. */
static void extreme_weights(void **state)
{
  const char *const tensor[] = {"1", "0.5", "0.5", "1"};

  (void)state;
  for (PetscInt scheme = 0; scheme < 3; scheme++) {
    PetscReal norm, energy, square;
    PetscInt place;
    Problem p;
    Vec g;
    make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 40, 1, scheme == 1 ? 3 : 1, BOUNDARY_REFLECTING);
    set_up_problem(&p, scheme == 2 ? "monotone" : "fem", "2000-1500*(x^2+y^4)", tensor);
    assert_int_equal(p.fault.trouble, COEFFICIENT_GOOD);
    assert_true(PetscAbsReal(p.system->log_scale - 2000) < 1);
    OK(MatNorm(p.system->S, NORM_FROBENIUS, &norm));
    assert_true(norm > 0 && norm < 1e300);
    assert_true(constant_defect(p.system) < 1e-12);
    OK(VecMin(p.system->log_b, &place, &norm));
    /* elements limit the slope of log w to 24 an element */
    assert_true(scheme == 2 ? norm < -2900 : norm < -400);
    OK(VecDuplicate(p.system->root, &g));
    OK(VecSet(g, 1)); /* h of 1e600 on the light nodes */
    OK(DiffusionGetQuotient(p.diffusion, g, &energy, &square));
    assert_true(energy > 0 && energy < 1e300 && PetscAbsReal(square - p.system->n_free) < 1e-9);
    OK(DiffusionGetQuotient(p.diffusion, p.system->root, &energy, &square));
    assert_true(energy < 1e-20 * p.system->norm * square);
    OK(VecDestroy(&g));
    destroy_problem(&p);
    make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 3, 1, scheme == 1 ? 2 : 1, BOUNDARY_REFLECTING);
    set_up_problem(&p, scheme == 2 ? "monotone" : "fem", "2000-5000*(x^2+y^4)", tensor);
    assert_int_equal(p.fault.trouble, COEFFICIENT_WEIGHT);
    assert_non_null(strstr(p.fault.message, "does not resolve the weight"));
    destroy_problem(&p);
  }
}

/* int exp(-x-2y) over [0,1]^2 */
static void masses(void **state)
{
  const PetscReal exact = PetscLogReal((1 - PetscExpReal(-1)) * (1 - PetscExpReal(-2)) / 2) + 5;

  (void)state;
  for (PetscInt order = 1; order <= 4; order++) {
    const PetscReal tolerance[] = {0, 3e-2, 2e-5, 3e-9, 1e-12};
    Problem p;
    make_box(&p, PETSC_COMM_WORLD, 2, 0, 1, 5, 1, order, BOUNDARY_ABSORBING);
    set_up_problem(&p, order == 1 ? "monotone" : "fem", "5-x-2*y", plane);
    assert_true(PetscAbsReal(p.system->log_mass - exact) < tolerance[order]);
    destroy_problem(&p);
  }
}

/* h = a.x and w = 1: the energy a.D a and, at every node, the flux through its part of the boundary, for full tensors. */
static void linear_functions(void **state)
{
  const char *const D2[] = {"2", "-0.9", "-0.9", "1.5"};
  const char *const D3[] = {"2", "0.7", "-0.5", "0.7", "1.5", "0.3", "-0.5", "0.3", "1"};
  const PetscReal T[][9] = {{2, -0.9, -0.9, 1.5}, {2, 0.7, -0.5, 0.7, 1.5, 0.3, -0.5, 0.3, 1}};
  const PetscReal a[] = {1, 2, -3};

  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    for (PetscInt scheme = 0; scheme < 2; scheme++) {
      ProgramFunction f = make_function(dim, dim == 2 ? "5+x+2*y" : "5+x+2*y-3*z");
      PetscReal energy, expected = 0, Da[3] = {0}, worst = 0, least = PETSC_MAX_REAL;
      PetscScalar *r;
      Vec g, Sg, flux[3];
      Problem p;
      make_box(&p, PETSC_COMM_SELF, dim, 0, 1, 4, 1, 1, BOUNDARY_REFLECTING);
      set_up_problem(&p, scheme ? "monotone" : "fem", "0", dim == 2 ? D2 : D3);
      OK(VecDuplicate(p.system->root, &g));
      OK(VecDuplicate(g, &Sg));
      OK(DiffusionStateFunction(p.diffusion, PointFunctionProgram, &f, g));
      for (PetscInt i = 0; i < dim; i++) {
        for (PetscInt j = 0; j < dim; j++) Da[i] += T[dim - 2][i * dim + j] * a[j];
        expected += a[i] * Da[i];
      }
      OK(DiffusionGetQuotient(p.diffusion, g, &energy, NULL));
      assert_true(PetscAbsReal(energy - expected) < 1e-12 * expected);
      OK(MatMult(p.system->S, g, Sg));
      OK(VecPointwiseMult(Sg, Sg, p.system->root));
      OK(VecGetArray(Sg, &r));
      for (PetscInt l = 0; l < p.mesh->n_nodes;
           l++) { /* on one rank and without absorbing nodes: the same numbers */
        PetscReal through = 0;
        for (PetscInt c = 0; c < dim; c++) {
          PetscReal area = 1;
          for (PetscInt k = 0; k < dim; k++) {
            const PetscReal x = p.mesh->x[l * dim + k], h = 1. / (PetscReal)p.mesh->cells[k];
            if (k != c) area *= x == 0 || x == 1 ? h / 2 : h;
          }
          if (p.mesh->x[l * dim + c] == 0) through -= area * Da[c];
          if (p.mesh->x[l * dim + c] == 1) through += area * Da[c];
        }
        worst = PetscMax(worst, PetscAbsReal(r[p.mesh->natural[l]] - through));
      }
      OK(VecRestoreArray(Sg, &r));
      assert_true(worst < 1e-12);
      for (PetscInt c = 0; c < dim; c++) OK(DomainCreateVector(p.domain, &flux[c]));
      OK(DiffusionGetFlux(p.diffusion, g, flux));
      for (PetscInt c = 0; c < dim; c++) {
        OK(VecShift(flux[c], Da[c]));
        OK(VecNorm(flux[c], NORM_INFINITY, &least));
        assert_true(least < 1e-12);
        OK(VecDestroy(&flux[c]));
      }
      OK(VecDestroy(&Sg));
      OK(VecDestroy(&g));
      OK(ProgramDestroy(&f.program));
      destroy_problem(&p);
    }
  }
}

/* rho = w is the state h = 1; point masses have mass one; f = 1 is the functional `total`. */
static void loads(void **state)
{
  (void)state;
  for (PetscInt order = 1; order <= 3; order++) {
    const PetscReal x0[] = {0.3, -0.2}, outside[] = {0.3, 1.2};
    ProgramFunction rho = make_function(2, "exp(-90*(x^2+y^2))"), one = make_function(2, "1");
    PetscReal lost, norm;
    PetscBool inside;
    Problem p;
    Vec load, h, density;
    make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 30, 1, order, BOUNDARY_REFLECTING);
    set_up_problem(&p, "fem", "-90*(x^2+y^2)", identities[2]);
    OK(VecDuplicate(p.system->root, &load));
    OK(DiffusionLoadDensity(p.diffusion, PointFunctionProgram, &rho, load, &lost));
    assert_true(lost < 1e-300);
    OK(DomainCreateVector(p.domain, &h));
    OK(DomainCreateVector(p.domain, &density));
    OK(DiffusionGetField(p.diffusion, p.system->root, h, density));
    OK(VecAXPY(load, -PetscExpReal(p.system->log_scale), p.system->root));
    OK(VecNorm(load, NORM_INFINITY, &norm));
    assert_true(norm < 1e-13);
    OK(DiffusionLoadFunction(p.diffusion, PointFunctionProgram, &one, load));
    OK(VecAXPY(load, -1, p.system->total));
    OK(VecNorm(load, NORM_INFINITY, &norm));
    assert_true(norm < 1e-14);
    OK(DiffusionLoadPoint(p.diffusion, x0, load, &inside));
    assert_true(inside);
    assert_true(PetscAbsReal(state_dot(load, p.system->total) - 1) < 1e-12);
    OK(DiffusionLoadPoint(p.diffusion, outside, load, &inside));
    assert_false(inside);
    OK(VecDestroy(&density));
    OK(VecDestroy(&h));
    OK(VecDestroy(&load));
    OK(ProgramDestroy(&rho.program));
    OK(ProgramDestroy(&one.program));
    destroy_problem(&p);
  }
}

/* A density where the weight is e^-1800 of the largest cannot be held. */
static void lost_density(void **state)
{
  ProgramFunction one = make_function(2, "1");
  PetscReal lost;
  Problem p;
  Vec load;

  (void)state;
  make_box(&p, PETSC_COMM_WORLD, 2, -1, 1, 30, 1, 1, BOUNDARY_REFLECTING);
  set_up_problem(&p, "monotone", "-900*(x^2+y^2)", identities[2]);
  OK(VecDuplicate(p.system->root, &load));
  OK(DiffusionLoadDensity(p.diffusion, PointFunctionProgram, &one, load, &lost));
  assert_true(lost > 0.1);
  assert_true(PetscAbsReal(state_dot(load, p.system->total) + lost - 4) < 1e-10);
  OK(VecDestroy(&load));
  OK(ProgramDestroy(&one.program));
  destroy_problem(&p);
}

/* h = exp(x) on [0, 1], w = 1 */
static void entropies(void **state)
{
  const PetscReal e = PetscExpReal(1), mean = e - 1;
  ProgramFunction f = make_function(1, "exp(x)"), near_one = make_function(1, "1+1e-9*cos(pi*x)");
  PetscReal entropy, chi, least;
  Problem p;
  Vec g;

  (void)state;
  make_box(&p, PETSC_COMM_WORLD, 1, 0, 1, 10, 1, 4, BOUNDARY_REFLECTING);
  set_up_problem(&p, "fem", "0", identities[1]);
  OK(VecDuplicate(p.system->root, &g));
  OK(DiffusionStateFunction(p.diffusion, PointFunctionProgram, &f, g));
  OK(DiffusionGetEntropy(p.diffusion, g, &entropy, &chi, &least));
  assert_true(PetscAbsReal(entropy - (1 / mean - PetscLogReal(mean))) < 1e-11);
  assert_true(PetscAbsReal(chi - ((e * e - 1) / 2 / (mean * mean) - 1)) < 1e-11);
  assert_true(PetscAbsReal(least - 1) < 1e-14);
  OK(DiffusionStateFunction(p.diffusion, PointFunctionProgram, &near_one, g));
  OK(DiffusionGetEntropy(p.diffusion, g, &entropy, &chi, NULL));
  assert_true(PetscAbsReal(chi / 0.5e-18 - 1) < 1e-6);
  assert_true(PetscAbsReal(entropy / 0.25e-18 - 1) < 1e-6);
  OK(VecDestroy(&g));
  OK(ProgramDestroy(&f.program));
  OK(ProgramDestroy(&near_one.program));
  destroy_problem(&p);
}

/* The graph holds S's entries in logarithms, in natural order. */
static void graphs(void **state)
{
  (void)state;
  for (PetscInt kind = 0; kind < 3; kind++) {
    Problem p;
    Graph graph;
    PetscBool exists;
    PetscReal worst = 0;
    make_box(&p, PETSC_COMM_SELF, 2, -1.5, 1.5, 6, 1, 1, (Boundary)kind);
    set_up_problem(&p, "monotone", kind == BOUNDARY_PERIODIC ? "cos(2*pi*x/3)" : weights[2],
                   kind == BOUNDARY_PERIODIC ? identities[2] : plane);
    OK(DiffusionGetGraph(p.diffusion, &exists, &graph));
    assert_true(exists);
    assert_int_equal(graph.n, p.system->n_free);
    for (PetscInt i = 0; i < graph.n; i++) {
      PetscReal diagonal = PetscExpReal(graph.log_killing[i] - graph.log_mass[i]);
      PetscScalar entry;
      for (PetscInt64 k = graph.offsets[i]; k < graph.offsets[i + 1]; k++) {
        const PetscInt j = graph.neighbours[k];
        const PetscReal mean = 0.5 * (graph.log_mass[i] + graph.log_mass[j]);
        OK(MatGetValue(p.system->S, i, j, &entry));
        worst = PetscMax(worst, PetscAbsReal(entry + PetscExpReal(graph.log_weight[k] - mean)));
        diagonal += PetscExpReal(graph.log_weight[k] - graph.log_mass[i]);
        if (k > graph.offsets[i]) assert_true(j > graph.neighbours[k - 1]);
      }
      OK(MatGetValue(p.system->S, i, i, &entry));
      worst = PetscMax(worst, PetscAbsReal(entry - diagonal));
      if (i) assert_true(graph.natural[i] > graph.natural[i - 1]);
    }
    assert_true(worst < 1e-12 * p.system->norm);
    OK(GraphDestroy(&graph));
    destroy_problem(&p);
  }
}

/* How many nodes are reached from node 0. */
static PetscInt count_reached(const Graph *graph)
{
  PetscInt *queue, head = 0, tail = 1;
  PetscBool *seen;

  OK(PetscMalloc1(graph->n, &queue));
  OK(PetscCalloc1(graph->n, &seen));
  queue[0] = 0;
  seen[0] = PETSC_TRUE;
  while (head < tail) {
    const PetscInt i = queue[head++];
    for (PetscInt64 k = graph->offsets[i]; k < graph->offsets[i + 1]; k++) {
      const PetscInt j = graph->neighbours[k];
      if (seen[j]) continue;
      seen[j] = PETSC_TRUE;
      queue[tail++] = j;
    }
  }
  OK(PetscFree(queue));
  OK(PetscFree(seen));
  return tail;
}

/* However long the offsets, reflecting corners stay tied to the rest: a piece of its own would be a second equilibrium. */
static void connected(void **state)
{
  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    for (PetscInt trial = 0; trial < 24; trial++) {
      const double angle = 0.13 + 0.26 * (double)trial, small = pow(10, -1 - (double)(trial % 4));
      const double n[3] = {cos(angle), sin(angle) * (dim == 2 ? 1 : cos(2 * angle)),
                           sin(angle) * sin(2 * angle)};
      char text[9][40];
      const char *D[9];
      Graph graph;
      PetscBool exists;
      Problem p;
      for (PetscInt i = 0; i < dim; i++) {
        for (PetscInt j = 0; j < dim; j++) {
          const PetscInt k = i * dim + j;
          snprintf(text[k], sizeof(text[k]), "%.17g", n[i] * n[j] + (i == j ? small : 0));
          D[k] = text[k];
        }
      }
      make_box(&p, PETSC_COMM_SELF, dim, 0, 1, dim == 2 ? 17 : 7, 1, 1, BOUNDARY_REFLECTING);
      set_up_problem(&p, "monotone", "0", D);
      OK(DiffusionGetGraph(p.diffusion, &exists, &graph));
      assert_int_equal(count_reached(&graph), graph.n);
      assert_true(p.system->m_matrix);
      OK(GraphDestroy(&graph));
      destroy_problem(&p);
    }
  }
}

/* The monotone graph, boxes of order 1 to 3, simplices of order 1 and 2 with an absorbing boundary. */
static void make_case(Problem *p, MPI_Comm comm, PetscInt which)
{
  if (which <= 3) {
    make_box(p, comm, 2, -1.5, 1.5, 9, 1, PetscMax(which, 1), BOUNDARY_REFLECTING);
  } else {
    make_mesh(p, comm, 2, PETSC_TRUE, 5, which - 3, BOUNDARY_ABSORBING);
  }
  set_up_problem(p, which ? "fem" : "monotone", weights[2], plane);
}

/* What must not depend on how the nodes are shared. */
static void compare_ranks(void **state)
{
  (void)state;
  for (PetscInt which = 0; which <= 5; which++) {
    PetscReal figures[2][6];
    Graph graph[2];
    PetscMPIInt rank;
    OK(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
    for (PetscInt k = 0; k < 2; k++) {
      ProgramFunction f = make_function(2, "sin(x)+y^2");
      PetscBool exists;
      PetscReal *v = figures[k];
      Problem p;
      Vec g;
      make_case(&p, k ? PETSC_COMM_WORLD : PETSC_COMM_SELF, which);
      OK(VecDuplicate(p.system->root, &g));
      OK(MatNorm(p.system->S, NORM_FROBENIUS, &v[0]));
      OK(VecNorm(p.system->total, NORM_1, &v[1]));
      OK(DiffusionStateFunction(p.diffusion, PointFunctionProgram, &f, g));
      OK(DiffusionGetQuotient(p.diffusion, g, &v[2], &v[3]));
      v[4] = p.system->norm;
      v[5] = p.system->log_mass;
      OK(DiffusionGetGraph(p.diffusion, &exists, &graph[k]));
      OK(VecDestroy(&g));
      OK(ProgramDestroy(&f.program));
      destroy_problem(&p);
    }
    for (PetscInt k = 0; k < 6; k++) {
      assert_true(PetscAbsReal(figures[0][k] - figures[1][k]) <= 1e-12 * PetscAbsReal(figures[0][k]));
    }
    if (rank == 0 && !which) {
      const size_t edges = (size_t)graph[0].offsets[graph[0].n];
      assert_int_equal(graph[0].n, graph[1].n);
      assert_memory_equal(graph[0].neighbours, graph[1].neighbours, edges * sizeof(PetscInt));
      for (size_t k = 0; k < edges; k++) {
        assert_true(PetscAbsReal(graph[0].log_weight[k] - graph[1].log_weight[k]) < 1e-13);
      }
    }
    OK(GraphDestroy(&graph[0]));
    OK(GraphDestroy(&graph[1]));
  }
}

/* Nothing is free: an empty system, no mistake. */
static void all_absorbing(void **state)
{
  (void)state;
  for (PetscInt scheme = 0; scheme < 2; scheme++) {
    Problem p;
    make_box(&p, PETSC_COMM_SELF, 1, 0, 1, 1, 0, 1, BOUNDARY_ABSORBING);
    set_up_problem(&p, scheme ? "monotone" : "fem", "0", identities[1]);
    assert_int_equal(p.fault.trouble, COEFFICIENT_GOOD);
    assert_int_equal(p.system->n_free, 0);
    assert_false(p.system->conservative);
    assert_true(PetscAbsReal(p.system->log_mass) < 1e-15);
    destroy_problem(&p);
  }
}

static PetscReal largest_eigenvalue(Mat S, Mat B, PetscBool smallest)
{
  PetscScalar value;
  EPS eps;

  OK(EPSCreate(PETSC_COMM_WORLD, &eps));
  OK(EPSSetOperators(eps, S, B));
  OK(EPSSetProblemType(eps, B ? EPS_GHEP : EPS_HEP));
  OK(EPSSetWhichEigenpairs(eps, smallest ? EPS_SMALLEST_REAL : EPS_LARGEST_REAL));
  OK(EPSSetTolerances(eps, 1e-4, 10000));
  if (B) { /* B has no zeros on its diagonal and is well conditioned: iterate */
    ST st;
    KSP ksp;
    PC pc;
    OK(EPSGetST(eps, &st));
    OK(STGetKSP(st, &ksp));
    OK(KSPSetType(ksp, KSPCG));
    OK(KSPGetPC(ksp, &pc));
    OK(PCSetType(pc, PCNONE));
    OK(KSPSetTolerances(ksp, 1e-12, PETSC_DEFAULT, PETSC_DEFAULT, 1000));
  }
  OK(EPSSolve(eps));
  OK(EPSGetEigenvalue(eps, 0, &value, NULL));
  OK(EPSDestroy(&eps));
  return value;
}

/* The consistent mass of simplices: unit diagonal, invertible, its bound a bound. */
static void simplices(void **state)
{
  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    for (PetscInt order = 1; order <= (dim == 2 ? 4 : 2); order++) {
      ProgramFunction f = make_function(dim, "1+x+x*y");
      PetscReal norm, square, lost, entropy, chi;
      Problem p;
      Vec v, g;
      make_mesh(&p, PETSC_COMM_WORLD, dim, PETSC_TRUE, 4, order, BOUNDARY_REFLECTING);
      set_up_problem(&p, "fem", weights[dim], tensors[dim]);
      assert_int_equal(p.fault.trouble, COEFFICIENT_GOOD);
      assert_true((p.system->B == NULL) == (order == 1));
      assert_true(asymmetry(p.system->S) < 1e-15);
      assert_true(constant_defect(p.system) < 1e-13);
      norm = largest_eigenvalue(p.system->S, p.system->B, PETSC_FALSE);
      assert_true(norm <= p.system->norm * (1 + 1e-3) && norm > p.system->norm / 60);
      OK(VecDuplicate(p.system->root, &v));
      OK(VecDuplicate(v, &g));
      OK(DiffusionStateFunction(p.diffusion, PointFunctionProgram, &f, g));
      if (p.system->B) {
        OK(MatGetDiagonal(p.system->B, v));
        OK(VecShift(v, -1));
        OK(VecNorm(v, NORM_INFINITY, &norm));
        assert_true(norm < 1e-13);
        assert_true(largest_eigenvalue(p.system->B, NULL, PETSC_TRUE) > 0);
        OK(MatMult(p.system->B, g, v)); /* the load of h = f by two ways, f in the space */
        OK(DiffusionSolveMass(p.diffusion, v, v));
        OK(VecAXPY(v, -1, g));
        OK(VecNorm(v, NORM_2, &norm));
        assert_true(norm < 1e-11);
        OK(DiffusionLoadFunction(p.diffusion, PointFunctionProgram, &f, v));
        OK(DiffusionSolveMass(p.diffusion, v, v));
        OK(VecAXPY(v, -1, g));
        OK(VecNorm(v, NORM_2, &norm));
        assert_true(norm < 1e-10);
      }
      /* the total mass of a density that the rule integrates: int 1 + x + x y = 1 + 1/2 + 1/4 */
      OK(DiffusionLoadDensity(p.diffusion, PointFunctionProgram, &f, v, &lost));
      if (order > 1) assert_true(PetscAbsReal(state_dot(v, p.system->root) - 1.75) < 1e-12);
      OK(DiffusionGetQuotient(p.diffusion, p.system->root, &norm, &square));
      assert_true(norm < 1e-24);
      assert_true(PetscAbsReal(PetscLogReal(square) + p.system->log_scale - p.system->log_mass) < 1e-13);
      OK(DiffusionGetEntropy(p.diffusion, p.system->root, &entropy, &chi, NULL));
      assert_true(PetscAbsReal(entropy) < 1e-24 && chi < 1e-24);
      OK(VecDestroy(&g));
      OK(VecDestroy(&v));
      OK(ProgramDestroy(&f.program));
      destroy_problem(&p);
    }
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(systems),       cmocka_unit_test(anisotropy),       cmocka_unit_test(extreme_weights),
      cmocka_unit_test(masses),        cmocka_unit_test(linear_functions), cmocka_unit_test(loads),
      cmocka_unit_test(lost_density),  cmocka_unit_test(entropies),        cmocka_unit_test(graphs),
      cmocka_unit_test(connected),     cmocka_unit_test(compare_ranks),    cmocka_unit_test(simplices),
      cmocka_unit_test(all_absorbing),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
