"""What the truth says is in the data, in the promised numbers, and nothing else looks like it.

The rules here are written again from the words of docs/signals.md, in pandas, so that they agree with the seed by
being right and not by being the same code.
"""

import ipaddress
from collections import Counter
from datetime import date

import pandas as pd
import pytest

from demo.hidden import LONG
from demo.vocabulary import RIGHTS
from policy.periods import add_months

PROMISED = {
    "brute_force": 6, "credential_stuffing": 2, "stolen_session": 3, "permission_burst": 2, "mass_download": 2,
    "malware_then_publication": 1,
}  # fmt: skip
ALSO = ("password_spraying", "success_after_failures", "csrf_burst", "closed_account", "new_network")


def _network(text):
    ip = ipaddress.ip_address(text)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))


def _most(events, by, window, different=None):
    """For each ``by``: the most events, or different values, in any ``window`` that begins with one of them."""
    most = {}
    for key, group in events.dropna(subset=by).groupby(by):
        times = group["occurred_at"]
        ends = times.searchsorted(times + pd.Timedelta(window), side="right")
        values = group[different].tolist() if different else range(len(group))
        most[key] = max(len(set(values[start:end])) for start, end in enumerate(ends))
    return pd.Series(most)


@pytest.fixture(scope="module")
def security(tables):
    """Security events with their networks."""
    events = tables["security_events"]
    return events.assign(network=[_network(ip) if ip else None for ip in events["ip"]])


@pytest.fixture(scope="module")
def failed(security):
    """Login failures."""
    return security[security["kind"] == "login_failed"]


def _expected(truth, attack, field):
    listed = [entry for kind in ("attacks", "more_attacks") for entry in truth[kind] if entry["attack"] == attack]
    found = [entry[field] for entry in listed]
    return {value for each in found for value in (each if isinstance(each, list) else [each])}


def test_the_promised_attacks_are_planted_and_one_of_each_other_kind(truth):
    assert Counter(entry["attack"] for entry in truth["attacks"]) == PROMISED
    assert Counter(entry["attack"] for entry in truth["more_attacks"]) == dict.fromkeys(ALSO, 1)


def test_every_rule_has_a_near_miss(truth):
    rules = {entry["attack"] for entry in truth["near_misses"]}
    assert rules == {*PROMISED, *ALSO} - {"password_spraying"}
    assert any("password_spraying" in entry.get("also", ()) for entry in truth["near_misses"])


@pytest.mark.parametrize("kind", ["attacks", "more_attacks", "near_misses"])
def test_what_the_truth_says_of_an_attack_is_what_the_tables_say(truth, tables, kind):
    events = pd.concat([tables["security_events"], tables["activity"]]).set_index("event_id")
    for entry in truth[kind]:
        rows = events.loc[entry["event_ids"]]
        assert len(rows) == entry["events"]
        assert str(rows["occurred_at"].min()) == entry["first_seen"]
        assert str(rows["occurred_at"].max()) == entry["last_seen"]
        assert set(rows["user_id"].dropna()) == set(entry["accounts"])
        assert set(rows["ip"].dropna()) == set(entry["ips"])
        assert {str(day) for day in rows["occurred_at"].dt.date} == {entry["day"]}


def test_the_attacks_are_spread_over_several_days(truth):
    assert len({entry["day"] for entry in truth["attacks"]}) >= 6


def test_brute_force_reaches_ten_in_ten_minutes_or_fifty_in_a_day(truth, failed):
    fast, slow = _most(failed, "attempted_login", "10min"), _most(failed, "attempted_login", "24h")
    reported = {*fast[fast >= 10].index, *slow[slow >= 50].index}
    assert reported == _expected(truth, "brute_force", "logins")


def test_spraying_reaches_forty_logins_from_one_network_in_a_day(truth, failed):
    logins = _most(failed, "network", "24h", different="attempted_login")
    expected = _expected(truth, "password_spraying", "network") | _expected(truth, "credential_stuffing", "network")
    assert set(logins[logins >= 40].index) == expected


def test_stuffing_reaches_fifty_logins_from_one_network_in_an_hour(truth, security):
    tried = security[security["kind"].isin(["login_ok", "login_failed"])]
    logins = _most(tried, "network", "1h", different="attempted_login")
    assert set(logins[logins >= 50].index) == _expected(truth, "credential_stuffing", "network")


def test_success_after_ten_failures_in_a_quarter_of_an_hour(truth, security):
    reported = set()
    for _, events in security.groupby("attempted_login"):
        times = events.loc[events["kind"] == "login_failed", "occurred_at"]
        for success in events[events["kind"] == "login_ok"].itertuples():
            if times.between(success.occurred_at - pd.Timedelta("15min"), success.occurred_at).sum() >= 10:
                reported.add(success.user_id)
    assert reported == _expected(truth, "success_after_failures", "accounts")


def test_a_csrf_burst_reaches_twenty_in_ten_minutes(truth, security):
    rejections = _most(security[security["kind"] == "csrf_rejected"], "user_id", "10min")
    assert set(rejections[rejections >= 20].index) == _expected(truth, "csrf_burst", "accounts")


def test_only_stolen_sessions_are_used_from_two_networks(truth, tables, security):
    used = tables["activity"].dropna(subset="ip")
    used = pd.concat([security, used.assign(network=used["ip"].map(_network))])
    networks = used.groupby("session_id")["network"].nunique()
    assert set(networks[networks > 1].index) == _expected(truth, "stolen_session", "session")


def test_a_permission_burst_reaches_twenty_in_half_an_hour(truth, tables):
    actions = tables["activity"]
    changes = _most(actions[actions["action"] == "change_permission"], "user_id", "30min")
    assert set(changes[changes >= 20].index) == _expected(truth, "permission_burst", "accounts")


