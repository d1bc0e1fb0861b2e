"""Whose processing is restricted is in no release; once it is lifted, everything is as if it had never been."""

import json
import shutil
from collections import Counter
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from jobs.lake.files import sha256_of
from jobs.people.relationships import Name
from jobs.retention.epochs import Claims, needed_by
from jobs.retention.search import found_in
from jobs.rights.erasure.erase import approve_erasure, erase, plan_erasure, prove_erasure
from jobs.rights.erasure.erasing import erasing
from jobs.rights.errors import NobodyNamedError
from jobs.rights.restriction import lift as lifting
from jobs.rights.restriction import restrict as restricting
from jobs.rights.restriction.lift import lift
from jobs.rights.restriction.restrict import affected, restrict
from jobs.rights.restriction.task import Place, Restriction, Task
from tests.jobs.retention.world import identity

TODAY, DAY, OTHER = date(2026, 3, 10), date(2026, 2, 1), date(2026, 2, 2)
RELEASES = ("threat_events", "activity_trail", "threat_signals")
ADA, BOB = "a" * 16, "b" * 16
EVERY = frozenset({"threat_analysis", "administration"})


def names(name):
    return [Name("person", identity(name), 0, None), Name("email", f"{name}@example.org", 0, None)]


def of(name, reference=None, purposes=EVERY):
    return Restriction.of(reference or name[0] * 16, names(name), purposes)


@pytest.fixture
def full(bare):
    """Rows of three people, in files of their own and together; a finding that names two of them."""
    bare.company("runs", None)
    for name in ("ada", "bob", "cyd"):
        bare.account(name, "runs")
    for release in ("threat_events", "activity_trail"):
        both = [{"person": "ada"}, {"person": "ada"}, {"person": "bob"}]
        bare.publish(release, DAY, both, [{"person": "cyd"}], [{"person": "ada"}])
        bare.publish(release, OTHER, [{"person": "bob"}])
    bare.publish("threat_events", date(2026, 2, 3), [{"person": "bob", "attempted_login": token(bare, "email", "ada")}])
    group = {name: token(bare, "person", name) for name in ("ada", "bob")}
    bare.publish("threat_signals", DAY, [{"shared": list(group.items())}, {"shared": [("cyd", token(bare, "person", "cyd"))]}])  # fmt: skip
    return bare


def token(world, kind, name):
    return world.token(kind, name, DAY)


def place(world):
    return Place(world.promise, world.lake, world.keyring, world.ledger)


def tables(world):
    """Every row that readers see, release and day with it, as a multiset."""
    said = Counter()
    for release in RELEASES:
        for row in world.rows(release):
            said[release, json.dumps(row, default=str, sort_keys=True)] += 1
    return said


def naming(world, name):
    tokens = (token(world, "person", name), token(world, "email", name))
    return sum(count for (_, row), count in tables(world).items() if any(each in row for each in tokens))


def test_rows_leave_in_one_commit_are_closed_and_come_back_exactly(full):
    before, version = tables(full), DeltaTable(full.lake.published("threat_events")).version()
    moved = {each.release: (each.rows, each.days) for each in restrict(of("ada"), place(full))}
    assert moved == {"threat_events": (4, 2), "activity_trail": (3, 1), "threat_signals": (1, 1)}
    assert naming(full, "ada") == 0
    assert tables(full) < before
    assert DeltaTable(full.lake.published("threat_events")).version() == version + 1
    kept = [path for path in full.lake.restricted.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in full.lake.restricted.rglob("*") if path.is_dir()} == {0o700}
    assert sum(each.rows for each in lift(of("ada"), (), place(full))) == 8
    assert tables(full) == before
    assert not [path for path in full.lake.restricted.rglob("*") if path.is_file()]
    assert full.ledger.last("rows_returned", reference=ADA, release="threat_events")["rows"] == 4


def test_no_byte_of_the_tables_folder_remembers_who_is_restricted(full):
    restrict(of("ada"), place(full))
    tokens = frozenset({token(full, "person", "ada").encode(), token(full, "email", "ada").encode()})
    paths = [path for path in (full.lake.root / "published").rglob("*") if path.is_file()]
    assert found_in(paths, tokens) == {}


