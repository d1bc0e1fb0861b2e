"""Where the key-encryption key comes from: a closed file, or the output of a command.

Only `jobs.keys.ring` calls this. The key never comes from an argument or an environment variable: both
can be read by others. What a command prints on stderr is not passed on.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import select
import shlex
import signal
import stat
import subprocess
from pathlib import Path
from time import monotonic

from jobs.keys.errors import KeyFilePermissionsError, KeyProviderError
from jobs.lake.faults import fault
from jobs.lake.files import make_folder, write_once

BYTES = 32
TIMEOUT_SECONDS = 30
MOST_BYTES = 4096


def first_key_encryption_key(provider: str) -> bytes:
    """`key_encryption_key` for a keyring that holds no key under it yet: a file that isn't there is made.

    A command is asked twice: what is wrapped under an answer that nobody gives again is lost.

    Raises:
        KeyFilePermissionsError, KeyProviderError: see `key_encryption_key`; or its two answers differ.
    """
    scheme, _, rest = provider.partition(":")
    if scheme == "file" and rest:
        _make(Path(rest))
        fault("keys.before_kek")
    key = key_encryption_key(provider)
    if scheme == "command" and not hmac.compare_digest(key, key_encryption_key(provider)):
        name = f"command {Path(shlex.split(rest)[0]).name}"
        raise KeyProviderError(name, "answers differently when it is asked again; nothing is wrapped")
    return key


def key_encryption_key(provider: str) -> bytes:
    """The 32 bytes that ``provider`` gives: ``file:PATH`` or ``command:EXECUTABLE ARGUMENT…``.

    Both may hold 32 raw bytes, 64 hex digits or base64.

    Raises:
        KeyFilePermissionsError: the file is open to others.
        KeyProviderError: no such provider, or it gives no key.
    """
    scheme, _, rest = provider.partition(":")
    if scheme == "file" and rest:
        return _from_file(Path(rest))
    if scheme == "command" and rest:
        return _from_command(rest)
    raise KeyProviderError(
        "a provider that isn't shown, for it could be the key", "it is neither file:PATH nor command:EXECUTABLE"
    )


def require_private(path: Path) -> None:
    """``path`` is readable for its owner alone.

    Raises:
        KeyFilePermissionsError: it isn't.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFilePermissionsError(str(path), mode)


def _make(path: Path) -> None:
    """A new key in a closed file, unless one is there."""
    make_folder(path.parent, 0o700)
    if not path.exists():
        write_once(path, secrets.token_hex(BYTES) + "\n", 0o600)


def _from_file(path: Path) -> bytes:
    name = f"file {path}"
    try:
        require_private(path)
        return _decoded(path.read_bytes(), name)
    except FileNotFoundError:
        problem = "it isn't there, and keys are wrapped under it: restore it from its copy, never make a new one"
        raise KeyProviderError(name, problem) from None
    except OSError as error:
        raise KeyProviderError(name, f"can't be read ({error.strerror})") from None


def _from_command(command: str) -> bytes:
    try:
        words = shlex.split(command)
        name = f"command {Path(words[0]).name}"
    except (ValueError, IndexError):
        raise KeyProviderError("command", "names no executable, or a quotation mark isn't closed") from None
    try:
        with subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            return _decoded(_answer(process, name), name)
    except OSError:
        raise KeyProviderError(name, "can't be run") from None


def _answer(process: subprocess.Popen[bytes], name: str) -> bytes:
    """What a command prints; one that doesn't end, or prints without end, is ended with all that it started.

    Raises:
        KeyProviderError: that, or it fails.
    """
    said, until = b"", monotonic() + TIMEOUT_SECONDS
    assert process.stdout is not None
    try:
        while select.select([process.stdout], [], [], max(until - monotonic(), 0))[0]:
            if not (more := os.read(process.stdout.fileno(), MOST_BYTES)):
                break
            said += more
            if len(said) > MOST_BYTES:
                raise KeyProviderError(name, "prints more than a key")
        code = process.wait(max(until - monotonic(), 0))
    except subprocess.TimeoutExpired:
        raise KeyProviderError(name, f"doesn't end within {TIMEOUT_SECONDS} seconds") from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
    if code != 0:
        raise KeyProviderError(name, f"exits with {code}")
    return said


def _decoded(content: bytes, provider: str) -> bytes:
    if len(content) == BYTES:
        return content
    text = content.strip()
    try:
        key = binascii.unhexlify(text) if len(text) == 2 * BYTES else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != BYTES:
        raise KeyProviderError(provider, f"doesn't give {BYTES} bytes, raw, in hex or in base64")
    return key
