"""Put one case before its suite and collect what is wrong with it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import great_expectations as gx
from great_expectations.core.result_format import ResultFormat
from great_expectations.data_context.types.base import ProgressBarsConfig

from expectations.case import Case, Finding
from expectations.great import EXPECTATIONS
from expectations.measures import TRIALS, Measures, Trial
from expectations.suites import CUSTOM, suite


@dataclass(frozen=True)
class Judgement:
    """How many expectations were checked, what broke them, and what was measured.

    ``results``: each expectation's name and column, and whether it holds.
    """

    expectations: int
    findings: tuple[Finding, ...]
    measures: Measures
    results: tuple[tuple[str, str, bool], ...] = ()


def judge(name: str, case: Case, custom: Path = CUSTOM) -> Judgement:
    """Run the whole suite of the case's release on every staged row.

    Guarantee: an expectation that fails, or can't be evaluated, is a finding; neither its
    arguments nor its result carry a value. ``name`` is the trial's name in this process.
    """
    with _trial(name, Trial(case)) as trial:
        results = _results(name, case, custom)
        findings = [finding for result in results if not result.success for finding in _findings(result, trial)]
        said = tuple((*_what(result), bool(result.success)) for result in results)
        return Judgement(len(results), tuple(findings), trial.measures(), said)


def failing(name: str, case: Case, measures: Measures) -> set[str]:
    """The generated expectations that Great Expectations reports as failed on these measures."""
    with _trial(name, Trial(case, measures)):
        return {_what(result)[0] for result in _results(name, case, None) if not result.success}


def findings_of(case: Case, measures: Measures) -> list[Finding]:
    """What the rules of the generated suite find, each by itself."""
    return [finding for expectation in EXPECTATIONS for finding in expectation.rule(case, measures)]


@contextmanager
def _trial(name: str, trial: Trial) -> Iterator[Trial]:
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    TRIALS[name] = trial
    try:
        yield trial
    finally:
        del TRIALS[name]


def _results(name: str, case: Case, custom: Path | None) -> list[gx.core.ExpectationValidationResult]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    release = case.contract.release
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_spark("staged", persist=False).add_dataframe_asset(release)
    batch = asset.add_batch_definition_whole_dataframe("every row")
    expected = context.suites.add(suite(release, name, custom))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=release, data=batch, suite=expected))
    checkpoint = gx.Checkpoint(
        name=release, validation_definitions=[definition], result_format={"result_format": ResultFormat.BOOLEAN_ONLY}
    )
    run = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": case.staged})
    (validated,) = run.run_results.values()
    return list(validated.results)


def _what(result: gx.core.ExpectationValidationResult) -> tuple[str, str]:
    configuration = result.expectation_config
    assert configuration is not None
    return configuration.type, str(configuration.kwargs.get("column", ""))


def _findings(result: gx.core.ExpectationValidationResult, trial: Trial) -> list[Finding]:
    """What broke one expectation: our rules count it, a hand-written one just names its column."""
    expectation, column = _what(result)
    raised = any(_exceptions(result))
    rules = {each.expectation_type: each.rule for each in EXPECTATIONS}
    found = rules[expectation](trial.case, trial.measures()) if expectation in rules and not raised else []
    return found or [Finding(expectation, column, "couldn't be evaluated" if raised else "failed", 1)]


def _exceptions(result: gx.core.ExpectationValidationResult) -> list[bool]:
    """Whether evaluation raised; Great Expectations nests this by metric. Messages are never read."""
    info = result.exception_info or {}
    nested = [each for each in info.values() if isinstance(each, dict)]
    return [bool(each.get("raised_exception")) for each in (info, *nested)]
