"""Runs the cases of input/, draws them, and rewrites what stands between <!-- NAME --> and <!-- end --> in
docs/gallery.md. The environment variable REITER may name another program than build/reiter."""
import json
import os
import re
import shutil
import subprocess
import sys

import PIL.Image

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What a picture of a run may be called, the most telling one first.
FIRST = ('free_energy', 'effective', 'slices', 'eigenvalues')
# Cases whose answer is `reiter converge --in epsilon`.
STUDIES = ('example_14', 'epsilon_pitchfork')
# Sections that a verb of their own answers, and the pictures of it that are shown.
VERBS = {'transitions': ('branches', 'phases', 'exponents'),
         'paths': ('histogram', 'estimate', 'passage_times', 'autocorrelation', 'trajectories'),
         'greenkubo': ('greenkubo_force', 'greenkubo_momentum', 'thermal_force'),
         'estimate': ('estimate',)}
FIRST_OF_DYNAMICS = ('density', 'eigenfunctions', 'passage', 'relaxation', 'converge')
# Cases that get another picture than the first of these, and those that get an animation, with its times.
CHOSEN = {'disk_exit': 'passage', 'mueller_brown_dynamics': 'passage', 'three_wells': 'passage'}
ANIMATED = {'mueller_brown_dynamics': [0.003 * 1.15 ** k for k in range(58)]}
PAGE = os.path.join(ROOT, 'docs', 'gallery.md')
PROGRAM = os.environ.get('REITER', os.path.join(ROOT, 'build', 'reiter'))
FIGURES = os.path.join(ROOT, 'docs', 'figures')


def verb_of(name):
    """Which verb shows what the case is about."""
    with open(os.path.join(ROOT, 'input', name + '.yaml'), encoding='utf-8') as file:
        sections = re.findall(r'^(\w+):', file.read(), re.MULTILINE)
    return next((verb for verb in VERBS if verb in sections), 'converge' if name in STUDIES else 'run')


def run(name):
    """The results of a case, freshly computed."""
    case = os.path.join(ROOT, 'input', name + '.yaml')
    results = os.path.join(ROOT, 'results', name)
    shutil.rmtree(results, ignore_errors=True)
    study = name in STUDIES
    words = [verb_of(name), case] + (['--in', 'epsilon'] if study else [])
    subprocess.run([PROGRAM, *words, '--output', results, '--quiet'], check=True, stdin=subprocess.DEVNULL)
    subprocess.run([sys.executable, os.path.join(ROOT, 'scripts', 'plot.py'), results], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(results, 'converge.json' if study else 'run.json'), encoding='utf-8') as file:
        return results, json.load(file)


def keep(picture, name):
    """Puts a picture into docs/figures, small enough for a page; its name there."""
    os.makedirs(FIGURES, exist_ok=True)
    with PIL.Image.open(picture) as image:
        image = image.convert('RGB')
        image.thumbnail((1000, 1000), PIL.Image.LANCZOS)
        image.quantize(256).save(os.path.join(FIGURES, name + '.png'), optimize=True)
    return name + '.png'


def pictures(results, names):
    """Those that the run has."""
    return [f for f in names if f and os.path.exists(os.path.join(results, f + '.png'))]


def figure(results, name, dynamic=False):
    """The most telling picture of a run; its name in docs/figures."""
    found = pictures(results, (CHOSEN.get(name), *(FIRST_OF_DYNAMICS + FIRST if dynamic else FIRST)))
    if not found:
        sys.exit('scripts/gallery: no picture in ' + results)
    return keep(os.path.join(results, found[0] + '.png'), name)


def all_figures(results, name, title):
    """The lines that show every picture of a verb of its own: docs/figures/NAME_PICTURE.png."""
    return ['![%s: %s](figures/%s)' % (title, picture.replace('_', ' '),
                                       keep(os.path.join(results, picture + '.png'), name + '_' + picture))
            for picture in pictures(results, VERBS[verb_of(name)])]


