"""Writes the unit cube, n^3 cubes of six tetrahedra, as a Medit file for FreeFem++ (Debian's has no cube()).

Sides: 1 z=0, 2 z=1, 3 y=0, 4 y=1, 5 x=0, 6 x=1.
"""
import itertools
import sys

import numpy


def write_cube(path, n):
    index = numpy.arange((n + 1)**3).reshape(n + 1, n + 1, n + 1)  # z, y, x
    nodes = [(x / n, y / n, z / n) for z in range(n + 1) for y in range(n + 1) for x in range(n + 1)]
    tetrahedra = []
    for z, y, x in itertools.product(range(n), repeat=3):
        for order in itertools.permutations(range(3)):
            # One tetrahedron for each way from corner to corner (Kuhn): opposite sides get the same triangles.
            place = [x, y, z]
            corners = [index[z, y, x]]
            for axis in order:
                place[axis] += 1
                corners.append(index[place[2], place[1], place[0]])
            if sum(order[i] > order[j] for i in range(3) for j in range(i + 1, 3)) % 2:
                corners[2], corners[3] = corners[3], corners[2]
            tetrahedra.append(corners)
    triangles = []
    for side, (axis, value) in enumerate([(2, 0), (2, n), (1, 0), (1, n), (0, 0), (0, n)], start=1):
        first, second = [a for a in range(3) if a != axis]
        for a, b in itertools.product(range(n), repeat=2):
            place = [0, 0, 0]
            place[axis] = value
            corner = {}
            for da, db in itertools.product(range(2), repeat=2):
                place[first], place[second] = a + da, b + db
                corner[da, db] = index[place[2], place[1], place[0]]
            triangles.append((corner[0, 0], corner[1, 0], corner[1, 1], side))
            triangles.append((corner[0, 0], corner[1, 1], corner[0, 1], side))
    with open(path, 'w', encoding='ascii') as file:
        file.write('MeshVersionFormatted 2\nDimension 3\nVertices\n%d\n' % len(nodes))
        for node in nodes:
            file.write('%.17g %.17g %.17g 0\n' % node)
        file.write('Tetrahedra\n%d\n' % len(tetrahedra))
        for corners in tetrahedra:
            file.write('%d %d %d %d 0\n' % tuple(c + 1 for c in corners))
        file.write('Triangles\n%d\n' % len(triangles))
        for a, b, c, side in triangles:
            file.write('%d %d %d %d\n' % (a + 1, b + 1, c + 1, side))
        file.write('End\n')


if __name__ == '__main__':
    write_cube(sys.argv[1], int(sys.argv[2]))
