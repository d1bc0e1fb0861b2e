"""What is right: what the platform's account says now, and its tokens under the key of each day's own epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.people.reading import ACCOUNTS
from jobs.people.relationships import Name
from jobs.platform.database import Asked, Platform
from jobs.retention.names import live_keys
from jobs.rights.rectification.cells import Fix
from jobs.rights.rectification.errors import NotCorrectedYetError, SeveralSpellingsError
from jobs.rights.rectification.reach import Reached, reached
from jobs.rights.requests.asked import Correction
from jobs.treatments.normalise import spelled, spellings
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise


@dataclass(frozen=True)
class Approved:
    """An approved request: whose data is put right, and what was asked for.

    ``since``: the entry of the ledger that approved it; a day that was published after it is made from the truth.
    """

    reference: str
    names: tuple[Name, ...] = field(repr=False)
    corrections: tuple[Correction, ...]
    since: int

    @property
    def user_id(self) -> str:
        """The account's id."""
        return self.names[0].value


@dataclass(frozen=True)
class Right:
    """What of one release a correction reaches, with what the account says in each column that is corrected."""

    contract: Contract
    reached: tuple[Reached, ...]
    values: Mapping[str, str] = field(repr=False)
    user_id: str = field(repr=False)

    def fixes(self, keyring: Keyring, days: Iterable[date]) -> dict[str, tuple[Fix, ...]]:
        """For each epoch of ``days`` whose key isn't destroyed what is right there.

        Raises:
            LostEpochError: rows of an epoch are published, and the keyring has never heard of it.
            SeveralSpellingsError: in an epoch of suite 1 nobody can say which token is the value's.
        """
        keys = live_keys(keyring, self.contract, days)
        return {of.epoch: tuple(self._fix(each, of) for each in self.reached) for of in keys}

    def epoch(self, day: date) -> str:
        """The epoch of a data day."""
        return epoch_of(day, self.contract.epoch or "")

    def _fix(self, each: Reached, keys: DomainKeys) -> Fix:
        own = spellings(self.user_id, each.own.normalise, keys.suite)
        texts = spellings(self.values[each.corrects], each.rule.normalise, keys.suite)
        if len(texts) != 1:
            raise SeveralSpellingsError(self.contract.release, each.column, keys.epoch, self.contract.owner)
        person = frozenset(keys.tokens(each.own.identifier, own))
        return Fix(each, person, keys.token(each.rule.identifier, texts[0]))


def rights(request: Approved, promise: Promise, platform: Platform) -> tuple[Right, ...]:
    """What is right in each release that the corrections reach, in the promise's order; nothing where they reach none.

    Raises:
        NotCorrectedYetError: the account says something else than what was asked, or there is no account.
    """
    reach = [each for column in _columns(request) for each in reached(promise, column)]
    values = {each.corrects: _said(request, each, promise, platform) for each in reach}
    contracts = {each.contract.release: each.contract for each in reach}
    return tuple(
        Right(contract, tuple(each for each in reach if each.contract is contract), values, request.user_id)
        for contract in contracts.values()
    )


def _columns(request: Approved) -> Sequence[str]:
    return tuple(dict.fromkeys(each.column for each in request.corrections))


def _said(request: Approved, each: Reached, promise: Promise, platform: Platform) -> str:
    """What the account says, if that is what was asked; of two that ask for different things one is right."""
    account, column = promise.source(ACCOUNTS), each.corrects
    asked = Asked(str(account.subject), (request.user_id,))
    batches = platform.naming(ACCOUNTS, account.in_any_words(), (column,), asked)
    said = [row[column] for batch in batches for row in batch.to_pylist()]
    wanted = {spelled(c.value, each.rule.normalise) for c in request.corrections if c.column == column} - {None}
    if len(said) != 1 or spelled(said[0] or "", each.rule.normalise) not in wanted:
        raise NotCorrectedYetError(request.reference, column, account.owner)
    return str(said[0])
