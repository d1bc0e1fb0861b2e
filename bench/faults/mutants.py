"""Faults planted in our own code: what the campaign must find, or it would find nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from jobs.keys import ring
from jobs.lake import files, ledger, tables
from jobs.lake import zones as zones_of
from jobs.night import publish


def _unflushed_commit(_: Path) -> None:
    """For `jobs.lake.tables.make_durable`."""


def _unflushed_bytes(file: BinaryIO, path: Path) -> None:
    """For `jobs.lake.files._put`."""
    file.flush()
    files._fresh(path).replace(path)
    files.flush(path.parent)


def _unflushed_name(file: BinaryIO, path: Path) -> None:
    """For `jobs.lake.files._put`."""
    file.flush()
    os.fsync(file.fileno())
    files._fresh(path).replace(path)


def _named_before_written(path: Path, text: str, mode: int = 0o640) -> None:
    """For `jobs.lake.files.write_atomically`: the name first, the bytes after it."""
    fresh = files._fresh(path)
    fresh.touch(mode)
    fresh.replace(path)
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    files.flush(path.parent)


def _unflushed_line(file: Any, line: bytes) -> None:
    """For `jobs.lake.ledger._add`."""
    file.seek(0, os.SEEK_END)
    file.write(line)


_commit = publish._commit


def _line_before_commit(contract: Any, day: Any, run: str, verdict: Any, lake: Any) -> Any:
    """For `jobs.night.publish._commit`: the record first, and not again."""
    said = {"release": contract.release, "day": day, "run": run, "verdict_hash": verdict.verdict_hash}
    count = {"version": 99, "rows": verdict.rows, "files": len(verdict.files)}
    ledger.Ledger(lake.ledger).append("published", **said, **count)
    made = _commit(contract, day, run, verdict, lake)
    publish.Ledger.append = _but_that(ledger.Ledger.append)  # type: ignore[method-assign]
    return made


def _but_that(append: Callable[..., Any]) -> Callable[..., Any]:
    def told(self: Any, kind: str, **fields: Any) -> Any:
        return None if kind == "published" else append(self, kind, **fields)

    return told


def _removed_before_replaced(self: Any, day: Any, manifests: Any) -> None:
    """For `jobs.lake.zones.Lake.land`: the old files go, then comes the manifest."""
    kept = list(manifests)
    named = {self.landing(each.source, day) / file.name for each in kept for file in each.files}
    for path in {*self.root.glob(f"landing/*/day={day}/*")} - {*named, self._of_day(day)}:
        path.unlink()
    _land(self, day, kept)


_land = zones_of.Lake.land

MUTANTS: dict[str, tuple[object, str, object, str, str]] = {
    "a commit that nothing flushes": (tables, "make_durable", _unflushed_commit, "publish.again", "cut: bytes"),
    "a file's bytes that nothing flushes": (files, "_put", _unflushed_bytes, "keys.open", "cut: bytes"),
    "a file's name that nothing flushes": (files, "_put", _unflushed_name, "reidentify.answer", "cut: names"),
    "a rename before the write": (ring, "write_atomically", _named_before_written, "keys.open", "call"),
    "a line of the ledger that nothing flushes": (ledger, "_add", _unflushed_line, "keys.rotate", "cut: bytes"),
    "a line of the ledger before the commit": (publish, "_commit", _line_before_commit, "publish.again", "call"),
    "old files gone before the new manifest": (
        zones_of.Lake,
        "land",
        _removed_before_replaced,
        "extract.again",
        "call",
    ),
}
"""Name → what is replaced by what; the case that finds it, and how."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    """With this fault in our code."""
    of, attribute, mutant, _, _ = MUTANTS[name]
    sound = getattr(of, attribute)
    setattr(of, attribute, mutant)
    try:
        yield
    finally:
        setattr(of, attribute, sound)
