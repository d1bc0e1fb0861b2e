"""``python -m bench.disclosure``: what an attacker gets from the demo's tables, before and after, and what it costs.

The demo platform's days are counted by Spark as every night counts them. *Before* is the rule that this suite had: a
cell is hidden that has too few contributors or a dominating one. *After* is what it publishes. Both are attacked by
`bench.attacker`, and so are two versions of rebuilt days and twelve months of standing counts. Renews
docs/statistics.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import policy
from bench.attacker import Key
from bench.disclosure_page import Series, write_page
from bench.disclosure_scores import HEADINGS, Score, old_values, pairs, patterns, score, values
from demo.seed import seed
from jobs.anonymity.cells import cells_of, grouped
from jobs.anonymity.statistics import Rows, Sources, Tables, statistics
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.retention.suppressed import landing_of
from jobs.spark.session import spark
from policy.contract import Contract
from policy.periods import add_months
from policy.promise import Promise
from policy.statistics import Statistic, systems

LAST = date(2026, 11, 28)
RELEASES = ("service_statistics", "feedback_topics")
LATE = 50
"""One row in so many comes late in the rebuilt days."""


def main() -> None:
    """Seed, count, attack, print, renew the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.disclosure", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rebuilt", type=int, default=5, help="how many of them are built a second time")
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "IGNICLOUD_LAKE": f"{folder}/lake",
            "IGNICLOUD_KEYRING": f"{folder}/keyring.json",
            "IGNICLOUD_KEK": f"file:{folder}/kek",
            "IGNICLOUD_PLATFORM": f"sqlite:///{folder}/platform.db",
        }
        seed(os.environ["IGNICLOUD_PLATFORM"], LAST, args.days, args.scale)
        world = World(policy.load(), spark("bench disclosure"), Lake.from_environment())
        world.session.conf.set("spark.sql.shuffle.partitions", "1")  # a few thousand rows a day
        days = [LAST - timedelta(days=back) for back in range(args.days)][::-1]
        lines = list[str]()
        for line in chain(HEADINGS, world.days(days), world.versions(days[-args.rebuilt :]), world.months(days[-1])):
            print(line, flush=True)
            lines.append(line)
    write_page(lines, world.series)


