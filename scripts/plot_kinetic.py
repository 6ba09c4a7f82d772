"""Draws what reiter writes about the kinetic equation: diffusion, the slowest eigenvalue and the spectrum against friction;
densities in phase space, means, mass and entropy over time."""
import json
import os

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm

from plot import BLUE, GREY, ORANGE, POINT_COLOURS
from plot_dynamics import head, spread, time_label
from plot_series import read_series

MOST_PANELS, MOST_FRICTIONS = 6, 4
TRIANGLE = [(0, 0, "xx"), (0, 1, "xy"), (1, 1, "yy")]


def draw_kinetic(folder, title):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
        run = json.load(stream)
    k = run["kinetic"]
    several = len(k["frictions"]) > 1
    figures = {}
    if "diffusion" in k and several:
        figures["kinetic_diffusion"] = draw_diffusion(k, title)
    if "eigenvalues" in k:
        if several:
            figures["kinetic_turnover"] = draw_turnover(
                k, two_wells(folder, k["mass"], k["friction_tensor"] == "plain"), title)
        if max(len(entry["values"]) for entry in k["eigenvalues"]) > 3:
            figures["kinetic_spectrum"] = draw_spectrum(k, title)
    if "evolution" in k:
        figures.update(draw_phase(folder, title))
        figures["kinetic_means"] = draw_means(k["evolution"], title)
    return figures


# ---- against friction ------------------------------------------------------------------------------------

def note(axes, text):
    axes.text(0.02, 0.03, text, color=GREY, transform=axes.transAxes, va="bottom", fontsize=9)


def draw_diffusion(k, title):
    order = np.argsort(k["frictions"])
    g, D, error = (np.array(k[name], float)[order] for name in ("frictions", "diffusion", "diffusion_errors"))
    unit = k["mass"] * g
    figure, axes = plt.subplots(figsize=(7, 4.5))
    if D.ndim == 1:
        curves = [("kinetic equation", D, error)]
    else:
        curves = [(f"$m g D_{{{name}}}$", D[:, i, j], error[:, i, j]) for i, j, name in TRIANGLE]
    for (name, values, errors), colour in zip(curves, POINT_COLOURS):
        axes.errorbar(g, unit * values, unit * errors, fmt="o-", color=colour, markersize=5, label=name)
    limit = k.get("overdamped", {}).get("mass_friction_diffusion")
    if limit is not None:
        axes.axhline(limit, color=ORANGE, linestyle="--", label="limit of large friction")
    axes.set_xscale("log")
    axes.set_ylim(bottom=min(0, 1.1 * min((unit * values).min() for _, values, _ in curves)))
    axes.set_xlabel("friction $g$ [1/time]")
    axes.set_ylabel("$m g D$ [unit of the potential]")
    axes.legend(loc="lower right" if D.ndim == 1 else "center right")
    diagonal = D if D.ndim == 1 else np.sqrt(D[:, [0, 0, 1], [0, 0, 1]] * D[:, [0, 1, 1], [0, 1, 1]])
    spoken = error if D.ndim == 1 else error[:, [0, 0, 1], [0, 1, 1]]
    note(axes, f"largest relative error {np.max(spoken / diagonal):.0e}")
    head(figure, title, "effective diffusion over many periods")
    return figure


def read_wells(folder):
    """(s, x, log w, D) of a line with two wells between walls: where its gap is a rate; None for all others."""
    landscape = read_series(folder, "landscape")
    if landscape is None or landscape.axes is None or len(landscape.axes) > 1:
        return None
    (x,), fields = landscape.axes, landscape.fields[0]
    log_w, F, D = (fields[name].ravel() for name in ("log_w", "free_energy", "D"))
    inner = log_w[1:-1]
    tops = np.flatnonzero((inner > log_w[:-2]) & (inner >= log_w[2:])) + 1
    if len(tops) != 2 or log_w[0] > log_w[tops].min() or log_w[-1] > log_w[tops].min():
        return None
    most = np.abs(log_w).argmax()
    return -F[most] / log_w[most], x, log_w, D


