"""reiter greenkubo: the shipped series of molecular dynamics against figures that were computed from them by other means, and
series of known processes against closed forms; the equations that come out, solved."""
import csv
import gzip
import math
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json, unittest

INPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "input")
DATA = os.path.abspath(os.path.join(INPUT, "data"))
FORCES = {"force": ["Fx", "Fy", "Fz"]}
ALL = {"position": ["Rx", "Ry", "Rz"], "momentum": ["Px", "Py", "Pz"], **FORCES}


def invert(A):
    """By Gauss and Jordan."""
    n = len(A)
    rows = [list(map(float, A[i])) + [float(i == j) for j in range(n)] for i in range(n)]
    for i in range(n):
        pivot = rows[i][i]
        rows[i] = [v / pivot for v in rows[i]]
        for k in range(n):
            if k != i:
                rows[k] = [v - rows[k][i] * w for v, w in zip(rows[k], rows[i])]
    return [row[n:] for row in rows]


def extremes(A):
    """Bounds of the eigenvalues of a symmetric matrix by Gershgorin."""
    radius = [sum(abs(v) for j, v in enumerate(row) if j != i) for i, row in enumerate(A)]
    return (min(A[i][i] - radius[i] for i in range(len(A))), max(A[i][i] + radius[i] for i in range(len(A))))


def tensor_of(text):
    """diffusion.tensor of a case that the program wrote."""
    lines = text.split("  tensor:\n")[1].splitlines()
    rows = []
    while lines and lines[0].startswith("    - ["):
        rows.append([float(word) for word in lines.pop(0).strip()[3:-1].split(",")])
    return rows


class GreenKubo(ProgramTest):
    def greenkubo(self, case, *flags, code=0, folder=None):
        path = case if isinstance(case, str) else self.write(case)
        folder = folder or self.path(f"run{next(self.count)}")
        process = subprocess.run([PROGRAM, "greenkubo", path, "--output", folder, *flags], capture_output=True, text=True,
                                 timeout=280, check=False, env=environment(), cwd=self.directory)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        self.folder, self.out, self.err = folder, process.stdout, process.stderr
        return self.result()["greenkubo"] if code == 0 else None

    def result(self, *parts):
        return parse_json(self.text(*parts, "run.json"))

    def text(self, *parts):
        with open(os.path.join(self.folder, *parts), encoding="utf-8") as stream:
            return stream.read()

    def table(self, name):
        return list(csv.DictReader(self.text(name).splitlines()))

    def at(self, table, lag, column):
        row, = (row for row in table if abs(float(row["lag"]) - lag) < 1e-9)
        return float(row[column])

    def check_figures(self, table, figures):
        """Lag, value, error (or None), and the digits that were printed."""
        for lag, value, error, digit in figures:
            self.assertAlmostEqual(self.at(table, lag, "integral"), value, delta=1e-3 * abs(value) + digit / 2)
            if error:
                self.assertAlmostEqual(self.at(table, lag, "integral_error"), error, delta=0.02 * error + digit / 2)

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), "rb") as stream:
                    found[os.path.relpath(os.path.join(folder, name), self.folder)] = stream.read()
        return found


