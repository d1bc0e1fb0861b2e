"""How likely somebody is found in the demo's pseudonymised events, counted by another program than the suite's.

    python -m bench.risk             thirty days of the demo platform, 2,000 users; renews docs/risk.md
    python -m bench.risk --scale 4   another size; prints only

Sets in memory instead of Spark, every token asked about, points drawn by another generator: `jobs.anonymity.unicity`
must come to the same shares. Counted on the platform's own rows, times and networks as the contracts cut them: tokens
are one to one, so ids give the same. For the joins the thirty days are two epochs; browser and route are left out.
"""

from __future__ import annotations

import argparse
import ipaddress
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from bench.risk_page import lines, write_page
from jobs.anonymity.linkage import Linkage, linked
from jobs.anonymity.unicity import DRAWS, Unicity
from jobs.assurance.moments import CUTS
from jobs.assurance.relinking import LINKED
from policy.risk import MOST_POINTS

UNTIL, HALF, DAYS = "2026-03-31", "2026-03-17", 30
"""The last day, the first day of the second epoch, and how many there are."""
WORDS = {
    "threat_events": ("security_events", ("kind", "outcome")),
    "activity_trail": ("activity", ("action", "module", "object_type")),
}
"""The source of each release, and its closed words, that of a point first."""

Point = tuple[int, object]
Traces = Mapping[str, set[Point]]


def main() -> int:
    """Print what was measured; at scale 1 renew the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.risk", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    found: list[Unicity] = []
    joined: dict[str, Linkage] = {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "platform.db"
        words = ["--to", f"sqlite:///{target}", "--until", UNTIL, "--days", str(DAYS), "--scale", str(args.scale)]
        subprocess.run([sys.executable, "-m", "demo", "seed", *words], check=True, capture_output=True)
        with sqlite3.connect(target) as platform:
            for release, (source, columns) in WORDS.items():
                query = f"SELECT user_id, occurred_at, ip, {', '.join(columns)} FROM {source} WHERE user_id IS NOT NULL"
                rows = platform.execute(query).fetchall()
                for kind, traces in traces_of(rows).items():
                    cuts = (0, *CUTS) if kind == "moments" else (0,)
                    found += [each for cut in cuts for each in unicity(release, kind, cut, traces)]
                joined[release] = linkage(rows, columns)
    print("\n".join(lines(found, joined)))
    if args.scale == 1:
        write_page(found, joined)
    return 0


def traces_of(rows: Iterable[tuple]) -> dict[str, Traces]:
    """The points of everybody: (minute, word) and (day, network), times as minutes."""
    known: dict[str, dict[str, set[Point]]] = {"moments": defaultdict(set), "networks": defaultdict(set)}
    for who, at, ip, word, *_ in rows:
        minute = int(datetime.fromisoformat(f"{at}+00:00").timestamp()) // 60
        known["moments"][who].add((minute, word))
        if (network := network_of(ip)) is not None:
            known["networks"][who].add((minute - minute % 1440, network))
    return known


def network_of(ip: str | None) -> tuple[int, int] | None:
    """The /24 or /64 of an address; an IPv4 address in IPv6 is that address."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return address.version, int(address) >> (8 if address.version == 4 else 64)


def unicity(release: str, kind: str, cut: int, traces: Traces) -> Iterable[Unicity]:
    """For each number of points the share that is the only one with all of them."""

    def shown(point: Point) -> Point:
        return (point[0] - point[0] % cut, point[1]) if cut else point

    having: dict[Point, set[str]] = defaultdict(set)
    for who, points in traces.items():
        for point in points:
            having[shown(point)].add(who)
    for known in range(1, MOST_POINTS + 1):
        shares = []
        for draw in range(DRAWS):
            alone = 0
            for who, points in traces.items():
                drawn = sorted(points, key=repr)
                random.Random(f"{draw} {who}").shuffle(drawn)
                alone += len(set.intersection(*(having[shown(point)] for point in drawn[:known]))) == 1
            shares.append(alone / len(traces))
        fewer = sum(len(points) < known for points in traces.values()) / len(traces)
        error = stdev(shares) / DRAWS**0.5
        yield Unicity(release, kind, cut, known, len(traces), fmean(shares), 0.0, fewer, error)


def linkage(rows: Iterable[tuple], columns: tuple[str, ...]) -> Linkage:
    """How many people are found again by their habits after the middle of the month."""
    profiles: tuple[dict[str, Counter], dict[str, Counter]] = (defaultdict(Counter), defaultdict(Counter))
    for who, at, _, *words in rows:
        moment = datetime.fromisoformat(at)
        hours = (("hour", moment.hour), ("weekday and hour", moment.weekday(), moment.hour))
        profiles[at >= HALF][who].update((*hours, *zip(columns, words, strict=True)))
    both = sorted(profiles[0].keys() & profiles[1].keys())
    random.Random(1).shuffle(both)
    people = both[:LINKED]
    words = sorted({word for half in profiles for who in people for word in half[who]}, key=repr)
    before, after = (np.array([[half[who][word] for word in words] for who in people]) for half in profiles)
    return linked(before, after, np.arange(len(people)))


if __name__ == "__main__":
    raise SystemExit(main())
