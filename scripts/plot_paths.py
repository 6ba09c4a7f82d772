"""Pictures of `reiter paths` and `reiter estimate`: densities against the exact equilibrium, first passage times,
autocorrelations, means over time, single paths, and the diffusion coefficient that subsampling sees. Used by plot.py; the
functions take a run folder and give {name: figure}."""
import json
import os

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter

from plot_dynamics import BLUE, COLOURS, GREY, head
from plot_series import read_columns

MOST_PATHS = 8
MOST_POINTS = 4000


def read_results(folder):
    path = os.path.join(folder, "run.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def ensembles(folder):
    """[(ending of its files, name for people, its part of run.json)], the homogenized equation last."""
    found = []
    for part in read_results(folder).get("paths", {}).get("ensembles", []):
        e = part["epsilon"]
        found.append((f"epsilon_{e:g}" if e else "homogenized", f"$\\varepsilon$ = {e:g}" if e else "homogenized", part))
    return found


def tables(folder, kind):
    """[(ensemble, columns of kind_ENSEMBLE.csv)] as far as they are there."""
    read = [(one, read_columns(folder, f"{kind}_{one[0]}.csv")) for one in ensembles(folder)]
    return [(one, table) for one, table in read if table is not None]


def band(axes, x, mean, error, **style):
    axes.plot(x, mean, **style)
    axes.fill_between(x, mean - 2 * error, mean + 2 * error, color=style["color"], alpha=0.2, linewidth=0)


# ---- densities -------------------------------------------------------------------------------------------

def p_value(part):
    value = (part.get("histogram") or {}).get("p_value")
    return "" if value is None else f", $\\chi^2$: p = {value:.2g}"


def histogram_on_a_line(axes, one, table, limit):
    axes.fill_between(table["x"], table["density"], step="mid", color=BLUE, alpha=0.25, linewidth=0)
    axes.errorbar(table["x"], table["density"], 2 * table["density_error"], fmt=".", markersize=3, color=BLUE,
                  elinewidth=1, label="paths, two standard errors")
    if "exact" in table and np.isfinite(table["exact"]).any():
        axes.step(table["x"], table["exact"], where="mid", color="black", linewidth=1.2, label="equilibrium, cell by cell")
    if one[2]["epsilon"] and limit is not None:
        axes.step(limit["x"], limit["exact"], where="mid", color=COLOURS[1], linewidth=1.4, linestyle="--",
                  label="homogenized equilibrium")
    axes.set(xlabel="$x$", ylabel="density [1/length]", ylim=(0, None))
    axes.set_title(one[1] + p_value(one[2]), loc="left", fontsize=11)


def histogram_on_a_plane(figure, axes, one, table):
    x, y = np.unique(table["x"]), np.unique(table["y"])
    image = axes.pcolormesh(x, y, table["density"].reshape(len(y), len(x)), shading="nearest", cmap="viridis")
    figure.colorbar(image, ax=axes, pad=0.02).set_label("density [1/area]")
    if "exact" in table and np.isfinite(table["exact"]).any():
        axes.contour(x, y, table["exact"].reshape(len(y), len(x)), colors="white", linewidths=0.8)
    axes.set(xlabel="$x$", ylabel="$y$", aspect="equal")
    axes.set_title(one[1] + p_value(one[2]), loc="left", fontsize=11)


def draw_histograms(folder, title):
    found = [(one, t) for one, t in tables(folder, "histogram") if "z" not in t]
    if not found:
        return {}
    limit = next((t for one, t in found if not one[2]["epsilon"] and "exact" in t), None)
    columns = len(found) if len(found) < 4 else 2
    rows = -(-len(found) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(5.2 * columns + 0.8, 3.7 * rows + 0.7), squeeze=False)
    for axes in panels.flat[len(found):]:
        axes.set_visible(False)
    for axes, (one, table) in zip(panels.flat, found):
        if "y" in table:
            histogram_on_a_plane(figure, axes, one, table)
        else:
            histogram_on_a_line(axes, one, table, limit)
    if "y" not in found[0][1]:
        top = max(np.max(table["density"] + 2 * table["density_error"]) for _, table in found)
        for axes in panels.flat[:len(found)]:
            axes.set_ylim(0, 1.3 * top)  # room for the legend, one scale for all
        panels[0, 0].legend(fontsize=9, loc="upper center")
    head(figure, title, "density of the paths" + ("; white: the exact equilibrium" if "y" in found[0][1] else ""))
    return {"histogram": figure}


# ---- times -----------------------------------------------------------------------------------------------

def draw_passages(folder, title):
    found = tables(folder, "passage")
    if not found:
        return {}
    figure, axes = plt.subplots(figsize=(7, 4.6))
    for (one, table), colour in zip(found, COLOURS):
        part = one[2]["passage"]
        mean, error = part["mean"], part["standard_error"]
        kind = "mean"
        if mean is None:
            kind, mean, error = "mean, if exponential", part["exponential_mean"], part["exponential_standard_error"]
        note = "" if mean is None else f": {kind} {mean:.4g} $\\pm$ {error:.1g}"
        axes.step(table["time"], table["fraction"], where="post", color=colour, label=one[1] + note,
                  linestyle="-" if one[2]["epsilon"] else "--")
    axes.set(xlabel="time", ylabel="fraction of paths that arrived", ylim=(0, 1.02), xlim=(0, None))
    axes.legend(loc="lower right", fontsize=9)
    head(figure, title, "first passage times")
    return {"passage_times": figure}


def draw_autocorrelations(folder, title):
    found = tables(folder, "autocorrelation")
    if not found:
        return {}
    figure, axes = plt.subplots(figsize=(7, 4.6))
    for (one, table), colour in zip(found, COLOURS):
        part = one[2]["autocorrelation"]
        note = f": integrated time {part['integrated_time']:.4g} $\\pm$ {part['integrated_time_error']:.1g}"
        band(axes, table["lag"], table["autocorrelation"], table["autocorrelation_error"], color=colour,
             label=one[1] + note, linestyle="-" if one[2]["epsilon"] else "--")
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set(xlabel="lag", ylabel="autocorrelation", xlim=(0, None))
    axes.legend(fontsize=9)
    head(figure, title, "autocorrelation, with two standard errors")
    return {"autocorrelation": figure}


def draw_observables(folder, title):
    found = tables(folder, "observables")
    names = [n[:-6] for n in found[0][1] if n.endswith("_error")] if found else []
    if not names:
        return {}
    figure, panels = plt.subplots(1, len(names), figsize=(max(6.4, 4.6 * len(names)), 4.2), squeeze=False)
    for axes, name in zip(panels.flat, names):
        for (one, table), colour in zip(found, COLOURS):
            axes.errorbar(table["time"], table[name], 2 * table[name + "_error"], color=colour, marker="o", markersize=3,
                          linewidth=1.2, label=one[1], linestyle="-" if one[2]["epsilon"] else "--")
        axes.set(xlabel="time", ylabel=name.replace("_", " "))
    panels[0, 0].legend(fontsize=9)
    head(figure, title, "means over the paths, with two standard errors")
    return {"observables": figure}


# ---- single paths ----------------------------------------------------------------------------------------

def draw_trajectories(folder, title):
    found = [(one, os.path.join(folder, f"trajectories_{one[0]}.h5")) for one in ensembles(folder)]
    found = [(one, path) for one, path in found if os.path.exists(path)]
    if not found:
        return {}
    import h5py
    figure, panels = plt.subplots(len(found), 1, figsize=(8, 1 + 2.5 * len(found)), squeeze=False, sharex=True,
                                  sharey=True)
    for axes, (one, path) in zip(panels.flat, found):
        with h5py.File(path, "r") as file:
            time, x = np.array(file["time"]), np.array(file["x"])
        step = max(1, len(time) // MOST_POINTS)
        for k, colour in zip(range(min(len(x), MOST_PATHS)), COLOURS * 2):
            axes.plot(time[::step], x[k, ::step, 0], color=colour, linewidth=0.7)
        axes.set(ylabel="$x$", xlim=(time[0], time[-1]))
        axes.set_title(one[1], loc="left", fontsize=11)
    panels[-1, 0].set_xlabel("time")
    head(figure, title, "single paths" + (" (first component)" if x.shape[2] > 1 else ""))
    return {"trajectories": figure}


# ---- estimates -------------------------------------------------------------------------------------------

def estimates(folder):
    """[(name, part of run.json)]"""
    found = [(one[1], one[2]["estimate"]) for one in ensembles(folder) if "subsampling" in (one[2].get("estimate") or {})]
    own = read_results(folder).get("estimate")
    return found or ([("series", own)] if own and own.get("subsampling") else [])


def draw_estimates(folder, title):
    found = estimates(folder)
    if not found:
        return {}
    dim = len(found[0][1]["subsampling"][0]["D"])
    entries = [(i, j) for i in range(dim) for j in range(i, dim)]
    figure, panels = plt.subplots(1, len(entries), figsize=(max(7, 4.4 * len(entries)), 4.6), squeeze=False)
    for axes, (i, j) in zip(panels.flat, entries):
        for (name, part), colour in zip(found, COLOURS):
            delta, D, error = (np.array([f(e) for e in part["subsampling"]]) for f in (
                lambda e: e["delta"], lambda e: e["D"][i][j], lambda e: e["D_error"][i][j]))
            axes.errorbar(delta, D, 2 * error, fmt="o-", color=colour, markersize=4, linewidth=1.2, label=name)
        limits = found[0][1].get("limits") or {}
        for key, label, style in (("unhomogenized", "$s$, not homogenized", ":"), ("homogenized", "$sM$, homogenized", "--")):
            if key in limits:
                axes.axhline(limits[key][i][j], color="black", linestyle=style, linewidth=1.2, label=label)
        axes.set(xscale="log", xlabel=r"subsampling time $\delta$",
                 ylabel="estimated $D_{" + "xyz"[i] + "xyz"[j] + "}$" if dim > 1 else "estimated $D$")
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[0, 0].legend(fontsize=9)
    head(figure, title, "quadratic variation of subsampled paths, with two standard errors")
    return {"estimate": figure}


def draw_paths(folder, title):
    figures = {}
    for part in (draw_histograms, draw_passages, draw_autocorrelations, draw_observables, draw_estimates,
                 draw_trajectories):
        figures.update(part(folder, title))
    return figures
