"""What holds for every potential: symmetry, bounds, invariance under shifts, permutations, reflections and constants."""
import itertools
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from exact import TURN, bessel_i0
from program import ProgramTest, case_of, unittest

C = ("(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)"
     "+0.7*cos(2*pi*x1)*cos(2*pi*y1)")


class Wave:
    """amplitude * product over some scales of cos(2 pi k.y + phase)."""

    def __init__(self, amplitude, factors):
        self.amplitude, self.factors = amplitude, factors  # factors: (scale, k, phase)

    def moved(self, change):
        """change(k, phase) -> (k, phase), the same on every scale."""
        return Wave(self.amplitude, [(scale, *change(k, phase)) for scale, k, phase in self.factors])

    def text(self):
        parts = [repr(self.amplitude)]
        for scale, k, phase in self.factors:
            angle = "".join(f"{number:+d}*{letter}{scale}" for number, letter in zip(k, "xyz") if number)
            parts.append(f"cos(2*pi*({angle}){phase:+.17g})")
        return "*".join(parts)


def waves(seed, dim, scales, count):
    """Random waves that couple components, and scales where there are more than one."""
    source = random.Random(seed)
    steps = [k for k in itertools.product((-1, 0, 1), repeat=dim) if any(k)]
    made = []
    for n in range(count):
        first = 1 + n % scales
        chosen = [first] + ([3 - first] if scales == 2 and source.random() < 0.4 else [])
        made.append(Wave(round(source.uniform(0.2, 0.8), 3),
                         [(scale, source.choice(steps), round(source.uniform(0, TURN), 3)) for scale in chosen]))
    return made


# dimension, scales, temperature, waves, tolerance
LIST = ((1, 1, 0.7, 4, 1e-10), (1, 1, 0.04, 4, 1e-10), (1, 2, 0.5, 5, 1e-9), (1, 2, 0.15, 5, 1e-9),
        (2, 1, 0.6, 4, 1e-9), (2, 1, 0.08, 5, 1e-9), (2, 2, 0.8, 4, 1e-7), (3, 1, 0.7, 4, 1e-8), (3, 1, 0.3, 4, 1e-7))


