"""A request goes its way: taken up, found, approved by a person, carried out, with a receipt; and no way around it."""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.lake.tables import current_files, open_table
from jobs.rights import serve
from jobs.rights.carry import Hands
from jobs.rights.disclosure.disclose import AmberError
from jobs.rights.rectification.errors import NotCorrectedYetError
from jobs.rights.requests.errors import (
    AmberUnseenError,
    FoundAgainError,
    NightsCorrectError,
    NotItsTurnError,
    PlannedTogetherError,
    UnnamedDeciderError,
)
from jobs.rights.requests.request import on_record, reference_of
from jobs.rights.serve import Office
from tests.jobs.retention.world import identity

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY, OTHER = date(2026, 2, 1), date(2026, 2, 2)


@pytest.fixture
def full(world):
    """Ada and Bob of a running company with a row each in two tables; Ada's activity is on the platform, too."""
    world.company("runs", None)
    for name in ("ada", "bob"):
        world.account(name, "runs")
    for release in ("threat_events", "activity_trail"):
        world.publish(release, DAY, [{"person": "ada"}, {"person": "bob"}])
        world.publish(release, OTHER, [{"person": "ada"}])
    return world


def asks(world, right, name="ada", verified=True, **more):
    """A request of nine days ago; its reference."""
    received = (NOW - timedelta(days=9)).strftime("%Y-%m-%d %H:%M:%S.000000")
    row = {"request_id": identity(f"{name} {right}"), "user_id": identity(name), "right": right}
    world.write(
        "subject_requests", **row, received_at=received, identity_verified_at=received if verified else None, **more
    )
    return reference_of(row["request_id"], world.keyring)


@pytest.fixture
def office(full):
    return Office(Hands(full.promise, full.lake, full.keyring, full.ledger, NOW, lambda: full.spark))


def served(office, reference):
    office.take_up()
    office.look_for(reference)
    office.approve(reference, "officer")
    return office.carry_out(reference)


def step_of(office, reference):
    return {work.reference: work.step for work in office.take_up()}.get(reference)


def people(world, release):
    return [row for row in world.names(release, ("ada", "bob")) if row[1] == "ada"]


def test_nothing_is_done_for_somebody_who_is_not_verified(full, office):
    reference = asks(full, "erasure", verified=False)
    assert step_of(office, reference) is None
    for way in (office.look_for, office.carry_out, lambda ref: office.approve(ref, "officer")):
        with pytest.raises(NotItsTurnError, match="nothing was done"):
            way(reference)
    assert len(people(full, "threat_events")) == 2


def test_an_access_is_found_approved_and_given_in_one_closed_file(full, office):
    reference = asks(full, "access")
    assert step_of(office, reference) == "find"
    findings = office.look_for(reference)
    assert findings.rows == 4
    assert step_of(office, reference) == "approve"
    with pytest.raises(NotItsTurnError, match=f"request {reference} is found: next is approve, not carry out or lift"):
        office.carry_out(reference)
    office.approve(reference, "officer")
    done = office.carry_out(reference)
    [package] = full.lake.packages(reference).glob("*")
    assert package.stat().st_mode & 0o777 == 0o600
    assert "platform/professional_users.json" in zipfile.ZipFile(package).namelist()
    assert step_of(office, reference) is None
    assert (on_record(full.ledger)[reference].state, done["in_time"]) == ("done", True)
    receipt = (full.lake.expiry(f"request-{reference}-done") / "receipt.md").read_text()
    assert f"asked for access on 2026-03-01 (request `{reference}`), to be answered by 2026-04-01: **done**" in receipt
    assert "What was found was approved by officer." in receipt
    assert identity("ada") not in receipt + full.ledger.path.read_text()


def test_a_person_who_was_asked_is_not_asked_again_before_they_had_time(full, office):
    reference = asks(full, "access")
    office.take_up()
    office.look_for(reference)
    asked_at = on_record(full.ledger)[reference].at
    for hours, asked_again in ((71, False), (73, True)):
        later = Office(replace(office.hands, now=asked_at + timedelta(hours=hours)))
        assert ([work.step for work in later.take_up(timedelta(hours=72))] == ["approve"]) == asked_again


def test_whoever_approves_is_named_as_an_account_is(full, office):
    reference = asks(full, "access")
    office.take_up()
    office.look_for(reference)
    with pytest.raises(UnnamedDeciderError):
        office.approve(reference, "Ada Lovelace, who asked for it herself")
    assert on_record(full.ledger)[reference].state == "found"


def test_what_was_found_again_is_not_approved_by_whoever_was_shown_the_search_before(full, office):
    reference = asks(full, "access")
    office.take_up()
    office.look_for(reference)
    shown = full.ledger.last("request_found")["seq"]
    office.look_for(reference)
    last = full.ledger.last("request_found")["seq"]
    for other in (shown, 1):
        with pytest.raises(
            FoundAgainError, match=f"last is entry {last} .* looked for again .* or the number is mistyped"
        ):
            office.approve(reference, "officer", other)
    assert on_record(full.ledger)[reference].state == "found"
    office.approve(reference, "officer", last)
    assert on_record(full.ledger)[reference].state == "approved"


