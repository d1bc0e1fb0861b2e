"""What every command line of the house shares: how its command is spelled here, and how a day is typed."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import NoReturn

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""What a terminal obeys, or turns round, or doesn't show."""

_ENDLESS = re.compile(r"\S{1000,}")

PROJECT = Path(__file__).resolve().parents[1]


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


def printable(text: str) -> str:
    """A text of somebody's as one line may show it: what a terminal would obey is written out (``\\x1b``), and a word
    without end is cut."""
    cut = _ENDLESS.sub(lambda found: f"{found[0][:100]}…", text)
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), cut)


class Parser(argparse.ArgumentParser):
    """`argparse`'s, which repeats in its refusals what was typed: here in one line that no terminal obeys."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        super().error(printable(message))


def a_day(text: str) -> date:
    """A day as it is typed, 2026-01-31, for `argparse`."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; days are written 2026-01-31") from None


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
