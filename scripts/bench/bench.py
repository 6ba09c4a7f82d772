"""Runs reiter and its peers in turns on the reference potentials and writes docs/benchmarks.

  scripts/bench/run [--quick] [--repeats 3] [--only A,D] [--program build/reiter] [--output docs/benchmarks]

Every figure is a median over the rounds; in each round every program runs, so that a disturbance of the machine hits all of
them. docs/benchmarks says what is measured and how it is compared.
"""
import argparse
import os
import sys
import tempfile

import page
import targets
from programs import CORES, ROOT, measurements

# A run that takes longer than this is not repeated.
SLOW = 5.0


# DOLFINx starts and solves for the first time in less than this unless it compiles forms.
COMPILED = 2.5


def run_once(m, folder):
    """Seconds of a run; one that may have compiled its forms is done again."""
    seconds = m.run(folder)
    if m.program.startswith('DOLFINx') and not m.failure and len(m.process) == 1 and m.process[0] > COMPILED:
        m.process.clear()
        m.solve.clear()
        seconds = m.run(folder)
    return seconds


def rounds(found, folder, repeats):
    """All programs in turns."""
    slow = set()
    for repeat in range(repeats):
        for m in found:
            for _ in range(m.turns):
                if not m.failure and id(m) not in slow and run_once(m, folder) > SLOW:
                    slow.add(id(m))
        print('round %d of %d' % (repeat + 1, repeats), file=sys.stderr, flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    arguments.add_argument('--quick', action='store_true', help='one round, without the expensive resolutions')
    arguments.add_argument('--repeats', type=int, help='rounds, 3 (1 with --quick)')
    arguments.add_argument('--only', default='A,D,B,C', help='potentials, separated by commas')
    arguments.add_argument('--program', default=os.path.join(ROOT, 'build', 'reiter'))
    arguments.add_argument('--output', default=page.OUTPUT, help='folder for README.md, results.csv and results.png')
    options = arguments.parse_args()
    options.repeats = options.repeats or (1 if options.quick else 3)
    potentials = options.only.split(',')
    program = os.path.abspath(options.program)
    if not os.path.exists(program):
        sys.exit('scripts/bench/run: %s is not there; scripts/build release makes it' % program)
    if set(potentials) - set(page.TITLE):
        sys.exit('scripts/bench/run: the potentials are A, B, C and D')
    os.sched_setaffinity(0, {max(CORES)})
    with tempfile.TemporaryDirectory() as folder:
        where = page.machine(program)
        found, absent = measurements(program, potentials, folder, options.quick)
        rounds(found, folder, options.repeats)
        table = targets.judge(found, program, folder, potentials, options.repeats)
    page.write(os.path.abspath(options.output), found, absent, table, where, options, SLOW)
    print(table)


if __name__ == '__main__':
    main()
