"""One cell problem in DOLFINx as one writes it first; cell_dolfinx.py is the fast way. Qp elements, energy form.

  cell_dolfinx_plain.py POTENTIAL N ORDER S      A, B or D, N elements per direction, order of the elements

DOLFINx has no periodic spaces of its own: unknowns on opposite sides are identified by a 0/1 matrix T, and the
system T^T A T is solved by SciPy. The clock
counts from assembly to tensor, without imports, mesh and forms.
"""
import sys

import numpy
import scipy.sparse
import scipy.sparse.linalg
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import potentials


def potential(name, x):
    c, s, p = ufl.cos, ufl.sin, 2 * ufl.pi
    if name != 'B':
        return c(p * x[0]) + 0.5 * c(p * x[1]) + 0.75 * c(p * (x[0] - x[1])) + 0.3 * s(2 * p * x[0])
    return (c(p * x[0]) + c(p * x[1]) + c(p * x[2]) + 0.8 * c(p * (x[0] - x[1]))
            + 0.6 * s(p * (x[1] + x[2])))


def identify(space, dim):
    """The 0/1 matrix from periodic unknowns to those of the space: equal coordinates modulo one are one unknown."""
    places = space.tabulate_dof_coordinates()[:, :dim]
    places = numpy.round(numpy.mod(places + 1e-9, 1.0), 7)
    _, periodic = numpy.unique(places, axis=0, return_inverse=True)
    periodic = numpy.ravel(periodic)
    ones = numpy.ones(len(periodic))
    return scipy.sparse.csr_matrix((ones, (numpy.arange(len(periodic)), periodic)))


def main():
    name, n, order, s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    dim = 3 if name == 'B' else 2
    if dim == 2:
        domain = mesh.create_unit_square(MPI.COMM_SELF, n, n, mesh.CellType.quadrilateral)
    else:
        domain = mesh.create_unit_cube(MPI.COMM_SELF, n, n, n, mesh.CellType.hexahedron)
    space = fem.FunctionSpace(domain, ('Lagrange', order))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    w = ufl.exp(-potential(name, ufl.SpatialCoordinate(domain)) / fem.Constant(domain, s))
    dx = ufl.dx(metadata={'quadrature_degree': 2 * order + 4})
    theta = [fem.Function(space) for _ in range(dim)]
    fields = [ufl.grad(t) + ufl.as_vector([float(i == j) for i in range(dim)]) for j, t in enumerate(theta)]
    stiffness = fem.form(w * ufl.inner(ufl.grad(u), ufl.grad(v)) * dx)
    fluxes = [fem.form(-w * v.dx(j) * dx) for j in range(dim)]
    energies = [fem.form(w * ufl.inner(fields[i], fields[j]) * dx) for i in range(dim) for j in range(i, dim)]
    weight = fem.form(w * dx)

    def run():
        matrix = fem.assemble_matrix(stiffness)
        T = identify(space, dim)
        A = (T.T @ scipy.sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr)) @ T).tocsc()
        A[0, 0] *= 2  # grounds one unknown: the corrector is free up to a constant
        if dim == 2:
            solve = scipy.sparse.linalg.splu(A, permc_spec='MMD_AT_PLUS_A', options={'SymmetricMode': True}).solve
        else:
            scale = scipy.sparse.diags(1 / A.diagonal())

            def solve(b):
                return scipy.sparse.linalg.cg(A, b, M=scale, tol=1e-8, maxiter=10000)[0]

        for t, form in zip(theta, fluxes):
            t.x.array[:] = T @ solve(T.T @ fem.assemble_vector(form).array)
        Z = fem.assemble_scalar(weight)
        return [fem.assemble_scalar(energy) / Z for energy in energies]

    potentials.report(run)


if __name__ == '__main__':
    main()
