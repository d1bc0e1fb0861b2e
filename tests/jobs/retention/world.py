"""A world that a test can hold in its head: a platform of a few people, and tables with a few rows of theirs."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from demo.schema import SQLITE, statements
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, open_table, replace_day
from jobs.lake.zones import Lake
from jobs.retention import execute as executing
from jobs.retention.approval import require_executable
from jobs.retention.planner import look, make_plan
from jobs.retention.proof import prove
from policy.periods import epoch_of

ARROW = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "array<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}
COLUMN = {"person": "actor", "email": "attempted_login", "company": "company"}

TODAY = date(2026, 3, 10)
GONE, LAST = date(2024, 9, 9), date(2024, 9, 10)
"""Ends whose 18 months ran out yesterday, and run out today."""
DAY, PAST = date(2026, 2, 1), date(2025, 2, 9)
"""A data day within the contract's 13 months, and the newest one past them."""
PEOPLE = ("ada", "bob", "cyd", "dan")
"""Of a small world (conftest.py): of a company that is over, twice; of one on its last day; of a running one."""


def identity(name):
    """A UUID for a speaking name: ``ada`` is the same everywhere."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


@dataclass
class World:
    """The platform's file, the lake, and what is done with both."""

    promise: object
    lake: Lake
    platform: object
    spark: object
    published: dict = field(default_factory=dict)

    def __post_init__(self):
        with closing(sqlite3.connect(self.platform)) as connection, connection:
            for statement in statements(SQLITE):
                connection.execute(statement)
        self.keyring = Keyring.from_environment()
        self.ledger = Ledger(self.lake.ledger)

    # -- the platform

    def write(self, table, **row):
        names = ", ".join(f'"{name}"' for name in row)
        with closing(sqlite3.connect(self.platform)) as connection, connection:
            connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values())
            )

    def change(self, statement, *values):
        with closing(sqlite3.connect(self.platform)) as connection, connection:
            connection.execute(statement, values)

    def company(self, name, *ends):
        self.write("companies", company_id=identity(name))
        for end in ends:
            self.contract(name, end)

    def contract(self, company, end=None):
        row = {"contract_id": str(uuid.uuid4()), "company_id": identity(company), "service": "publish", "plan": "paid"}
        self.write("contracts", **row, started_on="2020-01-01", ended_on=end and str(end))

    def account(self, name, company, closed=None):
        moment = closed and f"{closed} 12:00:00.000000"
        row = {"user_id": identity(name), "company_id": identity(company), "email": f"{name}@example.org"}
        self.write("professional_users", **row, closed_at=moment)

    def hold(self, kind, name, placed, lifted=None):
        row = {"hold_id": identity(f"hold on {name}"), "subject_kind": kind, "subject_id": identity(name)}
        self.write("legal_holds", **row, placed_on=str(placed), lifted_on=lifted and str(lifted))

    def lift(self, name, on):
        self.change("UPDATE legal_holds SET lifted_on = ? WHERE hold_id = ?", str(on), identity(f"hold on {name}"))

    def objection(self, name, closed, detail=None, outcome="done"):
        moment = f"{closed} 10:00:00.000000"
        row = {"request_id": str(uuid.uuid4()), "user_id": identity(name), "right": "objection", "detail": detail}
        self.write("subject_requests", **row, identity_verified_at=moment, closed_at=moment, outcome=outcome)

    # -- the lake

    def token(self, kind, name, day, domain="threat"):
        keys = self.keyring.domain(domain, epoch_of(day, "P3M"))
        value = f"{name}@example.org" if kind == "email" else identity(name)
        return keys.token(kind, value)

    def publish(self, release, day, *files):
        """One version of a day; each file is a list of rows, each row a mapping of class → name, or of column → cell."""
        contract = self.promise.release(release)
        root = self.lake.shared(self.lake.published(release))
        table, paths = open_table(root, contract), {}
        for rows in files:
            self.published[release, day] = self.published.get((release, day), 0) + 1
            path = root / f"day={day}" / f"run{self.published[release, day]:04d}-part-00000.parquet"
            path.parent.mkdir(exist_ok=True)
            paths[path.relative_to(root)] = len(rows)
            pq.write_table(self._rows(contract, day, rows), path, compression="zstd", write_statistics=False)
        replace_day(table, day, paths, {"day": str(day)})

    def _rows(self, contract, day, rows):
        def cell(key, name):
            return (COLUMN[key], self.token(key, name, day)) if key in COLUMN else (key, name)

        schema = pa.schema([(name, ARROW[kind]) for name, kind in contract.output_schema.items()])
        return pa.Table.from_pylist([dict(cell(*each) for each in row.items()) for row in rows], schema)

    def rows(self, release):
        """(day, class → name) of every row that a reader sees, for the names that this world knows."""
        from deltalake import DeltaTable

        table = DeltaTable(self.lake.published(release))
        return table.to_pyarrow_table().to_pylist()

    def names(self, release, people, kind="person"):
        """Sorted (day, name) of every row whose token of ``kind`` is one of ``people``."""
        found = []
        for row in self.rows(release):
            known = {self.token(kind, name, row["day"]): name for name in people}
            found.append((row["day"], known.get(row[COLUMN[kind]])))
        return sorted(found, key=str)

    def files(self, release):
        from deltalake import DeltaTable

        return {file.path: file for file in current_files(DeltaTable(self.lake.published(release)))}

    # -- retention

    def look(self, day, today=None, spark=True):
        days = frozenset({day, today or day})
        return look(self.promise, self.lake, self.keyring, self.spark if spark else None, days)

    def plan(self, day):
        with self.look(day) as at:
            plan = make_plan(at)
        plan.write(self.lake)
        self.ledger.append("expiry_planned", **plan.counts())
        return plan

    def approve(self, plan):
        self.ledger.append("expiry_approved", plan=plan.hash, by="officer")

    def execute(self, plan, today=None):
        day = date.fromisoformat(plan.day)
        require_executable(plan, self.ledger, today or day)
        with self.look(day, today) as at:
            executing.execute(executing.Work(plan, at, self.ledger))

    def prove(self, plan):
        with self.look(date.fromisoformat(plan.day), spark=False) as at:
            return prove(plan, at, self.ledger)

    def expire(self, day):
        """Plan, approve, execute and prove one day."""
        plan = self.plan(day)
        self.approve(plan)
        self.execute(plan)
        self.prove(plan)
        return plan


def days(first, count):
    return [first + timedelta(days=n) for n in range(count)]


def who(*names):
    """Rows of these people."""
    return [{"person": name} for name in names]
