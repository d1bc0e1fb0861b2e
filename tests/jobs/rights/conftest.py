"""The world of the tests of retention, for rights that are carried out on the same tables."""

from tests.jobs.retention.conftest import tiny, world

__all__ = ["tiny", "world"]
