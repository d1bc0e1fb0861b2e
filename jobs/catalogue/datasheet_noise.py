"""What a release with a privacy budget says about itself: what is guaranteed, and what its numbers are worth."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from jobs.anonymity.noise import half_width
from policy.privacy import DAYS, PrivacyBudget, epsilon_of


def noise_guarantees(budget: PrivacyBudget) -> Iterator[str]:
    """The guarantee in words and numbers, the error of each family, and what isn't guaranteed."""
    day, year = (epsilon_of(days * budget.rho, budget.delta) for days in (1, DAYS))
    yield (
        "Guaranteed to one account, or the address of a stranger, in one day, against anybody with anything else: all "
        f"that it did changes these numbers by no more than ε = {day:.2f} at δ = {budget.delta:g} allows, which is to "
        f"say that nobody's odds on it get better by more than {exp(day):.1f} times. Each day is drawn once, however "
        "often it is built."
    )
    yield (
        f"Somebody who is there on every day of a year loses up to ε = {year:.1f} at the same δ: that isn't much of a "
        "guarantee any more."
    )
    for count in budget.counts:
        what = "once" if count.counted == "units" else f"with {count.events} events at most"
        yield (
            f"`{count.name}`: every number is within {half_width(count)} of the bounded count, 19 times of 20. One "
            f"account counts {what} in a cell, in {count.cells} cells at most: an attack of thousands of events on one "
            "account is one account."
        )
    yield "Not guaranteed: that a rare kind of event can be told from none; that numbers add up, or aren't below zero."
    yield (
        "Not guaranteed: what else is known of the same events. The record says how many a night extracted, exactly, "
        "and somebody with several accounts or addresses is several."
    )
