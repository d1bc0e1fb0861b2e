"""What each step of a night costs, beside a bare copy, the usual way, DuckDB and Polars; all in one run.

    python -m bench.night                              every step at one million rows, two cores
    python -m bench.night protect --rows 10 --cores 1  one step, ten million rows, one core
    python -m bench.night empty                        what a night without rows costs
    python -m bench.night moved                        what protect and the gate read, shuffle, spill, write, collect
    python -m bench.night page results/*.json          tables and plots of docs/performance.md

Every way of a step is run in turn, ``--repeats`` times, in one warm JVM; figures are medians of CPU
seconds (user and system, all processes). Ratios are taken inside one run and hold on a busy machine,
seconds don't. ``--json FILE`` keeps the results for the page.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench.measure import Result, table

STEPS = ("extract", "kernel", "protect", "gate", "publish", "moved")


def main() -> int:
    """Run the steps asked for and print one table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.night", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=[], help=f"{', '.join(STEPS)}, empty, or page FILE…")
    parser.add_argument("--rows", type=float, default=1.0, help="millions of rows: 1 (default), 10, 30")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--executors", action="store_true", help="a process a core, 1 GiB each, in place of threads")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="leave out the ways that take many times ours")
    parser.add_argument("--alone", action="store_true", help="leave out every way but ours and the yardstick")
    parser.add_argument("--json", type=Path, help="keep the results in this file")
    args = parser.parse_args()
    if args.what[:1] == ["page"]:
        from bench.page import write_page

        write_page([Path(name) for name in args.what[1:]])
        return 0
    os.umask(0o077)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_DIR")))
    try:
        found = measured(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(found))
    if args.json:
        args.json.write_text(json.dumps([asdict(result) for result in found], indent=1) + "\n")
    return 0


def measured(args: argparse.Namespace, folder: Path) -> list[Result]:
    """The results of every step asked for."""
    wanted = args.what or [*STEPS[:-1], "empty"]
    found: list[Result] = []
    if "empty" in wanted:
        from bench.empty import empty_night

        found += empty_night(folder, args)
    if set(wanted) & set(STEPS):
        from bench import steps

        ways: dict[str, Callable[[steps.Stage], list[Result]]] = {name: getattr(steps, name) for name in STEPS}
        with steps.stage(folder, args) as stage:
            for name in STEPS:
                if name in wanted:
                    print(f"{name} …", file=sys.stderr, flush=True)
                    found += ways[name](stage)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
