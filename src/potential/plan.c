#include "program.h"

/* What planning needs to know of each node. */
typedef struct {
  PetscInt k, dim;
  PetscInt *domain;   /* [n] */
  PetscInt *last_use; /* [n] the last node of the same domain that reads it, -1: none */
  PetscBool *stored;  /* [n] read outside of its domain */
  Place *place;       /* [n] in its own domain */
  PetscInt *loaded;   /* [n] register that holds it in the domain at work, -1: none */
  PetscInt *load_end; /* [n] its last reader there */
  PetscInt *free;     /* registers given back */
  PetscInt n_free;
} Planner;

static PetscInt domain_of(const Node *node, PetscInt k, PetscInt dim)
{
  if (k == SCATTERED) return node->variables ? 1 : 0;
  if (k == SCATTERED_FAST) return node->variables & FAST_VARIABLES ? 1 : 0;
  return (PetscInt)(node->variables >> VariableIndex(k, 0)) & ((1 << dim) - 1);
}

static PetscInt operands(const Node *node, NodeId list[3])
{
  PetscInt n = OperationArity(node->op);

  list[0] = node->a;
  list[1] = node->b;
  list[2] = node->c;
  return n;
}

static void find_uses(Program program, Planner *p)
{
  NodeId list[3];

  for (PetscInt i = 0; i < program->n; i++) {
    p->domain[i] = domain_of(&program->nodes[i], p->k, p->dim);
    p->last_use[i] = -1;
    p->stored[i] = PETSC_FALSE;
    p->loaded[i] = -1;
    for (PetscInt j = operands(&program->nodes[i], list) - 1; j >= 0; j--) {
      if (p->domain[list[j]] == p->domain[i])
        p->last_use[list[j]] = i;
      else
        p->stored[list[j]] = PETSC_TRUE;
    }
  }
}

static void place_outputs(Program program, Planner *p, Plan *plan)
{
  PetscInt full = (1 << p->dim) - 1;

  for (PetscInt f = 0; f < program->n_outputs; f++) {
    NodeId node = program->output[f];

    plan->output_domain[f] = p->domain[node];
    if (p->domain[node] == full && full > 0 && program->nodes[node].op != OP_VARIABLE &&
        p->place[node].kind == PLACE_NONE) {
      p->place[node].kind = PLACE_OUTPUT;
      p->place[node].index = f;
    } else if (p->place[node].kind != PLACE_OUTPUT)
      p->stored[node] = PETSC_TRUE;
  }
}

/* Variables of the grid are its axes; frozen values and those read elsewhere are stored. */
static void place_stored(Program program, Planner *p, Plan *plan)
{
  for (PetscInt i = 0; i < program->n; i++) {
    const Node *node = &program->nodes[i];

    if (p->place[i].kind == PLACE_OUTPUT) continue;
    if (node->op == OP_VARIABLE && p->domain[i]) {
      p->place[i].kind = PLACE_AXIS;
      p->place[i].index = p->k < 0 ? node->variable : node->variable - VariableIndex(p->k, 0);
    } else if (p->stored[i] || p->domain[i] == 0) {
      p->place[i].kind = PLACE_STORED;
      p->place[i].index = plan->n_stored;
      plan->stored_domain[plan->n_stored++] = p->domain[i];
    }
    if (OperationArity(node->op) == 0 && p->domain[i] == 0) {
      GivenValue given = {p->place[i].index, node->variable, node->value};

      plan->given[plan->n_given++] = given;
    }
  }
}

static PetscInt take_register(Planner *p, DomainPlan *domain)
{
  return p->n_free ? p->free[--p->n_free] : domain->n_registers++;
}

/* The place of an operand that is stored on a smaller domain: a register that it is expanded into. */
static Place load(Planner *p, DomainPlan *domain, NodeId node)
{
  Place place = {PLACE_REGISTER, p->loaded[node]};
  Step *step;

  if (place.index < 0) {
    place.index = p->loaded[node] = take_register(p, domain);
    step = &domain->steps[domain->n++];
    step->op = NO_OPERATION;
    step->from = p->domain[node];
    step->a[0] = p->place[node];
    step->result = place;
  }
  return place;
}

