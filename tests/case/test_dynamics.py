"""The whole program against the closed forms of reversible diffusions: gaps, passage times, Gaussians, invariants."""
import csv
import io
import math
import os
import sys
import unittest

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest  # noqa: E402

MESHES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "meshes")
INPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "input")
# The gap of V0 = x^4/4 - x^2/2 on [-2, 2], reflecting, M = 1: published values.
GAPS = {0.25: 0.1871718420066, 0.1: 0.0335452873082, 0.05: 0.00277614063657273, 0.025: 1.95892729997304e-05,
        0.0125: 9.0965142493129e-10, 0.00625: 1.8941172037666e-18}


def double_well(s, **sections):
    return {"dimension": 1, "temperature": s, "potential": {"macro": "x^4/4 - x^2/2"},
            "domain": {"box": [[-2, 2]], "cells": 64, "order": 4}, **sections}


def direct(log_weight, tensor, box, cells, **sections):
    domain = {"box": box, "cells": cells, **sections.pop("domain", {})}
    return {"dimension": len(box), "diffusion": {"log_weight": log_weight, "tensor": tensor}, "domain": domain,
            **sections}


def exponential(A):
    """exp(A) of a small matrix by scaling, Taylor and squaring."""
    n = max(0, int(np.ceil(np.log2(max(np.abs(A).sum(), 1e-30)))) + 4)
    term = total = np.eye(len(A))
    for k in range(1, 20):
        term = term @ (A / 2**n) / k
        total = total + term
    for _ in range(n):
        total = total @ total
    return total


def gaussian(A, D, s, m, C0, t):
    """Mean and covariance at time t of w = exp(-x.Ax/(2 s)), started as a Gaussian."""
    decay, rest = exponential(-t * D @ A / s), s * np.linalg.inv(A)
    return decay @ m, rest + decay @ (C0 - rest) @ decay.T


