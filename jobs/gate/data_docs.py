"""Data Docs: one page a verdict, in the words of Great Expectations, without a value, a script or a network.

Great Expectations' own page view loads scripts from outside, which inside the Airflow UI could do
whatever its reader may do, and shows what a failed expectation met. So its renderers give the words,
and this view shows counts and names only. The pages lie beside the ledger: everyone may read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from expectations.case import Finding
from expectations.judge import Checked
from expectations.proof import Proof
from jobs.lake.faults import fault
from jobs.lake.files import write_atomically
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.zones import Lake

SHOWN = 400
"""Runs that a release's list has: a year of nights and more."""


@dataclass(frozen=True)
class Page:
    """What the gate, or a later assurance, found out about one release. ``facts``: labels with counts, hashes, days."""

    release: str
    day: date
    run: str
    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    proof: Proof
    facts: dict[str, str | int]

    @property
    def passed(self) -> bool:
        """Whether nothing was found and every planted leak was."""
        return not self.findings and not self.proof.missed

    @property
    def beside(self) -> list[Finding]:
        """What was found by no expectation of the suite: beside the table, or a leak that the proof missed."""
        names = {one.expectation for one in self.checked}
        return [finding for finding in self.findings if finding.expectation not in names]

    def found(self, one: Checked) -> list[Finding]:
        """What broke one expectation."""
        named = (finding for finding in self.findings if finding.expectation == one.expectation)
        return [] if one.holds else [finding for finding in named if one.column in ("", finding.column)]


def write_page(page: Page, lake: Lake, ledger: Ledger) -> Path:
    """Write the page, and the release's list of runs anew; the path of the page."""
    folder = lake.data_docs(page.release)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = folder / f"{page.run}.html"
    write_atomically(path, _template("verdict").render(page=page), 0o644)
    fault("docs.before_index")
    write_atomically(folder / "index.html", _index(page.release, folder, ledger), 0o644)
    return path


def _index(release: str, folder: Path, ledger: Ledger) -> str:
    """Every run of which there is a page, the newest first."""
    said = [e for e in ledger.entries(release=release) if e["kind"] in ("judged", "assured")]
    shown: dict[str, Entry] = {entry["run"]: entry for entry in said if (folder / f"{entry['run']}.html").exists()}
    newest = sorted(shown.values(), key=lambda entry: -entry["seq"])
    return _template("runs").render(release=release, runs=newest[:SHOWN])


def _template(name: str) -> Template:
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("pages")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template(f"{name}.html")