static void give_back(Planner *p, NodeId node, PetscInt d, PetscInt reader)
{
  if (p->domain[node] != d) {
    if (p->domain[node] == 0 || p->load_end[node] != reader || p->loaded[node] < 0) return;
    p->free[p->n_free++] = p->loaded[node];
    p->loaded[node] = -1;
  } else if (p->place[node].kind == PLACE_REGISTER && p->last_use[node] == reader) {
    p->free[p->n_free++] = p->place[node].index;
    p->place[node].kind = PLACE_NONE; /* operands may repeat: given back once */
  }
}

/* The steps of domain d in the order of the nodes; frozen operands are expanded first and stay. */
static PetscErrorCode plan_domain(Program program, Planner *p, PetscInt d, DomainPlan *domain)
{
  NodeId list[3];
  PetscInt count = 0;

  PetscFunctionBegin;
  p->n_free = 0;
  for (PetscInt i = 0; i < program->n; i++) {
    if (p->domain[i] != d) continue;
    for (PetscInt j = operands(&program->nodes[i], list) - 1; j >= 0; j--) p->load_end[list[j]] = i, count++;
    count++;
  }
  PetscCall(PetscCalloc1(count, &domain->steps));
  for (PetscInt i = 0; i < program->n && d; i++) {
    if (p->domain[i] != d) continue;
    for (PetscInt j = operands(&program->nodes[i], list) - 1; j >= 0; j--)
      if (p->domain[list[j]] == 0) (void)load(p, domain, list[j]);
  }
  domain->n_once = domain->n;
  for (PetscInt i = 0; i < program->n; i++) {
    Step step = {
        program->nodes[i].op, d, {{PLACE_NONE, 0}, {PLACE_NONE, 0}, {PLACE_NONE, 0}}, {PLACE_NONE, 0}};
    PetscInt n = operands(&program->nodes[i], list);

    if (p->domain[i] != d || n == 0) continue;
    for (PetscInt j = 0; j < n; j++) {
      step.a[j] = p->domain[list[j]] == d ? p->place[list[j]] : load(p, domain, list[j]);
    }
    if (p->place[i].kind == PLACE_NONE) {
      p->place[i].kind = PLACE_REGISTER;
      p->place[i].index = take_register(p, domain);
    }
    step.result = p->place[i];
    domain->steps[domain->n++] = step;
    for (PetscInt j = 0; j < n; j++) give_back(p, list[j], d, i);
  }
  for (PetscInt i = 0; i < program->n; i++) p->loaded[i] = -1;
  PetscFunctionReturn(0);
}

PetscErrorCode PlanCreate(Program program, PetscInt k, PetscInt dim, Plan **plan)
{
  Planner p = {k, dim, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0};
  PetscInt n = program->n;

  PetscFunctionBegin;
  PetscCall(PetscNew(plan));
  (*plan)->dim = dim;
  PetscCall(PetscMalloc4(n, &(*plan)->stored_domain, n, &(*plan)->given, program->n_outputs,
                         &(*plan)->outputs, program->n_outputs, &(*plan)->output_domain));
  PetscCall(PetscCalloc7(n, &p.domain, n, &p.last_use, n, &p.stored, n, &p.place, n, &p.loaded, n,
                         &p.load_end, n, &p.free));
  find_uses(program, &p);
  place_outputs(program, &p, *plan);
  place_stored(program, &p, *plan);
  for (PetscInt f = 0; f < program->n_outputs; f++) (*plan)->outputs[f] = p.place[program->output[f]];
  for (PetscInt d = 0; d < 1 << dim; d++) PetscCall(plan_domain(program, &p, d, &(*plan)->domains[d]));
  PetscCall(PetscFree7(p.domain, p.last_use, p.stored, p.place, p.loaded, p.load_end, p.free));
  PetscFunctionReturn(0);
}

PetscErrorCode PlanDestroy(Plan **plan)
{
  PetscFunctionBegin;
  if (!*plan) PetscFunctionReturn(0);
  for (PetscInt d = 0; d < DOMAINS; d++) PetscCall(PetscFree((*plan)->domains[d].steps));
  PetscCall(PetscFree4((*plan)->stored_domain, (*plan)->given, (*plan)->outputs, (*plan)->output_domain));
  PetscCall(PetscFree(*plan));
  PetscFunctionReturn(0);
}
