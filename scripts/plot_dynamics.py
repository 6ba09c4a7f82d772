"""Pictures of what is asked of a diffusion: densities in time (with an animation), relaxation, eigenfunctions, passage
times. Used by plot.py; the functions take a run folder and give {name: figure}."""
import csv
import os
import xml.etree.ElementTree as xml

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import LogNorm, Normalize
from matplotlib.tri import Triangulation

AXES = "xyz"
BLUE, ORANGE, GREY = "#2a5d9f", "#d1731f", "0.55"
COLOURS = ["#2a5d9f", "#d1731f", "#3a8f5c", "#8d4a9a", "#b3343a", "#5d5d5d"]
TIMES = plt.get_cmap("viridis")
MOST_PANELS = 6
# Corners of the triangles that show a cell, by VTK's order of its corners.
PIECES = {3: [(0, 1, 2)], 4: [(0, 1, 2), (0, 2, 3)]}


# ---- reading ---------------------------------------------------------------------------------------------

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
            self.fields.append({a.get("Name"): self.shaped(self.item(a.find("DataItem"))) for a in grid.iter("Attribute")})
        for file in self.files.values():
            file.close()
        self.dim = len(self.axes) if self.axes else (2 if not np.ptp(self.x[:, 2]) else 3)

    def item(self, node):
        import h5py
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


# ---- drawing ---------------------------------------------------------------------------------------------

def time_label(t):
    return f"$t$ = {t:.4g}"


