#!/usr/bin/env python3
"""Draws the results of a run folder: free energy, effective tensor, correctors; densities in time, relaxation, slow
modes, passage times; convergence; simulated paths, estimates from them; coefficients from molecular dynamics;
transitions; the kinetic equation.

usage: scripts/plot.py RUN_FOLDER [--output DIR] [--format png,pdf]
"""
import argparse
import csv
import itertools
import json
import os
import sys
import textwrap

PACKAGES = {"numpy": "python3-numpy", "matplotlib": "python3-matplotlib", "h5py": "python3-h5py"}
AXES = "xyz"


def stop(message):
    sys.exit(f"plot.py: {message}")


def stop_without(module):
    stop(f"needs the Python module {module}; on Debian: apt install {PACKAGES[module]} (this is {sys.executable})")


try:
    import numpy as np
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.collections import EllipseCollection
    from matplotlib.colors import ListedColormap, LogNorm, Normalize, SymLogNorm
    from matplotlib.ticker import MaxNLocator
except ImportError as missing:
    stop_without("numpy" if (missing.name or "").startswith("numpy") else "matplotlib")

STYLE = {
    "figure.constrained_layout.use": True, "figure.dpi": 100, "savefig.dpi": 160, "font.size": 11,
    "axes.titlesize": 12, "figure.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "0.9", "axes.axisbelow": True, "lines.linewidth": 1.8,
    "legend.frameon": False, "image.cmap": "viridis", "pdf.fonttype": 42,
}
BLUE, ORANGE, GREY = "#2a5d9f", "#d1731f", "0.55"
POINT_COLOURS = ["#2a5d9f", "#d1731f", "#3a8f5c", "#8d4a9a", "#b3343a", "#5d5d5d"]
ENERGY = "unit of the potential"
NOTHING = 1e-9  # an entry below this part of the largest one is round-off
PALE = ListedColormap(0.5 + 0.5 * plt.get_cmap("cividis")(np.linspace(0, 1, 256))[:, :3], "pale cividis")
ANISOTROPY = ListedColormap(plt.get_cmap("inferno")(np.linspace(0.0, 0.82, 256)), "dark inferno")


# ---- reading ---------------------------------------------------------------------------------------------

def tensor_columns(prefix, dim):
    """Columns of the upper triangle, as [i][j]."""
    name = lambda i, j: prefix + AXES[min(i, j)] + AXES[max(i, j)]
    return [[name(i, j) for j in range(dim)] for i in range(dim)]


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return np.nan


