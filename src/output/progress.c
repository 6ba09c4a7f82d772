/* One line on the terminal; on stderr, so that a result piped from stdout stays clean. */
#include "output/progress.h"
#include "output/folder.h"
#include <string.h>
#include <unistd.h>

struct _p_Progress {
  char *what;
  PetscInt total, first; /* done when the clock started: a resumed run does not begin at 0 */
  PetscBool shown, started, dirty;
  double clock, drawn;
};

void ProgressFormat(const char what[], PetscInt done, PetscInt total, double seconds_left, char line[],
                    size_t length)
{
  const double part = total > 0 ? (double)done / (double)total : 1.0;
  const long left = (long)(seconds_left + 0.5);
  char bar[29], rest[48] = "";

  memset(bar, ' ', sizeof bar - 1);
  memset(bar, '#', (size_t)(part * (double)(sizeof bar - 1)));
  bar[sizeof bar - 1] = '\0';
  if (seconds_left >= 0 && left < 3600)
    snprintf(rest, sizeof rest, ", %ld:%02ld left", left / 60, left % 60);
  else if (seconds_left >= 0)
    snprintf(rest, sizeof rest, ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
  snprintf(line, length, "%4d %%  |%s|  %" PetscInt_FMT "/%" PetscInt_FMT " %s%s", (int)(100 * part), bar,
           done, total, what, rest);
}

PetscErrorCode ProgressCreate(const char what[], PetscInt total, PetscBool quiet, Progress *progress)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(progress));
  PetscCall(PetscStrallocpy(what, &(*progress)->what));
  (*progress)->total = total;
  (*progress)->shown = (PetscBool)(!quiet && isatty(STDERR_FILENO));
  PetscFunctionReturn(0);
}

PetscErrorCode ProgressUpdate(Progress progress, PetscInt done)
{
  char line[160];
  double now, left = -1;

  PetscFunctionBegin;
  if (!progress || !progress->shown) PetscFunctionReturn(0);
  now = MonotonicSeconds();
  done = PetscMax(0, PetscMin(done, progress->total));
  if (!progress->started) {
    progress->started = PETSC_TRUE;
    progress->first = done;
    progress->clock = now;
  } else if (now - progress->drawn < 0.1) {
    PetscFunctionReturn(0);
  }
  if (done > progress->first && now - progress->clock > 1.0)
    left = (now - progress->clock) * (double)(progress->total - done) / (double)(done - progress->first);
  ProgressFormat(progress->what, done, progress->total, left, line, sizeof line);
  fprintf(stderr, "\r%s\033[K", line);
  fflush(stderr);
  progress->drawn = now;
  progress->dirty = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode ProgressDestroy(Progress *progress)
{
  PetscFunctionBegin;
  if (!*progress) PetscFunctionReturn(0);
  if ((*progress)->dirty) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  PetscCall(PetscFree((*progress)->what));
  PetscCall(PetscFree(*progress));
  PetscFunctionReturn(0);
}
