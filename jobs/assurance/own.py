"""What the suite itself says beside a table: made once more, to be told from what isn't its own.

A contract's words are public wherever they stand. So an account that is called like a column, or somebody who types
what a datasheet says, is no leak there; and whatever the suite wouldn't write today is searched like any other text.
"""

from __future__ import annotations

import re
import tempfile
from datetime import date
from functools import cached_property
from pathlib import Path

from jobs.assurance.log import LOG, words_of
from jobs.catalogue.answers import SAYS
from jobs.catalogue.describe import describe
from jobs.catalogue.pages import pages
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, open_table, replace_day
from jobs.lake.zones import Lake
from jobs.signals.report import report
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise
from policy.questions import questions

BETWEEN = re.compile(r"(<[^>]*>|[\n|,])")
"""Where a page is taken apart: at its lines, cells, tags and lists."""
AROUND = " \t\"'`*#.;-"
COMMITS = ("run", "day", "verdict", "retention_plan")
"""What `jobs.night.publish` and `jobs.retention.execute` note of a commit."""


class Own:
    """The texts of one release that `publish`, retention and the threat report write."""

    def __init__(self, promise: Promise, contract: Contract, lake: Lake) -> None:
        self._promise, self._contract, self._lake = promise, contract, lake

    @cached_property
    def logged(self) -> frozenset[str]:
        """Every word of the log that the same library writes for the same contract, without a row."""
        with tempfile.TemporaryDirectory(prefix="ignicloud-") as folder:
            root = Path(folder) / self._contract.release
            table = open_table(root, self._contract)
            (root / "day=2000-01-01").mkdir()
            for name in ("empty", "empty_too"):  # the second replaces the first
                empty = Path("day=2000-01-01") / name
                (root / empty).touch()
                replace_day(table, date(2000, 1, 1), {empty: 0}, dict.fromkeys(COMMITS, ""))
            table.create_checkpoint()
            logs = (path for path in root.rglob("*") if LOG.fullmatch(str(path.relative_to(root))))
            return frozenset(words_of(logs))

    def foreign(self, page: Path) -> str:
        """What of a page the suite wouldn't write today, piece by piece, in its order."""
        said = self._said | (self._reported(page.stem) if page.suffix == ".html" else frozenset())
        return "\n".join(piece for piece in _pieces(page.read_text("utf-8", "replace")) if piece not in said)

    @cached_property
    def _said(self) -> frozenset[str]:
        """Every page of today, and every word of any contract."""
        contract, ledger = self._contract, Ledger(self._lake.ledger)
        files = [file.path for file in current_files(open_table(self._lake.published(contract.release), contract))]
        asked = questions(self._promise).get(contract.release)
        made = pages(describe(self._promise, contract, self._lake, ledger), contract, files, ledger, asked)
        outputs = [output for contract in self._promise.contracts.values() for output in contract.outputs]
        words = (
            word
            for output in outputs
            for word in (output.name, output.note, output.means, output.missing, *(output.values or ()))
        )
        return frozenset(piece for text in (*made.values(), *words, *SAYS) for piece in _pieces(text))

    def _reported(self, day: str) -> frozenset[str]:
        """The threat report of a day, drawn from what is published of it now."""
        try:
            return frozenset(_pieces(report(self._promise, date.fromisoformat(day), self._lake)))
        except (ValueError, PolicyError):
            return frozenset()


def _pieces(page: str) -> list[str]:
    stripped = (piece.strip(AROUND) for piece in BETWEEN.split(page))
    return [piece for piece in stripped if piece]
