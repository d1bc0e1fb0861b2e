"""A ledger that was shortened is found out by the head that the keyring sealed, and by the receipts."""

import json

import pytest

from jobs import cli
from jobs.keys.heads import Head, Verified, head_of, remember, verify
from jobs.keys.ring import Keyring
from jobs.lake.ledger import BrokenLedgerError, NoLedgerError


@pytest.fixture
def keyring(lake):
    return Keyring.from_environment()


@pytest.fixture
def written(ledger, keyring):
    """A ledger of three entries, sealed after the second."""
    for source in ("activity", "feedback"):
        ledger.append("cleaned", source=source, day="2026-03-12")
    remember(ledger, keyring)
    ledger.append("cleaned", source="contacts", day="2026-03-12")
    return ledger


def lines(ledger):
    return ledger.path.read_text().splitlines(keepends=True)


def test_what_is_whole_is_verified_up_to_its_sealed_head(written, keyring):
    assert verify(written, keyring) == Verified(3, 2)


DAMAGE = {
    "emptied": lambda text: "",
    "shortened": lambda text: text.splitlines(keepends=True)[0],
    "cut in the last line": lambda text: text[:-9],
    "cut before its last newline": lambda text: text[:-1],
    "a blank line at its end": lambda text: text + "\n",
    "null": lambda text: text + "null\n",
    "another tail": lambda text: text.splitlines(keepends=True)[0] + text.splitlines(keepends=True)[0],
    "no text": lambda text: text[:-1] + "\x00\x00\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_ledger_is_refused_in_one_line(written, damage, capsys):
    written.path.write_text(damage(written.path.read_text()))
    left = written.path.read_text()
    assert cli.main(["ledger", "verify"]) == cli.REFUSED
    said = capsys.readouterr().err
    assert said.startswith("refused: the ledger isn't whole: ")
    assert said.count("\n") == 1
    assert written.path.read_text() == left, "who verifies writes nothing"


def test_a_ledger_that_is_gone_is_refused_too(written, capsys):
    written.path.unlink()
    assert cli.main(["ledger", "verify"]) == cli.REFUSED
    assert "entry 2 was sealed, and it ends with entry 0" in capsys.readouterr().err


def test_a_whole_other_ledger_is_refused(written, keyring):
    written.path.unlink()
    for source in ("contacts", "purchases", "activity"):
        written.append("cleaned", source=source, day="2026-03-12")
    with pytest.raises(BrokenLedgerError, match="entry 2 is another one"):
        verify(written, keyring)


def test_nothing_is_sealed_on_top_of_a_shortened_ledger(written, keyring):
    written.path.write_text(lines(written)[0])
    with pytest.raises(BrokenLedgerError, match="entry 2 was sealed"):
        remember(written, keyring)
    with pytest.raises(BrokenLedgerError):
        verify(written, keyring)


@pytest.mark.parametrize(
    "head", ['{"seq": 1}', "", "[]", '{"seq": "x", "hash": "", "seal": ""}', '{"seq": 1, "hash": "0", "seal": "0"}']
)
def test_a_head_that_this_keyring_did_not_seal_is_none(written, keyring, head):
    keyring.path.with_name("ledger-head.json").write_text(head)
    with pytest.raises(BrokenLedgerError, match="isn't as this keyring sealed it"):
        verify(written, keyring)


def test_an_older_head_under_another_number_is_no_head(written, keyring):
    path = keyring.path.with_name("ledger-head.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "seq": 1}))
    with pytest.raises(BrokenLedgerError):
        verify(written, keyring)


def test_the_head_that_a_receipt_carries_must_be_there(written, keyring):
    assert verify(written, keyring, [head_of(written)]).entries == 3
    with pytest.raises(BrokenLedgerError, match="entry 7 was sealed"):
        verify(written, keyring, [Head(7, "0" * 64)])


def test_without_a_keyring_the_chain_is_recomputed_and_no_more_is_said(written, keyring, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "elsewhere" / "keyring.json"))
    assert cli.main(["ledger", "verify"]) == 0
    assert "3 entries, the chain holds, that nothing is missing at its end isn't proved" in capsys.readouterr().out
    assert not (tmp_path / "elsewhere").exists()


def test_no_ledger_is_no_green_ledger(ledger, keyring):
    with pytest.raises(NoLedgerError):
        verify(ledger, keyring)
    assert not ledger.path.parent.exists()


def test_a_broken_line_is_a_refusal_of_every_step_and_not_recorded(written, capsys, monkeypatch):
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "")
    written.path.write_text(lines(written)[0] + "broken\n")
    for step in (["plan", "--day", "2026-03-12"], ["night", "--day", "2026-03-12"], ["extract", "--day", "2026-03-12"]):
        assert cli.main(step) == cli.REFUSED
        said = capsys.readouterr().err
        assert "the ledger isn't whole" in said
        assert "Traceback" not in said


def test_a_line_that_a_crash_left_torn_stops_no_reader(written):
    with written.path.open("a") as file:
        file.write('{"seq": 4, "ki')
    assert [entry["seq"] for entry in written.entries()] == [1, 2, 3]
