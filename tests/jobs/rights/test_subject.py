"""Every identifier of a person is found on the platform, and none that is somebody else's, too."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from jobs.platform.database import connect
from jobs.rights.finding.subject import NoSubjectError, subject_of
from policy.errors import UnlistedColumnError
from tests.jobs.retention.world import identity

ADA, BOB = identity("ada"), identity("bob")
DAY = "2026-03-10 10:00:00.000000"


def subject(promise, user=ADA):
    with connect() as platform:
        return subject_of(promise, platform, user)


def names(promise, kind, user=ADA):
    return {name.value for name in subject(promise, user).names if name.identifier == kind}


def typed(neighbours, text, user=None, session=None):
    neighbours.write(
        "security_events", event_id=identity(f"{text}{user}{session}"), occurred_at=DAY, user_id=user,
        attempted_login=text, session_id=session, kind="login_failed",
    )  # fmt: skip


def acted(neighbours, user, session, day="2026-03-10"):
    neighbours.write(
        "activity", event_id=identity(f"{user}{session}{day}"), occurred_at=f"{day} 09:00:00.000000", user_id=user,
        company_id=identity("firm"), action="open_document", session_id=session,
    )  # fmt: skip


def test_an_account_is_found_under_its_id_and_its_address_in_any_spelling_of_the_id(neighbours, promise):
    for spelling in (ADA, ADA.upper(), "{" + ADA + "}", f"urn:uuid:{ADA}", ADA.replace("-", "")):
        neighbours.change("UPDATE professional_users SET user_id = ? WHERE email = 'ada@example.org'", spelling)
        assert names(promise, "person", f"{{{ADA.upper()}}}") == {ADA}
        assert names(promise, "email") == {"ada@example.org"}


def test_a_telephone_is_theirs_as_registered_and_as_it_is_typed(neighbours, promise):
    neighbours.change("UPDATE professional_users SET phone = '+33 6 98 76 54 32' WHERE user_id = ?", ADA)
    typed(neighbours, "06.98 76-54/32")
    typed(neighbours, "06.98 76-54/33")
    assert names(promise, "phone") >= {"+33 6 98 76 54 32", "+33698765432", "0698765432", "0033698765432"}
    assert names(promise, "email") == {"ada@example.org", "06.98 76-54/32"}


def test_what_was_typed_is_theirs_where_it_is_their_address_or_id_however_it_is_written(neighbours, promise):
    typed(neighbours, " ADA@Example.ORG")
    typed(neighbours, "mailto:ada@example.org")
    typed(neighbours, "{" + ADA.upper() + "}")
    typed(neighbours, "ada@example.com")
    assert names(promise, "email") == {
        "ada@example.org", " ADA@Example.ORG", "mailto:ada@example.org", "{" + ADA.upper() + "}"
    }  # fmt: skip


def test_a_login_that_the_platform_recognised_is_theirs_unless_it_is_somebody_elses(neighbours, promise):
    typed(neighbours, "countess", user=ADA)
    typed(neighbours, "both", user=ADA)
    typed(neighbours, "both", user=BOB)
    typed(neighbours, "BOB@example.org", user=ADA)
    assert names(promise, "email") == {"ada@example.org", "countess"}
    assert subject(promise).shared == 2


def test_a_login_that_somebody_else_writes_otherwise_is_not_theirs_alone(neighbours, promise):
    """Both have one token: by it the other's rows would go."""
    typed(neighbours, "countess", user=ADA)
    typed(neighbours, " COUNTESS", user=BOB)
    assert names(promise, "email") == {"ada@example.org"}


@pytest.mark.parametrize(
    ("hers", "his"),
    [
        ("strasse@x.example", "straße@x.example"),
        ("İbrahim@x.example", "İbrahim@x.example"),
        ("jo@x.example", "ｊｏ@x.example"),
        ("ada@x.example", "a\u00adda@x.example"),
    ],
)
def test_an_address_that_folds_to_another_accounts_is_nobodys_alone(neighbours, promise, hers, his):
    for user, email in ((ADA, hers), (BOB, his)):
        neighbours.change("UPDATE professional_users SET email = ? WHERE user_id = ?", email, user)
    assert names(promise, "email") == set()


