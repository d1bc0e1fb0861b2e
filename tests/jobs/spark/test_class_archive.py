"""Spark steps start from the class archive, and do without one that doesn't fit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.spark.class_archive import ARCHIVE, CONF, archived

SUBMIT = str(Path(sys.executable).with_name("spark-submit"))


@pytest.fixture
def project(tmp_path):
    """A folder with the settings of Spark's steps alone: no archive yet."""
    shutil.copytree(CONF, tmp_path / "jobs" / "spark" / "conf")
    (tmp_path / ".build" / "no-conf").mkdir(parents=True)
    return tmp_path


def submitted(conf, options=""):
    environment = {**os.environ, "SPARK_CONF_DIR": str(conf), "SPARK_SUBMIT_OPTS": options}
    return subprocess.run([SUBMIT, "--version"], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_spark_itself_comes_from_the_archive(tmp_path):
    assert archived() == ARCHIVE
    loaded = tmp_path / "loaded"
    assert submitted(CONF, f"-Xlog:class+load:file={loaded}").returncode == 0
    (line,) = [
        line for line in loaded.read_text().splitlines() if " org.apache.spark.deploy.SparkSubmit source" in line
    ]
    assert "shared objects file (top)" in line


def test_the_archive_is_made_once():
    assert archived() == ARCHIVE
    made = ARCHIVE.stat().st_mtime_ns
    assert archived() == ARCHIVE
    assert ARCHIVE.stat().st_mtime_ns == made


@pytest.mark.parametrize("archive", [None, b"", b"not an archive" * 1000])
def test_a_step_without_a_fitting_archive_does_the_same_in_silence(project, archive):
    if archive is not None:
        (project / ".build" / "spark.jsa").write_bytes(archive)
    done = submitted(project / "jobs" / "spark" / "conf")
    assert done.returncode == 0
    assert "version 4" in done.stderr
    assert not [word for word in ("cds", "shared", "archive") if word in done.stderr.lower()]


def test_no_jvm_leaves_a_core_dump():
    allowed = "ulimit -c unlimited 2>/dev/null; . ./spark-env.sh; ulimit -c"
    assert subprocess.run(["bash", "-c", allowed], cwd=CONF, capture_output=True, text=True, check=True).stdout == "0\n"
