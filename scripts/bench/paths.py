"""Times steps of simulated paths against numpy and plain C and writes docs/benchmarks/paths.md.

  scripts/bench/paths [--repeats 3] [--program build/reiter]

Euler-Maruyama for the rugged pitchfork, V = x^4/4 + x^2/8 - (x^2/2) sin(2 pi x/e), s = 0.1, e = 0.1, from x = 0.5 with steps of
5e-5. The figure is path-steps a second of the processor's time, the median over the repeats, in which the ways take turns; for
reiter the time of the whole process counts. The last column is the mean of x^2 at the end, which all ways must share.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile

from page import OUTPUT, machine
from programs import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = '/usr/bin/python3'  # numpy belongs to Debian's Python
DT = 5e-5
CASE = {'dimension': 1, 'temperature': 0.1,
        'potential': {'macro': 'x^4/4 + 0.25*x^2/2', 'micro': '-x^2/2*sin(2*pi*x1)'},
        'paths': {'epsilon': [0.1], 'step': DT, 'initial': 0.5, 'observables': {'square': 'x^2'}}}


class Way:
    """One way to take steps: millions of path-steps a second."""

    def __init__(self, name, paths, steps, argv):
        self.name, self.paths, self.steps, self.argv = name, paths, steps, argv
        self.rates, self.seconds, self.square = [], [], None

    def run(self, folder):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(self.argv, capture_output=True, text=True, check=True, cwd=folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        words = [line for line in done.stdout.splitlines() if line.startswith('RESULT ')]
        if words:
            seconds, self.square = (float(word) for word in words[-1].split()[1:])
        else:
            with open(os.path.join(folder, 'results', 'run.json'), encoding='utf-8') as file:
                self.square = json.load(file)['paths']['ensembles'][0]['observables']['square']['means'][-1]
        self.seconds.append(seconds)
        self.rates.append(self.paths * self.steps / seconds / 1e6)

    def row(self):
        return '| %s | %d x %d | %.2f | %.1f | %.3f |' % (
            self.name, self.paths, self.steps, statistics.median(self.seconds), statistics.median(self.rates), self.square)


def reiter(program, folder, name, paths, steps, **keys):
    path = os.path.join(folder, name.replace(' ', '_').replace(',', '') + '.yaml')
    time = steps * DT
    case = {**CASE, 'paths': {**CASE['paths'], 'count': paths, 'time': time, 'times': [time], **keys}}
    with open(path, 'w', encoding='utf-8') as file:
        file.write(''.join('%s: %s\n' % (key, json.dumps(value)) for key, value in case.items()))
    return Way(name, paths, steps, [program, 'paths', path, '--quiet', '--overwrite', '--output',
                                    os.path.join(folder, 'results')])


def ways(program, folder):
    plain = os.path.join(folder, 'plain')
    subprocess.run(['gcc', '-O3', '-march=native', '-ffast-math', os.path.join(HERE, 'paths_plain.c'), '-o', plain, '-lm'],
                   check=True)
    histogram = {'histogram': {'cells': 36}, 'box': [[-1.8, 1.8]], 'autocorrelation': {'of': 'x^2', 'until': 0.5},
                 'every': 100}
    return [reiter(program, folder, 'reiter', 4096, 40000),
            reiter(program, folder, 'reiter, with histogram and autocorrelation', 4096, 40000, **histogram),
            reiter(program, folder, 'reiter, second order', 4096, 40000, scheme='second_order'),
            reiter(program, folder, 'reiter, Leimkuhler-Matthews', 4096, 40000, scheme='leimkuhler_matthews'),
            reiter(program, folder, 'reiter, Metropolis', 4096, 40000, scheme='metropolis'),
            Way('numpy, all paths at once', 4096, 40000, [PYTHON, os.path.join(HERE, 'paths_numpy.py'), '4096', '40000']),
            Way('C, arrays of 256 paths, xorshift', 4096, 40000, [plain, 'arrays', '4096', '40000']),
            Way('C, one path after the other, rand()', 4096, 40000, [plain, 'loop', '4096', '40000'])]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--program', default=os.path.join(ROOT, 'build', 'reiter'))
    arguments = parser.parse_args()
    lines = ['# Steps of paths', '', 'Written by `scripts/bench/paths`. ' + __doc__.split('\n\n')[-1].strip(), '',
             'Machine: ' + machine(arguments.program) + ' Every program on one core of a machine that others use.', '',
             '| Way | Paths x steps | Processor time [s] | Million path-steps a second | Mean of x^2 |',
             '| --- | --- | --- | --- | --- |']
    with tempfile.TemporaryDirectory() as folder:
        found = ways(arguments.program, folder)
        for _ in range(arguments.repeats):
            for way in found:
                way.run(folder)
        billion = reiter(arguments.program, folder, 'reiter, 1e9 path-steps', 4096, 244141)
        billion.run(folder)
        lines += [way.row() for way in found + [billion]] + ['']
    lines += ['', 'reiter draws each noise from a counter, so that a path is the same to the bit on any number of ranks and after any',
              'interruption, tests at every step for paths that leave, and takes the potential as a formula; the others do none of',
              'that. C with a cheaper generator, fast mathematics and loops that vectorise is three times as fast. numpy takes its normals',
              'from SFC64 by the ziggurat method, which costs less than Philox and Box-Muller.', '']
    print('\n'.join(lines))
    with open(os.path.join(OUTPUT, 'paths.md'), 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    main()
