"""What a form offers, read from the policy; a policy that is broken takes no DAG away.

A DAG whose file raises disappears from the UI with all its runs, approvals that wait among them. So a form
without its list takes any text, says why, and the step behind it refuses: it reads the policy itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow.sdk import Param

import policy
from policy.rules import Token


def choice(of: Callable[[policy.Promise], Mapping[str, str]], description: str) -> Param:
    """A field with the names that ``of`` finds in the promise; shown are its words for them."""
    try:
        words = dict(of(policy.load()))
    except policy.PolicyError as error:
        return Param("", type="string", minLength=1, description=f"{description}. No list: {error}")
    listed: dict[str, Any] = {"enum": list(words), "values_display": words}
    return Param(next(iter(words), ""), type="string", description=description, **listed)


def releases(promise: policy.Promise) -> dict[str, str]:
    """Every release."""
    return {name: name for name in promise.releases}


def with_tokens(promise: policy.Promise) -> dict[str, str]:
    """The releases that make tokens of their own: a finding's are those of what it is derived from."""
    rules = {name: contract.columns.values() for name, contract in promise.releases.items()}
    return {name: name for name, of_columns in rules.items() if any(isinstance(each, Token) for each in of_columns)}


def reasons(promise: policy.Promise) -> Mapping[str, str]:
    """Why somebody may be looked up, with the words for it."""
    return promise.register.reidentification
