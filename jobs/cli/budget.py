"""``python -m jobs budget``: what the releases with a privacy budget have spent of it, and what is left."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime

import policy
from jobs.anonymity.budget import AccountBook
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.privacy import closed_epsilon_of, epsilon_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``budget``: the year, this one unless given."""
    parser.add_argument("--year", type=int, default=datetime.now(UTC).year)


def run(args: argparse.Namespace, lake: Lake) -> int:
    """Print one paragraph a release: what a day and a year of days cost a person, what is reserved and left."""
    ledger = Ledger(lake.ledger)
    for contract in policy.load().contracts.values():
        if contract.privacy is None:
            continue
        budget = contract.privacy
        _, year = AccountBook.of(contract, lake, ledger).spent(date(args.year, 12, 31))
        day, closed = epsilon_of(budget.rho, budget.delta), closed_epsilon_of(budget.rho, budget.delta)
        print(
            f"{contract.release}, {args.year}: {year.draws} draws reserved; somebody who was there on every one of "
            f"these days has lost ε {year.epsilon:.3f} of {year.most:g} at δ {budget.delta:g}, left {year.left:.3f}\n"
            f"  a draw costs ρ {budget.rho:g}, ε {day:.4f} (closed formula {closed:.4f}) of {budget.epsilon.day:g} "
            f"a day; owner {contract.owner}"
        )
    return 0
