/* Checkpoints and fields. */
#include "hdf5_fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct {
  double value[3];
  int mark;
} Record;

static Record make_record(PetscInt item)
{
  Record record;

  memset(&record, 0, sizeof record);
  record.value[0] = (double)item + 0.125;
  record.value[2] = -(double)item;
  record.mark = (int)item * 7;
  return record;
}

static void write_items(PetscInt first, PetscInt n, const char *digest, PetscBool resume)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, resume);
  Checkpoint checkpoint;

  OK(CheckpointOpen(folder, "points.checkpoint", digest, sizeof(Record), resume, &checkpoint));
  for (PetscInt i = first; i < first + n; ++i) {
    const Record record = make_record(100 - i);
    OK(CheckpointAppend(checkpoint, 100 - i, &record));
  }
  OK(CheckpointClose(&checkpoint, PETSC_FALSE));
  OK(RunFolderClose(&folder));
}

/* Resumes, and expects n items 100, 99, ... each as it was written. */
static void expect_items(PetscInt n, const char *digest, size_t record_size)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_TRUE);
  Checkpoint checkpoint;
  PetscInt count, item;

  OK(CheckpointOpen(folder, "points.checkpoint", digest, record_size, PETSC_TRUE, &checkpoint));
  OK(CheckpointGetCount(checkpoint, &count));
  assert_int_equal(count, n);
  for (PetscInt i = n - 1; i >= 0; --i) {
    Record record;
    OK(CheckpointRead(checkpoint, i, &item, &record));
    assert_int_equal(item, 100 - i);
    const Record expected = make_record(item);
    assert_memory_equal(&record, &expected, sizeof record);
  }
  OK(CheckpointClose(&checkpoint, PETSC_FALSE));
  OK(RunFolderClose(&folder));
}

static off_t size_of(const char *name)
{
  struct stat status;

  assert_int_equal(stat(in_root(name), &status), 0);
  return status.st_size;
}

static void flip_byte(const char *name, off_t offset)
{
  const int fd = open(in_root(name), O_RDWR);
  unsigned char byte = 0;

  assert_true(fd >= 0 && pread(fd, &byte, 1, offset) == 1);
  byte ^= 0x10;
  assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
  close(fd);
}

static void test_checkpoint_goes_on(void **state)
{
  (void)state;
  write_items(0, 5, "d1", PETSC_FALSE);
  expect_items(5, "d1", sizeof(Record));
  write_items(5, 3, "d1", PETSC_TRUE);
  expect_items(8, "d1", sizeof(Record));
  assert_null(strstr(slurp("run/log.txt"), "warning"));
  write_items(0, 1, "d1", PETSC_FALSE);
  expect_items(1, "d1", sizeof(Record));
}

/* Cut at every length within the last record: it is dropped, the others stay, and appending goes on there. */
static void test_checkpoint_torn_tail(void **state)
{
  off_t header, stride;

  (void)state;
  write_items(0, 0, "d1", PETSC_FALSE);
  header = size_of("run/points.checkpoint");
  write_items(0, 3, "d1", PETSC_FALSE);
  stride = (size_of("run/points.checkpoint") - header) / 3;
  for (off_t keep = 1; keep < stride; ++keep) {
    write_items(0, 3, "d1", PETSC_FALSE);
    assert_int_equal(truncate(in_root("run/points.checkpoint"), header + 2 * stride + keep), 0);
    expect_items(2, "d1", sizeof(Record));
    assert_int_equal(size_of("run/points.checkpoint"), header + 2 * stride);
    write_items(2, 2, "d1", PETSC_TRUE);
    expect_items(4, "d1", sizeof(Record));
  }
  assert_non_null(strstr(slurp("run/log.txt"), "warning"));
}

static void test_checkpoint_damage(void **state)
{
  off_t header, stride;

  (void)state;
  write_items(0, 0, "d1", PETSC_FALSE);
  header = size_of("run/points.checkpoint");
  write_items(0, 1, "d1", PETSC_FALSE);
  stride = size_of("run/points.checkpoint") - header;
  for (off_t byte = 0; byte < stride; ++byte) {
    write_items(0, 3, "d1", PETSC_FALSE);
    flip_byte("run/points.checkpoint", header + 2 * stride + byte);
    expect_items(2, "d1", sizeof(Record));
  }
  for (off_t byte = 0; byte < header; ++byte) {
    write_items(0, 3, "d1", PETSC_FALSE);
    flip_byte("run/points.checkpoint", byte);
    expect_items(0, "d1", sizeof(Record));
    assert_non_null(strstr(slurp("run/log.txt"), "points.checkpoint cannot be used"));
  }
}