class Gaps(ProgramTest):
    def test_six_reference_gaps(self):
        for s, gap in GAPS.items():
            with self.subTest(s=s):
                spectrum = self.run_case(double_well(s, spectrum={"count": 2})).json["spectrum"]
                self.assertAlmostEqual(spectrum["gap"] / gap, 1, delta=1e-10)
                self.assertLess(spectrum["gap_error"], 1e-9)
                self.assertAlmostEqual(spectrum["log_gap"], math.log(gap), delta=1e-9)
                # M = 1: the operator with D = I is this one over s.
                self.assertAlmostEqual(spectrum["poincare_constant"] * gap / s, 1, delta=1e-9)

    def test_eigensolver_is_honest(self):
        """SLEPc's gap is right within its error, or not given."""
        for s, gap in GAPS.items():
            with self.subTest(s=s):
                spectrum = self.run_case(double_well(s, spectrum={"count": 3, "method": "slepc"})).json["spectrum"]
                if spectrum["gap"] is not None:
                    self.assertLessEqual(abs(spectrum["gap"] - gap), spectrum["gap_error"] * gap + 1e-12 * gap)
                self.assertEqual(spectrum["eigenvalues"][0], 0)
                self.assertLess(spectrum["orthogonality"], 1e-8)
                if s > 0.02:
                    self.assertIsNotNone(spectrum["gap"])

    def test_rugged_pitchfork(self):
        case = {"dimension": 1, "temperature": 0.5, "parameters": {"alpha": 1},
                "potential": {"macro": "x^4/4 - alpha*x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"},
                "cell": {"tolerance": 1e-10}, "domain": {"box": [[-2.2, 2.2]], "cells": 100, "order": 4},
                "evolve": {"initial": "exp(-50*(x - 1)^2)", "times": [1], "observables": {"mean": "x", "second": "x^2"}},
                "spectrum": {"count": 2}}
        result = self.run_case(case).json
        self.assertAlmostEqual(result["spectrum"]["gap"], 0.173689511, delta=1e-9)
        self.assertAlmostEqual(result["evolution"]["observables"]["mean"][0], 0.8127529, delta=1e-7)
        self.assertAlmostEqual(result["evolution"]["observables"]["second"][0], 1.09507754, delta=1e-8)
        self.assertLess(result["diffusion"]["coefficients"]["cascades"], 200)

    def test_rotated_product(self):
        """A double well along u and a harmonic well along v, axes and tensor turned by 30 degrees: the gap is the 1-d
        one times the tensor's eigenvalue along u."""
        for s in (0.05, 0.00625):
            c, d = math.cos(math.pi / 6), math.sin(math.pi / 6)
            along, across = 1.5 * s, 0.7 * s
            u, v = f"({c!r}*x + {d!r}*y)", f"({c!r}*y - {d!r}*x)"
            tensor = [[along * c * c + across * d * d, (along - across) * c * d],
                      [(along - across) * c * d, along * d * d + across * c * c]]
            case = direct(f"-({u}^4/4 - {u}^2/2 + {v}^2)/{s}", tensor, [[-1.8, 1.8], [-1.4, 1.4]], [288, 240],
                          domain={"scheme": "monotone"}, spectrum={"count": 2})
            with self.subTest(s=s):
                spectrum = self.run_case(case).json["spectrum"]
                off = abs(spectrum["gap"] / (1.5 * GAPS[s]) - 1)
                self.assertLess(off, 1e-6)
                self.assertLessEqual(off, spectrum["gap_error"])
                self.assertLess(spectrum["gap_error"], 1e-4)

    def test_method_by_option(self):
        """-spectrum_method in place of the case's; flux integrals need an interval."""
        case = double_well(0.05, spectrum={"count": 2})
        for method, wanted in (("flux", "flux"), ("slepc", "slepc"), ("auto", "flux")):
            spectrum = self.run_case(case, "-spectrum_method", method).json["spectrum"]
            self.assertEqual(spectrum["gap_method"], wanted)
        self.run_case({**case, "domain": {**case["domain"], "boundary": "periodic"}}, "-spectrum_method", "flux",
                      code=2)

    def test_gaps_on_meshes(self):
        """Absorbing rims, within the errors that another order of the elements tells: the disk's mesh is a regular polygon
        of 26 sides, whose gap is j01^2 pi/area (1 + 4 zeta(3)/n^3 + (12 - 2 j01^2) zeta(5)/n^5); the L-shape's is a
        published value."""
        n, j = 26, 5.783185962946784
        polygon = j * math.pi / (n / 2 * math.sin(2 * math.pi / n)) * (
            1 + 4 * 1.2020569 / n**3 + (12 - 2 * j) * 1.0369278 / n**5)
        for name, exact in (("disk", polygon), ("lshape", 9.6397238440219)):
            for order in (1, 2, 3, 4):
                case = {"dimension": 2, "diffusion": {"log_weight": "0", "tensor": 1},
                        "domain": {"mesh": os.path.join(MESHES, name + ".msh"), "order": order,
                                   "boundary": "absorbing"}, "spectrum": {"count": 2}}
                with self.subTest(mesh=name, order=order):
                    spectrum = self.run_case(case).json["spectrum"]
                    off = abs(spectrum["gap"] / exact - 1)
                    self.assertLessEqual(off, spectrum["gap_error"] + 1e-8)
                    self.assertLess(spectrum["gap_error"], {1: 0.1, 2: 0.1, 3: 2e-3, 4: 5e-4}[order])
                    self.assertTrue(all(v["discretisation_known"] for v in spectrum["details"]))

    def test_poincare_on_a_mesh(self):
        """Reflecting: 1/j'11^2 of the disk up to its polygon; the error counts the order, or nothing of it if unwanted."""
        case = {"dimension": 2, "diffusion": {"log_weight": "0", "tensor": 3},
                "domain": {"mesh": os.path.join(MESHES, "disk.msh"), "order": 3}, "spectrum": {"count": 2}}
        spectrum = self.run_case(case).json["spectrum"]
        self.assertAlmostEqual(spectrum["poincare_constant"] * 3.3899577, 1, delta=0.02)
        self.assertAlmostEqual(spectrum["poincare_constant"] * spectrum["gap"], 3, delta=1e-10)
        self.assertGreater(spectrum["poincare_error"], 1e-6)
        alone = self.run_case(case, "-spectrum_estimate", "0").json["spectrum"]
        self.assertAlmostEqual(alone["gap"], spectrum["gap"], delta=1e-12)
        self.assertLess(max(alone["gap_error"], alone["poincare_error"]), 1e-10)
        self.assertFalse(alone["details"][1]["discretisation_known"])

    def test_long_double_agrees(self):
        """Wells with barriers of 60 s in two and three dimensions: double and extended precision."""
        for dim, cells in ((2, [64, 48]), (3, [20, 16, 16])):
            log_weight = "-60*(x^2 - 1)^2 - 4*y^2" + (" - 4*z^2" if dim == 3 else "")
            tensor = [[1 if i == j else 0.3 for j in range(dim)] for i in range(dim)]
            gaps = []
            for precision in ("double", "long_double"):
                case = direct(log_weight, tensor, [[-1.5, 1.5]] + [[-2, 2]] * (dim - 1), cells,
                              domain={"scheme": "monotone"},
                              spectrum={"count": 2, "method": "elimination", "precision": precision})
                gaps.append(self.run_case(case, "-spectrum_estimate", "0").json["spectrum"]["log_gap"])
            self.assertAlmostEqual(gaps[0], gaps[1], delta=1e-11)
            self.assertLess(gaps[0], -50)


