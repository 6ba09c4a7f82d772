"""What was promised of the speed, and what came out: ratios of times at equal error, from one run of the benchmark.

A peer's time at an error is read off its curve of time against error by interpolation in the logarithms between two of
its resolutions, the cheapest over its kinds of elements. reiter's is that of the cheapest run that meets the error, never
less. A peer that never gets there is extrapolated from its last two resolutions, and the table says so.
"""
import math
import os
import statistics
import subprocess
import time

from programs import CORES, HERE, PYTHON, input_file, run_reiter

MAP_POINTS = ((0, 0), (21, 9), (40, 55), (63, 63))  # numbers along x and y on the 64 x 64 grid


def curve(found, potential, program, error, what='solve'):
    """(error, seconds) of one program, falling errors against rising times; what costs more for less is left out."""
    points = sorted((m.median(what), max(getattr(m, error), 1e-16)) for m in found
                    if m.potential == potential and m.program == program and m.done)
    front = []
    for seconds, value in points:
        if not front or value < front[-1][0]:
            front.append((value, seconds))
    return front


def at(front, error):
    """(seconds, how) at an error on one curve; how: '', or 'extrapolated'."""
    for i, (value, seconds) in enumerate(front):
        if value <= error:
            if i == 0:
                return seconds, ''
            before, cheaper = front[i - 1]
            share = math.log(before / error) / math.log(before / value)
            return cheaper * (seconds / cheaper) ** share, ''
    if len(front) < 2:
        return None, 'not reached'
    (e1, t1), (e2, t2) = front[-2:]
    order = math.log(t2 / t1) / math.log(e1 / e2)
    return t2 * (e2 / error) ** order, 'extrapolated from %.1e' % e2


def belongs(program, family):
    """`FreeFem++ P2` is one of FreeFem++; `DOLFINx Q4 (plain)` is none of DOLFINx but one of `DOLFINx (plain)`."""
    plain = ' (plain)'
    name, wanted = program.replace(plain, ''), family.replace(plain, '')
    return program.endswith(plain) == family.endswith(plain) and (name + ' ').startswith(wanted + ' ')


def peer_time(found, potential, family, error, kind):
    """(seconds, program, how) of the fastest program of a family."""
    names = {m.program for m in found if belongs(m.program, family)}
    best = []
    for name in sorted(names):
        seconds, how = at(curve(found, potential, name, kind), error)
        if seconds is not None:
            best.append((how != '', seconds, name, how))
    return min(best)[1:] if best else None


def our_time(found, potential, error, kind, what='solve', program='reiter'):
    """Seconds of the cheapest run of reiter that meets the error."""
    times = [m.median(what) for m in found
             if m.potential == potential and m.program == program and m.done and getattr(m, kind) <= error]
    return min(times) if times else None


def asked(found, potential, error, program):
    """The seconds of the run whose tolerance is the error, in words: users do not know the error beforehand."""
    wanted = 'tolerance %.0e' % error
    times = [m.median('solve') for m in found if (m.potential, m.program) == (potential, program) and m.done
             and m.resolution.replace('e-', 'e-0') in (wanted, wanted.replace('e-', 'e-0'))]
    return '; asked for that, %s' % readable(times[0]) if times else ''


def readable(seconds):
    return '%.3g s' % seconds if seconds >= 1 else '%.3g ms' % (1e3 * seconds) if seconds >= 1e-3 else '%.3g us' % (1e6 * seconds)


class Table:
    """Rows: what, target, measured (by the diagonal), by all entries, met or missed."""

    def __init__(self):
        self.rows = []

    def add(self, what, target, measured, entries, met, extrapolated=False):
        verdict = {True: 'met', False: '**missed**', None: ''}[met]
        self.rows.append((what, target, measured, entries, verdict + (', extrapolated' if verdict and extrapolated else '')))

    def text(self):
        lines = ['| What | Target | Measured | Over all entries | |', '| --- | --- | --- | --- | --- |']
        return '\n'.join(lines + ['| %s | %s | %s | %s | %s |' % row for row in self.rows])


