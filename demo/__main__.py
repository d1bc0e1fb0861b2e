"""``python -m demo seed --to sqlite:///path`` fills a platform; ``late`` adds events to an earlier day."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from demo.attacks import Attacks
from demo.behaviour import Ordinary
from demo.people import people, small_tables
from demo.rights import plant_rights
from demo.write import database

USERS, COMPANIES, DAYS, SEED = 2_000, 120, 30, 807_648_829


def seed(target: str, until: date, days: int = DAYS, scale: float = 1, number: int = SEED) -> dict[str, Any]:
    """Fill ``target`` with ``days`` days ending at ``until``; the truth about what was planted."""
    rng = np.random.default_rng([number, 0])
    crowd = people(rng, until, max(10, int(COMPANIES * scale)), max(300, int(USERS * scale)))
    small = small_tables(rng, crowd, until)
    rights = plant_rights(rng, crowd, small, until)
    ordinary = Ordinary(crowd, number)
    attacks = Attacks(ordinary, until, number).plant()
    sink = database(target)
    sink.create()
    for table, rows in {"companies": crowd.companies, "professional_users": crowd.users, **small}.items():
        sink.insert(table, rows)
    counts: dict[str, int] = {}
    for back in range(days - 1, -1, -1):
        tables = ordinary.day(day := until - timedelta(days=back))
        for table, row in attacks.of(day):
            tables[table].append(row)
        for table, rows in tables.items():
            sink.insert(table, rows)
            counts[table] = counts.get(table, 0) + len(rows)
        print(f"\rseeding {days - back}/{days} days", end="", file=sys.stderr, flush=True)
    sink.close()
    print(file=sys.stderr)
    return {"until": str(until), "seed": number, "users": len(crowd.users), "rows": counts, "attacks": attacks.truth, **rights}


def late(target: str, day: date, count: int, number: int = SEED) -> int:
    """Add ``count`` login failures of nobody known to an earlier day, as if they had arrived late."""
    rng = np.random.default_rng([number, 3, day.toordinal(), count])
    crowd = people(np.random.default_rng([number, 0]), day, 10, 300)
    ordinary, midnight = Ordinary(crowd, number), datetime.combine(day, datetime.min.time())
    from demo.people import uuids

    rows = [
        ordinary.security(event_id, midnight + timedelta(seconds=int(rng.integers(86_400))), None, "login_failed", None, typed="late", ip="203.0.113.250")
        for event_id in uuids(rng, count)
    ]
    sink = database(target)
    sink.insert("security_events", rows)
    sink.close()
    return count


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    fill = actions.add_parser("seed", help="make all tables anew and fill them")
    fill.add_argument("--to", required=True, metavar="DATABASE", help="sqlite:///path or postgresql:")
    fill.add_argument("--until", type=date.fromisoformat, default=yesterday)
    fill.add_argument("--days", type=int, default=DAYS)
    fill.add_argument("--scale", type=float, default=1)
    fill.add_argument("--seed", type=int, default=SEED)
    fill.add_argument("--truth", type=Path, help="where truth.json goes (beside a SQLite file by default)")
    more = actions.add_parser("late", help="add events to an earlier day")
    more.add_argument("--to", required=True)
    more.add_argument("--day", type=date.fromisoformat, required=True)
    more.add_argument("--count", type=int, default=5)
    args = parser.parse_args()
    if args.action == "late":
        print(f"{late(args.to, args.day, args.count)} events added to {args.day}")
        return 0
    truth = seed(args.to, args.until, args.days, args.scale, args.seed)
    beside = Path(args.to.removeprefix("sqlite:///")).parent if args.to.startswith("sqlite") else Path()
    (args.truth or beside / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False))
    print(f"{truth['users']} users, " + ", ".join(f"{count} {table}" for table, count in truth["rows"].items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
