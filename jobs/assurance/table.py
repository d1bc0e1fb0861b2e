"""Everything that lies in one published folder: files, log and pages, and of them what isn't the suite's own word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.assurance.log import LOG, words_of
from jobs.assurance.own import Own
from jobs.gate.file_texts import texts_of
from jobs.gate.rows import rows_of
from jobs.lake.files import becoming, clear_left_over
from jobs.lake.ledger import Entry
from jobs.lake.tables import current_files, open_table
from jobs.night.publish import mark_of
from jobs.spark.local import frame_of
from policy.contract import Contract

OWN_PATH = re.compile(
    r"day=\d{4}-\d\d-\d\d/((?P<mark>[a-z0-9][a-z0-9-]{0,119}-)part-\d{5}"
    r"|kept-(?P<plan>[0-9a-f]{12})-(as-it-was-)?\d{5}(-\d{1,4})?)\.parquet",
    re.ASCII,
)
PAGE = re.compile(r"_about/(\w+/)?[\w-]+\.(md|json|jsonld|jsonl|yaml|html)|datapackage\.json")


def clear_half_written(folder: Path) -> None:
    """Remove what killed writers left of the suite's own files; for who holds the table's lock, as its writers do."""
    halves = ((path, becoming(path.relative_to(folder))) for path in folder.rglob(".*"))
    clear_left_over(
        path for path, whole in halves if whole and any(own.fullmatch(str(whole)) for own in (OWN_PATH, PAGE))
    )


class Table:
    """Everything that lies in one published folder, the files of its current version or not."""

    def __init__(self, folder: Path, contract: Contract, recorded: Iterable[Entry], own: Own) -> None:
        self._folder, self._contract, self._suite = folder, contract, own
        table = open_table(folder, contract)
        below = [p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir()]
        plain = [path for path in below if not (folder / path).is_symlink()]
        current = {Path(file.path) for file in current_files(table)}
        self.files = sorted(path for path in plain if path in current or OWN_PATH.fullmatch(str(path)))
        self._logs = [path for path in plain if LOG.fullmatch(str(path))]
        self._pages = [path for path in plain if PAGE.fullmatch(str(path))]
        self.strangers = len({*below} - {*self.files, *self._logs, *self._pages})
        entries = [*recorded]
        said = (entry.get(name) for entry in entries for name in ("run", "day", "plan", "verdict_hash"))
        self._own = {folder.as_uri(), str(table.metadata().id), *map(str, filter(None, said))}
        self._marks = {f"{entry['run']}-" for entry in entries if entry.get("run")} | {
            mark_of(entry["run"], entry["verdict_hash"]) for entry in entries if entry.get("verdict_hash")
        }
        self._plans = {str(entry["plan"])[:12] for entry in entries if entry.get("plan")}

    def rows(self, spark: SparkSession, files: Sequence[Path]) -> DataFrame:
        """Every row of these files, as the files have them."""
        if not files:
            return frame_of(spark, self._contract.output_schema)
        return rows_of(spark, [self._folder / path for path in files], self._contract)

    def texts(self, files: Sequence[Path]) -> tuple[str, ...]:
        """What lies beside the rows of these Parquet files, their names too, and our writer doesn't write."""
        paths = [self._folder / path for path in files]
        names = {path.name for path in files if self.is_own(str(path))}
        return tuple(sorted({*texts_of(paths, self._contract)} - names))

    def prose(self) -> list[str]:
        """What datasheet, data package and reports say and the suite wouldn't."""
        return [text for path in self._pages if (text := self._suite.foreign(self._folder / path))]

    def logged(self) -> list[str]:
        """Every word of the table's log that isn't its own."""
        words = words_of(self._folder / path for path in self._logs) - self._suite.logged
        return sorted(word for word in words if word.rstrip("/") not in self._own and not self.is_own(word))

    def is_own(self, path: str) -> bool:
        """Whether this is the path of a file that a run or a plan of the ledger has made."""
        named = OWN_PATH.fullmatch(path)
        if named is None:
            return False
        return named["mark"] in self._marks or (named["plan"] is not None and named["plan"] in self._plans)
