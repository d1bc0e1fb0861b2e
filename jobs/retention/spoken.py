"""What a table's log says that the ledger doesn't yet: while there is any, the log stays whole."""

from __future__ import annotations

from deltalake import DeltaTable

from jobs.lake.ledger import Entry, Ledger
from policy.shapes import LETTERS

IN_LETTERS = str.maketrans("0123456789abcdef", LETTERS)

RESTRICTION = "restriction"
"""The field of a commit that took rows apart, brought them back, or corrected them: what, which request, which lot."""


def unrecorded(ledger: Ledger, release: str, table: DeltaTable) -> bool:
    """Whether the log has a publication, or the commit of a request, of which the ledger doesn't speak yet."""
    commits = table.history()
    verdicts = {commit["verdict"] for commit in commits if "verdict" in commit}
    if verdicts - {entry["verdict_hash"] for entry in ledger.entries("published", release=release)}:
        return True
    spoken = {
        said_of(entry)
        for kind in ("rows_restricted", "rows_returned", "rows_corrected")
        for entry in ledger.entries(kind, release=release)
    }
    return bool({commit[RESTRICTION] for commit in commits if RESTRICTION in commit} - spoken)


def said_of(entry: Entry) -> str:
    """What the commit of an entry about a request's rows says in `RESTRICTION`: letters only.

    Digits of a reference can look like a phone number, and assurance searches the table's log.
    """
    return f"{entry['kind']} {entry['reference'].translate(IN_LETTERS)} {entry['lot']}"
