"""The attacks that the seed plants, each clearly above its rule's default threshold.

What docs/hunting.md follows was done on the last day: that is the night of ``make nightly``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from demo.browsers import PROGRAMS
from demo.networks import BRUTE, SPRAY, STOLEN_6, STUFFING
from demo.planting import Planting, Row, truth_of

Truth = Iterator[dict[str, Any]]


def attacks(plant: Planting) -> Truth:
    """The sixteen kinds that the platform itself reports, in its order."""
    for nth, (days_ago, hour, failures) in enumerate(((0, 3, 24), (1, 4, 30), (2, 12, 41), (3, 23, 18), (6, 5, 26))):
        yield _brute_force(plant, f"{BRUTE}.{10 + nth}", days_ago, hour, failures)
    yield _slow_brute_force(plant, days_ago=4, failures=72)
    yield _credential_stuffing(plant, days_ago=0, logins=120, succeeds=True)
    yield _credential_stuffing(plant, days_ago=5, logins=80, succeeds=False)
    for days_ago, thief in ((0, f"{BRUTE}.140"), (2, f"{STOLEN_6}::17"), (7, f"{SPRAY}.66")):
        yield _stolen_session(plant, days_ago, thief)
    for days_ago, changes in ((1, 34), (8, 26)):
        yield _permission_burst(plant, days_ago, changes)
    for days_ago, documents in ((0, 160), (5, 130)):
        yield _mass_download(plant, days_ago, documents)
    yield _malware_then_publication(plant, days_ago=0)


def more_attacks(plant: Planting) -> Truth:
    """One of each other kind that the rules detect."""
    yield _password_spraying(plant, days_ago=3, accounts=60)
    yield _success_after_failures(plant, days_ago=2, failures=12)
    yield _csrf_burst(plant, days_ago=6, rejections=32)
    yield _closed_account(plant, days_ago=2)
    yield _new_network(plant, days_ago=0)


def _brute_force(plant: Planting, ip: str, days_ago: int, hour: int, failures: int) -> dict[str, Any]:
    user, start = next(plant.busy), plant.start(days_ago, hour)
    gap = timedelta(minutes=8) / failures
    rows = [plant.security(start + gap * n, user, "login_failed", ip) for n in range(failures)]
    return truth_of("brute_force", rows, logins=[plant.crowd.users["email"][user]])


def _slow_brute_force(plant: Planting, days_ago: int, failures: int) -> dict[str, Any]:
    """Never ten in ten minutes, but more than fifty in a day, on a login that belongs to nobody, from many networks."""
    login, start = "administrator@firma-1.example", plant.start(days_ago, 1)
    rows = [
        plant.security(start + timedelta(minutes=18) * n, None, "login_failed", f"198.19.{90 + n}.7",
                       attempted_login=login, user_agent=PROGRAMS[2])
        for n in range(failures)
    ]  # fmt: skip
    return truth_of("brute_force", rows, logins=[login])


def _credential_stuffing(plant: Planting, days_ago: int, logins: int, *, succeeds: bool) -> dict[str, Any]:
    """A leaked list from one /24, a login every twenty seconds; every third login is an account of ours."""
    start, rows = plant.start(days_ago, 4), []
    network = STUFFING[0 if succeeds else 1]
    for n in range(logins):
        user = next(plant.busy) if n % 3 == 0 else None
        typed = {} if user is not None else {"attempted_login": f"leaked{n}@breach-{days_ago}.example"}
        at = start + timedelta(seconds=20) * n
        rows.append(plant.security(at, user, "login_failed", f"{network}.{20 + n % 40}", **typed))
    if succeeds:
        victim = next(plant.busy)
        entry = {"session_id": plant.session()}
        rows.append(plant.security(start + timedelta(minutes=50), victim, "login_ok", f"{network}.21", **entry))
    also = ["password_spraying", *(["new_network"] if succeeds else [])]
    return truth_of("credential_stuffing", rows, network=f"{network}.0/24", succeeded=succeeds, also=also)


def _stolen_session(plant: Planting, days_ago: int, thief: str) -> dict[str, Any]:
    """Someone logs in and works; half an hour later the same session works from another network."""
    user, start, session = next(plant.busy), plant.start(days_ago, 10), plant.session()
    things = plant.documents(user, 6)
    rows: list[Row] = [plant.security(start, user, "login_ok", session_id=session)]
    rows.append(plant.action(start + timedelta(minutes=4), user, "open_document", things[0], session))
    for n, thing in enumerate(things[1:]):
        at = start + timedelta(minutes=30 + n)
        rows.append(plant.action(at, user, "open_document", thing, session, ip=thief, user_agent=PROGRAMS[3]))
    return truth_of("stolen_session", rows, session=session)


def _permission_burst(plant: Planting, days_ago: int, changes: int) -> dict[str, Any]:
    user, start, session = next(plant.busy), plant.start(days_ago, 9), plant.session()
    gap = timedelta(minutes=22) / changes
    things = plant.documents(user, changes)
    rows = [plant.action(start + gap * n, user, "change_permission", thing, session) for n, thing in enumerate(things)]
    return truth_of("permission_burst", rows, session=session)


def _mass_download(plant: Planting, days_ago: int, documents: int) -> dict[str, Any]:
    """Everything once, opened or downloaded, over five hours and two sessions."""
    user, start, sessions = next(plant.busy), plant.start(days_ago, 9), (plant.session(), plant.session())
    gap, rows = timedelta(hours=5) / documents, []
    for n, thing in enumerate(plant.documents(user, documents)):
        action = "open_document" if n % 4 == 0 else "download_document"
        rows.append(plant.action(start + gap * n, user, action, thing, sessions[2 * n // documents]))
    return truth_of("mass_download", rows, documents=documents)


def _malware_then_publication(plant: Planting, days_ago: int) -> dict[str, Any]:
    user, start, session = next(plant.busy), plant.start(days_ago, 15), plant.session()
    upload = plant.security(start, user, "malware_upload", session_id=session, payload="POST /upload HTTP/1.1")
    content = plant.documents(user, 1, "content")[0]
    published = plant.action(start + timedelta(minutes=25), user, "publish_content", content, session)
    return truth_of("malware_then_publication", [upload, published], session=session)


def _password_spraying(plant: Planting, days_ago: int, accounts: int) -> dict[str, Any]:
    """One guess an account, every twenty minutes, all from one network, all day long."""
    start = plant.start(days_ago, 1)
    rows = [
        plant.security(start + timedelta(minutes=20) * n, next(plant.busy), "login_failed", f"{SPRAY}.{7 + n % 3}")
        for n in range(accounts)
    ]
    return truth_of("password_spraying", rows, network=f"{SPRAY}.0/24")


def _success_after_failures(plant: Planting, days_ago: int, failures: int) -> dict[str, Any]:
    """Too slow for the brute-force rule (nine in ten minutes), and then the right password."""
    user, start, ip = next(plant.busy), plant.start(days_ago, 2), f"{BRUTE}.200"
    rows = [plant.security(start + timedelta(seconds=70) * n, user, "login_failed", ip) for n in range(failures)]
    at = start + timedelta(minutes=14)
    rows.append(plant.security(at, user, "login_ok", ip, session_id=plant.session()))
    return truth_of("success_after_failures", rows, also=["new_network"])


def _csrf_burst(plant: Planting, days_ago: int, rejections: int) -> dict[str, Any]:
    user, start, session = next(plant.busy), plant.start(days_ago, 13), plant.session()
    more = {"session_id": session, "payload": "POST /account HTTP/1.1"}
    rows = [plant.security(start + timedelta(seconds=15) * n, user, "csrf_rejected", **more) for n in range(rejections)]
    return truth_of("csrf_burst", rows, session=session)


def _closed_account(plant: Planting, days_ago: int) -> dict[str, Any]:
    """An account that was closed a month ago still opens documents."""
    user, start, session = next(plant.quiet), plant.start(days_ago, 22), plant.session()
    closed = plant.crowd.users["closed_at"][user] = start - timedelta(days=40)
    rows = [plant.security(start, user, "login_ok", session_id=session)]
    for n, thing in enumerate(plant.documents(user, 3)):
        rows.append(plant.action(start + timedelta(minutes=2 + n), user, "open_document", thing, session))
    return truth_of("closed_account", rows, session=session, closed_at=str(closed))


def _new_network(plant: Planting, days_ago: int) -> dict[str, Any]:
    """An account that always came from its office comes from another country's network."""
    user, start = next(plant.quiet), plant.start(days_ago, 19)
    for back in range(1, min(plant.days - days_ago, 20)):
        at = start - timedelta(days=back, hours=10)
        plant.security(at, user, "login_ok", session_id=plant.session())
    rows = [plant.security(start, user, "login_ok", f"{STUFFING[0]}.230", session_id=plant.session())]
    return truth_of("new_network", rows, network=f"{STUFFING[0]}.0/24")
