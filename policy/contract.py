"""A release contract: the whole promise for one published dataset, in one YAML file."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from policy.base import Model
from policy.periods import month_end, months_of
from policy.privacy import PrivacyBudget
from policy.profile import Profile
from policy.risk import Risk
from policy.rules import ColumnRule
from policy.sources import Identifier
from policy.statistics import Statistic

Columns = dict[str, ColumnRule]
Shape = Literal["events", "statistics", "microdata", "noisy_counts", "findings"]


class Output(Model):
    """One column that analysts see: its name, Spark SQL type and closed vocabulary, if any.

    ``tokens``: a nested column that holds tokens and nothing else, with the keys that a map may have.
    ``days_before``: how many days before the data day a time may lie. ``note``: how it is made. ``means``: what a cell
    says; ``missing``: what it says by being null, empty where that can't be; ``unit``: of a number or a time. ``of``:
    the statistics of a long table that it belongs to, none of another.
    """

    name: str
    type: str
    values: tuple[str, ...] | None = None
    token: Identifier | None = None
    network: Literal["address", "network"] | None = None
    tokens: tuple[str, ...] | None = None
    days_before: int = 0
    note: str = ""
    means: str = ""
    missing: str = ""
    nullable: bool = True
    unit: str = ""
    of: tuple[str, ...] = ()


class Retention(Model):
    """How long rows stay: calendar months, counted from the data day.

    More than ``daily_share`` of the rows leave in one run only with an approval.
    """

    keep: str
    counted_from: Literal["day"] = Field(alias="from")
    daily_share: float = Field(default=0.05, gt=0, le=1)

    @field_validator("keep")
    @classmethod
    def _whole_months(cls, keep: str) -> str:
        months_of(keep)
        return keep


class Gate(Model):
    """Which searches the gate makes; none of them can be switched off."""

    known_identifiers: Literal[True]
    patterns: Literal[True]


LossMetric = Literal["certainty_penalty", "precision", "discernability"]
"""What a generalisation costs, and so which one is the best: `jobs.anonymity.lattice`."""


class Generalisation(Model):
    """How coarse microdata are: for each quasi-identifier its hierarchy, and the level that a person has approved.

    ``node`` is pinned: a month for which it doesn't hold is refused, because a level that changes by itself tells
    something. ``suppression``: the share of rows that may be left out; more is red.
    """

    hierarchies: dict[str, str] = Field(min_length=1)
    node: dict[str, str] = Field(min_length=1)
    suppression: float = Field(ge=0, lt=1)
    loss: LossMetric


class Anonymity(Model):
    """Microdata: k (Sweeney 2002), l (Machanavajjhala et al. 2007), t (Li et al. 2007)."""

    k: int = Field(ge=3)
    quasi_identifiers: tuple[str, ...] = Field(min_length=1)
    l: int = Field(ge=2)  # noqa: E741 (the paper's own letter)
    sensitive: tuple[str, ...] = Field(min_length=1)
    t: float | None = Field(default=None, gt=0, le=1)
    generalisation: Generalisation | None = None


class AddedField(Model):
    """A field that rules may ask for beside a release's columns; its words are a closed vocabulary.

    ``network``: the /24 or /64 of ``ip``. ``closed_account``: the event is later than the closure of
    its account. ``new_network``: a login from a network that the account wasn't in for ``days``
    days, while it logged in elsewhere. ``indicated``: ``ip`` lies in a network of policy/indicators.
    """

    make: Literal["network", "closed_account", "new_network", "indicated"]
    days: int = Field(default=0, ge=0, le=90)
    note: str


class FindingColumn(Model):
    """One column of a findings release; ``words`` are an attribute of the rules, ``tokens`` its map's keys.

    ``note``: what a cell says; ``missing``: what it says by being null, empty where that can't be; ``made_of``: the
    columns of the releases it derives from.
    """

    type: str
    note: str
    missing: str = ""
    unit: str = ""
    made_of: tuple[str, ...] = Field(default=(), alias="from")
    words: Literal["name", "level", "technique"] | None = None
    tokens: tuple[str, ...] | None = None
    may_begin_before: bool = False


class Findings(Model):
    """Rows derived from other releases by the rules of ``policy/signals``."""

    derived_from: tuple[str, ...] = Field(min_length=1)
    fields: dict[str, AddedField] = Field(default_factory=dict)
    output: dict[str, FindingColumn]


class Contract(Model):
    """One release. ``bind`` completes it with the output columns once the sources are known."""

    release: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    about: str
    kind: Literal["pseudonymised", "anonymised"]
    purpose: str
    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    recipient: str | None = None
    source: str | None = None
    columns: Columns = Field(default_factory=dict)
    sources: dict[str, Columns] = Field(default_factory=dict)
    domain: str | None = None
    epoch: str | None = None
    retention: Retention
    statistics: tuple[Statistic, ...] = ()
    anonymity: Anonymity | None = None
    profile: Profile | None = None
    privacy: PrivacyBudget | None = None
    findings: Findings | None = None
    risk: Risk | None = None
    gate: Gate
    outputs: tuple[Output, ...] = ()

    @model_validator(mode="after")
    def _reads_something_in_one_way(self) -> Self:
        ways = (self.source is not None, bool(self.sources), self.findings is not None)
        if sum(ways) != 1 or bool(self.columns) != (self.source is not None):
            raise ValueError("give source and columns, or sources, or findings")
        if sum(bool(way) for way in (self.statistics, self.anonymity, self.privacy, self.findings)) > 1:
            raise ValueError("give one of statistics, anonymity, privacy and findings")
        return self

    @model_validator(mode="after")
    def _microdata_are_whole(self) -> Self:
        generalisation = self.anonymity is not None and self.anonymity.generalisation is not None
        if (self.anonymity is not None or self.profile is not None) and not (generalisation and self.profile):
            raise ValueError("microdata have anonymity with a generalisation, and a profile")
        return self

    @model_validator(mode="after")
    def _keys_belong_to_pseudonymised_releases(self) -> Self:
        keyed = self.domain is not None and self.epoch is not None
        if keyed != (self.kind == "pseudonymised") or (self.domain is None) != (self.epoch is None):
            raise ValueError("a pseudonymised release, and no other, has a domain and an epoch")
        if self.epoch is not None:
            months_of(self.epoch)
        if self.risk is not None and (self.epoch is None or self.shape != "events"):
            raise ValueError("risk asks about tokens of events; leave it out of a release that has none")
        return self

    @property
    def shape(self) -> Shape:
        """Which builder makes this release."""
        if self.findings is not None:
            return "findings"
        if self.anonymity is not None:
            return "microdata"
        if self.privacy is not None:
            return "noisy_counts"
        return "statistics" if self.statistics else "events"

    @property
    def inputs(self) -> dict[str, Columns]:
        """Every source that the release reads, with the rule for each of its columns."""
        return {self.source: self.columns} if self.source is not None else dict(self.sources)

    @property
    def microdata(self) -> tuple[Anonymity, Generalisation, Profile]:
        """The parts of a contract of microdata.

        Raises:
            ValueError: the release isn't microdata.
        """
        if self.anonymity is None or self.anonymity.generalisation is None or self.profile is None:
            raise ValueError(f"{self.release} isn't microdata")
        return self.anonymity, self.anonymity.generalisation, self.profile

    def is_due(self, day: date) -> bool:
        """Whether there is a release of ``day``: of microdata on a month's last day, of all others every day."""
        return self.shape != "microdata" or day == month_end(day)

    @property
    def main_source(self) -> str:
        """The source of a release that has just one."""
        if self.source is None:
            raise ValueError(f"{self.release} has no single source")
        return self.source

    @property
    def output_schema(self) -> dict[str, str]:
        """Spark SQL types of the staged columns, in their order; ``day`` is the table's partition."""
        return {output.name: output.type for output in self.outputs}

    def read_columns(self, source: str) -> tuple[str, ...]:
        """The columns of ``source`` that this release needs at all."""
        return tuple(name for name, rule in self.inputs.get(source, {}).items() if rule.treat != "drop")

    def words(self, statistic: Statistic) -> tuple[tuple[str, ...], ...]:
        """For each group of a statistic its closed vocabulary: their product is the statistic's cells, every day."""
        vocabularies = {output.name: output.values or () for output in self.outputs}
        return tuple(vocabularies[group] for group in statistic.by)

    def bind(self, outputs: tuple[Output, ...]) -> Contract:
        """The same contract with its output columns."""
        return self.model_copy(update={"outputs": outputs})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the bound contract: two runs under equal fingerprints made equal promises."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()
