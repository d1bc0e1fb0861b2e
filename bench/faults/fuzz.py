"""What people write and type, by grammar: contracts, sources, the register, rules, indicators, expressions, arguments.

Each case ends right or is refused by type, in a bounded time, in one line without a control character; of indicators
and of what is typed about people nothing is in that line. Cases are made by Hypothesis from the project's own files,
with up to four changes each, so that most get past the first check.
"""

from __future__ import annotations

import contextlib
import copy
import io
import os
import re
import signal
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import jobs.night.export  # noqa: F401 (what a step imports takes no time of a case's)
import jobs.night.validate  # noqa: F401
import jobs.spark.session
import policy
import policy.detections
import policy.hierarchies
import policy.intelligence
import policy.promise
from bench.faults.trial import Outcome
from jobs import cli
from jobs.signals.rules import _group_fields, compiled, fields_of
from policy.base import ROOT, parse, read_documents
from policy.errors import PolicyError
from policy.expressions import refused_in
from policy.intelligence import Indicators
from policy.promise import load

SECONDS = 10
"""Of the processor's time, after which a case hangs."""

CANARY = "203.0.113.77"
"""An attacker's address, which no message may show."""


class Hangs(BaseException):
    """A case takes too long."""


@dataclass
class Tally:
    """How the cases of one kind ended."""

    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    """What was wrong → the first case that showed it."""


# -- grammars --------------------------------------------------------------------------------------

STRANGE: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**200), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), "",
    " ",
    "a" * 10_000, "\0", "\x1b[31m", "\u202e", "é", "\U0001f480", "../../etc", "a: b", "*", "%", "{}", "[]", "null",
    CANARY,
    "1/0", "0", "-1", "1e400", "9999-12-31", "0001-01-01", date.min, date.max, datetime.max.replace(tzinfo=UTC),
    [], {}, [None], [[]], {"": None}, {None: 1}, {1: 2}, {"a": {"b": {"c": []}}}, b"\xff", {"x"}, ["a"] * 300,
    {date.min: 1}, [{}], [1, "1", 1.0, True], "P1D", "10m", "999999999w", "1 of them", "not not x", "all of sel*",
    "((x)",
]  # fmt: skip


def strange(random: Random) -> Any:
    """One of them, a new one."""
    return copy.deepcopy(random.choice(STRANGE))


def places_in(content: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place below ``content``."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        yield (*at, key)
        yield from places_in(value, (*at, key))


def words_in(content: Any) -> set[str]:
    """Every text and key in it."""
    if isinstance(content, dict):
        return {each for pair in content.items() for part in pair for each in words_in(part)}
    if isinstance(content, list):
        return {each for part in content for each in words_in(part)}
    return {content} if isinstance(content, str) else set()


def changed(content: Any, words: list[str], random: Random) -> Any:
    """``content`` with up to four changes: cells replaced, taken out, doubled, renamed, or moved to another's place."""
    made = copy.deepcopy(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        places = list(places_in(made))
        if not places:
            return strange(random)
        *path, last = random.choice(places)
        of = made
        for key in path:
            of = of[key]
        match random.randrange(7):
            case 0 | 1:
                of[last] = strange(random)
            case 2:
                of[last] = random.choice(words)
            case 3:
                del of[last]
            case 4 if isinstance(of, dict):
                keys = [*words, *(each for each in STRANGE if isinstance(each, str | int | None))]
                of[random.choice(keys)] = of.pop(last)
            case 5:
                of[last] = [of[last]] * random.randrange(4)
            case _:
                *elsewhere, other = random.choice(places)
                with contextlib.suppress(KeyError, IndexError, TypeError):
                    source = made
                    for key in elsewhere:
                        source = source[key]
                    of[last] = copy.deepcopy(source[other])
    return made


@cache
def vocabulary() -> list[str]:
    """Every word of the project's own policy."""
    files = [str(path.relative_to(ROOT)) for path in sorted(ROOT.rglob("*.y*ml"))]
    return sorted({word for file in files for part in documents_of(file) for word in words_in(part)})


@cache
def documents_of(file: str) -> tuple[Any, ...]:
    """The documents of one policy file, read once."""
    return tuple(read_documents(ROOT, file))


@contextlib.contextmanager
def instead(file: str, content: Any) -> Iterator[None]:
    """While `load` runs, what ``file`` of the policy holds; every other is read once."""

    def one(_: Path, name: str) -> Any:
        found = [content] if name == file else documents_of(name)
        if len(found) != 1 or not isinstance(found[0], dict):
            raise policy.promise.InvalidPolicyFileError(name, ["not a mapping"])
        return found[0]

    def several(_: Path, name: str) -> Any:
        found = content if name == file else documents_of(name)
        if not isinstance(found, list | tuple) or not all(isinstance(each, dict) for each in found):
            raise policy.promise.InvalidPolicyFileError(name, ["not mappings"])
        return list(found)

    with contextlib.ExitStack() as stack:
        for module in (policy.promise, policy.hierarchies, policy.intelligence):
            if hasattr(module, "read_yaml"):
                stack.enter_context(patch.object(module, "read_yaml", one))
        stack.enter_context(patch.object(policy.detections, "read_documents", several))
        yield


@cache
def _unchanged() -> tuple[Any, Any]:
    """Taxonomies and detections, which no kind but the rules changes."""
    return policy.promise._taxonomies(ROOT), policy.detections.detections(ROOT)


def in_file(pattern: str) -> Callable[[Random], None]:
    """A case: the promise with one of these files changed."""
    files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))

    def case(random: Random) -> None:
        file = random.choice(files)
        [content] = documents_of(file)
        taxonomies, detections = _unchanged()
        with (
            instead(file, changed(content, vocabulary(), random)),
            patch.object(policy.promise, "_taxonomies", lambda _: taxonomies),
            patch.object(policy.promise, "detections", lambda _: detections),
        ):
            load()

    return case


