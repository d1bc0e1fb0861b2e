"""The Privacy console in the Airflow UI: who reads which page, and what never leaves it."""

import builtins
import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from policy.register import view_of
from tests.hostile import NAMES

PAGES = ("now", "promises", "requests", "releases", "ledger")
PATHS = {**{f"/{page}": page for page in PAGES}, "/releases/threat_events": "releases"}
ANY = ("/", "/style.css", "/refine.js")
PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "ignicloud_pages.py"
ROLES = {"viewer": None, "analyst": "security_analyst", "manager": "business_analyst", "engineer": "data_engineer",
         "officer": "privacy_officer"}  # fmt: skip
"""Who asks, and which role of the register theirs is; a viewer has none."""


@pytest.fixture
def console(ledger, airflow_database, monkeypatch):
    """The mounted application; a function that asks for a path as somebody, or as nobody."""
    from airflow.api_fastapi.core_api import security
    from fastapi.testclient import TestClient
    from ignicloud_airflow import console

    monkeypatch.setattr(console, "warm", lambda: None)
    served = console.app()
    ledger.append("published", release="threat_events", day="2026-03-12", run="r", version=1, rows=7, files=1)
    client = TestClient(served, follow_redirects=False)

    def ask(path, may=None):
        manager = SimpleNamespace(
            is_authorized_custom_view=lambda method, resource_name, user: resource_name in user.may
        )
        monkeypatch.setattr(security, "get_auth_manager", lambda: manager)
        if may is None:
            served.dependency_overrides.clear()
        else:
            views = {view_of(page) for page in may}
            served.dependency_overrides[security.get_user] = lambda: SimpleNamespace(name="somebody", may=views)
        return client.get(path)

    ask.app = served
    return ask


def may(promise, who):
    return promise.register.roles[ROLES[who]].pages if ROLES[who] else ()


def test_these_are_all_routes(console):
    assert {route.path for route in console.app.routes} == {*(f"/{page}" for page in PAGES), "/releases/{name}", *ANY}
    assert all(route.methods == {"GET"} for route in console.app.routes)


@pytest.mark.parametrize("path", [*PATHS, *ANY, "/releases/no_such", "/ledger?kind=published"])
def test_nobody_reads_anything(console, path):
    assert console(path).status_code == 401


@pytest.mark.parametrize("path", ["/now/", "/releases/threat_events/", "/style.css/"])
def test_nobody_is_led_from_an_address_that_is_none_to_one_by_the_servers_own_name(console, path):
    for asks in (None, PAGES):
        answer = console(path, asks)
        assert (answer.status_code, "location" in answer.headers) == (404, False)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("path", PATHS)
def test_the_register_decides_who_reads_which_page(console, promise, who, path):
    allowed = PATHS[path] in may(promise, who)
    assert console(path, may(promise, who)).status_code == (200 if allowed else 403)


def test_by_the_register_analysts_read_releases_engineers_no_requests_and_the_officer_all(promise):
    pages = {who: set(may(promise, who)) for who in ROLES}
    assert pages == {
        "viewer": set(), "analyst": {"releases"}, "manager": {"releases"}, "engineer": set(PAGES) - {"requests"},
        "officer": set(PAGES),
    }  # fmt: skip


@pytest.mark.parametrize("path", ANY)
@pytest.mark.parametrize("who", ROLES)
def test_whoever_reads_a_page_gets_what_it_loads_and_nobody_else_does(console, promise, who, path):
    assert (console(path, may(promise, who)).status_code == 403) == (who == "viewer")


def test_the_entry_in_the_navigation_leads_to_the_first_page_that_one_may_read(console, promise):
    assert console("/", may(promise, "officer")).headers["location"] == "now"
    assert console("/", may(promise, "analyst")).headers["location"] == "releases"


def test_a_page_names_no_page_that_its_reader_may_not_open(console, promise):
    html = console("/releases/threat_events", may(promise, "analyst")).text
    assert not {
        name for name in ("ledger", "requests", "promises", "now") if re.search(rf'href="(\.\./)?{name}\b', html)
    }


@pytest.mark.parametrize("path", [*PATHS, "/releases/no_such"])
def test_no_page_loads_runs_or_tells_anything_elsewhere(console, path):
    answer = console(path, PAGES)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.findall(r"(?:src|href|action)=\"(?:[a-z]+:|//)", answer.text)
    assert not re.findall(r"<script(?! src=\")|style=|\son[a-z]+=|javascript:", answer.text)


