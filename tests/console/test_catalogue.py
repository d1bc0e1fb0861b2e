"""The releases' pages: what a release says of itself, the same beside its table and in the console."""

import json
import re
from datetime import date
from html import unescape

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import catalogue
from console.render import TITLES, render, render_alone
from jobs.catalogue.answers import answered
from jobs.catalogue.describe import describe
from jobs.catalogue.html import release_page, write_index
from jobs.catalogue.model import as_json
from policy.base import read_yaml
from policy.errors import InvalidPolicyFileError
from policy.questions import FILE, Question, questions

DAY = "2026-03-12"
TYPES = {"string": pa.string(), "bigint": pa.int64(), "timestamp": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_(),
         "date": pa.date32(), "decimal(18,2)": pa.decimal128(18, 2), "map<string,string>": pa.map_(pa.string(), pa.string()),
         "array<string>": pa.list_(pa.string())}  # fmt: skip


@pytest.fixture
def told(promise, lake, ledger):
    """A function: what a release says of itself, with one day of seven rows."""

    def of(name):
        said = as_json(describe(promise, promise.releases[name], lake, ledger))
        day = {
            "day": DAY,
            "rows": 7,
            "version": 1,
            "published_at": f"{DAY}T02:00",
            "rows_in": 9,
            "excluded": 1,
            "suppressed": 1,
        }
        said |= {"days": [day], "leaves": "2027-04-12", "version": 1}
        folder = lake.shared(lake.about(name))
        (folder / "release.json").write_text(json.dumps(said))
        return said

    return of


def html_of(promise, known, lake, name):
    return render(
        "releases", catalogue.one(promise, known, lake.root, name), reads=tuple(TITLES), up="../", template="release"
    )


@pytest.mark.parametrize(
    "name", ["threat_events", "service_statistics", "usage_profile", "attack_statistics", "threat_signals"]
)
def test_the_page_says_whose_it_is_for_what_until_when_and_what_each_column_means(promise, lake, told, name, tmp_path):
    from console.index import Index
    from console.record import record

    said = told(name)
    with record(Index(lake.ledger / "ledger.jsonl", tmp_path / "index")) as known:
        html = html_of(promise, known, lake, name)
    contract, text = promise.releases[name], " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    for word in (contract.owner, promise.register.purposes[contract.purpose].words, "2027-04-12", "7 rows of 1 days"):
        assert word in text
    assert all(column["meaning"].split("`")[0].strip() in text for column in said["columns"])
    assert all(f">{tool}</h3>" in html for tool in ("pandas", "Polars", "DuckDB"))


def test_what_was_never_published_is_promised_and_shown_as_such(promise, lake, tmp_path):
    from console.index import Index
    from console.record import record

    with record(Index(lake.ledger / "ledger.jsonl", tmp_path / "index")) as known:
        assert "Nothing of it is published yet" in html_of(promise, known, lake, "threat_events")
        assert catalogue.one(promise, known, lake.root, "partner_threat_events") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": 99}', '{"model": 1, "name": "another"}'])
def test_a_page_of_another_form_is_as_if_there_were_none(promise, lake, text):
    (lake.shared(lake.about("threat_events")) / "release.json").write_text(text)
    assert {card.contract.release: card.told for card in catalogue.page(promise, lake.root)}["threat_events"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"days": 7}, {"days": [1]}, {"days": [{"day": DAY, "rows": "7", "published_at": None}]}, {"columns": [{}]},
        {"measured": None}, {"verdict": {}}, {"reads": [{}]}, {"parts": ["p"]}, {"leaves": 7},
    ],
)  # fmt: skip
def test_a_page_that_lacks_what_is_drawn_takes_no_other_release_away(promise, lake, told, tmp_path, change):
    """A damaged file would make every publication red: each writes the list of all."""
    from console.index import Index
    from console.record import record

    (lake.about("threat_events") / "release.json").write_text(json.dumps(told("threat_events") | change))
    told("usage_profile")
    write_index(promise, lake)
    assert "7 rows of 1 days" in (lake.catalogue / "index.html").read_text()
    with record(Index(lake.ledger / "ledger.jsonl", tmp_path / "index")) as known:
        assert "Nothing of it is published yet" in html_of(promise, known, lake, "threat_events")


@pytest.mark.parametrize("text", ["[" * 200_000, '{"day": 7}', '{"day": "d", "q": {"columns": 7}}'])
def test_answers_in_another_form_are_as_if_there_were_none(promise, lake, told, tmp_path, text):
    from console.index import Index
    from console.record import record

    told("usage_profile")
    (lake.about("usage_profile") / "questions.json").write_text(text)
    with record(Index(lake.ledger / "ledger.jsonl", tmp_path / "index")) as known:
        assert catalogue.one(promise, known, lake.root, "usage_profile").answers is None


def test_whatever_the_suite_says_of_a_release_has_the_form_that_pages_draw(promise, lake, ledger):
    for contract in promise.releases.values():
        assert catalogue.has_form(as_json(describe(promise, contract, lake, ledger)), catalogue.FORM), contract.release