class Passages(ProgramTest):
    def test_over_a_barrier(self):
        """The double integral (2.8), both integrals by Simpson's rule on a fine grid."""
        s, a, b, x0, n = 0.05, -2.0, 1.0, -1.0, 60000
        V = lambda x: x**4 / 4 - x**2 / 2
        y = np.linspace(a, b, n + 1, dtype=np.longdouble)
        h = (b - a) / n
        w = np.exp(-V(y) / s)
        middle = np.exp(-V((y[1:] + y[:-1]) / 2) / s)
        inner = np.concatenate([[0], np.cumsum((w[1:] + w[:-1] + 4 * middle) * h / 6)])
        outer = inner / (w * s)
        start = round((x0 - a) / h)
        tail = outer[start:]
        exact = float((tail[0] + tail[-1] + 4 * tail[1:-1:2].sum() + 2 * tail[2:-1:2].sum()) * h / 3)
        passage = self.run_case(double_well(s, passage={"from": [x0], "to": "x > 1"})).json["passage"]
        self.assertAlmostEqual(passage["mean_first_passage_time"] / exact, 1, delta=1e-8)
        self.assertAlmostEqual(passage["log"], math.log(exact), delta=1e-8)
        # On the same line through elements and the monotone graph's relatives in two dimensions.
        flat = self.run_case({**double_well(s, passage={"from": [x0], "to": "x >= 1"}),
                              "domain": {"box": [[-2, 2]], "cells": 64, "order": 4}}).json["passage"]
        self.assertAlmostEqual(flat["mean_first_passage_time"] / exact, 1, delta=1e-8)

    def test_committor_of_a_line(self):
        """Flat: q is linear, the capacity D/length, the rate capacity/mass."""
        case = direct("0", 2.0, [[0, 4]], 40, passage={"committor": {"a": "x <= 1", "b": "x >= 3"}})
        committor = self.run_case(case).json["passage"]["committor"]
        self.assertAlmostEqual(committor["capacity"], 1.0, delta=1e-10)
        self.assertAlmostEqual(committor["reaction_rate"], 0.25, delta=1e-10)

    def test_disk(self):
        """Flat, all of the rim absorbing: (R^2 - r^2)/(4 D), but for the polygon."""
        case = {"dimension": 2, "diffusion": {"log_weight": "0", "tensor": 0.5},
                "domain": {"mesh": os.path.join(MESHES, "disk.msh"), "order": 3, "boundary": "absorbing"},
                "passage": {"from": [[0.0, 0.0], [0.5, 0.0]]}}
        points = self.run_case(case).json["passage"]["points"]
        self.assertAlmostEqual(points[0]["mean_first_passage_time"], 0.5, delta=0.02)
        self.assertAlmostEqual(points[1]["mean_first_passage_time"], 0.375, delta=0.02)


