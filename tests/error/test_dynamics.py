"""Mistakes that only show while a diffusion is made or asked: message, place, exit code, nothing left behind."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, unittest

MESHES = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "meshes"))
HEAD = 'dimension: 2\ndiffusion: {log_weight: "-x^2-y^2", tensor: 1}\n'
BOX = "domain: {box: [[-2,2],[-2,2]], cells: 16}\n"
SPECTRUM = "spectrum: {count: 2}\n"


class Mistakes(ProgramTest):
    def check(self, text, place, *words, without=None, code=2, flags=()):
        """One error, at line:column, with all of the words; no results."""
        path = self.write(text)
        outcome = self.run_case(path, *flags, code=code)
        self.assertEqual(outcome.err.count("error:"), 1, outcome.err)
        self.assertIn(f"{os.path.basename(path)}:{place}: error:" if place else "error:", outcome.err)
        for word in words:
            self.assertIn(word, outcome.err)
        if without:
            self.assertNotIn(without, outcome.err)
        if code == 2:
            self.assertFalse(os.path.exists(os.path.join(outcome.folder, "run.json")))
        return outcome

    def mesh(self, name):
        return os.path.join(MESHES, name)

    def test_meshes(self):
        self.check(f"{HEAD}domain: {{boundary: {{absorbng: absorbing}}, mesh: {self.mesh('disk.msh')}}}\n{SPECTRUM}",
                   "3:21", "no physical group absorbng", "reflecting, absorbing", "did you mean 'absorbing'?")
        self.check(f"{HEAD}domain: {{boundary: {{zzz: absorbing}}, mesh: {self.mesh('disk.msh')}}}\n{SPECTRUM}",
                   "3:21", "no physical group zzz", without="did you mean")
        with open(self.mesh("disk.msh"), "rb") as whole, open(self.path("cut.msh"), "wb") as part:
            part.write(whole.read(2000))
        self.check(f"{HEAD}domain: {{mesh: cut.msh}}\n{SPECTRUM}", "3:16", "cannot read the mesh", "$Nodes")
        with open(self.path("text.msh"), "w", encoding="utf-8") as file:
            file.write("no mesh\n")
        self.check(f"{HEAD}domain: {{mesh: text.msh}}\n{SPECTRUM}", "3:16", "text.msh")
        self.check(f"{HEAD}domain: {{mesh: {self.mesh('ball.msh')}}}\n{SPECTRUM}", "3:16", "elements of dimension 3")

    def test_coefficients(self):
        for diffusion, column, *words in (
                ("{weight: exp(-1e5*(x^2+10)), tensor: 1}", 21, "does not resolve the weight"),
                ("{weight: exp(-800-x^2)*exp(-100), tensor: 1}", 21, "log_weight"),
                ("{weight: x, tensor: 1}", 21, "negative or undefined"),
                ("{log_weight: 1/(x+2), tensor: 1}", 25, "infinite"),
                ("{log_weight: -x^2, tensor: [[1, 2], [2, 1]]}", 39, "not positive definite", "-1"),
                ("{log_weight: -x^2, tensor: [[1, 0.1], [0.2, 1]]}", 44, "not symmetric", "0.1", "0.2"),
                ("{log_weight: -x^2, tensor: [[1+1/(x+2), 0], [0, 1]]}", 41, "infinite")):
            with self.subTest(diffusion=diffusion):
                self.check(f"dimension: 2\ndiffusion: {diffusion}\n{BOX}{SPECTRUM}", f"2:{column}", *words)

    def test_tables(self):
        with open(self.path("t.csv"), "w", encoding="utf-8") as file:
            file.write("x,log_w,D\n0,0,1\n0.5,nan,1\n1,0,1\n")
        case = "dimension: 1\ndiffusion: {table: t.csv}\ndomain: {box: [[0, 1]]}\nspectrum: {count: 2}\n"
        self.check(case, "2:20", "line 3", "log_w", "nan")
        with open(self.path("t.csv"), "w", encoding="utf-8") as file:
            file.write("x,D\n0,1\n1,1\n")
        self.check(case, "2:20", "log_w")
        with open(self.path("t.csv"), "w", encoding="utf-8") as file:
            file.write("x,log_w,D\n0,0,1\n0.5,0,1\n0.7,0,1\n0.9,0,1\n")
        self.check(case, "2:20", "0.9")

    def test_initial_densities(self):
        for initial, column, *words in (("0*x", 19, "integral 0"), ("0-exp(-x^2)", 19, "integral -"),
                                        ("sqrt(x)", 19, "not finite"), ("{file: case.txt}", 26, "HDF5")):
            with self.subTest(initial=initial):
                open(self.path("case.txt"), "w", encoding="utf-8").close()
                self.check(f"{HEAD}{BOX}evolve: {{initial: {initial}, times: [1]}}\n", f"4:{column}", *words)
        self.check(f"{HEAD}domain: {{mesh: {self.mesh('disk.msh')}}}\nevolve: {{initial: {{delta: [3, 0]}}, times: [1]}}\n",
                   "4:27", "outside of the domain")
        self.check(f"{HEAD}{BOX}evolve: {{initial: exp(-x^2), times: [1], positive: true}}\n", "4:52", "monotone")

    def test_passages(self):
        for passage, column, *words in (
                ("{from: [[0,0]], to: x > 5}", 30, "no node of the domain lies in the target"),
                ("{from: [[0,0]], to: x < 5}", 30, "all nodes of the domain lie in the target"),
                ("{committor: {a: x < 0.5, b: x > -0.5}}", 11, "overlap")):
            with self.subTest(passage=passage):
                self.check(f"{HEAD}{BOX}passage: {passage}\n", f"4:{column}", *words)
        line = "dimension: 1\ndiffusion: {log_weight: -x^2, tensor: 1}\ndomain: {box: [[-2, 2]]}\n"
        self.check(f"{line}passage: {{from: [0], to: x > 5}}\n", "4:26", "empty")
        self.check(f"{line}passage: {{committor: {{a: x < 0.5, b: x > -0.5}}}}\n", "4:11", "meet")
        self.check(f"{line}passage: {{from: [0], to: x < 5}}\n", "4:26", "whole domain")
        self.check(f"{line}passage: {{from: [0], to: sin(400*x) > 0}}\n", "4:26", "more than 64 intervals")

    def test_densities_of_files(self):
        """Of another dimension, without the time, and of a smaller domain."""
        def case(dim, box, initial):
            return (f"dimension: {dim}\ndiffusion: {{log_weight: -x^2, tensor: 1}}\ndomain: {{box: {box}, cells: 8}}\n"
                    f"evolve: {{initial: {initial}, times: [0.5]}}\n")
        one = self.run_case(self.write(case(1, "[[-1, 1]]", "exp(-x^2)")))
        file = os.path.join(one.folder, "density.h5")
        self.check(case(2, "[[-1, 1], [-1, 1]]", f"{{file: {file}}}"), "4:26", "has dimension 1, not 2")
        self.check(case(1, "[[-1, 1]]", f"{{file: {file}, time: 7}}"), "4:26", "has no time 7; the nearest is 0.5")
        self.check(case(1, "[[-1, 2]]", f"{{file: {file}}}"), "4:26", "beyond the mesh of the file")

    def test_solvers(self):
        outcome = self.check(f"{HEAD}{BOX}evolve: {{initial: exp(-x^2), times: [1], method: lanczos}}\n"
                             "petsc: {evolve_ksp_type: cg, evolve_pc_type: none, evolve_ksp_max_it: 1}\n", None,
                             "DIVERGED_ITS", code=3)
        self.assertEqual(outcome.json["status"], "not converged")
        self.assertNotIn("evolution", outcome.json)
        self.check(f"{HEAD}{BOX}{SPECTRUM}petsc: {{evolve_ksp_type: cg}}\n", "5:9", "nothing used")
        self.check(f"{HEAD}{BOX}evolve: {{initial: \"1\", times: [1]}}\n", None, flags=("-evolve_method", "magic"))
        passage = "passage: {from: [[1, 0]], to: x < -1}\n"
        self.check(f"{HEAD}{BOX}{passage}", None, "auto, elimination or factor", flags=("-passage_method", "magic"))
        self.check(f"{HEAD}{BOX}{passage}", None, "-passage_estimate", flags=("-passage_estimate", "magic"))
        self.check(f"{HEAD}{BOX}{SPECTRUM}", "4:1", "flux integrals need an interval", flags=("-spectrum_method", "flux"))

    def test_what_only_a_solver_refuses(self):
        """It knows of no case: the section has to be named all the same."""
        mesh = f"{HEAD}domain: {{mesh: {self.mesh('disk.msh')}}}\n"
        self.check(f"{mesh}{SPECTRUM}", "4:1", "elimination needs the monotone scheme",
                   flags=("-spectrum_method", "elimination"))
        self.check(f"{mesh}{SPECTRUM}", "4:1", "refuse the options of the eigensolver",
                   flags=("-spectrum_eps_type", "power", "-spectrum_st_type", "shift"))
        self.check(f"{mesh}evolve: {{initial: \"1\", times: [1]}}\n", "4:1", "uniformisation",
                   flags=("-evolve_method", "uniformisation"))

    def test_heavy_tails(self):
        """A density with tails where w is e^-320: refused where it would be rounded to nonsense."""
        case = ("dimension: 1\ndiffusion: {log_weight: -20*x^4, tensor: 1}\ndomain: {box: [[-2, 2]], cells: CELLS, order: 4}\n"
                "evolve: {initial: \"1\", times: [0.001, 1], method: METHOD}\n")
        self.check(case.replace("CELLS", "400").replace("METHOD", "ts"), None, "tails", code=3)
        self.check(case.replace("CELLS", "40").replace("METHOD", "auto"), None, "finer mesh", code=3)


class Studies(ProgramTest):
    def refused(self, text, place, *words):
        path = self.write(text)
        process = subprocess.run([PROGRAM, "converge", path, "--output", self.path("study")], capture_output=True,
                                 text=True, timeout=60, check=False, env=environment())
        self.assertEqual(process.returncode, 2, process.stderr)
        self.assertEqual(process.stderr.count("error:"), 1, process.stderr)
        self.assertIn(f"{os.path.basename(path)}:{place}: error:", process.stderr)
        for word in words:
            self.assertIn(word, process.stderr)

    def test_studies_that_verify_nothing(self):
        head = "dimension: 1\ndiffusion: {log_weight: LOG_W, tensor: 1}\ndomain: {box: [[-2, 2]], cells: 16}\n"
        spectrum = "spectrum: {count: 2, method: slepc}\n"
        case = head.replace("LOG_W", "-x^2") + spectrum
        self.refused(f"{case}converge: {{levels: 3, exact: {{gap: 2}}}}\n", "5:1", "no rates to verify")
        self.refused(f"{case}converge: {{levels: 2, rates: {{gap: 2}}}}\n", "5:20", "two levels show no order")
        self.refused(f"{case}converge: {{levels: 3, rates: {{gop: 2}}}}\n", "5:31", "no number 'gop'")
        self.refused(f"{case}converge: {{levels: 3, rates: {{gap: 2}}, exact: {{gop: 2}}}}\n", "5:48", "no number 'gop'")
        self.refused(f"dimension: 2\ndiffusion: {{tensor: 1, weight: \"1\"}}\ndomain: {{mesh: {MESHES}/disk.msh}}\n"
                     f"{spectrum}converge: {{levels: 3, rates: {{gap: 2}}}}\n", "5:1", "nothing to refine")

    def test_times_beyond_all_numbers(self):
        """A barrier of 800: infinities have no order, and do not meet one."""
        self.refused("dimension: 1\ndiffusion: {log_weight: -800*(x^2-1)^2, tensor: 1}\ndomain: {box: [[-2, 2]], cells: 64}\n"
                     "passage: {from: [[-1]], to: x > 1}\n"
                     "converge: {levels: 3, rates: {mean_first_passage_time: 2}}\n", "5:31", "beyond the range of numbers")


if __name__ == "__main__":
    unittest.main()
