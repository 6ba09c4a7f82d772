"""Times evolutions, gaps and solves against other ways to get them and writes docs/benchmarks/dynamics.md.

  scripts/bench/dynamics [--repeats 3] [--program build/reiter]

Every figure is a median over the repeats, in which the programs take turns. "Inside" are the seconds that run.json gives
for the question alone (assembly apart); for the peers what they print.
"""
import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from page import OUTPUT, machine
from programs import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = '/usr/bin/python3'  # scipy belongs to Debian's Python

OU = {'dimension': 2, 'diffusion': {'log_weight': '-(x^2 + y^2)/2', 'tensor': 1},
      'domain': {'box': [[-4, 4], [-4, 4]], 'cells': [255, 255], 'scheme': 'monotone'},
      'evolve': {'initial': 'exp(-2*((x - 1)^2 + y^2))', 'times': [1], 'tolerance': 1e-8,
                 'observables': {'x': 'x', 'xx': 'x^2'}}, 'output': {'fields': []}}
WELL = {'dimension': 2, 'diffusion': {'log_weight': '-12*(x^2 - 1)^2 - 4*y^2', 'tensor': 1},
        'domain': {'box': [[-1.8, 1.8], [-2, 2]], 'cells': [128, 64], 'scheme': 'monotone'},
        'spectrum': {'count': 2}, 'output': {'fields': []}}
FLAT = {'dimension': 2, 'diffusion': {'log_weight': '-(x^2 + y^2)', 'tensor': 1},
        'domain': {'box': [[0, 1], [0, 1]], 'cells': [1024, 1024], 'order': 1,
                   'boundary': [['absorbing', 'reflecting'], 'reflecting']},
        'passage': {'from': [[1, 0]]}, 'output': {'fields': []}}


def changed(case, **sections):
    """A copy of a case with keys of its sections changed."""
    copy = json.loads(json.dumps(case))
    for section, keys in sections.items():
        copy[section] = {**copy.get(section, {}), **keys}
    return copy


class Way:
    """One way to get a number."""

    def __init__(self, name, argv, read):
        self.name, self.argv, self.read = name, argv, read
        self.inside, self.whole, self.values = [], [], None

    def run(self, folder):
        results = os.path.join(folder, 'results')
        shutil.rmtree(results, ignore_errors=True)
        start = time.perf_counter()
        done = subprocess.run(self.argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=dict(os.environ, OMP_NUM_THREADS='1'), check=False)
        if done.returncode:
            self.values = 'exit code %d: %s' % (done.returncode, done.stderr.strip().split('\n')[0])
            return
        self.whole.append(time.perf_counter() - start)
        seconds, self.values = self.read(done, results)
        self.inside.append(seconds)

    def row(self):
        if not self.inside:
            return '| %s | | | %s |' % (self.name, self.values)
        return '| %s | %.3f | %.3f | %s |' % (self.name, statistics.median(self.inside), statistics.median(self.whole),
                                               self.values)


def reiter(program, folder, name, case, question, read, *options):
    path = os.path.join(folder, name.replace(' ', '_').replace(',', '') + '.yaml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(''.join('%s: %s\n' % (key, json.dumps(value)) for key, value in case.items()))

    def from_json(done, results):
        with open(os.path.join(results, 'run.json'), encoding='utf-8') as file:
            data = json.load(file)
        seconds = data['seconds']
        return sum(seconds[part] for part in question), read(data)

    return Way(name, [program, 'run', path, '--quiet', '--output', os.path.join(folder, 'results'), *options], from_json)


def peer(name, argv):
    def from_line(done, results):
        words = [line for line in done.stdout.splitlines() if line.startswith('RESULT ')][-1].split()
        return float(words[1]), ' '.join(words[2:])
    return Way(name, argv, from_line)


def bare_petsc(folder):
    """The bare PETSc program, compiled here."""
    program = os.path.join(folder, 'poisson_petsc')
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'petsc'], capture_output=True, text=True,
                           check=True).stdout.split()
    subprocess.run(['mpicc', '-O2', os.path.join(HERE, 'poisson_petsc.c'), '-o', program, *flags, '-lm'], check=True)

    def from_line(done, results):
        words = [line for line in done.stdout.splitlines() if line.startswith('RESULT ')][-1].split()
        return float(words[1]) + float(words[2]), 'assembly %s s, solve %s s, %s iterations, %s' % tuple(words[1:])
    return Way('bare PETSc, conjugate gradients and BoomerAMG', [program, '1024'], from_line)


