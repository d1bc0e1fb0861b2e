"""Classes of identifiers × forms in which they could leak: the table of docs/gate.md is what the scanner really finds.

After a change of the scanner: ``WRITE_DOCS=1 python -m pytest tests/expectations/test_table.py``.
"""

import os
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from expectations.detectors import named
from expectations.index import KnownIdentifiers, scanner
from tests.expectations.conftest import cells, unset
from tests.expectations.forms import FORMS, IDENTIFIERS, WHY_NOT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gate.md"
BEGIN, END = (
    "<!-- kinds and forms: written by tests/expectations/test_table.py -->\n",
    "<!-- end of kinds and forms -->",
)


@pytest.fixture(scope="module")
def caught(spark, tmp_path_factory):
    """Form → class → how many of its identifiers are found, and in how many the form changes something."""
    leaks = [
        (form, kind, made)
        for form, make in FORMS.items()
        for kind, texts in IDENTIFIERS.items()
        for text in texts
        if (made := make(text)) and (made != text or form == "as it is")
    ]
    values = spark.createDataFrame(
        [(k, v) for k, each in IDENTIFIERS.items() for v in each], "identifier string, value string"
    )
    known = KnownIdentifiers(
        spark, [cells(values)], (), [{identifier: unset(identifier) for identifier in IDENTIFIERS}]
    )
    rows = spark.createDataFrame([(i, made) for i, (_, _, made) in enumerate(leaks)], "i int, cell string")
    with scanner(known, tmp_path_factory.mktemp("table") / "index", bytes(range(24))) as scan:
        seen = rows.select("i", scan.thorough(F.col("cell")).alias("bits")).orderBy("i").collect()
    found: dict = {form: {} for form in FORMS}
    for (form, kind, _), row in zip(leaks, seen, strict=True):
        hits, all_ = found[form].get(kind, (0, 0))
        found[form][kind] = hits + any(named(row["bits"])), all_ + 1
    return found


def table(caught):
    """One row a form: ✓ where every identifier of a class is found, how many are where not all, nothing where it says nothing new."""
    head = f"| form | {' | '.join(kind.replace('_', ' ') for kind in IDENTIFIERS)} | why not |\n|---|{'---|' * len(IDENTIFIERS)}---|\n"

    def cell(pair):
        hits, total = pair or (0, 0)
        return "" if not total else "✓" if hits == total else f"{hits} of {total}" if hits else "–"

    return head + "".join(
        f"| {form} | {' | '.join(cell(by.get(kind)) for kind in IDENTIFIERS)} | {WHY_NOT.get(form, '')} |\n"
        for form, by in caught.items()
    )


def test_every_form_is_found_of_every_identifier_or_the_page_says_why_not(caught):
    incomplete = {form for form, by in caught.items() if any(hits < total for hits, total in by.values())}
    assert incomplete == set(WHY_NOT)


def test_the_page_shows_what_is_found(caught):
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    written, _, after = rest.partition(END)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(before + BEGIN + table(caught) + END + after, "utf-8")
    else:
        assert written == table(caught)
