"""What needs a person: what it is, since when, who may act, and the very place where that is done.

All of it follows from the ledger and the promise. What waits inside Airflow alone (a task that is running) isn't here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from console import links, steps
from console.budget import budgets
from console.links import Link
from console.record import Entry, Record
from console.requests import SOON, Request, waiting_requests
from policy.periods import add_months, months_of
from policy.promise import Promise
from policy.transfers import refusal

LAPSES = timedelta(days=60)
"""From how long before its end the evidence of a transfer needs a person."""

VOLUME = "expect_volume_is_usual"
"""The expectation that holds a night for being ten times smaller than usual (jobs/gate/decisions.py)."""

ENGINEER, OFFICER = "data_engineer", "privacy_officer"
REFUSED_SINCE = timedelta(days=3)
"""How long a refusal is shown that no later entry can be told to have mended."""

OF_A_NIGHT = frozenset({"plan", "extract", "protect", "validate", "publish", "cleanup", "night"})
"""Steps whose refusal is mended by the publication of its day."""

NIGHTS_BACK = timedelta(days=30)
"""How long ago the day of such a refusal may be; an older one, or a day to come, can't be published at all."""

SILENT = timedelta(hours=36)
"""After how long without a word of any night somebody must look: nights are a day apart."""

AHEAD = timedelta(hours=1)
"""How far a machine's clock may be before another's; a word of a later moment says nothing of when it was said."""

ASKED_SINCE = timedelta(days=2)
"""How long a question is shown that nobody decides; its approval waits for a day (`plugins/ignicloud_airflow`)."""

PROVED_BY = {"retention not proved": "expiry_proved", "erasure not proved": "erasure_proved"}
"""The incidents that a later proof closes (jobs/retention/proof.py, jobs/rights/erasure/erase.py)."""


@dataclass(frozen=True)
class Waiting:
    """``since``: the moment from which it waits. ``role``: of register.yaml. ``entry``: where it is on record.

    ``do``: what to do, in the words of the DAG's page.
    """

    what: str
    about: str
    why: str
    role: str
    link: Link
    since: datetime | None
    entry: int | None = None
    urgent: bool = False
    do: str = ""


def waiting(promise: Promise, record: Record, now: datetime) -> tuple[Waiting, ...]:
    """Everything that needs a person, the urgent first, then what has waited longest."""
    today, asked = now.astimezone(UTC).date(), waiting_requests(record)
    found = (
        *broken(record), *silent(record, now), *incidents(record), *red_nights(promise, record, today),
        *refusals(record, now),
        *plans(record), *approvals(asked, today), *questions(record, now), *due_requests(promise, asked, today),
        *spent(promise, record, today), *lapsing(promise, today),
    )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (not each.urgent, each.since or now, each.about)))


def broken(record: Record) -> Iterator[Waiting]:
    """A ledger that isn't what was written: what stands behind the line, no page vouches for."""
    if not record.chain.holds:
        line = record.chain.broken
        why = f"line {line} isn't the entry that was written; restore the ledger from a copy"
        yield Waiting("ledger", "its chain", why, OFFICER, links.entry(line), None, line, urgent=True)


def silent(record: Record, now: datetime) -> Iterator[Waiting]:
    """No word of any night, not even of one that was refused; or no ledger at all where this looks.

    What another DAG was refused is no night's word. A word of a moment to come would keep this silent until then.
    """
    nightly = links.dag("nightly")
    if not record.chain.lines:
        why = "nothing is on record: no night has run yet, or the lake's ledger isn't mounted here"
        yield Waiting("no night", "the ledger", why, ENGINEER, nightly, None, urgent=True)
        return
    words = [record.last("extracted", "protected", "judged", "published")]
    words += [record.last("refused", word=step) for step in OF_A_NIGHT]
    newest = max(filter(None, words), key=lambda entry: entry.line, default=record.entry(1))
    if newest is None or newest.at is None:
        return
    why = ""
    if now - newest.at > SILENT:
        why = "no night has left a word since: is the DAG paused, or red before its first step?"
    elif newest.at - now > AHEAD:
        why = "the last word of a night is of a moment to come, so whether nights run can't be told: mend the clock"
    if why:
        yield Waiting("no night", "nightly", why, ENGINEER, nightly, newest.at, newest.line, urgent=True)


