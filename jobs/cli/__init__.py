"""Floor 9: one entry for every step, ``python -m jobs <step> …`` and the same through ``spark-submit``.

Exit 0: done. Exit 2: refused, by a typed error or by the machine (a closed folder, a full disk), and a person
can mend it. Anything else is a crash, or a refusal that may pass by itself (the database went away), and the same
command may be run again: every step is idempotent.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from errno import EACCES, EDQUOT, EISDIR, ELOOP, ENAMETOOLONG, ENOSPC, ENOTDIR, EPERM, EROFS
from typing import Any

import policy
from jobs.cli import assure, budget, coverage, expire, keys, reidentify, request, risk, signals
from jobs.cli.crashes import told
from jobs.keys.heads import verify
from jobs.keys.ring import Keyring
from jobs.lake.faults import arm
from jobs.lake.ledger import BrokenLedgerError, Ledger, UnrecordableError
from jobs.lake.root import require_no_links
from jobs.lake.zones import Lake
from policy.command_line import CommandLine, a_day, a_name, command
from policy.errors import PolicyError

REFUSED, CRASHED = 2, 1
ENDED = "ended:"
"""How the line begins that says with which exit code one of several releases ended; the lines above it are its own."""
SEVERAL = "given several times: one after the other in one application, and none stops another"
ONLY_READ = {"coverage", "night", "signals", "keys", "budget", "risk", "request"}
_IN_WORDS = re.compile(r"\(os error (\d+)\)")
"""How a library of Rust's says which error of the system it met."""
_FULL = os.strerror(ENOSPC)
MENDABLE = {EACCES, EPERM, EROFS, ENOSPC, EDQUOT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG}
"""What a person mends: rights, room, and what stands where something else should."""


