"""Whoever was erased is on a list that names nobody, and comes back by no way into the rows of a day."""

import json
from datetime import date

import pytest
from pyspark.sql import functions as F

from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing, UnaskedSuppressionError
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.validate import RedVerdictError, validate_release
from jobs.people.exclusion import Exclusion
from jobs.people.phones import typed_digits, typed_number
from jobs.people.relationships import Name
from jobs.retention.epochs import Claims, destroy_lapsed
from jobs.retention.errors import BrokenListError, ForgottenErasureError
from jobs.retention.suppressed import erased, erased_without_spark, landing_of
from jobs.retention.suppression import Lists, entries_of
from policy.shapes import PREFIXES

DAY, TODAY, RUN, RELEASE = date(2026, 3, 12), date(2026, 3, 13), "2026-03-12-test", "threat_events"
ADA = "aaaaaaaa-0000-4000-8000-000000000000"
NAMES = (Name("person", ADA, 0, None), Name("email", "Ada@Example.org", 0, None), Name("phone", "+33 6 98 76 54 32", 0, None))  # fmt: skip
BATCH = "f" * 64


@pytest.fixture
def lists(promise, lake, ledger):
    return Lists(promise, lake, Keyring.from_environment(ledger), ledger)


def files(lake):
    return {str(path.relative_to(lake.suppression)): path for path in lake.suppression.glob("*/*")}


def test_an_erasure_is_on_the_list_of_every_epoch_whose_days_can_be_published_again(lists, lake):
    assert lists.add(BATCH, NAMES, TODAY) == 8
    threat = {f"threat/{epoch}.json" for epoch in
              ("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01", "2026-01-01")}  # fmt: skip
    partner = {f"partner/{epoch}.json" for epoch in ("2025-07-01", "2025-10-01", "2026-01-01")}
    assert files(lake).keys() == threat | partner
    assert lists.of_day(date(2025, 2, 13), "threat_analysis")


def test_a_list_is_closed_and_holds_neither_an_identifier_nor_a_token_of_a_release(lists, lake, promise):
    lists.add(BATCH, NAMES, TODAY)
    path = files(lake)["threat/2026-01-01.json"]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    text, keys = path.read_text(), lists.keyring.domain("threat", "2026-01-01")
    tokens = {keys.token(kind, "ada@example.org") for kind in PREFIXES} | {keys.token("person", ADA)}
    for said in (ADA, "Ada@Example.org", "ada@example.org", "698765432", *(each[4:] for each in tokens)):
        assert said not in text
    assert {k: len(each) for k, each in json.loads(text)["batches"][BATCH].items()} == {
        "person": 1, "email": 1, "phone": 2,
    }  # fmt: skip


def test_lists_of_two_epochs_have_no_entry_in_common(lists):
    one, other = (entries_of(lists.keyring.domain("threat", epoch), NAMES) for epoch in ("2025-10-01", "2026-01-01"))
    assert not frozenset().union(*one.values()) & frozenset().union(*other.values())


def test_what_many_people_share_is_on_no_list(lists):
    shared = [Name("company", ADA, 0, None), Name("family_name", "Martin", 0, None)]
    assert entries_of(lists.keyring.domain("threat", "2026-01-01"), shared) == {}


