"""Euler-Maruyama for the rugged pitchfork with one fast scale in numpy, vectorised over the paths: paths_numpy.py PATHS STEPS.
Prints RESULT, seconds of processor time, and the mean of x^2 over the paths at the end."""
import sys
import time

import numpy as np

paths, steps = (int(word) for word in sys.argv[1:])
alpha, s, epsilon, dt = -0.25, 0.1, 0.1, 5e-5
generator = np.random.Generator(np.random.SFC64(1))
x = np.full(paths, 0.5)
factor, wave = np.sqrt(2 * s * dt), 2 * np.pi / epsilon
started = time.process_time()
for _ in range(steps):
    y = wave * x
    x += dt * (x * (alpha - x * x + np.sin(y)) + 0.5 * wave * x * x * np.cos(y)) + factor * generator.standard_normal(paths)
print('RESULT %.6f %.6f' % (time.process_time() - started, np.mean(x * x)))
