"""Wherever an identifier of somebody stands, it is found; and finding nothing where something must be waits for a person."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import policy
from jobs.keys.ring import remembered_as
from jobs.people.relationships import Name
from jobs.platform.database import connect
from jobs.retention.errors import LostEpochError
from jobs.rights.finding.find import UNKNOWN, find, find_all
from jobs.rights.finding.found import Found
from jobs.rights.finding.inventory import Inventory
from jobs.rights.finding.subject import Subject, subject_of
from jobs.rights.finding.tokens import linked
from tests.jobs.retention.world import identity

ADA = identity("ada")
FIRST, SECOND = date(2026, 2, 10), date(2026, 4, 10)
"""A day of each of two epochs."""
NAMES = (
    Name("person", ADA, 0, None),
    Name("email", "ada@example.org", 0, None),
    Name("session", "S-1-of-ada", 0, None),
    Name("phone", "+33698765432", 0, None),
)
SUBJECT = Subject(NAMES, {}, 0, known=True)
PLACES = [place for place in Inventory.of(policy.load()).places if place.folder is not None]


@pytest.fixture
def keyring(neighbours):
    """Two epochs of the threat domain, and one of the partner's."""
    for domain, epoch in (("threat", "2026-01-01"), ("threat", "2026-04-01"), ("partner", "2026-01-01")):
        neighbours.keyring.domain(domain, epoch, date(2026, 5, 1))
    return neighbours.keyring


def plant(lake, place, name, text):
    folder = lake.private(lake.root / place.folder / "deep")
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"cell": pa.array([f"before {text} behind"])}), folder / name, compression="zstd")
    else:
        (folder / name).write_text(f'{{"cell": "before {text} behind"}}', "utf-8")


def forms(keyring, promise):
    """Everything of Ada's that a file may hold, by what it is."""
    made = {
        f"token of {domain} {epoch} {number}": token.decode()
        for (domain, epoch), tokens in linked(promise, keyring, NAMES).made.items()
        for number, token in enumerate(sorted(tokens))
    }
    [memory] = remembered_as(keyring, promise.release("usage_profile"), [ADA])
    return {**{name.identifier: name.value for name in NAMES}, **made, "memory": memory}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_whatever_of_theirs_stands_in_a_place_is_found_there_and_nowhere_else(lake, keyring, promise, place):
    assert find(promise, lake, keyring, SUBJECT).counts()["files"] == 0
    everything = forms(keyring, promise)
    for number, (what, text) in enumerate(everything.items()):
        for ending in ("json", "parquet"):
            plant(lake, place, f"planted.{ending}", text)
            found = find(promise, lake, keyring, SUBJECT)
            there = {each.place: each.files for each in found.found if each.files}
            assert there == {place.name: 1}, (what, ending)
            assert (found.state == "green") == place.holds_somebody
            (lake.root / place.folder / "deep" / f"planted.{ending}").unlink()
            if number > 1 and not place.holds_somebody:
                break
    assert len(everything) == 4 + 2 * 5 + 3 + 1


def test_each_epoch_and_each_class_has_tokens_of_its_own(keyring, promise):
    made = linked(promise, keyring, NAMES).made
    assert {epoch: len(tokens) for epoch, tokens in made.items()} == {
        ("threat", "2026-01-01"): 5, ("threat", "2026-04-01"): 5, ("partner", "2026-01-01"): 3
    }  # fmt: skip
    assert len(frozenset().union(*made.values())) == 13
    ours = keyring.domain("threat", "2026-01-01")
    assert {
        ours.token("person", ADA), ours.token("email", "ada@example.org"), ours.token("session", "S-1-of-ada"),
        ours.token("email", ADA), ours.token("email", "+33698765432"),
    } == {token.decode() for token in made["threat", "2026-01-01"]}  # fmt: skip


def rows(found, release):
    return {each.epoch: each.rows for each in found.found if each.place == f"release {release}" and each.epoch}


@pytest.fixture
def published(neighbours, keyring, monkeypatch):
    """Ada's rows under her account, her address and her session, in two epochs, beside Bob's."""
    for day in (FIRST, SECOND):
        ours = keyring.domain("threat", "2026-01-01" if day == FIRST else "2026-04-01")
        monkeypatch.setattr(neighbours, "token", lambda kind, name, day, ours=ours: ours.token(
            kind, f"{name}@example.org" if kind == "email" else identity(name)))  # fmt: skip
        session = {"session_id": ours.token("session", "S-1-of-ada")}
        neighbours.publish("threat_events", day, [{"person": "ada"}, {"email": "ada"}, session, {"person": "bob"}])
    group = [("session_id", ours.token("session", "S-1-of-ada"))]
    neighbours.publish(
        "threat_signals", SECOND, [{"shared": group}, {"shared": [("actor", ours.token("person", "x"))]}]
    )
    return neighbours


def test_published_rows_are_counted_by_epoch_under_every_class(published, keyring, promise):
    found = find(promise, published.lake, keyring, SUBJECT)
    assert rows(found, "threat_events") == {"2026-01-01": 3, "2026-04-01": 3}
    assert rows(found, "threat_signals") == {"2026-04-01": 1}
    assert found.rows == 7
    assert found.state == "green"


