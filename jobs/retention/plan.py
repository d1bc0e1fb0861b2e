"""A retention plan: exactly what goes, from where, why; and a hash over the deletions themselves.

The plan is a file that anyone may read: file names, counts, rules, days and digests of row positions. It
holds no identifier and no token; holds appear under keyed references.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.lake.files import write_atomically
from jobs.lake.zones import Lake
from jobs.retention.errors import UnknownPlanError
from jobs.retention.zones import Leftover

BY_DAY = "retention.keep"
BY_NAME = "8.1 relationship"


@dataclass(frozen=True)
class FilePlan:
    """One file that loses rows. It is dropped when all of them go, otherwise rewritten.

    ``held``: rows past their date that a hold keeps. ``digest``: which rows, by their positions.
    """

    path: str
    rows: int
    bytes: int
    gone: int
    held: int
    rule: str
    digest: str

    @property
    def dropped(self) -> bool:
        """Whether nothing of the file stays."""
        return self.gone == self.rows


@dataclass(frozen=True)
class TablePlan:
    """What one release's table loses, and what it doesn't because of a hold.

    ``due_since``: the earliest last day among the rows that go. ``unreferenced``: files in the table's
    folder that no reader of the current version sees. ``forecast``: rows by their last day. ``unlike``: tokens
    of those who are due that the kernel makes otherwise than the proof will.
    """

    release: str
    clauses: str
    rows: int
    files: tuple[FilePlan, ...]
    unreferenced: tuple[str, ...]
    people: int
    companies: int
    due_since: str | None
    held_rows: int
    held: Mapping[str, int]
    forecast: Mapping[str, int]
    daily_share: float
    unlike: int = 0

    @property
    def gone(self) -> int:
        """Rows that go."""
        return sum(file.gone for file in self.files)

    @property
    def over_share(self) -> bool:
        """Whether more goes than the contract lets go without an approval."""
        return self.gone > self.daily_share * self.rows

    @property
    def partitions(self) -> int:
        """Data days that lose rows."""
        return len({file.path.partition("/")[0] for file in self.files})


@dataclass(frozen=True)
class Plan:
    """Everything that must go on ``day``; ``holds`` are all standing ones: reference → kind and day.

    ``people_due``: whose time is over, whether or not rows of theirs are there; ``people_soon``: who follow, by
    their last day. ``unforeseen``: how many are due whom the last plan that was carried out didn't see coming.
    ``requests``: of an erasure the references of the requests, ``subjects`` the keyring's seal over whom they name.
    """

    day: str
    tables: tuple[TablePlan, ...]
    leftovers: tuple[Leftover, ...]
    holds: Mapping[str, Mapping[str, str]]
    holds_on_record: int
    unpromised: tuple[str, ...]
    people_due: int = 0
    people_soon: Mapping[str, int] = field(default_factory=dict)
    unforeseen: int = 0
    requests: tuple[str, ...] = ()
    subjects: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 over the deletions: two plans that delete the same on one day have the same hash."""
        deletions = {
            "day": self.day,
            "tables": {t.release: [[asdict(file) for file in t.files], t.unreferenced] for t in self.tables},
            "leftovers": [leftover.path for leftover in self.leftovers],
        }
        if self.requests:
            deletions |= {"requests": self.requests, "subjects": self.subjects}
        return hashlib.sha256(json.dumps(deletions, sort_keys=True).encode()).hexdigest()

    @property
    def over_share(self) -> tuple[str, ...]:
        """The releases for which an approval is needed."""
        return tuple(table.release for table in self.tables if table.over_share)

    def table(self, release: str) -> TablePlan:
        """The part of one release."""
        return next(table for table in self.tables if table.release == release)

    def counts(self) -> dict[str, Any]:
        """What the ledger and the UI show of it."""
        return {
            "plan": self.hash,
            "day": self.day,
            "rows": sum(table.gone for table in self.tables),
            "files": sum(len(table.files) for table in self.tables),
            "dropped": sum(file.dropped for table in self.tables for file in table.files),
            "people": max((table.people for table in self.tables), default=0),
            "companies": max((table.companies for table in self.tables), default=0),
            "held": sum(table.held_rows for table in self.tables),
            "holds": len(self.holds),
            "holds_on_record": self.holds_on_record,
            "leftovers": len(self.leftovers) + sum(len(table.unreferenced) for table in self.tables),
            "forecast": sum(rows for table in self.tables for rows in table.forecast.values()),
            "over_share": list(self.over_share),
            "due_since": min((table.due_since for table in self.tables if table.due_since), default=None),
            "unpromised": len(self.unpromised),
            "people_due": self.people_due,
            "people_soon": dict(self.people_soon),
            "unforeseen": self.unforeseen,
            "unlike": sum(table.unlike for table in self.tables),
        }

    def write(self, lake: Lake) -> None:
        """Keep the plan under its hash; an equal plan that is already there stays as it is."""
        path = lake.shared(lake.expiry(self.hash)) / "plan.json"
        if not path.exists():
            write_atomically(path, json.dumps(asdict(self), indent=1))


