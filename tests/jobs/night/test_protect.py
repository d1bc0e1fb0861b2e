"""From landing to staged: exactly the contract's columns, every source row accounted for, nothing seen by others."""

import math
import os
import pathlib
from datetime import date

import pytest

from jobs.keys.errors import LostKeyError
from jobs.keys.ring import Keyring
from jobs.lake.zones import LandingChangedError, NotExtractedError
from jobs.night.builders import protect
from jobs.night.extract import extract_day
from jobs.night.protect import NotDueError, protect_release
from policy.errors import ContractError

DAY = date(2026, 3, 12)
RUN = "2026-03-12-test"


@pytest.fixture
def landed(platform, lake, ledger, promise):
    """The demo platform's day in landing."""
    extract_day(promise, DAY, lake, ledger)
    return lake


def staged(spark, lake, release):
    return spark.read.parquet(str(lake.staged(release, RUN)))


def test_a_new_source_column_stops_the_run_without_showing_a_value(spark, promise):
    raw = spark.createDataFrame([("u1", "NL91ABNA0417164300")], "user_id string, iban string")
    with pytest.raises(ContractError, match="iban") as caught:
        protect(raw, promise.release("threat_events"), promise.taxonomies, keys=None)
    assert "NL91" not in str(caught.value)


def test_events_leave_under_exactly_the_contracted_columns_and_none_is_lost(spark, landed, promise, ledger):
    counts = protect_release(promise, "threat_events", DAY, RUN, spark, landed)
    frame = staged(spark, landed, "threat_events")
    assert {f.name: f.dataType.simpleString() for f in frame.schema} == promise.release("threat_events").output_schema
    assert counts.rows_in == landed.manifest("security_events", DAY).rows
    assert frame.count() == counts.rows_out == counts.rows_in - counts.excluded
    assert counts.excluded > 0
    assert ledger.last("protected", run=RUN)["excluded"] == counts.excluded
    assert ledger.last("key_opened", domain="threat")["epoch"] == "2026-01-01"


def test_the_same_day_gives_the_same_rows_and_another_keyring_gives_other_tokens(spark, landed, promise, ledger):
    def actors():
        protect_release(promise, "threat_events", DAY, RUN, spark, landed)
        return {row["actor"] for row in staged(spark, landed, "threat_events").select("actor").collect()} - {None}

    first = actors()
    assert actors() == first
    pathlib.Path(os.environ["IGNICLOUD_KEYRING"]).unlink()
    with pytest.raises(LostKeyError):
        actors()
    ledger.path.unlink()  # as on a first day
    assert not actors() & first


def test_an_aggregate_balances_source_rows(spark, landed, promise):
    counts = protect_release(promise, "feedback_topics", DAY, RUN, spark, landed)
    assert counts.rows_in == counts.represented + counts.suppressed + counts.excluded
    assert counts.rows_in == landed.manifest("feedback", DAY).rows
    assert counts.suppressed > 0


def test_an_aggregate_has_a_row_a_cell_whatever_happened_and_hidden_cells_have_no_numbers(spark, landed, promise):
    protect_release(promise, "service_statistics", DAY, RUN, spark, landed)
    rows = staged(spark, landed, "service_statistics").toPandas()
    due = [s for s in promise.release("service_statistics").statistics if s.is_due(DAY)]
    assert len(rows) == sum(math.prod(map(len, promise.release("service_statistics").words(s))) for s in due)
    hidden = rows[~rows["shown"]]
    assert len(hidden) > 0
    assert hidden[["row_count", "contributors", "amount_eur"]].isna().all().all()
    assert hidden["row_count_high"].notna().all()
    assert (rows[rows["shown"]]["row_count"] == 0).any()


def test_nobody_reads_what_an_aggregate_suppressed_or_left_out(spark, landed, promise, ledger, capsys):
    counts = protect_release(promise, "service_statistics", DAY, RUN, spark, landed)
    said = ledger.last("protected", run=RUN)
    assert (said["suppressed"], said["excluded"]) == (None, None)
    assert str(counts.suppressed) not in counts.said
    assert {loss["statistic"] for loss in said["losses"]} == {loss.statistic for loss in counts.losses}


def test_only_columns_that_repeat_are_written_with_a_dictionary(spark, landed, promise):
    import pyarrow.parquet as pq

    protect_release(promise, "activity_trail", DAY, RUN, spark, landed)
    group = pq.read_metadata(next(landed.staged("activity_trail", RUN).glob("*.parquet"))).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    plain = {column.path_in_schema for column in columns if not column.has_dictionary_page}
    assert plain == {"event_id", "object", "session_id"}


def test_staged_files_are_closed_and_carry_no_statistics(spark, landed, promise):
    import pyarrow.parquet as pq

    protect_release(promise, "threat_events", DAY, RUN, spark, landed)
    folder = landed.staged("threat_events", RUN)
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        if path.suffix == ".parquet":
            metadata = pq.read_metadata(path)
            column = metadata.schema.names.index("actor")
            assert not (metadata.num_row_groups and metadata.row_group(0).column(column).is_stats_set)


def test_a_release_that_is_not_due_is_refused_with_the_day_on_which_it_is(spark, lake, promise):
    with pytest.raises(NotDueError, match="usage_profile of 2026-03-12: of closed months; due on 2026-03-31"):
        protect_release(promise, "usage_profile", DAY, RUN, spark, lake)


def test_a_day_that_was_not_extracted_is_refused(spark, lake, promise):
    with pytest.raises(NotExtractedError, match=r"run `.*python -m jobs extract"):
        protect_release(promise, "threat_events", DAY, RUN, spark, lake)


def test_a_landing_file_that_changed_is_not_protected(spark, landed, promise):
    [path] = landed.landed_files("security_events", DAY)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(LandingChangedError):
        protect_release(promise, "threat_events", DAY, RUN, spark, landed)


def test_a_destroyed_epoch_makes_no_more_tokens(spark, landed, promise):
    ring = Keyring.from_environment()
    protect_release(promise, "threat_events", DAY, RUN, spark, landed)
    ring.retire("threat", "2026-01-01")
    ring.destroy("threat", "2026-01-01")
    from jobs.keys.errors import DestroyedEpochError

    with pytest.raises(DestroyedEpochError):
        protect_release(promise, "threat_events", DAY, RUN, spark, landed)
