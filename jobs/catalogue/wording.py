"""Treatments in sentences: how a column is made, and what that means for whoever joins by it."""

from __future__ import annotations

from jobs.catalogue.model import Reading
from policy.contract import Contract, Output
from policy.periods import months_of
from policy.promise import Promise
from policy.rules import (
    Band,
    ColumnRule,
    Keep,
    NetworkPrefix,
    PathTemplate,
    Region,
    Surrogate,
    Token,
    Topic,
    TruncateDate,
    TruncateTime,
    UserAgentFamily,
    Vocabulary,
)

CLASSES = {
    "email": "e-mail address or login",
    "address": "network address",
    "first_name": "first name",
    "family_name": "family name",
    "company_name": "company name",
}
NOBODY = "No key: it can stand beside what other tables say, and nobody can be found by it."


def treated(contract: Contract, output: Output) -> str:
    """How the column is made, in a sentence."""
    rules = {rule.output or name: rule for columns in contract.inputs.values() for name, rule in columns.items()}
    rule = rules.get(output.name)
    if contract.shape == "findings" or rule is None or not rule.published or output.note in ("counted", "summed"):
        return f"{output.note[:1].upper()}{output.note[1:]}."
    if contract.shape == "microdata":
        return f"Raised to the level that is approved: {output.note}."
    return _sentence(rule, contract, output)


def _sentence(rule: ColumnRule, contract: Contract, output: Output) -> str:
    match rule:
        case Keep():
            return "As it is on the platform."
        case Token():
            return (
                f"A token instead of the {_called(rule.identifier)}, made with a key (HMAC-SHA-256): the same "
                f"{_called(rule.identifier)} has the same one for {epoch(contract)}, however it is spelled."
            )
        case Surrogate():
            return f"A made-up {_called(rule.identifier)}; the same one is made of the same one for {epoch(contract)}."
        case NetworkPrefix(keep="address"):
            return "Encrypted so that addresses of one network begin alike: " + NETWORK
        case NetworkPrefix():
            return "The network alone, encrypted: " + NETWORK
        case TruncateTime() | TruncateDate():
            return f"Cut to the beginning of its {rule.to}."
        case Band() | Region() | Topic() | UserAgentFamily() | PathTemplate() | Vocabulary():
            rest = "; everything else is `other`" if output.values and "other" in output.values else ""
            return f"{output.note[:1].upper()}{output.note[1:]}{rest}."
    raise AssertionError(f"{output.name} isn't published by itself")


NETWORK = "the first 6 letters after `ip4_` are the /24, the first 16 after `ip6_` the /64."


def joins(promise: Promise, contract: Contract, output: Output) -> str:
    """What it means for a join, in a sentence."""
    if contract.kind == "anonymised":
        return NOBODY
    others = joins_with(promise, contract, output)
    within = f"rows of the same {epoch(contract, of='epoch of')}"
    where = f" with {', '.join(f'`{other}`' for other in others)}" if others else " inside this table only"
    if output.token is not None:
        return (
            f"A key: equal tokens are one {_called(output.token)}. Joins{where}, in {within}; with nothing elsewhere."
        )
    if output.network is not None:
        return f"A prefix search, no key: what begins alike is one network. Compare{where}, in {within}."
    if output.tokens is not None:
        return f"Tokens inside it join{where}, in {within}."
    return "No key: a word, a moment or a number that many rows share."


def joins_with(promise: Promise, contract: Contract, output: Output) -> tuple[str, ...]:
    """The columns of releases, as ``release.column``, with which it joins inside an epoch; sorted."""
    if contract.domain is None:
        return ()
    peers = [other for other in promise.releases.values() if other.domain == contract.domain]
    there = [(other, column) for other in peers for column in other.outputs]
    found = {
        f"{other.release}.{column.name}"
        for other, column in there
        if (other.release, column.name) != (contract.release, output.name) and _meet(contract, output, other, column)
    }
    return tuple(sorted(found))


def _meet(one: Contract, mine: Output, other: Contract, theirs: Output) -> bool:
    if mine.tokens is not None or theirs.tokens is not None:
        inside, outside = (mine, theirs) if mine.tokens is not None else (theirs, mine)
        made = one if mine.tokens is not None else other
        column = made.findings.output.get(inside.name) if made.findings else None
        return outside.tokens is None and outside.name in (column.made_of if column else ())
    keyed = mine.token is not None and mine.token == theirs.token
    return keyed or (mine.network is not None and theirs.network is not None)


def epoch(contract: Contract, of: str = "an epoch of") -> str:
    """How long one key lasts, in words."""
    months = months_of(contract.epoch or "P1M")
    return f"{of} {months} months" if months > 1 else f"{of} one month"


def _called(identifier: str) -> str:
    return CLASSES.get(identifier, identifier)


def reads(release: str, day: str) -> tuple[Reading, ...]:
    """A few lines for each tool that opens the table from the folder above it, and reads one day."""
    return tuple(Reading(tool, code.format(release=release, day=day)) for tool, code in READS.items())


READS = {
    "pandas": """\
from deltalake import DeltaTable
frame = DeltaTable("{release}").to_pandas(partitions=[("day", "=", "{day}")])""",
    "Polars": """\
import polars, datetime
day = datetime.date.fromisoformat("{day}")
lazy = polars.scan_delta("{release}").filter(polars.col("day") == day)
print(lazy.collect())""",
    "DuckDB": """\
import duckdb
from deltalake import DeltaTable
rows = DeltaTable("{release}").to_pyarrow_dataset()
duckdb.sql("SELECT * FROM rows WHERE day = DATE '{day}'").show()""",
}
