"""Why retention refuses: one class a cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from policy.command_line import command
from policy.errors import PolicyError


class PastPeriodError(PolicyError):
    """A day is to be published whose rows may be kept no longer."""

    def __init__(self, release: str, day: date, last: date) -> None:
        self.release, self.day, self.last = release, day, last
        super().__init__(
            f"{release} of {day}: its contract keeps it through {last}; it is never published again; choose a later day"
        )


class LostEpochError(PolicyError):
    """Published rows have tokens of an epoch that the keyring doesn't know."""

    def __init__(self, release: str, domain: str, epoch: str) -> None:
        self.release, self.domain, self.epoch = release, domain, epoch
        super().__init__(
            f"{release}: has rows of epoch {epoch}, and the keyring has no key {domain} {epoch}; nobody's rows can be "
            "found in it; restore the keyring from its copy"
        )


class HoldsVanishedError(PolicyError):
    """The platform lists fewer legal holds than it once did; a hold is lifted, never deleted."""

    def __init__(self, known: int, found: int) -> None:
        self.known, self.found = known, found
        super().__init__(
            f"legal_holds has {found} rows where an earlier plan saw {known}; nothing is deleted; ask the owner of "
            "legal_holds: a hold ends by lifted_on, its row stays"
        )


class UnknownPlanError(PolicyError):
    """No plan has this hash, or the file under it was changed."""

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(f"no unchanged plan {plan[:12]}; make one with `{command('jobs', 'expire', '--plan')}`")


class BrokenReceiptError(PolicyError):
    """A plan has no receipt, or not the one that was sealed."""

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(
            f"plan {plan[:12]} has no receipt under this keyring's seal; compare its hash with `expiry_proved` in the "
            "ledger, then prove the plan again on its day, or tell the privacy officer"
        )


class StalePlanError(PolicyError):
    """What would be deleted today isn't what the plan says."""

    def __init__(self, plan: str, why: str) -> None:
        self.plan, self.why = plan, why
        super().__init__(f"plan {plan[:12]} is stale: {why}; nothing more was deleted; make a new plan")


class ApprovalNeededError(PolicyError):
    """The plan deletes more of a release than its contract lets go in one run."""

    def __init__(self, plan: str, releases: Iterable[str]) -> None:
        self.plan, self.releases = plan, tuple(sorted(releases))
        super().__init__(
            f"plan {plan[:12]} deletes more than the daily share of {', '.join(self.releases)}; read the plan, then "
            f"approve it in the DAG `retention` or by `{command('jobs', 'expire', '--approve', plan, '--by', 'NAME')}`"
        )


class MassChangeError(PolicyError):
    """Far more people are due than the last plan saw coming."""

    def __init__(self, plan: str, people: int) -> None:
        self.plan, self.people = plan, people
        super().__init__(
            f"plan {plan[:12]}: {people} people are due whom the last plan didn't see coming; ask the owners of "
            "contracts and professional_users whether their ends are right, then approve it in the DAG `retention` or "
            f"by `{command('jobs', 'expire', '--approve', plan, '--by', 'NAME')}`"
        )


class BrokenListError(PolicyError):
    """A suppression list isn't the one that was sealed."""

    def __init__(self, domain: str, epoch: str) -> None:
        self.domain, self.epoch = domain, epoch
        super().__init__(
            f"the suppression list {domain} {epoch} isn't the one that was sealed, so whoever was erased might come "
            f"back; nothing was made of days of that epoch; restore suppression/{domain}/{epoch}.json in the lake from "
            "a copy, and tell the privacy officer"
        )


class ForgottenErasureError(PolicyError):
    """People were erased after a day, and no suppression list of the day's epoch knows them."""

    def __init__(self, day: date, erasures: int) -> None:
        self.day, self.erasures = day, erasures
        super().__init__(
            f"nothing is made of {day}: {erasures} erasures came after it of which no suppression list of its epoch "
            "knows; either its keys are destroyed, and the day stays as it is, or a list was lost: then restore the "
            "lake's folder suppression from a copy"
        )


class SpellingDiffersError(PolicyError):
    """What deletes and what proves make other tokens of the same people."""

    def __init__(self, plan: str, tokens: int) -> None:
        self.plan, self.tokens = plan, tokens
        super().__init__(
            f"plan {plan[:12]} can't be proved: {tokens} tokens of people whose data must be gone are made otherwise "
            "by the kernel than by Python; one of the two would be searched for in vain; tell the suite's maintainers"
        )


class RewriteError(PolicyError):
    """A rewritten file doesn't have the rows that the plan leaves in it; nothing was committed."""

    def __init__(self, release: str, file: str, expected: int, found: int) -> None:
        self.release, self.file, self.expected, self.found = release, file, expected, found
        super().__init__(
            f"{release}: {file} has {found} rows after rewriting where the plan leaves {expected}; nothing was "
            "committed; run the plan again, and tell the suite's maintainers if it repeats"
        )


class UnprovedError(PolicyError):
    """The independent pass found what must be gone. This is an incident."""

    def __init__(self, plan: str, day: date, releases: Iterable[str]) -> None:
        self.plan, self.day, self.releases = plan, day, tuple(sorted(releases))
        super().__init__(
            f"plan {plan[:12]} of {day} isn't proved: {', '.join(self.releases)} still hold what must be gone; tell "
            "the privacy officer, then make a new plan; see docs/retention.md"
        )


class EpochNeededError(PolicyError):
    """A key is to be destroyed that something still needs; destruction can't be undone."""

    def __init__(self, domain: str, epoch: str, why: str) -> None:
        self.domain, self.epoch, self.why = domain, epoch, why
        super().__init__(f"{domain} {epoch}: {why}; its key stays until retention finds it unneeded")
