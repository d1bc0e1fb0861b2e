"""A run whose day was extracted before somebody's wish was approved is published no more."""

from datetime import date

import pytest

from jobs.gate.left_in import LeftOutSinceError, require_nobody_left_out

DAY, RELEASE, REFERENCE = date(2026, 3, 12), "threat_events", "a" * 16


@pytest.fixture
def staged(lake):
    return lake.private(lake.staged(RELEASE, "run"))


def extracted(ledger, day=DAY):
    ledger.append("extracted", source="activity", day=day, rows=1, columns=["x"])


def approved(ledger, right):
    ledger.append("request_approved", reference=REFERENCE, right=right, by="officer")


@pytest.mark.parametrize("right", ["restriction", "objection", "consent_withdrawal"])
def test_a_run_of_rows_that_were_taken_before_a_wish_was_approved_goes(promise, lake, ledger, staged, right):
    extracted(ledger)
    approved(ledger, right)
    extracted(ledger, date(2026, 3, 11))
    with pytest.raises(LeftOutSinceError, match="extract the day again"):
        require_nobody_left_out(promise.release(RELEASE), lake, staged, DAY)
    assert not staged.exists()


def test_a_run_of_rows_that_were_taken_since_stays_and_so_does_one_of_anonymous_numbers(promise, lake, ledger, staged):
    approved(ledger, "restriction")
    with pytest.raises(LeftOutSinceError):
        require_nobody_left_out(promise.release(RELEASE), lake, staged, DAY)
    lake.private(staged)
    require_nobody_left_out(promise.release("service_statistics"), lake, staged, DAY)
    extracted(ledger)
    approved(ledger, "access")
    require_nobody_left_out(promise.release(RELEASE), lake, staged, DAY)
    assert staged.exists()
