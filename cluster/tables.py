"""Whether two lakes publish the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars

from policy.outputs import DRAWN
from policy.promise import Promise


def compare(there: Path, here: Path, days: Sequence[date], promise: Promise) -> tuple[dict[str, int], list[str]]:
    """Rows of each release in ``there``, and the releases whose rows differ in the two places.

    Rows are compared as a multiset, all columns, tokens included; their order in files may differ. Numbers
    with noise are drawn in each place for itself: only which cells there are is compared.
    """
    noisy = {name for name, contract in promise.releases.items() if contract.privacy is not None}
    rows: dict[str, int] = {}
    differing = sorted({p.name for p in there.glob("[!_]*")} ^ {p.name for p in here.glob("[!_]*")})
    for release in sorted({p.name for p in there.glob("[!_]*")} & {p.name for p in here.glob("[!_]*")}):
        one, other = (
            polars.read_delta(str(lake / release)).filter(polars.col("day").is_in(list(days))) for lake in (there, here)
        )
        rows[release] = one.height
        if release in noisy:
            one, other = one.drop(DRAWN), other.drop(DRAWN)
        if not one.height or not _sorted(one).equals(_sorted(other.select(one.columns))):
            differing.append(release)
    return rows, differing


def _sorted(frame: polars.DataFrame) -> polars.DataFrame:
    return frame.sort(frame.columns, nulls_last=True)
