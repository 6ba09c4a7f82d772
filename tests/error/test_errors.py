"""Wrong case files: what is wrong, where, what was expected, what was probably meant."""
import re

from mistakes import GOOD, HEAD, PREFIX, SECTIONS, MistakeTest, message, spoken, unittest, unmark

CELL = "one of method, tolerance, cells, order, frozen, breaks, max_unknowns, max_solves"
OUTPUT = "one of directory, fields, checkpoint_seconds"
WITH_KEYS = "keys with values, as 'key: value'"
TEMPERATURE = "a number > 0 or a formula of parameters"
FORMULAS = "a formula, or a list of formulas that are added"
NO_TABS = "spaces: YAML allows no tabs for indentation"
INDENTATION = "the same indentation as the keys above, and a colon after each of them"
COMMA = "quotes around a formula with a comma, inside of { } or [ ]"
PERIOD = "a formula of period 1 in every fast variable"
FINITE = "a formula that is finite everywhere"
POINTS = "a list of points, as [[0, 1], [0.5, 1]]"
BOX = "a pair for each direction, as [[-2, 2], [0, 1]]"


class Keys(MistakeTest):
    def test_unknown_keys_on_every_level(self):
        self.refused_all([
            (GOOD + "«colour»: 1\n", ("unknown key 'colour'", SECTIONS)),
            (GOOD + "«Cell»: {order: 2}\n", ("unknown key 'Cell'", SECTIONS, "cell")),
            (GOOD + "cell: {«tolerence»: 1e-6}\n", ("unknown key 'tolerence' in cell", CELL, "tolerance")),
            (GOOD + "effective:\n  «pionts»: [0]\n",
             ("unknown key 'pionts' in effective", "one of points, correctors, grid", "points")),
            (GOOD + "effective: {grid: {box: [[0, 1]], cells: 2, «sells»: 3}}\n",
             ("unknown key 'sells' in effective.grid", "one of box, cells", "cells")),
            (GOOD + "output: {«dir»: here}\n", ("unknown key 'dir' in output", OUTPUT, "directory")),
            (HEAD + "potential: {micro: 0, «skales»: 1}\n",
             ("unknown key 'skales' in potential", "one of macro, micro, scales", "scales")),
            (GOOD + "«tolerance»: 1e-6\n", ("'tolerance' belongs under cell, evolve, spectrum, passage, transitions or kinetic",)),
            (GOOD + "output: {«title»: A}\n", ("'title' belongs at the top level",)),
        ])

    def test_a_misspelt_key_is_one_mistake(self):
        self.refused_case("«dimenson»: 1\n«temprature»: 0.5\n«potental»: {micro: 0}\n",
                          ("unknown key 'dimenson'", SECTIONS, "dimension"),
                          ("unknown key 'temprature'", SECTIONS, "temperature"),
                          ("unknown key 'potental'", SECTIONS, "potential"))

    def test_missing_keys(self):
        self.refused_all([
            ("«t»emperature: 1\npotential: {micro: 0}\n", ("'dimension' is missing", "an integer from 1 to 3")),
            ("«d»imension: 1\npotential: {micro: 0}\n", ("'temperature' is missing", TEMPERATURE)),
            ("«d»imension: 1\ntemperature: 1\n", ("'potential' is missing", "potential or diffusion")),
            (HEAD + "«potential»: {scales: 2}\n", ("potential needs macro or micro",)),
            (GOOD + "effective: {«grid»: {cells: 2}}\n", ("'effective.grid.box' is missing", BOX)),
            (HEAD + "potential: {«micro»: }\n", ("'potential.micro' has no value", FORMULAS)),
        ])

    def test_duplicate_keys(self):
        self.refused_all([
            (GOOD + "«dimension»: 2\n", ("duplicate key 'dimension', first given on line 1",)),
            (GOOD + "cell: {order: 1, «order»: 2}\n", ("duplicate key 'order', first given on line 4",)),
        ])

    def test_keys_that_exclude_each_other(self):
        self.refused_case(GOOD + "effective: {«points»: [0], grid: {box: [[0, 1]], cells: 3}}\n",
                          ("both 'points' and 'grid' in effective", "only one of them"))


