"""What is published is measured: what a row gives away, what a contract allows, what the record and the page say."""

import re
from argparse import Namespace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.anonymity.counts import Counts
from jobs.anonymity.unicity import Unicity
from jobs.assurance.losses import Lost, lost
from jobs.assurance.moments import cuts_of, moments
from jobs.assurance.risk import Measured, RiskOverLimitError, promised
from jobs.assurance.risk_page import risk_page
from jobs.catalogue.datasheet import datasheet
from jobs.catalogue.describe import describe
from jobs.catalogue.record import Record
from jobs.cli import risk as command
from jobs.lake.tables import open_table, replace_days
from policy.risk import Knowledge

RELEASE, DAYS = "threat_events", (date(2026, 3, 30), date(2026, 4, 1))
ANA, BEN, CLO = (f"usr_{letter * 32}" for letter in "bcd")
OF_ANA, SAME_NETWORK = "ip4_bbbbbbcc", "ip4_bbbbbbdd"


def event(actor, at, ip=OF_ANA, kind="login_ok"):
    return {
        "actor": actor,
        "occurred_at": datetime.fromisoformat(at),
        "ip": ip,
        "kind": kind,
        "day": date.fromisoformat(at[:10]),
    }


ROWS = [
    event(ANA, "2026-03-30T08:00"), event(ANA, "2026-04-01T08:00"),
    event(BEN, "2026-03-30T08:00", SAME_NETWORK), event(BEN, "2026-04-01T09:00", SAME_NETWORK),
    event(CLO, "2026-03-30T10:00", "ip6_" + "b" * 32), event(CLO, "2026-04-01T08:00"),
    event(None, "2026-04-01T11:00"),
]  # fmt: skip
"""On the first day Ana and Ben log in within one minute, on the second, which is of another epoch, Ana and Clo."""


@pytest.fixture
def contract(promise):
    return promise.release(RELEASE)


@pytest.fixture
def published(lake, contract):
    """Both days, as they are published."""
    folder = lake.shared(lake.published(RELEASE))
    types = {"timestamp": pa.timestamp("us", tz="UTC")}
    schema = pa.schema({name: types.get(kind, pa.string()) for name, kind in contract.output_schema.items()})
    files = {}
    for day in DAYS:
        path = Path(f"day={day}") / "night-part-00000.parquet"
        lake.shared((folder / path).parent)
        rows = [
            dict.fromkeys(schema.names) | {n: c for n, c in row.items() if n != "day"}
            for row in ROWS
            if row["day"] == day
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / path)
        files[path] = len(rows)
    replace_days(open_table(folder, contract), DAYS, files, {"run": "night"})
    return folder


def test_a_point_is_a_moment_and_its_words_and_of_an_address_the_network(spark, contract):
    local = "actor string, occurred_at timestamp_ntz, ip string, kind string, day date"
    rows = spark.createDataFrame([tuple(row.values()) for row in ROWS], local)
    rows = rows.withColumn("occurred_at", rows["occurred_at"].cast("timestamp"))
    made = {tuple(row) for row in moments(rows, contract, DAYS).collect()}
    seconds = int(datetime.fromisoformat("2026-03-30T00:00+00:00").timestamp())
    assert ("2026-01-01", "moments", ANA, seconds + 8 * 3600, "\x1flogin_ok") in made
    assert {("2026-01-01", "networks", who, seconds, "\x1fip4_bbbbbb") for who in (ANA, BEN)} <= made
    assert ("2026-01-01", "networks", CLO, seconds, "\x1fip6_" + "b" * 16) in made
    assert {row[0] for row in made} == {"2026-01-01", "2026-04-01"}, "each day in the epoch of its key"


def test_only_what_would_be_coarser_than_the_contract_is_tried(contract):
    assert cuts_of(contract) == {"moments": (5, 15, 60, 1440), "networks": ()}
    rule = contract.columns["occurred_at"].model_copy(update={"to": "hour"})
    hourly = contract.model_copy(update={"columns": {**contract.columns, "occurred_at": rule}})
    assert cuts_of(hourly) == {"moments": (1440,), "networks": ()}


@pytest.fixture
def measured(published, spark, lake, monkeypatch, capsys):
    """Runs ``risk`` over the lake; what it printed."""
    from jobs.spark import session

    monkeypatch.setattr(session, "spark", lambda app: spark)

    def run(promise=None):
        if promise is not None:
            monkeypatch.setattr("policy.load", lambda: promise)
        command.run(Namespace(table=None, quasi=(), day=None), lake)
        return capsys.readouterr().out

    return run


def test_a_release_is_measured_recorded_drawn_and_said_on_its_datasheet(measured, promise, lake, ledger, contract):
    said = measured()
    assert "since 2026-01-01, moments known of 3 tokens single out 1: 33.3%, 2: 33.3%" in said
    assert "since 2026-04-01, moments known of 3 tokens single out 1: 33.3%" in said
    entry = ledger.last("risk_measured", release=RELEASE)
    assert (entry["rows"], entry["over"]) == (7, 0)
    [day] = [
        u
        for u in entry["unicity"]
        if (u["epoch"], u["cut"], u["points"]) == ("2026-01-01", 1440, 1) and u["points_of"] == "moments"
    ]
    assert (day["share"], day["tokens"], day["undecided"]) == (0, 3, 0), "on one day all log in"
    page = (lake.data_docs("risk") / "releases.html").read_text()
    sheet = datasheet(describe(promise, contract, lake, ledger), contract, Record(contract.release, ledger))
    assert "moments (occurred_at, kind) known of somebody" in sheet
    assert "since 2026-04-01: 1 of them 33.3%" in sheet
    assert not re.search(r"usr_|ip[46]_", page + sheet.split("## Limits")[1] + said + ledger.path.read_text())


