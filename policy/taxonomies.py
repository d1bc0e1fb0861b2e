"""Closed vocabularies that are too long for a contract: regions, feedback topics, pools of surrogates."""

from __future__ import annotations

from pydantic import Field, field_validator

from policy.base import Model
from policy.hierarchies import Hierarchy


class Topics(Model):
    """Topics with their keywords per language; the first topic with most hits wins."""

    about: str
    topics: dict[str, dict[str, tuple[str, ...]]]


Pool = tuple[str, ...]
RESERVED = ".example"
"""RFC 2606: a domain that nobody can own."""


class SurrogatePools(Model):
    """The words of one locale that stand in for real ones."""

    first_name: Pool = Field(min_length=64)
    family_name: Pool = Field(min_length=64)
    company_name: Pool = Field(min_length=64)
    email: Pool = Field(min_length=64)

    @field_validator("first_name", "family_name", "company_name", "email")
    @classmethod
    def _distinct_words(cls, pool: Pool) -> Pool:
        if len(set(pool)) != len(pool) or any(not word or "\n" in word for word in pool):
            raise ValueError("a pool has distinct words of one line each")
        return pool

    @field_validator("email")
    @classmethod
    def _reach_nobody(cls, pool: Pool) -> Pool:
        if not all(address.endswith(RESERVED) for address in pool):
            raise ValueError("surrogate e-mails are of reserved domains only")
        return pool

    def of(self, identifier: str) -> Pool:
        """The pool of one identifier class."""
        pool: Pool = getattr(self, identifier)
        return pool


class Taxonomies(Model):
    """What lies in ``policy/taxonomies``, ``policy/surrogates`` and ``policy/hierarchies``."""

    regions: dict[str, tuple[str, ...]]
    texts: dict[str, Topics]
    surrogates: dict[str, SurrogatePools] = Field(default_factory=dict)
    hierarchies: dict[str, Hierarchy] = Field(default_factory=dict)

    def topics(self, taxonomy: str) -> tuple[str, ...]:
        """The topics of one text taxonomy, in their order of precedence."""
        return tuple(self.texts[taxonomy].topics)
