"""Compile the kernel: every ``*.java`` beside this file into one reproducible jar, with what it reads.

That is uap-core's rules, the Unicode table, the rules of telephone numbers and the names of HTML.

``python -m jobs.kernel.build`` needs a JDK (``javac`` 17 or newer), PySpark's own jars and ua-parser's
rules, nothing else. Equal sources give an equal jar, byte for byte, on every machine with the same compiler: its
entries are sorted and carry no time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from jobs.kernel import entities, phones
from jobs.kernel.user_agents import RESOURCE, exported, rules_version
from policy.errors import PolicyError

SOURCES = Path(__file__).parent
JAR = SOURCES.parents[1] / ".build" / "kernel.jar"
MARK = JAR.with_suffix(".sha256")
UNICODE = SOURCES.parent / "treatments" / "unicode.tsv"
RELEASE = "17"


class NoCompilerError(PolicyError):
    """There is no Java compiler to build the kernel with."""

    def __init__(self) -> None:
        super().__init__(
            "no javac 17 or newer found; install a JDK (Debian: apt-get install openjdk-17-jdk-headless, "
            "macOS: brew install openjdk@17) or point JAVA_HOME at one"
        )


class CompilationError(PolicyError):
    """The kernel's sources don't compile against this PySpark."""

    def __init__(self, output: str) -> None:
        self.output = output
        super().__init__(f"the kernel doesn't compile: {output}")


def built() -> Path:
    """The kernel's jar, compiled now if it is missing or older sources made it.

    Raises:
        NoCompilerError, CompilationError: and no jar is left behind.
    """
    if is_built():
        return JAR
    sources = sorted(SOURCES.glob("*.java"))
    JAR.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JAR.parent) as folder:
        content = Path(folder) / "content"
        _compile(sources, content)
        (content / RESOURCE).write_text(exported(), encoding="utf-8")
        shutil.copyfile(UNICODE, (content / RESOURCE).with_name(UNICODE.name))
        (content / entities.RESOURCE).write_text(entities.exported(), encoding="utf-8")
        shutil.copyfile(phones.RULES, content / phones.RESOURCE)
        fresh = Path(folder) / "kernel.jar"
        _pack(content, fresh)
        fresh.replace(JAR)
    MARK.write_text(_made_of())
    return JAR


def is_built() -> bool:
    """Whether the jar is there, made of the sources as they are now."""
    return JAR.is_file() and MARK.is_file() and MARK.read_text() == _made_of()


def _made_of() -> str:
    data = [SOURCES / "user_agents.py", SOURCES / "entities.py", phones.RULES, UNICODE]
    sources = [*sorted(SOURCES.glob("*.java")), *data]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources) + rules_version().encode()).hexdigest()


def _compile(sources: list[Path], to: Path) -> None:
    import pyspark

    home = os.environ.get("JAVA_HOME")
    javac = shutil.which("javac", path=f"{home}/bin" if home else None) or shutil.which("javac")
    if javac is None:
        raise NoCompilerError
    spark_home = os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent  # under spark-submit pyspark is a zip
    jars = Path(spark_home) / "jars" / "*"
    command = [
        javac,
        "--release",
        RELEASE,
        "-Xlint:all,-classfile,-processing,-path,-serial",
        "-Werror",
        "-proc:none",
        "-g:none",
    ]
    done = subprocess.run(
        [*command, "-cp", str(jars), "-d", str(to), *map(str, sources)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CompilationError(done.stderr.strip()[:2000])


def _pack(content: Path, jar: Path) -> None:
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in content.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    try:
        if not is_built():
            print("compiling the token kernel", flush=True)
        built()
    except PolicyError as error:
        sys.exit(str(error))
