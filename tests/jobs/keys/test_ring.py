"""The keyring: what it opens, what it refuses, and that each refusal has a name of its own."""

import base64
import hashlib
import json
import os
from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from jobs.keys.errors import (
    DestroyedEpochError,
    EditedKeyringError,
    FutureEpochError,
    KeyFilePermissionsError,
    KeyProviderError,
    KeyringFormatError,
    LostKeyError,
    NoKeyringError,
    RetiredEpochError,
    TruncatedKeyringError,
    WrongKeyEncryptionKeyError,
)
from jobs.keys.field_keys import field_key
from jobs.keys.ring import Keyring
from jobs.treatments.normalise import SUITE

TODAY = date(2026, 11, 24)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@pytest.fixture
def ring(tmp_path):
    return Keyring(tmp_path / "keyring.json", f"file:{tmp_path / 'kek'}")


def rewrite(ring, change):
    content = json.loads(ring.path.read_text())
    change(content)
    ring.path.write_text(json.dumps(content))


def test_an_epoch_is_opened_once_and_found_again(ring):
    first = ring.domain("threat", "2026-10-01", TODAY).field_key("person")
    assert ring.domain("threat", "2026-10-01", TODAY).field_key("person") == first
    assert [entry.state for entry in ring.entries()] == ["active"]


def test_domains_epochs_and_classes_have_unrelated_keys(ring):
    keys = {
        ring.domain(domain, epoch, TODAY).field_key(identifier)
        for domain in ("threat", "other")
        for epoch in ("2026-07-01", "2026-10-01")
        for identifier in ("person", "company")
    }
    assert len(keys) == 8


def test_files_are_closed_to_others_and_nothing_is_readable_in_them(ring):
    key = ring.domain("threat", "2026-10-01", TODAY)
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert key._data_key.hex() not in ring.path.read_text()
    assert key._data_key.hex() not in repr(key)


def test_a_future_epoch_means_a_wrong_clock(ring):
    with pytest.raises(FutureEpochError, match="clock"):
        ring.domain("threat", "2027-01-01", TODAY)


@pytest.fixture
def other(tmp_path):
    """Another key-encryption key, in a file of its own."""
    path = tmp_path / "other"
    os.close(os.open(path, os.O_CREAT, 0o600))
    path.write_bytes(bytes(range(32)))
    return f"file:{path}"


def test_another_key_encryption_key_is_named_as_such(ring, other):
    ring.domain("threat", "2026-10-01", TODAY)
    with pytest.raises(WrongKeyEncryptionKeyError):
        Keyring(ring.path, other).domain("threat", "2026-10-01", TODAY)


def test_a_new_epoch_is_never_wrapped_under_another_key_than_the_old_ones(ring, other):
    ring.domain("threat", "2026-07-01", TODAY)
    with pytest.raises(WrongKeyEncryptionKeyError):
        Keyring(ring.path, other).domain("threat", "2026-10-01", TODAY)
    assert len(ring.entries()) == 1


@pytest.mark.parametrize("field", ["wrapped", "nonce", "epoch", "fingerprint", "suite"])
def test_an_edited_entry_is_told_from_a_wrong_key(ring, field):
    ring.domain("threat", "2026-07-01", TODAY)
    ring.domain("threat", "2026-10-01", TODAY)
    values = {"epoch": "2026-01-01", "fingerprint": "0" * 16, "suite": 1}
    rewrite(ring, lambda c: c["keys"][0].update({field: values.get(field, c["keys"][1][field])}))
    with pytest.raises(EditedKeyringError):
        ring.verify()


def test_a_truncated_file_never_starts_a_new_keyring(ring):
    ring.domain("threat", "2026-10-01", TODAY)
    ring.path.write_text(ring.path.read_text()[:50])
    with pytest.raises(TruncatedKeyringError):
        ring.domain("threat", "2026-10-01", TODAY)


def test_another_format_is_refused(ring):
    ring.domain("threat", "2026-10-01", TODAY)
    rewrite(ring, lambda c: c.update(format=0))
    with pytest.raises(KeyringFormatError):
        ring.entries()


def first_format(path, kek, epochs):
    """A keyring as it was written before suites had a number: AES-256-GCM over ``keyring/1``, by hand."""
    entries = []
    for epoch in epochs:
        key, bound = bytes(range(32)), f"keyring/1\0threat\0{epoch}\0".encode()
        entries.append({
            "domain": "threat", "epoch": epoch, "created": "2026-01-01T00:00:00+00:00", "retired": None, "destroyed": None,
            "fingerprint": hashlib.sha256(b"fingerprint\0" + key).hexdigest()[:16], "nonce": "00" * 12,
            "wrapped": AESGCM(kek).encrypt(bytes(12), key, bound).hex(),
        })  # fmt: skip
    path.write_text(json.dumps({"format": 1, "keys": entries}))
    path.chmod(0o600)


@pytest.fixture
def old_ring(ring, tmp_path):
    """A keyring of the first format with one running epoch."""
    (tmp_path / "kek").write_text(bytes(32).hex())
    (tmp_path / "kek").chmod(0o600)
    first_format(ring.path, bytes(32), ["2026-07-01"])
    return ring


