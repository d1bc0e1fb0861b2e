"""The platform lives: it has working hours, eager people, favourite modules and objects."""

import ipaddress
import unicodedata

import pytest

from policy import load


@pytest.fixture(scope="module")
def activity(tables, truth):
    """Every action that nobody planted."""
    planted = [
        event
        for kind in ("attacks", "more_attacks", "near_misses")
        for entry in truth[kind]
        for event in entry["event_ids"]
    ]
    return tables["activity"][~tables["activity"]["event_id"].isin(planted)]


def test_the_quietest_weekday_is_three_times_the_busiest_day_off(activity):
    day = activity["occurred_at"].dt.dayofweek.value_counts()
    assert day[[0, 1, 2, 3, 4]].min() > 3 * day[[5, 6]].max()


def test_people_work_by_day_and_have_lunch(activity):
    hour = activity["occurred_at"].dt.hour.value_counts()
    assert hour[9] > hour[12] > hour[20]
    assert hour.get(2, 0) < 0.05 * hour[9]


def test_a_tenth_of_the_people_does_a_third_of_the_work(activity):
    per_person = activity["user_id"].value_counts()
    assert per_person.head(len(per_person) // 10).sum() > len(activity) / 3


def test_a_session_mostly_stays_in_one_module(activity):
    sessions = activity.groupby("session_id")["module"].agg(["size", lambda modules: modules.value_counts().iloc[0]])
    sessions.columns = ["size", "favourite"]
    long = sessions[sessions["size"] >= 5]
    assert (long["favourite"] / long["size"]).mean() > 0.75


def test_objects_are_opened_again_and_belong_to_one_company(activity):
    objects = activity.dropna(subset="object_id").groupby("object_id")
    assert len(activity) > 2 * objects.ngroups
    assert objects["company_id"].nunique().max() == 1


def test_an_object_has_the_type_that_its_action_asks_for(activity):
    assert activity.groupby("action")["object_type"].nunique().max() == 1
    assert activity.dropna(subset="object_id").groupby("object_id")["object_type"].nunique().max() == 1


def test_some_networks_are_of_the_sixth_version(activity):
    versions = activity["ip"].dropna().map(lambda ip: ipaddress.ip_address(ip).version).value_counts(normalize=True)
    assert 0.01 < versions[6] < 0.3


def test_what_was_typed_names_an_account_exactly_when_it_is_one(tables):
    accounts = dict(zip(tables["professional_users"]["email"], tables["professional_users"]["user_id"], strict=True))
    events = tables["security_events"]
    named = events[events["kind"].isin(["login_ok", "login_failed"])]
    assert named["user_id"].where(named["user_id"].notna(), None).tolist() == [
        accounts.get(typed) for typed in named["attempted_login"]
    ]


def _plain(text):
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def test_a_keyword_finds_most_feedback_and_some_texts_are_about_nothing_of_ours(tables):
    topics = load().taxonomies.texts["feedback"].topics
    keywords = {word for languages in topics.values() for words in languages.values() for word in words}
    texts = tables["feedback"]["text"].dropna().map(_plain)
    found = texts.map(lambda text: any(word in text for word in keywords)).mean()
    assert 0.85 < found < 1
