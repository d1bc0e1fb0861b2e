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
    return (*_left_out(nights), *_cut(contract), *_blank(nights))


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
            rows = sum(loss["percent"] for loss in losses) / len(losses)
            hidden = sum(loss["hidden"] for loss in losses)
            yield Lost(f"{statistic.name}: cells that are hidden, with {rows:.0f} % of the rows", hidden / cells)


def _left_out(nights: Sequence[Entry]) -> Iterator[Lost]:
    rows = sum(night["rows_in"] or 0 for night in nights)
    for field, why in (("excluded", "of people who objected or are restricted"), ("suppressed", "suppressed")):
        out = sum(night[field] or 0 for night in nights)
        if rows:
            yield Lost(f"rows {why}", out / rows)


def _cut(contract: Contract) -> Iterator[Lost]:
    for name, rule in contract.columns.items():
        if isinstance(rule, TruncateTime):
            yield Lost(f"{rule.output or name} is cut to the {rule.to}")


def _blank(nights: Sequence[Entry]) -> Iterator[Lost]:
    """Columns that say nothing in rows where the platform may have known more."""
    columns = dict.fromkeys(name for night in nights for name in night.get("blank", {}))
    for name in columns:
        counts = [night["blank"][name] for night in nights if name in night.get("blank", {})]
        of = sum(each[1] for each in counts)
        if of:
            yield Lost(f"{name} is null, other or unknown", sum(each[0] for each in counts) / of)
