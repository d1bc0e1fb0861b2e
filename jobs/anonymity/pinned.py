"""The generalisation that a contract has pinned: does it hold for these rows, and if not, which one would?

A node is never changed by the suite. That a month needs another one says something about that month's people, so a
person decides whether the contract may say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.anonymity.lattice import Found, Look, is_kept, look, search
from jobs.anonymity.levels import Node
from jobs.anonymity.nodes import Base
from policy.contract import Contract, Generalisation
from policy.errors import PolicyError
from policy.hierarchies import Hierarchy


class PinnedNodeError(PolicyError):
    """The contract's node leaves out more rows than it may."""

    def __init__(self, contract: Contract, found: Look, most: float, proposed: str | None) -> None:
        self.release, self.owner = contract.release, contract.owner
        self.suppressed, self.rows, self.proposed = found.suppressed, found.suppressed + found.rows, proposed
        share = self.suppressed / max(self.rows, 1)
        mend = "add levels, or leave out a quasi-identifier: no node holds"
        what = mend if proposed is None else f"pin {proposed}"
        super().__init__(
            f"{contract.release}: its pinned generalisation suppresses {self.suppressed} of {self.rows} rows, "
            f"{share:.1%}; the contract allows {most:.1%}; nothing was staged; ask {contract.owner} to look at it and, "
            f"if it may be, to {what} in policy/releases/{contract.release}.yaml"
        )


@dataclass(frozen=True)
class Pinned:
    """What a month's rows are like at the contract's node, beside the best node that there would have been."""

    node: Node
    look: Look
    found: Found


def pinned(contract: Contract, base: Base, hierarchies: dict[str, Hierarchy]) -> Pinned:
    """Hold the contract's node against the rows.

    Raises:
        PinnedNodeError: it suppresses more than the contract allows; names the node that would be best.
    """
    given = generalisation_of(contract)
    node = node_of(given, base, hierarchies)
    found = search(base, given.loss, given.suppression)
    here = look(base, given.loss, node)
    if not is_kept(base, here, given.suppression) and base.rows:
        proposed = None if found.best is None else said(found.best.node, base, given, hierarchies)
        raise PinnedNodeError(contract, here, given.suppression, proposed)
    return Pinned(node, here, found)


def generalisation_of(contract: Contract) -> Generalisation:
    """The generalisation of a contract that has one."""
    if contract.anonymity is None or contract.anonymity.generalisation is None:
        raise ValueError(f"{contract.release} has no generalisation")
    return contract.anonymity.generalisation


def node_of(given: Generalisation, base: Base, hierarchies: dict[str, Hierarchy]) -> Node:
    """The contract's levels as numbers, in the order of its quasi-identifiers."""
    names = (attribute.name for attribute in base.attributes)
    return tuple(hierarchies[given.hierarchies[name]].levels.index(given.node[name]) for name in names)


def said(node: Node, base: Base, given: Generalisation, hierarchies: dict[str, Hierarchy]) -> str:
    """A node as the contract writes it: ``{sector: group, region: region}``."""
    levels = (
        f"{attribute.name}: {hierarchies[given.hierarchies[attribute.name]].levels[level]}"
        for attribute, level in zip(base.attributes, node, strict=True)
    )
    return "{" + ", ".join(levels) + "}"