def read_table(path):
    """effective.csv as {name: array}."""
    with open(path, newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if len(rows) < 2:
        return None
    values = np.array([[number(entry) for entry in row] for row in rows[1:]])
    column = dict(zip(rows[0], values.T))
    dim = sum(axis in column for axis in AXES)
    points = {"x": np.stack([column[axis] for axis in AXES[:dim]], axis=-1)}
    for name in ("M", "M_lower", "M_upper"):
        names = tensor_columns(name + "_", dim)
        if names[0][0] in column:
            points[name] = np.stack([np.stack([column[c] for c in row], -1) for row in names], -2)
    for name in ("V0", "free_energy", "bound_lower", "bound_upper", "error"):
        if name in column:
            points[name] = column[name]
    return points


def read_points(entries):
    """The points of run.json in the form of read_table; what a point lacks is NaN."""
    if not entries:
        return None
    dim = len(entries[0]["x"])
    points = {"x": np.array([entry["x"] for entry in entries], float)}
    for name in ("M", "M_lower", "M_upper"):
        if name in entries[0]:
            points[name] = np.array([entry.get(name) or np.full((dim, dim), np.nan) for entry in entries], float)
    for name in ("V0", "free_energy", "bound_lower", "bound_upper", "error"):
        if name in entries[0]:
            points[name] = np.array([number(entry.get(name)) for entry in entries])
    return points


def read_fields(path, needed=True):
    """(coordinates per axis, {name: array [z][y][x]...}) of an .h5 file of reiter."""
    try:
        import h5py
    except ImportError:
        stop_without("h5py")
    try:
        with h5py.File(path, "r") as file:
            data = {name: dataset[()] for name, dataset in file.items() if isinstance(dataset, h5py.Dataset)}
    except OSError as error:
        stop(f"cannot read {path}: {error}")
    coordinates = [data.pop(axis) for axis in AXES if axis in data]
    if not coordinates and needed:
        stop(f"{path} has no coordinates x, y, z: it is no field file of reiter")
    return coordinates, data


def as_tensor(field, dim):
    """A field M of the file, padded to 3 x 3, as [...][dim][dim]."""
    if dim == 1:
        return field[..., None, None]
    return field.reshape(field.shape[:-1] + (3, 3))[..., :dim, :dim]


def grid_of(points):
    """Arranges points that fill a tensor grid as read_fields does; None if they do not."""
    x = points["x"]
    dim = x.shape[1]
    coordinates = [np.unique(x[:, c]) for c in range(dim)]
    if any(len(c) < 4 for c in coordinates) or np.prod([len(c) for c in coordinates]) != len(x):
        return None
    order = np.lexsort(x.T)
    shape = tuple(len(c) for c in reversed(coordinates))
    fields = {name: points[name][order].reshape(shape + points[name].shape[1:])
              for name in ("M", "free_energy") if name in points}
    return coordinates, fields


def has_dynamics(folder):
    return any(os.path.exists(os.path.join(folder, name)) for name in
               ("landscape.xdmf", "density.xdmf", "eigenfunctions.xdmf", "passage.xdmf", "observables.csv",
                "converge.csv"))


def has_sections(folder, *sections):
    """Whether one of these is in run.json: "paths" of reiter paths, "transitions" of reiter transitions, ..."""
    try:
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
            run = json.load(stream)
    except (OSError, ValueError):
        return False
    return any(section in run for section in sections)


def read_landscape(path):
    """Free energy and M = D/s of a box in the form of read_fields; None for meshes and without a temperature s."""
    coordinates, fields = read_fields(path, needed=False)
    if not coordinates or "free_energy" not in fields or not np.any(fields["log_w"]):
        return None
    F, log_w = fields["free_energy"], fields["log_w"]
    s = -F.flat[np.abs(log_w).argmax()] / log_w.flat[np.abs(log_w).argmax()]
    return coordinates, {"free_energy": F, "M": as_tensor(fields["D"], len(coordinates)) / s}


def read_run(folder):
    """(title, points or None, grid or None, correctors or None)"""
    if not os.path.isdir(folder):
        stop(f"there is no folder {folder}")
    inside = lambda name: os.path.join(folder, name)
    run = {}
    for name in ("run.json", "converge.json", os.path.join("level_0", "run.json")):  # the latter two are of reiter converge
        if not run and os.path.exists(inside(name)):
            try:
                with open(inside(name), encoding="utf-8") as stream:
                    run = json.load(stream)
            except ValueError as error:
                stop(f"{inside(name)} is not JSON: {error}")
    points = read_table(inside("effective.csv")) if os.path.exists(inside("effective.csv")) else None
    if os.path.exists(inside("run.json")):
        points = points or read_points((run.get("effective") or {}).get("points"))
    grid = None
    if os.path.exists(inside("effective.h5")):
        coordinates, fields = read_fields(inside("effective.h5"))
        if "M" in fields:
            fields["M"] = as_tensor(fields["M"], len(coordinates))
            unfinished = ~(np.trace(fields["M"], axis1=-2, axis2=-1) > 0)
            for name in ("M", "free_energy"):
                if name in fields:
                    fields[name][unfinished] = np.nan
        grid = coordinates, fields
    elif points:
        grid = grid_of(points)
    if not points and not grid and os.path.exists(inside("landscape.h5")):
        grid = read_landscape(inside("landscape.h5"))
    correctors = read_fields(inside("correctors.h5")) if os.path.exists(inside("correctors.h5")) else None
    if not points and not grid and not correctors and not has_dynamics(folder) and not has_sections(
            folder, "paths", "estimate", "greenkubo", "transitions", "kinetic"):
        stop(f"{folder} holds no results to draw (no effective.csv, no points in run.json, no effective.h5, "
             "no correctors.h5); make them with: reiter run CASE.yaml --output " + folder)
    return run.get("title") or os.path.basename(os.path.abspath(folder)), points, grid, correctors


# ---- drawing ---------------------------------------------------------------------------------------------

def head(figure, title, subtitle):
    """The title of the case, wrapped to the figure; a dollar sign is a dollar sign."""
    width = int(figure.get_figwidth() * 9)
    figure.suptitle("\n".join(textwrap.wrap(title, width)).replace("$", r"\$") + "\n" + subtitle)


def spans_decades(values, decades=2):
    values = values[np.isfinite(values)]
    return values.size > 0 and values.min() > 0 and values.max() > 10**decades * values.min()


def flat_limits(values):
    """Limits that do not blow round-off up to a picture."""
    low, high = np.nanmin(values), np.nanmax(values)
    margin = 5e-3 * max(abs(low), abs(high)) or 1.0
    return (low, high) if high - low > 1e-6 * max(abs(low), abs(high)) else (low - margin, high + margin)


def landscape_limits(values):
    """Limits of a free energy, and whether the top is cut off: a steep corner would leave no colour for the wells."""
    low, high = flat_limits(values)
    reach = np.nanpercentile(values, 75) - low
    return (low, low + 1.5 * reach, True) if high - low > 3 * reach > 0 else (low, high, False)


def positive_norm(values):
    if spans_decades(values):
        return LogNorm(np.nanmin(values), np.nanmax(values))
    return Normalize(*flat_limits(values))


def signed_norm(values, scale):
    """Symmetric about zero; round-off against `scale` stays pale."""
    sizes = np.abs(values)
    sizes = sizes[sizes > NOTHING * scale]
    if not sizes.size:
        return Normalize(-scale or -1.0, scale or 1.0)
    if np.median(sizes) < 1e-2 * sizes.max():
        return SymLogNorm(max(np.percentile(sizes, 10), 1e-4 * sizes.max()), vmin=-sizes.max(), vmax=sizes.max())
    return Normalize(-sizes.max(), sizes.max())


def set_plane(axes, x, y, names="xy"):
    lengths = np.ptp(x), np.ptp(y)
    if min(lengths) > 0 and max(lengths) < 5 * min(lengths):
        axes.set_aspect("equal")
    axes.set_xlabel(f"${names[0]}$")
    axes.set_ylabel(f"${names[1]}$")
    axes.grid(False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def draw_map(axes, x, y, values, norm, cmap, lines=8):
    """Colours with thin lines of equal value; linear norms only get lines when there is something to see."""
    image = axes.pcolormesh(x, y, values, norm=norm, cmap=cmap, shading="gouraud", rasterized=True)
    level = values if not isinstance(norm, LogNorm) else np.log10(values)
    if min(values.shape) > 2 and np.nanmax(level) - np.nanmin(level) > 1e-6 * np.nanmax(np.abs(level)) \
            and not isinstance(norm, SymLogNorm):
        axes.contour(x, y, level, levels=MaxNLocator(lines).tick_values(np.nanmin(level), np.nanmax(level)),
                     colors="white", linewidths=0.5, alpha=0.6, linestyles="solid")
    return image


def draw_line(title, points):
    """1-d: free energy with V0, and M(x) with its bracket."""
    order = np.argsort(points["x"][:, 0])
    x = points["x"][order, 0]
    get = lambda name: points[name][order].reshape(len(x)) if name in points else np.full(len(x), np.nan)
    M, lower, upper = get("M"), get("M_lower"), get("M_upper")
    marker = {"marker": "o", "markersize": 5} if len(x) <= 40 else {}
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 7.5), sharex=True)
    if np.isfinite(get("V0")).any():
        top.plot(x, get("V0"), color=GREY, linestyle="--", label="$V_0$, the slow part of the potential", **marker)
    top.plot(x, get("free_energy"), color=BLUE, label=r"$F = -s\,\log Z$, the free energy", **marker)
    top.set_ylabel(f"energy [{ENERGY}]")
    top.legend(loc="best")
    top.set_title("Free energy", loc="left")
    bottom.plot(x, M, color=ORANGE, label="$M$", **marker)
    if np.nanmax((upper - lower) / M, initial=0) > 2e-3:
        bottom.fill_between(x, lower, upper, color=ORANGE, alpha=0.25, linewidth=0, label="bracket of $M$")
        bottom.legend(loc="best")
    bottom.set_title("Effective diffusion coefficient (the diffusion tensor is $s M$)", loc="left")
    bottom.set_ylabel("$M$ [dimensionless]")
    bottom.set_xlabel("$x$")
    if spans_decades(M):
        bottom.set_yscale("log")
    elif np.isfinite(M).any():
        low, high = flat_limits(np.concatenate([M, lower, upper]))
        bottom.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    head(figure, title, "effective coefficients")
    return {"effective": figure}