def test_a_running_epoch_stays_under_the_suite_that_opened_it_and_the_next_has_todays(old_ring):
    assert old_ring.domain("threat", "2026-07-01", TODAY).suite == 1
    assert old_ring.domain("threat", "2026-10-01", TODAY).suite == SUITE == 2
    assert [(entry.epoch, entry.suite) for entry in old_ring.entries()] == [("2026-07-01", 1), ("2026-10-01", 2)]


def test_an_epoch_of_the_first_suite_has_the_key_that_it_always_had(old_ring):
    key = HKDF(SHA256(), 32, None, b"ignicloud/1\0threat\x002026-07-01\0person\0").derive(bytes(range(32)))
    assert old_ring.domain("threat", "2026-07-01", TODAY).field_key("person") == key


def test_rewrapping_and_retiring_keep_an_epochs_suite(old_ring, tmp_path):
    before = old_ring.domain("threat", "2026-07-01", TODAY).field_key("person")
    old_ring.rewrap(f"file:{tmp_path / 'new'}")
    old_ring.retire("threat", "2026-07-01")
    after = old_ring.domain("threat", "2026-07-01", TODAY)
    assert (after.suite, after.field_key("person")) == (1, before)


def test_the_suite_is_part_of_the_derivation():
    one, two = (field_key(bytes(32), "threat", "2026-10-01", "person", suite) for suite in (1, 2))
    assert one != two


def test_a_suite_that_this_version_does_not_know_is_refused(ring):
    ring.domain("threat", "2026-10-01", TODAY)
    rewrite(ring, lambda c: c["keys"][0].update(suite=3))
    with pytest.raises(KeyringFormatError, match="version of the suite"):
        ring.domain("threat", "2026-10-01", TODAY)


@pytest.mark.parametrize("name", ["keyring.json", "kek"])
def test_key_files_that_others_may_read_are_refused(ring, tmp_path, name):
    ring.domain("threat", "2026-10-01", TODAY)
    (tmp_path / name).chmod(0o640)
    with pytest.raises(KeyFilePermissionsError, match="chmod 600"):
        ring.domain("threat", "2026-10-01", TODAY)


def test_destruction_needs_retirement_and_is_for_good(ring):
    ring.domain("threat", "2026-07-01", TODAY)
    with pytest.raises(RetiredEpochError):
        ring.destroy("threat", "2026-07-01")
    ring.retire("threat", "2026-07-01")
    assert ring.domain("threat", "2026-07-01", TODAY)
    ring.destroy("threat", "2026-07-01")
    with pytest.raises(DestroyedEpochError):
        ring.domain("threat", "2026-07-01", TODAY)
    (entry,) = ring.entries()
    assert (entry.wrapped, entry.nonce) == (None, None)


@pytest.fixture
def recorded(tmp_path, ledger):
    return Keyring(tmp_path / "keyring.json", f"file:{tmp_path / 'kek'}", ledger)


def test_every_change_of_an_epoch_is_on_record(recorded, ledger):
    recorded.domain("threat", "2026-07-01", TODAY)
    recorded.retire("threat", "2026-07-01")
    recorded.destroy("threat", "2026-07-01")
    assert [entry["kind"] for entry in ledger.entries()] == ["key_opened", "key_retired", "key_destroyed"]


def test_a_key_that_was_opened_and_is_lost_is_never_begun_anew(recorded):
    recorded.domain("threat", "2026-07-01", TODAY)
    old = recorded.path.read_bytes()
    recorded.domain("threat", "2026-10-01", TODAY)
    recorded.path.write_bytes(old)  # a copy that is older than the epoch
    with pytest.raises(LostKeyError, match="restore the keyring"):
        recorded.domain("threat", "2026-10-01", TODAY)
    recorded.path.unlink()
    with pytest.raises(LostKeyError, match="epoch 2026-07-01 was opened before"):
        recorded.domain("threat", "2026-07-01", TODAY)
    assert not recorded.path.exists()


def test_rewrapping_is_on_record_key_by_key_but_not_for_what_is_destroyed(lake, ledger, tmp_path):
    ring = Keyring.from_environment(ledger)
    for epoch in ("2026-07-01", "2026-10-01"):
        ring.domain("threat", epoch, TODAY)
    ring.retire("threat", "2026-07-01")
    ring.destroy("threat", "2026-07-01")
    ring.rewrap(f"file:{tmp_path / 'new'}")
    [entry] = ledger.entries("key_rewrapped")
    assert (entry["domain"], entry["epoch"]) == ("threat", "2026-10-01")
    assert entry["fingerprint"] == ledger.last("key_opened")["fingerprint"]


def test_rewrapping_changes_no_token(ring, tmp_path):
    before = ring.domain("threat", "2026-10-01", TODAY).field_key("person")
    assert ring.rewrap(f"file:{tmp_path / 'new'}") == 1
    assert (
        Keyring(ring.path, f"file:{tmp_path / 'new'}").domain("threat", "2026-10-01", TODAY).field_key("person")
        == before
    )
    with pytest.raises(WrongKeyEncryptionKeyError):
        Keyring(ring.path, f"file:{tmp_path / 'kek'}").verify()


