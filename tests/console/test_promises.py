"""Promises, requests and the ledger's page: what is kept, until when, and how that is known."""

from datetime import UTC, date, datetime

import pytest

from console import browse, links, promises, requests
from console.epochs import timeline
from console.keeping import calendar
from jobs.lake.kinds import KINDS
from jobs.rights.requests.request import OVER, STATE_OF
from tests.console.years import HASH

NOW, TODAY = datetime(2026, 3, 13, 5, tzinfo=UTC), date(2026, 3, 13)
KEY = {"kind": "key_opened", "domain": "threat", "epoch": "2026-01-01", "fingerprint": "ab"}


def test_each_clause_has_its_newest_evidence_or_says_that_there_is_none(told, promise):
    with told(
        {"kind": "extracted", "source": "activity", "day": "2026-03-11"}, {"kind": "extracted", "source": "contacts"}
    ) as known:
        kept = {each.obligation.clauses[0]: each for each in promises.page(promise, known, NOW).kept}
    assert [entry.line for entry in kept["1.3"].evidence] == [2]
    assert (kept["6.2"].evidence, kept["6.2"].unseen) == ((), ("exported",))
    assert kept["5.1"].state == "in part"
    assert len(kept) == len(promise.register.obligations)


def test_the_register_names_kinds_that_the_ledger_has_as_evidence_of_every_obligation(promise):
    named = [set(obligation.recorded) for obligation in promise.register.obligations]
    assert all(named)
    assert set().union(*named) <= KINDS.keys()


def test_an_obligation_whose_place_is_gone_is_broken(told, promise):
    first, *rest = promise.register.obligations
    gone = first.model_copy(update={"enforced": ("jobs/night/extract.py::no_such_function",)})
    register = promise.register.model_copy(update={"obligations": (gone, *rest)})
    with told() as known:
        page = promises.page(type(promise)(**{**vars(promise), "register": register}), known, NOW)
    assert [each.state for each in page.kept][:2] == ["broken", "enforced"]


def test_what_the_policy_files_lack_is_red_and_named(told, promise):
    source, *_ = (name for name, each in promise.sources.items() if each.rhythm != "never")
    column, *_ = promise.sources[source].columns
    silent = promise.sources[source].columns[column].model_copy(update={"means": ""})
    changed = promise.sources[source].model_copy(
        update={"columns": {**promise.sources[source].columns, column: silent}}
    )
    lacking = type(promise)(**{**vars(promise), "sources": {**promise.sources, source: changed}})
    with told() as known:
        red = [each for each in promises.page(lacking, known, NOW).coverage if each.is_red]
        assert f"{source}.{column} has no" in str(red[0].missing)
        assert not any(each.is_red for each in promises.page(promise, known, NOW).coverage)


def test_a_key_has_the_state_that_was_recorded_last(told, promise):
    told_of = (KEY, KEY | {"epoch": "2026-04-01"}, KEY | {"kind": "key_retired"}, KEY | {"kind": "key_destroyed"})
    with told(*told_of) as known:
        [(domain, epochs)] = timeline(promise, known, TODAY).domains
    assert domain == "threat"
    assert [(each.name, each.state, each.ends) for each in epochs] == [
        ("2026-01-01", "destroyed", date(2026, 4, 1)), ("2026-04-01", "open", date(2026, 7, 1)),
    ]  # fmt: skip


def test_the_calendar_names_the_days_whose_last_one_is_within_ninety_days(told, promise):
    """threat_events stays thirteen months: 13 February 2025 through 13 March 2026, 11 May 2025 through 11 June."""
    days = ("2025-02-12", "2025-02-13", "2025-05-11", "2025-05-12")
    with told(*({"kind": "published", "release": "threat_events", "day": day, "rows": 7} for day in days)) as known:
        endings = calendar(promise, known, TODAY).endings
    assert [(each.month, each.days, each.rows, str(each.first)) for each in endings] == [
        ("2026-03", 1, 7, "2026-03-13"), ("2026-06", 1, 7, "2026-06-11"),
    ]  # fmt: skip


