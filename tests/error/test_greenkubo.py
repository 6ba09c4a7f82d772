"""What reiter greenkubo refuses or warns of: keys, files, times, runs that stop. Arguments: program."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from mistakes import MistakeTest
from program import PROGRAM, environment, parse_json, unittest, wait_until

HEAD = "dimension: 1\ntemperature: 1\n"
COLUMNS = "columns: {position: R, momentum: P, force: F}"


def rows(n=2000):
    """A sequence without correlations of any length, from squares modulo a prime."""
    return [[f"{k / 10:.1f}", f"{(k * k % 97) / 50:.2f}", f"{(k * k * 7 % 101) / 50 - 1:.2f}",
             f"{(k * k * 3 % 103) / 50 - 1:.2f}"] for k in range(n)]


class GreenKubo(MistakeTest):
    def setUp(self):
        super().setUp()
        self.table("good.csv", rows())

    def table(self, name, table, head="t,R,P,F"):
        with open(self.path(name), "w", encoding="utf-8") as stream:
            stream.write(head + "\n" + "".join(",".join(row) + "\n" for row in table))

    def case(self, text):
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(text)

    def says(self, text, *mistakes, verb="greenkubo"):
        """Every mistake by its place and words, and no other; nothing is written."""
        self.case(text)
        process = self.reiter(verb, "case.yaml", "--output", "run")
        self.assertEqual(process.stderr.count("error: "), len(mistakes), process.stderr)
        for place, *words in mistakes:
            line = next((l for l in process.stderr.splitlines() if f"case.yaml:{place}: error: " in l), None)
            self.assertIsNotNone(line, f"{place}\n{process.stderr}")
            for word in words:
                self.assertIn(word, process.stderr)
        self.assertEqual(self.files(), set())

    def test_keys(self):
        for section, *mistake in (
                ("{series: good.csv, columns: {position: R}}", "3:31", "needs momentum, velocity or force"),
                ("{series: bad.csv, columns: {force: F}}", "3:21", "cannot read 'bad.csv'"),
                ("{series: good.csv, columns: {force: [F, P]}}", "3:48", "1 name, one per component"),
                ("{series: good.csv, columns: {force: F, momentum: F}}", "3:48", "column 'F' stands for two components"),
                ("{series: good.csv, columns: {force: F}, mass: -1}", "3:58", "out of range: -1"),
                ("{series: good.csv, columns: {force: F}, mas: 1}", "3:52", "did you mean 'mass'"),
                ("{series: good.csv, columns: {force: F}, format: cvs}", "3:60", "did you mean 'csv'"),
                ("{series: good.csv, columns: {force: F}, format: csv, atom: 3}", "3:71", "is for dumps of LAMMPS"),
                ("{series: good.csv, columns: {force: F}, periods: 3}", "3:61", "the case names none"),
                ("{series: good.csv, columns: {force: F}, thermal_force: {bins: 9}}", "3:52", "the case names none"),
                ("{series: good.csv, columns: {momentum: P}, thermal_force: {mean: true}}", "3:55",
                 "an average of forces"),
                ("{series: good.csv, columns: {position: R, force: F}, thermal_force: {bins: 9, mean: true}}", "3:65",
                 "has 2 of its keys"),
                ("{series: good.csv, columns: {position: R, force: F}, thermal_force: {given: y}}", "3:88", "y needs dimension 2"),
                ("{series: good.csv, columns: {force: F}, plateau: {force: [3, 1]}}", "3:69", "goes from 3 to 1"),
                ("{series: good.csv, columns: {force: F}, plateau: {momentum: [1, 3]}}", "3:72",
                 "an integral that the columns do not give")):
            with self.subTest(section=section):
                self.says(f"{HEAD}greenkubo: {section}\n", mistake)
        self.says("dimension: 1\ngreenkubo: {series: good.csv, columns: {force: F}}\n", ("1:1", "'temperature' is missing"))

    def test_several_keys(self):
        """All mistakes of a case in one go."""
        self.says(f"{HEAD}greenkubo:\n  series: good.csv\n  columns: {{force: F}}\n  mas: 3\n  blocks: 1\n"
                  "  plateau: {momentum: [1, 2]}\n  thermal_force: {bins: 5}\n",
                  ("6:3", "unknown key 'mas'"), ("7:11", "out of range: 1"), ("8:23", "do not give"),
                  ("9:3", "the case names none"))

    def test_other_verbs(self):
        self.says(f"{HEAD}greenkubo: {{series: good.csv, columns: {{force: F}}}}\n", ("3:1", "`reiter greenkubo` makes one"),
                  verb="run")
        self.case(f"{HEAD}potential: {{macro: x^2}}\n")
        self.assertIn("the case has no section greenkubo", self.reiter("greenkubo", "case.yaml").stderr)

    def test_files(self):
        """File, line and column."""
        good = rows()
        for change, *words in (
                (lambda t: t[700].__setitem__(2, "nan"), "line 702, column P: nan is not a finite number"),
                (lambda t: t[900].__setitem__(3, "abc"), 'line 902, column F: "abc" is not a number'),
                (lambda t: t[900].__setitem__(3, ""), "line 902, column F"),
                (lambda t: t[900].pop(), "line 902 has 3 entries, but the header has 4 columns"),
                (lambda t: t[1500].__setitem__(0, "150.04"), "line 1502, column t: a step of 0.14 from 149.9 to 150.04",
                 "greenkubo.time_step"),
                (lambda t: t.__delitem__(slice(800, 810)), "line 802, column t: a step of 1.1 from 79.9 to 81"),
                (lambda t: t.insert(500, ["3.0", "0", "0", "0"]), "line 502")):
            with self.subTest(words=words):
                table = [list(row) for row in good]
                change(table)
                self.table("bad.csv", table)
                self.says(f"{HEAD}greenkubo: {{series: bad.csv, {COLUMNS}}}\n", ("3:21", "bad.csv: ", *words))
        self.says(f"{HEAD}greenkubo: {{series: good.csv, columns: {{momentum: P, force: G}}}}\n",
                  ("3:21", "good.csv: line 1 names no column G, but t, R, P, F"))

    def test_several_files(self):
        """The first mistake of each."""
        bad, gap = rows(), rows()
        bad[700][2] = "nan"
        del gap[800:810]
        self.table("bad.csv", bad)
        self.table("gap.csv", gap)
        self.table("slow.csv", [[f"{k / 5:.1f}", *row[1:]] for k, row in enumerate(rows())])
        self.says(f"{HEAD}greenkubo: {{series: [bad.csv, good.csv, gap.csv, slow.csv], {COLUMNS}}}\n",
                  ("3:22", "bad.csv: line 702, column P"), ("3:41", "gap.csv: line 802, column t"),
                  ("3:50", "slow.csv: its samples lie at 0.2, those of the files before at 0.1"))

    def test_too_short(self):
        for section, place, *words in (
                ("longest: 400", "5:12", "the series is too short"),
                ("blocks: 5000", "5:11", "too few for 5000 blocks"),
                ("plateau: {momentum: [100, 5000]}", "5:23", "beyond the longest lag"),
                ("thermal_force: {potential: [x^2, 2*x^2]}", "5:3", "do not determine the coefficients")):
            with self.subTest(section=section):
                self.says(f"{HEAD}greenkubo:\n  {{series: good.csv, {COLUMNS},\n  {section}}}\n", (place, *words))

    def test_wrapped(self):
        """A warning with file and line, in run.json too; none once the box is given."""
        self.table("wrapped.csv", [[row[0], f"{0.03 * k % 4:.2f}", *row[2:]] for k, row in enumerate(rows())])
        text = f"{HEAD}greenkubo:\n  series: wrapped.csv\n  {COLUMNS}\n"
        self.case(text)
        warned = "wrapped.csv: line 136, column R: a jump through all of its values"
        process = self.reiter("greenkubo", "case.yaml", "--output", "run", code=0)
        self.assertIn(f"case.yaml:4:11: warning: {warned}", process.stderr)
        self.assertIn("greenkubo.periods", process.stderr)
        with open(self.path("run/run.json"), encoding="utf-8") as stream:
            warning, = parse_json(stream.read())["greenkubo"]["series_warnings"]
        self.assertIn(warned, warning)
        self.case(text + "  periods: 4\n")
        process = self.reiter("greenkubo", "case.yaml", "--output", "run", "--overwrite", code=0)
        self.assertNotIn("wrapped.csv", process.stderr)
        # Unwrapped: a straight line.
        with open(self.path("run/thermal_force.csv"), encoding="utf-8") as stream:
            last = stream.read().splitlines()[-1].split(",")
        self.assertGreater(float(last[1]), 50)

    def test_folders(self):
        """A mistake costs no earlier results; another case needs --overwrite; the default folder is the verb's own."""
        good = f"{HEAD}greenkubo: {{series: good.csv, {COLUMNS}}}\n"
        self.case(good)
        self.reiter("greenkubo", "case.yaml", code=0)
        self.assertIn("run.json", self.files("results/case_greenkubo"))
        self.reiter("greenkubo", "case.yaml", code=0)
        self.case(good.replace("temperature: 1", "temperature: 2"))
        self.assertIn("the results of another case", self.reiter("greenkubo", "case.yaml").stderr)
        with open(self.path("results/case_greenkubo/run.json"), "rb") as stream:
            before = stream.read()
        self.table("good.csv", rows() + [["nonsense"]])
        self.assertIn("line 2002", self.reiter("greenkubo", "case.yaml", "--overwrite").stderr)
        with open(self.path("results/case_greenkubo/run.json"), "rb") as stream:
            self.assertEqual(stream.read(), before)
        self.table("good.csv", rows())
        self.reiter("greenkubo", "case.yaml", "--overwrite", code=0)
        with open(self.path("results/case_greenkubo/run.json"), encoding="utf-8") as stream:
            self.assertEqual(parse_json(stream.read())["greenkubo"]["temperature"], 2)
        self.assertIn("has no flag '--resume'", self.reiter("greenkubo", "case.yaml", "--resume").stderr)

    def long_run(self):
        """A run that reads for long; what it reads is there, what it will write is not."""
        self.table("long.csv", rows(500000))
        self.case(f"{HEAD}greenkubo: {{series: [{', '.join(['long.csv'] * 30)}], columns: {{force: F}}}}\n")
        process = subprocess.Popen([PROGRAM, "greenkubo", "case.yaml", "--output", "run"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, cwd=self.directory, env=environment())
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
            used = lambda: stat.seek(0) or sum(int(word) for word in stat.read().split()[13:15]) / os.sysconf("SC_CLK_TCK")
            self.assertTrue(wait_until(lambda: process.poll() is not None or used() > 0.5, 60))
        self.assertIsNone(process.poll())
        return process

    def test_interrupted(self):
        process = self.long_run()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("interrupted: a series has no checkpoint, the same command reads it from its start", said)

    def test_killed(self):
        """No half-written folder: while it reads there is none."""
        process = self.long_run()
        process.kill()
        process.communicate(timeout=60)
        self.assertEqual(self.files(), set())


if __name__ == "__main__":
    unittest.main()
