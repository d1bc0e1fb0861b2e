"""What is red, told to somebody outside Airflow: by mail or to a webhook, if a connection says where. Off without one.

The connection ``ignicloud_alerts`` is of type ``smtp`` (its extra names ``to`` and ``from_email``) or ``http``: then
``host`` is an https address, and ``password``, if any, the secret end of it, as webhooks have one. A message holds
counts, names and days; a path that the task's log says, or markup, doesn't leave. What keeps it from arriving is
logged, without an address, and changes nothing else.
"""

from __future__ import annotations

import html
import json
import logging
import re
from http.client import HTTPSConnection
from urllib.parse import urlsplit

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from ignicloud_airflow.jobs import PROJECT
from ignicloud_airflow.record import lake

log = logging.getLogger(__name__)

ALERTS = "ignicloud_alerts"
SECONDS = 10
"""How long a webhook may be silent."""


PATH = re.compile(r"""(?<![^\s'"`(=:,])/[^\s'"`;,)]*""")
"""A path of the machine: what begins with a slash, where a word can begin. Relative ones are the project's own."""

MARKUP = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "&": "+"})
MENTION = re.compile(r"(?<!\w)@")
"""What a chat makes links and mentions of; somebody else may have named a column so."""


class NotSentError(Exception):
    """A message didn't leave; says why, and neither address nor secret."""


def outward(said: str) -> str:
    """What a step said, as it may leave: on one line, without a path of the machine, a link or a mention."""
    for root in (lake(), PROJECT):
        said = said.replace(str(root), "/…")
    said = PATH.sub("(a path: see the log)", " ".join(said.split()))
    return MENTION.sub("at ", said).translate(MARKUP)


def alert(subject: str, lines: list[str]) -> None:
    """One message to whomever the connection names.

    Guarantee: raises nothing. A task fails for its own reason or not at all.
    """
    try:
        connection = Connection.get(ALERTS)
    except AirflowNotFoundException:
        return
    except Exception as error:  # noqa: BLE001 (as guaranteed)
        log.error("nobody was alerted: the connection %s can't be read (%s)", ALERTS, type(error).__name__)
        return
    try:
        if connection.conn_type == "smtp":
            by_mail(connection, subject, lines)
        elif connection.conn_type in ("http", "https"):
            to_webhook(connection, "\n".join((subject, *lines)))
        else:
            raise NotSentError(f"the connection {ALERTS} is neither smtp nor http")
    except NotSentError as error:
        log.error("nobody was alerted: %s; see docs/console.md", error)
    except Exception as error:  # noqa: BLE001 (as guaranteed; what it says may hold an address)
        log.error("nobody was alerted: it can't be reached (%s); see docs/console.md", type(error).__name__)
    else:
        log.info("alerted through the connection %s", ALERTS)


def by_mail(connection: Connection, subject: str, lines: list[str]) -> None:
    """Through Airflow's own SMTP hook: TLS unless the connection says otherwise.

    Raises:
        NotSentError: the connection names nobody.
    """
    extra = connection.extra_dejson
    if not (extra.get("to") and extra.get("from_email")):
        raise NotSentError(f"the extra of the connection {ALERTS} lacks to or from_email")
    text = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    with SmtpHook(smtp_conn_id=ALERTS) as mail:
        mail.send_email_smtp(to=extra["to"], subject=subject, html_content=text)


def to_webhook(connection: Connection, text: str) -> None:
    """``{"text": …}``, which Slack, Mattermost, Rocket.Chat and Teams take; a redirection isn't followed.

    Raises:
        NotSentError: the address isn't https, or what answers there doesn't take it.
    """
    parts = urlsplit("/".join(filter(None, (connection.host, connection.password))))
    if parts.scheme != "https" or not parts.hostname:
        raise NotSentError(f"the host of the connection {ALERTS} isn't an https address")
    https = HTTPSConnection(parts.hostname, parts.port, timeout=SECONDS)
    try:
        place = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        https.request("POST", place, json.dumps({"text": text}), {"Content-Type": "application/json"})
        status = https.getresponse().status
    finally:
        https.close()
    if not 200 <= status < 300:
        raise NotSentError(f"the webhook answers with HTTP {status}")
