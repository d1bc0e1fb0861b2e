"""Look for every secret of a cluster, and for everybody's identifiers, where neither may be.

Secrets: in all containers' settings, the images' history, all logs and every volume. Identifiers: in
the same, but for PostgreSQL's volume (the platform's own database lies there; Airflow's is dumped and
searched instead). What was found is named by kind and place, never shown.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from cluster.containers import PROJECT_NAME, container, containers, output

IMAGES = ("ignicloud-suite", "ignicloud-analysts")
WITH_PLATFORM = "postgres"
IDENTIFIERS = {
    "e-mail": "SELECT email FROM professional_users WHERE length(email) >= 8",
    "phone": "SELECT phone FROM professional_users WHERE length(phone) >= 8",
    "full name": "SELECT first_name || ' ' || family_name FROM professional_users",
    "account": "SELECT user_id FROM professional_users",
    "address": "SELECT ip FROM security_events WHERE length(ip) >= 10",
    "session": "SELECT session_id FROM activity WHERE length(session_id) >= 12",
}


def search(secrets: Path, platform: Path, scratch: Path) -> tuple[dict[str, int], list[str]]:
    """Bytes looked at by place, and what was found."""
    kept = {name: list(forms) for name, forms in _forms(secrets)}
    people = {kind: _values(platform, query) for kind, query in IDENTIFIERS.items()}
    looked, found = {}, []
    for place, path in _places(scratch):
        content = path.read_bytes()
        looked[place] = len(content)
        found += [f"secret {name} in {place}" for name, forms in kept.items() if any(f in content for f in forms)]
        if place != f"volume {WITH_PLATFORM}":
            words = set(re.findall(rb"[^\s\"'<>,;=()\[\]{}|\x00]{8,}", content))
            found += [f"{kind} in {place}" for kind, values in people.items() if _any(values, words, content)]
        path.unlink()
    return looked, found


def _any(values: set[bytes], words: set[bytes], content: bytes) -> bool:
    """Whether a value stands in the content: as a word, or, where it has spaces, anywhere."""
    return bool(values & words) or any(b" " in value and value in content for value in values)


def _forms(secrets: Path) -> Iterator[tuple[str, Iterable[bytes]]]:
    for path in sorted(secrets.iterdir()):
        if path.name in ("spark-defaults.conf", "connections.json"):
            continue  # settings around a secret that is a file of its own
        secret = path.read_text().strip()
        secret = secret.rpartition(":")[2] if path.name.endswith("_pgpass") else secret
        raw = secret.encode()
        yield path.name, (raw, base64.b64encode(raw).rstrip(b"="), raw[::-1])
        if re.fullmatch(r"[0-9a-f]{64}", secret):
            key = bytes.fromhex(secret)
            yield path.name, (key, base64.b64encode(key).rstrip(b"="), secret.upper().encode())


def _values(platform: Path, query: str) -> set[bytes]:
    with sqlite3.connect(platform) as database:
        return {str(row[0]).encode() for row in database.execute(query) if row[0]}


def _places(scratch: Path) -> Iterator[tuple[str, Path]]:
    """Each place, as one file."""
    for name in containers():
        yield f"settings of {_name(name)}", _written(scratch, ["docker", "inspect", name])
        yield f"log of {_name(name)}", _written(scratch, ["docker", "logs", name])
        yield f"processes of {_name(name)}", _written(scratch, ["docker", "top", name, "-eo", "args"])
    for image in IMAGES:
        yield f"history of {image}", _written(scratch, ["docker", "history", "--no-trunc", image])
        yield f"settings of {image}", _written(scratch, ["docker", "inspect", image])
    volumes = output(["docker", "volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={PROJECT_NAME}"])
    for volume in volumes.split():
        short = volume.removeprefix(f"{PROJECT_NAME}_")
        mounted = ["-v", f"{volume}:/v:ro", "--user", "0", "--entrypoint", "tar", IMAGES[0]]
        yield (
            f"volume {short}",
            _written(scratch, ["docker", "run", "--rm", "--network", "none", *mounted, "-cC", "/v", "."]),
        )
    dump = ["docker", "exec", container("postgres"), "pg_dump", "-U", "postgres", "airflow"]
    yield "Airflow's database", _written(scratch, dump)


def _name(container_id: str) -> str:
    return (
        output(["docker", "inspect", "--format", "{{.Name}}", container_id]).strip().removeprefix(f"/{PROJECT_NAME}_")
    )


def _written(scratch: Path, command: list[str]) -> Path:
    path = scratch / "place"
    with path.open("wb") as file:
        subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False)
    return path