def animation(results, name):
    """Another run at many times, for docs/figures/NAME.gif; the line that shows it, or none."""
    if name not in ANIMATED:
        return []
    moving = results + '_moving'
    shutil.rmtree(moving, ignore_errors=True)
    case = os.path.join(ROOT, 'input', name + '.yaml')
    times = 'evolve.times=[%s]' % ', '.join('%.3g' % t for t in ANIMATED[name])
    subprocess.run([PROGRAM, 'run', case, '--output', moving, '--quiet', '-s', times], check=True,
                   stdin=subprocess.DEVNULL)
    subprocess.run([sys.executable, os.path.join(ROOT, 'scripts', 'plot.py'), '--animate', moving], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.copyfile(os.path.join(moving, 'density.gif'), os.path.join(FIGURES, name + '.gif'))
    shutil.rmtree(moving)
    return ['', '![The density in time](figures/%s.gif)' % name]


def number(value):
    return '%.12g' % value


def vector(values):
    return '(' + ', '.join('%.4g' % v for v in values) + ')' if len(values) > 1 else '%.4g' % values[0]


def matrix(M):
    if len(M) == 1:
        return number(M[0][0])
    return '<br>'.join(' &nbsp; '.join(number(value) for value in row) for row in M)


def chosen(points, n=5):
    """All of a few points; else some of them, spread over the grid."""
    if len(points) <= n:
        return points
    return [points[(2 * i + 1) * len(points) // (2 * n)] for i in range(n)]


def width(point):
    """Relative width of the bracket, entry by entry against the diagonal."""
    M, lower, upper = point['M'], point['M_lower'], point['M_upper']
    return max((upper[i][i] - lower[i][i]) / M[i][i] for i in range(len(M)))


def dynamics(data):
    """What run.json says of the questions, as tables."""
    lines = []
    evolution, spectrum, passage = (data.get(key) for key in ('evolution', 'spectrum', 'passage'))
    if evolution:
        names = list(evolution['observables'])
        lines += ['| t | relative entropy | ' + ' | '.join(names) + ' |', '| --- ' * (len(names) + 2) + '|']
        for k, t in enumerate(evolution['times']):
            lines.append('| %g | %.6g | %s |' % (t, evolution['relative_entropy'][k],
                                                 ' | '.join(number(evolution['observables'][n][k]) for n in names)))
        lines.append('')
    if spectrum:
        lines += ['| eigenvalue | error | by |', '| --- | --- | --- |']
        for detail in spectrum['details']:
            if detail['value'] is None:
                lines.append('| unknown | | %s |' % detail.get('why_not', ''))
            elif detail['method'] != 'constant':
                lines.append('| %s | %.0e | %s |' % (number(detail['value']), detail['error'], detail['method']))
        lines.append('')
    for point in (passage or {}).get('points', []):
        lines += ['Mean first passage time from %s: %s, error %.0e.' % (
            vector(point['x']), number(point['mean_first_passage_time']), point['error']), '']
    if passage and 'committor' in passage:
        lines += ['Reaction rate: %s, error %.0e.' % (number(passage['committor']['reaction_rate']),
                                                      passage['committor']['error']), '']
    return lines


def study(data):
    """What converge.json says of a study in e."""
    lines = ['| | homogenized | ' + ' | '.join('difference at e = %g' % e for e in data['epsilon']) + ' | order |',
             '| --- ' * (len(data['epsilon']) + 3) + '|']
    for quantity in data['quantities']:
        lines.append('| %s | %s | %s | %s |' % (
            quantity['description'].replace('|', r'\|'), number(quantity['homogenized']),
            ' | '.join('%.3g' % value for value in quantity['differences']),
            '' if quantity['order'] is None else '%.2f' % quantity['order']))
    return lines + ['']


def shown(value, error=1e-14):
    """Zero, where the error leaves no digit."""
    return value if abs(value) > error else 0


def transitions(data):
    """What run.json says of equilibria and of where they change."""
    part = data['transitions']
    lines = ['| equilibrium | unstable directions | F |', '| --- | --- | --- |']
    for point in part['points']:
        lines.append('| %s | %d | %.12g |' % (vector([shown(v) for v in point['x']]), point['index'],
                                              shown(point['free_energy'])))
    events = part.get('events', []) + part.get('codimension_two', [])
    if events:
        lines += ['', '| transition | x | at | error |', '| --- | --- | --- | --- |']
    for event in events:
        kind = event['kind']
        if 'supercritical' in event:
            kind = ('supercritical ' if event['supercritical'] else 'subcritical ') + kind
        lines.append('| %s | %s | %s | %.0e |' % (kind, vector([shown(v) for v in event['x']]), ', '.join(number(shown(v, event['error'])) for v in event['at']),
                                                  event['error']))
    if part.get('intervals'):
        lines += ['', '| from | to | stable | unstable |', '| --- | --- | --- | --- |']
    for one in part.get('intervals', []):
        lines.append('| %.10g | %.10g | %d | %d |' % (shown(one['from']), shown(one['to']), one['stable'],
                                                     one['unstable']))
    laws = [('folds', part.get('exponents', []), part.get('limit'))]
    laws += [('branches at %s' % number(shown(law['at'][0])), law['exponents'], law.get('limit'))
             for law in part.get('branch_exponents', [])]
    for name, exponents, limit in laws:
        if not exponents:
            continue
        lines += ['', '| X | local exponent of the %s | error |' % name, '| --- | --- | --- |']
        seen = {e['X']: e for e in exponents}
        lines += ['| %g | %.6g | %.0e |' % (X, e['exponent'], e['exponent_error']) for X, e in sorted(seen.items())]
        if limit:
            lines.append('| to 0 | %.8g | %.0e |' % (limit['exponent'], limit['error']))
    return lines + ['']


def with_error(value, error):
    return '' if value is None else '%.5g &plusmn; %.1g' % (value, error)


def paths(data):
    """What run.json says of simulated paths, a column for each ensemble."""
    parts = data['paths']['ensembles']
    lines = ['| | ' + ' | '.join('e = %g' % p['epsilon'] if p['epsilon'] else 'homogenized' for p in parts) + ' |',
             '| --- ' * (len(parts) + 1) + '|']
    rows = [('paths, steps', ['%d, %d' % (p['count'], p['steps']) for p in parts])]
    for name in parts[0].get('observables', {}):
        rows.append(('mean of ' + name.replace('_', ' '),
                     [with_error(p['observables'][name]['mean'], p['observables'][name]['standard_error']) for p in parts]))
    if 'histogram' in parts[0]:
        rows.append(('p of the histogram', ['%.2g' % (p['histogram']['p_value'] or 0) for p in parts]))
    if 'passage' in parts[0]:
        means = [(p['passage']['mean'], p['passage']['standard_error']) if p['passage']['mean'] is not None else
                 (p['passage']['exponential_mean'], p['passage']['exponential_standard_error']) for p in parts]
        rows.append(('mean first passage time', [with_error(*mean) for mean in means]))
    if 'autocorrelation' in parts[0]:
        rows.append(('correlation time', [with_error(p['autocorrelation']['integrated_time'],
                                                     p['autocorrelation']['integrated_time_error']) for p in parts]))
    return lines + ['| %s | %s |' % (name, ' | '.join(values)) for name, values in rows] + ['']


def estimates(data):
    """What run.json says of subsampled paths: a column for each ensemble, or for the series."""
    parts = [('e = %g: D' % p['epsilon'] if p['epsilon'] else 'homogenized: D', p['estimate'])
             for p in data.get('paths', {}).get('ensembles', []) if (p.get('estimate') or {}).get('subsampling')]
    own = data.get('estimate') or {}
    parts = parts or ([('D', own)] if own.get('subsampling') else [])
    if not parts:
        return []
    lines = ['| subsampling time | ' + ' | '.join(name for name, _ in parts) + ' |', '| --- ' * (len(parts) + 1) + '|']
    for entries in chosen(list(zip(*(part['subsampling'] for _, part in parts)))):
        cells = [', '.join(with_error(e['D'][i][j], e['D_error'][i][j])
                           for i in range(len(e['D'])) for j in range(i, len(e['D']))) for e in entries]
        lines.append('| %.3g | %s |' % (entries[0]['delta'], ' | '.join(cells)))
    limits = parts[0][1].get('limits')
    if limits:
        lines += ['', 'Limits: %s at short times, %s homogenized.' % (matrix(limits['unhomogenized']),
                                                                     matrix(limits['homogenized']))]
    return lines + ['']


def green_kubo(data, results):
    """What run.json says of coefficients from molecular dynamics, and of the equations that they give."""
    part = data['greenkubo']
    rows = []
    thermal = part.get('thermal_force', {})
    for j, c in enumerate(thermal.get('coefficients', [])):
        rows.append(('c_%d of the thermal force' % (j + 1), with_error(c, thermal['coefficient_errors'][j]), ''))
    for key, symbol, names in (('force', 'theta', (('friction_scalar', 'friction theta/(m k_B T)'), ('D_scalar', 'D = (k_B T)^2/theta'))),
                               ('momentum', 'gamma', (('D_scalar', 'D = gamma/m^2'),))):
        curve = part.get(key)
        if not curve:
            continue
        rows.append((symbol, with_error(curve['scalar'], curve['scalar_error']) or 'none', curve['why']))
        if curve['has_plateau']:
            rows += [(title, with_error(curve[name], curve[name + '_error']), '') for name, title in names]
    if part['consistency'] is not None:
        rows.append(('gamma theta/(m k_B T)^2', with_error(part['consistency'], part['consistency_error']), ''))
    lines = ['| | | how |', '| --- | --- | --- |'] + ['| %s | %s | %s |' % row for row in rows]
    for name, equation in part['equations'].items():
        if equation.get('status') != 'ok':
            continue
        with open(os.path.join(results, name, 'run.json'), encoding='utf-8') as file:
            run = json.load(file)
        values = [(d['value'], d['error']) for d in (run.get('spectrum') or {}).get('details', []) if d['method'] != 'constant']
        for one in (run.get('kinetic') or {}).get('eigenvalues', []):
            lines += ['', '`%s.yaml`: the slowest mode decays at the rate %s, error %.0e.' % (name, number(one['gap']), one['gap_error'])]
        if values:
            lines += ['', '`%s.yaml`: eigenvalues %s.' % (name, ', '.join('%.6g (error %.0e)' % v for v in values))]
    return lines + ['']


def block(name):
    results, data = run(name)
    with open(os.path.join(ROOT, 'input', name + '.yaml'), encoding='utf-8') as file:
        case = ''.join(line for line in file if not line.startswith('#'))
    verb = verb_of(name)
    lines = ['[`input/%s.yaml`](../input/%s.yaml)' % (name, name), '', '```yaml', case.rstrip(), '```', '']
    if verb != 'run':
        lines += ['`build/reiter %s input/%s.yaml%s`' % (verb, name, ' --in epsilon' if name in STUDIES else ''), '']
    if verb in VERBS:
        if verb == 'transitions':
            words = transitions(data)
        elif verb == 'greenkubo':
            words = green_kubo(data, results)
        else:
            words = (paths(data) if verb == 'paths' else []) + estimates(data)
        return '\n'.join(lines + words + all_figures(results, name, data['title'])).rstrip()
    if 'effective' not in data:
        picture = '![%s](figures/%s)' % (data['title'], figure(results, name, dynamic=True))
        return '\n'.join(lines + (study(data) if name in STUDIES else dynamics(data)) + [picture] + animation(results, name))
    effective = data['effective']
    lines += ['| x | M | width of the bracket | log Z | free energy |', '| --- | --- | --- | --- | --- |']
    for point in chosen(effective['points']):
        lines.append('| %s | %s | %.0e | %s | %s |' % (vector(point['x']), matrix(point['M']), width(point),
                                                     number(point['log_Z']), number(point['free_energy'])))
    cells = effective['cells']
    points, solved = len(effective['points']), cells['solved']
    methods = list(dict.fromkeys(cells['method'].replace('_', ' ').split('+')))
    lines += ['', '%d point%s, %d cell%s solved by %s.' % (
        points, 's' if points > 1 else '', solved, 's' if solved > 1 else '', ', then '.join(methods))]
    lines += ['', '![%s](figures/%s)' % (data['title'], figure(results, name))]
    return '\n'.join(lines)


def main():
    with open(PAGE, encoding='utf-8') as file:
        page = file.read()
    names = re.findall(r'<!-- (\w+) -->', page)
    names = [name for name in names if name != 'end']
    missing = {f[:-5] for f in os.listdir(os.path.join(ROOT, 'input')) if f.endswith('.yaml')} - set(names)
    if missing:
        sys.exit('scripts/gallery: not in docs/gallery.md: ' + ', '.join(sorted(missing)))
    for name in sys.argv[1:] or names:
        text = block(name)
        page = re.sub(r'(<!-- %s -->\n).*?(<!-- end -->)' % name,
                      lambda match: match.group(1) + text + '\n' + match.group(2), page, count=1, flags=re.S)
        with open(PAGE, 'w', encoding='utf-8') as file:
            file.write(page)
        print(name)


if __name__ == '__main__':
    main()
