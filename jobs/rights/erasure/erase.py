"""Erasure (GDPR art. 17, clause 9.1): a plan, another person's word, then forget everywhere, and prove it.

Whoever is erased is put on the suppression lists first, so nothing that runs meanwhile brings them back. Then each
table changes by one commit (`jobs.retention.execute`), copies that hold them go whole, closed files lose their rows.
Any number of requests make one plan, and each affected file is written once. Killed anywhere, running again finishes.
What a legal hold keeps stays, is counted under the hold's reference, and is on no list. Anonymised releases stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.keys.heads import remember
from jobs.lake.copies import forget_copy
from jobs.lake.faults import fault
from jobs.lake.files import flush_folders
from jobs.lake.ledger import Ledger
from jobs.lake.tables import day_of
from jobs.lake.zones import Lake
from jobs.retention.apart import forget_apart, left_apart
from jobs.retention.errors import SpellingDiffersError
from jobs.retention.execute import Said, Work, carry_out, remove
from jobs.retention.plan import Plan
from jobs.retention.planner import plan_tables, published_contracts, published_tables, standing_holds
from jobs.retention.proof import prove_table
from jobs.retention.receipt import TableProof
from jobs.retention.suppression import Lists
from jobs.retention.zones import Leftover
from jobs.rights.erasure.beside import forget_in_memories
from jobs.rights.erasure.erasing import ErasingLook, Subjects, numbered, sealed
from jobs.rights.erasure.traces import everywhere
from jobs.rights.errors import ErasureNotApprovedError, ErasureUnprovedError, NobodyNamedError, OtherPeopleError
from jobs.rights.finding.find import UNKNOWN
from jobs.rights.finding.inventory import Inventory
from jobs.rights.receipts import write_erasure_receipt
from policy.periods import now

ERASURE = Said("erasure_planned", "rows_erased", "erasure_done", "erasure_proved", "erased")


@dataclass(frozen=True)
class Erased:
    """What an erasure did, in counts. ``held``: rows that each hold keeps, by its reference."""

    plan: str
    rows: int
    copies: int
    lists: int
    held: dict[str, int]


def require_named(subjects: Subjects) -> None:
    """Every request names somebody by an identifier that is one person's.

    Raises:
        NobodyNamedError: one doesn't: a hashed or a missing id would erase nothing, and be green.
    """
    for reference in sorted(subjects):
        if not numbered({reference: subjects[reference]}):
            raise NobodyNamedError(reference)


def plan_erasure(subjects: Subjects, at: ErasingLook, ledger: Ledger, by: str) -> Plan:
    """Say exactly what goes, for all these requests together; nothing is changed. ``by``: who makes the plan.

    Raises:
        NobodyNamedError: see `require_named`.
    """
    require_named(subjects)
    plan = Plan(
        day=at.day.isoformat(),
        tables=plan_tables(at),
        leftovers=tuple(at.leftovers()),
        holds=standing_holds(at),
        holds_on_record=len(at.holds),
        unpromised=(),
        requests=tuple(sorted(subjects)),
        subjects=sealed(subjects, at.keyring),
    )
    plan.write(at.lake)
    counts = {
        name: plan.counts()[name] for name in ("plan", "day", "rows", "files", "people", "held", "leftovers", "unlike")
    }
    ledger.append("erasure_planned", **counts, by=by, requests=len(plan.requests), holds=len(held_in(plan)))
    return plan


def held_in(plan: Plan) -> dict[str, int]:
    """Rows that stay because of a hold: its reference → rows, of all tables."""
    references = {reference for table in plan.tables for reference in table.held}
    return {each: sum(table.held.get(each, 0) for table in plan.tables) for each in sorted(references)}


def approve_erasure(plan: Plan, ledger: Ledger, by: str) -> None:
    """Record another person's word.

    Raises:
        ErasureNotApprovedError: nobody planned it, or ``by`` did.
    """
    planned = ledger.last("erasure_planned", plan=plan.hash)
    if planned is None or planned["by"] == by:
        raise ErasureNotApprovedError(
            plan.hash, "whoever made the plan can't approve it" if planned else "nobody planned it"
        )
    ledger.append("erasure_approved", plan=plan.hash, by=by)


def erase(plan: Plan, subjects: Subjects, at: ErasingLook, ledger: Ledger) -> Erased:
    """Carry out an approved plan: suppress, then forget; running again finishes what is left.

    Raises:
        ErasureNotApprovedError: nobody but its maker has approved it.
        OtherPeopleError: ``subjects`` aren't those of the plan.
        StalePlanError: a table that isn't done yet would lose other rows today; whoever is to be erased is suppressed.
    """
    _require_approved(plan, ledger)
    if plan.subjects != sealed(subjects, at.keyring) or plan.requests != tuple(sorted(subjects)):
        raise OtherPeopleError(plan.hash)
    lists = Lists(at.promise, at.lake, at.keyring, ledger).add(plan.hash, at.forgotten, now().date())
    fault("erase.after_lists")
    work = Work(plan, at, ledger, ERASURE)
    carry_out(work)
    fault("erase.before_copies")
    copies = at.leftovers()
    _remove(at.lake, ledger, copies)
    beside = forget_apart(at) + forget_in_memories(at)
    fault("erase.before_done")
    if ledger.last("erasure_done", plan=plan.hash) is None:
        ledger.append("erasure_done", **work.named, leftovers=len(copies), lists=lists, beside=beside)
    return Erased(plan.hash, sum(table.gone for table in plan.tables), len(copies), lists, held_in(plan))


def _remove(lake: Lake, ledger: Ledger, copies: Sequence[Leftover]) -> None:
    """Delete copies whole, as `forget_copy` does: while nobody else changes their release, or extracts a landed day."""
    landed: dict[date, list[Leftover]] = {}
    for copy in copies:
        match Path(copy.path).parts:
            case ("landing", *_):
                landed.setdefault(day_of(Path(copy.path) / "any"), []).append(copy)
            case ("exports", _, release, _) | ("staged", release, _):
                with lake.alone(release):
                    forget_copy(lake.root / copy.path, lake, ledger)
            case _:
                forget_copy(lake.root / copy.path, lake, ledger)
    for day, of_day in landed.items():
        with lake.landing_alone(day):
            remove(lake, of_day)


def _require_approved(plan: Plan, ledger: Ledger) -> None:
    planned, approved = (ledger.last(kind, plan=plan.hash) for kind in ("erasure_planned", "erasure_approved"))
    if approved is None or planned is None or approved["by"] == planned["by"]:
        raise ErasureNotApprovedError(plan.hash, "no other person has approved it")


def _is_open(ledger: Ledger, said: dict[str, str]) -> bool:
    """Whether such an incident is on record and no proof of its plan has come since."""
    known, proved = ledger.last("incident", **said), ledger.last("erasure_proved", plan=said["plan"])
    return known is not None and (proved is None or proved["seq"] < known["seq"])


def prove_erasure(plan: Plan, at: ErasingLook, ledger: Ledger) -> tuple[TableProof, ...]:
    """Count and search everything again, sharing neither Spark nor the kernel with what erased; seal the receipt.

    Raises:
        SpellingDiffersError: the plan's tokens aren't those that this pass searches for.
        ErasureUnprovedError: a trace of somebody is left; an incident is in the ledger.
    """
    planned = ledger.last("erasure_planned", plan=plan.hash)
    if planned is not None and planned["unlike"]:
        raise SpellingDiffersError(plan.hash, planned["unlike"])
    proofs = tuple(prove_table(contract, table, plan, at) for contract, table in published_tables(at.promise, at.lake))
    places = searched(at)
    left = {proof.release: proof.left for proof in proofs if not proof.proved}
    left |= {zone: found for zone, (_, found) in places.items() if found}
    for place, count in left.items():
        said = {"what": "erasure not proved", "release": place, "plan": plan.hash}
        if not _is_open(ledger, said):  # it is proved again every hour
            ledger.append("incident", **said, day=plan.day, count=count)
    if left:
        raise ErasureUnprovedError(plan.hash, left)
    if ledger.last("erasure_proved", plan=plan.hash) is None:
        flush_folders(at.lake.root)
        receipt = write_erasure_receipt(plan, proofs, places, at)
        fault("erase.before_proof_record")
        ledger.append(
            "erasure_proved",
            plan=plan.hash,
            day=plan.day,
            rows=sum(proof.rows_gone for proof in proofs),
            tokens=at.traces.number,
            files=sum(proof.files_searched for proof in proofs) + sum(files for files, _ in places.values()),
            receipt=receipt,
        )
        remember(ledger, at.keyring)
    return proofs


def searched(at: ErasingLook) -> dict[str, tuple[int, int]]:
    """Every zone beside the tables: how many files were searched, byte by byte, and traces found in them.

    What lies among the published tables and is none of a release's, such as that of a contract that was withdrawn, too.
    A folder that the inventory doesn't know isn't named: its name could be somebody's.
    """
    known = Inventory.of(at.promise).zones
    apart = [path for name in at.promise.releases for path in (at.lake.restricted / name).rglob("*.parquet")]
    places = {"restricted": (len(apart), left_apart(at))} if apart else {}
    tables = {contract.release for contract in published_contracts(at.promise, at.lake)}
    for path in everywhere(at.lake, {"published": tables, "restricted": at.promise.releases}):
        first = path.relative_to(at.lake.root).parts[0]
        zone = first if first in known else UNKNOWN
        files, found = places.get(zone, (0, 0))
        places[zone] = files + 1, found + at.traces.in_file(path)
    return places