def draw_field(axes, series, values, norm, cmap):
    """Colours of one scalar field; the middle plane of a block."""
    if series.axes is not None:
        if series.dim == 3:
            values = values[len(series.axes[2]) // 2]
        image = axes.pcolormesh(series.axes[0], series.axes[1], np.ma.masked_invalid(values), norm=norm, cmap=cmap,
                                shading="gouraud", rasterized=True)
    else:
        image = axes.tripcolor(series.triangles(), values, norm=norm, cmap=cmap, shading="gouraud", rasterized=True)
    axes.set_xlabel("$x$")
    axes.set_ylabel("$y$")
    axes.set_aspect("equal")
    axes.grid(False)
    return image


def can_draw(series):
    """Tetrahedra and hexahedra have no picture here: ParaView has."""
    return series is not None and (series.axes is not None or series.dim == 2)


def panels_of(n, width=4.4, height=4.0):
    columns = min(n, 3)
    rows = -(-n // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(width * columns + 0.8, height * rows + 0.8), squeeze=False,
                                  sharex=True, sharey=True)
    for axes in panels.flat[n:]:
        axes.set_visible(False)
    return figure, list(panels.flat[:n])


def spread(n, most):
    return range(n) if n <= most else sorted({round(i * (n - 1) / (most - 1)) for i in range(most)})


def equilibrium(folder, series):
    """The density w / int w on the nodes of a line, from landscape.h5."""
    landscape = read_series(folder, "landscape")
    if landscape is None or series.dim != 1:
        return None
    log_w = landscape.fields[0]["log_w"]
    w = np.exp(log_w - log_w.max())
    x = series.axes[0]
    return w / np.sum((w[1:] + w[:-1]) / 2 * np.diff(x)) if w.shape == x.shape else None


def densities_on_a_line(folder, title, series):
    figure, axes = plt.subplots(figsize=(8, 5))
    n = len(series.times)
    rest = equilibrium(folder, series)
    if rest is not None:
        axes.plot(series.axes[0], rest, color="black", linestyle="--", linewidth=1.2, label="equilibrium", zorder=3)
    for k, t in enumerate(series.times):
        axes.plot(series.axes[0], series.fields[k]["rho"], color=TIMES(0.92 * k / max(n - 1, 1)), label=time_label(t))
    top = max(np.nanmax(f["rho"]) for f in series.fields[min(1, n - 1):])
    if rest is not None:
        top = max(top, rest.max())
    axes.set_ylim(min(0, min(np.nanmin(f["rho"]) for f in series.fields)), 1.08 * top)
    axes.set_xlabel("$x$")
    axes.set_ylabel(r"density $\rho$ [1/length]")
    axes.legend(ncol=2 if n > 6 else 1)
    figure.suptitle(f"{title}\ndensity in time")
    return figure


def norm_of_densities(values):
    """Logarithmic over the last four decades if the density spans many."""
    top = max(np.nanmax(values), 1e-300)
    return LogNorm(1e-4 * top, top)


def densities_on_a_plane(title, series):
    shown = spread(len(series.times), MOST_PANELS)
    figure, panels = panels_of(len(shown))
    for axes, k in zip(panels, shown):
        values = series.fields[k]["rho"]
        norm = norm_of_densities(values)
        image = draw_field(axes, series, np.maximum(values, norm.vmin), norm, "viridis")
        axes.set_title(time_label(series.times[k]))
        figure.colorbar(image, ax=axes, pad=0.02)
        draw_currents(axes, series, series.fields[k].get("current"))
    figure.suptitle(f"{title}\ndensity " + r"$\rho$ [1/volume], the last four decades at each time" +
                    (", on the middle plane" if series.dim == 3 else ""))
    return figure


def draw_currents(axes, series, current):
    if current is None or series.axes is None or series.dim != 2 or not np.abs(current).max() > 0:
        return
    step = [max(1, len(a) // 16) for a in series.axes]
    cut = np.s_[step[1] // 2::step[1], step[0] // 2::step[0]]
    axes.quiver(series.axes[0][step[0] // 2::step[0]], series.axes[1][step[1] // 2::step[1]], current[cut][..., 0],
                current[cut][..., 1], color="white", alpha=0.8, width=0.004)


def draw_densities(folder, title):
    series = read_series(folder, "density")
    if not can_draw(series):
        return {}
    if series.dim == 1:
        return {"density": densities_on_a_line(folder, title, series)}
    return {"density": densities_on_a_plane(title, series)}


def draw_relaxation(folder, title):
    """Distances to equilibrium and observables against time; straight lines are exponentials."""
    data = read_columns(folder, "observables.csv")
    if data is None or len(data["time"]) < 2:
        return {}
    t = data["time"]
    names = [name for name in data if name not in ("time", "mass", "minimum", "relative_entropy", "chi_square")]
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 7.5), sharex=True)
    for name, label, colour in (("relative_entropy", "relative entropy", BLUE), ("chi_square", r"$\chi^2$", ORANGE)):
        good = data[name] > 1e-30
        top.plot(t[good], data[name][good], "o-", color=colour, label=label, markersize=4)
    top.set_yscale("log")
    top.set_ylabel("distance from equilibrium")
    top.legend()
    for name, colour in zip(names, COLOURS):
        bottom.plot(t, data[name], "o-", color=colour, label=name, markersize=4)
    if names:
        bottom.legend()
    else:
        bottom.plot(t, data["mass"], "o-", color=GREY, label="mass", markersize=4)
        bottom.legend()
    bottom.set_ylabel("observables")
    bottom.set_xlabel("time")
    if t[t > 0].size > 2 and t[t > 0].max() > 50 * t[t > 0].min():
        bottom.set_xscale("log")
    figure.suptitle(f"{title}\nrelaxation")
    return {"relaxation": figure}


def draw_eigenfunctions(folder, title):
    series, table = read_series(folder, "eigenfunctions"), read_columns(folder, "spectrum.csv")
    if not can_draw(series) or table is None:
        return {}
    fields = series.fields[0]
    names = [name for name in sorted(fields, key=lambda n: int(n.split("_")[1]))
             if np.nanmax(fields[name]) - np.nanmin(fields[name]) > 1e-9 * np.nanmax(np.abs(fields[name]))]
    labels = {name: rf"$\lambda_{{{name.split('_')[1]}}}$ = {table['eigenvalue'][int(name.split('_')[1])]:.6g}"
              for name in names}
    if not names:
        return {}
    if series.dim == 1:
        figure, axes = plt.subplots(figsize=(8, 5))
        for name, colour in zip(names, COLOURS):
            axes.plot(series.axes[0], fields[name], color=colour, label=labels[name])
        axes.set_xlabel("$x$")
        axes.set_ylabel("eigenfunction $f$, largest value 1")
        axes.set_ylim(-1.15, 1.15)
        axes.legend()
    else:
        names = names[:MOST_PANELS]
        figure, panels = panels_of(len(names))
        for axes, name in zip(panels, names):
            image = draw_field(axes, series, np.clip(fields[name], -1, 1), Normalize(-1, 1), "RdBu_r")
            axes.set_title(labels[name])
        figure.colorbar(image, ax=panels, pad=0.02, aspect=30).set_label("$f$")
    figure.suptitle(f"{title}\nslow modes: eigenfunctions and rates")
    return {"eigenfunctions": figure}


def draw_passage(folder, title):
    series = read_series(folder, "passage")
    if not can_draw(series):
        return {}
    fields = series.fields[0]
    names = [name for name in ("log_mean_first_passage_time", "committor") if name in fields]
    titles = {"log_mean_first_passage_time": r"$\log_{10}$ of the mean first passage time", "committor": "committor"}
    figure, panels = plt.subplots(1, len(names), figsize=(6.4 * len(names), 5.6), squeeze=False)
    for axes, name in zip(panels[0], names):
        values = fields[name] / np.log(10) if name.startswith("log") else fields[name]
        values = np.where(np.isfinite(values) & (np.abs(values) < 1e300), values, np.nan)
        if series.dim == 1:
            axes.plot(series.axes[0], values, color=BLUE)
            axes.set_xlabel("$x$")
        else:
            norm = Normalize(0, 1) if name == "committor" else Normalize(*np.nanpercentile(values, (2, 100)))
            image = draw_field(axes, series, np.nan_to_num(values, nan=norm.vmin), norm,
                               "RdBu_r" if name == "committor" else "viridis")
            figure.colorbar(image, ax=axes, pad=0.02)
            plane = values[len(series.axes[2]) // 2] if series.dim == 3 else values
            if series.axes is not None and np.nanmax(plane) > np.nanmin(plane):
                levels = np.linspace(0.1, 0.9, 9) if name == "committor" else np.linspace(norm.vmin, norm.vmax, 10)
                axes.contour(series.axes[0], series.axes[1], plane, levels=levels, colors="black", linewidths=0.4)
        axes.set_title(titles[name])
    figure.suptitle(f"{title}\npassage")
    return {"passage": figure}


def animate_density(folder, title, path, frames=60):
    """A GIF through the output times, their densities blended in between; whether there was something to show."""
    series = read_series(folder, "density")
    if not can_draw(series) or len(series.times) < 2:
        return False
    figure, axes = plt.subplots(figsize=(6.4, 4.2 if series.dim == 1 else 5.4))
    values = [f["rho"] for f in series.fields]
    place = np.linspace(0, len(values) - 1, frames)

    def at(position):
        k = min(int(position), len(values) - 2)
        part = position - k
        return (1 - part) * values[k] + part * values[k + 1], (1 - part) * series.times[k] + part * series.times[k + 1]

    first, _ = at(0.0)
    if series.dim == 1:
        line, = axes.plot(series.axes[0], first, color=BLUE)
        axes.set_ylim(0, 1.08 * max(v.max() for v in values[1:]))
        axes.set_xlabel("$x$")
        axes.set_ylabel(r"density $\rho$")
        show = lambda v: line.set_ydata(v)
    else:
        norm = norm_of_densities(np.concatenate([v.ravel() for v in values[1:]]))
        image = draw_field(axes, series, np.maximum(first, norm.vmin), norm, "viridis")
        figure.colorbar(image, ax=axes, pad=0.02).set_label(r"density $\rho$")
        middle = lambda v: v[len(series.axes[2]) // 2] if series.dim == 3 else v
        show = lambda v: image.set_array(np.maximum(middle(v), norm.vmin).ravel())

    def draw(frame):
        blended, time = at(place[frame])
        show(blended)
        axes.set_title(f"{title}: {time_label(time)}", fontsize=10)

    FuncAnimation(figure, draw, frames=frames).save(path, writer=PillowWriter(fps=12), dpi=80)
    plt.close(figure)
    return True


def draw_dynamics(folder, title):
    figures = {}
    for part in (draw_densities, draw_relaxation, draw_eigenfunctions, draw_passage):
        figures.update(part(folder, title))
    return figures
