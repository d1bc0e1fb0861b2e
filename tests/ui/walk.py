"""The Privacy console by role, in a real browser and a real Airflow: ``make walk``.

A staged release is spoiled, as by somebody who can write into the lake, and the gate is red. Then the engineer finds the
release, its column and the next step in two clicks; an analyst opens a release, copies its lines and runs them; the officer
prints *Promises* and says what was deleted this month and how that is known; and nobody sees a page that isn't theirs.

The lake of this checkout keeps the red run: `make walk` is for a clone of its own.

Needs Chromium and its driver (Debian: ``apt-get install chromium chromium-driver``).
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from selenium.webdriver.common.by import By

from console.render import TITLES
from demo.night import run_night, say, seed_platform
from demo.tower import PLATFORM, PROJECT, environment, free_port, running, set_up
from jobs.lake.zones import Lake
from tests.ui.browser import IMAGES, Visitor, browser, users

RELEASE, COLUMN, RUN = "threat_events", "kind", "spoiled"
ROLES = {"engineer": "Op", "analyst": "Analyst", "officer": "PrivacyOfficer", "viewer": "Viewer"}
LINGER = "import time; time.sleep(1)"
"""As somebody at a prompt does: deltalake's readers abort a process that ends at once after them, now and then."""

PAGES = {
    "engineer": ("now", "promises", "releases", "ledger"),
    "analyst": ("releases",),
    "officer": ("now", "promises", "requests", "releases", "ledger"),
    "viewer": (),
}


def main() -> int:
    """Play all walks; an assertion says where one went wrong."""
    os.umask(0o077)
    port = free_port(8080)
    env, day = environment(port), datetime.now(UTC).date() - timedelta(days=1)
    seed_platform(day, 1.0)
    set_up(env)
    passwords = users(env, ROLES)
    with running(env, port) as airflow:
        assert (PROJECT / "lake/published" / RELEASE).exists() or run_night(airflow, day), "the night went red"
        spoil(day)
        for name, walk in (("engineer", engineer), ("analyst", analyst), ("officer", officer), ("viewer", viewer)):
            with browser() as page:
                visitor = Walker(page, airflow.url)
                visitor.log_in(name, passwords[name])
                visitor.reads(PAGES[name])
                walk(visitor, day)
    return 0


def spoil(day: date) -> None:
    """Protect the day once more, put an address into one of its cells, and let the gate judge it."""
    of = ("--release", RELEASE, "--day", str(day), "--run", RUN)
    job("extract", "--day", str(day))
    job("protect", *of)
    [file] = Lake.from_environment().staged(RELEASE, RUN).glob("*.parquet")
    rows = pq.read_table(file)
    cells = pa.array(["jane.roe@mail.example", *rows[COLUMN].to_pylist()[1:]], rows.schema.field(COLUMN).type)
    spoiled = rows.set_column(rows.schema.get_field_index(COLUMN), rows.schema.field(COLUMN), cells)
    pq.write_table(spoiled.replace_schema_metadata(None), file)
    job("validate", *of, code=2)
    say(f"{RELEASE} of {day} is red")


