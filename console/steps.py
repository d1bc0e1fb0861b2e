"""What a red task means and what to do, from the pages of the DAGs: said where somebody looks first."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from policy.base import ROOT

DAGS = ROOT.parent / "dags"
DAG_OF = {"expire": "retention", "request": "subject_requests", "reidentify": "reidentify", "keys": "keys"}
"""Which DAG runs a step of the command line that isn't a task of the night."""


@dataclass(frozen=True)
class Advice:
    """A row of a DAG's table of red tasks."""

    means: str
    do: str


@cache
def advice(dag: str, step: str, folder: Path = DAGS) -> Advice | None:
    """What a DAG's page says of a red ``step``; nothing where it doesn't, or isn't here."""
    try:
        page = ast.get_docstring(ast.parse((folder / f"{dag}.py").read_text("utf-8"))) or ""
    except (OSError, ValueError, SyntaxError):
        return None
    return row_of(page, step)


def row_of(page: str, step: str) -> Advice | None:
    """The row of a red ``step`` in a DAG's page; nothing where there is none."""
    for row in page.splitlines():
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0] == f"`{step}`":
            return Advice(cells[1].replace("*", ""), cells[2].replace("*", ""))
    return None
