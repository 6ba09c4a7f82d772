"""reiter estimate: series of known processes, and the program's own paths from s to s M."""
import csv
import gzip
import io
import math
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, unittest


def bessel_0(x):
    return sum((x / 2) ** (2 * k) / math.factorial(k) ** 2 for k in range(40))


def bessel_1(x):
    return sum((x / 2) ** (2 * k + 1) / math.factorial(k) / math.factorial(k + 1) for k in range(40))


class Estimates(ProgramTest):
    def estimate(self, case, *flags, verb="estimate", code=0, folder=None):
        path = case if isinstance(case, str) else self.write(case)
        folder = folder or self.path(f"run{next(self.count)}")
        process = subprocess.run([PROGRAM, verb, path, "--output", folder, *flags], capture_output=True, text=True,
                                 timeout=120, check=False, env=environment(), cwd=self.directory)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        self.folder, self.out, self.err = folder, process.stdout, process.stderr
        return self.result(folder) if code == 0 else None

    def result(self, folder):
        from program import parse_json
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
            return parse_json(stream.read())

    def ornstein_uhlenbeck(self, name, samples, dt, seed, header="t,x", path=None, first=True):
        """dX = -X dt + sqrt(2 * 0.4) dW, drawn exactly."""
        draw, a, x = random.Random(seed), math.exp(-dt), 0.0
        noise = math.sqrt(0.4 * (1 - a * a))
        with open(self.path(name), "w" if first else "a", encoding="utf-8") as stream:
            if first:
                stream.write(header + "\n")
            for n in range(samples):
                stream.write(f"{n * dt:.10g},{x!r}{'' if path is None else f',{path}'}\n")
                x = a * x + noise * draw.gauss(0, 1)

    def within(self, value, error, exact, errors=4):
        self.assertGreater(error, 0)
        self.assertLessEqual(abs(value - exact), errors * error, f"{value} +- {error} is not {exact}")

    def check_process(self, run, dt):
        for one in run["estimate"]["subsampling"]:
            delta = one["delta"]
            self.within(one["D"][0][0], one["D_error"][0][0], 0.4 * (1 - math.exp(-delta)) / delta)
            self.within(one["theta"][0], one["theta_error"][0], (1 - math.exp(-delta)) / delta)
        for one in run["estimate"]["filter"]:
            self.within(one["theta"][0], one["theta_error"][0], (1 - math.exp(-dt)) / dt)

    def test_series_without_a_model(self):
        self.ornstein_uhlenbeck("path.csv", 40000, 0.05, 1)
        case = self.write({"dimension": 1, "estimate": {
            "series": "path.csv", "subsampling": [0.05, 0.2, 1], "filter": [0.2], "drift": {"potential": ["x^2/2"]}}})
        run = self.estimate(case)
        self.assertEqual(run["status"], "ok")
        self.assertEqual(run["estimate"]["errors_over"], "batches in time")
        self.assertEqual((run["estimate"]["paths"], run["estimate"]["samples"]), (1, 40000))
        self.assertAlmostEqual(run["estimate"]["time_step"], 0.05, 12)
        self.assertNotIn("limits", run["estimate"])
        self.check_process(run, 0.05)
        self.assertIn("batches in time", self.out)
        with open(os.path.join(self.folder, "estimate.csv"), encoding="utf-8") as stream:
            rows = list(csv.DictReader(io.StringIO(stream.read())))
        self.assertEqual([float(row["delta"]) for row in rows], [0.05, 0.2, 1])
        for row, one in zip(rows, run["estimate"]["subsampling"]):
            self.assertEqual(float(row["D_xx"]), one["D"][0][0])
            self.assertEqual(float(row["D_xx_error"]), one["D_error"][0][0])
            self.assertEqual(float(row["theta_1"]), one["theta"][0])
        # The resolved case says the same; another content of the file is another case.
        again = self.estimate(os.path.join(self.folder, "resolved.yaml"))
        self.assertEqual(again["estimate"], run["estimate"])
        folder = self.folder
        self.ornstein_uhlenbeck("path.csv", 40000, 0.05, 2)
        self.estimate(case, folder=folder, code=2)
        self.assertIn("another case", self.err)

    def test_compressed(self):
        self.ornstein_uhlenbeck("path.csv", 4000, 0.05, 3)
        with open(self.path("path.csv"), "rb") as stream:
            text = stream.read()
        with open(self.path("path.csv.gz"), "wb") as stream:
            stream.write(gzip.compress(text))
        with open(self.path("half.csv.gz"), "wb") as stream:
            stream.write(gzip.compress(text)[:20000])
        plain, packed = (self.estimate(self.write({"dimension": 1, "estimate": {
            "series": name, "subsampling": [0.05, 0.2]}}))["estimate"]
            for name in ("path.csv", "path.csv.gz"))
        self.assertEqual(plain, packed)
        self.estimate(self.write({"dimension": 1, "estimate": {"series": "half.csv.gz", "subsampling": [0.05]}}),
                      code=2)
        self.assertIn("the compressed file breaks off", self.err)

    def test_other_formats(self):
        self.ornstein_uhlenbeck("path.csv", 4000, 0.05, 3)
        with open(self.path("path.csv"), encoding="utf-8") as stream:
            rows = [line.strip().split(",") for line in stream][1:]
        with open(self.path("path.xvg"), "w", encoding="utf-8") as stream:
            stream.write('# made by hand\n@ xaxis label "Time (ps)"\n@ s0 legend "x (nm)"\n')
            stream.writelines(f"{t} {x}\n" for t, x in rows)
        with open(self.path("log.lammps"), "w", encoding="utf-8") as stream:
            stream.write("LAMMPS (2 Aug 2023)\ntimestep 0.005\nPer MPI rank memory allocation: 3\n   Step   x\n")
            for n, (_, x) in enumerate(rows):
                stream.write(f" {10 * n} {x}\n")
                if n == 1000:
                    stream.write("Loop time of 1\nPer MPI rank memory allocation: 3\nStep x\n"
                                 f"{10 * n} {x}\n")
            stream.write("Loop time of 1\n")
        csv_, xvg, log = (self.estimate(self.write({"dimension": 1, "estimate": {
            "series": name, "subsampling": [0.05, 0.2]}}))["estimate"]
            for name in ("path.csv", "path.xvg", "log.lammps"))
        self.assertEqual(csv_, xvg)
        self.assertAlmostEqual(log.pop("time_step"), csv_.pop("time_step"), 12)
        self.assertEqual(log["samples"], csv_["samples"])
        for one, other in zip(log["subsampling"], csv_["subsampling"]):
            self.assertAlmostEqual(one["D"][0][0], other["D"][0][0], 9)

    def test_wrapped(self):
        rows = [f"{n / 10},{0.03 * n % 2}" for n in range(400)]
        with open(self.path("wrapped.csv"), "w", encoding="utf-8") as stream:
            stream.write("\n".join(["t,x"] + rows) + "\n")
        self.estimate(self.write({"dimension": 1, "estimate": {"series": "wrapped.csv", "subsampling": [0.1]}}))
        self.assertRegex(self.err, r"warning: wrapped.csv: line 69, column x: .*wrapped into a periodic box")

    def test_several_paths(self):
        for k in range(12):
            self.ornstein_uhlenbeck("paths.csv", 3000, 0.05, 10 + k, "t,x,path", k, k == 0)
            self.ornstein_uhlenbeck(f"path{k}.csv", 3000, 0.05, 10 + k, "seconds,position")
        common = {"subsampling": [0.05, 0.5], "filter": [0.2], "drift": {"basis": ["-x"]}}
        together = self.estimate({"dimension": 1, "estimate": {"series": "paths.csv", **common}})
        apart = self.estimate({"dimension": 1, "estimate": {
            "series": [f"path{k}.csv" for k in range(12)], "time": "seconds", "columns": ["position"], **common}})
        self.assertEqual(together["estimate"], apart["estimate"])
        self.assertEqual(together["estimate"]["errors_over"], "paths")
        self.assertEqual(together["estimate"]["subsampling"][0]["groups"], 12)
        self.check_process(together, 0.05)
        # Few paths: batches of all of them. Times at equal ratios are moved to multiples, each once.
        few = self.estimate({"dimension": 1, "estimate": {
            "series": ["path0.csv", "path1.csv"], "time_step": 0.05, "columns": "position",
            "subsampling": {"from": 0.04, "to": 0.4, "count": 12}, "offsets": 1}})["estimate"]
        self.assertEqual(few["errors_over"], "batches in time")
        deltas = [round(one["delta"] / 0.05, 9) for one in few["subsampling"]]
        self.assertEqual(deltas, [1, 2, 3, 4, 5, 6, 8])
        self.assertEqual([one["terms"] for one in few["subsampling"]], [2 * (2999 // k) for k in (1, 2, 3, 4, 5, 6, 8)])

    def test_plan(self):
        self.ornstein_uhlenbeck("path.csv", 100, 0.05, 1)
        path = self.write({"dimension": 1, "estimate": {"series": "path.csv", "subsampling": [0.05]}})
        process = subprocess.run([PROGRAM, "validate", path], capture_output=True, text=True, check=True,
                                 env=environment())
        self.assertIn("estimate: 1 series with a sample every 0.05, 1 subsampling time", process.stdout)

    def test_from_s_to_s_M(self):
        """e = 0.05, s = 1: unhomogenized at short times, homogenized between e^2 and 1."""
        epsilon, step = 0.05, 2e-5
        run = self.estimate({
            "dimension": 1, "temperature": 1, "potential": {"macro": "x^2/2", "micro": "cos(2*pi*x1)"},
            "paths": {"epsilon": epsilon, "time": 16, "step": step, "count": 96, "burn_in": 1, "seed": 3},
            "estimate": {"every": 1, "subsampling": [2e-5, 2e-3, 0.05, 0.1], "offsets": 8, "filter": [0.2],
                         "drift": {"potential": ["x^2/2"]}}})
        found = run["paths"]["ensembles"][0]["estimate"]
        M = 1 / bessel_0(1) ** 2
        self.assertAlmostEqual(found["limits"]["homogenized"][0][0], M, 7)
        self.assertEqual(found["limits"]["unhomogenized"], [[1]])
        self.assertEqual(found["errors_over"], "paths")
        short, between, *plateau = found["subsampling"]
        # One step of Euler's scheme has the mean square 2 s dt + <V'^2> dt^2; <V'^2> = s <V''>.
        bias = step / 2 * (2 * math.pi / epsilon) ** 2 * bessel_1(1) / bessel_0(1)
        self.within(short["D"][0][0], short["D_error"][0][0] + 0.02 * bias, 1 + bias)
        self.assertTrue(0.63 < between["D"][0][0] < 0.9, between)
        for one in plateau:
            delta = one["delta"]
            # The homogenized process has the curvature M; e^2/delta is what is left of the fast one.
            exact = M * (1 - math.exp(-M * delta)) / (M * delta)
            self.within(one["D"][0][0], one["D_error"][0][0], exact + 0.5 * epsilon ** 2 / delta * M,
                        3 + 0.5 * epsilon ** 2 / delta * M / one["D_error"][0][0])
            self.assertLess(one["D_error"][0][0], 0.02)
        # Maximum likelihood with all samples gives the unhomogenized drift, filtered data the homogenized one.
        naive, filtered = short, found["filter"][0]
        self.within(naive["theta"][0], naive["theta_error"][0], 1, 3)
        self.within(filtered["theta"][0], filtered["theta_error"][0], M, 3)
        self.assertLess(filtered["theta_error"][0], 0.06)
        self.assertGreater(naive["theta"][0] - filtered["theta"][0], 0.2)
        self.assertIn("homogenized", self.out)


if __name__ == "__main__":
    unittest.main()
