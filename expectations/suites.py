"""A release's suite: built from its contract, with hand-written expectations beside it.

To add an expectation to a release, add it to ``expectations/custom/<release>.yaml``: a list of
``{expect: <Great Expectations name>, with: {argument: value}}``. Both load into one suite.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import great_expectations as gx
import yaml
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.great import ReleaseExpectation
from policy.errors import PolicyError

CUSTOM = Path(__file__).parent / "custom"
"""Where the hand-written ones lie."""


class InvalidSuiteError(PolicyError):
    """The hand-written expectations of a release can't be read."""

    def __init__(self, release: str) -> None:
        self.release = release
        super().__init__(
            f"expectations/custom/{release}.yaml isn't a list of {{expect: NAME, with: {{argument: value}}}}; "
            "nothing was judged; correct the file, then clear validate"
        )


def suite(
    release: str, trial: str, generated: Iterable[type[ReleaseExpectation]], custom: Path | None
) -> gx.ExpectationSuite:
    """The ``generated`` expectations of ``release``, then its hand-written ones unless ``custom`` is null.

    Raises:
        InvalidSuiteError: the hand-written file isn't a list of expectations.
    """
    made = gx.ExpectationSuite(name=release)
    for expectation in generated:
        made.add_expectation(expectation(trial=trial))
    for configuration in _hand_written(release, custom) if custom is not None else ():
        made.add_expectation_configuration(configuration)
    return made


def _hand_written(release: str, custom: Path) -> list[ExpectationConfiguration]:
    file = custom / f"{release}.yaml"
    if not file.exists():
        return []
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8"))
        return [ExpectationConfiguration(type=e["expect"], kwargs=e.get("with", {})) for e in content or []]
    except (KeyError, TypeError, AttributeError, yaml.YAMLError):
        raise InvalidSuiteError(release) from None
