"""The page of a package that a person reads: what is kept of them, why, on which basis, until when, who received it.

Every word of it is from the register, the contracts, the inventory and the record (GDPR art. 12(1), 15(1), 20).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from jobs.lake.ledger import Ledger
from jobs.rights.finding.found import Findings
from jobs.rights.finding.inventory import Inventory
from policy.contract import Contract
from policy.periods import RAW_KEPT, months_of
from policy.places import Right
from policy.promise import Promise


@dataclass(frozen=True)
class Kept:
    """One table of a package: its name in it, its rows and its columns."""

    name: str
    rows: int
    columns: tuple[str, ...]


def summary(
    promise: Promise, right: Right, kept: Sequence[Kept], findings: Findings, ledger: Ledger, now: datetime
) -> str:
    """The page as HTML, without script, network or cookie."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("summary.html").render(
        register=promise.register,
        relationship_months=months_of(promise.register.relationship_keep),
        cookie_months=months_of(promise.register.cookie_keep),
        right=right,
        made=f"{now:%Y-%m-%d}",
        deleted=f"{now + RAW_KEPT:%Y-%m-%d}",
        tables=[(each, promise.sources[_short(each)]) for each in kept if each.name.startswith("platform/")],
        releases=list(_releases(promise, kept, findings)),
        recipients=list(_recipients(promise, ledger)),
        elsewhere=list(_elsewhere(promise, findings)),
        nobodys=[c for c in promise.releases.values() if c.kind == "anonymised"],
    )


def _short(kept: Kept) -> str:
    return kept.name.partition("/")[2]


def _releases(promise: Promise, kept: Sequence[Kept], findings: Findings) -> Iterator[dict[str, Any]]:
    """Each published table with rows of theirs in the package, and what its contract promises."""
    for each in kept:
        if each.name.startswith("published/"):
            contract = promise.releases[_short(each)]
            place = f"release {contract.release}"
            yield {
                "kept": each,
                "contract": contract,
                "purpose": promise.register.purposes[contract.purpose],
                "until": _until(promise, contract),
                "readers": [promise.register.roles[r].who for r in promise.register.purposes[contract.purpose].roles],
                "unlinkable": sum(not found.linkable for found in findings.found if found.place == place),
            }


def _until(promise: Promise, contract: Contract) -> str:
    own, most = months_of(contract.retention.keep), months_of(promise.register.relationship_keep)
    return f"{own} months from the day, and no longer than {most} months after the end of the relationship"


def _recipients(promise: Promise, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Everybody outside the group who gets copies, or keeps the machines, and how many days' copies are on record."""
    for name, recipient in promise.register.recipients.items():
        days: dict[str, set[str]] = {c.release: set() for c in promise.exports.values() if c.recipient == name}
        for entry in ledger.entries("exported", recipient=name):
            days.get(entry["release"], set()).add(entry["day"])
        yield {
            "recipient": recipient,
            "contracts": [(promise.exports[release], len(each)) for release, each in days.items()],
        }


def _elsewhere(promise: Promise, findings: Findings) -> Iterator[tuple[str, str, int]]:
    """Where else copies of theirs lie for now, in how many files."""
    for place in Inventory.of(promise).where("access", "counted"):
        files = sum(found.files for found in findings.found if found.place == place.name and found.epoch is None)
        yield place.name.partition(" ")[2], place.rights["access"].how, files
