"""Pictures of what is asked of a diffusion: its landscape, densities in time (with an animation), relaxation,
eigenfunctions, passage times, studies of convergence. Used by plot.py; the functions take a run folder and give
{name: figure}."""
import glob
import json
import os
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import LogLocator

from plot_series import killed, log_weight, mode_numbers, read_columns, read_series

BLUE, ORANGE, GREY = "#2a5d9f", "#d1731f", "0.55"
COLOURS = ["#2a5d9f", "#d1731f", "#3a8f5c", "#8d4a9a", "#b3343a", "#5d5d5d"]
TIMES = plt.get_cmap("viridis")
MOST_PANELS = 6
EMPTY = 1e-20  # no particle is ever where the weight is below this part of that of the wells
VOLUME = {1: "length", 2: "area", 3: "volume"}


# ---- drawing ---------------------------------------------------------------------------------------------

def head(figure, title, subtitle):
    """The title of the case, wrapped to the figure; a dollar sign is a dollar sign."""
    width = int(figure.get_figwidth() * 9)
    figure.suptitle("\n".join(textwrap.wrap(title, width)).replace("$", r"\$") + "\n" + subtitle)


def time_label(t):
    return f"$t$ = {t:.4g}"


def plane_of(series, values):
    """The middle plane of a block; a plane as it is."""
    return values[len(series.axes[2]) // 2] if series.axes is not None and series.dim == 3 else values


def draw_field(axes, series, values, norm, cmap):
    """Colours of one scalar field; nothing where it is NaN."""
    values = np.ma.masked_invalid(plane_of(series, values))
    if series.axes is not None:
        axes.set_facecolor("0.85")
        image = axes.pcolormesh(series.axes[0], series.axes[1], values, norm=norm, cmap=cmap, shading="gouraud",
                                rasterized=True)
    else:
        triangles = series.triangles()
        missing = np.ma.getmaskarray(values)
        triangles.set_mask(missing[triangles.triangles].any(axis=1))
        image = axes.tripcolor(triangles, values.filled(norm.vmin), norm=norm, cmap=cmap, shading="gouraud",
                               rasterized=True)
    axes.set(xlabel="$x$", ylabel="$y$", aspect="equal")
    axes.label_outer()
    axes.grid(False)
    return image


def draw_contours(axes, series, values, levels, **style):
    plane = np.ma.masked_invalid(plane_of(series, values))
    if series.axes is not None:
        return axes.contour(series.axes[0], series.axes[1], plane, levels=levels, **style)
    triangles = series.triangles()
    triangles.set_mask(np.ma.getmaskarray(plane)[triangles.triangles].any(axis=1))
    return axes.tricontour(triangles, plane.filled(0), levels=levels, **style)


def draw_wells(axes, series, log_w, colour):
    """Thin lines of equal weight, from the bottoms of the wells upwards: they tell where the wells are."""
    if log_w is None or not np.ptp(log_w) > 1e-6:
        return
    plane = plane_of(series, log_w)
    low, high = np.percentile(plane, 40), plane.max()
    draw_contours(axes, series, log_w, np.linspace(low, high, 12)[:-1], colors=colour, linewidths=0.4, alpha=0.45,
                  linestyles="solid")


def can_draw(series):
    """Tetrahedra and hexahedra have no picture here: ParaView has."""
    return series is not None and (series.axes is not None or series.dim == 2)


def panels_of(n, series, width=4.2):
    """n panels of the shape of a map, at most three in a row."""
    x, y = series.axes[:2] if series.axes is not None else series.x.T[:2]
    height = width * float(np.clip(np.ptp(y) / np.ptp(x), 0.25, 2.5))
    columns = 2 if n == 4 else min(n, 3)
    rows = -(-n // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(width * columns + 1.6, (height + 0.3) * rows + 1.0),
                                  squeeze=False)
    for axes in panels.flat[n:]:
        axes.set_visible(False)
    return figure, list(panels.flat[:n])


def spread(n, most):
    return range(n) if n <= most else sorted({round(i * (n - 1) / (most - 1)) for i in range(most)})


# ---- densities -------------------------------------------------------------------------------------------

def equilibrium(folder, series):
    """The density w / int w on the nodes of a line; None where there is no equilibrium."""
    log_w = log_weight(folder, series)
    if log_w is None or killed(folder):
        return None
    w, x = np.exp(log_w), series.axes[0]
    return w / np.sum((w[1:] + w[:-1]) / 2 * np.diff(x))


def occupied(x, densities):
    """The part of a line where any of the densities is to be seen."""
    seen = np.flatnonzero(np.max([np.abs(rho) / np.abs(rho).max() for rho in densities], axis=0) > 1e-3)
    margin = 0.05 * (x[seen[-1]] - x[seen[0]])
    return max(x[0], x[seen[0]] - margin), min(x[-1], x[seen[-1]] + margin)


def curves_over_time(x, times, curves, rest, labels):
    """Curves from dark to light as time goes; one that starts as a peak is cut off."""
    figure, axes = plt.subplots(figsize=(8.6, 5))
    n = len(times)
    for k, t in enumerate(times):
        axes.plot(x, curves[k], color=TIMES(0.9 * k / max(n - 1, 1)), label=time_label(t) if n <= 12 else None)
    if rest is not None:
        axes.plot(x, rest, color="black", linestyle="--", linewidth=1.3, label="equilibrium", zorder=3)
    shown = list(curves[1:] if n > 1 else curves) + ([] if rest is None else [rest])
    low, high = min(0, min(c.min() for c in shown)), max(c.max() for c in shown)
    high = min(high * 1.6, max(high, curves[0].max()))
    axes.set_ylim(low - 0.02 * (high - low), low + 1.06 * (high - low))
    axes.set(xlabel=labels[0], ylabel=labels[1])
    if n > 12:
        colours = plt.cm.ScalarMappable(Normalize(0, n - 1), TIMES)
        bar = figure.colorbar(colours, ax=axes, pad=0.02, ticks=[0, n - 1])
        bar.set_ticklabels([time_label(times[0]), time_label(times[-1])])
    if n <= 12 or rest is not None:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0) if n <= 12 else None)
    return figure, axes


