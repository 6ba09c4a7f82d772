"""Pictures of `reiter greenkubo`: running integrals of the force and momentum correlations with the plateau that was read, and the
thermal force against the position. Used by plot.py; the functions take a run folder and give {name: figure}."""
import matplotlib.pyplot as plt
import numpy as np

from plot_dynamics import BLUE, COLOURS, GREY, head
from plot_paths import read_results
from plot_series import read_columns

KINDS = (("force", "theta", r"\theta", r"$\int_0^{t_0}\langle\delta F\,\delta F\rangle\,ds$"),
         ("momentum", "gamma", r"\gamma", r"$\int_0^{t_0}\langle P\,P\rangle\,ds$"))


def shade(axes, x, mean, error, color, label, alpha=0.22, **style):
    axes.fill_between(x, mean - 2 * error, mean + 2 * error, color=color, alpha=alpha, linewidth=0)
    axes.plot(x, mean, color=color, label=label, **style)


def diagonal(axes, table):
    """The single components, thin."""
    names = [a for a in "xyz" if f"integral_{a}{a}" in table]
    for a, colour in zip(names if len(names) > 1 else [], COLOURS[1:]):
        axes.plot(table["lag"], table[f"integral_{a}{a}"], color=colour, linewidth=0.9, alpha=0.9, label=f"${a}{a}$")
    return len(names) > 1


def draw_integral(axes, table, part, key, symbol, formula, farthest):
    shown = table["lag"] <= farthest * 1.0001
    table = {name: values[shown] for name, values in table.items()}
    several = diagonal(axes, table)
    shade(axes, table["lag"], table["integral"], table["integral_error"], BLUE,
          "mean of the components" if several else "running integral")
    axes.axhline(0, color=GREY, linewidth=0.8)
    if part["has_plateau"]:
        first, last = part["plateau"]
        axes.axvspan(first, last, color=GREY, alpha=0.16, linewidth=0)
        axes.plot([first, last], [part["scalar"]] * 2, color="black", linewidth=2.2, solid_capstyle="butt",
                  label=f"plateau: ${symbol}$ = {part['scalar']:.4g} $\\pm$ {part['scalar_error']:.2g}")
    else:
        words = "bound particle: the integral comes back to zero" if part.get("bound") else "no plateau"
        axes.plot([], [], " ", label=f"{words}; no ${symbol}$")
    low, high = axes.get_ylim()
    axes.set(xlim=(0, farthest), ylim=(low, high + 0.12 * (high - low)), xlabel="$t_0$, the lag [time]", ylabel=formula)
    axes.legend(loc="best", fontsize=9)


def draw_correlation(axes, table, farthest):
    """C(s)/C(0), the mean of the components."""
    names = [a for a in "xyz" if f"correlation_{a}{a}" in table]
    C = np.mean([table[f"correlation_{a}{a}"] for a in names], axis=0)
    error = np.sqrt(np.sum([table[f"correlation_error_{a}{a}"] ** 2 for a in names], axis=0)) / len(names)
    shown = table["lag"] <= farthest * 1.0001
    shade(axes, table["lag"][shown], (C / C[0])[shown], (error / C[0])[shown], COLOURS[1], None, linewidth=1.2)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set(xlim=(0, farthest), xlabel="$s$, the lag [time]", ylabel="$C(s)/C(0)$")


def draw_curves(folder, title, results):
    figures = {}
    for name, key, symbol, formula in KINDS:
        table = read_columns(folder, f"greenkubo_{name}.csv")
        if table is None or name not in results:
            continue
        figure, panels = plt.subplots(1, 2, figsize=(10.6, 4.6), width_ratios=(2.1, 1))
        part, end = results[name], table["lag"][-1]
        draw_integral(panels[0], table, part, key, symbol, formula, end)
        draw_correlation(panels[1], table, min(end, part["plateau"][1]) if part["has_plateau"] else end)
        head(figure, title, f"${symbol}$: running integral of the correlation of the {name}, with two standard errors")
        figures["greenkubo_" + name] = figure
    return figures


def draw_thermal_force(folder, title, results):
    table = read_columns(folder, "thermal_force.csv")
    if table is None:
        return {}
    components = np.unique(table["component"]).astype(int)
    figure, panels = plt.subplots(1, len(components), figsize=(max(6.4, 3.9 * len(components)), 4.4), squeeze=False,
                                  sharey=True)
    by = {"given": "given", "potential": "fitted", "bins": "means in bins, lines between", "mean": "mean force"}
    for axes, component in zip(panels.flat, components):
        here = (table["component"] == component) & np.isfinite(table["force"])
        x, force, error = (table[name][here] for name in ("position", "force", "force_error"))
        known = np.isfinite(error)
        axes.errorbar(x[known], force[known], 2 * error[known], fmt="o", markersize=3.5, color=BLUE, elinewidth=1,
                      label="mean force in bins", zorder=3)
        axes.plot(x[~known], force[~known], "o", markersize=3.5, color=BLUE, markerfacecolor="white",
                  label="visited once" if (~known).any() else None, zorder=3)
        axes.plot(x, table["f_th"][here], color=COLOURS[1], linewidth=1.6,
                  label="$f^{th}$, " + by[results["thermal_force"]["by"]])
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set(xlabel=f"$R_{'xyz'[component - 1]}$" if len(components) > 1 else "$R$")
    panels[0, 0].set_ylabel("force")
    panels[0, 0].legend(fontsize=9)
    head(figure, title, "thermal force: mean force at a position, with two standard errors")
    return {"thermal_force": figure}


def draw_green_kubo(folder, title):
    results = read_results(folder).get("greenkubo", {})
    return {**draw_curves(folder, title, results), **draw_thermal_force(folder, title, results)} if results else {}