@dataclass
class World:
    """The demo platform, landed a day at a time."""

    promise: Promise
    session: SparkSession
    lake: Lake
    series: Series = field(default_factory=dict)
    published: dict[tuple[str, date], Tables] = field(default_factory=dict)

    def landing(self, day: date) -> Landing:
        """The day in landing."""
        if day not in self.lake.landed_days():
            extract_day(self.promise, day, self.lake, Ledger(self.lake.ledger))
        return landing_of(self.session, self.lake, day)

    def tables(
        self, release: str, day: date, visible: Iterable[Tables] = (), frames: Callable[[str], DataFrame] | None = None
    ) -> Tables:
        """The release's tables of one day, beside what was published before, if any."""
        landing = self.landing(day)
        rows = [{**row, "day": face.as_of} for made in visible for row, face in zip(made.rows, made.faces, strict=True)]
        return self._made(self.promise.release(release), landing, frames or landing.frame, rows, day)

    def _made(
        self, contract: Contract, landing: Landing, frames: Callable[[str], DataFrame], rows: Rows, day: date
    ) -> Tables:
        """The contract's tables over these frames, without whom the landing says to leave out."""
        exclusion = replace(landing.exclusion(self.promise, contract.purpose), frames=frames)
        return statistics(self.promise, contract, Sources(exclusion, day, rows))

    def days(self, days: list[date]) -> Iterator[str]:
        """Every linked table of every day, attacked."""
        before, after = Score(), Score()
        self.published |= {(release, day): self.tables(release, day) for day in days for release in RELEASES}
        every = self.published.values()
        ever = frozenset(key for made in every for key, cell in made.cells.items() if cell.row_count)
        for (_, day), made in self.published.items():
            self._note(made, day)
            old, new = patterns(made, ever, day)
            for system in systems([s for s in made.contract.statistics if s.is_due(day)]):
                score(before, system, made, old)
                score(after, system, made, new)
        yield before.line(f"{len(days)} days", "before")
        yield after.line(f"{len(days)} days", "after")

    def _note(self, made: Tables, day: date) -> None:
        """What readers see of each sector on the day, for the plot."""
        for face in made.faces:
            if face.statistic == "actions_by_sector":
                ends = (face.numbers[0],) * 2 if face.numbers is not None else face.intervals[0]
                self.series.setdefault(face.words[0], {})[day] = (face.shown, int(ends[0]), int(ends[1]))

    def versions(self, days: list[date]) -> Iterator[str]:
        """Days of which one row in `LATE` came after the first publication: cells that isolate fewer than k."""
        before, after = Score(), Score()
        for day in days:
            frames, late = self.landing(day).frame, F.pmod(F.xxhash64("occurred_at"), F.lit(LATE)) == 0

            def early(name: str, frames: Callable[[str], DataFrame] = frames, late: Any = late) -> DataFrame:
                rows = frames(name)
                return rows.where(~late) if "occurred_at" in rows.columns else rows

            for release in RELEASES:
                first = self.tables(release, day, frames=early)
                second, alone = self.tables(release, day, [first]), self.published[release, day]
                for statistic in (s for s in first.contract.statistics if s.every == "day"):
                    moved = self.late_people(first, statistic, frames, late)
                    self._compare(before, statistic, moved, old_values(first), old_values(alone))
                    self._compare(after, statistic, moved, values(first), values(second))
        yield before.line(f"{len(days)} days, two versions", "before")
        yield after.line(f"{len(days)} days, two versions", "after")

    def late_people(
        self, made: Tables, statistic: Statistic, frames: Callable[[str], DataFrame], late: Any
    ) -> dict[Key, int]:
        """How many contributors each cell's late rows are of."""
        rows = grouped(self.promise, made.contract, statistic, frames(statistic.of).where(late), frames)
        return {(statistic.name, words): cell.contributors for words, cell in cells_of(statistic, rows).items()}

    def _compare(
        self, into: Score, statistic: Statistic, moved: dict[Key, int], one: dict[Key, int], other: dict[Key, int]
    ) -> None:
        for key, people in moved.items():
            into.cells += 1
            isolated = key in one and key in other and one[key] != other[key] and people < statistic.k
            into.exact += isolated
            into.of_one += isolated and people == 1

    def months(self, last: date) -> Iterator[str]:
        """Twelve months of standing counts: pairs of values of a cell that fewer than k have moved between."""
        contracts, before, after = self.landing(last).frame("contracts").cache(), Score(), Score()
        whole = self.promise.release("service_statistics")
        standing = tuple(statistic for statistic in whole.statistics if statistic.every == "month")
        contract = whole.model_copy(update={"statistics": standing})

        def frames(name: str) -> DataFrame:
            return contracts if name == "contracts" else self.landing(last).frame(name)

        ends = [add_months(date(last.year, last.month, 1), -back) - timedelta(days=1) for back in range(12)][::-1]
        seen: list[Tables] = []
        old: list[tuple[date, dict[Key, int]]] = []
        for end in ends:
            rows = [{**row, "day": date.min} for made in seen for row in made.rows]
            seen.append(self._made(contract, self.landing(last), frames, rows, end))
            old.append((end, old_values(seen[-1])))
        (statistic,) = standing
        running = self._running(contracts, statistic, ends)
        new = [(face.as_of, {face.key: int(face.numbers[0])}) for made in seen for face in made.faces
               if face.numbers is not None and face.statistic == statistic.name]  # fmt: skip
        for into, told in ((before, old), (after, new)):
            pairs(into, statistic, told, running)
        for end, made in zip(ends, seen, strict=True):
            old_pattern, new_pattern = patterns(made, frozenset(), end)
            score(before, (statistic,), made, old_pattern)
            score(after, (statistic,), made, new_pattern)
        yield before.line("12 months", "before")
        yield after.line("12 months", "after")

    def _running(self, contracts: DataFrame, statistic: Statistic, ends: list[date]) -> dict[tuple[Key, date], Counter]:
        """Who has how many contracts in a cell on each day."""
        found: dict[tuple[Key, date], Counter] = {}
        for row in contracts.collect():
            for end in ends:
                if row["started_on"] and row["started_on"] <= end and (not row["ended_on"] or row["ended_on"] >= end):
                    key = statistic.name, (row["service"] or "other", row["plan"] or "other")
                    found.setdefault((key, end), Counter())[row["company_id"]] += 1
        return found


if __name__ == "__main__":
    main()
