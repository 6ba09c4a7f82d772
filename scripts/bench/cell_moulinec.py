"""The cell problem by the scheme of Moulinec and Suquet, accelerated by conjugate gradients, in numpy.

  cell_moulinec.py POTENTIAL N S RTOL [OUTER]     as cell_witten.py

Unknown: the corrector in Fourier space, with the constant reference medium as preconditioner, which gives the iterates of
the scheme on gradients with fewer transforms: 2 d an iteration. All right-hand sides (and frozen points) together.
"""
import numpy as np

from cell_witten import Waves, run
import potentials

LIMIT = 4000  # iterations; what has not converged by then is judged by its error


def solve_all(waves, flux, shape, rtol):
    """theta (in Fourier space) of div flux(e_j + grad theta_j) = 0; flux takes and gives lists of components."""
    dim = waves.dim
    spread = (...,) + (None,) * dim
    smooth = np.divide(1, waves.k2, out=np.zeros_like(waves.k2), where=waves.k2 > 0)
    half = np.where(np.arange(waves.k2.shape[-1]) > 0, 2.0, 1.0)  # the other half of the spectrum

    def inner(u, v):
        return (half * (u.real * v.real + u.imag * v.imag)).sum(axis=waves.axes)

    def minus_div(q):
        return -sum(k * waves.to(c) for k, c in zip(waves.k, q))

    unit = [np.broadcast_to(np.eye(dim)[i].reshape((dim,) + (1,) * (len(shape))), (dim, *shape)) for i in range(dim)]
    r = -minus_div(flux(unit))
    theta, p, rz = np.zeros_like(r), 0, None
    for _ in range(LIMIT):
        z = smooth * r
        last, rz = rz, inner(r, z)
        if last is None:
            limit = rtol ** 2 * rz
        elif (rz <= limit).all():
            break
        p = z + np.asarray(0 if last is None else rz / np.maximum(last, 1e-300))[spread] * p
        Ap = minus_div(flux([waves.back(k * p) for k in waves.k]))
        step = (rz / np.maximum(inner(p, Ap), 1e-300))[spread]
        theta = theta + step * p
        r = r - step * Ap
    e = [waves.back(k * theta) + u for k, u in zip(waves.k, unit)]
    q = flux(e)
    size = np.prod(waves.shape)
    return np.array([[sum(waves.inner(e[k][i], q[k][j]) for k in range(dim)) / size for j in range(dim)]
                     for i in range(dim)])


def scalar_cells(terms, n, dim, s, rtol):
    waves = Waves(n, dim)
    w = np.exp(-potentials.derivatives(terms, n, dim)[0] / s)
    K = solve_all(waves, lambda q: [w * c for c in q], w.shape, rtol)
    return w.mean(axis=waves.axes), K


def tensor_cell(K, n, rtol):
    def flux(q):
        return [K[0, 0] * q[0] + K[0, 1] * q[1], K[0, 1] * q[0] + K[1, 1] * q[1]]
    return solve_all(Waves(n, 2), flux, (n, n), rtol)


if __name__ == '__main__':
    run(scalar_cells, tensor_cell)
