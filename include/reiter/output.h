/*
  The run folder: everything a run leaves behind, written so that a kill at any moment leaves whole files
  only. Only rank 0 touches the disk; all calls are made on rank 0 unless marked collective.
*/
#pragma once
#include <petscsys.h>
#include <stdint.h>
#include <stdio.h>

typedef struct _p_RunFolder *RunFolder;
typedef struct _p_Json *Json;
typedef struct _p_Checkpoint *Checkpoint;
typedef struct _p_Progress *Progress;

/* Opens or makes the directory. A directory with results of another case (another digest) is refused unless
   overwrite: *refused then holds a sentence (PetscFree) and *folder is NULL; so too if it cannot be written.
   With overwrite or on a new run of the same case without resume, old results are removed only when the first
   new file replaces them. */
PetscErrorCode RunFolderOpen(const char directory[], const char digest[], PetscBool overwrite,
                             PetscBool resume, RunFolder *folder, char **refused);
PetscErrorCode RunFolderClose(RunFolder *folder);
PetscErrorCode RunFolderPath(RunFolder folder, const char name[], char path[], size_t length);
/* A file under a temporary name; Commit syncs and renames it. */
PetscErrorCode RunFolderBegin(RunFolder folder, const char name[], FILE **stream);
PetscErrorCode RunFolderCommit(RunFolder folder, const char name[], FILE **stream);
/* Removes one file for good; absent is fine. */
PetscErrorCode RunFolderRemove(RunFolder folder, const char name[]);
PetscErrorCode RunFolderWriteText(RunFolder folder, const char name[], const char text[], size_t length);
/* One line into log.txt (with the seconds since the start), flushed; also to stdout unless quiet. */
PetscErrorCode RunFolderLog(RunFolder folder, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
PetscErrorCode RunFolderSetQuiet(RunFolder folder, PetscBool quiet);

/* JSON with 17 digits; NaN and infinity become null. Nested objects and arrays by Begin/End; key is NULL in
 * arrays. */
PetscErrorCode JsonCreate(FILE *stream, Json *json);
PetscErrorCode JsonDestroy(Json *json); /* checks that everything was closed; newline */
PetscErrorCode JsonBeginObject(Json json, const char key[]);
PetscErrorCode JsonEndObject(Json json);
PetscErrorCode JsonBeginArray(Json json, const char key[]);
PetscErrorCode JsonEndArray(Json json);
PetscErrorCode JsonReal(Json json, const char key[], PetscReal value);
PetscErrorCode JsonInt(Json json, const char key[], PetscInt64 value);
PetscErrorCode JsonString(Json json, const char key[], const char value[]);
PetscErrorCode JsonBool(Json json, const char key[], PetscBool value);
PetscErrorCode JsonRealArray(Json json, const char key[], PetscInt n, const PetscReal values[]);
PetscErrorCode JsonMatrix(Json json, const char key[], PetscInt rows, PetscInt columns,
                          const PetscReal values[]);

/* A table: header[columns], values[rows][columns]; 17 digits, NaN as "nan". */
PetscErrorCode CsvWrite(RunFolder folder, const char name[], PetscInt rows, PetscInt columns,
                        const char *const header[], const PetscReal values[]);

/* Finished work items, appended as fixed-size records with a checksum. A kill in the middle of an append
   loses that record only. */
PetscErrorCode CheckpointOpen(RunFolder folder, const char name[], const char digest[], size_t record_size,
                              PetscBool resume, Checkpoint *checkpoint);
PetscErrorCode CheckpointGetCount(Checkpoint checkpoint, PetscInt *n);
PetscErrorCode CheckpointRead(Checkpoint checkpoint, PetscInt which, PetscInt *item, void *record);
PetscErrorCode CheckpointAppend(Checkpoint checkpoint, PetscInt item, const void *record);
PetscErrorCode CheckpointClose(Checkpoint *checkpoint, PetscBool remove_file);

/* CRC-32 (IEEE 802.3); chain with the previous value, 0 to start. */
uint32_t Checksum(uint32_t previous, const void *data, size_t length);
/* Data to and from a file, and into the sum. A failure to write stays in the stream, for RunFolderCommit to see; false:
   the file is too short. */
void ChecksumWrite(FILE *stream, const void *data, size_t length, uint32_t *sum);
PetscBool ChecksumRead(FILE *stream, void *data, size_t length, uint32_t *sum);

/* Places of paths at given times: NAME.h5 with time[n_times] and x[n_paths][n_times][dim], NaN where a path has ended; e and
   the step are attributes. */
typedef struct {
  PetscInt64 n_paths, n_times;
  PetscInt dim;
  const double *time, *x;
  PetscReal epsilon, step;
} PathRecord;
PetscErrorCode PathRecordWrite(RunFolder folder, const char name[], const PathRecord *record);

/* Fields on a uniform grid of nodes (n[c] nodes from box[c][0] to box[c][1], component 0 fastest): NAME.h5
   and NAME.xdmf with a relative path; opens in ParaView. components is 1, dim (vector) or dim*dim (tensor,
   row-major); vectors and tensors are padded to 3 and 3x3 in the file as XDMF wants them. */
typedef struct {
  const char *name;
  const char *unit;
  PetscInt components;
  const PetscReal *values; /* [nodes][components] */
} Field;
PetscErrorCode FieldsWrite(RunFolder folder, const char name[], PetscInt dim, const PetscInt n[],
                           const PetscReal box[][2], PetscInt n_fields, const Field fields[]);

/* Where fields over time live: a rectilinear grid (n[c] coordinates per axis, component 0 fastest), or nodes and linear
   cells: segments, triangles, tetrahedra, quadrilaterals or hexahedra (VTK's order of corners). Arrays are borrowed. */
typedef struct {
  PetscInt dim;
  PetscBool grid;
  PetscInt n[3];                      /* grid */
  const PetscReal *axis[3];           /* grid: [n[c]] */
  PetscInt n_nodes, n_cells, corners; /* n_nodes is set for a grid too */
  PetscBool simplex;
  const PetscReal *x;    /* [n_nodes][dim] */
  const PetscInt *cells; /* [n_cells][corners] */
} FieldMesh;
/* The position of a node; x[dim]. */
void FieldMeshNode(const FieldMesh *mesh, PetscInt node, PetscReal x[]);

/* Fields on a mesh, at one time or at several: NAME.h5 and NAME.xdmf (a temporal collection that plays in ParaView,
   relative paths). Both files appear, whole, at FieldSeriesClose(). Field.values are [n_nodes][components]. */
typedef struct _p_FieldSeries *FieldSeries;
PetscErrorCode FieldSeriesOpen(RunFolder folder, const char name[], const FieldMesh *mesh,
                               FieldSeries *series);
PetscErrorCode FieldSeriesAdd(FieldSeries series, PetscReal time, PetscInt n_fields, const Field fields[]);
PetscErrorCode FieldSeriesClose(FieldSeries *series);

/* A field of NAME.h5 that a series left behind, for runs that start from it: at the same nodes its own values, between
   the nodes of a grid interpolated linearly. dim is that of the positions to come; time < 0: the last one. A mistake goes
   to *refused, a sentence (PetscFree). Evaluate has the form of a PointFunction: values[n] at x[n][dim], NaN outside of
   the file's mesh. */
typedef struct _p_FieldReader *FieldReader;
PetscErrorCode FieldReaderOpen(const char path[], PetscInt dim, const char field[], PetscReal time,
                               FieldReader *reader, char **refused);
PetscErrorCode FieldReaderEvaluate(void *reader, PetscInt n, const PetscReal x[], PetscReal values[]);
PetscErrorCode FieldReaderClose(FieldReader *reader);

/* "  37 %  |#######      |  1204/3200 points, 0:42 left": on a terminal one line rewritten at most ten times
   a second; elsewhere nothing. */
PetscErrorCode ProgressCreate(const char what[], PetscInt total, PetscBool quiet, Progress *progress);
PetscErrorCode ProgressUpdate(Progress progress, PetscInt done);
PetscErrorCode ProgressDestroy(Progress *progress);