class Molecular(GreenKubo):
    def test_held(self):
        run = self.greenkubo(os.path.join(INPUT, "lj_frozen.yaml"))
        table = self.table("greenkubo_force.csv")
        self.check_figures(table, (
            (0.1, 16.98, 0.17, 0.01), (0.2, 18.01, 0.24, 0.01), (0.3, 18.38, 0.31, 0.01), (0.5, 19.04, 0.38, 0.01),
            (0.76, 19.17, 0.44, 0.01), (1, 19.14, 0.52, 0.01), (2, 18.08, 0.51, 0.01), (3, 17.5, 0.8, 0.1)))
        C = [sum(self.at(table, lag, "correlation_" + a) for a in ("xx", "yy", "zz")) / 3 for lag in (0, 0.1)]
        self.assertAlmostEqual(C[0], 281.56, delta=0.03)
        self.assertAlmostEqual(C[1] / C[0], 0.160, delta=5e-4)
        self.assertEqual((run["samples"], run["blocks"], run["mass"], run["temperature"]), (100001, 20, 100, 1))
        self.assertEqual(run["warnings"] + run["series_warnings"], [])
        force = run["force"]
        self.assertTrue(0.3 < force["plateau"][0] < force["plateau"][1] < 1.2)
        self.assertAlmostEqual(force["scalar"], 19.1, delta=0.2)
        self.assertAlmostEqual(force["scalar_error"], 0.4, delta=0.1)
        self.assertAlmostEqual(force["friction_scalar"], force["scalar"] / 100, 12)
        self.assertAlmostEqual(force["D_scalar"], 1 / force["scalar"], 12)
        for i in range(3):
            for j in range(3):
                if i != j:
                    self.assertLess(abs(force["theta"][i][j]), 3 * force["theta_error"][i][j])
        self.assertNotIn("momentum", run)
        self.assertIsNone(run["consistency"])
        # Smoluchowski: D = T^2 theta^-1 of the symmetric part; on a cube of side 4 the gap is pi^2/16 times a number
        # between the eigenvalues of D.
        theta = [[(force["theta"][i][j] + force["theta"][j][i]) / 2 for j in range(3)] for i in range(3)]
        D, exact = tensor_of(self.text("smoluchowski.yaml")), invert(theta)
        for i in range(3):
            for j in range(3):
                self.assertAlmostEqual(D[i][j], exact[i][j], 14)
        gap = self.result("smoluchowski")["spectrum"]["details"][1]["value"]
        low, high = (math.pi ** 2 / 16 * v for v in extremes(D))
        self.assertTrue(low < gap < high, (low, gap, high))
        self.assertEqual(run["equations"]["smoluchowski"]["status"], "ok")
        self.assertIsNone(run["equations"]["kinetic"]["case"])
        self.assertIn("one and two dimensions", run["equations"]["kinetic"]["why"])

    def test_tethered(self):
        run = self.greenkubo(os.path.join(INPUT, "lj_tethered.yaml"))
        self.check_figures(self.table("greenkubo_force.csv"), (
            (0.1, 16.17, 0.16, 0.01), (0.2, 16.78, 0.28, 0.01), (0.3, 16.72, 0.38, 0.01), (0.5, 16.89, 0.34, 0.01),
            (1, 15.5, 0.5, 0.1)))
        self.check_figures(self.table("greenkubo_momentum.csv"), (
            (1, 90, None, 1), (3, 157, None, 1), (6, 16, None, 1), (12, -17, None, 1)))
        self.assertAlmostEqual(run["kinetic_temperature"], 1.023, delta=5e-4)
        self.assertAlmostEqual(25 * sum(run["position_variance"]) / 3, 0.980, delta=5e-4)
        # A bound particle: no gamma, and said so.
        momentum = run["momentum"]
        self.assertFalse(momentum["has_plateau"])
        self.assertTrue(momentum["bound"])
        self.assertIsNone(momentum["gamma"])
        self.assertIsNone(momentum["scalar"])
        self.assertNotIn("D_scalar", momentum)
        self.assertIsNone(run["consistency"])
        self.assertIn("gamma = int <P P>: No plateau", self.out)
        self.assertIn("bound (tethered)", self.out)
        self.assertAlmostEqual(run["force"]["scalar"], 16.8, delta=0.15)
        # The force in bins, and what was taken off it.
        rows = self.table("thermal_force.csv")
        self.assertEqual(len(rows), 120)
        self.assertEqual(sum(float(row["samples"]) for row in rows), 3 * 50001)
        for row in rows:
            if float(row["samples"]) > 1000:
                self.assertAlmostEqual(float(row["f_th"]), -25 * float(row["position"]), 9)
                self.assertLess(abs(float(row["force"]) - float(row["f_th"])), 5 * float(row["force_error"]))
        # Smoluchowski in the spring: the gap of the whole space is 25/T times the smallest eigenvalue of D; walls at four
        # standard deviations and the grid are worth a thousandth.
        low, high = (25 / 0.972 * v for v in extremes(tensor_of(self.text("smoluchowski.yaml"))))
        detail = self.result("smoluchowski")["spectrum"]["details"][1]
        self.assertTrue(0.998 * low < detail["value"] < 1.002 * high, (low, detail, high))

    def test_thermal_forces(self):
        """A spring that is fitted, and means in bins, in place of the given one."""
        case = {"dimension": 3, "temperature": 0.972, "greenkubo": {
            "series": os.path.join(DATA, "lammps_tether.csv.gz"), "columns": ALL, "mass": 100}}
        section = case["greenkubo"]
        section["thermal_force"] = {"potential": ["(x^2 + y^2 + z^2)/2"]}
        fitted = self.greenkubo(case)
        self.assertAlmostEqual(fitted["thermal_force"]["coefficients"][0], 26.0, delta=0.05)
        self.assertAlmostEqual(fitted["thermal_force"]["coefficient_errors"][0], 0.5, delta=0.2)
        self.assertAlmostEqual(fitted["force"]["scalar"], 16.8, delta=0.15)
        self.assertIn("log_weight", self.text("smoluchowski.yaml"))
        self.assertIn("To solve it, add domain", self.text("smoluchowski.yaml"))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "smoluchowski")))
        del section["thermal_force"]
        bins = self.greenkubo(case)
        self.assertEqual((bins["thermal_force"]["by"], bins["thermal_force"]["bins"]), ("bins", 40))
        self.assertAlmostEqual(bins["force"]["scalar"], 16.8, delta=2 * bins["force"]["scalar_error"])
        self.assertIn("has no potential that is known in 3 dimensions", bins["equations"]["smoluchowski"]["why"])
        section["thermal_force"] = {"mean": True}
        self.greenkubo(case)
        self.assertIn("warning: The mean force depends on the position", self.err)
        # No potential: a force that turns.
        section["thermal_force"] = {"given": ["-25*x + y", "-25*y - x", "-25*z"]}
        turning = self.greenkubo(case)
        self.assertIn("are no gradient", turning["equations"]["smoluchowski"]["why"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "smoluchowski.yaml")))

    def test_line(self):
        """Both equations in one dimension: a spring c and a friction g in phase space have the gap g/2."""
        run = self.greenkubo(os.path.join(INPUT, "lj_line.yaml"))
        c, g = run["thermal_force"]["coefficients"][0], run["force"]["friction_scalar"]
        self.assertEqual([run["equations"][name]["status"] for name in ("smoluchowski", "kinetic")], ["ok", "ok"])
        D = run["force"]["D_scalar"]
        for k, detail in enumerate(self.result("smoluchowski")["spectrum"]["details"][1:3], 1):
            self.assertAlmostEqual(detail["value"] / (k * c * D / 0.972), 1, 4)
        modes = self.result("kinetic")["kinetic"]["eigenvalues"][0]
        self.assertLess(g / 2, math.sqrt(c / 100))
        self.assertAlmostEqual(modes["gap"] / (g / 2), 1, 3)
        # The sum of the pair -g/2 +- i w is an eigenvalue too.
        self.assertAlmostEqual(modes["values"][1]["re"] / -g, 1, 3)