def test_again_it_changes_nothing_and_rows_that_came_since_are_moved(full):
    before = tables(full)
    for _ in range(2):
        restrict(of("ada"), place(full))
        state = {name: DeltaTable(full.lake.published(name)).version() for name in RELEASES}
    restrict(of("ada"), place(full))
    assert {name: DeltaTable(full.lake.published(name)).version() for name in RELEASES} == state
    full.publish("threat_events", date(2026, 2, 4), [{"person": "ada"}])
    full.ledger.append("published", release="threat_events", day=date(2026, 2, 4), verdict_hash="v")
    later = tables(full)
    restrict(of("ada"), place(full))
    assert naming(full, "ada") == 0
    lift(of("ada"), (), place(full))
    assert tables(full) == before + (later - before)
    lift(of("ada"), (), place(full))
    assert tables(full) == before + (later - before)


def test_releases_of_other_purposes_keep_the_rows(full):
    before = tables(full)
    assert restrict(of("ada", purposes=frozenset({"administration"})), place(full)) == ()
    assert tables(full) == before


def test_a_request_that_names_nobody_restricts_nothing_and_says_so():
    with pytest.raises(NobodyNamedError):
        Restriction.of(ADA, [Name("family_name", "Martin", 0, None)], EVERY)


@pytest.mark.parametrize(
    ("right", "detail", "reached"),
    [
        ("restriction", None, True),
        ("objection", '{"purpose": "threat_analysis"}', True),
        ("objection", '{"purpose": "administration"}', False),
        ("objection", None, True),
        ("consent_withdrawal", None, False),
        ("access", None, False),
    ],
)
def test_which_purposes_a_request_reaches_is_what_the_nights_read(promise, right, detail, reached):
    purposes = promise.register.purposes
    assert ("threat_analysis" in affected({"right": right, "detail": detail}, purposes)) is reached


# -- days that nights and retention change meanwhile


def publishes(world, day, *rows):
    world.publish("threat_events", day, *rows)
    world.ledger.append("published", release="threat_events", day=day, verdict_hash="v")


def test_a_day_that_was_made_again_without_them_gets_their_rows_back(full):
    restrict(of("ada"), place(full))
    publishes(full, DAY, [{"person": "bob"}, {"person": "bob"}])
    lift(of("ada"), (), place(full))
    assert [name for day, name in full.names("threat_events", ("ada", "bob")) if day == DAY] == ["ada"] * 3 + [
        "bob"
    ] * 2


@pytest.mark.parametrize("again", [True, False])
def test_a_day_that_was_made_again_with_them_has_them_once(full, again):
    restrict(of("ada"), place(full))
    publishes(full, DAY, [{"person": "ada"}, {"person": "bob"}])
    if again:
        restrict(of("ada"), place(full))
        assert naming(full, "ada") == 0
    [events, *_] = [each for each in lift(of("ada"), (), place(full)) if each.release == "threat_events"]
    assert [name for day, name in full.names("threat_events", ("ada", "bob")) if day == DAY] == ["ada", "bob"]
    assert events.ended == (0 if again else 3)


def test_rows_past_their_period_do_not_come_back_and_retention_takes_them_from_where_they_are_kept(
    full, monkeypatch, tiny
):
    full.spark = tiny
    restrict(of("ada"), place(full))
    monkeypatch.setattr("policy.periods.clock", lambda: datetime(2027, 3, 2).astimezone())
    [events] = [each for each in lift(of("ada"), (), place(full)) if each.release == "threat_events"]
    assert (events.rows, events.ended) == (1, 3)
    restrict(of("ada"), place(full))
    full.expire(date(2028, 1, 1))
    assert not list(full.lake.restricted.rglob("*.parquet"))


@pytest.mark.parametrize(("held", "back"), [("ada", 8), ("bob", 2)])
def test_rows_past_their_period_that_a_hold_keeps_come_back_to_be_kept_in_the_table(full, monkeypatch, held, back):
    before = tables(full)
    restrict(of("ada"), place(full))
    full.hold("user", held, "2026-01-01")
    monkeypatch.setattr("policy.periods.clock", lambda: datetime(2027, 6, 1).astimezone())
    returned = lift(of("ada"), (), place(full))
    assert (sum(each.rows for each in returned), sum(each.ended for each in returned)) == (back, 8 - back)
    assert naming(full, "ada") == back, "a row that names somebody who is held, too, stays"
    assert (tables(full) == before) == (held == "ada")


