"""One Spark application for all releases of a small day, ahead of their own tasks.

What a small day costs is the start of a JVM, ten times over. So its releases are done one after the other in one
application a step, and each release's own task takes over what was said of it: that it is done, or why it was
refused. What isn't said, the task does by itself: the day is large, the application crashed, a task was cleared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from ignicloud_airflow.jobs import CRASHED, Heard, log
from ignicloud_airflow.spark import SMALL, SparkStep, landing_size, run_name

ENDED = "ended:"
"""How the line begins that says with which exit code one of several releases ended, see jobs/cli."""

_ENDED = re.compile(rf"{ENDED} (\w+) (\d+)\s*")

TOGETHER = "together_"
"""How the group of the applications for a group of releases is called: ``together_bases`` works ahead of ``bases``."""

Outcome = tuple[int, str]
"""The exit code of a release, and the line that says what was done, or why it wasn't."""


class HeardEach(Heard):
    """Listens to an application of several releases; ``outcomes`` has those that have ended.

    A line that only begins like the one that says so says nothing; one that is there twice isn't believed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def through(self, lines: Iterable[str]) -> Iterator[str]:
        """The same lines."""
        last = ""
        for line in super().through(lines):
            if (ended := _ENDED.fullmatch(line)) is not None:
                release, code = ended[1], CRASHED if ended[1] in self.outcomes else int(ended[2])
                self.outcomes[release] = code, self.reason or last
                self.reason = ""
            last = line.strip()
            yield line


class TogetherStep(SparkStep):
    """One step of all releases of a small day; returns its ``day`` and how each of them ended.

    ``after``: the step that a release must have been through here.
    """

    template_fields = ("day", "releases")
    listener: ClassVar[type[Heard]] = HeardEach

    def __init__(self, *, releases: list[str], after: str = "", **kwargs: Any) -> None:
        super().__init__(release="", **kwargs)
        self.releases, self.after, self.map_index_template = releases, after, "{{ task.day }}"

    def execute(self, context: Context) -> dict[str, Any]:
        """Submit and wait; that a release was refused is for its own task to say.

        At its first attempt alone. What ended that one could end the next, and would take every release along again;
        and of what was cleared, the releases' own tasks do all of it anyway.
        """
        if context["ti"].try_number > 1:
            raise AirflowSkipException(f"not the first attempt at {self.day}: each release is done by itself")
        if (size := landing_size(self.day)) >= SMALL:
            raise AirflowSkipException(f"{self.day} has {size >> 20} MiB in landing: each release is done by itself")
        if self.after:
            before = outcomes(context, self.after, self.day)
            self.releases = [each for each in self.releases if each in before and before[each][0] == 0]
        if not self.releases:
            raise AirflowSkipException(f"nothing of {self.day} is left to {self.step}: each release is done by itself")
        try:
            super().execute(context)
        except AirflowException:
            log.info("not all releases of %s went well; the task of each says more", self.day)
        heard = self._heard.outcomes
        return {"day": self.day, "releases": {each: heard[each] for each in self.releases if each in heard}}

    def arguments(self, context: Context) -> list[str]:
        """The step with every release."""
        each = (word for release in self.releases for word in ("--release", release))
        return [self.step, *each, "--day", self.day, "--run", run_name(context["run_id"], self.day)]


def outcomes(context: Context, step: str, day: str) -> dict[str, Outcome]:
    """How this group's releases of a day ended in their application of this step; none where there was none."""
    group = context["ti"].task_id.partition(".")[0].removeprefix(TOGETHER)
    said = context["ti"].xcom_pull(task_ids=f"{TOGETHER}{group}.{step}_all")
    of_the_day = [each for each in (said if isinstance(said, list) else [said]) if each and each["day"] == day]
    return {name: (code, line) for each in of_the_day for name, (code, line) in each["releases"].items()}
