"""``python -m jobs request …``: every data subject's request, by its reference.

Prints references, rights, days, states and grounds; never who asked, nor in which words.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import policy
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.wishes import RIGHTS
from jobs.rights.finding.found import Findings
from jobs.rights.finding.inventory import Inventory
from jobs.rights.requests import decisions
from jobs.rights.requests.book import read_book
from jobs.rights.requests.cases import Book, Case
from jobs.rights.requests.errors import NoTerminalError, OneAtATimeError
from jobs.rights.requests.expected import expected
from policy.answering import Answering
from policy.periods import now
from policy.promise import Promise

GONE = "the platform has it no more"
BOOKKEEPING = {"seq", "at", "kind", "prev", "hash", "reference", "right"}
SEVERAL = ("find", "approve", "carry-out")
"""Actions that take any number of requests."""
HEAD = ("reference", "right", "received", "due", "state", "days left", "ground")
ROW = "{:<16}  {:<18}  {:<10}  {:<10}  {:<17}  {:>9}  {}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of ``request``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="all requests, the first due first")
    listing.add_argument("--open", action="store_true", help="only those with which something must still happen")
    for name, about in (
        ("show", "one request: what is known of it, and what must happen next"),
        ("find", "find everything of theirs in every place, and plan what the erasures among them take"),
        ("approve", "record a person's word on what was found"),
        ("carry-out", "do what was approved, or bring back what was lifted; erasures planned together as one"),
        ("extend", "record that it is answered within three months of receipt"),
        ("refuse", "record that it is refused as a whole"),
    ):
        action = actions.add_parser(name, help=about)
        if name in SEVERAL:
            action.add_argument("references", type=_reference, nargs="+", metavar="reference")
        else:
            action.add_argument("reference", type=_reference)
        if name == "extend":
            action.add_argument("--reason", required=True, help="a word of extensions in policy/register.yaml")
        if name == "refuse":
            action.add_argument("--ground", required=True, help="a word of grounds in policy/register.yaml")
        if name in ("extend", "refuse", "approve"):
            action.add_argument("--by", required=True, help="who decides")

        if name == "approve":
            seen = "the ledger's entry of what was found, as `find` and `show` say it; what is amber needs it"
            action.add_argument("--found", type=int, metavar="ENTRY", help=seen)

    waiting = actions.add_parser("waiting", help="the references of a right whose turn a step is, one a line")
    waiting.add_argument("right", choices=sorted(RIGHTS))
    waiting.add_argument("step", choices=("find", "approve", "carry-out"))
    taking = actions.add_parser("take-up", help="record what the platform says; who goes on, as one JSON line")
    taking.add_argument("--waiting", type=int, default=0, help="hours for which what was found is left to a person")
    row = actions.add_parser(
        "row", help="the request's id on the platform, for whoever must read it there; to a terminal"
    )
    row.add_argument("reference", type=_reference)
    actions.add_parser("places", help="every place where somebody can stand, and what each right does there")


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Carry out one action; a decision is an entry of the ledger."""
    promise, ledger = policy.load(), Ledger(lake.ledger)
    if args.action in ("take-up", "find", "approve", "carry-out"):
        _serve(args, promise, lake)
    elif args.action == "places":
        print(*Inventory.of(promise).table(), sep="\n")
    elif args.action == "list":
        print(*_table(_book(promise, ledger), only_open=args.open), sep="\n")
    elif args.action == "waiting":
        print(*_waiting(_book(promise, ledger), args, promise.register.answering), sep="\n")
    elif args.action == "row":
        if not sys.stdout.isatty():
            raise NoTerminalError
        print(_book(promise, ledger).case(args.reference).request.request_id)
    elif args.action == "show":
        print(*_paragraph(_book(promise, ledger), args.reference, promise.register.answering), sep="\n")
    else:
        with lake.alone("requests"):
            _decide(args, _book(promise, ledger).case(args.reference), promise.register.answering, ledger)
    return 0


def _serve(args: argparse.Namespace, promise: Promise, lake: Lake) -> None:
    """The steps of a request; the heavy ones are imported for themselves alone."""
    from jobs.rights.serve import Office
    from jobs.spark.session import spark

    office = Office.of(promise, lake, now(), lambda: spark(f"request {args.action}"))
    if args.action == "take-up":
        going = office.take_up(timedelta(hours=args.waiting))
        print(*_alerts(office.book()), json.dumps([vars(work) for work in going]), sep="\n")
        return
    references = list(dict.fromkeys(args.references))
    if args.action == "find":
        for reference, findings in zip(references, office.look_for_all(references), strict=True):
            print(*_described(reference, findings, office.ledger), sep="\n")
    elif args.action == "approve":
        if args.found is not None and len(references) > 1:
            raise OneAtATimeError
        for reference in references:
            office.approve(reference, args.by, args.found)
            print(f"{reference}: approved by {args.by}")
    else:
        try:
            for reference, done in office.carry_out_all(references):
                told = ", ".join(f"{name} {said}" for name, said in done.items() if said is not None)
                print(f"{reference}: {told}", flush=True)
        except BaseException:  # what was done before another request was refused is to be read, too
            try:
                _tell_readers(promise, lake)
            except Exception as error:  # noqa: BLE001 (why the request was refused is what must be read)
                print(f"the pages beside the tables weren't all written: {type(error).__name__}", flush=True)
            raise
        _tell_readers(promise, lake)


