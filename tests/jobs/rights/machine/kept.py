"""What the state machine knows of its town, and what each step must keep: seen by the oracle, decided by a plain model."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from jobs.lake.files import sha256_of
from jobs.rights.carry import KEEPING_APART
from jobs.rights.requests.request import PLATFORM, reference_of
from policy.periods import add_months
from tests.jobs.retention.world import World, identity
from tests.jobs.rights.machine.oracle import Oracle, Person

BEGIN = datetime(2025, 3, 10, 9, tzinfo=UTC)
COMPANY = {"ada": "runs", "bob": "runs", "cyd": "runs", "dan": "over"}
ENDED, LET_GO = date(2023, 9, 15), date(2025, 3, 15)
"""The end of the company that is over, and the last day on which its people may be kept: 18 months later."""
KEEP = 13
"""Months for which both releases keep a day."""
RELEASE = {"security_events": "threat_events", "activity": "activity_trail"}
LEAVING_OUT = frozenset(KEEPING_APART)

PEOPLE = {
    name: Person(
        name, identity(name), f"{name}@example.org", f"+33 6 98 76 54 0{n}", f"069876540{n}", f"session-of-{name}-{n}"
    )
    for n, name in enumerate(COMPANY, start=1)
}


@dataclass(frozen=True)
class Event:
    """A row of the platform. ``people``: all whom it names, ``by_phone`` those of them by a telephone number alone."""

    event_id: str
    release: str
    day: date
    people: frozenset[str]
    by_phone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """A request on the platform."""

    request_id: str
    reference: str
    name: str
    right: str
    purposes: frozenset[str]
    verified: bool
    lifted: bool = False
    closed: bool = False

    @property
    def reaches(self) -> bool:
        """Whether it keeps rows out of the two releases, which serve threat analysis: by the law's words."""
        by_purpose = {"objection": not self.purposes, "consent_withdrawal": False}
        return self.right == "restriction" or "threat_analysis" in self.purposes or by_purpose.get(self.right, False)


@dataclass(frozen=True)
class Standing:
    """A legal hold."""

    kind: str
    name: str
    placed: date
    lifted: date | None = None

    def keeps(self, person: str, day: date) -> bool:
        over = self.name in ((person,) if self.kind == "user" else (COMPANY[person],))
        return over and self.placed <= day and (self.lifted is None or day <= self.lifted)


@dataclass
class Erased:
    """Whoever was erased, on which day; what may name them: rows that others' holds kept, copies made since."""

    day: date
    rows: frozenset[str]
    landed: set[date] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)