@pytest.mark.parametrize("written", [lambda k: k.hex(), lambda k: base64.b64encode(k).decode()])
def test_a_command_gives_the_key_encryption_key(tmp_path, written):
    script = tmp_path / "vault"
    script.write_text(f"#!/bin/sh\necho '{written(bytes(range(32)))}'\n")
    script.chmod(0o700)
    ring = Keyring(tmp_path / "keyring.json", f"command:{script} read -field=key ignicloud")
    assert ring.domain("threat", "2026-10-01", TODAY)


@pytest.mark.parametrize("body", ["echo short", "echo sesame-42 >&2; exit 3", "true"])
def test_a_command_that_gives_no_key_is_named_without_its_output(tmp_path, body):
    script = tmp_path / "vault"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o700)
    with pytest.raises(KeyProviderError, match="vault") as caught:
        Keyring(tmp_path / "keyring.json", f"command:{script}").domain("threat", "2026-10-01", TODAY)
    assert "sesame" not in str(caught.value)


def test_a_command_is_asked_once_for_many_seals(tmp_path):
    script, asked = tmp_path / "vault", tmp_path / "asked"
    script.write_text(f"#!/bin/sh\necho again >> {asked}\necho {bytes(range(32)).hex()}\n")
    script.chmod(0o700)
    ring = Keyring(tmp_path / "keyring.json", f"command:{script}")
    first, times = ring.seal("hold", b"one"), len(asked.read_text().split())
    assert ring.has_sealed("hold", b"one", first)
    assert ring.seal("hold", b"two") != first
    assert len(asked.read_text().split()) == times


def test_only_this_keyring_can_seal(ring, tmp_path):
    seal = ring.seal("verdict", b"green")
    assert ring.has_sealed("verdict", b"green", seal)
    assert not ring.has_sealed("verdict", b"red", seal)
    other = Keyring(tmp_path / "other.json", f"file:{tmp_path / 'kek'}")
    assert not other.has_sealed("verdict", b"green", seal)


def test_rfc_5869_case_3():
    derived = HKDF(SHA256(), 42, salt=None, info=b"").derive(bytes.fromhex("0b" * 22))
    assert derived.hex() == ("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")


@given(NAMES, NAMES, NAMES, NAMES)
def test_no_two_names_run_together_in_the_derivation(domain, epoch, other_domain, other_epoch):
    equal = field_key(bytes(32), domain, epoch, "person") == field_key(bytes(32), other_domain, other_epoch, "person")
    assert equal == ((domain, epoch) == (other_domain, other_epoch))


def test_the_kek_file_is_made_once_and_closed(ring, tmp_path):
    ring.domain("threat", "2026-10-01", TODAY)
    kek = tmp_path / "kek"
    assert kek.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(kek.read_text())) == 32
    assert os.listdir(tmp_path).count("kek") == 1


def test_a_lost_key_encryption_key_is_never_replaced_by_a_new_one(ring, tmp_path):
    ring.domain("threat", "2026-10-01", TODAY)
    (tmp_path / "kek").unlink()
    for asked in (ring.verify, lambda: ring.domain("threat", "2026-07-01", TODAY), lambda: ring.rewrap("file:/x")):
        with pytest.raises(KeyProviderError, match="it isn't there, and keys are wrapped under it"):
            asked()
    assert not (tmp_path / "kek").exists()


def test_a_key_encryption_key_is_made_again_once_no_key_is_wrapped_under_it(ring, tmp_path):
    ring.domain("threat", "2026-10-01", TODAY)
    ring.retire("threat", "2026-10-01")
    ring.destroy("threat", "2026-10-01")
    (tmp_path / "kek").unlink()
    ring.domain("threat", "2026-07-01", TODAY)
    assert ring.verify() == 1


@pytest.mark.parametrize("asked", ["verify", "require_there"])
def test_a_keyring_that_is_missing_holds_no_keys_that_unwrap(ring, asked, tmp_path):
    with pytest.raises(NoKeyringError, match="restore it from its copy"):
        getattr(ring, asked)()
    with pytest.raises(NoKeyringError):
        ring.rewrap(f"file:{tmp_path / 'new'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("provider", ["command: ", "command:'a", "file:/dev/null/kek"])
def test_a_provider_that_names_nothing_is_refused_by_its_name(ring, tmp_path, provider):
    ring.domain("threat", "2026-10-01", TODAY)
    with pytest.raises(KeyProviderError, match="IGNICLOUD_KEK"):
        Keyring(ring.path, provider).verify()


@pytest.mark.parametrize("provider", ["00ff" * 16, "00ff" * 8 + ":" + "00ff" * 8, "file:", ""])
def test_a_key_that_is_given_in_place_of_a_provider_is_shown_nowhere(tmp_path, provider):
    with pytest.raises(KeyProviderError, match="neither file:PATH nor command:EXECUTABLE") as caught:
        Keyring(tmp_path / "keyring.json", provider).domain("threat", "2026-10-01", TODAY)
    assert "00ff" not in str(caught.value) + repr(vars(caught.value))
