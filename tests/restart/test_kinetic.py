"""The kinetic equation, interrupted or killed in the middle and resumed: the same bits. Arguments: program."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, environment, unittest, wait_until

WELL = """dimension: 1
temperature: 1
diffusion: {log_weight: -2*(x^2 - 1)^2, tensor: 1}
domain: {box: [[-2.4, 2.4]], cells: 48, order: 4}
output: {checkpoint_seconds: 0}
"""
FRICTIONS = WELL + "kinetic: {friction: [5, 0.5, 0.45, 0.4, 0.35, 0.3], spectrum: 2, tolerance: 1e-5, overdamped: false}\n"
EVOLUTION = WELL + """kinetic:
  friction: 1
  tolerance: 1e-4
  initial: exp(-2*(x^2 - 1)^2 - 3*(x + 1)^2 - p^2/2)
  times: [0.5, 1, 2]
  observables: {q: x}
  density: {positions: 30, momenta: 30}
"""


class Resume(ProgramTest):
    def cut(self, case, number, folder):
        """Starts, waits for a checkpoint with something in it, and sends a signal; the exit code."""
        words, folder = self.command(case, "--quiet", folder=folder)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
                                   cwd=self.directory)

        def begun():
            names = os.listdir(folder) if os.path.isdir(folder) else []
            sizes = [os.path.getsize(os.path.join(folder, n)) for n in names
                     if n.startswith("kinetic") and n.endswith(".checkpoint")]
            return process.poll() is not None or any(size > 2000 for size in sizes)

        self.assertTrue(wait_until(begun, 60))
        self.assertIsNone(process.poll(), "it was done before it could be cut")
        process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode

    def check(self, text, number, code, *files):
        case = self.write(text)
        whole, folder = self.run_case(case, "--quiet"), self.path(f"cut_{number}")
        self.assertEqual(self.cut(case, number, folder), code)
        self.assertFalse(os.path.exists(os.path.join(folder, files[0])))
        resumed = self.run_case(case, "--resume", "--quiet", folder=folder)
        for name in files:
            self.assertTrue(resumed.read(name) == whole.read(name), f"{name} differs after --resume")
        self.assertFalse([n for n in os.listdir(folder) if n.endswith(".checkpoint")])

    def test_frictions_interrupted(self):
        self.check(FRICTIONS, signal.SIGINT, 130, "kinetic.csv", "kinetic_spectrum.csv")

    def test_frictions_killed(self):
        self.check(FRICTIONS, signal.SIGKILL, -9, "kinetic.csv", "kinetic_spectrum.csv")

    def test_evolution_interrupted(self):
        self.check(EVOLUTION, signal.SIGINT, 130, "kinetic_observables.csv", "kinetic_density.csv", "phase.h5")

    def test_evolution_killed(self):
        self.check(EVOLUTION, signal.SIGKILL, -9, "kinetic_observables.csv", "kinetic_density.csv", "phase.h5")


if __name__ == "__main__":
    unittest.main()
