"""Start a Spark step through spark-submit on the connection ``spark_default``.

Local by default, a cluster by configuration of that connection alone. Nothing secret is an
argument, a Spark property or an environment variable here: the job finds its keys by itself.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import nullcontext
from typing import Any, ClassVar

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from ignicloud_airflow.closed import kek_environment
from ignicloud_airflow.jobs import PROJECT, Heard, require_done
from ignicloud_airflow.pages import DataDocsLink
from ignicloud_airflow.platform import platform_environment
from ignicloud_airflow.record import lake

KERNEL = PROJECT / ".build" / "kernel.jar"
CONF = PROJECT / "jobs" / "spark" / "conf"
SMALL = 8 << 20
"""Bytes of landing, some 200,000 rows: less is done before the JVM's second compiler pays for itself."""
TINY = 1 << 20
"""Less is done before Spark has compiled the plans of it."""
ONE_COMPILER = {"spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1"}
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}
"""Plans as they stand: not compiled, not planned anew after each shuffle."""
NOT_FOUND = {126, 127}
"""The exit codes of a shell that finds no such program, or may not run it."""
NO_JAVA = (
    "spark-submit finds no Java: install a JDK of Java 17 or newer, or point JAVA_HOME at one, then clear this task"
)
_EXIT_CODE = re.compile(r"Error code is: (\d+)")


class SparkStep(SparkSubmitOperator):
    """One step of one release of one day; a rerun of the task replaces what it staged."""

    template_fields = ("day", "release")
    ui_color: ClassVar[str] = "#f4e3d3"
    reads_the_platform: ClassVar[bool] = False
    listener: ClassVar[type[Heard]] = Heard

    def __init__(self, *, step: str, day: str, release: str, **kwargs: Any) -> None:
        super().__init__(
            application=str(PROJECT / "jobs" / "__main__.py"),
            jars=str(KERNEL),
            name=f"ignicloud-{step}",
            map_index_template="{{ task.day }} {{ task.release }}",
            **kwargs,
        )
        self.step, self.day, self.release = step, day, release

    def execute(self, context: Context) -> None:
        """Submit and wait. A refusal fails the task for good, a crash lets Airflow retry."""
        self._heard = self.listener()
        os.environ["SPARK_CONF_DIR"] = os.environ.get("SPARK_CONF_DIR") or str(CONF)
        self.application_args, self.conf = self.arguments(context), {**(self.conf or {}), **properties(self.day)}
        try:
            reads = platform_environment() if self.reads_the_platform else nullcontext({})
            with reads as platform, kek_environment() as kek:
                # this process runs one task and hands its environment to spark-submit
                os.environ.update(platform | kek)
                super().execute(context)
            return
        except AirflowException as error:
            code = _EXIT_CODE.search(str(error))
            if code is not None and int(code[1]) in NOT_FOUND:
                raise AirflowFailException(NO_JAVA) from None
        # outside of the handler: how spark-submit was called explains nothing
        require_done(f"{self.step} {self.release}".rstrip(), int(code[1]) if code else 1, self._heard.reason)

    def _get_hook(self) -> Any:
        """The provider's hook, which passes every line of the step on to the log: listened to on its way."""
        hook = super()._get_hook()
        passed_on = hook._process_spark_submit_log
        hook._process_spark_submit_log = lambda lines: passed_on(self._heard.through(lines))
        return hook

    def arguments(self, context: Context) -> list[str]:
        """The step as the command line of the Spark tower has it: names, days and hashes only."""
        run = run_name(context["run_id"], self.day)
        return [self.step, "--release", self.release, "--day", self.day, "--run", run]


class AssureStep(SparkStep):
    """Search every published table with the identifiers that the platform has now."""

    reads_the_platform = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(step="assure", day="", release="", **kwargs)

    def arguments(self, _: Context) -> list[str]:
        """The step alone."""
        return [self.step]


class RiskStep(SparkStep):
    """Measure how likely somebody is found in every published table; its link leads to the page of it."""

    reads_the_platform = True
    operator_extra_links = (DataDocsLink(),)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(step="risk", day="", release="", **kwargs)

    def page(self, _: str) -> str:
        """Where the page lies, below Data Docs: the newest measurement."""
        return "data_docs/risk/releases.html"

    def arguments(self, _: Context) -> list[str]:
        """The step alone."""
        return [self.step]


def properties(day: str) -> dict[str, str]:
    """Spark's properties for a step of this day: one compiler, and plans as they stand, where that is enough.

    A connection's own ``spark.driver.extraJavaOptions`` come later, so they win.
    """
    size = landing_size(day)
    return (ONE_COMPILER if 0 < size < SMALL else {}) | (INTERPRETED if 0 < size < TINY else {})


def landing_size(day: str) -> int:
    """Bytes of a day in landing."""
    return sum(path.stat().st_size for path in (lake() / "landing").glob(f"*/day={day}/*"))


def run_name(run_id: str, day: str) -> str:
    """The name under which one Airflow run stages one day: the same in every task and retry."""
    return f"{day}-{hashlib.sha256(run_id.encode()).hexdigest()[:10]}"
