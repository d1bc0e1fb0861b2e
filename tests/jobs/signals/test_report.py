"""The threat report is one page that asks for nothing outside itself and says what the findings say."""

import re
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.signals.errors import DayNotPublishedError
from jobs.signals.report import report, write_report
from jobs.signals.trial import trial
from tests.jobs.signals.small_events import token

DAY = date(2026, 3, 12)
TYPES = pa.schema([
    ("rule", pa.string()), ("level", pa.string()), ("technique", pa.string()),
    ("shared", pa.map_(pa.string(), pa.string())), ("first_seen", pa.timestamp("us", "UTC")),
    ("last_seen", pa.timestamp("us", "UTC")), ("continues", pa.bool_()), ("events", pa.int64()),
    ("distinct_values", pa.int64()), ("evidence", pa.list_(pa.string())), ("day", pa.date32()),
])  # fmt: skip


def finding(rule, level, hour, **more):
    seen = datetime(2026, 3, 12, hour, tzinfo=UTC)
    return {
        "rule": rule, "level": level, "technique": "T1110.001", "shared": [("actor", token("person", 1))],
        "first_seen": seen, "last_seen": seen, "continues": False, "events": 12, "distinct_values": None,
        "evidence": [token("event", 1)], "day": DAY, **more,
    }  # fmt: skip


@pytest.fixture
def page(lake, promise):
    rows = [
        finding("brute_force", "high", 3),
        finding("success_after_failures", "critical", 4),
        finding("new_network", "informational", 5),
        finding("a<b>rule", "low", 6),
    ]
    write_deltalake(lake.published("threat_signals"), pa.Table.from_pylist(rows, TYPES), partition_by=["day"])
    seen = [datetime(2026, 3, 12, 3, n, tzinfo=UTC) for n in range(3)]
    events = pa.table({
        "occurred_at": pa.array(seen, pa.timestamp("us", "UTC")), "ip": ["ip4_cbdefghi"] * 3, "kind": ["login_failed"] * 3,
        "attempted_login": [token("email", 1)] * 3, "day": pa.array([DAY] * 3, pa.date32()),
    })  # fmt: skip
    write_deltalake(lake.published("threat_events"), events, partition_by=["day"])
    return report(promise, DAY, lake)


def test_the_page_needs_no_network_and_no_script(page):
    assert not re.search(r"<script|<link|<img|url\(|\bsrc=|\bhref=|\bon\w+=|@import", page)
    assert "default-src 'none'" in page


def test_findings_stand_worst_first_with_evidence_and_what_to_do(page, promise):
    assert page.index("Success after many failures") < page.index("Brute force against one login")
    assert promise.detections.rules["brute_force"].advice[0] in page
    assert token("event", 1) in page
    assert "1 × <code>new_network</code>" in page


def test_names_are_written_as_text(page):
    assert "<b>rule" not in page
    assert "a&lt;b&gt;rule" in page


def test_networks_and_targets_are_counted_as_tokens(page):
    assert re.search(r"ip4_cbdefg<.*?>3<", page, re.DOTALL)
    assert token("email", 1) in page


def test_a_day_without_anything_has_a_page_too(lake, promise):
    assert "Nothing above informational" in report(promise, DAY, lake)


@pytest.mark.parametrize("day", [date(2026, 3, 13), date(2031, 1, 1), date(2026, 3, 11)])
def test_a_report_of_a_day_that_is_not_published_is_refused_and_says_which_are(page, lake, promise, day):
    with pytest.raises(DayNotPublishedError, match="published are 1 days, 2026-03-12 to 2026-03-12"):
        write_report(promise, day, lake)
    assert not list(lake.root.rglob("*.html"))


def test_a_report_of_a_published_day_is_written_again(page, lake, promise):
    assert write_report(promise, DAY, lake).read_text() == page


def test_a_rule_is_tried_on_published_days_only(lake, promise):
    with pytest.raises(DayNotPublishedError, match="no day is"):
        trial(promise, "brute_force", DAY, None, lake)
