"""Every file that stands beside a published table, as text: one list for who writes them and who must know them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jobs.catalogue.answers import blank
from jobs.catalogue.datasheet import datasheet
from jobs.catalogue.dcat import catalogue_entry
from jobs.catalogue.frictionless import datapackage
from jobs.catalogue.html import ANSWERS, PAGE, answers_text, release_page
from jobs.catalogue.model import Release, as_json
from jobs.catalogue.odcs import data_contract
from jobs.catalogue.openlineage import event_lines
from jobs.catalogue.record import Record
from jobs.lake.ledger import Ledger
from policy.contract import Contract
from policy.questions import Questions

PACKAGE = "datapackage.json"


def pages(
    release: Release, contract: Contract, files: Sequence[str], ledger: Ledger, asked: Questions | None = None
) -> dict[str, str]:
    """Path, relative to the table → text. ``files``: those of the table's current version.

    ``asked``: its worked questions; `write_about` puts the answers where these texts are blank.

    Guarantee: the same contract, record and files give the same texts; so whatever they don't say was written by
    somebody else, and is searched (`jobs.assurance.own`). The data package's paths may not lead out of its folder.
    """
    return {
        PACKAGE: _json(datapackage(release, files)),
        "_about/datasheet.md": datasheet(release, contract, Record(contract.release, ledger)),
        "_about/release.json": _json(as_json(release)),
        "_about/contract.yaml": data_contract(release),
        "_about/catalogue.jsonld": _json(catalogue_entry(release)),
        "_about/lineage.jsonl": event_lines(release),
        PAGE: release_page(release, contract, asked, blank(asked) if asked else {}),
        **({ANSWERS: answers_text(blank(asked))} if asked else {}),
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
