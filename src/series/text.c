/* gzread() reads plain files as they are. */
#include "text.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include "refuse.h"

enum { CHUNK = 1 << 18, PEEK = 1 << 16, LONGEST_LINE = 1 << 26 };

struct _p_SeriesText {
  gzFile stream;
  char *bytes;
  size_t size, begin, end; /* bytes[begin .. end) are still to be read */
  PetscBool ended;         /* the file is at its end, or broken: fault says how */
  char fault[160];
  PetscInt64 number, all;
  char *held; /* a line that comes once more */
  char *last;
};

/* Files that are not text, by their first bytes. */
static const struct {
  const char *bytes;
  int n;
  const char *what;
} kinds[] = {{"\xfd"
              "7zXZ",
              5, "a file compressed by xz"},
             {"\x28\xb5\x2f\xfd", 4, "a file compressed by zstd"},
             {"BZh", 3, "a file compressed by bzip2"},
             {"PK\3\4", 4, "a zip archive"},
             {"\x89HDF", 4, "an HDF5 file"},
             {"CDF", 3, "a NetCDF file"},
             {"\0\0\x07\xcb", 4, "a binary trajectory of GROMACS (.xtc)"},
             {"\0\0\x07\xc9", 4, "a binary trajectory of GROMACS (.trr)"},
             {"\xff\xfe", 2, "text in UTF-16"},
             {"\xfe\xff", 2, "text in UTF-16"}};

static PetscErrorCode fill(SeriesText t)
{
  int got, code = Z_OK;

  PetscFunctionBegin;
  if (t->begin) memmove(t->bytes, t->bytes + t->begin, t->end - t->begin);
  t->end -= t->begin;
  t->begin = 0;
  if (t->size < t->end + CHUNK + 1) {
    t->size = 2 * t->end + CHUNK + 1;
    PetscCall(PetscRealloc(t->size, &t->bytes));
  }
  errno = 0;
  got = gzread(t->stream, t->bytes + t->end, CHUNK);
  if (got > 0) t->end += (size_t)got;
  if (got == CHUNK) PetscFunctionReturn(0);
  t->ended = PETSC_TRUE;
  const char *const words = gzerror(t->stream, &code);

  if (code == Z_BUF_ERROR)
    snprintf(t->fault, sizeof(t->fault), "the compressed file breaks off");
  else if (code == Z_ERRNO)
    snprintf(t->fault, sizeof(t->fault), "it cannot be read: %s", strerror(errno));
  else if (code != Z_OK && code != Z_STREAM_END)
    snprintf(t->fault, sizeof(t->fault), "the compressed file is damaged (%.80s)", words);
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesTextOpen(const char file[], SeriesText *text, char **refused)
{
  struct stat about;
  SeriesText t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *text = t;
  errno = 0;
  t->stream = gzopen(file, "rb");
  if (!t->stream) {
    PetscCall(SeriesRefuse(refused, "it cannot be opened: %s", strerror(errno)));
  } else {
    if (!stat(file, &about)) t->all = (PetscInt64)about.st_size;
    gzbuffer(t->stream, CHUNK);
    t->size = 2 * CHUNK;
    PetscCall(PetscMalloc1(t->size, &t->bytes));
    PetscCall(fill(t));
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); ++k) {
      if (t->end >= (size_t)kinds[k].n && !memcmp(t->bytes, kinds[k].bytes, (size_t)kinds[k].n))
        PetscCall(SeriesRefuse(refused, "it is %s; plain text is read, and text compressed by gzip",
                               kinds[k].what));
    }
    if (t->end >= 3 && !memcmp(t->bytes, "\xef\xbb\xbf", 3)) t->begin = 3; /* byte order mark */
  }
  if (*refused) PetscCall(SeriesTextClose(text));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesTextClose(SeriesText *text)
{
  PetscFunctionBegin;
  if (!*text) PetscFunctionReturn(0);
  if ((*text)->stream) gzclose((*text)->stream);
  PetscCall(PetscFree((*text)->bytes));
  PetscCall(PetscFree(*text));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesTextPeek(SeriesText t, const char **bytes, size_t *n)
{
  PetscFunctionBegin;
  *bytes = t->bytes + t->begin;
  *n = PetscMin(t->end - t->begin, (size_t)PEEK);
  PetscFunctionReturn(0);
}

void SeriesTextHold(SeriesText t)
{
  t->held = t->last;
}

/* The end of the line at begin, or NULL at the end of the file. */
static PetscErrorCode find_end(SeriesText t, char **end, char **refused)
{
  size_t seen = 0;

  PetscFunctionBegin;
  for (;;) {
    *end = memchr(t->bytes + t->begin + seen, '\n', t->end - t->begin - seen);
    if (*end || t->ended) break;
    seen = t->end - t->begin;
    if (seen > LONGEST_LINE) {
      PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " has more than %d bytes", t->number + 1,
                             LONGEST_LINE));
      break;
    }
    PetscCall(fill(t));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesTextLine(SeriesText t, char **line, PetscInt64 *number, char **refused)
{
  char *end, *start;

  PetscFunctionBegin;
  *line = t->held;
  *number = t->number;
  t->held = NULL;
  if (*line) PetscFunctionReturn(0);
  PetscCall(find_end(t, &end, refused));
  if (*refused) PetscFunctionReturn(0);
  if (!end && t->fault[0]) {
    if (t->number)
      PetscCall(SeriesRefuse(refused, "after line %" PetscInt64_FMT ", the last that is whole: %s", t->number,
                             t->fault));
    else
      PetscCall(SeriesRefuse(refused, "%s", t->fault));
    PetscFunctionReturn(0);
  }
  if (!end && t->begin == t->end) PetscFunctionReturn(0);
  start = t->bytes + t->begin;
  if (!end) end = t->bytes + t->end;
  t->begin = PetscMin((size_t)(end - t->bytes) + 1, t->end);
  *number = ++t->number;
  if (memchr(start, 0, (size_t)(end - start))) {
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " is not text", t->number));
    PetscFunctionReturn(0);
  }
  if (end > start && end[-1] == '\r') --end;
  *end = 0; /* there is room for one more byte at the end */
  *line = t->last = start;
  PetscFunctionReturn(0);
}

void SeriesTextProgress(SeriesText t, PetscInt64 *done, PetscInt64 *all)
{
  *done = PetscMin((PetscInt64)gzoffset(t->stream), t->all);
  *all = t->all;
}
