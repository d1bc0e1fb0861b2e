"""The Spark steps of one release: what the application of its whole day has done already isn't done again."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

import policy
from ignicloud_airflow.jobs import CRASHED, log, require_done
from ignicloud_airflow.pages import DataDocsLink
from ignicloud_airflow.record import entries
from ignicloud_airflow.spark import SparkStep, run_name
from ignicloud_airflow.together import outcomes

TAKEN_OVER = "taken over"
"""What a task returns that has done nothing by itself."""


class ReleaseStep(SparkStep):
    """One step of one release of one day.

    ``after``: the step before. What was made again there isn't what the day's application saw.
    """

    def __init__(self, *, after: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.after = after

    def execute(self, context: Context) -> str | None:
        """Take over that it is done, or was refused; a crash is tried again, alone, and so is whatever was cleared."""
        ended = outcomes(context, self.step, self.day) if self._is_as_it_was(context["ti"]) else {}
        code, said = ended.get(self.release, (CRASHED, ""))
        if code == CRASHED:
            super().execute(context)
            return None
        require_done(f"{self.step} {self.release}", code, said)
        log.info("%s", said)
        return TAKEN_OVER

    def _is_as_it_was(self, ti: Any) -> bool:
        """Whether nobody has begun this step, or made anew what it is about, since the day's application ended."""
        if ti.try_number > 1:
            return False
        before = f"{ti.task_id.rpartition('.')[0]}.{self.after}"
        return not self.after or ti.xcom_pull(task_ids=before, map_indexes=ti.map_index) == TAKEN_OVER


class ValidateStep(ReleaseStep):
    """The gate's step; its link leads to the page of the verdict."""

    operator_extra_links = (DataDocsLink(),)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(step="validate", after="protect", **kwargs)

    def page(self, run_id: str) -> str:
        """Where this run's page lies, below Data Docs."""
        return f"data_docs/{self.release}/{run_name(run_id, self.day)}.html"


class DerivedStep(ReleaseStep):
    """A step of a release that is made of published ones."""

    def execute(self, context: Context) -> str | None:
        """Skip while one of them isn't published."""
        require_bases(self.release, self.day)
        return super().execute(context)


class DerivedValidateStep(DerivedStep, ValidateStep):
    """The gate's step of such a release."""


def require_bases(release: str, day: str) -> None:
    """Skip the task while a release that this one is made of isn't published: the cause is said there, and once.

    A task skips by itself where Airflow would skip it too, because then it has its name in the UI.
    """
    findings = policy.load().release(release).findings
    bases = findings.derived_from if findings is not None else ()
    published = {entry["release"] for entry in entries("published", day=day)} if bases else set()
    missing = [base for base in bases if base not in published]
    if missing:
        raise AirflowSkipException(
            f"{release} of {day} waits for {', '.join(missing)}, not published; clear what is red there"
        )
