"""The trial's containers: Compose, and one of them at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PROJECT_NAME = os.environ.get("COMPOSE_PROJECT_NAME", "ignicloud-trial")
PROJECT = Path(__file__).resolve().parents[1]
HERE = "docker-compose" if shutil.which("docker-compose") else "docker compose"
COMPOSE = (os.environ.get("COMPOSE") or HERE).split()
"""As the Makefile found it on this machine; without it, whichever generation is here."""


def output(command: list[str], cwd: Path | None = None) -> str:
    """What a command prints on stdout.

    Raises:
        CalledProcessError: it failed; its stderr was shown.
    """
    return subprocess.run(command, cwd=cwd or PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout


def compose(*words: str) -> str:
    """Run Compose, whichever generation is here."""
    return output([*COMPOSE, *words])


def container(service: str) -> str:
    """The id of the first container of a service, running or not."""
    found = output(
        ["docker", "ps", "--all", "--quiet", "--no-trunc", *_of_the_trial(), *_filter("service", service)]
    ).split()
    return found[-1]


def containers() -> list[str]:
    """The ids of all containers of the trial."""
    return output(["docker", "ps", "--all", "--quiet", *_of_the_trial()]).split()


def kill(name: str) -> None:
    """End a container as a power cut does."""
    output(["docker", "kill", "--signal", "KILL", name])


def start(name: str) -> None:
    """Start a container again."""
    output(["docker", "start", name])


def _of_the_trial() -> list[str]:
    return _filter("project", PROJECT_NAME)


def _filter(label: str, value: str) -> list[str]:
    return ["--filter", f"label=com.docker.compose.{label}={value}"]
