"""A class archive (AppCDS) of what every Spark step loads, made once at set-up.

A step of a small night spends most of its time on loading and verifying ten thousand classes of
Spark. ``python -m jobs.spark.class_archive`` runs one step that does a little of everything and lets the
JVM write what it has loaded to ``.build/spark.jsa``; jobs/spark/conf/spark-env.sh names that file to every
later step. The archive is a convenience: without it, or with one that doesn't fit the JVM or the
class path, a step does the same and starts slower. It holds classes, no data: the little step works
on one invented row under a random key.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs.kernel.build import JAR, built
from jobs.spark.java import java
from policy.errors import PolicyError

ARCHIVE = JAR.with_name("spark.jsa")
MARK = ARCHIVE.with_suffix(".for")
NO_CONF = JAR.with_name("no-conf")
CONF = Path(__file__).with_name("conf")


def archived() -> Path | None:
    """The class archive, made now if it is missing or was made for another JVM or PySpark.

    ``None``: this JVM can't make one.
    """
    if is_archived():
        return ARCHIVE
    ARCHIVE.unlink(missing_ok=True)
    NO_CONF.mkdir(parents=True, exist_ok=True)
    fresh = ARCHIVE.with_suffix(f".{os.getpid()}")
    options = [
        f'"-XX:ArchiveClassesAtExit={fresh}" -Xlog:disable -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
        f'"-Dlog4j2.configurationFile=file:{CONF}/log4j2.properties"',
    ]
    environment = {
        **os.environ,
        "SPARK_CONF_DIR": str(NO_CONF),
        "SPARK_SUBMIT_OPTS": " ".join(options),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    submit = [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[1]", "--jars", str(built())]
    done = subprocess.run([*submit, __file__, "practise"], env=environment, capture_output=True, check=False)
    if done.returncode or not fresh.is_file():
        fresh.unlink(missing_ok=True)
        return None
    fresh.replace(ARCHIVE)
    MARK.write_text(_fits())
    return ARCHIVE


def is_archived() -> bool:
    """Whether the archive is there, made for today's JVM and PySpark."""
    return ARCHIVE.is_file() and MARK.is_file() and MARK.read_text() == _fits()


def _fits() -> str:
    """What the archive depends on: the JVM, the class path, and what the practice loads."""
    import pyspark

    jars = Path(pyspark.__file__).parent / "jars"
    quiet = {name: value for name, value in os.environ.items() if name not in ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS")}
    version = subprocess.run([java(), "-version"], env=quiet, capture_output=True, check=False).stderr
    files = "".join(f"{path}{path.stat().st_size}{path.stat().st_mtime_ns}" for path in sorted(jars.iterdir()))
    return hashlib.sha256(version + files.encode() + Path(__file__).read_bytes()).hexdigest()


def practise() -> None:
    """Read, join, aggregate, treat and write one invented row, as steps do."""
    import pyarrow as pa
    from pyspark.sql import functions as F

    from jobs.spark.session import spark

    session = spark("practice")
    key = session.createDataFrame(pa.table({"key": pa.array([secrets.token_bytes(32)])})).scalar()
    row = session.createDataFrame([("a", 1, '{"b": "c"}')], "id string, number bigint, json string")
    treated = row.select(
        "id",
        F.current_timestamp().alias("time"),
        F.call_function(
            "ignicloud.token",
            F.lit("usr"),
            key,
            F.call_function("ignicloud.normalise", F.lit(2), F.lit("exact"), "id"),
        ),
        F.get_json_object("json", "$.b").alias("json"),
        F.when(F.col("id").rlike("^[a-z]$"), F.date_trunc("minute", F.current_timestamp())).alias("minute"),
        F.col("number").cast("decimal(18,2)").alias("number"),
    )
    with tempfile.TemporaryDirectory() as folder:
        treated.write.mode("append").parquet(f"{folder}/rows")
        rows = session.read.parquet(f"{folder}/rows").cache()
        others = session.read.parquet(f"{folder}/rows").where(F.col("id") == "z").select("id").distinct()
        kept = rows.join(others, "id", "left_anti")
        groups = kept.groupBy("id").agg(F.sum("number"), F.count_distinct("json"))
        groups.exceptAll(groups).count()
        kept.agg(F.count_distinct("id"), F.count_distinct("json"), F.max("time"), F.sum("number")).collect()
        rows.union(rows).orderBy("id").limit(1).collect()
    session.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["practise"]:
        practise()
        sys.exit()
    try:
        if not is_archived():
            print("recording the classes that Spark's steps load, so that each starts faster", flush=True)
        made = archived()
    except PolicyError as error:
        sys.exit(str(error))
    if made is None:
        print("this JVM makes no class archive; Spark steps will start slower", file=sys.stderr)
