"""How much of the promise is kept in writing, as numbers that can be red: ``python -m policy coverage``.

This is what the policy files say. What lies on the platform and in the lake is held against them by
``python -m jobs coverage`` (`jobs.assurance.coverage`), which prints these numbers, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policy.base import ROOT
from policy.places import RIGHTS, Place, Right
from policy.promise import Promise
from policy.register import LawfulBasis
from policy.sources import OF_A_PERSON, Source
from policy.trace import stands

RESTS_ON: dict[Right, LawfulBasis] = {"objection": "legitimate_interest", "consent_withdrawal": "consent"}
"""Rights that exist against one lawful basis only (GDPR art. 21(1), 7(3))."""


@dataclass(frozen=True)
class Coverage:
    """One number: how many ``of`` how many are ``covered``.

    ``missing``: what isn't, each with whom to ask or what to do; any of it is red. ``said``: what a reader should know
    beside the number, and what is red for nobody.
    """

    what: str
    covered: int
    of: int
    missing: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def is_red(self) -> bool:
        """Whether something is missing."""
        return bool(self.missing)

    def lines(self) -> Iterator[str]:
        """The number in a line, then what is missing and what is said, a line each."""
        yield f"{'RED' if self.is_red else 'ok':<4} {self.covered:>4} of {self.of:<4} {self.what}"
        yield from (f"{'':<15}  MISSING  {each}" for each in self.missing)
        yield from (f"{'':<15}  {each}" for each in self.said)


def declared(promise: Promise, project: Path = ROOT.parent) -> tuple[Coverage, ...]:
    """Every number that the policy files alone can tell."""
    return (
        described(promise),
        accounted(promise),
        reached(promise),
        enforced(promise, project),
    )


def described(promise: Promise) -> Coverage:
    """Source columns that are classified and say in words what they mean (clause 3.1)."""
    columns = [(name, source, column) for name, source in promise.readable.items() for column in source.columns]
    silent = [(name, source, column) for name, source, column in columns if not source.columns[column].means]
    missing = tuple(
        f"{name}.{column} has no `means` in policy/sources.yaml; ask {s.owner}" for name, s, column in silent
    )
    closed = sorted(promise.sources.keys() - promise.readable.keys())
    return Coverage(
        "source columns classified and described", len(columns) - len(missing), len(columns), missing,
        (f"never read, so not counted: {', '.join(closed)}",) if closed else (),
    )  # fmt: skip


def accounted(promise: Promise) -> Coverage:
    """Source columns that reach a release, or of which somebody says why they don't (GDPR art. 5(1)(c))."""
    counts, missing = dict.fromkeys(("published", "counted or joined by", "left out, and why", "for the rights"), 0), []
    columns = [(name, source, column) for name, source in promise.readable.items() for column in source.columns]
    for name, source, column in columns:
        rules = [contract.inputs[name][column] for contract in promise.contracts.values() if name in contract.inputs]
        if any(rule.published for rule in rules):
            counts["published"] += 1
        elif any(rule.treat != "drop" for rule in rules):
            counts["counted or joined by"] += 1
        elif column in source.rights:
            counts["for the rights"] += 1
        elif rules or source.unread:
            counts["left out, and why"] += 1
        else:
            missing.append(
                f"{name}.{column} reaches no release and nothing says why: `unread` in sources.yaml; ask {source.owner}"
            )
    said = ", ".join(f"{count} {how}" for how, count in counts.items())
    whole = len(columns)
    return Coverage(
        "source columns that reach a release, or say why not", whole - len(missing), whole, tuple(missing), (said,)
    )


def reached(promise: Promise) -> Coverage:
    """Places that can hold a subject's identifier × rights that do something there (clause 9.1).

    Red: a right that does nothing anywhere, or a place with somebody in it that neither tells nor forgets them.
    """
    places = list(_places(promise))
    holding = {name: (place, idle) for name, place, idle in places if place.plain or place.tokens}
    acts = {
        (name, right)
        for name, (place, idle) in holding.items()
        for right in RIGHTS
        if place.line(right).does != "nothing" and right not in idle
    }
    idle = [
        f"{right} does nothing in any place; policy/places.yaml"
        for right in RIGHTS
        if not any(r == right for _, r in acts)
    ]
    deaf = [
        f"{name} holds somebody, and {right} does nothing there; policy/places.yaml"
        for name in holding
        for right in ("access", "erasure")
        if (name, right) not in acts
    ]
    said = f"{len(holding)} of {len(places)} places can hold somebody; where a right does nothing, its line says why"
    return Coverage(
        "places that hold somebody × rights that act there",
        len(acts),
        len(holding) * len(RIGHTS),
        (*idle, *deaf),
        (said,),
    )


def _places(promise: Promise) -> Iterator[tuple[str, Place, set[Right]]]:
    """Every place by its name, and the rights that its purpose's basis leaves out: tables, releases, exports, zones."""
    tables = promise.places.tables
    for name, source in promise.readable.items():
        named = tables.own if source.subject else tables.named if _names_a_person(source) else tables.nobodys
        yield f"table {name}", named, set()
    for name, contract in promise.releases.items():
        basis = promise.register.purposes[contract.purpose].lawful_basis
        others = {right for right, ground in RESTS_ON.items() if ground != basis}
        yield f"release {name}", promise.places.releases[contract.shape], others
    yield from ((f"export {name}", promise.places.exports, set[Right]()) for name in promise.exports)
    yield from ((f"zone {name}", place, set[Right]()) for name, place in promise.places.zones.items())


def _names_a_person(source: Source) -> bool:
    return any(column.kind == "direct" and column.identifier in OF_A_PERSON for column in source.columns.values())


def enforced(promise: Promise, project: Path = ROOT.parent) -> Coverage:
    """Obligations of the policy that code enforces, by the places that the register names."""
    missing, partly = [], []
    for obligation in promise.register.obligations:
        clauses = ", ".join(obligation.clauses)
        gone = [place for place in obligation.enforced if not stands(place, project)]
        missing += [f"{clauses}: {place} doesn't exist" for place in gone]
        if not obligation.enforced:
            missing.append(f"{clauses}: {obligation.not_yet}; ask {promise.register.officer}")
        elif obligation.not_yet is not None:
            partly.append(f"{clauses} in part: {obligation.not_yet}")
    obligations = len(promise.register.obligations)
    broken = {line.partition(":")[0] for line in missing}
    return Coverage("obligations enforced", obligations - len(broken), obligations, tuple(missing), tuple(partly))
