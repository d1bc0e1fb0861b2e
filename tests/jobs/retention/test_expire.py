"""What goes, what stays, and that a plan is carried out exactly."""

from datetime import date, timedelta

import pytest

from tests.jobs.retention.world import DAY, PAST, PEOPLE, TODAY, who


def test_rows_of_those_whose_time_is_over_go_and_all_others_stay(small):
    small.publish("threat_events", DAY, who("ada", "cyd", "dan", "nobody", "bob"), who("dan", "dan"))
    plan = small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan"), (DAY, "dan"), (DAY, "dan"), (DAY, None)]
    assert [(file.gone, file.rows, file.rule) for file in plan.tables[0].files] == [(2, 5, "8.1 relationship")]
    assert (plan.tables[0].people, plan.tables[0].due_since) == (2, "2026-03-09")


def test_rows_of_an_address_go_with_its_owner_even_where_no_account_is_named(small):
    small.publish("threat_events", DAY, [{"email": "ada"}, {"email": "dan"}, {"email": "stranger"}])
    small.expire(TODAY)
    assert sorted(map(str, small.names("threat_events", PEOPLE, "email"))) == sorted(
        map(str, [(DAY, "dan"), (DAY, None)])
    )


def test_rows_of_a_company_go_with_it_whoever_acted(small):
    small.publish("activity_trail", DAY, [{"person": "dan", "company": "over"}, {"person": "dan", "company": "runs"}])
    plan = small.expire(TODAY)
    assert small.names("activity_trail", ("over", "runs"), "company") == [(DAY, "runs")]
    assert plan.tables[0].companies == 1


def test_a_row_goes_in_whatever_epoch_it_was_made(small):
    days = [date(2025, 4, 1), date(2025, 8, 1), date(2026, 1, 1)]
    for day in days:
        small.publish("threat_events", day, who("ada", "dan"))
    small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(day, "dan") for day in days]


def test_a_day_past_the_contract_goes_whole_and_the_next_day_stays(small):
    small.publish("threat_events", PAST, who("dan", "dan"))
    small.publish("threat_events", PAST + timedelta(days=1), who("dan"))
    plan = small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(PAST + timedelta(days=1), "dan")]
    assert [(file.dropped, file.rule) for file in plan.tables[0].files] == [(True, "retention.keep")]
    assert not (small.lake.published("threat_events") / f"day={PAST}").exists()


def test_an_anonymised_release_goes_by_its_own_period_only(small):
    old, new = date(2021, 3, 9), date(2021, 3, 10)
    for day in (old, new):
        small.publish("feedback_topics", day, [{}, {}])
    small.expire(TODAY)
    assert {row["day"] for row in small.rows("feedback_topics")} == {new}


def test_a_hold_keeps_a_persons_rows_and_nobody_elses_in_a_day_that_is_past(small):
    small.hold("user", "ada", "2025-01-01")
    small.publish("threat_events", PAST, who("ada", "dan", "cyd"), who("dan"))
    small.publish("threat_events", DAY, who("ada", "bob"))
    plan = small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(PAST, "ada"), (DAY, "ada")]
    assert list(plan.tables[0].held.values()) == [2]
    assert set(plan.tables[0].held) == set(plan.holds)


def test_a_hold_on_a_company_keeps_its_peoples_rows(small):
    small.hold("company", "over", "2025-01-01")
    small.publish("activity_trail", DAY, [{"person": "ada", "company": "over"}])
    assert small.expire(TODAY).counts()["rows"] == 0


def test_a_hold_that_is_lifted_lets_go_the_next_day(small):
    small.hold("user", "ada", "2025-01-01", TODAY)
    small.publish("threat_events", DAY, who("ada"))
    small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(DAY, "ada")]
    small.expire(TODAY + timedelta(days=1))
    assert small.names("threat_events", PEOPLE) == []