@cache
def _promise() -> Any:
    return load()


@cache
def _fields() -> tuple[Any, Any]:
    contract = _promise().release("threat_signals")
    return fields_of(_promise(), contract), _group_fields(contract)


def rules(random: Random) -> None:
    """A case: a file of Sigma rules changed, read by the policy and by the steps."""
    files = sorted(f"signals/{path.name}" for path in (ROOT / "signals").glob("*.yml"))
    file = random.choice(files)
    content = changed(list(documents_of(file)), vocabulary(), random)
    with instead(file, content):
        try:
            policy.detections.detections(ROOT)
            refused = None
        except PolicyError as error:
            refused = error
    if isinstance(content, list) and all(isinstance(each, dict) for each in content):
        every = [each for other in files for each in (content if other == file else documents_of(other))]
        compiled(every, *_fields())
    if refused:
        raise refused


def indicators(random: Random) -> None:
    """A case: indicators changed, with the attacker's address somewhere."""
    file = random.choice(sorted(path.name for path in (ROOT / "indicators").glob("*.yml")))
    [content] = documents_of(f"indicators/{file}")
    made = changed(content, [CANARY, f"{CANARY}/32", f"jane@{CANARY}"], random)
    parse(Indicators, made, file)


_PIECES = (
    "a: b\n", "a", ": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ", "!!int ", "!!set ",
    "!x ", "? ",
    "|\n", ">-\n", "'", '"', "\\", "\\ud800", "\\U00110000", "#", "%YAML 9\n", "---\n", "...\n", "2026-13-45",
    "2026-01-01 25:00:00",
    "1:60", "0x", "9" * 5000, ".nan", "=", "~", "\t", "\0", "\ufeff", "é", "\x85", CANARY, "[" * 40, "a: {" * 40,
    "!!bool x", "!!timestamp y",
    "!!binary =", "!!float z", "1e999", "0o9", "@", "`",
)  # fmt: skip


def yaml_text(random: Random) -> None:
    """A case: a file of pieces of YAML."""
    text = "".join(random.choice(_PIECES) for _ in range(random.randint(1, 14)))
    with patch.object(Path, "read_text", lambda *_: text):
        documents = read_documents(ROOT, "indicators/attackers.yml")
    for each in documents:
        parse(Indicators, each, "indicators/attackers.yml")


_TOKENS = (
    *"abcAB01_-./{}[]()^$|*+?\\,:&~ ", r"\d", r"\w", r"\b", r"\.", "[a-c]", "[^a]", "(?:", "(?i)", "{2}", "{1,3}",
    "{,}", "{1000}",
    "a|b", ".*", ".+", "(a+)+", "(a|a)*", "(", ")", ")*", ")+", "é", "(?<n>", "\\1", "{99999}", "(a|ab)", "a?",
)  # fmt: skip
HARD = (*("a" * 36 + end for end in ("", "!", "b")), "ab" * 20, "a_b-" * 12, "0" * 40 + "x")


def expressions(random: Random) -> None:
    """A case: an expression; what is accepted ends on words that are hard for engines that go back."""
    text = "".join(random.choice(_TOKENS) for _ in range(random.randint(1, 18)))
    if (problem := refused_in(text)) is not None:
        raise PolicyError(problem)
    read = re.compile(text, re.ASCII)
    for word in HARD:
        read.search(word)


# -- what is typed ---------------------------------------------------------------------------------


_parser = cache(cli._parser)


