"""How releases and tables are called in metadata that leaves: names that say nothing of a path or a machine."""

from __future__ import annotations

from jobs.catalogue.model import Release

SINCE = 2026
"""A day by which the authority of a tag owned its name (RFC 4151)."""


def tag(release: Release, what: str) -> str:
    """An identifier for good, a ``tag:`` URI (RFC 4151) under the officer's domain: ``release/threat_events``."""
    return f"tag:{release.officer.partition('@')[2]},{SINCE}:{what}"


def name_of(release: Release) -> str:
    """The identifier of the release itself."""
    return tag(release, f"release/{release.name}")
