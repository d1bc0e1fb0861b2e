"""Rows of a staged run that name somebody who must not be in it: counted in its files, without what left them out.

Who that is comes from the one reading of wishes, contracts and holds. How they are found shares nothing with
`protect`: their tokens are made by Python's HMAC, and retention's independent pass looks for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.keys.ring import Keyring
from jobs.lake.landing import landed_people
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.phones import typed_forms
from jobs.people.reading import ACCOUNTS
from jobs.people.relationships import Name
from jobs.people.subjects import LeftOut, with_erased
from jobs.people.wishes import LEAVING_OUT
from jobs.retention.deadline import Deadline
from jobs.retention.names import named_in, spellings, tokens_without_spark
from jobs.retention.naming import Names, naming
from jobs.retention.suppressed import erased_without_spark
from policy.contract import Contract
from policy.errors import PolicyError
from policy.periods import now
from policy.promise import Promise

REQUESTED = "subject_requests"


class ErasedSinceError(PolicyError):
    """Somebody was erased after a run's day had been extracted, and the run may hold them."""

    def __init__(self, release: str, day: date) -> None:
        self.release, self.day = release, day
        super().__init__(
            f"{release} of {day}: somebody was erased after the day was extracted, and may be in this run; it is "
            f"deleted; extract the day again: clear `extract` and what follows, or python -m jobs extract --day {day}"
        )


class LeftOutSinceError(PolicyError):
    """Somebody has to be left out since a run's day was extracted, and the run may hold them."""

    def __init__(self, release: str, day: date) -> None:
        self.release, self.day = release, day
        super().__init__(
            f"{release} of {day}: a restriction, an objection or a withdrawn consent was approved after the day was "
            "extracted, and the person may be in this run; it is deleted; extract the day again: clear `extract` and "
            f"what follows, or python -m jobs extract --day {day}"
        )


def left_in(promise: Promise, contract: Contract, left: LeftOut, folder: Path, day: date) -> int:
    """Rows that name somebody left out by a wish, or let go by retention and held by nobody.

    All rows, once ``day`` is past the contract's period.
    """
    paths = sorted(folder.glob("*.parquet"))
    if Deadline.of(contract, now().date()).is_past(day):
        return sum(pq.read_metadata(path).num_rows for path in paths)
    if contract.domain is None:
        return 0
    keys, forms = Keyring.from_environment().of_day(contract, day), spellings(promise, contract.domain)

    def made(names: Iterable[Name]) -> frozenset[bytes]:
        return frozenset(token.encode() for _, token in tokens_without_spark(names, [keys], forms))

    wished, expired = (made(_names(left)), frozenset[bytes]()), (made(left.gone), made(left.held))
    return _naming(paths, contract, [(gone, held) for gone, held in (wished, expired) if gone])


def _naming(
    paths: Sequence[Path], contract: Contract, asked: Sequence[tuple[frozenset[bytes], frozenset[bytes]]]
) -> int:
    """Rows that have one of the first tokens of a pair and none of its second ones, in one pass for all pairs."""
    pairs, columns = [(Names.of(gone), Names.of(held)) for gone, held in asked], list(named_in(contract))
    files = (pq.ParquetFile(path) for path in paths) if pairs and columns else ()
    return sum(
        pc.sum(pc.and_not(naming(batch, gone), naming(batch, held))).as_py() or 0
        for file in files
        for batch in file.iter_batches(columns=columns)
        for gone, held in pairs
    )


def erased_in(promise: Promise, contract: Contract, lake: Lake, folder: Path, day: date) -> int:
    """Rows that name somebody who was erased; who of the day's rows that is, is found without Spark and the kernel."""
    found = erased_without_spark(promise, contract.purpose, lake, day)
    if not found:
        return 0
    people = landed_people(promise, lake, day)
    erased = with_erased(LeftOut(frozenset()), found, people, promise.source(ACCOUNTS))
    return left_in(promise, contract, erased, folder, day)


def require_nobody_erased(promise: Promise, contract: Contract, lake: Lake, folder: Path, day: date) -> None:
    """No row of a staged run names somebody who was erased since its day was extracted; a run in which one does goes.

    Raises:
        ErasedSinceError: one does, or landing isn't there any more to tell who they are.
    """
    ledger = Ledger(lake.ledger)
    suppressed, extracted = ledger.last("suppressed"), ledger.last("extracted", day=day)
    if contract.domain is None or suppressed is None or (extracted and extracted["seq"] > suppressed["seq"]):
        return
    if not lake.has_landed(ACCOUNTS, day) or erased_in(promise, contract, lake, folder, day):
        shutil.rmtree(folder)  # quarantine would keep it for a month
        raise ErasedSinceError(contract.release, day)


def require_nobody_left_out(contract: Contract, lake: Lake, folder: Path, day: date) -> None:
    """Nobody's restriction, objection or withdrawn consent was approved since the day was extracted; else the run goes.

    From an approval on the person's rows leave the release, and nobody would look again for what comes after it. A
    landing that somebody has put back is older than its extraction, and says itself when it was taken.

    Raises:
        LeftOutSinceError: somebody's was.
    """
    ledger = Ledger(lake.ledger)
    approved = [entry for right in LEAVING_OUT if (entry := ledger.last("request_approved", right=right))]
    if contract.domain is None or not approved:
        return
    extracted = ledger.last("extracted", day=day)
    since = extracted["seq"] if extracted is not None else 0
    landed = lake.manifest(REQUESTED, day).taken_at if lake.has_landed(REQUESTED, day) else None
    if any(entry["seq"] > since or (landed is not None and _at(entry["at"]) >= _at(landed)) for entry in approved):
        shutil.rmtree(folder)
        raise LeftOutSinceError(contract.release, day)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _names(left: LeftOut) -> Iterator[Name]:
    """What those who wish to be left out may be called in a column of persons or of logins."""
    for user in left.people:
        yield Name("person", user, 0, None)
    for kind, value in left.registered:
        if kind == "email":
            yield Name("email", value, 0, None)
        elif kind == "phone":
            yield from (Name("email", form, 0, None) for form in sorted(typed_forms(value)))
