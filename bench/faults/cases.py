"""The steps that are broken: what each needs is laid ready, on the platform of four people of the tests of rights.

Of Spark there is nothing here: what it does of a step is done by pyarrow (`tests.jobs.rights.machine.without_spark`),
what the step does with files, tables, keys and records is the suite's own.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.faults.home import NOW, Home, promise
from expectations.case import Finding
from expectations.proof import Proof
from jobs.anonymity.budget import AccountBook
from jobs.cli.keys import rotate
from jobs.gate.data_docs import Page
from jobs.gate.verdict import JudgedFile, Verdict, suite_version
from jobs.keys.heads import remember, verify
from jobs.lake.commits import entries
from jobs.lake.files import sha256_of
from jobs.lake.memory import name_of
from jobs.lake.visible import visible_version
from jobs.night import builders, export, protect, validate
from jobs.night.cleanup import clean_up
from jobs.night.datasheet import write_about
from jobs.night.export import _exported
from jobs.night.extract import extract_day
from jobs.night.publish import publish_release
from jobs.night.validate import RedVerdictError
from jobs.retention.approval import require_executable
from jobs.retention.execute import Work, execute
from jobs.retention.planner import look, make_plan
from jobs.retention.proof import prove
from jobs.retention.receipt import ledger_heads
from jobs.retention.suppression import Lists, forget_destroyed
from jobs.rights import reidentify
from jobs.rights.carry import Hands
from jobs.rights.disclosure.disclose import forget as forget_packages
from jobs.rights.requests.request import on_record
from jobs.rights.serve import Office
from jobs.signals.report import write_report
from tests.jobs.rights.machine.kept import PEOPLE, RELEASE, Town
from tests.jobs.rights.machine.without_spark import stage

OLD, MID, DAY = date(2024, 12, 30), date(2025, 3, 5), date(2025, 3, 9)
SPARKLESS: Any = object()
"""What stands where a session would: nobody asks it for anything."""
PAST = date(2024, 2, 5)
"""A day whose period is over."""


@dataclass(frozen=True)
class Case:
    """``make`` lays ready what ``step`` needs, on a home in which nights have run if ``nights``; ``step`` is broken.

    ``ended``: of a step that is refused once it is done, whether it is. ``points``: where it comes by.
    """

    name: str
    family: str
    make: Callable[[Home], None]
    step: Callable[[Home], Any]
    nights: bool = True
    ended: Callable[[Home], bool] = lambda _: False


CASES: dict[str, Case] = {}


def town_of(home: Home) -> Town:
    """The platform and an empty lake."""
    town = Town.in_lake(promise(), home.lake, home.platform, SPARKLESS)
    for day in (PAST, OLD, MID, DAY):
        for name in PEOPLE:
            town.happens("security_events", day, name, name)
            town.happens("activity", day, name, None)
        town.happens("security_events", day, "ada", "bob")
    return town


def lay_nights(home: Home) -> None:
    """Three nights, published."""
    town = town_of(home)
    for day in (OLD, MID, DAY):
        extract_day(promise(), day, home.lake, home.ledger)
        for release in RELEASE.values():
            stage(town.world, release, day, f"run-{day}")
            publish_release(promise(), release, day, f"run-{day}", home.lake)
        home.lake.leave(day, home.lake.landed(day).extraction)


def world_of(home: Home) -> Any:
    """What `stage` needs of a world, on a platform that is there."""
    from tests.jobs.retention.world import World

    made = object.__new__(World)
    made.promise, made.lake, made.platform, made.spark = promise(), home.lake, home.platform, SPARKLESS
    made.keyring, made.ledger, made.published = home.keyring, home.ledger, {}
    return made


def happens(home: Home, number: int, day: date = DAY) -> None:
    """One event more."""
    row = {"event_id": f"00000000-0000-4000-8000-{number:012d}", "occurred_at": f"{day} 10:00:00.000000"}
    person = PEOPLE["ada"]
    with suppress(sqlite3.IntegrityError):  # of another case that is laid ready on the same home
        world_of(home).write(
            "security_events", **row, user_id=person.user_id, session_id=person.session, attempted_login=person.email,
            kind="login_failed", outcome="failure",
        )  # fmt: skip


def nothing(_: Home) -> None:
    """All is there."""


# -- the record and keys ---------------------------------------------------------------------------


def once(home: Home, kind: str, **fields: Any) -> None:
    """Record, unless it is on record."""
    if home.ledger.last(kind, **fields) is None:
        home.ledger.append(kind, **fields)


def old_epoch(home: Home) -> None:
    """An epoch of last year, active."""
    home.keyring.domain("threat", "2024-01-01")


def retired_epoch(home: Home) -> None:
    """One that is over."""
    old_epoch(home)
    home.keyring.retire("threat", "2024-01-01")


def rewrap(home: Home) -> None:
    """As an operator does: under the new key if all is under it already, then the old one is forgotten."""
    home.keyring.rewrap(f"file:{home.root / 'secrets' / 'kek-2'}")


def listed_epoch(home: Home) -> None:
    """A suppression list whose key is destroyed."""
    from jobs.people.relationships import Name

    names = [Name("person", PEOPLE["ada"].user_id, 0, None)]
    Lists(promise(), home.lake, home.keyring, home.ledger).add("f" * 64, names, DAY)
    home.keyring.retire("threat", "2024-01-01")
    home.keyring.destroy("threat", "2024-01-01")


def lists(home: Home) -> Lists:
    """Every suppression list."""
    return Lists(promise(), home.lake, home.keyring, home.ledger)


def add_to_lists(home: Home) -> None:
    """Put somebody on every list."""
    from jobs.people.relationships import Name

    names = [Name("person", PEOPLE["ada"].user_id, 0, None), Name("email", PEOPLE["ada"].email, 0, None)]
    Lists(promise(), home.lake, home.keyring, home.ledger).add("f" * 64, names, DAY)


# -- a night ---------------------------------------------------------------------------------------


def landed_again(home: Home) -> None:
    """The day in landing, with an event more than is published."""
    happens(home, 1)
    extract_day(promise(), DAY, home.lake, home.ledger)


def judged_again(home: Home) -> None:
    """A run of it, judged."""
    landed_again(home)
    stage(world_of(home), "threat_events", DAY, "two")


def judged_twice(home: Home) -> None:
    """The same with another run of the same day, judged as well."""
    judged_again(home)
    stage(world_of(home), "threat_events", DAY, "three")


def judged_first(home: Home) -> None:
    """A judged run, and no table."""
    town = town_of(home)
    extract_day(promise(), DAY, home.lake, home.ledger)
    stage(town.world, "threat_events", DAY, "two")


def judged_torn(home: Home) -> None:
    """A judged run, and a table whose newest entry a power cut spoilt before anybody was told of it."""
    judged_again(home)
    folder = home.lake.published("threat_events")
    (folder / "_delta_log" / f"{max(entries(folder)) + 1:020d}.json").write_bytes(b"")


def landed_before(home: Home) -> None:
    """An earlier extraction, and an event since."""
    extract_day(promise(), DAY, home.lake, home.ledger)
    happens(home, 2)


def overdue(home: Home) -> None:
    """A landed day that every release is made of."""
    landed_before(home)
    folder = home.lake.private(home.lake.exports("threat_partner", "partner_threat_events") / "day=2025-01-01")
    (folder / "manifest.json").write_text("{}")
    os.utime(folder, (0, 0))


def publish(home: Home) -> None:
    """The run that was judged."""
    publish_release(promise(), "threat_events", DAY, "two", home.lake)


def publish_other(home: Home) -> None:
    """The other run of that day."""
    publish_release(promise(), "threat_events", DAY, "three", home.lake)


def staged_for_export(home: Home) -> None:
    """What Spark and the gate make of an export, beside the lake; an earlier copy that was handed out."""
    landed_again(home)
    for run, rows in (("old", 2), ("new", 3)):
        contract, lake = promise().release("partner_threat_events"), home.lake
        folder = lake.private(lake.staged(contract.release, f"{DAY}-export"))
        written(home, contract, folder, f"{DAY}-export", rows)
        shutil.move(folder, home.root / run)
        if run == "old":
            hand_out(home, run)


def written(home: Home, contract: Any, folder: Any, run: str, rows: int) -> Verdict:
    """Rows of a release under a green verdict."""
    path = folder / "part-00000.parquet"
    cells = [dict.fromkeys(contract.output_schema) for _ in range(rows)]
    schema = pa.schema([(name, ARROW[kind]) for name, kind in contract.output_schema.items()])
    pq.write_table(pa.Table.from_pylist(cells, schema), path)
    verdict = Verdict(
        release=contract.release, day=str(DAY), run=run, verdict="green", findings=(), expectations=1, proof_planted=1,
        proof_caught=1, files=(JudgedFile(path.name, rows, sha256_of(path)),), rows=rows, contract=contract.fingerprint,
        suite=suite_version(), judged_at=datetime.now(UTC).isoformat(), extraction=home.lake.landed(DAY).extraction,
        visible=visible_version(home.lake.published(contract.release), contract, DAY),
    )  # fmt: skip
    verdict.sealed(home.keyring).write(folder)
    return verdict


ARROW = {
    "string": pa.string(), "timestamp": pa.timestamp("us", "UTC"), "bigint": pa.int64(), "boolean": pa.bool_(),
    "date": pa.date32(), "double": pa.float64(), "int": pa.int32(), "array<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}  # fmt: skip


def hand_out(home: Home, run: str = "new") -> None:
    """Export a day, with Spark's part laid ready."""

    def staged(*_: Any) -> None:
        folder = home.lake.staged("partner_threat_events", f"{DAY}-export")
        shutil.rmtree(folder, ignore_errors=True)
        home.lake.private(folder.parent)
        shutil.copytree(home.root / run, folder)

    export.protect_release, export.validate_release = staged, nothing_at_all
    with home.lake.alone("partner_threat_events"):
        _exported(promise(), promise().release("partner_threat_events"), DAY, None, home.lake)


