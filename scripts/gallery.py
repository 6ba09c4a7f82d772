"""Runs the cases of input/, draws them, and rewrites what stands between <!-- NAME --> and <!-- end --> in
docs/gallery.md."""
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, 'docs', 'gallery.md')
FIGURES = os.path.join(ROOT, 'docs', 'figures')


def run(name):
    """The results of a case, freshly computed."""
    case = os.path.join(ROOT, 'input', name + '.yaml')
    results = os.path.join(ROOT, 'results', name)
    shutil.rmtree(results, ignore_errors=True)
    subprocess.run([os.path.join(ROOT, 'build', 'reiter'), 'run', case, '--output', results, '--quiet'],
                   check=True, stdin=subprocess.DEVNULL)
    subprocess.run([sys.executable, os.path.join(ROOT, 'scripts', 'plot.py'), results], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(results, 'run.json'), encoding='utf-8') as file:
        return results, json.load(file)


def figure(results, name):
    """Copies the picture of a run; the name it has in docs/figures, or None."""
    pictures = sorted(f for f in os.listdir(results) if f.endswith('.png'))
    if not pictures:
        return None
    os.makedirs(FIGURES, exist_ok=True)
    shutil.copyfile(os.path.join(results, pictures[0]), os.path.join(FIGURES, name + '.png'))
    return name + '.png'


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


def block(name):
    results, data = run(name)
    with open(os.path.join(ROOT, 'input', name + '.yaml'), encoding='utf-8') as file:
        case = ''.join(line for line in file if not line.startswith('#'))
    effective = data['effective']
    lines = ['[`input/%s.yaml`](../input/%s.yaml)' % (name, name), '', '```yaml', case.rstrip(), '```', '',
             '| x | M | width of the bracket | log Z | free energy |', '| --- | --- | --- | --- | --- |']
    for point in chosen(effective['points']):
        lines.append('| %s | %s | %.0e | %s | %s |' % (vector(point['x']), matrix(point['M']), width(point),
                                                     number(point['log_Z']), number(point['free_energy'])))
    cells = effective['cells']
    lines += ['', '%d point%s, %d cells solved by %s.' % (
        len(effective['points']), '' if len(effective['points']) == 1 else 's', cells['solved'],
        cells['method'].replace('+', ', then ').replace('_', ' '))]
    picture = figure(results, name)
    if picture:
        lines += ['', '![%s](figures/%s)' % (data['title'], picture)]
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
