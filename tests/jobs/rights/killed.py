"""Disclose Ada's package and die at a given moment of it, as a power cut would have it."""

import os
import sys
from datetime import UTC, datetime

import policy
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.platform.database import connect
from jobs.rights.disclosure import disclose
from jobs.rights.disclosure.rows import Known
from jobs.rights.finding.found import Findings
from jobs.rights.finding.subject import subject_of
from jobs.rights.finding.tokens import linked


def main(user: str, moment: str) -> None:
    """Die while rows are written, before the entry of the ledger, or after it and before the file has its name."""
    lake, promise = Lake.from_environment(), policy.load()

    def die(*_: object, **__: object) -> None:
        os._exit(9)

    if moment == "while rows are written":
        disclose._csv = die
    elif moment == "before it is on record":
        Ledger.append = die
    elif moment == "before it has its name":
        append = Ledger.append
        Ledger.append = lambda *given, **fields: (append(*given, **fields), die())
    with connect() as platform:
        subject = subject_of(promise, platform, user)
        known = Known(promise, lake, platform, subject, linked(promise, Keyring.from_environment(), subject.names))
        wish = disclose.Wish("0123456789abcdef", "access")
        disclose.disclose(wish, known, Findings((), (), 0), datetime.now(UTC))


main(*sys.argv[1:])
