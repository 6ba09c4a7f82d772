"""Estimates from the program's own paths: the same bits on one, two and three ranks. Arguments: program, mpiexec, its flag."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)


class Ranks(ProgramTest):
    def estimate(self, case, ranks):
        folder = self.path(f"on{ranks}of{next(self.count)}")
        process = subprocess.run([MPIEXEC, FLAG, str(ranks), PROGRAM, "estimate", case, "--output", folder],
                                 capture_output=True, text=True, timeout=120, check=False, env=environment())
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
            return parse_json(stream.read())["paths"]["ensembles"][0]["estimate"]

    def test_same_bits(self):
        for count in (3, 200):
            case = self.write({
                "dimension": 2, "temperature": 0.5,
                "potential": {"macro": "x^2/2 + y^2", "micro": "cos(2*pi*x1)*cos(2*pi*y1)"},
                "paths": {"epsilon": 0.3, "time": 40 if count == 3 else 2, "step": 1e-3, "count": count, "seed": 5},
                "estimate": {"subsampling": [1e-3, 0.01, 0.1], "offsets": 4, "filter": [0.05],
                             "drift": {"potential": ["x^2/2", "y^2/2"]}}})
            with self.subTest(count=count):
                one = self.estimate(case, 1)
                self.assertEqual(one["paths"], count)
                self.assertEqual(self.estimate(case, 2), one)
                self.assertEqual(self.estimate(case, 3), one)


if __name__ == "__main__":
    unittest.main()
