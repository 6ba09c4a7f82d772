"""One cell problem in DOLFINx: Qp elements on the unit square or cube, energy form, repeated in one process.

  cell_dolfinx.py POTENTIAL N ORDER S      A, B or D, N elements per direction, order of the elements, temperature

DOLFINx has no periodic spaces of its own: unknowns on opposite sides are identified, and the entries of the assembled
matrix A go straight to their places in the periodic one, A_p. One form is enough for everything, as x_j is in the space:
right-hand side -A x_j, M_ij = (x_i + theta_i) . A (x_j + theta_j)/Z, Z = x_1 . A x_1. Forms are compiled with full
optimisation and kept; imports, mesh, space, form and the places of the entries are made before the clock starts, which
counts assembly, ordering, factorisation and solution. Two dimensions: SuperLU (CHOLMOD, MUMPS, UMFPACK
and PETSc's own Cholesky took as long or longer); three: PETSc's conjugate gradients with an incomplete Cholesky factor
(Jacobi, BoomerAMG and MUMPS took longer). Quadrature: p + 1 Gauss points a direction; fewer lose the rank of the element matrices.
"""
import sys

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linalg
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc

import potentials

JIT = {'cffi_extra_compile_args': ['-Ofast', '-march=native'], 'cffi_libraries': ['m']}


def weight(name, x, s):
    V = sum(a * ufl.cos(2 * ufl.pi * (sum(ki * xi for ki, xi in zip(k, x) if ki) + phase))
            for a, k, phase in potentials.TERMS[name])
    return ufl.exp(-V / s)


def identified(space, dim):
    """For each unknown its periodic one: equal coordinates modulo one."""
    places = space.tabulate_dof_coordinates()[:, :dim]
    keys = np.round(np.mod(places + 1e-9, 1.0), 7)
    _, periodic = np.unique(keys, axis=0, return_inverse=True)
    return places, np.ravel(periodic)


def factorised(data, pattern, loads):
    A = sparse.csc_matrix((data, pattern.indices, pattern.indptr), shape=pattern.shape)
    back = linalg.splu(A, permc_spec='MMD_AT_PLUS_A', diag_pivot_thresh=0.0, options={'SymmetricMode': True}).solve
    return [back(b) for b in loads]


def iterated(data, pattern, loads):
    A = PETSc.Mat().createAIJWithArrays(pattern.shape, (pattern.indptr, pattern.indices, data), comm=PETSc.COMM_SELF)
    ksp = PETSc.KSP().create(PETSc.COMM_SELF)
    ksp.setOperators(A)
    ksp.setType('cg')
    ksp.setTolerances(rtol=1e-4)  # the energy's error is the square
    ksp.getPC().setType('icc')
    theta = []
    for load in loads:
        b, t = A.createVecs()
        b.array[:] = load
        ksp.solve(b, t)
        theta.append(t.array.copy())
    return theta


def main():
    name, n, order, s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    dim = 3 if name == 'B' else 2
    if dim == 2:
        domain = mesh.create_unit_square(MPI.COMM_SELF, n, n, mesh.CellType.quadrilateral)
    else:
        domain = mesh.create_unit_cube(MPI.COMM_SELF, n, n, n, mesh.CellType.hexahedron)
    space = fem.FunctionSpace(domain, ('Lagrange', order))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    w = weight(name, ufl.SpatialCoordinate(domain), s)
    dx = ufl.dx(metadata={'quadrature_degree': 2 * order})
    form = fem.form(w * ufl.inner(ufl.grad(u), ufl.grad(v)) * dx, jit_params=JIT)
    A = fem.assemble_matrix(form)
    x, periodic = identified(space, dim)
    x = np.ascontiguousarray(x.T)
    count = periodic.max() + 1
    rows = periodic[np.repeat(np.arange(len(periodic)), np.diff(A.indptr))]
    pattern = sparse.csr_matrix((np.ones(len(rows)), (rows, periodic[A.indices])), shape=(count, count))
    pattern.sort_indices()
    keys = np.repeat(np.arange(count), np.diff(pattern.indptr)) * count + pattern.indices
    place = np.searchsorted(keys, rows * count + periodic[A.indices])
    local = sparse.csr_matrix((A.data, A.indices, A.indptr), copy=False)
    ground = np.searchsorted(keys, 0)

    def solve():
        A.data[:] = 0
        fem.assemble_matrix(A, form)
        local.data = A.data
        Ax = [local @ xj for xj in x]
        loads = [-np.bincount(periodic, b, count) for b in Ax]
        data = np.bincount(place, A.data, len(keys))
        data[ground] *= 2  # the corrector is free up to a constant: one unknown is grounded
        theta = (factorised if dim == 2 else iterated)(data, pattern, loads)
        full = [xj + t[periodic] for xj, t in zip(x, theta)]
        M = np.array([[f @ g for g in [local @ f for f in full]] for f in full])
        return M / (x[0] @ Ax[0])

    potentials.report(solve)


if __name__ == '__main__':
    main()
