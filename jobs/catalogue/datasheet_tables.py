"""What a release of tables says about itself: what is guaranteed against whom, what isn't, and what hiding costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobs.catalogue.record import Record
from jobs.lake.ledger import Entry
from policy.contract import Contract
from policy.statistics import Statistic

AGAINST = """\
Guaranteed against whoever has everything that this suite prints: all tables of a source, each table's total, every
version of a day that was ever visible, record, pages and logs. Nobody, with linear programmes over all of it, gets a
hidden cell nearer than its protection; whoever is alone in a cell, and so knows it, gets no other."""
VERSIONS = """\
A day that is built again (late events) changes a cell by nobody or by at least k further people, a sum not at all;
otherwise its first version stays, and the counts of the datasheet say how many rows came too late."""
NOT = (
    "the last one of a cell, against who knows all the others from elsewhere: shown numbers are exact.",
    "that nobody's beginning or stopping shows, in a large cell whose others do the same each day.",
    "anything against several contributors who put together what they know of themselves, beyond the k of a cell.",
    "that nobody did it, where nobody did: a zero is shown.",
)
MONTHS = (
    "a cell that was hidden in one month and not in another, against who takes it for granted that nobody has come or "
    "gone between the two, and is right."
)


def table_guarantees(contract: Contract) -> list[str]:
    """The guarantees in words and numbers, then what isn't guaranteed."""
    standing = [
        f"`{s.name}` is counted on the last day of a month; a cell that fewer than {s.k} contributors have joined or "
        "left since it was last shown keeps that value, and `as_of` says of which day it is; one that has come back "
        f"near an older value is hidden. What is true in a cell that keeps its value could be any of {s.k} numbers, "
        "even for who knows the month's true total; or it is known to be the same."
        for s in contract.statistics
        if s.every == "month"
    ]
    alike = [MONTHS] if any(s.every == "month" for s in contract.statistics) else []
    said = [*(_rules(statistic) for statistic in contract.statistics), AGAINST, VERSIONS, *standing]
    return [line.replace("\n", " ") for line in said] + [f"Not guaranteed: {line}" for line in (*NOT, *alike)]


def _rules(statistic: Statistic) -> str:
    """The primary rules of one statistic, and how wide its intervals are."""
    rules = [f"has fewer than {statistic.k} distinct contributors"]
    if statistic.dominance is not None:
        largest = "one" if statistic.dominance.largest == 1 else f"{statistic.dominance.largest}"
        rules.append(f"owes more than {statistic.dominance.share:.0%} to {largest} of them")
    if statistic.p is not None:
        rules.append(f"would let its second largest estimate its largest within {statistic.p:g} %")
    widths = " and ".join(f"{statistic.width(number):f} in `{number}`" for number in statistic.numbers)
    return (
        f"`{statistic.name}`: a cell is hidden that {', or '.join(rules)}; hidden cells lie in intervals of {widths}, "
        "or wider."
    )


def table_counts(contract: Contract, latest: Sequence[Entry], record: Record) -> str:
    """One line a day and statistic: cells, hidden ones, the share of rows not shown, rows that came too late."""
    headings = (
        "| day | statistic | cells | hidden | rows not shown | rows that came too late | version |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return headings + "\n".join(line for entry in latest for line in _lines(contract, entry, record))


def _lines(contract: Contract, entry: Entry, record: Record) -> Iterator[str]:
    runs = list(record.entries("protected", release=entry["release"], day=entry["day"]))
    staged = next((run for run in reversed(runs) if run["run"] == entry["run"]), {})
    for loss in staged.get("losses", ()):
        statistic = next((s for s in contract.statistics if s.name == loss["statistic"]), None)
        late = _late(statistic, runs, record) if statistic is not None else 0
        share = "–" if loss["percent"] is None else f"{loss['percent']} %"
        counts = (*(loss[name] for name in ("statistic", "cells", "hidden")), share, late)
        yield f"| {' | '.join(map(str, (entry['day'], *counts, entry['version'])))} |"


def _late(statistic: Statistic, runs: Sequence[Entry], record: Record) -> int:
    """Rows of the source, as extracted, that came after the version which stays."""
    if statistic.running is not None or not runs or statistic.name not in runs[-1].get("stayed", ()):
        return 0
    made = next(run for run in reversed(runs) if statistic.name not in run.get("stayed", ()))
    extracted = list(record.entries("extracted", source=statistic.of, day=made["day"]))
    then = [each["rows"] for each in extracted if each["seq"] < made["seq"]]
    return max(0, int(extracted[-1]["rows"]) - int(then[-1])) if then else 0