static void test_checkpoint_of_another_case(void **state)
{
  (void)state;
  write_items(0, 3, "d1", PETSC_FALSE);
  expect_items(0, "d2", sizeof(Record));
  assert_non_null(strstr(slurp("run/log.txt"), "another case"));
  write_items(0, 3, "d1", PETSC_FALSE);
  expect_items(0, "d1", sizeof(Record) + 8);
  write_items(0, 3, "d1", PETSC_FALSE);
  assert_int_equal(truncate(in_root("run/points.checkpoint"), 0), 0);
  expect_items(0, "d1", sizeof(Record));
}

/* Two records exchanged are damage too: they are not where they were written. */
static void test_checkpoint_exchanged_records(void **state)
{
  char a[256], b[256];
  size_t stride;
  off_t header;
  int fd;

  (void)state;
  write_items(0, 0, "d1", PETSC_FALSE);
  header = size_of("run/points.checkpoint");
  write_items(0, 3, "d1", PETSC_FALSE);
  stride = (size_t)(size_of("run/points.checkpoint") - header) / 3;
  fd = open(in_root("run/points.checkpoint"), O_RDWR);
  assert_true(stride <= sizeof a && pread(fd, a, stride, header + (off_t)stride) == (ssize_t)stride &&
              pread(fd, b, stride, header + 2 * (off_t)stride) == (ssize_t)stride);
  assert_true(pwrite(fd, b, stride, header + (off_t)stride) == (ssize_t)stride &&
              pwrite(fd, a, stride, header + 2 * (off_t)stride) == (ssize_t)stride);
  close(fd);
  expect_items(1, "d1", sizeof(Record));
}

