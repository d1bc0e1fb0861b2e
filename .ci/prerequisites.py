"""Say what to install when Python or Java is missing or too old. Runs on any Python 3."""

import os
import re
import shutil
import subprocess
import sys

PYTHON, JAVA = (3, 11), 17


def main() -> None:
    """Exit with a message that says what to do."""
    if not PYTHON <= sys.version_info[:2] <= (3, 13):
        sys.exit(
            f"Python 3.11, 3.12 or 3.13 is needed, this is {sys.version_info[0]}.{sys.version_info[1]}. "
            "Debian: apt-get install python3.11 python3.11-venv; then make PYTHON=python3.11"
        )
    home = os.environ.get("JAVA_HOME")
    javac = shutil.which("javac", path=home + "/bin" if home else None) or shutil.which("javac")
    found = subprocess.run([javac, "-version"], capture_output=True, text=True, check=False) if javac else None
    version = re.search(r"javac (\d+)", (found.stdout + found.stderr) if found else "")
    if version is None or int(version.group(1)) < JAVA:
        sys.exit(
            "A JDK of Java 17 or newer is needed (Spark runs on it, and javac compiles the token kernel). "
            "Debian: apt-get install openjdk-17-jdk-headless; macOS: brew install openjdk@17"
        )


if __name__ == "__main__":
    main()
