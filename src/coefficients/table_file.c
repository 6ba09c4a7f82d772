/* From named columns to a table: log w from log_w, w or log_Z; D from D, D_xx .. or, times the temperature, M. */
#include "table.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

PetscErrorCode TableRefuse(char **refused, const char format[], ...)
{
  char text[400];
  va_list list;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0);
  va_start(list, format);
  vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  PetscCall(PetscStrallocpy(text, refused));
  PetscFunctionReturn(0);
}

PetscErrorCode TableFileAddColumn(TableFile *file, const char name[], PetscReal **values)
{
  TableColumn *column;

  PetscFunctionBegin;
  if (file->n_columns == file->capacity) {
    file->capacity = 2 * file->capacity + 16;
    PetscCall(PetscRealloc((size_t)file->capacity * sizeof(*file->columns), &file->columns));
  }
  column = &file->columns[file->n_columns++];
  PetscCall(PetscStrncpy(column->name, name, sizeof(column->name)));
  column->values = NULL;
  if (file->rows) PetscCall(PetscMalloc1(file->rows, &column->values));
  *values = column->values;
  PetscFunctionReturn(0);
}

PetscErrorCode TableFileDestroy(TableFile *file)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < file->n_columns; k++) PetscCall(PetscFree(file->columns[k].values));
  PetscCall(PetscFree(file->columns));
  PetscCall(PetscFree(file->line));
  PetscFunctionReturn(0);
}

static PetscInt letter(PetscInt dim, char c)
{
  const char *at = c ? strchr("xyz", c) : NULL;

  return at && at - "xyz" < dim ? (PetscInt)(at - "xyz") : -1;
}

PetscBool TableColumnIsKnown(PetscInt dim, const char name[])
{
  if (strlen(name) == 1 && letter(dim, name[0]) >= 0) return PETSC_TRUE;
  if (!strcmp(name, "log_w") || !strcmp(name, "w") || !strcmp(name, "log_Z")) return PETSC_TRUE;
  if (name[0] != 'D' && name[0] != 'M') return PETSC_FALSE;
  if (!name[1]) return PETSC_TRUE;
  return (PetscBool)(strlen(name) == 4 && name[1] == '_' && letter(dim, name[2]) >= 0 &&
                     letter(dim, name[3]) >= 0);
}

static const PetscReal *find_column(const TableFile *file, const char name[])
{
  for (PetscInt k = 0; k < file->n_columns; k++)
    if (!strcmp(file->columns[k].name, name)) return file->columns[k].values;
  return NULL;
}

/* " (line 7)", or nothing */
static const char *name_line(const TableFile *file, PetscInt row, char text[32])
{
  text[0] = '\0';
  if (file->line && row >= 0) snprintf(text, 32, "line %" PetscInt_FMT ": ", file->line[row]);
  return text;
}

