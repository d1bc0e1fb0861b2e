"""What privacy costs each release: counted by its nights, read from the record, so that an owner can weigh it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.anonymity.noise import half_width
from jobs.lake.ledger import Entry, Ledger
from policy.contract import Contract
from policy.rules import TruncateTime

NIGHTS = 30
"""Published days, the latest ones, that are looked at."""


@dataclass(frozen=True)
class Lost:
    """One thing that readers don't get: in words, and as a share between 0 and 1 where it has one."""

    what: str
    share: float | None = None


def lost(contract: Contract, ledger: Ledger) -> tuple[Lost, ...]:
    """What the latest nights of a release lost, by its shape; nothing where no night is on record, and of findings."""
    if contract.findings is not None:
        return ()
    nights = _nights(contract, ledger)
    if contract.statistics:
        return tuple(_hidden(contract, nights))
    if contract.privacy is not None:
        return tuple(
            Lost(f"{count.name}: every number is within {half_width(count)} of the bounded count, 19 times of 20")
            for count in contract.privacy.counts
        )
    return (*_left_out(nights), *_cut(contract), *_silent(nights))


def _nights(contract: Contract, ledger: Ledger) -> list[Entry]:
    """What was counted when each of the latest published days was made for the last time."""
    published = {entry["day"]: entry["run"] for entry in ledger.entries("published", release=contract.release)}
    made = {(entry["day"], entry["run"]): entry for entry in ledger.entries("protected", release=contract.release)}
    days = sorted(published, reverse=True)[:NIGHTS]
    return [made[day, published[day]] for day in days if (day, published[day]) in made]


def _hidden(contract: Contract, nights: Sequence[Entry]) -> Iterator[Lost]:
    for statistic in contract.statistics:
        losses = [loss for night in nights for loss in night.get("losses", ()) if loss["statistic"] == statistic.name]
        cells = sum(loss["cells"] for loss in losses)
        if cells:
            told = [loss["percent"] for loss in losses if loss["percent"] is not None]
            rows = f", and {sum(told) / len(told):.0f} % of the rows are in no cell that shows its day" if told else ""
            hidden = sum(loss["hidden"] for loss in losses)
            yield Lost(f"{statistic.name}: cells that are hidden{rows}", hidden / cells)


def _left_out(nights: Sequence[Entry]) -> Iterator[Lost]:
    """Of the rows that there were; of microdata the record has an upper bound of the suppressed, and no more."""
    for field, why in (("excluded", "of people who objected or are restricted"), ("suppressed", "suppressed")):
        told = [night for night in nights if night[field] is not None]
        rows = sum(night["rows_out"] + night[field] if night.get("cost") else night["rows_in"] for night in told)
        if rows:
            most = ", at most" if any(night.get("cost") for night in told) else ""
            yield Lost(f"rows {why}{most}", sum(night[field] for night in told) / rows)


def _cut(contract: Contract) -> Iterator[Lost]:
    for name, rule in contract.columns.items():
        if isinstance(rule, TruncateTime):
            yield Lost(f"{rule.output or name} is cut to the {rule.to}")


def _silent(nights: Sequence[Entry]) -> Iterator[Lost]:
    """Columns that say nothing in nearly every row, by the share of nights: more the record doesn't count."""
    for name in dict.fromkeys(name for night in nights for name in night.get("silent", ())):
        said = sum(name in night.get("silent", ()) for night in nights)
        yield Lost(f"nights in which {name} is null, other or unknown in nearly every row", said / len(nights))
