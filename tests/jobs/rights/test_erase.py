"""Whoever asks to be erased is gone from every copy, stays gone, and nobody else loses a row."""

import json
from contextlib import contextmanager
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from jobs.keys.ring import Keyring, remembered_as
from jobs.lake.memory import PERSON
from jobs.lake.zones import Lake
from jobs.people.relationships import Name
from jobs.retention import execute as executing
from jobs.retention.errors import StalePlanError
from jobs.retention.receipt import require_sealed
from jobs.retention.suppression import Lists
from jobs.rights.erasure import erase as erasure
from jobs.rights.erasure.erase import approve_erasure, erase, held_in, plan_erasure, prove_erasure
from jobs.rights.erasure.erasing import erasing
from jobs.rights.errors import ErasureNotApprovedError, ErasureUnprovedError, NobodyNamedError, OtherPeopleError
from jobs.rights.finding.find import UNKNOWN
from tests.jobs.retention.world import identity

TODAY, DAY, OTHER = date(2026, 3, 10), date(2026, 2, 1), date(2026, 2, 2)
PEOPLE = ("ada", "bob", "cyd")
ADA, BOB = "a" * 16, "b" * 16
BEFORE = [(DAY, "ada"), (DAY, "bob"), (DAY, "cyd"), (OTHER, "cyd")]
AFTER = [(DAY, "bob"), (DAY, "cyd"), (OTHER, "cyd")]


def names(name):
    own = [Name("person", identity(name), 0, None), Name("email", f"{name.title()}@Example.org", 0, None)]
    return [*own, Name("phone", "+33 6 98 76 54 32" if name == "ada" else "+33 6 11 11 11 11", 0, None)]


def session_token(world, name):
    return world.keyring.domain("threat", "2026-01-01").token("session", name)


@pytest.fixture
def full(world):
    """Three people of a running company: Ada has a row of each table, a login of hers that failed, and a session."""
    world.company("runs", None)
    for name in PEOPLE:
        world.account(name, "runs")
    for release in ("threat_events", "activity_trail"):
        world.publish(release, DAY, [{"person": "ada"}, {"person": "bob"}], [{"person": "cyd"}])
        world.publish(release, OTHER, [{"person": "cyd"}])
    return world


def planned(world, subjects, by="maker", approver="officer"):
    with erasing(world.promise, world.lake, world.spark, subjects, frozenset({TODAY})) as at:
        plan = plan_erasure(subjects, at, world.ledger, by)
    if approver:
        approve_erasure(plan, world.ledger, approver)
    return plan


def carried_out(world, plan, subjects):
    with erasing(world.promise, world.lake, world.spark, subjects, frozenset({TODAY})) as at:
        return erase(plan, subjects, at, world.ledger)


def proved(world, plan, subjects):
    with erasing(world.promise, world.lake, None, subjects, frozenset({TODAY})) as at:
        return prove_erasure(plan, at, world.ledger)


def erased(world, subjects):
    plan = planned(world, subjects)
    done = carried_out(world, plan, subjects)
    proved(world, plan, subjects)
    return done


def test_the_person_is_gone_from_both_tables_in_one_commit_each_and_a_sealed_receipt_says_so_without_them(full):
    versions = {name: DeltaTable(full.lake.published(name)).version() for name in ("threat_events", "activity_trail")}
    done = erased(full, {ADA: names("ada")})
    for release, version in versions.items():
        assert full.names(release, PEOPLE) == AFTER
        assert DeltaTable(full.lake.published(release)).version() == version + 1
    assert (done.rows, done.held) == (2, {})
    require_sealed(full.lake, done.plan, full.keyring)
    folder = full.lake.expiry(done.plan)
    said = "".join(path.read_text() for path in (*folder.iterdir(), *full.lake.ledger.glob("*.jsonl")))
    token = full.token("person", "ada", DAY)
    assert not [secret for secret in (identity("ada"), "example.org", "98 76", token) if secret in said.lower()]
    assert ADA in (folder / "receipt.md").read_text()
    assert json.loads((folder / "receipt.json").read_text())["tables"][0]["rows_gone"] == 1


def test_rows_that_name_only_their_login_their_number_or_their_session_go_too(full):
    keys = full.keyring.domain("threat", "2026-01-01")
    logins = [keys.token("email", text) for text in ("ada@example.org", "0698765432", identity("ada"))]
    theirs, shared = session_token(full, "hers"), session_token(full, "somebody's")
    rows = [*({"attempted_login": login} for login in logins), {"session_id": theirs}, {"session_id": shared}]
    full.publish("threat_events", DAY, rows)
    erased(full, {ADA: [*names("ada"), Name("session", "hers", 0, None)]})
    assert [row["session_id"] for row in full.rows("threat_events") if row["day"] == DAY] == [shared]


def test_many_requests_cost_one_commit_and_one_rewrite_of_a_file(full):
    version = DeltaTable(full.lake.published("threat_events")).version()
    done = erased(full, {ADA: names("ada"), BOB: names("bob")})
    assert full.names("threat_events", PEOPLE) == [(DAY, "cyd"), (OTHER, "cyd")]
    assert DeltaTable(full.lake.published("threat_events")).version() == version + 1
    assert full.ledger.last("rows_erased", release="threat_events")["files"] == 1
    assert full.ledger.last("erasure_planned")["requests"] == 2
    assert done.rows == 4