class Values(MistakeTest):
    def test_wrong_types(self):
        self.refused_all([
            ("dimension: «one»\ntemperature: 1\npotential: {micro: 0}\n",
             ("wrong value for dimension: the text 'one'", "an integer from 1 to 3")),
            ("dimension: 1\ntemperature: «[1]»\npotential: {micro: 0}\n",
             ("wrong value for temperature: a list", TEMPERATURE)),
            ("dimension: 1\ntemperature: «hot»\npotential: {micro: 0}\n", ("there is no name hot", TEMPERATURE)),
            (HEAD + "potential: «cos(2*pi*x1)»\n", ("potential is the text 'cos(2*pi*x1)'", WITH_KEYS)),
            (HEAD + "potential: {micro: «{x: 1}»}\n", ("wrong value for potential.micro: a mapping", FORMULAS)),
            (HEAD + "potential: {micro: «[]»}\n", ("wrong value for potential.micro: an empty list", FORMULAS)),
            (GOOD + "cell: «5»\n", ("cell is '5'", WITH_KEYS)),
            (GOOD + "cell: {method: «fme»}\n",
             ("unknown value 'fme' for cell.method", "auto, fem, fourier or closed_form", "fem")),
            (GOOD + "effective: {correctors: «yes»}\n",
             ("wrong value for effective.correctors: 'yes'", "true or false", "true")),
            (GOOD + "effective: {points: «3»}\n", ("wrong value for effective.points: '3'", POINTS)),
            (GOOD + "effective: {points: «[]»}\n", ("wrong value for effective.points: an empty list", POINTS)),
            (GOOD + "effective: {points: [«[1, 2]»]}\n", ("a point with 2 coordinates in dimension 1", "[x]")),
            (GOOD + "effective: {grid: {box: «[0, 1]», cells: 3}}\n",
             ("wrong value for effective.grid.box: a list", BOX)),
            (GOOD + "output: {directory: «[a]»}\n", ("wrong value for output.directory: a list", "a text")),
            (GOOD + "output: {fields: [«xmdf»]}\n", ("unknown value 'xmdf' for output.fields", "xdmf or csv", "xdmf")),
            (GOOD + "parameters: «[1]»\n",
             ("wrong value for parameters: a list", "a mapping of names to numbers or formulas")),
        ])

    def test_out_of_range(self):
        self.refused_all([
            ("dimension: «4»\ntemperature: 1\npotential: {micro: 0}\n",
             ("dimension is out of range: 4", "an integer from 1 to 3")),
            ("dimension: 1\ntemperature: «0»\npotential: {micro: 0}\n", ("temperature is out of range: 0", TEMPERATURE)),
            ("dimension: 1\ntemperature: «T»\nparameters: {T: -1}\npotential: {micro: 0}\n",
             ("temperature is out of range: -1", TEMPERATURE)),
            ("dimension: 1\ntemperature: «.inf»\npotential: {micro: 0}\n", ("temperature is not finite", TEMPERATURE)),
            (GOOD + "cell: {tolerance: «0.2»}\n", ("cell.tolerance is out of range: 0.2", "a number in (0, 0.1]")),
            (GOOD + "cell: {order: «13»}\n", ("cell.order is out of range: 13", "an integer from 1 to 12, or auto")),
            (GOOD + "cell: {order: «2.5»}\n", ("cell.order is out of range: 2.5", "an integer from 1 to 12, or auto")),
            (GOOD + "cell: {breaks: [«1.5»]}\n",
             ("cell.breaks is out of range: 1.5", "a number in [0, 1) or a formula of parameters")),
            (HEAD + "potential: {micro: 0, scales: «10»}\n",
             ("potential.scales is out of range: 10", "an integer from 1 to 9")),
            (GOOD + "effective: {grid: {box: [«[1, 0]»], cells: 3}}\n",
             ("the box is empty: 1 is not below 0", "[lower, upper] with lower < upper")),
        ])

    def test_parameters(self):
        self.refused_all([
            (GOOD + "parameters: {«cos»: 1}\n",
             ("parameter 'cos' would hide a variable, function or constant", "another name")),
            (GOOD + "parameters: {«1a»: 1}\n",
             ("'1a' cannot be the name of a parameter", "letters, digits and _, no digit first")),
            (GOOD + "parameters: {a: «later», later: 1}\n",
             ("there is no name later", "a number or a formula of parameters")),
            (GOOD + "parameters: {a: «1/0»}\n", ("the formula is a constant, but not a finite number",
                                                "a number or a formula of parameters")),
        ])

    def test_petsc_options_at_their_place(self):
        self.refused_case(
            GOOD + "petsc:\n  cell_ksp_type: «cgx»\n  cell_ksp_rtol: «tiny»\n  «sell_pc_type»: lu\n"
            "  «cell_ksp_max_it»:\n  cell_pc_type: «choleski»\n",
            ("wrong value for the PETSc option -cell_ksp_type: 'cgx'", "a linear solver of PETSc, as cg, minres or gmres",
             "cg"),
            ("wrong value for the PETSc option -cell_ksp_rtol: 'tiny'", "a number from 0 to 1"),
            ("unknown PETSc option -sell_pc_type", PREFIX,
             "cell_pc_type"),
            ("the PETSc option -cell_ksp_max_it has no value", "an integer >= 0"),
            ("wrong value for the PETSc option -cell_pc_type: 'choleski'",
             "a preconditioner of PETSc, as cholesky, icc, gamg or jacobi", "cholesky"))

    def test_names_of_petsc_options(self):
        self.refused_case(GOOD + "petsc: {«-cell_ksp_rtol»: 1e-9}\n",
                          ("'-cell_ksp_rtol' is no name of an option", "the name of a PETSc option without its dash",
                           "cell_ksp_rtol"))


