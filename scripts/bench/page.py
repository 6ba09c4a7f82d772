"""Writes docs/benchmarks: README.md, results.csv and results.png."""
import csv
import os
import platform
import subprocess

from programs import ROOT

OUTPUT = os.path.join(ROOT, 'docs', 'benchmarks')
TITLE = {
    'A': 'A: two dimensions, one scale, s = 0.5',
    'D': 'D: two dimensions, one scale, s = 0.1',
    'B': 'B: three dimensions, one scale, s = 0.5',
    'C': 'C: two dimensions, two coupled scales, s = 0.7',
}
OURS = {'reiter': 'dimgrey', 'reiter, warm': 'black'}
TEXT = '''# Benchmarks

Written by `scripts/bench/run`%(how)s on %(machine)s

%(absent)s## Targets

%(targets)s

Ratios are of the seconds inside the programs at equal error, the largest relative error of the diagonal of M; the fourth
column takes all entries. A peer's time at an error is interpolated on its own curve, in the logarithms, between two
resolutions, and is that of the best of its elements; reiter's is that of the cheapest of its runs, at nine tolerances, that
meets the error, not interpolated; beside it stands the run whose tolerance was the error. Where a peer never gets there its last two resolutions are extrapolated, and the table says so. No figure of the table is typed in: every
figure comes from the run that wrote this page.

Where targets are missed: a cell of A costs 0.05 to 0.2 ms once the process is warm. In a fresh process the first plan of
FFTW costs 0.45 ms whatever it plans (its planner registers all its codelets), and first touches of memory most of the rest:
460 us of 870 by a clock around the first plan, 60 us for the potential's derivatives and program. Of a warm cell about a
third is FFTW's, a fifth the four passes of an iteration, a third the set-up of the cell (formula, exponentials, trial fields,
tails), by sampling of C. DOLFINx as it is run here is five to ten times faster than the script of earlier editions, from
which the targets were taken.

![Error against time](results.png)

## How the figures are made

The same cell problems, with the same energy, by

- reiter, which is given `cell.tolerance` and chooses method and resolution itself; its time includes the two-sided
  certificate, which no other has, so that its error is mostly far below what was asked;
- FreeFem++, periodic P1 and P2, sparse direct solver in two dimensions, conjugate gradients in three; energy as
  Z - f . t; for C the cell of the fast scale at every unknown of the slow cell;
- DOLFINx, Q2, Q4 and Q6, opposite unknowns identified; one compiled form from which matrix, loads, Z and energy follow,
  optimised for this processor; SuperLU in two dimensions, conjugate gradients with incomplete Cholesky in three. "Plain" is
  the script of earlier editions of this page, as one writes it first: a form for everything, default flags, T^T A T, more
  quadrature points. Its rows have no target: the fast one is the peer;
- SfePy, its Laplace term and periodic conditions; SuperLU, in three dimensions conjugate gradients with Jacobi, from SciPy;
- the scheme of Moulinec and Suquet with conjugate gradients, at most 4000 iterations, in numpy;
- the Witten form in numpy: reiter's own way to solve smooth cells, without its certificate and its engine.

"Inside" is, for "reiter", `effective.cells.seconds` of run.json: making and planning the cascade and all cells, in a fresh
process. "reiter, warm" is the library in a process that has solved the cell before (`cell_reiter.c`), every cascade with
handles, memory and plans of its own: the like of the Python peers, which solve once to warm up and then for 0.4 s or three
times, the median counts; imports, mesh, space, compiled forms and the pattern of the periodic matrix are not counted, ordering
and factorisation are. FreeFem++ counts the processor's time from mesh to tensor. What nobody's figure holds is reading the formula.
"Whole process" is from start to exit, for the Python peers to the first answer; forms that DOLFINx compiles are kept from a
run before.

All programs take turns, each pinned to one core with one thread; medians of %(repeats)d rounds (three runs of reiter a round),
one for what takes longer than %(slow).0f s. Maps and pairs of ranks are medians of %(extra)d runs, those with two ranks on two
cores, one and two in turns. The error of the map is that at four of its points against the numpy Witten solver on 41 x 41
points. What guards against a slower program from day to day is `tests/case/test_counts.py`: iterations and solved cells.
'''


