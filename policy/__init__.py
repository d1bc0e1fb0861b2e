"""The promise: what may be done with which data, for whom and how long. Read before any row."""

from policy.contract import Contract, Output
from policy.errors import PolicyError
from policy.promise import Promise, load
from policy.sources import Source, SourceColumn

__all__ = ["Contract", "Output", "PolicyError", "Promise", "Source", "SourceColumn", "load"]