def nothing_at_all(*_: Any) -> None:
    """What is laid ready needs no judge."""


def protect_a_release(home: Home) -> None:
    """Stage a run, with Spark's rows written by pyarrow."""
    contract = promise().release("threat_events")

    def rows(_: Any, of: Any, folder: Any) -> dict[str, Any]:
        for number in (7, 9):
            path = folder / f"part-{number}-x.parquet"
            pq.write_table(pa.table({name: pa.array([str(number)]) for name in of.output_schema}), path)
        return {}

    counts = {"rows_in": 2, "represented": 2, "suppressed": 0, "excluded": 0}
    protect.write_counting = rows
    protect.landing_of = nothing_at_all
    protect.BUILDERS = {contract.shape: lambda *_: builders.Made(None, lambda _: counts)}
    protect.protect_release(promise(), "threat_events", DAY, "two", None, home.lake)


def pronounce(home: Home, color: str) -> None:
    """What the gate does with a judgement, without the judgement."""
    with home.lake.run_alone("threat_events", "two"):
        _pronounced(home, color)


def _pronounced(home: Home, color: str) -> None:
    contract = promise().release("threat_events")
    staged = home.lake.staged("threat_events", "two")
    if not staged.exists():  # a red run that went to quarantine before that was said: it is made again
        stage(world_of(home), "threat_events", DAY, "two")
    findings = (Finding("contract", "kind", "outside", 1),) if color == "red" else ()
    path = staged / "part-00000.parquet"
    verdict = Verdict(
        release="threat_events", day=str(DAY), run="two", verdict=color, findings=findings, expectations=1,
        proof_planted=1, proof_caught=1, files=(JudgedFile(path.name, 1, sha256_of(path)),), rows=1,
        contract=contract.fingerprint, suite=suite_version(), judged_at=datetime.now(UTC).isoformat(),
        extraction=home.lake.landed(DAY).extraction, visible="",
    )  # fmt: skip
    page = Page("threat_events", DAY, "two", (), findings, Proof(1, ()), {"rows": 1})
    try:
        validate._pronounce(verdict, page, contract, home.lake, home.ledger)
    except RedVerdictError:
        if color != "red":
            raise


