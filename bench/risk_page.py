"""The figures and the plot of docs/risk.md, from what `bench.risk` has measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from jobs.anonymity.linkage import Linkage
from jobs.anonymity.unicity import Unicity
from jobs.assurance.risk_page import CUTS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "risk.md"
SHADES = ("#123a5e", "#2b5d8a", "#4f86b5", "#7fabd0", "#b9c3cc")


def lines(found: Sequence[Unicity], joined: Mapping[str, Linkage]) -> Iterator[str]:
    """Both tables of the page."""
    yield "| release | known of a person | times cut to | 1 point | 2 | 3 | 4 |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for row in rows(found):
        shares = " | ".join(f"{each.at_most:.1%}" for each in row)
        yield f"| `{row[0].epoch}` | {row[0].kind} | {CUTS[row[0].cut]} | {shares} |"
    yield ""
    yield "| release | people in both epochs | found again | 95 % | by a guess |"
    yield "|---|--:|--:|--:|--:|"
    for name, each in joined.items():
        low, high = each.interval
        yield f"| `{name}` | {each.people:,} | {each.rate:.1%} | {low:.1%} to {high:.1%} | {each.chance:.1%} |"
    yield ""
    tokens = {each.epoch: each.tokens for each in found}
    most = max(each.error for each in found)
    said = " and ".join(f"{count:,} tokens in `{name}`" for name, count in tokens.items())
    yield f"Thirty days: {said}. Other draws would change a share by {196 * most:.1f} percentage points at most (95 %)."


def rows(found: Sequence[Unicity]) -> list[list[Unicity]]:
    """What was found, a list for each release, kind and cut, finest first."""
    by: dict[tuple[str, str, int], list[Unicity]] = {}
    for each in found:
        by.setdefault((each.epoch, each.kind, each.cut), []).append(each)
    return [by[key] for key in sorted(by, key=lambda key: (-len(key[0]), *key[1:]))]


def write_page(found: Sequence[Unicity], joined: Mapping[str, Linkage]) -> None:
    """Put the tables between their marks, and draw how unicity falls."""
    block = "\n".join(("<!-- risk -->", *lines(found, joined), "<!-- end of risk -->"))
    text = re.sub(r"<!-- risk -->.*?<!-- end of risk -->", lambda _: block, PAGE.read_text("utf-8"), flags=re.S)
    PAGE.write_text(text, "utf-8")
    releases = list(dict.fromkeys(row[0].epoch for row in rows(found)))
    figure, axes = plt.subplots(1, len(releases), figsize=(8, 3), sharey=True, layout="constrained")
    for axis, release in zip(axes, releases, strict=True):
        draw(axis, [row for row in rows(found) if row[0].epoch == release and row[0].kind == "moments"])
        axis.set_title(release, loc="left", fontsize=9)
    axes[0].set_ylabel("tokens singled out", fontsize=8)
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure.savefig(DOCS / "images" / "risk.svg", metadata={"Date": None})


def draw(axis: Axes, curves: Sequence[Sequence[Unicity]]) -> None:
    """One curve for each cut of the times."""
    for row, shade in zip(curves, SHADES, strict=True):
        axis.plot(
            [u.points for u in row], [u.at_most for u in row], "o-", color=shade, markersize=3, label=CUTS[row[0].cut]
        )
    axis.set_xticks([1, 2, 3, 4])
    axis.set_xlabel("moments known of a person", fontsize=8)
    axis.set_ylim(0, 1.03)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8, title="times cut to", title_fontsize=8)