def job(*words: str, code: int = 0) -> None:
    """One step from the command line, as an engineer would run it."""
    env = {**os.environ, "IGNICLOUD_PLATFORM": f"sqlite:///{PLATFORM}"}
    done = subprocess.run(
        [sys.executable, "-m", "jobs", *words], cwd=PROJECT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr


class Walker(Visitor):
    """A visitor who looks at the console, within Airflow's frame or by itself."""

    def console(self, page: str) -> str:
        """The address of a page of the console without Airflow around it."""
        return f"{self.url}/ignicloud-privacy/{page}"

    def reads(self, pages: tuple[str, ...]) -> None:
        """Exactly these pages are there for whoever is logged in."""
        for each in PAGES["officer"]:
            self.page.get(self.console(each))
            shown = [title.text for title in self.page.find_elements(By.CSS_SELECTOR, "main#content h1")]
            assert shown == ([TITLES[each]] if each in pages else []), f"{each} shows {shown}"

    @contextmanager
    def privacy(self) -> Iterator[None]:
        """One click on *Privacy* in Airflow's navigation; then inside the console's frame."""
        self.page.get(self.url)
        self.click("a[href$='/plugin/privacy']")
        self.page.switch_to.frame(self.find("iframe"))
        yield
        self.page.switch_to.default_content()

    def text(self) -> str:
        """What one reads on the page."""
        return self.find("main#content").text


def engineer(visitor: Walker, day: date) -> None:
    """Two clicks: *Privacy*, then the release's verdict. Column and next step are seen after the first."""
    with visitor.privacy():
        red = visitor.find("li.urgent")
        assert f"red release {RELEASE} of {day}" in red.text, red.text
        assert f"in column {COLUMN}" in red.text, red.text
        assert "Next: " in red.text, red.text
        link = red.find_element(By.PARTIAL_LINK_TEXT, "its verdict")
        where = link.get_attribute("href")
        visitor.page.save_screenshot(str(IMAGES / "walk-engineer.png"))
        link.click()
    visitor.until(lambda: visitor.page.current_url == where, "the verdict's page isn't opened")
    verdict = visitor.page.find_element(By.TAG_NAME, "body").text
    assert COLUMN in verdict
    assert "jane.roe" not in verdict + visitor.page.page_source
    say("the engineer found release, column and next step in two clicks")


def analyst(visitor: Walker, day: date) -> None:
    """A release, its three lines by their buttons, each of which runs."""
    visitor.page.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    visitor.page.get(visitor.console("releases"))
    visitor.page.find_element(By.LINK_TEXT, RELEASE).click()
    for at, tool in enumerate(("pandas", "Polars", "DuckDB")):
        lines = copied(visitor, at)
        ran = subprocess.run(
            [sys.executable, "-c", f"{lines}\n{LINGER}"],
            cwd=PROJECT / "lake" / "published",
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{tool}: {lines}\n{ran.stderr}"
    say("the analyst copied three lines, and each runs")


def copied(visitor: Walker, at: int) -> str:
    """What a button has put into the clipboard: the lines above it."""
    lines = visitor.page.find_elements(By.CSS_SELECTOR, "pre.copy")[at].text
    button = visitor.page.find_elements(By.CSS_SELECTOR, "pre.copy + button")[at]
    button.click()
    visitor.until(lambda: button.text == "Copied", "nothing was copied")
    read = "const done = arguments[arguments.length - 1]; navigator.clipboard.readText().then(done, () => done(''))"
    pasted = str(visitor.page.execute_async_script(read))
    assert lines
    assert pasted.split() == lines.split(), pasted
    return pasted


def officer(visitor: Walker, day: date) -> None:
    """*Promises* on paper; from its table the entries that say what was deleted, and the chain that holds."""
    visitor.page.get(visitor.console("promises"))
    paper = base64.b64decode(visitor.page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    assert paper.startswith(b"%PDF-")
    went = visitor.find("#went + .scroll table")
    month = went.find_element(By.CSS_SELECTOR, "tbody th").text
    assert month == f"{datetime.now(UTC):%Y-%m}", went.text
    went.find_element(By.CSS_SELECTOR, "tbody a.num").click()
    visitor.until(lambda: "/ledger?" in visitor.page.current_url, "the number doesn't lead to its entries")
    said = visitor.text()
    assert "chain holds" in said, said
    say(f"the officer printed {len(paper):,} bytes of Promises and read what was deleted in {month}")


def viewer(visitor: Walker, day: date) -> None:
    """No entry in the navigation."""
    visitor.page.get(visitor.url)
    visitor.find("a[href$='/dags']")
    assert not visitor.page.find_elements(By.CSS_SELECTOR, "a[href$='/plugin/privacy']")
    say("whoever has no page sees no entry")


if __name__ == "__main__":
    raise SystemExit(main())
