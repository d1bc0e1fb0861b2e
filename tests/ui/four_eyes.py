"""Re-identification under four eyes in a real browser: ``make four-eyes``.

Ana asks who is behind a token of the published release and approves herself: refused. She asks
again, Ben approves under Required Actions, and the answer is a closed file of Ana's. Then the
person is searched in Airflow's pages, logs, XComs and database: found nowhere. The same search
finds the token, which whoever sees the run may see; so it can find something.

Needs Chromium and its driver (Debian: ``apt-get install chromium chromium-driver``).
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from demo.night import run_night, say, seed_platform
from demo.tower import HOME, PROJECT, Airflow, environment, free_port, running, set_up
from tests.ui.browser import IMAGES, Visitor, browser, users

PUBLISHED, ANSWERS = PROJECT / "lake/published/threat_events", PROJECT / "lake/answers/ana"


def main() -> int:
    """Play the whole story; an assertion says where it went wrong."""
    os.umask(0o077)
    port = free_port(8080)
    env, day = environment(port), datetime.now(UTC).date() - timedelta(days=1)
    seed_platform(day, 1.0)
    set_up(env)
    passwords = users(env, {"ana": "Op", "ben": "Op"})
    with running(env, port) as airflow:
        assert PUBLISHED.exists() or run_night(airflow, day), "the night went red; see `make ui`"
        airflow.ask("PATCH", "dags/reidentify", {"is_paused": False})
        actors = DeltaTable(PUBLISHED).to_pyarrow_table(columns=["actor"])["actor"].drop_null()
        with browser() as page:
            story = Story(airflow, page, actors[0].as_py())
            story.play(passwords)
    return 0


class Story(Visitor):
    """Ana, Ben, their browser and what they ask for."""

    def __init__(self, airflow: Airflow, page: webdriver.Chrome, token: str) -> None:
        super().__init__(page, airflow.url)
        self.airflow, self.token = airflow, token
        self.before = set(ANSWERS.glob("*.json"))
        self.pages: list[str] = []

    def play(self, passwords: dict[str, str]) -> None:
        """The acts in order."""
        self.log_in("ana", passwords["ana"])
        first = self.ask("SEC-101")
        self.approve(first)
        self.require_states(first, ask="success", approve="failed", answer="upstream_failed")
        assert not self.new_answers(), "an answer without a second person"
        say("ana's own approval was refused")
        second = self.ask("SEC-102", shot="request")
        self.page.delete_all_cookies()
        self.log_in("ben", passwords["ben"])
        self.approve(second, shot="approval")
        self.require_states(second, ask="success", approve="success", answer="success")
        self.look_round(second)
        (answer,) = self.new_answers()
        assert stat.S_IMODE(answer.stat().st_mode) == 0o600
        person = json.loads(answer.read_text())["found"]
        assert person, "nobody was found behind a published token"
        say("ben approved; the answer is a closed file of ana's")
        self.search(person)
        say("the person is in no page, log, XCom or database of Airflow; the token is, so the search finds")

    # -- in the browser ------------------------------------------------------------------------

    def ask(self, ticket: str, shot: str = "") -> str:
        """Fill the form of the DAG and send it; the run's name."""
        self.page.get(f"{self.url}/dags/reidentify")
        self.click("[data-testid=trigger-dag-button]")
        release = self.find("#element_release input")
        release.send_keys("threat_events")
        release.send_keys(Keys.ENTER)
        self.find("#element_token").send_keys(self.token)
        self.find("#element_ticket").send_keys(ticket + Keys.TAB)
        if shot:
            self.shoot(shot)
        before = self.runs()
        self.click("[data-testid=trigger-dag-submit]")
        self.until(lambda: self.runs() - before, "the run didn't start")
        (run,) = self.runs() - before
        say(f"ana asks: {run}")
        return run

    def approve(self, run: str, shot: str = "") -> None:
        """Under Required Actions of the task; it is there as soon as the question is checked."""
        self.until(lambda: self.states(run)["ask"] == "success", "the question wasn't accepted")
        path = f"/dags/reidentify/runs/{run.replace('+', '%2B')}/tasks/approve/required_actions"
        self.until(lambda: self.states(run)["approve"] not in (None, "scheduled", "queued", "running"), "no question")
        self.page.get(self.url + path)
        self.find("[data-testid=hitl-option-Approve]")
        if shot:
            self.shoot(shot)
        self.click("[data-testid=hitl-option-Approve]")

    def look_round(self, run: str) -> None:
        """Open every page of the run that could show a person."""
        base = f"/dags/reidentify/runs/{run.replace('+', '%2B')}"
        paths = ["", "/tasks/ask", "/tasks/approve/required_actions", "/tasks/answer", "/tasks/answer/xcom",
                 "/tasks/answer/rendered_templates", "/tasks/answer/details"]  # fmt: skip
        for path in paths:
            self.page.get(self.url + base + path)
            self.find("main, #root")
            time.sleep(3)  # the page asks for its content after it is there
            self.pages.append(self.page.page_source)
            if not path:
                self.shoot("finished")
        for endpoint in (f"dagRuns/{run}", f"dagRuns/{run}/taskInstances", f"dagRuns/{run}/hitlDetails"):
            self.pages.append(json.dumps(self.airflow.ask("GET", f"dags/reidentify/{endpoint.replace('+', '%2B')}")))

    def shoot(self, name: str) -> None:
        """A picture for the docs."""
        time.sleep(2)
        IMAGES.mkdir(exist_ok=True)
        self.page.save_screenshot(str(IMAGES / f"four-eyes-{name}.png"))

    # -- in Airflow and on disk ----------------------------------------------------------------

    def runs(self) -> set[str]:
        """Names of the DAG's runs."""
        listed = self.airflow.ask("GET", "dags/reidentify/dagRuns?limit=100&order_by=-run_after")["dag_runs"]
        return {run["dag_run_id"] for run in listed}

    def states(self, run: str) -> dict[str, str | None]:
        """The tasks of a run and where they are."""
        path = f"dags/reidentify/dagRuns/{run.replace('+', '%2B')}/taskInstances"
        return {task["task_id"]: task["state"] for task in self.airflow.ask("GET", path)["task_instances"]}

    def require_states(self, run: str, **expected: str) -> None:
        """Wait for the run's end; every task must have ended as expected."""
        ended = {"success", "failed", "skipped", "upstream_failed"}
        self.until(lambda: set(self.states(run).values()) <= ended, f"{run} doesn't end")
        assert self.states(run) == expected, self.states(run)

    def new_answers(self) -> set[Path]:
        """Answers that weren't there before."""
        return set(ANSWERS.glob("*.json")) - self.before

    def search(self, person: dict[str, str | None]) -> None:
        """The person nowhere, the token somewhere: pages, and every file below Airflow's home."""
        names = [person[column] for column in ("user_id", "email", "family_name") if person.get(column)]
        assert len(names) == 3, "the account has no e-mail address or no name; nothing could be found"
        seen = {file: file.read_bytes() for file in HOME.rglob("*") if file.is_file()}
        seen |= {Path(f"page {n}"): text.encode() for n, text in enumerate(self.pages)}
        for name in names:
            word = re.compile(rb"(?<![A-Za-z])" + re.escape(str(name).encode()) + rb"(?![A-Za-z])", re.IGNORECASE)
            where = [file.name for file, content in seen.items() if word.search(content)]
            assert not where, f"the person is in {where}"
        holding = {file.name for file, content in seen.items() if self.token.encode() in content}
        assert any(name.startswith("airflow.db") for name in holding), "the search doesn't find what is there"


if __name__ == "__main__":
    raise SystemExit(main())
