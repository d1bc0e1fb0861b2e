"""``python -m jobs coverage``: what ``python -m policy coverage`` counts, then the platform and the lake held to it."""

from __future__ import annotations

import argparse

import policy
from jobs.lake.zones import Lake

RED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: everything is looked at."""
    parser.description = "what the policy files say, then the platform and the lake held to it; 2 when a number is red"


def run(_: argparse.Namespace, lake: Lake) -> int:
    """Print every number and what is missing; 2 when one is red. Nothing is written."""
    from jobs.assurance.coverage import observed
    from jobs.platform.database import connect
    from policy.coverage import declared

    promise = policy.load()
    numbers = list(declared(promise))
    print(*(line for number in numbers for line in number.lines()), sep="\n")
    with connect() as platform:
        found = observed(promise, lake, platform)
    print(*(line for number in found for line in number.lines()), sep="\n")
    return RED if any(number.is_red for number in (*numbers, *found)) else 0
