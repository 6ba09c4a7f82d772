"""Folds, pitchforks and exponents of the published potentials. Arguments: program."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest


def pitchfork(scales, temperature, **transitions):
    waves = " + ".join(f"sin(2*pi*x{n + 1})" for n in range(scales))
    return {"dimension": 1, "temperature": temperature, "parameters": {"alpha": -0.2},
            "potential": {"macro": "x^4/4 - alpha*x^2/2", "micro": f"-x^2/2*({waves})"},
            "transitions": {"box": [[-2.5, 2.5]], "parameter": "alpha", "range": [-3.5, 0.5], **transitions}}


class TransitionsTest(ProgramTest):
    def command(self, case, *flags, **options):
        words, folder = super().command(case, *flags, **options)
        words[words.index("run")] = "transitions"
        return words, folder

    def found(self, case):
        return self.run_case(case).json["transitions"]

    def test_folds(self):
        for scales, temperature, exact in [(1, 0.1, -0.302154652414), (2, 0.2, -0.604309304829),
                                           (4, 0.1, -2.664712342222)]:
            folds = [e for e in self.found(pitchfork(scales, temperature))["events"] if e["kind"] == "fold"]
            self.assertEqual(len(folds), 2)
            for fold in folds:
                self.assertAlmostEqual(fold["at"][0], exact, delta=2e-12)

    def test_degenerate_pitchfork_and_exponents(self):
        found = self.found(pitchfork(2, 0.2, second="temperature", second_range=[0.1, 0.7],
                                     exponents=[0.001, 0.3]))
        end, = [e for e in found["codimension_two"] if e["kind"] == "degenerate pitchfork"]
        self.assertAlmostEqual(end["at"][1], 0.5, delta=1e-8)
        self.assertTrue(found["exponents"])
        for e in found["exponents"]:
            self.assertAlmostEqual(e["exponent"], {0.3: 1.586, 0.001: 1.5002}[e["X"]], delta=5e-4)

    def test_limits(self):
        """|alpha_c| ~ X^(3/2) where the folds end, x ~ X^(1/2) on the branch that leaves alpha = 0."""
        found = self.found(pitchfork(1, 0.1, second="temperature", second_range=[0.1, 0.4], exponents=[0.001, 0.3]))
        limit = found["limit"]
        self.assertLess(limit["error"], 1e-3)
        self.assertAlmostEqual(limit["exponent"], 1.5, delta=max(1e-8, limit["error"]))
        branch, = found["branch_exponents"]
        self.assertAlmostEqual(branch["limit"]["exponent"], 0.5, delta=1e-8)

    def test_states(self):
        """One state below the fold, three up to the pitchfork, two above it."""
        case = pitchfork(1, 0.1, observables={"order": "abs(x)"})
        found = self.found(case)
        self.assertEqual([(i["stable"], i["unstable"], i["degree_checked"]) for i in found["intervals"]],
                         [(1, 0, True), (3, 2, True), (2, 1, True)])
        self.assertAlmostEqual(found["intervals"][0]["to"], -0.302154652414, delta=2e-12)
        for point in found["points"]:
            self.assertEqual(point["observables"]["order"], abs(point["x"][0]))

    def test_order_parameter(self):
        """(3.3) at fixed alpha < 0: x ~ ((s_c - s)/s_c)^(1/2), s_c = lambda^2/(2 |alpha|)."""
        case = {"dimension": 1, "temperature": 0.4, "parameters": {"alpha": -1, "lambda": 1},
                "potential": {"macro": "x^4/4 - alpha*x^2/2",
                              "micro": ["-x^2/2*sin(2*pi*x1)", "lambda*x*sin(2*pi*x2)"]},
                "transitions": {"box": [[-2, 2.1]], "parameter": "temperature", "range": [0.2, 0.9],
                                "exponents": [0.001, 0.1]}}
        found = self.found(case)
        fork, = [e for e in found["events"] if e["kind"] == "pitchfork"]
        self.assertAlmostEqual(fork["at"][0], 0.5, delta=1e-11)
        branch, = found["branch_exponents"]
        self.assertAlmostEqual(branch["limit"]["exponent"], 0.5, delta=1e-7)

    def test_additive(self):
        for strength in (1, 2):
            case = {"dimension": 1, "temperature": 0.25, "parameters": {"alpha": -1, "lambda": strength},
                    "potential": {"macro": "x^4/4 - alpha*x^2/2",
                                  "micro": ["-x^2/2*sin(2*pi*x1)", "lambda*x*sin(2*pi*x2)"]},
                    "transitions": {"box": [[-3, 3]], "parameter": "alpha", "range": [-12, 2]}}
            forks = [e for e in self.found(case)["events"] if e["kind"] == "pitchfork"]
            self.assertEqual(len(forks), 1)
            self.assertAlmostEqual(forks[0]["at"][0], -strength**2 / 0.5, delta=1e-10)

    def test_names_of_columns(self):
        """An observable with the name of a column would hide that column from whoever reads the file."""
        for name in "q", "p", "index":
            result = self.run_case(pitchfork(1, 0.1, observables={name: "x^2"}), code=2)
            self.assertIn(f"cannot be called '{name}'", result.err)

    def test_two_dimensions(self):
        """No closed form is used: a double well along x and a rough direction y that leaves the wells in place."""
        case = {"dimension": 2, "temperature": 0.5, "parameters": {"alpha": 1},
                "potential": {"macro": "x^4/4 - alpha*x^2/2 + y^2/2", "micro": "cos(2*pi*x1)*cos(2*pi*y1)"},
                "transitions": {"box": [[-2, 2.1], [-2, 2.2]], "parameter": "alpha", "range": [-1, 1.5]}}
        found = self.found(case)
        self.assertTrue(found["degree_checked"])
        self.assertEqual([p["index"] for p in found["points"]], [0, 1, 0])
        self.assertAlmostEqual(abs(found["points"][0]["x"][0]), 1, delta=1e-10)
        fork, = found["events"]
        self.assertTrue(fork["kind"] == "pitchfork" and fork["supercritical"])
        self.assertAlmostEqual(fork["at"][0], 0, delta=1e-10)

    def test_mistakes(self):
        for change, word in [({"parameter": "alpa"}, "alpha"), ({"range": [1, 1]}, "twice"),
                             ({"second": "temprature", "second_range": [0.1, 0.2]}, "temperature"),
                             ({"second": "temperature", "second_range": [0, 0.2]}, "temperatures > 0")]:
            case = pitchfork(1, 0.1)
            case["transitions"].update(change)
            outcome = self.run_case(case, code=2)
            self.assertIn(word, outcome.err)


if __name__ == "__main__":
    unittest.main()
