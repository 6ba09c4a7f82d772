/* Which method for which values, on the given domain and on coarser ones. */
#include "spectrum_private.h"

static const PetscInt highest_order = 4; /* of elements */

/* Moves what `from` has from index `first` on, where `to` has nothing better. */
static void move_modes(SpectrumModes *from, PetscInt first, SpectrumModes *to)
{
  for (PetscInt k = first; k < PetscMin(from->n, to->n); k++) {
    const Vec g = to->functions[k];
    to->values[k] = from->values[k];
    to->functions[k] = from->functions[k];
    from->functions[k] = g;
  }
}

static PetscErrorCode has_graph(Diffusion diffusion, PetscBool *has)
{
  const DiffusionSystem *system;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(PetscStrcmp(system->scheme, "monotone", has));
  PetscFunctionReturn(0);
}

/* All values of one discretisation. The graph's elimination gives the slow ones, SLEPc the others. */
static PetscErrorCode solve_one(Spectrum spectrum, Diffusion diffusion, PetscBool functions,
                                const volatile int *interrupted, SpectrumModes *modes, CellFailure *failure)
{
  SpectrumModes others;
  PetscInt found = 0;
  PetscBool graph;

  PetscFunctionBegin;
  PetscCall(SpectrumModesCreate(diffusion, spectrum->count, modes));
  PetscCall(has_graph(diffusion, &graph));
  if (!graph || spectrum->method == SPECTRUM_SLEPC) {
    PetscCall(SpectrumSolveSlepc(diffusion, interrupted, modes, failure));
    PetscFunctionReturn(0);
  }
  PetscCall(
      SpectrumSolveGraph(diffusion, spectrum->precision, functions, interrupted, modes, &found, failure));
  if (failure->status || found >= modes->n) PetscFunctionReturn(0);
  if (spectrum->method == SPECTRUM_ELIMINATION) {
    for (PetscInt k = found; k < modes->n; k++)
      modes->values[k].why = "elimination gives the slow modes only";
    PetscFunctionReturn(0);
  }
  PetscCall(SpectrumModesCreate(diffusion, spectrum->count, &others));
  PetscCall(SpectrumSolveSlepc(diffusion, interrupted, &others, failure));
  move_modes(&others, found, modes);
  PetscCall(SpectrumModesDestroy(&others));
  PetscFunctionReturn(0);
}

/* How many values there are whose discretisation nothing is known of. */
static PetscInt count_doubtful(const SpectrumModes *modes)
{
  PetscInt n = 0;

  for (PetscInt k = 0; k < modes->n; k++)
    n += modes->values[k].known && !modes->values[k].discretisation_known;
  return n;
}

/* Where the coarser boxes do not resolve the weight, or do not exist: elements of the next order on the same cells (of the
   highest: the one below), a graph of about half of the cells. Ratio 2 and rate 1: the error is twice the difference. */
static PetscErrorCode compare_once(Spectrum spectrum, Diffusion diffusion, const volatile int *interrupted,
                                   SpectrumModes *modes, CellFailure *failure)
{
  const PetscReal ratio = 2, rate = 1;
  SpectrumModes other = {0};
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  PetscInt order, times = 1, divisor = 2;
  PetscBool graph;
  Domain fine, domain;
  Diffusion box;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(diffusion, &fine));
  PetscCall(DomainGetMesh(fine, &mesh));
  PetscCall(has_graph(diffusion, &graph));
  order = graph ? 1 : mesh->order < highest_order ? mesh->order + 1 : mesh->order - 1;
  if (!graph) times = 3;
  if (!graph && order > mesh->order) divisor = 4;
  PetscCall(SpectrumBox(diffusion, times, divisor, order, system->scheme, PETSC_TRUE, &domain, &box));
  if (!box) PetscFunctionReturn(0);
  PetscCall(solve_one(spectrum, box, PETSC_FALSE, interrupted, &other, failure));
  if (failure->status == CELL_NOT_CONVERGED) {
    failure->status = CELL_OK;
    failure->message[0] = '\0';
  } else if (!failure->status) {
    PetscCall(SpectrumEstimate(1, &other, &ratio, rate, PETSC_FALSE, modes));
  }
  PetscCall(SpectrumModesDestroy(&other));
  PetscCall(DiffusionDestroy(&box));
  PetscCall(DomainDestroy(&domain));
  PetscFunctionReturn(0);
}

