"""A real browser without a window, and somebody who uses Airflow in it.

Needs Chromium and its driver (Debian: ``apt-get install chromium chromium-driver``).
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from demo.tower import PROJECT

IMAGES = PROJECT / "docs" / "images"
WITHIN = 240
"""Seconds for one step of Airflow's; a busy machine is slow."""


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """A Chromium without a window, history or connections of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    with tempfile.TemporaryDirectory(prefix="browser-") as profile:
        for word in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync",
                     "disable-background-networking", "disable-component-update", "window-size=1280,860",
                     f"user-data-dir={profile}"):  # fmt: skip
            options.add_argument(f"--{word}")
        page = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
        page.set_page_load_timeout(WITHIN)
        try:
            yield page
        finally:
            page.quit()


USERS = """\
import json, sys
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from cluster.first_start import make_roles
with get_application_builder() as builder:
    people = builder.sm
    make_roles(people)
    for name, role, password in json.load(sys.stdin):
        user = people.find_user(username=name)
        if user:
            people.reset_password(user.id, password)
        else:
            people.add_user(name, name.title(), "Demo", f"{name}@ignicloud.example", people.find_role(role), password)
"""


def users(env: dict[str, str], roles: dict[str, str]) -> dict[str, str]:
    """Users of these names and roles, with the cluster's roles; a new password of each."""
    passwords = {name: secrets.token_urlsafe(16) for name in roles}
    typed = json.dumps([(name, role, passwords[name]) for name, role in roles.items()])
    command = [sys.executable, "-c", USERS]
    subprocess.run(command, env=env, cwd=PROJECT, input=typed, text=True, check=True, capture_output=True)
    return passwords


class Visitor:
    """Somebody with a browser, and what they do with the Airflow at ``url``."""

    def __init__(self, page: webdriver.Chrome, url: str) -> None:
        self.page, self.url = page, url.replace("127.0.0.1", "localhost")  # as its base address: its cookies stay there

    def log_in(self, name: str, password: str) -> None:
        """Through Airflow's own login page."""
        self.page.get(f"{self.url}/auth/login/")
        self.find("#username").send_keys(name)
        self.find("#password").send_keys(password)
        self.click("form[name=login] input[type=submit]")
        self.until(lambda: "/login" not in self.page.current_url, f"{name} isn't logged in")

    def find(self, selector: str) -> webdriver.remote.webelement.WebElement:
        """The first visible element, waited for."""
        return WebDriverWait(self.page, WITHIN).until(
            lambda page: next((e for e in page.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), None),
            f"no {selector} at {self.page.current_url}",
        )

    def click(self, selector: str) -> None:
        """Click once it can be clicked: dialogs slide in."""
        self.until(lambda: self.find(selector).is_enabled(), f"{selector} can't be clicked")

        def clicked() -> bool:
            try:
                self.find(selector).click()
            except WebDriverException:
                return False
            return True

        self.until(clicked, f"{selector} can't be clicked")

    def until(self, holds: Callable[[], object], otherwise: str) -> None:
        """Wait until something holds."""
        WebDriverWait(self.page, WITHIN, 1).until(lambda _: holds(), otherwise)
