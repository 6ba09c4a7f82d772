"""Simulated paths against exact values, within their own standard errors at a fixed seed. Arguments: program."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

MOST = 3.5  # standard errors


def bessel_i0(z):
    """exp(-z) I0(z), from its integral."""
    n = 400
    return sum(math.exp(z * (math.cos(math.pi * (k + 0.5) / n) - 1)) for k in range(n)) / n


def simpson(f, a, b, n=200):
    h = (b - a) / n
    return h / 3 * sum((1 if k in (0, n) else 4 if k % 2 else 2) * f(a + k * h) for k in range(n + 1))


class PathsTest(ProgramTest):
    def command(self, case, *flags, **options):
        words, folder = super().command(case, *flags, **options)
        words[words.index("run")] = "paths"
        return words, folder

    def ensembles(self, case, *flags):
        self.outcome = self.run_case(case, *flags)
        return self.outcome.json["paths"]["ensembles"]

    def table(self, name):
        lines = self.outcome.read(name).decode().split()
        return lines[0].split(","), [[float(word) for word in line.split(",")] for line in lines[1:]]

    def near(self, value, error, exact, bias=0.0):
        self.assertGreater(error, 0)
        self.assertLess(abs(value - exact), MOST * error + bias, f"{value} +- {error} is not {exact}")


OU = {"dimension": 1, "diffusion": {"log_weight": "-x^2", "tensor": "0.5"}}  # dX = -X dt + dW


class OrnsteinUhlenbeck(PathsTest):
    def test_moments_over_time(self):
        """X_0 = 1: mean exp(-t), variance (1 - exp(-2t))/2; Euler's bias at h = 0.005 is h/2 of them."""
        ensemble, = self.ensembles({**OU, "paths": {"count": 8000, "step": 0.005, "time": 3, "initial": 1, "box": [[-6, 6]],
                                                    "observables": {"first": "x", "second": "x^2"}, "times": [0, 0.5, 1, 3]}})
        self.assertEqual((ensemble["epsilon"], ensemble["count"], ensemble["steps"], ensemble["escaped"]), (0, 8000, 600, 0))
        first, second = ensemble["observables"]["first"], ensemble["observables"]["second"]
        self.assertEqual((first["means"][0], second["means"][0]), (1, 1))
        for k in (1, 2, 3):
            t = first["times"][k]
            self.near(first["means"][k], first["standard_errors"][k], math.exp(-t), 0.003)
            exact = math.exp(-2 * t) + (1 - math.exp(-2 * t)) / 2
            self.near(second["means"][k], second["standard_errors"][k], exact, 0.004)
        header, rows = self.table("observables_homogenized.csv")
        self.assertEqual(header, ["time", "first", "first_error", "second", "second_error"])
        self.assertEqual([row[1] for row in rows], first["means"])

    def test_averages_and_correlations(self):
        """In equilibrium: variance 1/2, autocorrelation exp(-t), integrated time 1."""
        case = {**OU, "paths": {"count": 2000, "step": 0.01, "time": 30, "initial": "equilibrium", "box": [[-6, 6]],
                                "scheme": "leimkuhler_matthews", "every": 5,
                                "observables": {"first": "x", "second": "x^2"},
                                "autocorrelation": {"of": "x", "until": 8, "count": 80}}}
        ensemble, = self.ensembles(case)
        for name, exact in (("first", 0), ("second", 0.5)):
            found = ensemble["observables"][name]
            self.assertEqual((found["independent"], found["errors_from"]), (2000, "paths"))
            self.near(found["mean"], found["standard_error"], exact, 1e-4)
        # the error is that of theory: the variance of an average over T is 2 tau var/T, tau = 1 and 1/2
        self.assertAlmostEqual(ensemble["observables"]["first"]["standard_error"] / math.sqrt(1 / 30 / 2000), 1, delta=0.1)
        self.assertAlmostEqual(ensemble["observables"]["second"]["standard_error"] / math.sqrt(0.5 / 30 / 2000), 1, delta=0.1)
        correlation = ensemble["autocorrelation"]
        self.assertTrue(correlation["window_reached"])
        self.near(correlation["integrated_time"], correlation["integrated_time_error"], 1, 0.015)
        for lag, value, error in list(zip(*(correlation[k] for k in ("lags", "values", "standard_errors"))))[10:40:10]:
            self.near(value, error, math.exp(-lag), 1e-3)

    def test_second_order(self):
        """Heun's scheme with a step that is long: the variance of the mean is that of order 2, Euler's is far off."""
        case = {**OU, "paths": {"count": 20000, "step": 0.25, "time": 1, "initial": 1, "box": [[-8, 8]],
                                "observables": {"first": "x"}, "times": [1]}}
        exact = {"euler": (1 - 0.25)**4, "second_order": (1 - 0.25 + 0.25**2 / 2)**4}
        for scheme, mean in exact.items():
            ensemble, = self.ensembles(case, "-s", f"paths.scheme={scheme}")
            self.near(ensemble["observables"]["first"]["means"][0], ensemble["observables"]["first"]["standard_errors"][0], mean)

    def test_few_paths_take_batches(self):
        case = {**OU, "paths": {"count": 4, "step": 0.01, "time": 2000, "box": [[-6, 6]], "scheme": "metropolis",
                                "observables": {"second": "x^2"}}}
        ensemble, = self.ensembles(case)
        second = ensemble["observables"]["second"]
        self.assertEqual((second["errors_from"], second["independent"]), ("batches of time", 128))
        self.near(second["mean"], second["standard_error"], 0.5)
        self.assertAlmostEqual(second["standard_error"] / math.sqrt(0.5 / 8000), 1, delta=0.25)
        self.assertGreater(ensemble["acceptance"], 0.9)
        self.assertLess(ensemble["acceptance"], 1)


