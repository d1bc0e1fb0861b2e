"""The rules as Great Expectations knows them: one metric, measured once, and one class a rule.

Arguments of an expectation are echoed in results and pages, so the classes carry nothing but the
name of the trial. Results say true or false; what was found is in our own findings, without values.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.renderer_configuration import RendererConfiguration

from expectations import rules
from expectations.measures import TRIALS

METRIC = "ignicloud.measures"


class ReleaseMeasures(TableMetricProvider):
    """Everything that the expectations of a release need, in one pass over the staged files."""

    metric_name = METRIC
    value_keys = ("trial",)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls,  # noqa: N805 (Great Expectations makes it a class method)
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> Any:
        execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        return TRIALS[metric_value_kwargs["trial"]].measures()


class ReleaseExpectation(BatchExpectation):
    """A rule of `expectations.rules` over the measures of the trial; true when it finds nothing."""

    trial: str

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("trial",)
    rule: ClassVar[Any]

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        findings = type(self).rule(TRIALS[self.trial].case, metrics[METRIC])
        return {"success": not findings, "result": {}}

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration[Any]) -> RendererConfiguration[Any]:
        """What Data Docs say of the expectation: its own first sentence."""
        renderer_configuration.template_str = str(cls.__doc__)
        return renderer_configuration


class ExpectColumnsAreTheContracts(ReleaseExpectation):
    """Exactly the contract's columns and types, in its order."""

    rule = staticmethod(rules.columns_are_the_contracts)


class ExpectVocabulariesAreClosed(ReleaseExpectation):
    """No word outside a closed vocabulary."""

    rule = staticmethod(rules.vocabularies_are_closed)


class ExpectTokensHaveTheirShape(ReleaseExpectation):
    """Every token and encrypted address has exactly its shape."""

    rule = staticmethod(rules.tokens_have_their_shape)


class ExpectRowsAreOfTheDay(ReleaseExpectation):
    """Every time lies in the data day, or as many days before it as the contract allows."""

    rule = staticmethod(rules.rows_are_of_the_day)


class ExpectTimesAreCut(ReleaseExpectation):
    """No time or date is finer than the contract says."""

    rule = staticmethod(rules.times_are_cut)


class ExpectNoPersonalPatterns(ReleaseExpectation):
    """No cell has the shape and check digits of a personal identifier."""

    rule = staticmethod(rules.no_personal_patterns)


class ExpectNoKnownIdentifiers(ReleaseExpectation):
    """No cell holds an identifier of that night's source, in any form."""

    rule = staticmethod(rules.no_known_identifiers)


class ExpectNoUnkeyedHashes(ReleaseExpectation):
    """No cell holds what hashing an identifier without a key gives."""

    rule = staticmethod(rules.no_unkeyed_hashes)


class ExpectNothingInFileMetadata(ReleaseExpectation):
    """Nothing lies beside the rows of a file that our writer doesn't write."""

    rule = staticmethod(rules.nothing_in_file_metadata)


class ExpectTokensMapOneToOne(ReleaseExpectation):
    """Exactly the tokens of the source's identities under the key of the day's epoch."""

    rule = staticmethod(rules.tokens_map_one_to_one)


class ExpectAddressesAreRead(ReleaseExpectation):
    """No more cells than the contract's share became null because they are no address."""

    rule = staticmethod(rules.addresses_are_read)


class ExpectSurrogatesAreNobody(ReleaseExpectation):
    """No surrogate is a company, and no pair of surrogate names a person, of that day."""

    rule = staticmethod(rules.surrogates_are_nobody)


class ExpectRowsBalance(ReleaseExpectation):
    """Source rows = represented + suppressed + excluded: as claimed, as staged and as landed."""

    rule = staticmethod(rules.rows_balance)


class ExpectGroupsHaveEnoughContributors(ReleaseExpectation):
    """Every shown group has at least its statistic's k distinct contributors."""

    rule = staticmethod(rules.groups_have_enough_contributors)


class ExpectHiddenCellsStayHidden(ReleaseExpectation):
    """No hidden cell of a table follows, nearly or exactly, from everything that is printed."""

    rule = staticmethod(rules.hidden_cells_stay_hidden)


class ExpectClassesAreLargeAndDiverse(ReleaseExpectation):
    """Every equivalence class of microdata has at least k rows and l sensitive values."""

    rule = staticmethod(rules.classes_are_large_and_diverse)


class ExpectNumbersAreDrawnOnce(ReleaseExpectation):
    """Numbers with noise are the day's one draw, paid for, of the contract's own mechanism."""

    rule = staticmethod(rules.numbers_are_drawn_once)


class ExpectMonthsDoNotJoin(ReleaseExpectation):
    """Nobody stands out in a month of microdata together with another one, and each is remembered as it is shown."""

    rule = staticmethod(rules.months_do_not_join)


class ExpectLandingIsFresh(ReleaseExpectation):
    """Every copy in landing is of the data day, whole, and not older than landing keeps."""

    rule = staticmethod(rules.landing_is_fresh)


class ExpectVolumeIsUsual(ReleaseExpectation):
    """A night ten times smaller than usual is held for a person."""

    rule = staticmethod(rules.volume_is_usual)


EXPECTATIONS: tuple[type[ReleaseExpectation], ...] = (
    ExpectColumnsAreTheContracts,
    ExpectVocabulariesAreClosed,
    ExpectTokensHaveTheirShape,
    ExpectRowsAreOfTheDay,
    ExpectTimesAreCut,
    ExpectNoPersonalPatterns,
    ExpectNoKnownIdentifiers,
    ExpectNoUnkeyedHashes,
    ExpectNothingInFileMetadata,
    ExpectTokensMapOneToOne,
    ExpectAddressesAreRead,
    ExpectSurrogatesAreNobody,
    ExpectRowsBalance,
    ExpectGroupsHaveEnoughContributors,
    ExpectHiddenCellsStayHidden,
    ExpectClassesAreLargeAndDiverse,
    ExpectNumbersAreDrawnOnce,
    ExpectMonthsDoNotJoin,
    ExpectLandingIsFresh,
    ExpectVolumeIsUsual,
)
"""What every release's suite has, in the order of the report."""

SEARCHES: tuple[type[ReleaseExpectation], ...] = (
    ExpectColumnsAreTheContracts,
    ExpectVocabulariesAreClosed,
    ExpectTokensHaveTheirShape,
    ExpectNoPersonalPatterns,
    ExpectNoKnownIdentifiers,
    ExpectNoUnkeyedHashes,
    ExpectNothingInFileMetadata,
)
"""What must hold of a published table on any later day, without the landing that it was made from."""
