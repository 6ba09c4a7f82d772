"""Reads what reiter writes about a diffusion: fields over time (.xdmf with .h5) and tables (.csv)."""
import csv
import os
import xml.etree.ElementTree as xml

import numpy as np
from matplotlib.tri import Triangulation

# Corners of the triangles that show a cell, by VTK's order of its corners.
PIECES = {3: [(0, 1, 2)], 4: [(0, 1, 2), (0, 2, 3)]}


class Series:
    """Fields over time of one .xdmf file: times, and for each {name: values}, on a grid or on cells."""

    def __init__(self, path):
        self.folder = os.path.dirname(path)
        self.files = {}
        self.times, self.fields, self.axes, self.x, self.cells = [], [], None, None, None
        for grid in xml.parse(path).getroot().iter("Grid"):
            if grid.get("GridType") in ("Collection", "Tree"):
                continue
            time = grid.find("Time")
            self.times.append(float(time.get("Value")) if time is not None else 0.0)
            if self.axes is None and self.x is None:
                self.read_mesh(grid)
            self.fields.append({a.get("Name"): self.shaped(self.item(a.find("DataItem")))
                                for a in grid.iter("Attribute")})
        for file in self.files.values():
            file.close()
        self.dim = len(self.axes) if self.axes else (2 if not np.ptp(self.x[:, 2]) else 3)

    def item(self, node):
        import h5py  # plot.py says how to install it
        if node.get("Format") != "HDF":
            return np.array([float(word) for word in node.text.split()])
        name, dataset = node.text.strip().split(":", 1)
        if name not in self.files:
            self.files[name] = h5py.File(os.path.join(self.folder, name), "r")
        return self.files[name][dataset][()]

    def read_mesh(self, grid):
        topology, geometry = grid.find("Topology"), grid.find("Geometry")
        items = [self.item(node) for node in geometry.iter("DataItem")]
        if topology.get("TopologyType").startswith("3D"):
            self.axes = [a.ravel() for a in items if a.size > 1]
        else:
            self.x = items[0].reshape(-1, 3)
            self.cells = self.item(topology.find("DataItem")).astype(int)
            self.cells = self.cells.reshape(len(self.cells) if self.cells.ndim > 1 else
                                            int(topology.get("NumberOfElements")), -1)
            if self.cells.shape[1] == 2:  # a line of segments is a grid
                order = np.argsort(self.x[:, 0])
                self.axes, self.order = [self.x[order, 0]], order

    def shaped(self, values):
        """Grids as [z][y][x], cells as [node]; vectors keep their last axis."""
        if self.axes is None:
            n = len(self.x)
            return values.reshape(n) if values.size == n else values.reshape(n, -1)
        shape = tuple(len(a) for a in reversed(self.axes))
        if hasattr(self, "order"):
            values = values.reshape(len(self.order), -1)[self.order]
        return values.reshape(shape) if values.size == np.prod(shape) else values.reshape(shape + (-1,))

    def triangles(self):
        pieces = PIECES.get(self.cells.shape[1], [])
        return Triangulation(self.x[:, 0], self.x[:, 1], np.concatenate([self.cells[:, list(p)] for p in pieces]))


def read_series(folder, name):
    path = os.path.join(folder, name + ".xdmf")
    return Series(path) if os.path.exists(path) else None


def read_columns(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    if len(rows) < 2:
        return None
    return dict(zip(rows[0], np.array([[float(v or "nan") for v in row] for row in rows[1:]]).T))


def mode_numbers(fields):
    """[(number of the eigenvalue, name of its field)], those that are constant left out."""
    numbered = sorted((int(name.split("_")[1]), name) for name in fields)
    return [(k, name) for k, name in numbered if np.ptp(fields[name]) > 1e-9 * np.abs(fields[name]).max()]


def log_weight(folder, series):
    """log w less its maximum, on the nodes of a series; None if it was not written."""
    landscape = read_series(folder, "landscape")
    if landscape is None:
        return None
    log_w = landscape.fields[0]["log_w"]
    return log_w - log_w.max() if log_w.size == next(iter(series.fields[0].values())).size else None


def killed(folder):
    """Whether the mass of an evolution goes away through absorbing sides."""
    table = read_columns(folder, "observables.csv")
    return table is not None and abs(table["mass"][-1] - 1) > 1e-6
