"""A small day's releases in one application: each release's own task says how it ended, and does again what wasn't done."""

import json
from types import SimpleNamespace

import pytest
from airflow.providers.apache.spark.operators import spark_submit
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from ignicloud_airflow import jobs, together
from ignicloud_airflow.jobs import CRASHED
from ignicloud_airflow.releases import TAKEN_OVER, ReleaseStep, ValidateStep
from ignicloud_airflow.together import TogetherStep

from jobs.cli import ENDED

DAY, OTHER_DAY = "2026-03-12", "2026-03-11"
SAID = (
    "a: 3 rows in",
    "ended: a 0",
    "refused: b isn't in landing",
    "a line after it",
    "ended: b 2",
    "crashed: OSError",
    "ended: c 1",
)
TOLD = {"a": (0, "a: 3 rows in"), "b": (2, "refused: b isn't in landing"), "c": (1, "crashed: OSError")}


def context(*returned, attempt=1, task_id="bases.protect", of="protect", before=None):
    """What a task is told; ``returned`` by the days' applications of a step for its group, ``before`` by its release's
    own task.
    """
    said = {(f"together_bases.{of}_all", None): list(returned), ("bases.protect", 0): before}
    task = SimpleNamespace(
        try_number=attempt, task_id=task_id, map_index=0,
        xcom_pull=lambda task_ids, map_indexes=None: said[task_ids, map_indexes],
    )  # fmt: skip
    return {"run_id": "r", "ti": task}


@pytest.fixture
def submitted(lake, monkeypatch):
    """The arguments of each application that is submitted; each says the same and ends with this code."""
    arguments, ends = [], {"code": 2, "lines": SAID}

    def execute(self, _):
        arguments.append(self.application_args)
        self._get_hook()._process_spark_submit_log(iter(f"{line}\n" for line in ends["lines"]))
        if ends["code"]:
            raise AirflowException(f"Cannot execute. Error code is: {ends['code']}.")

    monkeypatch.setattr(spark_submit.SparkSubmitOperator, "execute", execute)
    return SimpleNamespace(arguments=arguments, ends=ends)


def all_of(step, *releases, after=""):
    return TogetherStep(task_id=f"{step}_all", step=step, day=DAY, releases=list(releases), after=after)


def one(release, step="protect"):
    return ReleaseStep(task_id=step, step=step, day=DAY, release=release)


def test_one_application_is_told_all_releases_and_says_how_each_ended(submitted):
    assert all_of("protect", "a", "b", "c", "d").execute(context()) == {"day": DAY, "releases": TOLD}
    [words] = submitted.arguments
    assert words[:9] == ["protect", "--release", "a", "--release", "b", "--release", "c", "--release", "d"]
    assert words[9:11] == ["--day", DAY]


def test_the_towers_call_the_line_that_says_how_a_release_ended_the_same():
    assert together.ENDED == ENDED


def test_only_the_line_itself_says_how_a_release_ended(submitted):
    """Of others the release's own task is none the wiser, and does the work."""
    submitted.ends["lines"] = (
        "ended: with result 1",
        "ended: a",
        "ended: z 0",
        "ended: a 0",
        "ended: b 0",
        "ended: b 0",
    )
    assert all_of("protect", "a", "b", "c").execute(context()) == {
        "day": DAY,
        "releases": {"a": (0, "ended: z 0"), "b": (CRASHED, "ended: b 0")},
    }


def test_what_ended_the_first_attempt_takes_no_release_along_twice(submitted):
    with pytest.raises(AirflowSkipException, match="not the first attempt at 2026-03-12"):
        all_of("protect", "a", "b").execute(context(attempt=2))
    assert submitted.arguments == []


