"""A release is protected and judged with everything switched on that could give something away: nothing does.

Spark's UI and event log on, logs at DEBUG, its temporary files copied while they exist: then every file,
every page of the UI and every process's arguments and environment is searched for every key, derived key
and pad, and for every identifier that was planted for the gate to find.
"""

import base64
import os
import subprocess
import threading
import urllib.request
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.keys.ring import Keyring
from jobs.night.extract import extract_day
from tests.forms import files_below, forms_of, secrets_of, where_found

ROOT = Path(__file__).resolve().parents[1]
DAY, RUN = date(2026, 3, 12), "2026-03-12-hygiene"
PAGES = ("jobs/", "SQL/", "environment/", "executors/", "storage/", *(f"SQL/execution/?id={n}" for n in range(6)))

LOUD = """\
rootLogger.level = debug
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c: %m%n%ex
logger.spark.name = org.apache.spark
logger.spark.level = debug
logger.catalyst.name = org.apache.spark.sql
logger.catalyst.level = debug
logger.ours.name = ignicloud
logger.ours.level = trace
"""
WRONG = """\
import sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
key = bytes.fromhex(open(sys.argv[1]).read())
spark.range(3).select(F.concat(F.lit(bytearray(key)), F.col("id").cast("string")).alias("x")).where("x is not null").collect()
"""


@pytest.fixture
def loud(tmp_path, monkeypatch):
    """A Spark that says and keeps everything; a function that submits to it and returns all it left."""
    left = tmp_path / "left"
    for folder in ("conf", "events", "local", "tmp", "seen"):
        (left / folder).mkdir(parents=True)
    (left / "conf" / "log4j2.properties").write_text(LOUD)
    port = 4100 + os.getpid() % 800
    (left / "conf" / "spark-defaults.conf").write_text(
        f"spark.master local[2]\nspark.ui.enabled true\nspark.ui.port {port}\nspark.eventLog.enabled true\n"
        f"spark.eventLog.compress false\nspark.eventLog.dir file://{left}/events\nspark.local.dir {left}/local\nspark.shuffle.compress false\nspark.ui.showConsoleProgress false\n"
        f"spark.driver.extraJavaOptions -Djava.io.tmpdir={left}/tmp -XX:TieredStopAtLevel=1\nspark.sql.maxMetadataStringLength 100000\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(left / "conf"))
    monkeypatch.setenv("TMPDIR", str(left / "tmp"))

    def submit(*words):
        home = Path(__import__("pyspark").__file__).parent
        with (left / "seen" / f"output-{len(list((left / 'seen').iterdir()))}").open("wb") as output:
            step = subprocess.Popen([home / "bin" / "spark-submit", *words], cwd=ROOT, stdout=output, stderr=output)
            watcher = threading.Thread(target=watch, args=(step, port, left / "seen"))
            watcher.start()
            code = step.wait()
            watcher.join()
        return code, left

    return submit


def watch(step, port, seen):
    """Save processes' arguments and environments and the UI's pages for as long as the step runs."""
    round_number = 0
    while step.poll() is None:
        round_number += 1
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    (seen / f"{name}-{process.name}").write_bytes((process / name).read_bytes())
                except OSError:
                    continue
        keep_temporary_files(seen)
        for page in PAGES:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=2) as answer:
                    (seen / f"page-{round_number % 4}-{page.replace('/', '_')}").write_bytes(answer.read())
            except OSError:
                break
        try:
            step.wait(1)
        except subprocess.TimeoutExpired:
            continue


def keep_temporary_files(seen):
    """Copy what Spark shuffles and spills, and whatever else is written for a moment."""
    for folder in ("local", "tmp"):
        for path in (seen.parent / folder).rglob("*"):
            if path.is_file() and path.suffix != ".jar":
                with suppress(OSError):
                    (seen / f"temporary-{path.name}").write_bytes(path.read_bytes())


def secrets(ring):
    kek = bytes.fromhex(Path(os.environ["IGNICLOUD_KEK"].removeprefix("file:")).read_text())
    return secrets_of(ring, kek)


def plant(lake):
    """Write identifiers into the staged rows and beside them, known ones of that day and strangers'; what was planted."""
    accounts = pq.read_table(lake.landed_files("professional_users", DAY)[0], columns=["email", "family_name"])
    known = [cell for cell in accounts["email"].to_pylist() if cell][:3]
    planted = [*known, "stranger.planted@mail.example", known[0][::-1], base64.b64encode(known[0].encode()).decode()]
    [file] = lake.staged("threat_events", RUN).glob("*.parquet")
    table = pq.read_table(file)
    place = table.schema.get_field_index("kind")
    cells = [*planted, *table["kind"].to_pylist()[len(planted) :]]
    table = table.set_column(place, table.schema.field(place), [cells])
    pq.write_table(table.replace_schema_metadata({"made by": known[1]}), file)
    return {f"planted {number}": text.encode() for number, text in enumerate(planted)}


def test_nothing_is_seen_while_a_release_is_protected_and_judged(platform, lake, ledger, promise, loud):
    extract_day(promise, DAY, lake, ledger)
    planted = {}
    for step, ends in (("protect", 0), ("validate", 2)):
        code, left = loud("--jars", str(ROOT / ".build" / "kernel.jar"), str(ROOT / "jobs" / "__main__.py"), step,
                          "--release", "threat_events", "--day", str(DAY), "--run", RUN)  # fmt: skip
        assert code == ends, (left / "seen" / "output-0").read_text()[-3000:]
        planted = planted or plant(lake)
    assert {"expect_no_known_identifiers", "expect_nothing_in_file_metadata"} <= {
        finding["expectation"] for finding in ledger.last("judged")["findings"]
    }
    seen = {path.name.partition("-")[0] for path in (left / "seen").iterdir()}
    assert seen == {"output", "cmdline", "environ", "page", "temporary"}
    assert any(path.name.startswith("temporary-shuffle") for path in (left / "seen").iterdir())
    assert any((left / "events").rglob("*"))
    assert b"DEBUG" in (left / "seen" / "output-0").read_bytes()
    assert where_found(secrets(Keyring.from_environment()), files_below(left, lake.root)) == set()
    outside = (each for each in files_below(left, lake.root) if not each[0].startswith(closed(lake)))
    assert {(what, where) for where, content in outside for what, text in planted.items() if text in content} == set()


def closed(lake):
    """Where identifiers may lie: raw copies, and the run that is in quarantine because of them."""
    return str(lake.root / "landing"), str(lake.quarantine("threat_events", RUN))


def test_a_key_in_a_plan_would_be_seen(loud, tmp_path):
    """The control: the same search finds a key that is given as most people would give it."""
    key = os.urandom(32)
    (tmp_path / "key").write_text(key.hex())
    (tmp_path / "wrong.py").write_text(WRONG)
    code, left = loud(str(tmp_path / "wrong.py"), str(tmp_path / "key"))
    assert code == 0
    assert where_found({"literal": key}, files_below(left))


@pytest.mark.parametrize("form", sorted(forms_of(bytes(range(100, 132)))))
def test_every_form_of_a_key_is_found_wherever_it_stands(form):
    assert where_found({"key": bytes(range(100, 132))}, iter([("file", b"\0before" + form + b"after")]))
