"""Record of processing: purposes, lawful bases, roles, recipients and clauses (GDPR art. 30)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from policy.answering import Answering
from policy.base import Model
from policy.periods import months_of

LawfulBasis = Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
Mechanism = Literal[
    "eea", "adequacy", "dpf", "model_clauses", "binding_corporate_rules", "derogation", "privacy_shield"
]

Page = Literal["now", "promises", "requests", "releases", "ledger"]
"""A page of the Privacy console."""


def _whole_months(period: str) -> str:
    months_of(period)
    return period


Months = Annotated[str, AfterValidator(_whole_months)]
"""A period such as ``P3M``."""


class Purpose(Model):
    """Why data is processed (clause 4.1), on which ground (4.2), and for whom (5.1).

    ``term``: the purpose of the W3C's Data Privacy Vocabulary (https://w3id.org/dpv) that is nearest to it.
    """

    clause: str
    words: str
    lawful_basis: LawfulBasis
    article: str
    roles: tuple[str, ...] = Field(min_length=1)
    term: str = Field(pattern=r"^[A-Z][A-Za-z]+$")


class Role(Model):
    """A named group of people, what it may see, and which pages of the Privacy console it reads."""

    who: str
    sees: tuple[str, ...]
    pages: tuple[Page, ...] = ()


class Recipient(Model):
    """Somebody outside the group who may get a copy of his own (clauses 5.2, 6.2).

    ``valid_until``: the last day on which its evidence holds, where it has one.
    """

    name: str
    country: str = Field(pattern=r"^[A-Z]{2}$")
    mechanism: Mechanism
    recorded_on: date
    evidence: str
    valid_until: date | None = None


class Obligation(Model):
    """What one clause obliges us to do to data, by which rules, and where that is enforced.

    ``enforced`` lists places as ``path::name``; an empty list is an honest "not yet". ``recorded``: the kinds of
    entries in the ledger that are evidence of it.
    """

    clauses: tuple[str, ...] = Field(min_length=1)
    obliges: str
    rules: tuple[str, ...]
    enforced: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    not_yet: str | None = None

    @model_validator(mode="after")
    def _says_what_is_missing(self) -> Self:
        if not self.enforced and not self.not_yet:
            raise ValueError("name where it is enforced, or say in not_yet what is missing")
        return self


class Terms(Model):
    """What may be done with a release, in words for its readers, by its kind (clauses 4.1, 5.1)."""

    pseudonymised: str
    anonymised: str


class Register(Model):
    """``policy/register.yaml``. ``authority``: the supervisory authority to which people can complain, and where."""

    controller: str
    officer: str
    authority: str = ""
    policy: str
    relationship_keep: Months
    cookie_keep: Months
    terms: Terms
    purposes: dict[str, Purpose]
    roles: dict[str, Role]
    recipients: dict[str, Recipient]
    reidentification: dict[str, str]
    answering: Answering
    obligations: tuple[Obligation, ...]

    @model_validator(mode="after")
    def _purposes_name_known_roles(self) -> Self:
        for name, purpose in self.purposes.items():
            unknown = set(purpose.roles) - self.roles.keys()
            if unknown:
                raise ValueError(f"purpose {name} names unknown roles {', '.join(sorted(unknown))}")
        return self

    @property
    def consent_purposes(self) -> tuple[str, ...]:
        """The purposes that rest on consent (clause 4.2, GDPR art. 6(1)(a))."""
        return tuple(name for name, purpose in self.purposes.items() if purpose.lawful_basis == "consent")


def view_of(page: str) -> str:
    """What Airflow calls a page of the Privacy console where permissions are given: who ``can_read`` it gets in."""
    return f"Privacy: {page}"
