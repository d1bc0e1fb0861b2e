"""What a release says of its own risk: what was measured last, from the record."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.catalogue.record import Record
from policy.contract import Contract


def risk_measured(contract: Contract, record: Record) -> Iterator[str]:
    """A line for each kind of knowledge in the newest epoch, or for the classes; none before a measurement."""
    measured = record.last("risk_measured", release=contract.release)
    if measured is None:
        return
    day, found = measured["day"], [each for each in measured["unicity"] if each["cut"] == 0]
    newest = max((each["epoch"] for each in found), default="")
    for kind, knowledge in (contract.risk.points if contract.risk else {}).items():
        shares = [each for each in found if (each["epoch"], each["points_of"]) == (newest, kind)]
        if shares:
            said = ", ".join(f"{each['points']} of them {each['share'] + each['undecided']:.1%}" for each in shares)
            yield (
                f"Measured on {day}: {kind} ({', '.join(knowledge.know)}) known of somebody from elsewhere single out, "
                f"of the tokens since {newest}: {said} (docs/risk.md)."
            )
    if joined := measured.get("linkage"):
        yield (
            f"Measured on {day}: behaviour alone joins {joined['rate']:.1%} of {joined['people']} people of the two "
            f"newest epochs, a blind guess {joined['chance']:.1%} (docs/risk.md)."
        )
    if classes := measured.get("classes"):
        yield (
            f"Measured on {day}: the smallest class has {classes['k']} rows, {classes['unique']} rows are alone, and "
            f"who matches all rows with a register is right in {classes['marketer']:.1%} (docs/risk.md)."
        )
