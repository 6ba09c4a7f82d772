"""Mistakes in a kinetic section: all in one pass, each at its place."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, unittest

HEAD = "dimension: 1\ntemperature: 1\ndiffusion: {log_weight: -x^2, tensor: 1}\n"
BOX = "domain: {box: [[-3, 3]], cells: 8}\n"


class Mistakes(ProgramTest):
    def check(self, text, *expected):
        """Every (place, word) once, and no other error."""
        path = self.write(text)
        outcome = self.run_case(path, code=2)
        self.assertEqual(outcome.err.count("error:"), len(expected), outcome.err)
        for place, word in expected:
            line = [one for one in outcome.err.splitlines() if f"{os.path.basename(path)}:{place}: error:" in one]
            self.assertEqual(len(line), 1, f"{place}\n{outcome.err}")
            self.assertIn(word, line[0])
        self.assertEqual(sum(one.strip().startswith("^") for one in outcome.err.splitlines()), len(expected), outcome.err)
        self.assertFalse(os.path.exists(os.path.join(outcome.folder, "run.json")))
        return outcome.err

    def test_all_in_one_pass(self):
        err = self.check(HEAD + BOX + "kinetic:\n  frction: 1\n  friction: -1\n  diffusion: true\n  levels: 1\n"
                         "  solver: krylov\n",
                         ("6:3", "frction"), ("7:13", "-1"), ("8:14", "periodic"), ("9:11", "levels"),
                         ("10:11", "two dimensions"))
        self.assertIn("did you mean 'friction'", err)

    def test_momentum(self):
        self.check(HEAD.replace("-x^2", "-p^2") + BOX + "kinetic: {friction: 1, spectrum: 2}\n", ("3:26", "p"))

    def test_friction_twice(self):
        self.check(HEAD + BOX + "kinetic: {friction: [1, 2, 1], spectrum: 2}\n", ("5:28", "twice"))

    def test_no_domain(self):
        self.check(HEAD + "kinetic: {friction: 1, spectrum: 2}\n", ("4:1", "domain"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
