"""A release as it is described, from the contracts, the record and the table: what `jobs.catalogue.model` holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from jobs.catalogue.datasheet_microdata import microdata_guarantees
from jobs.catalogue.datasheet_noise import noise_guarantees
from jobs.catalogue.datasheet_risk import risk_measured
from jobs.catalogue.datasheet_tables import table_guarantees
from jobs.catalogue.model import Column, Day, Guarantee, Origin, Part, Purpose, Release, Role, Verdict
from jobs.catalogue.origins import deciding, inputs, origins
from jobs.catalogue.record import Record
from jobs.catalogue.wording import joins, joins_with, reads, treated
from jobs.lake.columns import PARTITION
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, find_table
from jobs.lake.zones import Lake
from policy.contract import Contract, Output
from policy.periods import add_months, months_of
from policy.privacy import DAYS, epsilon_of
from policy.promise import Promise

SOME_DAY = "2026-01-31"
"""What an example reads before any day is there."""


def describe(promise: Promise, contract: Contract, lake: Lake, ledger: Ledger) -> Release:
    """``contract`` with all that is known of its release now.

    Raises:
        TornCommitError: a power cut spoilt the table's log.
        BrokenLedgerError: a line of the record is no entry.
    """
    table, record = find_table(lake.published(contract.release)), Record(contract.release, ledger)
    rows: dict[date, int] = defaultdict(int)
    for file in current_files(table) if table else ():
        rows[file.day] += file.rows
    days = tuple(_day(contract, day, rows[day], record) for day in sorted(rows, reverse=True))
    outputs, partition = contract.outputs, _day_column(promise, contract)
    silent = frozenset(record.staged(record.published()).get("silent", ()))
    register, purpose = promise.register, promise.register.purposes[contract.purpose]
    return Release(
        name=contract.release,
        title=contract.title,
        about=contract.about,
        kind=contract.kind,
        shape=contract.shape,
        owner=contract.owner,
        controller=register.controller,
        officer=register.officer,
        purpose=Purpose(
            contract.purpose, purpose.words, purpose.clause, purpose.lawful_basis, purpose.article, purpose.term
        ),
        roles=tuple(Role(name, register.roles[name].who) for name in purpose.roles),
        terms=getattr(register.terms, contract.kind),
        domain=contract.domain,
        epoch=contract.epoch,
        retention=contract.retention.keep,
        leaves=add_months(min(rows), months_of(contract.retention.keep)) if rows else None,
        contract=contract.fingerprint,
        version=table.version() if table else None,
        inputs=tuple(inputs(promise, contract)),
        decided_by=deciding(promise, contract),
        columns=(*(_column(promise, contract, output, silent) for output in outputs), partition),
        key=key_of(contract),
        parts=tuple(_parts(contract)),
        guarantee=_guarantee(contract),
        days=days,
        verdict=_verdict(record),
        limits=tuple(limits(contract)),
        measured=tuple(risk_measured(contract, record)),
        reads=reads(contract.release, days[0].day.isoformat() if days else SOME_DAY),
    )  # fmt: skip


def limits(contract: Contract) -> list[str]:
    """What this release can't tell, or still could: in words for its readers."""
    left_out = "Rows of people who objected, or whose data is restricted, aren't in it"
    if contract.statistics:
        return [f"{left_out}, and nothing here says how many.", *table_guarantees(contract)]
    if contract.privacy is not None:
        return [f"{left_out}, and nothing here says how many.", *noise_guarantees(contract.privacy)]
    if contract.anonymity is not None:
        return [f"{left_out}, and nothing here says how many.", *microdata_guarantees(contract)]
    said = [f"{left_out}; the counts say how many."]
    if contract.kind == "pseudonymised":
        said += [
            f"Pseudonymised is still personal data (GDPR recital 26): use it for `{contract.purpose}` only.",
            f"Tokens join inside domain `{contract.domain}` and one epoch of {contract.epoch}, nowhere else.",
            "Rare behaviour can still single somebody out for a reader who knows it from elsewhere.",
        ]
    return said


def key_of(contract: Contract) -> tuple[str, ...]:
    """The columns that tell every row of a long table apart: its cells are a closed set. None of another table.

    Rows of events have what the platform calls them by, which nothing here holds to be unique; rows of microdata are
    alike on purpose.
    """
    by = [statistic.by for statistic in contract.statistics]
    by += [count.by for count in contract.privacy.counts] if contract.privacy else []
    return (PARTITION, "statistic", *dict.fromkeys(group for groups in by for group in groups)) if by else ()


