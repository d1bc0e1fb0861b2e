"""Commands that give the key-encryption key, at their worst: in bounded time and memory, a key or a refusal."""

import time
from datetime import date

import pytest

from jobs.keys import kek
from jobs.keys.errors import KeyProviderError
from jobs.keys.kek import key_encryption_key
from jobs.keys.ring import Keyring

KEY = "0" * 64
TODAY = date(2026, 12, 1)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """A provider that runs these lines of a shell."""
    monkeypatch.setattr(kek, "TIMEOUT_SECONDS", 1)

    def write(body):
        script = tmp_path / "give"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o700)
        return f"command:{script}"

    return write


@pytest.mark.parametrize("body", ["sleep 60", "sleep 60 & sleep 60", "trap '' TERM INT; sleep 60; sleep 60", "yes >&2"])
def test_a_command_that_hangs_is_ended_with_all_that_it_started(command, tmp_path, body):
    alive = tmp_path / "alive"
    provider = command(f"(while :; do echo >> {alive}; sleep 0.1; done) >/dev/null &\n{body}")
    with pytest.raises(KeyProviderError, match="doesn't end within 1 seconds"):
        key_encryption_key(provider)
    time.sleep(0.3)
    lines = alive.read_bytes()
    time.sleep(0.5)
    assert alive.read_bytes() == lines


def test_a_command_that_prints_without_end_is_refused_at_once(command):
    with pytest.raises(KeyProviderError, match="prints more than a key"):
        key_encryption_key(command("yes"))


def test_a_command_that_answers_late_gives_the_key(command):
    assert key_encryption_key(command(f"sleep 0.3; printf {KEY[:30]}; sleep 0.3; echo {KEY[30:]}")) == bytes(32)


def test_nothing_is_wrapped_under_an_answer_that_is_not_given_again(command, tmp_path):
    provider = command(f"echo >> {tmp_path}/asked; printf '%064d' $(wc -l < {tmp_path}/asked)")
    ring = Keyring(tmp_path / "keyring.json", provider)
    with pytest.raises(KeyProviderError, match="answers differently"):
        ring.domain("threat", "2026-10-01", TODAY)
    assert not ring.path.exists()
