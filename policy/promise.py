"""The promise as a whole: loaded, checked against itself, ready before a row is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from policy.base import ROOT, parse, read_yaml
from policy.checks import check
from policy.contract import Contract
from policy.detections import Detections, detections
from policy.errors import (
    ContractError,
    ForbiddenSourceError,
    InvalidPolicyFileError,
    UnknownReleaseError,
    UnknownSourceError,
)
from policy.hierarchies import hierarchies
from policy.outputs import outputs_of
from policy.places import Places
from policy.register import Register
from policy.sources import Source, Sources
from policy.statistics import MOST_CELLS, systems
from policy.taxonomies import SurrogatePools, Taxonomies, Topics
from policy.transfers import check_recipients
from policy.wording import require_words


def places(root: Path = ROOT) -> Places:
    """What the rights of data subjects do where."""
    return parse(Places, read_yaml(root, "places.yaml"), "places.yaml")


@dataclass(frozen=True)
class Promise:
    """Register, sources and contracts that are known to agree with each other."""

    register: Register
    sources: dict[str, Source]
    taxonomies: Taxonomies
    releases: dict[str, Contract]
    exports: dict[str, Contract] = field(default_factory=dict)
    detections: Detections = field(default_factory=Detections)
    places: Places = field(default_factory=places)

    @property
    def contracts(self) -> dict[str, Contract]:
        """Every contract: the releases of the night, and the copies for recipients outside."""
        return {**self.releases, **self.exports}

    def release(self, name: str) -> Contract:
        """The contract of one release or export.

        Raises:
            UnknownReleaseError: there is none.
        """
        try:
            return self.contracts[name]
        except KeyError:
            raise UnknownReleaseError(name, self.contracts) from None

    def source(self, name: str) -> Source:
        """A source that may be read.

        Raises:
            UnknownSourceError: nobody classified it.
            ForbiddenSourceError: the policy puts it out of scope.
        """
        if name not in self.sources:
            raise UnknownSourceError(name)
        source = self.sources[name]
        if source.rhythm == "never":
            raise ForbiddenSourceError(name, source.clause)
        return source

    @property
    def readable(self) -> dict[str, Source]:
        """Every source in scope."""
        return {name: source for name, source in self.sources.items() if source.rhythm != "never"}


def load(root: Path = ROOT) -> Promise:
    """Read and check everything under ``root``; the first broken rule stops it.

    Raises:
        PolicyError: of the class that fits the broken rule.
    """
    register = parse(Register, read_yaml(root, "register.yaml"), "register.yaml")
    check_recipients(register)
    sources = parse(Sources, {"sources": read_yaml(root, "sources.yaml")}, "sources.yaml").sources
    taxonomies = _taxonomies(root)
    _check_consents(sources, register)
    rules = detections(root)
    releases, exports = (
        {
            contract.release: contract.bind(outputs_of(contract, sources, taxonomies, rules))
            for contract in _contracts(root, folder, sources, register, taxonomies)
        }
        for folder in ("releases", "exports")
    )
    for contract in (*releases.values(), *exports.values()):
        require_words(contract)
    _check_recipients_are_exports(releases, exports, register)
    _check_domains({**releases, **exports})
    _check_derived(releases)
    _check_tables(releases)
    _check_draws(releases)
    return Promise(register, sources, taxonomies, releases, exports, rules, places(root))


def _contracts(
    root: Path, folder: str, sources: dict[str, Source], register: Register, taxonomies: Taxonomies
) -> Iterator[Contract]:
    for file in sorted((root / folder).glob("*.yaml")):
        contract = parse(Contract, read_yaml(root, f"{folder}/{file.name}"), f"{folder}/{file.name}")
        if contract.release != file.stem or contract.outputs:
            raise InvalidPolicyFileError(
                f"{folder}/{file.name}", ["release isn't the file's name, or outputs are given"]
            )
        check(contract, sources, register, taxonomies)
        yield contract


def _check_recipients_are_exports(
    releases: dict[str, Contract], exports: dict[str, Contract], register: Register
) -> None:
    """A copy for a recipient, and nothing else, is an export; its recipient is in the register (clause 5.2)."""
    for contract in releases.values():
        if contract.recipient is not None:
            raise ContractError(contract.release, None, "has a recipient; move it to policy/exports", contract.owner)
    for contract in exports.values():
        problem = "is also a release" if contract.release in releases else None
        if contract.recipient not in register.recipients:
            problem = f"recipient {contract.recipient} isn't in the register"
        if contract.shape != "events":
            problem = "only rows per event are exported"
        if problem is not None:
            raise ContractError(contract.release, None, problem, contract.owner)


def _taxonomies(root: Path) -> Taxonomies:
    texts = {
        file.stem: parse(Topics, read_yaml(root, f"taxonomies/{file.name}"), f"taxonomies/{file.name}")
        for file in sorted((root / "taxonomies").glob("*.yaml"))
        if file.stem != "regions"
    }
    content = {"regions": read_yaml(root, "taxonomies/regions.yaml"), "texts": {}}
    surrogates = {
        file.stem: parse(SurrogatePools, _pools(file), f"surrogates/{file.name}")
        for file in sorted((root / "surrogates").glob("*.json"))
    }
    listed = parse(Taxonomies, content, "taxonomies/regions.yaml")
    made = hierarchies(root, listed.regions)
    return listed.model_copy(update={"texts": texts, "surrogates": surrogates, "hierarchies": made})


def _pools(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError:
        raise InvalidPolicyFileError(f"surrogates/{file.name}", ["isn't JSON"]) from None


def _check_consents(sources: dict[str, Source], register: Register) -> None:
    listed = sources["consents"].columns["purpose"].values if "consents" in sources else None
    if listed is not None and set(listed) != set(register.consent_purposes):
        raise InvalidPolicyFileError("sources.yaml", ["consents.purpose isn't the register's consent-based purposes"])


def _check_domains(releases: dict[str, Contract]) -> None:
    """Tokens never join between purposes (clause 4.1) or with a recipient's copy (5.2): a domain serves one."""
    for contract in releases.values():
        for other in releases.values():
            shared = contract.domain is not None and contract.domain == other.domain
            serves, also = ((c.purpose, c.epoch, c.recipient) for c in (contract, other))
            if shared and serves != also:
                problem = (
                    f"shares domain {contract.domain} with {other.release} under another purpose, epoch or recipient"
                )
                raise ContractError(contract.release, None, problem, contract.owner)