class Gaussians(ProgramTest):
    A = np.array([[1.0, 0.4, 0.2], [0.4, 2.0, 0.3], [0.2, 0.3, 1.5]])
    M = np.array([[1.0, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.2, 0.8]])

    def check(self, dim, cells, order, tolerance):
        s, m = 0.5, np.array([0.5, -0.25, 0.2])[:dim]
        A, D, C0 = self.A[:dim, :dim], s * self.M[:dim, :dim], 0.25 * np.eye(dim)
        names = "xyz"[:dim]
        form = " + ".join(f"{A[i, j]}*{names[i]}*{names[j]}" for i in range(dim) for j in range(dim))
        start = " + ".join(f"({names[i]} - ({m[i]}))^2" for i in range(dim))
        observables = {names[i]: names[i] for i in range(dim)}
        observables.update({names[i] + names[j]: f"{names[i]}*{names[j]}" for i in range(dim) for j in range(i, dim)})
        times = [0.1, 1.0, 10.0]
        case = direct(f"-({form})/(2*{s})", D.tolist() if dim > 1 else float(D[0, 0]), [[-6, 6]] * dim, cells,
                      domain={"order": order}, evolve={"initial": f"exp(-2*({start}))", "times": times,
                                                       "observables": observables})
        evolution = self.run_case(case).json["evolution"]
        for k, t in enumerate(times):
            mean, covariance = gaussian(A, D, s, m, C0, t)
            for i in range(dim):
                self.assertAlmostEqual(evolution["observables"][names[i]][k], mean[i], delta=tolerance)
                for j in range(i, dim):
                    exact = covariance[i, j] + mean[i] * mean[j]
                    self.assertAlmostEqual(evolution["observables"][names[i] + names[j]][k], exact, delta=tolerance)
        self.assertTrue(all(abs(mass - 1) < 1e-13 for mass in evolution["mass"]), evolution["mass"])
        entropy = evolution["relative_entropy"]
        self.assertTrue(all(a >= b - 1e-15 for a, b in zip(entropy, entropy[1:])), entropy)

    def test_line(self):
        self.check(1, 60, 4, 1e-8)

    def test_plane(self):
        self.check(2, [24, 24], 4, 1e-6)

    def test_space(self):
        self.check(3, [12, 12, 12], 3, 2e-3)


class Tails(ProgramTest):
    def test_wider_than_equilibrium(self):
        """Ornstein and Uhlenbeck from a Gaussian of four times the variance: rho/w grows as exp(3 x^2/8), e^96 in the corners."""
        times = [0.1, 1, 5]
        case = direct("-x^2/2", 1, [[-16, 16]], 400, domain={"order": 4},
                      evolve={"initial": "exp(-x^2/8 - x/4)", "times": times,
                              "observables": {"mean": "x", "square": "x^2"}})
        evolution = self.run_case(case).json["evolution"]
        for k, t in enumerate(times):
            mean, variance = -math.exp(-t), 1 + 3 * math.exp(-2 * t)
            self.assertAlmostEqual(evolution["observables"]["mean"][k], mean, delta=1e-9)
            self.assertAlmostEqual(evolution["observables"]["square"][k], variance + mean**2, delta=1e-9)

    def test_methods_agree(self):
        """A uniform density on a cold landscape, e^-225 where it is steepest: steps in time, and positive terms only."""
        found = []
        for method in ("lanczos", "uniformisation"):
            case = direct("-25*x^4 + 50*x^2", 0.01, [[-2, 2]], 200, domain={"scheme": "monotone"},
                          evolve={"initial": "1", "times": [0.01, 0.1, 1, 100], "method": method,
                                  "observables": {"square": "x^2"}})
            found.append(self.run_case(case).json["evolution"]["observables"]["square"])
        for a, b in zip(*found):
            self.assertAlmostEqual(a, b, delta=1e-10)


