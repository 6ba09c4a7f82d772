"""Wrong command lines, and the right ones that only print."""
import os
import re
import subprocess

from mistakes import GOOD, PLANE, PREFIX, PROGRAM, SECTIONS, MistakeTest, message, spoken, unittest

TEMPERATURE = "a number > 0 or a formula of parameters"


class Words(MistakeTest):
    def test_mistakes(self):
        self.write(GOOD, "case.yaml")
        for words, *says in (
                ("rnu case.yaml", ("unknown verb 'rnu'; 'reiter --help' lists the verbs", None, "run")),
                ("help nosuch", ("unknown verb 'nosuch'; 'reiter --help' lists the verbs",)),
                ("help validat", ("unknown verb 'validat'; 'reiter --help' lists the verbs", None, "validate")),
                ("version", ("unknown verb 'version'", None, "reiter --version")),
                ("case.yaml", ("the verb is missing before the case file 'case.yaml'", None, "reiter run case.yaml")),
                ("--quiet", ("a verb must stand before '--quiet'",)),
                ("-v", ("a verb must stand before '-v'", None, "--version")),
                ("--vresion", ("unknown flag '--vresion'", None, "--version")),
                ("run", ("'run' needs a case file: reiter run CASE.yaml",)),
                ("validate --quiet", ("'validate' needs a case file: reiter validate CASE.yaml",)),
                ("run case.yaml more", ("one word too many: 'more'",)),
                ("run case.yaml --outptu=x", ("unknown flag '--outptu=x'", None, "--output")),
                ("run case.yaml --output", ("'--output' needs a value: --output DIR",)),
                ("run case.yaml --output --quiet", ("'--output' needs a value: --output DIR",)),
                ("run case.yaml --quiet=yes", ("'--quiet=yes': this flag takes no value", None, "--quiet")),
                ("run case.yaml --markdown",
                 ("'reiter run' has no flag '--markdown'; 'reiter help run' lists what it has",)),
                ("converge case.yaml --resume",
                 ("'reiter converge' has no flag '--resume'; 'reiter help converge' lists what it has",)),
                ("convrge case.yaml", ("unknown verb 'convrge'; 'reiter --help' lists the verbs", None, "converge")),
                ("converge", ("'converge' needs a case file: reiter converge CASE.yaml",)),
                ("schema --quiet", ("'reiter schema' has no flag '--quiet'; 'reiter help schema' lists what it has",)),
                ("schema -log_view", ("'reiter schema' takes no option '-log_view'",)),
                ("cite case.yaml", ("one word too many: 'case.yaml'",)),
                ("validate case.yaml --ranks 2", ("'--ranks' says for how many processes '--cost' predicts", None,
                                                  "--cost")),
                ("validate case.yaml --cost --ranks 1,0",
                 ("'--ranks 1,0': numbers of processes are wanted, as 1,100,10000",)),
                ("run case.yaml --cost", ("'reiter run' has no flag '--cost'; 'reiter help run' lists what it has",)),
                ("validate case.yaml -s", ("'-s' needs a value: -s KEY.PATH=VALUE",)),
                ("validate case.yaml -s=3", ("'-s=3': -s takes the next word, as -s temperature=0.2",)),
                ("run -log_view case.yaml", ("'run' needs a case file; the one given was taken for the value of "
                                             "-log_view: put it first",)),
                ("run case.yaml -options_file nosuch", ("cannot read 'nosuch', the value of -options_file",)),
                ("run --resum x.yaml y.yaml", ("unknown flag '--resum'", None, "--resume"),
                 ("one word too many: 'y.yaml'",))):
            with self.subTest(words=words):
                self.refused(*words.split(), says="".join(spoken(*mistake) for mistake in says))
        self.assertEqual(os.listdir(self.directory), ["case.yaml"])

    def test_overrides(self):
        self.write(GOOD + "cell: {tolerance: 1e-6}\neffective: {points: [0, 1]}\n", "case.yaml")
        for override, column, length, *words in (
                ("a", 1, 1, "an override without a key", "key.path=value"),
                ("=1", 1, 2, "an override without a key", "key.path=value"),
                ("temperature: 3", 1, 14, "an override without a key", "key.path=value"),
                ("cell..order=1", 6, 1, "the path has an empty name", "key.path=value"),
                ("temprature=3", 1, 10, "unknown key 'temprature'", SECTIONS, "temperature"),
                ("temperature=-3", 13, 2, "temperature is out of range: -3", TEMPERATURE),
                ("temperature=", 13, 1, "'temperature' has no value", TEMPERATURE),
                ("cell.methd=fem", 6, 5, "unknown key 'methd' in cell",
                 "one of method, tolerance, cells, order, frozen, breaks, max_unknowns, max_solves", "method"),
                ("cell.tolerance.x=1", 1, 16, "'cell.tolerance' has no entry 'x': it is '1e-6'"),
                ("effective.points.7=1", 18, 1, "'7' is no entry of the list", "an index from 0 to 2"),
                ("effective.points=[[0,1", 23, 1,
                 "not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"),
                ("potential.micro=sni(2*pi*x1)", 17, 3, "there is no function sni", None, "sin"),
                ("petsc.cell_pc_type=choleski", 20, 8, "wrong value for the PETSc option -cell_pc_type: 'choleski'",
                 "a preconditioner of PETSc, as cholesky, icc, gamg or jacobi", "cholesky")):
            with self.subTest(override=override):
                self.refused("validate", "case.yaml", "-s", override,
                             says=message(f"-s {override}", override, (1, column, length), *words))

    def test_file_and_overrides_in_one_go(self):
        self.write("dimension: 4\n" + GOOD.split("\n", 1)[1], "case.yaml")
        process = self.reiter("validate", "case.yaml", "-s", "temperature=0", "-s", "cell.order=99")
        places = re.findall(r"^(.*): error: ", process.stderr, re.MULTILINE)
        self.assertEqual(places, ["case.yaml:1:12", "-s temperature=0:1:13", "-s cell.order=99:1:12"])

    def test_petsc_options(self):
        self.write(PLANE, "case.yaml")
        linear, order = "a linear solver of PETSc, as cg, minres or gmres", "an integer from 0 to 12"
        wrong = "wrong value for the PETSc option "
        for words, *says in (
                ("-cell_ksp_type cgx", wrong + "-cell_ksp_type: 'cgx'", linear, "cg"),
                ("-cell_ksp_type nothing_like_it", wrong + "-cell_ksp_type: 'nothing_like_it'", linear),
                ("-cell_pc_type foo", wrong + "-cell_pc_type: 'foo'",
                 "a preconditioner of PETSc, as cholesky, icc, gamg or jacobi"),
                ("-cell_ksp_rtol abc", wrong + "-cell_ksp_rtol: 'abc'", "a number from 0 to 1"),
                ("-cell_ksp_max_it 1.5", wrong + "-cell_ksp_max_it: '1.5'", "an integer >= 0"),
                ("-cell_ksp_max_it", "the PETSc option -cell_ksp_max_it has no value", "an integer >= 0"),
                ("-cell_order 13", wrong + "-cell_order: '13'", order),
                ("-cell_order x", wrong + "-cell_order: 'x'", order),
                ("-cell_points -3", wrong + "-cell_points: '-3'", "an integer >= 0"),
                ("-cell_method fme", wrong + "-cell_method: 'fme'", "auto, closed_form, fourier or fem", "fem"),
                ("-evolve_method lancsoz", wrong + "-evolve_method: 'lancsoz'",
                 "auto, chebyshev, lanczos, uniformisation or ts", "lanczos"),
                ("-evolve_ts_type bdff", wrong + "-evolve_ts_type: 'bdff'",
                 "a time stepper of PETSc, as bdf, beuler, cn or arkimex", "bdf"),
                ("-evolve_tolerance 2", wrong + "-evolve_tolerance: '2'", "a number from 1e-16 to 0.1"),
                ("-spectrum_eps_nev 0", wrong + "-spectrum_eps_nev: '0'", "an integer >= 1"),
                ("-spectrum_eps_type krylovshur", wrong + "-spectrum_eps_type: 'krylovshur'",
                 "an eigensolver of SLEPc, as krylovschur, lobpcg or gd", "krylovschur"),
                ("-spectrum_st_type sinvrt", wrong + "-spectrum_st_type: 'sinvrt'",
                 "a spectral transformation of SLEPc, as sinvert or shift", "sinvert"),
                ("-passage_ksp_type cgx", wrong + "-passage_ksp_type: 'cgx'", linear, "cg"),
                ("-domain_petscpartitioner_type metsi", wrong + "-domain_petscpartitioner_type: 'metsi'",
                 "a partitioner of PETSc, as metis or simple", "metis"),
                ("-diffusion_scheme monotne", wrong + "-diffusion_scheme: 'monotne'", "fem or monotone", "monotone"),
                ("-spectrm_eps_nev 3", "unknown PETSc option -spectrm_eps_nev", PREFIX, "-spectrum_eps_nev"),
                ("-eps_nev 3", "unknown PETSc option -eps_nev", PREFIX, "-spectrum_eps_nev"),
                ("-ts_type bdf", "unknown PETSc option -ts_type", PREFIX, "-evolve_ts_type"),
                ("-sell_ksp_type cg", "unknown PETSc option -sell_ksp_type", PREFIX, "-cell_ksp_type"),
                ("-ksp_type cg", "unknown PETSc option -ksp_type", PREFIX, "-cell_ksp_type"),
                ("-log_viw", "unknown PETSc option -log_viw", PREFIX, "-log_view"),
                ("-foo 3", "unknown PETSc option -foo", PREFIX)):
            with self.subTest(words=words):
                self.refused("run", "case.yaml", *words.split(), says=spoken(*says))
                self.refused("validate", "case.yaml", *words.split(), says=spoken(*says))
        process = self.reiter("run", "case.yaml", "-cell_ksp_norm_type", "foo")
        self.assertIn("reiter: error: PETSc refuses an option of the linear solver: Unknown option foo for "
                      "-cell_ksp_norm_type.", process.stderr)
        self.assertEqual(os.listdir(self.directory), ["case.yaml"])

    def test_the_command_line_goes_before_the_case(self):
        self.write(GOOD + "petsc: {cell_ksp_type: cgx}\n", "case.yaml")
        self.reiter("validate", "case.yaml", "-cell_ksp_type", "cr", code=0)


