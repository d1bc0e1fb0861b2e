"""Which rows name somebody, without Spark and the kernel: by tokens of Python's HMAC, in what pyarrow reads."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.retention.names import NAMING
from jobs.retention.planner import Look
from policy.contract import Contract
from policy.sources import Identifier


@dataclass(frozen=True)
class Wanted:
    """Tokens of all who must be gone, of all whom a hold protects, and of those of them whom nothing else would."""

    gone: frozenset[bytes]
    held: frozenset[bytes]
    late: frozenset[bytes] = frozenset()
    classes: frozenset[Identifier] = frozenset(NAMING)


def wanted_in(contract: Contract, at: Look) -> Wanted:
    """Whose tokens the pass looks for in a release."""
    made = at.expired(contract) if contract.domain is not None else {}
    return Wanted(
        gone=frozenset(token.encode() for token, name in made.items() if not name.holds),
        held=frozenset(token.encode() for token, name in made.items() if name.holds),
        late=frozenset(token.encode() for token, name in made.items() if name.holds and name.is_over(at.day)),
        classes=at.classes,
    )


@dataclass(frozen=True)
class Names:
    """Tokens to look for: as an array for plain columns, as a set for nested ones."""

    array: pa.Array
    texts: frozenset[str]

    @classmethod
    def of(cls, tokens: frozenset[bytes]) -> Names:
        """The same tokens as texts."""
        texts = frozenset(token.decode() for token in tokens)
        return cls(pa.array(sorted(texts), pa.string()), texts)


def naming(batch: pa.RecordBatch, names: Names) -> pa.Array:
    """Whether each row has one of ``names``, in a column or nested in a map or a list, whatever its type is."""
    result = pa.array([False] * batch.num_rows, pa.bool_())
    for column in batch.columns if names.texts else ():
        if column.type != pa.string():
            named = pa.array([not names.texts.isdisjoint(texts_of(cell)) for cell in column.to_pylist()], pa.bool_())
        else:
            named = pc.is_in(column, value_set=names.array)
        result = pc.or_(result, named)
    return result


def texts_of(cell: object) -> list[str]:
    """The texts of a cell as Python has it: one text, a list's items, or a map's values; none of anything else."""
    if isinstance(cell, str):
        return [cell]
    items = cell if isinstance(cell, list) else ()
    return [text for item in items for text in texts_of(item[1] if isinstance(item, tuple) else item)]