def test_what_is_over_a_limit_of_the_contract_is_red_once_all_is_on_record(measured, promise, lake, ledger, contract):
    points = {**contract.risk.points, "moments": Knowledge(know=("occurred_at", "kind"), at_most={1: 0.4, 2: 0.3})}
    risk = contract.risk.model_copy(update={"points": points})
    strict = promise.__class__(
        promise.register, promise.sources, promise.taxonomies,
        {**promise.releases, RELEASE: contract.model_copy(update={"risk": risk})}, promise.exports, promise.detections,
    )  # fmt: skip
    with pytest.raises(RiskOverLimitError, match=rf"{RELEASE}: 2 moments single out 33.3%.*{contract.owner}") as caught:
        measured(strict)
    assert "1 moments" not in str(caught.value)
    assert ledger.last("risk_measured", release=RELEASE)["over"] == 2, "in both epochs"
    assert "over its limit" in (lake.data_docs("risk") / "releases.html").read_text()


# -- the page -------------------------------------------------------------------------------------


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.said, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "circle", "polyline", "rect", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.said.append(data)


def of(kind, cut, shares, epoch="2026-01-01"):
    return [Unicity(epoch, kind, cut, n, 1_385, share, 0.0, 0.1, 0.001) for n, share in enumerate(shares, 1)]


@pytest.fixture
def page(promise):
    releases = promise.releases
    found = (
        *of("moments", 0, (0.74, 0.97, 0.998, 1)),
        *of("moments", 60, (0.004, 0.36, 0.59, 0.65)),
        *of("networks", 0, (0.9, 1, 1, 1)),
    )
    made = [
        Measured(releases[RELEASE], DAYS[0], 15_259, found, lost=(Lost("rows suppressed", 0.0),)),
        Measured(releases["usage_profile"], DAYS[0], 20, classes=Counts({8: 1, 12: 1})),
        *(
            Measured(releases[name], DAYS[0], 9, promised=promised(releases[name]))
            for name in ("service_statistics", "attack_statistics")
        ),
    ]
    words = Words()
    words.feed(text := risk_page(promise, made, DAYS[0]))
    assert words.open == []
    return text, " ".join(" ".join(words.said).replace("\xa0", " ").split()), words.tags


def test_the_page_says_in_words_what_its_drawings_show(page):
    _, said, tags = page
    assert "74 % are singled out by one point of theirs, 97 % , over 99 % and 100 % by two, three and four" in said
    assert "With times cut to the hour the same knowledge would single out under 1 %, 36 %, 59 % and 65 %" in said
    assert "the smallest has 8 rows (k), 0 rows are alone" in said
    assert "nobody's odds on it get better by more than" in said
    assert sum(tag == "svg" and "aria-label" in attrs for tag, attrs in tags) == 3


def test_the_page_needs_no_script_and_no_network(page):
    text, _, tags = page
    assert not [tag for tag, _ in tags if tag in ("script", "link", "img", "iframe")]
    assert "http" not in text.replace("http-equiv", "")


def test_drawn_heights_are_the_shares(page):
    lines = [attrs["points"].split() for tag, attrs in page[2] if tag == "polyline"]
    heights = {round(float(y), 1) for points in lines for y in (point.split(",")[1] for point in points)}
    assert {12.0, round(12 + 0.26 * 184, 1), round(12 + 0.35 * 184, 1)} <= heights  # 100 %, 74 %, 65 %


# -- utility --------------------------------------------------------------------------------------


def test_what_was_lost_is_counted_over_the_nights_as_they_were_published_last(promise, ledger, contract):
    def night(day, run, excluded, silent=()):
        ledger.append("protected", release=RELEASE, day=day, run=run, rows_in=100, rows_out=100 - excluded, suppressed=0,
                      excluded=excluded, silent=silent)  # fmt: skip
        ledger.append("published", release=RELEASE, day=day, run=run, version=1, rows=100 - excluded, files=1)

    night("2026-03-11", "a", 50)
    night("2026-03-11", "b", 10)
    night("2026-03-12", "c", 0, ["route"])
    found = {each.what: each.share for each in lost(contract, ledger)}
    assert found["rows of people who objected or are restricted"] == 0.05
    assert found["nights in which route is null, other or unknown in nearly every row"] == 0.5
    assert "occurred_at is cut to the minute" in found


def test_hidden_cells_and_noise_are_losses_too(promise, ledger):
    for day, hidden, percent in (("2026-03-11", 2, 4), ("2026-03-12", 4, None)):
        losses = [{"statistic": "topics", "cells": 10, "hidden": hidden, "percent": percent}]
        ledger.append("protected", release="feedback_topics", day=day, run="r", losses=losses)
        ledger.append("published", release="feedback_topics", day=day, run="r", version=1, rows=10, files=1)
    assert lost(promise.release("feedback_topics"), ledger) == (
        Lost("topics: cells that are hidden, and 4 % of the rows are in no cell that shows its day", 0.3),
    )
    noisy = [each.what for each in lost(promise.release("attack_statistics"), ledger)]
    assert noisy[0] == "accounts: every number is within 63 of the bounded count, 19 times of 20"


def test_of_microdata_the_suppressed_are_known_at_most_and_nobody_is_told_of_the_excluded(promise, ledger):
    cost = {"metric": "certainty_penalty"}
    ledger.append("protected", release="usage_profile", day="2026-03-31", run="r", rows_in=90, rows_out=90, suppressed=10,
                  excluded=None, cost=cost)  # fmt: skip
    ledger.append("published", release="usage_profile", day="2026-03-31", run="r", version=1, rows=90, files=1)
    assert lost(promise.release("usage_profile"), ledger) == (Lost("rows suppressed, at most", 0.1),)