class Syntax(MistakeTest):
    def test_yaml(self):
        flow = "not valid YAML: did not find expected ',' or '}' while parsing a flow mapping"
        no_value = "not valid YAML: mapping values are not allowed in this context"
        no_token = "not valid YAML: found character that cannot start any token while scanning for the next token"
        self.refused_all([
            (HEAD + "potential: {micro: cos(2*pi*x1)«»\n", (flow,)),
            (HEAD + "potential: {micro: «'»cos(2*pi*x1)}\n",
             ("not valid YAML: found unexpected end of stream while scanning a quoted scalar",)),
            (HEAD + "potential:\n  micro: 0\n «s»cales: 1\n",
             ("not valid YAML: did not find expected key while parsing a block mapping that starts on line 1",
              "the same indentation for all entries of a mapping or list")),
            (HEAD + "potential:\n  micro: 0\n   scales«:» 1\n", (no_value, INDENTATION)),
            ("dimension 1\ntemperature«:» 0.5\n", (no_value, INDENTATION)),
            (GOOD + "title: hot«:» cold\n", (no_value, "quotes around a text that contains ': '")),
            (HEAD + "potential: {micro: «@»}\n", (no_token, "quotes around a text that begins with this character")),
            (HEAD + "potential:\n  micro: |«x»1|\n",
             ("not valid YAML: did not find expected comment or line break while scanning a block scalar",
              "quotes around a text that begins with | or >")),
            (HEAD + "potential:\n  micro: «&a 0»\n  macro: «*a»\n", ("anchors (&name) are not supported",),
             ("aliases (*name) are not supported", "quotes around a text that begins with *")),
            (GOOD + "«---»\n" + GOOD, ("a second document begins here", "one document")),
            (GOOD + "? «[»1]\n: 2\n", ("a key must be a name", "a name")),
            (GOOD + "cell:\n«-» order: 1\n", ("cell is a list", WITH_KEYS)),
        ])

    def test_tabs(self):
        """The caret stands below the tab as terminals show it."""
        self.write("dimension: 1\n\ttemperature: 0.5\n", "case.yaml")
        self.refused("validate", "case.yaml", says=(
            "case.yaml:2:1: error: not valid YAML: found a tab character that violates indentation while scanning a "
            f"plain scalar that starts on line 1\n        temperature: 0.5\n^~~~~~~~\n  expected: {NO_TABS}\n"))
        self.write("dimension: 1\ntemperature: 0.5\npotential:\n\tmicro: 0\n", "case.yaml")
        process = self.reiter("validate", "case.yaml")
        self.assertIn("case.yaml:4:1: error: not valid YAML: ", process.stderr)
        self.assertIn(f"  expected: {NO_TABS}\n", process.stderr)

    def test_windows_line_ends(self):
        text = "dimension: 1\r\ntemperature: x\r\npotential: {micro: 0}\r\n"
        with open(self.path("case.yaml"), "w", newline="", encoding="utf-8") as stream:
            stream.write(text)
        self.refused("validate", "case.yaml", says=message(
            "case.yaml", text.replace("\r", ""), (2, 14, 1), "x is a variable, but a constant is wanted here", TEMPERATURE))

    def test_files_that_are_none(self):
        self.write("", "case.yaml")
        self.refused("run", "case.yaml", says=f"case.yaml:1:1: error: the case is empty\n  expected: {WITH_KEYS}\n")
        for content, says in ((b"\x7fELF\x01\x00", "case.yaml:1:1: error: the control character U+007F does not belong "
                               "here\n?ELF??\n^\n  expected: a text file\n"),
                              (b"title: \xff\n", "case.yaml:1:8: error: the byte 0xFF is not valid UTF-8 here\n"
                               "title: ?\n       ^\n  expected: text in UTF-8\n")):
            with open(self.path("case.yaml"), "wb") as stream:
                stream.write(content)
            self.refused("run", "case.yaml", says=says)
        self.refused("run", "nosuch.yaml", says=spoken("cannot open 'nosuch.yaml': No such file or directory"))
        self.refused("run", ".", says=spoken("cannot read '.': Is a directory"))
        # Every user may open this one, root too, but its first page cannot be read.
        self.refused("run", "/proc/self/mem", says=spoken("cannot read '/proc/self/mem': Input/output error"))


