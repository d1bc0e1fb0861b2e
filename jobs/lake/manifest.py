"""What landing holds of a day: one manifest for all of its sources, so a day lands as one or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jobs.lake.files import write_atomically
from policy.errors import PolicyError


class DamagedManifestError(PolicyError):
    """Landing's manifest of a day can't be read."""

    def __init__(self, path: Path) -> None:
        self.path, self.day = path, path.parent.name.removeprefix("day=")
        super().__init__(
            f"landing's manifest of {self.day} is damaged; nothing was done with the day; extract it again, "
            f"or where the platform doesn't hold it take away every folder {path.parent.name} of the lake's landing"
        )


@dataclass(frozen=True)
class LandedFile:
    """One Parquet file of a day's slice: its name, rows and SHA-256."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What landing holds of one source for one day."""

    source: str
    day: str
    taken_at: str
    columns: tuple[str, ...]
    files: tuple[LandedFile, ...]

    @property
    def rows(self) -> int:
        """Rows in all files together."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class DayManifest:
    """Every source of one day, and the extraction that copied them; without one the day isn't in landing."""

    extraction: str | None = None
    sources: Mapping[str, Manifest] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Replace the day's manifest: the one step by which a day lands."""
        write_atomically(path, json.dumps(asdict(self), indent=1), 0o600)

    @classmethod
    def read(cls, path: Path) -> DayManifest:
        """What ``write`` wrote there, if it did.

        Raises:
            DamagedManifestError: something else lies there.
        """
        try:
            content = json.loads(path.read_bytes())
            return cls(content["extraction"], {name: _manifest(each) for name, each in content["sources"].items()})
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError, AttributeError):
            raise DamagedManifestError(path) from None


def _manifest(content: dict[str, Any]) -> Manifest:
    files = tuple(LandedFile(**file) for file in content["files"])
    return Manifest(**{**content, "columns": tuple(content["columns"]), "files": files})
