"""Draws what reiter writes about the kinetic equation: diffusion against friction."""
import json
import os

import matplotlib.pyplot as plt
import numpy as np

from plot import BLUE, GREY, ORANGE


def draw_kinetic(folder, title):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as stream:
        k = json.load(stream)["kinetic"]
    figures = {}
    if "diffusion" in k and np.ndim(k["diffusion"]) == 1 and len(k["frictions"]) > 1:
        figures["kinetic_diffusion"] = draw_diffusion(k, title)
    return figures


def draw_diffusion(k, title):
    order = np.argsort(k["frictions"])
    g, D, error = (np.array(k[name], float)[order] for name in ("frictions", "diffusion", "diffusion_errors"))
    unit = k["mass"] * g
    figure, axes = plt.subplots(figsize=(7, 4.5))
    axes.errorbar(g, unit * D, unit * error, fmt="o-", color=BLUE, markersize=5, label="kinetic equation")
    limit = k.get("overdamped", {}).get("mass_friction_diffusion")
    if limit is not None:
        axes.axhline(limit, color=ORANGE, linestyle="--", label="limit of large friction")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("friction g  [1/time]")
    axes.set_ylabel("m g D  [unit of the potential]")
    axes.set_title(title)
    axes.legend(loc="lower right")
    axes.text(0.02, 0.03, f"largest relative error {np.max(error / D):.0e}", color=GREY, transform=axes.transAxes, va="bottom",
              fontsize=9)
    return figure
