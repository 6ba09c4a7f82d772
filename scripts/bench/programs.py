"""The programs that scripts/bench/run compares, what each is asked, and how one run of one of them is measured."""
import json
import os
import shutil
import statistics
import subprocess
import time

import cube_mesh

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = '/usr/bin/python3'  # the peers' packages belong to Debian's Python

# Upper triangles by rows, and which of their entries are the diagonal.
REFERENCE = {
    'A': [0.275458356377, 0.082413950111, 0.795409080925],
    'D': [2.13486828936e-05, 1.91917043584e-05, 0.0246889603262],
    'B': [0.5012560405638, 0.0488248262088, -0.003900385933033, 0.3681507044244, -0.02584355675641, 0.1520070081997],
    'C': [0.24542385067, 0.014498467026, 0.232905695339],
}
DIAGONAL = {3: (0, 2), 6: (0, 3, 5)}
CASE = {'A': 'reference_A', 'D': 'reference_D', 'B': 'reference_B', 'C': 'coupled_2d'}
TEMPERATURE = {'A': '0.5', 'D': '0.1', 'B': '0.5', 'C': '0.7'}
CORES = os.sched_getaffinity(0)
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1', OMPI_ALLOW_RUN_AS_ROOT='1',
                   OMPI_ALLOW_RUN_AS_ROOT_CONFIRM='1', OMPI_MCA_rmaps_base_oversubscribe='1')
# Seconds after which a run is given up.
PATIENCE = 300


def input_file(name):
    return os.path.join(ROOT, 'input', name + '.yaml')


def errors(potential, values):
    """Largest relative error of the diagonal, and of all entries."""
    each = [abs(v - r) / abs(r) for v, r in zip(values, REFERENCE[potential])]
    return max(each[i] for i in DIAGONAL[len(each)]), max(each)


def triangle(M):
    return [M[i][j] for i in range(len(M)) for j in range(i, len(M))]


def run_reiter(program, folder, case, *words, launcher=(), cores=None):
    """Seconds of the whole process and run.json."""
    results = os.path.join(folder, 'results')
    shutil.rmtree(results, ignore_errors=True)
    argv = [*launcher, program, 'run', case, '--quiet', '--output', results, *words]
    start = time.perf_counter()
    subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True, env=ENVIRONMENT,
                   timeout=PATIENCE, preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)
    seconds = time.perf_counter() - start
    with open(os.path.join(results, 'run.json'), encoding='utf-8') as file:
        return seconds, json.load(file)


class Measurement:
    """One program at one resolution on one potential."""

    def __init__(self, potential, program, resolution, argv, turns=1):
        self.potential, self.program, self.resolution, self.argv = potential, program, resolution, argv
        self.turns = turns  # runs in a round
        self.process, self.solve, self.diagonal, self.entries, self.failure = [], [], None, None, None

    @property
    def done(self):
        return bool(self.solve) and not self.failure

    def median(self, what):
        return statistics.median(getattr(self, what))

    def run(self, folder):
        """Seconds that the run took."""
        start = time.perf_counter()
        try:
            process, solve, values = (self.reiter if self.program == 'reiter' else self.peer)(folder)
        except subprocess.CalledProcessError as error:
            self.failure = 'exit code %d' % error.returncode
        except (subprocess.TimeoutExpired, ValueError) as error:
            self.failure = str(error)
        else:
            self.process.append(process)
            self.solve.append(solve)
            self.diagonal, self.entries = errors(self.potential, values)
        return time.perf_counter() - start

    def reiter(self, folder):
        process, data = run_reiter(self.argv[0], folder, *self.argv[1:])
        effective = data['effective']
        return process, effective['cells']['seconds'], triangle(effective['points'][0]['M'])

    def peer(self, folder):
        """A process that repeats itself prints FIRST when it has its first answer: that is the end of its process."""
        start = time.perf_counter()
        first, answer = None, None
        with subprocess.Popen(self.argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT) as process:
            for line in process.stdout:
                if line.startswith('FIRST'):
                    first = time.perf_counter() - start
                elif line.startswith('RESULT '):
                    answer = [float(word) for word in line.split()[1:]]
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, self.argv)
        if not answer:
            raise ValueError('no result')
        return first or time.perf_counter() - start, answer[0], answer[1:]


