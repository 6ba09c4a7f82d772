"""Evolutions that are killed or interrupted in the middle and resumed: the same bits. Arguments: program."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, environment, unittest, wait_until


def slow(method, **evolve):
    """Some seconds of work on one core."""
    return {"dimension": 2, "diffusion": {"log_weight": "-4*(x^2 - 1)^2 - 2*y^2", "tensor": [["1", "0.3"], ["0.3", "0.6"]]},
            "domain": {"box": [[-2, 2], [-2, 2]], "cells": [160, 160], "scheme": "monotone"},
            "evolve": {"initial": {"delta": [1, 0]}, "times": [0.1, 1, 4], "method": method,
                       "observables": {"x": "x"}, "backward": {"right": "x > 0"}, **evolve},
            "output": {"checkpoint_seconds": 0}}


class Resume(ProgramTest):
    def interrupt(self, case, number, folder):
        """Starts, waits for a checkpoint of the evolution and sends a signal; the exit code."""
        words, folder = self.command(case, "--quiet", folder=folder)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment(), cwd=self.directory)
        arrived = wait_until(lambda: process.poll() is not None or
                             any(n.endswith(".checkpoint") and n.startswith("evolve") for n in os.listdir(folder)
                                 ) if os.path.isdir(folder) else False, 60)
        self.assertTrue(arrived)
        time.sleep(0.2)
        if process.poll() is None:
            process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode

    def results(self, folder):
        return {name: open(os.path.join(folder, name), "rb").read()
                for name in ("observables.csv", "density.h5", "backward.h5")}

    def check(self, method, number, code, **evolve):
        case = self.write(slow(method, **evolve))
        whole = self.run_case(case, "--quiet").folder
        folder = self.path(f"cut_{method}_{number}")
        self.assertEqual(self.interrupt(case, number, folder), code)
        self.run_case(case, "--resume", "--quiet", folder=folder)
        for name, content in self.results(folder).items():
            self.assertTrue(content == self.results(whole)[name], f"{method}: {name} differs after --resume")
        self.assertFalse([n for n in os.listdir(folder) if n.endswith(".checkpoint")])

    def test_chebyshev_interrupted(self):
        self.check("chebyshev", signal.SIGINT, 130)

    def test_chebyshev_killed(self):
        self.check("chebyshev", signal.SIGKILL, -9)

    def test_uniformisation_killed(self):
        self.check("uniformisation", signal.SIGKILL, -9, times=[0.01, 0.2])

    def test_torn_checkpoint(self):
        """Garbage at the end of a checkpoint: the run begins again and is right."""
        case = self.write(slow("chebyshev"))
        whole = self.run_case(case, "--quiet").folder
        folder = self.path("torn")
        self.assertEqual(self.interrupt(case, signal.SIGINT, folder), 130)
        for name in os.listdir(folder):
            if name.startswith("evolve") and name.endswith(".checkpoint"):
                with open(os.path.join(folder, name), "r+b") as stream:
                    stream.seek(-100, os.SEEK_END)
                    stream.write(b"\xff" * 50)
        self.run_case(case, "--resume", "--quiet", folder=folder)
        self.assertEqual(self.results(folder), self.results(whole))


class FromRun(ProgramTest):
    def test_initial_from_a_previous_run(self):
        """t = 0.1 and then 0.2 more is t = 0.3."""
        case = slow("auto")
        case["domain"] = {"box": [[-2, 2], [-2, 2]], "cells": [40, 40], "order": 2}
        case["evolve"] = {"initial": "exp(-5*(x - 0.7)^2 - 5*y^2)", "times": [0.1, 0.3], "observables": {"x": "x", "yy": "y^2"}}
        first = self.run_case(case)
        case["evolve"] = {**case["evolve"], "initial": {"file": os.path.join(first.folder, "density.h5"), "time": 0.1},
                          "times": [0.2]}
        second = self.run_case(case)
        for name in ("x", "yy"):
            self.assertAlmostEqual(second.json["evolution"]["observables"][name][0],
                                   first.json["evolution"]["observables"][name][1], delta=1e-9)

    def test_no_such_file(self):
        case = slow("auto")
        case["evolve"]["initial"] = {"file": "nowhere.h5"}
        self.assertIn("nowhere.h5", self.run_case(case, code=2).err)


if __name__ == "__main__":
    unittest.main()