class Pitchfork(PathsTest):
    S = 0.25
    CASE = {"dimension": 1, "temperature": S, "potential": {"macro": "x^4/4 - 0.2*x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"}}

    def exact(self, x):
        """exp(-V0/s) I0(x^2/2s), of the paper."""
        z = x * x / (2 * self.S)
        return math.exp(-(x**4 / 4 - 0.1 * x * x) / self.S + z) * bessel_i0(z)

    def histogram(self, scheme, step):
        case = {**self.CASE, "paths": {"count": 20000, "step": step, "time": 1, "initial": "equilibrium", "box": [[-2.5, 2.5]],
                                       "scheme": scheme, "seed": 3, "histogram": {"cells": 40}}}
        ensemble, = self.ensembles(case)
        return ensemble["histogram"]

    def test_chi_square_of_the_homogenized_equation(self):
        found = self.histogram("metropolis", 0.01)
        header, rows = self.table("histogram_homogenized.csv")
        self.assertEqual(header, ["x", "density", "density_error", "exact", "last"])
        width = 5 / 40
        masses = [simpson(self.exact, row[0] - width / 2, row[0] + width / 2, 8) for row in rows]
        for row, mass in zip(rows, masses):
            self.assertAlmostEqual(row[3] * width, mass / sum(masses), delta=1e-6)
        # Pearson's sum once more, from the table and the formula, cells with few expected left out
        pairs = [(row[4], found["independent"] * mass / sum(masses)) for row, mass in zip(rows, masses)]
        whole = sum((seen - expected)**2 / expected for seen, expected in pairs if expected >= 20)
        self.assertAlmostEqual(found["chi_square"] / whole, 1, delta=0.5)
        self.assertGreater(found["p_value"], 0.01)
        self.assertGreater(found["degrees_of_freedom"], 20)
        self.assertAlmostEqual(sum(row[1] for row in rows) * width, 1, delta=1e-12)
        off = [abs(row[1] - row[3]) / row[2] for row in rows if row[4] > 50]
        self.assertLess(max(off), 4.5)

    def test_chi_square_rejects_what_is_wrong(self):
        """Euler's scheme with a long step h has the variance 1/(2 - h), not 1/2; Metropolis' correction mends it."""
        case = {**OU, "paths": {"count": 20000, "step": 0.2, "time": 8, "box": [[-6, 6]], "histogram": {"cells": 40}}}
        for scheme, low, high in (("euler", 0, 1e-6), ("metropolis", 0.01, 1)):
            ensemble, = self.ensembles(case, "-s", f"paths.scheme={scheme}")
            self.assertGreaterEqual(ensemble["histogram"]["p_value"], low)
            self.assertLessEqual(ensemble["histogram"]["p_value"], high)

    def test_multiscale_equilibrium(self):
        case = {**self.CASE, "paths": {"epsilon": 0.2, "count": 4096, "step": 1e-4, "time": 0.2, "initial": "equilibrium",
                                       "box": [[-2.5, 2.5]], "scheme": "metropolis", "histogram": {"cells": 200}}}
        ensemble, = self.ensembles(case)
        self.assertEqual(ensemble["epsilon"], 0.2)
        self.assertGreater(ensemble["histogram"]["p_value"], 0.01)
        header, rows = self.table("histogram_epsilon_0.2.csv")

        def density(x):
            V = x**4 / 4 - 0.1 * x * x - x * x / 2 * math.sin(2 * math.pi * x / 0.2)
            return math.exp(-V / self.S)

        masses = [simpson(density, row[0] - 0.0125, row[0] + 0.0125, 40) for row in rows]
        for row, mass in zip(rows, masses):
            self.assertAlmostEqual(row[3] * 0.025, mass / sum(masses), delta=1e-6)


