"""Wrong input with the place of each mistake marked in it, and what must be printed for it."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import PROGRAM, ProgramTest, environment, parse_json, unittest

HEAD = "dimension: 1\ntemperature: 0.5\n"
GOOD = HEAD + "potential: {micro: cos(2*pi*x1)}\n"
PLANE = ("dimension: 2\ntemperature: 0.5\npotential: {micro: cos(2*pi*x1)*cos(2*pi*y1)}\n"
         "cell: {tolerance: 1e-6}\n")
SECTIONS = ("one of title, dimension, temperature, parameters, potential, diffusion, cell, effective, domain, evolve, "
            "spectrum, passage, paths, estimate, greenkubo, transitions, kinetic, converge, output, petsc")
PREFIX = ("an option that begins with -cell_, -domain_, -diffusion_, -evolve_, -spectrum_, -passage_ or -kinetic_, or a "
          "general one as -log_view")


def unmark(text):
    """The text without its marks « and », and where they stood: line, column and length, counted from 1."""
    spans, clean = [], ""
    for part in re.split("([«»])", text):
        if part == "«":
            lines = clean.split("\n")
            spans.append([len(lines), len(lines[-1]) + 1, len(clean)])
        elif part == "»":
            spans[-1][2] = max(1, len(clean) - spans[-1][2])
        else:
            clean += part
    return clean, spans


def message(source, text, span, words, expected=None, suggestion=None):
    """What must be printed for one mistake."""
    line, column, length = span
    return (f"{source}:{line}:{column}: error: {words}\n{text.split(chr(10))[line - 1]}\n"
            f"{' ' * (column - 1)}^{'~' * (length - 1)}\n" + tail(expected, suggestion))


def tail(expected=None, suggestion=None):
    return ((f"  expected: {expected}\n" if expected else "")
            + (f"  did you mean '{suggestion}'?\n" if suggestion else ""))


def spoken(words, expected=None, suggestion=None):
    """A mistake without a place."""
    return f"reiter: error: {words}\n" + tail(expected, suggestion)


class MistakeTest(ProgramTest):
    settings = {}  # of the environment

    def reiter(self, *words, code=2, **options):
        """Runs the program in the test's directory; the exit code must be `code`."""
        process = subprocess.run([*self.launcher, PROGRAM, *words], capture_output=True, text=True, errors="replace",
                                 timeout=120, check=False, cwd=self.directory,
                                 env={**environment(), **self.settings}, **options)
        if code is not None:
            self.assertEqual(process.returncode, code, f"{' '.join(words)}\n{process.stdout}\n{process.stderr}")
        return process

    def files(self, folder="run"):
        """What lies in a folder; nothing if there is none."""
        path = self.path(folder)
        return set(os.listdir(path)) if os.path.isdir(path) else set()

    def refused(self, *words, says, **options):
        """Exit code 2, these very words, nothing on the standard output."""
        process = self.reiter(*words, **options)
        self.assertEqual(process.stderr, says)
        self.assertEqual(process.stdout, "")

    def refused_case(self, marked, *mistakes):
        """Every mistake at its mark, in their order, and nothing else."""
        text, spans = unmark(marked)
        self.assertEqual(len(spans), len(mistakes), "marks and mistakes")
        with open(self.path("case.yaml"), "w", encoding="utf-8") as stream:
            stream.write(text)
        says = "".join(message("case.yaml", text, span, *words) for span, words in zip(spans, mistakes))
        self.refused("run", "case.yaml", "--output", "run", says=says)
        self.assertEqual(os.listdir(self.directory), ["case.yaml"])
        return says

    def refused_all(self, table):
        for marked, *mistakes in table:
            with self.subTest(case=marked):
                self.refused_case(marked, *mistakes)
