"""The daily threat report: one HTML page that needs no network and no script, drawn from published releases.

Tokens only: what the page shows is what security analysts may read anyway. Colours follow one scale
(level of a finding, density of failures); every drawing has its numbers in words beside it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from jobs.lake.faults import fault
from jobs.lake.files import write_atomically
from jobs.lake.tables import find_table
from jobs.lake.zones import Lake
from jobs.signals.events import require_day
from policy.detections import LEVELS
from policy.promise import Promise
from policy.shapes import NETWORK_LETTERS

RELEASE = "threat_signals"
TREND = 30
TOP = 8
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WIDTH, HEIGHT = 960, 150


@dataclass(frozen=True)
class Bar:
    """One bar of a drawing: place, size, colour class and the words for it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


def write_report(promise: Promise, day: date, lake: Lake) -> Path:
    """Replace the report of ``day``; its path below the published findings.

    Raises:
        DayNotPublishedError: the findings of that day aren't published.
    """
    require_day(lake, RELEASE, day)
    folder = lake.shared(lake.about(RELEASE) / "reports")
    path = folder / f"{day}.html"
    with lake.alone(RELEASE):
        fault("findings.before_report")
        write_atomically(path, report(promise, day, lake))
    return path


def report(promise: Promise, day: date, lake: Lake) -> str:
    """The page of one published day. Of other days, what isn't published is shown as nothing."""
    findings = _rows(lake, RELEASE, day - timedelta(days=TREND), day)
    today = [row for row in findings if row["day"] == day]
    failures = _failures(lake, day)
    counted = Counter(row["level"] for row in today)
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
    )
    worst = sorted(today, key=lambda row: (-LEVELS.index(row["level"]), row["first_seen"], row["rule"]))
    return page.get_template("report.html").render(
        day=day,
        levels=[(level, counted.get(level, 0)) for level in reversed(LEVELS)],
        rules=promise.detections.rules,
        findings=[row for row in worst if row["level"] != "informational"],
        informational=Counter(row["rule"] for row in worst if row["level"] == "informational"),
        timeline=timeline(today, day),
        heat=heat(failures),
        weekdays=WEEKDAYS,
        trend=trend(findings, day),
        networks=_top(row["network"] for row in failures if row["day"] == day),
        targets=_top(row["attempted_login"] for row in failures if row["day"] == day),
        width=WIDTH,
        height=HEIGHT,
        failures=sum(row["day"] == day for row in failures),
    )


def _rows(
    lake: Lake,
    release: str,
    first: date,
    last: date,
    columns: list[str] | None = None,
    only: pc.Expression | None = None,
) -> list[dict[str, Any]]:
    """The published rows of some days; all columns and rows unless ``columns`` and ``only`` name some."""
    table = find_table(lake.published(release))
    if table is None:
        return []
    days = [("day", ">=", first.isoformat()), ("day", "<=", last.isoformat())]
    rows: pa.Table = table.to_pyarrow_table(partitions=days, columns=columns, filters=only)
    return list(rows.to_pylist(maps_as_pydicts="strict"))


def _failures(lake: Lake, day: date) -> list[dict[str, Any]]:
    """Failed logins of four weeks, with the network of their address."""
    columns = ["day", "occurred_at", "ip", "attempted_login", "kind"]
    rows = _rows(lake, "threat_events", day - timedelta(days=27), day, columns, pc.field("kind") == "login_failed")
    return [{**row, "network": _network(row["ip"])} for row in rows]


def _network(ip: str | None) -> str | None:
    if ip is None:
        return None
    four, six = NETWORK_LETTERS["network"]
    return ip[: 4 + (four if ip.startswith("ip4_") else six)]


def _top(values: Any) -> list[tuple[str, int, float]]:
    """The most frequent values, how often, and the share of the most frequent one."""
    most = Counter(value for value in values if value is not None).most_common(TOP)
    return [(value, count, count / most[0][1]) for value, count in most]


def timeline(today: list[dict[str, Any]], day: date) -> list[Bar]:
    """One bar a finding, worst first from the top, over the hours of the day."""
    shown = [row for row in today if row["level"] != "informational"]
    midnight = datetime(day.year, day.month, day.day, tzinfo=shown[0]["first_seen"].tzinfo) if shown else None
    bars = []
    for place, row in enumerate(sorted(shown, key=lambda r: (-LEVELS.index(r["level"]), r["first_seen"]))):
        start = max(0.0, (row["first_seen"] - midnight).total_seconds() / 86_400)
        end = (row["last_seen"] - midnight).total_seconds() / 86_400
        words = f"{row['rule']}, {row['first_seen']:%d %b %H:%M} to {row['last_seen']:%H:%M}, {row['events']} events"
        bars.append(Bar(start * WIDTH, place * 18, max(4.0, (end - start) * WIDTH), 12, row["level"], words))
    return bars


def heat(failures: list[dict[str, Any]]) -> list[list[tuple[int, float]]]:
    """Failed logins by weekday and hour (UTC), each with its share of the busiest hour."""
    counted = Counter((row["occurred_at"].weekday(), row["occurred_at"].hour) for row in failures)
    most = max(counted.values(), default=1)
    return [[(counted[weekday, hour], counted[weekday, hour] / most) for hour in range(24)] for weekday in range(7)]


def trend(findings: list[dict[str, Any]], day: date) -> list[Bar]:
    """Findings above informational of the last thirty days and this one, stacked by level."""
    days = [day - timedelta(days=back) for back in range(TREND, -1, -1)]
    counted = Counter((row["day"], row["level"]) for row in findings)
    totals = {each: sum(counted[each, level] for level in LEVELS[1:]) for each in days}
    scale = (HEIGHT - 30) / max(1, *totals.values())
    step, bars = WIDTH / len(days), []
    for place, each in enumerate(days):
        top = float(HEIGHT - 20)
        for level in LEVELS[1:]:
            if counted[each, level]:
                height = counted[each, level] * scale
                top -= height
                words = f"{each:%d %b}: {counted[each, level]} {level}"
                bars.append(Bar(place * step + 2, top, step - 4, height, level, words))
    return bars