/* Coarser boxes, or those that were given, and the estimates from them. */
static PetscErrorCode estimate(Spectrum spectrum, Diffusion diffusion, PetscBool given,
                               const volatile int *interrupted, SpectrumModes *modes, CellFailure *failure)
{
  SpectrumModes coarse[SPECTRUM_MAX_COARSE] = {{0}};
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  PetscReal ratio[SPECTRUM_MAX_COARSE], rate;
  PetscInt n = 0;
  PetscBool graph;
  Domain fine;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(diffusion, &fine));
  PetscCall(DomainGetMesh(fine, &mesh));
  PetscCall(has_graph(diffusion, &graph));
  rate = given ? spectrum->rate : graph ? 2 : 2 * (PetscReal)mesh->order;
  for (PetscInt c = 0; c < (given ? spectrum->n_coarse : 2) && !failure->status; c++) {
    Diffusion other = given ? spectrum->coarse[c] : NULL;
    Domain domain = NULL;
    ratio[n] = given ? spectrum->ratio[c] : (PetscReal)(2 << c);
    if (!given)
      PetscCall(SpectrumBox(diffusion, 1, 2 << c, mesh->order, system->scheme, PETSC_FALSE, &domain, &other));
    if (!other) break;
    PetscCall(solve_one(spectrum, other, PETSC_FALSE, interrupted, &coarse[n++], failure));
    if (given) continue;
    PetscCall(DiffusionDestroy(&other));
    PetscCall(DomainDestroy(&domain));
  }
  if (failure->status == CELL_NOT_CONVERGED) { /* no estimate is no failure */
    failure->status = CELL_OK;
    failure->message[0] = '\0';
    n--;
  }
  if (!failure->status) PetscCall(SpectrumEstimate(n, coarse, ratio, rate, graph, modes));
  for (PetscInt c = 0; c < SPECTRUM_MAX_COARSE; c++) PetscCall(SpectrumModesDestroy(&coarse[c]));
  if (!failure->status && !given && count_doubtful(modes))
    PetscCall(compare_once(spectrum, diffusion, interrupted, modes, failure));
  PetscFunctionReturn(0);
}

/* What the graph may improve on: values that are unknown, or whose discretisation nothing is known of. */
static PetscBool is_settled(const Spectrum spectrum, const SpectrumValue *value)
{
  if (!strcmp(value->method, "constant")) return PETSC_TRUE;
  if (spectrum->method == SPECTRUM_ELIMINATION) return PETSC_FALSE;
  return (PetscBool)(value->known && (value->discretisation_known || !spectrum->estimate));
}

/* One more than the last value that is not settled; 0: all are. */
static PetscInt count_unsettled(const Spectrum spectrum, const SpectrumModes *modes)
{
  PetscInt last = 0;

  for (PetscInt k = 0; k < modes->n; k++)
    if (!is_settled(spectrum, &modes->values[k])) last = k + 1;
  return last;
}

/* Whether the graph's value, as far as it goes, agrees with one of elements that nothing else is known about: then the
   elements' one stays, and their difference is its error. */
static PetscBool agrees(const SpectrumValue *graph, SpectrumValue *value)
{
  const PetscReal difference = PetscAbsReal(PetscExpReal(graph->log_value - value->log_value) - 1);

  if (!graph->known || difference > graph->error) return PETSC_FALSE;
  value->error += difference + graph->error;
  value->discretisation_known = PETSC_TRUE;
  return PETSC_TRUE;
}

