"""What looks like an attack and stays just under its rule's default threshold: nothing of it may be reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from demo.networks import BRUTE
from demo.planting import Planting, Row, truth_of

KNOCKER = "198.19.200"
Truth = Iterator[dict[str, Any]]


def near_misses(plant: Planting) -> Truth:
    """One for each rule that has a threshold; each by an account that does nothing else."""
    yield _failures(plant, "brute_force", 9, timedelta(seconds=60), succeeds=False)
    yield _failures(plant, "success_after_failures", 9, timedelta(seconds=90), succeeds=True)
    yield _stuffing(plant)
    yield _session_in_one_network(plant)
    yield _many(plant, "permission_burst", "change_permission", 19, timedelta(minutes=25))
    yield _many(plant, "mass_download", "download_document", 99, timedelta(hours=7), again=40)
    yield _csrf(plant)
    yield _malware_and_late_publication(plant)
    yield _account_before_it_was_closed(plant)
    yield _failure_in_a_new_network(plant)


def _failures(plant: Planting, name: str, failures: int, gap: timedelta, *, succeeds: bool) -> dict[str, Any]:
    """Nine failures are one too few, whether or not the tenth attempt works."""
    user, start = next(plant.quiet), plant.start(3, 11)
    rows = [plant.security(start + gap * n, user, "login_failed") for n in range(failures)]
    if succeeds:
        rows.append(plant.security(start + gap * failures, user, "login_ok", session_id=plant.session()))
    return truth_of(name, rows)


def _stuffing(plant: Planting) -> dict[str, Any]:
    """Thirty-eight logins from one network: too few for spraying in a day, let alone for stuffing in an hour."""
    start = plant.start(2, 5)
    rows = [
        plant.security(start + timedelta(seconds=60) * n, None, "login_failed", f"{KNOCKER}.{n + 1}",
                       attempted_login=f"guess{n}@breach-0.example")
        for n in range(38)
    ]  # fmt: skip
    return truth_of("credential_stuffing", rows, network=f"{KNOCKER}.0/24", also=["password_spraying"])


def _session_in_one_network(plant: Planting) -> dict[str, Any]:
    """Three spellings and two addresses of one /24 are one network."""
    user, start, session = next(plant.quiet), plant.start(1, 8), plant.session()
    things, near = plant.documents(user, 3), plant.crowd.places.neighbour(user)
    rows: list[Row] = [plant.security(start, user, "login_ok", session_id=session)]
    for n, ip in enumerate((near, f"::ffff:{near}", f"::FFFF:{_hexadecimal(near)}")):
        at = start + timedelta(minutes=5 * n + 5)
        rows.append(plant.action(at, user, "open_document", things[n], session, ip=ip))
    return truth_of("stolen_session", rows, session=session)


def _hexadecimal(ip: str) -> str:
    a, b, c, d = (int(part) for part in ip.split("."))
    return f"{a:02X}{b:02X}:{c:02X}{d:02X}"


def _many(plant: Planting, name: str, action: str, count: int, span: timedelta, again: int = 0) -> dict[str, Any]:
    """One too few, however often the first ones are repeated."""
    user, start, session = next(plant.quiet), plant.start(4, 9), plant.session()
    things = plant.documents(user, count)
    things += things[:again]
    gap = span / len(things)
    rows = [plant.action(start + gap * n, user, action, thing, session) for n, thing in enumerate(things)]
    return truth_of(name, rows, session=session)


def _csrf(plant: Planting) -> dict[str, Any]:
    user, start, payload = next(plant.quiet), plant.start(5, 14), "POST /account HTTP/1.1"
    rows = [
        plant.security(start + timedelta(seconds=20) * n, user, "csrf_rejected", payload=payload) for n in range(19)
    ]
    return truth_of("csrf_burst", rows)


def _malware_and_late_publication(plant: Planting) -> dict[str, Any]:
    """The same account publishes, but only seventy minutes later."""
    user, start, session = next(plant.quiet), plant.start(2, 10), plant.session()
    rows = [plant.security(start, user, "malware_upload", session_id=session, payload="POST /upload HTTP/1.1")]
    content = plant.documents(user, 1, "content")[0]
    rows.append(plant.action(start + timedelta(minutes=70), user, "publish_content", content, session))
    return truth_of("malware_then_publication", rows, session=session)


def _account_before_it_was_closed(plant: Planting) -> dict[str, Any]:
    """The last work of an account on the day that it is closed."""
    user, start, session = next(plant.quiet), plant.start(2, 8), plant.session()
    closed = plant.crowd.users["closed_at"][user] = start + timedelta(hours=3)
    rows = [plant.security(start, user, "login_ok", session_id=session)]
    rows.append(plant.action(start + timedelta(minutes=9), user, "open_document", plant.documents(user, 1)[0], session))
    return truth_of("closed_account", rows, session=session, closed_at=str(closed))


def _failure_in_a_new_network(plant: Planting) -> dict[str, Any]:
    """A failure from a new network is no login from a new network."""
    user, start = next(plant.quiet), plant.start(1, 17)
    return truth_of("new_network", [plant.security(start, user, "login_failed", f"{BRUTE}.233")])
