"""Key epochs whose last row has gone are handed to destruction: nobody can link their tokens again."""

from __future__ import annotations

from datetime import date

from deltalake import DeltaTable

from jobs.keys import Keyring
from jobs.lake import Lake
from jobs.tables import current_files
from policy.periods import add_months, epoch_of, months_of, next_epoch
from policy.promise import Promise


def lapsed(promise: Promise, lake: Lake, keyring: Keyring, today: date) -> list[tuple[str, str]]:
    """Domains and epochs that no release needs any more: (domain, epoch), oldest first.

    An epoch lapses when the contracts' periods have passed for each of its days, so that no late event
    and no backfill can come, and no row of it is left in a table. A held row keeps its epoch.
    """
    over = []
    for entry in keyring.entries():
        served = [c for c in promise.releases.values() if c.domain == entry.domain and c.epoch is not None]
        if entry.destroyed or not served:
            continue
        period = served[0].epoch or ""
        end = date.fromisoformat(next_epoch(entry.epoch, period))
        past = all(add_months(end, months_of(c.retention.keep)) < today for c in served)
        if past and not any(_has_rows(lake, c.release, entry.epoch, period) for c in served):
            over.append((entry.domain, entry.epoch))
    return sorted(over)


def _has_rows(lake: Lake, release: str, epoch: str, period: str) -> bool:
    folder = lake.published(release)
    if not DeltaTable.is_deltatable(str(folder)):
        return False
    return any(epoch_of(file.day, period) == epoch for file in current_files(DeltaTable(folder)))


def destroy_lapsed(promise: Promise, lake: Lake, keyring: Keyring, today: date) -> list[tuple[str, str]]:
    """Retire, where that is still to be done, and destroy each lapsed epoch; what was destroyed."""
    over = lapsed(promise, lake, keyring, today)
    states = {(entry.domain, entry.epoch): entry.state for entry in keyring.entries()}
    for domain, epoch in over:
        if states[domain, epoch] == "active":
            keyring.retire(domain, epoch)
        keyring.destroy(domain, epoch)
    return over
