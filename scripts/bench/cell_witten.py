"""The cell problem in its Witten form, in numpy: unknown u = sqrt(w) theta, operator -Lap + W, Fourier collocation.

  cell_witten.py POTENTIAL N S RTOL [OUTER]     A, B, C or D; N (odd) points per direction (OUTER: of the outer cell
                                              of C); temperature; the residual to stop at, relative

Conjugate gradients for all right-hand sides (and, for C, all frozen points) together, preconditioned by (-Lap + c)^-1 and
with the ground state projected out of the residual and the preconditioned residual. The outer cell of C has a tensor
K = f^2 C, and the operator is B^T C B, B u = grad u + a u.
"""
import sys

import numpy as np
from scipy import fft

import potentials


class Waves:
    """Derivatives on the unit torus, over the last axes."""

    def __init__(self, n, dim):
        self.dim, self.shape, self.axes = dim, (n,) * dim, tuple(range(-dim, 0))
        frequencies = [np.fft.fftfreq(n, 1 / n)] * (dim - 1) + [np.fft.rfftfreq(n, 1 / n)]
        self.k = [2j * np.pi * k for k in np.meshgrid(*frequencies, indexing='ij')]
        self.k2 = sum(abs(k) ** 2 for k in self.k)

    def to(self, u):
        return fft.rfftn(u, axes=self.axes)

    def back(self, u):
        return fft.irfftn(u, s=self.shape, axes=self.axes, overwrite_x=True)

    def grad(self, u):
        hat = self.to(u)
        return [self.back(k * hat) for k in self.k]

    def div(self, q):
        return self.back(sum(k * self.to(c) for k, c in zip(self.k, q)))

    def inner(self, u, v):
        return np.einsum('...i,...i->...', u.reshape(*u.shape[:-self.dim], -1), v.reshape(*v.shape[:-self.dim], -1))


def solve_all(waves, apply, c, f, b, rtol):
    """CG; arrays (right-hand sides, frozen points.., grid); c has the shape of the frozen points."""
    spread = (...,) + (None,) * waves.dim
    smooth = 1 / (waves.k2 + np.asarray(c)[spread])
    ff = waves.inner(f, f)

    def project(u):
        return u - f * (waves.inner(u, f) / ff)[spread]

    r, u, p, rz = project(b), np.zeros_like(b), 0, None
    goal = rtol ** 2
    for _ in range(1000):
        z = project(waves.back(smooth * waves.to(r)))
        last, rz = rz, waves.inner(r, z)
        if last is None:
            limit = goal * rz
        elif (rz <= limit).all():
            return u
        beta = 0 if last is None else rz / np.maximum(last, 1e-300)
        p = z + np.asarray(beta)[spread] * p
        Ap = apply(p)
        step = (rz / np.maximum(waves.inner(p, Ap), 1e-300))[spread]
        u = u + step * p
        r = project(r - step * Ap)
    raise ArithmeticError('no convergence')


def scalar_cells(terms, n, dim, s, rtol):
    """Z and K of cells with the weight exp(-V/s), over frozen points."""
    waves = Waves(n, dim)
    V, gradient, lap = potentials.derivatives(terms, n, dim)
    f = np.exp(-V / (2 * s))
    a = [g / (2 * s) for g in gradient]
    W = sum(g * g for g in a) - lap / (2 * s)
    c = np.maximum(W, 0).mean(axis=waves.axes)
    b = np.stack([-2 * g * f for g in a])
    u = solve_all(waves, lambda p: waves.back(waves.k2 * waves.to(p)) + W * p, c, f, b, rtol)
    D = waves.grad(u)  # D[i][j]: component i of direction j
    B = [[D[i][j] + a[i] * u[j] + (f if i == j else 0) for i in range(dim)] for j in range(dim)]
    size = n ** dim
    K = [[sum(waves.inner(B[i][k], B[j][k]) for k in range(dim)) / size for j in range(dim)] for i in range(dim)]
    return waves.inner(f, f) / size, np.array(K)


def tensor_cell(K, n, rtol):
    """The energy tensor of one 2-d cell with the tensor field K."""
    waves = Waves(n, 2)
    f = np.sqrt((K[0, 0] + K[1, 1]) / 2)
    C = K / f ** 2
    a = [-g / f for g in waves.grad(f)]

    def B(u):
        return [g + ai * u for g, ai in zip(waves.grad(u), a)]

    def times(q):
        return [C[0, 0] * q[0] + C[0, 1] * q[1], C[0, 1] * q[0] + C[1, 1] * q[1]]

    def adjoint(q):
        return a[0] * q[0] + a[1] * q[1] - waves.div(q)

    c = np.maximum(a[0] ** 2 + a[1] ** 2 - waves.div(a), 0).mean()
    b = np.stack([-adjoint([C[0, j] * f, C[1, j] * f]) for j in range(2)])
    u = solve_all(waves, lambda p: adjoint(times(B(p))), c, f, b, rtol)
    E = [[g + (f if i == j else 0) for i, g in enumerate(B(u[j]))] for j in range(2)]
    return np.array([[sum(np.vdot(x, y) for x, y in zip(E[i], times(E[j]))) for j in range(2)] for i in range(2)]) / n ** 2


def cascade(n, outer, s, rtol, scalar=scalar_cells, tensor=tensor_cell):
    """Potential C: the fast cell at every point of the outer grid, then the outer cell."""
    X, Y = potentials.grid(outer, 2)
    Z, K = scalar(potentials.fast_of_c(X, Y), n, 2, s, rtol)
    w = np.exp(-potentials.derivatives(potentials.SLOW_C, outer, 2)[0] / s)
    return tensor(K * w, outer, rtol) / (w * Z).mean()


def run(scalar, tensor):
    name, n, s, rtol = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])

    def solve():
        if name == 'C':
            return potentials.closed(cascade(n, int(sys.argv[5]), s, rtol, scalar, tensor))
        Z, K = scalar(potentials.TERMS[name], n, 3 if name == 'B' else 2, s, rtol)
        return potentials.closed(K / Z)
    potentials.report(solve)


if __name__ == '__main__':
    run(scalar_cells, tensor_cell)
