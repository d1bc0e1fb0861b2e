"""Lineage told to a catalogue outside, if one is named: the same events that lie beside the table, by HTTPS.

Off unless ``IGNICLOUD_LINEAGE_URL`` names an address that takes OpenLineage events (Marquez: ``…/api/v1/lineage``). A
bearer token, where one is needed, is in a file closed to others: ``IGNICLOUD_LINEAGE_TOKEN=file:PATH``. What is
published is published: a catalogue that doesn't answer holds nothing up, and that it wasn't told is on record and
printed. Neither the address nor the token is ever shown; an address can hold a password.
"""

from __future__ import annotations

import json
import os
import stat
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from jobs.catalogue.describe import describe
from jobs.catalogue.openlineage import run_events
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise

URL, TOKEN = "IGNICLOUD_LINEAGE_URL", "IGNICLOUD_LINEAGE_TOKEN"
SECONDS = 10
"""How long a catalogue may be silent: an answer that begins later is none."""


class NotToldError(PolicyError):
    """The catalogue outside wasn't told; says why, and neither its address nor its token."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the catalogue of {URL} {problem}; see docs/metadata.md")


@dataclass(frozen=True)
class Endpoint:
    """Where events go. Neither field is shown."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls) -> Endpoint | None:
        """What the environment names; None when it names nothing.

        Raises:
            NotToldError: the address isn't HTTPS or holds more than an address, or the token's file is open to others.
        """
        url = os.environ.get(URL, "")
        if not url:
            return None
        try:
            parts = urlsplit(url)
            plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.hostname
        except ValueError:
            raise NotToldError("isn't named by an address") from None
        if parts.scheme != "https" or not plain:
            raise NotToldError("isn't named by an https address without user, password, query and fragment")
        return cls(url, _token(os.environ.get(TOKEN, "")))

    def send(self, events: Sequence[dict[str, Any]]) -> None:
        """Post each event, in its order.

        Raises:
            NotToldError: one wasn't taken; those before it were.
        """
        headers = {"Content-Type": "application/json", "User-Agent": "ignicloud"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        opener = urllib.request.build_opener(_NoRedirect)
        for event in events:
            body = json.dumps(event, ensure_ascii=False).encode()
            request = urllib.request.Request(self.url, body, headers)  # noqa: S310 (https, checked above)
            try:
                with opener.open(request, timeout=SECONDS):
                    pass
            except urllib.error.HTTPError as error:
                raise NotToldError(f"answers with HTTP {error.code}") from None
            except urllib.error.URLError as error:
                raise NotToldError(f"can't be reached ({type(error.reason).__name__})") from None
            except (OSError, HTTPException, ValueError) as error:
                raise NotToldError(f"can't be reached ({type(error).__name__})") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes where it was meant to go and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Never."""


def _token(named: str) -> str | None:
    """The token in a closed file."""
    if not named:
        return None
    scheme, _, path = named.partition(":")
    if scheme != "file" or not path:
        raise NotToldError(f"has a token that isn't named as file:PATH in {TOKEN}")
    try:
        if stat.S_IMODE(Path(path).stat().st_mode) & 0o077:
            raise NotToldError("has a token whose file is open to others (chmod 600 it)")
        token = Path(path).read_text("ascii").strip()
    except (OSError, UnicodeError):
        raise NotToldError("has a token whose file can't be read") from None
    if not token or not token.isprintable() or " " in token:
        raise NotToldError("has a token that is none: one word of ASCII is")
    return token


def announce(promise: Promise, contract: Contract, lake: Lake, ledger: Ledger) -> str | None:
    """Tell the catalogue outside of the last publication; what came of it, in a line. None when none is named.

    Guarantee: a catalogue that can't be reached, or takes nothing, fails no publication. Whatever came of it is
    on record.
    """
    if not os.environ.get(URL):
        return None
    release = describe(promise, contract, lake, ledger)
    if release.verdict is None:
        return None
    events = run_events(release)
    try:
        endpoint = Endpoint.from_environment()
        if endpoint is None:
            return None
        endpoint.send(events)
        outcome, said = "told", f"lineage: the catalogue outside was told of {len(events)} events"
    except NotToldError as error:
        outcome, said = f"not told: it {error.problem}", f"lineage: NOT told: {error}"
    ran = {"release": release.name, "day": release.verdict.day, "run": release.verdict.run}
    ledger.append("lineage_told", **ran, events=len(events), outcome=outcome)
    return said