def densities_on_a_line(folder, title, series):
    densities = [fields["rho"] for fields in series.fields]
    rest = equilibrium(folder, series)
    figure, axes = curves_over_time(series.axes[0], series.times, densities, rest,
                                    ("$x$", r"density $\rho$ [1/length]"))
    axes.set_xlim(occupied(series.axes[0], densities))
    head(figure, title, "density in time")
    return figure


def norm_of_densities(values):
    """Logarithmic over four decades, or linear where the last density fills the domain."""
    top = max(max(v.max() for v in values), 1e-300)
    if np.percentile(values[-1], 25) > 0.05 * values[-1].max():
        return Normalize(0, top)
    return LogNorm(1e-4 * top, top)


def densities_on_a_plane(folder, title, series):
    """A point mass has no height of its own: the colours are those of later times."""
    shown = spread(len(series.times), MOST_PANELS)
    figure, panels = panels_of(len(shown), series)
    later = [k for k in shown if series.times[k] > 0] or shown
    norm = norm_of_densities([plane_of(series, series.fields[k]["rho"]) for k in later])
    linear = not isinstance(norm, LogNorm)
    log_w = log_weight(folder, series)
    for axes, k in zip(panels, shown):
        own = Normalize(0, max(plane_of(series, series.fields[k]["rho"]).max(), 1e-300)) if linear else norm
        image = draw_field(axes, series, np.clip(series.fields[k]["rho"], own.vmin, own.vmax), own, "viridis")
        draw_wells(axes, series, log_w, "white")
        draw_currents(axes, series, series.fields[k].get("current"))
        axes.set_title(time_label(series.times[k]))
        if linear:
            figure.colorbar(image, ax=axes, pad=0.02)
    if not linear:
        figure.colorbar(image, ax=panels, pad=0.02, aspect=30, extend="min").set_label(
            rf"density $\rho$ [1/{VOLUME[series.dim]}]")
    head(figure, title, r"density $\rho$" + (f" [1/{VOLUME[series.dim]}]" if linear else "") + " in time" +
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
    draw = densities_on_a_line if series.dim == 1 else densities_on_a_plane
    return {"density": draw(folder, title, series)}


def draw_marginals(folder, title):
    figures = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "marginal_[xyz].csv"))):
        table = read_columns(folder, os.path.basename(path))
        if table is None:
            continue
        (name, x), *curves = table.items()
        times = [float(column.split("=")[1]) for column, _ in curves]
        figure, axes = curves_over_time(x, times, [values for _, values in curves], None,
                                        (f"${name}$", r"density of $" + name + r"$ [1/length]"))
        axes.set_xlim(occupied(x, [values for _, values in curves]))
        head(figure, title, f"density of ${name}$ alone, in time")
        figures["marginal_" + name] = figure
    return figures


