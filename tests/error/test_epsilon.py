"""Studies in e that a case does not allow: message, place, exit code."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, unittest

HEAD = "dimension: 1\ntemperature: 0.5\npotential: {macro: x^2/2, micro: 0.5*cos(2*pi*x1)}\n"
REST = "domain: {box: [[-5, 5]], cells: 40}\nspectrum: {count: 2}\n"
STUDY = "converge: {epsilon: [0.1, 0.05]}\n"


class Epsilon(ProgramTest):
    def refused(self, text, place, *words, code=2, study="epsilon"):
        path, folder = self.write(text), self.path("study")
        process = subprocess.run([PROGRAM, "converge", path, "--in", study, "--output", folder], capture_output=True,
                                 text=True, timeout=60, check=False, env=environment())
        self.assertEqual(process.returncode, code, process.stderr)
        self.assertEqual(process.stderr.count("error:"), 1, process.stderr)
        self.assertIn(f"{os.path.basename(path)}:{place}: error:" if place else "reiter: error:", process.stderr)
        for word in words:
            self.assertIn(word, process.stderr)
        if code == 2:
            self.assertFalse(os.path.exists(os.path.join(folder, "converge.json")))

    def test_cases_without_such_a_study(self):
        self.refused("dimension: 2\ntemperature: 1\npotential: {macro: x^2 + y^2, micro: cos(2*pi*x1)}\n"
                     f"domain: {{box: [[-1, 1], [-1, 1]], cells: 4}}\n{STUDY}", "1:12", "in one dimension only")
        self.refused(f"dimension: 1\ndiffusion: {{log_weight: -x^2, tensor: 1}}\n{REST}{STUDY}", "2:1", "given directly")
        self.refused(f"dimension: 1\ntemperature: 1\npotential: {{macro: x^2}}\n{REST}{STUDY}", "3:1", "no fast variable")
        self.refused(f"{HEAD}{STUDY}", None, "no interval", "domain: {box:")
        self.refused(f"{HEAD}{REST}converge: {{levels: 3}}\n", "6:1", "names no e", "epsilon: [0.2")
        self.refused(f"{HEAD}{REST}", None, "names no e")

    def test_lists_and_orders(self):
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1], epsilon_rates: {{gap: 2}}}}\n", "6:21", "a single e")
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1, 0.05], epsilon_rates: {{gop: 2}}}}\n", "6:50",
                     "no number 'gop'", "did you mean 'gap'?")
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1, 0.05], epsilon_rates: {{mean_at_0: 2}}}}\n", "6:50",
                     "no number 'mean_at_0'", "NAME_at_K")
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1, 2]}}\n", "6:27", "out of range: 2", "(0, 1)")
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1, 0.1]}}\n", "6:27", "holds 0.1 twice")

    def test_periods_that_nothing_resolves(self):
        self.refused(f"{HEAD}{REST}converge: {{epsilon: [0.1, 1e-6]}}\n", "6:21", "no result for e = 1e-06", "a larger e",
                     code=3)

    def test_names_of_studies(self):
        self.refused(f"{HEAD}{REST}{STUDY}", None, "'--in epsilom'", "did you mean 'epsilon'?", study="epsilom")
        self.refused(f"{HEAD}{REST}{STUDY}", "6:1", "no rates to verify", study="cells")


if __name__ == "__main__":
    unittest.main()
