"""Experiments that confirm the theory: equilibria, first passage times and diffusion tensors of simulated paths of the
multiscale equations against exact values, within their standard errors at fixed seeds. Arguments: program."""
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, unittest

MOST = 3  # standard errors
PITCHFORK = {"dimension": 1, "temperature": 0.1, "parameters": {"alpha": -0.25},
             "potential": {"macro": "x^4/4 - alpha*x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"}, "cell": {"tolerance": 1e-10}}


def simpson(f, a, b, n):
    h = (b - a) / n
    return h / 3 * sum((1 if k in (0, n) else 4 if k % 2 else 2) * f(a + k * h) for k in range(n + 1))


def bessel_i0(z):
    n = 200
    return sum(math.exp(z * math.cos(math.pi * (k + 0.5) / n)) for k in range(n)) / n


def tail_of_chi_square(value, freedom):
    """P(chi^2 > value): the series of the incomplete gamma function."""
    a, x = freedom / 2, value / 2
    term = total = 1 / a
    for k in range(1, 2000):
        term *= x / (a + k)
        total += term
    return 1 - total * math.exp(a * math.log(x) - x - math.lgamma(a))


class Experiment(ProgramTest):
    def reiter(self, verb, case, *flags):
        folder = self.path(f"run{next(self.count)}")
        words = [PROGRAM, verb, self.write(case), "--output", folder, "--quiet", *flags]
        process = subprocess.run(words, capture_output=True, text=True, check=False, env=environment(), cwd=self.directory)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        self.folder = folder
        from program import parse_json
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
            return parse_json(stream.read())

    def ensembles(self, verb, case, *flags):
        return self.reiter(verb, case, *flags)["paths"]["ensembles"]

    def rows(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as stream:
            lines = stream.read().split()
        return [[float(word) for word in line.split(",")] for line in lines[1:]]

    def near(self, value, error, exact, bias=0.0):
        self.assertGreater(error, 0)
        self.assertLessEqual(abs(value - exact), MOST * error + bias, f"{value} +- {error} is not {exact}")


class Equilibrium(Experiment):
    """The law of the paths after a while that is long against the time within a period, held against exp(-V^e/s) and, in
    cells of whole periods, against exp(-V0/s) I0(x^2/(2 s)), eq. (26) of the paper."""
    S, CELLS, HALF = 0.1, 18, 1.8

    def limit(self, x):
        return math.exp(-(x**4 / 4 + x * x / 8) / self.S) * bessel_i0(x * x / (2 * self.S))

    def full(self, epsilon):
        return lambda x: math.exp(-(x**4 / 4 + x * x / 8 - x * x / 2 * math.sin(2 * math.pi * x / epsilon)) / self.S)

    def masses(self, density, points):
        width = 2 * self.HALF / self.CELLS
        found = [simpson(density, k * width - self.HALF, (k + 1) * width - self.HALF, points) for k in range(self.CELLS)]
        return [mass / sum(found) for mass in found]

    def p_value(self, counts, masses):
        """Pearson's test; cells at the ends that expect fewer than ten are one with their neighbours."""
        n, pairs = sum(counts), []
        left = [0.0, 0.0]
        for seen, mass in zip(counts, masses):
            left = [left[0] + seen, left[1] + n * mass]
            if left[1] >= 10:
                pairs.append(left)
                left = [0.0, 0.0]
        pairs[-1] = [pairs[-1][0] + left[0], pairs[-1][1] + left[1]]
        return tail_of_chi_square(sum((seen - expected)**2 / expected for seen, expected in pairs), len(pairs) - 1)

    def test_chi_square(self):
        case = {**PITCHFORK, "paths": {
            "epsilon": [0.2, 0.05], "homogenized": True, "scheme": "second_order", "step": [4e-4, 2.5e-5, 2e-3], "every": 10,
            "count": 4096, "time": 0.5, "initial": "equilibrium", "box": [[-self.HALF, self.HALF]],
            "histogram": {"cells": self.CELLS}, "seed": 11}}
        for ensemble in self.ensembles("paths", case):
            epsilon = ensemble["epsilon"]
            rows = self.rows(f"histogram_epsilon_{epsilon:g}.csv" if epsilon else "histogram_homogenized.csv")
            counts = [row[4] for row in rows]
            self.assertEqual(sum(counts), 4096)
            own = self.masses(self.full(epsilon) if epsilon else self.limit, 160)
            for row, mass in zip(rows, own):
                self.assertAlmostEqual(row[3] * 2 * self.HALF / self.CELLS, mass, delta=2e-6)
            self.assertGreater(self.p_value(counts, own), 1e-3)
            self.assertGreater(ensemble["histogram"]["p_value"], 1e-3)
            self.assertEqual(ensemble["escaped"], 0)
            # in the limit: at e = 0.05 the paths cannot be told from mu0, at e = 0.2 they can
            limit = self.p_value(counts, self.masses(self.limit, 40))
            if epsilon == 0.2:
                self.assertLess(limit, 1e-3)
            else:
                self.assertGreater(limit, 1e-3)


class Passage(Experiment):
    def test_passage_times(self):
        """Over the barrier between the middle well and the outer ones: at finite e and e -> 0 against `reiter run`."""
        target = "abs(x) > 0.6"
        case = {**PITCHFORK, "domain": {"box": [[-1.8, 1.8]], "cells": 90}, "passage": {"from": [0], "to": target},
                "converge": {"epsilon": [0.2, 0.1]},
                "paths": {"epsilon": [0.2, 0.1], "homogenized": True, "scheme": "second_order",
                          "step": [6e-4, 1.5e-4, 2e-3], "count": 1024, "time": 100, "seed": 5, "passage": {"to": target}}}
        two, one, limit = self.ensembles("paths", case)
        exact = self.reiter("run", case)["passage"]["mean_first_passage_time"]
        self.assertAlmostEqual(exact, 3.352479890, delta=1e-8)
        for ensemble, finite in ((two, 3.14763656), (one, 3.29431295), (limit, exact)):
            found = ensemble["passage"]
            self.assertEqual(found["arrived"], 1024)
            self.near(found["mean"], found["standard_error"], finite, 0.005 * exact)
            self.assertLess(found["standard_error"], 0.04 * exact)
        self.near(one["passage"]["mean"], math.hypot(one["passage"]["standard_error"], limit["passage"]["standard_error"]),
                  limit["passage"]["mean"], exact - 3.29431295)


class SawTooth(Experiment):
    """M = [2 s^2 (cosh(1/s) - 1)]^(-N), of the cascade and of paths at two e: the bias in e is what the two show."""

    def check(self, scales, sections):
        exact = (2 * (math.cosh(1) - 1))**-scales
        case = {"dimension": 1, "temperature": 1, "cell": {"tolerance": 1e-10, "breaks": [[0, 0.5]]},
                "potential": {"micro": [f"1 - abs(1 - 2*mod(x{k}, 1))" for k in range(1, scales + 1)], "scales": scales},
                "paths": {"scheme": "second_order", "seed": 2, **sections[0]}, "estimate": sections[1]}
        found = []
        for ensemble in self.ensembles("estimate", case):
            M = ensemble["estimate"]["limits"]["homogenized"][0][0]
            self.assertAlmostEqual(M, exact, delta=1e-9)
            one = ensemble["estimate"]["subsampling"][0]
            found.append((one["D"][0][0], one["D_error"][0][0]))
        bias = abs(found[0][0] - found[1][0])
        for value, error in found:
            self.near(value, error, exact, bias)
            self.assertLess(MOST * error + bias, (1 - exact) / 2)  # no doubt that it is not s

    def test_one_scale(self):
        self.check(1, ({"epsilon": [0.2, 0.1], "step": [5e-4, 1.25e-4], "count": 512, "time": 5},
                       {"every": 40, "subsampling": [0.04]}))

    def test_two_scales(self):
        self.check(2, ({"epsilon": [0.2, 0.125], "step": [2e-5, 3.125e-6], "count": 512, "time": 0.5},
                       {"every": 250, "subsampling": [0.05]}))


class Estimates(Experiment):
    def test_from_s_to_s_M(self):
        """V = x^2/2 + cos(2 pi x/e): s for delta << e^2, s M = s/I0(1/s)^2 for e^2 << delta << 1, falling between."""
        case = {"dimension": 1, "temperature": 1, "potential": {"macro": "x^2/2", "micro": "cos(2*pi*x1)"},
                "paths": {"epsilon": 0.1, "time": 5, "step": 1e-5, "count": 128, "initial": "equilibrium", "box": [[-6, 6]],
                          "scheme": "second_order", "seed": 3},
                "estimate": {"subsampling": [1e-5, 1e-4, 1e-3, 1e-2, 0.1], "offsets": 16}}
        ensemble, = self.ensembles("estimate", case)
        M = bessel_i0(1)**-2
        found = [(one["delta"], one["D"][0][0], one["D_error"][0][0]) for one in ensemble["estimate"]["subsampling"]]
        delta, first, error = found[0]
        self.near(first, error, 1, 0.02)
        for (_, before, _), (_, after, _) in zip(found, found[1:4]):
            self.assertLess(after, before)
        delta, last, error = found[-1]
        self.near(last, error, (1 - math.exp(-M * delta)) / delta, 0.1**2 / delta * M / 2)

    def test_tensor(self):
        """The reference tensor of potential A in the plane, with a trap: s (I - exp(-M delta))/delta."""
        M, s, delta = ((0.275458356377, 0.082413950111), (0.082413950111, 0.795409080925)), 0.5, 0.06
        micro = "cos(2*pi*x1) + 0.5*cos(2*pi*y1) + 0.75*cos(2*pi*(x1 - y1)) + 0.3*sin(4*pi*x1)"
        case = {"dimension": 2, "temperature": s, "potential": {"macro": "(x^2 + y^2)/2", "micro": micro},
                "cell": {"tolerance": 1e-9},
                "paths": {"epsilon": [0.2, 0.1], "scheme": "second_order", "step": [6e-5, 1.5e-5], "count": 512, "time": 1.5,
                          "initial": "equilibrium", "box": [[-3.2, 3.2]] * 2, "histogram": {"cells": [16, 16]}, "seed": 4},
                "estimate": {"every": 100, "subsampling": [delta]}}
        square = [[sum(M[i][k] * M[k][j] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
        two, one = self.ensembles("estimate", case)
        for ensemble in (two, one):
            self.assert_entries(ensemble["estimate"]["limits"]["homogenized"], [[s * a for a in row] for row in M], 1e-8)
            self.assertGreater(ensemble["histogram"]["p_value"], 1e-3)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            coarse, fine = (ensemble["estimate"]["subsampling"][0] for ensemble in (two, one))
            exact = s * (M[i][j] - square[i][j] * delta / 2)
            bias = abs(coarse["D"][i][j] - fine["D"][i][j])
            for found in (coarse, fine):
                self.near(found["D"][i][j], found["D_error"][i][j], exact, bias)
            self.assertLess(MOST * fine["D_error"][i][j], 0.25 * exact)


class Escapes(Experiment):
    def test_no_confinement(self):
        """-x^4/4: every path leaves in finite time; it is counted, and no number is spoilt by it."""
        case = {"dimension": 1, "temperature": 0.5, "potential": {"macro": "x^2/2 - x^4/4", "micro": "0.1*cos(2*pi*x1)"},
                "paths": {"epsilon": 0.5, "count": 256, "step": 1e-3, "time": 3, "seed": 1, "observables": {"square": "x^2"},
                          "times": [0, 1, 2, 3]}}
        ensemble, = self.ensembles("paths", case)
        self.assertTrue(20 < ensemble["escaped"] < 250, ensemble["escaped"])
        square = ensemble["observables"]["square"]
        self.assertEqual(square["independent"], 256 - ensemble["escaped"])
        self.assertLess(square["mean"], 2)
        self.assertLess(square["means"][-1], 2)


if __name__ == "__main__":
    unittest.main()
