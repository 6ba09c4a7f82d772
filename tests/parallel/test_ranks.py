"""One, two and three ranks: the same bits, the same exit code, no hang. Arguments: program, mpiexec, its flag for -n."""
import array
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import ProgramTest, case_of, unittest

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
RANKS = (1, 2, 3)
A = "cos(2*pi*x1)+0.5*cos(2*pi*y1)+0.75*cos(2*pi*(x1-y1))+0.3*sin(4*pi*x1)"
C = ("(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)"
     "+0.7*cos(2*pi*x1)*cos(2*pi*y1)")


def grid_of(micro, s=0.5, cells=(4, 3), **cell):
    case = case_of(2, s, micro, macro="x^2+y^2", **cell)
    case["effective"] = {"grid": {"box": [[-1, 1], [-1, 1.5]], "cells": list(cells)}}
    return case


class Ranks(ProgramTest):
    def on(self, ranks, case, *flags, code=0, **options):
        """A rank that waits for ever becomes a failure after two minutes."""
        return self.run_case(case, *flags, launcher=[MPIEXEC, FLAG, str(ranks)], timeout=120, code=code, **options)

    def same_everywhere(self, case, code=0, failures=0):
        alone = self.run_case(case, code=code).json["effective"]
        self.assertEqual(len(alone["failures"]), failures)
        for ranks in RANKS:
            with self.subTest(ranks=ranks):
                run = self.on(ranks, case, code=code).json
                self.assertEqual(run["provenance"]["ranks"], ranks)
                self.assertEqual(run["effective"]["points"], alone["points"])
                self.assertEqual(run["effective"]["failures"], alone["failures"])
        return alone


