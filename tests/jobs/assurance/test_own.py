"""What the suite itself writes beside a table is passed over piece by piece; whatever else stands there is searched."""

import json
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.assurance.own import Own
from jobs.assurance.table import Table
from jobs.lake.tables import open_table, replace_day
from jobs.night.datasheet import write_about
from jobs.night.publish import mark_of
from jobs.signals.report import write_report

DAY, RUN, HASH = date(2026, 3, 12), "night-2026-11-24-2026-11-24", "0123456789ab" + "0" * 52
LEAK = "jane.roe@firm.example"


@pytest.fixture(params=["threat_signals", "threat_events", "service_statistics"])
def release(request):
    return request.param


@pytest.fixture
def published(lake, ledger, promise, release):
    """A function that publishes a day, as `publish` does, and gives the table that assurance looks at."""
    folder, contract = lake.shared(lake.published(release)), promise.release(release)

    def publish(version=1):
        path = Path(f"day={DAY}") / f"{mark_of(RUN, HASH)}part-00000.parquet"
        lake.shared((folder / path).parent)
        columns = pa.schema(open_table(folder, contract).schema())
        pq.write_table(pa.Table.from_pylist([{}], schema=columns.remove(columns.get_field_index("day"))), folder / path)
        said = {"run": RUN, "day": str(DAY)}
        replace_day(open_table(folder, contract), DAY, {path: 1}, {**said, "verdict": HASH})
        ledger.append("published", release=release, **said, version=version, rows=1, files=1, verdict_hash=HASH)
        write_about(promise, contract, lake, ledger)

    def seen():
        return Table(folder, contract, ledger.entries(release=release), Own(promise, contract, lake))

    publish()
    return folder, publish, seen


def words(texts):
    """What of these texts is no count, date or sign."""
    return [piece for text in texts for piece in re.split(r"[^\w@.]+", text) if not re.fullmatch(r"[\d.]*", piece)]


def test_nothing_of_the_log_and_of_the_pages_is_left_to_search(published):
    _, publish, seen = published
    publish(2)
    assert seen().logged() == []
    assert words(seen().prose()) == []
    assert seen().strangers == 0


def test_a_runs_name_is_its_own_where_the_ledger_knows_it_and_no_other_is(published, lake):
    folder, _, seen = published
    (folder / f"day={DAY}" / "06-12-34-56-78-part-00000.parquet").write_bytes(b"PAR1")
    mine, other = sorted(str(path) for path in seen().files)[::-1]
    assert seen().is_own(mine)
    assert not seen().is_own(other)


def test_the_name_of_a_rewritten_file_is_its_own_where_a_plan_of_the_ledger_made_it(published, ledger, release):
    _, _, seen = published
    name = f"day={DAY}/kept-0612345678ab-00000-1.parquet"
    assert not seen().is_own(name)
    plan = "0612345678ab" + "0" * 52
    ledger.append("rows_expired", plan=plan, day=DAY, release=release, version=1, rows=1, files=1, bytes_written=1)
    assert seen().is_own(name)


def in_a_line(text):
    return text.replace("\n", f"\nask {LEAK}\n", 1)


def in_a_cell(text):
    return text.replace(" | ", f" | {LEAK}, ", 1)


def in_a_list(text):
    return text.replace(", ", f", {LEAK}, ", 1)


@pytest.mark.parametrize("hide", [in_a_line, in_a_cell, in_a_list])
def test_what_somebody_writes_into_a_page_is_searched(published, hide):
    folder, _, seen = published
    page = folder / "_about" / "datasheet.md"
    page.write_text(hide(page.read_text()))
    assert any(LEAK in text for text in seen().prose())


def test_what_somebody_writes_into_the_data_package_or_the_log_is_searched(published):
    folder, _, seen = published
    page = folder / "datapackage.json"
    page.write_text(page.read_text().replace('"description"', f'"{LEAK}": 1, "description"', 1))
    assert any(LEAK in text for text in seen().prose())
    last = max((folder / "_delta_log").glob("0*.json"))
    last.write_text(last.read_text().rstrip() + "\n" + json.dumps({"commitInfo": {"schemaString": {LEAK: ""}}}) + "\n")
    assert LEAK in seen().logged()


def test_a_threat_report_is_passed_over_but_for_what_somebody_writes_into_it(lake, promise, ledger):
    folder, contract = lake.shared(lake.published("threat_signals")), promise.release("threat_signals")
    table = open_table(folder, contract)
    (folder / f"day={DAY}").mkdir()
    empty = Path(f"day={DAY}") / "part-00000.parquet"
    schema = table.to_pyarrow_dataset().schema
    pq.write_table(
        pa.Table.from_pylist([], pa.schema([field for field in schema if field.name != "day"])), folder / empty
    )
    replace_day(table, DAY, {empty: 0}, {})
    path, own = write_report(promise, DAY, lake), Own(promise, contract, lake)
    assert words([own.foreign(path)]) == []
    path.write_text(path.read_text().replace("<main>", f'<main title="{LEAK}">'))
    assert LEAK in own.foreign(path)
