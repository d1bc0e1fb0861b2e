"""A release is protected and judged with everything switched on that could give a key away: nothing does.

Spark's UI and event log on, logs at DEBUG, its temporary files kept: then every file, every page of
the UI and every process's arguments and environment is searched for every key, derived key and pad.
"""

import os
import subprocess
import threading
import urllib.request
from datetime import date
from pathlib import Path

import pytest

from jobs.extract import extract_day
from jobs.keys import Keyring
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
        f"spark.eventLog.compress false\nspark.eventLog.dir file://{left}/events\nspark.local.dir {left}/local\nspark.ui.showConsoleProgress false\n"
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


def secrets(ring):
    kek = bytes.fromhex(Path(os.environ["IGNICLOUD_KEK"].removeprefix("file:")).read_text())
    return secrets_of(ring, kek)


def test_no_key_is_seen_while_a_release_is_protected_and_judged(platform, lake, ledger, promise, loud):
    extract_day(promise, DAY, lake, ledger)
    for step in ("protect", "validate"):
        code, left = loud("--jars", str(ROOT / ".build" / "kernel.jar"), str(ROOT / "jobs" / "__main__.py"), step,
                          "--release", "threat_events", "--day", str(DAY), "--run", RUN)  # fmt: skip
        assert code == 0, (left / "seen" / "output-0").read_text()[-3000:]
    seen = {path.name.partition("-")[0] for path in (left / "seen").iterdir()}
    assert seen == {"output", "cmdline", "environ", "page"}
    assert any((left / "events").rglob("*"))
    assert b"DEBUG" in (left / "seen" / "output-0").read_bytes()
    found = where_found(secrets(Keyring.from_environment()), files_below(left, lake.root))
    assert found == set()


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
