"""Mistakes in what a case says of diffusion, domain, evolve, spectrum, passage and converge."""
from mistakes import GOOD, HEAD, SECTIONS, MistakeTest, unittest

LINE = GOOD + "domain: {box: [[-2, 2]]}\n"
SQUARE = ("dimension: 2\ntemperature: 0.5\npotential: {macro: x^2 + y^2}\n"
          "domain: {box: [[-2, 2], [0, 1]], cells: [8, 4]}\n")
GIVEN = "dimension: 2\ndiffusion: {log_weight: -x^2, tensor: 1}\ndomain: {box: [[-2, 2], [0, 1]]}\n"
EVOLVE = "one of initial, times, observables, backward, marginals, currents, method, tolerance, positive"
NUMBER = "or a formula of parameters"
A_FORMULA = "a formula"
ONE = "only one of them"
BOX = "a pair for each direction, as [[-2, 2], [0, 1]]"
WORDS = "reflecting, periodic or absorbing"
FILE = "the path of a file, relative to the case file"
DOMAIN = "domain: {box: [[-2, 2]]} or domain: {mesh: disk.msh}"
MISSING_DOMAIN = "{} needs a domain"
NAME = "letters, digits and _, no digit first"
POINTS = "a list of points, as [[0, 1], [0.5, 1]]"
PRECISIONS = "auto, double or long_double"


class Diffusions(MistakeTest):
    def refused_diffusions(self, table):
        self.refused_all([("dimension: 2\n" + text, *mistakes) for text, *mistakes in table])

    def test_what_must_be_there(self):
        self.refused_diffusions([
            ("«diffusion»: {tensor: 1}\n", ("diffusion needs weight, log_weight or table",)),
            ("«diffusion»: {weight: 1}\n", ("'diffusion.tensor' is missing", "a formula, or its rows, as [[2, x], [x, 3]]")),
            ("diffusion: {«wieght»: 1, tensor: 1}\n",
             ("unknown key 'wieght' in diffusion", "one of weight, log_weight, tensor, table", "weight")),
            ("diffusion: «5»\n", ("diffusion is '5'", "keys with values, as 'key: value'")),
        ])
        self.refused_case("dimension: 1\n«difusion»: {weight: 1, tensor: 1}\n",
                          ("unknown key 'difusion'", SECTIONS, "diffusion"))

    def test_what_excludes_each_other(self):
        self.refused_diffusions([
            ("diffusion: {«weight»: 1, log_weight: 0, tensor: 1}\n", ("both 'weight' and 'log_weight' in diffusion", ONE)),
            ("diffusion: {weight: 1, tensor: 1}\ntemperature: 1\n«potential»: {macro: x}\n",
             ("both 'potential' and 'diffusion' at the top level", ONE)),
            ("diffusion: {weight: 1, tensor: 1}\n«cell»: {order: 2}\n",
             ("both 'cell' and 'diffusion' at the top level", ONE)),
            ("diffusion: {weight: 1, tensor: 1}\n«effective»: {points: [[0, 0]]}\n",
             ("both 'effective' and 'diffusion' at the top level", ONE)),
        ])

    def test_formulas(self):
        rows = "2 rows of 2 formulas"
        self.refused_diffusions([
            ("diffusion: {weight: exp(-«r»^2), tensor: 1}\n", ("there is no name r",)),
            ("diffusion: {log_weight: [-x^2, «sni»(y)], tensor: 1}\n", ("there is no function sni", None, "sin")),
            ("diffusion: {log_weight: -«z»^2, tensor: 1}\n", ("z needs dimension 3, but dimension is 2",)),
            ("diffusion: {log_weight: «[]», tensor: 1}\n",
             ("wrong value for diffusion.log_weight: an empty list", "a formula, or a list of formulas that are added")),
            ("diffusion: {weight: «x1», tensor: 1}\n",
             ("x1 is a fast variable, but only macroscopic ones (xy) are allowed here", None, "x")),
            ("diffusion: {weight: 1, tensor: [[1, 0], [0, «zz»]]}\n", ("there is no name zz",)),
            ("diffusion: {weight: 1, tensor: [[1, 0], «[0]»]}\n", ("wrong value for diffusion.tensor: a list", rows)),
            ("diffusion: {weight: 1, tensor: «[1, 0, 1]»}\n",
             ("wrong value for diffusion.tensor: a list", f"a formula, or {rows}")),
            ("diffusion: {weight: 1, tensor: «{x: 1}»}\n",
             ("wrong value for diffusion.tensor: a mapping", f"a formula, or {rows}")),
            ("diffusion: {weight: 1, tensor: [[1, «[2]»], [0, 1]]}\n",
             ("wrong value for diffusion.tensor: a list", A_FORMULA)),
        ])

    def test_tables(self):
        self.refused_case("dimension: 1\ndiffusion: {table: «nosuch.csv»}\n",
                          ("cannot read 'nosuch.csv': No such file or directory", FILE))
        self.refused_case("dimension: 1\ndiffusion: {«tensor»: 1, table: «/proc»}\n",
                          ("both 'tensor' and 'table' in diffusion", ONE), ("cannot read '/proc': Is a directory", FILE))
        self.refused_case("dimension: 1\ndiffusion: {table: «[a]»}\n", ("wrong value for diffusion.table: a list", FILE))


