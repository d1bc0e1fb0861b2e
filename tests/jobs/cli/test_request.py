"""``jobs request``: every request by its reference, decisions with a reason in law; never who asked."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from demo.schema import SQLITE, statements
from jobs import cli
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.rights.requests.book import level, read_book
from jobs.rights.requests.request import on_record, record, reference_of

NOW = datetime(2026, 3, 13, 5, tzinfo=UTC)  # tests/conftest.py: clock
NAME = "Jane Roe"


def identity(number):
    return f"5f0c1f9e-0000-4000-8000-{number:012x}"


class Platform:
    """A platform of two people of one company, in SQLite."""

    def __init__(self, path):
        self.path = path
        self.run(*statements(SQLITE))
        for user in (1, 2):
            self.write("professional_users", user_id=identity(user), company_id=identity(9), email=f"u{user}@x.example")

    def run(self, *texts):
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for text in texts:
                connection.execute(text)

    def write(self, table, **row):
        names = ", ".join(f'"{name}"' for name in row)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])

    def ask(self, number, right="erasure", ago=10, verified=9, user=1, **more):
        """Write a request of so many days ago; its reference."""
        received, seen = (days and str((NOW - timedelta(days=days)).replace(tzinfo=None)) for days in (ago, verified))
        row = {"request_id": identity(number), "user_id": identity(user), "right": right}
        self.write("subject_requests", **row, received_at=received, identity_verified_at=seen, **more)
        return reference_of(identity(number), Keyring.from_environment(Ledger(Lake.from_environment().ledger)))

    def hold(self, subject=1, kind="user"):
        row = {"hold_id": identity(77), "subject_kind": kind, "subject_id": identity(subject)}
        self.write("legal_holds", **row, placed_on="2026-01-01")


@pytest.fixture
def world(lake, tmp_path, monkeypatch):
    """A platform that every step reads, and a keyring that is there."""
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / 'platform.db'}")
    return Platform(tmp_path / "platform.db")


@pytest.fixture
def run(capsys):
    """Run the command: exit code, what it printed, what it said on stderr."""

    def request(*words):
        code = cli.main(["request", *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return request


def test_the_list_names_references_rights_days_states_and_what_is_left(world, run):
    late, held = world.ask(10, ago=29), world.ask(11, "access", ago=21, user=2)
    world.hold()
    code, printed, _ = run("list")
    assert (code, printed.splitlines()) == (0, [
        "reference         right               received    due         state              days left  ground",
        f"{late}  erasure             2026-02-12  2026-03-12  identity_verified       late  legal_holds",
        f"{held}  access              2026-02-20  2026-03-20  identity_verified          7",
        "2 open, 1 late, 1 more within the days of an alert",
    ])  # fmt: skip


def test_what_is_over_is_in_the_list_unless_only_open_ones_are_asked_for(world, run):
    done, waiting = world.ask(10, closed_at="2026-03-10 10:00:00.000000", outcome="done"), world.ask(11, "access")
    assert done in run("list")[1]
    assert (done in run("list", "--open")[1], waiting in run("list", "--open")[1]) == (False, True)


def test_those_whose_turn_a_step_is_are_listed_for_the_next_command(world, run, ledger):
    due, later, other = world.ask(10, ago=20), world.ask(11, ago=10, user=2), world.ask(12, "access", user=2)
    assert run("waiting", "erasure", "find") == (0, f"{due}\n{later}\n", "")
    assert run("waiting", "access", "find")[1] == f"{other}\n"
    assert run("waiting", "erasure", "carry-out")[1].strip() == ""


def test_a_lifting_that_is_to_be_carried_out_is_listed_and_one_that_is_to_come_is_said(world, run, ledger, promise):
    ended, later = world.ask(10, "restriction"), world.ask(11, "restriction", user=2)
    anew = world.ask(12, "objection", user=2)
    for case in read_book(promise, Keyring.from_environment(ledger), ledger, NOW).cases:
        level(case, ledger)
        record(ledger, case.reference, case.request.right, "found", outcome="green")
        record(ledger, case.reference, case.request.right, "approved", by="officer")
        record(ledger, case.reference, case.request.right, "done", in_time=True)
    for number, day in ((10, "2026-03-08"), (11, "2026-03-30"), (12, "2026-01-30")):
        moment = f"{day} 10:00:00.000000"
        world.run(f"UPDATE subject_requests SET lifted_at = '{moment}' WHERE request_id = '{identity(number)}'")
    assert run("waiting", "restriction", "carry-out") == (0, f"{ended}\n", "")
    assert "its lifting is of 2026-03-30 10:00 UTC, which is to come" in run("show", later)[1]
    assert "to come" not in run("show", anew)[1], "asked for again after it was lifted"


def test_the_platforms_own_id_is_shown_on_a_terminal_only(world, run, monkeypatch):
    reference = world.ask(10)
    code, printed, said = run("row", reference)
    assert (code, printed) == (2, "")
    assert "on a terminal only" in said
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("row", reference)[1] == f"{identity(10)}\n"


def test_one_entry_is_not_named_for_several_requests(world, run):
    assert (
        "one after the other" in run("approve", world.ask(10), world.ask(11, "access"), "--by", "o", "--found", "3")[2]
    )


def test_looking_changes_nothing(world, run, ledger):
    reference = world.ask(10)
    run("list"), run("show", reference)
    assert on_record(ledger) == {}


def test_one_request_is_shown_with_what_comes_next_and_what_is_on_record(world, run):
    reference = world.ask(10, ago=25, detail=f'{{"message": "{NAME}"}}')
    world.hold()
    run("extend", reference, "--reason", "complexity", "--by", "officer")
    _, printed, _ = run("show", reference)
    assert printed.splitlines()[0] == f"{reference}: erasure, extended"
    assert re.search(r"^due +2026-05-18, 66 days left$", printed, re.MULTILINE)
    assert re.search(
        r"^find +all that is theirs .*; 1 legal hold stands over the person: .*17\(3\)\(e\)", printed, re.MULTILINE
    )
    assert re.search(
        r"^on record .* request_verified began 2026-02-16T05:00\+00:00 verified 2026-03-04T05:00", printed, re.MULTILINE
    )
    assert re.search(
        r"^on record .* request_extended by officer due 2026-05-18 reason complexity$", printed, re.MULTILINE
    )


def test_an_extension_is_on_record_with_its_reason_and_counts_from_receipt(world, run, ledger):
    reference = world.ask(10, ago=25)
    code, printed, _ = run("extend", reference, "--reason", "number", "--by", "officer")
    assert (code, printed) == (0, f"{reference}: extended by officer, to be answered by 2026-05-18\n")
    entry = ledger.last("request_extended")
    assert (entry["reference"], entry["reason"], entry["due"], entry["by"]) == (
        reference,
        "number",
        "2026-05-18",
        "officer",
    )
    assert "due on" not in run("show", reference)[1]


def test_an_extension_that_the_platform_has_gets_its_reason_even_later(world, run):
    reference = world.ask(10, ago=60, extended_until="2026-04-12")
    assert run("extend", reference, "--reason", "number", "--by", "officer")[0] == 0
    assert "no reason" not in run("show", reference)[1]


def test_a_refusal_is_on_record_with_its_ground_in_law(world, run, ledger):
    reference = world.ask(10, outcome="refused", closed_at="2026-03-10 10:00:00.000000")
    assert "no ground is on record" in run("show", reference)[1]
    code, printed, _ = run("refuse", reference, "--ground", "legal_obligation", "--by", "officer")
    assert (code, printed) == (0, f"{reference}: refused by officer, legal_obligation\n")
    entry = ledger.last("request_refused")
    assert (entry["ground"], entry["in_part"], entry["in_time"], entry["by"]) == (
        "legal_obligation",
        False,
        True,
        "officer",
    )
    assert run("show", reference)[1].splitlines()[-1].endswith("ground legal_obligation in_part False in_time True")


def test_what_is_not_understood_can_be_refused_and_what_is_not_verified_too(world, run, ledger):
    strange = world.ask(10, detail='{"only": "cookies"}')
    nobody = world.ask(11, "access", verified=None)
    assert run("refuse", strange, "--ground", "unfounded_or_excessive", "--by", "officer")[0] == 0
    assert run("refuse", nobody, "--ground", "identity_not_proved", "--by", "officer")[0] == 0
    assert {each.state for each in on_record(ledger).values()} == {"refused"}


@pytest.mark.parametrize(
    ("asked", "words", "error"),
    [
        ({}, ["extend", "--reason", "holidays"], "UnlistedReasonError"),
        ({"ago": 29}, ["extend", "--reason", "number"], "TooLateToExtendError"),
        ({"ago": None}, ["extend", "--reason", "number"], "TooLateToExtendError"),
        ({"verified": None}, ["extend", "--reason", "number"], "IllegalMoveError"),
        ({"closed_at": "2026-03-10 10:00:00.000000"}, ["extend", "--reason", "number"], "IllegalMoveError"),
        ({}, ["refuse", "--ground", "we would rather not"], "UnlistedReasonError"),
        ({}, ["refuse", "--ground", "compelling_grounds"], "UnlistedReasonError"),
        ({}, ["refuse", "--ground", "legal_holds"], "NoHoldStandsError"),
        ({"closed_at": "2026-03-10 10:00:00.000000"}, ["refuse", "--ground", "legal_obligation"], "IllegalMoveError"),
    ],
)
def test_a_decision_that_the_law_does_not_know_is_refused_in_one_line(world, run, ledger, asked, words, error):
    reference = world.ask(10, **asked)
    code, printed, said = run(words[0], reference, *words[1:], "--by", "officer")
    assert (code, printed, said.count("\n")) == (cli.REFUSED, "", 1)
    assert said.startswith(f"refused: request {reference}")
    assert ledger.last("refused")["error"] == error
    assert not [kind for kind in ("request_extended", "request_refused") if ledger.last(kind)]


@pytest.mark.parametrize("by", ["", "Jane Roe", "jane@x.example", "x" * 65])
def test_who_decides_is_a_plain_user_name(world, run, ledger, by):
    reference = world.ask(10)
    code, _, said = run("refuse", reference, "--ground", "legal_obligation", "--by", by)
    assert (code, "Jane" in said, "jane" in said) == (cli.REFUSED, False, False)
    assert ledger.last("refused")["error"] == "UnnamedDeciderError"


def test_what_is_extended_is_not_extended_again_and_what_is_refused_is_over(world, run, ledger):
    reference = world.ask(10)
    decide = ["extend", reference, "--reason", "number", "--by", "officer"]
    assert [run(*decide)[0], run(*decide)[0]] == [0, cli.REFUSED]
    assert ledger.last("refused")["error"] == "ExtendedBeforeError"
    refuse = ["refuse", reference, "--ground", "legal_obligation", "--by", "officer"]
    assert [run(*refuse)[0], run(*refuse)[0]] == [0, cli.REFUSED]
    assert ledger.last("refused")["error"] == "IllegalMoveError"


def test_a_standing_hold_is_a_ground_while_it_stands(world, run):
    reference = world.ask(10)
    world.hold(subject=9, kind="company")
    assert run("refuse", reference, "--ground", "legal_holds", "--by", "officer")[0] == 0


def test_what_has_no_such_reference_is_refused(world, run, lake):
    world.ask(10)
    code, _, said = run("show", "0" * 16)
    assert (code, said.startswith(f"refused: there is no request {'0' * 16}; ")) == (cli.REFUSED, True)
    with pytest.raises(SystemExit):
        run("show", identity(10))


def test_what_the_platform_has_no_more_is_still_in_the_list(world, run, ledger, promise):
    reference = world.ask(10)
    [case] = read_book(promise, Keyring.from_environment(), ledger, NOW).cases
    level(case, ledger)
    world.run("DELETE FROM subject_requests")
    assert re.search(
        rf"^{reference}  erasure .*identity_verified .*the platform has it no more", run("list")[1], re.MULTILINE
    )
    assert "find out who deleted it" in run("show", reference)[1]


def test_the_book_is_levelled_once_with_what_the_platform_says(world, ledger, promise):
    done = world.ask(10, ago=20, closed_at="2026-03-10 10:00:00.000000", outcome="done")
    first, later = world.ask(11, "access", ago=8), world.ask(12, "access", ago=4, verified=None)
    never, strange = (
        world.ask(13, "objection", verified=None),
        world.ask(14, "restriction", closed_at="2026-03-10 10:00:00.000000", outcome="settled"),
    )

    def levelled():
        book = read_book(promise, Keyring.from_environment(), ledger, NOW)
        return {case.reference: level(case, ledger) for case in book.cases}

    assert levelled() == {
        done: ("received", "identity_verified", "done"), first: ("received", "identity_verified"),
        later: ("received", "joined"), never: ("received",), strange: ("received", "identity_verified"),
    }  # fmt: skip
    assert set(levelled().values()) == {()}
    assert ledger.last("request_joined")["earlier"] == first
    assert ledger.last("request_received", reference=done)["received"] == "2026-02-21"
    assert ledger.last("request_done")["by"] == "platform"


def test_a_word_that_stops_a_night_waits_here_for_a_person(world, run):
    strange, other = world.ask(10, f"forget {NAME}"), world.ask(11, "access")
    _, printed, _ = run("list")
    assert f"{strange}  unknown " in printed
    assert other in printed
    assert "right: not understood" in run("show", strange)[1]


def test_nothing_that_is_printed_or_recorded_says_who_asked(world, run, ledger, lake):
    said = {"detail": f'{{"message": "{NAME}"}}', "outcome": f"told {NAME}"}
    references = [world.ask(10, **said), world.ask(11, f"forget {NAME}"), world.ask(12, "access", ago=29)]
    printed = run("list")
    for reference in references:
        printed += run("show", reference) + run("refuse", reference, "--ground", "unfounded_or_excessive", "--by", "o")
        printed += run("extend", reference, "--reason", "number", "--by", "o")
    content = "".join(map(str, printed)) + ledger.path.read_text()
    secret = [NAME, NAME.lower(), *(identity(number) for number in (1, 2, 10, 11, 12)), "u1@x.example"]
    assert [word for word in secret if word in content] == []
    assert references[0] in content


def test_a_request_that_becomes_found_and_done_is_seen_so(world, run, ledger, promise):
    reference = world.ask(10)
    [case] = read_book(promise, Keyring.from_environment(), ledger, NOW).cases
    level(case, ledger)
    for state, counts in (
        ("found", {"rows": 3}),
        ("approved", {"by": "officer"}),
        ("done", {"rows": 3, "in_time": True}),
    ):
        record(ledger, reference, "erasure", state, **counts)
        assert run("show", reference)[1].startswith(f"{reference}: erasure, {state}\n")


def test_why_a_request_is_refused_is_said_even_if_the_pages_cannot_be_written(world, run, monkeypatch):
    world.ask(10)
    monkeypatch.setattr("jobs.cli.request._tell_readers", lambda *_: (_ for _ in ()).throw(OSError(NAME)))
    code, printed, error = run("carry-out", "0" * 16)
    assert code != 0
    assert error.startswith(f"refused: there is no request {'0' * 16}")
    assert printed == "the pages beside the tables weren't all written: OSError\n"
