"""Mistakes under mpiexec: every message once, the exit code of the program, nobody waits for ever."""
import os
import sys

from mistakes import PLANE, PROGRAM, SECTIONS, MistakeTest, spoken, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
BANNERS = ("Primary job", "a non-zero exit code", "mpiexec detected", "the job to be terminated", "Process name",
           "Exit code", "---", "mpirun detected")


class Ranks(MistakeTest):
    launcher = [MPIEXEC, FLAG, "2"]
    # Open MPI unloads its modules before leaks are looked for: they have no names any more.
    settings = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

    def once(self, *words, says, code=2):
        """What the program itself printed; a rank that waits for ever becomes a failure after two minutes."""
        process = self.reiter(*words, code=code)
        lines = [line for line in process.stderr.split("\n") if line.strip() and not line.strip().startswith(BANNERS)]
        self.assertEqual(lines, says.rstrip("\n").split("\n"))
        self.assertNotIn("MPI_ABORT", process.stderr)
        return process

    def test_case_files(self):
        self.write("dimension: 1\ntemprature: 1\npotential: {micro: sni(x1)}\n", "case.yaml")
        says = ("case.yaml:2:1: error: unknown key 'temprature'\ntemprature: 1\n^~~~~~~~~~\n"
                f"  expected: {SECTIONS}\n"
                "  did you mean 'temperature'?\n"
                "case.yaml:3:20: error: there is no function sni\npotential: {micro: sni(x1)}\n"
                "                   ^~~\n  did you mean 'sin'?\n")
        self.once("run", "case.yaml", says=says)
        self.once("validate", "case.yaml", says=says)

    def test_command_lines(self):
        self.write(PLANE, "case.yaml")
        self.once("rnu", "case.yaml", says=spoken("unknown verb 'rnu'; 'reiter --help' lists the verbs", None, "run"))
        self.once("run", "nosuch.yaml", says=spoken("cannot open 'nosuch.yaml': No such file or directory"))
        self.once("run", "case.yaml", "-cell_ksp_type", "cgx",
                  says=spoken("wrong value for the PETSc option -cell_ksp_type: 'cgx'",
                              "a linear solver of PETSc, as cg, minres or gmres", "cg"))
        self.assertEqual(self.reiter("--version", code=0).stdout.count("PETSc"), 1)
        self.assertEqual(self.reiter("help", code=0).stdout.count("Verbs:"), 1)

    def test_runs(self):
        self.write(PLANE, "case.yaml")
        run = ("run", "case.yaml", "--output", "run", "--quiet")
        self.once(*run, "-cell_ksp_tpye", "cg", says=spoken(
            "nothing used the PETSc option -cell_ksp_tpye; without it, --resume keeps the computed points", None,
            "-cell_ksp_type"))
        self.once(*run, "-cell_ksp_max_it", "2", code=3, says=spoken(
            "no result at x = (0, 0): the linear solver stopped with DIVERGED_ITS after 2 iterations on 11 points per "
            "direction"))
        self.once(*run, "-s", "temperature=0.1", says=spoken(
            "the output folder run holds the results of another case; replace them with --overwrite or choose another "
            "folder with --output"))
        self.once(*run, "--overwrite", "-cell_method", "fem", "-cell_pc_type", "bddc", says=spoken(
            "no result at x = (0, 0): PETSc refuses the options of the linear solver: PCBDDC preconditioner requires matrix "
            "of type MATIS"))
        self.once("run", "case.yaml", "--output", "/proc/none", says=spoken(
            "the output folder /proc/none cannot be made: /proc/none: No such file or directory; choose another folder "
            "with --output"))

    def test_mistakes_in_the_middle_of_many_points(self):
        """More points than the ranks take together: one rank alone may meet what PETSc refuses."""
        self.write(PLANE.replace("micro: ", "micro: (1 + x)*")
                   + "effective: {grid: {box: [[0, 1], [0, 1]], cells: 4}}\n", "case.yaml")
        process = self.reiter("run", "case.yaml", "--output", "run", "-cell_method", "fem", "-cell_pc_type", "bddc")
        self.assertEqual(process.stderr.count("25 of 25 points have no result"), 1)
        self.assertNotIn("MPI_ABORT", process.stderr)

    def test_a_file_that_one_rank_lacks(self):
        self.write(PLANE, "case.yaml")
        for rank in "01":
            with self.subTest(rank=rank):
                self.write('[ "$OMPI_COMM_WORLD_RANK" = "$1" ] && file=nosuch.yaml || file=case.yaml\n'
                           'exec "$2" run $file --output run\n', "part.sh")
                self.launcher = [MPIEXEC, FLAG, "2", "sh", "part.sh", rank]
                self.once(says=spoken("cannot open 'nosuch.yaml': No such file or directory"))
                self.assertEqual(self.files(), set())


if __name__ == "__main__":
    unittest.main()
