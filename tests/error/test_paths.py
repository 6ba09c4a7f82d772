"""Mistakes in what a case says of paths, and paths that cannot be run."""
from mistakes import GOOD, MistakeTest, unittest

PATHS = ("one of epsilon, homogenized, scheme, count, step, time, burn_in, every, initial, seed, box, histogram, observables, "
         "times, passage, autocorrelation, trajectories")
VALUE = "a number > 0 or a formula of parameters"
BOX = "paths.box, or domain.box"


class Sections(MistakeTest):
    def refused_paths(self, table):
        self.refused_all([(GOOD + text + "\n", *mistakes) for text, *mistakes in table])

    def test_keys(self):
        self.refused_paths([
            ("paths: {epsilon: 0.1, time: 1, «cout»: 5}", ("unknown key 'cout' in paths", PATHS, "count")),
            ("«paths»: {epsilon: 0.1}", ("'paths.time' is missing", VALUE)),
            ("paths: {epsilon: 0.1, time: 1, scheme: «eular»}",
             ("unknown value 'eular' for paths.scheme", "euler, second_order, leimkuhler_matthews or metropolis", "euler")),
            ("paths: {epsilon: 0.1, time: 1, count: «0»}",
             ("paths.count is out of range: 0", "an integer from 1 to 10000000")),
            ("paths: {epsilon: 0.1, time: 1, passage: {to: x > 1, «form»: 1}}", ("unknown key 'form' in paths.passage", "one of to", "passage.from")),
            ("paths: {epsilon: 0.1, time: 1, «autocorrelation»: {of: x}}",
             ("paths.autocorrelation needs lags or until",)),
            ("paths: {epsilon: 0.1, time: 1, observables: {m: «y»}}", ("y needs dimension 2, but dimension is 1",)),
        ])

    def test_values(self):
        self.refused_paths([
            ("paths: {epsilon: «2», time: 1}",
             ("paths.epsilon is out of range: 2", "a number in (0, 1) or a formula of parameters")),
            ("paths: {epsilon: «[0.1, 0.1]», time: 1}", ("paths.epsilon holds a number twice", "every number once")),
            ("paths: {epsilon: [0.1, 0.05], time: 1, step: «[1, 2, 3]»}",
             ("paths.step holds another number of steps than there are ensembles", "one step, or 2: one for each ensemble")),
            ("paths: {epsilon: 0.1, time: 1, burn_in: «1»}", ("nothing is left after paths.burn_in", "less than paths.time")),
            ("paths: {epsilon: 0.1, time: 1, observables: {x: x}, times: «[0, 2]»}",
             ("paths.times goes beyond paths.time", "times up to paths.time")),
            ("paths: {epsilon: 0.1, homogenized: «true», time: 1}", ("paths.homogenized needs a box", BOX)),
            ("paths: {epsilon: 0.1, time: 1, initial: «equilibrium»}", ("paths.initial needs a box", BOX)),
            ("paths: {homogenized: «false», time: 1}",
             ("paths has nothing to simulate", "paths.epsilon, or homogenized: true")),
        ])
        self.refused_case("dimension: 1\ndiffusion: {weight: 1, tensor: 1}\npaths: {epsilon: «0.1», time: 1}\n",
                          ("paths.epsilon needs a potential", "potential in place of diffusion"))


