"""What goes, what stays, and that a plan is carried out exactly."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from jobs.retention.errors import (
    ApprovalNeededError,
    HoldsVanishedError,
    LostEpochError,
    StalePlanError,
    UnknownPlanError,
    UnprovedError,
)
from jobs.retention.plan import load_plan

TODAY = date(2026, 3, 10)
GONE, LAST = date(2024, 9, 9), date(2024, 9, 10)
"""Ends whose 18 months ran out yesterday, and run out today."""
DAY, PAST = date(2026, 2, 1), date(2025, 2, 9)
"""A data day within the contract's 13 months, and the newest one past them."""
PEOPLE = ("ada", "bob", "cyd", "dan")


@pytest.fixture
def small(world):
    """Ada and Bob of a company that is over, Cyd of one on its last day, Dan of a running one."""
    for company, end in (("over", GONE), ("last", LAST), ("runs", None)):
        world.company(company, end)
    for name, company in (("ada", "over"), ("bob", "over"), ("cyd", "last"), ("dan", "runs")):
        world.account(name, company)
    return world


def who(*names):
    return [{"person": name} for name in names]


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


# -- what is refused


def test_more_than_the_daily_share_needs_an_approval(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 9))
    plan = small.plan(TODAY)
    with pytest.raises(ApprovalNeededError, match="threat_events"):
        small.execute(plan)
    assert len(small.rows("threat_events")) == 10
    small.approve(plan)
    small.execute(plan)
    assert len(small.rows("threat_events")) == 9


def test_a_plan_whose_file_claims_a_larger_share_is_refused_all_the_same(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 9))
    plan = small.plan(TODAY)
    path = small.lake.expiry(plan.hash) / "plan.json"
    path.write_text(path.read_text().replace('"daily_share": 0.05', '"daily_share": 0.5'))
    with pytest.raises(ApprovalNeededError, match="threat_events"):
        small.execute(load_plan(small.lake, plan.hash))
    assert len(small.rows("threat_events")) == 10


def test_the_daily_share_itself_needs_none(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 19))
    plan = small.plan(TODAY)
    assert plan.over_share == ()
    small.execute(plan)
    assert len(small.rows("threat_events")) == 19


@pytest.mark.parametrize("today", [TODAY - timedelta(days=1), TODAY + timedelta(days=2)])
def test_a_plan_of_another_day_is_refused(small, today):
    plan = small.plan(TODAY)
    with pytest.raises(StalePlanError, match="2026-03-10"):
        small.execute(plan, today=today)


def test_a_hold_placed_between_plan_and_execution_protects(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 19))
    plan = small.plan(TODAY)
    small.hold("user", "ada", TODAY + timedelta(days=1))
    with pytest.raises(StalePlanError, match="threat_events"):
        small.execute(plan, today=TODAY + timedelta(days=1))
    assert len(small.rows("threat_events")) == 20


def test_two_people_with_equally_many_rows_are_not_the_same_plan(small):
    small.publish("threat_events", DAY, who("ada", "bob", *["dan"] * 18))
    small.hold("user", "ada", "2025-01-01")
    one = small.plan(TODAY)
    small.lift("ada", TODAY - timedelta(days=1))
    small.hold("user", "bob", "2025-01-01")
    other = small.plan(TODAY)
    assert [f.gone for f in one.tables[0].files] == [f.gone for f in other.tables[0].files]
    assert one.hash != other.hash
    with pytest.raises(StalePlanError):
        small.execute(one)


def test_a_plan_that_somebody_changed_is_refused(small):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.plan(TODAY)
    path = small.lake.expiry(plan.hash) / "plan.json"
    content = json.loads(path.read_text())
    content["tables"][0]["files"][0]["gone"] = 2
    path.write_text(json.dumps(content))
    with pytest.raises(UnknownPlanError):
        load_plan(small.lake, plan.hash)


