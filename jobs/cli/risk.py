"""``python -m jobs risk``: how likely somebody is found, in every published release, or in a table, anybody's.

Prints counts, never a value.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import policy
from jobs.lake.zones import Lake
from policy.command_line import a_day
from policy.errors import PolicyError

if TYPE_CHECKING:
    from jobs.anonymity.classes import Roles
    from jobs.anonymity.counts import Counts
    from jobs.anonymity.reidentification import Pairs
    from jobs.assurance.risk import Measured


class BothRolesError(PolicyError):
    """A column is named as a quasi-identifier and as sensitive, or an order is given for one that isn't sensitive."""

    def __init__(self, column: str, problem: str) -> None:
        self.column, self.problem = column, problem
        super().__init__(f"{column} {problem}; correct --quasi, --sensitive or --ordered")


class HalfAskedError(PolicyError):
    """A table is judged by its quasi-identifiers; one of the two wasn't given."""

    def __init__(self) -> None:
        super().__init__("--table and --quasi belong together; without both every published release is measured")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``risk``; without any, every published release is measured as its contract says.

    Of a table: where it is, what its columns are, and what is known of the population.
    """
    parser.add_argument(
        "--day", type=a_day, help="of releases, the day whose accounts are known; yesterday unless given"
    )
    parser.add_argument("--table", type=Path, help="a Parquet file, a folder of them, or a Delta table")
    parser.add_argument("--quasi", type=_columns, default=(), help="of a table, quasi-identifiers: a,b,c")
    parser.add_argument("--sensitive", type=_columns, default=(), help="sensitive attributes: d,e")
    parser.add_argument("--ordered", type=_columns, default=(), help="sensitive attributes whose values are an order")
    parser.add_argument("--k", type=_count, default=5, help="rows that a class should have; 5 unless given")
    parser.add_argument("--l", type=_count, default=2, help="values that it should have; 2 unless given")
    parser.add_argument("--suppressed", metavar="WORD", help="what a suppressed row has in every quasi-identifier")
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--population", type=Path, help="a table of everybody, with the same quasi-identifiers")
    people.add_argument("--people", type=_count, help="how many people the rows are a sample of")


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError("columns are written a,b,c")
    return names


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Measure every release, or one table.

    Raises:
        HalfAskedError: a table without quasi-identifiers, or these without a table.
    """
    if (args.table is None) != (not args.quasi):
        raise HalfAskedError
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return _releases(args.day or yesterday, lake) if args.table is None else _table(args)


def _releases(day: date, lake: Lake) -> int:
    """Print, draw and record what is measured of each; over a limit is a refusal, after all of them."""
    from jobs.assurance.risk import RiskOverLimitError, measure
    from jobs.assurance.risk_page import write_risk_page
    from jobs.lake.ledger import Ledger
    from jobs.night.datasheet import write_about
    from jobs.spark.session import spark

    promise, measured = policy.load(), []
    for each in measure(promise, day, spark("risk"), lake):
        print("\n".join(said(each)), flush=True)
        write_about(promise, each.contract, lake, Ledger(lake.ledger))
        measured.append(each)
    print(f"in words and drawings: {write_risk_page(promise, measured, day, lake)}")
    over = [each for each in measured if each.over]
    if over:
        raise RiskOverLimitError(over)
    return 0


def said(measured: Measured) -> Iterator[str]:
    """The lines of one release: each kind of knowledge, as published, in each epoch."""
    looked = "" if measured.is_asked else ": nobody is looked for in it (docs/risk.md)"
    yield f"{measured.release:<20} {measured.rows:>12} rows{looked}"
    if measured.classes is not None:
        highest = measured.findable["prosecutor_highest"]
        yield (
            f"  the newest month has {measured.classes.classes} classes of {measured.classes.smallest} rows and more; "
            f"who is known to be in it is found with a probability of {highest:.1%} at most"
        )
    asked = sorted({(each.epoch, each.kind) for each in measured.unicity})
    for epoch, kind in asked:
        found = [each for each in measured.unicity if (each.epoch, each.kind, each.cut) == (epoch, kind, 0)]
        shares = ", ".join(f"{each.points}: {each.at_most:.1%}" for each in found)
        yield f"  since {epoch}, {kind} known of {found[0].tokens} tokens single out {shares}"
    if joined := measured.linkage:
        yield f"  habits join {joined.rate:.1%} of {joined.people} people of two epochs, a guess {joined.chance:.1%}"


