"""Every field of a structure in Thrift's compact protocol is read, known to somebody or not; what is none is refused."""

import pytest

from jobs.gate.thrift import Reader, leaves


def test_a_structure_is_its_fields_by_number():
    data = bytes.fromhex("15021802686919250406114c1801780000")
    reader = Reader(data)
    assert reader.struct() == {1: 1, 2: b"hi", 3: [2, 3], 4: True, 8: {1: b"x"}}
    assert reader.at == len(data)


def test_a_field_far_away_has_its_number_written_out():
    assert Reader(bytes.fromhex("08a01f017800")).struct() == {2000: b"x"}


def test_leaves_are_every_value_with_the_way_to_it():
    assert list(leaves({1: 1, 3: [{2: b"x"}, {2: b"y"}]})) == [((1,), 1), ((3, 2), b"x"), ((3, 2), b"y")]


@pytest.mark.parametrize(
    "data",
    ["", "15", "18ff", "1802", "1d00", "15" + "ff" * 12 + "00", "1502" + "050202" + "00", "19" + "19" * 64],
    ids=["nothing", "no value", "a length without end", "cut off", "no kind", "a long number", "twice", "deep"],
)  # fmt: skip
def test_what_is_none_is_refused_and_never_read_for_ever(data):
    with pytest.raises((IndexError, ValueError)):
        Reader(bytes.fromhex(data)).struct()
