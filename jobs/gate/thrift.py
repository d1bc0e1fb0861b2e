"""Thrift's compact protocol, as far as Parquet uses it: a structure becomes a dict of field numbers.

Read here because every library hands out the fields that it knows: what lies in the others, nobody sees.
See github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
DEEPEST, LONGEST = 16, 63

Fields = dict[int, Any]


class Reader:
    """Reads one value after another from ``data``, from byte ``at`` on.

    Raises, from each of its methods:
        IndexError, ValueError: the bytes aren't Thrift.
    """

    def __init__(self, data: bytes | memoryview | mmap.mmap, at: int = 0) -> None:
        self._data, self.at = data, at

    def struct(self, depth: int = 0) -> Fields:
        """The fields of a structure by their numbers."""
        fields: Fields = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            if number in fields:
                raise ValueError("a field is there twice")
            kind = head & 15
            fields[number] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind < DOUBLE:
            return self._zigzag()
        if kind in (DOUBLE, BINARY):
            return self._bytes(8 if kind == DOUBLE else self._varint())
        if kind in (LIST, SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError("no kind that Parquet uses")

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _bytes(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self._data):
            raise IndexError
        return bytes(self._data[self.at - size : self.at])

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) & 128:
            number |= (byte & 127) << shift
            shift += 7
            if shift > LONGEST:
                raise ValueError("no number of 64 bits")
        return number | byte << shift

    def _zigzag(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)


def leaves(node: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every value that is no structure and no list, with the field numbers that lead to it."""
    if isinstance(node, dict):
        for number, value in node.items():
            yield from leaves(value, (*path, number))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, path)
    else:
        yield path, node
