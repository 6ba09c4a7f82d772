/*
  XDMF 3, by hand: a page of XML that points into the HDF5 file by a relative name. Everything in it is
  slowest first (z y x), the origin and the spacing too.
*/
#include "output/fields.h"
#include "output/number.h"
#include <string.h>

void XdmfEscaped(FILE *stream, const char text[])
{
  for (; *text; ++text) {
    if (*text == '&')
      fputs("&amp;", stream);
    else if (*text == '<')
      fputs("&lt;", stream);
    else if (*text == '>')
      fputs("&gt;", stream);
    else if (*text == '"')
      fputs("&quot;", stream);
    else
      fputc(*text, stream);
  }
}

/* Grids of 1 and 2 dimensions are written as one layer of a 3-d one: readers know no 1-d mesh, and ParaView's
   XDMF 2 reader lays a 2DCoRectMesh into the wrong plane and cannot read its vectors. */
enum { RANK = 3 };

void XdmfDimensions(FILE *stream, PetscInt dim, const PetscInt n[])
{
  for (PetscInt c = RANK - 1; c >= 0; --c)
    fprintf(stream, "%" PetscInt_FMT "%s", c < dim ? n[c] : 1, c ? " " : "");
}

/* Origin (spacing = false) or spacing; along a single node any spacing but 0 does. */
static void print_geometry(FILE *stream, PetscInt dim, const PetscInt n[], const PetscReal box[][2],
                           PetscBool spacing)
{
  char text[NUMBER_LENGTH];

  fputs("        <DataItem Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">", stream);
  for (PetscInt c = RANK - 1; c >= 0; --c) {
    PetscReal value = spacing ? 1 : 0;
    if (c < dim && !spacing) value = box[c][0];
    if (c < dim && spacing && n[c] > 1) value = (box[c][1] - box[c][0]) / (PetscReal)(n[c] - 1);
    fprintf(stream, "%s%s", NumberPrint(value, text), c ? " " : "");
  }
  fputs("</DataItem>\n", stream);
}

void XdmfReference(FILE *stream, const char name[], const char group[], const char dataset[])
{
  XdmfEscaped(stream, name);
  fputs(".h5:/", stream);
  if (group[0]) fprintf(stream, "%s/", group);
  XdmfEscaped(stream, dataset);
}

void XdmfAttribute(FILE *stream, int indent, const char name[], const char group[], const char field[],
                   PetscInt width, PetscInt dim, const PetscInt n[], PetscInt n_nodes)
{
  fprintf(stream, "%*s<Attribute Name=\"", indent, "");
  XdmfEscaped(stream, field);
  fprintf(stream, "\" AttributeType=\"%s\" Center=\"Node\">\n%*s  <DataItem Dimensions=\"",
          width == 1   ? "Scalar"
          : width == 3 ? "Vector"
                       : "Tensor",
          indent, "");
  if (n)
    XdmfDimensions(stream, dim, n);
  else
    fprintf(stream, "%" PetscInt_FMT, n_nodes);
  if (width > 1) fprintf(stream, " %" PetscInt_FMT, width);
  fputs("\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">", stream);
  XdmfReference(stream, name, group, field);
  fprintf(stream, "</DataItem>\n%*s</Attribute>\n", indent, "");
}

void XdmfHead(FILE *stream)
{
  fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Xdmf Version=\"3.0\">\n  <Domain>\n", stream);
}

void XdmfTail(FILE *stream)
{
  fputs("  </Domain>\n</Xdmf>\n", stream);
}

PetscErrorCode XdmfWrite(RunFolder folder, const char name[], PetscInt dim, const PetscInt n[],
                         const PetscReal box[][2], PetscInt n_fields, const Field fields[])
{
  char file[PETSC_MAX_PATH_LEN];
  FILE *stream;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(file, sizeof file, "%s.xdmf", name));
  PetscCall(RunFolderBegin(folder, file, &stream));
  XdmfHead(stream);
  fputs("    <Grid Name=\"", stream);
  XdmfEscaped(stream, name);
  fputs("\" GridType=\"Uniform\">\n      <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"", stream);
  XdmfDimensions(stream, dim, n);
  fputs("\"/>\n      <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n", stream);
  print_geometry(stream, dim, n, box, PETSC_FALSE);
  print_geometry(stream, dim, n, box, PETSC_TRUE);
  fputs("      </Geometry>\n", stream);
  for (PetscInt i = 0; i < n_fields; ++i)
    XdmfAttribute(stream, 6, name, "", fields[i].name, FieldWidth(dim, &fields[i]), dim, n, 0);
  fputs("    </Grid>\n", stream);
  XdmfTail(stream);
  PetscCall(RunFolderCommit(folder, file, &stream));
  PetscFunctionReturn(0);
}
