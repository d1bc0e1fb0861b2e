"""Why a correction isn't carried out: one class a cause."""

from __future__ import annotations

from policy.errors import PolicyError


class NotCorrectedYetError(PolicyError):
    """The platform's account doesn't say what the request asks for, and the source is the truth."""

    def __init__(self, reference: str, column: str, owner: str) -> None:
        self.reference, self.column, self.owner = reference, column, owner
        super().__init__(
            f"request {reference}: the account's {column} isn't what was asked for, so nothing was changed; ask "
            f"{owner} to correct it on the platform, then run this step again, or refuse the request with its ground"
        )


class SeveralSpellingsError(PolicyError):
    """Nobody can say which token a night would have made of a value, in an epoch of the first suite."""

    def __init__(self, release: str, column: str, epoch: str, owner: str) -> None:
        self.release, self.column, self.epoch, self.owner = release, column, epoch, owner
        super().__init__(
            f"{release}: {column} of the corrected account has several spellings in the epoch of {epoch}, so its token "
            f"isn't known; nothing was changed; ask {owner} to write it on the platform in small letters"
        )


class UnprovedRewriteError(PolicyError):
    """A rewritten file differs from the published one in more, or in less, than one person's corrected cells."""

    def __init__(self, release: str, file: str, what: str, owner: str) -> None:
        self.release, self.file, self.what, self.owner = release, file, what, owner
        super().__init__(
            f"{release}: {file}, written anew for a correction, isn't the published one with one person's cells put "
            f"right: {what}; the table is as it was; tell {owner}"
        )
