"""The vocabulary of column treatments: what a contract may say about one column."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from policy.base import Model
from policy.sources import Identifier

Normalisation = Literal["exact", "uuid", "email", "phone", "address"]
"""How equal identifiers are told from different ones before keying: docs/keys.md, "Spellings"."""

OfList = Literal["first", "last", "refuse"]
"""Which address counts where a cell holds several, as ``X-Forwarded-For`` does: the client's own word for it is
the first, the nearest proxy's is the last."""

TimeUnit = Literal["minute", "hour", "day"]
DateUnit = Literal["month", "quarter", "year"]
Words = Annotated[tuple[str, ...], Field(min_length=1)]


class Rule(Model):
    """What all rules share: the name under which the column leaves, if not its own.

    ``blank_from``: the share of rows without a word (null, other or unknown) from which on the night says that
    the column says nothing; higher where a column has a word in few rows by its nature.
    ``means``, ``missing``: what a cell says, and what a null does, where the source's don't fit what is published.
    """

    output: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]*$")
    blank_from: float = Field(default=0.95, gt=0, le=1)
    means: str = ""
    missing: str = ""

    @property
    def published(self) -> bool:
        """Whether a column of this rule exists in the release."""
        return True


class Unpublished(Rule):
    """A rule whose column doesn't leave by itself."""

    @property
    def published(self) -> bool:
        """Never."""
        return False


class Keep(Rule):
    """Pass on as it is; needs a closed vocabulary unless the type is a number or a time."""

    treat: Literal["keep"]
    values: Words | None = None


class Drop(Unpublished):
    """Leave out, and say why."""

    treat: Literal["drop"]
    why: str = Field(min_length=3)


class Token(Rule):
    """Replace by a keyed token, ``HMAC-SHA-256`` under the domain's key of the data day."""

    treat: Literal["token"]
    identifier: Identifier = Field(alias="class")
    normalise: Normalisation = "exact"


class Surrogate(Rule):
    """Replace by a realistic word of a public pool, chosen by a keyed digest; for copies that leave."""

    treat: Literal["surrogate"]
    identifier: Literal["first_name", "family_name", "company_name", "email"] = Field(alias="class")
    locale: str = Field(pattern=r"^[a-z]{2}_[A-Z]{2}$")
    normalise: Normalisation = "exact"


class NetworkPrefix(Rule):
    """Encrypt an IP address so that addresses with a common prefix keep a common prefix.

    ``unread``: the share of filled cells that may be no address and so become null; more is red.
    """

    treat: Literal["network_prefix"]
    keep: Literal["address", "network"] = "address"
    of_list: OfList = "refuse"
    unread: float = Field(default=0.01, ge=0, lt=1)


class TruncateTime(Rule):
    """Cut a timestamp down to its minute, hour or day (UTC)."""

    treat: Literal["truncate_time"]
    to: TimeUnit


class TruncateDate(Rule):
    """Cut a date down to the first day of its month, quarter or year."""

    treat: Literal["truncate_date"]
    to: DateUnit


class Band(Rule):
    """Replace a number by the half-open band ``[low, high)`` that holds it, e.g. ``10-50``."""

    treat: Literal["band"]
    edges: tuple[int, ...] = Field(min_length=1)

    @field_validator("edges")
    @classmethod
    def _rising(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if list(edges) != sorted(set(edges)):
            raise ValueError("edges rise strictly")
        return edges

    @property
    def labels(self) -> tuple[str, ...]:
        """The closed vocabulary that the edges make, lowest band first."""
        inner = (f"{low}-{high}" for low, high in zip(self.edges, self.edges[1:], strict=False))
        return (f"<{self.edges[0]}", *inner, f">={self.edges[-1]}")


class Region(Rule):
    """Replace an ISO 3166-1 country by its United Nations M49 region."""

    treat: Literal["region"]


class UserAgentFamily(Rule):
    """Replace a user agent by its browser family; a family outside ``values`` is ``other``."""

    treat: Literal["user_agent_family"]
    values: Words


class PathTemplate(Rule):
    """Find the request path in a text and replace it by the route it fits; else ``other``."""

    treat: Literal["path_template"]
    values: Words


class Vocabulary(Rule):
    """Pass on words of a closed vocabulary, from a JSON field if named; all else is ``other``."""

    treat: Literal["vocabulary"]
    values: Words
    field: str | None = None


class Topic(Rule):
    """Replace a text by its topic in a keyword taxonomy of ``policy/taxonomies``."""

    treat: Literal["topic"]
    taxonomy: str


class Count(Unpublished):
    """Count distinct values to reach k; the value itself is never published."""

    treat: Literal["count"]


class Measure(Unpublished):
    """Sum per group; a single value is never published."""

    treat: Literal["measure"]


class Join(Unpublished):
    """Find the row of another source; the value itself is never published."""

    treat: Literal["join"]


class When(Unpublished):
    """Decide whether a row counts on the day; the value itself is never published."""

    treat: Literal["when"]


ColumnRule = Annotated[
    Keep | Drop | Token | Surrogate | NetworkPrefix | TruncateTime | TruncateDate | Band | Region | UserAgentFamily
    | PathTemplate | Vocabulary | Topic | Count | Measure | Join | When,
    Field(discriminator="treat"),
]  # fmt: skip