def two_wells(folder, mass, plain):
    """Rates of a particle that starts at the barrier, g -> rate: transition-state theory, by the flux of the equilibrium, and
    Kramers' factor for intermediate to high friction (Kramers 1940); None without two wells."""
    wells = read_wells(folder)
    if wells is None:
        return None
    s, x, log_w, D = wells
    tops = np.flatnonzero((log_w[1:-1] > log_w[:-2]) & (log_w[1:-1] >= log_w[2:])) + 1
    barrier = tops[0] + np.argmin(log_w[tops[0]:tops[1] + 1])
    near = slice(max(barrier - 3, 0), barrier + 4)
    curvature, slope, value = np.polyfit(x[near] - x[barrier], log_w[near], 2)
    place = x[barrier] - slope / (2 * curvature)
    w, w_barrier = np.exp(log_w), np.exp(value - slope**2 / (4 * curvature))
    mass_below = np.concatenate([[0], np.cumsum((w[1:] + w[:-1]) / 2 * np.diff(x))])
    left = np.interp(place, x, mass_below)
    flux = np.sqrt(s / (2 * np.pi * mass)) * w_barrier * (1 / left + 1 / (mass_below[-1] - left))
    omega = np.sqrt(2 * s * curvature / mass)
    drag = 1 if plain else s / D[barrier]
    return {"transition-state theory": lambda g: flux + 0 * g,
            "Kramers, intermediate to high friction":
                lambda g: flux * (np.sqrt((drag * g) ** 2 / 4 + omega**2) - drag * g / 2) / omega}


def draw_turnover(k, theory, title):
    entries = sorted(k["eigenvalues"], key=lambda entry: entry["friction"])
    g, gap, error = (np.array([entry[name] for entry in entries], float) for name in ("friction", "gap", "gap_error"))
    figure, (axes, below) = plt.subplots(2, 1, figsize=(7.5, 6.8), sharex=True, gridspec_kw={"height_ratios": [3.2, 1]})
    fine = np.geomspace(g[0], g[-1], 200)
    low, high = gap.min(), gap.max()
    for (name, rate), style in zip((theory or {}).items(), ((0, (1, 1.5)), "-")):
        axes.plot(fine, rate(fine), color=ORANGE, linestyle=style, linewidth=1.1, label=name)
        high = max(high, rate(fine).max())
    limits = k.get("overdamped", {}).get("mass_friction_eigenvalues", [])
    if len(limits) > 1 and limits[1]:
        axes.plot(fine, limits[1] / (k["mass"] * fine), color=POINT_COLOURS[2], linestyle="--", linewidth=1.1,
                  label="limit of large friction (Smoluchowski)")
    axes.plot(g, gap, "o-", color=BLUE, markersize=5, label="kinetic equation", zorder=3)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(low / 1.6, high * 1.8)
    axes.set_ylabel("slowest rate [1/time]")
    axes.legend(loc="lower center", fontsize=9.5)
    below.plot(g, np.maximum(error / gap, 1e-16), "o-", color=GREY, markersize=4, linewidth=1)
    below.axhline(k["tolerance"], color=GREY, linestyle=":", linewidth=1)
    below.text(g[-1], k["tolerance"], "tolerance", color=GREY, ha="right", va="bottom", fontsize=9)
    below.set_yscale("log")
    below.set_ylim(top=30 * max(k["tolerance"], (error / gap).max()))
    below.set_xlabel("friction $g$ [1/time]")
    below.set_ylabel("relative error")
    figure.align_ylabels()
    head(figure, title, r"$-\mathrm{Re}\,\lambda_1$, the slowest rate, against the friction")
    return figure


def draw_spectrum(k, title):
    """Eigenvalues in the complex plane, the frictions beside each other."""
    chosen = [k["eigenvalues"][i] for i in spread(len(k["eigenvalues"]), MOST_FRICTIONS)]
    n = len(chosen)
    figure, panels = plt.subplots(1, n, figsize=(max(3.6 * n, 6.5) + 0.6, 4.6), squeeze=False)
    limits = np.array(k.get("overdamped", {}).get("mass_friction_eigenvalues", []), float)
    for axes, entry in zip(panels.flat, chosen):
        re, im, error = (np.array([v[name] for v in entry["values"]], float) for name in ("re", "im", "error"))
        left = 1.08 * re.min()
        damped = -limits / (k["mass"] * entry["friction"])
        damped = damped[damped >= left]
        if len(damped):
            axes.plot(damped, 0 * damped, "|", color=ORANGE, markersize=16, markeredgewidth=1.3, zorder=2)
        axes.axhline(0, color="0.8", linewidth=0.8, zorder=1)
        axes.plot(re, im, "o", color=BLUE, markersize=5.5, markerfacecolor="white", markeredgewidth=1.5, zorder=3)
        top = max(1.6 * np.abs(im).max(), 0.3 * abs(left))
        axes.set_xlim(left, -0.05 * left)
        axes.set_ylim(-top, top)
        worst = np.max(error[1:] / np.hypot(re[1:], im[1:]))
        axes.set_title(f"$g$ = {entry['friction']:.4g}")
        note(axes, f"relative error < {worst:.0e}")
        axes.set_xlabel(r"Re $\lambda$ [1/time]")
    panels[0, 0].set_ylabel(r"Im $\lambda$ [1/time]")
    handles = [plt.Line2D([], [], linestyle="", marker="o", color=BLUE, markerfacecolor="white", markeredgewidth=1.5,
                          label="kinetic equation")]
    if len(limits) > 1:
        handles.append(plt.Line2D([], [], linestyle="", marker="|", markersize=14, markeredgewidth=1.3, color=ORANGE,
                                  label="limit of large friction"))
    panels[0, 0].legend(handles=handles, loc="upper left", fontsize=9)
    head(figure, title, "eigenvalues nearest to zero")
    return figure