class Invariants(ProgramTest):
    def each(self, check):
        """check(dim, s, tolerance, waves, solve) for every case of the list; solve(waves) is the sound result."""
        for seed, (dim, scales, s, count, tolerance) in enumerate(LIST):
            def solve(terms, add="", **cell):
                micro = "+".join(term.text() for term in terms) + add
                return self.run_point(case_of(dim, s, micro, **{"tolerance": tolerance, **cell}))
            with self.subTest(dimension=dim, scales=scales, temperature=s):
                check(dim, s, tolerance, waves(seed, dim, scales, count), solve)

    def assert_same(self, point, M, log_Z1, tolerance):
        """The same tensor as far as the tolerance of both goes."""
        size = lambda i, j: (M[i][i] * M[j][j]) ** 0.5
        for i, row in enumerate(M):
            for j, value in enumerate(row):
                self.assertLessEqual(abs(point["M"][i][j] - value), 2 * tolerance * size(i, j), f"entry {i}{j}")
        self.assertLess(abs(point["log_Z1"] - log_Z1), 2 * tolerance)

    def test_shift(self):
        def check(dim, _, tolerance, terms, solve):
            there = [0.3, -0.11, 0.57][:dim]
            shift = lambda k, phase: (k, phase + TURN * sum(a * b for a, b in zip(k, there)))
            point = solve(terms)
            self.assertLessEqual(point["error"], tolerance)
            self.assert_same(solve([term.moved(shift) for term in terms]), point["M"], point["log_Z1"], tolerance)
        self.each(check)

    def test_permutation(self):
        def check(dim, _, tolerance, terms, solve):
            if dim == 1:
                return
            order = [1, 0] if dim == 2 else [1, 2, 0]
            point = solve(terms)
            M = [[point["M"][a][b] for b in order] for a in order]
            turned = [term.moved(lambda k, phase: (tuple(k[a] for a in order), phase)) for term in terms]
            self.assert_same(solve(turned), M, point["log_Z1"], tolerance)
        self.each(check)

    def test_reflection(self):
        def check(dim, _, tolerance, terms, solve):
            sign = [-1, 1, 1][:dim]
            point = solve(terms)
            M = [[point["M"][a][b] * sign[a] * sign[b] for b in range(dim)] for a in range(dim)]
            mirrored = [term.moved(lambda k, phase: (tuple(a * b for a, b in zip(k, sign)), phase)) for term in terms]
            self.assert_same(solve(mirrored), M, point["log_Z1"], tolerance)
        self.each(check)

    def test_constant(self):
        """M(V1 + 0.7) = M(V1), log Z1 goes down by 0.7/s and log Zhat1 up."""
        def check(_, s, tolerance, terms, solve):
            point, raised = solve(terms), solve(terms, "+0.7")
            self.assert_same(raised, point["M"], point["log_Z1"] - 0.7 / s, tolerance)
            self.assertLess(abs(raised["log_Zhat1"] - point["log_Zhat1"] - 0.7 / s), 2 * tolerance)
            self.assertLess(abs(raised["bound_lower"] / point["bound_lower"] - 1), 4 * tolerance)
        self.each(check)

    def test_bracket_shrinks(self):
        """The result for a smaller tolerance lies inside every earlier bracket."""
        def check(_dim, _s, tolerance, terms, solve):
            fine = solve(terms)
            for loose in (1e-2, 1e-4):
                coarse = solve(terms, tolerance=loose)
                self.assertLessEqual(coarse["error"], loose)
                self.assert_inside(coarse, fine["M"], tolerance)
        self.each(check)

    def test_methods_agree(self):
        """Finite elements on the same potentials: their bracket holds the tensor of the other method."""
        def check(dim, _, tolerance, terms, solve):
            fine = solve(terms)
            loose = 1e-5 if dim < 3 else 0.05
            elements = solve(terms, tolerance=loose, method="fem")
            self.assertEqual(set(elements["method"].split("+")), {"fem"})
            self.assertLessEqual(elements["error"], loose)
            self.assert_inside(elements, fine["M"], tolerance)
        self.each(check)


class Spellings(ProgramTest):
    def same(self, first, second, tolerance):
        a, b = self.run_point(first), self.run_point(second)
        for i, row in enumerate(a["M"]):
            for j, value in enumerate(row):
                self.assertLessEqual(abs(b["M"][i][j] - value), tolerance * abs(a["M"][i][i] * a["M"][j][j]) ** 0.5)
        self.assertLess(abs(a["log_Z"] - b["log_Z"]), tolerance)

    def test_list_of_terms(self):
        terms = ["cos(2*pi*x1)", "0.5*cos(2*pi*y1)", "-0.7*sin(2*pi*(x1-y1))"]
        self.same(case_of(2, 0.3, terms, tolerance=1e-10), case_of(2, 0.3, "".join("+" + t for t in terms)[1:],
                                                                   tolerance=1e-10), 1e-13)

    def test_product_and_sum(self):
        """cos a cos b as a product, as a sum, with powers, and with a parameter."""
        forms = ("0.6*cos(2*pi*x1)*cos(2*pi*y1)+0.3*cos(2*pi*x1)^2",
                 "0.3*cos(2*pi*(x1+y1))+0.3*cos(2*pi*(x1-y1))+0.15*cos(4*pi*x1)+0.15",
                 "a*cos(2*pi*x1)*(cos(2*pi*y1)+cos(2*pi*x1)/2)")
        for other in forms[1:]:
            parameters = {"b": 0.3, "a": "2*b"} if "a*" in other else None
            self.same(case_of(2, 0.2, forms[0], tolerance=1e-10),
                      case_of(2, 0.2, other, tolerance=1e-10, parameters=parameters), 1e-10)

    def test_names_of_scales(self):
        """A scale that is left out changes nothing, only the number of scales."""
        self.same(case_of(2, 0.5, "cos(2*pi*x1)*cos(2*pi*y1)", tolerance=1e-10),
                  case_of(2, 0.5, "cos(2*pi*x3)*cos(2*pi*y3)", tolerance=1e-10), 1e-13)

    def test_unit(self):
        """V1 and s in another unit."""
        self.same(case_of(2, 0.3, "cos(2*pi*x1)+sin(2*pi*(x1-y1))", tolerance=1e-10),
                  case_of(2, 300, "1000*(cos(2*pi*x1)+sin(2*pi*(x1-y1)))", tolerance=1e-10), 1e-11)

    def test_nothing_rugged(self):
        """Without V1, or with V1 of x alone: M = 1 exactly."""
        for case in ({"dimension": 2, "temperature": 0.5, "potential": {"macro": "x^2+y^2"},
                      "effective": {"points": [[1.0, 2.0]]}},
                     case_of(2, 0.5, "x^2+y^2", points=[[1.0, 2.0]])):
            point = self.run_point(case)
            self.assertEqual(point["M"], [[1, 0], [0, 1]])
            self.assertLess(abs(point["log_Z"] + 10), 1e-13)
            self.assertLess(abs(point["free_energy"] - 5), 1e-13)