@pytest.mark.parametrize(("held", "back"), [(None, 0), ("ada", 8), ("bob", 2)])
def test_what_a_granted_objection_ended_does_not_come_back_unless_a_hold_keeps_it(full, held, back, tiny):
    full.spark, before = tiny, tables(full)
    restrict(of("ada"), place(full))
    if held:
        full.hold("user", held, "2026-01-01")
    full.objection("ada", date(2026, 3, 1))
    full.expire(TODAY)
    lift(of("ada"), (), place(full))
    assert naming(full, "ada") == back, "a row that names somebody who is held, too, stays"
    assert (tables(full) == before) == (held == "ada")


def test_the_key_of_an_epoch_is_needed_while_rows_of_it_are_kept_apart(full):
    restrict(of("ada"), place(full))
    for release in RELEASES:
        shutil.rmtree(full.lake.published(release))
    claims = Claims(date(2030, 1, 1), ())
    assert "still has rows" in needed_by(full.promise, full.lake, "threat", "2026-01-01", claims)
    shutil.rmtree(full.lake.restricted)
    assert needed_by(full.promise, full.lake, "threat", "2026-01-01", claims) is None


def test_whatever_was_kept_apart_comes_back_though_the_request_names_another_purpose_by_now(full):
    before = tables(full)
    restrict(of("ada"), place(full))
    lift(of("ada", purposes=frozenset({"administration"})), (), place(full))
    assert tables(full) == before


def test_a_day_that_was_made_again_without_them_gets_their_rows_though_an_address_of_theirs_is_new(full):
    restrict(of("ada"), place(full))
    new = full.keyring.domain("threat", "2026-01-01").token("email", "new@example.org")
    publishes(full, DAY, [{"person": "bob"}, {"attempted_login": new}])
    theirs = Restriction.of(ADA, [*names("ada"), Name("email", "new@example.org", 0, None)], EVERY)
    lift(theirs, (), place(full))
    assert [name for day, name in full.names("threat_events", ("ada",)) if day == DAY].count("ada") == 3


@pytest.mark.parametrize(
    "copy", ["staged/threat_events/run", "exports/threat_partner/partner_threat_events/day=2026-02-01"]
)
def test_what_was_staged_before_and_a_recipients_copy_go_whole_if_they_are_in_it(full, copy):
    domain = "partner" if copy.startswith("exports") else "threat"
    for name in ("ada", "bob"):
        folder = full.lake.private(
            full.lake.root / copy.replace("run", name).replace("-01", f"-0{1 + (name == 'bob')}")
        )
        pq.write_table(pa.table({"login": [full.token("email", name, DAY, domain)]}), folder / "part.parquet")
    restrict(of("ada", purposes=frozenset({"administration"})), place(full))
    copies = full.lake.root / copy.partition("/")[0]
    assert len(list(copies.rglob("*.parquet"))) == 2, "another purpose's"
    restrict(of("ada"), place(full))
    [left] = copies.rglob("*.parquet")
    assert pq.read_table(left)["login"].to_pylist() == [full.token("email", "bob", DAY, domain)]
    assert (full.ledger.last("export_deleted") is not None) == (domain == "partner")


# -- two people, one row


def test_a_row_that_names_somebody_still_restricted_waits_for_them(full):
    before = tables(full)
    restrict(of("ada"), place(full))
    restrict(of("bob"), place(full))
    returned = {each.release: each.passed_on for each in lift(of("ada"), (of("ada"), of("bob")), place(full))}
    assert returned == {"threat_events": 1, "activity_trail": 0, "threat_signals": 1}
    assert naming(full, "bob") == 0
    assert naming(full, "ada") == 6
    restrict(of("bob"), place(full))
    lift(of("bob"), (), place(full))
    assert tables(full) == before


