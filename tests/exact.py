"""Numbers that tests compare with, from formulas of their own: series and quadratures in plain Python."""
import itertools
import math

TURN = 2 * math.pi


def bessel_i0(x):
    """I0 by its series, all terms positive."""
    term = total = 1.0
    k = 0
    while term > 1e-18 * total:
        k += 1
        term *= (x / 2) ** 2 / (k * k)
        total += term
    return total


def mean(function, n, dim=1):
    """The trapezoid rule over the unit torus: exact to rounding once n resolves a smooth function."""
    nodes = [i / n for i in range(n)]
    return math.fsum(function(*point) for point in itertools.product(nodes, repeat=dim)) / n ** dim


def laminate(normal, potential, s, n=400):
    """Z1 and M of V1 = potential(normal . y): 1/(Z1 Zhat1) across the layers, 1 along them."""
    Z1 = mean(lambda t: math.exp(-potential(t) / s), n)
    across = 1 / (Z1 * mean(lambda t: math.exp(potential(t) / s), n))
    length = sum(k * k for k in normal)
    return Z1, [[(i == j) - (1 - across) * a * b / length for j, b in enumerate(normal)]
                for i, a in enumerate(normal)]


def layered(axis, tensor, dim, n):
    """K_0 of a tensor field that depends on component `axis` alone, by the layer formulas."""
    fields = [tensor(i / n) for i in range(n)]
    average = lambda f: math.fsum(map(f, fields)) / n
    others = [i for i in range(dim) if i != axis]
    K = [[0.0] * dim for _ in range(dim)]
    across = 1 / average(lambda C: 1 / C[axis][axis])
    ratio = [average(lambda C, i=i: C[i][axis] / C[axis][axis]) for i in range(dim)]
    for i in range(dim):
        for j in range(dim):
            K[i][j] = ratio[i] * ratio[j] * across
            if i in others and j in others:
                K[i][j] += average(lambda C, i=i, j=j: C[i][j] - C[i][axis] * C[axis][j] / C[axis][axis])
    return K
