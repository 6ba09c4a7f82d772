"""Green-Kubo coefficients, the cases that they give and the kinetic equation: the same bits on one, two and three ranks;
Smoluchowski's equation as every diffusion, to 1e-11. Arguments: program, mpiexec, its flag."""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)


class Ranks(ProgramTest):
    def greenkubo(self, case, ranks):
        """Tables and written cases as they are, and what run.json says; Smoluchowski's eigenvalues."""
        folder = self.path(f"on{ranks}")
        process = subprocess.run([MPIEXEC, FLAG, str(ranks), PROGRAM, "greenkubo", case, "--output", folder],
                                 capture_output=True, text=True, timeout=200, check=False, env=environment())
        self.assertEqual(process.returncode, 0, process.stderr)
        found = {}
        for name in ("greenkubo_force.csv", "greenkubo_momentum.csv", "thermal_force.csv", "smoluchowski.yaml",
                     "smoluchowski.csv", "kinetic.yaml", "kinetic.csv", "kinetic/kinetic_spectrum.csv"):
            with open(os.path.join(folder, name), "rb") as stream:
                found[name] = stream.read()
        runs = {}
        for part in ("", "smoluchowski", "kinetic"):
            with open(os.path.join(folder, part, "run.json"), encoding="utf-8") as stream:
                runs[part] = parse_json(stream.read())
        found["coefficients"] = runs[""]["greenkubo"]
        found["kinetic"] = runs["kinetic"]["kinetic"]["eigenvalues"]
        return found, runs["smoluchowski"]["spectrum"]["eigenvalues"]

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
        one, values = self.greenkubo(case, 1)
        self.assertEqual(len(values), 4)
        for ranks in (2, 3):
            many, others = self.greenkubo(case, ranks)
            for name, content in one.items():
                self.assertEqual(many[name], content, f"{name} on {ranks} ranks")
            for value, other in zip(values, others):
                self.assertAlmostEqual(value, other, delta=1e-11 * max(1, abs(value)))


if __name__ == "__main__":
    unittest.main()