@dataclass
class Town:
    """The world of `tests.jobs.retention.world`, and what a plain model knows of it."""

    world: World
    oracle: Oracle
    now: datetime = BEGIN
    events: dict[str, Event] = field(default_factory=dict)
    first: dict[date, frozenset[str]] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    holds: list[Standing] = field(default_factory=list)
    made: dict[tuple[str, date], list[frozenset[str]]] = field(default_factory=dict)
    nights: Counter = field(default_factory=Counter)
    suppressed: set[str] = field(default_factory=set)
    erased: dict[str, Erased] = field(default_factory=dict)

    @classmethod
    def in_lake(cls, promise, lake, platform: Path, session) -> Town:
        world = World(promise, lake, platform, session)
        secrets = world.keyring.path.parent
        town = cls(world, Oracle(lake.root, world.keyring.path, secrets / "kek"))
        world.company("runs", None)
        world.company("over", ENDED)
        for person in PEOPLE.values():
            row = {"user_id": person.user_id, "company_id": identity(COMPANY[person.name])}
            world.write("professional_users", **row, email=person.email, phone=person.phone, country="FR")
        return town

    # -- the platform

    def happens(self, table: str, day: date, actor: str | None, typed: str | None, how: str = "email") -> None:
        """Somebody does something, or types somebody's address or number."""
        event, named = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{len(self.events)}")), {actor, typed} - {None}
        row = {"event_id": event, "occurred_at": f"{day} 08:00:00.000000"}
        session = PEOPLE[actor].session if actor else "session-of-nobody"
        row |= {"user_id": actor and PEOPLE[actor].user_id, "session_id": session}
        by_phone = frozenset[str]()
        if table == "activity":
            row |= {"company_id": identity(COMPANY[str(actor)]), "action": "open_document"}
            named = {actor}
        elif typed:
            person = PEOPLE[typed]
            row["attempted_login"] = {"email": person.email.upper(), "phone": person.typed_phone}[how]
            by_phone = frozenset({typed} if how == "phone" and typed != actor else ())
        if table == "security_events":
            row |= {"kind": "login_failed", "outcome": "failure"}
        self.world.write(table, **row)
        self.events[event] = Event(event, RELEASE[table], day, frozenset(map(str, named)), by_phone)

    def asks(self, name: str, right: str, detail: str | None, verified: bool) -> None:
        number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{len(self.asked)}"))
        at = self.moment()
        row = {"request_id": number, "user_id": PEOPLE[name].user_id, "right": right, "detail": detail}
        self.world.write("subject_requests", **row, received_at=at, identity_verified_at=at if verified else None)
        purpose = json.loads(detail or "{}").get("purpose")
        reference = reference_of(number, self.world.keyring)
        self.asked[reference] = Asked(number, reference, name, right, frozenset({purpose} if purpose else ()), verified)

    def says(self, asked: Asked, **changed: bool) -> None:
        """The platform changes what it says of a request."""
        columns = {"verified": "identity_verified_at", "lifted": "lifted_at", "closed": "closed_at"}
        for name in changed:
            self.world.change(
                f"UPDATE subject_requests SET {columns[name]} = ? WHERE request_id = ?", self.moment(), asked.request_id
            )
        if changed.get("closed"):
            self.world.change("UPDATE subject_requests SET outcome = 'done' WHERE request_id = ?", asked.request_id)
        self.asked[asked.reference] = replace(asked, **changed)

    def moment(self) -> str:
        return self.now.strftime("%Y-%m-%d %H:%M:%S.000000")

    # -- the model

    @property
    def today(self) -> date:
        return self.now.date()

    def is_past(self, day: date) -> bool:
        return add_months(day, KEEP) < self.today

    def is_held(self, event: Event) -> bool:
        """Whether a hold keeps a row: whom it names by an id or an address."""
        return any(hold.keeps(name, self.today) for hold in self.holds for name in event.people - event.by_phone)

    def is_let_go(self, name: str) -> bool:
        """Whether retention may have let somebody go: their time is over, or an objection of theirs was granted."""
        over = COMPANY[name] == "over" and self.today > LET_GO
        always = any(hold.keeps(name, LET_GO) and hold.keeps(name, self.today) for hold in self.holds)
        granted = any(each.closed and each.right != "restriction" and each.name == name for each in self.wishes())
        return (over and not always) or granted

    def wishes(self) -> list[Asked]:
        """Verified requests that keep somebody out of something."""
        return [each for each in self.asked.values() if each.verified and each.right in LEAVING_OUT]

    def may_be_out(self, name: str) -> bool:
        """Whether a night may leave somebody out."""
        wish = any(w.name == name and (not w.lifted or w.right != "restriction") for w in self.wishes())
        return name in self.suppressed or wish or self.is_let_go(name)

    def is_quiet(self, event: Event) -> bool:
        """Whether nothing was ever said that could move a row."""
        asked = {each.name for each in self.asked.values() if each.right in {"erasure", *LEAVING_OUT}}
        return not event.people & {*asked, *(name for name in event.people if COMPANY[name] == "over")}

    # -- what is there

    def visible(self) -> dict[str, Counter]:
        """Release → the events of its rows, as often as readers see them."""
        seen: dict[str, Counter] = {release: Counter() for release in RELEASE.values()}
        known = self._known()
        for row in self.oracle.published():
            seen[row.release].update(known[each] for each in row.texts & known.keys())
        return seen

    def somewhere(self) -> set[str]:
        """The events whose row is in a release or kept apart."""
        known = self._known()
        rows = [*self.oracle.published(), *self.oracle.apart()]
        assert all(row.texts & known.keys() for row in rows), "a row that no event of the platform made"
        return {known[each] for row in rows for each in row.texts & known.keys()}

    def _known(self) -> dict[str, str]:
        """Token of an event → its id."""
        self.oracle.learn()
        keyed = ((event, ("threat", _epoch(event.day))) for event in self.events.values())
        return {self.oracle.token(key, "event", e.event_id): e.event_id for e, key in keyed if key in self.oracle.keys}

    def token(self, event_id: str) -> str:
        return self.oracle.token(("threat", _epoch(self.events[event_id].day)), "event", event_id)

    # -- the promises

    def nobody_erased_is_present(self) -> None:
        for name, erased in self.erased.items():
            allowed = [self.token(event) for event in erased.rows]
            for path, what in self.oracle.traces(PEOPLE[name], allowed):
                zone, *rest = path.split("/")
                fresh = zone == "landing" and date.fromisoformat(rest[1].removeprefix("day=")) in erased.landed
                own = zone == "packages" and rest[0] in erased.packages
                assert fresh or own, f"{name}, erased on {erased.day}: {what} in {path}"

    def nobody_restricted_is_in_a_release(self, records) -> None:
        rows = None
        for wish in self.wishes():
            record = records.get(wish.reference)
            ours = record is not None and record.state == "done" and record.by != PLATFORM
            if ours and wish.reaches and not wish.lifted:
                rows = self.oracle.published() if rows is None else rows
                tokens = self.oracle.tokens(PEOPLE[wish.name])
                named = Counter((row.release, str(row.day)) for row in rows if row.texts & tokens)
                assert not named, f"{wish.name}, whose {wish.right} is done: rows in {dict(named)}"

    def nobody_else_loses_or_gains_a_row(self) -> None:
        seen = self.visible()
        assert all(count == 1 for counted in seen.values() for count in counted.values()), "a row is there twice"
        for (release, day), alternatives in self.made.items():
            if not self.is_past(day):
                quiet = {e.event_id for e in self.events.values() if self.is_quiet(e)}
                there = {each for each in seen[release] if self.events[each].day == day} & quiet
                assert there in [made & quiet for made in alternatives], f"rows of others in {release} of {day}"

    def every_request_is_somewhere(self, book, records) -> None:
        cases = {case.reference: case for case in book.cases}
        assert cases.keys() == self.asked.keys()
        assert not book.missing
        for reference, record in records.items():
            kinds = [entry["kind"] for entry in record.entries]
            assert kinds[0] == "request_received"
            assert not {"request_refused", "request_joined", "request_lifted"} & {*kinds[:-1]}
            assert "request_done" not in kinds[:-2]
            for entry in (each for each in record.entries if each.get("receipt")):
                state = entry["kind"].removeprefix("request_")
                receipt = self.world.lake.expiry(f"request-{reference}-{state}") / "receipt.json"
                assert sha256_of(receipt) == entry["receipt"]
            if cases[reference].state == "joined":
                assert cases[reference].joined_with in cases


def _epoch(day: date) -> str:
    """The quarter of a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1).isoformat()