# ---- over time -------------------------------------------------------------------------------------------

def draw_phase(folder, title):
    """W(q, p) at the times; two dimensions: the density of the position."""
    series = read_series(folder, "phase") or read_series(folder, "kinetic_density")
    if series is None:
        return {}
    phase, name = "W" in series.fields[0], "W" if "W" in series.fields[0] else "rho"
    chosen = list(spread(len(series.times), MOST_PANELS))
    fields = [series.fields[i][name] for i in chosen]
    first, second = series.axes
    shown = max(fields[-1].max(), np.median([f.max() for f in fields]))  # a peak at first would leave no colour for the rest
    norm = PowerNorm(0.6, 0, shown)
    columns = 2 if len(chosen) == 4 else min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(3.7 * columns + 1.3, 3.3 * rows + 0.9), squeeze=False, sharex=True,
                                  sharey=True)
    for axes, i, field in zip(panels.flat, chosen, fields):
        image = axes.pcolormesh(first, second, np.maximum(field, 0), norm=norm, cmap="magma", shading="gouraud",
                                rasterized=True)
        axes.set_title(time_label(series.times[i]))
        axes.grid(False)
        axes.set_xlabel("position $q$" if phase else "$x$")
        axes.set_ylabel("momentum $p$" if phase else "$y$")
    for axes in panels.flat[len(chosen):]:
        axes.set_visible(False)
    for axes in panels.flat[max(len(chosen) - columns, 0):len(chosen)]:
        axes.tick_params(labelbottom=True)
    for column in range(columns):
        last = (len(chosen) - 1 - column) // columns
        for row in range(last):
            panels[row, column].set_xlabel("")
    for axes in panels[:, 1:].flat:
        axes.set_ylabel("")
    bar = figure.colorbar(image, ax=panels, pad=0.02, aspect=30, extend="max" if max(f.max() for f in fields) > shown else "neither")
    bar.set_label("density $W(q, p)$ [1/(length momentum)]" if phase else "density of the position [1/area]")
    head(figure, title, "the density in phase space" if phase else "the density of the position")
    return {"kinetic_phase" if phase else "kinetic_density": figure}


def draw_means(evolution, title):
    """Means with their errors; entropy and chi square; how well the mass is kept."""
    t = np.array(evolution["times"], float)
    means = {name: np.array(values, float) for name, values in evolution["observables"].items()}
    figure, panels = plt.subplots(3 if means else 2, 1, figsize=(7.5, 8.2 if means else 5.8), sharex=True, squeeze=False,
                                  gridspec_kw={"height_ratios": ([2] if means else []) + [2, 1]})
    panels = list(panels.flat)
    if means:
        axes = panels.pop(0)
        for (name, values), colour in zip(means.items(), POINT_COLOURS):
            axes.errorbar(t, values, np.array(evolution["errors"][name], float), fmt="o-", color=colour, markersize=4.5,
                          capsize=3, label=name.replace("_", " "))
        axes.set_ylabel("means")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    entropy, rest = panels
    for name, colour, label in (("relative_entropy", BLUE, "relative entropy"), ("chi_square", ORANGE, r"$\chi^2$")):
        values = np.array(evolution[name], float)
        entropy.plot(t, np.where(values > 0, values, np.nan), "o-", color=colour, markersize=4.5, label=label)
    entropy.set_yscale("log")
    entropy.set_ylabel("distance from equilibrium")
    entropy.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    away = np.abs(np.array(evolution["mass"], float) - 1)
    rest.plot(t, np.maximum(away, 1e-17), "o-", color=GREY, markersize=4, label="mass less one")
    rest.plot(t, np.maximum(-np.array(evolution["minimum"], float), 1e-17), "s-", color=POINT_COLOURS[3], markersize=4,
              label="largest negative $W$\nover the maximum")
    rest.set_yscale("log")
    rest.set_ylabel("size")
    rest.set_xlabel("time")
    rest.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.align_ylabels()
    head(figure, title, f"over time; the density is known to {evolution['error']:.0e}")
    return figure
