"""One story of three nights through real Airflow, which test_nightly.py asks about.

A secret is planted in every column of the platform that takes one; a day is run as a backfill would,
once more as somebody triggers it, and at last the day before, with a destroyed key. It takes minutes,
so a process of its own tells it beside the other tests (conftest.py).
"""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars
from deltalake import DeltaTable

import policy
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from tests.forms import secrets_of

ROOT = Path(__file__).resolve().parents[2]
EARLIER, DAY = date(2026, 3, 11), date(2026, 3, 12)
OPEN = ("text", "json")


class Nights:
    """A lake, an Airflow home and a platform of their own, and what each run printed."""

    def __init__(self, folder):
        self.folder, self.airflow, self.platform = folder, folder / "airflow", folder / "platform" / "platform.db"
        self.lake = Lake(folder / "lake")
        self.ledger = Ledger(self.lake.ledger)
        self.printed = {}
        self.keyring = (folder / "secrets" / "keyring.json", f"file:{folder / 'secrets' / 'kek'}")
        self.environment = {
            **os.environ,
            "AIRFLOW_HOME": str(self.airflow),
            "IGNICLOUD_LAKE": str(self.lake.root),
            "IGNICLOUD_KEYRING": str(self.keyring[0]),
            "IGNICLOUD_KEK": self.keyring[1],
            "AIRFLOW_CONN_PLATFORM": json.dumps({"conn_type": "sqlite", "host": str(self.platform)}),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))),
            "PYTHONWARNINGS": "ignore",
        }

    def command(self, *words):
        """What ``airflow`` with these words printed."""
        command = [sys.executable, "-m", "airflow", *words]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        ).stdout

    def run(self, name, *arguments):
        """One DAG run by ``airflow dags test``; whether it succeeded."""
        self.printed[name] = self.command("dags", "test", "nightly", *arguments)
        with sqlite3.connect(self.airflow / "airflow.db") as database:
            [state] = database.execute("SELECT state FROM dag_run ORDER BY id DESC LIMIT 1").fetchone()
        return state == "success"

    def table(self, release, version=None):
        """The rows of a published release in one order."""
        frame = polars.from_arrow(DeltaTable(self.lake.published(release), version=version).to_pyarrow_table())
        return frame.sort(frame.columns)

    def versions(self):
        """The newest version of each published release."""
        folders = (path for path in sorted((self.lake.root / "published").iterdir()) if path != self.lake.catalogue)
        return {path.name: DeltaTable(path).version() for path in folders}


def seed(platform: Path) -> None:
    """Fill ``platform`` with five small days of the demo platform."""
    platform.parent.mkdir()
    words = ["--to", f"sqlite:///{platform}", "--until", str(DAY), "--days", "5", "--scale", "0.15"]
    subprocess.run([sys.executable, "-m", "demo", "seed", *words], cwd=ROOT, check=True, capture_output=True)


def plant(platform, promise):
    """Write a secret into every open column of one row of every table that has rows that day."""
    secrets = []
    with sqlite3.connect(platform) as database:
        for name, source in promise.sources.items():
            where = f"WHERE \"{source.time}\" LIKE '{DAY}%'" if source.time else ""
            for number, (column, classified) in enumerate(source.columns.items()):
                if classified.type not in OPEN or classified.values is not None or column == "subject_kind":
                    continue
                secret = f"canary{len(secrets):02d}{name}{column}".replace("_", "")
                text = json.dumps({"new_permission": secret, "title": secret}) if classified.type == "json" else secret
                changed = database.execute(
                    f'UPDATE {name} SET "{column}" = ? WHERE rowid IN '
                    f"(SELECT rowid FROM {name} {where} ORDER BY rowid LIMIT 1 OFFSET {number})",
                    (text,),
                )
                secrets += [secret] * changed.rowcount
    return secrets


def due(promise: policy.Promise) -> list[str]:
    """The releases that there are of these days, none of which ends a month."""
    return [name for name, contract in promise.releases.items() if contract.is_due(DAY)]


def tell(folder: Path) -> Nights:
    """Tell the story in ``folder``; what it left there, and what was seen on the way."""
    told, promise = Nights(folder), policy.load()
    told.printed["migrate"] = told.command("db", "migrate")
    seed(told.platform)
    told.secrets = plant(told.platform, promise)
    told.went_well = [told.run("first", "2026-03-13T02:00:00+00:00")]
    told.after_first = {release: told.table(release) for release in due(promise)}, told.versions()
    told.went_well.append(told.run("again", "--conf", json.dumps({"day": str(DAY)})))
    told.after_again = {release: told.table(release) for release in due(promise)}, told.versions()
    ring = Keyring(*told.keyring)
    told.keys = secrets_of(ring, bytes.fromhex((folder / "secrets" / "kek").read_text()))
    ring.retire("threat", "2026-01-01")
    ring.destroy("threat", "2026-01-01")
    told.went_well.append(told.run("destroyed", "--conf", json.dumps({"day": str(EARLIER)})))
    return told
