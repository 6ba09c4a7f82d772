"""Paths on one, two and three ranks: the same bytes. Arguments: program, mpiexec, its flag."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)


class Ranks(ProgramTest):
    def command(self, case, *flags, **options):
        words, folder = super().command(case, *flags, **options)
        words[words.index("run")] = "paths"
        return words, folder

    def contents(self, outcome):
        """Tables and trajectories, and run.json without what depends on the clock and on the command."""
        files = {name: outcome.read(name) for name in sorted(os.listdir(outcome.folder)) if name.endswith((".csv", ".h5"))}
        ensembles = outcome.json["paths"]["ensembles"]
        for ensemble in ensembles:
            del ensemble["path_steps_per_second"]
        return files, ensembles

    def same_everywhere(self, case):
        files, ensembles = self.contents(self.run_case(case))
        self.assertTrue(files)
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                others = self.contents(self.run_case(case, launcher=[MPIEXEC, FLAG, str(ranks)], timeout=120))
                self.assertEqual(others[0].keys(), files.keys())
                for name, content in files.items():
                    self.assertTrue(others[0][name] == content, f"{name} differs on {ranks} ranks")
                self.assertEqual(others[1], ensembles)

    def test_line(self):
        """1100 paths are five blocks: no number of ranks here divides them."""
        for scheme in ("euler", "metropolis"):
            self.same_everywhere({
                "dimension": 1, "temperature": 0.25,
                "potential": {"macro": "x^4/4 - 0.2*x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"},
                "paths": {"epsilon": 0.25, "homogenized": True, "count": 1100, "step": [2e-4, 0.005], "time": 0.5, "burn_in": 0.1,
                          "initial": "equilibrium", "box": [[-2.5, 2.5]], "scheme": scheme, "histogram": {"cells": 30},
                          "observables": {"mean": "x", "second": "x^2"}, "times": [0, 0.2, 0.5], "passage": {"to": "x > 0.5"},
                          "autocorrelation": {"of": "x", "until": 0.2, "count": 4}, "trajectories": {"count": 300, "every": 50}}})

    def test_plane(self):
        self.same_everywhere({
            "dimension": 2, "diffusion": {"log_weight": "-x^2 - y^2 + 0.5*x*y", "tensor": [["1 + 0.3*sin(x)", "0.2"], ["0.2", "0.7"]]},
            "paths": {"count": 300, "step": 0.01, "time": 1, "box": [[-4, 4], [-4, 4]], "histogram": {"cells": [8, 6]},
                      "observables": {"xy": "x*y"}, "passage": {"to": "x + y > 1"}}})


if __name__ == "__main__":
    unittest.main()
