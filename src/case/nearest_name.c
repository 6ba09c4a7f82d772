#include <ctype.h>
#include <reiter/diagnostics.h>
#include <string.h>

enum { LONGEST = 64 };

static PetscBool same_letter(char a, char b)
{
  return tolower((unsigned char)a) == tolower((unsigned char)b) ? PETSC_TRUE : PETSC_FALSE;
}

static int least(int a, int b)
{
  return a < b ? a : b;
}

/* Optimal string alignment (insert, delete, replace, swap neighbours) in half edits; the wrong case is half a
   mistake, however many letters have it. */
static int distance(const char *a, size_t m, const char *b, size_t n)
{
  int rows[3][LONGEST + 1];
  int *before = rows[0], *above = rows[1], *row = rows[2];

  for (size_t j = 0; j <= n; ++j) above[j] = 2 * (int)j;
  for (size_t i = 1; i <= m; ++i) {
    row[0] = 2 * (int)i;
    for (size_t j = 1; j <= n; ++j) {
      row[j] =
          least(above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 2), least(above[j], row[j - 1]) + 2);
      if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1])) {
        row[j] = least(row[j], before[j - 2] + 2);
      }
    }
    int *const next = before;

    before = above;
    above = row;
    row = next;
  }
  return above[n] || !strncmp(a, b, m) ? above[n] : 1;
}

/* One edit in three letters, three edits at most; of one or two letters only the case may be wrong. */
static int limit_for(size_t m, size_t n)
{
  const size_t longer = m > n ? m : n;
  const int edits = (int)(longer / 3);

  return edits ? 2 * least(edits, 3) : 1;
}

const char *NearestName(const char *name, PetscInt n, const char *const candidates[])
{
  const size_t length = strlen(name);
  const char *best = NULL, *longer = NULL;
  int least_so_far = 0, prefixed = 0;

  if (!length || length > LONGEST) return NULL;
  for (PetscInt i = 0; i < n; ++i) {
    const size_t size = strlen(candidates[i]);

    if (size > LONGEST) continue;
    if (length >= 3 && size > length && !strncmp(name, candidates[i], length)) {
      longer = candidates[i];
      ++prefixed;
    }
    const int found = distance(name, length, candidates[i], size);

    if (found <= limit_for(length, size) && (!best || found < least_so_far)) {
      best = candidates[i];
      least_so_far = found;
    }
  }
  /* "temp" for "temperature": far by edits, but nothing else begins so. */
  return best || prefixed != 1 ? best : longer;
}
