"""Times as databases write them, and the moments that they mean.

Guarantee: no moment that comes out of here is before 1970, a beginning never lies ahead, an end lies in 2200
at the latest or is null. So no arithmetic with calendar months can leave the years that dates have.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

import pyarrow as pa
import pyarrow.compute as pc

from policy.values import CLOCKS_DIFFER, FIRST_MOMENT, LAST_END, TimeRole

MOMENT, DAY = pa.timestamp("us", "UTC"), pa.date32()
_OURS = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$"
_ANY = (
    r"^(?P<day>\d{4}-\d\d-\d\d)[ T](?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>0\d|1[0-4]):(?P<minutes>[0-5]\d))?$"
)
_INFINITE = {"infinity": "9999-12-31 00:00:00", "-infinity": "0001-01-01 00:00:00"}
"""PostgreSQL's words, which a copy of it in SQLite has too."""


def moments(texts: pa.Array) -> pa.Array:
    """The moments that these texts name, in UTC; null where a text is no moment, or null.

    Digits of a fraction beyond microseconds are cut off.
    """
    if all_like(texts, _OURS):
        try:
            return pc.assume_timezone(pc.cast(texts, pa.timestamp("us")), "UTC")
        except pa.ArrowInvalid:
            pass  # a day or an hour that doesn't exist: found below, cell by cell
    for word, moment in _INFINITE.items():
        texts = pc.if_else(pc.equal(texts, word), moment, texts)
    parts = pc.extract_regex(texts, _ANY)
    day, clock, fraction, sign, hours, minutes = (
        pc.struct_field(parts, name) for name in ("day", "clock", "fraction", "sign", "hours", "minutes")
    )
    micros = pc.utf8_rpad(pc.utf8_slice_codeunits(fraction, 0, 6), 6, "0")
    local = cast_each(pc.binary_join_element_wise(day, " ", clock, ".", micros, ""), pa.timestamp("us"))
    ahead = pc.add(pc.multiply(_number(hours), 60), _number(minutes))
    ahead = pc.if_else(pc.equal(sign, "-"), pc.negate(ahead), ahead)
    shift = pc.cast(pc.multiply(ahead, 60_000_000), pa.duration("us"))
    return pc.assume_timezone(pc.subtract(local, shift), "UTC")


def days(texts: pa.Array) -> pa.Array:
    """The dates that these texts name; null where a text is no date, or null."""
    for word, moment in _INFINITE.items():
        texts = pc.if_else(pc.equal(texts, word), moment[:10], texts)
    return cast_each(pc.if_else(pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\d$"), texts, None), DAY)


def possible(times: pa.Array, role: TimeRole, now: datetime) -> pa.Array:
    """Whether each time can have been, by the role of its column; null where it is null."""
    first, latest = _at(times.type, datetime.combine(FIRST_MOMENT, time(), UTC)), _at(times.type, now + CLOCKS_DIFFER)
    since = pc.greater_equal(times, first)
    return since if role == "end" else pc.and_(since, pc.less_equal(times, latest))


def bounded(times: pa.Array, role: TimeRole) -> pa.Array:
    """The times, an end that never comes as null."""
    if role == "begin":
        return times
    return pc.if_else(pc.less_equal(times, _at(times.type, datetime.combine(LAST_END, time.max, UTC))), times, None)


def _at(kind: pa.DataType, moment: datetime) -> pa.Scalar:
    return pa.scalar(moment.date() if pa.types.is_date(kind) else moment, kind)


def all_like(texts: pa.Array, pattern: str) -> bool:
    """Whether every text, nulls apart, has this form."""
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py() is not False)


def _number(digits: pa.Array) -> pa.Array:
    return pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64())


def cast_each(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """The texts in ``kind``, null where one is none (30 February): looked for cell by cell only when there is one."""
    try:
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:
        return pa.chunked_array([_cell(texts[at : at + 1], kind) for at in range(len(texts))]).combine_chunks()


def _cell(text: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:
        return pa.nulls(1, kind)
