"""What every command line of the house shares: how its command is spelled here, how a day or a name is typed, and how
what somebody typed is said again."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import NoReturn

PROJECT = Path(__file__).resolve().parents[1]


LONGEST = 300
"""Characters of a word that are said again whole: a path and a hash have fewer."""


class CommandLine(argparse.ArgumentParser):
    """A parser that says again what it refuses as `sayable` has it."""

    def error(self, message: str) -> NoReturn:
        """Refuse, with exit code 2."""
        super().error(sayable(message))


def sayable(text: str) -> str:
    """A text for terminals, logs and pages: one line, of characters that are seen; too long a word is cut.

    Whatever else steers a terminal, turns the direction of writing, or is no character at all, is spelled as Python
    spells it. So a name that somebody made up can't draw over what stands beside it, nor begin a line of its own.
    """
    seen = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return re.sub(rf"(\S{{100}})\S{{{LONGEST - 100},}}", r"\1…", seen)


def python() -> str:
    """The Python that runs this, as somebody in the project's folder types it: ``.venv/bin/python``, mostly."""
    running = Path(sys.executable)
    if running.is_relative_to(PROJECT):
        return shlex.quote(str(running.relative_to(PROJECT)))
    found = shutil.which("python")
    return "python" if found and Path(found).samefile(running) else shlex.quote(str(running))


def command(*words: str) -> str:
    """The command ``python -m jobs …`` with these words, ready to be typed: ``command("jobs", "keys", "list")``."""
    return shlex.join([*shlex.split(python()), "-m", *words])


def a_day(text: str) -> date:
    """A day as it is typed, 2026-01-31, for `argparse`."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; days are written 2026-01-31") from None


def a_name(text: str) -> str:
    """The name of a release or of a keys' domain as it is typed, for `argparse`: no path, all of it seen."""
    if not re.fullmatch(r"\w[\w-]{0,99}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no name; names are of letters, digits, _ and -")
    return text


def an_epoch(text: str) -> str:
    """A key epoch as it is typed, the day on which it began, for `argparse`."""
    return a_day(text).isoformat()


def a_day_or_yesterday(text: str) -> date:
    """A day as it is typed, for `argparse`; nothing typed means yesterday (UTC), the last day that is over."""
    return a_day(text) if text else datetime.now(timezone.utc).date() - timedelta(days=1)  # noqa: UP017 (an older Python gets to its message)


def a_port(text: str) -> int:
    """A TCP port as it is typed, for `argparse`."""
    if not (re.fullmatch(r"\d{1,5}", text, re.ASCII) and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; ports are numbers from 1 to 65535")
    return int(text)


def require_installed(*packages: str) -> None:
    """End with one line when this Python isn't the one that set-up has filled: the system's, most often."""
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    if not missing and sys.version_info >= (3, 11):
        return
    made = PROJECT / ".venv" / "bin" / "python"
    what_next = (
        f"run it by {made.relative_to(PROJECT)}" if made.exists() else "run `make setup`, then use .venv/bin/python"
    )
    sys.exit(f"{sys.executable} isn't this project's Python ({', '.join(missing) or 'too old'}); {what_next}")
