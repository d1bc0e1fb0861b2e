"""What the gate finds out of numbers with noise: that they are the day's one draw, paid for, of the right mechanism."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from scipy.stats import chi2

from jobs.anonymity.budget import AccountBook, Draw, LostDrawError
from jobs.anonymity.noise import domain_of, drawn_frame, half_width, rows_by_unit
from jobs.keys.field_keys import key_column
from jobs.keys.ring import Keyring, bounding_key
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from policy.contract import Contract
from policy.privacy import NoisyCount, PrivacyBudget
from policy.promise import Promise

FALSE_ALARM = 1e-6
"""How often honest noise may be taken for another mechanism's, at most: once in a million nights."""


def book_problems(promise: Promise, contract: Contract, landing: Landing, staged: DataFrame) -> dict[str, int]:
    """What is wrong with staged numbers, in words → how often; nothing for a release without a privacy budget."""
    if contract.privacy is None:
        return {}
    book = AccountBook.of(contract, landing.lake, Ledger(landing.lake.ledger))
    try:
        drawn = book.stored(landing.day)
    except LostDrawError:
        return {"numbers that the account book has lost": 1}
    if drawn is None:
        return {"numbers that were never drawn": 1}
    problems = {
        "rows that aren't the drawn numbers": _differing(staged, drawn_frame(contract, drawn.rows, landing.spark)),
        "cells that aren't the closed domain": _beside_domain(promise, contract, drawn, landing.day),
        "intervals that aren't the mechanism's": _odd_intervals(contract.privacy, drawn),
        "draws of one day": _draws(book, landing.day),
        "budgets overdrawn": sum(spent.epsilon > spent.most for spent in book.spent(landing.day)),
    }
    if drawn.landing == landing.fingerprint(contract.main_source):
        problems["noise that isn't the mechanism's"] = _odd_noise(promise, contract, landing, drawn)
    return {words: count for words, count in problems.items() if count}


def cells(promise: Promise, contract: Contract, day: date) -> int:
    """How many numbers the closed domains of a release have."""
    return sum(len(domain_of(promise, contract, count, day)) for count in _counts(contract))


def _differing(staged: DataFrame, drawn: DataFrame) -> int:
    if staged.columns != drawn.columns:
        return 1
    return staged.exceptAll(drawn).count() + drawn.exceptAll(staged).count()


def _beside_domain(promise: Promise, contract: Contract, drawn: Draw, day: date) -> int:
    promised = {
        (count.name, *(str(word) for word in cell))
        for count in _counts(contract)
        for cell in domain_of(promise, contract, count, day)
    }
    by = {count.name: count.by for count in _counts(contract)}
    found = [
        (row["statistic"], *(str(row[group]).replace("T", " ") for group in by.get(row["statistic"], ())))
        for row in drawn.rows
    ]
    return len(promised ^ set(found)) + len(found) - len(set(found))


def _odd_intervals(budget: PrivacyBudget, drawn: Draw) -> int:
    half = {count.name: half_width(count) for count in budget.counts}
    widths = ((row["statistic"], row["estimate"] - row["low"], row["high"] - row["estimate"]) for row in drawn.rows)
    return sum({low, high} != {half.get(name)} for name, low, high in widths)


def _draws(book: AccountBook, day: date) -> int:
    """Draws of one day beyond the one that there may be."""
    return sum(1 for _ in book.ledger.entries("numbers_drawn", release=book.contract.release, day=day)) - 1


def _odd_noise(promise: Promise, contract: Contract, landing: Landing, drawn: Draw) -> int:
    """How many families' noise, taken off again, hasn't the contract's scale; all together count as one more.

    The counts are made otherwise than in `protect`. The squares of n draws, each over its standard deviation, add up
    to chi-square with n degrees of freedom. Too small: noise is missing. Too large: there is more of it, or what a
    unit adds wasn't bounded as the contract says.
    """
    source = contract.main_source
    rows = landing.exclusion(promise, contract.purpose).without(landing.frame(source), source)
    key = key_column(bounding_key(Keyring.from_environment(), contract, landing.day), landing.spark)
    squares: dict[str, list[float]] = {}
    for count in _counts(contract):
        exact = _bounded(rows_by_unit(promise, contract, count, rows), count, key)
        for row in drawn.rows:
            if row["statistic"] == count.name:
                noise = row["estimate"] - exact.get(tuple(str(row[group]) for group in count.by), 0)
                squares.setdefault(count.name, []).append((noise / count.scale) ** 2)
    together = [square for family in squares.values() for square in family]
    return sum(not _is_chi_square(family) for family in (*squares.values(), together))


def _is_chi_square(squares: list[float]) -> bool:
    alarm = FALSE_ALARM / 8  # two sides of four sums
    return bool(chi2.ppf(alarm, len(squares)) <= sum(squares) <= chi2.isf(alarm, len(squares)))


def _bounded(per_cell: DataFrame, count: NoisyCount, key: Column) -> dict[tuple[str, ...], int]:
    """The bounded counts by sorting each unit's cells in an array; `protect` ranks them in a window."""
    order = F.call_function("ignicloud.token", F.lit("usr"), key, F.concat_ws("\x1f", "unit", *count.by))
    cell = F.struct(order.alias("order"), *count.by, "n")
    units = per_cell.groupBy("unit").agg(F.slice(F.sort_array(F.collect_list(cell)), 1, count.cells).alias("cells"))
    kept = units.select(F.explode("cells").alias("cell")).select("cell.*")
    added = F.least("n", F.lit(count.events)) if count.counted == "events" else F.lit(1)
    sums = kept.groupBy(*count.by).agg(F.sum(added).alias("n")).collect()
    return {tuple(_text(row[group]) for group in count.by): int(row["n"]) for row in sums}


def _text(word: object) -> str:
    return word.astimezone(UTC).isoformat() if isinstance(word, datetime) else str(word)


def _counts(contract: Contract) -> tuple[NoisyCount, ...]:
    return contract.privacy.counts if contract.privacy is not None else ()
