#include "group.h"

#define FAST_BITS  (~(ScaleBits(0) | FREE_BITS))
#define MOST_BASIS 16 /* functions kept at all points */

/* Terms are joined until no two sets share a variable: set[i] of term i becomes that of its group. */
static PetscErrorCode join_sets(PetscInt n, const Expression terms[], VariableSet set[])
{
  PetscBool changed = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    PetscCall(ExpressionVariables(terms[i], &set[i]));
    set[i] &= FAST_BITS;
  }
  while (changed) {
    changed = PETSC_FALSE;
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < i; j++) {
        if (set[i] == set[j] || !(set[i] & set[j])) continue;
        set[i] = set[j] = set[i] | set[j];
        changed = PETSC_TRUE;
      }
    }
  }
  PetscFunctionReturn(0);
}

/* The sum of the terms with this set, its fast variables renamed in their order. */
static PetscErrorCode group_sum(PetscInt n, const Expression terms[], const VariableSet set[],
                                VariableSet which, PetscInt *n_fast, Expression *sum)
{
  PetscInt map[REITER_SLOTS], count = 0;
  Expression *chosen, whole;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &chosen));
  for (PetscInt i = 0; i < n; i++)
    if (set[i] == which) chosen[count++] = terms[i];
  PetscCall(ExpressionSum(count, chosen, &whole));
  PetscCall(PetscFree(chosen));
  *n_fast = 0;
  for (PetscInt v = 0; v < REITER_SLOTS; v++) {
    map[v] = v;
    if (which >> v & 1) {
      map[v] = FastIndex(*n_fast);
      ++*n_fast;
    }
  }
  PetscCall(ExpressionRename(whole, map, sum));
  PetscCall(ExpressionDestroy(&whole));
  PetscFunctionReturn(0);
}

/* The places of kinks and jumps that lie across one fast variable and stay; others make the averages converge slowly,
   which their error shows. */
static PetscErrorCode find_switches(Group *group, Expression sum, PetscBool *moving)
{
  Expression *found;
  PetscBool moves = PETSC_FALSE;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(ExpressionSwitches(sum, &n, &found));
  PetscCall(PetscMalloc1(n, &group->switches));
  for (PetscInt i = 0; i < n; i++) {
    VariableSet set;
    PetscInt variable = -1, fast = 0;

    PetscCall(ExpressionVariables(found[i], &set));
    for (PetscInt v = 0; v < group->n_fast; v++) {
      if (!(set >> FastIndex(v) & 1)) continue;
      variable = v;
      fast++;
    }
    if (fast && (set & ~FAST_BITS)) moves = PETSC_TRUE;
    if (fast != 1) {
      PetscCall(ExpressionDestroy(&found[i]));
      continue;
    }
    group->switches[group->n_switches] = (Switch){found[i], NULL, variable};
    PetscCall(ProgramCreate(1, &found[i], &group->switches[group->n_switches++].program));
  }
  if (moves && group->n_fast > 1) *moving = PETSC_TRUE;
  if (moves && group->n_fast == 1) {
    for (PetscInt i = 0; i < group->n_switches; i++) found[i] = group->switches[i].u;
    PetscCall(MovingCreate(group->whole, group->n_switches, found, &group->moving));
  }
  PetscCall(PetscFree(found));
  PetscFunctionReturn(0);
}

/* The functions of the fast variables, or these variables themselves if there are too many. */
static PetscErrorCode find_basis(Group *group, Expression U)
{
  PetscInt slot[MOST_FAST];
  Expression *parts, rest;

  PetscFunctionBegin;
  for (PetscInt v = 0; v < MOST_FAST; v++) slot[v] = FastIndex(v);
  PetscCall(ExpressionHoist(U, FAST_BITS, MOST_BASIS, slot, &group->n_basis, &parts, &rest));
  if (!rest) {
    PetscCall(ExpressionReference(U));
    rest = U;
    group->n_basis = group->n_fast;
    PetscCall(PetscMalloc1(group->n_fast, &parts));
    for (PetscInt v = 0; v < group->n_fast; v++) PetscCall(ExpressionVariable(FastIndex(v), &parts[v]));
  }
  PetscCall(ProgramCreate(group->n_basis, parts, &group->basis));
  PetscCall(DerivativesCreate(rest, &group->U));
  for (PetscInt j = 0; j < group->n_basis; j++) PetscCall(ExpressionDestroy(&parts[j]));
  PetscCall(PetscFree(parts));
  PetscCall(ExpressionDestroy(&rest));
  PetscFunctionReturn(0);
}