class Invariants(ProgramTest):
    def rotating(self, anisotropy, **sections):
        """D turns with the position, its eigenvalues 1 and 1/anisotropy."""
        turn = "(pi*x*y)"
        a = 1 / anisotropy
        tensor = [[f"cos{turn}^2 + {a}*sin{turn}^2", f"{1 - a}*sin{turn}*cos{turn}"],
                  [f"{1 - a}*sin{turn}*cos{turn}", f"sin{turn}^2 + {a}*cos{turn}^2"]]
        return direct("-2*x^2 - y^2 + 0.5*x*y", tensor, [[-2, 2], [-2, 2]], [48, 48],
                      domain={"scheme": "monotone"}, **sections)

    def test_monotone_is_positive(self):
        for anisotropy in (1, 100, 1000):
            case = self.rotating(anisotropy, evolve={"initial": {"delta": [0.5, -0.3]},
                                                     "times": [0, 1e-4, 0.001, 0.01, 0.1, 1, 10]})
            with self.subTest(anisotropy=anisotropy):
                outcome = self.run_case(case)
                result = outcome.json
                self.assertTrue(result["diffusion"]["m_matrix"])
                evolution = result["evolution"]
                self.assertGreaterEqual(min(evolution["minimum"]), 0)
                self.assertTrue(all(abs(mass - 1) < 1e-13 for mass in evolution["mass"]), evolution["mass"])
                for name in ("relative_entropy", "chi_square"):
                    values = evolution[name]
                    self.assertTrue(all(a >= b * (1 - 1e-12) for a, b in zip(values, values[1:])), values)
                rows = list(csv.reader(io.StringIO(outcome.read("density.csv").decode())))
                self.assertGreaterEqual(min(float(v) for row in rows[1:] for v in row[2:]), 0)

    def test_equilibrium_stays(self):
        """Started at Gibbs: rho = w for ever, to round-off."""
        for scheme in ("fem", "monotone"):
            case = self.rotating(10, evolve={"initial": "exp(-2*x^2 - y^2 + 0.5*x*y)", "times": [0, 1, 100]})
            case["domain"]["scheme"] = scheme
            evolution = self.run_case(case).json["evolution"]
            for entropy in evolution["chi_square"]:
                self.assertLess(abs(entropy), 1e-20)

    def test_spectrum_is_orthogonal(self):
        case = self.rotating(10, spectrum={"count": 8, "method": "slepc"})
        alone = self.run_case(case, "-spectrum_estimate", "0").json["spectrum"]
        self.assertLess(alone["orthogonality"], 1e-9)
        self.assertEqual(alone["eigenvalues"], sorted(alone["eigenvalues"]))
        for detail in alone["details"]:
            self.assertLess(detail["residual"], 1e-6)
        # Of these 48 x 48 cells some eigenvalues have no digit: they are null, and last.
        spectrum = self.run_case(case).json["spectrum"]
        known = [v for v in spectrum["eigenvalues"] if v is not None]
        self.assertGreaterEqual(len(known), 3)
        self.assertEqual(spectrum["eigenvalues"], sorted(known) + [None] * (8 - len(known)))
        fine = {**case, "domain": {**case["domain"], "cells": [160, 160]}}
        for value, detail in zip(self.run_case(fine).json["spectrum"]["eigenvalues"][1:], spectrum["details"][1:]):
            if detail["value"] is not None:
                self.assertLess(abs(detail["value"] / value - 1), detail["error"])

    def test_unknown_gap_is_no_other_value(self):
        """A gap of 1e-36 has no digit in a matrix of doubles: the next eigenvalue, which is known, does not take its
        place."""
        case = double_well(0.003, spectrum={"count": 4, "method": "slepc"})
        case["domain"] = {"box": [[-1.3, 1.3]], "cells": 256, "order": 4}
        spectrum = self.run_case(case).json["spectrum"]
        self.assertIsNone(spectrum["gap"])
        self.assertEqual(spectrum["eigenvalues"], [0, None, None, None])
        self.assertAlmostEqual(spectrum["details"][2]["value"], 0.99083, delta=1e-5)
        # By flux integrals it is known, and so is the list.
        case["spectrum"]["method"] = "auto"
        spectrum = self.run_case(case).json["spectrum"]
        self.assertLess(spectrum["gap"], 1e-30)
        self.assertEqual(spectrum["eigenvalues"], sorted(spectrum["eigenvalues"]))

    def test_huge_weights(self):
        """log w from 0 to -3000: nothing overflows, the equilibrium is right."""
        case = direct("-30*(x^2 + y^2)", 1.0, [[-10, 10], [-10, 10]], [120, 120], domain={"order": 2},
                      evolve={"initial": "exp(-30*(x - 0.2)^2 - 30*y^2)", "times": [0.001, 1],
                              "observables": {"mean": "x", "xx": "x^2"}})
        evolution = self.run_case(case).json["evolution"]
        self.assertAlmostEqual(evolution["observables"]["mean"][0], 0.2 * math.exp(-0.06), delta=5e-4)
        self.assertAlmostEqual(evolution["observables"]["xx"][1], 1 / 60, delta=1e-4)

    def test_every_mesh_runs(self):
        meshes = [name for name in sorted(os.listdir(MESHES)) if name.endswith(".msh")]
        self.assertGreaterEqual(len(meshes), 4)
        for name in meshes:
            dim = 3 if "ball" in name else 2
            case = {"dimension": dim, "diffusion": {"log_weight": "-x^2", "tensor": 1.0},
                    "domain": {"mesh": os.path.join(MESHES, name), "order": 2},
                    "evolve": {"initial": "exp(-x)", "times": [0.1, 1], "observables": {"mean": "x"}},
                    "spectrum": {"count": 3}}
            with self.subTest(mesh=name):
                result = self.run_case(case).json
                self.assertTrue(all(abs(mass - 1) < 1e-12 for mass in result["evolution"]["mass"]))
                self.assertGreater(result["spectrum"]["gap"], 0)