# Order or kind: sizes. Those marked by a negative size are left out of a quick run.
FREEFEM = {
    'A': {1: (32, 64, -128), 2: (16, 32, 66)},
    'D': {1: (32, -128), 2: (32, 66, -128)},
    'B': {1: (8, -16), 2: (8, 12, -16)},
    'C': {2: (8, 12, -16, -18)},
}
DOLFINX = {
    'A': {2: (16, 32, -64), 4: (-6, 8, 10, 16, -24), 6: (-4, 5, 6, 8, 10)},
    'D': {2: (32, -64), 4: (16, 20, -28), 6: (8, 10, 12, -16)},
    'B': {2: (6, 8, -12), 4: (4, 6, -8), 6: (-3, -4)},
}
PLAIN = {'A': {4: (8, 10, -16), 6: (-5, 8, -10)}, 'D': {6: (-8, 10, 12)}}
SFEPY = {
    'A': {1: (32, -64), 2: (-16, 32, -64), 4: (8, -12)},
    'D': {1: (32, -64), 2: (32, -64), 4: (16, -24)},
    'B': {1: (8, -16), 2: (6, -10)},
}
# Points a direction, residual to stop at (and points a direction of the outer cell).
WITTEN = {
    'A': ((11, 1e-2), (15, 1e-3), (17, 1e-4), (21, 1e-5), (25, 1e-6)),
    'D': ((25, 1e-2), (33, 1e-3), (37, 1e-4), (41, 1e-5), (49, 1e-6)),
    'B': ((11, 1e-2), (13, 1e-3), (15, 1e-4), (19, 1e-6)),
    'C': ((9, 1e-2, 7), (11, 1e-3, 11), (15, 1e-4, 15), (17, 1e-5, 17), (21, 1e-6, 19)),
}
MOULINEC = {
    'A': ((11, 1e-2), (17, 1e-3), (21, 1e-4), (25, 1e-5), (31, 1e-6)),
    'D': ((33, 1e-5), (41, 1e-6)),
    'B': ((11, 1e-2), (15, 1e-3), (19, 1e-5)),
    'C': ((11, 1e-2, 9), (15, 1e-4, 13), (19, 1e-5, 17)),
}
# Dimension, scales and formula, as input/ has them.
FORMULA = {
    'A': (2, 1, 'cos(2*pi*x1) + 0.5*cos(2*pi*y1) + 0.75*cos(2*pi*(x1 - y1)) + 0.3*sin(4*pi*x1)'),
    'B': (3, 1, 'cos(2*pi*x1) + cos(2*pi*y1) + cos(2*pi*z1) + 0.8*cos(2*pi*(x1 - y1)) + 0.6*sin(2*pi*(y1 + z1))'),
    'C': (2, 2, '(1 + 0.5*sin(2*pi*x1))*(cos(2*pi*x2) + cos(2*pi*y2)) + 0.8*cos(2*pi*(x2 - y2))*cos(2*pi*y1)'
                ' + 0.7*cos(2*pi*x1)*cos(2*pi*y1)'),
}
FORMULA['D'] = FORMULA['A']
# cell.tolerance of reiter.
TOLERANCES = ('1e-2', '1e-3', '1e-4', '1e-5', '1e-6', '1e-7', '1e-8', '1e-9', '1e-10')


def installed(modules):
    return os.path.exists(PYTHON) and not subprocess.run([PYTHON, '-c', 'import ' + modules], capture_output=True,
                                                         check=False).returncode


def sized(table, potential, quick):
    for kind, sizes in table.get(potential, {}).items():
        for n in sizes:
            if n > 0 or not quick:
                yield kind, abs(n)


def measurements(program, potentials, folder, quick):
    """Everything that is to be run, in the order of a round, and the names of the programs that are not there."""
    found, absent = [], []

    def add(potential, name, resolution, *argv, turns=1):
        found.append(Measurement(potential, name, resolution, [str(a) for a in argv], turns))

    def cells(potential, n):
        return ' x '.join([str(n)] * (3 if potential == 'B' else 2))

    def finite_elements(name, script, table, potential):
        for order, n in sized(table, potential, quick):
            add(potential, '%s Q%d' % (name, order) if name[-1] != ')' else name.replace(' (', ' Q%d (' % order),
                cells(potential, n), PYTHON, os.path.join(HERE, script), potential, n, order, TEMPERATURE[potential])

    def trigonometric(name, script, table, potential):
        for n, rtol, *outer in table[potential][1 if quick else 0:]:
            add(potential, name, cells(potential, n) + ''.join(', outer %d x %d' % (m, m) for m in outer), PYTHON,
                os.path.join(HERE, script), potential, n, TEMPERATURE[potential], rtol, *outer)

    build = os.path.dirname(program)
    warm = os.path.join(build, 'bench_cell')
    subprocess.run(['cmake', '--build', build, '--target', 'bench_cell'], check=True, stdout=subprocess.DEVNULL)
    freefem = shutil.which('FreeFem++-nw')
    there = {'DOLFINx': installed('dolfinx, scipy'), 'SfePy': installed('sfepy'), 'SciPy': installed('scipy')}
    absent = ['FreeFem++'] * (not freefem) + [name for name, is_there in there.items() if not is_there]
    for potential in potentials:
        for tolerance in TOLERANCES:
            add(potential, 'reiter', 'tolerance ' + tolerance, program, input_file(CASE[potential]), '-s',
                'cell.tolerance=' + tolerance, turns=3)
            dim, scales, formula = FORMULA[potential]
            add(potential, 'reiter, warm', 'tolerance ' + tolerance, warm, dim, scales, TEMPERATURE[potential], tolerance, formula)
        if freefem:
            for order, n in sized(FREEFEM, potential, quick):
                add_freefem(add, freefem, folder, potential, order, n)
        if there['DOLFINx']:
            finite_elements('DOLFINx', 'cell_dolfinx.py', DOLFINX, potential)
            finite_elements('DOLFINx (plain)', 'cell_dolfinx_plain.py', PLAIN, potential)
        if there['SfePy']:
            finite_elements('SfePy', 'cell_sfepy.py', SFEPY, potential)
        if there['SciPy']:
            trigonometric('Moulinec-Suquet, numpy', 'cell_moulinec.py', MOULINEC, potential)
            trigonometric('Witten, numpy', 'cell_witten.py', WITTEN, potential)
    return found, absent


def add_freefem(add, freefem, folder, potential, order, n):
    name, s = 'FreeFem++ P%d' % order, TEMPERATURE[potential]
    if potential == 'C':
        add('C', name, 'both cells %d x %d' % (n, n), freefem, os.path.join(HERE, 'cascade_2d.edp'), n, n, s)
    elif potential == 'B':
        mesh = os.path.join(folder, 'cube_%d.mesh' % n)
        if not os.path.exists(mesh):
            cube_mesh.write_cube(mesh, n)
        add('B', name, '%d x %d x %d' % (n, n, n), freefem, os.path.join(HERE, 'cell_3d.edp'), mesh, order, s)
    else:
        add(potential, name, '%d x %d' % (n, n), freefem, os.path.join(HERE, 'cell_2d.edp'), n, order, s)
