/*
  Fields over time on a grid or on cells. In NAME.h5 the mesh stands once, and every time is a group t00000, t00001, ... of
  one dataset a field, with its time as an attribute; the only time of a series stands at the root, like the fields of
  FieldsWrite(), and is an attribute there. NAME.xdmf is written at the end, when it is known which of the two it is.
*/
#include "output/fields.h"
#include "output/folder.h"
#include "output/hdf5_file.h"
#include "output/number.h"
#include <string.h>
#include <unistd.h>

/* What the XDMF file says of a field of one time. */
typedef struct {
  char *name;
  PetscInt width;
} Entry;

typedef struct {
  PetscReal time;
  PetscInt n_fields;
  Entry *fields;
} Frame;

struct _p_FieldSeries {
  RunFolder folder;
  char *name;
  FieldMesh mesh; /* its arrays are not looked at after Open */
  hid_t file;
  PetscBool failed;
  PetscInt n_frames, capacity;
  Frame *frames;
};

static const char *const axes[] = {"x", "y", "z"};

static void name_group(PetscInt frame, char group[16])
{
  snprintf(group, 16, "t%05d", (int)frame);
}

void FieldMeshNode(const FieldMesh *mesh, PetscInt node, PetscReal x[])
{
  for (PetscInt c = 0; c < mesh->dim; ++c) {
    x[c] = mesh->grid ? mesh->axis[c][node % mesh->n[c]] : mesh->x[node * mesh->dim + c];
    if (mesh->grid) node /= mesh->n[c];
  }
}

static PetscErrorCode write_mesh(hid_t file, const FieldMesh *mesh)
{
  const hsize_t nodes[2] = {(hsize_t)mesh->n_nodes, 3},
                cells[2] = {(hsize_t)mesh->n_cells, (hsize_t)mesh->corners};
  double *x;

  PetscFunctionBegin;
  for (PetscInt c = 0; mesh->grid && c < mesh->dim; ++c) {
    const hsize_t n = (hsize_t)mesh->n[c];
    PetscCall(Hdf5WriteReals(file, axes[c], "length", 1, &n, mesh->axis[c]));
  }
  if (mesh->grid) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(3 * (size_t)mesh->n_nodes, &x));
  for (PetscInt i = 0; i < mesh->n_nodes; ++i)
    for (PetscInt c = 0; c < mesh->dim; ++c) x[3 * i + c] = (double)mesh->x[i * mesh->dim + c];
  PetscErrorCode failed = Hdf5WriteReals(file, "nodes", "length", 2, nodes, x);
  PetscCall(PetscFree(x));
  PetscCall(failed);
  PetscCall(Hdf5WriteIntegers(file, "cells", 2, cells, mesh->cells));
  PetscFunctionReturn(0);
}

static PetscErrorCode temporary_path(RunFolder folder, const char name[], char data[NAME_MAX + 1],
                                     char path[PETSC_MAX_PATH_LEN])
{
  char temporary[NAME_MAX + 1];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(data, NAME_MAX + 1, "%s.h5", name));
  PetscCall(FolderTemporaryName(data, temporary, sizeof temporary));
  PetscCall(RunFolderPath(folder, temporary, path, PETSC_MAX_PATH_LEN));
  PetscFunctionReturn(0);
}