@pytest.mark.parametrize("kind", ["user", "company"])
def test_whom_a_hold_keeps_stays_is_counted_under_it_and_is_on_no_list(full, kind):
    full.hold(kind, "ada" if kind == "user" else "runs", "2026-01-01")
    subjects = {ADA: names("ada"), BOB: names("bob")} if kind == "user" else {ADA: names("ada")}
    plan = planned(full, subjects)
    [reference] = held_in(plan)
    assert held_in(plan) == {reference: 2}
    carried_out(full, plan, subjects)
    proved(full, plan, subjects)
    kept = [each for each in BEFORE if each[1] != "bob"] if kind == "user" else BEFORE
    assert full.names("threat_events", PEOPLE) == kept
    [(keys, entries)] = Lists(full.promise, full.lake, full.keyring, full.ledger).of_day(DAY, "threat_analysis")
    known = set(keys.suppressed("person", map(identity, PEOPLE)))
    assert entries.get("person", set()) & known == (set(keys.suppressed("person", [identity("bob")])) if kind == "user" else set())  # fmt: skip


def test_only_another_persons_word_carries_a_plan_out(full):
    plan = planned(full, {ADA: names("ada")}, approver=None)
    with pytest.raises(ErasureNotApprovedError, match="no other person"):
        carried_out(full, plan, {ADA: names("ada")})
    with pytest.raises(ErasureNotApprovedError, match="can't approve"):
        approve_erasure(plan, full.ledger, "maker")
    assert full.names("threat_events", PEOPLE) == BEFORE
    assert not full.lake.suppression.exists()


def test_an_approved_plan_is_carried_out_for_nobody_else(full):
    plan = planned(full, {ADA: names("ada")})
    for subjects in ({ADA: names("bob")}, {BOB: names("ada")}):
        with pytest.raises(OtherPeopleError):
            carried_out(full, plan, subjects)


def test_a_request_that_names_nobody_is_no_green_erasure(full):
    with pytest.raises(NobodyNamedError, match=ADA):
        planned(full, {ADA: [Name("company", identity("runs"), 0, None)]})


def test_a_table_that_changed_since_the_plan_is_not_touched_but_the_person_is_suppressed(full):
    plan = planned(full, {ADA: names("ada")})
    full.publish("threat_events", date(2026, 2, 3), [{"person": "ada"}])
    with pytest.raises(StalePlanError):
        carried_out(full, plan, {ADA: names("ada")})
    assert full.lake.suppression.exists()
    erased(full, {ADA: names("ada")})
    assert full.names("threat_events", PEOPLE) == AFTER


def test_files_that_somebody_else_has_replaced_since_the_plan_are_not_taken_for_done(full):
    """A request of others, or a night, gives the day's rows new files: those of the plan are gone, the person isn't."""
    plan = planned(full, {ADA: names("ada")})
    for release in ("threat_events", "activity_trail"):
        full.publish(release, DAY, [{"person": "ada"}, {"person": "cyd"}])
    with pytest.raises(StalePlanError):
        carried_out(full, plan, {ADA: names("ada")})
    assert not list(full.ledger.entries("rows_erased"))
    erased(full, {ADA: names("ada")})
    assert full.names("threat_events", PEOPLE) == [(DAY, "cyd"), (OTHER, "cyd")]


