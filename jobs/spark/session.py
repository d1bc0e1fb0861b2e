"""The Spark session of every step: local by default, a cluster by configuration, silent always."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from jobs.kernel.build import built
from jobs.spark.java import java

ALWAYS = {
    "spark.sql.catalog.ignicloud": "ignicloud.kernel.Functions",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.debug.maxToStringFields": "1000",
    "spark.io.encryption.enabled": "true",
    "spark.io.encryption.keySizeBits": "256",
    "spark.ui.showConsoleProgress": "false",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""What no cluster configuration may change: kernel, meaning of results, silence, AES on what is shuffled or spilled."""

BY_DEFAULT = {
    "spark.master": "local[*]",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "8",
}
"""What holds when a step is started without spark-submit."""

TALKATIVE = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
"""PySpark's loggers that put an error's whole message on stderr, names and values in it, before it is raised."""

CONF = Path(__file__).with_name("conf")


def spark(app: str) -> SparkSession:
    """The session for one step, with the kernel as its catalog ``ignicloud``.

    Raises:
        NoCompilerError, CompilationError: the kernel's jar isn't there and can't be built.
        NoJavaError: there is nothing to run Spark on.
    """
    jar = str(built())
    builder = SparkSession.builder.appName(app)
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not submitted:
        java()
        os.environ.setdefault("SPARK_CONF_DIR", str(CONF))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for name, value in {**BY_DEFAULT, "spark.jars": jar}.items():
            builder = builder.config(name, value)
    for name, value in ALWAYS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    for name in TALKATIVE:
        PySparkLogger.getLogger(name).disabled = True
    return session
