"""What the noise of ``attack_statistics`` leaves of the truth: the error of each daily cell beside its size.

    python -m bench.noise                a platform of some 10,000 security events a day; renews docs/noise.md
    python -m bench.noise --scale 1      the demo platform; prints only

Relative 95 % error: half the width of a number's interval over the count that it stands for. Beside it what bounding
takes away: counts before it against counts after it, which no interval covers.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from pathlib import Path

import policy
from bench.inputs import seed
from bench.noise_page import medians, write_page
from jobs.anonymity.noise import half_width
from policy.privacy import NoisyCount

SCALE = 20.0
"""Times the demo platform: what docs/noise.md shows."""

COUNTED = """
WITH of_day AS (
  SELECT coalesce('u' || user_id, 'a' || ip, '') AS unit, kind, outcome, count(*) AS n
  FROM security_events WHERE date(occurred_at) = ? AND kind IN ({kinds}) AND outcome IN ({outcomes})
  GROUP BY 1, 2, 3),
ranked AS (SELECT *, row_number() OVER (PARTITION BY unit ORDER BY random()) AS place FROM of_day)
SELECT kind, outcome, count(*), sum(n), count(*) FILTER (WHERE place <= {cells}),
       sum(min(n, {events})) FILTER (WHERE place <= {cells})
FROM ranked GROUP BY 1, 2 ORDER BY 1, 2
"""


def main() -> int:
    """Print a table a day and the medians over all days."""
    parser = argparse.ArgumentParser(prog="python -m bench.noise", description=__doc__)
    parser.add_argument("--scale", type=float, default=SCALE)
    args = parser.parse_args()
    contract = policy.load().release("attack_statistics")
    if contract.privacy is None:
        raise AssertionError("attack_statistics has no privacy budget")
    errors: dict[str, list[tuple[int, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "platform.db"
        seed(f"sqlite:///{database}", Path(folder) / "truth.json", args.scale)
        with sqlite3.connect(database) as connection:
            days = [
                day
                for (day,) in connection.execute("SELECT DISTINCT date(occurred_at) FROM security_events ORDER BY 1")
            ]
            for day in days:
                for count in contract.privacy.counts[:2]:
                    errors.setdefault(count.name, []).extend(_day(connection, day, count, contract.columns))
            [(events,)] = connection.execute("SELECT count(*) FROM security_events")
    print("\n".join(medians(errors)))
    if args.scale == SCALE:
        write_page(errors, round(events / len(days)), contract.privacy)
    return 0


def _day(connection: sqlite3.Connection, day: str, count: NoisyCount, columns: dict) -> list[tuple[int, float]]:
    """For each cell of somebody its units and the relative error of its number."""
    words = {name: ", ".join(f"'{word}'" for word in columns[name].values) for name in ("kind", "outcome")}
    query = COUNTED.format(kinds=words["kind"], outcomes=words["outcome"], cells=count.cells, events=count.events)
    half, errors = half_width(count), []
    print(f"{day} {count.name}: every number ± {half}")
    for kind, outcome, units, events, kept_units, kept_events in connection.execute(query, (day,)):
        true, kept = (units, kept_units) if count.counted == "units" else (events, kept_events)
        print(f"  {kind:<18}{outcome:<9}{true:>8} counted {kept:>8} after bounding  ± {half / max(true, 1):.0%}")
        errors.append((units, half / true))
    return errors


if __name__ == "__main__":
    raise SystemExit(main())
