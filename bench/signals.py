"""``python -m bench.signals cost|equality``: what the rules cost by events, and whether tokens change findings.

``cost`` makes events of ordinary shape with some attacks among them, then times all rules over them
beside a bare read of the same columns: CPU seconds of the whole JVM, and of the clock. ``equality`` runs the
demo platform through `bench.equality` and renews the table of docs/signals.md.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

import policy
from bench.equality import STAGES, comparable, found_at
from demo.seed import seed
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from jobs.signals.rules import load_rules
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
    """One line a size: the bare read and all rules, in CPU seconds and seconds."""
    session, promise = spark("bench signals"), policy.load()
    rules = load_rules(promise, promise.release("threat_signals"))
    lines = [
        "| events | read, CPU s | all rules, CPU s | rules, s | CPU µs an event | findings |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = f"{folder}/{size}"
            made(session, size).write.parquet(path)
            rows = session.read.parquet(path)
            columns = [F.xxhash64(*rows.columns)]
            read, _, _ = timed(
                session, lambda rows=rows, columns=columns: rows.select(F.sum(F.pmod(columns[0], F.lit(7)))).collect()
            )
            cpu, wall, found = timed(session, findings(rows, rules, whole_day(DAY)).count)
            lines.append(f"| {size:,} | {read:.1f} | {cpu:.1f} | {wall:.1f} | {cpu / size * 1e6:.1f} | {found} |")
            print(lines[-1], flush=True)
    return lines


def timed(session: SparkSession, job: Callable[[], object]) -> tuple[float, float, object]:
    """CPU seconds of the JVM, seconds, and the job's result."""
    jvm = session.sparkContext._jvm
    assert jvm is not None
    stat = Path(f"/proc/{jvm.java.lang.ProcessHandle.current().pid()}/stat")
    before, start = _cpu(stat), time.monotonic()
    result = job()
    return _cpu(stat) - before, time.monotonic() - start, result


def _cpu(stat: Path) -> float:
    """User and system seconds of a process so far (proc(5), fields 14 and 15)."""
    user, system = stat.read_text("ascii").rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


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