def test_the_script_and_the_style_name_no_host_and_write_no_markup(console):
    for path in ("/style.css", "/refine.js"):
        text = console(path, PAGES).text
        assert not re.findall(r"https?:|//[a-z]+\.|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)


@pytest.mark.parametrize("name", ["no_such", "..%2f..%2fledger", "partner_threat_events", "<script>"])
def test_a_release_that_no_contract_names_is_no_page(console, name):
    answer = console(f"/releases/{name}", PAGES)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_broken_policy_and_a_closed_ledger_are_said_and_take_no_other_page_away(console, monkeypatch):
    from ignicloud_airflow import console as plugin

    from policy.errors import InvalidPolicyFileError

    def broken():
        raise InvalidPolicyFileError("register.yaml", ["not a mapping"])

    monkeypatch.setattr(plugin.current, "promise", broken)
    answer = console("/now", PAGES)
    assert (answer.status_code, "register.yaml" in answer.text) == (503, True)
    monkeypatch.undo()
    monkeypatch.setattr("console.index.ledger_at", closed)
    answer = console("/now", PAGES)
    assert (answer.status_code, "mounted" in answer.text) == (503, True)


def test_a_policy_file_that_is_missing_is_named_and_not_its_folder(console, monkeypatch, tmp_path):
    from ignicloud_airflow import console as plugin

    import policy

    monkeypatch.setattr(plugin.current, "promise", lambda: policy.load(tmp_path))
    answer = console("/now", PAGES)
    assert (answer.status_code, "register.yaml" in answer.text or "sources.yaml" in answer.text) == (503, True)
    assert str(tmp_path) not in answer.text


def closed(_):
    raise PermissionError("closed")


def test_airflow_mounts_it_and_names_it_once_in_its_navigation(airflow_database):
    from airflow.plugins_manager import _get_ui_plugins, get_fastapi_plugins

    assert "/ignicloud-privacy" in [each["url_prefix"] for each in get_fastapi_plugins()[0]]
    views = [each for each in _get_ui_plugins()[0] if each["name"] == "Privacy"]
    assert [(each["href"], each["destination"]) for each in views] == [("ignicloud-privacy/", "nav")]


def test_airflow_and_the_other_pages_are_there_when_the_console_cant_be_loaded(airflow_database, monkeypatch):
    spec = importlib.util.spec_from_file_location("pages_again", PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    real = builtins.__import__

    def without_console(name, *rest):
        if name == "ignicloud_airflow.console":
            raise ImportError("no console")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_console)
    plugin = module.Ignicloud()
    assert [each["name"] for each in plugin.fastapi_apps] == ["Ignicloud"]
    assert plugin.external_views == []


class People:
    """As much of Airflow's sign-in as it takes to give and take permissions."""

    def __init__(self):
        self.may = {}

    def find_role(self, name):
        return name

    def create_permission(self, action, resource):
        return action, resource

    def add_permission_to_role(self, role, permission):
        self.may.setdefault(role, set()).add(permission)

    def remove_permission_from_role(self, role, permission):
        self.may.setdefault(role, set()).discard(permission)


def test_a_page_that_the_register_gives_to_nobody_any_more_is_taken_from_who_had_it(promise, monkeypatch):
    from cluster import first_start

    people, register = People(), promise.register
    first_start._let_read_pages(people)
    assert ("can_read", view_of("requests")) in people.may["PrivacyOfficer"]
    officer = register.roles["privacy_officer"].model_copy(update={"pages": ("now", "ledger")})
    changed = register.model_copy(update={"roles": {**register.roles, "privacy_officer": officer}})
    monkeypatch.setattr(first_start.policy, "load", lambda: SimpleNamespace(register=changed))
    first_start._let_read_pages(people)
    assert ("can_read", view_of("requests")) not in people.may["PrivacyOfficer"]
    assert ("can_read", view_of("requests")) in people.may["Admin"]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_an_address_says_is_a_page_or_none_and_steers_nothing(console, name):
    said = quote(NAMES[name].encode("utf-8", "surrogatepass"), safe="")
    fields = ("kind", "about", "day", "month", "reference", "entry", "before", "show", "other")
    asked = [f"/releases/{said}", f"/requests?show={said}", f"/{said}", f"/now?{said}={said}"]
    for path in (*asked, *(f"/ledger?{field}={said}" for field in fields)):
        answer = console(path, PAGES)
        assert answer.status_code in (200, 307, 404), path
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", answer.text), path
        assert len(answer.text) < 200_000, path
