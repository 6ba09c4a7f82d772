"""M of input/map_2d.yaml at single points by the numpy Witten solver: map_witten.py X Y [X Y]..., RESULT M11 M12 M22 .."""
import sys

import numpy as np

from cell_witten import scalar_cells

x, y = np.array([float(word) for word in sys.argv[1:]]).reshape(-1, 2).T
slope = 1 + 0.3 * np.sin(x)
terms = [(slope, (1, 0), 0), (0.5 * slope, (0, 1), 0), (0.75 * (1 + 0.2 * np.cos(y)), (1, -1), 0)]
Z, K = scalar_cells(terms, 41, 2, 0.5, 1e-10)
M = (K / Z)[np.triu_indices(2)]
print('RESULT', *('%.16g' % m for m in M.T.ravel()))
