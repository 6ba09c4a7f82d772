"""The kinetic equation on one, two and three ranks: the same bits. Arguments: program, mpiexec, its flag."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
WELL = """dimension: 1
temperature: 1
diffusion: {log_weight: -2*(x^2 - 1)^2, tensor: 1}
domain: {box: [[-2.4, 2.4]], cells: 48, order: 4}
"""
RUGGED = """dimension: 1
temperature: 1
potential: {macro: (1 - cos(x))/2, micro: 0.8*cos(2*pi*x1)}
domain: {box: [[-pi, pi]], cells: 64, order: 4, boundary: periodic}
"""


class Ranks(ProgramTest):
    def same_everywhere(self, text, *files):
        case = self.write(text)
        alone = self.run_case(case)
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                run = self.run_case(case, launcher=[MPIEXEC, FLAG, str(ranks)], timeout=120)
                self.assertEqual(run.json["provenance"]["ranks"], ranks)
                for name in files:
                    self.assertTrue(run.read(name) == alone.read(name), f"{name} differs")

    def test_frictions(self):
        """More frictions than ranks, and a number that neither divides."""
        self.same_everywhere(WELL + "kinetic: {friction: [0.5, 1, 2, 5, 20], spectrum: 4, tolerance: 1e-6}\n",
                             "kinetic.csv", "kinetic_spectrum.csv")

    def test_cascade(self):
        self.same_everywhere(RUGGED + "kinetic: {friction: [0.3, 10], diffusion: true}\n", "kinetic.csv")

    def test_evolution(self):
        self.same_everywhere(WELL + "kinetic:\n  friction: 1\n  tolerance: 1e-3\n"
                             "  initial: exp(-2*(x^2 - 1)^2 - 3*(x + 1)^2 - p^2/2)\n  times: [0.5, 1]\n"
                             "  observables: {q: x}\n  density: {positions: 30, momenta: 30}\n",
                             "kinetic_observables.csv", "kinetic_density.csv", "phase.h5")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
