"""Answers to the worked questions of a release, from the newest day that readers see."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from policy.contract import Contract
from policy.questions import ROWS, Question, Questions

SAYS = ("null", "No row.", '"rows": []')
"""What an answer can say beside a release's own words and numbers."""


def blank(asked: Questions) -> dict[str, Any]:
    """The form of the answers, with one line that says nothing: what the suite writes, whatever the day was like."""
    lines = {each.asks: {"columns": list(each.columns), "rows": [[None] * len(each.columns)]} for each in asked.worked}
    return {"day": ""} | lines


def answers(table: DeltaTable, contract: Contract, asked: Questions, day: str) -> dict[str, Any]:
    """``day``, and each question's columns and rows of it, as plain JSON; the same as its SQL gives.

    The columns that a question names are read of that day, nothing else; of a day of 10 M rows some 200 MB at a time.
    """
    return {"day": day} | {question.asks: _answer(table, contract, question, day) for question in asked.worked}


def _answer(table: DeltaTable, contract: Contract, question: Question, day: str) -> dict[str, Any]:
    counted = () if question.counts in (None, ROWS) else (str(question.counts),)
    columns = list(dict.fromkeys((*question.by, *question.shows, *counted, *question.where)))
    rows = table.to_pyarrow_table(columns=columns, partitions=[("day", "=", day)])
    return {"columns": list(question.columns), "rows": answered(rows, contract, question)}


def answered(rows: pa.Table, contract: Contract, question: Question) -> list[list[Any]]:
    """The lines of one answer, from the rows of its day."""
    for name, word in question.where.items():
        rows = rows.filter(pc.equal(rows[name], word))
    if question.counts == ROWS:
        rows = rows.group_by(list(question.by)).aggregate([([], "count_all")]).rename_columns([*question.by, "n"])
    elif question.counts is not None:
        valid = pc.CountOptions(mode="only_valid")
        grouped = rows.group_by(list(question.by)).aggregate([(question.counts, "count_distinct", valid)])
        rows = grouped.select([*question.by, f"{question.counts}_count_distinct"]).rename_columns([*question.by, "n"])
    order = question.order(contract)
    keys = [(order, "descending"), *((name, "ascending") for name in question.columns if name != order)]
    lines = rows.select(list(question.columns)).sort_by(keys).slice(0, question.most).to_pylist()
    return [[_plain(line[name]) for name in question.columns] for line in lines]


def _plain(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, bool | int | str) else str(cell)
