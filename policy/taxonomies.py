"""Closed vocabularies that are too long for a contract: world regions and feedback topics."""

from __future__ import annotations

from policy.base import Model


class Topics(Model):
    """Topics with their keywords per language; the first topic with most hits wins."""

    about: str
    topics: dict[str, dict[str, tuple[str, ...]]]


class Taxonomies(Model):
    """What lies in ``policy/taxonomies``."""

    regions: dict[str, tuple[str, ...]]
    texts: dict[str, Topics]

    def topics(self, taxonomy: str) -> tuple[str, ...]:
        """The topics of one text taxonomy, in their order of precedence."""
        return tuple(self.texts[taxonomy].topics)