# ---- relaxation ------------------------------------------------------------------------------------------

def slowest(folder):
    """The smallest eigenvalue above zero, or None."""
    table = read_columns(folder, "spectrum.csv")
    values = table["eigenvalue"][table["eigenvalue"] > 0] if table is not None else []
    return min(values) if len(values) else None


def draw_decay(axes, folder, data):
    """What goes down like an exponential: the mass if there is a way out, else the distances to equilibrium."""
    t, rate = data["time"], slowest(folder)
    if killed(folder):
        curves, factor, name = [("mass", "mass", BLUE)], 1, r"$e^{-\lambda_0 t}$"
        axes.set_ylabel("mass that is left")
    else:
        curves = [("relative_entropy", "relative entropy", BLUE), ("chi_square", r"$\chi^2$", ORANGE)]
        factor, name = 2, r"$e^{-2\lambda_1 t}$"
        axes.set_ylabel("distance from equilibrium")
    axes.set_yscale("log")
    for column, label, colour in curves:
        good = data[column] > 1e-28
        axes.plot(t[good], data[column][good], "o-", color=colour, label=label, markersize=4)
    first, label, _ = curves[0]
    good = np.flatnonzero(data[first] > 1e-26)
    if rate is not None and good.size > 1 and factor * rate * np.ptp(t[good]) < 200:
        last = good[-1]
        line = data[first][last] * np.exp(factor * rate * (t[last] - t))
        seen = line < 3 * data[first][good].max()
        axes.plot(t[seen], line[seen], color="black", linestyle="--", linewidth=1.2, label=f"slope of {name}")
    if good.size:
        highest = max(np.nanmax(data[column]) for column, _, _ in curves)
        axes.set_ylim(bottom=0.4 * data[first][good].min(), top=min(3 * highest, 30 * data[first][good].max()))
    axes.legend()


def draw_relaxation(folder, title):
    """Straight lines on the logarithmic axis are exponentials."""
    data = read_columns(folder, "observables.csv")
    if data is None or len(data["time"]) < 2:
        return {}
    t = data["time"]
    names = [name for name in data if name not in ("time", "mass", "minimum", "relative_entropy", "chi_square")]
    figure, panels = plt.subplots(2 if names else 1, 1, figsize=(8, 7.5 if names else 4.2), squeeze=False)
    draw_decay(panels[0, 0], folder, data)
    panels[0, 0].set_xlabel("time")
    if names:
        axes = panels[1, 0]
        for name, colour in zip(names, COLOURS):
            axes.plot(t, data[name], "o-", color=colour, label=name.replace("_", " "), markersize=4)
        axes.set(xlabel="time", ylabel="observables")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        later = t[t > 0]
        if later.size > 2 and later.max() > 50 * later.min():
            axes.set_xscale("log")
            axes.set_xlim(left=0.8 * later.min())
    head(figure, title, "relaxation")
    return {"relaxation": figure}


# ---- modes and passages ----------------------------------------------------------------------------------