def machine(program):
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        model = [line.split(':', 1)[1].strip() for line in file if line.startswith('model name')]
    with open('/etc/os-release', encoding='utf-8') as file:
        system = [line.split('=', 1)[1].strip().strip('"') for line in file if line.startswith('PRETTY_NAME')]
    with open('/proc/meminfo', encoding='utf-8') as file:
        memory = int(file.readline().split()[1]) / 2**20
    version = subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout.split('\n')[0]
    return '%s, %d cores, %.0f GB, %s, %s; %s. Load before the first run: %.1f.' % (
        model[0] if model else platform.machine(), os.cpu_count(), memory, ''.join(system), platform.machine(), version,
        os.getloadavg()[0])


def table(found):
    lines = ['| Program | Resolution | Inside [s] | Whole process [s] | Error, diagonal | Error, all entries |',
             '| --- | --- | --- | --- | --- | --- |']
    for m in found:
        if m.done:
            lines.append('| %s | %s | %.3g | %.3g | %.1e | %.1e |' % (
                m.program, m.resolution, m.median('solve'), m.median('process'), m.diagonal, m.entries))
        else:
            lines.append('| %s | %s | %s | | | |' % (m.program, m.resolution, m.failure or 'not run'))
    return '\n'.join(lines)


def plot(found, path):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    potentials = list(dict.fromkeys(m.potential for m in found))
    figure, grid = plt.subplots(2, -(-len(potentials) // 2), figsize=(10, 8), squeeze=False)
    names = list(dict.fromkeys(m.program for m in found))
    styles = {name: (plt.get_cmap('tab20')(i % 20), 'osD^vP*X<>'[i % 10]) for i, name in enumerate(names)}
    for axis, potential in zip(grid.ravel(), potentials):
        for name in names:
            mine = [m for m in found if (m.potential, m.program) == (potential, name) and m.done]
            colour, marker = styles[name]
            errors = [max(m.diagonal, 1e-13) for m in mine]
            bold = {'linewidth': 2.5, 'color': OURS[name]} if name in OURS else {'color': colour}
            axis.loglog([m.median('solve') for m in mine], errors, marker + '-', markersize=5, **bold)
            if name == 'reiter, warm':  # a process that solves again and again
                continue
            axis.loglog([m.median('process') for m in mine], errors, marker + ':', mfc='none', markersize=4, alpha=0.5,
                        **{**bold, 'linewidth': 1})
        axis.set_title(TITLE[potential], fontsize=10)
        axis.set_xlabel('seconds: solid inside, dotted whole process', fontsize=8)
        axis.set_ylabel('largest relative error of the diagonal of M', fontsize=8)
        axis.grid(True, which='major', alpha=0.3)
        axis.tick_params(labelsize=8)
    for axis in grid.ravel()[len(potentials):]:
        axis.set_visible(False)
    handles = [plt.Line2D([], [], color=OURS.get(n, styles[n][0]), marker=styles[n][1], label=n) for n in names]
    figure.legend(handles=handles, loc='lower center', ncol=5, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    figure.savefig(path, dpi=110)


def write(output, found, absent, targets, where, options, slow):
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, 'results.csv'), 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['potential', 'program', 'resolution', 'runs', 'inside_seconds', 'process_seconds', 'error_diagonal',
                         'error_entries'])
        for m in found:
            if m.done:
                writer.writerow([m.potential, m.program, m.resolution, len(m.solve), '%.4g' % m.median('solve'),
                                 '%.4g' % m.median('process'), '%.3e' % m.diagonal, '%.3e' % m.entries])
    plot(found, os.path.join(output, 'results.png'))
    gone = 'Not measured, because not installed: %s (`scripts/setup bench` installs them).\n\n' % ', '.join(absent)
    with open(os.path.join(output, 'README.md'), 'w', encoding='utf-8') as file:
        file.write(TEXT % {'how': ' --quick' if options.quick else '', 'machine': where, 'absent': gone if absent else '',
                           'targets': targets, 'repeats': options.repeats, 'extra': options.repeats, 'slow': slow})
        for potential in dict.fromkeys(m.potential for m in found):
            file.write('\n## %s\n\n%s\n' % (TITLE[potential], table([m for m in found if m.potential == potential])))
