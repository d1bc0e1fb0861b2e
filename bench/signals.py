"""``python -m bench.signals cost|equality``: what the rules cost by events, and whether tokens change findings.

``cost`` makes events of ordinary shape with some attacks among them, then measures all rules over them beside a bare
read of the same columns: CPU seconds of all processes, seconds, bytes shuffled and spilled, memory. ``equality`` runs
the demo platform through `bench.equality`. Both renew their table of docs/signals.md.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

import policy
from bench.equality import STAGES, comparable, found_at
from bench.measure import measuring
from bench.moved import OF_ROWS, moved_by
from demo.seed import seed
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from jobs.signals.rules import Rule, load_rules
from jobs.spark.session import spark

DAY = date(2026, 3, 12)
PAGE = Path(__file__).parents[1] / "docs" / "signals.md"
LETTERS = "cbdefghijklnrtuv"


def main() -> None:
    """Run one of the two and print its table."""
    parser = argparse.ArgumentParser(prog="python -m bench.signals", description=__doc__)
    parser.add_argument("what", choices=("cost", "equality"))
    parser.add_argument("--events", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--days", type=int, default=14)
    args = parser.parse_args()
    lines = cost(args.events) if args.what == "cost" else equality(args.days)
    print("\n".join(lines))
    renew(args.what, lines)


def cost(sizes: list[int]) -> list[str]:
    """One line a size: the bare read and all rules."""
    session, promise = spark("bench signals"), policy.load()
    rules = load_rules(promise, promise.release("threat_signals"))
    heads = (
        "events", "read, CPU s", "all rules, CPU s", "rules, s", "CPU µs an event", "shuffled, B an event", "spilled",
        "peak, MiB", "findings",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", f"|{'--:|' * len(heads)}"]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        for size in sizes:
            made(session, size).write.parquet(f"{folder}/{size}")
            lines.append(_cost(session.read.parquet(f"{folder}/{size}"), size, rules))
            print(lines[-1], flush=True)
    return lines


def _cost(rows: DataFrame, size: int, rules: Sequence[Rule]) -> str:
    digest = F.sum(F.pmod(F.xxhash64(*rows.columns), F.lit(7)))
    with measuring() as read:
        rows.select(digest).collect()
    found: list[int] = []
    with measuring() as ours:
        moved = moved_by(lambda: found.append(findings(rows, rules, whole_day(DAY)).count()), rows.sparkSession)
    shuffled, spilled, _ = (moved[name] / size for name in OF_ROWS)
    return (
        f"| {size:,} | {read.cpu:.1f} | {ours.cpu:.1f} | {ours.wall:.1f} | {ours.cpu / size * 1e6:.1f} "
        f"| {shuffled:.1f} | {spilled:.1f} | {ours.peak >> 20:,} | {found[0]} |"
    )


def made(session: SparkSession, size: int) -> DataFrame:
    """``size`` events of one day: accounts with 40 each, a fifth of them security events, and five attacks."""
    number = F.col("id")

    def drawn(salt: int, below: Column | int) -> Column:
        return F.pmod(F.xxhash64(number, F.lit(salt)), F.lit(below) if isinstance(below, int) else below)

    def named(prefix: str, value: Column, letters: int) -> Column:
        text = F.translate(F.lower(F.hex(value)), "0123456789abcdef", LETTERS)
        return F.concat(F.lit(prefix), F.lpad(text, letters, "c"))

    account = drawn(1, max(50, size // 40))
    attacked = number < max(500, size // 500)
    security = attacked | (drawn(2, 5) == 0)
    slot = F.pmod(number, F.lit(5))
    actor = F.when(attacked, slot).otherwise(account)
    at = F.when(attacked, F.floor(number / 5) % 3_600).otherwise(drawn(3, 86_400))
    midnight = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp())
    network = F.when(attacked, slot).otherwise(F.floor(account / 20))
    kind = F.when(attacked | (drawn(4, 12) == 0), "login_failed").otherwise("login_ok")
    actions = F.array(*(F.lit(a) for a in ("open_document", "edit_content", "publish_content", "change_permission")))
    return session.range(size).select(
        F.when(security, "threat_events").otherwise("activity_trail").alias("release"),
        named("evt_", number, 32).alias("event_id"),
        F.timestamp_seconds(F.lit(midnight) + F.floor(at / 60) * 60).alias("occurred_at"),
        named("usr_", actor, 32).alias("actor"),
        F.when(security, named("eml_", F.when(attacked, number).otherwise(account), 32)).alias("attempted_login"),
        named("ses_", actor, 32).alias("session_id"),
        named("ip4_", network * 256 + drawn(5, 250), 8).alias("ip"),
        named("ip4_", network, 6).alias("network"),
        F.when(security, kind).alias("kind"),
        F.when(~security, F.element_at(actions, (drawn(6, 4) + 1).cast("int"))).alias("action"),
        F.when(~security, named("obj_", drawn(7, 5_000), 32)).alias("object"),
        F.lit("false").alias("account_is_closed"),
        F.lit("false").alias("network_is_new"),
        F.lit("false").alias("address_is_known_attacker"),
    )


def equality(days: int) -> list[str]:
    """One line a rule: how many findings each stage gives, and how many of the published are not raw."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "IGNICLOUD_LAKE": f"{folder}/lake",
            "IGNICLOUD_KEYRING": f"{folder}/keyring.json",
            "IGNICLOUD_KEK": f"file:{folder}/kek",
            "IGNICLOUD_PLATFORM": f"sqlite:///{folder}/platform.db",
        }
        seed(os.environ["IGNICLOUD_PLATFORM"], DAY, days, 0.25)
        session, promise, lake = spark("bench equality"), policy.load(), Lake.from_environment()
        span = [DAY - timedelta(days=back) for back in range(days)]
        for day in span:
            extract_day(promise, day, lake, Ledger(lake.ledger))
        rules = load_rules(promise, promise.release("threat_signals"))
        found = {stage: comparable(found_at(stage, promise, rules, span, session)) for stage in STAGES}
    lines = [f"| rule | {' | '.join(STAGES)} | gone without those left out | changed by minutes | changed by tokens |",
             "|---|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    by_rule = {stage: Counter(row[0] for row in rows) for stage, rows in found.items()}
    for rule in rules:
        own = [{row for row in found[stage] if row[0] == rule.name} for stage in STAGES]
        changes = [len(one ^ other) for one, other in pairwise(own)]
        counts = " | ".join(str(by_rule[stage][rule.name]) for stage in STAGES)
        lines.append(f"| `{rule.name}` | {counts} | {' | '.join(map(str, changes))} |")
    return lines


def renew(what: str, lines: list[str]) -> None:
    """Put the table between its marks in docs/signals.md."""
    text = PAGE.read_text("utf-8")
    marks = f"<!-- {what} -->", f"<!-- end of {what} -->"
    table = "\n".join((marks[0], *lines, marks[1]))
    PAGE.write_text(re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: table, text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
