"""reiter converge --in epsilon against closed forms and independent discretisations with numpy."""
import csv
import math
import os
import subprocess
import sys
import unittest

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json  # noqa: E402


def bessel(n, z):
    return sum((z / 2) ** (2 * k + n) / (math.factorial(k) * math.factorial(k + n)) for k in range(60))


def midpoints(a, b, n):
    h = (b - a) / n
    return a + h * (np.arange(n) + 0.5), h


def evolve(potential, s, a, b, n, initial, observables, times):
    """Scharfetter and Gummel's finite volumes, all eigenvectors: second order in the size of the cells."""
    x, h = midpoints(a, b, n)
    mass = np.exp(-potential(x) / s)
    bond = s / h**2 * np.exp(-potential(x[:-1] + h / 2) / s)
    diagonal = (np.append(bond, 0) + np.append(0, bond)) / mass
    matrix = np.diag(diagonal)
    off = -bond / np.sqrt(mass[:-1] * mass[1:])
    matrix[np.arange(n - 1), np.arange(1, n)] = matrix[np.arange(1, n), np.arange(n - 1)] = off
    rates, modes = np.linalg.eigh(matrix)
    rho = initial(x)
    start = modes.T @ (rho / rho.sum() / np.sqrt(mass))
    values = [[f(x) * np.sqrt(mass) @ (modes @ (np.exp(-rates * t) * start)) for t in times] for f in observables]
    return np.array(values), rates[1]


def passage_time(potential, s, a, start, end, n=300000):
    """(2.8), reflecting at a: int_start^end (int_a^y w) / (s w(y)) dy, by the midpoint rule."""
    x, h = midpoints(a, end, n)
    w = np.exp(-potential(x) / s)
    below = h * (np.cumsum(w) - w / 2)
    return float(h * (below / (s * w))[x > start].sum())


def wasserstein(potential, homogenized, s, a, b, n=400000):
    x, h = midpoints(a, b, n)
    p, q = np.exp(-potential(x) / s), np.exp(-homogenized(x) / s)
    p, q = p / p.sum(), q / q.sum()
    return float(h * np.abs(np.cumsum(p - q)).sum())


