"""Mistakes that only show while a diffusion is made or asked: message, place, exit code, nothing left behind."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

MESHES = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "meshes"))
HEAD = 'dimension: 2\ndiffusion: {log_weight: "-x^2-y^2", tensor: 1}\n'
BOX = "domain: {box: [[-2,2],[-2,2]], cells: 16}\n"
SPECTRUM = "spectrum: {count: 2}\n"


class Mistakes(ProgramTest):
    def check(self, text, place, *words, code=2, flags=()):
        """One error, at line:column, with all of the words; no results."""
        path = self.write(text)
        outcome = self.run_case(path, *flags, code=code)
        self.assertEqual(outcome.err.count("error:"), 1, outcome.err)
        self.assertIn(f"{os.path.basename(path)}:{place}: error:" if place else "error:", outcome.err)
        for word in words:
            self.assertIn(word, outcome.err)
        if code == 2:
            self.assertFalse(os.path.exists(os.path.join(outcome.folder, "run.json")))
        return outcome

    def mesh(self, name):
        return os.path.join(MESHES, name)

    def test_meshes(self):
        self.check(f"{HEAD}domain: {{boundary: {{absorbng: absorbing}}, mesh: {self.mesh('disk.msh')}}}\n{SPECTRUM}",
                   "3:31", "no physical group absorbng", "reflecting, absorbing")
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

    def test_solvers(self):
        outcome = self.check(f"{HEAD}{BOX}evolve: {{initial: exp(-x^2), times: [1], method: lanczos}}\n"
                             "petsc: {evolve_ksp_type: cg, evolve_pc_type: none, evolve_ksp_max_it: 1}\n", None,
                             "DIVERGED_ITS", code=3)
        self.assertEqual(outcome.json["status"], "not converged")
        self.assertNotIn("evolution", outcome.json)
        self.check(f"{HEAD}{BOX}{SPECTRUM}petsc: {{evolve_ksp_type: cg}}\n", "5:9", "nothing used")
        self.check(f"{HEAD}{BOX}evolve: {{initial: \"1\", times: [1]}}\n", None, flags=("-evolve_method", "magic"))

    def test_heavy_tails(self):
        """A density with tails where w is e^-320: refused where it would be rounded to nonsense."""
        case = ("dimension: 1\ndiffusion: {log_weight: -20*x^4, tensor: 1}\ndomain: {box: [[-2, 2]], cells: CELLS, order: 4}\n"
                "evolve: {initial: \"1\", times: [0.001, 1], method: METHOD}\n")
        self.check(case.replace("CELLS", "400").replace("METHOD", "ts"), None, "tails", code=3)
        self.check(case.replace("CELLS", "40").replace("METHOD", "auto"), None, "finer mesh", code=3)



if __name__ == "__main__":
    unittest.main()
