"""One cell problem in SfePy: Lagrange elements with its periodic boundary conditions, repeated in one process.

  cell_sfepy.py POTENTIAL N ORDER S      A, B or D, N elements per direction, order of the elements, temperature

Matrix and right-hand sides are SfePy's Laplace term, with the weight at the quadrature points as material; the energy of
the discrete correctors is Z - f . t. The corners are held at zero. Mesh, field and equations are made before the clock
starts, which counts the weight, assembly, factorisation (2-d) or conjugate gradients (3-d) and the tensor.
"""
import sys

import numpy as np
import scipy.sparse.linalg as linalg
import sfepy.discrete.fem.periodic as periodic
from sfepy.base.base import output
from sfepy.discrete import Equation, Equations, FieldVariable, Function, Functions, Integral, Material, Problem
from sfepy.discrete.conditions import Conditions, EssentialBC, PeriodicBC
from sfepy.discrete.fem import FEDomain, Field
from sfepy.mesh.mesh_generators import gen_block_mesh
from sfepy.terms import Term

import potentials

# How the nodes of opposite faces are matched, x to z: those of a side by the coordinate along it.
MATCH = {2: (periodic.match_y_line, periodic.match_x_line),
         3: (periodic.match_x_plane, periodic.match_y_plane, periodic.match_z_plane)}


def conditions(domain, dim):
    """Equal values on opposite sides, zero at the corners."""
    ends = [('%s < 1e-9' % axis, '%s > %.12f' % (axis, 1 - 1e-9)) for axis in 'xyz'[:dim]]
    pairs = []
    for c, pair in enumerate(ends):
        sides = [domain.create_region('Side%d%d' % (c, i), 'vertices in (%s)' % end, 'facet') for i, end in enumerate(pair)]
        pairs.append(PeriodicBC('periodic%d' % c, sides, {'u.0': 'u.0'}, match=MATCH[dim][c].__name__))
    test = ' & '.join('((%s) | (%s))' % pair for pair in ends)
    corners = domain.create_region('Corners', 'vertices in (%s)' % test, 'vertex')
    return Conditions([EssentialBC('corners', corners, {'u.0': 0.0})]), Conditions(pairs)


def main():
    name, n, order, s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    dim = 3 if name == 'B' else 2
    output.set_output(quiet=True)
    domain = FEDomain('cell', gen_block_mesh([1.0] * dim, [n + 1] * dim, [0.5] * dim, verbose=False))
    omega = domain.create_region('Omega', 'all')
    field = Field.from_args('theta', np.float64, 'scalar', omega, approx_order=order)
    integral = Integral('i', order=2 * order)

    def weight(ts, coors, mode=None, **kwargs):
        if mode != 'qp':
            return None
        V = sum(a * np.cos(2 * np.pi * (coors @ np.array(k, float) + phase)) for a, k, phase in potentials.TERMS[name])
        return {'w': np.exp(-V / s)[:, None, None]}

    m = Material('m', function=Function('weight', weight))
    u = FieldVariable('u', 'unknown', field)
    v = FieldVariable('v', 'test', field, primary_var_name='u')
    line, first = [FieldVariable(label, 'parameter', field, primary_var_name='(set-to-None)') for label in ('line', 'first')]
    x = np.ascontiguousarray(field.get_coor().T)
    first.set_data(x[0])
    line.set_data(x[0])

    def term(text):
        return Term.new(text, integral, omega, m=m, v=v, u=u, line=line, first=first)

    flux = Equations([Equation('flux', term('dw_laplace(m.w, v, u)') + term('dw_laplace(m.w, v, line)'))])
    energy = Equations([Equation('energy', term('dw_laplace(m.w, line, first)'))])
    problem = Problem('cell', equations=flux, functions=Functions([Function(f.__name__, f) for f in MATCH[dim]]))
    ebcs, epbcs = conditions(domain, dim)
    problem.set_bcs(ebcs=ebcs, epbcs=epbcs)
    problem.time_update()
    matrix = problem.mtx_a
    u.set_data(np.zeros(x.shape[1]))

    def solve():
        for equations in (flux, energy):
            equations.reset_materials()
            equations.time_update_materials(problem.ts, problem=problem, verbose=False)
        matrix.data[:] = 0  # SfePy adds into the matrix that it is given
        A = flux.evaluate(mode='weak', dw_mode='matrix', asm_obj=matrix)
        loads = []
        for xj in x:
            line.set_data(xj)
            loads.append(-flux.evaluate(mode='weak', dw_mode='vector', asm_obj=flux.create_stripped_state_vector()))
        line.set_data(x[0])
        Z = energy.evaluate(mode='eval')
        if dim == 2:
            back = linalg.splu(A.tocsc(), permc_spec='MMD_AT_PLUS_A', diag_pivot_thresh=0.0,
                               options={'SymmetricMode': True}).solve
            theta = [back(b) for b in loads]
        else:
            scale = 1 / A.diagonal()
            jacobi = linalg.LinearOperator(A.shape, lambda r: scale * np.ravel(r))
            theta = [linalg.cg(A, b, M=jacobi, tol=1e-5)[0] for b in loads]
        return np.eye(dim) - np.array([[b @ t for t in theta] for b in loads]) / Z

    potentials.report(solve)


if __name__ == '__main__':
    main()
