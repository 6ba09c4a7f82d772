"""Runs reiter and its peers in turns on the reference potentials and writes docs/benchmarks.

  scripts/bench/run [--repeats 5] [--only A,D] [--program build/reiter]

Every figure is a median over the repeats; in each repeat every program runs once, so that a disturbance of the machine
hits all of them. The error is the largest relative error of the entries of M against the reference.
"""
import argparse
import csv
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import cube_mesh

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUTPUT = os.path.join(ROOT, 'docs', 'benchmarks')

# Upper triangles by rows.
REFERENCE = {
    'A': [0.275458356377, 0.082413950111, 0.795409080925],
    'D': [2.13486828936e-05, 1.91917043584e-05, 0.0246889603262],
    'B': [0.5012560405638, 0.0488248262088, -0.003900385933033, 0.3681507044244, -0.02584355675641, 0.1520070081997],
    'C': [0.24542385067, 0.014498467026, 0.232905695339],
}
TITLE = {
    'A': 'A: two dimensions, one scale, s = 0.5',
    'D': 'D: two dimensions, one scale, s = 0.1',
    'B': 'B: three dimensions, one scale, s = 0.5',
    'C': 'C: two dimensions, two coupled scales, s = 0.7',
}
CASE = {'A': 'reference_A', 'D': 'reference_D', 'B': 'reference_B', 'C': 'coupled_2d'}
TEMPERATURE = {'A': '0.5', 'D': '0.1', 'B': '0.5', 'C': '0.7'}
# A program that takes longer than this runs once only.
SLOW = 5.0


class Measurement:
    """One program at one resolution on one potential."""

    def __init__(self, potential, program, resolution, argv):
        self.potential, self.program, self.resolution, self.argv = potential, program, resolution, argv
        self.process, self.cpu, self.solve, self.error, self.failure = [], [], [], None, None

    def forget(self):
        for times in (self.process, self.cpu, self.solve):
            times.clear()

    def run(self, folder):
        argv = list(self.argv)
        results = os.path.join(folder, 'results')
        if self.program.startswith('reiter'):
            shutil.rmtree(results, ignore_errors=True)
            argv += ['--output', results]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=dict(os.environ, OMP_NUM_THREADS='1'), check=False)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            self.failure = 'exit code %d' % done.returncode
            return seconds
        if self.program.startswith('reiter'):
            with open(os.path.join(results, 'run.json'), encoding='utf-8') as file:
                effective = json.load(file)['effective']
            M = effective['points'][0]['M']
            values = [M[i][j] for i in range(len(M)) for j in range(i, len(M))]
            solve = effective['cells']['seconds']
        else:
            line = [line for line in done.stdout.splitlines() if line.startswith('RESULT ')]
            if not line:
                self.failure = 'no result'
                return seconds
            solve, *values = [float(word) for word in line[-1].split()[1:]]
        self.process.append(seconds)
        self.cpu.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        self.solve.append(solve)
        self.error = max(abs(v - r) / abs(r) for v, r in zip(values, REFERENCE[self.potential]))
        return seconds


def measurements(program, only, folder):
    found = []

    def add(potential, name, resolution, *argv):
        if potential in only:
            found.append(Measurement(potential, name, resolution, [str(a) for a in argv]))

    for potential in 'ADBC':
        case = os.path.join(ROOT, 'input', CASE[potential] + '.yaml')
        for tolerance in ('1e-3', '1e-6', '1e-9'):
            add(potential, 'reiter', 'tolerance ' + tolerance,
                program, 'run', case, '--quiet', '-s', 'cell.tolerance=' + tolerance)
    freefem = shutil.which('FreeFem++-nw')
    if freefem:
        for potential, sizes in (('A', ((1, 32), (1, 128), (2, 16), (2, 32), (2, 66))),
                                 ('D', ((1, 32), (1, 128), (2, 32), (2, 66), (2, 128)))):
            for order, n in sizes:
                add(potential, 'FreeFem++ P%d' % order, '%d x %d' % (n, n),
                    freefem, os.path.join(HERE, 'cell_2d.edp'), n, order, TEMPERATURE[potential])
        if 'B' in only:
            for order, n in ((1, 8), (1, 16), (2, 8), (2, 16)):
                mesh = os.path.join(folder, 'cube_%d.mesh' % n)
                if not os.path.exists(mesh):
                    cube_mesh.write_cube(mesh, n)
                add('B', 'FreeFem++ P%d' % order, '%d x %d x %d' % (n, n, n),
                    freefem, os.path.join(HERE, 'cell_3d.edp'), mesh, order, TEMPERATURE['B'])
        for n in (8, 12, 16):
            add('C', 'FreeFem++ P2', 'both cells %d x %d' % (n, n),
                freefem, os.path.join(HERE, 'cascade_2d.edp'), n, n, TEMPERATURE['C'])
    # DOLFINx belongs to Debian's Python.
    python = '/usr/bin/python3'
    if os.path.exists(python) and not subprocess.run([python, '-c', 'import dolfinx, scipy'], capture_output=True,
                                                     check=False).returncode:
        for potential, sizes in (('A', ((2, 32), (2, 64), (4, 8), (4, 16), (6, 8), (6, 12))),
                                 ('D', ((2, 32), (2, 64), (4, 16), (4, 24), (6, 12), (6, 16))),
                                 ('B', ((2, 8), (4, 4), (4, 6), (6, 3)))):
            for order, n in sizes:
                add(potential, 'DOLFINx Q%d' % order, ' x '.join([str(n)] * (3 if potential == 'B' else 2)),
                    python, os.path.join(HERE, 'cell_dolfinx.py'), 'B' if potential == 'B' else 'A', n, order,
                    TEMPERATURE[potential])
    return found


