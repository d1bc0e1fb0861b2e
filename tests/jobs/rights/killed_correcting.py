"""Put one person's company right and die at a given moment of the first table's commit, as a power cut would have it."""

import os
import sys
from datetime import UTC, datetime

import policy
import policy.periods
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.relationships import Name
from jobs.platform.database import connect
from jobs.rights.rectification import table
from jobs.rights.rectification.rectify import rectify
from jobs.rights.rectification.right import Approved
from jobs.rights.requests.asked import Correction
from jobs.rights.restriction.task import Place


def die(*_: object, **__: object) -> None:
    """End at once, with nothing flushed and nothing tidied up."""
    os._exit(9)


def main(user: str, company: str, moment: str) -> None:
    """Die with the files written, with the table changed, or with that on record."""
    if moment == "before the commit":
        table.replace_days = die
    elif moment == "before it is on record":
        Ledger.append = die
    elif moment == "before old files are gone":
        append = Ledger.append
        Ledger.append = lambda *given, **fields: (append(*given, **fields), die())
    policy.periods.clock = lambda: datetime(2026, 3, 13, 5, tzinfo=UTC)
    lake = Lake.from_environment()
    request = Approved("c0ffee" + "0" * 10, (Name("person", user, 0, None),), (Correction("company_id", company),), 0)
    with connect() as platform:
        rectify(request, Place(policy.load(), lake, Keyring.from_environment(), Ledger(lake.ledger)), platform)


main(*sys.argv[1:])