def add_ratio(table, found, potential, error, family, wanted, program='reiter, warm'):
    """A row `times faster than family at an error`; wanted None: for comparison only."""
    cells, ratio, extrapolated = [], None, False
    for kind in ('diagonal', 'entries'):
        ours, peer = our_time(found, potential, error, kind, program=program), peer_time(found, potential, family, error, kind)
        if ours is None or peer is None:
            cells.append('reiter does not reach it' if peer else '%s was not measured' % family)
            continue
        seconds, name, how = peer
        if kind == 'diagonal':
            ratio = seconds / ours
            extrapolated = bool(how)
            cells.append('%.3g (%s in %s against %s%s%s)' % (
                ratio, name, readable(seconds), readable(ours), asked(found, potential, error, program), ', ' + how if how else ''))
        else:
            cells.append('%.3g%s' % (seconds / ours, ' (%s)' % how if how else ''))
    met = None if wanted is None or 'was not measured' in cells[0] else ratio is not None and ratio >= wanted
    fresh = '' if program != 'reiter' else ', in a fresh process'
    table.add('%s to %.0e: times faster than %s%s' % (potential, error, family, fresh), 'at least %g' % wanted if wanted else '-',
              *cells, met, extrapolated)


def add_time(table, found, potential, error, limit, what, title):
    ours = [our_time(found, potential, error, kind, what) for kind in ('diagonal', 'entries')]
    texts = ['not reached' if t is None else readable(t) for t in ours]
    table.add('%s to %.0e, %s' % (potential, error, title), 'at most ' + readable(limit), *texts,
              ours[0] is not None and ours[0] <= limit)


