"""The figures and plots of docs/performance.md, from the results of ``python -m bench.night --json``."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from bench.measure import Result, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "performance.md"
BEGIN, END = "<!-- made by python -m bench.night page -->\n", "<!-- end -->\n"
OURS = "#2b5d8a"


def write_page(files: list[Path]) -> None:
    """Replace the measured part of the page and its plots."""
    found = [Result(**each) for file in sorted(files) for each in json.loads(file.read_text())]
    order = {
        step: place for place, step in enumerate(("extract", "kernel", "protect", "gate", "publish", "empty night"))
    }
    found.sort(key=lambda result: (order[result.step], result.rows, result.cores))
    plots = [bars(found), lines(found)]
    shown = "".join(f"![{alt}](images/{name})\n\n" for name, alt in plots if name)
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(found)}\n\n{shown}{END}{rest.partition(END)[2]}", encoding="utf-8")


def bars(found: list[Result]) -> tuple[str, str]:
    """CPU of every way of every step at the size that most ways were measured at."""
    largest = {step: max(r.rows for r in found if r.step == step) for step in {r.step for r in found}}
    steps = [step for step in ("extract", "kernel", "protect", "gate") if step in largest]
    figure, axes = plt.subplots(len(steps), 1, figsize=(8, 1.6 * len(steps)), squeeze=False, layout="constrained")
    for step, axis in zip(steps, axes.flat, strict=True):
        by_size: dict[int, list[Result]] = {}
        for result in found:
            if result.step == step:
                by_size.setdefault(result.rows, []).append(result)
        ways = max(by_size.values(), key=len)
        axis.barh(
            [r.way for r in ways],
            [r.cpu / (r.rows / 1e6) for r in ways],
            color=[OURS if r.way == "ours" else "#b9c3cc" for r in ways],
        )
        axis.invert_yaxis()
        axis.set_title(f"{step}, {ways[0].rows / 1e6:g} M rows", loc="left", fontsize=9)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes.flat[-1].set_xlabel("CPU seconds per million rows", fontsize=8)
    return _saved(figure, "performance-steps.svg"), "CPU seconds per million rows of each step and its rivals"


def lines(found: list[Result]) -> tuple[str, str]:
    """CPU against rows, for the steps that were measured at more than one size."""
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    for step in ("extract", "protect", "gate"):
        points = sorted((r.rows / 1e6, r.cpu) for r in found if r.step == step and r.way == "ours" and r.cores == 2)
        if len(points) > 1:
            axis.plot(*zip(*points, strict=True), marker="o", label=step)
    if not axis.lines:
        return "", ""
    axis.set_xlabel("million rows", fontsize=8)
    axis.set_ylabel("CPU seconds", fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    return _saved(figure, "performance-rows.svg"), "CPU seconds against rows"


def _saved(figure: plt.Figure, name: str) -> str:
    (DOCS / "images").mkdir(exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure.savefig(DOCS / "images" / name, metadata={"Date": None})
    return name