class Answers(MistakeTest):
    def printed(self, *words):
        process = self.reiter(*words, code=0)
        self.assertEqual(process.stderr, "")
        return process.stdout

    def test_help(self):
        overview = self.printed("--help")
        for words in ("reiter run", "help run", "--resume", "-cell_ksp_type", "130", "-s KEY.PATH=VALUE"):
            self.assertIn(words, overview)
        for words in (["help"], ["-h"], ["-help"], ["help", "help"], ["help", "--help"]):
            self.assertEqual(self.printed(*words), overview)
        self.assertEqual(self.reiter().stderr, overview)  # no words at all: exit code 2
        keys = self.printed("help", "run")
        self.assertEqual(self.printed("run", "--help"), keys)
        self.assertEqual(self.printed("run", "nosuch.yaml", "--help"), keys)
        for key in ("temperature", "potential.micro", "cell.max_unknowns", "effective.grid.box", "petsc"):
            self.assertRegex(keys, f"(?m)^  {key}$")
        self.assertIn("--markdown", self.printed("help", "schema"))
        texts = [overview, keys]
        for verb, key in (("paths", "paths.epsilon"), ("estimate", "estimate.drift.basis"), ("transitions", "transitions.box"),
                          ("converge", "converge.epsilon")):
            texts.append(self.printed("help", verb))
            self.assertRegex(texts[-1], f"(?m)^  {key}$")
            self.assertNotRegex(texts[-1], "(?m)^  cell.tolerance$")
            self.assertEqual(f"results/NAME_{verb}" in texts[-1], verb != "converge")
        for text in texts:
            self.assertLessEqual(max(map(len, text.split("\n"))), 100)

    def test_version(self):
        version = self.printed("--version")
        self.assertRegex(version, r"^reiter \d+\.\d+\.\d+ \(git \S+, \w+\)\n")
        for library in ("PETSc", "SLEPc", "METIS", "libyaml", "HDF5"):
            self.assertRegex(version, rf"(?m)^{library} \d+\.\d+\.\d+$")
        self.assertEqual(self.printed("run", "--version"), version)  # by the other program

    def test_standard_output_that_is_full(self):
        for words in (["--version"], ["help"], ["schema"], ["cite"]):
            with self.subTest(words=words), open("/dev/full", "w", encoding="utf-8") as full:
                process = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(process.returncode, 1)
                self.assertIn("reiter: error: cannot write to the standard output", process.stderr)

    def test_through_a_link(self):
        """The launcher finds the other program by its own place, not by the name it was called by."""
        os.symlink(PROGRAM, self.path("other"))
        process = subprocess.run([self.path("other"), "cite"], capture_output=True, text=True, check=True)
        self.assertIn("@software{reiter", process.stdout)


if __name__ == "__main__":
    unittest.main()
