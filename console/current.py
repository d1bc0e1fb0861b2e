"""The promise as its files are now, read once for as long as none of them changes."""

from __future__ import annotations

import threading
from pathlib import Path

import policy
from policy.base import ROOT
from policy.coverage import Coverage, declared
from policy.promise import Promise
from policy.questions import Questions, questions

_LOCK = threading.Lock()
_ASKED: list[tuple[Promise, dict[str, Questions]]] = []
_COVERED: list[tuple[Promise, tuple[Coverage, ...]]] = []
_READ: dict[str, tuple[tuple[tuple[str, int], ...], Promise]] = {}


def promise(root: Path = ROOT) -> Promise:
    """The promise; every page asks for it.

    Raises:
        PolicyError: a file is broken; nothing is shown on top of it.
    """
    files = tuple(
        (str(path), path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.suffix in (".yaml", ".yml", ".json", ".csv")
    )
    with _LOCK:
        known = _READ.get(str(root))
        if known is None or known[0] != files:
            known = (files, policy.load(root))
            _READ[str(root)] = known
        return known[1]


def asked(of: Promise) -> dict[str, Questions]:
    """The worked questions of a promise, read once for as long as it is the one that is asked for.

    Raises:
        PolicyError: the file of the questions is broken.
    """
    with _LOCK:
        if not _ASKED or _ASKED[0][0] is not of:
            _ASKED[:] = [(of, questions(of))]
        return _ASKED[0][1]


def covered(of: Promise) -> tuple[Coverage, ...]:
    """How much of a promise is kept in writing, counted once for as long as it is the one that is asked for."""
    with _LOCK:
        if not _COVERED or _COVERED[0][0] is not of:
            _COVERED[:] = [(of, declared(of))]
        return _COVERED[0][1]