class MachineError(PolicyError):
    """The machine doesn't let a step read or write a file."""

    def __init__(self, number: int, file: str | None) -> None:
        self.errno, self.file = number, file
        super().__init__(
            f"{os.strerror(number)}: {file or 'a file of the lake, or of a scratch folder'}; make room, or let this "
            "user read and write there, then run the same command again: what was done stays done"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run one step; a refusal is one line on stderr and one entry in the ledger."""
    os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of this process would hold keys and raw values
    args = _parser().parse_args(arguments)
    try:
        lake = Lake.from_environment()
        arm(lake.root)
        require_no_links(lake.root)
    except PolicyError as error:
        print(f"refused: {error}", file=sys.stderr)
        return REFUSED
    if "releases" in args:
        codes = sorted(_in_turn(args, lake))
        return next(filter(None, codes), 0)  # a crash before a refusal: whoever can run it again, should
    return _attempt(args, lake)


def _in_turn(args: argparse.Namespace, lake: Lake) -> Iterator[int]:
    """Each release of one application by itself: one that is refused, or crashes, stops no other."""
    for release in args.releases:
        args.release = release
        code = _attempt(args, lake)
        if len(args.releases) > 1:
            print(f"{ENDED} {release} {code}", flush=True)
        yield code


def _attempt(args: argparse.Namespace, lake: Lake) -> int:
    step: Callable[[argparse.Namespace, Lake], int] = args.run_step
    try:
        return step(args, lake)
    except PolicyError as error:
        return _refused(error, args, lake)
    except Exception as error:  # noqa: BLE001 (a library's message may show a cell, a plan or a path to a key)
        refusal = of_the_machine(error)
        return _crashed(error) if refusal is None else _refused(refusal, args, lake)


def of_the_machine(error: Exception) -> MachineError | None:
    """What a person mends at the machine, in our words; None when that isn't why a step ended.

    Libraries say it in theirs: Rust's by its number, Java's, and Arrow's, by its name. Nothing else is taken from them.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return MachineError(error.errno, error.filename) if error.errno in MENDABLE else None
    if found := _IN_WORDS.search(str(error)):
        return MachineError(int(found[1]), None) if int(found[1]) in MENDABLE else None
    return MachineError(ENOSPC, None) if _FULL in str(error) else None


def _refused(error: PolicyError, args: argparse.Namespace, lake: Lake) -> int:
    """Say why, and put it on record if the record can be written; whoever only reads begins none."""
    print(f"refused: {error}", file=sys.stderr)
    ledger, code = Ledger(lake.ledger), CRASHED if error.passes else REFUSED
    if args.step == "ledger" or (args.step in ONLY_READ and not ledger.path.exists()):
        return code
    named = {name: getattr(args, name) for name in ("release", "day") if getattr(args, name, None) is not None}
    try:
        _record(ledger, args.step, error, named)
    except BrokenLedgerError as broken:
        if not isinstance(error, BrokenLedgerError):
            print(f"not on record: {broken}", file=sys.stderr)
    except OSError as unwritten:
        print(f"not on record: {unwritten.strerror}: {lake.ledger}", file=sys.stderr)
    return code


def _record(ledger: Ledger, step: str, error: PolicyError, named: dict[str, Any]) -> None:
    """The refusal, with the names that were given if they are names."""
    try:
        ledger.append("refused", step=step, error=type(error).__name__, **named)
    except UnrecordableError:
        ledger.append("refused", step=step, error=type(error).__name__)


def _crashed(error: Exception) -> int:
    """Say where; what a library says of it could show a value."""
    print(told(error), file=sys.stderr)
    return CRASHED


def _parser() -> argparse.ArgumentParser:
    parser = CommandLine(prog=command("jobs"), description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True, metavar="step")

    def step(name: str, run: Callable[[argparse.Namespace, Lake], int], about: str) -> argparse.ArgumentParser:
        sub = steps.add_parser(name, help=about, description=about)
        sub.set_defaults(run_step=run)
        return sub

    for name, run, about in (
        ("plan", _plan, "print what the night of a day has to do, as one JSON line"),
        ("extract", _extract, "copy a day of the platform into landing"),
        ("cleanup", _cleanup, "delete landing of a day once all its releases are published and verified"),
        ("night", _night, "print what the night of a day did"),
    ):
        step(name, run, about).add_argument("--day", type=a_day, required=True)
    for name, run, about in (
        ("protect", _protect, "treat a release of a day as its contract says (Spark)"),
        ("validate", _validate, "let the gate judge a staged run (Spark)"),
        ("publish", _publish, "make a judged run visible to analysts"),
    ):
        sub = step(name, run, about)
        if name == "publish":
            sub.add_argument("--release", type=a_name, required=True)
        else:
            sub.add_argument("--release", type=a_name, required=True, action="append", dest="releases", help=SEVERAL)
        sub.add_argument("--day", type=a_day, required=True)
        sub.add_argument("--run", type=_run_name, required=True)
    sub = step("export", _export, "make a recipient's own copy of a day, through the gate (Spark)")
    sub.add_argument("--release", type=a_name, required=True, help="a contract of policy/exports")
    sub.add_argument("--day", type=a_day, required=True)
    sub = step("accept", _accept, "let a night through that the gate held for its volume")
    sub.add_argument("--release", type=a_name, required=True)
    sub.add_argument("--day", type=a_day, required=True)
    sub.add_argument("--by", required=True, help="who decides")
    assure.add_arguments(step("assure", assure.run, "search every published table again (Spark)"))
    budget.add_arguments(step("budget", budget.run, "what is spent of the privacy budgets, and what is left"))
    coverage.add_arguments(
        step("coverage", coverage.run, "how much of the promise is kept, as numbers that can be red")
    )
    step("ledger", _ledger, "recompute the ledger's hash chain").add_argument("what", choices=("verify",))
    expire.add_arguments(step("expire", expire.run, "plan, carry out and prove what retention deletes (Spark)"))
    keys.add_arguments(step("keys", keys.run, "list, rotate, retire, destroy keys"))
    reidentify.add_arguments(step("reidentify", reidentify.run, "who is behind a token, under four eyes"))
    request.add_arguments(step("request", request.run, "data subjects' requests, by reference"))
    risk.add_arguments(
        step("risk", risk.run, "how likely it is that somebody is found, in every release or any table (Spark)")
    )
    signals.add_arguments(step("signals", signals.run, "check the detection rules, try one on a day"))
    return parser


def _run_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", text):
        raise argparse.ArgumentTypeError("a run is named by small letters, digits and hyphens")
    return text


def _plan(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.plan import plan

    print(json.dumps(plan(policy.load(), args.day, Ledger(lake.ledger))))
    return 0


def _extract(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.extract import extract_day

    for manifest in extract_day(policy.load(), args.day, lake, Ledger(lake.ledger)):
        print(f"{manifest.source}: {manifest.rows} rows, {len(manifest.columns)} columns")
    return 0


def _protect(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.protect import protect_release
    from jobs.spark.session import spark

    staged = protect_release(policy.load(), args.release, args.day, args.run, spark(f"protect {args.release}"), lake)
    print(f"{args.release} of {args.day}: {staged.said}")
    return 0


def _validate(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.validate import validate_release
    from jobs.spark.session import spark

    verdict = validate_release(policy.load(), args.release, args.day, args.run, spark(f"validate {args.release}"), lake)
    print(
        f"{args.release} of {args.day}: green, {verdict.expectations} expectations on {verdict.rows} rows, "
        f"{verdict.proof_caught} of {verdict.proof_planted} planted leaks caught"
    )
    return 0


def _publish(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.catalogue.endpoint import announce
    from jobs.night.publish import publish_release

    promise = policy.load()
    published = publish_release(promise, args.release, args.day, args.run, lake)
    print(f"{args.release} of {args.day}: {published.rows} rows visible in version {published.version}")
    if promise.release(args.release).findings is not None:
        from jobs.signals.report import write_report

        print(f"threat report: {write_report(promise, args.day, lake)}")
    if told := announce(promise, promise.release(args.release), lake, Ledger(lake.ledger)):
        print(told)
    return 0


def _accept(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.gate.decisions import accept_volume

    rows = accept_volume(args.release, args.day, args.by, Ledger(lake.ledger))
    print(f"{args.release} of {args.day}: {rows} source rows are accepted; run protect and what follows again")
    return 0


def _export(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.export import export_release
    from jobs.spark.session import spark

    made = export_release(policy.load(), args.release, args.day, spark(f"export {args.release}"), lake)
    print(f"{args.release} of {args.day}: {made.rows} rows for {made.recipient} in {made.folder}")
    return 0


def _cleanup(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.cleanup import clean_up

    gone, waiting = clean_up(policy.load(), args.day, lake, datetime.now(UTC).date())
    print(
        f"landing of {args.day}: {len(gone)} sources deleted" + (f"; kept for {', '.join(waiting)}" if waiting else "")
    )
    return 0


def _night(args: argparse.Namespace, lake: Lake) -> int:
    from jobs.night.summary import night_table

    print(night_table(policy.load(), args.day, lake))
    return 0


def _ledger(_: argparse.Namespace, lake: Lake) -> int:
    from jobs.retention.receipt import ledger_heads

    keyring = Keyring.from_environment()
    verified = verify(Ledger(lake.ledger), keyring, ledger_heads(lake, keyring))
    if verified.sealed is not None:
        since = verified.entries - verified.sealed
        known = f"and has the head that was sealed last, entry {verified.sealed}; the {since} after it hang on it"
    elif keyring.path.exists():
        known = "no head was sealed yet: that nothing is missing at its end isn't proved"
    else:
        known = f"that nothing is missing at its end isn't proved: there is no keyring at {keyring.path}"
    print(f"{verified.entries} entries, the chain holds, {known}")
    return 0