/* The monotone graph on a box of the same number of nodes: takes its values, and functions, where `modes` has none. */
static PetscErrorCode fall_back(Spectrum spectrum, const volatile int *interrupted, SpectrumModes *modes,
                                CellFailure *failure)
{
  const DomainMesh *mesh;
  SpectrumModes graph = {0};
  PetscInt found = 0;
  Domain domain, given;
  Diffusion box;

  PetscFunctionBegin;
  PetscCall(DiffusionGetDomain(spectrum->diffusion, &given));
  PetscCall(DomainGetMesh(given, &mesh));
  PetscCall(SpectrumBox(spectrum->diffusion, mesh->order, 1, 1, "monotone", PETSC_FALSE, &domain, &box));
  if (!box) PetscFunctionReturn(0);
  PetscCall(SpectrumModesCreate(box, count_unsettled(spectrum, modes), &graph));
  PetscCall(SpectrumSolveGraph(box, spectrum->precision, PETSC_TRUE, interrupted, &graph, &found, failure));
  if (!failure->status && spectrum->estimate) {
    PetscCall(estimate(spectrum, box, PETSC_FALSE, interrupted, &graph, failure));
  }
  for (PetscInt k = 0; k < PetscMin(found, modes->n) && !failure->status; k++) {
    if (is_settled(spectrum, &modes->values[k])) continue;
    if (modes->values[k].known &&
        (!graph.values[k].discretisation_known || agrees(&graph.values[k], &modes->values[k])))
      continue;
    if (!modes->values[k].known && graph.functions[k])
      PetscCall(SpectrumTransfer(box, graph.functions[k], spectrum->diffusion, &modes->functions[k]));
    modes->values[k] = graph.values[k];
  }
  PetscCall(SpectrumModesDestroy(&graph));
  PetscCall(DiffusionDestroy(&box));
  PetscCall(DomainDestroy(&domain));
  PetscFunctionReturn(0);
}

/* An error that counts the linear algebra only would promise digits that nobody has seen. */
static void doubt_values(SpectrumModes *modes)
{
  for (PetscInt k = 0; k < modes->n; k++) {
    SpectrumValue *const value = &modes->values[k];
    if (!value->known || value->discretisation_known) continue;
    value->known = PETSC_FALSE;
    value->why = "no other domain to compare with resolves the weight: refine the domain";
  }
}

/* Elements have no graph, and meshes cannot have one. */
static PetscErrorCode check_method(Spectrum spectrum, PetscBool graph, CellFailure *failure)
{
  const DomainMesh *mesh;
  Domain domain;

  PetscFunctionBegin;
  PetscCall(DiffusionGetDomain(spectrum->diffusion, &domain));
  PetscCall(DomainGetMesh(domain, &mesh));
  if (spectrum->method == SPECTRUM_ELIMINATION && !graph && !mesh->box) {
    failure->status = CELL_REFUSED;
    PetscCall(PetscStrncpy(
        failure->message,
        "elimination needs the monotone scheme, which needs a box: on a mesh the method is slepc",
        sizeof(failure->message)));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSolve(Spectrum spectrum, const volatile int *interrupted, CellFailure *failure)
{
  SpectrumModes *modes = &spectrum->modes;
  PetscBool graph;

  PetscFunctionBegin;
  failure->status = CELL_OK;
  failure->message[0] = '\0';
  PetscCall(SpectrumModesDestroy(modes));
  PetscCall(has_graph(spectrum->diffusion, &graph));
  PetscCall(check_method(spectrum, graph, failure));
  if (failure->status) PetscFunctionReturn(0);
  PetscCall(solve_one(spectrum, spectrum->diffusion, PETSC_TRUE, interrupted, modes, failure));
  if (failure->status == CELL_NOT_CONVERGED && spectrum->method == SPECTRUM_AUTO) {
    PetscCall(SpectrumModesDestroy(modes)); /* all values unknown: the graph may know some */
    PetscCall(SpectrumModesCreate(spectrum->diffusion, spectrum->count, modes));
    for (PetscInt k = 0; k < modes->n; k++)
      if (!modes->values[k].known) modes->values[k].why = "SLEPc did not converge";
    failure->status = CELL_OK;
    failure->message[0] = '\0';
  }
  if (!failure->status && spectrum->estimate) {
    PetscCall(estimate(spectrum, spectrum->diffusion, (PetscBool)(spectrum->n_coarse > 0), interrupted, modes,
                       failure));
  }
  if (!failure->status && !graph && spectrum->method != SPECTRUM_SLEPC && count_unsettled(spectrum, modes))
    PetscCall(fall_back(spectrum, interrupted, modes, failure));
  if (!failure->status && spectrum->estimate) doubt_values(modes);
  PetscFunctionReturn(0);
}
