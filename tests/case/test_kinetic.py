"""The kinetic equation: figures of an independent Fourier-Hermite code, closed forms, the limit of large friction."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

COSINE = """dimension: 1
temperature: 1
diffusion: {log_weight: (cos(x) - 1)/2, tensor: 1}
domain: {box: [[-pi, pi]], cells: 64, order: 4, boundary: periodic}
"""
# Two scales; the fast one is worth M = I_0(a/s)^-2, whatever x is.
RUGGED = """dimension: 1
temperature: 1
potential: {macro: (1 - cos(x))/2, micro: 0.8*cos(2*pi*x1)}
domain: {box: [[-pi, pi]], cells: 64, order: 4, boundary: periodic}
"""
WELL = """dimension: 1
temperature: 1
diffusion: {log_weight: -2*(x^2 - 1)^2, tensor: 1}
domain: {box: [[-2.4, 2.4]], cells: 48, order: 4}
"""


def bessel_0(x):
    return sum((x / 2) ** (2 * k) / math.factorial(k) ** 2 for k in range(40))


class Kinetic(ProgramTest):
    def kinetic(self, text):
        return self.run_case(self.write(text)).json["kinetic"]

    def test_cosine(self):
        k = self.kinetic(COSINE + "kinetic: {friction: [0.01, 1, 1000], diffusion: true, tolerance: 1e-11}\n")
        for g, D, error, exact in zip(k["frictions"], k["diffusion"], k["diffusion_errors"],
                                      (0.365956597937, 0.814971666978, 0.884175629988)):
            self.assertLess(abs(g * D / exact - 1), 1e-10, g)
            self.assertLess(error, 1e-10 * D)

    def test_mass_is_a_unit(self):
        """D(m, g) = D(1, g sqrt(m))/sqrt(m)."""
        one = self.kinetic(COSINE + "kinetic: {friction: 0.6, diffusion: true}\n")
        four = self.kinetic(COSINE + "kinetic: {friction: 0.3, mass: 4, diffusion: true}\n")
        self.assertLess(abs(2 * four["diffusion"][0] / one["diffusion"][0] - 1), 1e-7)

    def test_overdamped(self):
        """m g D tends to Lifson and Jackson's value like 1/g^2."""
        k = self.kinetic(COSINE + "kinetic: {friction: [100, 1000], diffusion: true, tolerance: 1e-10}\n")
        exact = bessel_0(0.5) ** -2
        limit = k["overdamped"]
        self.assertLess(abs(limit["mass_friction_diffusion"] / exact - 1), 1e-10)
        away = [1 - ratio for ratio in limit["diffusion_ratio"]]
        self.assertLess(away[1], 2e-7)
        self.assertLess(abs(away[0] / away[1] / 100 - 1), 1e-2)

    def test_rugged(self):
        """The cascade's M stands in the limit of large friction: m g D = s M/I_0(1/2)^2."""
        k = self.kinetic(RUGGED + "kinetic: {friction: 1000, diffusion: true}\n")
        exact = bessel_0(0.5) ** -2 * bessel_0(0.8) ** -2
        self.assertLess(abs(1000 * k["diffusion"][0] / exact - 1), 1e-6)
        self.assertLess(abs(k["overdamped"]["mass_friction_diffusion"] / exact - 1), 1e-8)

    def test_double_well(self):
        """Eigenvalues by another code: waves in q, Hermite functions in p."""
        exact = {0.3: [-0.0621737479, -0.3137812845, -0.7386355348],
                 1: [-0.1200251906, -0.9981477895, -2.0608813, -2.4497226689, -1.8055525722 + 2.1111847j,
                     -1.8055525722 - 2.1111847j],
                 3: [-0.1067498984, -2.2768282090, -3.6964318910, -2.3521570402 + 3.3366241j, -2.3521570402 - 3.3366241j],
                 10: [-0.0434218682, -0.8315471907, -1.6515099075, -2.7172620534, -4.1267995018, -6.2553330464]}
        for g, values in exact.items():
            k = self.kinetic(WELL + f"kinetic: {{friction: {g}, spectrum: {len(values) + 1}, tolerance: 1e-6, overdamped: false}}\n")
            found = [complex(v["re"], v["im"]) for v in k["eigenvalues"][0]["values"]]
            self.assertEqual(found[0], 0)
            for value in values:
                self.assertLess(min(abs(value - one) for one in found), 1e-6 * abs(value), (g, value, found))
            self.assertLess(abs(k["eigenvalues"][0]["gap"] + values[0]), 1e-6 * abs(values[0]))

    def test_double_well_overdamped(self):
        """g lambda_1 is that of the reversible diffusion but for a part of 4.89/g^2."""
        k = self.kinetic(WELL + "kinetic: {friction: [100, 1000], spectrum: 2}\n")
        limit = k["overdamped"]
        self.assertLess(abs(limit["mass_friction_eigenvalues"][1] / 0.4545466 - 1), 2e-7)
        for g, ratio in zip(k["frictions"], limit["eigenvalue_ratio"]):
            self.assertLess(abs((1 - ratio) * g**2 - 4.89), 0.05, g)

    def test_too_many_unknowns(self):
        """A limit of work that is met: exit code 3, and no number."""
        for wanted in ("spectrum: 2", "initial: exp(-(x - 1)^2 - p^2), times: [1]"):
            run = self.run_case(self.write(WELL + f"kinetic: {{friction: 0.1, max_unknowns: 400, {wanted}}}\n"), code=3)
            self.assertIn("max_unknowns = 400", run.err)
            self.assertFalse(self.has_numbers(run))

    def has_numbers(self, run):
        k = run.json.get("kinetic", {}) if os.path.exists(os.path.join(run.folder, "run.json")) else {}
        return any(key in k for key in ("eigenvalues", "diffusion", "evolution"))

    def test_too_coarse(self):
        """A resolution that is given is kept, and its error is told; what is wrong altogether is no answer."""
        fixed = "cells: 3, order: 2, levels: 4"
        for wanted in ("spectrum: 6", "initial: exp(-60*(x - 1)^2 - 8*p^2), times: [0.5], observables: {q: x}"):
            run = self.run_case(self.write(WELL + f"kinetic: {{friction: 0.05, {fixed}, {wanted}}}\n"), code=3)
            self.assertIn("the resolution that is given", run.err)
            self.assertFalse(self.has_numbers(run))
        k = self.kinetic(WELL + "kinetic: {friction: 1, cells: 6, order: 4, levels: 10, spectrum: 2, tolerance: 1e-9}\n")
        value = k["eigenvalues"][0]["values"][1]
        self.assertEqual(k["resolutions"][0]["spectrum"]["levels"], 10)
        self.assertGreater(value["error"], 1e-9)
        self.assertLess(abs(value["re"] + 0.1200251906), 2 * value["error"])

    def test_options(self):
        """The eigensolver listens to its options; one that nobody reads is a mistake."""
        case = self.write(WELL + "kinetic: {friction: 3, spectrum: 3}\n")
        run = self.run_case(case, "-kinetic_eps_max_it", "1", "-kinetic_eps_ncv", "9", code=3)
        self.assertIn("eigensolver", run.err)
        self.assertIn("kinetic_eps_mxa_it", self.run_case(case, "-kinetic_eps_mxa_it", "1", code=2).err)

    def test_evolution(self):
        """A spring: the mean obeys q'' + g q' + q = 0; here it starts at -1/2, at rest."""
        k = self.kinetic("dimension: 1\ntemperature: 1\ndiffusion: {log_weight: -x^2/2, tensor: 1}\n"
                         "domain: {box: [[-8, 8]], cells: 32, order: 4}\nkinetic:\n  friction: 1\n  tolerance: 1e-4\n"
                         "  initial: exp(-(x + 0.5)^2/2 - p^2/2)\n  times: [0, 1, 2]\n  observables: {q: x}\n")
        e, w = k["evolution"], math.sqrt(3) / 2
        for t, q, error in zip(e["times"], e["observables"]["q"], e["errors"]["q"]):
            exact = -0.5 * math.exp(-t / 2) * (math.cos(w * t) + math.sin(w * t) / 2 / w)
            self.assertLess(abs(q - exact), 1e-4)
            self.assertLess(error, 1e-3)
        for mass in e["mass"]:
            self.assertLess(abs(mass - 1), 1e-12)
        self.assertEqual(e["chi_square"], sorted(e["chi_square"], reverse=True))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
