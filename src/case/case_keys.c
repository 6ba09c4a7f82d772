/* Keys that the table does not know. */
#include "case_private.h"
#include "source_text.h"
#include <string.h>

enum { PATH = 128 };

/* "cell, domain or effective.grid": the sections that have a key of this name. */
static PetscErrorCode sections_with(const char *name, char *buffer, size_t size)
{
  const KeySpec *keys;
  PetscInt n, k = 0, found = 0;
  size_t used = 0;

  PetscFunctionBegin;
  buffer[0] = '\0';
  PetscCall(SchemaGetKeys(&n, &keys));
  for (PetscInt i = 0; i < n; ++i) found += !strcmp(SchemaLastName(&keys[i]), name);
  for (PetscInt i = 0; i < n; ++i) {
    const char *const last = SchemaLastName(&keys[i]);
    const int length = (int)(last - keys[i].path) - 1;

    if (strcmp(last, name) || used >= size) continue;
    ++k;
    used += (size_t)snprintf(buffer + used, size - used, "%s%.*s",
                             k == 1      ? ""
                             : k < found ? ", "
                                         : " or ",
                             length > 0 ? length : (int)strlen("the top level"),
                             length > 0 ? keys[i].path : "the top level");
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseNearestKey(const char *name, const char *section, const char **nearest)
{
  const KeySpec *keys;
  const char **names;
  PetscInt n, members = 0;

  PetscFunctionBegin;
  PetscCall(SchemaGetKeys(&n, &keys));
  PetscCall(PetscMalloc1(n, &names));
  for (PetscInt i = 0; i < n; ++i) {
    if (SchemaIsMember(&keys[i], section)) names[members++] = SchemaLastName(&keys[i]);
  }
  *nearest = NearestName(name, members, names);
  if (!*nearest) {
    for (PetscInt i = 0; i < n; ++i) names[i] = SchemaLastName(&keys[i]);
    const char *const other = NearestName(name, n, names);

    for (PetscInt i = 0; i < n && other && !*nearest; ++i) {
      if (names[i] == other) *nearest = keys[i].path;
    }
  }
  PetscCall(PetscFree(names));
  PetscFunctionReturn(0);
}

static PetscErrorCode list_members(const char *section, char *buffer, size_t size)
{
  const KeySpec *keys;
  PetscInt n;
  size_t used = (size_t)snprintf(buffer, size, "one of ");

  PetscFunctionBegin;
  PetscCall(SchemaGetKeys(&n, &keys));
  for (PetscInt i = 0, k = 0; i < n && used < size; ++i) {
    if (!SchemaIsMember(&keys[i], section)) continue;
    used += (size_t)snprintf(buffer + used, size - used, "%s%s", k++ ? ", " : "", SchemaLastName(&keys[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report_unknown(CaseReader *r, const YamlNode *key, const char *section)
{
  const int shown = (int)TextFit(key->text, key->length, 60);
  char sections[PATH], expected[256];
  const char *nearest = NULL;

  PetscFunctionBegin;
  if (SchemaFind(key->text) && strchr(key->text, '.')) {
    const char *const last = strrchr(key->text, '.');

    PetscCall(DiagnosticsError(r->d, key->where, NULL, NULL, "'%s' belongs under %.*s, as '%s'", last + 1,
                               (int)(last - key->text), key->text, last + 1));
    PetscFunctionReturn(0);
  }
  PetscCall(sections_with(key->text, sections, sizeof(sections)));
  if (sections[0]) {
    const PetscBool top = !strcmp(sections, "the top level") ? PETSC_TRUE : PETSC_FALSE;

    PetscCall(DiagnosticsError(r->d, key->where, NULL, NULL, "'%s' belongs %s %s", key->text,
                               top ? "at" : "under", sections));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseNearestKey(key->text, section, &nearest));
  PetscCall(list_members(section, expected, sizeof(expected)));
  PetscCall(DiagnosticsError(r->d, key->where, expected, nearest, "unknown key '%.*s'%s%s", shown, key->text,
                             section[0] ? " in " : "", section));
  PetscFunctionReturn(0);
}

/* A section without any of the keys that would give it a meaning. */
static PetscErrorCode check_needs(CaseReader *r, const YamlNode *name, const YamlNode *node,
                                  const KeySpec *key)
{
  char needs[96];

  PetscFunctionBegin;
  if (!key->needs[0] || (node->kind != NODE_MAPPING && !YamlIsNull(node))) PetscFunctionReturn(0);
  for (PetscInt i = 0; key->needs[i]; ++i) {
    PetscBool misspelt;

    if (YamlMember(node, key->needs[i], strlen(key->needs[i]), NULL)) PetscFunctionReturn(0);
    PetscCall(CaseIsMisspelt(node, key->path, key->needs[i], &misspelt));
    if (misspelt) PetscFunctionReturn(0);
  }
  PetscCall(DiagnosticsError(r->d, name->where, NULL, NULL, "%s needs %s", key->path,
                             SchemaDescribeNeeds(key, needs, sizeof(needs))));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_section(CaseReader *r, const YamlNode *node, const char *section)
{
  char found[96], path[PATH];

  PetscFunctionBegin;
  if (YamlIsNull(node)) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) {
    PetscCall(DiagnosticsError(r->d, node->where, "keys with values, as 'key: value'", NULL, "%s is %s",
                               section[0] ? section : "the case", YamlDescribe(node, found, sizeof(found))));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < node->n; ++i) {
    const YamlNode *const name = node->keys[i];
    const KeySpec *key = NULL;

    if (!strchr(name->text, '.') && name->length < PATH / 2) {
      snprintf(path, sizeof(path), "%s%s%s", section, section[0] ? "." : "", name->text);
      key = SchemaFind(path);
    }
    if (!key) {
      PetscCall(report_unknown(r, name, section));
      continue;
    }
    const PetscBool may_be_section = (PetscBool)((key->type == KEY_INITIAL || key->type == KEY_SPACING) &&
                                                 node->values[i]->kind == NODE_MAPPING);
    if (key->type == KEY_SECTION || may_be_section) {
      PetscCall(check_section(r, node->values[i], key->path));
      PetscCall(check_needs(r, name, node->values[i], key));
    }
    if (key->excludes && YamlMember(node, key->excludes, strlen(key->excludes), NULL)) {
      PetscCall(DiagnosticsError(r->d, name->where, "only one of them", NULL, "both '%s' and '%s' %s%s",
                                 name->text, key->excludes, section[0] ? "in " : "at the top level",
                                 section));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseCheckKeys(CaseReader *r)
{
  PetscFunctionBegin;
  PetscCall(check_section(r, r->root, ""));
  PetscFunctionReturn(0);
}