def scaled_mode(f, log_w):
    """f with largest value 1 where it carries weight; NaN where nothing ever is and f is steep for no reason."""
    if log_w is None:
        return f / np.abs(f).max()
    with np.errstate(divide="ignore"):
        carried = log_w + 2 * np.log(np.abs(f))
    peak = carried.argmax()
    scale = np.abs(f[carried > carried.max() + np.log(1e-2)]).max()
    return np.where(log_w < log_w.flat[peak] + np.log(EMPTY), np.nan, f / scale)


def draw_eigenfunctions(folder, title):
    series, table = read_series(folder, "eigenfunctions"), read_columns(folder, "spectrum.csv")
    if not can_draw(series) or table is None:
        return {}
    log_w = log_weight(folder, series)
    modes = [(rf"$\lambda_{{{k}}}$ = {table['eigenvalue'][k]:.6g}", scaled_mode(series.fields[0][name], log_w))
             for k, name in mode_numbers(series.fields[0])][:MOST_PANELS]
    if not modes:
        return {}
    if series.dim == 1:
        figure, axes = plt.subplots(figsize=(8.6, 5))
        for k, (label, f) in enumerate(modes):
            axes.plot(series.axes[0], f, color=COLOURS[k], label=label, linestyle="-" if k % 2 == 0 else (0, (5, 1.5)))
        axes.set(xlabel="$x$", ylabel="eigenfunction $f$, scaled", ylim=(-1.6, 1.6))
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        figure, panels = panels_of(len(modes), series)
        for axes, (label, f) in zip(panels, modes):
            image = draw_field(axes, series, np.clip(f, -1, 1), Normalize(-1, 1), "RdBu_r")
            draw_wells(axes, series, log_w, "black")
            axes.set_title(label)
        figure.colorbar(image, ax=panels, pad=0.02, aspect=30).set_label("eigenfunction $f$, scaled")
    head(figure, title, "slow modes: eigenfunctions and rates")
    return {"eigenfunctions": figure}


def passage_panels(fields):
    """[(values, label, colours, whether a committor)]; a time of many orders of magnitude as its logarithm."""
    panels = []
    if "log_mean_first_passage_time" in fields:
        log_time = fields["log_mean_first_passage_time"] / np.log(10)
        log_time = np.where(log_time > -1e300, log_time, np.nan)  # in the target the time is zero
        if np.nanmax(log_time) - np.nanpercentile(log_time, 20) < 2 and np.nanmax(log_time) < 6:
            panels.append((np.nan_to_num(10.0**log_time), "mean first passage time", "viridis", False))
        else:
            panels.append((log_time, r"$\log_{10}$ of the mean first passage time", "viridis", False))
    if "committor" in fields:
        panels.append((fields["committor"], "committor", "RdBu_r", True))
    return panels


def passage_on_a_plane(figure, axes, series, panel, log_w):
    values, _, cmap, committor = panel
    norm = Normalize(0, 1) if committor else Normalize(np.nanpercentile(values, 1), np.nanmax(values))
    image = draw_field(axes, series, values, norm, cmap)
    draw_wells(axes, series, log_w, "black" if committor else "white")
    figure.colorbar(image, ax=axes, pad=0.02)
    if np.nanmax(values) > np.nanmin(values):
        levels = np.linspace(0.1, 0.9, 9) if committor else np.linspace(norm.vmin, norm.vmax, 11)[1:-1]
        widths = [1.6 if committor and k == 4 else 0.7 for k in range(len(levels))]
        lines = draw_contours(axes, series, values, levels, colors="black", linewidths=widths)
        if committor:
            axes.clabel(lines, levels[::2], fmt="%.1f", fontsize=8)


def mark_starts(axes, table):
    for x, time in zip(table["x"], table["log"] / np.log(10)):
        axes.plot(x, time if axes.get_ylabel().startswith("$") else 10**time, "o", color=ORANGE, zorder=3)