def _tell_readers(promise: Promise, lake: Lake) -> None:
    """Write the pages beside the tables anew: what they say of days, rows and files may have changed."""
    from jobs.night.datasheet import write_about
    from jobs.retention.planner import published_contracts

    for contract in published_contracts(promise, lake):
        write_about(promise, contract, lake, Ledger(lake.ledger))


def _described(reference: str, findings: Findings, ledger: Ledger) -> Iterator[str]:
    """What was found for one request, place by place, and the entry of the ledger that says so."""
    yield from (str(each) for each in findings.found if each.rows or each.files or not each.linkable)
    yield from (f"amber: {reason}" for reason in findings.amber)
    recorded = ledger.last("request_found", reference=reference)
    entry = f"; on record as entry {recorded['seq']}" if recorded is not None else ""
    yield f"{reference}: {findings.state}, {findings.rows} rows; {findings.files_searched} files searched{entry}"


def _alerts(book: Book) -> Iterator[str]:
    """Who must be answered soon, or should have been; and what isn't over, though nobody asks for it any more."""
    for case in book.cases:
        if case.is_open and case.alert is not None:
            when = "late" if case.late else f"due in {case.days_left} days"
            yield f"{case.reference}: {case.request.right}, {case.state}, {when}"
    for reference, record in book.missing.items():
        yield f"{reference}: {record.right}, {record.state}, {GONE}"


def _waiting(book: Book, args: argparse.Namespace, answering: Answering) -> Iterator[str]:
    """The references of a right whose turn a step is, the first due first; a lifting is carried out, too."""
    steps = {"carry-out": ("carry_out", "lift")}.get(args.step, (args.step,))
    for case in book.cases:
        if case.request.right == args.right and expected(case, answering).step in steps:
            yield case.reference


def _reference(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise argparse.ArgumentTypeError("a request is named by the 16 hex digits of its reference")
    return text


def _book(promise: Promise, ledger: Ledger) -> Book:
    keyring = Keyring.from_environment(ledger)
    keyring.require_there()
    return read_book(promise, keyring, ledger, now())


def _decide(args: argparse.Namespace, case: Case, answering: Answering, ledger: Ledger) -> None:
    if args.action == "extend":
        last = decisions.extend(case, answering, ledger, args.reason, args.by)
        print(f"{case.reference}: extended by {args.by}, to be answered by {last}")
    else:
        decisions.refuse(case, answering, ledger, args.ground, args.by)
        print(f"{case.reference}: refused by {args.by}, {args.ground}")


def _table(book: Book, *, only_open: bool) -> Iterator[str]:
    """A line a request, the first due first; then what the platform has no more, and how many wait."""
    yield ROW.format(*HEAD).rstrip()
    for case in book.cases:
        if case.is_open or not only_open:
            left = "" if not case.is_open else "late" if case.late else str(case.days_left)
            days = (str(day or "unknown") for day in (case.received, case.due))
            yield ROW.format(case.reference, case.request.right, *days, case.state, left, case.ground or "").rstrip()
    for reference, record in book.missing.items():
        yield ROW.format(reference, record.right, "", "", record.state, "", f"({GONE})")
    waiting = [case for case in book.cases if case.is_open]
    told = sum(case.alert is not None and not case.late for case in waiting)
    yield f"{len(waiting)} open, {sum(case.late for case in waiting)} late, {told} more within the days of an alert"


def _paragraph(book: Book, reference: str, answering: Answering) -> Iterator[str]:
    """All that is known of one request outside the platform."""
    record = book.missing.get(reference)
    if record is None:
        case = book.case(reference)
        record, said = case.record, expected(case, answering)
        yield f"{reference}: {case.request.right}, {case.state}"
        yield from (f"{name:<12} {text}" for name, text in _facts(case) if text)
        yield f"{said.step:<12} {said.words}"
    else:
        yield f"{reference}: {record.right}, {record.state}"
        yield f"{'person':<12} {GONE}; find out who deleted it, and whether it was answered"
    for entry in record.entries if record else ():
        about = (f"{name} {entry[name]}" for name in sorted(entry.keys() - BOOKKEEPING) if entry[name] is not None)
        yield " ".join((f"{'on record':<12} {entry['at'][:16]} {entry['kind']}", *about)).rstrip()


def _facts(case: Case) -> Iterator[tuple[str, str | None]]:
    request, left = case.request, case.days_left
    yield "received", str(case.received or "on a day that nobody knows")
    yield "verified", _minute(case.verified_at)
    yield "paused", f"{case.paused.days} days, while the identity was verified" if case.paused.days else None
    near = "" if case.alert is None or case.late else f"; the alert of {case.alert} days is reached"
    yield "due", f"{case.due or 'unknown'}{'' if left is None else f', {left} days left'}{', late' * case.late}{near}"
    yield "extended", f"until {request.extended_until}, says the platform" if request.extended_until else None
    yield "closed", _minute(request.closed_at)
    yield "lifted", _minute(request.lifted_at)
    yield "holds", ", ".join(case.holds)


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(" ", "minutes")