class Formulas(MistakeTest):
    def refused_formulas(self, table):
        head = "dimension: 2\ntemperature: 0.5\nparameters: {alpha: 1}\npotential:\n  micro: "
        self.refused_all([(f"{head}{formula}\n", *mistakes) for formula, *mistakes in table])

    def test_names(self):
        self.refused_formulas([
            ("«sni»(2*pi*x1)", ("there is no function sni", None, "sin")),
            ("«alhpa»*cos(2*pi*x1)", ("there is no name alhpa", None, "alpha")),
            ("cos(2*«Pi»*x1)", ("there is no name Pi", None, "pi")),
            ("«unheard»", ("there is no name unheard",)),
            ("cos(2*pi*«z1»)", ("z1 needs dimension 3, but dimension is 2",)),
            ("«z»*cos(2*pi*x1)", ("z needs dimension 3, but dimension is 2",)),
            ("cos(2*pi*«x0»)", ("x0 is no variable: x is the macroscopic one, the scales count from x1", None, "x")),
            ("cos(2*pi*«x12»)", ("x12 is of scale 12, but there are 9 scales at most",)),
            ("«cos» 2*pi*x1", ("cos is a function: its argument goes in parentheses", None, "cos(...)")),
        ])

    def test_signs(self):
        no_value = "the formula ends where a value should follow"
        self.refused_formulas([
            ("cos«(»2*pi*x1", ("this parenthesis is never closed",)),
            ("cos(2*pi*x1)«)»", ("this parenthesis was never opened",)),
            ("«()»", ("there is nothing between the parentheses",)),
            ("«2x1»", ("a multiplication sign is missing", None, "2*x1")),
            ("«2(»x1)", ("a multiplication sign is missing", None, "2*(")),
            ("x1«**»2", ("powers are written with ^", None, "^")),
            ("2^«»", (no_value,)),
            ("'cos(2*pi*x1) + «»'", (no_value,)),
            ("'«*» 2'", ("a value should stand before '*'",)),
            ("1 «=» 2", ("'=' does not compare", None, "==")),
            ("x1 < 1 «<» 2", ("comparisons do not chain: write (a < b)*(b < c)",)),
            ("'if(x1 > 0 «&»& x1 < 0.5, 1, 0)'", ("'&' cannot stand here; join conditions by *, as (x > 0)*(x < 1)",)),
            ("'«|»x1|'", ("'|' cannot stand here; write abs(a), and max(a, b) for one or the other condition",)),
            ("'cos(2*pi*x1)«;» 1'", ("';' cannot stand here",)),
            ("cos(2«π»*x1)", ("'π' is not part of a formula", None, "pi")),
            ("«1e999»*x1", ("this number is too large",)),
        ])

    def test_numbers_of_arguments(self):
        self.refused_formulas([
            ("«cos()»", ("cos takes 1 argument, not 0",)),
            ("«cos(x1, y1)»", ("cos takes 1 argument, not 2",)),
            ("«mod(x1)»", ("mod takes 2 arguments, not 1",)),
            ("«if(x1 > 0.5, 1)»", ("if takes 3 arguments, not 2",)),
            ("«max(1)»", ("max takes at least 2 arguments, not 1",)),
        ])

    def test_where_formulas_stand(self):
        number = "an integer from 1 to 3"
        self.refused_all([
            (HEAD + "potential: {micro: cos(2*pi*«y1»)}\n", ("y1 needs dimension 2, but dimension is 1",)),
            (HEAD + "potential: {macro: «y»^2}\n", ("y needs dimension 2, but dimension is 1",)),
            (HEAD + "potential: {macro: cos(2*pi*«x1»)}\n",
             ("potential.macro uses the fast variable 'x1'", "x, y, z alone; fast variables belong to potential.micro")),
            (HEAD + "potential: {micro: cos(2*pi*x3), scales: «2»}\n",
             ("potential.scales is 2, but potential.micro uses scale 3", "at least 3")),
            ("dimension: «1+1»\ntemperature: 1\npotential: {micro: 0}\n",
             ("wrong value for dimension: the text '1+1'", number)),
            (HEAD + "potential: {micro: max«(»x1, «2)»}\n", ("this parenthesis is never closed", COMMA),
             ("unknown key '2)' in potential", "one of macro, micro, scales")),
            (HEAD + "potential:\n  micro: cos(2*pi*x1)\n    + «sni»(2*pi*x1)\n", ("there is no function sni", None, "sin")),
            (HEAD + "potential:\n  micro: >\n    cos(2*pi*x1)\n    + «sni»(2*pi*x1)\n",
             ("there is no function sni", None, "sin")),
            (HEAD + "potential:\n  micro:\n    - cos(2*pi*x1)\n    - «sni»(2*pi*x1)\n",
             ("there is no function sni", None, "sin")),
        ])

    def test_deep_nesting(self):
        self.write(HEAD + "potential: {micro: " + "(" * 100000 + "}\n", "case.yaml")
        process = self.reiter("validate", "case.yaml")
        self.assertIn("case.yaml:3:220: error: the formula is nested more than 200 deep\n", process.stderr)
        self.assertLess(len(process.stderr), 500)