/* A new group, or one more copy of an old one. */
static PetscErrorCode add_group(Expression sum, PetscInt n_fast, Expression s, PetscInt *n, Group groups[],
                                PetscBool *moving)
{
  Expression U;
  Group *group = &groups[*n];

  PetscFunctionBegin;
  PetscCall(ExpressionQuotient(sum, s, &U));
  for (PetscInt g = 0; g < *n; g++) {
    PetscBool same;

    PetscCall(ExpressionEqual(groups[g].whole, U, &same));
    if (!same) continue;
    groups[g].copies++;
    PetscCall(ExpressionDestroy(&U));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMemzero(group, sizeof(*group)));
  group->copies = 1;
  group->n_fast = n_fast;
  group->wanted = n_fast > 4 ? RULE_LEAST : 2 * RULE_LEAST;
  group->whole = U;
  PetscCall(find_basis(group, U));
  PetscCall(find_switches(group, sum, moving));
  ++*n;
  PetscFunctionReturn(0);
}

PetscErrorCode GroupsCreate(Expression V1, Expression s, PetscInt *n, Group **groups, Expression *slow,
                            PetscBool *moving)
{
  PetscInt n_terms, n_fast;
  Expression *terms, sum;
  VariableSet *set;

  PetscFunctionBegin;
  *n = 0;
  *moving = PETSC_FALSE;
  PetscCall(ExpressionTerms(V1, &n_terms, &terms));
  PetscCall(PetscMalloc1(n_terms, &set));
  PetscCall(PetscMalloc1(n_terms, groups));
  PetscCall(join_sets(n_terms, terms, set));
  PetscCall(group_sum(n_terms, terms, set, 0, &n_fast, slow));
  for (PetscInt i = 0; i < n_terms; i++) {
    PetscBool known = (PetscBool)!set[i];

    for (PetscInt j = 0; j < i && !known; j++)
      if (set[j] == set[i]) known = PETSC_TRUE;
    if (known) continue;
    PetscCall(group_sum(n_terms, terms, set, set[i], &n_fast, &sum));
    PetscCall(add_group(sum, n_fast, s, n, *groups, moving));
    PetscCall(ExpressionDestroy(&sum));
  }
  for (PetscInt i = 0; i < n_terms; i++) PetscCall(ExpressionDestroy(&terms[i]));
  PetscCall(PetscFree(terms));
  PetscCall(PetscFree(set));
  PetscFunctionReturn(0);
}

PetscErrorCode GroupsDestroy(PetscInt *n, Group **groups)
{
  PetscFunctionBegin;
  for (PetscInt g = 0; g < *n; g++) {
    Group *group = &(*groups)[g];

    PetscCall(ExpressionDestroy(&group->whole));
    PetscCall(MovingDestroy(&group->moving));
    PetscCall(DerivativesDestroy(&group->U));
    PetscCall(ProgramDestroy(&group->basis));
    for (PetscInt j = 0; j < MOST_FAST; j++) PetscCall(PetscFree(group->at[j]));
    PetscCall(RuleDestroy(&group->rule));
    for (PetscInt i = 0; i < group->n_switches; i++) {
      PetscCall(ExpressionDestroy(&group->switches[i].u));
      PetscCall(ProgramDestroy(&group->switches[i].program));
    }
    for (PetscInt v = 0; v < MOST_FAST; v++) PetscCall(PetscFree(group->breaks.at[v]));
    PetscCall(PetscFree(group->switches));
    PetscCall(PetscFree(group->work));
  }
  PetscCall(PetscFree(*groups));
  *n = 0;
  PetscFunctionReturn(0);
}
