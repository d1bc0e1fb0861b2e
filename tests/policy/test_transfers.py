"""The evidence of a transfer holds through its last day; then no copy leaves, and nights go on."""

from datetime import date, timedelta

import pytest

from jobs.night.export import export_release
from policy.errors import TransferRefusedError
from policy.periods import now
from policy.transfers import check_recipients, lapsed


def until(promise, day):
    """The promise with an end of the partner's evidence."""
    partner = promise.register.recipients["threat_partner"].model_copy(update={"valid_until": day})
    recipients = {**promise.register.recipients, "threat_partner": partner}
    return type(promise)(
        **{**vars(promise), "register": promise.register.model_copy(update={"recipients": recipients})}
    )


def test_evidence_holds_through_its_last_day_and_without_one_for_good(promise):
    partner = until(promise, date(2026, 3, 12)).register.recipients["threat_partner"]
    assert lapsed(partner, date(2026, 3, 12)) is None
    assert "held until 2026-03-12" in lapsed(partner, date(2026, 3, 13))
    assert lapsed(promise.register.recipients["threat_partner"], date.max) is None


def test_a_copy_is_refused_once_its_evidence_has_lapsed_and_the_register_stays_readable(promise, lake):
    late = until(promise, now().date() - timedelta(days=1))
    check_recipients(late.register)
    with pytest.raises(TransferRefusedError, match="held until"):
        export_release(late, "partner_threat_events", date(2026, 3, 12), None, lake)
