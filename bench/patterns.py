"""What the gate's patterns find and what they take for something: the tests' own sets, counted.

    python -m bench.patterns                              the kernel alone
    python -m bench.patterns --presidio VENV/bin/python   beside Presidio, installed there

Presidio's recognizers are asked for the kind in question alone, and any score counts: the best that it can do.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import pyarrow as pa
from pyspark.sql import functions as F

from expectations.detectors import PATTERNS, named
from expectations.index import KnownIdentifiers, scanner
from jobs.keys.field_keys import field_key
from jobs.spark.session import spark as session
from tests.expectations.nobody import clean
from tests.expectations.personal import CORE

NOBODY = ("email", "nobody.at.all@nowhere.example")
PRESIDIO = Path(__file__).with_name("presidio.py")


def found(texts: list[str]) -> list[set[str]]:
    """The names of what the kernel finds in each text."""
    spark = session("patterns")
    known = KnownIdentifiers(spark, [], (NOBODY,), [{"email": field_key(bytes(32), "bench", "P3M", "email")}])
    rows = spark.createDataFrame(pa.table({"i": range(len(texts)), "cell": texts}))
    with tempfile.TemporaryDirectory() as folder, scanner(known, Path(folder) / "index", bytes(range(24))) as scan:
        seen = rows.select("i", scan.quick(F.col("cell")).alias("bits")).orderBy("i").collect()
    return [set(named(row["bits"])) for row in seen]


def main() -> int:
    """Print one table of what must be found and one of what is nobody's."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.patterns", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--presidio", metavar="PYTHON", help="an interpreter that has presidio-analyzer and phonenumbers"
    )
    args = parser.parse_args()
    sets = {kind: make() for kind, make in CORE.items()} | clean()
    seen = dict(zip(sets, split(found([text for texts in sets.values() for text in texts]), sets), strict=True))
    beside = asked(args.presidio, sets) if args.presidio else {}
    print("| set | texts | the gate | Presidio |\n|---|--:|--:|--:|")
    for kind, texts in sets.items():
        wanted = set(kind.split(" or ")) if kind in CORE else set(PATTERNS)
        hits = sum(bool(names & wanted) for names in seen[kind])
        print(f"| {kind} | {len(texts)} | {hits} | {beside.get(kind, '')} |")
    return 0


def split(each: list[set[str]], sets: dict[str, list[str]]) -> list[list[set[str]]]:
    """One list a set again."""
    rest = iter(each)
    return [[next(rest) for _ in texts] for texts in sets.values()]


def asked(python: str, sets: dict[str, list[str]]) -> dict[str, int]:
    """How many texts of each set Presidio finds something in."""
    done = subprocess.run([python, PRESIDIO], input=json.dumps(sets), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    raise SystemExit(main())
