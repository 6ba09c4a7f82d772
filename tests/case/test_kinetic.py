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