class Products(ProgramTest):
    def test_separable_scales_in_one_dimension(self):
        """M(V(x1) + W(x2)) = M(V) M(W), Z1 too."""
        V, W = "cos(2*pi*x1)+0.3*sin(4*pi*x1)", "0.8*sin(2*pi*x{0})^3"
        for s in (0.5, 0.06):
            with self.subTest(s=s):
                both = self.run_point(case_of(1, s, [V, W.format(2)], tolerance=1e-10))
                one = self.run_point(case_of(1, s, V, tolerance=1e-10))
                two = self.run_point(case_of(1, s, W.format(1), tolerance=1e-10))
                self.assertLess(abs(both["M"][0][0] / (one["M"][0][0] * two["M"][0][0]) - 1), 1e-9)
                self.assertLess(abs(both["log_Z1"] - one["log_Z1"] - two["log_Z1"]), 1e-9)

    def test_order_of_uncoupled_scales_in_one_dimension(self):
        a = self.run_point(case_of(1, 0.3, "cos(2*pi*x1)+0.5*sin(6*pi*x2)", tolerance=1e-10))
        b = self.run_point(case_of(1, 0.3, "cos(2*pi*x2)+0.5*sin(6*pi*x1)", tolerance=1e-10))
        self.assertLess(abs(a["M"][0][0] / b["M"][0][0] - 1), 1e-10)

    def test_equality_of_laminates(self):
        """Across the layers M = 1/(Z1 Zhat1), along them 1: the bounds are reached."""
        for micro, across in (("cos(2*pi*y1)+sin(4*pi*y1)^3", 1), ("exp(sin(2*pi*z1))", 2)):
            for s in (0.5, 0.1):
                with self.subTest(micro=micro, s=s):
                    dim = 2 if across == 1 else 3
                    point = self.run_point(case_of(dim, s, micro, tolerance=1e-10))
                    for i in range(dim):
                        want = point["bound_lower"] if i == across else 1
                        self.assertLess(abs(point["M"][i][i] / want - 1), 1e-9)