def map_error(points):
    """Of the map's M at some points against the numpy Witten solver, in words."""
    chosen = [points[i + 64 * j] for i, j in MAP_POINTS]
    done = subprocess.run([PYTHON, os.path.join(HERE, 'map_witten.py'), *(str(c) for p in chosen for c in p['x'])],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return 'not checked (no SciPy)'
    exact = [float(word) for word in done.stdout.split()[1:]]
    ours = [p['M'][i][j] for p in chosen for i, j in ((0, 0), (0, 1), (1, 1))]
    return '%.0e' % max(abs(a / b - 1) for a, b in zip(ours, exact))


class Extra:
    """The measurements that are no curve: iterations, a cold cell, maps, two ranks, start-up."""

    def __init__(self, program, folder, potentials, repeats):
        self.program, self.folder, self.potentials, self.repeats = program, folder, potentials, repeats

    def cells(self, case, *words, **how):
        return run_reiter(self.program, self.folder, input_file(case), *words, **how)[1]['effective']

    def add_counts(self, table):
        for s, limit in (('0.5', 25), ('0.1', 60), ('0.05', 120)):
            data = self.cells('reference_A', '-s', 'cell.tolerance=1e-6', '-s', 'temperature=' + s)['cells']
            each = data['iterations_mean'] / 4
            table.add('iterations a right-hand side, A at s = %s to 1e-6 (all in run.json / 4)' % s, 'at most %d' % limit,
                      '%.3g' % each, '', each <= limit)
        value = self.cells('reference_A', '-s', 'cell.tolerance=1e-9', '-s', 'temperature=0.05')['points'][0]['M'][0][0]
        error = abs(value / 1.96150182664e-11 - 1)
        table.add('relative error of M_11, A at s = 0.05', 'at most 1e-9', '%.1e' % error, '', error <= 1e-9)

    def add_maps(self, table, found):
        maps = [self.cells('map_2d') for _ in range(self.repeats)]
        seconds = [m['cells']['seconds'] for m in maps]
        table.add('map of M over 64 x 64 points to 1e-8', 'at most 2 s', readable(statistics.median(seconds)) +
                  ', error at four points ' + map_error(maps[-1]['points']), '', statistics.median(seconds) <= 2)
        small = statistics.median(self.cells('map_2d', '-s', 'effective.grid.cells=15', '-s', 'cell.tolerance=1e-6')
                                  ['cells']['seconds'] for _ in range(self.repeats)) / 256
        peer = peer_time(found, 'A', 'DOLFINx', 1e-6, 'diagonal')
        table.add('one cell to 1e-6, of 256 in a map of 16 x 16 points', '-', readable(small) + (
            '; %.3g times faster than %s on A' % (peer[0] / small, peer[1]) if peer else ''), '', None)

    def add_deep(self, table):
        """Cascades that no product grid of the peers reaches."""
        for title, case, tolerance, limit in (('N = 3, d = 2, fully coupled', 'three_scales_coupled_2d', '1e-8', 60),
                                              ('N = 2, d = 3, coupled', 'two_scales_3d', '1e-6', None)):
            data = self.cells(case, '-s', 'cell.tolerance=' + tolerance)
            seconds, error = data['cells']['seconds'], data['points'][0]['error']
            table.add('%s, to %s on one core' % (title, tolerance), 'at most %s' % readable(limit) if limit else '-',
                      '%s, %d cells, bracket %.1e wide' % (readable(seconds), data['cells']['solved'], error), '',
                      seconds <= limit and error <= float(tolerance) if limit else None)

    def add_ranks(self, table):
        for title, case, words in (('C to 1e-8', 'coupled_2d', ('-s', 'cell.tolerance=1e-8')), ('the map', 'map_2d', ()),
                                   ('N = 3', 'three_scales_coupled_2d', ())):
            if len(CORES) < 2 or (case == 'coupled_2d' and 'C' not in self.potentials):
                table.add('2 ranks against 1: ' + title, 'at least 1.8', 'one core only' if len(CORES) < 2 else 'left out', '',
                          None)
                continue
            times = {1: [], 2: []}
            for _ in range(self.repeats):
                for ranks in times:
                    launcher = ('mpiexec', '--bind-to', 'none', '-n', '2') if ranks == 2 else ()
                    times[ranks].append(self.cells(case, *words, launcher=launcher, cores=CORES)['cells']['seconds'])
            one, two = (statistics.median(times[ranks]) for ranks in (1, 2))
            table.add('2 ranks against 1: ' + title, 'at least 1.8', '%.3g (%s against %s)' % (
                one / two, readable(two), readable(one)), '',
                      one / two >= 1.8 if case != 'three_scales_coupled_2d' else None)

    def add_start(self, table):
        version, small = [], []
        for _ in range(4 * self.repeats):
            start = time.perf_counter()
            subprocess.run([self.program, '--version'], stdin=subprocess.DEVNULL, capture_output=True, check=True)
            version.append(time.perf_counter() - start)
            small.append(run_reiter(self.program, self.folder, input_file('reference_A'), '-s', 'cell.tolerance=1e-3')[0])
        for title, limit, times in (('`reiter --version`', 0.03, version), ('a run of one small cell, whole process', 0.15, small)):
            table.add(title, 'at most ' + readable(limit), readable(statistics.median(times)), '',
                      statistics.median(times) <= limit)


def judge(found, program, folder, potentials, repeats):
    """The table of targets. Runs what the curves do not hold."""
    table, extra = Table(), Extra(program, folder, potentials, repeats)
    ratios = (('A', 1e-6, 'DOLFINx', 100), ('A', 1e-6, 'DOLFINx (plain)', None), ('A', 1e-6, 'FreeFem++ P2', 2000),
              ('A', 1e-6, 'Witten, numpy', None), ('A', 1e-9, 'DOLFINx', 150), ('A', 1e-9, 'DOLFINx (plain)', None),
              ('D', 1e-6, 'DOLFINx', 50), ('D', 1e-6, 'DOLFINx (plain)', None), ('B', 1e-6, 'DOLFINx', 1000),
              ('C', 1e-4, 'FreeFem++', 5000), ('C', 1e-4, 'Moulinec-Suquet, numpy', None))
    for ratio in ratios:
        if ratio[0] in potentials:
            add_ratio(table, found, *ratio)
            if ratio[3]:
                add_ratio(table, found, *ratio[:3], None, 'reiter')
        if ratio[:3] == ('A', 1e-9, 'DOLFINx') and 'A' in potentials:
            add_time(table, found, 'A', 1e-9, 0.08, 'process', 'whole process')
    if 'C' in potentials:
        add_time(table, found, 'C', 1e-8, 0.01, 'solve', 'cells')
    extra.add_counts(table)
    extra.add_maps(table, found)
    extra.add_deep(table)
    extra.add_ranks(table)
    extra.add_start(table)
    return table.text()
