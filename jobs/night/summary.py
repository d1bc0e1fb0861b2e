"""What a night did, as a table a person can read: from the ledger alone, counts and names only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jobs.lake.ledger import Entry, Ledger
from jobs.lake.zones import Lake
from jobs.night.plan import unmade
from policy.promise import Promise

HEADINGS = ("release", "in", "out", "suppressed", "excluded", "verdict", "read it at")


def night_table(promise: Promise, day: date, lake: Lake) -> str:
    """One line per release: rows in, out, suppressed, excluded, the verdict and where to read it."""
    rows = [HEADINGS, *_rows(promise, day, lake)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    table = [f"The night of {day}", "", lines[0], "  ".join("─" * width for width in widths), *lines[1:]]
    return "\n".join([*table, *_said_nothing(promise, day, lake), *_unread(promise, day, Ledger(lake.ledger))])


def _said_nothing(promise: Promise, day: date, lake: Lake) -> Iterator[str]:
    """A line for each column that is null, other or unknown in nearly every row, and whom to ask."""
    ledger = Ledger(lake.ledger)
    staged = (
        (contract, ledger.last("protected", release=name, day=day)) for name, contract in promise.releases.items()
    )
    said = [
        f"  {contract.release}.{column}: null, other or unknown in nearly every row; ask {contract.owner} whether its "
        "contract still fits the platform"
        for contract, entry in staged
        for column in (entry or {}).get("silent", ())
    ]
    yield from ["", "Columns that say nothing:", *said] if said else []


def _unread(promise: Promise, day: date, ledger: Ledger) -> Iterator[str]:
    """What data subjects asked in words that nobody understands."""
    staged = (ledger.last("protected", release=name, day=day) for name in promise.releases)
    unread = max((each.get("unread_wishes", 0) for each in staged if each), default=0)
    if unread:
        yield ""
        yield (
            f"{unread} requests hold a purpose, right or outcome that nobody understands, and leave out all they can; "
            f"ask {promise.source('subject_requests').owner} to decide them"
        )


def _rows(promise: Promise, day: date, lake: Lake) -> Iterator[tuple[str, ...]]:
    ledger = Ledger(lake.ledger)
    for name, contract in promise.releases.items():
        staged = ledger.last("protected", release=name, day=day)
        if staged is None:
            why = unmade(contract, day, ledger)
            yield name, "", "", "", "", *(("not made", "") if why is None else ("skipped", f"({why})"))
            continue
        yield name, *_counts(staged), _verdict(ledger, staged), _where(ledger, staged, lake)


def _counts(staged: Entry) -> list[str]:
    """Rows in and out, suppressed, excluded; of an aggregate the cells, and nobody is told how many are left out."""
    if staged.get("losses"):
        hidden = sum(loss["hidden"] for loss in staged["losses"])
        return [str(staged["rows_in"]), str(staged["rows_out"]), f"{hidden} cells", "–"]
    if staged.get("cost"):
        return ["–", str(staged["rows_out"]), f"under {staged['suppressed']}", "–"]
    return [str(staged[field]) for field in ("rows_in", "rows_out", "suppressed", "excluded")]


def _verdict(ledger: Ledger, staged: Entry) -> str:
    judged = ledger.last("judged", release=staged["release"], day=staged["day"], run=staged["run"])
    if judged is None:
        return "none"
    proof = f"{judged['proof_caught']}/{judged['proof_planted']} leaks caught"
    return f"{judged['verdict']}, {proof}"


def _where(ledger: Ledger, staged: Entry, lake: Lake) -> str:
    published = ledger.last("published", release=staged["release"], day=staged["day"], run=staged["run"])
    if published is None:
        return "not published"
    return f"{lake.published(staged['release'])} (version {published['version']})"