def timed(argv, folder, repeats):
    """Median seconds of a whole process, on the clock and of the processor."""
    seconds, cpu = [], []
    for _ in range(repeats):
        results = os.path.join(folder, 'small')
        shutil.rmtree(results, ignore_errors=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run([a.replace('RESULTS', results) for a in argv], cwd=folder, stdin=subprocess.DEVNULL,
                       capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(seconds), statistics.median(cpu)


def machine(program):
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        model = [line.split(':', 1)[1].strip() for line in file if line.startswith('model name')]
    with open('/etc/os-release', encoding='utf-8') as file:
        system = [line.split('=', 1)[1].strip().strip('"') for line in file if line.startswith('PRETTY_NAME')]
    version = subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout.split('\n')[0]
    load = os.getloadavg()[0]
    return '%s, %d cores, %s, %s; %s. Load before the first run %.1f; every program on one core.' % (
        model[0] if model else platform.machine(), os.cpu_count(), ''.join(system), platform.machine(), version, load)


def table(found):
    lines = ['| Program | Resolution | Whole process [s] | of it processor [s] | Solve [s] | Error of M |',
             '| --- | --- | --- | --- | --- | --- |']
    for m in found:
        if m.process:
            lines.append('| %s | %s | %.3f | %.3f | %.4f | %.1e |' % (
                m.program, m.resolution, statistics.median(m.process), statistics.median(m.cpu),
                statistics.median(m.solve), m.error))
        else:
            lines.append('| %s | %s | %s | | | |' % (m.program, m.resolution, m.failure))
    return '\n'.join(lines)


def goals(found, small):
    """What was promised of the speed, and what came out."""
    lines = ['| What | Asked for | Measured | of it processor |', '| --- | --- | --- | --- |',
             '| `reiter --version` | under 0.03 s | %.3f s | %.3f s |' % small['version'],
             '| a run that solves one small cell | under 0.15 s | %.3f s | %.3f s |' % small['cell']]
    by = {(m.potential, m.program, m.resolution): m for m in found if m.process}
    ours = by.get(('A', 'reiter', 'tolerance 1e-9'))
    peers = [m for m in found if m.potential == 'A' and m.program == 'FreeFem++ P2' and m.process and m.error <= 1e-6]
    if ours and peers:
        peer = min(statistics.median(m.process) for m in peers)
        lines.append('| A to 1e-9, whole process | twice FreeFem++ P2 to 1e-6, that is %.3f s | %.3f s | %.3f s |' % (
            2 * peer, statistics.median(ours.process), statistics.median(ours.cpu)))
    ours = by.get(('C', 'reiter', 'tolerance 1e-6'))
    if ours:
        lines.append('| C to 1e-6, whole process | 0.5 s | %.3f s | %.3f s |' % (
            statistics.median(ours.process), statistics.median(ours.cpu)))
    return '\n'.join(lines)


def plot(found, path):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    potentials = [p for p in 'ADBC' if any(m.potential == p for m in found)]
    figure, axes = plt.subplots(1, len(potentials), figsize=(4 * len(potentials), 3.8), squeeze=False)
    names = list(dict.fromkeys(m.program for m in found))
    colours = {name: plt.get_cmap('tab10')(i) for i, name in enumerate(names)}
    for axis, potential in zip(axes[0], potentials):
        for name in names:
            points = [(statistics.median(m.process), statistics.median(m.solve), m.error) for m in found
                      if m.potential == potential and m.program == name and m.process]
            if points:
                axis.loglog([p[0] for p in points], [p[2] for p in points], 'o-', color=colours[name], label=name)
                axis.loglog([p[1] for p in points], [p[2] for p in points], 'o:', color=colours[name], mfc='none')
        axis.set_title(TITLE[potential], fontsize=9)
        axis.set_xlabel('seconds: filled whole process, hollow solve', fontsize=8)
        axis.grid(True, which='major', alpha=0.3)
        axis.tick_params(labelsize=8)
    axes[0][0].set_ylabel('largest relative error of an entry of M', fontsize=8)
    handles = [plt.Line2D([], [], color=colours[n], marker='o', label=n) for n in names]
    figure.legend(handles=handles, loc='lower center', ncol=len(names), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(path, dpi=110)


TEXT = '''# Benchmarks

Written by `scripts/bench/run`. reiter and two general finite-element programs solve the same cell problems, with the
same energy form; their scripts are in `scripts/bench` and use sparse direct solvers in two dimensions and conjugate
gradients in three. reiter is given a tolerance and chooses method and resolution itself; its time includes the
two-sided certificate, which the others do not have. Figures are medians of %(repeats)d runs in turns (one run for those
that take longer than %(slow).0f s). "Whole process" is from start to exit: it includes start-up, which is most of it for a small cell
(DOLFINx: imports; its compiled forms are kept from a run before), and, on a busy machine, waiting: the processor's time
beside it does not depend on that. "Solve" is the time inside: for reiter everything between the case file and the results,
for FreeFem++ mesh to tensor (processor time), for DOLFINx assembly to tensor. The error is the
largest relative error of an entry of M against the references in `input/`.

Machine: %(machine)s

%(goals)s

![Error against time](results.png)
'''


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    arguments.add_argument('--repeats', type=int, default=5)
    arguments.add_argument('--only', default='A,D,B,C', help='potentials, separated by commas')
    arguments.add_argument('--program', default=os.path.join(ROOT, 'build', 'reiter'))
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    if not os.path.exists(program):
        sys.exit('scripts/bench/run: %s is not there; scripts/build release makes it' % program)
    if hasattr(os, 'sched_setaffinity'):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.makedirs(OUTPUT, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        where = machine(program)
        found = measurements(program, options.only.split(','), folder)
        slow = set()
        for repeat in range(options.repeats + 1):  # the first one only warms up caches and compiled forms
            for m in found:
                if id(m) in slow or m.failure:
                    continue
                seconds = m.run(folder)
                if repeat == 0:
                    if seconds > SLOW and m.program.startswith('DOLFINx') and m.process:
                        m.forget()  # it may have compiled
                        seconds = m.run(folder)
                    if seconds > SLOW:
                        slow.add(id(m))
                    else:
                        m.forget()
            print('repeat %d of %d' % (repeat, options.repeats), file=sys.stderr)
        case = os.path.join(ROOT, 'input', 'reference_A.yaml')
        small = {'version': timed([program, '--version'], folder, 4 * options.repeats),
                 'cell': timed([program, 'run', case, '--quiet', '-s', 'cell.tolerance=1e-3', '--output', 'RESULTS'],
                               folder, 2 * options.repeats)}
    with open(os.path.join(OUTPUT, 'results.csv'), 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['potential', 'program', 'resolution', 'repeats', 'process_seconds', 'processor_seconds',
                         'solve_seconds', 'error'])
        for m in found:
            if m.process:
                writer.writerow([m.potential, m.program, m.resolution, len(m.process),
                                 '%.6f' % statistics.median(m.process), '%.6f' % statistics.median(m.cpu),
                                 '%.6f' % statistics.median(m.solve),
                                 '%.3e' % m.error])
    plot(found, os.path.join(OUTPUT, 'results.png'))
    with open(os.path.join(OUTPUT, 'README.md'), 'w', encoding='utf-8') as file:
        file.write(TEXT % {'repeats': options.repeats, 'slow': SLOW, 'machine': where, 'goals': goals(found, small)})
        for potential in options.only.split(','):
            file.write('\n## %s\n\n%s\n' % (TITLE[potential], table([m for m in found if m.potential == potential])))
    print(goals(found, small))


if __name__ == '__main__':
    main()