def load_plan(lake: Lake, plan: str) -> Plan:
    """The plan under this hash.

    Raises:
        UnknownPlanError: there is none, or its deletions were changed.
    """
    try:
        content = json.loads((lake.expiry(plan) / "plan.json").read_text("utf-8"))
        tables = tuple(_table(table) for table in content.pop("tables"))
        leftovers = tuple(Leftover(**leftover) for leftover in content.pop("leftovers"))
        lists = {name: tuple(content.get(name, ())) for name in ("unpromised", "requests")}
        loaded = Plan(**content | lists, tables=tables, leftovers=leftovers)
    except (OSError, ValueError, TypeError, KeyError):
        raise UnknownPlanError(plan) from None
    if loaded.hash != plan:
        raise UnknownPlanError(plan)
    return loaded


def _table(content: dict[str, Any]) -> TablePlan:
    files = tuple(FilePlan(**file) for file in content.pop("files"))
    return TablePlan(**{**content, "unreferenced": tuple(content["unreferenced"])}, files=files)


def described(plan: Plan) -> str:
    """The plan for a person: a line per release, then the holds, the leftovers and the next 90 days."""
    lines = [f"Retention plan of {plan.day}   {plan.hash}", ""]
    if plan.unforeseen:
        lines.append(f"{plan.unforeseen} people are due whom the last plan didn't see coming: needs an approval")
    unknown = sum(hold["kind"] == "unknown" for hold in plan.holds.values())
    if unknown:
        lines.append(f"{unknown} holds are of a kind that nobody knows: they protect as a user's and as a company's")
    for table in plan.tables:
        dropped = sum(file.dropped for file in table.files)
        lines.append(
            f"{table.release:<20} {table.gone:>9} of {table.rows} rows go from {len(table.files)} files "
            f"({dropped} whole) of {table.partitions} days; {table.people} people, {table.companies} companies; "
            f"{table.held_rows} rows kept by holds; {table.clauses}"
            + (f"; MORE THAN {table.daily_share:.0%}: needs an approval" if table.over_share else "")
        )
        lines += [f"    {path}: in no version" for path in table.unreferenced]
    for reference, hold in sorted(plan.holds.items()):
        kept = {t.release: t.held[reference] for t in plan.tables if reference in t.held}
        lines.append(f"hold {reference} ({hold['kind']}, since {hold['placed_on']}) keeps {kept or 'nothing yet'}")
    lines += [f"{left.path}: {left.files} files, {left.why}" for left in plan.leftovers]
    lines += [f"published/{name}: no contract promises it; ask who made it" for name in plan.unpromised]
    for table in plan.tables:
        if table.forecast:
            lines.append(f"{table.release}, next 90 days: {sum(table.forecast.values())} rows")
            lines += [f"    through {day}: {rows} rows" for day, rows in sorted(table.forecast.items())]
    return "\n".join(lines)