class Epsilon(ProgramTest):
    def study(self, case, code=0, *flags):
        folder = self.path(f"study{next(self.count)}")
        process = subprocess.run([PROGRAM, "converge", self.write(case), "--in", "epsilon", "--output", folder, *flags],
                                 capture_output=True, text=True, timeout=120, check=False, env=environment())
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        with open(os.path.join(folder, "converge.json"), encoding="utf-8") as file:
            results = parse_json(file.read())
        self.folder, self.out, self.err = folder, process.stdout, process.stderr
        self.assertEqual(results["status"], {0: "ok", 4: "unverified", 3: "not converged"}[code])
        return {q["name"]: q for q in results["quantities"]}

    def example_14(self, s, a, scales=1, **more):
        micro = f"{a}*cos(2*pi*x1)" + (f" + {a}*sin(2*pi*x2)" if scales == 2 else "")
        width = 10 * math.sqrt(s)
        return {"dimension": 1, "temperature": s, "potential": {"macro": "x^2/2", "micro": micro}, "cell": {"tolerance": 1e-11},
                "domain": {"box": [[-width, width]], "cells": 40}, **more}

    def test_example_14(self):
        """Distances and their limits, with the right signs; gap and mean of an Ornstein-Uhlenbeck process slowed by M."""
        s, a = 0.5, 0.75
        z = a / s
        M = bessel(0, z) ** -2
        q = self.study(self.example_14(
            s, a, evolve={"initial": f"exp(-(x - 1)^2/{s})", "times": [0.5], "observables": {"mean": "x"}},
            spectrum={"count": 2}, converge={"epsilon": [0.05, 0.1, 0.2], "epsilon_rates": {"wasserstein": 1, "gap": 2}}))
        y = (np.arange(200000) + 0.5) / 200000
        variation = np.abs(1 - np.exp(-z * np.cos(2 * np.pi * y)) / bessel(0, z)).mean()
        entropy = z * bessel(1, z) / bessel(0, z) - math.log(bessel(0, z))
        self.assertGreater(entropy, 0)
        for name, wanted in (("total_variation", variation), ("equilibrium_entropy", entropy)):
            self.assertAlmostEqual(q[name]["homogenized"], wanted, delta=1e-8)
            for value in q[name]["values"]:
                self.assertAlmostEqual(value, wanted, delta=1e-8)  # V0 is smooth, and so the sum over periods
        self.assertAlmostEqual(q["gap"]["homogenized"], M, delta=1e-10)
        self.assertAlmostEqual(q["mean_at_0"]["homogenized"], math.exp(-M * 0.5), delta=1e-8)
        for k, e in enumerate((0.2, 0.1, 0.05)):
            w1 = wasserstein(lambda x: x**2 / 2 + a * np.cos(2 * np.pi * x / e), lambda x: x**2 / 2, s, -7.1, 7.1)
            self.assertAlmostEqual(q["wasserstein"]["values"][k], w1, delta=1e-6)
        self.assertTrue(q["wasserstein"]["met"] and q["gap"]["met"])
        self.assertAlmostEqual(q["mean_at_0"]["order"], 2, delta=0.1)
        self.assertIn("without a factor 1/2", self.out)

    def test_finite_epsilon(self):
        """(3.1): what is said of one e, against finite volumes (extrapolated) and plain quadrature."""
        s, e, a, b = 0.5, 0.2, -2, 2
        case = {"dimension": 1, "temperature": s, "cell": {"tolerance": 1e-9},
                "potential": {"macro": "x^4/4 - x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"},
                "domain": {"box": [[a, b]], "cells": 40},
                "evolve": {"initial": "exp(-20*(x - 1)^2)", "times": [0.1, 1], "observables": {"mean": "x", "square": "x^2"}},
                "spectrum": {"count": 2}, "passage": {"from": [[-1]], "to": "x > 1"}, "converge": {"epsilon": [e]}}
        potential = lambda x: x**4 / 4 - x**2 / 2 - x**2 / 2 * np.sin(2 * np.pi * x / e)
        q = self.study(case)
        (coarse, slow), (fine, gap) = (evolve(potential, s, a, b, n, lambda x: np.exp(-20 * (x - 1) ** 2),
                                              (lambda x: x, lambda x: x**2), (0.1, 1)) for n in (400, 800))
        fine += (fine - coarse) / 3
        gap += (gap - slow) / 3
        for name, wanted in (("mean_at_0", fine[0, 0]), ("mean_at_1", fine[0, 1]), ("square_at_0", fine[1, 0]),
                             ("square_at_1", fine[1, 1]), ("gap", gap)):
            self.assertAlmostEqual(q[name]["values"][0], wanted, delta=2e-6, msg=name)
            self.assertLess(q[name]["errors"][0], 1e-6)
        self.assertAlmostEqual(q["mean_first_passage_time"]["values"][0], passage_time(potential, s, a, -1, 1), delta=1e-6)
        slowed = lambda x: potential(x) * 0 + x**4 / 4 - x**2 / 2 - s * np.log(np.i0(x**2 / (2 * s)))
        x, h = midpoints(a, 1, 300000)
        w, M = np.exp(-slowed(x) / s), np.i0(x**2 / (2 * s)) ** -2
        wanted = h * (h * (np.cumsum(w) - w / 2) / (s * M * w))[x > -1].sum()
        self.assertAlmostEqual(q["mean_first_passage_time"]["homogenized"], wanted, delta=1e-6)

    def test_two_scales(self):
        """M = I0(z)^-4; entropies of the two scales add."""
        s, a = 1, 0.5
        q = self.study(self.example_14(s, a, scales=2, spectrum={"count": 2}, converge={"epsilon": [0.2, 0.1]}))
        z = a / s
        self.assertAlmostEqual(q["gap"]["homogenized"], bessel(0, z) ** -4, delta=1e-9)
        entropy = z * bessel(1, z) / bessel(0, z) - math.log(bessel(0, z))
        self.assertAlmostEqual(q["equilibrium_entropy"]["homogenized"], 2 * entropy, delta=1e-8)
        self.assertLess(abs(q["gap"]["differences"][1]), abs(q["gap"]["differences"][0]))
        self.assertLess(q["wasserstein"]["values"][1], q["wasserstein"]["values"][0])

    def test_a_claim_that_does_not_hold(self):
        case = self.example_14(0.5, 0.5, spectrum={"count": 2},
                               converge={"epsilon": [0.2, 0.1], "epsilon_rates": {"gap": 3, "wasserstein": 1}})
        q = self.study(case, 4)
        self.assertIn("gap converges with order 2.00 in e, and 3 is stated", self.err)
        self.assertFalse(q["gap"]["met"])
        case["converge"]["exact"] = {"gap": q["gap"]["homogenized"] + 0.01}  # nothing converges to that
        self.study(case, 4)
        self.assertIn("gap converges with order", self.err)

    def test_orders_that_errors_hide(self):
        """Total variation of Example 14 has converged at once: nothing is left; with coarse cells nothing is verified."""
        case = self.example_14(0.5, 0.5, spectrum={"count": 2},
                               converge={"epsilon": [0.2, 0.1], "epsilon_rates": {"total_variation": 1}})
        self.assertIsNone(self.study(case)["total_variation"]["order"])
        case["cell"]["tolerance"] = 0.1
        case["potential"]["micro"] = "0.5*cos(2*pi*x1)*(1 + 0.1*x^2)"
        case["domain"]["box"] = [[-2, 2]]
        case["converge"]["epsilon_rates"] = {"gap": 1}
        self.study(case, 4)
        self.assertIn("gap shows no order in e that its errors would not hide", self.err)

    def test_files(self):
        self.study(self.example_14(0.5, 0.5, spectrum={"count": 2}, converge={"epsilon": [0.2, 0.1]}), 0, "--quiet")
        self.assertEqual(self.out, "")
        with open(os.path.join(self.folder, "converge.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([float(row["epsilon"]) for row in rows], [0.2, 0.1])
        for row in rows:
            self.assertAlmostEqual(float(row["gap"]) - float(row["gap_homogenized"]), float(row["gap_difference"]), delta=1e-15)
            self.assertLess(float(row["gap_error"]), 1e-10)
        order = math.log2(float(rows[0]["gap_difference"]) / float(rows[1]["gap_difference"]))
        self.assertAlmostEqual(float(rows[1]["gap_order"]), order, delta=1e-12)
        self.assertIn("resolved.yaml", os.listdir(self.folder))


if __name__ == "__main__":
    unittest.main()