def incidents(record: Record) -> Iterator[Waiting]:
    """What an assurance found and nobody has acknowledged, and what no later proof has proved to be gone.

    Of the first the release is published no more until then.
    """
    closed = {entry.number("incident") for entry in record.entries("incident_acknowledged")}
    seen: set[tuple[str, ...]] = set()
    for entry in record.entries("incident"):
        what, plan = entry.text("what"), entry.text("plan")
        key = (what, entry.text("release"), plan if what in PROVED_BY else str(entry.line))
        if key in seen or entry.line in closed or entry.number("seq") in closed or _is_proved(record, entry):
            continue
        seen.add(key)
        place = links.dag("retention" if what == "retention not proved" else "subject_requests")
        place = place if what in PROVED_BY else links.dag("assurance", "required_actions")
        yield Waiting("incident", entry.text("release"), what, OFFICER, place, entry.at, entry.line, urgent=True)


def _is_proved(record: Record, incident: Entry) -> bool:
    """Whether a proof came after it: of an erasure that of its own plan, of retention any, for each looks at all."""
    kind = PROVED_BY.get(incident.text("what"))
    if kind is None:
        return False
    proof = record.last(kind, plan=incident.text("plan") if kind == "erasure_proved" else None)
    return proof is not None and proof.line > incident.line


def red_nights(promise: Promise, record: Record, today: date) -> Iterator[Waiting]:
    """Verdicts that are red, or hold a night for its volume, and that no publication has followed.

    One of a release that is promised no more, or of a day that retention would take at once, can wait: no publication
    will follow it.
    """
    told = steps.advice("nightly", "validate")
    next_step = told.do.partition("; a night held")[0] if told else ""
    for entry in record.red():
        release, day = entry.text("release"), entry.text("day")
        page = links.verdict(release, entry.text("run")) or links.entry(entry.line)
        about, urgent = f"{release} of {day}", _can_be_published(promise, entry, today)
        if is_for_volume(entry):
            accepted = record.last("volume_accepted", about=release, day=day)
            if accepted is None or accepted.line < entry.line:
                why = "ten times smaller than usual: accept it, or find out what is missing"
                yield Waiting("held night", about, why, ENGINEER, links.dag("held"), entry.at, entry.line, urgent)
        else:
            said = "; ".join(found_in(entry)) or "a planted leak was missed"
            yield Waiting("red release", about, said, ENGINEER, page, entry.at, entry.line, urgent, do=next_step)


def _can_be_published(promise: Promise, judged: Entry, today: date) -> bool:
    contract, day = promise.contracts.get(judged.text("release")), judged.day()
    if contract is None:
        return False
    return day is None or add_months(day, months_of(contract.retention.keep)) >= today


def is_for_volume(judged: Entry) -> bool:
    """Whether a red verdict says of a night that it is small, and nothing else."""
    return [each.get("expectation") for each in judged.items("findings")] == [VOLUME]


def found_in(entry: Entry, most: int = 3) -> list[str]:
    """What a verdict found: count, what, column; of many the first."""
    findings = [Entry(entry.line, each) for each in entry.items("findings")]
    said = [
        f"{each.number('count') or ''} × {each.text('detail') or each.text('expectation')}"
        + (f" in column {each.text('column')}" if each.text("column") else "")
        for each in findings[:most]
    ]
    return [*said, f"and {len(findings) - most} findings more"] if len(findings) > most else said


def refusals(record: Record, now: datetime) -> Iterator[Waiting]:
    """The newest refusal of each step and day that nothing published has followed."""
    seen: set[tuple[str, ...]] = set()
    of_nights = [entry for step in OF_A_NIGHT for entry in record.entries("refused", word=step, limit=200)]
    newest = {entry.line: entry for entry in (*of_nights, *record.entries("refused", limit=200))}
    for _, entry in sorted(newest.items(), reverse=True):
        step, day = entry.text("step"), entry.text("day")
        release = entry.text("release")
        at = entry.at or now
        told_of, key = entry.day(), (step, release, day)
        waits = step in OF_A_NIGHT and told_of is not None and timedelta() <= at.date() - told_of <= NIGHTS_BACK
        mended = record.last("published", about=release or None, day=day) if waits else None
        is_red = entry.text("error") == "RedVerdictError"  # named already, with what was found
        if is_red or key in seen or (mended and mended.line > entry.line) or (not waits and now - at > REFUSED_SINCE):
            continue
        seen.add(key)
        dag = steps.DAG_OF.get(step, "nightly")
        told = steps.advice(dag, step)
        about = " of ".join(filter(None, (release or entry.text("source") or step, day)))
        said = f"{entry.text('error')}: {told.means if told else 'the log of its task says why'}"
        yield Waiting(
            f"{step} refused", about, said, ENGINEER, links.dag(dag), entry.at, entry.line, urgent=waits,
            do=told.do if told else "",
        )  # fmt: skip


