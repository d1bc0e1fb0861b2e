"""``python -m jobs expire …``: plan what must go, approve, carry out, prove. Prints counts and file names."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import policy
from jobs.gate.decisions import NobodyDecidesError
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.command_line import a_day
from policy.promise import Promise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``expire``."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--plan", action="store_true", help="say exactly what must go, and change nothing (Spark)")
    what.add_argument("--execute", metavar="HASH", type=_hash, help="carry out this plan and nothing else (Spark)")
    what.add_argument("--prove", metavar="HASH", type=_hash, help="count and search again; write the receipt")
    what.add_argument("--verify", metavar="HASH", type=_hash, help="check the seal of a receipt")
    what.add_argument("--approve", metavar="HASH", type=_hash, help="let a plan delete more than the daily share")
    parser.add_argument("--day", type=a_day, help="the day of the plan; today (UTC) unless given")
    parser.add_argument("--by", help="who approves")


def run(args: argparse.Namespace, lake: Lake) -> int:
    """One action; each is recorded in the ledger."""
    promise, today = policy.load(), datetime.now(UTC).date()
    if args.plan:
        return _plan(promise, lake, args.day or today)
    if args.approve:
        return _approve(args, lake)
    if args.verify:
        return _verify(args.verify, lake)
    return _execute(promise, lake, args.execute, today) if args.execute else _prove(promise, lake, args.prove, today)


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError("a plan is named by the 64 hex digits of its hash")
    return text


def _plan(promise: Promise, lake: Lake, day: date) -> int:
    from jobs.lake.commits import discard_torn
    from jobs.retention.plan import described
    from jobs.retention.planner import make_plan, published_contracts
    from jobs.spark.session import spark

    ledger = Ledger(lake.ledger)
    for contract in published_contracts(promise, lake):
        with lake.alone(contract.release):
            discard_torn(lake.published(contract.release), ledger)
    with _look(promise, lake, frozenset({day}), spark("expire")) as at:
        plan = make_plan(at)
    plan.write(lake)
    ledger.append("expiry_planned", **plan.counts())
    print(described(plan))
    return 0


def _approve(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.retention.plan import load_plan

    plan = load_plan(lake, args.approve)
    if not args.by:
        raise NobodyDecidesError("approve")
    Ledger(lake.ledger).append("expiry_approved", plan=plan.hash, by=args.by)
    print(f"plan {plan.hash[:12]} approved")
    return 0


def _verify(name: str, lake: Lake) -> int:
    from jobs.retention.receipt import require_sealed

    require_sealed(lake, name, Keyring.from_environment())
    print(f"plan {name[:12]}: the receipt is the one that was sealed")
    return 0


def _execute(promise: Promise, lake: Lake, name: str, today: date) -> int:
    from jobs.night.datasheet import write_about
    from jobs.retention.approval import require_executable
    from jobs.retention.execute import Work, execute
    from jobs.retention.plan import load_plan
    from jobs.spark.session import spark

    plan, ledger = load_plan(lake, name), Ledger(lake.ledger)
    require_executable(plan, ledger, today)
    with _look(promise, lake, frozenset({date.fromisoformat(plan.day), today}), spark("expire")) as at:
        execute(Work(plan, at, ledger))
    for table in plan.tables:
        write_about(promise, promise.release(table.release), lake, ledger)
    print(f"plan {name[:12]}: {plan.counts()['rows']} rows of {len(plan.tables)} tables are gone")
    return 0


def _prove(promise: Promise, lake: Lake, name: str, today: date) -> int:
    from jobs.retention.epochs import Claims, destroy_lapsed
    from jobs.retention.plan import load_plan
    from jobs.retention.proof import prove

    plan, ledger = load_plan(lake, name), Ledger(lake.ledger)
    with _look(promise, lake, frozenset({date.fromisoformat(plan.day), today})) as at:
        for proof in prove(plan, at, ledger):
            print(
                f"{proof.release}: {proof.rows_gone} rows deleted, {proof.rows_left} left that must be gone; "
                f"{proof.tokens} tokens searched for in {proof.files_searched} files, {proof.found} found"
            )
        destroyed = destroy_lapsed(promise, lake, at.keyring, Claims(at.day, at.open_requests))
    for domain, epoch in destroyed:
        print(f"{domain} {epoch}: no row is left, its key is destroyed")
    print(f"receipt: {lake.expiry(plan.hash) / 'receipt.md'}")
    return 0


@contextmanager
def _look(promise: Promise, lake: Lake, days: frozenset[date], session: Any = None) -> Iterator[Any]:
    from jobs.retention.planner import look

    ring = Keyring.from_environment(Ledger(lake.ledger))
    with look(promise, lake, ring, session, days) as at:
        yield at