def test_what_was_green_when_it_was_approved_and_is_amber_now_is_not_given(full, office):
    reference = asks(full, "access")
    office.take_up()
    assert office.look_for(reference).state == "green"
    office.approve(reference, "officer")
    (full.lake.root / "strange").mkdir()
    (full.lake.root / "strange" / "copy.csv").write_text(identity("ada"))
    with pytest.raises(AmberError, match="that the inventory doesn't know") as caught:
        office.carry_out(reference)
    assert f"request find {reference}" in str(caught.value)
    assert f"request approve {reference} --by" in str(caught.value)
    assert not list(full.lake.packages(reference).glob("*.zip"))
    assert office.look_for(reference).state == "amber"
    shown = full.ledger.last("request_found")["seq"]
    with pytest.raises(AmberUnseenError, match=f"--found {shown}, "):
        office.approve(reference, "officer")
    office.approve(reference, "officer", shown)
    assert office.carry_out(reference)["files"] == 1
    receipt = (full.lake.expiry(f"request-{reference}-done") / "receipt.md").read_text()
    assert "What was found, amber: " in receipt
    assert "was approved by officer." in receipt


def test_an_erasure_takes_them_from_every_table_and_cannot_be_carried_out_unapproved(full, office):
    reference = asks(full, "erasure")
    office.take_up()
    office.look_for(reference)
    assert len(people(full, "threat_events")) == 2, "finding changes nothing"
    with pytest.raises(NotItsTurnError):
        office.carry_out(reference)
    office.approve(reference, "officer")
    done = office.carry_out(reference)
    assert (done["rows"], done["kept"]) == (4, 0)
    assert people(full, "threat_events") == people(full, "activity_trail") == []
    assert on_record(full.ledger)[reference].state == "done"


def test_erasures_that_are_planned_together_write_each_file_once_and_each_has_its_own_word_and_receipt(full, office):
    both = [asks(full, "erasure"), asks(full, "erasure", "bob")]
    office.take_up()
    assert [findings.rows for findings in office.look_for_all(both)] == [4, 2]
    office.approve(both[0], "officer")
    assert [work for work in office.take_up(timedelta(hours=72)) if work.step == "carry_out"] == []
    with pytest.raises(PlannedTogetherError, match=f"together with 1 others, .*: {both[1]}; approve them"):
        office.carry_out(both[0])
    assert len(people(full, "threat_events")) == 2
    office.approve(both[1], "officer")
    assert [(work.reference, work.step) for work in office.take_up()] == [(min(both), "carry_out")]
    ended = dict(office.carry_out_all(both))
    assert [(done["rows"], done["together"]) for done in ended.values()] == [(6, 2), (6, 2)]
    assert len({done["receipt"] for done in ended.values()}) == 2
    assert [full.rows(release) for release in ("threat_events", "activity_trail")] == [[], []]
    written = [entry for entry in full.ledger.entries("rows_erased") if entry["release"] == "threat_events"]
    assert [entry["rows"] for entry in written] == [3]
    assert {on_record(full.ledger)[each].state for each in both} == {"done"}


def test_whoever_is_planned_anew_alone_is_taken_out_of_the_plan_of_many(full, office):
    ada, bob = asks(full, "erasure"), asks(full, "erasure", "bob")
    office.take_up()
    office.look_for_all([ada, bob])
    for each in (ada, bob):
        office.approve(each, "officer")
    assert served(office, ada)["rows"] == 4
    with pytest.raises(PlannedTogetherError):
        office.carry_out(bob)
    assert step_of(office, bob) == "carry_out", "it is said aloud every hour until somebody plans it anew"
    assert served(office, bob)["rows"] == 2