def test_a_hold_that_vanished_from_the_platform_stops_everything(small):
    small.hold("user", "ada", "2025-01-01")
    small.plan(TODAY)
    small.change("DELETE FROM legal_holds")
    with pytest.raises(HoldsVanishedError, match="0 rows where an earlier plan saw 1"):
        small.plan(TODAY)


def test_an_epoch_that_the_keyring_never_heard_of_stops_the_plan(small):
    small.publish("threat_events", DAY, who("ada"))
    small.keyring.path.unlink()
    with pytest.raises(LostEpochError, match="2026-01-01"):
        small.plan(TODAY)


# -- the proof


def test_a_receipt_says_what_was_seen_and_holds_under_its_seal(small):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    from jobs.retention.receipt import receipt_holds

    folder = small.lake.expiry(plan.hash)
    table = json.loads((folder / "receipt.json").read_text())["tables"][0]
    assert (table["rows_gone"], table["rows_left"], table["found"], table["rows"]) == (1, 0, 0, 1)
    assert table["tokens"] == 5, "two people with an id and an address each, and their company, in one epoch"
    assert "| threat_events | 1 | 0 |" in (folder / "receipt.md").read_text()
    with small.look(TODAY, spark=False) as at:
        assert receipt_holds(small.lake, plan.hash, at)
        (folder / "receipt.json").write_text("{}")
        assert not receipt_holds(small.lake, plan.hash, at)


@pytest.mark.parametrize("place", ["a row", "an old file", "the log", "a statistic", "a note"])
def test_whatever_is_left_anywhere_in_the_folder_is_an_incident(small, place):
    import pyarrow as pa
    import pyarrow.parquet as pq

    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    root, token = small.lake.published("threat_events"), small.token("person", "ada", DAY)
    match place:
        case "a row":
            small.publish("threat_events", DAY, who("ada"))
        case "an old file":
            pq.write_table(
                pa.table({"note": [f"seen: {token}."]}), root / f"day={DAY}" / "old.parquet", compression="zstd"
            )
        case "the log":
            log = next((root / "_delta_log").glob("*.json"))
            log.write_text(log.read_text() + json.dumps({"commitInfo": {"predicate": f"actor = '{token}'"}}) + "\n")
        case "a statistic":
            rows = pa.table({"nested": [[{"a": [token]}]]})
            pq.write_table(rows, root / f"day={DAY}" / "nested.parquet", compression="gzip")
        case "a note":
            (root / "_about").mkdir()
            (root / "_about" / "datasheet.md").write_text(token)
    with pytest.raises(UnprovedError, match="threat_events"):
        small.prove(plan)
    assert small.ledger.last("incident")["release"] == "threat_events"
    assert token not in (small.lake.ledger / "ledger.jsonl").read_text()


@pytest.mark.parametrize("place", ["ledger/data_docs/threat_events/run.html", "expiry/old/receipt.md"])
def test_a_name_in_what_is_kept_for_ever_is_an_incident(small, place):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    receipt = json.loads((small.lake.expiry(plan.hash) / "receipt.json").read_text())
    assert receipt["kept_always"]["found"] == 0
    assert receipt["kept_always"]["files_searched"] == 2, "the ledger and the plan"
    page = small.lake.root / place
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"<p>{small.token('email', 'ada', DAY)}</p>")
    with pytest.raises(UnprovedError, match="what is kept always"):
        small.prove(plan)


def test_rows_that_a_hold_keeps_are_no_incident_even_beside_somebody_who_is_gone(small):
    small.hold("company", "last", "2025-01-01")
    small.publish("activity_trail", DAY, [{"person": "ada", "company": "last"}, {"person": "ada", "company": "runs"}])
    small.expire(TODAY)
    assert small.names("activity_trail", PEOPLE) == [(DAY, "ada")]
    assert replace(small.prove(small.plan(TODAY))[0], bytes_searched=0).held == 1
