"""The table and the plot of docs/statistics.md, from what `bench.disclosure` has found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib import dates

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "statistics.md"
OURS = "#2b5d8a"

Series = dict[str, dict[date, tuple[bool, int, int]]]
"""For each sector and day: whether its rows are shown, and the two ends of what readers know of them."""


def write_page(lines: Sequence[str], series: Mapping[str, Mapping[date, tuple[bool, int, int]]]) -> None:
    """Put the table between its marks, and draw the sector that is hidden on about half of the days."""
    table = "\n".join(("<!-- disclosure -->", *lines, "<!-- end of disclosure -->"))
    text = re.sub(
        r"<!-- disclosure -->.*?<!-- end of disclosure -->", lambda _: table, PAGE.read_text("utf-8"), flags=re.S
    )
    PAGE.write_text(text, "utf-8")

    def unevenness(sector: str) -> tuple[int, str]:
        shown = sum(is_shown for is_shown, _, _ in series[sector].values())
        return abs(2 * shown - len(series[sector])), sector

    draw(series[min(series, key=unevenness)])


def draw(days: Mapping[date, tuple[bool, int, int]]) -> None:
    """Shown days as points, hidden ones as the interval in which they are."""
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    shown = {day: low for day, (is_shown, low, _) in days.items() if is_shown}
    hidden = {day: (low, high) for day, (is_shown, low, high) in days.items() if not is_shown}
    axis.plot([*shown], [*shown.values()], "o", color=OURS, markersize=4, label="shown")
    lows, highs = [low for low, _ in hidden.values()], [high for _, high in hidden.values()]
    axis.vlines([*hidden], lows, highs, color="#b9c3cc", linewidth=6, label="hidden: somewhere in here")
    axis.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))
    axis.set_ylabel("rows", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure.savefig(DOCS / "images" / "statistics.svg", metadata={"Date": None})