def test_a_commit_that_a_kill_kept_off_the_record_is_found_after_another_plan_has_cleared_up(full, monkeypatch):
    ada, bob = planned(full, {ADA: names("ada")}), {BOB: names("bob")}
    with monkeypatch.context() as patched:
        patched.setattr(executing, "_record", lambda *_: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            carried_out(full, ada, {ADA: names("ada")})
    erased(full, bob)
    with pytest.raises(StalePlanError, match="threat_events"):
        carried_out(full, ada, {ADA: names("ada")})
    assert [e["release"] for e in full.ledger.entries("rows_erased", plan=ada.hash)] == ["activity_trail"]


PLACES = {
    "quarantine/threat_events/run": True, "staged/threat_events/run": True,
    "exports/threat_partner/partner_threat_events/day=2026-02-01": True,
    "landing/activity/day=2026-03-09": False, "answers/officer": False, "packages/0123456789abcdef": False,
}  # fmt: skip
"""Zone → whether tokens lie there, or people as they are."""


@pytest.mark.parametrize("place", PLACES)
def test_a_copy_that_holds_the_person_goes_whole_and_one_of_others_stays(full, place):
    domain = "partner" if place.startswith("exports") else "threat"
    for name in ("ada", "bob"):
        folder = full.lake.private(full.lake.root / place.replace("run", f"run-{name}").replace("-01", f"-0{1 + (name == 'bob')}").replace("-09", f"-0{8 + (name == 'ada')}"))  # fmt: skip
        said = full.token("email", name, DAY, domain) if PLACES[place] else f"it was {name.upper()}@example.org."
        if place.startswith(("answers", "packages")):
            ending = "json" if place.startswith("answers") else "zip"
            (folder / f"{name}.{ending}").write_text(json.dumps({"found": said}))
        else:
            pq.write_table(pa.table({"text": [said, None]}), folder / "part.parquet")
    copies = {path for path in full.lake.root.glob(f"{place.split('/')[0]}/**/*") if path.is_file()}
    done = erased(full, {ADA: names("ada")})
    assert done.copies == 1
    assert len({path for path in copies if path.exists()}) == 1
    gone = {"exports": "export_deleted", "packages": "package_forgotten", "answers": "answer_forgotten"}
    told = [kind for kind in gone.values() for _ in full.ledger.entries(kind)]
    assert told == [gone[zone] for zone in gone if place.startswith(zone)]


def test_a_recipients_copy_goes_while_nobody_else_changes_its_release(full, monkeypatch):
    folder = full.lake.private(full.lake.root / "exports/threat_partner/partner_threat_events/day=2026-02-01")
    pq.write_table(pa.table({"text": [full.token("email", "ada", DAY, "partner")]}), folder / "part.parquet")
    plan, held, alone = planned(full, {ADA: names("ada")}), [], Lake.alone

    @contextmanager
    def watched(lake, what):
        with alone(lake, what):
            was = folder.exists()
            yield
            held.extend([what] if was and not folder.exists() else [])

    monkeypatch.setattr(Lake, "alone", watched)
    carried_out(full, plan, {ADA: names("ada")})
    assert "partner_threat_events" in held


def test_the_memory_of_a_month_forgets_the_person_and_keeps_the_others(full):
    contract = full.promise.release("usage_profile")
    tokens = list(remembered_as(full.keyring, contract, map(identity, PEOPLE)))
    path = full.lake.private(full.lake.memory("usage_profile")) / "2026-02-28-x-memory.parquet"
    pq.write_table(pa.table({PERSON: tokens, "module": ["a", "b", "c"]}), path)
    erased(full, {ADA: names("ada")})
    assert pq.read_table(path).to_pydict() == {PERSON: tokens[1:], "module": ["b", "c"]}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["staged/other/run", "somewhere/new", "ledger/data_docs", "memory/usage_profile"])
def test_the_proof_finds_what_was_left_anywhere_and_it_is_an_incident(full, place, monkeypatch):
    plan = planned(full, {ADA: names("ada")})
    carried_out(full, plan, {ADA: names("ada")})
    folder = full.lake.root / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "left.txt").write_text(f"x{full.token('person', 'ada', DAY)}x")
    named = UNKNOWN if place.startswith("somewhere") else place.split("/")[0]
    with pytest.raises(ErasureUnprovedError, match=named) as caught:
        proved(full, plan, {ADA: names("ada")})
    assert "usr_" not in str(caught.value)
    assert full.ledger.last("incident")["what"] == "erasure not proved"
    (folder / "left.txt").write_text("(0)6 98.76-54.32 rang")
    with pytest.raises(ErasureUnprovedError):
        proved(full, plan, {ADA: names("ada")})
    assert [entry["release"] for entry in full.ledger.entries("incident")] == [named], "tried twice, told once"


def test_what_comes_back_after_a_proof_is_an_incident_of_its_own(full):
    plan, left = planned(full, {ADA: names("ada")}), full.lake.root / "staged" / "other" / "left.txt"
    carried_out(full, plan, {ADA: names("ada")})
    left.parent.mkdir(parents=True)
    for count in (1, 2):
        left.write_text(f"x{full.token('person', 'ada', DAY)}x")
        with pytest.raises(ErasureUnprovedError):
            proved(full, plan, {ADA: names("ada")})
        assert len(list(full.ledger.entries("incident"))) == count
        left.unlink()
        proved(full, plan, {ADA: names("ada")})


class KilledError(BaseException):
    """Stands for the end of the process."""


STEPS = [
    (Lists, "_write"), (executing, "survey"), (executing, "replace_days"), (executing, "_record"),
    (executing, "_clear"), (executing, "forget_history"), (erasure, "_remove"), (erasure, "forget_in_memories"),
]  # fmt: skip


def test_a_run_that_is_killed_before_each_step_in_turn_is_finished_by_the_next(full, monkeypatch):
    subjects, seen = {ADA: names("ada")}, set()
    plan = planned(full, subjects)
    for module, step in STEPS:
        with monkeypatch.context() as patched:
            patched.setattr(module, step, lambda *_, **__: (_ for _ in ()).throw(KilledError))
            with pytest.raises(KilledError):
                carried_out(full, plan, subjects)
        seen |= {tuple(full.names(release, PEOPLE)) for release in ("activity_trail", "threat_events")}
    assert seen == {tuple(BEFORE), tuple(AFTER)}
    carried_out(full, plan, subjects)
    proved(full, plan, subjects)
    for release in ("threat_events", "activity_trail"):
        assert full.names(release, PEOPLE) == AFTER
        assert len(list(full.ledger.entries("rows_erased", plan=plan.hash, release=release))) == 1
    assert isinstance(full.keyring, Keyring)
