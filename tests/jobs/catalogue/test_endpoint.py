"""A catalogue outside is told by HTTPS, if one is named; it holds no publication up, and no secret of it is shown."""

import json

import pytest

from jobs.catalogue.endpoint import TOKEN, URL, Endpoint, NotToldError, announce
from tests.listening import listening

RELEASE, SECRET = "feedback_topics", "s3cret-of-the-catalogue"


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A catalogue that keeps what it is told; ``answer`` is the status it gives."""
    with listening(tmp_path, monkeypatch) as server:
        server.url += "/api/v1/lineage"
        yield server


@pytest.fixture
def token(tmp_path, monkeypatch):
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    monkeypatch.setenv(TOKEN, f"file:{path}")
    return path


@pytest.fixture
def told(publish, promise, lake, ledger):
    """A function that publishes and tells, and gives the line that came of it."""
    publish(RELEASE)
    return lambda: announce(promise, promise.release(RELEASE), lake, ledger)


def test_nobody_is_told_unless_somebody_is_named(told, ledger):
    assert told() is None
    assert ledger.last("lineage_told") is None


def test_the_events_of_the_publication_arrive_with_the_token_and_it_is_on_record(
    told, catalogue, token, ledger, described, monkeypatch
):
    from jobs.catalogue.openlineage import run_events

    monkeypatch.setenv(URL, catalogue.url)
    assert told() == "lineage: the catalogue outside was told of 2 events"
    assert {bearer for bearer, _ in catalogue.told} == {f"Bearer {SECRET}"}
    assert [json.loads(body) for _, body in catalogue.told] == list(run_events(described(RELEASE)))
    entry = ledger.last("lineage_told")
    assert (entry["release"], entry["events"], entry["outcome"]) == (RELEASE, 2, "told")


@pytest.mark.parametrize("answer", [302, 403, 500])
def test_an_answer_that_takes_nothing_is_said_and_on_record_and_no_redirection_is_followed(
    told, catalogue, token, ledger, monkeypatch, answer
):
    catalogue.answer = answer
    monkeypatch.setenv(URL, catalogue.url)
    said = told()
    assert said.startswith(f"lineage: NOT told: the catalogue of IGNICLOUD_LINEAGE_URL answers with HTTP {answer}")
    assert ledger.last("lineage_told")["outcome"] == f"not told: it answers with HTTP {answer}"
    assert len(catalogue.told) == 1
    hidden = said + ledger.path.read_text()
    assert SECRET not in hidden
    assert "127.0.0.1" not in hidden


def test_a_catalogue_that_nobody_vouches_for_is_told_nothing(told, catalogue, token, ledger, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv(URL, catalogue.url)
    assert "can't be reached (SSLCertVerificationError)" in told()
    assert catalogue.told == []


def test_one_that_isn_t_there_holds_nothing_up(told, catalogue, ledger, monkeypatch):
    monkeypatch.setenv(URL, "https://127.0.0.1:9/lineage")
    assert "can't be reached (ConnectionRefusedError)" in told()
    assert ledger.last("lineage_told")["outcome"].startswith("not told")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/lineage", f"https://me:{SECRET}@127.0.0.1/", f"https://127.0.0.1/?key={SECRET}",
        f"https://127.0.0.1/#{SECRET}", "file:///etc/passwd", "https:///lineage", "127.0.0.1", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_more_or_less_than_one_of_https_is_refused_without_being_shown(
    told, ledger, monkeypatch, url
):
    monkeypatch.setenv(URL, url)
    said = told()
    assert "isn't named by an" in said
    assert url not in said + ledger.path.read_text()
    assert SECRET not in said + ledger.path.read_text()


@pytest.mark.parametrize("spoil", ["open", "gone", "empty", "two words", "unnamed"])
def test_a_token_that_others_may_read_or_that_is_none_is_not_sent(told, catalogue, token, monkeypatch, spoil):
    monkeypatch.setenv(URL, catalogue.url)
    if spoil == "open":
        token.chmod(0o644)
    elif spoil == "gone":
        token.unlink()
    elif spoil == "unnamed":
        monkeypatch.setenv(TOKEN, SECRET)
    else:
        token.write_text("" if spoil == "empty" else f"{SECRET} {SECRET}")
    said = told()
    assert "has a token" in said
    assert SECRET not in said
    assert catalogue.told == []


def test_neither_the_address_nor_the_token_is_in_what_python_shows_of_an_endpoint():
    shown = repr(Endpoint("https://catalogue.example/lineage", SECRET))
    assert SECRET not in shown
    assert "catalogue.example" not in shown
    assert SECRET not in str(NotToldError("answers with HTTP 403"))