class Closed(ProgramTest):
    def test_energy_diffusion(self):
        """F = exp(-E/sigma)/(2 pi sigma), sigma = 1 + c t."""
        c = 0.4555924395366
        evolution = self.run_case(os.path.join(INPUT, "energy_diffusion.yaml")).json["evolution"]
        for t, energy, squared in zip(evolution["times"], *evolution["observables"].values()):
            self.assertAlmostEqual(energy, 1 + c * t, delta=1e-7)
            self.assertAlmostEqual(squared, 2 * (1 + c * t) ** 2, delta=1e-6)

    def test_smoluchowski(self):
        eigenvalues = self.run_case(os.path.join(INPUT, "smoluchowski.yaml")).json["spectrum"]["eigenvalues"]
        for value, exact in zip(eigenvalues[1:], (0.454546602, 8.156559784, 15.208056685)):
            self.assertAlmostEqual(30 * value, exact, delta=2e-8 * exact)

    def test_remark_13(self):
        """Muckenhoupt's lower bound of the Poincare constant grows with the box."""
        bounds = []
        for size in (4, 8, 12):
            outcome = self.run_case(os.path.join(INPUT, "remark_13.yaml"), "-s", f"domain.box=[[-{size}, {size}]]")
            (measure,) = [m for m in outcome.json["constants"]["measures"] if m["measure"] == "mu0"]
            lower, upper = measure["log_muckenhoupt"]
            self.assertLessEqual(lower, -measure["gap"]["log"] + 1e-9)
            self.assertGreaterEqual(upper, -measure["gap"]["log"] - 1e-9)
            bounds.append(lower)
        self.assertGreater(bounds[1], bounds[0] + 5)
        self.assertGreater(bounds[2], bounds[1] + 5)

    def test_backward_equation(self):
        """E_x X_t = x exp(-t) for Ornstein-Uhlenbeck."""
        import h5py
        case = direct("-x^2/2", 1.0, [[-9, 9]], 60, domain={"order": 4},
                      evolve={"initial": "exp(-x^2)", "times": [0.5, 1], "backward": {"mean": "x"}})
        outcome = self.run_case(case)
        with h5py.File(os.path.join(outcome.folder, "backward.h5")) as file:
            found = []
            file.visititems(lambda name, item: found.append((name, item[()])) if "mean" in name else None)
            x = file["x"][()]
        values = [v.reshape(-1) for name, v in sorted(found) if np.ndim(v) and v.size == x.size]
        self.assertEqual(len(values), 2)
        middle = np.abs(x) < 3
        for t, u in zip((0.5, 1), values):
            np.testing.assert_allclose(u[middle], x[middle] * math.exp(-t), atol=1e-6)

    def test_constants(self):
        """Ornstein-Uhlenbeck: gap 1 for every s, C_P = s."""
        for s in (0.1, 2.0):
            case = {"dimension": 1, "temperature": s, "potential": {"macro": "x^2/2", "micro": "0.1*cos(2*pi*x1)"},
                    "domain": {"box": [[-12 * s**0.5, 12 * s**0.5]], "cells": 60, "order": 4},
                    "spectrum": {"count": 2, "constants": True, "epsilon": [0.1]}}
            constants = self.run_case(case).json["constants"]
            measures = {m["measure"]: m for m in constants["measures"]}
            self.assertAlmostEqual(measures["mu_ref"]["gap"]["value"], 1, delta=1e-9)
            self.assertAlmostEqual(measures["mu_ref"]["poincare_constant"]["value"], s, delta=1e-9 * s)
            self.assertAlmostEqual(constants["oscillation"], 0.2, delta=1e-9)
            for name in ("mu0", "mu_epsilon"):
                self.assertTrue(measures[name]["holley_stroock_holds"])
                self.assertGreaterEqual(measures[name]["gap"]["value"], measures[name]["holley_stroock_gap"]["value"])


