"""What a release says of itself: declared by its contract, observed on record, and neither a value nor a token of it."""

import json
from dataclasses import replace
from datetime import date

import pytest

from jobs.catalogue.model import as_json
from jobs.catalogue.origins import origins
from jobs.catalogue.pages import pages
from jobs.catalogue.wording import joins_with

DAY = date(2026, 3, 12)


def test_days_are_those_that_readers_see_now_newest_first(publish, described):
    for day, rows in ((date(2026, 3, 11), 4), (DAY, 7), (date(2026, 3, 11), 5)):
        publish("threat_events", day, rows)
    release = described("threat_events")
    assert [(day.day, day.rows) for day in release.days] == [(DAY, 7), (date(2026, 3, 11), 5)]
    assert release.rows == 12
    assert (release.days[0].rows_in, release.days[0].excluded) == (10, 3)
    assert release.leaves == date(2027, 4, 11), "13 months from the oldest day"


@pytest.mark.parametrize("name", ["service_statistics", "attack_statistics", "usage_profile"])
def test_of_anonymous_releases_no_count_of_the_source_is_told(night, name):
    assert [(day.rows_in, day.excluded, day.suppressed) for day in night[name].days] == [(None, None, None)]


def test_before_its_first_publication_a_release_says_what_it_will_be(described):
    release = described("threat_events")
    assert (release.days, release.version, release.verdict, release.leaves) == ((), None, None, None)
    assert len(release.columns) == 11


def test_a_column_that_said_nothing_is_told_by_its_name_and_no_number(publish, described):
    publish("activity_trail", silent=["new_permission"])
    release = described("activity_trail")
    assert [column.name for column in release.columns if column.blank] == ["new_permission"]
    assert release.column("new_permission").missing == "the action changed no permission"


def test_tokens_join_inside_their_domain_and_nowhere_else(night):
    assert night["threat_events"].column("session_id").joins_with == (
        "activity_trail.session_id", "threat_signals.shared",
    )  # fmt: skip
    assert night["threat_events"].column("attempted_login").joins_with == ("threat_signals.shared",)
    assert night["threat_events"].column("kind").joins_with == ()
    assert "nothing elsewhere" in night["threat_events"].column("actor").joins
    assert all(not column.joins_with for column in night["service_statistics"].columns)


def test_the_same_column_in_another_domain_is_nothing_to_join_with(promise):
    apart = promise.releases["activity_trail"].model_copy(update={"domain": "apart"})
    two = replace(promise, releases={**promise.releases, "activity_trail": apart})
    contract = two.releases["threat_events"]
    [session] = [output for output in contract.outputs if output.name == "session_id"]
    assert joins_with(two, contract, session) == ("threat_signals.shared",)


def test_every_published_column_is_made_of_something_or_by_the_release_itself(promise):
    alone = {
        (name, output.name)
        for name, contract in promise.releases.items()
        for output in contract.outputs
        if not origins(promise, contract, output)
    }
    assert {column for _, column in alone} == {"statistic", "shown", "as_of", "rule", "level", "technique"}


def test_whatever_a_contract_reads_of_a_column_is_in_the_lineage_or_decides(night, promise):
    for name, contract in promise.releases.items():
        release = night[name]
        made = {(o.dataset, o.column) for column in release.columns for o in (*column.origins, *release.decided_by)}
        read = {(source, column) for source in contract.inputs for column in contract.read_columns(source)}
        assert read - made == set(), name


def test_each_part_of_a_long_table_fills_its_own_columns(night):
    parts = {part.name: part for part in night["service_statistics"].parts}
    assert {"bought", "amount_eur"} <= set(parts["sales_by_service"].columns)
    assert "amount_eur" not in parts["contracts_by_service"].columns
    assert parts["contracts_by_service"].about.startswith("Rows of contracts that run, on the last day of each month")
    assert not night["threat_events"].parts


def test_the_key_of_a_long_table_tells_its_cells_apart_and_rows_of_people_have_none(night):
    assert night["feedback_topics"].key == ("day", "statistic", "topic")
    assert night["usage_profile"].key == night["threat_events"].key == ()


def test_the_model_goes_through_json_and_names_no_path(night, lake):
    for release in night.values():
        plain = json.loads(json.dumps(as_json(release)))
        assert plain["columns"][-1]["name"] == "day"
        assert plain["days"][0]["day"] == str(DAY)
        assert str(lake.root) not in json.dumps(plain)


def test_pages_are_the_same_for_the_same_contract_record_and_files(night, described, promise, ledger):
    contract = promise.release("threat_events")
    once, again = (
        pages(each, contract, ["a"], ledger) for each in (night["threat_events"], described("threat_events"))
    )
    assert once == again
    assert set(once) == {
        "datapackage.json", "_about/datasheet.md", "_about/release.json", "_about/contract.yaml",
        "_about/catalogue.jsonld", "_about/lineage.jsonl", "_about/index.html",
    }  # fmt: skip
    assert all(once.values())


def test_no_page_names_a_folder_or_a_host_of_this_machine(night, promise, ledger, lake):
    import socket

    for name, release in night.items():
        for page, text in pages(release, promise.release(name), [], ledger).items():
            assert str(lake.root) not in text, page
            assert f"//{socket.gethostname()}" not in text, page
            assert "file://" not in text, page


def test_a_data_package_says_rows_days_key_version_and_terms(night, promise):
    from jobs.catalogue.frictionless import datapackage

    package = datapackage(night["feedback_topics"], ["day=2026-03-12/a"])
    [resource] = package["resources"]
    assert (resource["rows"], resource["days"], package["version"]) == (7, {"2026-03-12": 7}, "1")
    assert resource["schema"]["primaryKey"] == ["day", "statistic", "topic"]
    assert package["licenses"][0]["title"] == promise.register.terms.anonymised
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert fields["row_count"]["description"] == "rows of the source in the cell; null: the cell is hidden"
    assert fields["topic"]["constraints"]["required"] is True


def test_a_long_table_s_groups_may_be_null_and_its_data_package_says_so(night):
    from jobs.catalogue.frictionless import datapackage

    [resource] = datapackage(night["service_statistics"], [])["resources"]
    assert resource["schema"]["uniqueKeys"][0][:2] == ["day", "statistic"]
    assert "primaryKey" not in resource["schema"]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert "required" not in fields["bought"]["constraints"]
    assert fields["amount_eur"]["unit"] == "EUR"
