"""What must be gone is searched for wherever it could still lie, and the receipt says what was seen."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.keys.field_keys import DomainKeys
from jobs.retention.errors import BrokenReceiptError, SpellingDiffersError, UnprovedError
from jobs.retention.receipt import require_sealed
from tests.jobs.retention.world import DAY, PAST, PEOPLE, TODAY, who


def test_a_receipt_says_what_was_seen_and_holds_under_its_seal(small):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    folder = small.lake.expiry(plan.hash)
    table = json.loads((folder / "receipt.json").read_text())["tables"][0]
    assert (table["rows_gone"], table["rows_left"], table["found"], table["rows"]) == (1, 0, 0, 1)
    assert table["tokens"] == 5, "two people with an id and an address each, and their company, in one epoch"
    assert "| threat_events | 1 | 0 |" in (folder / "receipt.md").read_text()
    require_sealed(small.lake, plan.hash, small.keyring)
    (folder / "receipt.json").write_text("{}")
    with pytest.raises(BrokenReceiptError):
        require_sealed(small.lake, plan.hash, small.keyring)


@pytest.mark.parametrize("place", ["a row", "an old file", "the log", "a statistic", "a note"])
def test_whatever_is_left_anywhere_in_the_folder_is_an_incident(small, place):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    root, token = small.lake.published("threat_events"), small.token("person", "ada", DAY)
    match place:
        case "a row":
            small.publish("threat_events", DAY, who("ada"))
        case "an old file":
            pq.write_table(
                pa.table({"note": [f"seen: {token}."]}), root / f"day={DAY}" / "old.parquet", compression="zstd"
            )
        case "the log":
            log = next((root / "_delta_log").glob("*.json"))
            remembered = json.dumps({"commitInfo": {"predicate": f"actor = '{token}'"}})
            log.write_text(f"{log.read_text().rstrip()}\n{remembered}\n")
        case "a statistic":
            rows = pa.table({"nested": [[{"a": [token]}]]})
            pq.write_table(rows, root / f"day={DAY}" / "nested.parquet", compression="gzip")
        case "a note":
            (root / "_about").mkdir()
            (root / "_about" / "datasheet.md").write_text(token)
    with pytest.raises(UnprovedError, match="threat_events"):
        small.prove(plan)
    assert small.ledger.last("incident")["release"] == "threat_events"
    assert token not in (small.lake.ledger / "ledger.jsonl").read_text()


@pytest.mark.parametrize("place", ["ledger/data_docs/threat_events/run.html", "expiry/old/receipt.md"])
def test_a_name_in_what_is_kept_for_ever_is_an_incident(small, place):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.expire(TODAY)
    receipt = json.loads((small.lake.expiry(plan.hash) / "receipt.json").read_text())
    assert receipt["kept_always"]["found"] == 0
    assert receipt["kept_always"]["files_searched"] == 2, "the ledger and the plan"
    page = small.lake.root / place
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"<p>{small.token('email', 'ada', DAY)}</p>")
    with pytest.raises(UnprovedError, match="what is kept always"):
        small.prove(plan)


def test_rows_that_a_hold_keeps_are_no_incident_even_beside_somebody_who_is_gone(small):
    small.hold("company", "last", "2025-01-01")
    small.publish("activity_trail", DAY, [{"person": "ada", "company": "last"}, {"person": "ada", "company": "runs"}])
    small.expire(TODAY)
    assert small.names("activity_trail", PEOPLE) == [(DAY, "ada")]
    assert replace(small.prove(small.plan(TODAY))[0], bytes_searched=0).held == 1


@pytest.mark.parametrize(
    ("day", "rows", "held"),
    [
        (DAY, [{"person": "ada"}], 1),
        (DAY, [{"person": "ada", "email": "ada"}, {"email": "ada"}], 2),
        (DAY, [{"person": "ada"}, {"person": "dan"}], 1),
        (DAY, [{"person": "cyd"}], 0),
        (DAY, [{"person": "dan", "email": "bob"}, {"person": "ada", "email": "bob"}], 1),
        (PAST, [{"person": "cyd"}, {"person": "dan"}, {"person": "ada"}], 2),
    ],
)
def test_a_receipt_counts_what_holds_keep_as_the_plan_did(small, day, rows, held):
    for name in ("ada", "cyd"):
        small.hold("user", name, "2025-01-01")
    small.publish("threat_events", day, rows)
    plan = small.expire(TODAY)
    table = json.loads((small.lake.expiry(plan.hash) / "receipt.json").read_text())["tables"][0]
    assert (table["held"], plan.table("threat_events").held_rows) == (held, held)


# -- the proof doesn't share the mistake of what it proves


def test_a_pass_that_makes_other_tokens_than_the_kernel_seals_nothing(small, monkeypatch):
    small.publish("threat_events", DAY, who("ada", "dan"))
    spelled = DomainKeys.tokens
    monkeypatch.setattr(DomainKeys, "tokens", lambda keys, kind, values: spelled(keys, kind, [f"{v} " for v in values]))
    plan = small.plan(TODAY)
    small.approve(plan)
    small.execute(plan)
    with pytest.raises(SpellingDiffersError, match="5 tokens"):
        small.prove(plan)
    assert small.ledger.last("expiry_proved") is None


@pytest.mark.parametrize(("kind", "accounts", "strange"), [("person", 20, 20), ("email", 20, 20), ("person", 19, 0)])
def test_a_pass_that_knows_nobody_in_the_tables_seals_nothing(small, monkeypatch, kind, accounts, strange):
    names = [f"user{number}" for number in range(accounts)]
    for name in names:
        small.account(name, "runs")
    small.publish("threat_events", DAY, [{"person": name, "email": name} for name in names])
    plan = small.expire(TODAY)
    made = DomainKeys.tokens
    monkeypatch.setattr(
        DomainKeys,
        "tokens",
        lambda keys, of, values: made(keys, of, [f"{v}x" for v in values] if of == kind else values),
    )
    if not strange:
        assert small.prove(plan)[0].unrecognised == 0
        return
    with pytest.raises(UnprovedError, match="threat_events"):
        small.prove(plan)
    assert small.ledger.last("incident")["count"] == strange
