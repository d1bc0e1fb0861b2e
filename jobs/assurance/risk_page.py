"""The page of every release's risk: words first, drawings beside their numbers; no script, no network, no token.

It lies with the record's other pages, and is replaced by each measurement; the ledger keeps what it said before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from jobs.anonymity.counts import Counts
from jobs.anonymity.unicity import Unicity
from jobs.assurance.risk import Measured
from jobs.lake.files import write_atomically
from jobs.lake.zones import Lake
from policy.promise import Promise
from policy.risk import MOST_POINTS

FOLDER, PAGE = "risk", "releases.html"
CUTS = {0: "as published", 5: "5 minutes", 15: "15 minutes", 60: "the hour", 1440: "the day"}
NUMBERS = ("one", "two", "three", "four")

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 40, 96, 12, 34
APART = 14
"""Units of a drawing: its size, the room around its axes, and how far two labels are from each other at least."""


@dataclass(frozen=True)
class Line:
    """One curve of a drawing: its points, and where its label stands. ``shade``: 0 for the table as it is."""

    label: str
    shade: int
    points: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True)
class Curves:
    """What one kind of knowledge comes to in one epoch: for each cut its numbers, finest first, and their drawing."""

    kind: str
    know: tuple[str, ...]
    epoch: str
    tokens: int
    rows: tuple[tuple[Unicity, ...], ...]
    lines: tuple[Line, ...]

    @property
    def within(self) -> float:
        """How far a share may be from its mean over all draws, in percentage points (95 %)."""
        return 196 * max(each.error for row in self.rows for each in row)


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: its words, its place and height, and how many classes it stands for."""

    label: str
    x: float
    y: float
    height: float
    classes: int


def write_risk_page(promise: Promise, measured: Sequence[Measured], day: date, lake: Lake) -> Path:
    """Replace the page by what was measured now; its path."""
    folder = lake.data_docs(FOLDER)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = folder / PAGE
    write_atomically(path, risk_page(promise, measured, day), 0o644)
    return path


def risk_page(promise: Promise, measured: Sequence[Measured], day: date) -> str:
    """The page as text."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["percent"] = percent
    return pages.get_template("risk.html").render(
        day=day,
        releases=[(each, curves(each)) for each in measured],
        purposes=promise.register.purposes,
        cuts=CUTS,
        numbers=NUMBERS,
        bars=bars,
        axis=[(share, _y(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        places=[(points, _x(points)) for points in range(1, MOST_POINTS + 1)],
        size=(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM),
    )


def percent(share: float) -> str:
    """A share in words: no 100 % that isn't all, no 0 % that isn't none."""
    if share in (0.0, 1.0):
        return f"{100 * share:.0f}\u00a0%"
    if share > 0.995:
        return "over 99\u00a0%"
    return "under 1\u00a0%" if share < 0.01 else f"{100 * share:.0f}\u00a0%"


def curves(measured: Measured) -> tuple[Curves, ...]:
    """Every kind of knowledge of every epoch, the newest epoch first."""
    by: dict[tuple[str, str], dict[int, list[Unicity]]] = {}
    for each in measured.unicity:
        by.setdefault((each.epoch, each.kind), {}).setdefault(each.cut, []).append(each)
    risk = measured.contract.risk
    know = {kind: points.know for kind, points in risk.points.items()} if risk else {}
    order = sorted(by, key=lambda key: (-date.fromisoformat(key[0]).toordinal(), [*know].index(key[1])))
    return tuple(_curves(kind, epoch, know[kind], by[epoch, kind]) for epoch, kind in order)


def _curves(kind: str, epoch: str, know: tuple[str, ...], by_cut: dict[int, list[Unicity]]) -> Curves:
    rows = tuple(tuple(by_cut[cut]) for cut in sorted(by_cut))
    ends = _spread([_y(row[-1].at_most) for row in rows])
    lines = tuple(
        Line(CUTS[row[0].cut], list(CUTS).index(row[0].cut), tuple((_x(u.points), _y(u.at_most)) for u in row), end)
        for row, end in zip(rows, ends, strict=True)
    )
    return Curves(kind, know, epoch, rows[0][0].tokens, rows, lines)


def _x(points: int) -> float:
    return LEFT + 8 + (points - 1) * (WIDTH - LEFT - RIGHT - 16) / (MOST_POINTS - 1)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _spread(ends: Sequence[float]) -> list[float]:
    """Places for labels beside the curves' ends, downwards, none over another and none below the axis."""
    placed: list[float] = []
    for end in ends:
        placed.append(max(end, placed[-1] + APART) if placed else end)
    below = max(0.0, placed[-1] - (HEIGHT - BOTTOM)) if placed else 0.0
    for place in range(len(placed) - 1, -1, -1):
        ceiling = placed[place + 1] - APART if place + 1 < len(placed) else placed[place] - below
        placed[place] = min(placed[place], ceiling)
    return placed


def bars(counts: Counts) -> tuple[Bar, ...]:
    """How many classes there are of each size, in bands between powers of two."""
    bands = counts.histogram
    most, width = max((band.classes for band in bands), default=1), (WIDTH - LEFT - 16) / max(len(bands), 1)
    drawn = []
    for place, band in enumerate(bands):
        height = (HEIGHT - TOP - BOTTOM - 14) * band.classes / most
        label = str(band.low) if band.low == band.high else f"{band.low}–{band.high}"
        drawn.append(Bar(label, LEFT + place * width, HEIGHT - BOTTOM - height, height, band.classes))
    return tuple(drawn)
