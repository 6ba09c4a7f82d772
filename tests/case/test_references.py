"""The reference tensors through the program: every entry, the partition function, the bracket, the choice of method."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from exact import TURN, bessel_i0, laminate, layered, mean
from program import ProgramTest, case_of, diagonal, identity, multiply, scaled, symmetric, transposed, unittest

A = "cos(2*pi*x1)+0.5*cos(2*pi*y1)+0.75*cos(2*pi*(x1-y1))+0.3*sin(4*pi*x1)"
B = "cos(2*pi*x1)+cos(2*pi*y1)+cos(2*pi*z1)+0.8*cos(2*pi*(x1-y1))+0.6*sin(2*pi*(y1+z1))"
C = ("(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)"
     "+0.7*cos(2*pi*x1)*cos(2*pi*y1)")
SAW = "(1-abs(1-2*mod(x{0},1)))"

M_A = symmetric([0.275458356377, 0.082413950111], [0.795409080925])
M_A02 = symmetric([0.01293070254339, 0.008429695769054], [0.3456467293332])
M_A005 = symmetric([1.96150182664e-11, 1.9408318e-11], [3.728658447737e-05])
M_D = symmetric([2.13486828936e-05, 1.91917043584e-05], [0.0246889603262])
M_C = symmetric([0.24542385067, 0.014498467026], [0.232905695339])
M_B = symmetric([0.5012560405638, 0.0488248262088, -0.003900385933033], [0.3681507044244, -0.02584355675641],
                [0.1520070081997])


class References(ProgramTest):
    def check(self, case, M, Z1=None, method=None, relative=1e-9, digits=2e-12):
        """digits: to how many M itself is known."""
        point = self.run_point(case)
        self.assert_entries(point["M"], M, relative)
        self.assert_inside(point, M, digits)
        if Z1 is not None:
            self.assertLess(abs(math.exp(point["log_Z1"]) / Z1 - 1), 1e-9)
        if method is not None:
            self.assertEqual(point["method"], method)
        self.assertLessEqual(point["error"], case["cell"]["tolerance"])
        return point


class Tables(References):
    """Tensors that two other codes agree on, as far as they are printed."""

    def test_A(self):
        self.check(case_of(2, 0.5, A, tolerance=1e-9), M_A, 3.3297940342918, "fourier")

    def test_A_cooler(self):
        self.check(case_of(2, 0.2, A, tolerance=1e-9), M_A02, method="fourier")

    def test_A_cold(self):
        """Contrast e^78; the small entries to 1e-6, M_yy to 1e-9."""
        point = self.check(case_of(2, 0.05, A, tolerance=1e-9), M_A005, relative=1e-6, digits=1e-9)
        self.assertLess(abs(point["M"][1][1] / M_A005[1][1] - 1), 1e-9)

    def test_D(self):
        self.check(case_of(2, 0.1, A, tolerance=1e-9), M_D, 102139.806182627, "fourier")

    def test_C(self):
        self.check(case_of(2, 0.7, C, tolerance=1e-9), M_C, 4.1903623957806, "fourier+fourier")

    def test_B(self):
        self.check(case_of(3, 0.5, B, tolerance=1e-9), M_B, method="fourier")

    def test_P(self):
        saws = [SAW.format(k) for k in (1, 2, 3)]
        M = (2 * 0.5 ** 2 * (math.cosh(1 / 0.5) - 1)) ** -3
        point = self.check(case_of(1, 0.5, saws, tolerance=1e-9), [[M]], method="closed_form+closed_form+closed_form")
        self.assertLess(abs(point["log_Z1"] - 3 * math.log(0.5 * (1 - math.exp(-2)))), 1e-12)

    def test_L(self):
        self.check(case_of(2, 0.5, "cos(2*pi*x1)", tolerance=1e-9), diagonal(bessel_i0(2) ** -2, 1), bessel_i0(2),
                   "closed_form")

    def test_loose_tolerance_is_kept(self):
        """Whatever is asked, the exact tensor is in the bracket and the bracket is no wider."""
        for tolerance in (1e-2, 1e-4, 1e-6, 1e-11):
            with self.subTest(tolerance=tolerance):
                self.check(case_of(2, 0.5, A, tolerance=tolerance), M_A, relative=10 * tolerance + 1e-11)


class Elements(References):
    """The same by finite elements."""

    def test_A(self):
        self.check(case_of(2, 0.5, A, tolerance=1e-9, method="fem"), M_A, 3.3297940342918, "fem")

    def test_D(self):
        self.check(case_of(2, 0.1, A, tolerance=1e-9, method="fem"), M_D, 102139.806182627, "fem")

    def test_L(self):
        self.check(case_of(2, 0.5, "cos(2*pi*x1)", tolerance=1e-9, method="fem"), diagonal(bessel_i0(2) ** -2, 1),
                   bessel_i0(2), "fem")

    def test_P(self):
        M = (2 * 0.5 ** 2 * (math.cosh(1 / 0.5) - 1)) ** -3
        self.check(case_of(1, 0.5, [SAW.format(k) for k in (1, 2, 3)], tolerance=1e-9, method="fem"), [[M]],
                   method="fem+fem+fem")

    def test_B_coarse(self):
        """A fixed grid that is far from the tolerance: the bracket is as wide as it has to be, and holds M."""
        case = case_of(3, 0.5, B, cells=4, order=3)
        point = self.run_point(case)
        self.assertEqual(point["method"], "fem")
        self.assert_entries(point["M"], M_B, 2e-3)
        self.assert_inside(point, M_B, 2e-12)
        self.assertGreater(point["error"], 1e-4)


class Laminates(References):
    """Layers across any direction of the lattice, two temperatures."""

    def check_laminate(self, normal, argument):
        for s in (0.5, 0.12):
            with self.subTest(s=s):
                potential = lambda t: math.cos(TURN * t) + 0.4 * math.sin(2 * TURN * t)
                Z1, M = laminate(normal, potential, s)
                self.check(case_of(len(normal), s, f"cos(2*pi*({argument}))+0.4*sin(4*pi*({argument}))",
                                   tolerance=1e-9), M, Z1, relative=1e-8)

    def test_along_an_axis(self):
        self.check_laminate((0, 1), "y1")
        self.check_laminate((0, 0, 1), "z1")

    def test_diagonal(self):
        self.check_laminate((1, -1), "x1-y1")

    def test_steep(self):
        self.check_laminate((2, 1), "2*x1+y1")

    def test_bessel(self):
        """cos alone: eigenvalues 1/I0(1/s)^2 and 1."""
        across = bessel_i0(2) ** -2
        M = symmetric([(1 + across) / 2, (1 - across) / 2], [(1 + across) / 2])
        self.check(case_of(2, 0.5, "cos(2*pi*(x1-y1))", tolerance=1e-10), M, bessel_i0(2), relative=1e-10)

    def test_three_dimensions(self):
        for normal, argument in (((1, 1, 1), "x1+y1+z1"), ((1, 0, -1), "x1-z1")):
            with self.subTest(normal=normal):
                Z1, M = laminate(normal, lambda t: math.cos(TURN * t), 0.5)
                self.check(case_of(3, 0.5, f"cos(2*pi*({argument}))", tolerance=1e-9), M, Z1)


class ClosedForms(References):
    def test_separable(self):
        """Bessel functions, one component at a time."""
        I = bessel_i0
        self.check(case_of(2, 0.3, "cos(2*pi*x1)+0.5*sin(6*pi*y1)", tolerance=1e-9),
                   diagonal(I(1 / 0.3) ** -2, I(0.5 / 0.3) ** -2), I(1 / 0.3) * I(0.5 / 0.3), "closed_form")
        self.check(case_of(3, 0.25, ["cos(2*pi*x1)", "0.5*cos(2*pi*y1)", "0.2*sin(2*pi*z1)"], tolerance=1e-9),
                   diagonal(I(4) ** -2, I(2) ** -2, I(0.8) ** -2), I(4) * I(2) * I(0.8), "closed_form")

    def test_separable_by_every_method(self):
        """A potential that does not look separable to the others is solved the same by them."""
        I = bessel_i0
        for method in ("fourier", "fem"):
            for s in (0.5, 0.1):
                with self.subTest(method=method, s=s):
                    self.check(case_of(2, s, "cos(2*pi*x1)+0.5*sin(2*pi*y1)", tolerance=1e-9, method=method),
                               diagonal(I(1 / s) ** -2, I(0.5 / s) ** -2), I(1 / s) * I(0.5 / s), method)

    def test_rotated_lattice(self):
        """V1 = U(R y), R R^T = r I, U separable: M = R^T diag(m) R / r. Coupled to every grid, exact all the same."""
        cases = (((1, 1), (1, -1)), "cos(2*pi*(x1+y1))", "0.6*cos(2*pi*(x1-y1))", (1, 0.6)), \
                (((2, 1), (-1, 2)), "0.8*cos(2*pi*(2*x1+y1))", "0.5*sin(2*pi*(2*y1-x1))", (0.8, 0.5))
        for R, first, second, amplitudes in cases:
            for s in (0.5, 0.08):
                with self.subTest(R=R, s=s):
                    bessels = [bessel_i0(a / s) for a in amplitudes]
                    r = R[0][0] ** 2 + R[0][1] ** 2
                    m = diagonal(*[1 / (r * I ** 2) for I in bessels])
                    M = multiply(transposed(R), multiply(m, R))
                    self.check(case_of(2, s, f"{first}+{second}", tolerance=1e-9), M, bessels[0] * bessels[1],
                               relative=1e-8)

    def test_rotated_lattice_in_space(self):
        s, I = 0.5, bessel_i0
        m1, m2, m3 = I(1 / s) ** -2, I(0.6 / s) ** -2, I(0.7 / s) ** -2
        M = symmetric([(m1 + m2) / 2, (m1 - m2) / 2, 0], [(m1 + m2) / 2, 0], [m3])
        self.check(case_of(3, s, "cos(2*pi*(x1+y1))+0.6*cos(2*pi*(x1-y1))+0.7*sin(2*pi*z1)", tolerance=1e-9), M,
                   I(1 / s) * I(0.6 / s) * I(0.7 / s), relative=1e-8, digits=1e-11)

    def test_checkerboard_of_hills(self):
        """cos cos changes sign under a shift, so that det K = 1 by Keller's duality; a square's symmetry does the rest."""
        for s in (1.0, 0.2, 0.04):
            with self.subTest(s=s):
                Z1 = mean(lambda x, y: math.exp(-math.cos(TURN * x) * math.cos(TURN * y) / s), 160, 2)
                self.check(case_of(2, s, "cos(2*pi*x1)*cos(2*pi*y1)", tolerance=1e-9), scaled(identity(2), 1 / Z1), Z1)

    def test_keller(self):
        """K[w] = R^T K[1/w]^-1 R: the tensors of V1 and -V1 determine each other."""
        micro = "cos(2*pi*x1)+0.4*sin(2*pi*(x1+2*y1))+0.7*cos(2*pi*(x1-y1))"
        for s in (0.6, 0.1):
            with self.subTest(s=s):
                plus = self.run_point(case_of(2, s, micro, tolerance=1e-10))
                minus = self.run_point(case_of(2, s, f"-({micro})", tolerance=1e-10))
                self.assertLess(abs(plus["log_Z1"] - minus["log_Zhat1"]), 1e-11)
                (a, b), (_, d) = plus["M"]
                both = math.exp(plus["log_Z1"] + plus["log_Zhat1"]) * (a * d - b * b)
                dual = symmetric([a / both, b / both], [d / both])
                self.assert_entries(minus["M"], dual, 2e-9)

    def test_jump_across_layers(self):
        """Two phases: Z1 = cosh(a/s), M = 1/cosh(a/s)^2 across."""
        self.check(case_of(2, 0.4, "0.7*sign(sin(2*pi*x1))", tolerance=1e-9), diagonal(math.cosh(0.7 / 0.4) ** -2, 1),
                   math.cosh(0.7 / 0.4))

    def test_checkerboard_with_jumps(self):
        """Dykhne: K = 1 for equal phases w and 1/w, singular corners and all; the bracket has to hold it."""
        M = scaled(identity(2), 1 / math.cosh(0.3))
        self.check(case_of(2, 1.0, "0.3*sign(sin(2*pi*x1)*sin(2*pi*y1))", tolerance=2e-3), M, math.cosh(0.3),
                   relative=2e-3)


class Line(References):
    """One dimension: M = 1/(Z1 Zhat1) whatever the coupling."""

    def test_saws(self):
        for scales in (1, 2, 3, 4):
            for s in (1.0, 0.5, 0.08):
                with self.subTest(scales=scales, s=s):
                    M = (2 * s * s * (math.cosh(1 / s) - 1)) ** -scales
                    point = self.check(case_of(1, s, "+".join(SAW.format(k) for k in range(1, scales + 1)),
                                               tolerance=1e-9), [[M]])
                    self.assertNotIn("fourier", point["method"])

    def test_growing_roughness(self):
        """V1 = -x^2/2 sin(2 pi x1)."""
        xs = [-1.5, 0.0, 0.4, 2.0]
        case = case_of(1, 0.1, "-x^2/2*sin(2*pi*x1)", points=[[x] for x in xs], macro="x^4/4+x^2/8", tolerance=1e-9)
        for x, point in zip(xs, self.run_case(case).points):
            self.assert_sound(point)
            self.assertEqual(point["x"], [x])
            I = bessel_i0(x * x / 0.2)
            self.assert_entries(point["M"], [[I ** -2]], 1e-9)
            self.assertLess(abs(point["log_Z1"] - math.log(I)), 1e-9)
            V0 = x ** 4 / 4 + x ** 2 / 8
            self.assertLess(abs(point["free_energy"] - (V0 - 0.1 * math.log(I))), 1e-10)
            self.assertLess(abs(point["log_Z"] + V0 / 0.1 - math.log(I)), 1e-9)

    def test_ripples(self):
        """k periods in one: the tensor of a single one, whatever grid k falls on."""
        for k in (2, 3, 5, 9, 16, 18, 32, 36, 64, 72, 100):
            for function in ("cos", "sin"):
                with self.subTest(k=k, function=function):
                    self.check(case_of(1, 0.4, f"{function}(2*pi*{k}*x1)", tolerance=1e-9), [[bessel_i0(2.5) ** -2]],
                               bessel_i0(2.5))

    def check_line(self, s, micro, V1, scales, n):
        Z1 = mean(lambda *y: math.exp(-V1(*y) / s), n, scales)
        Zhat1 = mean(lambda *y: math.exp(V1(*y) / s), n, scales)
        for method in ("auto", "fourier", "fem"):
            with self.subTest(method=method):
                self.check(case_of(1, s, micro, tolerance=1e-9, method=method), [[1 / (Z1 * Zhat1)]], Z1)

    def test_two_coupled_scales(self):
        self.check_line(0.3, "sin(2*pi*x1)+(1+0.5*cos(2*pi*x1))*cos(2*pi*(x2-x1))",
                        lambda a, b: math.sin(TURN * a) + (1 + 0.5 * math.cos(TURN * a)) * math.cos(TURN * (b - a)),
                        2, 150)

    def test_three_coupled_scales(self):
        self.check_line(0.8, ["0.6*sin(2*pi*x1)", "(1+0.5*cos(2*pi*x1))*cos(2*pi*x2)",
                              "0.4*cos(2*pi*(x2-x3))+0.3*sin(2*pi*x3)*sin(2*pi*x1)"],
                        lambda a, b, c: 0.6 * math.sin(TURN * a) + (1 + 0.5 * math.cos(TURN * a)) * math.cos(TURN * b)
                        + 0.4 * math.cos(TURN * (b - c)) + 0.3 * math.sin(TURN * c) * math.sin(TURN * a), 3, 40)


class Cascades(References):
    """Two scales, the fast one in closed form, the slow one in layers."""

    def test_fast_layers_along_slow_ones(self):
        s, n = 0.4, 200
        strength = lambda y: 1 + 0.6 * math.sin(TURN * y)
        w = lambda y: math.exp(-math.cos(TURN * y) / s)
        field = lambda y: diagonal(w(y) / bessel_i0(strength(y) / s), w(y) * bessel_i0(strength(y) / s))
        Z1 = mean(lambda y: w(y) * bessel_i0(strength(y) / s), n)
        M = scaled(layered(1, field, 2, n), 1 / Z1)
        self.check(case_of(2, s, "cos(2*pi*y1)+(1+0.6*sin(2*pi*y1))*cos(2*pi*x2)", tolerance=1e-9), M, Z1)

    def test_fast_layers_askew(self):
        """The tensor that the fast scale leaves is full, and turns nothing back: the layer formulas with K_xy."""
        s, n = 0.4, 200
        strength = lambda x: 1 + 0.6 * math.sin(TURN * x)

        def field(x):
            I, w = bessel_i0(strength(x) / s), math.exp(-0.5 * math.cos(TURN * x) / s)
            return symmetric([w * (I + 1 / I) / 2, w * (I - 1 / I) / 2], [w * (I + 1 / I) / 2])

        Z1 = mean(lambda x: math.exp(-0.5 * math.cos(TURN * x) / s) * bessel_i0(strength(x) / s), n)
        M = scaled(layered(0, field, 2, n), 1 / Z1)
        for method in ("auto", "fourier", "fem"):
            with self.subTest(method=method):
                self.check(case_of(2, s, "0.5*cos(2*pi*x1)+(1+0.6*sin(2*pi*x1))*cos(2*pi*(x2-y2))",
                                   tolerance=1e-9 if method != "fem" else 1e-7, method=method), M, Z1,
                           relative=1e-9 if method != "fem" else 1e-6)

    def test_fast_layers_in_space(self):
        s, n = 0.5, 200
        strength = lambda z: 1 + 0.5 * math.cos(TURN * z)

        def field(z):
            I = bessel_i0(strength(z) / s)
            return symmetric([(I + 1 / I) / 2, (I - 1 / I) / 2, 0.0], [(I + 1 / I) / 2, 0.0], [I])

        Z1 = mean(lambda z: bessel_i0(strength(z) / s), n)
        M = scaled(layered(2, field, 3, n), 1 / Z1)
        self.check(case_of(3, s, "(1+0.5*cos(2*pi*z1))*cos(2*pi*(x2-y2))", tolerance=1e-9), M, Z1)

    def test_three_scales_askew(self):
        """All scales coupled in both of x + y and x - y, in which the potential separates; the program makes a table of
        the fastest tensor."""
        def part(a, b, c, t1, t2, t3):
            return [f"{a}*cos(2*pi*({t1}))", f"{b}*(1+0.5*sin(2*pi*({t1})))*cos(2*pi*({t2}))",
                    f"{c}*cos(2*pi*({t3}-({t2})))"]

        def across(a, b, c, s):
            def Z(sign):
                return mean(lambda u, v, w: math.exp(sign / s * (
                    a * math.cos(TURN * u) + b * (1 + 0.5 * math.sin(TURN * u)) * math.cos(TURN * v)
                    + c * math.cos(TURN * (w - v)))), 24, 3)
            return 1 / (Z(1) * Z(-1)), Z(-1)

        s, f, g = 0.8, (0.4, 0.4, 0.4), (0.3, 0.2, 0.3)
        micro = part(*f, "x1+y1", "x2+y2", "x3+y3") + part(*g, "x1-y1", "x2-y2", "x3-y3")
        (m, Zf), (n, Zg) = across(*f, s), across(*g, s)
        M = symmetric([(m + n) / 2, (m - n) / 2], [(m + n) / 2])
        point = self.check(case_of(2, s, micro, tolerance=1e-4), M, relative=1e-4)
        self.assertLess(abs(math.exp(point["log_Z1"]) / (Zf * Zg) - 1), 1e-4)

    def test_table_and_product_grid(self):
        """Two ways to the inner tensors of C, which differ by less than their tolerance, but differ."""
        points = [self.run_case(case_of(2, 0.7, C, tolerance=1e-5, frozen=way)).points[0] for way in ("product", "sparse")]
        again, = self.run_case(case_of(2, 0.7, C, tolerance=1e-5), "-cell_frozen", "sparse").points
        self.assert_entries(points[0]["M"], points[1]["M"], 1e-5)
        self.assertNotEqual(points[0]["M"], points[1]["M"])
        self.assertEqual(again["M"], points[1]["M"])

    def test_scales_that_do_not_meet(self):
        """A product over the scales in 1-d, and one cell for each of them."""
        s, amplitudes = 0.3, (1.0, 0.8, 0.5)
        bessels = [bessel_i0(a / s) for a in amplitudes]
        case = case_of(1, s, [f"{a}*cos(2*pi*x{k + 1})" for k, a in enumerate(amplitudes)], tolerance=1e-9)
        outcome = self.run_case(case)
        self.assert_entries(outcome.points[0]["M"], [[math.prod(bessels) ** -2]], 1e-9)
        self.assertEqual(outcome.json["effective"]["cells"]["solved"], 3)

    def test_slow_scale_askew(self):
        """A fast laminate that nothing couples to: K_1 = w(x1, y1) diag, seen by a slow cell of checkerboard hills."""
        s = 0.5
        I = bessel_i0(0.7 / s)
        fast = self.run_point(case_of(2, s, "cos(2*pi*x1)*cos(2*pi*y1)+0.7*cos(2*pi*x2)+0.7*sin(2*pi*y2)",
                                      tolerance=1e-9))
        Z1 = mean(lambda x, y: math.exp(-math.cos(TURN * x) * math.cos(TURN * y) / s), 100, 2)
        self.assert_entries(fast["M"], diagonal(1 / (Z1 * I * I), 1 / (Z1 * I * I)), 1e-9)
        self.assertLess(abs(math.exp(fast["log_Z1"]) / (Z1 * I * I) - 1), 1e-9)


if __name__ == "__main__":
    unittest.main()
