"""What the platform's tables hold: every column classified, every table owned."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from policy.base import Model
from policy.values import ColumnType, TimeRole

ColumnKind = Literal["direct", "quasi", "sensitive", "free_text", "plain"]
"""What a column can give away, in the field's words.

``direct``: identifies a person or a company by itself; ``quasi``: does so together with
others; ``sensitive``: must not be learnt about a person even without a name; ``free_text``:
may hold anything and counts as all three; ``plain``: none of these.
"""

Identifier = Literal[
    "person", "company", "session", "event", "object", "contract", "invoice", "cookie", "customer",
    "email", "phone", "first_name", "family_name", "company_name", "street", "address",
]  # fmt: skip
"""Identifier classes: values of one class are compared, normalised and keyed alike."""

SELDOM_REPEATED: frozenset[Identifier] = frozenset({"event", "object", "session"})
"""Classes of which nearly every row has its own value: a dictionary of them is built, found too large, thrown away."""

OF_A_PERSON: frozenset[Identifier] = frozenset({"person", "email", "phone", "session", "cookie", "customer"})
"""Classes whose values belong to one person. The others are shared (names, streets, companies) or name a thing."""

SPARK_TYPES: dict[ColumnType, str] = {
    "uuid": "string",
    "text": "string",
    "integer": "bigint",
    "decimal": "decimal(18,2)",
    "timestamp": "timestamp",
    "date": "date",
    "json": "string",
    "boolean": "boolean",
}


class SourceColumn(Model):
    """One column of the operational database.

    ``role`` tells times apart: at a ``begin`` something happened, an ``end`` may lie ahead or never come.
    ``typed``: anybody may write anything into it. A cell is an identifier if it has the shape of one, or if
    its row is an account's. ``unique``: no two rows have the same value, however it is spelled.
    ``provided``: the person gave it to us (clause 3.1), so it is portable (clause 9.1, GDPR art. 20).
    ``means``: what a cell says, in words; ``missing``: what it says by being null; ``unit``: of a number or a time.
    """

    type: ColumnType
    kind: ColumnKind
    identifier: Identifier | None = None
    values: tuple[str, ...] | None = None
    required: bool = False
    unique: bool = False
    typed: bool = False
    provided: bool = False
    role: TimeRole = "begin"
    means: str = ""
    missing: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _only_a_time_is_an_end(self) -> Self:
        if self.role == "end" and self.type not in ("timestamp", "date"):
            raise ValueError("only a timestamp or a date is an end")
        return self

    @model_validator(mode="after")
    def _a_direct_column_says_what_it_identifies(self) -> Self:
        if self.kind == "direct" and self.identifier is None:
            raise ValueError("a direct column names its identifier class")
        return self

    @property
    def spark_type(self) -> str:
        """The Spark SQL type in which landing holds this column."""
        return SPARK_TYPES[self.type]


class Source(Model):
    """One table: who owns it, how it is extracted, and whose data it holds.

    ``unread``: of a table that no release reads, why none does.
    """

    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    clause: str
    rhythm: Literal["events", "snapshot", "never"]
    time: str | None = None
    subject: str | None = None
    rights: tuple[str, ...] = ()
    unread: str = ""
    columns: dict[str, SourceColumn]

    @model_validator(mode="after")
    def _names_only_its_own_columns(self) -> Self:
        named = [("time", self.time), ("subject", self.subject), *(("rights", column) for column in self.rights)]
        for role, column in named:
            if column is not None and column not in self.columns:
                raise ValueError(f"{role} names a column that isn't listed")
        if (self.rhythm == "events") != (self.time is not None):
            raise ValueError("a table of events, and no other, names its time column")
        return self

    @model_validator(mode="after")
    def _only_somebodys_rows_were_provided(self) -> Self:
        if self.subject is None and self.provided:
            raise ValueError("has provided columns and doesn't name the subject who provided them")
        return self

    @property
    def provided(self) -> tuple[str, ...]:
        """The columns that the person gave to us, in the table's order."""
        return tuple(name for name, column in self.columns.items() if column.provided)

    @property
    def person(self) -> str | None:
        """The column that says whose a row is, or whom it names; None where a row is nobody's."""
        named = (name for name in self.of_kind("direct") if self.columns[name].identifier == "person")
        return self.subject or next(named, None)

    def of_kind(self, *kinds: ColumnKind) -> tuple[str, ...]:
        """The columns of these kinds, in the table's order."""
        return tuple(name for name, column in self.columns.items() if column.kind in kinds)

    def in_any_words(self) -> Source:
        """The same table without its vocabularies: for a reader to whom an unknown word says something, too."""
        open_ended = {name: column.model_copy(update={"values": None}) for name, column in self.columns.items()}
        return self.model_copy(update={"columns": open_ended})


class Sources(Model):
    """``policy/sources.yaml``."""

    sources: dict[str, Source]
