"""docs/hunting.md, run as its reader runs it, on the last night of the demo platform: what `make nightly` leaves."""

import re
import subprocess
import sys

from tests.dags.nights import DAY, ROOT

PAGE = ROOT / "docs" / "hunting.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADINGS = re.compile(r"^[│|] *(day|kind|occurred_at)\b.*", re.MULTILINE)


def test_every_command_of_the_hunt_finds_what_the_page_shows(nights):
    commands = "\n".join(BLOCK.findall(PAGE.read_text("utf-8")))
    done = subprocess.run(
        [sys.executable, "-c", commands], cwd=nights.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (nights.folder / "stuffing.svg").stat().st_size > 1000
    headings = [re.findall(r"\w+", line.group()) for line in HEADINGS.finditer(done.stdout)]
    assert headings == [re.findall(r"\w+", line.group()) for line in HEADINGS.finditer(PAGE.read_text("utf-8"))]
    assert f"{DAY} ┆ credential_stu…" in done.stdout
    assert re.search(r"login_failed ┆ 120 ┆ 120", done.stdout)
    assert re.search(r"login_ok +┆ 2 +┆ 2", done.stdout), "the account that was taken, and the lead that came later"
    assert (nights.lake.about("threat_signals") / "reports" / f"{DAY}.html").exists(), "where the page begins"
