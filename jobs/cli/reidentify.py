"""``python -m jobs reidentify request|decide|answer|forget``: the steps behind the DAG ``reidentify``.

The token comes on standard input, never as an argument: every process list shows those.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import policy
from jobs.lake.zones import Lake
from jobs.rights import reidentify
from jobs.rights.disclosure import disclose


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of ``reidentify``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    for name, about in (("request", "ask"), ("answer", "look up what a second person approved")):
        action = actions.add_parser(name, help=f"{about}; the token on standard input")
        for field in ("request", "requester", "release", "reason", "ticket"):
            action.add_argument(f"--{field}", required=True)
    decision = actions.add_parser("decide", help="record a second person's word")
    decision.add_argument("--request", required=True)
    decision.add_argument("--by", required=True)
    decision.add_argument("--decision", choices=("approve", "reject"), required=True)
    actions.add_parser("forget", help="delete answers, and packages for data subjects, that have expired")


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Carry out one action; prints names, never a person nor whether one was found."""
    now = datetime.now(UTC)
    match args.action:
        case "request":
            reidentify.request(policy.load(), _question(args), lake)
            print(f"{args.request}: waits for a second person")
        case "decide":
            reidentify.decide(args.request, args.by, args.decision, lake)
            print(f"{args.request}: {args.decision}, by {args.by}")
        case "answer":
            reidentify.answer(policy.load(), _question(args), lake, now)
            print(f"{args.request}: the answer lies in {lake.answers / args.requester}")
        case "forget":
            print(f"{reidentify.forget(lake, now)} answers and {disclose.forget(lake, now)} packages deleted")
    return 0


def _question(args: argparse.Namespace) -> reidentify.Question:
    token = sys.stdin.read().strip()
    return reidentify.Question(args.request, args.requester, args.release, token, args.reason, args.ticket)