class Known(GreenKubo):
    def fluctuations(self, name, samples, dt, m, T, g, tau, seed):
        """P: an Ornstein-Uhlenbeck process with <P P> = m T exp(-g s); F one with the integral m T g and the time tau."""
        draw = random.Random(seed)
        a, b, P, F = math.exp(-g * dt), math.exp(-dt / tau), 0.0, 0.0
        noise_P, noise_F = math.sqrt(m * T * (1 - a * a)), math.sqrt(m * T * g / tau * (1 - b * b))
        with open(self.path(name), "w", encoding="utf-8") as stream:
            stream.write("t,P,V,F\n")
            for n in range(samples):
                stream.write(f"{n * dt:.10g},{P!r},{P / m!r},{F!r}\n")
                P = a * P + noise_P * draw.gauss(0, 1)
                F = b * F + noise_F * draw.gauss(0, 1)

    def within(self, value, error, exact, errors=4):
        self.assertGreater(error, 0)
        self.assertLessEqual(abs(value - exact), errors * error, f"{value} +- {error} is not {exact}")

    def test_free(self):
        """gamma = m T/g, theta = m T g; on a circle of length L Smoluchowski's gap is (2 pi/L)^2 D, and the diffusion in
        phase space T/(m g)."""
        m, T, g, dt, L = 2.0, 1.5, 0.5, 0.1, 6.0
        self.fluctuations("free.csv", 200000, dt, m, T, g, 0.5, 7)
        case = {"dimension": 1, "temperature": T,
                "greenkubo": {"series": "free.csv", "columns": {"momentum": "P", "force": "F"}, "mass": m},
                "domain": {"box": [[0, L]], "cells": 16, "order": 4, "boundary": "periodic"}, "spectrum": {"count": 3}}
        run = self.greenkubo(case)
        # The trapezoid rule sums both exponentials in closed form.
        for part, exact, rate in (("momentum", m * T / g, g), ("force", m * T * g, 2.0)):
            exact *= rate * dt / 2 / math.tanh(rate * dt / 2)
            self.assertTrue(run[part]["has_plateau"], run[part]["why"])
            self.within(run[part]["scalar"], run[part]["scalar_error"], exact)
        self.assertAlmostEqual(run["momentum"]["D_scalar"], run["momentum"]["scalar"] / m ** 2, 12)
        self.assertAlmostEqual(run["consistency"], run["momentum"]["scalar"] * run["force"]["scalar"] / (m * T) ** 2, 12)
        self.assertLess(abs(run["consistency_pull"]), 4)
        self.assertAlmostEqual(run["consistency_pull"], (run["consistency"] - 1) / run["consistency_error"], 9)
        self.within(run["kinetic_temperature"], run["kinetic_temperature_error"], T)
        self.assertIn("zero within 3 errors", run["equations"]["smoluchowski"]["why"])
        gap = self.result("smoluchowski")["spectrum"]["details"][1]["value"]
        self.assertAlmostEqual(gap / ((2 * math.pi / L) ** 2 * run["momentum"]["D_scalar"]), 1, 6)
        D, = self.result("kinetic")["kinetic"]["diffusion"]
        self.assertAlmostEqual(D / (T / (m * run["force"]["friction_scalar"])), 1, 6)
        # Velocities in place of momenta.
        case["greenkubo"]["columns"] = {"velocity": "V", "force": "F"}
        del case["domain"], case["spectrum"]
        again = self.greenkubo(case)
        self.assertAlmostEqual(again["momentum"]["scalar"] / run["momentum"]["scalar"], 1, 9)

    def test_same_again(self):
        """Same bits; the resolved case says the same; several files are several paths."""
        self.fluctuations("one.csv", 20000, 0.1, 1, 1, 1, 0.5, 3)
        self.fluctuations("two.csv", 20000, 0.1, 1, 1, 1, 0.5, 4)
        with open(self.path("two.csv"), "rb") as stream, gzip.open(self.path("two.csv.gz"), "wb") as packed:
            packed.write(stream.read())
        case = self.write({"dimension": 1, "temperature": 1, "greenkubo": {
            "series": ["one.csv", "two.csv.gz"], "columns": {"momentum": "P", "force": "F"}, "longest": 20,
            "plateau": {"momentum": [8, 12]}}, "domain": {"box": [[0, 3]]}, "spectrum": {"count": 3}})
        first = self.greenkubo(case)
        self.assertEqual((first["paths"], first["samples"]), (2, 40000))
        for end, wanted in zip(first["momentum"]["plateau"], (8, 12)):
            self.assertAlmostEqual(end, wanted, 9)
        self.assertIn("lags that were given", first["momentum"]["why"])
        before = self.files()
        self.greenkubo(os.path.join(self.folder, "resolved.yaml"))
        for name, content in self.files().items():
            if name.endswith(".csv"):
                self.assertEqual(content, before[name], name)
        self.assertEqual(self.result()["greenkubo"], first)
        # What came out is a case like any other.
        process = subprocess.run([PROGRAM, "run", os.path.join(self.folder, "smoluchowski.yaml"), "--output", "alone"],
                                 capture_output=True, text=True, check=False, env=environment(), cwd=self.directory)
        self.assertEqual(process.returncode, 0, process.stderr)
        values = self.result("smoluchowski")["spectrum"]["eigenvalues"]
        self.folder = self.path("alone")
        self.assertEqual(self.result()["spectrum"]["eigenvalues"], values)

    def test_a_million_rows(self):
        draw = random.Random(5)
        block = "".join(f"{draw.gauss(0, 1):.4f},{draw.gauss(0, 1):.4f},{draw.gauss(0, 1):.4f}\n" for _ in range(1000))
        with open(self.path("long.csv"), "w", encoding="utf-8") as stream:
            stream.write("R,P,F\n" + 1000 * block)
        run = self.greenkubo({"dimension": 1, "temperature": 1, "greenkubo": {
            "series": "long.csv", "time_step": 0.1, "longest": 30, "columns": {"position": "R", "momentum": "P", "force": "F"}}})
        self.assertEqual(run["samples"], 1000000)
        self.assertAlmostEqual(run["duration"], 100000, 6)

    def test_log_of_lammps(self):
        """Steps times the timestep of the log; the same numbers as from a CSV file."""
        self.fluctuations("plain.csv", 5000, 0.1, 1, 1, 1, 0.5, 6)
        with open(self.path("plain.csv"), encoding="utf-8") as stream:
            rows = [line.strip().split(",") for line in stream][1:]
        with open(self.path("log.lammps"), "w", encoding="utf-8") as stream:
            stream.write("LAMMPS (2 Aug 2023)\ntimestep 0.02\nPer MPI rank memory allocation: 3\n   Step   F\n")
            stream.writelines(f" {5 * n} {row[3]}\n" for n, row in enumerate(rows))
            stream.write("Loop time of 1\n")
        plain, log = (self.greenkubo({"dimension": 1, "temperature": 1, "greenkubo": {
            "series": name, "columns": {"force": "F"}}})["force"] for name in ("plain.csv", "log.lammps"))
        self.assertAlmostEqual(log["scalar"] / plain["scalar"], 1, 9)


if __name__ == "__main__":
    unittest.main()