def pick(coordinates, pitch):
    """Indices of nodes about a pitch apart, so far from the ends that nothing sticks out of the box."""
    last = len(coordinates) - 1
    every = max(1, int(np.ceil(pitch / np.median(np.diff(coordinates)) - 1e-9)))
    for count in range(last // every + 1, 0, -1):
        start = (last - (count - 1) * every) // 2
        if start >= 0.46 * every:
            return start + every * np.arange(count)
    return np.array([last // 2])


def add_ellipses(axes, x, y, M, n=13):
    """Ellipses whose half axes are the eigenvalues of M, none touching the next; coloured by anisotropy."""
    pitch = max(np.ptp(x), np.ptp(y)) / n
    ix, iy = pick(x, pitch), pick(y, pitch)
    centre = np.array([(x[i], y[j]) for j in iy for i in ix])
    tensors = np.array([M[j, i] for j in iy for i in ix])
    good = np.isfinite(tensors).all(axis=(1, 2))
    value, vector = np.linalg.eigh(np.where(good[:, None, None], tensors, np.eye(2)))
    value, vector, centre = value[good], vector[good], centre[good]
    if not len(value):
        return None, ""
    large, small = value[:, 1], np.maximum(value[:, 0], 1e-300)
    own_scale = large.max() > 30 * large.min()
    scale = large if own_scale else np.full(len(large), large.max())
    radius = 0.46 * min([np.min(np.diff(c[i])) for c, i in ((x, ix), (y, iy)) if len(i) > 1], default=pitch)
    thinnest = 0.04  # of the length: a line still shows its colour
    ellipses = EllipseCollection(2 * radius * large / scale, 2 * radius * np.maximum(small, thinnest * large) / scale,
                                 np.degrees(np.arctan2(vector[:, 1, 1], vector[:, 0, 1])), units="xy",
                                 offsets=centre, offset_transform=axes.transData,
                                 array=np.log10(large / small), cmap=ANISOTROPY, edgecolors="white", linewidths=0.5,
                                 zorder=3)
    ellipses.set_clim(0, max(np.log10(large / small).max(), 0.1))
    axes.add_collection(ellipses)
    return ellipses, ", each scaled by its larger eigenvalue" if own_scale else \
        f"; the largest half axis is the eigenvalue {large.max():.3g}"


def shape_of(x, y):
    """Height over width of a map."""
    ratio = np.ptp(y) / np.ptp(x) if np.ptp(x) > 0 else 1.0
    return ratio if 0.2 < ratio < 5 else 0.75


def draw_plane(title, grid):
    """2-d grid: the free energy with the ellipses of M; maps of the entries of M."""
    (x, y), fields = grid
    figures = {}
    if "free_energy" in fields and np.isfinite(fields["free_energy"]).any():
        figures["free_energy"] = draw_landscape(title, x, y, fields["free_energy"], fields.get("M"))
    if "M" in fields and np.isfinite(fields["M"]).any():
        figures["tensor"] = draw_entries(title, x, y, fields["M"])
    return figures


def draw_landscape(title, x, y, F, M):
    # Laid out by hand, in inches: the automatic layout cuts labels off beside two colour bars.
    width = min(7.0, 7.5 / shape_of(x, y))
    height, bars = width * shape_of(x, y), max(width * shape_of(x, y), 3.0)
    size = np.array([width + 3.4, bars + 1.7])
    figure = plt.figure(figsize=size, constrained_layout=False)
    place = lambda left, bottom, w, h: figure.add_axes(np.array([left, bottom, w, h]) / np.tile(size, 2))
    axes = place(0.8, 0.65 + (bars - height) / 2, width, height)
    subtitle = "free energy"
    F = np.ma.masked_invalid(F)
    low, high, cut = landscape_limits(F.compressed())
    levels = MaxNLocator(16).tick_values(low, high)
    image = axes.contourf(x, y, F, levels=levels, cmap=PALE, extend="max" if cut else "neither")
    if np.ptp(F.compressed()) > 0:
        axes.contour(x, y, F, levels=levels, colors="0.25", linewidths=0.35, alpha=0.6, linestyles="solid")
    set_plane(axes, x, y)
    figure.colorbar(image, cax=place(width + 1.0, 0.65, 0.2, bars)).set_label(f"free energy $F$ [{ENERGY}]")
    if M is not None:
        ellipses, note = add_ellipses(axes, x, y, M)
        subtitle += ", and $M$ as ellipses" + note
        if ellipses:
            figure.colorbar(ellipses, cax=place(width + 2.2, 0.65, 0.2, bars)).set_label(
                r"anisotropy of $M$: $\log_{10}(\lambda_{\max}/\lambda_{\min})$")
    head(figure, title, subtitle)
    return figure


def draw_entries(title, x, y, M):
    ratio = shape_of(x, y)
    wide = ratio < 0.6  # then one below the other
    width = 7.0 if wide else min(4.6, 7.0 / ratio)
    size = (width + 1.8, 3 * (width * ratio + 0.75) + 0.9) if wide else (3 * (width + 0.45), width * ratio + 2.1)
    figure, panels = plt.subplots(*((3, 1) if wide else (1, 3)), figsize=size, sharex=True, sharey=True)
    scale = np.nanmax(np.abs(M))
    for axes, (i, j) in zip(panels, ((0, 0), (0, 1), (1, 1))):
        name = f"$M_{{{AXES[i]}{AXES[j]}}}$"
        values = np.ma.masked_invalid(M[..., i, j])
        norm = positive_norm(values.compressed()) if i == j else signed_norm(values.compressed(), scale)
        image = draw_map(axes, x, y, values, norm, "viridis" if i == j else "RdBu_r")
        set_plane(axes, x, y)
        axes.label_outer()
        axes.set_title(name)
        if np.abs(values).max() < NOTHING * scale:
            axes.text(0.5, 0.5, "zero to round-off", transform=axes.transAxes, ha="center", va="center", color="0.4")
        figure.colorbar(image, ax=axes, orientation="vertical" if wide else "horizontal", pad=0.03,
                        aspect=20 if wide else 28).set_label(f"{name} [dimensionless]")
    head(figure, title, "entries of the effective tensor $M$ (the diffusion tensor is $s M$)")
    return figure


def label(x):
    return "(" + ", ".join(f"{value:.4g}" for value in x) + ")" if len(x) > 1 else f"$x$ = {x[0]:.4g}"


def draw_points(title, points):
    """Eigenvalues of M at each point with their brackets; in 2-d, for few points, the ellipses too."""
    good = np.isfinite(points["M"]).all(axis=(1, 2))
    if not good.any():
        stop("no point has a finished tensor M")
    points = {name: values[good] for name, values in points.items()}
    x, M = points["x"], points["M"]
    n, dim = x.shape
    few = dim == 2 and n <= len(POINT_COLOURS)
    figure, panels = plt.subplots(1, 2 if few else 1, figsize=(13 if few else 8.5, min(2.8 + 0.36 * max(n, 4), 14)),
                                  squeeze=False, gridspec_kw={"width_ratios": [1.5, 1]} if few else None)
    axes, rows = panels[0, 0], np.arange(n)
    eigenvalues = np.linalg.eigvalsh(M)
    if "bound_lower" in points and "bound_upper" in points:
        axes.barh(rows, points["bound_upper"] - points["bound_lower"], left=points["bound_lower"], height=0.7,
                  color="0.93", label=r"elementary bounds $1/(Z_1\hat Z_1) \leq \lambda \leq 1$")
    has_bracket = "M_lower" in points and "M_upper" in points
    for k in range(dim):
        colour = POINT_COLOURS[k]
        if has_bracket:
            low, high = (np.linalg.eigvalsh(np.nan_to_num(points[name], nan=0.0))[:, k] for name in ("M_lower", "M_upper"))
            error = np.maximum([eigenvalues[:, k] - low, high - eigenvalues[:, k]], 0)
            axes.errorbar(eigenvalues[:, k], rows, xerr=error, fmt="none", ecolor=colour, capsize=4, elinewidth=1.4)
        axes.plot(eigenvalues[:, k], rows, "o", color=colour, markersize=6 if n <= 40 else 3,
                  label=rf"$\lambda_{k + 1}$" if dim > 1 else "$M$")
    log = spans_decades(np.concatenate([eigenvalues.ravel(), points.get("bound_lower", eigenvalues[:, 0])]))
    axes.set_xscale("log" if log else "linear")
    if not log:
        axes.set_xlim(left=0)
    axes.set_ylim(n - 0.4, -0.6)
    if n <= 40:
        axes.set_yticks(rows, [label(point) for point in x])
        axes.set_ylabel("point " + ("(" + ", ".join(AXES[:dim]) + ")" if dim > 1 else ""))
    else:
        axes.set_ylabel("number of the point")
    axes.grid(False, axis="y")
    axes.set_xlabel("eigenvalues of $M$ [dimensionless]" if dim > 1 else "$M$ [dimensionless]")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.75 / axes.figure.get_figheight()), ncol=4)
    if few:
        draw_shapes(panels[0, 1], x, M)
    head(figure, title, "eigenvalues of the effective tensor $M$ (the diffusion tensor is $s M$)" +
         (", with brackets" if has_bracket else ""))
    return {"eigenvalues": figure}


def draw_shapes(axes, x, M):
    """The image of the unit circle under M, for each point."""
    turn = np.linspace(0, 2 * np.pi, 361)
    circle = np.array([np.cos(turn), np.sin(turn)])
    axes.plot(*circle, color=GREY, linestyle=":", linewidth=1.2, label="$M = I$ (flat)")
    for point, tensor, colour in zip(x, M, POINT_COLOURS):
        axes.plot(*(tensor @ circle), color=colour, label=label(point))
    set_plane(axes, [-1, 1], [-1, 1])
    axes.set_xlabel("$x$ direction")
    axes.set_ylabel("$y$ direction")
    axes.set_title("$M$ applied to the unit circle")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


def planes(coordinates):
    """(names, horizontal, vertical, index into [z][y][x], where) of the three middle planes."""
    x, y, z = coordinates
    mid = [len(c) // 2 for c in coordinates]
    return [("xy", x, y, np.s_[mid[2], :, :], f"$z$ = {z[mid[2]]:.4g}"),
            ("xz", x, z, np.s_[:, mid[1], :], f"$y$ = {y[mid[1]]:.4g}"),
            ("yz", y, z, np.s_[:, :, mid[0]], f"$x$ = {x[mid[0]]:.4g}")]


def draw_slices(title, coordinates, rows, subtitle):
    """3-d: every row is (values [z][y][x], values shown -> norm, colour map, label) on the middle planes."""
    figure, panels = plt.subplots(len(rows), 3, figsize=(13.5, 4.1 * len(rows) + 0.9), squeeze=False)
    for row, (values, norm_of, cmap, name) in zip(panels, rows):
        shown = np.concatenate([values[plane[3]].ravel() for plane in planes(coordinates)])
        norm = norm_of(shown[np.isfinite(shown)])
        for axes, (names, a, b, index, where) in zip(row, planes(coordinates)):
            image = draw_map(axes, a, b, np.ma.masked_invalid(values[index]), norm, cmap)
            set_plane(axes, a, b, names)
            axes.set_title(where)
        figure.colorbar(image, ax=row, pad=0.02, aspect=25).set_label(name)
    head(figure, title, subtitle)
    return figure


def draw_block(title, grid):
    """3-d grid: free energy, mean diffusivity and anisotropy on the middle planes."""
    coordinates, fields = grid
    rows = []
    if "free_energy" in fields:
        rows.append((fields["free_energy"], lambda shown: Normalize(*flat_limits(shown)), "cividis",
                     f"free energy $F$\n[{ENERGY}]"))
    if "M" in fields:
        M = fields["M"]
        mean = np.trace(M, axis1=-2, axis2=-1) / 3
        value = np.linalg.eigvalsh(np.where(np.isfinite(mean)[..., None, None], M, np.eye(3)))
        ratio = np.where(np.isfinite(mean), np.log10(value[..., 2] / np.maximum(value[..., 0], 1e-300)), np.nan)
        rows.append((mean, positive_norm, "viridis", "mean diffusivity tr$\\,M/3$\n[dimensionless]"))
        rows.append((ratio, lambda shown: Normalize(0, max(shown.max(), 0.1)), ANISOTROPY,
                     "anisotropy of $M$\n$\\log_{10}(\\lambda_{\\max}/\\lambda_{\\min})$"))
    return {"slices": draw_slices(title, coordinates, rows, "on the middle planes of the box")}


def corrector_name(name):
    """theta_2_x is the x corrector of scale 2."""
    parts = name.split("_")
    if parts[0] != "theta" or len(parts) not in (2, 3):
        return name.replace("_", " ")
    return (rf"$\theta_{{{parts[2]}}}$" if len(parts) == 3 else r"$\theta$") + f" of scale {parts[1]}"


def draw_correctors(title, correctors):
    """The correctors theta_j over one period."""
    coordinates, fields = correctors
    dim = len(coordinates)
    flat = {}
    for name, values in fields.items():  # a vector field holds one corrector a component
        if values.ndim > dim:
            flat.update({f"{name}_{AXES[c]}": values[..., c] for c in range(dim)})
        else:
            flat[name] = values
    subtitle = "correctors over one period of the cell"
    if not flat:
        stop("correctors.h5 holds no fields")
    if dim == 1:
        figure, axes = plt.subplots(figsize=(8, 5))
        for (name, values), colour in zip(flat.items(), POINT_COLOURS):
            axes.plot(coordinates[0], values, color=colour, label=corrector_name(name))
        axes.set_xlabel("position in the cell [periods]")
        axes.set_ylabel(r"$\theta$ [periods]")
        axes.legend()
        head(figure, title, subtitle)
        return {"correctors": figure}
    symmetric = lambda shown: Normalize(-np.abs(shown).max() or -1.0, np.abs(shown).max() or 1.0)
    if dim == 3:
        rows = [(values, symmetric, "RdBu_r", corrector_name(name)) for name, values in flat.items()]
        return {"correctors": draw_slices(title, coordinates, rows, subtitle + ", middle planes")}
    rows = -(-len(flat) // 2)
    figure, panels = plt.subplots(rows, 2, figsize=(11.5, 4.9 * rows + 0.6), squeeze=False, sharex=True, sharey=True)
    for axes, (name, values) in itertools.zip_longest(panels.flat, flat.items(), fillvalue=(None, None)):
        if name is None:
            axes.set_visible(False)
            continue
        image = draw_map(axes, *coordinates, np.ma.masked_invalid(values), symmetric(values[np.isfinite(values)]),
                         "RdBu_r", 12)
        set_plane(axes, *coordinates)
        axes.label_outer()
        axes.set_title(corrector_name(name))
        figure.colorbar(image, ax=axes, pad=0.02, aspect=25).set_label("periods")
    head(figure, title, subtitle)
    return {"correctors": figure}


def draw(title, points, grid, correctors):
    figures = {}
    dim = len(grid[0]) if grid else points["x"].shape[1] if points else 0
    if dim == 1 and points and len(points["x"]) > 2:
        figures = draw_line(title, points)
    elif grid and dim == 1:
        fields = dict(grid[1], x=grid[0][0][:, None])
        figures = draw_line(title, fields)
    elif grid and dim == 2:
        figures = draw_plane(title, grid)
    elif grid and dim == 3:
        figures = draw_block(title, grid)
    elif points and "M" in points:
        figures = draw_points(title, points)
    if correctors:
        figures.update(draw_correctors(title, correctors))
    return figures


def main():
    parser = argparse.ArgumentParser(description="Draws the results of a run folder of reiter.")
    parser.add_argument("folder", metavar="RUN_FOLDER")
    parser.add_argument("--output", metavar="DIR", help="where the pictures go (default: the run folder)")
    parser.add_argument("--format", metavar="LIST", default="png", help="png, pdf, svg; several with commas")
    parser.add_argument("--animate", action="store_true", help="density.gif too, one frame a time of evolve.times")
    arguments = parser.parse_args()
    formats = [name.strip().lower() for name in arguments.format.split(",") if name.strip()]
    for name in formats or [arguments.format]:
        if name not in ("png", "pdf", "svg"):
            stop(f"no format {name!r}: png, pdf or svg")
    run = read_run(arguments.folder)
    target = arguments.output or arguments.folder
    plt.rcParams.update(STYLE)
    figures = draw(*run)
    try:
        os.makedirs(target, exist_ok=True)
        if has_dynamics(arguments.folder):
            import plot_dynamics
            figures.update(plot_dynamics.draw_dynamics(arguments.folder, run[0]))
            if arguments.animate:
                path = os.path.join(target, "density.gif")
                if plot_dynamics.animate_density(arguments.folder, run[0], path):
                    print(path)
        if has_sections(arguments.folder, "paths", "estimate"):
            import plot_paths
            figures.update(plot_paths.draw_paths(arguments.folder, run[0]))
        if has_sections(arguments.folder, "greenkubo"):
            import plot_green_kubo
            figures.update(plot_green_kubo.draw_green_kubo(arguments.folder, run[0]))
        if has_sections(arguments.folder, "transitions"):
            import plot_transitions
            figures.update(plot_transitions.draw_transitions(arguments.folder, run[0]))
        if has_sections(arguments.folder, "kinetic"):
            import plot_kinetic
            figures.update(plot_kinetic.draw_kinetic(arguments.folder, run[0]))
        for name, figure in figures.items():
            for kind in formats:
                path = os.path.join(target, f"{name}.{kind}")
                figure.savefig(path)
                print(path)
    except OSError as error:
        stop(f"cannot write to {target}: {error.strerror}")


if __name__ == "__main__":
    main()
