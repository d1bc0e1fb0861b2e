"""The plot and the medians of docs/noise.md, from what `bench.noise` has counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from policy.privacy import DAYS, PrivacyBudget, epsilon_of

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "noise.md"
OURS, OTHER, LIMIT = "#2b5d8a", "#b9c3cc", "#a33b2f"

LARGE = 50
"""Cells of fewer units aren't asked about: noise hides them, as it must."""

Errors = Mapping[str, Sequence[tuple[int, float]]]
"""For each family the size of each daily cell in units, and the relative 95 % error of its number."""


def medians(errors: Errors) -> list[str]:
    """The median error of each family's large cells."""
    large = {name: [error for units, error in cells if units >= LARGE] for name, cells in errors.items()}
    return [
        f"`{name}`: **{median(each):.1%}** is the median error of {len(each)} daily cells with {LARGE} units or more."
        for name, each in large.items()
    ]


def write_page(errors: Errors, events: int, budget: PrivacyBudget) -> None:
    """Put the medians between their marks, and draw what a number is worth and what it costs."""
    said = [f"On {events:,} security events a day:", "", *(f"- {line}" for line in medians(errors))]
    block = "\n".join(("<!-- noise -->", *said, "<!-- end of noise -->"))
    text = re.sub(r"<!-- noise -->.*?<!-- end of noise -->", lambda _: block, PAGE.read_text("utf-8"), flags=re.S)
    PAGE.write_text(text, "utf-8")
    figure, (worth, cost) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    draw_worth(worth, errors)
    draw_cost(cost, budget)
    for axis in (worth, cost):
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure.savefig(DOCS / "images" / "noise.svg", metadata={"Date": None})


def draw_worth(axis: Axes, errors: Errors) -> None:
    """The relative error of every daily cell beside the accounts in it."""
    for (name, cells), color in zip(errors.items(), (OURS, OTHER), strict=True):
        axis.plot(
            [units for units, _ in cells], [error for _, error in cells], "o", color=color, markersize=3, label=name
        )
    axis.axvline(LARGE, color=LIMIT, linewidth=0.8, linestyle=":")
    axis.annotate(f"{LARGE} units", (LARGE, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
                  va="top", fontsize=8, color=LIMIT)  # fmt: skip
    axis.set(xscale="log", yscale="log")
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title("what a number is worth", loc="left", fontsize=9)
    axis.set_xlabel("units in a daily cell", fontsize=8)
    axis.set_ylabel("95 % error, of the number", fontsize=8)
    axis.legend(frameon=False, fontsize=8, loc="lower left")


def draw_cost(axis: Axes, budget: PrivacyBudget) -> None:
    """What somebody loses who is there on so many days of a year, and what the contract allows."""
    days = range(1, DAYS + 1)
    axis.plot(days, [epsilon_of(n * budget.rho, budget.delta) for n in days], color=OURS)
    for n, most, place in ((1, budget.epsilon.day, (8, 4)), (DAYS, budget.epsilon.year, (0, 6))):
        cost = epsilon_of(n * budget.rho, budget.delta)
        axis.plot([n], [cost], "o", color=OURS, markersize=4)
        axis.annotate(
            f"ε = {cost:.2f}, of {most:g} allowed", (n, cost), place, textcoords="offset points", fontsize=8,
            color=OURS, ha="left" if n == 1 else "right", va="bottom",
        )  # fmt: skip
    axis.set_ylim(0, 1.15 * budget.epsilon.year)
    axis.set_title(f"what it costs a person (δ = {budget.delta:g})", loc="left", fontsize=9)
    axis.set_xlabel("days of a year on which somebody is there", fontsize=8)
    axis.set_ylabel("ε", fontsize=8)
