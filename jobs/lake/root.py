"""Where the lake is: a folder that can be read, and that Delta Lake's library can open tables in."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from policy.errors import PolicyError

UNOPENED = re.compile(r"%[0-9A-Fa-f]|[\x00-\x1f\x7f\[\]\\^|]")
"""What no table opens under in deltalake 1.6 (tried, character by character): it decodes a path twice, and
takes brackets and the like for a host's name."""


class UnusableLakeError(PolicyError):
    """``IGNICLOUD_LAKE`` names something that can't be a lake."""

    def __init__(self, root: Path, problem: str) -> None:
        self.root, self.problem = root, problem
        super().__init__(f"the lake {root} {problem}; correct IGNICLOUD_LAKE, or what it names")


def usable(root: Path) -> Path:
    """``root``, absolute, if it is a folder that this user can read, or can become one.

    Raises:
        UnusableLakeError: it is a file, lies below one, is closed to this user, or no table opens under its name.
    """
    try:
        root = root.resolve()
        there = next(path for path in (root, *root.parents) if path.exists())
    except OSError as error:
        raise UnusableLakeError(root, f"can't be reached ({error.strerror})") from None
    except (RuntimeError, ValueError):
        raise UnusableLakeError(root, "can't be reached (its links run in a circle, or its name is no path)") from None
    if not there.is_dir():
        raise UnusableLakeError(root, "is a file" if there == root else f"lies below a file, {there}")
    if not os.access(there, os.R_OK | os.X_OK, effective_ids=True):
        raise UnusableLakeError(root, f"can't be read by this user: {there} is closed")
    if UNOPENED.search(str(root)):
        raise UnusableLakeError(
            root, "has %, a digit and a letter, a bracket, \\, ^, | or a control character in its path"
        )
    return root


class LinkInLakeError(PolicyError):
    """A link lies in the lake: what is written or deleted behind it would be written or deleted elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} in the lake is a link, and this suite makes none; nothing was done; find out who made it and take "
            "it away (a zone that is to lie on another disk is mounted in its place, not linked)"
        )


def require_no_links(root: Path) -> None:
    """Nothing below the lake's folder is a symbolic link; a zone that is closed to this user isn't looked into.

    Raises:
        LinkInLakeError: something is.
    """
    folders = [root] if root.is_dir() else []
    while folders:
        with suppress(FileNotFoundError, PermissionError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise LinkInLakeError(Path(entry.path).relative_to(root))
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
