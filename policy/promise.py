"""The promise as a whole: loaded, checked against itself, ready before a row is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from policy.base import ROOT, parse, read_yaml
from policy.checks import check
from policy.contract import Contract
from policy.errors import (
    ContractError,
    ForbiddenSourceError,
    InvalidPolicyFileError,
    UnknownReleaseError,
    UnknownSourceError,
)
from policy.outputs import outputs_of
from policy.register import Register
from policy.sources import Source, Sources
from policy.taxonomies import Taxonomies, Topics
from policy.transfers import check_recipients


@dataclass(frozen=True)
class Promise:
    """Register, sources and contracts that are known to agree with each other."""

    register: Register
    sources: dict[str, Source]
    taxonomies: Taxonomies
    releases: dict[str, Contract]

    def release(self, name: str) -> Contract:
        """The contract of one release.

        Raises:
            UnknownReleaseError: there is none.
        """
        try:
            return self.releases[name]
        except KeyError:
            raise UnknownReleaseError(name, self.releases) from None

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
    releases = {}
    for file in sorted((root / "releases").glob("*.yaml")):
        contract = parse(Contract, read_yaml(root, f"releases/{file.name}"), f"releases/{file.name}")
        if contract.release != file.stem or contract.outputs:
            raise InvalidPolicyFileError(
                f"releases/{file.name}", ["release isn't the file's name, or outputs are given"]
            )
        check(contract, sources, register, taxonomies)
        releases[contract.release] = contract.bind(outputs_of(contract, sources, taxonomies))
    _check_domains(releases)
    _check_derived(releases)
    return Promise(register, sources, taxonomies, releases)


def _taxonomies(root: Path) -> Taxonomies:
    texts = {
        file.stem: parse(Topics, read_yaml(root, f"taxonomies/{file.name}"), f"taxonomies/{file.name}")
        for file in sorted((root / "taxonomies").glob("*.yaml"))
        if file.stem != "regions"
    }
    content = {"regions": read_yaml(root, "taxonomies/regions.yaml"), "texts": {}}
    return parse(Taxonomies, content, "taxonomies/regions.yaml").model_copy(update={"texts": texts})


def _check_consents(sources: dict[str, Source], register: Register) -> None:
    listed = sources["consents"].columns["purpose"].values if "consents" in sources else None
    if listed is not None and set(listed) != set(register.consent_purposes):
        raise InvalidPolicyFileError("sources.yaml", ["consents.purpose isn't the register's consent-based purposes"])


def _check_domains(releases: dict[str, Contract]) -> None:
    """Tokens are never joinable between purposes, so a domain serves exactly one (clause 4.1)."""
    for contract in releases.values():
        for other in releases.values():
            shared = contract.domain is not None and contract.domain == other.domain
            if shared and (contract.purpose, contract.epoch) != (other.purpose, other.epoch):
                problem = f"shares domain {contract.domain} with {other.release} under another purpose or epoch"
                raise ContractError(contract.release, None, problem, contract.owner)


def _check_derived(releases: dict[str, Contract]) -> None:
    for contract in releases.values():
        for base in contract.findings.derived_from if contract.findings else ():
            if base not in releases or releases[base].domain != contract.domain:
                problem = f"derived from {base}, which is no release of the same domain"
                raise ContractError(contract.release, None, problem, contract.owner)
