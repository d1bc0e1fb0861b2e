"""What may be said of a crash: what can't be a value. A library's message may show a cell, a plan or a key's path."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
import traceback
from collections.abc import Callable

CODE = re.compile(r"[A-Z0-9_.]{1,120}")
"""How Spark and databases name the causes of their errors."""
CODEC = re.compile(r"[a-z0-9_-]{1,20}")
MODULE = re.compile(r"[A-Za-z_][\w.]{0,120}")


def told(error: Exception) -> str:
    """Where it crashed, and of its message what is code: names of modules, numbers of errors, places in a file."""
    where = "".join(traceback.format_tb(error.__traceback__))
    cause = " ".join(part for part in (type(error).__name__, _said(error)) if part)
    return (
        f"{where}crashed: {cause}; the rest of its message is held back, for it could show a value; run the same "
        "command again; if it crashes again, these lines are what a maintainer needs"
    )


def _said(error: Exception) -> str:
    """The parts of an error that come from a program's text or a closed list, never from data."""
    match error:
        case ModuleNotFoundError(name=str(module)):
            return f"(no module {module})" if MODULE.fullmatch(module) else ""
        case ImportError(name=str(module)):
            return f"(of {module})" if MODULE.fullmatch(module) else ""
        case UnicodeDecodeError(encoding=codec) | UnicodeEncodeError(encoding=codec):
            return f"({codec})" if CODEC.fullmatch(codec) else ""
        case json.JSONDecodeError():
            return f"(line {error.lineno}, column {error.colno})"
        case OSError(errno=int(number)):
            return f"({errno.errorcode.get(number, number)})"
        case sqlite3.Error():
            return _code(getattr(error, "sqlite_errorname", None))
    condition: Callable[[], str | None] = getattr(error, "getCondition", lambda: None)
    return _code(condition() or getattr(error, "sqlstate", None))


def _code(name: object) -> str:
    return f"({name})" if isinstance(name, str) and CODE.fullmatch(name) else ""