def _check_derived(releases: dict[str, Contract]) -> None:
    for contract in releases.values():
        for base in contract.findings.derived_from if contract.findings else ():
            if base not in releases or releases[base].domain != contract.domain:
                problem = f"derived from {base}, which is no release of the same domain"
                raise ContractError(contract.release, None, problem, contract.owner)


def _check_draws(releases: dict[str, Contract]) -> None:
    """Noisy counts over one source are one release: who is in two loses the sum, and each book knows its own."""
    reads: dict[str, str] = {}
    for contract in releases.values():
        if contract.privacy is not None:
            other = reads.setdefault(contract.main_source, contract.release)
            if other != contract.release:
                problem = f"draws numbers of {contract.main_source}, as {other} does; one source has one budget"
                raise ContractError(contract.release, "privacy", problem, contract.owner)


def _check_tables(releases: dict[str, Contract]) -> None:
    """Every table has a closed, bounded set of cells; tables over one source are one release, so one system.

    Two releases under two purposes leave out other people: their difference would be those people's rows.
    """
    reads: dict[str, str] = {}
    for contract in releases.values():
        for system in systems(contract.statistics):
            cells = sum(prod(map(len, contract.words(statistic))) for statistic in system)
            other = reads.setdefault(system[0].of, contract.release)
            problem = None
            if other != contract.release:
                problem = f"counts rows of {system[0].of}, as {other} does; tables over one source are one release"
            elif not all(words for statistic in system for words in contract.words(statistic)):
                problem = "groups by a column without a closed vocabulary"
            elif cells > MOST_CELLS:
                problem = f"has {cells} linked cells; the gate attacks {MOST_CELLS} at most"
            if problem is not None:
                raise ContractError(contract.release, system[0].name, problem, contract.owner)
