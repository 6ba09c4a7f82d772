"""Mistakes in `estimate:` and in the files it reads: message, place, exit code."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mistakes import MistakeTest
from program import PROGRAM, environment, parse_json, unittest, wait_until

HEAD = "dimension: 1\n"
MODEL = "temperature: 1\npotential: {macro: x^2/2, micro: cos(2*pi*x1)}\n"


class Estimates(MistakeTest):
    def setUp(self):
        super().setUp()
        with open(self.path("good.csv"), "w", encoding="utf-8") as stream:
            stream.write("t,x\n" + "".join(f"{n / 10},{(n * n % 17) / 8}\n" for n in range(400)))

    def says(self, text, place, *words, verb="estimate"):
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(text)
        process = self.reiter(verb, "case.yaml", "--output", "run", "--overwrite")
        self.assertEqual(process.stderr.count("error:"), 1, process.stderr)
        if place:
            self.assertIn(f"case.yaml:{place}: error: ", process.stderr)
        for word in words:
            self.assertIn(word, process.stderr)
        self.assertNotIn("run.json", self.files())

    def test_keys(self):
        for section, place, *words in (
                ("estimate: {series: good.csv}", "2:1", "estimate needs subsampling or filter"),
                ("estimate: {series: bad.csv, subsampling: [1]}", "2:20", "cannot read 'bad.csv'"),
                ("estimate: {series: [good.csv, bad.csv], subsampling: [1]}", "2:31", "cannot read 'bad.csv'"),
                ("estimate: {series: good.csv, subsampling: [-1]}", "2:44", "out of range: -1"),
                ("estimate: {series: good.csv, subsampling: [1, 1]}", None, "holds 1 twice"),
                ("estimate: {series: good.csv, subsampling: {from: 1, to: 0.5}}", "2:30", "goes from 1 to 0.5"),
                ("estimate: {series: good.csv, subsampling: {from: 1}}", "2:30", "'estimate.subsampling.to' is missing"),
                ("estimate: {series: good.csv, subsampling: {from: 1, to: 2, cout: 3}}", "2:60", "did you mean 'count'"),
                ("estimate: {series: good.csv, columns: [x, y], subsampling: [1]}", "2:39", "1 name, one per component"),
                ("estimate: {series: good.csv, subsampling: [1], drift: {basis: [z]}}", "2:64", "z"),
                ("estimate: {series: good.csv, subsampling: [1], drift: {basis: [[x, x]]}}", "2:64", "a formula"),
                ("estimate: {series: good.csv, subsampling: [1], drift: {basis: [1,1,1,1,1,1,1,1,1]}}", "2:63",
                 "at most 8 functions"),
                ("estimate: {series: good.csv, subsampling: [1], drift: {}}", "2:48", "needs basis or potential"),
                ("estimate: {series: good.csv, subsampling: [1]}\neffective: {points: [0]}", "3:1", "needs a model")):
            with self.subTest(section=section):
                self.says(f"{HEAD}{section}\n", place, *words)
        # Without series a model is needed, and a temperature with a potential.
        self.says(f"{HEAD}temperature: 1\nestimate: {{subsampling: [1]}}\n", "1:1", "'potential' is missing")
        self.says(f"{HEAD}potential: {{macro: x^2}}\nestimate: {{series: good.csv, subsampling: [1]}}\n", "1:1",
                  "'temperature' is missing")
        self.says(HEAD + MODEL, None, "the case has no section estimate")

    def test_times(self):
        for section, place, *words in (
                ("subsampling: [0.15]", "2:43", "0.15 is no multiple of the time between two samples, 0.1"),
                ("subsampling: [0.05]", "2:43", "0.05 is no multiple"),
                ("subsampling: [0.1, 3]", "2:43", "too short for a time of 3", "8 paths"),
                ("filter: [0.01]", "2:38", "a width of 0.01 is less than the time between two samples"),
                ("filter: [5]", "2:38", "too short for a time of 5"),
                ("subsampling: [0.1], drift: {basis: [x, 2*x]}", "2:50", "do not determine the drift")):
            with self.subTest(section=section):
                self.says(f"{HEAD}estimate: {{series: good.csv, {section}}}\n", place, *words)

    def test_files(self):
        for text, *words in (("", "it is empty"), ("t,x\n0,1\n0.1,one\n", "line 3, column x: \"one\" is not a number"),
                             ("t,y\n0,1\n", "line 1 names no column x, but t, y"),
                             ("x\n1\n2\n", "no column t", "estimate.time_step"),
                             ("t,x\n0,1\n0.1,1\n0.3,1\n", "line 4, column t: a step of 0.2")):
            with self.subTest(text=text):
                with open(self.path("bad.csv"), "w", encoding="utf-8") as stream:
                    stream.write(text)
                section = "{series: bad.csv, subsampling: [0.1]}"
                self.says(f"{HEAD}estimate: {section}\n", "2:20", "bad.csv: ", *words)
        # Files that do not fit to each other.
        with open(self.path("other.csv"), "w", encoding="utf-8") as stream:
            stream.write("t,x\n0,1\n0.2,1\n0.4,2\n")
        self.says(f"{HEAD}estimate: {{series: [good.csv, other.csv], subsampling: [0.1]}}\n", "2:31",
                  "other.csv: its samples lie at 0.2, those of the files before at 0.1")

    def test_earlier_results_stay(self):
        """A mistake deep in a series costs nothing that is there already."""
        text = f"{HEAD}estimate: {{series: good.csv, subsampling: [0.1]}}\n"
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(text)
        command = ("estimate", "case.yaml", "--output", "run", "--overwrite")
        self.reiter(*command, code=0)
        with open(self.path(os.path.join("run", "estimate.csv")), "rb") as stream:
            before = stream.read()
        with open(self.path("good.csv"), "a", encoding="utf-8") as stream:
            stream.write("40,nonsense\n")
        process = self.reiter(*command)
        self.assertIn("line 402", process.stderr)
        with open(self.path(os.path.join("run", "estimate.csv")), "rb") as stream:
            self.assertEqual(stream.read(), before)
        self.assertTrue(os.path.exists(self.path(os.path.join("run", "run.json"))))

    def test_nothing_to_resume(self):
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(f"{HEAD}estimate: {{series: good.csv, subsampling: [0.1]}}\n")
        process = self.reiter("estimate", "case.yaml", "--output", "run", "--resume")
        self.assertIn("case.yaml:2:20: error: a series is read from its start: --resume has nothing to go on from", process.stderr)

    def test_drift_that_is_not_determined(self):
        """Exit code 3, with all that is known."""
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(f"{HEAD}{MODEL}paths: {{epsilon: 0.5, time: 1, step: 1e-3, count: 16, observables: {{x: x}}}}\n"
                         "estimate: {subsampling: [0.01], drift: {basis: [x, 2*x]}}\n")
        process = self.reiter("estimate", "case.yaml", "--output", "run", code=3)
        self.assertIn("case.yaml:5:1: error: e = 0.5: no estimates: the paths do not determine the drift", process.stderr)
        with open(self.path("run/run.json"), encoding="utf-8") as stream:
            run = parse_json(stream.read())
        self.assertEqual(run["status"], "not converged")
        ensemble, = run["paths"]["ensembles"]
        self.assertIn("mean", ensemble["observables"]["x"])
        self.assertIn("do not determine", ensemble["estimate"]["reason"])
        self.assertIn("limits", ensemble["estimate"])
        self.assertNotIn("subsampling", ensemble["estimate"])

    def test_interrupted(self):
        """A long series: exit code 130, and what to expect of the next run."""
        with open(self.path("long.csv"), "w", encoding="utf-8") as stream:
            stream.write("t,x\n" + "".join(f"{n},{n % 7}\n" for n in range(1000000)))
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(f"{HEAD}estimate: {{series: [{', '.join(['long.csv'] * 20)}], subsampling: [1]}}\n")
        process = subprocess.Popen([PROGRAM, "estimate", "case.yaml", "--output", "run"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, cwd=self.directory, env=environment())
        # The folder is made at the end: what has used that much time is reading.
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
            used = lambda: stat.seek(0) or sum(int(word) for word in stat.read().split()[13:15]) / os.sysconf("SC_CLK_TCK")
            self.assertTrue(wait_until(lambda: process.poll() is not None or used() > 0.5, 60))
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("interrupted: a series has no checkpoint, the same command reads it from its start", said)

    def test_own_paths(self):
        for section, place, *words in (
                ("subsampling: [0.5]", "5:1", "a path covers a time of 1, too short for estimates at 0.5", "8 paths"),
                ("filter: [0.5]", "5:1", "too short for estimates at 0.5")):
            with self.subTest(section=section):
                self.says(f"{HEAD}{MODEL}paths: {{epsilon: 0.5, time: 1, step: 1e-3, count: 1}}\n"
                          f"estimate: {{{section}}}\n", place, *words)


if __name__ == "__main__":
    unittest.main()
