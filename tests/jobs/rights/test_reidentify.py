"""A token is turned back only for a listed reason, by two people, into one closed file that doesn't stay."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.keys.ring import Keyring
from jobs.rights import reidentify
from jobs.rights.reidentify import Question, ReidentificationRefusedError
from policy.errors import UnlistedColumnError

EPOCHS = ("2026-01-01", "2026-04-01")


@pytest.fixture
def person(platform):
    """Somebody of the demo platform: account id and address."""
    import sqlite3

    with sqlite3.connect(platform) as database:
        return database.execute("SELECT user_id, email FROM professional_users ORDER BY user_id LIMIT 1").fetchone()


@pytest.fixture
def asked(lake, promise):
    """A function that asks for a token as ana, and lets somebody decide."""

    def ask(token, request="r1", by="ben", decision="approve", reason="account_takeover"):
        question = Question(request, "ana", "threat_events", token, reason, "SEC-12")
        reidentify.request(promise, question, lake)
        if by:
            reidentify.decide(request, by, decision, lake)
        return question

    return ask


def token_of(identifier, value, epoch=EPOCHS[0]):
    return Keyring.from_environment().domain("threat", epoch, date(2026, 12, 1)).token(identifier, value)


def answer(question, promise, lake, later=timedelta()):
    return reidentify.answer(promise, question, lake, datetime.now(UTC) + later)


@pytest.mark.parametrize("epoch", EPOCHS)
def test_the_account_behind_a_token_of_any_living_epoch_is_found(person, asked, lake, promise, epoch):
    for known in EPOCHS:
        token_of("person", "x", known)
    question = asked(token_of("person", person[0], epoch))
    assert answer(question, promise, lake) == "found"
    [path] = lake.answers.glob("ana/*.json")
    assert json.loads(path.read_text())["found"]["email"] == person[1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("spelling", ["upper(user_id)", "'{' || user_id || '}'", "'urn:uuid:' || upper(user_id)"])
def test_an_account_is_found_however_the_platform_spells_its_id(platform, person, asked, lake, promise, spelling):
    import sqlite3

    token = token_of("person", person[0])
    with sqlite3.connect(platform) as database:
        database.execute(f"UPDATE professional_users SET user_id = {spelling}")
    assert answer(asked(token), promise, lake) == "found"
    [path] = lake.answers.glob("ana/*.json")
    assert json.loads(path.read_text())["found"]["user_id"] == person[0]


def test_a_table_that_drifted_is_refused_and_nobody_is_looked_up(platform, person, asked, lake, promise):
    import sqlite3

    question = asked(token_of("person", person[0]))
    with sqlite3.connect(platform) as database:
        database.execute("ALTER TABLE professional_users ADD COLUMN iban TEXT")
    with pytest.raises(UnlistedColumnError, match="iban"):
        answer(question, promise, lake)
    assert not list(lake.answers.glob("ana/*.json"))


def test_an_address_that_was_typed_leads_to_its_account(person, asked, lake, promise):
    assert answer(asked(token_of("email", person[1].lower())), promise, lake) == "found"


def test_nobody_is_an_answer_too(platform, asked, lake, promise):
    assert answer(asked(token_of("person", "00000000-0000-4000-8000-000000000000")), promise, lake) == "nobody"


def test_after_its_key_is_destroyed_a_token_leads_to_nobody(person, asked, lake, promise):
    token = token_of("person", person[0])
    ring = Keyring.from_environment()
    ring.retire("threat", EPOCHS[0])
    ring.destroy("threat", EPOCHS[0])
    assert answer(asked(token), promise, lake) == "nobody"


def test_the_ledger_knows_who_when_why_and_what_came_of_it_but_not_of_whom(person, asked, lake, ledger, promise):
    token = token_of("person", person[0])
    answer(asked(token), promise, lake)
    entries = {entry["kind"]: entry for entry in ledger.entries()}
    assert entries["reidentification_requested"]["requester"] == "ana"
    assert entries["reidentification_requested"]["reason"] == "account_takeover"
    assert entries["reidentification_decided"]["by"] == "ben"
    assert entries["reidentified"]["outcome"] == "found"
    record = ledger.path.read_text()
    assert token not in record
    assert person[0] not in record
    assert person[1] not in record


@pytest.mark.parametrize(("by", "decision", "why"), [(None, "", "isn't approved"), ("ben", "reject", "isn't approved")])
def test_without_a_second_persons_approval_nothing_is_looked_up(person, asked, lake, promise, by, decision, why):
    question = asked(token_of("person", person[0]), by=by, decision=decision)
    with pytest.raises(ReidentificationRefusedError, match=why):
        answer(question, promise, lake)
    assert not list(lake.answers.glob("*/*"))


def test_the_requester_cannot_approve(person, asked, promise, lake):
    with pytest.raises(ReidentificationRefusedError, match="second person"):
        asked(token_of("person", person[0]), by="ana")


def test_an_approval_is_of_one_token_and_of_one_day_and_is_used_once(person, asked, lake, promise):
    question = asked(token_of("person", person[0]))
    other = Question(**{**vars(question), "token": token_of("person", "someone else")})
    with pytest.raises(ReidentificationRefusedError, match="isn't the question"):
        answer(other, promise, lake)
    with pytest.raises(ReidentificationRefusedError, match="more than a day"):
        answer(question, promise, lake, timedelta(hours=25))
    answer(question, promise, lake)
    with pytest.raises(ReidentificationRefusedError, match="answered before"):
        answer(question, promise, lake)


def test_an_answer_is_on_record_before_it_exists_and_a_run_that_was_killed_between_is_finished(
    person, asked, lake, ledger, promise, monkeypatch
):
    question = asked(token_of("person", person[0]))
    with monkeypatch.context() as patch:
        patch.setattr(reidentify, "write_atomically", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            answer(question, promise, lake)
    assert ledger.last("reidentified")["outcome"] == "found"
    assert not list(lake.answers.glob("*/*.json"))
    assert answer(question, promise, lake) == "found"
    assert len(list(lake.answers.glob("*/*.json"))) == len(list(ledger.entries("reidentified"))) == 1


def test_an_answer_that_was_swept_is_not_given_again(person, asked, lake, promise):
    question = asked(token_of("person", person[0]))
    answer(question, promise, lake)
    reidentify.forget(lake, datetime.now(UTC) + timedelta(hours=24))
    with pytest.raises(ReidentificationRefusedError, match="answered before"):
        answer(question, promise, lake)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reason": "curiosity"}, "no such reason"),
        ({"ticket": "because"}, "ticket"),
        ({"requester": "../x"}, "plain name"),
        ({"token": "usr_short"}, "no such token"),
        ({"token": "ip4_cbdefghi"}, "no such token"),
        ({"release": "threat_signals"}, "ask by threat_events or activity_trail"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_without_its_token(lake, promise, changes, why):
    question = Question("r1", "ana", "threat_events", "usr_" + "c" * 32, "legal_order", "SEC-1")
    with pytest.raises(ReidentificationRefusedError, match=why) as caught:
        reidentify.request(promise, Question(**{**vars(question), **changes}), lake)
    assert question.token not in str(caught.value) + repr(question)


def test_anonymised_releases_have_no_tokens_to_ask_for(lake, promise):
    question = Question("r1", "ana", "feedback_topics", "usr_" + "c" * 32, "legal_order", "SEC-1")
    with pytest.raises(ReidentificationRefusedError, match="feedback_topics has no such token"):
        reidentify.request(promise, question, lake)


def test_answers_are_gone_within_a_day(person, asked, lake, ledger, promise):
    answer(asked(token_of("person", person[0])), promise, lake)
    assert reidentify.forget(lake, datetime.now(UTC) + timedelta(hours=22)) == 0
    assert reidentify.forget(lake, datetime.now(UTC) + timedelta(hours=24)) == 1
    assert not list(lake.answers.glob("*/*"))
    assert ledger.last("answer_forgotten")["request"] == "r1"


def test_a_sweep_that_was_killed_gives_no_answer_again_and_is_finished_by_the_next(
    person, asked, lake, ledger, promise, monkeypatch
):
    question, late = asked(token_of("person", person[0])), datetime.now(UTC) + timedelta(hours=24)
    answer(question, promise, lake)
    [path] = lake.answers.glob("ana/*.json")
    with monkeypatch.context() as patch:
        patch.setattr("jobs.lake.copies.flush", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            reidentify.forget(lake, late)
    with pytest.raises(ReidentificationRefusedError, match="answered before"):
        answer(question, promise, lake)
    half = path.with_name(f".{path.name}.4711")
    half.write_text("half an answer, of a run that was killed")
    os.utime(half, (0, 0))
    reidentify.forget(lake, late)
    assert not list(lake.answers.glob("*/*"))
    assert len(list(ledger.entries("answer_forgotten"))) == 1


def test_an_answer_is_on_record_as_forgotten_before_it_goes(person, asked, lake, ledger, promise, monkeypatch):
    question = asked(token_of("person", person[0]))
    answer(question, promise, lake)
    monkeypatch.setattr("jobs.lake.copies.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        reidentify.forget(lake, datetime.now(UTC) + timedelta(hours=24))
    assert ledger.last("answer_forgotten")["request"] == question.request
    assert list(lake.answers.glob("ana/*.json"))


def test_the_command_takes_the_token_on_its_input_and_prints_no_person(person, asked, lake, platform):
    token = token_of("person", person[0])
    words = ["--request", "r9", "--requester", "ana", "--release", "threat_events", "--reason", "legal_order"]
    said = ""
    for command in (["request", *words, "--ticket", "SEC-1"], ["decide", "--request", "r9", "--by", "ben", "--decision",
                    "approve"], ["answer", *words, "--ticket", "SEC-1"]):  # fmt: skip
        done = subprocess.run([sys.executable, "-m", "jobs", "reidentify", *command], input=token, env=os.environ,
                              capture_output=True, text=True, check=True)  # fmt: skip
        said += done.stdout + done.stderr
    assert "r9: the answer lies in" in said
    assert "found" not in said, "whether somebody was found is for the requester alone"
    assert token not in said
    assert person[1] not in said


@pytest.mark.parametrize("request_name", ["../../ledger/x", "a/b", ".hidden", ""])
def test_a_request_whose_answer_would_lie_elsewhere_is_refused(asked, lake, request_name):
    with pytest.raises(ReidentificationRefusedError, match="isn't a plain name") as caught:
        asked(token_of("person", "x"), request=request_name)
    assert not request_name or request_name not in str(caught.value) + repr(vars(caught.value))
    assert not list(lake.root.glob("answers/**"))