class Converge(ProgramTest):
    def converge(self, case, code):
        import subprocess
        from program import PROGRAM, environment
        words = [PROGRAM, "converge", self.write(case), "--output", self.path(f"study{next(self.count)}")]
        process = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, env=environment(),
                                 cwd=self.directory)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        return process

    def test_orders(self):
        """Orders 2p of observables and gap, p = 1, 2, against closed forms; a wrong claim ends with 4."""
        for p, scheme in ((1, "fem"), (2, "fem"), (1, "monotone")):
            case = direct("-x^2", 1.0, [[-4, 4]], 24 if p == 1 else 12, domain={"order": p, "scheme": scheme},
                          evolve={"initial": "exp(-4*(x - 0.5)^2)", "times": [0.3], "observables": {"mean": "x"}},
                          spectrum={"count": 3, "method": "slepc"},
                          converge={"levels": 4, "rates": {"mean": 2 * p, "eigenvalue_2": 2 * p},
                                    "exact": {"mean": 0.5 * math.exp(-0.6)}})
            with self.subTest(p=p, scheme=scheme):
                process = self.converge(case, 0)
                self.assertIn("met", process.stdout)
        case["converge"]["rates"] = {"mean": 3.5}
        self.assertIn("3.5", self.converge(case, 4).stderr)


if __name__ == "__main__":
    unittest.main()
