"""Every secret of the cluster, made on first use: ``python -m cluster.credentials``.

Guarantee: each is a file of its own (0600, in a 0700 folder) that belongs to the user the containers
run as; one that exists is never replaced. Nothing secret is printed. Needs Python only.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("CLUSTER_SECRETS") or PROJECT / ".cluster")
USERS = ("admin", "engineer", "officer", "analyst", "viewer")
JOBS_USER = 10001
"""Who the containers are when root sets the cluster up; anybody else's containers are themselves."""


def main() -> None:
    """Make what is missing, and the settings that Compose reads."""
    os.umask(0o077)
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o700)
    for name, content in {**_keys(), **_passwords(), **_users()}.items():
        once(FOLDER / name, content)
    _connection()
    _spark()
    uid, gid = (JOBS_USER, JOBS_USER) if os.getuid() == 0 else (os.getuid(), os.getgid())
    if os.getuid() == 0:
        for path in FOLDER.iterdir():
            os.chown(path, uid, gid)
    _for_the_analysts(FOLDER / "notebook_token")
    print(f"SUITE_UID={uid}\nSUITE_GID={gid}")


def once(path: Path, content: str) -> None:
    """Write ``content`` if there is no such file yet."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(content)
    except FileExistsError:
        path.chmod(0o600)


def _keys() -> dict[str, str]:
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return {
        "kek": secrets.token_hex(32),
        "fernet_key": fernet,
        "api_secret_key": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
        "spark_secret": secrets.token_hex(32),
        "notebook_token": secrets.token_urlsafe(24),
    }


def _passwords() -> dict[str, str]:
    roles = {"airflow": "airflow", "platform_owner": "platform", "platform_reader": "platform"}
    lines = {
        f"{role}_pgpass": f"postgres:5432:{database}:{role}:{secrets.token_hex(24)}\n"
        for role, database in roles.items()
    }
    return {"postgres_password": secrets.token_hex(24), **lines}


def _users() -> dict[str, str]:
    return {f"user_{name}": secrets.token_urlsafe(16) for name in USERS}


def _connection() -> None:
    """Airflow's connection ``platform``, for the worker's secrets backend: the read-only role."""
    host, port, database, role, password = (FOLDER / "platform_reader_pgpass").read_text().strip().split(":")
    connection = {"conn_type": "postgres", "host": host, "port": int(port), "schema": database, "login": role}
    once(FOLDER / "connections.json", json.dumps({"platform": {**connection, "password": password}}))


def _spark() -> None:
    """Spark's settings as the project has them, and the secret; renewed when the settings are."""
    path = FOLDER / "spark-defaults.conf"
    settings = (PROJECT / "cluster" / "spark-defaults.conf").read_text("utf-8")
    path.touch(mode=0o600)
    path.write_text(f"{settings}spark.authenticate.secret {(FOLDER / 'spark_secret').read_text()}\n", encoding="utf-8")


def _for_the_analysts(token: Path) -> None:
    """Their container runs as another user, of the same group: the one file that is 0640."""
    token.chmod(0o640)


if __name__ == "__main__":
    sys.exit(main())