class Domains(MistakeTest):
    def test_boxes(self):
        self.refused_all([
            (GOOD + "«domain»: {cells: 8}\n", ("domain needs box or mesh",)),
            (GOOD + "domain: {«bx»: [[0, 1]]}\n",
             ("unknown key 'bx' in domain", "one of box, cells, mesh, scheme, order, boundary", "box")),
            (GOOD + "domain: {box: «[0, 1]»}\n", ("wrong value for domain.box: a list", BOX)),
            (GOOD + "domain: {box: [«[0]»]}\n",
             ("wrong value for domain.box: a list", "a pair [lower, upper] for each direction")),
            (GOOD + "domain: {box: [«[1, -1]»]}\n",
             ("the box is empty: 1 is not below -1", "[lower, upper] with lower < upper")),
            (GOOD + "domain: {box: [[0, «.inf»]]}\n", ("domain.box is not finite", f"a number {NUMBER}")),
            (GOOD + "domain: {box: [[0, 1]], cells: «0»}\n",
             ("domain.cells is out of range: 0", "an integer from 1 to 10000000")),
            (GOOD + "domain: {box: [[0, 1]], cells: «[8, 8]»}\n",
             ("wrong value for domain.cells: a list", "one integer, or one per direction")),
            (GOOD + "domain: {box: [[0, 1]], cells: «8.5»}\n",
             ("domain.cells is out of range: 8.5", "an integer from 1 to 10000000")),
            (SQUARE.replace("[8, 4]", "«100000»"), ("a domain of 4e+10 nodes", "at most 1e9 nodes")),
            (GOOD + "domain: {box: [[0, 1]], order: «5»}\n", ("domain.order is out of range: 5", "an integer from 1 to 4")),
            (GOOD + "domain: {box: [[0, 1]], scheme: «monoton»}\n",
             ("unknown value 'monoton' for domain.scheme", "fem or monotone", "monotone")),
            (GOOD + "domain: {box: [[0, 1]], scheme: monotone, order: «2»}\n",
             ("scheme monotone has order 1", "1, or scheme fem")),
        ])

    def test_boundaries(self):
        per_direction = "one entry per direction: a word, or a pair [lower, upper]"
        both = "periodic on both sides or on none"
        self.refused_all([
            (LINE.replace("]]}", "]], boundary: «reflectin»}"),
             ("unknown value 'reflectin' for domain.boundary", WORDS, "reflecting")),
            (LINE.replace("]]}", "]], boundary: «[periodic, absorbing]»}"), ("direction x is periodic on one side only", both)),
            (SQUARE.replace("]}", "], boundary: [reflecting, «[periodic, reflecting]»]}"),
             ("direction y is periodic on one side only", both)),
            (SQUARE.replace("]}", "], boundary: «[absorbing]»}"),
             ("1 entries for the boundary in dimension 2", per_direction)),
            (SQUARE.replace("]}", "], boundary: [absorbing, «[absorbing]»]}"),
             ("wrong value for domain.boundary: a list", "a word, or a pair [lower, upper] of words")),
            (SQUARE.replace("]}", "], boundary: [[absorbing, «absorbin»], «perodic»]}"),
             ("unknown value 'absorbin' for domain.boundary", WORDS, "absorbing"),
             ("unknown value 'perodic' for domain.boundary", WORDS, "periodic")),
            (LINE.replace("]]}", "]], boundary: «{left: absorbing}»}"),
             ("wrong value for domain.boundary: a mapping",
              "a word, or a list with one entry per direction: groups are of meshes")),
            (LINE.replace("]]}", "]], cells: «2», boundary: periodic}"), ("direction x is periodic with 2 cells",
                                                                        "at least 3 cells")),
            (SQUARE.replace("[8, 4]}", "[8, «1»], boundary: [reflecting, periodic]}"),
             ("direction y is periodic with 1 cell", "at least 3 cells")),
        ])

    def refused_mesh(self, rest, *mistakes):
        """/dev/null is a file that is there; what a mesh holds is looked at when the case runs."""
        rest = rest.replace("a.msh", "/dev/null")
        with self.subTest(rest=rest):
            self.refused_case(f"dimension: 2\ntemperature: 1\npotential: {{macro: x}}\n{rest}", *mistakes)

    def test_meshes(self):
        self.refused_case(GOOD + "domain: {mesh: «nosuch.msh»}\n",
                          ("cannot read 'nosuch.msh': No such file or directory", FILE))
        self.refused_case(GOOD + "domain: {mesh: «.»}\n", ("cannot read '.': Is a directory", FILE))
        self.refused_case(GOOD + "domain: {mesh: «''»}\n", ("wrong value for domain.mesh: the text ''", FILE))
        self.refused_mesh("domain: {«box»: [[0, 1], [0, 1]], mesh: a.msh}\n", ("both 'box' and 'mesh' in domain", ONE))
        self.refused_mesh("domain: {«cells»: 8, mesh: a.msh}\n", ("both 'cells' and 'mesh' in domain", ONE))
        self.refused_mesh("domain: {mesh: a.msh, scheme: «monotone»}\n",
                          ("scheme monotone needs a box", "fem, or a box in place of the mesh"))
        self.refused_mesh("domain: {mesh: a.msh, boundary: «periodic»}\n",
                          ("a mesh has no periodic boundary", "reflecting or absorbing; boxes may be periodic"))
        self.refused_mesh("domain: {mesh: a.msh, boundary: {rim: «absorb», otherwise: «periodic»}}\n",
                          ("unknown value 'absorb' for domain.boundary", WORDS, "absorbing"),
                          ("a mesh has no periodic boundary", "reflecting or absorbing; boxes may be periodic"))
        self.refused_mesh("domain: {mesh: a.msh, boundary: «[absorbing, reflecting]»}\n",
                          ("wrong value for domain.boundary: a list",
                           "a word, or a mapping of the mesh's physical groups to words"))
        self.refused_mesh("domain: {mesh: a.msh}\nevolve: {initial: 1, times: [1], marginals: «[x]»}\n",
                          ("evolve.marginals needs a box", "domain.box in place of domain.mesh"))

    def test_without_a_domain(self):
        self.refused_case(GOOD + "«evolve»: {initial: 1, times: [1]}\n«spectrum»: {count: 2}\n"
                          "«passage»: {from: [-1], to: x > 1}\n",
                          *[(MISSING_DOMAIN.format(name), DOMAIN) for name in ("evolve", "spectrum", "passage")])
        self.refused_case(GOOD + "«spectrum»:\n", (MISSING_DOMAIN.format("spectrum"), DOMAIN))
        self.refused_case(GOOD + "«domian»: {box: [[0, 1]]}\nspectrum: {count: 2}\n",
                          ("unknown key 'domian'", SECTIONS, "domain"))


