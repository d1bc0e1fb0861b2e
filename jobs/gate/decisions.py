"""What only a person may decide: that a small night is real, and that an incident has been looked at.

A decision is an entry of the ledger and says who made it; nothing else lets the next step go on.
"""

from __future__ import annotations

from datetime import date

from jobs.lake.ledger import Entry, Ledger
from policy.command_line import command
from policy.errors import PolicyError

VOLUME = "expect_volume_is_usual"
LEAK = "identifier in a published table"
"""What an assurance calls its incidents."""


class NobodyDecidesError(PolicyError):
    """A decision is to be recorded, and nobody is named who made it."""

    def __init__(self, decision: str) -> None:
        self.decision = decision
        super().__init__(f"nobody is named who made this decision ({decision}); say who: --by NAME")


class NothingHeldError(PolicyError):
    """A night is to be accepted that isn't held for its volume."""

    def __init__(self, release: str, day: date) -> None:
        self.release, self.day = release, day
        super().__init__(f"the last verdict on {release} of {day} doesn't hold it for its volume; nothing to accept")


class NoSuchIncidentError(PolicyError):
    """An incident is to be acknowledged that isn't open."""

    def __init__(self, incident: int) -> None:
        self.incident = incident
        super().__init__(
            f"incident {incident} isn't open; `{command('jobs', 'assure', '--open')}` lists those that are"
        )


class OpenIncidentError(PolicyError):
    """A release may not be published: an assurance found an identifier in it, and nobody has looked yet."""

    def __init__(self, release: str, incident: int, owner: str) -> None:
        self.release, self.incident, self.owner = release, incident, owner
        super().__init__(
            f"{release}: incident {incident} is open, {LEAK}; nothing was published; {owner} has to acknowledge it in "
            "the DAG assurance, see docs/gate.md"
        )


def accept_volume(release: str, day: date, by: str, ledger: Ledger) -> int:
    """Let a night through that the gate held for being ten times smaller than usual; its source rows.

    Raises:
        NothingHeldError: the last verdict on it says nothing of the kind.
    """
    judged = ledger.last("judged", release=release, day=day)
    held = [f["count"] for f in judged["findings"] if f["expectation"] == VOLUME] if judged else []
    if not held:
        raise NothingHeldError(release, day)
    ledger.append("volume_accepted", release=release, day=day, rows=held[0], by=by)
    return int(held[0])


def accepted_volume(release: str, day: date, ledger: Ledger) -> int | None:
    """The number of source rows that a person has accepted for this night; an even smaller one is held again."""
    accepted = ledger.last("volume_accepted", release=release, day=day)
    return accepted["rows"] if accepted else None


def open_incidents(ledger: Ledger, release: str | None = None) -> list[Entry]:
    """The incidents of assurances that nobody has acknowledged, of one release if given."""
    done = {entry["incident"] for entry in ledger.entries("incident_acknowledged")}
    of = {"what": LEAK} | ({"release": release} if release else {})
    return [entry for entry in ledger.entries("incident", **of) if entry["seq"] not in done]


def require_no_incident(release: str, owner: str, ledger: Ledger) -> None:
    """Nothing of this release waits for a person.

    Raises:
        OpenIncidentError: something does.
    """
    for incident in open_incidents(ledger, release):
        raise OpenIncidentError(release, incident["seq"], owner)


def acknowledge(incident: int, by: str, ledger: Ledger) -> Entry:
    """Close an incident: whoever does has seen to what was found.

    Raises:
        NoSuchIncidentError: it isn't open.
    """
    for entry in open_incidents(ledger):
        if entry["seq"] == incident:
            return ledger.append("incident_acknowledged", incident=incident, release=entry["release"], by=by)
    raise NoSuchIncidentError(incident)