class Passage(PathsTest):
    def test_against_the_integral_equation(self):
        """The mean first passage time that `reiter run` computes for the same case."""
        case = {"dimension": 1, "temperature": 0.4, "potential": {"macro": "x^2/2", "micro": "0.3*cos(2*pi*x1)"},
                "domain": {"box": [[-5, 5]], "cells": [100]}, "passage": {"from": [0], "to": "x > 0.8"},
                "paths": {"count": 6000, "step": 0.01, "time": 200, "passage": {"to": "x > 0.8"}}}
        ensemble, = self.ensembles(case)
        words, folder = ProgramTest.command(self, case)
        self.assertEqual(words[1], "run")
        exact = self.exact_time(case)
        found = ensemble["passage"]
        self.assertEqual((found["arrived"], found["fraction_arrived"]), (6000, 1))
        self.near(found["mean"], found["standard_error"], exact, 0.01 * exact)
        self.assertLess(found["standard_error"] / exact, 0.02)
        self.assertEqual(sorted(found["quantiles"]), found["quantiles"])

    def exact_time(self, case):
        import subprocess
        from program import PROGRAM, environment, parse_json
        file, folder = self.write(case), self.path("run")
        subprocess.run([PROGRAM, "run", file, "--output", folder, "--quiet"], check=True, env=environment())
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
            times = parse_json(stream.read())["passage"]
        return times["mean_first_passage_time"]

    def test_time_that_is_too_short(self):
        """Not all arrive: no mean, but that of an exponential law, as every passage over a barrier is."""
        case = {**OU, "paths": {"count": 2000, "step": 0.005, "time": 0.1, "initial": 0.5, "box": [[-6, 6]],
                                "passage": {"to": "x > 1"}}}
        ensemble, = self.ensembles(case)
        found = ensemble["passage"]
        self.assertTrue(0 < found["arrived"] < 2000)
        self.assertIsNone(found["mean"])
        self.assertGreater(found["exponential_mean"], found["mean_of_arrived"])
        self.assertIsNone(found["quantiles"][-1])


