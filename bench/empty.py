"""What a night without rows costs: every step as the night starts it, in processes of its own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.inputs import ROOT, seed
from bench.measure import Cost, Result, middle, run

BEFORE = "2025-12-31"
"""A day before the platform's first event."""


def empty_night(folder: Path, args: argparse.Namespace) -> list[Result]:
    """Each step of one release on a day without events; ``times`` counts the interpreter's own start as one."""
    database = folder / "empty.db"
    seed(f"sqlite:///{database}", folder / "truth.json")
    env = {
        **os.environ,
        "IGNICLOUD_PLATFORM": f"sqlite:///{database}",
        "IGNICLOUD_LAKE": str(folder / "empty"),
        "IGNICLOUD_KEYRING": str(folder / "empty-secrets" / "keyring.json"),
        "IGNICLOUD_KEK": f"file:{folder / 'empty-secrets' / 'kek'}",
        "SPARK_CONF_DIR": str(ROOT / "jobs" / "spark" / "conf"),
        "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1",
        "PYSPARK_PYTHON": sys.executable,
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    plain = [sys.executable, "-m", "jobs"]
    submit = [str(Path(sys.executable).with_name("spark-submit")), "--master", f"local[{args.cores}]"]
    spark = [*submit, "--jars", str(ROOT / ".build" / "kernel.jar"), str(ROOT / "jobs" / "__main__.py")]
    day = ["--day", BEFORE]
    named = ["--release", "threat_events", *day, "--run", "empty"]
    costs: dict[str, list[Cost]] = {}
    for _ in range(args.repeats):
        for way, command in {
            "python -c pass": [sys.executable, "-c", "pass"],
            "plan": [*plain, "plan", *day],
            "extract": [*plain, "extract", *day],
            "protect": [*spark, "protect", *named],
            "validate": [*spark, "validate", *named],
            "publish": [*plain, "publish", *named],
        }.items():
            costs.setdefault(way, []).append(run(command, env, ROOT))
    median = {way: middle(each) for way, each in costs.items()}
    one = median["python -c pass"].cpu
    return [
        Result("empty night", way, 0, args.cores, c.cpu, c.wall, c.peak, c.cpu / max(one, 0.01))
        for way, c in median.items()
    ]
