"""Running the program from tests: cases as dictionaries, run folders that vanish, strict JSON, exact forms."""
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from fractions import Fraction

sys.dont_write_bytecode = True
PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "reiter"
TIMEOUT = 300


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse_json(text):
    return json.loads(text, parse_constant=refuse_constant)


def case_text(case):
    """YAML of a nested dictionary: JSON is YAML, a mapping a line only for people who read failures."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in case.items())


def case_of(dimension, temperature, micro, points=None, macro=None, parameters=None, correctors=None, **cell):
    case = {"dimension": dimension, "temperature": temperature, "potential": {"micro": micro}, "cell": cell}
    if macro is not None:
        case["potential"]["macro"] = macro
    if parameters:
        case["parameters"] = parameters
    case["effective"] = {"points": points or [[0.0] * dimension]}
    if correctors is not None:
        case["effective"]["correctors"] = correctors
    return case


def environment():
    """One thread a process, and Open MPI's leave to run as root."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1"}


class Outcome:
    """What a finished process left behind."""

    def __init__(self, process, folder):
        self.code, self.out, self.err, self.folder = process.returncode, process.stdout, process.stderr, folder

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as stream:
            return stream.read()

    @property
    def json(self):
        return parse_json(self.read("run.json").decode("utf-8"))

    @property
    def log(self):
        return self.read("log.txt").decode("utf-8")

    @property
    def points(self):
        return self.json["effective"]["points"]


class ProgramTest(unittest.TestCase):
    maxDiff = None
    launcher = []

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = holder.name
        self.count = itertools.count()

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, case, name=None):
        path = self.path(name or f"case{next(self.count)}.yaml")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(case if isinstance(case, str) else case_text(case))
        return path

    def command(self, case, *flags, folder=None, launcher=None):
        """The words of `reiter run`, and the run folder."""
        file = case if isinstance(case, str) and os.path.exists(case) else self.write(case)
        folder = folder or self.path(f"run{next(self.count)}")
        return [*(self.launcher if launcher is None else launcher), PROGRAM, "run", file, "--output", folder,
                *flags], folder

    def run_case(self, case, *flags, folder=None, code=0, launcher=None, timeout=TIMEOUT):
        """Runs a case; the exit code must be `code` (None: any)."""
        words, folder = self.command(case, *flags, folder=folder, launcher=launcher)
        process = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False,
                                 env=environment(), cwd=self.directory)
        outcome = Outcome(process, folder)
        if code is not None:
            self.assertEqual(outcome.code, code, f"{' '.join(words)}\n{outcome.out}\n{outcome.err}")
        return outcome

    def run_point(self, case, *flags, **options):
        """The one point of a case, its invariants checked."""
        points = self.run_case(case, *flags, **options).points
        self.assertEqual(len(points), 1)
        self.assert_sound(points[0])
        return points[0]

    def assert_below(self, lower, upper, message=""):
        """lower <= upper as forms, in exact arithmetic."""
        self.assertTrue(is_positive(subtract(upper, lower)), f"{message}: {lower} is not below {upper}")

    def assert_sound(self, point):
        """What holds for every result: symmetric, between the bounds (1.6), inside its own bracket."""
        dim = len(point["x"])
        for name in ("M", "M_lower", "M_upper"):
            self.assertEqual([len(row) for row in point[name]], [dim] * dim)
            for i, j in itertools.combinations(range(dim), 2):
                self.assertEqual(point[name][i][j], point[name][j][i], name)
        self.assert_below(point["M_lower"], point["M"], "M_lower <= M")
        self.assert_below(point["M"], point["M_upper"], "M <= M_upper")
        self.assertTrue(is_positive(point["M_lower"]), "M_lower is positive")
        # The bounds are computed numbers too: the width of the bracket and the rounding of log Z1 are theirs.
        slack = point["error"] + 1e-13 + 4e-16 * (abs(point["log_Z1"]) + abs(point["log_Zhat1"]))
        least, most = point["bound_lower"] * (1 - slack), point["bound_upper"] * (1 + slack)
        self.assert_below(scaled(identity(dim), least), subtract(point["M"], scaled(rounding(point["M"]), -1)),
                          "1/(Z1 Zhat1) <= M")
        self.assert_below(subtract(point["M"], rounding(point["M"])), scaled(identity(dim), most), "M <= 1")
        self.assertEqual(point["bound_upper"], 1)

    def assert_entries(self, M, expected, relative, zero=1e-13):
        """Each entry to a relative accuracy; expected zeros to `zero` of the diagonal."""
        dim = len(expected)
        for i in range(dim):
            for j in range(dim):
                want = expected[i][j]
                allowed = relative * abs(want) if want else zero * (M[i][i] * M[j][j]) ** 0.5
                self.assertLessEqual(abs(M[i][j] - want), allowed,
                                     f"entry {i + 1}{j + 1}: {M[i][j]!r} is not {want!r} to {relative}")

    def assert_inside(self, point, expected, digits=0.0):
        """The exact tensor lies in the bracket; digits: relative accuracy of `expected` itself."""
        dim = len(expected)
        blur = [[digits * (expected[i][i] * expected[j][j]) ** 0.5 if i == j else 0 for j in range(dim)]
                for i in range(dim)]
        self.assert_below(subtract(point["M_lower"], blur), expected, "M_lower <= exact")
        self.assert_below(expected, subtract(point["M_upper"], scaled(blur, -1)), "exact <= M_upper")


def symmetric(*rows):
    """[[a, b], [c]] -> the full matrix."""
    dim = len(rows)
    return [[rows[min(i, j)][abs(i - j)] for j in range(dim)] for i in range(dim)]


def diagonal(*values):
    return [[value if i == j else 0.0 for j in range(len(values))] for i, value in enumerate(values)]


def identity(dim):
    return diagonal(*[1.0] * dim)


def scaled(A, factor):
    return [[Fraction(a) * Fraction(factor) for a in row] for row in A]


def subtract(A, B):
    return [[Fraction(a) - Fraction(b) for a, b in zip(*rows)] for rows in zip(A, B)]


def rounding(A):
    """What the rounding of entries next to the diagonal of a printed tensor can change, as a form."""
    moved = [sum(4 * 2.2e-16 * abs(a) * (A[i][i] / A[j][j]) ** 0.5 for j, a in enumerate(row) if j != i)
             for i, row in enumerate(A)]
    return diagonal(*moved)


def multiply(A, B):
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*B)] for row in A]


def transposed(A):
    return [list(row) for row in zip(*A)]


def determinant(A):
    if not A:
        return 1
    return sum((-1) ** j * A[0][j] * determinant([row[:j] + row[j + 1:] for row in A[1:]]) for j in range(len(A)))


def inverse(A):
    dim = len(A)
    minor = lambda i, j: determinant([row[:j] + row[j + 1:] for k, row in enumerate(A) if k != i])
    det = determinant(A)
    return [[(-1) ** (i + j) * minor(j, i) / det for j in range(dim)] for i in range(dim)]


def is_positive(A):
    """Semidefinite, in exact arithmetic: no principal minor is negative."""
    A = [[Fraction(a) for a in row] for row in A]
    return all(determinant([[A[i][j] for j in some] for i in some]) >= 0
               for size in range(1, len(A) + 1) for some in itertools.combinations(range(len(A)), size))


def wait_until(condition, seconds):
    """True as soon as condition() holds; False after the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False
