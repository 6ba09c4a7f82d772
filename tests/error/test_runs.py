"""Runs that cannot be what was asked for: the exit code, the sentence, and what is left in the folder."""
import fcntl
import math
import os
import resource
import signal

from mistakes import PLANE, MistakeTest, parse_json, spoken, unittest

COPIES = {"case.yaml", "resolved.yaml", "log.txt", "manifest.txt"}  # what says only what was asked for
ELSEWHERE = "choose another folder with --output"
RIDGES = ("dimension: 2\ntemperature: 0.5\npotential: {micro: abs(sin(pi*(x1 + y1)))}\n"
          "cell: {method: fem, tolerance: 1e-9, max_unknowns: 3000}\n")


class RunTest(MistakeTest):
    def setUp(self):
        super().setUp()
        self.write(PLANE, "case.yaml")

    def run_reiter(self, *words, code=0, case="case.yaml", folder="run", **options):
        return self.reiter("run", case, "--output", folder, "--quiet", *words, code=code, **options)

    def results(self, folder="run"):
        """run.json, strict, and no temporary file beside it."""
        self.assertEqual([name for name in self.files(folder) if "part" in name or name.startswith(".")], [])
        with open(self.path(f"{folder}/run.json"), encoding="utf-8") as stream:
            return parse_json(stream.read())