class Macro(ProgramTest):
    """The position as a parameter of the cell."""

    def test_points_of_a_run_are_independent(self):
        """A point alone gives what it gives among others, in any order."""
        micro, macro = "(1+x^2)*cos(2*pi*x1)*(1+0.4*y*sin(2*pi*y1))+0.5*cos(2*pi*(x2-y2))*x", "x^2+y^2/2"
        points = [[0.0, 0.0], [0.5, -1.0], [-0.5, 1.0], [1.0, 0.25]]
        options = {"macro": macro, "tolerance": 1e-7}
        together = self.run_case(case_of(2, 0.7, micro, points=points, **options)).points
        turned = self.run_case(case_of(2, 0.7, micro, points=points[::-1], **options)).points[::-1]
        for x, point, other in zip(points, together, turned):
            alone = self.run_point(case_of(2, 0.7, micro, points=[x], **options))
            self.assertEqual(alone, point)
            self.assertEqual(other, point)

    def test_position_is_a_parameter(self):
        for x in (-0.7, 1.3):
            at = self.run_point(case_of(1, 0.4, "x*cos(2*pi*x1)+x^2*sin(2*pi*(x1-x2))", points=[[x]], tolerance=1e-9))
            given = self.run_point(case_of(1, 0.4, "a*cos(2*pi*x1)+a^2*sin(2*pi*(x1-x2))", tolerance=1e-9,
                                           parameters={"a": x}))
            self.assertLess(abs(at["M"][0][0] / given["M"][0][0] - 1), 1e-12)

    def test_symmetric_cells_are_solved_once(self):
        """x1 -> 1/2 - x1 and y1 -> -y1 leave the inner cells of C alone: of n points on an axis n/2 + 1 are left."""
        cells = {}
        for name, micro, tolerance in (("C", C, 1e-9), ("nearly", C + "+1e-6*sin(2*pi*y1+1)*cos(2*pi*(x1+x2))", 1e-7)):
            M = {}
            for option in ("true", "false"):
                outcome = self.run_case(case_of(2, 0.7, micro, tolerance=tolerance), "-cell_symmetry", option)
                M[option] = outcome.points[0]["M"]
                self.assert_sound(outcome.points[0])
                cells[name, option] = outcome.json["effective"]["cells"]["solved"]
            for i in range(2):
                for j in range(2):
                    self.assertLess(abs(M["true"][i][j] - M["false"][i][j]), 1e-12)
        whole, part = cells["C", "false"], cells["C", "true"]
        self.assertLess(part, 0.33 * whole)
        self.assertGreater(part, 0.25 * whole)
        self.assertEqual(cells["nearly", "true"], cells["nearly", "false"])

    def test_free_energy(self):
        """F = V0 - s log Z1, log Z = -F/s, with a term of x in V1 counted once."""
        points = [[-1.2], [0.3]]
        case = case_of(1, 0.25, "0.3*x+sin(2*pi*x1)", points=points, macro="x^4/4", tolerance=1e-10)
        for (x,), point in zip(points, self.run_case(case).points):
            self.assert_sound(point)
            F = x ** 4 / 4 + 0.3 * x - 0.25 * math.log(bessel_i0(4))
            self.assertLess(abs(point["free_energy"] - F), 1e-10)
            self.assertLess(abs(point["log_Z"] + F / 0.25), 1e-9)
            self.assertLess(abs(point["M"][0][0] * bessel_i0(4) ** 2 - 1), 1e-9)

    def test_far_below_underflow(self):
        """Z underflows, its logarithm does not; M = 10^-215 keeps its digits."""
        point = self.run_point(case_of(1, 0.004, "cos(2*pi*x1)", points=[[2.0]], macro="x^4", tolerance=1e-8))
        # I0(z) ~ e^z / sqrt(2 pi z) (1 + 1/(8 z) + 9/(128 z^2) + ...)
        log_I0 = 250 - 0.5 * math.log(TURN * 250) + math.log1p(1 / 2e3 + 9 / 8e6 + 225 / 4.8e10)
        self.assertLess(abs(point["log_Z1"] - log_I0), 1e-8)
        self.assertLess(abs(point["log_Z"] - (log_I0 - 4000)), 1e-8)
        self.assertLess(abs(point["free_energy"] - (16 - 0.004 * log_I0)), 1e-10)
        self.assertLess(abs(math.log(point["M"][0][0]) + 2 * log_I0), 1e-8)


if __name__ == "__main__":
    unittest.main()
