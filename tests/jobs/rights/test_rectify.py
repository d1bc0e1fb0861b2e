"""A correction reaches every published copy: by nights where the source is, by token where it isn't; nothing else moves."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.lake.commits import TornCommitError
from jobs.lake.tables import opened
from jobs.people.reading import ACCOUNTS
from jobs.people.relationships import Name
from jobs.platform.database import connect
from jobs.rights.rectification import table as correcting
from jobs.rights.rectification.cells import Fix, corrected, problems, wrong
from jobs.rights.rectification.errors import NotCorrectedYetError, SeveralSpellingsError, UnprovedRewriteError
from jobs.rights.rectification.reach import reached
from jobs.rights.rectification.rectify import Rectified, rectify
from jobs.rights.rectification.right import Approved, Right
from jobs.rights.rectification.table import Correcting
from jobs.rights.requests.asked import Correction
from jobs.rights.requests.errors import NightsCorrectError
from jobs.rights.restriction.lift import lift
from jobs.rights.restriction.restrict import restrict
from jobs.rights.restriction.task import Place, Restriction
from policy.rules import Token
from tests.jobs.retention.world import identity

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
OLD, DAY, LATER = date(2025, 12, 30), date(2026, 2, 1), date(2026, 2, 2)
"""Data days: of the epoch before, and two of this one. The platform has nothing of any of them."""
REFERENCE = "c0ffee" + "0" * 10
ADA = (Name("person", identity("ada"), 0, None), Name("email", "ada@example.org", 0, None))
TO_RIGHT = Approved(REFERENCE, ADA, (Correction("company_id", identity("right")),), 0)


def row(person, company, **more):
    return {"person": person, "company": company, **more}


@pytest.fixture
def full(bare):
    """Ada, whom the platform now has at ``right``, was published at ``wrong``; Bob is at ``wrong`` and stays there."""
    for name, company in (("ada", "right"), ("bob", "wrong")):
        bare.company(company, None)
        bare.account(name, company)
    bare.publish("activity_trail", OLD, [row("ada", "wrong"), row("bob", "wrong")])
    bare.publish("activity_trail", DAY, [row("ada", "wrong", action="edit_content"), row("bob", "wrong"), row("ada", "wrong")], [row("bob", "wrong")])  # fmt: skip
    bare.publish("activity_trail", LATER, [row("bob", "wrong")])
    bare.publish("threat_events", DAY, [{"person": "ada", "email": "ada"}])
    group = {"actor": bare.token("person", "ada", DAY), "company": bare.token("company", "wrong", DAY)}
    nobodys = {"company": group["company"]}
    bare.publish("threat_signals", DAY, [{"shared": list(group.items())}, {"shared": list(nobodys.items())}])
    return bare


def place(world):
    return Place(world.promise, world.lake, world.keyring, world.ledger)


def put_right(world, request=TO_RIGHT):
    with connect(NOW) as platform:
        return rectify(request, place(world), platform)


def companies(world, name, release="activity_trail"):
    """(day, company) of every row of somebody, sorted."""
    found = []
    for each in world.rows(release):
        known = {world.token("company", of, each["day"]): of for of in ("right", "wrong")}
        if each["actor"] == world.token("person", name, each["day"]):
            found.append((each["day"], known.get(each["company"], each["company"])))
    return sorted(found, key=lambda each: (each[0], str(each[1])))


def at_platform(world, day, name="bob"):
    """The platform still has a row of that day."""
    world.write(
        "activity", event_id=identity(f"{day}"), occurred_at=f"{day} 08:00:00.000000", user_id=identity(name),
        company_id=identity("wrong"), action="edit_content",
    )  # fmt: skip


def versions(world):
    return {
        release: opened(world.lake.published(release)).version() for release in ("activity_trail", "threat_signals")
    }


# -- days that the platform has nothing of


def test_every_row_of_theirs_says_the_corrected_company_under_its_own_epochs_key(full):
    done = put_right(full)
    assert companies(full, "ada") == [(OLD, "right"), (DAY, "right"), (DAY, "right")]
    assert full.token("company", "right", OLD) != full.token("company", "right", DAY)
    assert done == Rectified(places=2, made_again=0, by_token=3, rows=4, files=3, apart=0, unlinkable=0)


def test_the_ledger_says_it_table_by_table_and_names_nobody(full):
    put_right(full)
    told = {each["release"]: each for each in full.ledger.entries("rows_corrected")}
    assert {name: (e["rows"], e["days"], e["files"], e["version"]) for name, e in told.items()} == {
        "activity_trail": (3, 2, 2, 4), "threat_signals": (1, 1, 1, 2)
    }  # fmt: skip
    text = full.ledger.path.read_text()
    assert not [each for each in (identity("ada"), identity("right"), "org_", "usr_", ".parquet") if each in text]


def test_nothing_else_of_the_tables_is_another(full):
    before = {release: sorted(map(str, map(without_company, full.rows(release)))) for release in full_of(full)}
    others = companies(full, "bob")
    put_right(full)
    assert {release: sorted(map(str, map(without_company, full.rows(release)))) for release in full_of(full)} == before
    assert companies(full, "bob") == others == [(OLD, "wrong"), (DAY, "wrong"), (DAY, "wrong"), (LATER, "wrong")]


def without_company(row):
    return {name: cell for name, cell in row.items() if name not in ("company", "shared")}


def full_of(world):
    return sorted(folder.name for folder in (world.lake.root / "published").iterdir())


def test_only_files_with_rows_of_theirs_are_written_and_no_other_day_gets_a_version(full):
    root = full.lake.published("activity_trail")
    inodes = {(root / path).stat().st_ino: file.rows for path, file in full.files("activity_trail").items()}
    put_right(full)
    kept = [(root / path).stat().st_ino for path in full.files("activity_trail")]
    assert sorted(inodes[inode] for inode in kept if inode in inodes) == [1, 1], "Bob's file of DAY, and LATER's"
    assert {path.stat().st_mode & 0o777 for path in root.glob("day=*/corrected-*")} == {0o640}
    assert {str(path.relative_to(root)) for path in root.glob("day=*/*")} == {*full.files("activity_trail")}
    assert len(list((root / "_delta_log").glob("*.json"))) == 1, "the log remembers nothing of what was"


def test_a_cell_that_says_nothing_and_a_row_that_is_nobodys_stay(full):
    day = date(2026, 2, 3)
    session = {"session_id": "ses_" + "c" * 32}
    full.publish("activity_trail", day, [{"person": "ada", **session}, {"company": "wrong", **session}])
    put_right(full)
    wrong = full.token("company", "wrong", day)
    assert sorted(str(each["company"]) for each in full.rows("activity_trail") if each["day"] == day) == [
        "None",
        wrong,
    ]


def test_a_second_run_changes_nothing(full):
    first, seen = put_right(full), versions(full)
    assert put_right(full) == first
    assert versions(full) == seen


def test_rows_past_their_period_are_left_to_retention(full):
    past = date(2025, 2, 1)
    full.publish("activity_trail", past, [row("ada", "wrong")])
    put_right(full)
    assert companies(full, "ada")[0] == (past, "wrong")


def test_what_was_published_before_the_table_had_anything_of_theirs_is_nothing_to_do(bare):
    bare.company("right", None)
    bare.account("ada", "right")
    assert put_right(bare) == Rectified()
    bare.publish("activity_trail", DAY, [row("bob", "wrong")])
    assert put_right(bare) == Rectified()
    assert opened(bare.lake.published("activity_trail")).version() == 1


# -- findings


def test_a_finding_that_names_them_is_put_right_and_one_of_the_company_alone_stays(full):
    put_right(full)
    groups = [dict(each["shared"]) for each in full.rows("threat_signals")]
    ada, right, wrong = (full.token(*each, DAY) for each in (("person", "ada"), ("company", "right"), ("company", "wrong")))  # fmt: skip
    assert sorted(groups, key=len) == [{"company": wrong}, {"actor": ada, "company": right}]


# -- days that the platform has


def test_days_that_the_platform_has_are_asked_for_first_and_nothing_is_changed(full):
    at_platform(full, DAY)
    before = versions(full)
    with pytest.raises(NightsCorrectError, match="activity_trail 2026-02-01; threat_signals 2026-02-01 ") as caught:
        put_right(full)
    assert versions(full) == before
    assert companies(full, "ada") == [(OLD, "wrong"), (DAY, "wrong"), (DAY, "wrong")]
    assert identity("ada") not in str(caught.value)


def test_what_a_night_has_made_again_from_the_source_is_not_touched_by_token(full):
    at_platform(full, DAY)
    for release in ("activity_trail", "threat_signals"):
        full.ledger.append("published", release=release, day=DAY, run="again", rows=1, version=9, verdict_hash="v")
    seen = versions(full)["threat_signals"]
    done = put_right(full)
    assert companies(full, "ada") == [(OLD, "right"), (DAY, "wrong"), (DAY, "wrong")], "the source says so"
    assert (done.made_again, done.by_token, done.rows, done.places) == (2, 1, 1, 2)
    assert versions(full)["threat_signals"] == seen


def test_a_night_before_the_approval_does_not_count(full):
    at_platform(full, DAY)
    for release in ("activity_trail", "threat_signals"):
        full.ledger.append("published", release=release, day=DAY, run="before", rows=1, version=9, verdict_hash="v")
    approved = full.ledger.append("request_approved", reference=REFERENCE, right="rectification", by="officer")
    with pytest.raises(NightsCorrectError):
        put_right(full, replace(TO_RIGHT, since=approved["seq"]))


def test_a_day_that_is_right_already_needs_no_night(full):
    put_right(full)
    at_platform(full, DAY)
    assert put_right(full).by_token == 3


# -- keys


def test_rows_of_a_destroyed_epoch_are_said_to_be_no_longer_linkable_and_stay(full):
    epoch = "2025-10-01"
    full.keyring.retire("threat", epoch)
    before = {path: pq.read_table(full.lake.published("activity_trail") / path) for path in full.files("activity_trail") if str(OLD) in path}  # fmt: skip
    full.keyring.destroy("threat", epoch)
    done = put_right(full)
    assert (done.unlinkable, done.by_token, done.rows) == (1, 2, 3)
    for path, rows in before.items():
        assert pq.read_table(full.lake.published("activity_trail") / path).equals(rows)


def test_a_value_that_an_old_epoch_may_have_spelled_in_several_ways_is_refused(promise, monkeypatch):
    keys = DomainKeys("threat", "2026-01-01", b"k" * 32, suite=1)
    monkeypatch.setattr("jobs.rights.rectification.right.live_keys", lambda *_: [keys])
    [rows, _] = reached(promise, "company_id")
    right = Right(rows.contract, (rows,), {"company_id": "\u0391\u03a3"}, identity("ada"))
    with pytest.raises(SeveralSpellingsError, match="product-data@ignicloud") as caught:
        right.fixes(Keyring.from_environment(), [DAY])
    assert "\u0391\u03a3" not in str(caught.value)


# -- which columns


@pytest.mark.parametrize("column", ["email", "city", "family_name", "phone"])
def test_a_column_that_reaches_no_release_changes_nothing_even_where_the_platform_has_the_days(full, column):
    at_platform(full, DAY, "ada")
    before = versions(full)
    assert put_right(full, replace(TO_RIGHT, corrections=(Correction(column, "another"),))) == Rectified()
    assert versions(full) == before


def test_a_correction_of_the_company_reaches_the_activity_and_what_is_found_in_it(promise):
    assert {(each.contract.release, each.source, each.person, each.column, each.within) for each in reached(promise, "company_id")} == {
        ("activity_trail", "activity", "actor", "company", None),
        ("threat_signals", "activity", "actor", "company", "shared"),
    }  # fmt: skip


def test_every_published_token_of_a_class_of_the_account_is_reached_was_typed_or_is_the_person(promise):
    account = promise.source(ACCOUNTS)
    kinds = [column.identifier for column in account.columns.values() if column.identifier]
    assert len(kinds) == len({*kinds}), "two columns of one class: a token can't say from which of them it was made"
    reach = {(r.contract.release, r.source, r.corrects) for name in account.columns for r in reached(promise, name)}
    for contract in promise.releases.values():
        for name, rules in contract.inputs.items() if contract.domain else ():
            for column, rule in rules.items():
                listed = promise.source(name).columns[column]
                if isinstance(rule, Token) and rule.identifier in kinds and rule.identifier != "person":
                    assert listed.typed or (contract.release, name, column) in reach, (contract.release, column)


def contract_of(promise, source, **columns):
    rules = {name: Token.model_validate({"treat": "token", "class": kind}) for name, kind in columns.items()}
    return promise.release("activity_trail").model_copy(update={"source": source, "columns": rules, "outputs": ()})


@pytest.mark.parametrize(
    ("source", "column", "columns", "reach"),
    [
        ("activity", "company_id", {"user_id": "person", "company_id": "company"}, True),
        ("activity", "company_id", {"company_id": "company"}, False),
        ("purchases", "company_id", {"user_id": "person", "company_id": "company"}, True),
        ("contracts", "company_id", {"company_id": "company"}, False),
        ("security_events", "email", {"user_id": "person", "attempted_login": "email"}, False),
        ("contacts", "email", {"user_id": "person", "agent_email": "email"}, False),
        ("activity", "company_id", {"user_id": "person", "company_id": "object"}, False),
        ("activity", "company_id", {"user_id": "object", "company_id": "company"}, False),
    ],
)
def test_a_column_is_reached_where_a_row_of_the_person_repeats_the_accounts_own(
    promise, source, column, columns, reach
):
    told = SimpleNamespace(releases={"x": contract_of(promise, source, **columns)}, source=promise.source)
    assert bool(reached(told, column)) is reach


@pytest.mark.parametrize("typed", [True, False])
def test_what_somebody_typed_is_history_however_the_account_is_spelled_now(promise, typed):
    events = promise.source("security_events")
    email = events.columns["attempted_login"].model_copy(update={"typed": typed})
    renamed = events.model_copy(update={"columns": {**events.columns, "email": email}})
    told = SimpleNamespace(
        releases={"x": contract_of(promise, "security_events", user_id="person", email="email")},
        source=lambda name: renamed if name == "security_events" else promise.source(name),
    )
    assert bool(reached(told, "email")) is not typed


@pytest.mark.parametrize(("missing", "reach"), [("actor", 1), ("company", 1), ("ip", 2)])
def test_findings_whose_group_cannot_have_both_are_not_reached(promise, missing, reach):
    trail, signals = promise.release("activity_trail"), promise.release("threat_signals")
    outputs = [o.model_copy(update={"tokens": o.tokens and tuple({*o.tokens} - {missing})}) for o in signals.outputs]
    told = SimpleNamespace(
        releases={"activity_trail": trail, "threat_signals": signals.bind(tuple(outputs))}, source=promise.source
    )
    assert len(reached(told, "company_id")) == reach


def test_an_anonymised_release_is_never_reached(promise):
    anonymous = contract_of(promise, "activity", user_id="person", company_id="company").model_copy(update={"domain": None})  # fmt: skip

    assert reached(SimpleNamespace(releases={"x": anonymous}, source=promise.source), "company_id") == ()


# -- what the platform says


@pytest.mark.parametrize("statement", ["UPDATE professional_users SET company_id = ?", "DELETE FROM professional_users WHERE company_id <> ?"])  # fmt: skip
def test_until_the_account_says_what_was_asked_nothing_is_changed(full, statement):
    before = versions(full)
    full.change(statement, identity("wrong"))
    with pytest.raises(NotCorrectedYetError, match="customer-data@ignicloud") as caught:
        put_right(full)
    assert versions(full) == before
    assert identity("right") not in str(caught.value)


def test_the_value_counts_in_whatever_spelling_and_of_two_requests_the_one_that_the_platform_followed(full):
    spelt = (
        Correction("company_id", "no company at all"),
        Correction("company_id", f"{{{identity('right').upper()}}}"),
    )
    assert put_right(full, replace(TO_RIGHT, corrections=spelt)).rows == 4


# -- rows kept apart


def test_rows_that_a_restriction_keeps_apart_come_back_right(full):
    at_platform(full, DAY)
    restriction = Restriction.of("a" * 16, ADA, {"threat_analysis"})
    restrict(restriction, place(full))
    assert companies(full, "ada") == []
    done = put_right(full)
    assert (done.apart, done.by_token, done.places) == (4, 0, 2)
    assert {p.stat().st_mode & 0o777 for p in full.lake.restricted.rglob("*.parquet")} == {0o600}
    assert put_right(full) == done
    lift(restriction, (), place(full))
    assert companies(full, "ada") == [(OLD, "right"), (DAY, "right"), (DAY, "right")]


# -- the proof


TAMPERED = {
    "another row's cell": lambda rows: swapped(rows, "company", 1, "org_" + "c" * 32),
    "another column": lambda rows: swapped(rows, "action", 0, "create_target"),
    "their cell with another token": lambda rows: swapped(rows, "company", 0, "org_" + "c" * 32),
    "a row less": lambda rows: rows.slice(1),
    "another order": lambda rows: rows.take(pa.array([*range(rows.num_rows)][::-1])),
    "a column less": lambda rows: rows.drop_columns(["object"]),
}


def swapped(rows, name, number, cell):
    cells = rows.column(name).to_pylist()
    return rows.set_column(
        rows.schema.get_field_index(name), name, pa.array([*cells[:number], cell, *cells[number + 1 :]])
    )


@pytest.mark.parametrize("what", TAMPERED)
def test_a_file_in_which_anything_else_changed_never_gets_a_name(full, monkeypatch, what):
    before = full.files("activity_trail")
    monkeypatch.setattr(correcting, "corrected", lambda rows, fixes: TAMPERED[what](corrected(rows, fixes)))
    with pytest.raises(UnprovedRewriteError, match="product-data@ignicloud") as caught:
        put_right(full)
    assert full.files("activity_trail") == before
    assert not list(full.lake.published("activity_trail").glob("day=*/corrected-*"))
    assert full.ledger.last("rows_corrected") is None
    assert "org_" not in str(caught.value)


def test_a_file_in_which_their_cells_are_as_they_were_never_gets_a_name(full, monkeypatch):
    monkeypatch.setattr(correcting, "corrected", lambda rows, _: rows)
    with pytest.raises(UnprovedRewriteError):
        put_right(full)


PEOPLE, FIRMS = st.sampled_from([None, "usr_a", "usr_b"]), st.sampled_from([None, "org_r", "org_w", "org_x"])
ROWS = st.lists(st.tuples(PEOPLE, FIRMS, st.integers(0, 3)), max_size=5)


def fix_of(promise, within):
    [rows, found] = reached(promise, "company_id")
    return Fix(found if within else rows, frozenset({"usr_a"}), "org_r")


def table_of(rows, within):
    other = pa.array([n for _, _, n in rows], pa.int64())
    if not within:
        actors, firms = (pa.array([each[n] for each in rows], pa.string()) for n in (0, 1))
        return pa.table({"actor": actors, "company": firms, "n": other})
    groups = [[(k, v) for k, v in (("company", firm), ("actor", person)) if v] or None for person, firm, _ in rows]
    return pa.table({"shared": pa.array(groups, pa.map_(pa.string(), pa.string())), "n": other})


@given(rows=ROWS, within=st.booleans())
def test_what_is_put_right_is_proved_and_is_right_for_good(promise, rows, within):
    before, fixes = table_of(rows, within), [fix_of(promise, within)]
    after = corrected(before, fixes)
    assert [*problems(before, after, fixes)] == []
    assert not any(wrong(after, fixes).to_pylist())
    assert corrected(after, fixes).equals(after)
    expected = [(p, "org_r" if p == "usr_a" and firm else firm, n) for p, firm, n in rows]
    assert after.equals(table_of(expected, within))


@given(rows=ROWS.filter(bool), within=st.booleans(), other=ROWS)
def test_what_is_anything_else_is_not_proved(promise, rows, within, other):
    before, fixes = table_of(rows, within), [fix_of(promise, within)]
    claimed = table_of(other, within)
    assert ([*problems(before, claimed, fixes)] == []) == claimed.equals(corrected(before, fixes))


# -- killed


class KilledError(BaseException):
    """Stands for the end of the process."""


def killed(monkeypatch, where, what, after, world):
    """Put right until ``what`` is met for the time after ``after`` times."""
    real, calls = getattr(where, what), []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) > after:
            raise KilledError
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(where, what, dies)
        with pytest.raises(KilledError):
            put_right(world)


MOMENTS = [
    (correcting, "copy_atomically", 0), (correcting, "copy_atomically", 1), (correcting, "linked", 0),
    (correcting, "replace_days", 0), (Correcting, "_tell", 0), (Correcting, "clear", 2), (correcting, "replace_days", 1),
    (Correcting, "_tell", 1), (Correcting, "correct_apart", 0), (Correcting, "correct_apart", 1),
]  # fmt: skip


@pytest.mark.parametrize(("where", "what", "after"), MOMENTS)
def test_killed_anywhere_the_next_run_finishes_and_says_it_once(full, monkeypatch, where, what, after):
    killed(monkeypatch, where, what, after, full)
    rows = companies(full, "ada")
    assert rows in ([(OLD, "wrong"), (DAY, "wrong"), (DAY, "wrong")], [(OLD, "right"), (DAY, "right"), (DAY, "right")])
    done = put_right(full)
    assert done == Rectified(places=2, made_again=0, by_token=3, rows=4, files=3, apart=0, unlinkable=0)
    assert companies(full, "ada") == [(OLD, "right"), (DAY, "right"), (DAY, "right")]
    assert [each["release"] for each in full.ledger.entries("rows_corrected")] == ["activity_trail", "threat_signals"]
    for release in ("activity_trail", "threat_signals"):
        root = full.lake.published(release)
        assert {str(path.relative_to(root)) for path in root.glob("day=*/*")} == {*full.files(release)}


def newest_entry(world):
    return max((world.lake.published("activity_trail") / "_delta_log").glob("*.json"))


def test_a_commit_that_a_power_cut_spoilt_before_it_was_on_record_is_made_once_more(full, monkeypatch):
    killed(monkeypatch, Correcting, "_tell", 0, full)
    newest_entry(full).write_bytes(b"")
    assert put_right(full).rows == 4
    assert companies(full, "ada") == [(OLD, "right"), (DAY, "right"), (DAY, "right")]


def test_a_commit_that_is_on_record_is_never_taken_away(full):
    put_right(full)
    newest_entry(full).write_bytes(b"")
    with pytest.raises(TornCommitError):
        put_right(full)


@pytest.mark.parametrize("moment", ["before the commit", "before it is on record", "before old files are gone"])
def test_a_process_that_is_killed_leaves_the_old_rows_or_the_new_and_the_next_one_finishes(full, moment):
    words = [sys.executable, "-m", "tests.jobs.rights.killed_correcting", identity("ada"), identity("right"), moment]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IGNICLOUD_LAKE": str(full.lake.root)}
    killed = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr[-2000:]
    committed = moment != "before the commit"
    assert companies(full, "ada")[0] == (OLD, "right" if committed else "wrong")
    assert (full.ledger.last("rows_corrected") is not None) == (moment == "before old files are gone")
    assert put_right(full).rows == 4
    assert len(list(full.ledger.entries("rows_corrected"))) == 2
