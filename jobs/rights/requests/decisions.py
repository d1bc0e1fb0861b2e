"""What a person decides about a request beside approving it: it takes longer, or it is refused (clauses 9.1, 11.2).

A reason or a ground is a word of policy/register.yaml: free words could name somebody, and the ledger is read by all.
"""

from __future__ import annotations

from datetime import date

from jobs.lake.ledger import Entry, Ledger
from jobs.rights.reidentify import NAME
from jobs.rights.requests.book import level
from jobs.rights.requests.calendar import Place, extended
from jobs.rights.requests.cases import Case
from jobs.rights.requests.errors import (
    ExtendedBeforeError,
    NoHoldStandsError,
    TooLateToExtendError,
    UnlistedReasonError,
    UnnamedDeciderError,
)
from jobs.rights.requests.request import PLATFORM, record
from policy.answering import LEGAL_HOLDS, Answering

NOBODY = frozenset({PLATFORM, "jobs"})
"""Under these names the record says what the platform and the suite did: no person decides under them."""


def extend(case: Case, answering: Answering, ledger: Ledger, reason: str, by: str) -> date:
    """Put on record that ``case`` is answered within three months of receipt, and why; the new last day.

    It must be told within the first month (GDPR art. 12(3)). The reason of an extension that the platform has already
    can be recorded later.

    Raises:
        UnnamedDeciderError, UnlistedReasonError: who decides, or why, isn't said in a word that can be recorded.
        ExtendedBeforeError: an extension is on record.
        TooLateToExtendError: the first month is over, or nobody knows when it began.
        IllegalMoveError: it isn't verified, or it is approved or over.
    """
    require_name(case, by)
    if reason not in answering.extensions:
        raise UnlistedReasonError(case.reference, "extended", answering.extensions)
    if case.record is not None and case.record.extended:
        raise ExtendedBeforeError(case.reference)
    received, told = case.request.received_at, case.request.extended_until is not None
    if received is None or case.due is None or (case.today > case.due and not told and case.is_open):
        raise TooLateToExtendError(case.reference, case.due)
    last = extended(received, Place.of(answering), case.paused)
    level(case, ledger)
    record(ledger, case.reference, case.request.right, "extended", by=by, reason=reason, due=last)
    return last


def refuse(case: Case, answering: Answering, ledger: Ledger, ground: str, by: str) -> Entry:
    """Put on record that ``case`` is refused as a whole, and on which ground in law.

    Raises:
        UnnamedDeciderError, UnlistedReasonError: who decides isn't said, or no such ground can refuse this right.
        NoHoldStandsError: the ground is a legal hold, and none stands over the person.
        IllegalMoveError: it is over.
    """
    require_name(case, by)
    of_right = {name for name, each in answering.grounds.items() if case.request.right in each.rights}
    if ground not in of_right:
        raise UnlistedReasonError(case.reference, "refused", of_right)
    if ground == LEGAL_HOLDS and not case.holds:
        raise NoHoldStandsError(case.reference)
    level(case, ledger)
    return record(
        ledger, case.reference, case.request.right, "refused", by=by, ground=ground, in_part=False,
        in_time=not case.late,
    )  # fmt: skip


def require_name(case: Case, by: str) -> None:
    """Who decides is named as an account is, not as the suite is: the ledger is read by all, and words can name people.

    Raises:
        UnnamedDeciderError: they aren't.
    """
    if not NAME.fullmatch(by) or by in NOBODY:
        raise UnnamedDeciderError(case.reference)
