"""What the platform changes between one step of a request and the next carries nothing out that nobody approved."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.cli.request import _alerts
from jobs.rights.carry import Hands
from jobs.rights.erasure import erase as erasure
from jobs.rights.erasure.erasing import erasing
from jobs.rights.requests.errors import ChangedSinceError, NotItsTurnError, PlannedTogetherError, UnnamedDeciderError
from jobs.rights.requests.request import on_record, reference_of
from jobs.rights.serve import Office
from tests.jobs.retention.world import identity

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY, OTHER = date(2026, 2, 1), date(2026, 2, 2)
RELEASES = ("threat_events", "activity_trail")


@pytest.fixture
def full(neighbours):
    """Ada's and Bob's rows in two releases."""
    for release in RELEASES:
        neighbours.publish(release, DAY, [{"person": "ada"}, {"person": "bob"}])
        neighbours.publish(release, OTHER, [{"person": "ada"}])
    return neighbours


@pytest.fixture
def office(full, monkeypatch):
    """An office whose plans take no rows of tables, for that needs Spark."""

    def plan(hands, subjects):
        with erasing(hands.promise, hands.lake, None, subjects, frozenset({hands.now.date()})) as at:
            return erasure.plan_erasure(subjects, at, hands.ledger, "jobs").hash

    monkeypatch.setattr(erasure, "plan_tables", lambda _: ())
    monkeypatch.setattr(Hands, "plan", plan)
    return Office(Hands(full.promise, full.lake, full.keyring, full.ledger, NOW, lambda: None))


def moment(ago):
    return (NOW - ago).strftime("%Y-%m-%d %H:%M:%S.000000")


def asks(world, right, name="ada", key="", ago=9, verified=True, **more):
    row = {"request_id": identity(f"{key} {name} {right}"), "user_id": identity(name), "right": right}
    at = moment(timedelta(days=ago))
    world.write("subject_requests", **row, received_at=at, identity_verified_at=at if verified else None, **more)
    return reference_of(row["request_id"], world.keyring)


def approved(office, *references):
    office.take_up()
    office.look_for_all(references)
    for each in references:
        office.approve(each, "officer")


def steps(office):
    return {work.reference: work.step for work in office.take_up()}


def rows_of(world, name):
    return sum(each == name for release in RELEASES for _, each in world.names(release, ("ada", "bob")))


CHANGES = {
    "the person": ("user_id = ?", identity("bob")),
    "the words": ("detail = ?", '{"purpose": "threat_analysis"}'),
    "a remark": ("detail = ?", '{"purpose": "administration", "message": "only mine"}'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_approved_is_not_done_for_another_person_or_in_other_words(full, office, change):
    reference = asks(full, "objection", detail='{"purpose": "administration"}')
    approved(office, reference)
    full.change(f"UPDATE subject_requests SET {CHANGES[change][0]}", CHANGES[change][1])
    with pytest.raises(ChangedSinceError, match=f"request find {reference}") as caught:
        office.carry_out(reference)
    assert identity("bob") not in str(caught.value)
    assert (rows_of(full, "ada"), rows_of(full, "bob")) == (4, 2)
    office.look_for(reference)
    office.approve(reference, "officer")
    office.carry_out(reference)
    assert on_record(full.ledger)[reference].state == "done"


def test_what_was_changed_since_it_was_found_is_not_approved(full, office):
    reference = asks(full, "restriction")
    office.take_up()
    office.look_for(reference)
    full.change("UPDATE subject_requests SET user_id = ?", identity("bob"))
    with pytest.raises(ChangedSinceError):
        office.approve(reference, "officer")


def test_the_ledger_binds_an_approval_to_a_person_without_saying_that_two_requests_are_theirs(full, office):
    two = [asks(full, "access"), asks(full, "portability")]
    office.take_up()
    office.look_for_all(two)
    said = [full.ledger.last("request_found", reference=each)["asked"] for each in two]
    assert len(set(said)) == 2


@pytest.mark.parametrize(("before", "after"), [("access", "restriction"), ("restriction", "access")])
def test_another_right_than_was_approved_is_not_carried_out(full, office, before, after):
    reference = asks(full, before)
    approved(office, reference)
    full.change("UPDATE subject_requests SET right = ?", after)
    with pytest.raises(NotItsTurnError, match="next is person"):
        office.carry_out(reference)
    assert rows_of(full, "ada") == 4
    assert not list(full.lake.packages(reference).glob("*"))


def test_a_right_that_the_platform_corrects_holds_up_nobody_else(full, office):
    ada, bob = asks(full, "access", verified=False), asks(full, "access", "bob")
    office.take_up()
    full.change(
        "UPDATE subject_requests SET right = 'portability', identity_verified_at = received_at WHERE user_id = ?",
        identity("ada"),
    )
    assert steps(office) == {bob: "find"}
    assert on_record(full.ledger)[ada].state == "received"


def test_one_of_a_plan_that_the_platform_has_no_more_holds_up_nobody_else(full, office):
    ada, bob, other = asks(full, "erasure"), asks(full, "erasure", "bob"), asks(full, "access", "bob")
    approved(office, ada, bob)
    full.change("DELETE FROM subject_requests WHERE request_id = ?", identity(" bob erasure"))
    assert steps(office) == {ada: "carry_out", other: "find"}
    with pytest.raises(PlannedTogetherError, match=bob):
        office.carry_out(ada)
    assert any(bob in line for line in _alerts(office.book()))


def test_a_plan_that_is_gone_holds_up_nobody_else(full, office):
    ada, other = asks(full, "erasure"), asks(full, "access", "bob")
    approved(office, ada)
    plan = full.ledger.last("request_found", reference=ada)["plan"]
    (full.lake.expiry(plan) / "plan.json").write_text("{}")
    assert steps(office) == {ada: "carry_out", other: "find"}


def test_an_erasure_that_was_approved_is_carried_out_though_the_platform_has_closed_it(full, office):
    reference = asks(full, "erasure")
    approved(office, reference)
    full.change("UPDATE subject_requests SET closed_at = received_at, outcome = 'done'")
    assert steps(office) == {reference: "carry_out"}


def test_a_request_does_not_end_with_one_that_somebody_wrote_in_the_persons_name(full, office):
    impostors = asks(full, "access", key="impostor", ago=12, verified=False)
    reference = asks(full, "access")
    assert steps(office) == {reference: "find"}
    full.change("UPDATE subject_requests SET outcome = 'refused', closed_at = ? WHERE identity_verified_at IS NULL", moment(timedelta()))  # fmt: skip
    assert steps(office) == {reference: "find"}
    assert on_record(full.ledger)[impostors].earlier is None


def test_what_was_joined_with_one_that_the_platform_deleted_is_taken_up_again(full, office):
    first, reference = asks(full, "access", key="first", ago=12), asks(full, "access")
    assert steps(office) == {first: "find"}
    assert on_record(full.ledger)[reference].state == "joined"
    full.change("DELETE FROM subject_requests WHERE request_id = ?", identity("first ada access"))
    assert steps(office) == {reference: "find"}
    approved(office, reference)
    assert office.carry_out(reference)["files"] == 1


def test_rows_do_not_come_back_while_one_of_two_that_were_asked_stands(full, office):
    one, two = asks(full, "objection", key="one", ago=12), asks(full, "objection", key="two")
    approved(office, one)
    office.carry_out(one)
    for reference, left in (("one", 0), ("two", 4)):
        full.change(
            "UPDATE subject_requests SET lifted_at = ? WHERE request_id = ?",
            moment(timedelta(hours=1)), identity(f"{reference} ada objection"),
        )  # fmt: skip
        for work in office.take_up():
            office.carry_out(work.reference)
        assert rows_of(full, "ada") == left
    assert on_record(full.ledger)[two].state == "joined"


@pytest.mark.parametrize("name", ["jobs", "platform"])
def test_no_person_approves_under_a_name_of_the_suites_own(full, office, name):
    reference = asks(full, "access")
    office.take_up()
    office.look_for(reference)
    with pytest.raises(UnnamedDeciderError):
        office.approve(reference, name)
