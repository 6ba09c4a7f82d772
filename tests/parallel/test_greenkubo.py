"""Green-Kubo coefficients and the equations that they give: the same bits on one, two and three ranks. Arguments: program,
mpiexec, its flag."""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)


class Ranks(ProgramTest):
    def greenkubo(self, case, ranks):
        """The tables and the written cases as they are, numbers of run.json less the run itself."""
        folder = self.path(f"on{ranks}")
        process = subprocess.run([MPIEXEC, FLAG, str(ranks), PROGRAM, "greenkubo", case, "--output", folder],
                                 capture_output=True, text=True, timeout=200, check=False, env=environment())
        self.assertEqual(process.returncode, 0, process.stderr)
        found = {}
        for part in ("", "smoluchowski", "kinetic"):
            for name in sorted(os.listdir(os.path.join(folder, part))):
                path = os.path.join(folder, part, name)
                if name == "run.json":
                    with open(path, encoding="utf-8") as stream:
                        run = parse_json(stream.read())
                    found[part] = {key: run.get(key) for key in ("status", "greenkubo", "spectrum", "kinetic")}
                elif name.endswith((".csv", "kinetic.yaml", "smoluchowski.yaml")):
                    with open(path, "rb") as stream:
                        found[os.path.join(part, name)] = stream.read()
        return found

    def test_same_bits(self):
        draw, R, P, F = random.Random(11), 0.0, 0.0, 0.0
        with open(self.path("series.csv"), "w", encoding="utf-8") as stream:
            stream.write("t,R,P,F\n")
            for n in range(20000):
                stream.write(f"{n * 0.1:.1f},{R:.6f},{P:.6f},{F - R:.6f}\n")
                R, P, F = (0.9 * R + 0.4 * draw.gauss(0, 1), 0.95 * P + 0.3 * draw.gauss(0, 1),
                           0.6 * F + draw.gauss(0, 1))
        case = self.write({
            "dimension": 1, "temperature": 1,
            "greenkubo": {"series": "series.csv", "columns": {"position": "R", "momentum": "P", "force": "F"}},
            "domain": {"box": [[-3, 3]], "cells": 30, "order": 3}, "spectrum": {"count": 4},
            "kinetic": {"spectrum": 4, "tolerance": 1e-4}})
        one = self.greenkubo(case, 1)
        for name in ("greenkubo_force.csv", "greenkubo_momentum.csv", "thermal_force.csv", "smoluchowski.yaml",
                     "kinetic.yaml", "kinetic", "smoluchowski"):
            self.assertIn(name, one)
        self.assertIsNotNone(one["smoluchowski"]["spectrum"])
        self.assertIsNotNone(one["kinetic"]["kinetic"])
        for ranks in (2, 3):
            many = self.greenkubo(case, ranks)
            self.assertEqual(sorted(many), sorted(one))
            for name, content in one.items():
                self.assertEqual(many[name], content, f"{name} on {ranks} ranks")


if __name__ == "__main__":
    unittest.main()
