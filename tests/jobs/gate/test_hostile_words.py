"""Nobody stops a release by what they type, or by the name that they give themselves; the contracts' words are public."""

import re
import sqlite3
import uuid
from datetime import date
from pathlib import Path

import pytest
import yaml

import policy
from jobs.assurance.assure import assure
from jobs.gate.decisions import open_incidents
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import RedVerdictError, validate_release
from jobs.signals.report import write_report

DAY = date(2026, 3, 12)
RUN = "night-2026-11-24-2026-11-24"
"""A run's name as somebody gives it on the command line: its sixteen digits are a card's."""
OF_DELTA = (
    "schemaString",
    "partitionValues",
    "overwrite",
    "timestamp",
    "nullable",
    "delta-rs",
    "dataSkippingNumIndexedCols",
)


def public_words():
    """Every text of every policy file, whole and word by word, and what others write into every table."""

    def texts(node):
        if isinstance(node, dict):
            for pair in node.items():
                yield from texts(list(pair))
        elif isinstance(node, list):
            for each in node:
                yield from texts(each)
        else:
            yield str(node)

    root = Path(policy.__file__).parent
    files = [path for path in sorted(root.rglob("*")) if path.suffix in {".yaml", ".yml"}]
    documents = [document for path in files for document in yaml.safe_load_all(path.read_text("utf-8"))]
    whole = {text for document in documents for text in texts(document)}
    pieces = {piece for text in whole for piece in re.split(r"[^\w@.-]+", text) if piece}
    return sorted({*whole, *pieces, *OF_DELTA})


def strangers(database):
    """Somebody without an account types each word, by itself and as the name of an address."""
    named = {f"{re.sub(r'[^a-z0-9]', '', word.lower())[:60]}@stranger.example" for word in public_words()}
    type_in(database, [(word, None) for word in (*public_words(), *sorted(named))])


def accounts(database):
    """Every second word is somebody's login, too, and people call themselves, their streets and their companies so."""
    people = [row[0] for row in database.execute("SELECT user_id FROM professional_users ORDER BY user_id DESC")]
    companies = [row[0] for row in database.execute("SELECT company_id FROM companies ORDER BY company_id")]
    words = public_words()
    type_in(database, [(word, people[i % len(people)]) for i, word in enumerate(words[::2])])
    short = [word for word in words if len(word) < 40]
    for i, person in enumerate(people):
        self = [short[(4 * i + k) % len(short)] for k in range(4)]
        database.execute(
            "UPDATE professional_users SET first_name=?, family_name=?, address=?, phone=? WHERE user_id=?",
            (*self, person),
        )
    for i, company in enumerate(companies):
        database.execute("UPDATE companies SET name=? WHERE company_id=?", (short[-i - 1], company))
    first = min(people)  # whose leaks the gate would plant
    database.execute(
        "UPDATE professional_users SET first_name='----', family_name='?!?!', email='____________@--' WHERE user_id=?",
        (first,),
    )


def type_in(database, logins):
    rows = [
        (
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"{i} {person}")),
            f"{DAY} 09:{i // 60 % 60:02}:{i % 60:02}.000000",
            person,
            login,
        )
        for i, (login, person) in enumerate(logins)
    ]
    database.executemany(
        "INSERT INTO security_events (event_id, occurred_at, user_id, attempted_login, ip, kind, outcome) "
        "VALUES (?, ?, ?, ?, '203.0.113.7', 'login_failed', 'failure')",
        rows,
    )


@pytest.fixture(scope="module")
def night(spark, promise, seeded_platform, tmp_path_factory):
    """One whole night in which hostile words were written; which releases were red, and why."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "platform.db"
    path.write_bytes(seeded_platform.read_bytes())
    with sqlite3.connect(path) as database:
        strangers(database)
        accounts(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{path}")
        patch.setenv("IGNICLOUD_KEYRING", str(folder / "secrets" / "keyring.json"))
        patch.setenv("IGNICLOUD_KEK", f"file:{folder / 'secrets' / 'kek'}")
        lake = Lake(folder / "lake")
        extract_day(promise, DAY, lake, Ledger(lake.ledger))
        made = {name: made_of(promise, name, spark, lake) for name in releases(promise)}
        yield made, lake


def releases(promise):
    """Those that can be made, what they are made of first."""
    built = [name for name, contract in promise.releases.items() if contract.is_due(DAY)]
    return sorted(built, key=lambda name: promise.releases[name].findings is not None)


def made_of(promise, release, spark, lake):
    protect_release(promise, release, DAY, RUN, spark, lake)
    try:
        validate_release(promise, release, DAY, RUN, spark, lake)
    except RedVerdictError as red:
        return [(f.expectation, f.column, f.detail) for f in red.findings]
    publish_release(promise, release, DAY, RUN, lake)
    if promise.releases[release].findings is not None:
        write_report(promise, DAY, lake)
    return []


@pytest.mark.long
def test_no_word_of_the_contracts_makes_a_release_red_or_an_incident(night, spark, promise):
    made, lake = night
    assert made == {release: [] for release in releases(promise)}
    found = {
        each.release: [(f.expectation, f.column, f.detail) for f in each.findings]
        for each in assure(promise, DAY, spark, lake)
    }
    assert found == {release: [] for release in made}
    assert open_incidents(Ledger(lake.ledger)) == []
