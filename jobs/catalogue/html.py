"""The catalogue as pages that open without Airflow: one beside each table, and one that leads to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from console import catalogue
from console.render import render_alone
from jobs.catalogue.model import Release, as_json
from jobs.lake.files import write_atomically
from jobs.lake.zones import CATALOGUE, Lake
from policy.contract import Contract
from policy.promise import Promise
from policy.questions import Questions

PAGE, ANSWERS = "_about/index.html", "_about/questions.json"


def release_page(release: Release, contract: Contract, asked: Questions | None, answers: Mapping[str, Any]) -> str:
    """The page beside a table, for whoever may read the table: with the answers to its worked questions."""
    return render_alone("release", catalogue.alone(as_json(release), contract, asked, answers))


def write_index(promise: Promise, lake: Lake) -> None:
    """Replace ``_catalogue/index.html`` among the published tables by what is there now, in one step."""
    folder = lake.shared(lake.catalogue)
    with lake.alone(CATALOGUE):
        write_atomically(folder / "index.html", render_alone("releases", catalogue.page(promise, lake.root)))


def answers_text(answers: Mapping[str, Any]) -> str:
    """The answers as the console reads them."""
    return json.dumps(answers, indent=1, ensure_ascii=False) + "\n"
