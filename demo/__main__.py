"""``python -m demo seed --to sqlite:///path`` fills a platform; ``late`` adds events to an earlier day."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policy.command_line import CommandLine, a_day, command, require_installed

require_installed("numpy", "pyarrow")
from demo.late import late  # noqa: E402 (not before it is known to be installed)
from demo.seed import DAYS, SEED, seed  # noqa: E402


def main() -> int:
    """The command line."""
    args = _parser().parse_args()
    try:
        if args.action == "late":
            print(f"{late(args.to, args.day, args.count)} events added to {args.day}")
        else:
            _seed(args)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandLine(prog=command("demo"), description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    fill = actions.add_parser("seed", help="make all tables anew and fill them")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    fill.add_argument("--until", type=a_day, default=yesterday, help="the last day (yesterday)")
    fill.add_argument("--days", type=int, default=DAYS, help=f"how many days ({DAYS})")
    fill.add_argument("--scale", type=float, default=1, help="1 is 2,000 users and 60,000 actions in 30 days")
    fill.add_argument("--seed", type=int, default=SEED, help="another number, another platform")
    fill.add_argument("--truth", type=Path, help="where truth.json goes (beside a SQLite file, else here)")
    more = actions.add_parser("late", help="add events to an earlier day")
    more.add_argument("--day", type=a_day, required=True)
    more.add_argument("--count", type=int, default=5)
    for action in (fill, more):
        action.add_argument(
            "--to", required=True, metavar="DATABASE", help="sqlite:///path, or postgresql: and PGHOST …"
        )
    return parser


def _seed(args: argparse.Namespace) -> None:
    truth = seed(args.to, args.until, args.days, args.scale, args.seed)
    beside = Path(args.to.removeprefix("sqlite:///")).parent if args.to.startswith("sqlite") else Path()
    path: Path = args.truth or beside / "truth.json"
    path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(", ".join(f"{rows} {table}" for table, rows in truth["rows"].items()))


if __name__ == "__main__":
    raise SystemExit(main())