class Evolutions(MistakeTest):
    def refused_evolutions(self, table, head=LINE):
        self.refused_all([(head + text, *mistakes) for text, *mistakes in table])

    def test_what_must_be_there(self):
        initial = "a formula, or a mapping with delta, file or gibbs"
        self.refused_evolutions([
            ("«evolve»: {times: [1]}\n", ("'evolve.initial' is missing", initial)),
            ("«evolve»: {initial: 1}\n", ("'evolve.times' is missing", f"a list; each a number >= 0 {NUMBER}")),
            ("evolve: {«inital»: 1, times: [1]}\n", ("unknown key 'inital' in evolve", EVOLVE, "initial")),
            ("evolve: {«initial»: {}, times: [1]}\n", ("evolve.initial needs delta, file or gibbs",)),
            ("evolve: {initial: «[1]», times: [1]}\n", ("wrong value for evolve.initial: a list", initial)),
            ("evolve: {«initial»: , times: [1]}\n", ("'evolve.initial' has no value", initial)),
        ])

    def test_initial_densities(self):
        self.refused_evolutions([
            ("evolve: {initial: «y»^2, times: [1]}\n", ("y needs dimension 2, but dimension is 1",)),
            ("evolve: {initial: «expp»(x), times: [1]}\n", ("there is no function expp", None, "exp")),
            ("evolve: {initial: {delta: «[2.5]»}, times: [1]}\n",
             ("evolve.initial.delta lies outside of the box: x = 2.5", "x from -2 to 2")),
            ("evolve: {initial: {delta: «-3»}, times: [1]}\n",
             ("evolve.initial.delta lies outside of the box: x = -3", "x from -2 to 2")),
            ("evolve: {initial: {delta: «[0, 1]»}, times: [1]}\n", ("a point with 2 coordinates in dimension 1", "[x]")),
            ("evolve: {initial: {delta: «centre»}, times: [1]}\n", ("there is no name centre", f"a number {NUMBER}")),
            ("evolve: {initial: {«dleta»: 0}, times: [1]}\n",
             ("unknown key 'dleta' in evolve.initial", "one of delta, file, time, gibbs, temperature", "delta")),
            ("evolve: {initial: {«delta»: 0, file: «no.h5»}, times: [1]}\n",
             ("both 'delta' and 'file' in evolve.initial", ONE), ("cannot read 'no.h5': No such file or directory", FILE)),
            ("evolve: {initial: {delta: 0, «time»: 1}, times: [1]}\n",
             ("evolve.initial.time belongs to evolve.initial.file", "file beside it")),
            ("evolve: {initial: {delta: 0, «temperature»: 1}, times: [1]}\n",
             ("evolve.initial.temperature belongs to evolve.initial.gibbs", "gibbs beside it")),
            ("evolve: {initial: {gibbs: x^2, temperature: «0»}, times: [1]}\n",
             ("evolve.initial.temperature is out of range: 0", f"a number > 0 {NUMBER}")),
            ("evolve: {initial: {gibbs: x^2 + «k»}, times: [1]}\n", ("there is no name k",)),
        ])
        self.refused_case(GIVEN + "evolve: {initial: {«gibbs»: x^2}, times: [1]}\n",
                          ("evolve.initial.gibbs needs a temperature",
                           "evolve.initial.temperature, or the case's temperature"))
        self.refused_case(SQUARE + "evolve: {initial: {delta: «[0, -1]»}, times: [1]}\n",
                          ("evolve.initial.delta lies outside of the box: y = -1", "y from 0 to 1"))

    def test_times(self):
        number = f"a number >= 0 {NUMBER}"
        self.refused_evolutions([
            ("evolve: {initial: 1, times: [1, «-0.5»]}\n", ("evolve.times is out of range: -0.5", number)),
            ("evolve: {initial: 1, times: [1, 2, «1.0», 3, «2»]}\n",
             ("evolve.times holds 1 twice", "every number once"), ("evolve.times holds 2 twice", "every number once")),
            ("evolve: {initial: 1, times: «1»}\n", ("wrong value for evolve.times: '1'", f"a list; each {number}")),
            ("evolve: {initial: 1, times: «[]»}\n", ("wrong value for evolve.times: an empty list", f"a list; each {number}")),
            ("evolve: {initial: 1, times: [«[1]»]}\n", ("wrong value for evolve.times: a list", number)),
            ("evolve: {initial: 1, times: [«.nan»]}\n", ("evolve.times is not finite", number)),
            ("evolve: {initial: 1, times: [1, «soon»]}\n", ("there is no name soon", number)),
        ])

    def test_what_is_measured(self):
        head = LINE + "evolve:\n  initial: 1\n  times: [1]\n"
        self.refused_evolutions([
            ("  observables: «[x]»\n", ("wrong value for evolve.observables: a list", "a mapping of names to formulas")),
            ("  observables: {mean: «xx»}\n", ("there is no name xx",)),
            ("  observables: {«a b»: x}\n", ("'a b' cannot be the name of an observable", NAME)),
            ("  observables: {«mass»: x}\n",
             ("an observable cannot be called 'mass': that is always given", "another name")),
            ("  observables: {mean: «[x]»}\n", ("wrong value for evolve.observables: a list", A_FORMULA)),
            ("  observables: {mean: x, «mean»: x}\n", ("duplicate key 'mean', first given on line 8",)),
            ("  backward: {right: x «=» 1}\n", ("'=' does not compare", None, "==")),
            ("  marginals: [«y»]\n", ("y needs dimension 2, but dimension is 1",)),
            ("  marginals: [«w»]\n", ("unknown value 'w' for evolve.marginals", "x, y or z")),
            ("  marginals: «x»\n", ("wrong value for evolve.marginals: the text 'x'", "a list of axes, as [x, y]")),
            ("  currents: «on»\n", ("wrong value for evolve.currents: 'on'", "true or false", "true")),
            ("  positive: «1»\n", ("wrong value for evolve.positive: '1'", "true or false")),
            ("  method: «lancsoz»\n", ("unknown value 'lancsoz' for evolve.method",
                                       "auto, chebyshev, lanczos, uniformisation or ts", "lanczos")),
            ("  tolerance: «0»\n", ("evolve.tolerance is out of range: 0", "a number in (0, 0.1]")),
            ("  «tolerence»: 0\n", ("unknown key 'tolerence' in evolve", EVOLVE, "tolerance")),
        ], head)


