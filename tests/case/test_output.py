"""The run folder: run.json, effective.csv, resolved.yaml, the fields, the schema, and what is printed."""
import array
import itertools
import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from exact import TURN
from program import PROGRAM, ProgramTest, case_of, case_text, environment, parse_json, unittest

LETTERS = "xyz"
POINT_KEYS = {"x", "log_Z", "free_energy", "log_Z1", "log_Zhat1", "M", "M_lower", "M_upper", "bound_lower",
              "bound_upper"}
GRID = {"title": "A \"grid\"", "dimension": 2, "temperature": 0.5,
        "potential": {"macro": "x^2+y", "micro": "(1+x^2)*cos(2*pi*x1)*cos(2*pi*y1)+0.5*y*cos(2*pi*(x1-y1))"},
        "cell": {"tolerance": 1e-6}, "effective": {"grid": {"box": [[-1, 1], [0.5, 2]], "cells": [3, 2]}}}


class Yaml:
    """The part of YAML that resolved.yaml is written in; anything else is an error."""

    def __init__(self, text):
        self.lines = [line for line in text.split("\n") if line.strip()]

    def indent(self):
        return len(self.lines[0]) - len(self.lines[0].lstrip()) if self.lines else -1

    def block(self, indent=0):
        if self.lines[0].lstrip().startswith("- "):
            items = []
            while self.indent() == indent and self.lines[0].lstrip().startswith("- "):
                items.append(self.value(self.lines.pop(0).strip()[2:]))
            return items
        mapping = {}
        while self.indent() == indent:
            key, value = re.fullmatch(r'\s*("[^"]*"|[A-Za-z_]\w*):(?: (.*))?', self.lines.pop(0)).groups()
            key = key.strip('"')
            assert key not in mapping, key
            mapping[key] = self.block(self.indent()) if value is None else self.value(value)
        return mapping

    @staticmethod
    def value(text):
        """A scalar or a flow list; words become JSON strings."""
        quoted = r'("(?:[^"\\]|\\.)*")'
        parts = re.split(quoted, text)
        parts[::2] = [re.sub(r"\b(?!true\b|false\b)[A-Za-z_]\w*", lambda m: f'"{m[0]}"', part)
                      if not re.search(r"\d[eE][-+]?\d", part) else part for part in parts[::2]]
        return json.loads("".join(parts))