def test_a_mass_download_reaches_a_hundred_documents_in_eight_hours(truth, tables):
    actions = tables["activity"].dropna(subset="object_id")
    taken = actions[actions["action"].isin(["open_document", "download_document"])]
    documents = _most(taken, "user_id", "8h", different="object_id")
    assert set(documents[documents >= 100].index) == _expected(truth, "mass_download", "accounts")


def test_one_malware_upload_is_followed_by_a_publication_within_an_hour(truth, tables):
    uploads = tables["security_events"].query("kind == 'malware_upload'")
    published = tables["activity"].query("action == 'publish_content'")
    both = uploads.merge(published, on="user_id")
    waited = both["occurred_at_y"] - both["occurred_at_x"]
    soon = both[(waited > pd.Timedelta(0)) & (waited <= pd.Timedelta("1h"))]
    assert set(soon["user_id"]) == _expected(truth, "malware_then_publication", "accounts")


def test_one_closed_account_goes_on(truth, tables):
    closed = tables["professional_users"].dropna(subset="closed_at")[["user_id", "closed_at"]]
    done = pd.concat([tables["security_events"], tables["activity"]]).merge(closed, on="user_id")
    after = done[done["occurred_at"] > pd.to_datetime(done["closed_at"])]
    assert set(after["user_id"]) == _expected(truth, "closed_account", "accounts")


def test_the_account_in_a_new_network_came_from_another_one_before(truth, security):
    [entry] = [entry for entry in truth["more_attacks"] if entry["attack"] == "new_network"]
    logins = security[(security["user_id"].isin(entry["accounts"])) & (security["kind"] == "login_ok")]
    assert len(set(logins["network"].iloc[:-1])) == 1
    assert logins["network"].iloc[-1] == entry["network"]


def test_nobody_attacked_has_asked_to_be_left_out(truth):
    asking = {request["user_id"] for request in truth["requests"]}
    assert asking.isdisjoint(account for entry in truth["attacks"] for account in entry["accounts"])


def test_hidden_identifiers_are_where_the_truth_says(truth, tables):
    keys = {"feedback": "feedback_id", "contacts": "contact_id"}
    for entry in truth["hidden"]:
        cells = tables[entry["table"]].set_index(keys.get(entry["table"], "event_id"))[entry["column"]]
        assert entry["value"] in cells[entry["id"]].replace("%40", "@")
    assert {entry["kind"] for entry in truth["hidden"]} == {"e-mail", "phone", "session", "name", "iban"}


def test_nothing_of_the_truth_is_in_the_database(two_weeks):
    content = two_weeks.read_bytes()
    for word in (*PROMISED, *ALSO, "near_miss", "planted"):
        assert word.encode() not in content


def test_people_type_anything_into_the_login_box(tables):
    typed = tables["security_events"]["attempted_login"]
    assert LONG in set(typed)
    assert typed.isna().any()
    assert (typed == "").any()
    for script in ("[α-ω]", "[а-я]", "[\u0627-\u064a]", "[\u4e00-\u9fff]", "[\U0001f300-\U0001faff]"):
        assert typed.dropna().str.contains(script).any()


def test_relationships_end_on_both_sides_of_eighteen_months(truth, tables):
    today = date.fromisoformat(truth["today"])
    ends = (
        tables["contracts"]
        .groupby("company_id")["ended_on"]
        .agg(lambda ended: None if ended.isna().any() else ended.max())
    )
    for entry in truth["relationships"]:
        if entry["case"] != "never had a contract" and entry["ended_on"]:
            assert ends[entry["company_id"]] == entry["ended_on"]
            assert entry["kept_today"] == (add_months(date.fromisoformat(entry["ended_on"]), 18) >= today)
    through = {entry["kept_through"] for entry in (*truth["relationships"], *truth["closures"])}
    assert {"2026-03-15", "2026-03-16", "2026-03-17"} <= through
    assert any(entry["case"] == "month end" for entry in truth["relationships"])


def test_cookies_are_on_both_sides_of_thirteen_months(truth, tables):
    visits = tables["cookies"].set_index("cookie_id")["first_visit_at"]
    for entry in truth["cookies"]:
        assert visits[entry["cookie_id"]][:10] == entry["first_visit_on"]
    assert [entry["kept_today"] for entry in truth["cookies"]] == [False, True, True]


def test_three_holds_of_which_one_is_lifted_and_one_over_somebody_who_asks_to_be_erased(truth, tables):
    assert [hold["stands"] for hold in truth["holds"]] == [True, True, False]
    assert tables["legal_holds"]["lifted_on"].isna().tolist() == [True, True, False, True]
    [held] = [entry for entry in truth["requests"] if entry["held"]]
    assert held["right"] == "erasure"
    assert tables["legal_holds"]["subject_id"].tolist()[3] == held["user_id"]


def test_forty_requests_of_all_seven_rights_some_unverified_some_late(truth, tables):
    requests = tables["subject_requests"].set_index("request_id")
    assert len(requests) == len(truth["requests"]) == 40
    assert set(requests["right"]) == set(RIGHTS)
    for entry in truth["requests"]:
        assert (requests.loc[entry["request_id"], "identity_verified_at"] is not None) == entry["verified"]
    assert sum(not entry["verified"] for entry in truth["requests"]) >= 3
    assert sum(entry["late"] for entry in truth["requests"]) >= 3
    assert requests["lifted_at"].notna().any()
    assert requests.groupby(["user_id", "right"]).size().max() == 2


def test_health_data_is_there_so_that_its_absence_elsewhere_means_something(tables):
    assert len(tables["end_user_health"]) > 100
