"""The words of a table's log: every key and text of it, JSON inside texts too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

LOG = re.compile(r"_delta_log/(\d{20}\.(json|checkpoint\.parquet)|_last_checkpoint)")
"""What belongs to a log, relative to its table."""


def words_of(logs: Iterable[Path]) -> set[str]:
    """Every word that these files of a log hold, and the numbers of their smallest and largest values."""
    return {word for path in logs for entry in _entries(path) for word in _words(entry)}


def _entries(path: Path) -> Iterable[Any]:
    """A checkpoint's rows, or the lines of any other file; one that is no JSON is a word itself."""
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    return path.read_text("utf-8", "replace").splitlines()


def _words(node: Any, *, bounds: bool = False) -> Iterator[str]:
    """``bounds``: within the smallest and largest values of a file, where a number may be somebody's."""
    if isinstance(node, dict | Pairs):
        for key, value in node.items():
            yield from _words(key)
            yield from _words(value, bounds=bounds or key in ("minValues", "maxValues"))
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _words(value, bounds=bounds)
    elif isinstance(node, str) and node.startswith("{") and (inner := _parsed(node)) is not None:
        yield from _words(inner)
    elif isinstance(node, str) or (bounds and isinstance(node, int | float)):
        yield str(node)


class Pairs(list[tuple[str, Any]]):
    """A JSON object with all of its keys, those that are there twice too."""

    def items(self) -> Iterator[tuple[str, Any]]:
        """Key and value of each."""
        return iter(self)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=Pairs)
    except (ValueError, RecursionError):
        return None
