"""Key epochs whose last row has gone are handed to destruction: nobody can link their tokens again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, day_of, find_table
from jobs.lake.zones import Lake
from jobs.retention.errors import EpochNeededError
from jobs.retention.suppression import forget_destroyed
from policy.contract import Contract
from policy.periods import add_months, epoch_of, months_of, next_epoch
from policy.promise import Promise


@dataclass(frozen=True)
class Claims:
    """What could still need a key: today, and the days on which open requests of data subjects came in."""

    today: date
    open_requests: tuple[date, ...]


def lapsed(promise: Promise, lake: Lake, keyring: Keyring, claims: Claims) -> list[tuple[str, str]]:
    """Domains and epochs that nothing needs any more: (domain, epoch), oldest first."""
    entries = (entry for entry in keyring.entries() if not entry.destroyed and _served(promise, entry.domain))
    return sorted(
        (entry.domain, entry.epoch)
        for entry in entries
        if needed_by(promise, lake, entry.domain, entry.epoch, claims) is None
    )


def needed_by(promise: Promise, lake: Lake, domain: str, epoch: str, claims: Claims) -> str | None:
    """Why an epoch's key may not be destroyed; ``None`` when nothing needs it.

    It is needed until the contracts' periods have passed for each of its days, so that no late event
    and no backfill can come; while a row of it is left in a table, as a legal hold keeps one; and
    while a request is open that came in when there still were rows (clause 9.1).
    """
    served = _served(promise, domain)
    period = served[0].epoch or "" if served else ""
    if not served:
        return "no contract says how long its data is kept"
    end = date.fromisoformat(next_epoch(epoch, period))
    last = max(add_months(end, months_of(c.retention.keep)) for c in served)
    if claims.today <= last:
        return f"its data may be kept through {last}"
    for contract in served:
        if _has_rows(lake, contract.release, epoch, period):
            return f"{contract.release} still has rows of it, as a legal hold may demand"
    waiting = sum(received <= last for received in claims.open_requests)
    return f"{waiting} open requests of data subjects came in while it had rows" if waiting else None


def require_unneeded(promise: Promise, lake: Lake, domain: str, epoch: str, claims: Claims) -> None:
    """Let an epoch's key be destroyed.

    Raises:
        EpochNeededError: something still needs it.
    """
    why = needed_by(promise, lake, domain, epoch, claims)
    if why is not None:
        raise EpochNeededError(domain, epoch, why)


def _served(promise: Promise, domain: str) -> list[Contract]:
    return [c for c in promise.contracts.values() if c.domain == domain and c.epoch is not None]


def _has_rows(lake: Lake, release: str, epoch: str, period: str) -> bool:
    table, apart = find_table(lake.published(release)), lake.restricted / release
    days = {day_of(path) for path in apart.glob("*/*/day=*/*.parquet")}
    days |= {file.day for file in current_files(table)} if table is not None else set()
    return any(epoch_of(day, period) == epoch for day in days)


def destroy_lapsed(promise: Promise, lake: Lake, keyring: Keyring, claims: Claims) -> list[tuple[str, str]]:
    """Retire, where that is still to be done, and destroy each lapsed epoch with its suppression list; which ones."""
    keyring.settle()
    over = lapsed(promise, lake, keyring, claims)
    states = {(entry.domain, entry.epoch): entry.state for entry in keyring.entries()}
    for domain, epoch in over:
        if states[domain, epoch] == "active":
            keyring.retire(domain, epoch)
        keyring.destroy(domain, epoch)
    forget_destroyed(lake, keyring, Ledger(lake.ledger))
    return over