class Potentials(MistakeTest):
    """Formulas that are no potential on the torus, with a point that shows it."""

    def faulty(self, marked, words, expected):
        """`words` is a pattern; its groups are numbers."""
        text, spans = unmark(marked)
        self.write(text, "case.yaml")
        process = self.reiter("run", "case.yaml", "--output", "run")
        (line, column, length), (first, excerpt, caret, last) = spans[0], process.stderr.rstrip("\n").split("\n")
        found = re.fullmatch(f"case.yaml:{line}:{column}: error: potential.micro: {words}", first)
        self.assertTrue(found, first)
        self.assertEqual(excerpt, text.split("\n")[line - 1])
        self.assertEqual(caret, " " * (column - 1) + "^" + "~" * (length - 1))
        self.assertEqual(last, f"  expected: {expected}")
        self.assertEqual(self.files(), set())
        return [float(group) for group in found.groups()]

    def test_not_periodic(self):
        number = r"(-?[0-9.e+-]+)"
        x, here, there = self.faulty(HEAD + "potential: {micro: «x1/2»}\n", f"V1 is not of period one in x1: at x1 = "
                                     f"{number} it is {number}, one period further {number}", PERIOD)
        self.assertAlmostEqual(here, x / 2, 8)
        self.assertAlmostEqual(there, x / 2 + 0.5, 8)

    def test_the_formula_of_a_list_that_is_at_fault(self):
        for formulas in ("cos(2*pi*x1), «x1»", "«x1», cos(2*pi*x1)", "cos(2*pi*x1), «sin(pi*x1)», sin(2*pi*x1)",
                         "cos(2*pi*x1), cos(2*pi*x2), «x2^2»"):
            with self.subTest(formulas=formulas):
                self.faulty(HEAD + f"potential: {{micro: [{formulas}]}}\n", "V1 is not of period one in x[12]: at .*",
                            PERIOD)

    def test_not_finite(self):
        x, = self.faulty(HEAD + "potential: {micro: «log(cos(2*pi*x1))»}\n",
                         r"V1 is not finite \(nan\) at x1 = ([0-9.e+-]+)", FINITE)
        self.assertTrue(0.25 < x % 1 < 0.75)  # there the cosine is negative
        self.faulty(HEAD + "potential: {micro: «cos(2*pi*x1)/x»}\n", r"V1 is not finite \((?:-?inf|nan)\) at x = 0, x1 = .*",
                    FINITE)
        self.faulty(HEAD + "potential: {micro: «sqrt(-1) + cos(2*pi*x1)»}\n", r"V1 is not finite \(nan\) everywhere",
                    FINITE)

    def test_only_at_a_wanted_point(self):
        self.faulty(HEAD + "potential: {micro: «log(x)*cos(2*pi*x1)»}\neffective: {points: [1, 2, -3]}\n",
                    r"V1 is not finite \(nan\) at x = -3, x1 = .*", FINITE)


