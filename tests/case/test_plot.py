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
sys.path.insert(0, os.path.dirname(SCRIPT))
import plot_dynamics
import plot_series


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


def series(folder, name, axes, frames):
    """NAME.h5 and NAME.xdmf of a grid as reiter writes them; frames: [(time, {field: values [z][y][x]})]."""
    place = lambda k, field: f"t{k:05d}/{field}" if len(frames) > 1 else field
    item = lambda where: f'<DataItem Format="HDF">{name}.h5:/{where}</DataItem>'
    lengths = "".join(item(letter) for letter in "xyz"[:len(axes)])
    lengths += '<DataItem Format="XML">0.0</DataItem>' * (3 - len(axes))
    grids = ""
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        for letter, values in zip("xyz", axes):
            file[letter] = values
        for k, (time, fields) in enumerate(frames):
            grids += '<Grid GridType="Uniform">' + (f'<Time Value="{time}"/>' if len(frames) > 1 else "")
            grids += f'<Topology TopologyType="3DRectMesh"/><Geometry GeometryType="VXVYVZ">{lengths}</Geometry>'
            for field, values in fields.items():
                file[place(k, field)] = values
                grids += f'<Attribute Name="{field}">{item(place(k, field))}</Attribute>'
            grids += "</Grid>"
    write(f"{folder}/{name}.xdmf", f'<Xdmf><Domain><Grid GridType="Collection">{grids}</Grid></Domain></Xdmf>')


