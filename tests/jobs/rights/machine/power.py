"""The end of a process at any of its changes, without a process: what comes after doesn't happen."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tests.jobs.retention.killed import changes


class KilledError(BaseException):
    """Stands for the end of the process: no handler of ours catches it."""


class Power:
    """Counts the changes of files below ``root``. Inside `cut` only so many happen: all later ones, of whoever clears
    up on the way out, too, meet `KilledError`. What pyarrow and deltalake write lies between them."""

    known: ClassVar[dict[Path, Power]] = {}

    def __init__(self, root: Path) -> None:
        self.left: int | None = None
        sys.addaudithook(changes(root, self._before))

    @classmethod
    def of(cls, root: Path) -> Power:
        """The one of a folder: an audit hook stays for as long as the process."""
        if root not in cls.known:
            cls.known[root] = cls(root)
        return cls.known[root]

    def _before(self, _: str) -> None:
        if self.left is not None:
            if self.left == 0:
                raise KilledError
            self.left -= 1

    @contextmanager
    def cut(self, after: int | None):
        """Let ``after`` changes happen; none after that. Null: all."""
        self.left = after
        try:
            yield
        finally:
            self.left = None
