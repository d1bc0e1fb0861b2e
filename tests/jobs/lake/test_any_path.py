"""A lake may lie in any folder that has a legal name: where one can't, that is said before anything is read."""

import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from jobs.lake.root import UnusableLakeError, usable
from jobs.lake.tables import current_files, files_of, folder_of, forget_history, open_table, replace_day
from jobs.lake.zones import Lake

DAY = date(2026, 3, 12)
NAMES = [
    "my lake", "lac d'été", "100% ours", "a#b", "a+b", "q?x", "{k,l}", "a*b", "x:y", "a;b&c=d", "no\u00a0break", '"quoted"',
    "~home", "$HOME", "-rf", "日本", "e\u0301", "...", ".hidden", "a@b", "file:",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_written_read_and_cleared_in_any_folder(name, tmp_path, promise, monkeypatch):
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    lake = Lake(usable(tmp_path / name))
    root, path = lake.shared(lake.published("feedback_topics")), Path(f"day={DAY}") / "one-part-00000.parquet"
    table = open_table(root, promise.release("feedback_topics"))
    lake.shared((root / path).parent)
    row = {"statistic": ["topics"], "topic": ["login"], "row_count": [5], "contributors": [5]}
    pq.write_table(pa.table(row), root / path)
    replace_day(table, DAY, {path: 1}, {"run": "one"})
    forget_history(table)
    assert folder_of(table) == root
    assert files_of(table, DAY) == [path]
    assert [file.path for file in current_files(table)] == [str(path)]
    assert DeltaTable(root).to_pyarrow_table().num_rows == 1


@pytest.mark.parametrize("name", ["50%20off", "[lake]", "a\\b", "a|b", "a^b", "two\nlines", "%4a"])
def test_a_folder_that_no_table_opens_under_is_refused_by_name(name, tmp_path):
    with pytest.raises(UnusableLakeError, match="IGNICLOUD_LAKE"):
        usable(tmp_path / name)


@pytest.mark.parametrize("below", ["", "lake", "deep/er"])
def test_a_lake_that_is_a_file_or_lies_below_one_is_no_lake(below, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableLakeError, match="file"):
        usable(tmp_path / "file" / below)


def test_links_that_run_in_a_circle_are_no_lake(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    with pytest.raises(UnusableLakeError, match="can't be reached"):
        usable(tmp_path / "one" / "lake")


@pytest.fixture
def nobody(tmp_path):
    """This process without root's rights; whoever isn't root has none anyway."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield
    os.seteuid(me)


def test_a_lake_that_is_closed_to_this_user_is_said_to_be(tmp_path, request):
    (tmp_path / "lake").mkdir(mode=0o000)
    request.getfixturevalue("nobody")
    for root in (tmp_path / "lake", tmp_path / "lake" / "deep" / "er"):
        with pytest.raises(UnusableLakeError, match=r"can't be (read by this user|reached)"):
            usable(root)


def test_a_lake_that_isnt_there_yet_may_be_made(tmp_path):
    assert usable(tmp_path / "new" / "lake") == (tmp_path / "new" / "lake").resolve()
