"""Cells become landing's: a UUID that came as its bytes, a text that no database should hold."""

from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.platform.strays import Strays
from jobs.platform.typed import typed
from policy.sources import Source
from tests.jobs.platform.test_values import NOW, TEXT
from tests.jobs.platform.test_values import UUID as COLUMN

SOURCE = Source.model_validate(
    {"owner": "o@ignicloud.example", "clause": "3.1", "rhythm": "snapshot", "columns": {"id": COLUMN}}
)


TEXTS = Source.model_validate(
    {"owner": "o@ignicloud.example", "clause": "3.1", "rhythm": "snapshot", "columns": {"word": TEXT}}
)


def spelled(cells: pa.Array) -> list[str | None]:
    strays = Strays("table", SOURCE)
    made = typed(pa.RecordBatch.from_arrays([cells], names=["id"]), SOURCE, NOW, strays)
    assert not strays.drifts()
    made.validate(full=True)
    return list(made.column(0).to_pylist())


@pytest.mark.parametrize("wrapped", [False, True])
@given(ids=st.lists(st.none() | st.uuids()), first=st.integers(0, 3))
def test_sixteen_bytes_become_the_id_s_canonical_spelling_and_nulls_stay_null(wrapped, ids, first):
    stored = pa.array([each and each.bytes for each in ids], pa.binary(16))
    cells = pa.ExtensionArray.from_storage(pa.uuid(), stored) if wrapped else stored
    assert spelled(cells[first:]) == [each and str(UUID(int=each.int)) for each in ids[first:]]


@given(words=st.lists(st.none() | st.sampled_from(["", "jane", "j\0e", "\0", "王"])), first=st.integers(0, 3))
def test_a_text_with_a_nul_is_unreadable_and_no_other_is(words, first):
    strays, cells = Strays("table", TEXTS), pa.array(words, pa.string())[first:]
    made = typed(pa.RecordBatch.from_arrays([cells], names=["word"]), TEXTS, NOW, strays)
    assert made.column(0).to_pylist() == [None if word and "\0" in word else word for word in words[first:]]
    assert bool(strays.drifts()) == any("\0" in (word or "") for word in words[first:])
