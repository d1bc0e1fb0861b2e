"""Secrets in every open column of the platform, a real day published: none of them, no token and no path leaves as metadata."""

import json
import re
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from deltalake import DeltaTable

import console.catalogue
from console import browse, nights, promises, requests
from console.index import Index
from console.record import record
from console.render import TITLES, render
from jobs.catalogue import endpoint
from jobs.catalogue.endpoint import announce
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import validate_release
from policy.shapes import LETTERS, PREFIXES

DAY, RUN = date(2026, 3, 12), "2026-03-12-secrets"
OPEN = ("direct", "quasi", "free_text", "sensitive")
TOKEN = re.compile(f"(?:{'|'.join(PREFIXES.values())}|ip4|ip6)_[{LETTERS}]{{6,}}")


@pytest.fixture
def planted(platform, promise):
    """Every open text column of every table holds a secret of its own in some rows of the day."""
    secrets = {}
    with closing(sqlite3.connect(platform)) as connection, connection:
        for name, source in promise.readable.items():
            rows = f"\"{source.time}\" LIKE '{DAY}%'" if source.time else "1"
            for number, (column, rules) in enumerate(source.columns.items()):
                if rules.kind not in OPEN or rules.type not in ("text", "json") or rules.values or rules.required:
                    continue
                secret = (
                    f"198.51.100.{100 + number}" if rules.identifier == "address" else f"Zq{name[:4]}{number}xhidden"
                )
                cell = json.dumps({"title": secret, "new_permission": secret}) if rules.type == "json" else secret
                where = f'rowid IN (SELECT rowid FROM "{name}" WHERE {rows} ORDER BY rowid LIMIT 3)'
                connection.execute(f'UPDATE "{name}" SET "{column}" = ? WHERE {where}', (cell,))
                secrets[f"{name}.{column}"] = secret
    return secrets


def told(lake, *releases):
    """Everything that is said of these releases, by the file in which it is said: pages and logs, and no row."""
    for release in releases:
        folder = lake.published(release)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.relative_to(folder).parts[0].startswith("day="):
                yield str(path.relative_to(folder.parent)), path.read_bytes().decode("utf-8", "replace")


def shown(promise, lake, ledger):
    """Every page of the console on this lake, and the page that leads to those beside the tables."""
    moment, reads = datetime(2026, 3, 13, 5, tzinfo=UTC), tuple(TITLES)
    with record(Index(ledger.path, lake.root.parent / "index")) as known:
        pages = {
            "now": nights.page(promise, known, moment), "promises": promises.page(promise, known, moment),
            "requests": requests.page(known, DAY, only_open=False), "releases": console.catalogue.page(promise, lake.root),
            "ledger": browse.page(known, {}),
        }  # fmt: skip
        texts = {f"console {name}": render(name, model, reads=reads) for name, model in pages.items()}
        for name in promise.releases:
            one = console.catalogue.one(promise, known, lake.root, name)
            texts[f"console releases {name}"] = render("releases", one, reads=reads, up="../", template="release")
    return texts | {"_catalogue": (lake.catalogue / "index.html").read_text()}


def test_no_secret_no_token_and_no_path_leaves_as_metadata(
    spark, planted, platform, lake, ledger, promise, monkeypatch
):
    sent = []
    monkeypatch.setenv(endpoint.URL, "https://catalogue.example/api/v1/lineage")
    monkeypatch.setattr(endpoint.Endpoint, "send", lambda _, events: sent.extend(events))
    releases = ("activity_trail", "feedback_topics")
    extract_day(promise, DAY, lake, ledger)
    for release in releases:
        protect_release(promise, release, DAY, RUN, spark, lake)
        validate_release(promise, release, DAY, RUN, spark, lake)
        publish_release(promise, release, DAY, RUN, lake)
        announce(promise, promise.release(release), lake, ledger)
    rows = DeltaTable(lake.published("activity_trail")).to_pandas()
    tokens = {cell for column in rows for cell in rows[column] if isinstance(cell, str) and TOKEN.fullmatch(cell)}
    said = dict(told(lake, *releases)) | {"sent": json.dumps(sent)} | shown(promise, lake, ledger)
    assert len(planted) >= 30
    assert len(tokens) > 100
    assert {path.rpartition("/")[2] for path in said} >= {
        "datapackage.json", "datasheet.md", "release.json", "contract.yaml", "catalogue.jsonld", "lineage.jsonl",
        f"{1:020d}.json", "index.html", "questions.json", "console now", "console releases activity_trail",
    }  # fmt: skip
    hidden = [*planted.values(), *tokens, str(lake.root), str(platform), f"//{socket.gethostname()}"]
    assert {(path, secret) for path, text in said.items() for secret in hidden if secret in text} == set()
    assert [path for path, text in said.items() if TOKEN.search(text)] == []
    assert len(sent) == 4


def test_the_control_a_token_and_a_secret_in_a_page_would_be_seen():
    assert TOKEN.search(f'"example": "usr_{LETTERS * 2}"')
    assert TOKEN.search("of network ip4_cbdefg")
    assert not TOKEN.search("the first 6 letters after `ip4_` are the /24")