def staged_month(home: Home) -> None:
    """A month of microdata that is published, and the same judged anew, with other memories."""
    contract, lake = promise().release("usage_profile"), home.lake
    for run, day, people in (("first", date(2025, 1, 31), 2), ("second", MONTH, 3), ("third", MONTH, 4)):
        folder = lake.private(lake.staged("usage_profile", run))
        written(home, contract, folder, run, people)
        months = {date(2025, 1, 31), day}
        for month in months:
            pq.write_table(pa.table({"_person": [f"p{n}" for n in range(people)]}), folder / name_of(month))
        memory = tuple(JudgedFile(name_of(m), people, sha256_of(folder / name_of(m))) for m in sorted(months))
        verdict = replace(
            Verdict(**{**json.loads((folder / "_verdict.json").read_text()), "findings": (), "files": ()}),
            day=str(day), files=(JudgedFile("part-00000.parquet", people, sha256_of(folder / "part-00000.parquet")),),
            memory=memory, visible=visible_version(lake.published("usage_profile"), contract, day), seal="",
            extraction=lake.landed(day).extraction,
        )  # fmt: skip
        verdict.sealed(home.keyring).write(folder)
        if run != "third":
            publish_release(promise(), "usage_profile", day, run, lake)


MONTH = date(2025, 2, 28)