static void test_checkpoint_survives_kill(void **state)
{
  pid_t child;
  int status;

  (void)state;
  fflush(NULL);
  child = fork();
  if (child == 0) {
    RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
    Checkpoint checkpoint;
    if (CheckpointOpen(folder, "points.checkpoint", "d1", sizeof(Record), PETSC_FALSE, &checkpoint)) _exit(1);
    for (PetscInt i = 0; i < 4; ++i) {
      const Record record = make_record(100 - i);
      if (CheckpointAppend(checkpoint, 100 - i, &record)) _exit(1);
    }
    kill(getpid(), SIGKILL);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  expect_items(4, "d1", sizeof(Record));
}

static void test_checkpoint_removed(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  Checkpoint checkpoint;

  (void)state;
  OK(CheckpointOpen(folder, "points.checkpoint", "d1", 8, PETSC_FALSE, &checkpoint));
  assert_int_equal(access(in_root("run/points.checkpoint"), F_OK), 0);
  OK(CheckpointClose(&checkpoint, PETSC_TRUE));
  assert_null(checkpoint);
  assert_int_not_equal(access(in_root("run/points.checkpoint"), F_OK), 0);
  OK(RunFolderClose(&folder));
}

static void test_fields_2d(void **state)
{
  enum { NX = 4, NY = 3 };
  const PetscInt n[] = {NX, NY};
  const PetscReal box[][2] = {{-1, 2}, {10, 10.5}};
  PetscReal scalar[NX * NY], vector[NX * NY * 2], tensor[NX * NY * 4];
  double found[NX * NY * 9];
  char unit[32];
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  for (int i = 0; i < NX * NY; ++i) scalar[i] = i % NX + 100 * (i / NX); /* x + 100 y */
  for (int i = 0; i < NX * NY * 2; ++i) vector[i] = i;
  for (int i = 0; i < NX * NY * 4; ++i) tensor[i] = i;
  const Field fields[] = {
      {"F", "energy", 1, scalar}, {"force", "a<b & \"c\"", 2, vector}, {"M", NULL, 4, tensor}};
  OK(FieldsWrite(folder, "effective", 2, n, box, 3, fields));
  OK(RunFolderClose(&folder));

  read_dataset("run/effective.h5", "F", 2, (hsize_t[]){NY, NX}, found);
  for (int y = 0; y < NY; ++y)
    for (int x = 0; x < NX; ++x) assert_true(found[y * NX + x] == x + 100 * y);
  read_dataset("run/effective.h5", "force", 3, (hsize_t[]){NY, NX, 3}, found);
  assert_true(found[5 * 3] == 10 && found[5 * 3 + 1] == 11 && found[5 * 3 + 2] == 0);
  read_dataset("run/effective.h5", "M", 3, (hsize_t[]){NY, NX, 9}, found);
  const double expected[9] = {20, 21, 0, 22, 23, 0, 0, 0, 0};
  for (int k = 0; k < 9; ++k) assert_true(found[5 * 9 + k] == expected[k]);
  read_dataset("run/effective.h5", "x", 1, (hsize_t[]){NX}, found);
  for (int x = 0; x < NX; ++x) assert_true(found[x] == x - 1);
  read_dataset("run/effective.h5", "y", 1, (hsize_t[]){NY}, found);
  for (int y = 0; y < NY; ++y) assert_true(found[y] == 10 + 0.25 * y);
  read_unit("run/effective.h5", "F", unit);
  assert_string_equal(unit, "energy");
  read_unit("run/effective.h5", "M", unit);
  assert_string_equal(unit, "1");

  const char *xdmf = slurp("run/effective.xdmf");
  assert_non_null(strstr(xdmf, "TopologyType=\"3DCoRectMesh\" Dimensions=\"1 3 4\""));
  assert_non_null(strstr(xdmf, ">0.0 10.0 -1.0<"));
  assert_non_null(strstr(xdmf, ">1.0 0.25 1.0<"));
  assert_non_null(strstr(xdmf, "Dimensions=\"1 3 4 9\""));
  assert_non_null(strstr(xdmf, ">effective.h5:/M<"));
  assert_null(strstr(xdmf, root));
}

static void test_fields_1d_and_3d(void **state)
{
  const PetscInt n[] = {2, 3, 4};
  const PetscReal box[][2] = {{0, 1}, {0, 2}, {-3, 3}};
  PetscReal values[24 * 9];
  double found[24 * 9];
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  for (int i = 0; i < 24 * 9; ++i) values[i] = i;
  const Field scalar = {"F", "energy", 1, values}, tensor = {"M", "1", 9, values};
  OK(FieldsWrite(folder, "line", 1, n, box, 1, &scalar));
  OK(FieldsWrite(folder, "block", 3, n, box, 1, &tensor));
  OK(RunFolderClose(&folder));
  read_dataset("run/line.h5", "F", 1, (hsize_t[]){2}, found);
  assert_true(found[0] == 0 && found[1] == 1);
  assert_non_null(strstr(slurp("run/line.xdmf"), "TopologyType=\"3DCoRectMesh\" Dimensions=\"1 1 2\""));
  read_dataset("run/block.h5", "M", 4, (hsize_t[]){4, 3, 2, 9}, found);
  for (int i = 0; i < 24 * 9; ++i) assert_true(found[i] == i);
  assert_non_null(strstr(slurp("run/block.xdmf"), "TopologyType=\"3DCoRectMesh\" Dimensions=\"4 3 2\""));
  assert_non_null(strstr(slurp("run/block.xdmf"), ">-3.0 0.0 0.0<"));
  assert_non_null(strstr(slurp("run/block.xdmf"), ">2.0 1.0 1.0<"));
}

/* A write that fails leaves the old pair of files. */
static void test_fields_are_replaced_whole(void **state)
{
  const PetscInt n[] = {2};
  const PetscReal box[][2] = {{0, 1}}, values[] = {1, 2, 3, 4};
  const Field good = {"F", "1", 1, values}, bad[] = {{"F", "1", 1, values}, {"F", "1", 1, values + 2}};
  double found[2];
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  OK(FieldsWrite(folder, "f", 1, n, box, 1, &good));
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  OK(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  assert_int_equal(FieldsWrite(folder, "f", 1, n, box, 2, bad), PETSC_ERR_FILE_WRITE);
  OK(PetscPopErrorHandler());
  read_dataset("run/f.h5", "F", 1, (hsize_t[]){2}, found);
  assert_true(found[0] == 1 && found[1] == 2);
  OK(RunFolderClose(&folder));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_checkpoint_goes_on),
      IN_FOLDER(test_checkpoint_torn_tail),
      IN_FOLDER(test_checkpoint_damage),
      IN_FOLDER(test_checkpoint_of_another_case),
      IN_FOLDER(test_checkpoint_exchanged_records),
      IN_FOLDER(test_checkpoint_survives_kill),
      IN_FOLDER(test_checkpoint_removed),
      IN_FOLDER(test_fields_2d),
      IN_FOLDER(test_fields_1d_and_3d),
      IN_FOLDER(test_fields_are_replaced_whole),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