PetscErrorCode FieldSeriesOpen(RunFolder folder, const char name[], const FieldMesh *mesh,
                               FieldSeries *series)
{
  char data[NAME_MAX + 1], path[PETSC_MAX_PATH_LEN];
  FieldSeries s;

  PetscFunctionBegin;
  PetscCheck(mesh->dim >= 1 && mesh->dim <= 3, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "fields have 1 to 3 dimensions");
  PetscCall(temporary_path(folder, name, data, path));
  PetscCall(PetscNew(&s));
  *series = s;
  s->folder = folder;
  s->mesh = *mesh;
  s->file = -1;
  s->failed = PETSC_TRUE; /* until the mesh is written */
  PetscCall(PetscStrallocpy(name, &s->name));
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its stack of frames tells users nothing */
  OpenHDF5(s->file, H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  PetscCall(write_mesh(s->file, mesh));
  s->failed = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode write_frame(FieldSeries s, PetscReal time, PetscInt n_fields, const Field fields[])
{
  char name[16];
  hid_t group;
  hsize_t shape[3];
  const PetscInt rank = s->mesh.grid ? s->mesh.dim : 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < rank; ++c)
    shape[rank - 1 - c] = (hsize_t)(s->mesh.grid ? s->mesh.n[c] : s->mesh.n_nodes);
  name_group(s->n_frames, name);
  OpenHDF5(group, H5Gcreate2(s->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  PetscCall(Hdf5WriteRealAttribute(group, "time", (double)time));
  for (PetscInt i = 0; i < n_fields; ++i)
    PetscCall(FieldWrite(group, s->mesh.dim, (int)rank, shape, &fields[i]));
  CallHDF5(H5Gclose(group));
  CallHDF5(H5Fflush(s->file, H5F_SCOPE_LOCAL));
  PetscFunctionReturn(0);
}

PetscErrorCode FieldSeriesAdd(FieldSeries series, PetscReal time, PetscInt n_fields, const Field fields[])
{
  FieldSeries s = series;
  Frame *frame;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n_fields; ++i) /* a single time moves to the root, beside the mesh */
    PetscCheck(!s->mesh.grid || (strcmp(fields[i].name, "x") && strcmp(fields[i].name, "y") &&
                                 strcmp(fields[i].name, "z")),
               PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "no field can have the name %s of an axis",
               fields[i].name);
  s->failed = PETSC_TRUE;
  PetscCall(write_frame(s, time, n_fields, fields));
  if (s->n_frames == s->capacity) {
    s->capacity = 2 * s->capacity + 16;
    PetscCall(PetscRealloc((size_t)s->capacity * sizeof *s->frames, &s->frames));
  }
  frame = &s->frames[s->n_frames];
  frame->time = time;
  frame->n_fields = n_fields;
  PetscCall(PetscCalloc1(n_fields, &frame->fields));
  s->n_frames++;
  for (PetscInt i = 0; i < n_fields; ++i) {
    PetscCall(PetscStrallocpy(fields[i].name, &frame->fields[i].name));
    frame->fields[i].width = FieldWidth(s->mesh.dim, &fields[i]);
  }
  s->failed = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static void print_grid(FILE *stream, int indent, FieldSeries s)
{
  fprintf(stream, "%*s<Topology TopologyType=\"3DRectMesh\" Dimensions=\"", indent, "");
  XdmfDimensions(stream, s->mesh.dim, s->mesh.n);
  fprintf(stream, "\"/>\n%*s<Geometry GeometryType=\"VXVYVZ\">\n", indent, "");
  for (PetscInt c = 0; c < 3; ++c) {
    const PetscBool there = c < s->mesh.dim ? PETSC_TRUE : PETSC_FALSE;
    fprintf(stream,
            "%*s  <DataItem Dimensions=\"%" PetscInt_FMT
            "\" NumberType=\"Float\" Precision=\"8\" Format=\"%s\">",
            indent, "", there ? s->mesh.n[c] : 1, there ? "HDF" : "XML");
    if (there)
      XdmfReference(stream, s->name, "", axes[c]);
    else
      fputs("0.0", stream);
    fputs("</DataItem>\n", stream);
  }
  fprintf(stream, "%*s</Geometry>\n", indent, "");
}

static void print_cells(FILE *stream, int indent, FieldSeries s)
{
  static const char *const simplices[] = {"", "Polyline", "Triangle", "Tetrahedron"}, *const tensors[] = {
                                                                                          "", "Polyline",
                                                                                          "Quadrilateral",
                                                                                          "Hexahedron"};

  fprintf(stream, "%*s<Topology TopologyType=\"%s\"%s NumberOfElements=\"%" PetscInt_FMT "\">\n", indent, "",
          (s->mesh.simplex ? simplices : tensors)[s->mesh.dim],
          s->mesh.dim == 1 ? " NodesPerElement=\"2\"" : "", s->mesh.n_cells);
  fprintf(stream,
          "%*s  <DataItem Dimensions=\"%" PetscInt_FMT " %" PetscInt_FMT
          "\" NumberType=\"Int\" Precision=\"%d\" Format=\"HDF\">",
          indent, "", s->mesh.n_cells, s->mesh.corners, (int)sizeof(PetscInt));
  XdmfReference(stream, s->name, "", "cells");
  fprintf(stream, "</DataItem>\n%*s</Topology>\n%*s<Geometry GeometryType=\"XYZ\">\n", indent, "", indent,
          "");
  fprintf(stream,
          "%*s  <DataItem Dimensions=\"%" PetscInt_FMT
          " 3\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">",
          indent, "", s->mesh.n_nodes);
  XdmfReference(stream, s->name, "", "nodes");
  fprintf(stream, "</DataItem>\n%*s</Geometry>\n", indent, "");
}

static void print_opening(FILE *stream, int indent, const char name[], const char type[])
{
  fprintf(stream, "%*s<Grid Name=\"", indent, "");
  XdmfEscaped(stream, name);
  fprintf(stream, "\" GridType=\"%s\">\n", type);
}

static void print_frame(FILE *stream, int indent, FieldSeries s, PetscInt which)
{
  const Frame *const frame = &s->frames[which];
  char group[16] = "", time[NUMBER_LENGTH];

  print_opening(stream, indent, s->name, "Uniform");
  if (s->n_frames > 1) {
    name_group(which, group);
    fprintf(stream, "%*s  <Time Value=\"%s\"/>\n", indent, "", NumberPrint(frame->time, time));
  }
  if (s->mesh.grid)
    print_grid(stream, indent + 2, s);
  else
    print_cells(stream, indent + 2, s);
  for (PetscInt i = 0; i < frame->n_fields; ++i)
    XdmfAttribute(stream, indent + 2, s->name, group, frame->fields[i].name, frame->fields[i].width,
                  s->mesh.dim, s->mesh.grid ? s->mesh.n : NULL, s->mesh.n_nodes);
  fprintf(stream, "%*s</Grid>\n", indent, "");
}

static PetscErrorCode write_xdmf(FieldSeries s)
{
  char file[PETSC_MAX_PATH_LEN];
  FILE *stream;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(file, sizeof file, "%s.xdmf", s->name));
  PetscCall(RunFolderBegin(s->folder, file, &stream));
  XdmfHead(stream);
  if (s->n_frames > 1) {
    print_opening(stream, 4, s->name, "Collection\" CollectionType=\"Temporal");
    for (PetscInt i = 0; i < s->n_frames; ++i) print_frame(stream, 6, s, i);
    fputs("    </Grid>\n", stream);
  } else {
    print_frame(stream, 4, s, 0);
  }
  XdmfTail(stream);
  PetscCall(RunFolderCommit(s->folder, file, &stream));
  PetscFunctionReturn(0);
}

/* The one time there is becomes the file: links move, no data. Its time is an attribute; several are listed by the
   dataset `time`. */
static PetscErrorCode finish_file(FieldSeries s)
{
  PetscFunctionBegin;
  if (s->n_frames == 1) {
    for (PetscInt i = 0; i < s->frames[0].n_fields; ++i) {
      const char *const name = s->frames[0].fields[i].name;
      char from[NAME_MAX + 1];
      PetscCall(PetscSNPrintf(from, sizeof from, "t00000/%s", name));
      CallHDF5(H5Lmove(s->file, from, s->file, name, H5P_DEFAULT, H5P_DEFAULT));
    }
    CallHDF5(H5Ldelete(s->file, "t00000", H5P_DEFAULT));
    PetscCall(Hdf5WriteRealAttribute(s->file, "time", (double)s->frames[0].time));
  } else {
    const hsize_t n = (hsize_t)s->n_frames;
    double *times;
    PetscCall(PetscMalloc1(s->n_frames, &times));
    for (PetscInt i = 0; i < s->n_frames; ++i) times[i] = (double)s->frames[i].time;
    const PetscErrorCode failed = Hdf5WriteReals(s->file, "time", "time", 1, &n, times);
    PetscCall(PetscFree(times));
    PetscCall(failed);
  }
  CallHDF5(H5Fclose(s->file));
  s->file = -1;
  PetscFunctionReturn(0);
}

static PetscErrorCode publish(FieldSeries s, const char data[])
{
  PetscFunctionBegin;
  PetscCall(finish_file(s));
  PetscCall(FolderPublish(s->folder, data));
  PetscCall(write_xdmf(s));
  PetscFunctionReturn(0);
}

PetscErrorCode FieldSeriesClose(FieldSeries *series)
{
  FieldSeries s = *series;
  char data[NAME_MAX + 1], path[PETSC_MAX_PATH_LEN];
  PetscErrorCode failed = 0;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(temporary_path(s->folder, s->name, data, path));
  if (!s->failed && s->n_frames > 0) failed = publish(s, data);
  if (s->file >= 0) H5Fclose(s->file);
  if (failed || s->failed || s->n_frames == 0) unlink(path); /* absent is fine */
  for (PetscInt i = 0; i < s->n_frames; ++i) {
    for (PetscInt k = 0; k < s->frames[i].n_fields; ++k) PetscCall(PetscFree(s->frames[i].fields[k].name));
    PetscCall(PetscFree(s->frames[i].fields));
  }
  PetscCall(PetscFree(s->frames));
  PetscCall(PetscFree(s->name));
  PetscCall(PetscFree(*series));
  PetscCall(failed);
  PetscFunctionReturn(0);
}