class Numbers(Ranks):
    def test_many_points(self):
        """More points than eight a rank: each rank takes whole points."""
        points = self.same_everywhere(grid_of(f"(1+x^2)*({A})", cells=(5, 4), tolerance=1e-7))["points"]
        self.assertEqual(len(points), 30)

    def test_few_points(self):
        points = self.same_everywhere(grid_of(f"(1+0.5*y)*({A})", cells=(1, 1), tolerance=1e-8))["points"]
        self.assertEqual(len(points), 4)

    def test_elements(self):
        self.same_everywhere(grid_of("x*cos(2*pi*x1)*cos(2*pi*y1)+abs(sin(pi*x1))", cells=(2, 1), tolerance=1e-4,
                                     method="fem"))

    def test_one_point_of_two_scales(self):
        """The frozen points of one cell shared by all ranks, each its own inner cells."""
        point, = self.same_everywhere(case_of(2, 0.7, C, tolerance=1e-7))["points"]
        self.assert_sound(point)
        self.assert_entries(point["M"], [[0.24542385067, 0.014498467026], [0.014498467026, 0.232905695339]], 1e-7)

    def test_points_of_two_scales(self):
        self.same_everywhere(case_of(2, 0.8, f"x*cos(2*pi*y1)+{C}", points=[[0.0, 0], [0.5, 0], [-1.0, 0]],
                                     tolerance=1e-5))

    def test_three_scales(self):
        self.same_everywhere(case_of(1, 0.5, ["0.6*sin(2*pi*x1)", "(1+0.5*cos(2*pi*x1))*cos(2*pi*x2)",
                                              "0.4*cos(2*pi*(x2-x3))", "0.5*x*sin(2*pi*x3)*sin(2*pi*x1)"],
                                     points=[[0.0], [1.5]], tolerance=1e-8))

    def test_tables_of_frozen_scales(self):
        """The samples of a table shared by all ranks, each of which then has the same table: asked for, and chosen for
        a tensor of four frozen variables."""
        point, = self.same_everywhere(case_of(2, 0.7, C, tolerance=1e-5, frozen="sparse"))["points"]
        self.assert_entries(point["M"], [[0.24542385067, 0.014498467026], [0.014498467026, 0.232905695339]], 1e-5)
        self.same_everywhere(case_of(2, 1.0, ["cos(2*pi*x1)*cos(2*pi*y2)", "0.5*cos(2*pi*(x2-y1))",
                                              "(1+0.5*cos(2*pi*y2)*sin(2*pi*x1))*cos(2*pi*(x3+y3-y1))",
                                              "0.3*x*sin(2*pi*(y3-x2))"], points=[[0.5, 0], [1.0, 0]], tolerance=1e-3))

    def test_two_scales_by_elements(self):
        self.same_everywhere(case_of(2, 1.0, "(1+0.5*sin(2*pi*x1))*cos(2*pi*(x2-y2))+0.5*cos(2*pi*y1)", tolerance=1e-3,
                                     method="fem"))

    @staticmethod
    def numbers(outcome):
        """The file of the correctors without its dates: the doubles that can be values of fields."""
        data = outcome.read("correctors.h5")
        return [x for x in array.array("d", data[:len(data) // 8 * 8]) if 1e-30 < abs(x) < 1e3]

    def test_correctors(self):
        """Written by one rank while the others wait."""
        case = case_of(2, 0.9, C, correctors=True, tolerance=1e-3)
        alone, shared = self.run_case(case), self.on(2, case)
        self.assertEqual(self.numbers(shared), self.numbers(alone))
        self.assertEqual(shared.read("correctors.xdmf"), alone.read("correctors.xdmf"))

    def test_few_points_resumed_on_other_ranks(self):
        """The number of ranks is not part of the case."""
        case = self.write(grid_of(f"(1+x^2)*({A})", cells=(3, 2), tolerance=1e-6))
        folder = self.path("shared")
        first = self.on(2, case, folder=folder).points
        self.assertEqual(self.on(3, case, "--resume", folder=folder).points, first)
        self.assertEqual(self.run_case(case, "--resume", folder=folder).points, first)


class Failures(Ranks):
    def test_some_points(self):
        """Every rank learns of points that fail on another; the rest is there."""
        case = grid_of("8*x^6*cos(2*pi*x1)*cos(2*pi*y1)", cells=(6, 4), tolerance=1e-8, max_unknowns=1000)
        alone = self.same_everywhere(case, code=3, failures=10)
        self.assertEqual(len(alone["points"]), 25)

    def test_few_points(self):
        self.same_everywhere(case_of(2, 0.5, "x*cos(2*pi*x1)*cos(2*pi*y1)", points=[[0.0, 0], [8.0, 0]],
                                     tolerance=1e-9, max_unknowns=400), code=3, failures=1)

    def test_inner_cell(self):
        """A cell of the fast scale fails at some frozen points only: at sin(2 pi x1) near 1."""
        self.same_everywhere(case_of(2, 0.3, "(1.2+sin(2*pi*x1))^3*cos(2*pi*x2)*cos(2*pi*y2)+cos(2*pi*x1)*cos(2*pi*y1)",
                                     tolerance=1e-6, max_unknowns=2000), code=3, failures=1)

    def test_limit_of_solves(self):
        case = case_of(2, 0.7, C, tolerance=1e-7, max_solves=20)
        for ranks in RANKS:
            with self.subTest(ranks=ranks):
                outcome = self.on(ranks, case, code=3)
                self.assertIn("max_solves", outcome.err)
                self.assertEqual(outcome.points, [])

    def test_best_bracket_so_far(self):
        """The limit is met on the third grid of the slow cell: the bracket that the first two agree on is reported."""
        case = case_of(2, 0.7, C, tolerance=1e-9, max_solves=100)
        for ranks in RANKS:
            with self.subTest(ranks=ranks):
                failed, = self.on(ranks, case, code=3).json["effective"]["failures"]
                self.assertIn("max_solves", failed["reason"])
                M = [[0.24542385067, 0.014498467026], [0.014498467026, 0.232905695339]]
                self.assert_inside(failed, M, 1e-10)
                self.assertGreater(failed["error"], 1e-9)
                self.assertLess(failed["error"], 0.1)

    def test_limit_after_the_tolerance(self):
        """A bracket within the tolerance is a result, even if the next grid would be too much work."""
        self.same_everywhere(case_of(2, 0.7, C, tolerance=1e-6, max_solves=100))

    def test_invalid_input(self):
        """Said once, by one rank."""
        outcome = self.on(3, {"dimension": 2, "temperature": -1, "potential": {"micro": "cos(2*pi*x9"}}, code=2)
        self.assertEqual(outcome.err.count("temperature"), 2, outcome.err)  # the key's line and the sentence
        self.assertFalse(os.path.exists(outcome.folder))

    def test_refused_folder(self):
        folder = self.path("other")
        self.run_case(case_of(1, 0.5, "cos(2*pi*x1)"), folder=folder)
        outcome = self.on(2, case_of(1, 0.6, "cos(2*pi*x1)"), folder=folder, code=2)
        self.assertEqual(outcome.err.count("--overwrite"), 1, outcome.err)


if __name__ == "__main__":
    unittest.main()
