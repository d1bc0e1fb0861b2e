"""Far more people due than the last plan saw coming wait for a person; strange years overflow nothing."""

from datetime import date, timedelta

import pytest

from jobs.people.relationships import Name
from jobs.retention.errors import MassChangeError
from jobs.retention.foresight import foreseen, unforeseen
from tests.jobs.retention.world import DAY, TODAY, who

TOMORROW = TODAY + timedelta(days=1)


def done(ledger, due, soon=(), plan="a", day=TODAY):
    """A plan that was made and carried out."""
    made(ledger, due, soon, plan, day)
    ledger.append("expiry_done", plan=plan, day=day, leftovers=0)


def made(ledger, due, soon=(), plan="a", day=TODAY):
    ledger.append("expiry_planned", plan=plan, day=day, people_due=due, people_soon={str(d): n for d, n in soon})


def test_people_are_counted_by_their_last_day_held_or_not():
    names = [
        Name("person", "a", 0, TODAY - timedelta(days=1)),
        Name("person", "b", 1, date(1, 1, 1), ("h",)),
        Name("person", "c", 2, TODAY),
        Name("person", "d", 3, None, ("h",)),
        Name("company", "x", 0, date(2020, 1, 1)),
        Name("email", "a@x.fr", 0, date(2020, 1, 1)),
    ]
    assert foreseen(names, TODAY) == (2, {str(TODAY): 1})


def test_somebody_of_two_purposes_is_one_person_by_the_earlier_last_day():
    names = [Name("person", "a", 0, TODAY), Name("person", "a", 0, TODAY - timedelta(days=1))]
    assert foreseen(names, TODAY) == (1, {})


@pytest.mark.parametrize(
    ("before", "soon", "due", "more"),
    [
        (0, [], 5, 0),
        (0, [], 6, 6),
        (0, [(TODAY, 20)], 20, 0),
        (0, [(TODAY, 20)], 26, 6),
        (0, [(TOMORROW, 20)], 20, 20),
        (200, [], 210, 0),
        (200, [], 211, 11),
        (200, [], 100, 0),
    ],
)
def test_a_few_more_than_foreseen_are_wishes_and_many_more_are_a_mistake(ledger, before, soon, due, more):
    done(ledger, before, soon)
    assert unforeseen(ledger, due, TOMORROW) == more


def test_the_first_plan_has_nothing_to_be_compared_with(ledger):
    assert unforeseen(ledger, 431, TODAY) == 0


def test_making_a_plan_twice_does_not_make_it_usual(ledger):
    done(ledger, 19)
    made(ledger, 431, plan="b", day=TOMORROW)
    assert unforeseen(ledger, 431, TOMORROW) == 412


@pytest.fixture
def overnight(small):
    """A day's retention, and a night on which eight people's company ended in 1970; none has a row."""
    small.publish("threat_events", DAY, who("dan"))
    small.expire(TODAY)
    small.company("strange", date(1970, 1, 1))
    for number in range(8):
        small.account(f"somebody {number}", "strange")
    return small


def test_people_who_are_due_overnight_wait_for_an_approval_though_no_row_is_theirs(overnight):
    plan = overnight.plan(TOMORROW)
    assert (plan.over_share, plan.unforeseen, plan.people_due) == ((), 8, 11)
    with pytest.raises(MassChangeError, match="8 people are due"):
        overnight.execute(plan)
    overnight.approve(plan)
    overnight.execute(plan)
    overnight.prove(plan)
    assert overnight.plan(TOMORROW + timedelta(days=1)).unforeseen == 0


def test_a_plan_that_claims_to_have_foreseen_them_is_refused_all_the_same(overnight):
    from dataclasses import replace

    plan = replace(overnight.plan(TOMORROW), unforeseen=0)
    with pytest.raises(MassChangeError):
        overnight.execute(plan)


def test_a_hold_that_is_lifted_surprises_nobody(small):
    small.hold("company", "over", "2025-01-01")
    for number in range(8):
        small.account(f"somebody {number}", "over")
    small.publish("threat_events", DAY, who("dan"))
    small.expire(TODAY)
    small.lift("over", TODAY)
    plan = small.plan(TOMORROW)
    assert (plan.people_due, plan.unforeseen) == (11, 0)


@pytest.mark.parametrize("year", [9999, 9998, 2201, 1970])
def test_an_end_in_a_far_year_overflows_nothing(small, year):
    small.company("far", date(year, 12, 31))
    small.account("eve", "far", closed=date(year, 12, 31).isoformat())
    small.publish("threat_events", DAY, who("eve", *["dan"] * 19))
    small.expire(TODAY)
    assert len(small.rows("threat_events")) == (19 if year == 1970 else 20)