def _table(args: argparse.Namespace) -> int:
    """Print what the table's classes look like, who could be found, and what the classes give away."""
    from functools import reduce
    from operator import and_

    from pyspark.sql import functions as F

    from jobs.anonymity.classes import quoted, require_plain
    from jobs.anonymity.counts import Criteria, count
    from jobs.anonymity.reidentification import in_itself, matched
    from jobs.lake.foreign import foreign_table
    from jobs.spark.session import spark

    roles = _roles(args)
    session = spark("risk")
    rows = foreign_table(session, args.table)
    require_plain(rows, (*roles.quasi_identifiers, *roles.sensitive))
    suppressed = None
    if args.suppressed is not None:
        cells = (F.col(quoted(name)).cast("string") for name in roles.quasi_identifiers)
        suppressed = reduce(and_, (cell.eqNullSafe(args.suppressed) for cell in cells))
    counts = count(rows, roles, Criteria(args.k, args.l), suppressed)
    known = rows if suppressed is None else rows.where(~suppressed)
    pairs = matched(known, foreign_table(session, args.population), roles) if args.population else in_itself(counts)
    lines = [f"{line}\n" for line in report(args, counts, pairs)]
    sys.stdout.writelines(lines)
    return 0


def _roles(args: argparse.Namespace) -> Roles:
    from jobs.anonymity.classes import Roles
    from jobs.anonymity.diversity import Ordered

    for column in args.quasi:
        if column in args.sensitive:
            raise BothRolesError(column, "is a quasi-identifier and sensitive")
    for column in args.ordered:
        if column not in args.sensitive:
            raise BothRolesError(column, "has an order and isn't sensitive")
    return Roles(args.quasi, args.sensitive, {column: Ordered() for column in args.ordered})


def report(args: argparse.Namespace, counts: Counts, pairs: Pairs) -> Iterator[str]:
    """The lines of the report, words first."""
    from jobs.anonymity.loss import average_class_size, discernability
    from jobs.anonymity.reidentification import AT_RISK, journalist, marketer, prosecutor

    yield (
        f"{counts.rows} rows in {counts.classes} classes, {counts.suppressed} suppressed; k is {counts.smallest}; "
        f"{counts.below} classes have fewer than {args.k} rows"
        + (f" or fewer than {args.l} values of a sensitive attribute" if args.sensitive else "")
    )
    yield from _sizes(counts)
    known, anybody = prosecutor(counts), journalist(pairs)
    yield (
        f"a person known to be in it is found with a probability of {known.average:.4f} on average, "
        f"{known.highest:.4f} at most; {known.at_risk:.2%} of the rows are above {AT_RISK:g} (prosecutor)"
    )
    among = "in the population" if args.population else "if the table is everybody"
    yield (
        f"anybody at all, {among}: {anybody.average:.4f}, {anybody.highest:.4f} at most, {anybody.at_risk:.2%} above "
        f"{AT_RISK:g} (journalist); all rows matched: {marketer(pairs):.2%} rightly (marketer)"
    )
    yield from _uniqueness(args, counts)
    for name, worst in counts.diversity.items():
        yield (
            f"{name}: the worst classes have {worst.distinct} values, entropy l {worst.entropy:.2f}, are recursive "
            f"(c, {args.l})-diverse above c = {worst.recursive:.2f}, and lie {worst.closeness:.3f} from the table (t)"
        )
    yield (
        f"cost: discernability {discernability(counts)}, average class {average_class_size(counts, args.k):.2f} "
        f"times k = {args.k}"
    )


def _sizes(counts: Counts) -> Iterator[str]:
    """How many classes and rows there are of sizes between powers of two."""
    for band in counts.histogram:
        size = f"{band.low}" if band.low == band.high else f"{band.low} to {band.high}"
        yield f"  of {size} rows: {band.classes} classes, {band.rows} rows"


def _uniqueness(args: argparse.Namespace, counts: Counts) -> Iterator[str]:
    from jobs.anonymity.uniqueness import population_uniques

    share = counts.unique / counts.rows if counts.rows else 0.0
    yield f"{counts.unique} rows ({share:.2%}) are alone in their class"
    if args.people is not None:
        found = population_uniques(counts, args.people)
        yield f"of {args.people} people an estimated {found.people:.0f} ({found.share:.2%}) are unique ({found.by})"