class Folders(RunTest):
    def test_results_of_another_case(self):
        self.run_reiter()
        first = self.results()
        says = spoken("the output folder run holds the results of another case; replace them with --overwrite or "
                      + ELSEWHERE)
        for words in (["-s", "temperature=0.4"], ["-s", "temperature=0.4", "--resume"]):
            self.assertEqual(self.run_reiter(*words, code=2).stderr, says)
            self.assertEqual(self.results(), first)
        self.run_reiter("-s", "temperature=0.4", "--overwrite")
        self.assertNotEqual(self.results()["effective"]["points"], first["effective"]["points"])
        self.run_reiter("-s", "temperature=0.4")  # the same case again needs no leave

    def test_files_of_somebody_else(self):
        os.mkdir(self.path("run"))
        self.write("mine\n", "run/run.json")
        process = self.run_reiter(code=2)
        self.assertEqual(process.stderr, spoken("the output folder run holds a file run.json that no run has written; "
                                                "replace it with --overwrite or " + ELSEWHERE))
        self.assertEqual(self.files(), {"run.json"})
        self.run_reiter("--overwrite")
        self.assertEqual(self.results()["status"], "ok")

    def test_folders_that_cannot_be(self):
        for folder, words in (
                ("case.yaml", "made because case.yaml is a file; move the file away or " + ELSEWHERE),
                ("case.yaml/x", "made because case.yaml is a file; move the file away or " + ELSEWHERE),
                ("/proc/none", "made: /proc/none: No such file or directory; " + ELSEWHERE),
                ("/proc", "written to (No such file or directory); " + ELSEWHERE)):
            with self.subTest(folder=folder):
                process = self.run_reiter(code=2, folder=folder)
                self.assertEqual(process.stderr, spoken(f"the output folder {folder} cannot be {words}"))

    def test_a_run_in_progress(self):
        os.mkdir(self.path("run"))
        handle = os.open(self.path("run"), os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        process = self.run_reiter(code=2)
        os.close(handle)
        self.assertEqual(process.stderr, spoken("another run is writing to the output folder run; wait until it ends "
                                                "or " + ELSEWHERE))

    def test_a_disk_that_is_full(self):
        """Every size of file at which the disk may be full: a sentence, and no half file under a final name."""
        grid = "effective.grid={box: [[0, 1], [0, 1]], cells: 9}"
        self.run_reiter("-s", grid)
        sizes = [os.path.getsize(self.path(f"run/{name}")) for name in self.files()]
        codes = set()
        for limit in sorted({0, *[size - 1 for size in sizes]}):
            def shrink():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            folder = f"full{limit}"
            with self.subTest(limit=limit):
                process = self.run_reiter("-s", grid, code=None, folder=folder, preexec_fn=shrink, restore_signals=False)
                left = self.files(folder)
                codes.add(process.returncode)
                self.assertFalse([name for name in left if name.endswith("part")], left)
                if process.returncode:  # the log alone may fail without harm
                    self.assertEqual(process.returncode, 1)
                    self.assertRegex(process.stderr, r"\Areiter: error: cannot write .*\n\Z")
                    self.assertNotIn("run.json", left)
        self.assertIn(1, codes)


class Methods(RunTest):
    def test_a_method_that_does_not_apply(self):
        says = spoken("no result at x = (0, 0): cell method 'closed_form' does not apply: the coefficient is neither a "
                      "laminate along an axis nor separable")
        for words in (["-s", "cell.method=closed_form"], ["-cell_method", "closed_form"]):
            self.assertEqual(self.run_reiter(*words, code=2).stderr, says)
            self.assertEqual(self.files(), COPIES)
        self.run_reiter()  # nothing is lost with the mended case, so it needs no leave
        self.assertEqual(self.results()["status"], "ok")

    def test_options_that_petsc_refuses_when_it_solves(self):
        for words, sentence in (
                ("-cell_method fem -cell_pc_type bddc", "PCBDDC preconditioner requires matrix of type MATIS"),
                ("-cell_method fem -cell_pc_type lu -cell_pc_factor_mat_solver_type foo",
                 "Could not locate solver type foo for factorization type LU and matrix type seqaij"),
                ("-cell_method fourier -cell_pc_type lu",
                 "Could not locate a solver type for factorization type LU and matrix type shell"),
                ("-cell_method fourier -cell_ksp_type gmres -cell_ksp_norm_type natural",
                 "KSP gmres does not support norm type NATURAL")):
            with self.subTest(words=words):
                process = self.run_reiter(*words.split(), code=2)
                self.assertIn("reiter: error: no result at x = (0, 0): PETSc refuses the options of the linear solver: "
                              + sentence, process.stderr)
                self.assertEqual(process.stderr.count("\n"), 1)
                self.assertEqual(self.files(), COPIES)

    def test_an_option_that_nothing_used(self):
        process = self.run_reiter("-cell_ksp_tpye", "cg", code=2)
        self.assertEqual(process.stderr, spoken("nothing used the PETSc option -cell_ksp_tpye; without it, --resume keeps "
                                                "the computed points", None, "-cell_ksp_type"))
        self.assertNotIn("run.json", self.files())
        self.write(PLANE + "petsc:\n  cell_ksp_tpye: cg\n", "placed.yaml")
        self.assertEqual(self.run_reiter(code=2, case="placed.yaml", folder="other").stderr,
                         "placed.yaml:6:3: error: nothing used the PETSc option -cell_ksp_tpye; without it, --resume keeps "
                         "the computed points\n  cell_ksp_tpye: cg\n  ^~~~~~~~~~~~~\n  did you mean '-cell_ksp_type'?\n")
        process = self.reiter("run", "case.yaml", "--output", "run", "--resume", code=0)
        self.assertEqual(self.results()["status"], "ok")


class Limits(RunTest):
    def failure(self, words, reason, case="case.yaml"):
        """Exit code 3: no point has a number, and the one that was asked for says why."""
        process = self.run_reiter(*words, code=3, case=case)
        self.assertRegex(process.stderr, rf"\Areiter: error: no result at x = \(.*\): .*{reason}.*\n\Z")
        results = self.results()
        self.assertEqual(results["status"], "not converged")
        self.assertEqual(results["effective"]["points"], [])
        self.assertEqual(len(results["effective"]["failures"]), 1)
        failure = results["effective"]["failures"][0]
        self.assertRegex(failure["reason"], reason)
        self.assertNotIn("M", failure)
        with open(self.path("run/effective.csv"), encoding="utf-8") as stream:
            self.assertEqual(len(stream.readlines()), 1)  # the header
        self.assertNotIn("effective.checkpoint", self.files())
        return failure

    def test_a_solver_that_stops_short(self):
        for method in ("fourier", "fem -cell_pc_type jacobi"):
            for flag in ([], ["-cell_ksp_error_if_not_converged"]):
                with self.subTest(method=method, flag=flag):
                    words = ["-cell_method", *method.split(), "-cell_ksp_max_it", "2", *flag, "--overwrite"]
                    failure = self.failure(words, "DIVERGED_ITS")
                    self.assertNotIn("M_lower", failure)

    def test_max_unknowns(self):
        """The potential depends on x1 + y1 alone: 1/(Z Zhat) across the ridges, 1 along them."""
        self.write(RIDGES, "ridges.yaml")
        failure = self.failure([], "the next would exceed cell.max_unknowns", case="ridges.yaml")
        n, s = 20000, 0.5  # the midpoint rule over one arch of the sine, smooth inside: error below 1e-8
        sines = [math.sin(math.pi * (i + 0.5) / n) for i in range(n)]
        across = n * n / sum(math.exp(-v / s) for v in sines) / sum(math.exp(v / s) for v in sines)
        for direction, exact in (((1, 1), across), ((1, -1), 1)):
            lower, upper = (sum(failure[name][i][j] * direction[i] * direction[j] / 2 for i in (0, 1) for j in (0, 1))
                            for name in ("M_lower", "M_upper"))
            self.assertLessEqual(lower, exact + 1e-8)
            self.assertGreaterEqual(upper, exact - 1e-8)
        self.assertGreater(failure["error"], 1e-9)
        self.assertLess(failure["error"], 0.1)

    def test_max_solves(self):
        self.write("dimension: 2\ntemperature: 0.7\npotential:\n  micro: (1 + 0.5*sin(2*pi*x1))*cos(2*pi*x2)*cos(2*pi*y2)"
                   " + cos(2*pi*x1)*cos(2*pi*y1)\ncell: {max_solves: 3}\n", "two.yaml")
        self.failure([], "the limit of work, cell.max_solves = 3, is reached", case="two.yaml")

    def test_some_points_only(self):
        """What was computed stands in run.json, what was not in failures; the exit code is 3."""
        self.write(RIDGES.replace("micro: ", "micro: x*") + "effective: {points: [[0, 0], [1, 0]]}\n", "some.yaml")
        process = self.run_reiter(code=3, case="some.yaml")
        self.assertRegex(process.stderr, r"\Areiter: error: 1 of 2 points have no result, among them x = \(1, 0\): .*\n\Z")
        effective = self.results()["effective"]
        self.assertEqual([point["x"] for point in effective["points"]], [[0, 0]])
        self.assertEqual([point["x"] for point in effective["failures"]], [[1, 0]])

    def test_correctors_that_do_not_converge(self):
        """They are wanted more accurately than M, so a limit may stop them alone."""
        process = self.run_reiter("-s", "cell.tolerance=0.05", "-s", "effective.correctors=true", "-cell_ksp_max_it", "6",
                                  code=3)
        self.assertRegex(process.stderr, r"\Areiter: error: the correctors of a solved cell did not converge: .*\n\Z")
        self.assertNotIn("run.json", self.files())


if __name__ == "__main__":
    unittest.main()
