"""What a published column says must be said in words: what a cell means, and what a null does."""

from __future__ import annotations

from policy.contract import Contract
from policy.errors import ContractError

FEWEST = 8
"""Letters that no meaning is shorter than: a column's name again is none."""


def require_words(contract: Contract) -> None:
    """Every column that readers see has its meaning, and where nulls can be, theirs.

    Raises:
        ContractError: with the first that hasn't; names release, column and owner, and where the words go.
    """
    where = "in policy/releases" if contract.recipient is None else "in policy/exports"
    for output in contract.outputs:
        lacks = None
        if len(output.means) < FEWEST or output.means == output.name.replace("_", " "):
            lacks = "has no words that say what a cell means; give `means`"
        elif output.nullable and not output.missing:
            lacks = "can be null, and no words say what that means; give `missing`"
        if lacks is not None:
            problem = f"{lacks} to its column in policy/sources.yaml, or to its rule {where}"
            raise ContractError(contract.release, output.name, problem, contract.owner)