class Spectra(MistakeTest):
    def test_mistakes(self):
        self.refused_all([(LINE + text, *mistakes) for text, *mistakes in (
            ("spectrum: {count: «0»}\n", ("spectrum.count is out of range: 0", "an integer from 1 to 10000")),
            ("spectrum: {method: «slep»}\n",
             ("unknown value 'slep' for spectrum.method", "auto, slepc, elimination or flux", "slepc")),
            ("spectrum: {method: «elimination»}\n",
             ("spectrum.method elimination needs scheme monotone", "domain.scheme: monotone, or another method")),
            ("spectrum: {precision: «longdouble»}\n",
             ("unknown value 'longdouble' for spectrum.precision", PRECISIONS, "long_double")),
            ("spectrum: {method: slepc, precision: «long_double»}\n",
             ("spectrum.method slepc knows no long_double", "auto or double, or another method")),
            ("spectrum: {tolerance: «1»}\n", ("spectrum.tolerance is out of range: 1", "a number in (0, 0.1]")),
            ("spectrum: {constants: «maybe»}\n",
             ("wrong value for spectrum.constants: the text 'maybe'", "true or false")),
            ("spectrum: {«epsilon»: [0.1]}\n", ("spectrum.epsilon needs constants: true",)),
            ("spectrum: {constants: true, epsilon: [0.1, «1»]}\n",
             ("spectrum.epsilon is out of range: 1", f"a number in (0, 1) {NUMBER}")),
            ("spectrum: {constants: true, epsilon: [0.1, «0.1»]}\n",
             ("spectrum.epsilon holds 0.1 twice", "every number once")),
            ("spectrum: {constants: true, epsilon: «0.1»}\n",
             ("wrong value for spectrum.epsilon: '0.1'", f"a list; each a number in (0, 1) {NUMBER}")),
        )])
        self.refused_case(SQUARE + "spectrum: {method: «flux», constants: true, «epsilon»: [0.1]}\n",
                          ("spectrum.method flux does not work in dimension 2", "dimension 1, or another method"),
                          ("spectrum.epsilon needs potential.micro",))
        self.refused_case("dimension: 3\ntemperature: 1\npotential: {micro: cos(2*pi*z1)}\ndomain: {box: [[0, 1], [0, 1], "
                          "[0, 1]]}\nspectrum: {constants: true, «epsilon»: [0.1]}\n",
                          ("spectrum.epsilon needs dimension 1 or 2",))