class Many(MistakeTest):
    def test_all_in_one_go(self):
        says = self.refused_case(
            "dimension: «4»\ntemperature: «0»\npotential:\n  micro: «sni»(2*pi*x1)\n  macro: x^«»\n  «skales»: 2\n"
            "cell: {tolerance: «1», «methd»: fem}\noutput: {«dir»: a}\nconverge: {«levls»: 2}\n",
            ("dimension is out of range: 4", "an integer from 1 to 3"), ("temperature is out of range: 0", TEMPERATURE),
            ("there is no function sni", None, "sin"), ("the formula ends where a value should follow",),
            ("unknown key 'skales' in potential", "one of macro, micro, scales", "scales"),
            ("cell.tolerance is out of range: 1", "a number in (0, 0.1]"),
            ("unknown key 'methd' in cell", CELL, "method"),
            ("unknown key 'dir' in output", OUTPUT, "directory"), 
            ("unknown key 'levls' in converge", "one of levels, rates, exact, epsilon, epsilon_rates", "levels"))
        self.refused("validate", "case.yaml", says=says)

    def test_a_hopeless_file_is_cut_short(self):
        self.write(GOOD + "cell:\n" + "".join(f"  k{i}: 1\n" for i in range(500)), "case.yaml")
        process = self.reiter("validate", "case.yaml")
        self.assertEqual(process.stderr.count("error: unknown key"), 100)
        self.assertTrue(process.stderr.endswith("... and 400 more\n"))


if __name__ == "__main__":
    unittest.main()
