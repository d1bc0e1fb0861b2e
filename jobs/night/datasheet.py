"""What stands beside a table, written: datasheet, data package, data contract, catalogue entry, lineage."""

from __future__ import annotations

from jobs.catalogue.answers import answers
from jobs.catalogue.describe import describe
from jobs.catalogue.html import ANSWERS, PAGE, answers_text, release_page, write_index
from jobs.catalogue.pages import PACKAGE, pages
from jobs.lake.faults import fault
from jobs.lake.files import write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, open_table, opened
from jobs.lake.zones import Lake
from policy.contract import Contract
from policy.promise import Promise
from policy.questions import questions


def write_about(promise: Promise, contract: Contract, lake: Lake, ledger: Ledger) -> None:
    """Replace every page of one release by what is true after its last publication, or deletion.

    Each is replaced in one step. What was published stays published if one can't be written: the step fails then, and
    running it again writes them.
    """
    folder = lake.published(contract.release)
    lake.shared(lake.about(contract.release))
    with lake.alone(contract.release):
        files = [file.path for file in current_files(open_table(folder, contract))]
        release, asked = describe(promise, contract, lake, ledger), questions(promise).get(contract.release)
        said = pages(release, contract, files, ledger, asked)
        if asked is not None:
            day = release.days[0].day.isoformat() if release.days else None
            found = answers(opened(folder), contract, asked, day) if day else {}
            said |= {ANSWERS: answers_text(found), PAGE: release_page(release, contract, asked, found)}
        fault("catalogue.before_pages")
        for path, text in said.items():
            write_atomically(folder / path, text)
        (lake.about(contract.release) / PACKAGE).unlink(missing_ok=True)  # where it lay before
    fault("catalogue.before_index")
    write_index(promise, lake)