class Passages(MistakeTest):
    def test_mistakes(self):
        self.refused_all([(LINE + text, *mistakes) for text, *mistakes in (
            ("«passage»: {to: x > 1}\n", ("passage needs from or committor",)),
            ("passage: {«from»: [-1]}\n", ("passage.from has nowhere to go", "passage.to, or an absorbing boundary")),
            ("passage: {from: [-1, «3»], to: x > 1}\n", ("passage.from lies outside of the box: x = 3", "x from -2 to 2")),
            ("passage: {from: «-1», to: x > 1}\n", ("wrong value for passage.from: '-1'", POINTS)),
            ("passage: {from: [-1], to: «y» > 1}\n", ("y needs dimension 2, but dimension is 1",)),
            ("passage: {from: [-1], to: «[x > 1]»}\n", ("wrong value for passage.to: a list", A_FORMULA)),
            ("passage: {«form»: [-1], to: x > 1}\n",
             ("unknown key 'form' in passage", "one of from, to, precision, tolerance, committor", "from")),
            ("passage: {«committor»: {a: x < -1}}\n", ("'passage.committor.b' is missing", A_FORMULA)),
            ("passage: {committor: {a: x < -1, b: x > «c»}}\n", ("there is no name c",)),
            ("passage: {committor: {a: x < -1, b: x > 1, «c»: x > 2}}\n",
             ("unknown key 'c' in passage.committor", "one of a, b")),
            ("passage: {committor: «x > 1»}\n",
             ("passage.committor is the text 'x > 1'", "keys with values, as 'key: value'")),
            ("passage: {from: [-1], to: x > 1, precision: «doubel»}\n",
             ("unknown value 'doubel' for passage.precision", PRECISIONS, "double")),
            ("passage: {from: [-1], to: x > 1, tolerance: «-1»}\n",
             ("passage.tolerance is out of range: -1", "a number in (0, 0.1]")),
        )])