def validate(schema, value, where="case"):
    """The keywords of JSON Schema that `reiter schema` uses; an unknown one is an error."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

    def is_kind(kind):
        if kind in ("number", "integer"):
            return isinstance(value, (int, float)) and not isinstance(value, bool) and \
                (kind == "number" or value == int(value))
        return isinstance(value, kinds[kind])

    def passes(sub):
        try:
            validate(sub, value, where)
            return True
        except AssertionError:
            return False

    number = is_kind("number")
    checks = {
        "type": lambda t: any(map(is_kind, [t] if isinstance(t, str) else t)),
        "enum": lambda e: value in e,
        "minimum": lambda m: not number or value >= m, "maximum": lambda m: not number or value <= m,
        "exclusiveMinimum": lambda m: not number or value > m,
        "exclusiveMaximum": lambda m: not number or value < m,
        "minLength": lambda n: not is_kind("string") or len(value) >= n,
        "minItems": lambda n: not is_kind("array") or len(value) >= n,
        "maxItems": lambda n: not is_kind("array") or len(value) <= n,
        "required": lambda names: not is_kind("object") or all(name in value for name in names),
        "anyOf": lambda subs: any(map(passes, subs)), "allOf": lambda subs: all(map(passes, subs)), "not": lambda sub: not passes(sub),
        "if": lambda sub: not passes(sub) or passes(schema["then"]), "then": lambda sub: True,
        "propertyNames": lambda p: not is_kind("object") or all(re.search(p["pattern"], name) for name in value),
        "items": lambda sub: True, "properties": lambda p: True, "additionalProperties": lambda p: True,
        "description": lambda p: True, "default": lambda p: True, "title": lambda p: True, "$schema": lambda p: True,
    }
    for keyword, argument in schema.items():
        assert checks[keyword](argument), f"{where}: {value!r} against {keyword}: {argument!r}"
    if is_kind("array") and "items" in schema:
        for i, item in enumerate(value):
            validate(schema["items"], item, f"{where}[{i}]")
    if is_kind("object"):
        for name, item in value.items():
            rest = schema.get("additionalProperties", True)
            sub = schema.get("properties", {}).get(name, rest)
            assert sub is not False, f"{where}: unknown key {name}"
            if isinstance(sub, dict):
                validate(sub, item, f"{where}.{name}")


class Json(ProgramTest):
    def test_shape(self):
        case = self.write(GRID)
        outcome = self.run_case(case)
        run = outcome.json
        self.assertEqual(run["status"], "ok")
        self.assertEqual(run["title"], 'A "grid"')
        provenance = run["provenance"]
        self.assertLessEqual({"version", "git", "argv", "petsc", "ranks", "seed", "started", "wall_seconds"},
                             set(provenance))
        self.assertEqual(provenance["argv"][1:], ["run", case, "--output", outcome.folder])
        self.assertEqual(provenance["ranks"], 1)
        self.assertRegex(provenance["started"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        points = run["effective"]["points"]
        nodes = [[x, y] for y in (0.5, 1.25, 2.0) for x in (-1.0, -1 / 3, 1 / 3, 1.0)]
        self.assertEqual(len(points), len(nodes))
        for point, node in zip(points, nodes):
            self.assertLessEqual(POINT_KEYS, set(point))
            for a, b in zip(point["x"], node):
                self.assertAlmostEqual(a, b, delta=1e-15)
            self.assert_sound(point)
        cells = run["effective"]["cells"]
        self.assertLessEqual({"method", "solved", "reused", "iterations_mean", "seconds"}, set(cells))
        self.assertEqual((cells["method"], cells["solved"]), ("fourier", len(nodes)))
        self.assertGreater(cells["iterations_mean"], 0)

    def test_seventeen_digits(self):
        """Every number of run.json is a double written so that it comes back."""
        text = self.run_case(GRID).read("run.json").decode()
        for number in re.findall(r"-?\d+\.\d+(?:[eE][-+]?\d+)?", text):
            self.assertIn(float(number), (float(repr(float(number))),))
        self.assertNotRegex(text, r"(?i)\bnan\b|\binf")

    def test_failure(self):
        """Points without a result are no points; the bracket so far and the reason are there."""
        case = case_of(2, 0.5, "x*cos(2*pi*x1)*cos(2*pi*y1)", points=[[0.0, 0], [8.0, 0]], tolerance=1e-9,
                       max_unknowns=400)
        outcome = self.run_case(case, code=3)
        run = outcome.json
        self.assertEqual(run["status"], "not converged")
        self.assertEqual([p["x"] for p in run["effective"]["points"]], [[0, 0]])
        failed, = run["effective"]["failures"]
        self.assertEqual(failed["x"], [8, 0])
        self.assertIn("max_unknowns", failed["reason"])
        self.assertNotIn("M", failed)
        self.assertIn("1 of 2 points", outcome.err)
        rows = outcome.read("effective.csv").decode().splitlines()
        self.assertEqual(len(rows), 2)

    def test_title(self):
        """Quotes, backslashes, line breaks and letters beyond ASCII survive."""
        title = "a \"b\" \\ c\td\nü → 𝔼"
        run = self.run_case({"title": title, **case_of(1, 1, "cos(2*pi*x1)")}).json
        self.assertEqual(run["title"], title)


class Tables(ProgramTest):
    def test_csv(self):
        for case in (GRID, case_of(1, 0.5, "cos(2*pi*x1)", points=[[0.0], [1.0]]),
                     case_of(3, 0.5, "cos(2*pi*(x1-y1))+sin(2*pi*z1)", tolerance=1e-4)):
            dim = case["dimension"]
            with self.subTest(dimension=dim):
                outcome = self.run_case(case)
                lines = outcome.read("effective.csv").decode().splitlines()
                header = lines[0].split(",")
                self.assertEqual(len(set(header)), len(header))
                self.assertEqual(header[:dim], list(LETTERS[:dim]))
                self.assertEqual(len(lines) - 1, len(outcome.points))
                for line, point in zip(lines[1:], outcome.points):
                    row = dict(zip(header, map(float, line.split(","))))
                    self.assertEqual([row.pop(c) for c in LETTERS[:dim]], point["x"])
                    for name in ("log_Z", "free_energy", "log_Z1", "log_Zhat1", "bound_lower", "bound_upper",
                                 "error"):
                        self.assertEqual(row.pop(name), point[name], name)
                    for name in ("M", "M_lower", "M_upper"):
                        for i, j in itertools.combinations_with_replacement(range(dim), 2):
                            self.assertEqual(row.pop(f"{name}_{LETTERS[i]}{LETTERS[j]}"), point[name][i][j])
                    V0 = point["x"][0] ** 2 + point["x"][1] if case is GRID else 0
                    self.assertAlmostEqual(row.pop("V0"), V0, delta=1e-14)
                    self.assertEqual(row, {})

    def test_formats_that_are_not_wanted(self):
        fields = lambda *formats: sorted(set(os.listdir(self.run_case({**GRID, "output": {"fields": formats}}).folder))
                                         & {"effective.csv", "effective.h5", "effective.xdmf"})
        self.assertEqual(fields("csv"), ["effective.csv"])
        self.assertEqual(fields("xdmf"), ["effective.h5", "effective.xdmf"])
        self.assertEqual(fields(), [])


class Cases(ProgramTest):
    def test_copy(self):
        """case.yaml is the file as it was, comments, spaces, line ends and all."""
        text = "# ü\r\n\r\ntitle:   \"x\"   # y\r\ndimension: 1\ntemperature: 0x1\npotential: {micro: 'cos(2*pi*x1)'}  "
        text = text.replace("0x1", "1.0")
        path = self.path("odd.yaml")
        with open(path, "wb") as stream:
            stream.write(text.encode())
        self.assertEqual(self.run_case(path).read("case.yaml"), text.encode())

    def test_resolved_runs_again(self):
        """resolved.yaml gives the same numbers, and itself; -s and parameters are in it."""
        cases = (GRID, {**case_of(1, 0.3, ["a*cos(2*pi*x1)", "-b*sin(2*pi*(x1-x2))"], points=[[0.5], [1.0]],
                                  parameters={"a": 0.7, "b": "a/3"}, tolerance=1e-9)},
                 {**case_of(2, 0.5, "abs(sin(pi*x1))+if(mod(y1,1)<0.25,1,0)", tolerance=1e-3, breaks=[[0], [0, 0.25]]),
                  "petsc": {"cell_ksp_rtol": 1e-12}, "title": "no: \"colon\" # here"})
        for case in cases:
            with self.subTest(case=case):
                first = self.run_case(case, "-s", "temperature=0.41")
                again = self.run_case(os.path.join(first.folder, "resolved.yaml"))
                self.assertEqual(again.json["effective"]["points"], first.json["effective"]["points"])
                strip = lambda text: re.sub(rb"directory: .*", b"", text)
                self.assertEqual(strip(again.read("resolved.yaml")), strip(first.read("resolved.yaml")))
                self.assertIn(b"temperature: 0.41", first.read("resolved.yaml"))

    def test_schema(self):
        """The schema is JSON, resolved cases and the example cases' shapes obey it, and mistakes do not."""
        process = subprocess.run([PROGRAM, "schema"], capture_output=True, text=True, check=True, env=environment())
        schema = parse_json(process.stdout)
        self.assertIn("$schema", schema)
        validate(schema, GRID)
        for case in (GRID, case_of(3, 2, ["cos(2*pi*x1)", "sin(2*pi*z2)"], parameters={"a": 1}, tolerance=1e-3),
                     {**case_of(1, 0.5, "abs(sin(pi*x1))", breaks=[0.0]), "petsc": {"cell_ksp_type": "cg"}}):
            flags = ["-cell_ksp_type", "cg"] if "petsc" in case else []
            outcome = self.run_case(case, *flags, code=None)
            resolved = Yaml(outcome.read("resolved.yaml").decode()).block()
            self.assertEqual(resolved["dimension"], case["dimension"])
            validate(schema, resolved)
        plain = {"dimension": 1, "temperature": 1, "potential": {"macro": "x^2"}}
        given = {"dimension": 1, "diffusion": {"log_weight": "-x^2", "tensor": [["2"]]}}
        box = {"domain": {"box": [[-2, "a"]], "cells": [40], "boundary": [["absorbing", "reflecting"]]}}
        for right in (plain, given, {**plain, **box, "spectrum": None, "evolve": {"initial": {"delta": 0.5}, "times": [1]}},
                      {**given, **box, "evolve": {"initial": "exp(-x^2)", "times": ["t/2", 1], "observables": {"m": "x"},
                                                  "marginals": ["x"]}},
                      {**plain, "domain": {"mesh": "a.msh", "boundary": {"rim": "absorbing"}}, "converge": None,
                       "passage": {"committor": {"a": "x < -1", "b": "x > 1"}}}):
            validate(schema, right)
        for wrong in ({**plain, **given}, {**plain, "domain": {"cells": 3}}, {**plain, "passage": {"to": "x > 1"}},
                      {**given, "diffusion": {"weight": 1}}, {**given, "cell": {"order": 2}},
                      {**given, "diffusion": {"weight": 1, "log_weight": 1, "tensor": 1}},
                      {**plain, **box, "evolve": {"initial": {"time": 1}, "times": [1]}},
                      {**plain, **box, "evolve": {"initial": 1, "times": [-1]}},
                      {**plain, "domain": {**box["domain"], "boundary": "open"}}, {**plain, **box, "spectrum": {"count": 0}},
                      {"dimension": 1, "potential": {"macro": "x"}}):
            with self.assertRaises(AssertionError):
                validate(schema, wrong)
        for wrong in ({**GRID, "dimension": 4}, {**GRID, "dimension": True}, {**GRID, "unknown": 1},
                      {**GRID, "temperature": 0}, {key: GRID[key] for key in GRID if key != "potential"},
                      {**GRID, "cell": {"order": 13}}, {**GRID, "effective": {"points": [], "grid": {}}},
                      {**GRID, "output": {"fields": ["vtk"]}}):
            with self.assertRaises(AssertionError):
                validate(schema, wrong)

    def test_fixed_resolution(self):
        """cell.cells and cell.order switch the choice off: the tolerance then changes no digit of M."""
        A = "cos(2*pi*x1)+0.5*cos(2*pi*y1)+0.75*cos(2*pi*(x1-y1))+0.3*sin(4*pi*x1)"
        exact = 0.275458356377
        for method, fixed in (("fem", {"cells": 6, "order": 2}), ("fem", {"cells": 3, "order": 5}),
                              ("fourier", {"cells": 11})):
            with self.subTest(**fixed):
                loose, tight = (self.run_point(case_of(2, 0.5, A, method=method, tolerance=tolerance, **fixed))
                                for tolerance in (1e-2, 1e-9))
                self.assertEqual(loose["M"], tight["M"])
                self.assertEqual(tight["method"], method)
                self.assertGreater(tight["error"], 1e-9)
                self.assertGreater(abs(tight["M"][0][0] / exact - 1), 1e-9)
                self.assertLess(abs(tight["M"][0][0] / exact - 1), tight["error"])
        by_name = self.run_point(case_of(2, 0.5, A, cells=6, order=2))
        self.assertEqual(by_name["method"], "fem")
        option = self.run_case(case_of(2, 0.5, A), "-cell_method", "fem", "-cell_points", "6", "-cell_order", "2")
        self.assertEqual(option.points[0]["M"], by_name["M"])