def test_a_hold_placed_after_the_deletion_brings_nothing_back(small):
    small.publish("threat_events", DAY, who("ada"))
    small.expire(TODAY)
    small.hold("user", "ada", TODAY + timedelta(days=1))
    small.expire(TODAY + timedelta(days=1))
    assert small.names("threat_events", PEOPLE) == []


@pytest.mark.parametrize(
    ("detail", "outcome", "left"),
    [(None, "done", []), ('{"purpose": "threat_analysis"}', "done", []), ('{"purpose": "administration"}', "done", ["dan"]),
     (None, "refused", ["dan"])],
)  # fmt: skip
def test_a_granted_objection_ends_retention_for_its_purpose(small, detail, outcome, left):
    small.objection("dan", TODAY - timedelta(days=1), detail, outcome)
    small.publish("threat_events", DAY, who("dan"))
    small.expire(TODAY)
    assert [name for _, name in small.names("threat_events", PEOPLE)] == left


def test_only_files_that_hold_such_rows_are_written_anew(small):
    small.publish("threat_events", DAY, who("ada", "dan"), who("dan"))
    small.publish("threat_events", DAY + timedelta(days=1), who("dan"))
    root = small.lake.published("threat_events")
    before = {(root / path).stat().st_ino for path in small.files("threat_events")}
    small.expire(TODAY)
    after = {(root / path).stat().st_ino for path in small.files("threat_events")}
    assert len(after - before) == 1
    assert len(before - after) == 1
    entry = small.ledger.last("rows_expired")
    assert entry["bytes_written"] == next(
        (root / p).stat().st_size for p in small.files("threat_events") if "-00000-0" in p
    )


def test_old_versions_and_the_log_forget_what_went(small):
    small.publish("threat_events", DAY, who("ada", "dan"))
    small.publish("threat_events", DAY, who("ada"), who("dan"))
    small.expire(TODAY)
    root = small.lake.published("threat_events")
    assert sorted(str(p.relative_to(root)) for p in root.glob("day=*/*")) == sorted(small.files("threat_events"))
    assert len(list((root / "_delta_log").glob("*.json"))) == 1
    assert small.names("threat_events", PEOPLE) == [(DAY, "dan")]


def test_a_second_run_changes_nothing(small):
    small.publish("threat_events", DAY, who("ada", "dan"), who("cyd"))
    plan = small.expire(TODAY)
    before = {p: p.read_bytes() for p in small.lake.published("threat_events").rglob("*.parquet")}
    small.execute(plan)
    again = small.expire(TODAY)
    after = {p: p.read_bytes() for p in small.lake.published("threat_events").rglob("*.parquet")}
    assert (again.counts()["rows"], again.counts()["leftovers"]) == (0, 0)
    assert {p: b for p, b in after.items() if "_delta_log" not in str(p)} == {
        p: b for p, b in before.items() if "_delta_log" not in str(p)
    }


def test_a_plan_changes_nothing_and_says_no_identifier_and_no_token(small):
    small.hold("user", "bob", "2025-01-01")
    small.publish("threat_events", DAY, who("ada", "bob", "dan"))
    before = small.files("threat_events")
    text = (small.lake.expiry(small.plan(TODAY).hash) / "plan.json").read_text()
    assert small.files("threat_events") == before
    secrets = [small.token("person", name, DAY) for name in PEOPLE]
    from tests.jobs.retention.world import identity

    secrets += [identity(name) for name in (*PEOPLE, "over", "hold on bob")]
    assert not [secret for secret in secrets if secret in text]
    assert not list(small.lake.root.glob("staged/.expiry/*"))


def test_what_becomes_due_in_the_next_ninety_days_is_foretold(small):
    small.publish("threat_events", DAY, who("cyd", "cyd", "dan"))
    for day in (date(2025, 5, 8), date(2025, 5, 9)):  # last days: today and 90 days, and 91
        small.publish("threat_events", day, who("dan"))
    assert small.plan(TODAY).tables[0].forecast == {"2026-03-10": 2, "2026-06-08": 1}
