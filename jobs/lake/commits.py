"""The log of a Delta table, through a power cut.

``deltalake`` never flushes what it writes. After a power cut the newest log entry can have no bytes: the table then
opens at that version with the rows of the one before, without an error. So a commit counts only after
`make_durable`, the ledger speaks after that, and an entry that a power cut spoilt is never read over.
"""

from __future__ import annotations

import json
from pathlib import Path

from jobs.lake.faults import fault
from jobs.lake.files import flush, write_atomically
from jobs.lake.ledger import Ledger
from policy.errors import PolicyError

LAST_CHECKPOINT = "_last_checkpoint"

ACTIONS = {"commitInfo", "protocol", "metaData", "add", "remove", "txn", "cdc", "domainMetadata"}
"""What a line of an entry can be (Delta's protocol, *Actions*): a line of anything else is of another file."""


class TornCommitError(PolicyError):
    """An entry of a table's log is empty or torn: a power cut came before it was on the disk."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder, self.version = folder, version
        super().__init__(
            f"{folder.name}: entry {version} of the table's log is empty, torn or none, as after a power cut. If it is "
            f"the newest, the next publish or expire takes it away and does its work again. Else restore "
            f"{folder.name}/_delta_log from a copy, or move the table away and run its days again"
        )


class OlderTableError(PolicyError):
    """A table's log is an older copy: the record knows what was done to it since."""

    def __init__(self, folder: Path, version: int, known: int) -> None:
        self.folder, self.version, self.known = folder, version, known
        super().__init__(
            f"{folder.name}: the table is in version {version}, and the ledger knows version {known}: an older copy "
            f"was put back, which may show rows that were erased since. Nothing was done. Restore {folder.name}, its "
            "_delta_log and its files of one moment, from its newest copy; if there is none, move the table away and "
            "run its days again"
        )


def require_known(folder: Path, ledger: Ledger) -> None:
    """The table in ``folder`` isn't an older copy of one of which the ledger knows more.

    A table that was moved away, and one that was begun anew, whose commits the ledger doesn't know yet, aren't.

    Raises:
        OlderTableError: it is.
    """
    version, entry = max(entries(folder).items(), default=(-1, None))
    done = ledger.commits(folder.name)
    if entry is None or not done or version >= (known := done[-1]["version"]):
        return
    verdict = _verdict_in(entry)
    if any(each["version"] == version and each.get("verdict_hash", verdict) == verdict for each in done):
        raise OlderTableError(folder, version, known)


def _verdict_in(entry: Path) -> str | None:
    """Under which verdict a log entry was committed, if it can be read and was."""
    try:
        actions = [json.loads(line) for line in entry.read_bytes().splitlines()]
        said = [each["commitInfo"] for each in actions if "commitInfo" in each]
        return next((str(each["verdict"]) for each in said if "verdict" in each), None)
    except (ValueError, AttributeError, TypeError):
        return None


def require_whole(folder: Path) -> None:
    """No entry of the log of the table in ``folder`` is spoilt.

    Raises:
        TornCommitError: a power cut spoilt one; what the table would show isn't what was published.
    """
    for version, entry in sorted(entries(folder).items()):
        if not is_whole(entry):
            raise TornCommitError(folder, version)


def discard_torn(folder: Path, ledger: Ledger) -> None:
    """Take away the newest log entry if a power cut spoilt it before the ledger spoke of it; that is recorded.

    An entry that the ledger knows is never taken away: `find_table` refuses it. For the one writer of a
    table, who does the work of that entry again.

    Raises:
        OlderTableError: see `require_known`.
    """
    require_known(folder, ledger)
    version, entry = max(entries(folder).items(), default=(-1, None))
    if entry is None or version <= _acknowledged(ledger, folder.name) or not is_torn(entry):
        return
    ledger.append("commit_discarded", release=folder.name, version=version)
    fault("table.before_discard")
    entry.unlink()
    flush(entry.parent)


def _acknowledged(ledger: Ledger, release: str) -> int:
    """The newest version of the release's table that the ledger knows; -1 if none."""
    return max((entry["version"] for entry in ledger.commits(release)), default=-1)


def entries(folder: Path) -> dict[int, Path]:
    """The entries of the log of the table in ``folder``, version → file."""
    return {int(path.stem): path for path in (folder / "_delta_log").glob("*.json") if path.stem.isdigit()}


def is_torn(entry: Path) -> bool:
    """Whether a log entry ends too early, as a power cut leaves it; what another hand has put there isn't torn."""
    lines = entry.read_bytes().splitlines()
    try:
        return not [json.loads(line) for line in lines]
    except ValueError:
        return True


def is_whole(entry: Path) -> bool:
    """Whether a log entry is what a writer writes: a line an action, the last one ended or complete."""
    lines = entry.read_bytes().splitlines()
    try:
        actions = [json.loads(line) for line in lines]
        return bool(lines) and all(isinstance(each, dict) and each.keys() <= ACTIONS for each in actions)
    except ValueError:
        return False


def make_durable(folder: Path) -> None:
    """Return once the table's newest version would survive a power cut."""
    log = folder / "_delta_log"
    newest = max(entries(folder))
    for path in log.glob(f"{newest:020d}.*"):
        flush(path)
    if (log / LAST_CHECKPOINT).exists():
        flush(log / LAST_CHECKPOINT)
    flush(log)
    flush(folder)


def forget_location(folder: Path) -> None:
    """Take the table's path on this machine out of its log, into whose first entry the library writes it.

    For the table's one writer. The entry is replaced in one step by the same without its ``location``, which no reader
    asks for (Delta's protocol, *Commit Provenance Information*).
    """
    first = entries(folder).get(0)
    if first is None or b'"location"' not in (content := first.read_bytes()):
        return
    actions = [json.loads(line) for line in content.splitlines()]
    for action in actions:
        action.get("commitInfo", {}).get("operationParameters", {}).pop("location", None)
    text = "".join(json.dumps(action, separators=(",", ":"), ensure_ascii=False) + "\n" for action in actions)
    write_atomically(first, text, first.stat().st_mode & 0o777)