def draw_passage(folder, title):
    series = read_series(folder, "passage")
    if not can_draw(series):
        return {}
    panels, log_w = passage_panels(series.fields[0]), log_weight(folder, series)
    starts = read_columns(folder, "passage.csv")
    figure, row = plt.subplots(1, len(panels), figsize=(6.4 * len(panels), 4.8 if series.dim == 1 else 6),
                               squeeze=False)
    for axes, panel in zip(row[0], panels):
        if series.dim == 1:
            axes.plot(series.axes[0], panel[0], color=BLUE)
            axes.set(xlabel="$x$", ylabel=panel[1])
            if starts is not None and not panel[3]:
                mark_starts(axes, starts)
        else:
            passage_on_a_plane(figure, axes, series, panel, log_w)
            axes.set_title(panel[1])
            if starts is not None and not panel[3]:
                axes.plot(starts["x"], starts["y"], "o", color=ORANGE, markeredgecolor="white", zorder=3)
    head(figure, title, "passage")
    return {"passage": figure}


# ---- the landscape of a diffusion without a temperature, convergence ----------------------------------------

def draw_weight(folder, title):
    """1-d: -log w and D of a diffusion that was given directly; with a temperature plot.py draws the free energy."""
    series = read_series(folder, "landscape")
    if series is None or series.dim != 1 or "free_energy" in series.fields[0]:
        return {}
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 7), sharex=True)
    log_w = series.fields[0]["log_w"]
    top.plot(series.axes[0], log_w.max() - log_w, color=BLUE)
    top.set_ylabel(r"$-\log w$, less its minimum")
    bottom.plot(series.axes[0], series.fields[0]["D"], color=ORANGE)
    bottom.set(xlabel="$x$", ylabel="$D$ [length$^2$/time]")
    low, high = bottom.get_ylim()
    if high - low < 1e-6 * abs(high):
        bottom.set_ylim(0, 1.5 * high)
    head(figure, title, "weight and diffusion coefficient")
    return {"landscape": figure}


def stated_rates(folder):
    """{quantity: order} that the case asks for, from the line that reiter writes of them."""
    path = os.path.join(folder, "level_0", "resolved.yaml")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        found = re.search(r"^converge:\n(?:  .*\n)*?  rates: (\{.*\})$", file.read(), re.MULTILINE)
    return json.loads(found.group(1)) if found else {}


def describe_quantities(folder):
    """{name: what it is} and {name: order in e} that the case states."""
    path = os.path.join(folder, "converge.json")
    if not os.path.exists(path):
        return {}, {}
    with open(path, encoding="utf-8") as file:
        quantities = json.load(file)["quantities"]
    return ({q["name"]: q["description"] for q in quantities if "description" in q},
            {q["name"]: q["least_order"] for q in quantities if "least_order" in q})


def draw_epsilon(folder, title, table):
    """Differences to the homogenized values against e, those that stand out of their errors; slopes 1 and 2, or those
    that the case states."""
    e, (texts, stated) = table["epsilon"], describe_quantities(folder)
    figure, axes = plt.subplots(figsize=(12, 6))
    top = []
    for i, name in enumerate(name[:-11] for name in table if name.endswith("_difference")):
        difference = np.abs(table[name + "_difference"])
        good = difference > 2 * table[name + "_error"]
        if not good.any():
            continue
        order = table[name + "_order"][np.isfinite(table[name + "_order"])]
        label = texts.get(name, name.replace("_", " ")) + (f": order {order[-1]:.2f}" if len(order) else "")
        colour = COLOURS[i % len(COLOURS)]
        axes.loglog(e[good], difference[good], "os^v"[i // len(COLOURS) % 4] + "-", color=colour, label=label, markersize=5)
        top.append(difference[good][0])
        if name in stated:
            axes.loglog(e, difference[good][0] * (e / e[good][0]) ** stated[name], "--", color=colour, linewidth=1.2,
                        label=f"  stated {stated[name]:g}")
    for slope, line in ((1, ":"), (2, "-.")) if top else ():
        axes.loglog(e, 2 * max(top) * (e / e[0]) ** slope, color="black", linestyle=line, linewidth=1,
                    label=rf"$\varepsilon^{slope}$")
    axes.set_xticks(e)
    axes.set_xticklabels([f"{value:g}" for value in e])
    axes.xaxis.set_minor_locator(LogLocator(subs=[]))
    axes.set(xlabel=r"$\varepsilon$", ylabel="difference to the homogenized value")
    if top:
        axes.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1))
    head(figure, title, r"convergence in $\varepsilon$")
    return {"converge": figure}


