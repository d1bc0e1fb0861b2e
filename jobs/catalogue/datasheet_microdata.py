"""What microdata say about themselves: how coarse they are and what that costs, what k and l promise, and what not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jobs.lake.ledger import Entry
from policy.contract import Contract

HEADINGS = """\
| month | rows | left out | loss | next best | proof | local recoding | held against | version |
|---|---|---|---|---|---|---|---|---|
"""
KNOWS_MORE = """\
that somebody who knows what a person did (on how many days, in which modules) doesn't find the row: what was done is
sensitive here, and no quasi-identifier."""
LEARNS = """\
that nothing is learnt of who is in a class: where nine of ten rows say the same, who knows that a person is in it knows
that most likely."""
NOT = (
    KNOWS_MORE,
    LEARNS,
    "what three months show together, or who is new in a month: months are compared in pairs, by who is in both.",
    "anything against who knows of nine people of a class of ten which rows are theirs: the tenth is left.",
)


def microdata_counts(published: Sequence[tuple[Entry, Entry]]) -> str:
    """One line a month, newest first, from its publication and what was said when it was made."""
    return HEADINGS + "\n".join(_line(entry, staged) for entry, staged in published)


def _line(entry: Entry, staged: Entry) -> str:
    cost: dict[str, Any] = staged.get("cost") or {}
    if not cost:
        return f"| {entry['day']} | {entry['rows']} |  |  |  |  |  |  | {entry['version']} |"
    others = "; ".join(f"{_levels(node)} {_percent(loss)}" for node, loss in cost["runners_up"])
    whole = "proved" if cost["proved"] else "not proved"
    proof = f"{whole}: {cost['nodes']} nodes, {cost['looked_at']} looked at, {cost['pruned']} pruned"
    local = "not measured" if cost["local"] is None else _percent(cost["local"])
    against = ", ".join(cost["compared"]) or "no other month yet"
    here = f"{_levels(cost['node'])} {_percent(cost['loss'])}"
    cells = (entry["day"], entry["rows"], f"under {staged['suppressed']}", here, others, proof, local, against)
    return f"| {' | '.join(map(str, (*cells, entry['version'])))} |"


def _levels(node: str) -> str:
    return f"`{node}`"


def _percent(loss: float) -> str:
    return f"{loss:.0%}"


def microdata_guarantees(contract: Contract) -> Iterator[str]:
    """The guarantees in words and numbers, then what isn't guaranteed."""
    anonymity, given, _ = contract.microdata
    quasi, sensitive = (_listed(names) for names in (anonymity.quasi_identifiers, anonymity.sensitive))
    yield (
        f"Guaranteed: at least {anonymity.k} people share each combination of {quasi} that a month shows (k-anonymity, "
        f"Sweeney 2002), and among them each of {sensitive} has at least {anonymity.l} different words (distinct "
        "l-diversity, Machanavajjhala et al. 2007)."
    )
    yield (
        "Guaranteed: those who are in two published months with the same combinations are none, or at least "
        f"{anonymity.k}. For this the suite remembers, under keyed tokens and closed to everybody, who was shown how."
    )
    levels = ", ".join(f"`{column}` at `{level}`" for column, level in given.node.items())
    yield (
        f"The levels are pinned in the contract (full-domain generalisation, Samarati 2001): {levels}. They stay; "
        f"a month that would leave out more than {given.suppression:.0%} of its rows is refused, and a person decides."
    )
    yield (
        f"The loss is the {given.loss.replace('_', ' ')} (0 % exact, 100 % nothing said) of the pinned levels, beside "
        "the next best ones and of local recoding (Mondrian, LeFevre et al. 2006), which isn't what is published. How "
        f"many rows were left out is told up to a multiple of {anonymity.k}; from counts take an error of as many rows."
    )
    yield "A closed month is published once: what comes later, a withdrawal or a late event, changes nothing in it."
    yield from (f"Not guaranteed: {line}" for line in (each.replace(chr(10), " ") for each in NOT))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
