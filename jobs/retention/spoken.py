"""What a table's log says that the ledger doesn't yet: while there is any, the log stays whole."""

from __future__ import annotations

from deltalake import DeltaTable

from jobs.lake.ledger import Entry, Ledger
from policy.shapes import LETTERS

IN_LETTERS = str.maketrans("0123456789abcdef", LETTERS)

RESTRICTION = "restriction"
"""The field of a commit that took rows apart, brought them back, or corrected them: what, which request, which lot."""

PLAN = "retention_plan"
"""The field of a commit that took a plan's rows: which plan, of retention or of an erasure."""


def unrecorded(ledger: Ledger, release: str, table: DeltaTable) -> bool:
    """Whether the log has a publication, or the commit of a plan or a request, of which the ledger doesn't speak yet.

    Only the log can tell the next run that a killed one had committed.
    """
    commits = table.history()
    verdicts = {commit["verdict"] for commit in commits if "verdict" in commit}
    if verdicts - {entry["verdict_hash"] for entry in ledger.entries("published", release=release)}:
        return True
    spoken = {
        said_of(entry)
        for kind in ("rows_restricted", "rows_returned", "rows_corrected")
        for entry in ledger.entries(kind, release=release)
    }
    plans = {
        entry["plan"] for kind in ("rows_expired", "rows_erased") for entry in ledger.entries(kind, release=release)
    }
    unspoken = {commit[RESTRICTION] for commit in commits if RESTRICTION in commit} - spoken
    return bool(unspoken or {commit[PLAN] for commit in commits if PLAN in commit} - plans)


def said_of(entry: Entry) -> str:
    """What the commit of an entry about a request's rows says in `RESTRICTION`: letters only.

    Digits of a reference can look like a phone number, and assurance searches the table's log.
    """
    return f"{entry['kind']} {entry['reference'].translate(IN_LETTERS)} {entry['lot']}"