class Fields(ProgramTest):
    def read_xdmf(self, outcome, name):
        """{field: (dimensions, bytes of the file beside it)}, origin and spacing, xyz first."""
        root = xml.etree.ElementTree.fromstring(outcome.read(name + ".xdmf"))
        fields = {}
        for attribute in root.iter("Attribute"):
            item = attribute.find("DataItem")
            file, path = item.text.strip().split(":/")
            self.assertEqual(os.path.basename(file), file, "a name relative to the XDMF file")
            self.assertEqual(path, attribute.get("Name"))
            fields[path] = [int(n) for n in item.get("Dimensions").split()], outcome.read(file)
            self.assertEqual(fields[path][1][:8], b"\x89HDF\r\n\x1a\n")
        geometry = [[float(number) for number in item.text.split()][::-1]
                    for item in root.find(".//Geometry").findall("DataItem")]
        return fields, geometry

    def test_grid(self):
        outcome = self.run_case(GRID)
        fields, (origin, spacing) = self.read_xdmf(outcome, "effective")
        self.assertEqual(origin[:2], [-1, 0.5])
        self.assertAlmostEqual(spacing[0], 2 / 3, delta=1e-15)
        self.assertAlmostEqual(spacing[1], 0.75, delta=1e-15)
        for name in ("log_Z", "free_energy", "error"):
            dimensions, data = fields[name]
            self.assertEqual(dimensions, [1, 3, 4])
            self.assertIn(array.array("d", [point[name] for point in outcome.points]).tobytes(), data)
        dimensions, data = fields["M"]
        self.assertEqual(dimensions, [1, 3, 4, 9])
        padded = [value for point in outcome.points for row in [*point["M"], [0, 0]] for value in [*row, 0]]
        self.assertIn(array.array("d", padded).tobytes(), data)

    def test_moved(self):
        """The folder can be moved: no file names it."""
        outcome = self.run_case(GRID)
        for name in ("effective.xdmf", "effective.h5", "effective.csv"):
            self.assertNotIn(self.directory.encode(), outcome.read(name))

    def find(self, data, expected, width, delta):
        """The constants, one a component, by which doubles somewhere in data differ from `expected`; else None."""
        numbers = array.array("d", data[:len(data) // 8 * 8])
        n = len(expected)
        for start in range(len(numbers) - n + 1):
            shift = [numbers[start + c] - expected[c] for c in range(width)]
            if all(abs(numbers[start + i] - shift[i % width] - expected[i]) <= delta for i in range(n)):
                return shift
        return None

    def check_correctors(self, dim, micro, log_w, axis, **cell):
        """theta' = exp(V1/s)/Zhat1 - 1 across the layers, 0 along them."""
        outcome = self.run_case(case_of(dim, 0.5, micro, correctors=True, **{"tolerance": 1e-8, **cell}))
        fields, (origin, spacing) = self.read_xdmf(outcome, "correctors")
        dimensions, data = fields["theta_1"]
        n, width = dimensions[2], 1 if dim == 1 else 3
        self.assertEqual(dimensions, [*[n if c < dim else 1 for c in (2, 1)], n, *([3] if dim > 1 else [])])
        self.assertEqual(origin, [0, 0, 0])
        self.assertAlmostEqual(spacing[0], 1 / (n - 1), delta=1e-15)
        fine = 64
        f = [math.exp(-log_w(i / (fine * (n - 1)))) for i in range(fine * (n - 1) + 1)]
        theta, total = [0.0], sum(f[:-1]) / (fine * (n - 1))
        for node in range(n - 1):
            piece = f[fine * node:fine * (node + 1) + 1]
            simpson = piece[0] + piece[-1] + 4 * sum(piece[1:-1:2]) + 2 * sum(piece[2:-1:2])
            theta.append(theta[-1] + (simpson / (3 * fine) / total - 1) / (n - 1))
        nodes = itertools.product(*[range(d) for d in dimensions[:3]])
        expected = [theta[node[2 - axis]] if c == axis else 0.0 for node in nodes for c in range(width)]
        shift = self.find(data, expected, width, 1e-6)
        self.assertIsNotNone(shift, "the closed form of the corrector is not in the file")
        mean = sum(theta[:-1]) / (n - 1)
        for c in range(width):
            self.assertAlmostEqual(shift[c], -mean if c == axis else 0, delta=1e-6)

    def test_corrector_of_a_laminate(self):
        V = lambda t: -(math.cos(TURN * t) + 0.3 * math.sin(2 * TURN * t)) / 0.5
        micro = "cos(2*pi*{0})+0.3*sin(4*pi*{0})"
        self.check_correctors(1, micro.format("x1"), V, 0)
        self.check_correctors(2, micro.format("x1"), V, 0)
        self.check_correctors(2, micro.format("y1"), V, 1)
        self.check_correctors(2, micro.format("y1"), V, 1, method="fem")
        self.check_correctors(3, micro.format("z1"), V, 2)

    def test_corrector_with_a_kink(self):
        self.check_correctors(2, "abs(sin(pi*x1))", lambda t: -abs(math.sin(math.pi * t)) / 0.5, 0)

    def test_correctors_of_two_scales(self):
        """One field for each scale that the potential sees."""
        outcome = self.run_case(case_of(2, 0.5, "cos(2*pi*x1)+cos(2*pi*(x3-y3))", correctors=True, tolerance=1e-6))
        self.assertEqual(set(self.read_xdmf(outcome, "correctors")[0]), {"theta_1", "theta_3"})


class Printed(ProgramTest):
    def test_quiet(self):
        outcome = self.run_case(GRID, "--quiet")
        self.assertEqual((outcome.out, outcome.err), ("", ""))
        self.assertEqual(len(outcome.points), 12)
        self.assertIn("fourier", outcome.log)

    def test_result(self):
        """What is computed, how, and where the results are."""
        outcome = self.run_case(case_of(2, 0.5, "cos(2*pi*x1)"))
        self.assertEqual(outcome.err, "")
        self.assertIn("closed_form", outcome.out)
        self.assertIn(outcome.folder, outcome.out)
        self.assertIn("0.1924368784", outcome.out)
        self.assertNotIn("\r", outcome.out)  # no progress line where there is no terminal

    def test_reason_in_log(self):
        """auto says in the log what it took and why."""
        outcome = self.run_case(case_of(1, 0.5, "abs(sin(pi*x1))*(1+0.5*sin(2*pi*x2))", tolerance=1e-6))
        self.assertRegex(outcome.log, r"scale 1: closed_form, .{10,}")
        self.assertRegex(outcome.log, r"scale 2: closed_form, .{10,}")

    def test_options_of_petsc_are_used(self):
        A = "cos(2*pi*x1)*cos(2*pi*y1)+0.4*cos(2*pi*x1)"
        view = self.run_case(case_of(2, 0.5, A), "-cell_ksp_type", "gmres", "-cell_ksp_view")
        self.assertIn("gmres", view.out)
        wrong = self.run_case(case_of(2, 0.5, A), "-cell_ksp_tpye", "gmres", code=2)
        self.assertIn("cell_ksp_tpye", wrong.err)


if __name__ == "__main__":
    unittest.main()