class Escapes(PathsTest):
    def test_a_potential_that_does_not_confine(self):
        case = {"dimension": 1, "temperature": 0.5, "potential": {"macro": "-x^4/4", "micro": "0.1*cos(2*pi*x1)"},
                "paths": {"epsilon": 0.3, "count": 300, "step": 1e-3, "time": 20, "observables": {"second": "x^2"},
                          "times": [0.1, 20], "trajectories": {"count": 2, "every": 1000}}}
        ensemble, = self.ensembles(case)
        self.assertGreater(ensemble["escaped"], 290)
        self.assertLess(ensemble["observables"]["second"]["independent"], 10)
        self.assertIn("escaped to infinity", self.outcome.err)
        text = self.outcome.read("run.json").decode() + self.outcome.read("observables_epsilon_0.3.csv").decode()
        self.assertNotIn("inf", text.replace("infinity", ""))

    def test_means_at_any_time(self):
        """Escapes of all times: where a path still counts, it is within a few boxes, and so are the means."""
        for V, least in (("x^2/2 - x^4/4", 30), ("-x^4/4", 200)):
            case = {"dimension": 1, "temperature": 0.5, "potential": {"macro": V},
                    "paths": {"epsilon": 0.5, "count": 256, "step": 1e-3, "time": 3, "box": [[-2, 2]], "every": 1,
                              "observables": {"second": "x^2", "fourth": "x^4"}, "times": [0.005 * k for k in range(601)],
                              "histogram": {"cells": 8}, "autocorrelation": {"of": "x", "until": 0.5}}}
            ensemble, = self.ensembles(case)
            self.assertGreater(ensemble["escaped"], least)
            second = ensemble["observables"]["second"]
            self.assertEqual(second["independent"], 256 - ensemble["escaped"])
            for name, power in (("second", 2), ("fourth", 4)):  # x^3 dt < 10 boxes, and one step more
                means = [mean for mean in ensemble["observables"][name]["means"] if mean is not None]
                self.assertGreater(len(means), 400)
                self.assertLess(max(means), (34.2 + 40.5) ** power)
            self.assertTrue(0 < second["mean"] < 2, second["mean"])
            self.assertTrue(0 < ensemble["autocorrelation"]["integrated_time"] < 0.5)


class Plan(PathsTest):
    def test_validate(self):
        import subprocess
        from program import PROGRAM, environment
        case = {**Pitchfork.CASE, "paths": {"epsilon": [0.2, 0.1], "step": 5e-5, "time": 1, "observables": {"x": "x"}}}
        done = subprocess.run([PROGRAM, "validate", self.write(case)], capture_output=True, text=True, env=environment(),
                              check=True)
        self.assertIn("paths: 4096 of e = 0.1, each 20000 steps of 5e-05, scheme euler", done.stdout)

    def test_trajectories(self):
        """The first positions of the first paths, and the same ones for another number of paths."""
        case = {**OU, "paths": {"count": 70, "step": 0.01, "time": 1, "initial": 0.25, "box": [[-6, 6]],
                                "trajectories": {"count": 3, "every": 10}}}
        self.ensembles(case)
        first = self.outcome.read("trajectories_homogenized.h5")
        self.ensembles(case, "-s", "paths.count=1000")
        self.assertEqual(self.outcome.read("trajectories_homogenized.h5"), first)
        self.ensembles(case, "-s", "paths.seed=2")
        self.assertNotEqual(self.outcome.read("trajectories_homogenized.h5"), first)

    def test_resolved_case_gives_the_same(self):
        case = {**OU, "paths": {"count": 70, "step": 0.01, "time": 1, "initial": 0.25, "box": [[-6, 6]], "times": [0.5],
                                "observables": {"x": "x"}, "autocorrelation": {"of": "x^2", "until": 0.5},
                                "histogram": {"cells": 4}, "passage": {"to": "x > 1"}, "trajectories": {}}}
        self.ensembles(case)
        first = self.outcome
        with open(os.path.join(first.folder, "resolved.yaml"), encoding="utf-8") as stream:
            text = stream.read()
        self.ensembles(text)
        self.assertEqual(self.outcome.read("observables_homogenized.csv"), first.read("observables_homogenized.csv"))
        self.assertEqual(self.outcome.read("resolved.yaml").split(b"paths:")[1], first.read("resolved.yaml").split(b"paths:")[1])


if __name__ == "__main__":
    unittest.main()