static PetscErrorCode take_position(const TableFile *file, PetscInt dim, PetscReal x[], char **refused)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) {
    const char name[2] = {"xyz"[c], '\0'};
    const PetscReal *column = find_column(file, name);

    if (!column) PetscCall(TableRefuse(refused, "it has no column %s", name));
    for (PetscInt i = 0; i < file->rows && column; i++) x[i * dim + c] = column[i];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode take_weight(const TableFile *file, PetscReal log_w[], char **refused)
{
  const PetscReal *given = find_column(file, "log_w"), *weight = find_column(file, "w");
  char line[32];

  PetscFunctionBegin;
  if (given || !weight) {
    if (!given) given = find_column(file, "log_Z");
    if (!given) PetscCall(TableRefuse(refused, "it has no weight: none of the columns log_w, w and log_Z"));
    if (given) PetscCall(PetscArraycpy(log_w, given, file->rows));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < file->rows; i++) {
    if (!(weight[i] > 0)) {
      PetscCall(TableRefuse(refused,
                            "%sthe weight w is %.10g; it must be positive (the logarithm of very small "
                            "weights can be given as log_w)",
                            name_line(file, i, line), (double)weight[i]));
    }
    log_w[i] = PetscLogReal(weight[i]);
  }
  PetscFunctionReturn(0);
}

/* Entry (r, s) of the tensor called `name`; the lower triangle may be left out. */
static const PetscReal *find_entry(const TableFile *file, char name, PetscInt r, PetscInt s)
{
  const char text[] = {name, '_', "xyz"[r], "xyz"[s], '\0'}, other[] = {name, '_', "xyz"[s], "xyz"[r], '\0'};
  const PetscReal *column = find_column(file, text);

  return column ? column : find_column(file, other);
}

static PetscErrorCode take_tensor(const TableFile *file, PetscInt dim, PetscReal temperature, PetscReal D[],
                                  char **refused)
{
  const PetscBool has_D = (PetscBool)(find_column(file, "D") || find_entry(file, 'D', 0, 0));
  const PetscBool has_M = (PetscBool)(find_column(file, "M") || find_entry(file, 'M', 0, 0));
  const char name = has_D ? 'D' : 'M', whole[] = {name, '\0'};
  const PetscReal *isotropic = find_column(file, whole);
  const PetscReal factor = has_D ? 1 : temperature;

  PetscFunctionBegin;
  if (!has_D && !has_M)
    PetscCall(TableRefuse(refused, "it has no tensor: neither a column D nor %s",
                          dim == 1 ? "M" : "D_xx, D_xy, ... or M_xx, M_xy, ..."));
  if (!has_D && has_M && !(temperature > 0))
    PetscCall(TableRefuse(refused, "its columns M need a temperature: D is the temperature times M"));
  for (PetscInt k = 0; k < dim * dim && !*refused; k++) {
    const PetscInt r = k / dim, s = k % dim;
    const PetscReal *column = find_entry(file, name, r, s);

    if (!column && !isotropic)
      PetscCall(TableRefuse(refused, "it has no column %c_%c%c", name, "xyz"[r], "xyz"[s]));
    for (PetscInt i = 0; i < file->rows && !*refused; i++)
      D[i * dim * dim + k] = factor * (isotropic ? (r == s ? isotropic[i] : 0) : column[i]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode build(const TableFile *file, PetscInt dim, PetscReal temperature,
                            Coefficients *coefficients, char **refused)
{
  PetscReal *x, *log_w, *D;
  CoefficientFault fault;
  PetscInt which;
  char line[32];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(file->rows * dim, &x, file->rows, &log_w, file->rows * dim * dim, &D));
  PetscCall(take_position(file, dim, x, refused));
  PetscCall(take_weight(file, log_w, refused));
  PetscCall(take_tensor(file, dim, temperature, D, refused));
  if (!*refused) {
    PetscCall(TableCreate(dim, file->rows, x, log_w, D, coefficients, &fault, &which));
    if (fault.trouble) PetscCall(TableRefuse(refused, "%s%s", name_line(file, which, line), fault.message));
  }
  PetscCall(PetscFree3(x, log_w, D));
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsReadTable(const char path[], PetscInt dim, PetscReal temperature,
                                     Coefficients *coefficients, char **refused)
{
  static const char signature[8] = "\211HDF\r\n\032\n";
  TableFile file = {0};
  FILE *stream = fopen(path, "r");
  char start[8] = "", *reason = NULL;
  size_t n;

  PetscFunctionBegin;
  *coefficients = NULL;
  *refused = NULL;
  if (!stream) {
    PetscCall(TableRefuse(refused, "%s cannot be read: %s", path, strerror(errno)));
    PetscFunctionReturn(0);
  }
  n = fread(start, 1, sizeof(start), stream);
  rewind(stream);
  if (n == sizeof(start) && !memcmp(start, signature, sizeof(start)))
    PetscCall(TableFileReadHdf5(path, dim, &file, &reason));
  else
    PetscCall(TableFileReadCsv(stream, dim, &file, &reason));
  fclose(stream);
  if (!reason) PetscCall(build(&file, dim, temperature, coefficients, &reason));
  if (reason) PetscCall(TableRefuse(refused, "%s: %s", path, reason));
  PetscCall(PetscFree(reason));
  PetscCall(TableFileDestroy(&file));
  PetscFunctionReturn(0);
}
