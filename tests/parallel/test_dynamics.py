"""Reversible diffusions on one, two and three ranks: the same numbers to 1e-11. Arguments: program, mpiexec, its flag."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
MESHES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "meshes")
TENSOR = [["1 + 0.5*sin(x)", "0.3"], ["0.3", "0.6"]]


def case_of(domain, **sections):
    return {"dimension": 2, "diffusion": {"log_weight": "-x^2 - 1.5*y^2 + 0.4*x*y", "tensor": TENSOR},
            "domain": domain, **sections}


BOX = {"box": [[-2, 2], [-2.5, 2]], "cells": [18, 15]}
EVOLVE = {"initial": "exp(-3*(x - 0.5)^2 - 3*y^2)", "times": [0.01, 0.3, 5], "observables": {"x": "x", "xy": "x*y"}}


class Ranks(ProgramTest):
    def agree(self, a, b, where=""):
        """Every number of two results within 1e-11 of the larger one (of one, where it is small)."""
        if isinstance(a, dict):
            self.assertEqual(a.keys(), b.keys(), where)
            for key in a:
                if key not in ("residual", "error", "orthogonality", "gap_error", "steps", "clipped", "norm",
                               "poincare_error", "chi_square"):
                    self.agree(a[key], b[key], f"{where}.{key}")
        elif isinstance(a, list):
            self.assertEqual(len(a), len(b), where)
            for i, (p, q) in enumerate(zip(a, b)):
                self.agree(p, q, f"{where}[{i}]")
        elif isinstance(a, float) and isinstance(b, (int, float)):
            self.assertLessEqual(abs(a - b), 1e-11 * max(1, abs(a)), where)
        else:
            self.assertEqual(a, b, where)

    def same_everywhere(self, case, *flags):
        alone = self.run_case(case, *flags).json
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                run = self.run_case(case, *flags, launcher=[MPIEXEC, FLAG, str(ranks)], timeout=120).json
                self.assertEqual(run["provenance"]["ranks"], ranks)
                for section in ("evolution", "spectrum", "passage", "diffusion"):
                    self.assertEqual(section in run, section in alone)
                    if section in alone:
                        self.agree(run[section], alone[section], section)
        return alone

    def test_elements(self):
        for order in (1, 3):
            self.same_everywhere(case_of({**BOX, "order": order}, evolve=EVOLVE, spectrum={"count": 3}))

    def test_monotone(self):
        self.same_everywhere(case_of({**BOX, "scheme": "monotone"}, evolve=EVOLVE, spectrum={"count": 3},
                                     passage={"from": [[1, 0.2]], "to": "x < -1",
                                              "committor": {"a": "x < -1", "b": "x > 1"}}))

    def test_periodic_and_absorbing(self):
        domain = {**BOX, "order": 2, "boundary": ["periodic", ["absorbing", "reflecting"]]}
        self.same_everywhere(case_of(domain, evolve=EVOLVE, spectrum={"count": 3}, passage={"from": [[1, 0.2]]}))

    def test_meshes(self):
        for name, order in (("disk.msh", 2), ("lshape.msh", 3)):
            self.same_everywhere(case_of({"mesh": os.path.join(MESHES, name), "order": order}, evolve=EVOLVE,
                                         spectrum={"count": 3}))

    def test_partitioners(self):
        case = case_of({**BOX, "order": 2}, spectrum={"count": 3})
        alone = self.run_case(case).json["spectrum"]
        run = self.run_case(case, "-domain_petscpartitioner_type", "simple",
                            launcher=[MPIEXEC, FLAG, "2"]).json["spectrum"]
        self.agree(run["eigenvalues"], alone["eigenvalues"])

    def test_cascade(self):
        """Coefficients from the cascade: tabulated by all ranks together."""
        case = {"dimension": 2, "temperature": 0.7,
                "potential": {"macro": "x^2 + y^2", "micro": "(1 + 0.3*x)*cos(2*pi*x1)*cos(2*pi*y1)"},
                "cell": {"tolerance": 1e-6}, "domain": {**BOX, "order": 2}, "spectrum": {"count": 3}}
        self.same_everywhere(case)

    def test_mistakes_end_all_ranks(self):
        case = case_of({**BOX, "order": 2}, evolve=EVOLVE)
        case["diffusion"]["tensor"] = [["1", "2"], ["2", "1"]]
        for ranks in (1, 2):
            outcome = self.run_case(case, launcher=[MPIEXEC, FLAG, str(ranks)], timeout=60, code=2)
            self.assertEqual(outcome.err.count("not positive definite"), 1, outcome.err)


if __name__ == "__main__":
    unittest.main()
