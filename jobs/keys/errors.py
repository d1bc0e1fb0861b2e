"""What can be wrong with keys: one class a cause; no message holds key material."""

from __future__ import annotations

from datetime import date

from policy.command_line import command
from policy.errors import PolicyError


class KeyringError(PolicyError):
    """Something about keys isn't as it must be; nothing is protected or published."""


class KeyFilePermissionsError(KeyringError):
    """A key file is open to others than its owner."""

    def __init__(self, path: str, mode: int) -> None:
        self.path, self.mode = path, mode
        super().__init__(f"{path} has mode {mode:04o}; run `chmod 600 {path}` and find out who read it")


class KeyProviderError(KeyringError):
    """The provider of the key-encryption key gives none."""

    def __init__(self, provider: str, problem: str) -> None:
        self.provider, self.problem = provider, problem
        super().__init__(f"key-encryption key from {provider}: {problem}; see docs/keys.md, IGNICLOUD_KEK")


class NoKeyringError(KeyringError):
    """There is no keyring to look at."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"there is no keyring at {path}: the first night makes it, or `{command('jobs', 'keys', 'rotate')}`; if "
            "there was one, restore it from its copy, or let IGNICLOUD_KEYRING name it"
        )


class WrongKeyEncryptionKeyError(KeyringError):
    """The key-encryption key isn't the one that wrapped this keyring."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{path} was wrapped with another key-encryption key; check IGNICLOUD_KEK, and run a rewrap that was cut "
            "off again"
        )


class EditedKeyringError(KeyringError):
    """An entry of the keyring was changed after it was written."""

    def __init__(self, path: str, domain: str, epoch: str) -> None:
        self.path, self.domain, self.epoch = path, domain, epoch
        super().__init__(f"{path}: the key of {domain} {epoch} was edited; restore the keyring from a copy")


class OlderKeyringError(KeyringError):
    """The keyring is an older copy: the record knows what became of a key since."""

    def __init__(self, path: str, domain: str, epoch: str, state: str) -> None:
        self.path, self.domain, self.epoch, self.state = path, domain, epoch, state
        super().__init__(
            f"{path} is an older copy: by the ledger the key of {domain} {epoch} is {state}, and there it isn't; "
            f"restore the newest copy, or, if there is none, do it again: `{command('jobs', 'keys', 'list')}`, then "
            "retire and destroy what the ledger says (a destroyed key that works again would make people findable)"
        )


class TruncatedKeyringError(KeyringError):
    """The keyring isn't whole."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{path} is truncated or no keyring; restore it from a copy, never start a new one in its place"
        )


class KeyringFormatError(KeyringError):
    """The keyring has a format that this version doesn't know."""

    def __init__(self, path: str, found: object, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"{path} has another format than {known} or a later suite; run the version of the suite that wrote it"
        )


class FutureEpochError(KeyringError):
    """A key is asked for an epoch that hasn't begun: the clock or the day is wrong."""

    def __init__(self, domain: str, epoch: str, today: date) -> None:
        self.domain, self.epoch, self.today = domain, epoch, today
        super().__init__(f"{domain}: epoch {epoch} begins after today, {today}; check this machine's clock and the day")


class LostKeyError(KeyringError):
    """The ledger says that an epoch's key was opened, and the keyring hasn't it: a new one makes other tokens."""

    def __init__(self, path: str, domain: str, epoch: str) -> None:
        self.path, self.domain, self.epoch = path, domain, epoch
        super().__init__(
            f"{domain}: the key of epoch {epoch} was opened before and isn't in {path}; restore the keyring from its "
            "copy, or let IGNICLOUD_KEYRING name the right one (under a new key, nobody's rows could be found again)"
        )


class DestroyedEpochError(KeyringError):
    """The epoch's key was destroyed; no one can make or find its tokens again."""

    def __init__(self, domain: str, epoch: str) -> None:
        self.domain, self.epoch = domain, epoch
        super().__init__(f"{domain}: the key of epoch {epoch} was destroyed; data of that epoch can't be rebuilt")


class RetiredEpochError(KeyringError):
    """An epoch can't be changed in this way in the state that it is in."""

    def __init__(self, domain: str, epoch: str, problem: str) -> None:
        self.domain, self.epoch, self.problem = domain, epoch, problem
        super().__init__(f"{domain} {epoch}: {problem}; see `{command('jobs', 'keys', 'list')}`")
