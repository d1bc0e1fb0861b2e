"""The pages in a real browser: readable by everybody, on a desk, on a telephone and on paper, without a script."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.console.drawn import draw, seen

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("now", "promises", "requests", "releases", "releases/release", "ledger", "beside", "catalogue")
WIDE = "return [document.documentElement.scrollWidth, window.innerWidth]"
RUN_AXE = "const done = arguments[arguments.length - 1]; axe.run().then(found => done(found.violations.map(each => [each.id, each.nodes.map(node => node.target.join(' '))])))"


@pytest.fixture(scope="module")
def browser():
    if not (Path("/usr/bin/chromium").exists() and Path("/usr/bin/chromedriver").exists()):
        pytest.skip("chromium and chromium-driver aren't installed")
    from tests.ui.browser import browser as opened

    with opened() as page:
        yield page


@pytest.fixture(scope="module")
def axe():
    """axe-core's own text, by the lock in tests/ui/axe."""
    if shutil.which("npm") is None:
        pytest.skip("npm isn't installed, so axe-core can't be had")
    folder = ROOT / ".build" / "axe"
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "tests" / "ui" / "axe" / file, folder / file)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        got = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, check=False
        )
        if got.returncode:
            pytest.skip("axe-core can't be had: npm has no network here")
    return script.read_text("utf-8")


@pytest.fixture(scope="module")
def pages(promise, tmp_path_factory):
    from jobs.lake.zones import Lake

    folder = tmp_path_factory.mktemp("drawn")
    return draw(promise, Lake(folder / "lake"), folder / "out")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_either_scheme_with_all_details_open(browser, axe, pages, name, scheme):
    with seen(browser, pages[name], 1280, scheme):
        browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
        browser.execute_script(axe)
        assert browser.execute_async_script(RUN_AXE) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(browser, pages, name, width):
    with seen(browser, pages[name], width):
        page, window = browser.execute_script(WIDE)
        assert page <= window


def test_every_link_and_field_is_reached_by_the_keyboard(browser, pages):
    """Tab goes through all of them, in the order in which they stand."""
    from selenium.webdriver.common.keys import Keys

    which = "const all = [...document.querySelectorAll('a[href], select, input, button, summary, [tabindex]')]; return [all.indexOf(document.activeElement), all.length]"
    with seen(browser, pages["ledger"], 1280):
        reached = []
        _, every = browser.execute_script(which)
        for _ in range(12):
            browser.switch_to.active_element.send_keys(Keys.TAB)
            reached.append(browser.execute_script(which)[0])
    assert reached[:9] == list(range(9))
    assert every > 100


def test_on_paper_everything_is_shown_and_nothing_that_is_pressed(browser, pages):
    with seen(browser, pages["promises"], 800, medium="print"):
        hidden = "return [...document.querySelectorAll('header nav, .inside, button')].every(each => getComputedStyle(each).display === 'none')"
        assert browser.execute_script(hidden)
        assert browser.execute_script("return document.querySelector('.clause details ul').checkVisibility()")
