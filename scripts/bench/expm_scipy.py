"""The peer for evolutions: the two-point-flux graph of an Ornstein-Uhlenbeck process on an N x N grid, stepped to T = 1 by
scipy's expm_multiply.

  expm_scipy.py N   prints RESULT seconds mean_x second_moment_x
"""
import sys
import time

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import expm_multiply

n = int(sys.argv[1])
x = np.linspace(-4, 4, n)
h = x[1] - x[0]
half = np.ones(n)
half[[0, -1]] = 0.5
X, Y = np.meshgrid(x, x, indexing="ij")
log_w = lambda x, y: -(x**2 + y**2) / 2
mass = np.exp(log_w(X, Y)) * np.outer(half, half)
start = time.perf_counter()
across = np.exp(log_w(X[:-1] + h / 2, Y[:-1])) * half / h**2
along = np.exp(log_w(X[:, :-1], Y[:, :-1] + h / 2)) * half[:, None] / h**2
number = np.arange(n * n).reshape(n, n)
rows = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
columns = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
weights = np.concatenate([across.ravel(), along.ravel()])
W = sparse.coo_matrix((weights, (rows, columns)), shape=(n * n, n * n))
W = W + W.T
scale = sparse.diags(1 / np.sqrt(mass.ravel()))
S = (scale @ (sparse.diags(np.asarray(W.sum(axis=1)).ravel()) - W) @ scale).tocsr()
rho = np.exp(-2 * ((X - 1)**2 + Y**2))
rho /= (rho * np.outer(half, half)).sum()
g = (rho * np.outer(half, half) / np.sqrt(mass)).ravel()
g = expm_multiply(-S, g)
density = g * np.sqrt(mass).ravel()
seconds = time.perf_counter() - start
print(f"RESULT {seconds:.6f} {density @ X.ravel():.14g} {density @ X.ravel()**2:.14g}")