@cache
def commands() -> dict[tuple[str, ...], list[Any]]:
    """Every command of the steps and its arguments, as argparse has them."""

    def below(parser: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
        actions = [each for each in parser._actions if each.dest != "help"]
        subs = [each for each in actions if hasattr(each, "choices") and isinstance(each.choices, dict)]
        yield path, [each for each in actions if each not in subs]
        for sub in subs:
            for name, inner in sub.choices.items():
                yield from below(inner, (*path, name))

    return {path: actions for path, actions in below(_parser(), ()) if path}


TYPED = (
    "2026-03-12", "2026-02-30", "0001-01-01", "9999-12-31", "٢٠٢٦-٠٣-١٢", "", " ", "-1", "0", "1e9", "nan", "inf",
    "9" * 5000, "threat_events",
    "partner_threat_events", "service_statistics", "threat", "no_such", "../../x", "a\nb", "\x1b[31m", "\u202e",
    "\udcff", "a" * 10_000, "run-1", "--", "-",
    "usr_vrkddgivcrntnhglgfhufcbbtijhrkdj", "jane.doe@firm.example", "2026-01-01", "file:/nowhere", "command:false",
    "sqlite:///x", "access",
    "0123456789abcdef", "00000000-0000-0000-0000-000000000000", "(x", "%s", "{0}", "*", "verify", "list", "1.5", "🙂",
)  # fmt: skip


def arguments(random: Random) -> None:
    """A case: a command with its arguments, some of them strange, on a lake that isn't there."""
    path, actions = random.choice(sorted(commands().items(), key=lambda each: each[0]))
    typed = list(path)
    for action in actions:
        if not (action.required or random.random() < 0.6):
            continue
        if action.option_strings:
            typed.append(action.option_strings[-1])
        if action.nargs != 0:
            known = [str(each) for each in action.choices] if action.choices and random.random() < 0.8 else []
            typed += [random.choice(known or TYPED) for _ in range(random.randint(1, 2) if action.nargs else 1)]
    if random.random() < 0.1:
        typed.insert(random.randint(0, len(typed)), random.choice(TYPED))
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()), without_spark():
        try:
            code = cli.main(typed)
        except SystemExit as error:
            code = int(error.code or 0)
    said = told.getvalue()
    if code == cli.CRASHED:
        raise RuntimeError(f"{typed}: {said[-600:]}")
    if code == cli.REFUSED:
        raise PolicyError(said.strip().splitlines()[-1] if said.strip() else "")


class _NoSparkError(PolicyError):
    """A step came as far as its session."""


@contextlib.contextmanager
def without_spark() -> Iterator[None]:
    """A step that wants a session is as far as its arguments go."""

    def none(*_: Any, **__: Any) -> Any:
        raise _NoSparkError("no session here; this is as far as arguments go")

    with (
        patch.object(jobs.spark.session, "spark", none),
        patch.object(policy, "load", _promise),
        patch.object(cli, "_parser", _parser),
        patch.object(sys, "stdin", io.StringIO("usr_none")),
    ):
        yield


KINDS: dict[str, Callable[[Random], None]] = {
    "contracts": in_file("[re][ex][lp]*s/*.yaml"),
    "sources": in_file("sources.yaml"),
    "registers": in_file("register.yaml"),
    "Sigma rules": rules,
    "indicators": indicators,
    "YAML": yaml_text,
    "expressions": expressions,
    "arguments": arguments,
}

SECRET = {"indicators", "YAML"}
"""Kinds of which a message shows nothing that the file holds."""


PLAIN = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def tried(kind: str, cases: int, start: int = 24) -> Tally:
    """So many cases of one kind."""
    tally = Tally()

    @seed(start)
    @settings(PLAIN, max_examples=cases)
    @given(st.integers(0, 2**64))
    def each(number: int) -> None:
        tally.cases += 1
        _judge(kind, number, tally)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, patch.dict(os.environ, _nowhere(Path(folder))):
        each()
    return tally


def outcomes(kind: str, cases: int, start: int) -> Iterator[Outcome]:
    """They as outcomes of a campaign: one for each way in which cases end, with how many, and one a problem."""
    tally = tried(kind, cases, start)
    status = {"right": 0, "crashed": 1, "refused": 2, "hung": -99}
    for end, count in tally.ends.items():
        yield Outcome(kind, "fuzz", str(count), status[end], ())
    for problem, first in tally.problems.items():
        yield Outcome(kind, "fuzz", "0", 1, (f"{problem}: case {first}",))


def _nowhere(folder: Path) -> dict[str, str]:
    (folder / "secrets").mkdir(mode=0o700)
    return {
        "IGNICLOUD_LAKE": str(folder / "lake"),
        "IGNICLOUD_KEYRING": str(folder / "secrets" / "keyring.json"),
        "IGNICLOUD_KEK": f"file:{folder / 'secrets' / 'kek'}",
        "IGNICLOUD_PLATFORM": f"sqlite:///{folder / 'none.db'}",
    }


def _judge(kind: str, number: int, tally: Tally) -> None:
    def hangs(*_: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGPROF, hangs)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        KINDS[kind](Random(number))
        tally.ends["right"] += 1
    except PolicyError as error:
        tally.ends["refused"] += 1
        for problem in _wrong_with(str(error), kind):
            tally.problems.setdefault(problem, f"{number}: {str(error)[:300]!r}")
    except Hangs:
        tally.ends["hung"] += 1
        tally.problems.setdefault("hangs", str(number))
    except Exception as error:  # noqa: BLE001 (each is a fault)
        tally.ends["crashed"] += 1
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        tally.problems.setdefault(f"{type(error).__name__} at {place}", f"{number}: {str(error)[:700]}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _wrong_with(message: str, kind: str) -> Iterator[str]:
    """What is wrong with a refusal's message."""
    if not message.strip():
        yield "a refusal without a word"
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in message):
        yield "a character of control in a refusal"
    if kind in SECRET and CANARY in message:
        yield "a value in a refusal"
    if len(message) > 20_000:
        yield "a refusal without end"
