"""Older copies of what is read back, put back: refused where the record knows better."""

from datetime import date

import pytest

from jobs.keys.errors import LostKeyError, OlderKeyringError
from jobs.keys.ring import Keyring
from jobs.lake.commits import OlderTableError, discard_torn, require_known
from jobs.lake.tables import open_table, replace_day

DAY, EPOCH = date(2026, 3, 12), "2026-01-01"
RELEASE = "feedback_topics"


@pytest.fixture
def ring(ledger):
    return Keyring.from_environment(ledger)


@pytest.fixture
def put_back(ring):
    """A keyring of before the key's end, in the place of the newest."""

    def older(*ends):
        ring.domain("threat", EPOCH)
        copy = ring.path.read_bytes()
        for end in ends:
            end(ring)
        ring.path.write_bytes(copy)

    return older


def retire(ring):
    ring.retire("threat", EPOCH)


def destroy(ring):
    ring.destroy("threat", EPOCH)


@pytest.mark.parametrize(("ends", "state"), [((retire,), "retired"), ((retire, destroy), "destroyed")])
@pytest.mark.parametrize("use", [lambda ring: ring.domain("threat", EPOCH), Keyring.verify, Keyring.settle])
def test_a_key_that_the_record_says_has_ended_is_not_used_again(put_back, ledger, ends, state, use):
    put_back(*ends)
    with pytest.raises(OlderKeyringError, match=f"older copy: .* is {state}, and there it isn't; restore"):
        use(Keyring.from_environment(ledger))


def test_without_a_newer_copy_the_key_is_destroyed_again(put_back, ledger):
    put_back(retire, destroy)
    ring = Keyring.from_environment(ledger)
    retire(ring)
    destroy(ring)
    ring.settle()


def test_a_keyring_of_before_a_key_was_opened_is_missed_by_whoever_verifies(ring, ledger):
    ring.domain("threat", EPOCH)
    copy = ring.path.read_bytes()
    ring.domain("threat", "2025-10-01")
    ring.path.write_bytes(copy)
    with pytest.raises(LostKeyError, match="2025-10-01"):
        Keyring.from_environment(ledger).verify()


@pytest.fixture
def table(lake, promise):
    return open_table(lake.shared(lake.published(RELEASE)), promise.release(RELEASE))


def committed(table, ledger, run, kind="published"):
    """A commit, and its record."""
    version = replace_day(table, DAY, {}, {"run": run, "verdict": run})
    if kind == "published":
        ledger.append(kind, release=RELEASE, day=DAY, run=run, version=version, rows=0, files=0, verdict_hash=run)
    else:
        ledger.append(kind, release=RELEASE, day=DAY, plan=run, version=version, rows=0, files=0, bytes_written=0)
    return version


def test_a_table_of_before_an_erasure_is_refused_by_every_writer(table, lake, ledger):
    committed(table, ledger, "one")
    newest = committed(table, ledger, "plan", "rows_erased")
    folder = lake.published(RELEASE)
    require_known(folder, ledger)
    (folder / "_delta_log" / f"{newest:020d}.json").unlink()
    for writer in (require_known, discard_torn):
        with pytest.raises(OlderTableError, match=f"version 1, and the ledger knows version {newest}"):
            writer(folder, ledger)


def test_a_table_that_is_begun_anew_in_the_place_of_one_that_was_moved_away_is_not_an_older_copy(
    table, lake, promise, ledger, tmp_path
):
    for run in ("one", "two", "three"):
        committed(table, ledger, run)
    folder = lake.published(RELEASE)
    folder.rename(tmp_path / "away")
    require_known(folder, ledger)
    anew = open_table(lake.shared(folder), promise.release(RELEASE))
    require_known(folder, ledger)
    replace_day(anew, DAY, {}, {"run": "four", "verdict": "four"})
    require_known(folder, ledger)