# -- columns ---------------------------------------------------------------------------------------


def _column(promise: Promise, contract: Contract, output: Output, silent: frozenset[str]) -> Column:
    rules = {rule.output or name: rule for columns in contract.inputs.values() for name, rule in columns.items()}
    rule = rules.get(output.name)
    return Column(
        name=output.name,
        type=output.type,
        unit=output.unit,
        meaning=output.means,
        missing=output.missing,
        nullable=output.nullable,
        blank=output.name in silent,
        rule=rule.treat if rule is not None and rule.published else "made",
        treatment=output.note,
        treated=treated(contract, output),
        joins=joins(promise, contract, output),
        joins_with=joins_with(promise, contract, output),
        words=output.values,
        statistics=output.of,
        identifier=output.token,
        origins=origins(promise, contract, output),
    )


def _day_column(promise: Promise, contract: Contract) -> Column:
    """The partition: of microdata the month's last day, of all others the day on which it happened (UTC)."""
    what = "the last day of the month that the row is of" if contract.shape == "microdata" else "the data day"
    note = "the date of the moment, UTC; the table's partition"
    made = [
        Origin("platform", name, moment, "TRANSFORMATION", masks=True, how=note)
        for name in contract.inputs
        if (moment := promise.sources[name].time) is not None
    ]
    bases = contract.findings.derived_from if contract.findings else ()
    derived = [Origin("release", base, PARTITION, "IDENTITY", masks=False, how=note) for base in bases]
    return Column(
        name=PARTITION, type="date", unit="UTC", meaning=what, missing="", nullable=False, blank=False, rule="made",
        treatment=note,
        treated=f"{note[:1].upper()}{note[1:]}.", joins="No key: filter by it first, whole days are read faster.",
        joins_with=(), words=None, statistics=(), identifier=None, origins=(*made, *derived),
    )  # fmt: skip


# -- what is promised, and what was there ----------------------------------------------------------


def _parts(contract: Contract) -> Iterator[Part]:
    def filled(name: str) -> tuple[str, ...]:
        return tuple(output.name for output in contract.outputs if name in output.of)

    for statistic in contract.statistics:
        joined = f" with {statistic.joined}" if statistic.joined else ""
        when = "that run, on the last day of each month" if statistic.every == "month" else "of the day"
        total = f", and their {statistic.total}" if statistic.total else ""
        counted = f"Rows of {statistic.of}{joined} {when}{total}, by {' and '.join(statistic.by)}"
        yield Part(
            statistic.name,
            f"{counted}; at least {statistic.k} distinct {statistic.contributor}.",
            filled(statistic.name),
        )
    for count in contract.privacy.counts if contract.privacy else ():
        what = "Accounts, or addresses of strangers," if count.counted == "units" else "Events"
        only = "".join(f", only {' or '.join(words)}" for words in count.only.values())
        yield Part(count.name, f"{what} of the day by {' and '.join(count.by)}{only}, with noise.", filled(count.name))


def _guarantee(contract: Contract) -> Guarantee:
    if contract.privacy is not None:
        rho, delta = contract.privacy.rho, contract.privacy.delta
        day, year = (round(epsilon_of(days * rho, delta), 3) for days in (1, DAYS))
        return Guarantee(epsilon_day=day, epsilon_year=year, delta=delta)
    if contract.anonymity is not None:
        return Guarantee(k=contract.anonymity.k, l=contract.anonymity.l, t=contract.anonymity.t)
    return Guarantee(k=min((statistic.k for statistic in contract.statistics), default=None))


def _day(contract: Contract, day: date, rows: int, record: Record) -> Day:
    """Of rows of events the counts of their source; of all others none, which could be subtracted."""
    entry = record.published(day)
    staged = record.staged(entry) if contract.shape in ("events", "findings") else {}
    counts = (staged.get(name) for name in ("rows_in", "excluded", "suppressed"))
    return Day(day, rows, entry["version"] if entry else None, entry["at"] if entry else None, *counts)


def _verdict(record: Record) -> Verdict | None:
    entry = record.published()
    if entry is None:
        return None
    judged, staged = record.judged(entry), record.staged(entry)
    return Verdict(
        hash=entry["verdict_hash"],
        day=date.fromisoformat(entry["day"]),
        run=entry["run"],
        at=entry["at"],
        version=entry["version"],
        rows=entry["rows"],
        files=entry["files"],
        began=staged.get("at"),
        expectations=judged.get("expectations"),
        planted=judged.get("proof_planted"),
        caught=judged.get("proof_caught"),
    )