def plans(record: Record) -> Iterator[Waiting]:
    """The newest plan of retention, where it deletes more than a person has allowed."""
    entry = record.last("expiry_planned")
    if entry is None or not (entry.fields.get("over_share") or entry.number("unforeseen")):
        return
    plan = entry.text("plan")
    if not record.count("expiry_approved", "expiry_done", plan=plan):
        why = f"{entry.number('rows') or 0:,} rows of {entry.number('people') or 0:,} people would be deleted for good"
        place = links.dag("retention", "required_actions")
        yield Waiting("retention plan", entry.text("day"), why, OFFICER, place, entry.at, entry.line, urgent=True)


def approvals(asked: list[Request], today: date) -> Iterator[Waiting]:
    """Requests of which everything was found, and that wait for a person's word; not those that are due soon."""
    for request in asked:
        left = request.days_left(today)
        if request.state == "found" and (left is None or left > SOON):
            about = f"{request.right}, request {request.reference}"
            yield Waiting("approval", about, request.words, OFFICER, request.place, request.changed, request.entry)


def questions(record: Record, now: datetime) -> Iterator[Waiting]:
    """Re-identifications that somebody has asked for and nobody has decided, as long as they can be."""
    for entry in record.entries("reidentification_requested", limit=200):
        is_over = entry.at is not None and now - entry.at > ASKED_SINCE
        if not is_over and not record.count(
            "reidentification_decided", "reidentified", reference=entry.text("request")
        ):
            yield Waiting(
                "re-identification", entry.text("release"), f"for {entry.text('reason')}; not whoever asked",
                OFFICER, links.dag("reidentify", "required_actions"), entry.at, entry.line,
            )  # fmt: skip


def due_requests(promise: Promise, asked: list[Request], today: date) -> Iterator[Waiting]:
    """Open requests that must be answered within ten days, or should have been."""
    for request in asked:
        left = request.days_left(today)
        if left is None or left > SOON:
            continue
        when = f"{-left} days late" if left < 0 else "due today" if left == 0 else f"{left} days are left"
        place = request.place if request.state == "found" else Link("the request", f"requests#r{request.reference}")
        yield Waiting(
            "request late" if left < 0 else "request due", f"{request.right}, request {request.reference}",
            f"{when} (last day {request.due}); {request.words}", OFFICER, place, request.asked_at, request.entry,
            urgent=left <= min(promise.register.answering.alert_days, default=0),
        )  # fmt: skip


def spent(promise: Promise, record: Record, today: date) -> Iterator[Waiting]:
    """Privacy budgets that won't last until the year's end."""
    for budget in budgets(promise, record, today):
        if budget.is_nearly_spent:
            why = f"ε {budget.epsilon:.2f} of {budget.most:g} is spent; {budget.draws_left} days more can be drawn"
            yield Waiting(
                "privacy budget", budget.release, why, budget.owner, Link("risk and budget", "promises#risk"), None
            )


def lapsing(promise: Promise, today: date) -> Iterator[Waiting]:
    """Recipients whose evidence lapses soon, or no longer holds."""
    for name, recipient in promise.register.recipients.items():
        place, until = Link("recipients", "promises#recipients"), recipient.valid_until
        refused = refusal(recipient)
        if refused is not None:
            yield Waiting("transfer refused", name, refused, OFFICER, place, None, urgent=True)
        elif until is not None and until - today <= LAPSES:
            said = "lapsed" if until < today else "lapses"
            why = f"its evidence ({recipient.evidence}) {said} on {until}"
            yield Waiting("transfer evidence", name, why, OFFICER, place, None, urgent=until < today)