def groups(program, folder):
    observed = lambda data: 'x = %.12g, xx = %.12g' % tuple(v[-1] for v in data['evolution']['observables'].values())
    gap = lambda data: 'gap %s, error %s' % (data['spectrum']['gap'], data['spectrum']['gap_error'])
    passage = lambda data: 'u = %.12g' % data['passage']['mean_first_passage_time']
    cg = ('-passage_ksp_type', 'cg', '-passage_pc_type', 'hypre', '-passage_ksp_rtol', '1e-8', '-passage_estimate', '0')
    exact = 'exact: x = %.12g, xx = %.12g' % (math.exp(-1), 1 + math.exp(-2) * (0.25 + 1 - 1))
    return [
        ('Evolution: 256 x 256 nodes, T = 1, to 1e-8 (%s)' % exact, [
            reiter(program, folder, 'reiter', OU, ('evolve',), observed),
            reiter(program, folder, 'reiter, Chebyshev', changed(OU, evolve={'method': 'chebyshev'}), ('evolve',), observed),
            reiter(program, folder, 'reiter, Lanczos', changed(OU, evolve={'method': 'lanczos'}), ('evolve',), observed),
            reiter(program, folder, 'PETSc TS BDF (-evolve_method ts)',
                   changed(OU, evolve={'method': 'ts', 'positive': False}), ('evolve',), observed,
                   '-evolve_ts_type', 'bdf', '-evolve_ts_rtol', '1e-8', '-evolve_ts_atol', '1e-8'),
            peer('scipy expm_multiply', [PYTHON, os.path.join(HERE, 'expm_scipy.py'), '256'])]),
        ('Gap of a double well: 129 x 65 nodes', [
            reiter(program, folder, 'reiter, elimination', changed(WELL, spectrum={'method': 'elimination'}),
                   ('spectrum',), gap, '-spectrum_estimate', '0'),
            reiter(program, folder, 'SLEPc (-spectrum_method slepc)', changed(WELL, spectrum={'method': 'slepc'}),
                   ('spectrum',), gap, '-spectrum_estimate', '0')]),
        ('Gap of a double well: 1025 x 1025 nodes', [
            reiter(program, folder, 'reiter, elimination, a million nodes',
                   changed(WELL, domain={'cells': [1024, 1024]}, spectrum={'method': 'elimination'}), ('spectrum',), gap,
                   '-spectrum_estimate', '0')]),
        ('Assembly and one solve: 1024 x 1024 elements', [
            reiter(program, folder, 'reiter, mean exit time (three solves: refinement and error)', FLAT, ('domain', 'coefficients', 'diffusion', 'passage'),
                   passage, *cg),
            bare_petsc(folder)]),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--program', default=os.path.join(ROOT, 'build', 'reiter'))
    arguments = parser.parse_args()
    lines = ['# Evolutions, gaps and solves', '', 'Written by `scripts/bench/dynamics`. ' + __doc__.split('\n\n')[-1].strip(),
             '', 'Machine: ' + machine(arguments.program), '']
    with tempfile.TemporaryDirectory() as folder:
        for title, ways in groups(arguments.program, folder):
            for _ in range(arguments.repeats):
                for way in ways:
                    if not (way.whole and way.whole[0] > 60):
                        way.run(folder)
            lines += ['## ' + title, '', '| Way | Inside [s] | Whole process [s] | Result |', '| --- | --- | --- | --- |']
            lines += [way.row() for way in ways] + ['']
            print('\n'.join(lines[-len(ways) - 4:]), flush=True)
    with open(os.path.join(OUTPUT, 'dynamics.md'), 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    main()
