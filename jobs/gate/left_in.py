"""Rows of a staged run that name somebody who must not be in it: counted in its files, without what left them out.

Who that is comes from the one reading of wishes, contracts and holds. How they are found shares nothing with
`protect`: their tokens are made by Python's HMAC, and retention's independent pass looks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from jobs.keys.ring import Keyring
from jobs.lake.tables import TableFile
from jobs.people.phones import LOOKS_TYPED, dialled
from jobs.people.relationships import Name
from jobs.people.subjects import LeftOut
from jobs.retention.deadline import Deadline
from jobs.retention.names import spellings, tokens_without_spark
from jobs.retention.proof import Wanted, recount
from jobs.treatments.spelling import spelling
from policy.contract import Contract
from policy.periods import now
from policy.promise import Promise


def left_in(promise: Promise, contract: Contract, left: LeftOut, folder: Path, day: date) -> int:
    """Rows that name somebody left out by a wish, or let go by retention and held by nobody.

    All rows, once ``day`` is past the contract's period.
    """
    today = now().date()
    paths = sorted(folder.glob("*.parquet"))
    files = [TableFile(path.name, day, pq.read_metadata(path).num_rows, path.stat().st_size) for path in paths]
    if Deadline.of(contract, today).is_past(day):
        return sum(file.rows for file in files)
    if contract.domain is None:
        return 0
    keys, forms = Keyring.from_environment().of_day(contract, day), spellings(promise, contract.domain)

    def made(names: Iterable[Name]) -> frozenset[bytes]:
        return frozenset(token.encode() for _, token in tokens_without_spark(names, [keys], forms))

    wished = Wanted(made(_names(left)), frozenset())
    expired = Wanted(made(left.gone), made(left.held))
    return sum(recount(folder, files, contract, wanted, today)[0] for wanted in (wished, expired) if wanted.gone)


def _names(left: LeftOut) -> Iterator[Name]:
    """What those who wish to be left out may be called in a column of persons or of logins."""
    for user in left.people:
        yield Name("person", user, 0, None)
    for kind, value in left.registered:
        if kind == "email":
            yield Name("email", value, 0, None)
        elif kind == "phone":
            typed = {form for digits in dialled(value) for form in (digits, f"+{digits}", f"00{digits}", f"0{digits}")}
            # a text that is more than a number (an id, a date) is nobody's number when it is typed
            as_registered = {value} if re.match(LOOKS_TYPED, spelling(value, "phone")) else set()
            yield from (Name("email", form, 0, None) for form in sorted(as_registered | typed))
