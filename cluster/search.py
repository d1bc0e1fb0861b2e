"""Look for every secret of a cluster, and for everybody's identifiers, where neither may be.

Secrets: in all containers' settings, processes and logs, in the images' history, and in every volume.
Identifiers: in the same, but for PostgreSQL's volume (the platform's own database lies there; Airflow's
is dumped and searched instead). Parquet and zstd files are opened. What was found is named by kind and
place, never shown; and the search is tried first on a place where everything lies, for one that finds
nothing might be blind.
"""

from __future__ import annotations

import base64
import io
import re
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cluster.containers import PROJECT_NAME, container, containers, output

IMAGES = ("ignicloud-suite", "ignicloud-analysts")
WITH_PLATFORM = "volume postgres"
IDENTIFIERS = {
    "e-mail": "SELECT email FROM professional_users WHERE length(email) >= 8",
    "phone": "SELECT replace(phone, ' ', '') FROM professional_users WHERE length(phone) >= 8",
    "full name": "SELECT first_name || ' ' || family_name FROM professional_users",
    "account": "SELECT user_id FROM professional_users",
    "address": "SELECT ip FROM security_events WHERE length(ip) >= 10",
    "session": "SELECT session_id FROM activity WHERE length(session_id) >= 12",
}
PROOFS = 20
"""How many values of each kind the search is tried on first."""

_WORDS = re.compile(rb"[^\s\"'<>,;=()\[\]{}|\x00]{8,}")


class BlindSearchError(Exception):
    """The search misses what was laid before it."""


@dataclass(frozen=True)
class Sought:
    """Secrets by name, in all their forms, and identifiers by kind."""

    secrets: Mapping[str, frozenset[bytes]]
    people: Mapping[str, frozenset[bytes]]

    def found_in(self, place: str, content: bytes) -> set[str]:
        """The names and kinds that stand in ``content``."""
        found = {f"secret {name}" for name, forms in self.secrets.items() if any(form in content for form in forms)}
        if place == WITH_PLATFORM:
            return found
        words = set(_WORDS.findall(content))
        for kind, values in self.people.items():
            if values & words or any(b" " in value and value in content for value in values):
                found.add(kind)
        return found

    def prove(self) -> None:
        """Every secret and every kind is found where it is.

        Raises:
            BlindSearchError: one isn't.
        """
        for name, values in {**{f"secret {n}": v for n, v in self.secrets.items()}, **self.people}.items():
            tried = sorted(values)[:: max(1, len(values) // PROOFS)]
            if not tried or any(name not in self.found_in("", b"log: " + value + b" \x00") for value in tried):
                raise BlindSearchError(name)


def search(secrets: Path, platform: Path) -> tuple[dict[str, int], list[str]]:
    """Bytes looked at by place, and what was found where.

    Raises:
        BlindSearchError: the search can't find what it is given.
    """
    people = {kind: frozenset(_values(platform, query)) for kind, query in IDENTIFIERS.items()}
    sought = Sought({name: frozenset(forms) for name, forms in _forms(secrets)}, people)
    sought.prove()
    looked: dict[str, int] = {}
    found: list[str] = []
    for place, content in _places():
        looked[place] = len(content)
        found += [f"{what} in {place}" for what in sorted(sought.found_in(place, content))]
    return looked, found


def _forms(secrets: Path) -> Iterator[tuple[str, set[bytes]]]:
    for path in sorted(secrets.iterdir()):
        if path.name in ("spark-defaults.conf", "connections.json"):
            continue  # settings around a secret that is a file of its own
        text = path.read_text().strip()
        secret = text.rpartition(":")[2] if path.name.endswith("_pgpass") else text
        forms = {secret.encode(), secret.encode()[::-1], base64.b64encode(secret.encode()).rstrip(b"=")}
        if re.fullmatch(r"[0-9a-f]{64}", secret):
            key = bytes.fromhex(secret)
            forms |= {key, base64.b64encode(key).rstrip(b"="), secret.upper().encode()}
        yield path.name, forms


def _values(platform: Path, query: str) -> Iterator[bytes]:
    with sqlite3.connect(platform) as database:
        yield from (str(row[0]).encode() for row in database.execute(query) if row[0] and not _odd(str(row[0])))


def _odd(value: str) -> bool:
    """Oddities of the seed that aren't words, or are much too long to be typed."""
    return len(value) > 200 or (" " not in value and not _WORDS.fullmatch(value.encode()))


def _places() -> Iterator[tuple[str, bytes]]:
    """Each place, with all that lies there."""
    for each in containers():
        name = output(["docker", "inspect", "--format", "{{.Name}}", each]).strip().removeprefix(f"/{PROJECT_NAME}_")
        yield f"settings of {name}", _printed(["docker", "inspect", each])
        yield f"log of {name}", _printed(["docker", "logs", each])
        if output(["docker", "inspect", "--format", "{{.State.Running}}", each]).strip() == "true":
            yield f"processes of {name}", _printed(["docker", "top", each, "-eo", "pid,args"])
    for image in IMAGES:
        yield f"history of {image}", _printed(["docker", "history", "--no-trunc", image])
        yield f"settings of {image}", _printed(["docker", "inspect", image])
    label = f"label=com.docker.compose.project={PROJECT_NAME}"
    for volume in output(["docker", "volume", "ls", "-q", "--filter", label]).split():
        mounted = ["--network", "none", "-v", f"{volume}:/v:ro", "--user", "0", "--entrypoint", "tar", IMAGES[0]]
        archive = _archive(["docker", "run", "--rm", *mounted, "-cC", "/v", "."])
        yield f"volume {volume.removeprefix(f'{PROJECT_NAME}_')}", archive + b"".join(_opened(archive))
    dump = ["docker", "exec", container("postgres"), "pg_dump", "-U", "postgres", "airflow"]
    yield "Airflow's database", _printed(dump)


def _printed(command: list[str]) -> bytes:
    """What a command prints on both streams.

    Raises:
        CalledProcessError: it failed, and so looked at nothing.
    """
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout


def _archive(command: list[str]) -> bytes:
    """What tar prints; it says 1 when a log grew while it was read."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout


def _opened(archive: bytes) -> Iterator[bytes]:
    """The content of files that byte search can't look into."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if not (member.isfile() and member.name.endswith((".parquet", ".zstd"))):
                continue
            content = tar.extractfile(member).read()
            if member.name.endswith(".zstd"):
                yield pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
            else:
                yield "\n".join(str(row) for row in pq.read_table(io.BytesIO(content)).to_pylist()).encode()
