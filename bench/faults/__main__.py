"""Break every step on purpose, look, run it again, look: ``make faults``.

``python -m bench.faults --into FOLDER --what calls points disk damaged mutants pairs --only publish --most 24``: what
is found is added to ``FOLDER/outcomes.jsonl``; ``--page`` writes ``docs/faults.md`` of all that is there. Needs strace;
a disk whose power can be cut needs root and a loop device, and is left out by name where there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from bench.faults import damaged, full, fuzz, mutants, page, pairs
from bench.faults.disk import disk
from bench.faults.home import Home
from bench.faults.points import CASE_OF
from bench.faults.trial import Campaign, Outcome, Trial

WHAT = ("calls", "points", "disk", "damaged", "full", "mutants", "pairs", "fuzz")
ERRORS = ("eio", "enospc")


def main() -> None:
    """Run what is asked for; fail if anything was wrong, or a mutant wasn't found."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    parser.add_argument("--only", nargs="+", default=(), help="how the names of cases begin")
    parser.add_argument("--most", type=int, default=24, help="calls of a case that fail: a seeded sample of them")
    parser.add_argument("--small", type=int, default=80, help="with no more calls than this, all of them do")
    parser.add_argument("--waits", type=int, default=1, help="points at which the first of two waits: a seeded sample")
    parser.add_argument("--fuzzed", type=int, default=100_000, help="cases of each kind that people write or type")
    parser.add_argument("--seed", type=int, default=24)
    parser.add_argument("--into", type=Path, help="where outcomes are added")
    parser.add_argument("--page", action="store_true", help="write docs/faults.md")
    args = parser.parse_args()
    into = args.into or Path(tempfile.mkdtemp(prefix="faults-"))
    into.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    bad = 0
    try:
        with (into / "outcomes.jsonl").open("a") as file:
            for outcome in found(args, folder):
                file.write(json.dumps(asdict(outcome)) + "\n")
                file.flush()
                bad += bool(outcome.problems)
                if outcome.problems:
                    print(f"{outcome.case}, {outcome.how}, {outcome.where}: {'; '.join(outcome.problems)}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if args.page:
        outcomes = [Outcome(**json.loads(line)) for line in (into / "outcomes.jsonl").read_text().splitlines()]
        page.write([replace(each, problems=tuple(each.problems)) for each in outcomes])
    print(f"{bad} were not survived")
    sys.exit(bad > 0)


def found(args: argparse.Namespace, folder: Path) -> Iterator[Outcome]:
    """Every outcome, case by case."""
    if "full" in args.what and not full.can_mount():
        print("disks that are full are left out: that needs root, and a kernel that lets it mount", flush=True)
    if "fuzz" in args.what:
        for kind in fuzz.KINDS:
            yield from fuzz.outcomes(kind, args.fuzzed, args.seed)
    if set(args.what) <= {"fuzz"}:
        return
    with disk(folder) as cut:
        if "disk" in args.what and isinstance(cut, str):
            print(f"power cuts on ext4 are left out: that {cut}", flush=True)
        campaign = Campaign(folder, tuple(args.only))
        if {*args.what} - {"pairs"}:
            yield from _of_all(campaign, args, cut)
    if "pairs" in args.what:
        yield from _at_once(campaign, args)


def _at_once(campaign: Campaign, args: argparse.Namespace) -> Iterator[Outcome]:
    """Every two steps together, on one mount and on two."""
    home = campaign.laid()
    yield from pairs.pairs(campaign.folder, home, tuple(args.only), args.waits, args.seed)
    try:
        yield from pairs.two_views(campaign.folder, home, args.seed)
    except pairs.NoSecondViewError as missing:
        print(f"two hosts' views of one lake are left out: that {missing}", flush=True)


def _of_all(campaign: Campaign, args: argparse.Namespace, cut: object) -> Iterator[Outcome]:
    for trial in campaign.trials():
        outcomes = list(_of_case(trial, args, cut))
        yield from outcomes
        print(f"{trial.case.name}: {len(outcomes)} runs", flush=True)


def _of_case(trial: Trial, args: argparse.Namespace, cut: object) -> Iterator[Outcome]:
    if "calls" in args.what:
        faults = trial.record()
        yield from trial.acknowledged()
        most = args.small if len(faults) <= args.small else args.most
        for fault in Campaign.sampled(faults, most, args.seed):
            yield from trial.broken_by(fault)
    if "points" in args.what:
        for point in trial.reached():
            yield trial.at_point(point, "kill")
            if CASE_OF[point] == trial.case.name:
                yield from (trial.at_point(point, error) for error in ERRORS)
    if "disk" in args.what and not isinstance(cut, str):
        yield from _on_disk(trial, cut)
    if "damaged" in args.what:
        for kind in damaged.KINDS:
            if kind.case == trial.case.name:
                yield from damaged.damaged(trial, kind)
    if "full" in args.what and full.can_mount():
        yield from full.full(trial)
    if "mutants" in args.what:
        yield from _mutants(trial, args)


def _on_disk(trial: Trial, cut: object) -> Iterator[Outcome]:
    """The case's own points, each with the power cut right after the kill."""
    own = [point for point, case in CASE_OF.items() if case == trial.case.name]
    here = trial.home
    trial.home = Home(cut.root / "run")  # type: ignore[attr-defined]
    trial.home.use()
    for point in own:
        yield trial.at_point(point, "kill", cut.cut)  # type: ignore[attr-defined]
    trial.home = here
    trial.home.use()


def _mutants(trial: Trial, args: argparse.Namespace) -> Iterator[Outcome]:
    """Each mutant of our own code that this case must find: a problem if it doesn't."""
    for name, (*_, case, how) in mutants.MUTANTS.items():
        if case != trial.case.name:
            continue
        runs, seen = 0, list[str]()
        with mutants.planted(name):
            for outcome in _searched(trial, args):
                runs += 1
                seen += [f"{outcome.how}, {outcome.where}: {each}" for each in outcome.problems]
                if seen:
                    break
        yield Outcome(case, "mutant", name, 0, () if seen else ("not found",), f"{runs} runs; {(seen or [how])[0]}")


def _searched(trial: Trial, args: argparse.Namespace) -> Iterator[Outcome]:
    """Kills and power cuts, until somebody has seen enough."""
    yield from trial.acknowledged()
    kills = [fault for fault in trial.record() if fault.what == "KILL"]
    for fault in Campaign.sampled(kills, 2 * args.most, args.seed):
        yield from trial.broken_by(fault)


if __name__ == "__main__":
    main()