class Dynamics(unittest.TestCase):
    """Folders of evolutions, spectra and passages, without a tensor at points."""

    def check(self, make, names, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            write(folder + "/run.json", json.dumps({"title": "costs 5$"}))
            make(folder)
            done = run(folder, *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(sorted(done.stdout.split()), sorted(f"{folder}/{name}" for name in names))
            for path in done.stdout.split():
                self.assertGreater(os.path.getsize(path), 5000)

    def box(self, folder, axes, temperature):
        """Two wells along x, a slow mode, a passage to the right."""
        x = np.broadcast_to(axes[0], tuple(len(a) for a in reversed(axes)))
        log_w = -4 * (x**2 - 1) ** 2
        dim = len(axes)
        tensor = np.diag([1.0] * dim + [0.0] * (3 - dim)).ravel()
        landscape = {"log_w": log_w, "D": np.ones(x.shape) if dim == 1 else np.broadcast_to(tensor, x.shape + (9,))}
        if temperature:
            landscape["free_energy"] = -log_w
        series(folder, "landscape", axes, [(0, landscape)])
        rho = lambda t: np.exp(log_w) * (1 + np.exp(-t) * np.tanh(x))
        series(folder, "density", axes, [(t, {"rho": rho(t)}) for t in (0, 1, 4)])
        series(folder, "eigenfunctions", axes, [(0, {"f_0": np.ones(x.shape), "f_1": np.tanh(3 * x)})])
        with np.errstate(divide="ignore"):
            series(folder, "passage", axes, [(0, {"log_mean_first_passage_time": np.log(np.clip(1 - x, 0, 2)),
                                                  "committor": np.clip((1 + x) / 2, 0, 1)})])
        write(folder + "/observables.csv", "time,mass,minimum,relative_entropy,chi_square,mean\n0,1,0,1,1e27,1\n"
              "1,1,0,0.3,0.5,0.4\n4,1,0,0.001,0.002,0.01\n")
        write(folder + "/spectrum.csv", "index,eigenvalue,log_eigenvalue,error,residual\n0,0,-1e307,0,0\n1,1,0,0,0\n")
        write(folder + "/passage.csv", ",".join("xyz"[:dim]) + ",mean_first_passage_time,log,error\n" +
              ",".join(["0"] * dim) + ",1,0,0\n")

    def test_line(self):
        names = ["landscape.png", "density.png", "relaxation.png", "eigenfunctions.png", "passage.png", "density.gif"]
        self.check(lambda folder: self.box(folder, [np.linspace(-2, 2, 41)], False), names, "--animate")

    def test_plane(self):
        axes = [np.linspace(-2, 2, 21), np.linspace(-1, 1, 14)]
        names = ["free_energy.png", "tensor.png", "density.png", "relaxation.png", "eigenfunctions.png", "passage.png"]
        self.check(lambda folder: self.box(folder, axes, True), names)

    def test_block(self):
        axes = [np.linspace(-2, 2, 9), np.linspace(-1, 1, 8), np.linspace(-1, 1, 7)]
        names = ["slices.png", "density.png", "relaxation.png", "eigenfunctions.png", "passage.png"]
        self.check(lambda folder: self.box(folder, axes, True), names)

    def test_convergence(self):
        def study(folder):
            os.remove(folder + "/run.json")
            os.mkdir(folder + "/level_0")
            run_of_level = {"title": "study", "effective": {"points": [point([0.0], 1)]}}
            write(folder + "/level_0/run.json", json.dumps(run_of_level))
            write(folder + "/level_0/resolved.yaml", 'converge:\n  levels: 3\n  rates: {"gap": 4.0}\n  exact: {}\n')
            write(folder + "/converge.csv", "level,gap,gap_error,gap_order\n0,1,1e-2,nan\n1,1,1e-3,3.3\n2,1,nan,nan\n")
            self.assertEqual(plot_dynamics.stated_rates(folder), {"gap": 4.0})
        self.check(study, ["converge.png"])

    def test_convergence_in_epsilon(self):
        def study(folder):
            os.remove(folder + "/run.json")
            quantities = [{"name": "gap", "description": "spectral gap", "least_order": 2}, {"name": "total_variation"}]
            write(folder + "/converge.json", json.dumps({"title": "study", "quantities": quantities}))
            parts = ("", "_error", "_homogenized", "_difference", "_order")
            header = ["epsilon"] + [q["name"] + part for q in quantities for part in parts]
            write(folder + "/converge.csv", ",".join(header) + "\n0.2,1,1e-9,0.96,4e-2,nan,0.5,1e-9,0.5,0,nan\n"
                                            "0.1,0.97,1e-9,0.96,1e-2,2,0.5,1e-9,0.5,0,nan\n")
            self.assertEqual(plot_dynamics.describe_quantities(folder), ({"gap": "spectral gap"}, {"gap": 2}))
        self.check(study, ["converge.png"])

    def test_green_kubo(self):
        """A plateau, a bound particle, bins without errors and without samples."""
        def study(folder):
            flat = {"has_plateau": True, "plateau": [0.2, 0.4], "scalar": 2.0, "scalar_error": 0.1, "why": "flat"}
            bound = {"has_plateau": False, "bound": True, "plateau": None, "scalar": None, "why": "bound"}
            write(folder + "/run.json", json.dumps({"title": "costs $5", "greenkubo": {
                "force": flat, "momentum": bound, "thermal_force": {"by": "bins"}}}))
            tensors = ",".join(f"{what}_{a}" for a in ("xx", "xy", "yx", "yy") for what in (
                "correlation", "correlation_error", "integral", "integral_error"))
            for name in ("force", "momentum"):
                write(folder + f"/greenkubo_{name}.csv", "lag,integral,integral_error,slope," + tensors + "\n" + "".join(
                    f"{k / 10},{2 - 2 * 0.1 ** k},0.1,nan," + ",".join(4 * [f"{0.1 ** k},0.01,{2 - 2 * 0.1 ** k},0.1"]) + "\n"
                    for k in range(8)))
            write(folder + "/thermal_force.csv", "component,position,force,force_error,f_th,samples\n" + "".join(
                f"{c},{k},{-k},{'nan' if k == 1 else 0.3},{-k},20\n{c},{k + 0.5},nan,nan,nan,0\n" for c in (1, 2) for k in range(5)))
        self.check(study, ["greenkubo_force.png", "greenkubo_momentum.png", "thermal_force.png"])

    def test_order_of_nodes(self):
        with tempfile.TemporaryDirectory() as folder:
            values = np.arange(12.0).reshape(3, 4)
            series(folder, "density", [np.arange(4.0), np.arange(3.0)], [(0.5, {"rho": values}), (2, {"rho": -values})])
            read = plot_series.read_series(folder, "density")
        self.assertEqual((read.times, read.dim), ([0.5, 2.0], 2))
        np.testing.assert_array_equal(read.fields[1]["rho"], -values)

    def test_modes_are_scaled_where_there_is_weight(self):
        """f is 1e6 at a place of no weight; the mode lives at -1 and 1."""
        f = plot_dynamics.scaled_mode(np.array([-2.0, 1.0, 2.0, 1e6]), np.array([0.0, -3.0, -0.1, -200.0]))
        np.testing.assert_array_equal(f[:3], [-1, 0.5, 1])
        self.assertTrue(np.isnan(f[3]))

    def test_temperature_of_a_landscape(self):
        """M = D/s, s from F = -s log w."""
        with tempfile.TemporaryDirectory() as folder:
            with h5py.File(folder + "/landscape.h5", "w") as file:
                file["x"], file["log_w"] = np.arange(5.0), -np.arange(5.0)
                file["free_energy"], file["D"] = 0.25 * np.arange(5.0), np.full(5, 0.125)
            _, fields = plot.read_landscape(folder + "/landscape.h5")
        np.testing.assert_allclose(fields["M"].ravel(), 0.5)


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
