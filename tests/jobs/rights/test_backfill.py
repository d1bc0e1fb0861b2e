"""Days that are made after a request was carried out, or were judged before it: nobody comes back, nobody else is lost."""

from datetime import date, timedelta

import pytest

from jobs.gate.verdict import VerdictRefusedError
from jobs.night.extract import extract_day
from jobs.night.publish import publish_release
from jobs.rights.carry import Hands
from jobs.rights.serve import Office
from tests.jobs.rights.machine.kept import PEOPLE, RELEASE, Town
from tests.jobs.rights.machine.without_spark import stage

MONTH = [date(2025, 2, 1) + timedelta(days=n) for n in range(0, 28, 3)]


def judged(town: Town, day, run):
    extract_day(town.world.promise, day, town.world.lake, town.world.ledger)
    for release in RELEASE.values():
        stage(town.world, release, day, run)


def published(town: Town, day, run):
    for release in RELEASE.values():
        publish_release(town.world.promise, release, day, run, town.world.lake)
    town.world.lake.leave(day, town.world.lake.landed(day).extraction)


def night(town: Town, day, run):
    judged(town, day, run)
    published(town, day, run)


def served(town: Town, name, right):
    town.asks(name, right, None, verified=True)
    world, reference = town.world, list(town.asked)[-1]
    office = Office(Hands(world.promise, world.lake, world.keyring, world.ledger, town.now, object))
    office.take_up()
    office.look_for(reference)
    office.approve(reference, "officer")
    return office.carry_out(reference)


def test_days_of_a_month_that_are_backfilled_bring_nobody_back_and_loses_nobody_else(town):
    for day in MONTH:
        for name in ("ada", "bob"):
            town.happens("security_events", day, name, name)
            town.happens("activity", day, name, None)
        town.happens("security_events", day, None, "ada", "phone")
        town.happens("security_events", day, "bob", "ada")
    for day in MONTH[::2]:
        night(town, day, "first")
    assert served(town, "ada", "erasure")["rows"] == 4 * len(MONTH[::2])
    for day in MONTH:
        night(town, day, "backfill")
    assert list(town.oracle.traces(PEOPLE["ada"])) == []
    bobs = {event.event_id for event in town.events.values() if event.people == {"bob"}}
    assert {each for seen in town.visible().values() for each in seen} == bobs
    assert len(bobs) == 2 * len(MONTH)


@pytest.mark.parametrize("right", ["restriction", "objection"])
def test_a_run_that_was_judged_before_a_wish_was_carried_out_does_not_bring_the_person_back(town, right):
    for name in ("ada", "bob"):
        town.happens("security_events", MONTH[0], name, name)
    judged(town, MONTH[0], "judged")
    served(town, "ada", right)
    with pytest.raises(VerdictRefusedError):
        published(town, MONTH[0], "judged")
    assert not town.world.lake.staged("threat_events", "judged").exists()
    night(town, MONTH[0], "again")
    [left] = town.visible()["threat_events"]
    assert town.events[left].people == {"bob"}


def test_what_keeps_nothing_apart_or_was_answered_without_the_suite_holds_no_run_up(town):
    town.happens("security_events", MONTH[0], "ada", "ada")
    judged(town, MONTH[0], "judged")
    served(town, "ada", "access")
    town.world.ledger.append("request_done", reference="a" * 16, right="restriction", by="platform")
    published(town, MONTH[0], "judged")
    assert len(town.visible()["threat_events"]) == 1
