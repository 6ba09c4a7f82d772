/* The run folder: opening and refusing, atomic files, log. */
#include "output_fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static int exists(const char *name)
{
  return access(in_root(name), F_OK) == 0;
}

static void put(const char *name, const char *text)
{
  FILE *f = fopen(in_root(name), "w");

  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

/* The folder must be refused with a sentence that has all the words. */
static void expect_refusal(const char *name, const char *digest, PetscBool resume, int n, const char *words[])
{
  RunFolder folder;
  char *refused;

  OK(RunFolderOpen(in_root(name), digest, PETSC_FALSE, resume, &folder, &refused));
  assert_null(folder);
  assert_non_null(refused);
  for (int i = 0; i < n; ++i)
    if (!strstr(refused, words[i])) fail_msg("\"%s\" lacks \"%s\"", refused, words[i]);
  OK(PetscFree(refused));
}

static void test_parents_are_made(void **state)
{
  RunFolder folder = open_folder("a/b//c/", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  OK(RunFolderWriteText(folder, "case.yaml", "title: x\n", 9));
  OK(RunFolderClose(&folder));
  assert_null(folder);
  assert_string_equal(slurp("a/b/c/case.yaml"), "title: x\n");
}

static void test_file_appears_only_on_commit(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FILE *stream;

  (void)state;
  OK(RunFolderWriteText(folder, "run.json", "old", 3));
  OK(RunFolderBegin(folder, "run.json", &stream));
  fputs("new text", stream);
  fflush(stream);
  assert_string_equal(slurp("run/run.json"), "old");
  OK(RunFolderCommit(folder, "run.json", &stream));
  assert_null(stream);
  assert_string_equal(slurp("run/run.json"), "new text");
  OK(RunFolderClose(&folder));
}

/* A child that dies in the middle of a file. */
static void test_kill_leaves_whole_files(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FILE *stream;
  pid_t child;
  int status;

  (void)state;
  OK(RunFolderWriteText(folder, "run.json", "whole", 5));
  OK(RunFolderClose(&folder));
  fflush(NULL);
  child = fork();
  if (child == 0) {
    folder = open_folder("run", "d1", PETSC_FALSE, PETSC_TRUE);
    if (RunFolderBegin(folder, "run.json", &stream)) _exit(1);
    fputs("ha", stream);
    fflush(stream);
    kill(getpid(), SIGKILL);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_string_equal(slurp("run/run.json"), "whole");
  assert_true(exists("run/.run.json.reiter-part"));
  folder = open_folder("run", "d1", PETSC_FALSE, PETSC_TRUE);
  assert_false(exists("run/.run.json.reiter-part"));
  assert_string_equal(slurp("run/run.json"), "whole");
  OK(RunFolderClose(&folder));
}

static void test_other_case_is_refused(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  const char *words[] = {in_root("run"), "another case", "--overwrite", "--output"};

  (void)state;
  OK(RunFolderWriteText(folder, "run.json", "1", 1));
  OK(RunFolderClose(&folder));
  expect_refusal("run", "d2", PETSC_FALSE, 4, words);
  expect_refusal("run", "d2", PETSC_TRUE, 4, words);
  expect_refusal("run", "d", PETSC_FALSE, 4, words);
  assert_string_equal(slurp("run/run.json"), "1");
  folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  OK(RunFolderClose(&folder));
}

static void test_damaged_manifest_is_refused(void **state)
{
  const char *words[] = {"another case", "--overwrite"};

  (void)state;
  mkdir(in_root("run"), 0777);
  put("run/manifest.txt", "reiter-run-folder d1"); /* torn: no end of line */
  expect_refusal("run", "d1", PETSC_FALSE, 2, words);
  put("run/manifest.txt", "");
  expect_refusal("run", "d1", PETSC_FALSE, 2, words);
}

static void test_overwrite_removes_own_files_only_and_late(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FILE *stream;

  (void)state;
  OK(RunFolderLog(folder, "old line"));
  OK(RunFolderWriteText(folder, "run.json", "1", 1));
  OK(RunFolderWriteText(folder, "spectrum.csv", "a\n", 2));
  OK(RunFolderClose(&folder));
  put("run/notes.csv", "mine");
  folder = open_folder("run", "d2", PETSC_TRUE, PETSC_FALSE);
  OK(RunFolderLog(folder, "new line"));
  OK(RunFolderBegin(folder, "run.json", &stream));
  assert_true(exists("run/spectrum.csv"));
  assert_string_equal(slurp("run/run.json"), "1");
  assert_non_null(strstr(slurp("run/log.txt"), "old line"));
  fputs("2", stream);
  OK(RunFolderCommit(folder, "run.json", &stream));
  assert_false(exists("run/spectrum.csv"));
  assert_string_equal(slurp("run/run.json"), "2");
  assert_string_equal(slurp("run/notes.csv"), "mine");
  assert_null(strstr(slurp("run/log.txt"), "old line"));
  assert_non_null(strstr(slurp("run/log.txt"), "new line"));
  OK(RunFolderLog(folder, "later line"));
  assert_non_null(strstr(slurp("run/log.txt"), "later line"));
  OK(RunFolderClose(&folder));
  folder = open_folder("run", "d2", PETSC_FALSE, PETSC_TRUE);
  OK(RunFolderClose(&folder));
}

/* A run that ends before its first file leaves the old results, and they stay the old case's. */
static void test_early_end_keeps_old_results(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  const char *words[] = {"another case"};

  (void)state;
  OK(RunFolderWriteText(folder, "run.json", "1", 1));
  OK(RunFolderClose(&folder));
  folder = open_folder("run", "d2", PETSC_TRUE, PETSC_FALSE);
  OK(RunFolderClose(&folder));
  assert_string_equal(slurp("run/run.json"), "1");
  expect_refusal("run", "d2", PETSC_FALSE, 1, words);
}

static void test_resume_keeps_files_and_log(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);

  (void)state;
  OK(RunFolderLog(folder, "first"));
  OK(RunFolderWriteText(folder, "effective.csv", "x\n", 2));
  OK(RunFolderClose(&folder));
  folder = open_folder("run", "d1", PETSC_FALSE, PETSC_TRUE);
  OK(RunFolderLog(folder, "second"));
  OK(RunFolderWriteText(folder, "run.json", "1", 1));
  OK(RunFolderClose(&folder));
  assert_true(exists("run/effective.csv"));
  assert_non_null(strstr(slurp("run/log.txt"), "first"));
  assert_non_null(strstr(slurp("run/log.txt"), "second"));
}

static void test_foreign_files_are_not_taken_over(void **state)
{
  const char *words[] = {"case.yaml", "no run has written", "--overwrite", "--output"};
  RunFolder folder;

  (void)state;
  mkdir(in_root("home"), 0777);
  put("home/thesis.tex", "x");
  folder = open_folder("home", "d1", PETSC_FALSE, PETSC_FALSE);
  OK(RunFolderClose(&folder));
  mkdir(in_root("home2"), 0777);
  put("home2/case.yaml", "title: mine");
  expect_refusal("home2", "d1", PETSC_FALSE, 4, words);
  assert_string_equal(slurp("home2/case.yaml"), "title: mine");
}

static void test_file_in_the_way(void **state)
{
  const char *words[] = {in_root("a"), "is a file", "--output"};

  (void)state;
  put("a", "file");
  expect_refusal("a", "d1", PETSC_FALSE, 3, words);
  expect_refusal("a/b/c", "d1", PETSC_FALSE, 3, words);
  assert_string_equal(slurp("a"), "file");
}

/* Root may write everywhere, so there the refusal is tried as another user. */
static void test_unwritable_directory(void **state)
{
  const char *words[] = {in_root("shut"), "cannot be", "--output"};
  pid_t child;
  int status;

  (void)state;
  mkdir(in_root("shut"), 0777);
  assert_int_equal(chmod(in_root("shut"), 0555), 0);
  assert_int_equal(chmod(root, 0755), 0);
  fflush(NULL);
  child = fork();
  if (child == 0) {
    RunFolder folder = NULL;
    char *refused = NULL;
    int good;
    if (geteuid() == 0 && (setgid(65534) || setuid(65534))) _exit(77);
    good = !RunFolderOpen(in_root("shut"), "d1", PETSC_TRUE, PETSC_FALSE, &folder, &refused) && !folder &&
           refused;
    for (int i = 0; good && i < 3; ++i) good = strstr(refused, words[i]) != NULL;
    _exit(good ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) skip();
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_two_runs_at_once(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  const char *words[] = {"another run", in_root("run"), "--output"};

  (void)state;
  expect_refusal("run", "d1", PETSC_TRUE, 3, words);
  OK(RunFolderClose(&folder));
}

static void test_path(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  char path[512];

  (void)state;
  OK(RunFolderPath(folder, "x.csv", path, sizeof path));
  assert_string_equal(path, in_root("run/x.csv"));
  OK(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  assert_int_not_equal(RunFolderPath(folder, "x.csv", path, 5), 0);
  assert_int_not_equal(RunFolderWriteText(folder, "../x", "1", 1), 0);
  OK(PetscPopErrorHandler());
  assert_false(exists("x"));
  OK(RunFolderClose(&folder));
}

static void test_full_disk_is_an_error(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  FILE *stream;
  int fd;

  (void)state;
  OK(RunFolderWriteText(folder, "run.json", "old", 3));
  OK(RunFolderBegin(folder, "run.json", &stream));
  fd = open("/dev/full", O_WRONLY);
  assert_true(fd >= 0 && dup2(fd, fileno(stream)) >= 0);
  close(fd);
  fputs("lost", stream);
  OK(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  assert_int_equal(RunFolderCommit(folder, "run.json", &stream), PETSC_ERR_FILE_WRITE);
  OK(PetscPopErrorHandler());
  assert_string_equal(slurp("run/run.json"), "old");
  OK(RunFolderClose(&folder));
}

static void test_log_line(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  double seconds = -1;
  int end = 0;

  (void)state;
  OK(RunFolderLog(folder, "%d points, %s\n", 3, "done"));
  assert_int_equal(sscanf(slurp("run/log.txt"), "%lf 3 points, done%n", &seconds, &end), 1);
  assert_true(end > 0 && seconds >= 0 && seconds < 60);
  assert_string_equal(slurp("run/log.txt") + end, "\n");
  OK(RunFolderClose(&folder));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_parents_are_made),
      IN_FOLDER(test_file_appears_only_on_commit),
      IN_FOLDER(test_kill_leaves_whole_files),
      IN_FOLDER(test_other_case_is_refused),
      IN_FOLDER(test_damaged_manifest_is_refused),
      IN_FOLDER(test_overwrite_removes_own_files_only_and_late),
      IN_FOLDER(test_early_end_keeps_old_results),
      IN_FOLDER(test_resume_keeps_files_and_log),
      IN_FOLDER(test_foreign_files_are_not_taken_over),
      IN_FOLDER(test_file_in_the_way),
      IN_FOLDER(test_unwritable_directory),
      IN_FOLDER(test_two_runs_at_once),
      IN_FOLDER(test_path),
      IN_FOLDER(test_full_disk_is_an_error),
      IN_FOLDER(test_log_line),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
