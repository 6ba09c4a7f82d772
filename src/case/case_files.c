/* Files that a case names. */
#include "case_private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The directory of the case file without symbolic links, so that the path holds from anywhere; NULL if there is none. */
static char *directory_of(const char *file)
{
  const char *const slash = strrchr(file, '/');
  char *const copy = slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
  char *const directory = copy ? realpath(copy, NULL) : NULL;

  free(copy);
  return directory;
}

/* FNV-1a, 64 bits, of the content; false with errno if it cannot be read. */
static PetscBool hash_file(const char *file, uint64_t *hash)
{
  unsigned char buffer[1 << 14];
  FILE *const stream = fopen(file, "rb");
  PetscBool good;

  if (!stream) return PETSC_FALSE;
  *hash = UINT64_C(0xcbf29ce484222325);
  errno = 0;
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), stream)) > 0;) {
    for (size_t i = 0; i < n; ++i) *hash = (*hash ^ buffer[i]) * UINT64_C(0x100000001b3);
  }
  good = ferror(stream) ? PETSC_FALSE : PETSC_TRUE;
  const int reason = errno;

  fclose(stream);
  errno = reason;
  return good;
}

PetscErrorCode CaseReadFileNode(CaseReader *r, const KeySpec *key, const YamlNode *node,
                                char file[PETSC_MAX_PATH_LEN], uint64_t *hash)
{
  char expected[128];

  PetscFunctionBegin;
  if (node->kind != NODE_SCALAR || !node->length) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  char *const directory = directory_of(r->file);
  const PetscBool absolute = node->text[0] == '/' ? PETSC_TRUE : PETSC_FALSE;
  const int length = snprintf(file, PETSC_MAX_PATH_LEN, "%s%s%s", absolute || !directory ? "" : directory,
                              absolute || !directory ? "" : "/", node->text);

  free(directory);
  SchemaDescribe(key, expected, sizeof(expected));
  if (length >= PETSC_MAX_PATH_LEN) {
    PetscCall(
        DiagnosticsError(r->d, node->where, "a shorter path", NULL, "the path of %s is too long", key->path));
  } else if (!hash_file(file, hash)) {
    PetscCall(DiagnosticsError(r->d, node->where, expected, NULL, "cannot read '%s': %s", node->text,
                               strerror(errno)));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadFile(CaseReader *r, const char *path, char file[PETSC_MAX_PATH_LEN], uint64_t *hash)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (node) PetscCall(CaseReadFileNode(r, key, node, file, hash));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadFiles(CaseReader *r, const char *path, PetscInt *n, char ***files, uint64_t *hash)
{
  const KeySpec *key;
  YamlNode *node, **items;
  char file[PETSC_MAX_PATH_LEN];
  PetscInt count;

  PetscFunctionBegin;
  PetscCall(CaseReadItems(r, path, &key, &node, &count, &items));
  PetscCall(PetscCalloc1(count, files));
  for (PetscInt i = 0; i < count; ++i) {
    uint64_t one = 0;

    file[0] = 0;
    PetscCall(CaseReadFileNode(r, key, items[i], file, &one));
    *hash = (*hash ^ one) * UINT64_C(0x100000001b3);
    PetscCall(PetscStrallocpy(file, &(*files)[(*n)++]));
  }
  PetscFunctionReturn(0);
}
