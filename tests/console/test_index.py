"""The index of the ledger: thrown away, rebuilt, never believed before the ledger; nothing in a ledger breaks a page."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import browse, catalogue, nights, promises, requests
from console.index import Index
from console.record import Entry, record, shown
from console.render import TITLES, render
from jobs.lake.kinds import KINDS
from jobs.lake.ledger import Ledger
from tests.console.years import LAST as DAY
from tests.console.years import chained, night, written

NOW = datetime(2026, 3, 13, 5, tzinfo=UTC)
A = {"kind": "cleaned", "source": "activity", "day": "2026-03-12"}
B = {"kind": "published", "release": "threat_events", "day": "2026-03-12", "rows": 7}


def chain_of(path, folder):
    with record(Index(path, folder)) as known:
        return known.chain


def test_what_the_ledger_writes_the_index_finds_and_its_chain_holds(ledger, tmp_path):
    ledger.append("cleaned", source="activity", day="2026-03-12")
    ledger.append("published", release="threat_events", day="2026-03-12", rows=7)
    with record(Index(ledger.path, tmp_path / "index")) as known:
        assert (known.chain.lines, known.chain.broken) == (ledger.verify(), 0)
        assert known.last("published", about="threat_events", day="2026-03-12").number("rows") == 7


def test_only_what_is_new_is_indexed(ledger, tmp_path, monkeypatch):
    index = Index(ledger.path, tmp_path / "index")
    ledger.append("cleaned", source="activity", day="2026-03-12")
    with record(index):
        pass
    ledger.append("cleaned", source="contacts", day="2026-03-12")
    read = []
    monkeypatch.setattr("console.index.parsed", lambda line: (read.append(line), json.loads(line))[1])
    with record(index) as known:
        assert (known.chain.lines, known.chain.broken) == (2, 0)
    assert [json.loads(line)["source"] for line in read] == ["contacts"]


@pytest.mark.parametrize("change", ["a byte", "shorter", "others"])
def test_a_ledger_that_isnt_the_one_that_was_indexed_is_indexed_anew(tmp_path, change):
    path = written(tmp_path / "ledger", [A, B])
    assert chain_of(path, tmp_path / "index").holds
    text = path.read_bytes()
    new = {
        "a byte": text.replace(b'"rows":7', b'"rows":9'),
        "shorter": text.splitlines(keepends=True)[0],
        "others": chained([B, B, B]),
    }
    path.write_bytes(new[change])
    chain = chain_of(path, tmp_path / "index")
    assert (chain.lines, chain.broken) == {"a byte": (2, 2), "shorter": (1, 0), "others": (3, 0)}[change]


def test_a_line_that_was_changed_and_sealed_again_breaks_the_chain_at_the_next_one(tmp_path):
    path = written(tmp_path / "ledger", [A, B])
    other, second = chained([A | {"source": "contacts"}]), path.read_bytes().splitlines(keepends=True)[1]
    path.write_bytes(other + second)
    assert chain_of(path, tmp_path / "index").broken == 2


@pytest.mark.parametrize("damage", ["no database", "another format", "gone", "another schema"])
def test_an_index_that_cant_be_used_is_made_anew_and_nothing_is_lost(tmp_path, damage):
    path, folder = written(tmp_path / "ledger", [A, B]), tmp_path / "index"
    chain_of(path, folder)
    [file] = folder.glob("*.sqlite")
    if damage == "no database":
        file.write_bytes(b"no database" * 1_000)
    elif damage == "gone":
        file.unlink()
    else:
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA user_version = 99" if damage == "another format" else "DROP TABLE entries")
        database.close()
    with record(Index(path, folder)) as known:
        assert (known.chain.lines, known.chain.broken, known.count("published")) == (2, 0, 1)


def test_where_no_folder_is_ours_the_index_is_in_memory(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    path = written(tmp_path / "ledger", [A, B])
    assert chain_of(path, folder).lines == 2
    assert list(folder.iterdir()) == []


def test_a_last_line_without_its_end_is_no_entry_until_it_has_one(tmp_path):
    whole = chained([A, B])
    path, folder = written(tmp_path / "ledger", []), tmp_path / "index"
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        chain = chain_of(path, folder)
        assert (chain.lines, chain.holds, chain.torn) == (
            whole[:end].count(b"\n"),
            True,
            not whole[:end].endswith(b"\n") and end > 0,
        )


@pytest.mark.parametrize(
    "line",
    [
        b"no entry\n",
        b"[]\n",
        b'{"kind": 7}\n',
        b"\xff\xfe\n",
        b"\n",
        b'{"seq": 2, "kind": "judged"}\n',
        b"[" * 9_000 + b"\n",
    ],
)
def test_the_first_line_that_doesnt_fit_is_named_and_those_after_it_are_shown(tmp_path, line):
    first, second = chained([A, B]).splitlines(keepends=True)
    path = written(tmp_path / "ledger", [])
    path.write_bytes(first + line + second)
    with record(Index(path, tmp_path / "index")) as known:
        assert (known.chain.lines, known.chain.broken) == (3, 2)
        assert known.entry(3).kind == "published"
        assert "breaks at line 2" in render("ledger", browse.page(known, {}), reads=tuple(TITLES))


def pages(promise, known):
    """Every page of this record, as HTML."""
    models = {
        "now": nights.page(promise, known, NOW),
        "promises": promises.page(promise, known, NOW),
        "requests": requests.page(known, NOW.date(), only_open=False),
        "releases": catalogue.page(promise, Path("nowhere")),
        "ledger": browse.page(known, {}),
    }
    return {page: render(page, model, reads=tuple(TITLES)) for page, model in models.items()}


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-03-12", "threat_events", "red"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({field for fields in KINDS.values() for field in fields} | {"seq", "at", "hash"})


@given(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=9), max_size=4),
    st.sampled_from([*sorted(KINDS), "unheard_of"]),
)
def test_whatever_stands_in_an_entry_breaks_no_page(tmp_path_factory, promise, strange, kind):
    folder = tmp_path_factory.mktemp("strange")
    path = written(folder / "ledger", [])
    path.write_text("".join(json.dumps({"kind": kind, **fields}) + "\n" for fields in strange))
    with record(Index(path, folder / "index")) as known:
        assert set(pages(promise, known)) == set(TITLES)


HUGE = 10**400


@pytest.mark.parametrize(
    "entry",
    [
        B | {"at": "0001-01-01T00:00:00+14:00"},
        A | {"at": "9999-12-31T23:59:59-14:00"},
        B | {"kind": "protected", "rows_in": HUGE, "rows_out": HUGE},
        {"kind": "budget_reserved", "release": "attack_statistics", "day": "2026-03-12", "rho": HUGE},
        {"kind": "risk_measured", "release": "threat_events", "unicity": [{"share": HUGE, "points": 1}]},
        {"kind": "rows_expired", "release": "threat_events", "rows": 10**4299},
    ],
)
def test_a_day_or_a_number_that_nothing_can_be_reckoned_with_breaks_no_page(told, promise, entry):
    with told(B | {"day": "2026-03-11"}, *[entry] * 20) as known:
        assert set(pages(promise, known)) == set(TITLES)
        assert catalogue.one(promise, known, Path("nowhere"), "threat_events").changes


@pytest.mark.parametrize(
    "content", ["jo@firm.example", "<script>", "x" * 300, "eml\x00", {"a": "b@c"}, [["deep", ["er", {"x": {"y": {}}}]]]]
)
def test_what_the_ledger_doesnt_take_isnt_shown(content):
    said = Entry(1, {"kind": "refused", "error": content}).shown()["error"]
    assert "not shown" in said
    assert "@" not in said


def test_what_the_ledger_takes_is_shown():
    assert shown({"people": 3, "rate": 0.25, "in": ["a", "b"]}) == "people 3; rate 0.25; in a; b"


def test_of_a_ledger_that_isnt_there_every_page_says_that_there_is_nothing(tmp_path, promise):
    with record(Index(tmp_path / "ledger.jsonl", tmp_path / "index")) as known:
        assert "There is no entry" in pages(promise, known)["ledger"]


def test_a_night_of_the_ledger_that_pages_are_timed_with_is_one_that_the_ledger_would_take(ledger):
    for fields in night(DAY, frozenset({"threat_events"})):
        kind = fields["kind"]
        assert fields.keys() - {"kind", "at"} <= KINDS[kind]
        Ledger.append(ledger, kind, **{name: content for name, content in fields.items() if name in KINDS[kind]})
    assert ledger.verify() > 30
