"""The memories of months without those who are erased; other people's are needed, so no file goes whole."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.memory import PERSON
from jobs.retention.apart import count, put, read_rows
from jobs.rights.erasure.erasing import ErasingLook


def forget_in_memories(at: ErasingLook) -> int:
    """Replace, in one step each, the memories in which somebody is who is erased; how many rows went."""
    gone, remembered = 0, pa.array(sorted(token.decode() for token in at.traces.remembered), pa.string())
    months = [contract for contract in at.promise.releases.values() if contract.profile is not None]
    for path in (path for contract in months for path in sorted(at.lake.memory(contract.release).glob("*.parquet"))):
        rows = read_rows(path)
        theirs = pc.is_in(rows.column(PERSON), value_set=remembered)
        if number := count(theirs):
            put(rows.filter(pc.invert(theirs)), path, at.lake, at.private)
            gone += number
    return gone