def test_what_went_in_a_month_is_counted_with_its_proofs(told, promise):
    at = {"at": "2026-03-02T05:00:00.000+00:00"}
    gone = ({"kind": "rows_expired", "rows": 40}, {"kind": "rows_expired", "rows": 2}, {"kind": "rows_erased", "rows": 5},
            {"kind": "expiry_proved", "receipt": HASH}, {"kind": "cleaned", "source": "activity"})  # fmt: skip
    with told(
        *(each | at for each in gone), {"kind": "rows_expired", "rows": 9, "at": "2026-02-02T05:00:00+00:00"}
    ) as known:
        march, february = calendar(promise, known, TODAY).went
    assert (march.month, march.expired, march.expiry_proofs, march.erased, march.copies) == ("2026-03", 42, 1, 5, 1)
    assert (february.month, february.expired) == ("2026-02", 9)


def test_risk_is_the_largest_share_of_what_is_published_with_its_trend(told, promise):
    def measured(day, *shares):
        points = [{"points_of": "moments", "points": 1 + n, "cut": 0, "share": share} for n, share in enumerate(shares)]
        cut = {"points_of": "moments", "points": 3, "cut": 60, "share": 0.99}
        return {"kind": "risk_measured", "release": "threat_events", "day": day, "over": 1, "unicity": [*points, cut]}

    with told(measured("2026-03-01", 0.5, 0.7), measured("2026-03-08", 0.6, 0.8)) as known:
        [risk] = promises.page(promise, known, NOW).risks
    assert (risk.share, risk.over, risk.trend) == (0.8, 1, (("2026-03-01", 0.7), ("2026-03-08", 0.8)))
    assert risk.asked == "2 moments known of a person"


def test_requests_have_the_states_that_the_suite_has():
    assert {kind: state.replace("_", " ") for kind, state in STATE_OF.items()} == requests.STATES
    assert requests.OVER == OVER


def test_open_requests_come_first_due_first_and_late_answers_are_counted(told):
    def asked(reference, right, due, *after):
        named = {"reference": reference * 16, "right": right}
        return [
            named | {"kind": "request_received", "received": "2026-02-01", "due": due},
            *(named | each for each in after),
        ]

    late = {"kind": "request_done", "in_time": False}
    longer = {"kind": "request_extended", "due": "2026-05-04", "reason": "number"}
    with told(*asked("a", "access", "2026-03-01", longer), *asked("b", "erasure", "2026-03-20"), *asked("c", "access", "2026-03-02"),
              *asked("d", "access", "2026-03-02", late)) as known:  # fmt: skip
        page = requests.page(known, TODAY, only_open=False)
    assert [(each.reference[0], each.days_left(TODAY)) for each in page.shown] == [
        ("c", -11),
        ("b", 7),
        ("a", 52),
        ("d", None),
    ]
    assert (page.open, page.late, page.soon, page.over, page.late_answers) == (3, 1, 1, 1, 1)
    assert page.rights == (("access", 2, 1), ("erasure", 1, 0))


def test_the_ledger_is_filtered_and_paged_by_what_its_address_says(told):
    entries = [{"kind": "cleaned", "source": f"s{number % 2}", "day": "2026-03-12"} for number in range(250)]
    with told(*entries, {"kind": "extracted", "source": "s0"}) as known:
        first = browse.page(known, {"kind": "cleaned", "about": "s0"})
        second = browse.page(known, {"kind": "cleaned", "about": "s0", "before": str(first.entries[-1].line)})
        one = browse.page(known, {"entry": "251"})
    assert (first.found, len(first.entries), len(second.entries), second.older) == (125, 100, 25, None)
    assert first.older == "ledger?kind=cleaned&about=s0&before=51"
    assert [entry.kind for entry in one.entries] == ["extracted"]


@pytest.mark.parametrize(
    "value", ["jo@firm.example", "../../x", "A", "1; DROP TABLE entries", "x" * 99, "%00", "threat events"]
)
@pytest.mark.parametrize("name", ["kind", "about", "day", "month", "reference", "entry", "before"])
def test_what_isnt_a_name_a_day_or_a_number_is_neither_asked_for_nor_said_again(told, name, value):
    with told({"kind": "cleaned"}) as known:
        page = browse.page(known, {name: value})
    assert (page.unread, page.asked, page.found) == ((name,), {}, 1)
    assert value not in str(page)
    assert links.ledger(**{name: value}) == "ledger"
