"""scripts/plot.py: what it reads is where it belongs, and it draws every kind of run folder."""
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

sys.dont_write_bytecode = True
SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "plot.py")
spec = importlib.util.spec_from_file_location("plot", SCRIPT)
plot = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plot)


def write(path, text):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def point(x, dim):
    M = [[1.0 / (1 + i + j) if i != j else 2.0 + i for j in range(dim)] for i in range(dim)]
    return {"x": x, "V0": sum(x), "free_energy": 10 * x[0] + x[-1], "M": M, "M_lower": M, "M_upper": M,
            "bound_lower": 0.1, "bound_upper": 1.0}


def run(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


class Reading(unittest.TestCase):
    def test_table_order_does_not_matter(self):
        """Rows shuffled: F = 10 x + y must come out as [y][x]."""
        with tempfile.TemporaryDirectory() as folder:
            rows = [f"{x},{y},{10 * x + y},{x},{-y},3" for x, y in itertools.product(range(5), range(4))]
            write(folder + "/effective.csv", "x,y,free_energy,M_xx,M_xy,M_yy\n" + "\n".join(rows[::-1]) + "\n")
            _, points, grid, _ = plot.read_run(folder)
        self.assertEqual(points["x"].shape, (20, 2))
        (x, y), fields = grid
        self.assertEqual((len(x), len(y)), (5, 4))
        self.assertEqual(fields["free_energy"][3, 2], 23)
        np.testing.assert_array_equal(fields["M"][3, 2], [[2, -3], [-3, 3]])

    def test_padded_tensor(self):
        padded = np.arange(9.0) + np.zeros((2, 5, 9))
        np.testing.assert_array_equal(plot.as_tensor(padded, 2)[1, 4], [[0, 1], [3, 4]])
        self.assertEqual(plot.as_tensor(np.zeros(7), 1).shape, (7, 1, 1))

    def test_unfinished_point(self):
        points = plot.read_points([point([0.0, 1.0], 2), {"x": [1.0, 2.0], "M": None, "free_energy": None}])
        self.assertTrue(np.isnan(points["M"][1]).all() and np.isnan(points["free_energy"][1]))
        self.assertEqual(points["M"][0, 0, 1], 0.5)

    def test_ellipses_do_not_touch_the_border(self):
        for n in range(2, 60):
            chosen = plot.pick(np.linspace(0, 1, n), 1 / 13)
            step = np.min(np.diff(chosen)) if len(chosen) > 1 else 1
            if n > 3:
                self.assertGreaterEqual(min(chosen[0], n - 1 - chosen[-1]), 0.46 * step)


class Drawing(unittest.TestCase):
    def check(self, entries, names, extra=None):
        with tempfile.TemporaryDirectory() as folder:
            write(folder + "/run.json", json.dumps({"title": "costs 5$ & more", "effective": {"points": entries}}))
            if extra:
                extra(folder)
            done = run(folder, "--output", folder + "/pictures", "--format", "png,pdf")
            self.assertEqual(done.returncode, 0, done.stderr)
            expected = sorted(f"{folder}/pictures/{name}.{kind}" for name in names for kind in ("png", "pdf"))
            self.assertEqual(sorted(done.stdout.split()), expected)
            for path in expected:
                self.assertGreater(os.path.getsize(path), 5000)

    def test_line(self):
        self.check([point([0.1 * i], 1) for i in range(9)], ["effective"])

    def test_plane_with_a_hole(self):
        entries = [point([float(x), float(y)], 2) for y in range(5) for x in range(6)]
        entries[8] = {"x": entries[8]["x"], "M": None, "free_energy": None}
        self.check(entries, ["free_energy", "tensor"])

    def test_points(self):
        self.check([point([0.0, 1.0, 2.0], 3), point([3.0, 1.0, 2.0], 3)], ["eigenvalues"])

    def test_correctors(self):
        def correctors(folder):
            with h5py.File(folder + "/correctors.h5", "w") as file:
                file["x"] = file["y"] = np.linspace(0, 1, 6)
                file["theta_x"] = np.arange(36.0).reshape(6, 6)
        self.check([point([0.5, 0.5], 2)], ["eigenvalues", "correctors"], correctors)


class Refusing(unittest.TestCase):
    def test_sentences(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments, words in (([folder], "no results"), ([folder + "/none"], "no folder"),
                                     ([folder, "--format", "bmp"], "bmp")):
                done = run(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
            write(folder + "/run.json", "{")
            self.assertIn("is not JSON", run(folder).stderr)

    def test_missing_module(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder + "/matplotlib.py", "raise ImportError('no', name='matplotlib')\n")
            done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False,
                                  env=dict(os.environ, PYTHONPATH=folder))
        self.assertIn("apt install python3-matplotlib", done.stderr)
        self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