def draw_convergence(folder, title):
    table = read_columns(folder, "converge.csv")
    if table is None:
        return {}
    if "epsilon" in table:
        return draw_epsilon(folder, title, table)
    h, rates = 0.5 ** table["level"], stated_rates(folder)
    figure, axes = plt.subplots(figsize=(7, 5))
    names = [name[:-6] for name in table if name.endswith("_error")]
    for name, colour in zip(names, COLOURS):
        error = table[name + "_error"]
        good = error > 0
        axes.loglog(h[good], error[good], "o-", color=colour, label=name.replace("_", " "))
        if name in rates and good.any():
            slope = error[good][0] * (h / h[good][0]) ** rates[name]
            axes.loglog(h, slope, color=colour, linestyle="--", linewidth=1.2, label=f"order {rates[name]:g}")
    axes.set_xticks(h)
    axes.set_xticklabels(["1"] + [f"1/{round(1 / value)}" for value in h[1:]])
    axes.xaxis.set_minor_locator(LogLocator(subs=[]))
    axes.set(xlabel="size of the cells, in those of the case", ylabel="error")
    axes.legend()
    head(figure, title, "convergence")
    return {"converge": figure}


# ---- animation -------------------------------------------------------------------------------------------

def animate_density(folder, title, path):
    """A GIF of the density, one frame for each output time; whether there was something to show."""
    series = read_series(folder, "density")
    if not can_draw(series) or len(series.times) < 2:
        return False
    values = [np.asarray(plane_of(series, fields["rho"])) for fields in series.fields]
    later = [v for v, t in zip(values, series.times) if t > 0]
    figure, axes = plt.subplots(figsize=(6.4, 4.4 if series.dim == 1 else 5.4))
    if series.dim == 1:
        line, = axes.plot(series.axes[0], values[0], color=BLUE, label=r"$\rho$")
        rest = equilibrium(folder, series)
        if rest is not None:
            axes.plot(series.axes[0], rest, color="black", linestyle="--", linewidth=1.2, label="equilibrium")
            axes.legend(loc="upper right")
        axes.set(xlabel="$x$", ylabel=r"density $\rho$ [1/length]", xlim=occupied(series.axes[0], values),
                 ylim=(0, 1.08 * max(v.max() for v in later + ([] if rest is None else [rest]))))
        show = line.set_ydata
    else:
        norm = norm_of_densities(later)
        image = draw_field(axes, series, np.clip(series.fields[0]["rho"], norm.vmin, norm.vmax), norm, "viridis")
        figure.colorbar(image, ax=axes, pad=0.02).set_label(rf"density $\rho$ [1/{VOLUME[series.dim]}]")
        draw_wells(axes, series, log_weight(folder, series), "white")
        show = lambda v: image.set_array(np.clip(v, norm.vmin, norm.vmax).ravel())
    head(figure, title, "density in time")

    def draw(frame):
        show(values[frame])
        axes.set_title(time_label(series.times[frame]), loc="left", fontsize=11)

    pace = PillowWriter(fps=float(np.clip(len(values) / 5, 1.5, 12)))
    FuncAnimation(figure, draw, frames=len(values)).save(path, writer=pace, dpi=80)
    plt.close(figure)
    return True


def draw_dynamics(folder, title):
    figures = {}
    for part in (draw_weight, draw_densities, draw_relaxation, draw_eigenfunctions, draw_passage, draw_marginals,
                 draw_convergence):
        figures.update(part(folder, title))
    return figures
