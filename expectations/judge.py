"""Put one case before its suite and collect what is wrong with it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import great_expectations as gx
from great_expectations.core.result_format import ResultFormat
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.renderer.inline_renderer import InlineRenderer

from expectations.case import Case, Finding
from expectations.great import EXPECTATIONS, ReleaseExpectation
from expectations.measures import TRIALS, Measures, Trial
from expectations.suites import CUSTOM, suite

Suite = Sequence[type[ReleaseExpectation]]


@dataclass(frozen=True)
class Checked:
    """One expectation of a suite: what it demands, in the words of Great Expectations, and whether it holds."""

    expectation: str
    column: str
    demand: str
    holds: bool


@dataclass(frozen=True)
class Judgement:
    """Every expectation that was checked, what broke them, and what was measured."""

    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    measures: Measures


def judge(name: str, case: Case, generated: Suite = EXPECTATIONS, custom: Path | None = CUSTOM) -> Judgement:
    """Run the suite of the case's release on every staged row.

    Guarantee: an expectation that fails, or can't be evaluated, is a finding; neither its
    arguments nor its result carry a value. ``name`` is the trial's name in this process.
    """
    with _trial(name, Trial(case)) as trial:
        results = _results(name, case, generated, custom)
        findings = [finding for result in results if not result.success for finding in _findings(result, trial)]
        checked = tuple(_checked(result, case) for result in results)
        return Judgement(checked, tuple(findings), trial.measures())


def failing(name: str, case: Case, measures: Measures) -> set[str]:
    """The generated expectations that Great Expectations reports as failed on these measures."""
    with _trial(name, Trial(case, measures)):
        results = _results(name, case, EXPECTATIONS, None)
        return {_configuration(result).type for result in results if not result.success}


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


def _results(name: str, case: Case, generated: Suite, custom: Path | None) -> list[gx.core.ExpectationValidationResult]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    release = case.contract.release
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_spark("staged", persist=False).add_dataframe_asset(release)
    batch = asset.add_batch_definition_whole_dataframe("every row")
    expected = context.suites.add(suite(release, name, generated, custom))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=release, data=batch, suite=expected))
    checkpoint = gx.Checkpoint(
        name=release, validation_definitions=[definition], result_format={"result_format": ResultFormat.BOOLEAN_ONLY}
    )
    run = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": case.staged})
    (validated,) = run.run_results.values()
    return list(validated.results)


def _configuration(result: gx.core.ExpectationValidationResult) -> ExpectationConfiguration:
    assert result.expectation_config is not None
    return result.expectation_config


def _checked(result: gx.core.ExpectationValidationResult, case: Case) -> Checked:
    configuration = _configuration(result)
    (rendered,) = InlineRenderer(render_object=configuration).get_rendered_content()
    arguments = {name: each["value"] for name, each in (rendered.value.params or {}).items()}
    demand = Template(rendered.value.template or configuration.type).safe_substitute(arguments)
    return Checked(configuration.type, _column(configuration, case), demand, bool(result.success))


def _column(configuration: ExpectationConfiguration, case: Case) -> str:
    """The contract's column that an expectation is about; empty where it is about the table, or names none of them."""
    column = configuration.kwargs.get("column", "")
    return column if column in list(case.contract.output_schema) else ""


def _findings(result: gx.core.ExpectationValidationResult, trial: Trial) -> list[Finding]:
    """What broke one expectation: our rules count it, a hand-written one just names its column."""
    expectation, raised = _configuration(result), any(_exceptions(result))
    rules = {each.expectation_type: each.rule for each in EXPECTATIONS}
    ours = rules.get(expectation.type) if not raised else None
    found = ours(trial.case, trial.measures()) if ours else []
    detail = "couldn't be evaluated" if raised else "failed"
    return found or [Finding(expectation.type, _column(expectation, trial.case), detail, 1)]


def _exceptions(result: gx.core.ExpectationValidationResult) -> list[bool]:
    """Whether evaluation raised; Great Expectations nests this by metric. Messages are never read."""
    info = result.exception_info or {}
    nested = [each for each in info.values() if isinstance(each, dict)]
    return [bool(each.get("raised_exception")) for each in (info, *nested)]