def test_a_published_file_counts_once_with_its_rows_and_another_beside_it_by_its_bytes(published, keyring, promise):
    assert find(promise, published.lake, keyring, SUBJECT).counts()["files"] == 3
    older = next(published.lake.published("threat_events").glob(f"day={FIRST}/*.parquet"))
    (older.parent / "older.parquet").write_bytes(older.read_bytes())
    found = find(promise, published.lake, keyring, SUBJECT)
    assert {(each.place, each.epoch): each.files for each in found.found if each.files} == {
        ("release threat_events", "2026-01-01"): 1, ("release threat_events", "2026-04-01"): 1,
        ("release threat_signals", "2026-04-01"): 1, ("release threat_events", None): 1,
    }  # fmt: skip
    assert found.counts()["files"] == 4


def test_rows_of_a_destroyed_epoch_are_no_longer_linkable_and_said_so(published, keyring, promise):
    keyring.retire("threat", "2026-01-01")
    keyring.destroy("threat", "2026-01-01")
    found = find(promise, published.lake, keyring, SUBJECT)
    assert rows(found, "threat_events") == {"2026-01-01": 0, "2026-04-01": 3}
    [gone] = [each for each in found.found if not each.linkable]
    assert str(gone) == "release threat_events, epoch 2026-01-01: no longer linkable (1 files)"
    assert found.counts()["unlinkable"] == 1


def test_an_epoch_that_the_keyring_has_never_heard_of_stops_the_search(published, promise, tmp_path):
    from jobs.keys.ring import Keyring

    other = Keyring(tmp_path / "other" / "keyring.json", f"file:{tmp_path / 'other' / 'kek'}")
    with pytest.raises(LostEpochError, match="threat_events"):
        find(promise, published.lake, other, SUBJECT)


def test_nothing_found_on_published_days_with_activity_is_amber(published, keyring, promise):
    stranger = (Name("person", identity("eve"), 0, None),)
    active = Subject(stranger, {"threat_events": frozenset({FIRST})}, 0, known=True)
    found = find(promise, published.lake, keyring, active)
    assert found.state == "amber"
    [reason] = found.amber
    assert reason.startswith("release threat_events, epoch 2026-01-01: the platform shows activity on 1 days")
    unpublished = Subject(stranger, {"threat_events": frozenset({date(2026, 2, 11)})}, 0, known=True)
    assert find(promise, published.lake, keyring, unpublished).state == "green"


def test_an_epoch_without_their_rows_is_amber_even_where_another_has_them(published, keyring, promise):
    keyring_days = {"threat_events": frozenset({FIRST, SECOND})}
    assert find(promise, published.lake, keyring, Subject(NAMES, keyring_days, 0, known=True)).state == "green"
    for path in (published.lake.published("threat_events") / f"day={FIRST}").glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.slice(3), path)
    found = find(promise, published.lake, keyring, Subject(NAMES, keyring_days, 0, known=True))
    assert found.state == "amber"
    assert "epoch 2026-01-01" in found.amber[0]


def test_somebody_whom_the_platform_has_no_more_or_shares_with_others_is_amber(lake, keyring, promise):
    assert find(promise, lake, keyring, Subject(NAMES, {}, 0, known=False)).state == "amber"
    assert find(promise, lake, keyring, Subject(NAMES, {}, 1, known=True)).state == "amber"


def test_what_nobody_wrote_a_line_for_is_searched_and_amber(lake, keyring, promise):
    (lake.private(lake.root / "cache") / "x.txt").write_text(ADA)
    found = find(promise, lake, keyring, SUBJECT)
    assert found.amber == (f"{UNKNOWN} has files; give it a line in policy/places.yaml",)
    assert Found(UNKNOWN, files=1) in found.found


def test_short_texts_are_looked_for_as_tokens_only(lake, keyring, promise):
    (lake.private(lake.answers) / "x.txt").write_text("countess jo")
    short = Subject((*NAMES, Name("email", "jo", 0, None)), {}, 0, known=True)
    assert find(promise, lake, keyring, short).counts()["files"] == 0


def test_nothing_of_a_person_is_in_what_is_printed_of_what_was_found(published, keyring, promise):
    said = repr(find(promise, published.lake, keyring, SUBJECT)) + repr(linked(promise, keyring, NAMES))
    assert not any(text in said for text in forms(keyring, promise).values())


def test_a_person_of_the_platform_is_found_in_what_was_made_of_them(published, keyring, promise):
    with connect() as platform:
        found = find(promise, published.lake, keyring, subject_of(promise, platform, ADA))
    assert rows(found, "threat_events") == {"2026-01-01": 2, "2026-04-01": 2}
    assert found.state == "green"


def test_many_people_are_found_in_one_pass_as_each_of_them_alone(published, keyring, promise):
    (published.lake.private(published.lake.answers) / "x.txt").write_text(f"{ADA} bob@example.org")
    bob = Subject(
        (Name("person", identity("bob"), 0, None), Name("email", "bob@example.org", 0, None)), {}, 0, known=True
    )
    nobody = Subject((Name("person", identity("eve"), 0, None),), {"threat_events": frozenset({FIRST})}, 0, known=True)
    people = [SUBJECT, bob, nobody]
    together = find_all(promise, published.lake, keyring, people)
    assert together == tuple(find(promise, published.lake, keyring, each) for each in people)
    assert [each.rows for each in together] == [7, 2, 0]
    assert [each.state for each in together] == ["green", "green", "amber"]
    assert [
        {f.place: f.files for f in each.found if f.files and not f.epoch}.get("zone answers") for each in together
    ] == [1, 1, None]
