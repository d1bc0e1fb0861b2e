"""``python -m bench.anonymity``: what counting classes and searching a lattice cost, at 1, 10 and 30 million rows.

Six quasi-identifiers (a date, a country, a sector, a head count, an age, a postcode) and two sensitive attributes,
drawn from a fixed seed, skewed as people are. A lattice of 10,240 nodes. Each step apart: rows to classes with l and t,
rows to base cells, the search, local recoding. Memory of the driver is that of this process, Spark's JVM apart.

    python -m bench.anonymity --rows 1000000
    python -m bench.anonymity --rows 1000000 10000000 30000000

Discernability is searched only if asked for (``--metrics``): nothing says from below what a node costs until one under
it was looked at, so most of what keeps k and l is looked at.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import get_args

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.measure import Cost, measuring
from jobs.anonymity.classes import Roles, grouped
from jobs.anonymity.counts import Criteria, count
from jobs.anonymity.lattice import Found, search
from jobs.anonymity.mondrian import mondrian
from jobs.anonymity.nodes import base
from jobs.spark.session import spark
from policy.contract import LossMetric
from policy.hierarchies import Bands, Hierarchy, Rule

LEVELS = {"seen_on": 5, "country": 4, "sector": 4, "headcount": 4, "age": 8, "postcode": 4}
"""Levels of each quasi-identifier, the value and the star among them: 10,240 nodes."""

CRITERIA = Criteria(10, 3)
LIMIT = 0.05
CELLS_OF_MONDRIAN = 200_000
"""Local recoding runs on the driver, on at most so many cells."""


def columns() -> dict[str, Column]:
    """What each row has, made from its number alone: the same rows every time, whatever the partitions."""

    def drawn(seed: int, values: int, skew: float) -> Column:
        share = F.pmod(F.xxhash64("id", F.lit(seed)), F.lit(1 << 30)) / (1 << 30)
        return F.floor(F.pow(share, skew) * values).cast("int")

    return {
        "seen_on": F.date_add(F.lit("2026-01-01").cast("date"), drawn(1, 365, 1.0)),
        "country": drawn(2, 40, 3.0),
        "sector": drawn(3, 19, 2.0),
        "headcount": drawn(4, 8, 2.0),
        "age": drawn(5, 64, 1.2) + 18,
        "postcode": drawn(6, 100, 2.0),
        "module": drawn(7, 4, 1.5),
        "diagnosis": drawn(8, 12, 2.0),
    }


def hierarchies() -> dict[str, Hierarchy]:
    """Dates by their rule, the others in bands that double or quadruple."""
    widths = {
        "country": (5, 20),
        "sector": (4, 8),
        "headcount": (2, 4),
        "age": (2, 4, 8, 16, 32, 64),
        "postcode": (5, 25),
    }
    made = {
        name: Hierarchy(
            name=name,
            levels=("number", *(f"bands of {width}" for width in each), "*"),
            rule=Rule(about="", bands=Bands(widths=each)),
        )
        for name, each in widths.items()
    }
    dates = Rule(about="", dates=("month", "quarter", "year"))
    made["seen_on"] = Hierarchy(name="seen_on", levels=("date", "month", "quarter", "year", "*"), rule=dates)
    return {name: made[name] for name in LEVELS}


@dataclass
class Bench:
    """One size; a line of the table a step."""

    session: SparkSession
    folder: Path
    rows: int
    metrics: tuple[LossMetric, ...]

    def run(self) -> None:
        """All steps on one table that lies on disk."""
        table = self.session.range(self.rows).select(*(each.alias(name) for name, each in columns().items()))
        table.write.mode("overwrite").parquet(str(self.folder / "table"))
        rows = self.session.read.parquet(str(self.folder / "table"))
        roles = Roles(tuple(LEVELS), ("module", "diagnosis"))
        with self.step("classes, l and t of the raw rows"):
            counted = count(rows, roles, Criteria(10, 3, 0.3))
        say(f"{counted.classes} classes, {counted.unique} of one row")
        self.lattice(rows, roles)
        self.local(rows, roles)

    def lattice(self, rows: DataFrame, roles: Roles) -> None:
        """From rows to the proved best node; dates and postcodes come cut, as an extraction would cut them."""
        cut = rows.withColumn("seen_on", F.trunc("seen_on", "month")).withColumn(
            "postcode", F.floor(F.col("postcode") / 10)
        )
        with self.step("base cells"):
            made = base(cut, roles, CRITERIA, hierarchies())
        for metric in self.metrics:
            with self.step(f"search, {metric}"):
                found = search(made, metric, LIMIT)
            say(told(found))
        made.close()

    def local(self, rows: DataFrame, roles: Roles) -> None:
        """Mondrian on the cells of three quasi-identifiers, which the driver holds."""
        few = Roles(roles.quasi_identifiers[1:4], roles.sensitive[:1])
        with self.step("local recoding, three quasi-identifiers"):
            cells = grouped(rows, few).drop("suppressed").limit(CELLS_OF_MONDRIAN).toArrow()
            made = mondrian(cells, few, CRITERIA)
        say(f"{cells.num_rows} cells, {len(made.sizes)} classes, loss {made.loss:.4f}")

    @contextmanager
    def step(self, name: str) -> Iterator[Cost]:
        """Measure one step and note its line."""
        with measuring() as cost:
            yield cost
        driver = getrusage(RUSAGE_SELF).ru_maxrss // 1024
        say(f"| {self.rows / 1e6:g} M | {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.peak // 2**20} | {driver} |")


def say(line: str) -> None:
    """Print as it happens."""
    print(line, flush=True)


def told(found: Found) -> str:
    """A search in one line."""
    best = found.best
    what = "none" if best is None else f"{best.node}, loss {best.loss:.4f}, {best.suppressed} rows suppressed"
    why = f"{found.looked_at} looked at, {found.unsafe} unsafe, {found.costly} costly"
    return f"best {what}; {found.nodes} nodes: {why}; {'proved' if found.proved else 'NOT proved'}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.anonymity", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument(
        "--metrics", nargs="+", choices=get_args(LossMetric), default=("certainty_penalty", "precision")
    )
    args = parser.parse_args()
    session, began = spark("bench anonymity"), time.monotonic()
    print("| rows | step | CPU s | wall s | peak MiB, JVM and all | driver MiB |\n|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for rows in args.rows:
            Bench(session, Path(folder), rows, tuple(args.metrics)).run()
    print(f"{time.monotonic() - began:.0f} s on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
