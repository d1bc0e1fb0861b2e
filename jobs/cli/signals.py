"""``python -m jobs signals …``: check the detection rules, try one on a published day. Prints names and counts."""

from __future__ import annotations

import argparse

import policy
from jobs.lake.zones import Lake
from policy.command_line import a_day, command
from policy.promise import Promise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of ``signals``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("check", help="hold every rule against the contracts; no row is read")
    page = actions.add_parser("report", help="write the threat report of a published day again")
    page.add_argument("--day", type=a_day, required=True)
    test = actions.add_parser("test", help="run one rule on a published day and print counts")
    test.add_argument("rule", help="the rule's name")
    test.add_argument("--day", type=a_day, required=True)


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Carry out one action; nothing is staged or published."""
    if args.action == "report":
        from jobs.signals.report import write_report

        print(write_report(policy.load(), args.day, lake))
        return 0
    promise = policy.load()
    if args.action == "check":
        return _check(promise)
    from jobs.signals.trial import trial
    from jobs.spark.session import spark

    tried = trial(promise, args.rule, args.day, spark("signals test"), lake)
    print(f"{args.rule} on {args.day}: {tried.events} events looked at, {tried.parts} of them part of the rule")
    print(f"{tried.findings} findings with {tried.evidence} events; {tried.continues} go on from the day before")
    return 0


def _check(promise: Promise) -> int:
    """Every rule with what it reports, or all refusals at once; Spark isn't needed."""
    from jobs.signals.rules import load_rules

    rules = load_rules(promise, promise.release("threat_signals"))
    for rule in rules:
        known = promise.detections.rules[rule.name]
        print(f"{rule.name:<30} {known.level:<14} {known.technique:<10} by {', '.join(rule.group_by)}")
    print(
        f"{len(rules)} rules fit the contracts; try one on a published day: "
        f"{command('jobs', 'signals', 'test', 'RULE', '--day', 'DAY')}"
    )
    return 0