def test_only_what_went_well_is_judged_together(submitted):
    before = {"day": DAY, "releases": TOLD}
    all_of("validate", "a", "b", "c", "d", after="protect").execute(
        context(before, task_id="together_bases.validate_all")
    )
    [words] = submitted.arguments
    assert words[:4] == ["validate", "--release", "a", "--day"]
    with pytest.raises(AirflowSkipException, match="nothing of 2026-03-12 is left to validate"):
        all_of("validate", "b", "c", after="protect").execute(context(before, task_id="together_bases.validate_all"))


def test_a_large_day_has_an_application_for_each_release(submitted, lake, monkeypatch):
    folder = lake.private(lake.root / "landing" / "audit_events" / f"day={DAY}")
    (folder / "part.parquet").write_bytes(b"0" * 100)
    monkeypatch.setattr(together, "SMALL", 100)
    with pytest.raises(AirflowSkipException, match="each release is done by itself"):
        all_of("protect", "a", "b").execute(context())
    assert submitted.arguments == []


def test_a_release_that_is_done_is_not_done_again(submitted):
    one("a").execute(context(None, {"day": OTHER_DAY, "releases": {}}, {"day": DAY, "releases": TOLD}))
    assert submitted.arguments == []


def test_a_refusal_is_the_error_of_the_releases_own_task(submitted):
    with pytest.raises(AirflowFailException, match=r"^refused: b isn't in landing$"):
        one("b").execute(context({"day": DAY, "releases": TOLD}))
    assert submitted.arguments == []


@pytest.mark.parametrize(
    ("release", "told", "attempt"),
    [
        ("c", {"day": DAY, "releases": TOLD}, 1),
        ("d", {"day": DAY, "releases": TOLD}, 1),
        ("a", {"day": OTHER_DAY, "releases": TOLD}, 1),
        ("a", None, 1),
        ("a", {"day": DAY, "releases": TOLD}, 2),
        ("b", {"day": DAY, "releases": TOLD}, 2),
    ],
    ids=["it crashed", "it wasn't reached", "another day", "no application", "it was cleared", "cleared, once refused"],
)
def test_what_was_not_done_or_is_cleared_the_releases_own_task_does(submitted, release, told, attempt):
    submitted.ends |= {"code": 0, "lines": ()}
    one(release).execute(context(told, attempt=attempt))
    [words] = submitted.arguments
    assert words[:3] == ["protect", "--release", release]


def judge(release, **before):
    told = {"day": DAY, "releases": {"a": (0, "a: green"), "b": (2, "refused: b is red")}}
    step = ValidateStep(task_id="validate", day=DAY, release=release)
    return step.execute(context(told, task_id="bases.validate", of="validate", **before))


def test_a_verdict_is_taken_over_on_what_was_taken_over(submitted):
    before = one("a").execute(context({"day": DAY, "releases": TOLD}))
    assert judge("a", before=before) == TAKEN_OVER
    with pytest.raises(AirflowFailException, match="refused: b is red"):
        judge("b", before=before)
    assert submitted.arguments == []


@pytest.mark.parametrize("release", ["a", "b"], ids=["it was green", "it was red"])
def test_what_was_protected_anew_is_judged_anew(submitted, release):
    submitted.ends |= {"code": 0, "lines": ()}
    before = one(release).execute(context({"day": DAY, "releases": TOLD}, attempt=2))
    assert judge(release, before=before) is None
    assert [words[0] for words in submitted.arguments] == ["protect", "validate"]


def test_the_plan_has_the_bases_and_the_others_of_each_day_together(monkeypatch):
    work = [{"day": day, "release": name} for day in (OTHER_DAY, DAY) for name in ("a", "b")]
    said = json.dumps({"days": [], "bases": work, "others": [], "derived": work, "skipped": []})
    monkeypatch.setattr(jobs, "run_job", lambda *_, **__: said)
    planned = jobs.plan_night(DAY)
    assert planned["together_bases"] == [{"day": day, "releases": ["a", "b"]} for day in (OTHER_DAY, DAY)]
    assert planned["together_others"] == []
    assert planned["bases"] == work
