"""The trial of the cluster can fail: its comparison sees one other token, its search sees what is there."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import tarfile
from datetime import date
from pathlib import Path

import polars
import pyarrow as pa
import pytest

from cluster.search import WITH_PLATFORM, BlindSearchError, Sought, _forms, _opened
from cluster.tables import compare

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 3, 12)
KEY = "0f" * 32
SOUGHT = Sought(
    {"kek": frozenset({KEY.encode(), bytes.fromhex(KEY)})},
    {"e-mail": frozenset({b"ana@example.org"}), "full name": frozenset({b"Ana Lopes"})},
)


BOTH = """
import sys
from cluster import trial
trial.STEPS = {name: lambda name=name: print("did", name) for name in ("up", "down")}
sys.argv = ["trial", *sys.argv[1:]]
sys.exit(trial.main())
"""


@pytest.mark.parametrize(("named", "done"), [((), ["did up", "did down"]), (("down",), ["did down"]), (("x",), [])])
def test_the_trial_does_the_steps_that_are_named_or_all(named, done):
    ran = subprocess.run([sys.executable, "-c", BOTH, *named], cwd=ROOT, capture_output=True, text=True, check=False)
    assert [line for line in ran.stdout.splitlines() if line.startswith("did")] == done


def lake(folder, *tokens):
    rows = {"token": list(tokens), "day": [DAY] * len(tokens)}
    polars.DataFrame(rows).write_delta(str(folder / "events"), delta_write_options={"partition_by": ["day"]})
    return folder


def test_equal_rows_in_another_order_are_equal(tmp_path, promise):
    rows, differing = compare(
        lake(tmp_path / "a", "usr_b", "usr_c"), lake(tmp_path / "b", "usr_c", "usr_b"), [DAY], promise
    )
    assert (rows, differing) == ({"events": 2}, [])


@pytest.mark.parametrize("others", [("usr_b", "usr_d"), ("usr_b",), ("usr_b", "usr_c", "usr_c")])
def test_one_other_token_or_row_is_a_difference(tmp_path, promise, others):
    _, differing = compare(lake(tmp_path / "a", "usr_b", "usr_c"), lake(tmp_path / "b", *others), [DAY], promise)
    assert differing == ["events"]


def test_a_release_that_only_one_side_has_is_a_difference(tmp_path, promise):
    lake(tmp_path / "a" / "published", "usr_b")
    (tmp_path / "b").mkdir()
    assert compare(tmp_path / "a" / "published", tmp_path / "b", [DAY], promise)[1] == ["events"]


def noisy(folder, estimate, statistic="accounts"):
    row = {
        "statistic": [statistic],
        "estimate": [estimate],
        "low": [estimate - 9],
        "high": [estimate + 9],
        "day": [DAY],
    }
    polars.DataFrame(row).write_delta(str(folder / "attack_statistics"))
    return folder


@pytest.mark.parametrize(("other", "differing"), [((12,), []), ((7, "events"), ["attack_statistics"])])
def test_numbers_with_noise_may_differ_and_their_cells_may_not(tmp_path, promise, other, differing):
    assert compare(noisy(tmp_path / "a", 7), noisy(tmp_path / "b", *other), [DAY], promise)[1] == differing


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"key=" + KEY.encode(), {"secret kek"}),
        (b"\x00" + bytes.fromhex(KEY), {"secret kek"}),
        (b'{"login": "ana@example.org"}', {"e-mail"}),
        (b"for Ana Lopes, yesterday", {"full name"}),
        (b"usr_cbdefg", set()),
    ],
)
def test_the_search_names_what_it_finds(content, found):
    assert SOUGHT.found_in("log of scheduler_1", content) == found


def test_the_platform_s_own_volume_may_hold_people_and_no_secret():
    assert SOUGHT.found_in(WITH_PLATFORM, b"ana@example.org " + KEY.encode()) == {"secret kek"}


@pytest.mark.parametrize("values", [frozenset(), frozenset({b"short"})])
def test_a_search_that_can_t_find_what_it_is_given_isn_t_believed(values):
    with pytest.raises(BlindSearchError, match="phone"):
        Sought(SOUGHT.secrets, {"phone": values}).prove()


def test_a_secret_is_sought_in_the_forms_that_programs_write_it_in(tmp_path):
    (tmp_path / "kek").write_text(KEY)
    (tmp_path / "airflow_pgpass").write_text("postgres:5432:airflow:airflow:s3cr3tpassword\n")
    forms = dict(_forms(tmp_path))
    assert {KEY.encode(), bytes.fromhex(KEY), base64.b64encode(bytes.fromhex(KEY)).rstrip(b"=")} <= forms["kek"]
    assert b"s3cr3tpassword" in forms["airflow_pgpass"]


def test_event_logs_are_opened(tmp_path):
    packed = pa.Codec("zstd").compress(b"Ana Lopes").to_pybytes()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("app-1.zstd")
        entry.size = len(packed)
        tar.addfile(entry, io.BytesIO(packed))
    assert b"".join(_opened(archive.getvalue())) == b"Ana Lopes"
