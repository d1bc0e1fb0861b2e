"""Rectification (GDPR art. 16, clause 9.1): the source is the truth, and every published copy follows it.

Days that the platform still has are made again by nights, through the gate; they come first, and are never changed
here. Days that it has nothing of any more can't be made again: there the wrong cells of the person's rows get the token
of the corrected value, under the key of the day's own epoch, by one commit a table. A verdict stays valid by proof: the
new file is read back and is the judged one in everything but this person's cells. Rows of a destroyed epoch can be
linked to nobody, and stay; so do anonymised releases. Running again finishes; a second time nothing changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from jobs.lake.commits import discard_torn
from jobs.lake.ledger import Ledger
from jobs.lake.tables import day_of, has_table, opened
from jobs.platform.database import Platform
from jobs.rights.rectification.right import Approved, Right, rights
from jobs.rights.rectification.table import Correcting
from jobs.rights.requests.errors import NightsCorrectError
from jobs.rights.restriction.task import Place, Restriction
from policy.promise import Promise


@dataclass(frozen=True)
class Rectified:
    """What a correction came to. ``places``: releases in which something of theirs was put right.

    ``made_again``, ``by_token``: published days, release by release, that a night has made again since the approval,
    and that were corrected by token. ``rows``, ``files``: of the latter. ``apart``: rows of theirs that are kept apart,
    right now. ``unlinkable``: epochs of these releases whose key is destroyed.
    """

    places: int = 0
    made_again: int = 0
    by_token: int = 0
    rows: int = 0
    files: int = 0
    apart: int = 0
    unlinkable: int = 0


def rectify(request: Approved, at: Place, platform: Platform) -> Rectified:
    """Put one person's published rows right where nights can't; what was done, with what nights have done.

    Raises:
        NotCorrectedYetError: the account doesn't say what was asked for.
        NightsCorrectError: days that the platform has weren't made again since the approval; nothing was changed.
        UnprovedRewriteError: a file that was written anew has other changes than this person's cells.
        LostEpochError, SeveralSpellingsError, TornCommitError: see `Right.fixes` and `jobs.lake.tables.find_table`.
    """
    reached = [
        right for right in rights(request, at.promise, platform) if has_table(at.lake.published(right.contract.release))
    ]
    with at.lake.alone("restrict"):
        shutil.rmtree(at.private, ignore_errors=True)  # what a killed run left
        looks = [(right, _look(request, right, at, platform)) for right in reached]
        missing = dict[str, frozenset[date]]()
        for right, look in looks:
            if look.missing:
                missing[right.contract.release] = missing.get(right.contract.release, frozenset()) | look.missing
        if missing:
            raise NightsCorrectError(request.reference, missing)
        done = [_correct(request, right, look, at) for right, look in looks]
        shutil.rmtree(at.private, ignore_errors=True)
    return Rectified(*(sum(getattr(each, name.name) for each in done) for name in fields(Rectified)))


@dataclass(frozen=True)
class _Look:
    """What one release needs: days that must be made again first, files that only a token can put right."""

    made_again: frozenset[date]
    missing: frozenset[date]
    unlinkable: frozenset[str]
    files: tuple[Path, ...]


def _look(request: Approved, right: Right, at: Place, platform: Platform) -> _Look:
    with _alone(request, right, at) as task:
        seen = task.look()
    again = seen.days & _made_since(request, right, at.ledger)
    days = frozenset(map(day_of, seen.wrong)) - again
    gone = _gone(days, right, at.promise, platform)
    return _Look(again, days - gone, seen.unlinkable, tuple(path for path in seen.wrong if day_of(path) in gone))


def _made_since(request: Approved, right: Right, ledger: Ledger) -> set[date]:
    """The days that were published since the approval: what they say is what the source says."""
    entries = ledger.entries("published", release=right.contract.release)
    return {date.fromisoformat(entry["day"]) for entry in entries if entry["seq"] > request.since}


def _gone(days: frozenset[date], right: Right, promise: Promise, platform: Platform) -> frozenset[date]:
    """The days of which the platform has nothing any more, of nobody: no night can make them again."""
    for name in {each.source for each in right.reached}:
        days = frozenset(day for day in days if platform.count(name, promise.source(name), day) == 0)
    return days


def _correct(request: Approved, right: Right, look: _Look, at: Place) -> Rectified:
    release = right.contract.release
    with _alone(request, right, at) as task:
        task.correct(look.files)
        apart = task.correct_apart()
    told = list(at.ledger.entries("rows_corrected", reference=request.reference, release=release))
    rows, days, files = (sum(entry[name] for entry in told) for name in ("rows", "days", "files"))
    reached = bool(rows or apart or look.made_again)
    return Rectified(int(reached), len(look.made_again), days, rows, files, apart, len(look.unlinkable))


@contextmanager
def _alone(request: Approved, right: Right, at: Place) -> Iterator[Correcting]:
    """One release, while nobody else changes its table; what a killed run left is settled."""
    whose, folder = Restriction.of(request.reference, request.names, ()), at.lake.published(right.contract.release)
    with at.lake.alone(right.contract.release):
        discard_torn(folder, at.ledger)
        Correcting(whose, right.contract, at, opened(folder), right).settle()
        yield Correcting(whose, right.contract, at, opened(folder), right)
