"""Pictures of `reiter transitions`: branches of equilibria with their stability, phase diagrams in two parameters, local
exponents. Used by plot.py; the functions take a run folder and give {name: figure}."""
import json
import os
import re

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap

from plot_dynamics import BLUE, GREY, ORANGE, head
from plot_series import read_columns

STABLE, UNSTABLE = dict(color=BLUE, linewidth=2), dict(color=ORANGE, linewidth=1.4, linestyle=(0, (4, 2)))
MARKS = {"fold": ("s", "black"), "pitchfork": ("o", "white"), "transcritical": ("D", "white"),
         "cusp": ("^", "black"), "degenerate pitchfork": ("*", "white")}
FOLD, BRANCHING = 1, 2
GREEK = ("alpha", "beta", "gamma", "lambda", "kappa", "mu")


def read_results(folder):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
        return json.load(stream)["transitions"]


def names_of_parameters(folder):
    """As they are drawn: the names of the two parameters, from resolved.yaml."""
    with open(os.path.join(folder, "resolved.yaml"), encoding="utf-8") as stream:
        text = stream.read()
    section = re.search(r"^transitions:\n((?: .*\n)*)", text, re.MULTILINE)
    found = [re.search(r"^ +%s: *\"?(\w+)" % key, section.group(1) if section else "", re.MULTILINE)
             for key in ("parameter", "second")]
    names = [match.group(1) if match else key for match, key in zip(found, ("p", "q"))]
    return [rf"$\{name}$" if name in GREEK else "temperature $s$" if name == "temperature" else name for name in names]


def pieces(table, curve):
    """[(index, rows)] of one curve, cut where the index changes; neighbours share the point between them."""
    rows = np.flatnonzero(table["curve"] == curve)
    index = table["index"][rows]
    cuts = np.flatnonzero(np.diff(index)) + 1
    return [(index[a], rows[max(a - 1, 0):b]) for a, b in zip(np.r_[0, cuts], np.r_[cuts, len(rows)])]


def mark(axes, events, at, labelled):
    for event in events:
        kind = event["kind"]
        shape, face = MARKS.get(kind, ("o", "white"))
        x, y = at(event)
        axes.plot(x, y, shape, markersize=11 if shape == "*" else 6, markerfacecolor=face, markeredgecolor="black",
                  zorder=5, label=None if kind in labelled else kind)
        labelled.add(kind)


def draw_branches(folder, title):
    table = read_columns(folder, "branches.csv")
    if table is None:
        return {}
    p, events = names_of_parameters(folder)[0], read_results(folder)["events"]
    components = [c for c in "xyz" if c in table]
    figure, panels = plt.subplots(1, len(components), figsize=(5 * len(components) + 2, 4.8), squeeze=False)
    for k, (axes, name) in enumerate(zip(panels.flat, components)):
        labelled = set()
        for curve in np.unique(table["curve"]):
            for index, rows in pieces(table, curve):
                stable = index == 0
                word = "stable" if stable else "unstable"
                axes.plot(table["p"][rows], table[name][rows], label=None if word in labelled else word,
                          **(STABLE if stable else UNSTABLE))
                labelled.add(word)
        mark(axes, events, lambda e: (e["at"][0], e["x"][k]), labelled)
        axes.set(xlabel=p, ylabel=f"${name}$ of the equilibria")
    panels[0, 0].legend(fontsize=9, loc="best")
    head(figure, title, "equilibria of the free energy")
    return {"branches": figure}