class Convergence(MistakeTest):
    def test_mistakes(self):
        names = "a mapping of names to numbers or formulas"
        self.refused_all([(LINE + text, *mistakes) for text, *mistakes in (
            ("converge: {levels: «1»}\n", ("converge.levels is out of range: 1", "an integer from 2 to 10")),
            ("converge: {rates: «2»}\n", ("wrong value for converge.rates: '2'", names)),
            ("converge: {rates: {gap: «fast»}}\n", ("there is no name fast", f"a number {NUMBER}")),
            ("converge: {exact: {«2nd»: 1}}\n", ("'2nd' cannot be the name of a quantity", NAME)),
            ("converge: {«rate»: {gap: 2}}\n",
             ("unknown key 'rate' in converge", "one of levels, rates, exact, epsilon, epsilon_rates", "rates")),
            ("output: {checkpoint_seconds: «-1»}\n", ("output.checkpoint_seconds is out of range: -1", "a number >= 0")),
        )])


class InOneGo(MistakeTest):
    def test_everywhere(self):
        self.refused_case(
            HEAD + "potential: {macro: x^2}\ndomain: {box: [«[2, -2]»], order: «9», boundary: «reflect»}\n"
            "evolve: {initial: {delta: «a»}, times: [«-1»], observables: {mean: «xx»}, method: «tss»}\n"
            "spectrum: {count: «none», «presision»: double}\npassage: {from: [«[0, 0]»], to: x >«»}\n",
            ("the box is empty: 2 is not below -2", "[lower, upper] with lower < upper"),
            ("domain.order is out of range: 9", "an integer from 1 to 4"),
            ("unknown value 'reflect' for domain.boundary", WORDS, "reflecting"),
            ("there is no name a", f"a number {NUMBER}"), ("evolve.times is out of range: -1", f"a number >= 0 {NUMBER}"),
            ("there is no name xx",),
            ("unknown value 'tss' for evolve.method", "auto, chebyshev, lanczos, uniformisation or ts", "ts"),
            ("wrong value for spectrum.count: the text 'none'", "an integer from 1 to 10000"),
            ("unknown key 'presision' in spectrum", "one of count, method, precision, tolerance, constants, epsilon",
             "precision"),
            ("a point with 2 coordinates in dimension 1", "[x]"), ("the formula ends where a value should follow",))

    def test_good_ones(self):
        for text in (LINE + "evolve: {initial: exp(-x^2), times: [0, 1], observables: {mean: x}}\nspectrum:\n",
                     SQUARE + "passage: {committor: {a: x < -1, b: x > 1}}\nconverge: {rates: {gap: 2}}\n",
                     GIVEN + "evolve: {initial: {gibbs: x^2, temperature: 2}, times: [1], marginals: [y]}\n",
                     LINE.replace("]]}", "]], boundary: [reflecting, absorbing]}") + "passage: {from: [-1]}\n"):
            with self.subTest(case=text):
                self.write(text, "case.yaml")
                process = self.reiter("validate", "case.yaml", code=0)
                self.assertEqual(process.stderr, "")
                self.assertTrue(process.stdout.startswith("case.yaml: valid\n"))


if __name__ == "__main__":
    unittest.main()