def test_an_erasure_reaches_what_is_kept_apart_and_leaves_the_rows_of_others(full, tiny):
    full.spark = tiny
    restrict(of("ada"), place(full))
    subjects = {"c" * 16: names("bob")}
    with erasing(full.promise, full.lake, full.spark, subjects, frozenset({TODAY})) as at:
        plan = plan_erasure(subjects, at, full.ledger, "maker")
        approve_erasure(plan, full.ledger, "officer")
        erase(plan, subjects, at, full.ledger)
    with erasing(full.promise, full.lake, None, subjects, frozenset({TODAY})) as at:
        prove_erasure(plan, at, full.ledger)
    lift(of("ada"), (), place(full))
    assert naming(full, "bob") == 0
    assert naming(full, "ada") == 6


# -- killed


class KilledError(BaseException):
    """Stands for the end of the process."""


def killed(monkeypatch, where, what, work, after=0):
    """Do ``work`` until it meets ``what`` for the time after ``after`` times."""
    real, calls = getattr(where, what), []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) > after:
            raise KilledError
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(where, what, dies)
        with pytest.raises(KilledError):
            work()


AWAY = [(restricting, "put", 0), (restricting, "put", 1), (restricting, "linked", 0), (Task, "commit", 0),
        (Task, "record", 0), (Task, "clear", 0), (Task, "commit", 1), (Task, "record", 1)]  # fmt: skip
BACK = [(lifting, "put", 0), (lifting, "linked", 0), (Task, "commit", 0), (Task, "record", 0), (lifting, "_vanish", 0),
        (Task, "clear", 0), (Task, "commit", 1), (Task, "record", 1), (lifting.shutil, "rmtree", 1)]  # fmt: skip


@pytest.mark.parametrize(("where", "what", "after"), AWAY)
def test_killed_on_the_way_out_nothing_is_lost_or_doubled(full, monkeypatch, where, what, after):
    before = tables(full)
    killed(monkeypatch, where, what, lambda: restrict(of("ada"), place(full)), after)
    assert {naming_in(full, release) for release in RELEASES} <= {0, 1, 3, 4}
    restrict(of("ada"), place(full))
    assert naming(full, "ada") == 0
    lift(of("ada"), (), place(full))
    assert tables(full) == before


@pytest.mark.parametrize(("where", "what", "after"), AWAY)
def test_killed_on_the_way_out_and_lifted_at_once_nothing_is_lost_or_doubled(full, monkeypatch, where, what, after):
    before = tables(full)
    killed(monkeypatch, where, what, lambda: restrict(of("ada"), place(full)), after)
    lift(of("ada"), (), place(full))
    assert tables(full) == before


@pytest.mark.parametrize(("where", "what", "after"), BACK)
def test_killed_on_the_way_back_nothing_is_lost_or_doubled(full, monkeypatch, where, what, after):
    before = tables(full)
    restrict(of("ada"), place(full))
    killed(monkeypatch, where, what, lambda: lift(of("ada"), (), place(full)), after)
    lift(of("ada"), (), place(full))
    assert tables(full) == before
    restrict(of("ada"), place(full))
    lift(of("ada"), (), place(full))
    assert tables(full) == before
    assert not [path for path in full.lake.restricted.rglob("*") if path.is_file()]


def test_what_an_unfinished_run_laid_apart_is_not_there_twice_once_the_table_has_changed(full, monkeypatch):
    killed(monkeypatch, Task, "commit", lambda: restrict(of("ada"), place(full)))
    full.publish("activity_trail", date(2026, 2, 9), [{"person": "bob"}])  # the first table, which it died over
    before = tables(full)
    assert sum(each.rows for each in restrict(of("ada"), place(full))) == 8
    lift(of("ada"), (), place(full))
    assert tables(full) == before


def naming_in(world, release):
    tokens = (token(world, "person", "ada"), token(world, "email", "ada"))
    return sum(n for (name, row), n in tables(world).items() if name == release and any(t in row for t in tokens))


def test_a_lot_is_named_by_what_it_takes(tmp_path):
    (tmp_path / "x").write_text("x")
    assert restricting.lot_of([tmp_path], 1) != restricting.lot_of([tmp_path], 2)
    assert sha256_of(tmp_path / "x")