def test_answers_about_peoples_rows_stand_beside_the_table_alone(promise, lake, told, tmp_path):
    """An exact number of threat_events could be subtracted from attack_statistics, whose readers are others."""
    from console.index import Index
    from console.record import record

    for name in ("threat_events", "usage_profile"):
        told(name)
        asked = questions(promise)[name].worked[0]
        answer = {"day": DAY, asked.asks: {"columns": list(asked.columns), "rows": [["word", 4711]]}}
        (lake.about(name) / "questions.json").write_text(json.dumps(answer))
    with record(Index(lake.ledger / "ledger.jsonl", tmp_path / "index")) as known:
        assert "4,711" not in html_of(promise, known, lake, "threat_events")
        assert "4,711" in html_of(promise, known, lake, "usage_profile")


def test_the_page_beside_a_table_opens_without_a_server_and_holds_the_answers(promise, lake, ledger):
    contract, asked = promise.releases["threat_events"], questions(promise)["threat_events"]
    said = describe(promise, contract, lake, ledger)
    page = render_alone("release", catalogue.alone(as_json(said) | {"days": [{"day": DAY, "rows": 7, "published_at": None}]}, contract, asked, {
        "day": DAY, asked.worked[0].asks: {"columns": ["kind", "outcome", "n"], "rows": [["login_ok", None, 4711]]}}))  # fmt: skip
    assert "4,711" in page
    assert "<script" not in page
    assert set(re.findall(r'(?:href|src)="([^"#]+)', page)) == {"../../_catalogue/index.html"}
    assert "default-src 'none'" in page
    assert "4,711" not in release_page(said, contract, asked, {})


def test_the_catalogue_leads_to_every_release_by_paths_that_hold_wherever_the_lake_is(promise, lake, told):
    told("threat_events")
    write_index(promise, lake)
    page = (lake.catalogue / "index.html").read_text()
    assert set(re.findall(r'href="([^"#]+)', page)) == {f"../{name}/_about/index.html" for name in promise.releases}
    assert str(lake.root) not in page


def table_of(contract, rows=()):
    fields = [pa.field(name, TYPES[kind]) for name, kind in contract.output_schema.items()] + [
        pa.field("day", pa.date32())
    ]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


WORDS = st.fixed_dictionaries({
    "kind": st.sampled_from(["login_ok", "login_failed", None]), "outcome": st.sampled_from(["success", "failure", None]),
    "actor": st.sampled_from(["usr_a", "usr_b", None]), "browser": st.sampled_from(["Chrome", "curl", None]),
})  # fmt: skip


@given(st.lists(WORDS, max_size=9))
def test_an_answer_is_what_its_sql_gives(promise, cells):
    contract = promise.releases["threat_events"]
    rows = table_of(contract, [{**each, "day": date(2026, 3, 12)} for each in cells])
    database = duckdb.connect()
    database.register(contract.release, rows)
    for question in questions(promise)[contract.release].worked:
        wanted = database.sql(question.sql(contract, DAY)).fetchall()
        assert answered(rows, contract, question) == [list(line) for line in wanted]


def test_every_pitfall_runs_both_ways_on_its_table(promise):
    for name, asked in questions(promise).items():
        database = duckdb.connect()
        database.register(name, table_of(promise.releases[name]))
        for pitfall in asked.pitfalls:
            assert database.sql(pitfall.wrong).fetchall() is not None, name
            assert database.sql(pitfall.right).fetchall() is not None, name
        for question in asked.worked:
            assert database.sql(question.sql(promise.releases[name], DAY)).fetchall() == [], name


def test_every_release_has_a_worked_question_and_a_pitfall(promise):
    asked = questions(promise)
    assert {name for name, each in asked.items() if each.worked and each.pitfalls} == promise.releases.keys()


@pytest.mark.parametrize(
    ("release", "question", "said"),
    [
        ("threat_events", {"counts": "rows", "by": ["actor"]}, "actor has no closed vocabulary"),
        ("threat_events", {"counts": "browser", "by": ["kind"]}, "browser is no column of tokens"),
        ("threat_events", {"shows": ["kind", "actor"]}, "rows of a pseudonymised release aren't shown"),
        ("threat_events", {"counts": "rows", "by": ["kind"], "where": {"kind": "x' OR 1"}}, "kind has no word"),
        ("service_statistics", {"shows": ["module", "action"]}, "no number to order by"),
        ("no_such", {"counts": "rows", "by": ["kind"]}, "no such release"),
    ],
)
def test_a_question_whose_answer_could_hold_a_token_is_refused(promise, tmp_path, release, question, said):
    listed = {release: {"worked": [{"asks": "q", **question}]}}
    (tmp_path / FILE).write_text(json.dumps(listed))
    with pytest.raises(InvalidPolicyFileError, match=re.escape(said)):
        questions(promise, tmp_path)
    assert read_yaml(tmp_path, FILE) == listed
    assert Question(asks="q", counts="rows", by=("kind",)).columns == ("kind", "n")
