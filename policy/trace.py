"""From clause to rule to the place that enforces it: what the data protection officer asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from policy.base import ROOT
from policy.errors import BrokenEvidenceError
from policy.promise import Promise


def trace(promise: Promise, project: Path = ROOT.parent) -> Iterator[str]:
    """One paragraph per obligation; what isn't enforced yet is said in so many words.

    Raises:
        BrokenEvidenceError: the register names a function or class that doesn't exist.
    """
    for obligation in promise.register.obligations:
        clauses = ", ".join(obligation.clauses)
        yield f"{clauses:<9} {obligation.obliges}"
        yield from (f"{'':<9}   rule      {rule}" for rule in obligation.rules)
        for evidence in obligation.enforced:
            if not stands(evidence, project):
                raise BrokenEvidenceError(clauses, evidence)
            yield f"{'':<9}   enforced  {evidence}"
        if obligation.not_yet is not None:
            yield f"{'':<9}   NOT YET   {obligation.not_yet}"


def stands(evidence: str, project: Path) -> bool:
    """Whether ``path::name`` is a function, method or class; read as text, nothing is imported."""
    path, _, name = evidence.partition("::")
    file = project / path
    if not file.is_file():
        return False
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        isinstance(node, definitions) and node.name == name for node in ast.walk(ast.parse(file.read_text("utf-8")))
    )
