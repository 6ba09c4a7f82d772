"""Paths that are killed or interrupted in the middle and resumed, on another number of ranks too: the same bits.
Arguments: program, mpiexec, its flag."""
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, environment, unittest, wait_until

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
# Some seconds of work: three blocks under way, one after the other.
CASE = {"dimension": 1, "temperature": 0.25, "potential": {"macro": "x^4/4 - 0.2*x^2/2", "micro": "-x^2/2*sin(2*pi*x1)"},
        "paths": {"epsilon": 0.2, "count": 192, "step": 5e-5, "time": 10, "initial": 0.5, "box": [[-2.5, 2.5]],
                  "histogram": {"cells": 30}, "observables": {"mean": "x", "second": "x^2"}, "times": [1, 9],
                  "scheme": "leimkuhler_matthews", "passage": {"to": "x > 1.2"},
                  "autocorrelation": {"of": "x", "until": 0.2, "count": 4}, "trajectories": {"every": 1000}},
        "output": {"checkpoint_seconds": 0}}


class Resume(ProgramTest):
    verb = "paths"

    def command(self, case, *flags, **options):
        words, folder = super().command(case, *flags, **options)
        words[words.index("run")] = self.verb
        return words, folder

    def cut(self, number, folder, case=CASE):
        """Starts, waits for a checkpoint and sends a signal; the exit code."""
        words, folder = self.command(case, "--quiet", folder=folder)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
                                   cwd=self.directory)
        there = lambda: os.path.isdir(folder) and any(n.startswith(("paths_", "passage_")) and n.endswith(".checkpoint")
                                                      for n in os.listdir(folder))
        self.assertTrue(wait_until(lambda: process.poll() is not None or there(), 60))
        time.sleep(0.1)
        self.assertIsNone(process.poll(), "the paths were too fast to be cut")
        process.send_signal(number)
        self.said = process.communicate(timeout=60)
        return process.returncode

    def results(self, folder):
        return {path.name: path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())
                if path.suffix in (".csv", ".h5")}

    def whole(self):
        results = self.results(self.run_case(CASE, "--quiet").folder)
        self.assertEqual(len(results), 5)
        return results

    def check_resumed(self, folder, whole, **options):
        outcome = self.run_case(CASE, "--resume", "--quiet", folder=folder, **options)
        self.assertEqual(outcome.json["status"], "ok")
        for name, content in self.results(folder).items():
            self.assertTrue(content == whole[name], f"{name} differs after --resume")
        self.assertFalse([n for n in os.listdir(folder) if n.endswith(".checkpoint")])

    def test_cut_and_resumed(self):
        whole = self.whole()
        folder = self.path("interrupted")
        self.assertEqual(self.cut(signal.SIGINT, folder), 130)
        with open(os.path.join(folder, "log.txt"), encoding="utf-8") as stream:
            self.assertIn("interrupted (the paths); the same command with --resume goes on from here", stream.read())
        self.check_resumed(folder, whole)
        folder = self.path("killed")
        self.assertEqual(self.cut(signal.SIGKILL, folder), -9)
        self.check_resumed(folder, whole, launcher=[MPIEXEC, FLAG, "2"])

    def test_estimate(self):
        """`reiter estimate` of simulated paths goes on in the same way."""
        self.verb = "estimate"
        case = {**{key: CASE[key] for key in ("dimension", "temperature", "potential", "output")},
                "paths": {"epsilon": 0.2, "count": 192, "step": 5e-5, "time": 25},
                "estimate": {"subsampling": [0.01, 0.1], "every": 20, "drift": {"basis": ["x", "x^3"]}}}
        whole = self.results(self.run_case(case, "--quiet").folder)
        self.assertEqual(list(whole), ["estimate_epsilon_0.2.csv"])
        folder = self.path("interrupted")
        self.assertEqual(self.cut(signal.SIGINT, folder, case), 130)
        self.run_case(case, "--resume", "--quiet", folder=folder)
        self.assertEqual(self.results(folder), whole)

    def test_torn_checkpoint(self):
        """Garbage in a checkpoint: its paths begin again and are right."""
        whole = self.whole()
        folder = self.path("torn")
        self.assertEqual(self.cut(signal.SIGTERM, folder), 130)
        for name in os.listdir(folder):
            if name.endswith(".checkpoint"):
                with open(os.path.join(folder, name), "r+b") as stream:
                    stream.seek(-100, os.SEEK_END)
                    stream.write(b"\xff" * 50)
        self.check_resumed(folder, whole)


if __name__ == "__main__":
    unittest.main()