class Running(MistakeTest):
    CASE = ("dimension: 1\ntemperature: 1\npotential: {macro: x^2/2, micro: cos(2*pi*x1)}\n"
            "paths: {epsilon: 0.1, time: 1, box: [[-1, 1]], ")
    LONG = CASE.replace("time: 1", "time: 1000")

    def paths(self, text, code=2, verb="paths"):
        return self.reiter(verb, self.write(text), *(["--output", self.path("run")] if verb == "paths" else []), code=code).stderr

    def test_step_too_large(self):
        """Largest slope of the drift: 1 + 4 pi^2/e^2 = 3948.8; refused by run and by validate, with no folder left."""
        for verb in ("paths", "validate"):
            said = self.paths(self.CASE + "step: 0.01, observables: {x: x}}\n", verb=verb)
            self.assertIn("case", said)
            self.assertIn(":4:54: error: the step 0.01 is too large for e = 0.1: the largest sensible one is 0.000253\n", said)
        self.paths(self.CASE + "step: 2.53e-4, observables: {x: x}, count: 1}\n", code=0)

    def test_step_too_large_for_kinks(self):
        """Saw-tooth, s = 1, e = 0.1: the drift jumps by 4/e, sqrt(2 s dt) <= 3/4 s e/4 = 0.01875."""
        case = self.CASE.replace("cos(2*pi*x1)", "'1 - abs(1 - 2*mod(x1, 1))'")
        self.assertNotEqual(case, self.CASE)
        for verb in ("paths", "validate"):
            said = self.paths(case + "step: 1.76e-4, observables: {x: x}}\n", verb=verb)
            self.assertIn("the step 0.000176 is too large for e = 0.1: the largest sensible one is 0.000175\n", said)
        self.paths(case + "step: 1.75e-4, observables: {x: x}, count: 1}\n", code=0)

    def test_nothing_to_do(self):
        self.assertIn("nothing is measured on the paths", self.paths(self.CASE + "}\n"))
        self.assertIn("the case has no section paths", self.paths(GOOD))

        self.assertIn("or a section estimate", self.paths(self.CASE + "}\n"))

    def test_run_has_nothing_to_do(self):
        for verb, text in (("paths", "dimension: 1\ndiffusion: {weight: 1, tensor: 1}\n"
                                     "paths: {time: 1, box: [[-1, 1]], observables: {x: x}}\n"),
                           ("estimate", "dimension: 1\nestimate: {series: s.csv, subsampling: [1]}\n")):
            with self.subTest(verb=verb):
                with open(self.path("s.csv"), "w", encoding="utf-8") as stream:
                    stream.write("t,x\n0,1\n1,2\n")
                process = self.reiter("run", self.write(text), "--output", self.path("run"))
                self.assertRegex(process.stderr, rf"yaml:\d+:\d+: error: `reiter run` has nothing to do: {verb} is for `reiter {verb}`")
                self.assertEqual(self.files(), set())

    def test_folders(self):
        """Each verb has its own; what the case or the command line names is taken as it is."""
        case = self.write(self.CASE + "step: 2e-4, count: 1, observables: {x: x}}\neffective: {points: [0]}\n", "my.yaml")
        for verb, words, folder in (("run", (), "results/my"), ("paths", (), "results/my_paths"), ("paths", ("--output", "a"), "a"),
                                    ("paths", ("-s", "output.directory=b"), "b")):
            with self.subTest(verb=verb, words=words):
                self.reiter(verb, case, "--quiet", *words, code=0)
                self.assertIn("run.json", self.files(folder))
        with open(self.path("results/my/run.json"), encoding="utf-8") as stream:
            self.assertIn("effective", stream.read())

    def test_no_samples(self):
        said = self.paths(self.CASE + "step: 2e-4, burn_in: 0.9, every: 1000, observables: {x: x}}\n")
        self.assertIn("no sample is taken: there are 500 steps after burn_in with e = 0.1", said)

    def test_too_much_memory(self):
        said = self.paths(self.LONG + "step: 2e-4, trajectories: {every: 1, count: 100}}\n")
        self.assertIn("the trajectories hold 5e+08 numbers, and 5e+07 can be kept", said)
        said = self.paths(self.LONG + "step: 2e-4, every: 1, autocorrelation: {of: x, until: 10}}\n")
        self.assertIn("the longest lag is 50000 samples, and 20000 can be kept: paths.every must be larger", said)

    def test_schemes_and_noise(self):
        said = self.paths("dimension: 1\ndiffusion: {log_weight: -x^2, tensor: 1 + x^2}\n"
                          "paths: {time: 1, box: [[-2, 2]], scheme: leimkuhler_matthews, observables: {x: x}}\n")
        self.assertIn("leimkuhler_matthews", said)
        self.assertIn("noise", said)

    def test_validate_judges_what_needs_no_cascade(self):
        given = "dimension: 1\ndiffusion: {log_weight: -x^2, tensor: %s}\npaths: {time: 1, box: [[-2, 2]], observables: {x: x}, %s}\n"
        for text, *words in ((given % ("1 + x^2", "scheme: leimkuhler_matthews"), "needs noise that is the same everywhere"),
                             (given % ("1", "step: 5"), "the step 5 is too large for the homogenized equation: the largest"),
                             (given % ("1", "step: 0.01, every: 1000"), "no sample is taken", "the homogenized equation"),
                             (self.LONG + "step: 2e-4, trajectories: {every: 1, count: 100}}\n", "the trajectories hold"),
                             (GOOD + "paths: {homogenized: true, time: 1, box: [[-2, 2]], step: 0.01, every: 1000, observables: {x: x}}\n",
                              "no sample is taken", "the homogenized equation")):
            with self.subTest(words=words):
                said = self.paths(text, verb="validate")
                for part in words:
                    self.assertIn(part, said)
        self.assertIn("each 100 steps of 0.01", self.reiter("validate", self.write(given % ("1", "step: 0.01")), code=0).stdout)


if __name__ == "__main__":
    unittest.main()