def test_sessions_cookies_and_customers_are_theirs_where_nobody_else_has_them(neighbours, promise):
    acted(neighbours, ADA, "hers")
    acted(neighbours, ADA, "shared")
    acted(neighbours, BOB, " shared ")
    typed(neighbours, None, user=ADA, session="at the login")
    typed(neighbours, "x", session="hers")
    neighbours.write("cookies", cookie_id="crumb", user_id=ADA, kind="session")
    neighbours.write("cookies", cookie_id="bobs", user_id=BOB, kind="session")
    neighbours.write(
        "purchases", invoice_id=identity("i"), occurred_at=DAY, company_id=identity("firm"), user_id=ADA,
        stripe_customer_id="cus_1",
    )  # fmt: skip
    assert names(promise, "session") == {"hers", "at the login"}
    assert names(promise, "cookie") == {"crumb"}
    assert names(promise, "customer") == {"cus_1"}


def test_an_address_that_another_account_has_too_is_nobodys_alone(neighbours, promise):
    neighbours.change("UPDATE professional_users SET email = ' ADA@example.org' WHERE user_id = ?", BOB)
    assert names(promise, "email") == set()
    assert subject(promise).shared == 1


def test_a_support_agents_address_beside_a_person_isnt_theirs(neighbours, promise):
    neighbours.write(
        "contacts", contact_id=identity("c"), occurred_at=DAY, user_id=ADA, agent_email="agent@ignicloud.example"
    )
    assert names(promise, "email") == {"ada@example.org"}


def test_the_days_that_a_release_should_have_are_those_of_their_rows_without_those_that_a_wish_keeps_out(
    neighbours, promise
):
    acted(neighbours, ADA, "a", "2026-03-10")
    acted(neighbours, ADA, "b", "2026-03-11")
    assert subject(promise).expected == {
        "activity_trail": {date(2026, 3, 10), date(2026, 3, 11)}, "threat_events": frozenset()
    }  # fmt: skip
    neighbours.objection("ada", "2026-03-01")
    assert subject(promise).expected["activity_trail"] == frozenset()


def test_who_isnt_on_the_platform_any_more_is_known_by_the_id_alone(neighbours, promise):
    found = subject(promise, identity("eve"))
    assert not found.known
    assert [name.value for name in found.names] == [identity("eve")]


@pytest.mark.parametrize("user", ["", "ada", "252bbfa9-2a62-4d0a", ADA + "0"])
def test_a_request_of_nobody_is_refused(neighbours, promise, user):
    with pytest.raises(NoSubjectError):
        subject(promise, user)


def test_a_table_that_drifted_is_refused_before_anybody_is_looked_for(neighbours, promise):
    neighbours.change("ALTER TABLE cookies ADD COLUMN iban TEXT")
    with pytest.raises(UnlistedColumnError, match="iban"):
        subject(promise)


def test_nothing_of_a_person_is_in_what_is_printed_of_them(neighbours, promise):
    assert repr(subject(promise)) == "Subject(shared=0, known=True)"


def test_both_databases_know_the_same_of_a_person(
    platform, seeded_postgres, postgres, postgres_server, promise, monkeypatch
):
    with closing(sqlite3.connect(platform)) as database:
        [(user,)] = database.execute(
            "SELECT user_id FROM activity WHERE session_id <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{platform}")
    one = subject(promise, user)
    monkeypatch.setenv("PGDATABASE", seeded_postgres)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "postgresql:")
    assert subject(promise, user) == one
    assert {name.identifier for name in one.names} >= {"person", "email", "session"}
    assert sum(map(len, one.expected.values()))
