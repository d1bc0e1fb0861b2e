"""``python -m jobs assure …``: search what is published with today's identifiers; see to what was found."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import policy
from jobs.gate.decisions import NobodyDecidesError, acknowledge, open_incidents
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.command_line import a_day


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``assure``; without one, everything is searched."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--open", action="store_true", help="list incidents that nobody has acknowledged")
    what.add_argument("--acknowledge", metavar="INCIDENT", type=int, help="close one; its release is published again")
    what.add_argument("--everything", action="store_true", help="skip no day, whatever is proved of it")
    parser.add_argument("--by", help="who acknowledges")
    parser.add_argument("--day", type=a_day, help="whose identifiers; of yesterday (UTC) unless given")


def run(args: argparse.Namespace, lake: Lake) -> int:
    """One action; results and decisions are recorded in the ledger."""
    ledger = Ledger(lake.ledger)
    if args.open:
        for entry in open_incidents(ledger):
            print(f"{entry['seq']:>6}  {entry['release']}  {entry['day']}  {entry['what']}, {entry['count']} times")
        return 0
    if args.acknowledge is not None:
        if not args.by:
            raise NobodyDecidesError("acknowledge")
        print(f"incident {args.acknowledge} of {acknowledge(args.acknowledge, args.by, ledger)['release']} is closed")
        return 0
    day = args.day or datetime.now(UTC).date() - timedelta(days=1)
    return _search(day, lake, "nothing" if args.everything else "proved")


def _search(day: date, lake: Lake, skipping: Literal["proved", "nothing"]) -> int:
    from jobs.assurance.assure import LeakFoundError, assure
    from jobs.spark.session import spark

    found = []
    for each in assure(policy.load(), day, spark("assure"), lake, skipping):
        said = f"{len(each.findings)} findings" if each.findings else "nothing found"
        print(
            f"{each.release:<20} {each.rows:>12} rows of {each.days:>4} days searched: {said}, "
            f"{each.caught} of {each.planted} planted leaks caught{_skipped(each.skipped)}",
            flush=True,
        )
        found += [each] if each.findings else []
    if found:
        raise LeakFoundError(found)
    return 0


def _skipped(skipped: Mapping[str, int]) -> str:
    """How many days weren't searched, and what proves that a search would find nothing."""
    days = [f"{count} {why}" for why, count in skipped.items() if count]
    return f"; skipped days: {', '.join(days)}" if days else ""