def test_adding_again_adds_nothing_and_a_run_that_died_before_the_ledger_is_finished(lists, lake, ledger, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            lists.add(BATCH, NAMES, TODAY)
    lists.add(BATCH, NAMES, TODAY)
    before = {name: path.read_bytes() for name, path in files(lake).items()}
    lists.add(BATCH, NAMES, TODAY)
    assert {name: path.read_bytes() for name, path in files(lake).items()} == before
    entries = list(ledger.entries("suppressed", plan=BATCH))
    assert len(entries) == 8
    assert {entry["entries"] for entry in entries} == {4}


def test_a_second_erasure_keeps_the_first_one_on_the_list(lists):
    lists.add(BATCH, NAMES, TODAY)
    lists.add("e" * 64, [Name("email", "bob@example.org", 0, None)], TODAY)
    [(keys, entries)] = lists.of_day(DAY, "threat_analysis")
    assert keys.domain == "threat"
    assert entries["email"] == set(keys.suppressed("email", ["ada@example.org", "bob@example.org"]))


def test_a_list_that_somebody_changed_or_lost_stops_the_day(lists, lake):
    lists.add(BATCH, NAMES, TODAY)
    for domain in ("threat", "partner"):
        path = files(lake)[f"{domain}/2026-01-01.json"]
        text = path.read_text()
        path.write_text(text.replace('"person"', '"cookie"'))
        with pytest.raises(BrokenListError, match=f"{domain} 2026-01-01"):
            lists.of_day(DAY, "threat_analysis")
        path.unlink()
    with pytest.raises(ForgottenErasureError, match="1 erasures"):
        lists.of_day(DAY, "threat_analysis")
    assert lists.of_day(date(2026, 4, 1), "threat_analysis") == [], (
        "a day after the erasure, of an epoch without a list"
    )


def test_a_list_is_destroyed_with_the_key_of_its_epoch_and_the_ledger_says_how_much_it_held(
    lists, lake, promise, ledger
):
    lists.add(BATCH, NAMES, date(2024, 5, 1))
    assert ("threat", "2024-04-01") in destroy_lapsed(promise, lake, lists.keyring, Claims(date(2025, 9, 1), ()))
    assert "threat/2024-04-01.json" not in files(lake)
    assert ledger.last("suppression_destroyed", domain="threat", epoch="2024-04-01")["entries"] == 4
    with pytest.raises(ForgottenErasureError):
        lists.of_day(date(2024, 4, 2), "administration")


def test_a_list_that_a_killed_run_left_behind_its_key_goes_with_the_next(lists, lake, promise, ledger):
    lists.add(BATCH, NAMES, TODAY)
    lists.keyring.retire("threat", "2025-10-01")
    lists.keyring.destroy("threat", "2025-10-01")
    destroy_lapsed(promise, lake, lists.keyring, Claims(TODAY, ()))
    assert "threat/2025-10-01.json" not in files(lake)
    assert "threat/2026-01-01.json" in files(lake)


def test_who_reads_landing_without_asking_is_refused_once_somebody_was_erased(lists, lake, promise):
    assert Landing(None, lake, DAY).erased(Landing(None, lake, DAY), promise, "threat_analysis") == frozenset()
    lists.add(BATCH, NAMES, TODAY)
    with pytest.raises(UnaskedSuppressionError, match="landing_of"):
        Landing(None, lake, DAY).erased(Landing(None, lake, DAY), promise, "threat_analysis")


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("06 98 76 54 32", "698765432"),
        ("+33 (0)6 98 76 54 32", "33698765432"),
        ("0033698765432", "33698765432"),
        ("(+33) 6 98 76 54 32", "33698765432"),
        ("call me", None),
        ("12345", None),
    ],
)
def test_a_number_is_read_the_same_with_and_without_spark(spark, typed, digits):
    assert typed_digits(typed) == digits
    frame = spark.createDataFrame([(typed,)], "cell string")
    assert frame.select(typed_number(F.col("cell")).alias("digits")).collect()[0]["digits"] == digits


# -- a day of the demo platform


def test_an_erased_person_comes_back_neither_by_a_rerun_nor_without_an_account_nor_past_the_gate(
    promise, spark, lake, ledger, change, busiest, lists, monkeypatch
):
    user, email, phone = busiest
    for number, login in enumerate((email.upper(), phone.replace(" ", ""), "stranger@nowhere.example")):
        change(
            "INSERT INTO security_events (event_id, occurred_at, attempted_login, kind) VALUES (?, ?, ?, 'login_failed')",
            f"00000000-0000-4000-8000-{number:012d}", "2026-03-12 10:00:00.000000", login,
        )  # fmt: skip
    extract_day(promise, DAY, lake, ledger)
    before = protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    names = [Name(kind, value, 0, None) for kind, value in zip(("person", "email", "phone"), busiest, strict=True)]
    lists.add(BATCH, names, TODAY)
    [[theirs]] = change(
        "SELECT count(*) FROM security_events WHERE occurred_at LIKE '2026-03-12%' AND user_id = ?", user
    )
    change("DELETE FROM professional_users WHERE user_id = ?", user)  # the platform has erased them, late events come
    extract_day(promise, DAY, lake, ledger)
    after = protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert after.excluded - before.excluded >= theirs + 2
    landing = landing_of(spark, lake, DAY)
    found = erased(landing, promise, "threat_analysis")
    assert {("person", user), ("email", email)} <= found == erased_without_spark(promise, "threat_analysis", lake, DAY)
    keys = lists.keyring.of_day(promise.release(RELEASE), DAY)
    rows = spark.read.parquet(str(lake.staged(RELEASE, RUN))).select("actor", "attempted_login").collect()
    cells = {cell for row in rows for cell in row}
    assert not cells & {keys.token("person", user), keys.token("email", email)}
    assert keys.token("email", "stranger@nowhere.example") in cells
    assert validate_release(promise, RELEASE, DAY, RUN, spark, lake).verdict == "green"
    monkeypatch.setattr(Exclusion, "without", lambda _, rows, source: rows)
    monkeypatch.setattr("jobs.retention.suppressed.erased", lambda *_: frozenset())
    protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    with pytest.raises(RedVerdictError, match="rows of people who must not be in it") as caught:
        validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert email not in str(caught.value)


def test_nothing_is_read_for_the_lists_while_nobody_was_erased(promise, lake, lists):
    assert isinstance(lake, Lake)
    assert erased(landing_of(None, lake, DAY), promise, "threat_analysis") == frozenset()
    assert erased_without_spark(promise, "threat_analysis", lake, DAY) == frozenset()
