"""What a month of `usage_profile` still says, and what its nearest rows give away of the people in it.

    python -m bench.usage             October 2026 on the demo platform, 2,000 users; renews docs/microdata.md
    python -m bench.usage --scale 4   another size; prints only

Worth: the share of people who used a module, by sector and region, of all who could be in the month and of those who
are shown. Attacks (`jobs.anonymity.nearest`): by somebody who knows the quasi-identifiers of everybody who was active.
Those who didn't consent aren't in the month, and so are the control group: what is right of them too was no disclosure.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import policy
from bench.inputs import ROOT
from bench.usage_page import lines, write_page
from jobs.anonymity.diversity import Ints
from jobs.anonymity.microdata import Month, microdata
from jobs.anonymity.nearest import Attack, inferred, linkable, singled_out
from jobs.anonymity.nodes import base
from jobs.anonymity.pinned import node_of
from jobs.anonymity.profile import people_of, raised
from jobs.anonymity.successive import criteria_of
from jobs.keys.field_keys import key_column
from jobs.keys.ring import Keyring, remembering_key
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.memory import PERSON
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.spark.session import spark
from policy.promise import Promise

LAST, DAYS, RELEASE = date(2026, 10, 31), 31, "usage_profile"
INFERRED = "main_module"
"""The sensitive attribute that the attacker wants to know."""


@dataclass(frozen=True)
class Active:
    """Everybody who was active in the month, a row a person in shown words: ``is_in`` it could be, ``is_shown`` is.

    ``known``: their quasi-identifiers before they were generalised, in the same order.
    """

    people: polars.DataFrame
    known: polars.DataFrame
    quasi: tuple[str, ...]


def main() -> int:
    """Print what was found; at scale 1 renew the page."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.usage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as folder:
        active = active_people(*landed(Path(folder), args.scale))
    attacks = attacked(active)
    print("\n".join(lines(active.people, attacks)))
    if args.scale == 1:
        write_page(active.people, attacks)
    return 0


def landed(folder: Path, scale: float) -> tuple[Promise, Month]:
    """The month on a fresh platform, extracted as a night does it."""
    database = f"sqlite:///{folder / 'platform.db'}"
    words = ["seed", "--to", database, "--until", str(LAST), "--days", str(DAYS), "--scale", str(scale)]
    subprocess.run([sys.executable, "-m", "demo", *words], cwd=ROOT, check=True, capture_output=True)
    os.environ |= {
        "IGNICLOUD_PLATFORM": database,
        "IGNICLOUD_KEYRING": str(folder / "secrets" / "keyring.json"),
        "IGNICLOUD_KEK": f"file:{folder / 'secrets' / 'kek'}",
    }
    promise, lake, session = policy.load(), Lake(folder / "lake"), spark("bench usage")
    contract, ledger = promise.release(RELEASE), Ledger(lake.ledger)
    extract_day(promise, LAST, lake, ledger)
    key = key_column(remembering_key(Keyring.from_environment(ledger), contract), session)
    return promise, Month(Landing(session, lake, LAST).exclusion(promise, contract.purpose), LAST, key, None)


def active_people(promise: Promise, month: Month) -> Active:
    """Everybody who was active, in the words of the pinned levels, whether or not they may be shown."""
    contract, exclusion = promise.release(RELEASE), month.exclusion
    anonymity, given, profile = contract.microdata
    rows, companies = exclusion.frames(profile.month), exclusion.frames(profile.joined)
    everybody = people_of(promise, contract, rows, companies).persist()
    consenting = people_of(promise, contract, exclusion.without(rows, profile.of), companies)
    known = dict(promise.taxonomies.hierarchies)
    own = {name: known[given.hierarchies[name]] for name in anonymity.quasi_identifiers}
    counted = base(everybody, *criteria_of(contract), own)
    node = dict(zip(anonymity.quasi_identifiers, node_of(given, counted, known), strict=True))
    may, shown = ids(consenting), ids(microdata(promise, contract, month).people.rows)
    told = raised(everybody, counted, node).withColumn("token", month.person(F.col(PERSON)))
    people = polars.from_arrow(told.toArrow()).sort(PERSON)
    before = polars.from_arrow(everybody.select(PERSON, *anonymity.quasi_identifiers).toArrow()).sort(PERSON)
    marks = (polars.col(PERSON).is_in(may).alias("is_in"), polars.col("token").is_in(shown).alias("is_shown"))
    return Active(people.with_columns(marks), before, anonymity.quasi_identifiers)


def ids(people: DataFrame) -> list[str]:
    """How each person of a frame is called in it."""
    return people.select(PERSON).toArrow().column(0).to_pylist()


def attacked(active: Active) -> dict[str, tuple[Attack, Attack]]:
    """Each attack on the rows before they were generalised, and on those that are shown."""
    raw, told = _codes(active.known, active.quasi), _codes(active.people, active.quasi)
    secret = _codes(active.people, (INFERRED,))[:, 0]
    is_in, shown = (active.people.get_column(name).to_numpy() for name in ("is_in", "is_shown"))
    own = np.arange(int(shown.sum()))
    return {
        "a row is alone, here and among all who were active": (
            singled_out(raw[is_in], raw),
            singled_out(told[shown], told),
        ),
        "the nearest row is the person's own": (
            linkable(raw[is_in], raw[is_in], np.arange(int(is_in.sum()))),
            linkable(told[shown], told[shown], own),
        ),
        f"the nearest rows say somebody's `{INFERRED}`": (
            inferred((raw[is_in], secret[is_in]), (raw[~is_in], secret[~is_in]), (raw[is_in], secret[is_in])),
            inferred((told[shown], secret[shown]), (told[~is_in], secret[~is_in]), (told[shown], secret[shown])),
        ),
    }


def _codes(frame: polars.DataFrame, names: tuple[str, ...]) -> Ints:
    """A number for each word of each column, null's own among them."""
    ranked = frame.select(polars.col(name).fill_null("").rank("dense").cast(polars.Int64) for name in names)
    return ranked.to_numpy()


if __name__ == "__main__":
    raise SystemExit(main())