def draw_map(figure, axes, table):
    """Numbers of equilibria and of wells among them, a colour for each pair that is met."""
    p, q = np.unique(table["p"]), np.unique(table["q"])
    pair = 1000 * table["points"] + table["minima"]
    met = np.unique(pair)
    number = np.searchsorted(met, pair).reshape(len(q), len(p))
    base = plt.get_cmap("viridis")(np.linspace(0.15, 0.95, max(len(met), 2)))[:len(met), :3]
    colours = ListedColormap(0.45 + 0.55 * base)
    image = axes.pcolormesh(p, q, number, cmap=colours, norm=BoundaryNorm(np.arange(len(met) + 1) - 0.5, len(met)),
                            shading="nearest")
    bar = figure.colorbar(image, ax=axes, ticks=range(len(met)), pad=0.02)
    words = lambda wells: f"{wells:.0f} well" + ("s" if wells != 1 else "")
    bar.ax.set_yticklabels([f"{words(value % 1000)} of {value // 1000:.0f}" for value in met])
    bar.set_label("wells, of so many equilibria")


def draw_phases(folder, title):
    table, curves = read_columns(folder, "phase_map.csv"), read_columns(folder, "phase_curves.csv")
    if table is None and curves is None:
        return {}
    p, q = names_of_parameters(folder)
    figure, axes = plt.subplots(figsize=(7.4, 5))
    if table is not None:
        draw_map(figure, axes, table)
    labelled = set()
    for curve in np.unique(curves["curve"]) if curves is not None else []:
        rows = curves["curve"] == curve
        fold = curves["kind"][rows][0] == FOLD
        word = "folds" if fold else "branch points"
        axes.plot(curves["p"][rows], curves["q"][rows], color="black" if fold else ORANGE, linewidth=1.8,
                  label=None if word in labelled else word)
        labelled.add(word)
    mark(axes, read_results(folder).get("codimension_two", []), lambda e: e["at"], labelled)
    axes.set(xlabel=p, ylabel=q)
    axes.legend(fontsize=9)
    head(figure, title, "phase diagram")
    return {"phases": figure}


def power_laws(run, p, q):
    """[(name, axis, X, distance, exponent, its error, limit)]: of the folds, and of one branch at each pitchfork."""
    laws = []
    ends = [e for e in run.get("codimension_two", []) if e["kind"] == "degenerate pitchfork"]
    if run.get("exponents") and ends:
        first = [e for e in run["exponents"] if e["curve"] == run["exponents"][0]["curve"]]
        rows = sorted((e["X"], abs(e["fold"] - ends[0]["at"][0]), e["exponent"], e["exponent_error"]) for e in first)
        laws.append((f"{p} of the folds", q, *np.array(rows).T, run.get("limit", {}).get("exponent")))
    for part in run.get("branch_exponents", []):
        rows = sorted((e["X"], e["distance"], e["exponent"], e["exponent_error"]) for e in part["exponents"])
        if rows:
            laws.append(("equilibria that leave the pitchfork", p, *np.array(rows).T,
                         (part.get("limit") or {}).get("exponent")))
    return laws


def draw_exponents(folder, title):
    laws = power_laws(read_results(folder), *names_of_parameters(folder))
    if not laws:
        return {}
    figure, panels = plt.subplots(len(laws), 2, figsize=(10.4, 4 * len(laws) + 0.4), squeeze=False)
    for (left, right), (name, axis, X, distance, exponent, error, limit) in zip(panels, laws):
        left.loglog(X, distance, "o-", color=BLUE, label=name)
        right.errorbar(X, exponent, error, fmt="o-", color=ORANGE)
        if limit is not None:
            left.loglog(X, distance[0] * (X / X[0]) ** limit, color=GREY, linestyle="--", label=f"slope {limit:.4g}")
            right.axhline(limit, color=GREY, linestyle="--")
        left.set(xlabel=f"$X$, relative distance of {axis}", ylabel="distance from the critical point")
        left.legend(fontsize=9)
        right.set(xscale="log", xlabel="$X$", ylabel="local exponent")
    head(figure, title, "power laws at critical points")
    return {"exponents": figure}


def draw_transitions(folder, title):
    figures = {}
    for part in (draw_branches, draw_phases, draw_exponents):
        figures.update(part(folder, title))
    return figures
