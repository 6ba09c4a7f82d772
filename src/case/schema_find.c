/* Looking into the table. */
#include "schema.h"
#include <string.h>

const KeySpec *SchemaFind(const char *path)
{
  const KeySpec *keys;
  PetscInt n;

  if (SchemaGetKeys(&n, &keys)) return NULL;
  for (PetscInt i = 0; i < n; ++i) {
    if (!strcmp(keys[i].path, path)) return &keys[i];
  }
  return NULL;
}

const char *SchemaLastName(const KeySpec *key)
{
  const char *const dot = strrchr(key->path, '.');

  return dot ? dot + 1 : key->path;
}

PetscBool SchemaIsMember(const KeySpec *key, const char *section)
{
  const size_t length = strlen(section);

  if (!length) return strchr(key->path, '.') ? PETSC_FALSE : PETSC_TRUE;
  return !strncmp(key->path, section, length) && key->path[length] == '.' &&
                 !strchr(key->path + length + 1, '.')
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscBool SchemaInBounds(const KeySpec *key, PetscReal value)
{
  if (PetscIsInfOrNanReal(value)) return PETSC_FALSE;
  if (key->bounds & LOWER) {
    if (value < key->lower || (key->bounds & LOWER_OPEN && value == key->lower)) return PETSC_FALSE;
  }
  if (key->bounds & UPPER) {
    if (value > key->upper || (key->bounds & UPPER_OPEN && value == key->upper)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscErrorCode SchemaGetChoices(const char path[], const char *const **choices)
{
  const KeySpec *const key = SchemaFind(path);

  PetscFunctionBegin;
  *choices = key ? key->choices : NULL;
  PetscFunctionReturn(0);
}
