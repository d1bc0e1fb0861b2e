"""Why a step of a request is refused: one class a cause. No message names a person or a value of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from policy.command_line import command
from policy.errors import PolicyError

LOOK = command("jobs", "request", "show")


class IllegalMoveError(PolicyError):
    """A request can't come into this state from the one in which it is."""

    def __init__(self, reference: str, before: str | None, after: str, possible: Iterable[str]) -> None:
        self.reference, self.before, self.after = reference, before, after
        self.possible = tuple(sorted(possible))
        where = "isn't on record" if before is None else f"is {before}"
        ways = f"next can be {' or '.join(self.possible)}" if self.possible else "nothing follows"
        super().__init__(f"request {reference} {where}, so it can't become {after}: {ways}; see `{LOOK} {reference}`")


class UnexplainedMoveError(PolicyError):
    """A state is to be recorded without what must be said with it."""

    def __init__(self, reference: str, state: str, missing: Iterable[str]) -> None:
        self.reference, self.state, self.missing = reference, state, tuple(sorted(missing))
        super().__init__(
            f"request {reference} can't become {state} without {', '.join(self.missing)}; run the step again with it"
        )


class OtherRightError(PolicyError):
    """A request is on record under another right."""

    def __init__(self, reference: str, on_record: str, right: str) -> None:
        self.reference, self.on_record, self.right = reference, on_record, right
        super().__init__(
            f"request {reference} is on record for {on_record}, not for {right}: the platform changed it meanwhile; "
            "tell the privacy officer, who has it asked for anew"
        )


class NoSuchRequestError(PolicyError):
    """Neither the platform nor the ledger has a request of this reference."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"there is no request {reference}; `{command('jobs', 'request', 'list')}` has them all")


class UnlistedReasonError(PolicyError):
    """An extension or a refusal gives a reason that policy/register.yaml doesn't list for this right."""

    def __init__(self, reference: str, decision: str, listed: Iterable[str]) -> None:
        self.reference, self.decision, self.listed = reference, decision, tuple(sorted(listed))
        words = ", ".join(self.listed) or "none for its right"
        super().__init__(f"request {reference} can't be {decision} for that; policy/register.yaml has {words}")


class NoHoldStandsError(PolicyError):
    """A request is to be refused for a legal hold that doesn't stand over the person."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"request {reference}: no legal hold stands over the person today; record it on the platform first, "
            "or name another ground"
        )


class UnnamedDeciderError(PolicyError):
    """Whoever decides isn't named by a plain user name."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"request {reference}: --by takes the user name of whoever decides, in letters, digits, '.', '_' and '-', "
            "and neither jobs nor platform"
        )


class TooLateToExtendError(PolicyError):
    """The month is over in which an extension and its reason must be told (GDPR art. 12(3))."""

    def __init__(self, reference: str, due: date | None) -> None:
        self.reference, self.due = reference, due
        over = "has no day of receipt" if due is None else f"was due on {due}"
        super().__init__(f"request {reference} {over}: an extension is told within one month of receipt; answer it now")


class ExtendedBeforeError(PolicyError):
    """A request is extended once."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"request {reference} is extended, with its reason on record; no law extends it again")


class NotItsTurnError(PolicyError):
    """A step is asked for that isn't the request's next one."""

    def __init__(self, reference: str, state: str, step: str, asked: Iterable[str]) -> None:
        self.reference, self.state, self.step, self.asked = reference, state, step, tuple(asked)
        wanted = " or ".join(each.replace("_", " ") for each in self.asked) or "this"
        super().__init__(
            f"request {reference} is {state.replace('_', ' ')}: next is {step.replace('_', ' ')}, not {wanted}; "
            f"nothing was done; see `{LOOK} {reference}`"
        )


class FoundAgainError(PolicyError):
    """Somebody approves what another search found than the last one."""

    def __init__(self, reference: str, last: int) -> None:
        self.reference, self.last = reference, last
        super().__init__(
            f"request {reference}: what was found last is entry {last} of the ledger, and this approval is of another; "
            "it was looked for again since you were asked, or the number is mistyped; read what was found then and "
            f"decide on that: in the newest run, or see `{LOOK} {reference}`"
        )


class AmberUnseenError(PolicyError):
    """Somebody approves what is amber, and doesn't say that they have seen why."""

    def __init__(self, reference: str, found: int) -> None:
        self.reference, self.found = reference, found
        super().__init__(
            f"request {reference} is amber: the platform shows activity where nothing was found, or what was found may "
            f"be another's; `{command('jobs', 'request', 'find', reference)}` says which; if it may be carried out all "
            f"the same, say so with --found {found}, the ledger's entry of what was found"
        )


class NoTerminalError(PolicyError):
    """A request's id is asked for where it would be kept."""

    def __init__(self) -> None:
        super().__init__("a request's id is shown on a terminal only: a file, a pipe or a log would keep it")


class OneAtATimeError(PolicyError):
    """One entry of the ledger is named for several requests."""

    def __init__(self) -> None:
        super().__init__(
            "--found names the entry of one request; approve these one after the other; nothing was approved"
        )


class PlannedTogetherError(PolicyError):
    """An erasure was planned together with others, and not all of them are approved as they were planned."""

    def __init__(self, reference: str, number: int, apart: Iterable[str]) -> None:
        self.reference, self.number, self.apart = reference, number, tuple(apart)
        listed = ", ".join(self.apart[:5]) + (f" and {len(self.apart) - 5} more" if len(self.apart) > 5 else "")
        super().__init__(
            f"request {reference} was planned together with {number - 1} others, of which these aren't approved as "
            f"they were planned: {listed}; approve them, or plan it anew with `{command('jobs', 'request', 'find')} …`"
        )


class ChangedSinceError(PolicyError):
    """The platform says another person or other words in a request than when it was looked for."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"request {reference} names somebody else on the platform, or asks something else, than when it was looked "
            f"for; nothing was done; look who changed it, then find anew what is theirs: "
            f"`{command('jobs', 'request', 'find', reference)}`"
        )


class NightsCorrectError(PolicyError):
    """A correction reaches the releases by nights that are made again from the corrected source.

    ``missing``: the days of each release, none left out of the message: days in a row as their first and last.
    """

    def __init__(self, reference: str, missing: Mapping[str, Iterable[date]]) -> None:
        self.reference = reference
        self.missing = {release: tuple(sorted(set(days))) for release, days in sorted(missing.items())}
        listed = "; ".join(f"{release} {', '.join(_in_a_row(days))}" for release, days in self.missing.items())
        super().__init__(
            f"request {reference}: have these days made again from the corrected platform: {listed} (backfill the DAG "
            "`nightly`, or python -m jobs extract and what follows); then run this step again"
        )


def _in_a_row(days: Sequence[date]) -> Iterator[str]:
    """Days in order, those that follow on each other as one range."""
    first = 0
    for n, day in enumerate(days):
        if n + 1 == len(days) or days[n + 1] - day > timedelta(days=1):
            yield str(day) if first == n else f"{days[first]} to {day}"
            first = n + 1