def test_a_batch_that_was_killed_between_two_records_is_finished_by_the_next_run(full, office, monkeypatch):
    both = [asks(full, "erasure"), asks(full, "erasure", "bob")]
    office.take_up()
    office.look_for_all(both)
    for each in both:
        office.approve(each, "officer")
    lay, laid = serve.write_request_receipt, []

    def once(case, *rest):
        laid.append(case.reference)
        if len(laid) > 1:
            raise KeyboardInterrupt
        return lay(case, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(serve, "write_request_receipt", once)
        with pytest.raises(KeyboardInterrupt):
            office.carry_out(both[0])
    [left] = [work.reference for work in office.take_up()]
    assert left == laid[1]
    assert office.carry_out(left)["together"] == 2
    assert {on_record(full.ledger)[each].state for each in both} == {"done"}


def test_an_erasure_that_a_hold_stands_against_is_refused_in_part_with_its_ground(full, office):
    reference = asks(full, "erasure")
    full.hold("user", "ada", date(2026, 1, 1))
    done = served(office, reference)
    assert (done["ground"], done["in_part"], done["kept"]) == ("legal_holds", True, 4)
    assert len(people(full, "threat_events")) == 2
    assert on_record(full.ledger)[reference].state == "refused"


def test_a_restriction_takes_rows_out_and_its_lifting_brings_the_very_rows_back(full, office):
    before = sorted(map(str, full.rows("threat_events")))
    reference = asks(full, "restriction")
    assert served(office, reference)["rows"] == 4
    assert people(full, "threat_events") == []
    lifted = (NOW - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.000000")
    full.change("UPDATE subject_requests SET lifted_at = ?, closed_at = ?, outcome = 'done'", lifted, lifted)
    assert step_of(office, reference) == "lift"
    assert office.carry_out(reference)["rows"] == 4
    assert sorted(map(str, full.rows("threat_events"))) == before
    assert on_record(full.ledger)[reference].state == "lifted"
    assert step_of(office, reference) is None


def test_an_objection_reaches_the_releases_of_its_purpose_alone(full, office):
    reference = asks(full, "objection", detail=json.dumps({"purpose": "threat_analysis"}))
    served(office, reference)
    of_purpose = {
        name for name in ("threat_events", "activity_trail") if full.promise.release(name).purpose == "threat_analysis"
    }
    for release in ("threat_events", "activity_trail"):
        assert (people(full, release) == []) == (release in of_purpose)


def corrects_the_company(world):
    world.company("right", None)
    world.publish("activity_trail", DAY, [{"person": "ada", "company": "runs"}, {"person": "bob", "company": "runs"}])
    world.publish("activity_trail", OTHER, [{"person": "ada", "company": "runs"}])
    return asks(world, "rectification", detail=json.dumps({"column": "company_id", "value": identity("right")}))


def test_a_correction_waits_for_the_platform_then_for_its_nights_and_the_rest_is_corrected_by_token(full, office):
    reference = corrects_the_company(full)
    with pytest.raises(NotCorrectedYetError, match=reference):
        served(office, reference)
    full.change("UPDATE professional_users SET company_id = ? WHERE user_id = ?", identity("right"), identity("ada"))
    full.write(
        "activity", event_id=identity(str(DAY)), occurred_at=f"{DAY} 08:00:00.000000", user_id=identity("ada"),
        company_id=identity("right"), action="edit_content",
    )  # fmt: skip
    full.ledger.append("exported", release="partner_threat_events", day=DAY, recipient="threat_partner")
    with pytest.raises(NightsCorrectError, match="corrected platform: activity_trail 2026-02-01 ") as caught:
        office.carry_out(reference)
    assert "ada" not in str(caught.value)
    full.publish("activity_trail", DAY, [{"person": "ada", "company": "right"}])
    full.ledger.append("published", release="activity_trail", day=DAY, run="again", rows=1, version=9, verdict_hash="v")
    done = office.carry_out(reference)
    assert (done["places"], done["made_again"], done["by_token"], done["rows"]) == (1, 1, 1, 1)
    assert on_record(full.ledger)[reference].state == "done"
    assert full.ledger.last("request_done")["by_token"] == 1
    receipt = (full.lake.expiry(f"request-{reference}-done") / "receipt.md").read_text()
    assert "| published days that were made again from the corrected source, through the gate | 1 |" in receipt
    assert "| published days of which the platform has nothing, corrected by token | 1 |" in receipt
    assert "Copies went to threat_partner; whoever approves tells them (GDPR art. 19)" in receipt
    assert identity("right") not in receipt + full.ledger.path.read_text()


def test_a_correction_that_reaches_no_release_is_done_with_nothing_changed(full, office):
    reference = asks(full, "rectification", detail=json.dumps({"column": "city", "value": "Antibes"}))
    before = full.rows("activity_trail")
    assert served(office, reference)["places"] == 0
    assert full.rows("activity_trail") == before
    assert on_record(full.ledger)[reference].state == "done"


def test_two_equal_requests_are_one(full, office):
    first = asks(full, "access")
    later = (NOW - timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S.000000")
    row = {"request_id": identity("again"), "user_id": identity("ada"), "right": "access"}
    full.write("subject_requests", **row, received_at=later, identity_verified_at=later)
    again = reference_of(row["request_id"], full.keyring)
    assert [work.reference for work in office.take_up()] == [first]
    assert on_record(full.ledger)[again].earlier == first


def test_a_step_that_was_killed_before_its_record_is_finished_by_the_next(full, office, monkeypatch):
    reference = asks(full, "erasure")
    office.take_up()
    office.look_for(reference)
    office.approve(reference, "officer")
    with monkeypatch.context() as patch:
        patch.setattr("jobs.rights.serve.write_request_receipt", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            office.carry_out(reference)
    assert on_record(full.ledger)[reference].state == "approved"
    assert office.carry_out(reference)["rows"] == 4
    assert people(full, "activity_trail") == []
    files = current_files(open_table(full.lake.published("activity_trail"), full.promise.release("activity_trail")))
    assert sum(file.rows for file in files) == 1
