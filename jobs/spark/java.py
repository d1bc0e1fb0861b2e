"""The Java that Spark runs on; set-up looks for it once, and it may have gone since."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from policy.errors import PolicyError


class NoJavaError(PolicyError):
    """There is no Java to run Spark on."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"{problem}: install a JDK of Java 17 or newer (Debian: apt-get install openjdk-17-jdk-headless, "
            "macOS: brew install openjdk@17), or point JAVA_HOME at one"
        )


def java() -> Path:
    """The ``java`` that Spark's own scripts would run.

    Raises:
        NoJavaError: there is none, or JAVA_HOME names a folder without one.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=os.path.join(home, "bin") if home else None)  # noqa: PTH118 (of any text)
    if found is None:
        raise NoJavaError("JAVA_HOME names no JDK" if home else "there is no java")
    return Path(found)
