/* .xvg of GROMACS: comments #, commands @ of Grace, then the time and the columns of one set. */
#include <stdlib.h>
#include <string.h>
#include "format.h"
#include "table.h"

enum { MOST_LEGENDS = 1024, NAME = 128 };

typedef struct {
  PetscInt64 ended; /* the line of the & that ended the first set; 0: none so far */
  char axis[NAME];
  PetscInt n;
  char legends[MOST_LEGENDS][NAME];
} Xvg;

static PetscBool looks_like_xvg(const char bytes[], size_t n, const char name[])
{
  const char *const dot = strrchr(name, '.');

  if (dot && !strcmp(dot, ".xvg")) return PETSC_TRUE;
  for (size_t i = 0; i < n;) {
    const char *const end = memchr(bytes + i, '\n', n - i);

    if (bytes[i] == '@') return PETSC_TRUE;
    if (!end || (bytes[i] != '#' && bytes[i] != '\n' && bytes[i] != '\r')) return PETSC_FALSE;
    i = (size_t)(end - bytes) + 1;
  }
  return PETSC_FALSE;
}

/* What stands between quotes, without Grace's marks of sub- and superscripts. */
static void quoted(const char line[], char name[])
{
  const char *const open = strchr(line, '"'), *const close = open ? strrchr(line, '"') : NULL;
  size_t n = 0;

  for (const char *c = open ? open + 1 : NULL; c && c < close && n < NAME - 1; ++c) {
    if (*c == '\\' && c + 1 < close && strchr("sSN", c[1])) {
      ++c;
    } else {
      name[n++] = *c;
    }
  }
  name[n] = 0;
}

/* @ s0 legend "..", @ legend string 0 "..", @ xaxis label "..". */
static void command(Xvg *x, const char line[])
{
  char label[NAME];
  int k = -1, end = 0;

  quoted(line, label);
  if (sscanf(line, "@ xaxis label%n", &end) >= 0 && end) strcpy(x->axis, label);
  end = 0;
  if ((sscanf(line, "@ s%d legend%n", &k, &end) == 1 && end) ||
      (sscanf(line, "@ legend string %d%n", &k, &end) == 1 && end)) {
    if (k < 0 || k >= MOST_LEGENDS) return;
    strcpy(x->legends[k], label);
    x->n = PetscMax(x->n, k + 1);
  }
}

static PetscErrorCode next_row(SeriesSource *s, char **line, PetscInt64 *number, char **refused)
{
  Xvg *const x = s->state;

  PetscFunctionBegin;
  for (;;) {
    PetscCall(SeriesTextLine(s->text, line, number, refused));
    if (!*line || *refused) break;
    *line += strspn(*line, " \t\r");
    if (**line == '@') command(x, *line);
    if (**line == '&' && !x->ended) x->ended = *number;
    if (**line && !strchr("#@&", **line)) break;
  }
  if (*line && !*refused && x->ended)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT " begins a second set (line %" PetscInt64_FMT
                           " is &); one set is read, with its columns side by side",
                           *number, x->ended));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_names(SeriesSource *s, PetscInt64 number, const char line[], char **refused)
{
  Xvg *const x = s->state;
  char *copy, **fields, **names, other[NAME];
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(line, &copy));
  PetscCall(SeriesSplit(copy, SERIES_BLANKS, &n, &fields));
  if (n > SERIES_MOST_COLUMNS) {
    n = 0;
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " has more than %d columns", number,
                           SERIES_MOST_COLUMNS));
  }
  PetscCall(PetscMalloc1(n, &names));
  for (PetscInt k = 0; k < n; ++k) {
    const char *const legend = k == 0 ? x->axis : k <= x->n ? x->legends[k - 1] : "";

    snprintf(other, sizeof(other), "s%" PetscInt_FMT, k - 1);
    PetscCall(PetscStrallocpy(legend[0] ? legend : k ? other : "time", &names[k]));
  }
  if (!*refused) PetscCall(SeriesColumnsSet(&s->columns, number, n, names, PETSC_TRUE, s->timestep, refused));
  for (PetscInt k = 0; k < n; ++k) PetscCall(PetscFree(names[k]));
  PetscCall(PetscFree(names));
  PetscCall(PetscFree(fields));
  PetscCall(PetscFree(copy));
  PetscFunctionReturn(0);
}

static PetscErrorCode xvg_open(SeriesSource *s, char **refused)
{
  PetscInt64 number;
  char *line;
  Xvg *x;

  PetscFunctionBegin;
  PetscCall(PetscNew(&x));
  s->state = x;
  PetscCall(next_row(s, &line, &number, refused));
  if (!line) PetscCall(SeriesRefuse(refused, "there are no rows below its header"));
  if (*refused) PetscFunctionReturn(0);
  PetscCall(set_names(s, number, line, refused));
  SeriesTextHold(s->text);
  PetscFunctionReturn(0);
}

static PetscErrorCode xvg_read(SeriesSource *s, SeriesRow *row, char **refused)
{
  PetscInt64 number;
  char *line;

  PetscFunctionBegin;
  row->is_there = PETSC_FALSE;
  PetscCall(next_row(s, &line, &number, refused));
  if (line && !*refused) PetscCall(SeriesReadFields(&s->columns, SERIES_BLANKS, line, number, row, refused));
  PetscFunctionReturn(0);
}

const SeriesFormat SeriesXvg = {"xvg", looks_like_xvg, xvg_open, xvg_read, NULL};
