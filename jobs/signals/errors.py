"""Why a rule is refused: one class a cause; rule, field and feature are named, never an identifier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from policy.errors import PolicyError


class SignalError(PolicyError):
    """A detection rule doesn't fit what is published."""

    def __init__(self, rule: str, problem: str, what_next: str) -> None:
        self.rule, self.problem = rule, problem
        super().__init__(f"rule {rule}: {problem}; {what_next}")


class DayNotPublishedError(PolicyError):
    """A report is asked for, or a rule tried, on a day that no analyst can see."""

    def __init__(self, release: str, day: date, published: Sequence[date]) -> None:
        self.release, self.day, self.published = release, day, tuple(published)
        there = f"published are {len(published)} days, {published[0]} to {published[-1]}" if published else "no day is"
        super().__init__(
            f"{release} of {day} isn't published; {there}; run the night of {day} first, or correct the day"
        )


class InvalidRuleError(SignalError):
    """The document isn't Sigma v2, or a reference in it leads nowhere."""

    def __init__(self, rule: str, problem: str, what_next: str = "correct it in policy/signals") -> None:
        super().__init__(rule, problem, what_next)


class UnsupportedSigmaError(SignalError):
    """A feature of Sigma that isn't compiled; it is refused and never ignored."""

    def __init__(self, rule: str, feature: str, instead: str) -> None:
        self.feature, self.instead = feature, instead
        super().__init__(rule, f"uses {feature}", instead)


class RefusedRulesError(PolicyError):
    """Several rules don't fit; each is named with its reason."""

    def __init__(self, errors: tuple[SignalError, ...]) -> None:
        self.errors = errors
        lines = (f"{number}. {error}" for number, error in enumerate(errors, 1))
        super().__init__(f"{len(errors)} reasons to refuse: {'; '.join(lines)}")


class UnknownLogSourceError(SignalError):
    """The log source isn't a release that findings are derived from."""

    def __init__(self, rule: str, service: str, known: tuple[str, ...]) -> None:
        self.service = service
        problem = f"its log source isn't {{product: ignicloud, service: …}} with one of {', '.join(known)}"
        super().__init__(rule, problem, "correct its logsource")


class UnknownFieldError(SignalError):
    """The release has no such field, and never had."""

    def __init__(self, rule: str, field: str, release: str) -> None:
        self.field, self.release = field, release
        super().__init__(rule, f"{release} has no field {field}", f"see policy/releases/{release}.yaml for its fields")


class UngroupableFieldError(SignalError):
    """A finding can't be grouped by this field: only what names no more than the contract's tokens."""

    def __init__(self, rule: str, field: str, groups: tuple[str, ...]) -> None:
        self.field, self.groups = field, groups
        super().__init__(rule, f"groups by {field}, which isn't a token", f"group by one of {', '.join(groups)}")


class DroppedFieldError(SignalError):
    """The source has the field, the release leaves it out or publishes it under another name."""

    def __init__(self, rule: str, field: str, release: str, instead: str) -> None:
        self.field, self.release = field, release
        super().__init__(rule, f"{release} doesn't publish {field} ({instead})", "write the rule without it")


class UnknownWordError(SignalError):
    """A value that the field's closed vocabulary doesn't have: the rule could never match."""

    def __init__(self, rule: str, field: str, release: str) -> None:
        self.field, self.release = field, release
        super().__init__(
            rule, f"field {field} of {release} has a closed vocabulary without such a value", "use one of its words"
        )


class NamedIdentifierError(SignalError):
    """A value for a field that holds tokens: naming somebody is re-identification, which has its own door."""

    def __init__(self, rule: str, field: str, release: str) -> None:
        self.field, self.release = field, release
        super().__init__(
            rule,
            f"gives a value for {field} of {release}, which holds tokens",
            "attackers' addresses belong into policy/indicators; people are never named in a rule",
        )


class BaseNotPublishedError(PolicyError):
    """Findings are derived from published releases, and one isn't, or not since its last extraction."""

    def __init__(self, release: str, base: str, day: date) -> None:
        self.release, self.base, self.day = release, base, day
        super().__init__(
            f"{release} of {day}: {base} of that day isn't published since it was extracted; publish it, then run again"
        )


class OwnAddressError(PolicyError):
    """An indicator covers an address from which our own accounts log in: that would be re-identification."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"policy/{place}: our own accounts habitually log in from there; watching them is re-identification, "
            "which has its own door; take the indicator out or narrow it"
        )
