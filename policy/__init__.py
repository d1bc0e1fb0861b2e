"""The promise: what may be done with which data, for whom and how long. Read before any row.

Its parts are imported when they are asked for: `policy.command_line` works in a Python that has none of
the packages they need, and says so.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy.contract import Contract, Output
    from policy.errors import PolicyError
    from policy.promise import Promise, load
    from policy.sources import Source, SourceColumn
else:
    HOMES = {
        "contract": ("Contract", "Output"),
        "errors": ("PolicyError",),
        "promise": ("Promise", "load"),
        "sources": ("Source", "SourceColumn"),
    }

    def __getattr__(name: str) -> Any:
        for home, names in HOMES.items():
            if name in names:
                return getattr(import_module(f"policy.{home}"), name)
        raise AttributeError(name)


__all__ = ["Contract", "Output", "PolicyError", "Promise", "Source", "SourceColumn", "load"]
