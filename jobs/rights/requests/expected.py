"""What must happen next with a request, where it will end, and why: in words that name nobody.

The order is the law's: nothing for somebody who isn't verified (clause 11.2), nothing by a word that isn't understood,
nothing changed that wasn't found, nothing done that nobody approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from jobs.rights.requests.cases import Case
from jobs.rights.requests.request import PLATFORM, State
from policy.answering import LEGAL_HOLDS, Answering
from policy.command_line import command

Step = Literal["verify", "join", "find", "approve", "carry_out", "lift", "person", "nothing"]
"""``person``: it waits for one, who reads it on the platform; the others are the suite's, ``approve`` apart."""


@dataclass(frozen=True)
class Expected:
    """The next step and the state in which the request will end; on which ground it is refused, wholly or in part."""

    step: Step
    ends: State
    words: str
    ground: str | None = None
    in_part: bool = False


def expected(case: Case, answering: Answering) -> Expected:
    """What must happen next with ``case``."""
    if not case.is_open:
        return _over(case)
    if case.verified_at is None:
        said = Expected("verify", "received", "the identity isn't verified: nothing is looked for, shown or changed")
    elif case.is_of_another_right:
        said = Expected(
            "person", case.state, "the platform changed the right that it was taken up for: ask for it anew"
        )
    elif case.unread:
        fields = ", ".join(sorted(set(case.unread)))
        said = Expected(
            "person", case.state, f"{fields}: not understood; read it on the platform, and say there what is meant"
        )
    else:
        said = _served(case, answering)
    return replace(said, words="; ".join((said.words, *_warnings(case))))


def _over(case: Case) -> Expected:
    if case.joined_with is not None:
        recorded = case.record is not None and case.record.state == "joined"
        words = f"asked twice: answered with the earlier request {case.joined_with}"
        return Expected("nothing" if recorded else "join", "joined", words)
    if case.state == "refused":
        return _refused(case)
    if case.unread:
        words = f"{', '.join(case.unread)}: not understood, though it is closed; look at it on the platform"
        return Expected("person", case.state, words)
    ours = case.record is not None and case.record.by != PLATFORM and case.record.state in ("done", "lifted")
    if case.state == "done" and case.is_lifted:
        return Expected("lift", "lifted", "lifted on the platform: what was kept apart comes back")
    by = "by this suite" if ours else "on the platform; this suite had no part in it"
    if case.request.lifted_at is not None and case.request.lifted_at > case.now:
        by += f"; its lifting is of {case.request.lifted_at:%Y-%m-%d %H:%M} UTC, which is to come"
    return Expected("nothing", case.state, f"{case.state} {by}")


def _refused(case: Case) -> Expected:
    if case.ground is None:
        way = command("jobs", "request", "refuse", case.reference, "--ground", "…", "--by", "…")
        return Expected("person", "refused", f"refused on the platform, and no ground is on record; say it: `{way}`")
    part = case.record is not None and case.record.in_part
    return Expected("nothing", "refused", f"refused{' in part' if part else ''}: {case.ground}", case.ground, part)


def _served(case: Case, answering: Answering) -> Expected:
    """Of a request that is verified and understood."""
    if case.state == "found":
        remarks = any(asked.remarks for asked in case.asked)
        read = "; the person's own words, on the platform, are to be read first" if remarks else ""
        said = Expected("approve", "done", f"{_found(case)} waits for a person's approval{read}")
    elif case.state == "approved":
        said = Expected("carry_out", "done", "approved: to be carried out and proved")
    else:
        said = Expected("find", "done", "all that is theirs is to be found in every place")
    if not case.holds:
        return said
    ground = answering.grounds[LEGAL_HOLDS]
    number = len(case.holds)
    stand = "1 legal hold stands" if number == 1 else f"{number} legal holds stand"
    held = f"{stand} over the person: what is kept by it is refused ({ground.article})"
    return replace(said, ends="refused", words=f"{said.words}; {held}", ground=LEGAL_HOLDS, in_part=True)


def _found(case: Case) -> str:
    """What was found, for whoever decides on it: the entry that says so, and whether it is amber."""
    last = case.record.last("request_found") if case.record is not None else None
    if last is None:
        return "what was found"
    if last.get("outcome") != "amber":
        return f"what was found (entry {last['seq']})"
    again = command("jobs", "request", "find", case.reference)
    return f"amber (entry {last['seq']}; `{again}` says why): what was found"


def _warnings(case: Case) -> list[str]:
    """What else is wrong with an open request."""
    said = []
    if case.late:
        said.append("late: nobody knows when it came in" if case.due is None else f"late: it was due on {case.due}")
    if case.request.extended_until is not None and not (case.record is not None and case.record.extended):
        way = command("jobs", "request", "extend", case.reference, "--reason", "…", "--by", "…")
        said.append(f"extended on the platform, and no reason is on record; say it: `{way}`")
    return said