# -- people ----------------------------------------------------------------------------------------


def question(home: Home) -> reidentify.Question:
    """Who is behind Ada's token."""
    token = home.keyring.domain("threat", "2025-01-01").token("person", PEOPLE["ada"].user_id)
    return reidentify.Question("r1", "ana", "threat_events", token, "account_takeover", "SEC-12")


def asked(home: Home) -> None:
    """Somebody asks."""
    reidentify.request(promise(), question(home), home.lake)


def decided(home: Home) -> None:
    """Somebody else agrees."""
    asked(home)
    reidentify.decide("r1", "ben", "approve", home.lake)


def answered(home: Home) -> None:
    """It is answered, a day ago."""
    decided(home)
    answer(home)
    [path] = home.lake.answers.glob("ana/*.json")
    os.utime(path, (0, 0))


def answer(home: Home) -> None:
    """Look the token up."""
    reidentify.answer(promise(), question(home), home.lake, datetime.now(UTC))


def office(home: Home) -> Office:
    """Where requests are served."""
    return Office(Hands(promise(), home.lake, home.keyring, home.ledger, NOW, lambda: SPARKLESS))


def asks(home: Home, right: str, name: str = "ada", detail: str | None = None) -> None:
    """Somebody asks for a right on the platform."""
    at = (NOW - timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S.000000")
    row = {"request_id": f"00000000-0000-4000-8000-00000000{right[:2].encode().hex()}", "detail": detail}
    world_of(home).write(
        "subject_requests", **row, user_id=PEOPLE[name].user_id, right=right, received_at=at, identity_verified_at=at
    )


def approved(home: Home, right: str, detail: str | None = None) -> None:
    """It is found and approved."""
    asks(home, right, detail=detail)
    at = office(home)
    at.take_up()
    [reference] = (name for name, record in on_record(home.ledger).items() if record.right == right)
    at.look_for(reference)
    found = home.ledger.last("request_found", reference=reference)
    at.approve(reference, "officer", found["seq"])


def carry_out(home: Home) -> None:
    """What was approved."""
    for reference in on_record(home.ledger):
        office(home).carry_out(reference)


def over(home: Home, *states: str) -> bool:
    """Whether the one request is over."""
    return all(record.state in states for record in on_record(home.ledger).values())


def lifted(home: Home) -> None:
    """A restriction that was carried out, and has ended."""
    approved(home, "restriction")
    carry_out(home)
    world_of(home).change("UPDATE subject_requests SET lifted_at = ?", NOW.strftime("%Y-%m-%d %H:%M:%S.000000"))


def corrected(home: Home) -> None:
    """A company that is another one, of days that the platform hasn't any more."""
    world = world_of(home)
    world.change("DELETE FROM activity WHERE occurred_at < '2025-03-09'")
    from tests.jobs.retention.world import identity

    world.change(
        "UPDATE professional_users SET company_id = ? WHERE user_id = ?", identity("over"), PEOPLE["ada"].user_id
    )
    world.change("DELETE FROM activity")
    approved(home, "rectification", json.dumps({"column": "company_id", "value": identity("over")}))


def old_package(home: Home) -> None:
    """A package of last year."""
    approved(home, "access")
    carry_out(home)
    for path in home.lake.root.glob("packages/*/*.zip"):
        os.utime(path, (0, 0))


# -- retention -------------------------------------------------------------------------------------


def due(home: Home) -> None:
    """Dan's company is over; a plan that is approved. A red run, and half an answer, of long ago."""
    world = world_of(home)
    red = home.lake.private(home.lake.quarantine("threat_events", "old")) / "part-00000.parquet"
    pq.write_table(pa.table({"x": [1]}), red)
    for path in (red, red.parent):
        os.utime(path, (0, 0))
    world.change("UPDATE contracts SET ended_on = '2023-08-01' WHERE ended_on IS NOT NULL")
    plan = world.plan(NOW.date())
    world.approve(plan)


def the_plan(home: Home) -> Any:
    """The plan that was approved."""
    from jobs.retention.plan import load_plan

    return load_plan(home.lake, home.ledger.last("expiry_planned")["plan"])


def carry_out_plan(home: Home) -> None:
    """Retention."""
    plan = the_plan(home)
    require_executable(plan, home.ledger, NOW.date())
    with look(promise(), home.lake, home.keyring, SPARKLESS, frozenset({NOW.date()})) as at:
        execute(Work(plan, at, home.ledger))


def carried_out(home: Home) -> None:
    """Retention is through."""
    due(home)
    carry_out_plan(home)


def prove_plan(home: Home) -> None:
    """Its proof."""
    with look(promise(), home.lake, home.keyring, None, frozenset({NOW.date()})) as at:
        prove(the_plan(home), at, home.ledger)


def proved(home: Home) -> None:
    """Retention is through, and proved."""
    carried_out(home)
    prove_plan(home)


def plan_again(home: Home) -> None:
    """A plan of today, written and on record."""
    with look(promise(), home.lake, home.keyring, SPARKLESS, frozenset({NOW.date()})) as at:
        plan = make_plan(at)
    plan.write(home.lake)
    once(home, "expiry_planned", **plan.counts())


# -- numbers, findings, pages ----------------------------------------------------------------------


def draw(home: Home) -> None:
    """A day's numbers; each draw is another one."""
    book = AccountBook.of(promise().release("attack_statistics"), home.lake, home.ledger)
    book.numbers(DAY, "landing", lambda: [{"statistic": "accounts", "estimate": time.time_ns()}])


def drawn(home: Home) -> None:
    """A day whose numbers are drawn."""
    town_of(home)
    draw(home)


def found(home: Home) -> None:
    """Findings of a day, published."""
    token = home.keyring.domain("threat", "2025-01-01").token("person", PEOPLE["ada"].user_id)
    row = {
        "shared": [("actor", token)],
        "rule": "r",
        "level": "high",
        "first_seen": NOW,
        "last_seen": NOW,
        "evidence": [],
        "events": 1,
    }
    world_of(home).publish("threat_signals", DAY, [row])


def about(home: Home) -> None:
    """The pages beside a table."""
    write_about(promise(), promise().release("threat_events"), home.lake, home.ledger)


def read_landing(home: Home) -> None:
    """Every landed file of a day, against its manifest."""
    for source in home.lake.landed(DAY).sources:
        home.lake.landed_files(source, DAY)


def is_there(home: Home, pattern: str) -> bool:
    """Whether the lake has such a file."""
    return any(home.lake.root.glob(pattern))


def _case(name: str, make: Callable[[Home], None], step: Callable[[Home], Any], **more: Any) -> None:
    family = name.partition(".")[0]
    CASES[name] = Case(name, family, make, step, **more)


_case("ledger.append", nothing, lambda home: once(home, "cleaned", source="activity", day=DAY))
_case("ledger.seal", nothing, lambda home: remember(home.ledger, home.keyring))
_case("keys.first", nothing, lambda home: home.keyring.domain("threat", "2025-01-01"), nights=False)
_case("keys.open", nothing, lambda home: home.keyring.domain("threat", "2024-07-01"))
_case("keys.rotate", nothing, lambda home: rotate(home.keyring))
_case("keys.retire", old_epoch, lambda home: home.keyring.retire("threat", "2024-01-01"),
      ended=lambda home: home.ledger.last("key_retired", epoch="2024-01-01") is not None)  # fmt: skip
_case("keys.destroy", retired_epoch, lambda home: home.keyring.destroy("threat", "2024-01-01"),
      ended=lambda home: home.ledger.last("key_destroyed", epoch="2024-01-01") is not None)  # fmt: skip
_case("keys.rewrap", nothing, rewrap)
_case("keys.forget-list", listed_epoch, lambda home: forget_destroyed(home.lake, home.keyring, home.ledger))
_case("extract.first", town_of, lambda home: extract_day(promise(), DAY, home.lake, home.ledger), nights=False)
_case("extract.again", landed_before, lambda home: extract_day(promise(), DAY, home.lake, home.ledger))
_case("protect", landed_again, protect_a_release)
_case("validate.green", judged_again, lambda home: pronounce(home, "green"))
_case("validate.red", judged_again, lambda home: pronounce(home, "red"),
      ended=lambda home: home.ledger.last("quarantined") is not None)  # fmt: skip
_case("publish.first", judged_first, publish, nights=False)
_case("publish.again", judged_again, publish)
_case("publish.other", judged_twice, publish_other)
_case("publish.torn", judged_torn, publish)
_case(
    "publish.month", staged_month, lambda home: publish_release(promise(), "usage_profile", MONTH, "third", home.lake)
)
_case(
    "cleanup", overdue, lambda home: clean_up(promise(), DAY, home.lake, datetime.now(UTC).date() + timedelta(days=30))
)
_case("export", staged_for_export, hand_out)
_case("expire.plan", due, plan_again)
_case("expire.execute", due, carry_out_plan)
_case("expire.prove", carried_out, prove_plan)
_case("reidentify.ask", nothing, asked,
      ended=lambda home: home.ledger.last("reidentification_requested") is not None)  # fmt: skip
_case("reidentify.decide", asked, lambda home: reidentify.decide("r1", "ben", "approve", home.lake),
      ended=lambda home: home.ledger.last("reidentification_decided") is not None)  # fmt: skip
_case("reidentify.answer", decided, answer, ended=lambda home: is_there(home, "answers/ana/r1.json"))
_case("reidentify.forget", answered, lambda home: reidentify.forget(home.lake, datetime.now(UTC)))
_case("rights.take-up", lambda home: asks(home, "access"), lambda home: office(home).take_up())
_case("rights.disclose", lambda home: approved(home, "access"), carry_out, ended=lambda home: over(home, "done"))
_case("rights.forget-package", old_package, lambda home: forget_packages(home.lake, datetime.now(UTC)))
_case("rights.restrict", lambda home: approved(home, "restriction"), carry_out, ended=lambda home: over(home, "done"))
_case("rights.lift", lifted, carry_out, ended=lambda home: over(home, "lifted"))
_case("rights.rectify", corrected, carry_out, ended=lambda home: over(home, "done"))
_case("rights.suppress", nothing, add_to_lists)
_case("rights.erase", lambda home: approved(home, "erasure"), carry_out, ended=lambda home: over(home, "done"))
_case("budget", town_of, draw, nights=False)
_case("findings", found, lambda home: write_report(promise(), DAY, home.lake))
_case("catalogue", nothing, about)
_case("read.landing", landed_again, read_landing)
_case("read.keys", nothing, lambda home: home.keyring.verify())
_case("read.receipts", proved, lambda home: verify(home.ledger, home.keyring, ledger_heads(home.lake, home.keyring)))
_case("read.lists", add_to_lists, lambda home: lists(home).of_day(DAY, "threat_analysis"))
_case("read.draw", drawn, draw, nights=False)
