"""Two towers on one promise: imports go up to ``policy`` and never across."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
JOBS = ROOT / "jobs"
OURS = {"policy", "console", "jobs", "expectations", "plugins", "dags", "demo", "bench", "cluster"}
SPARK_TOWER = {"pyspark", "great_expectations", "deltalake", "py4j"}
MAY_IMPORT = {
    "policy": {"policy"},
    "console": {"console", "policy"},
    "expectations": {"expectations", "policy"},
    "jobs": {"jobs", "console", "expectations", "policy"},
    "plugins": {"plugins", "console", "policy"},
    "dags": {"plugins", "policy"},
    "demo": {"demo", "jobs", "expectations", "policy"},
    "cluster": {"cluster", "demo", "policy"},
    "bench": {"bench", "demo", "console", "jobs", "expectations", "policy"},
}


RENEW = {"phonenumbers"}
"""What only writes a data file of ours anew, by hand."""


def imported(path: Path) -> set[str]:
    """The modules that a file names in an import, whole or lazy, anywhere in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            names.add(ast.literal_eval(node.args[0]))
    return names


def top(module: str) -> str:
    name = module.partition(".")[0]
    return "plugins" if name == "ignicloud_airflow" else name


def files(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", files(*MAY_IMPORT), ids=names)
def test_a_file_imports_only_what_its_place_allows(path):
    place = path.relative_to(ROOT).parts[0]
    assert {top(module) for module in imported(path)} & OURS <= MAY_IMPORT[place]


@pytest.mark.parametrize("path", files("dags", "plugins", "console"), ids=names)
def test_the_airflow_tower_loads_nothing_of_the_spark_tower(path):
    assert not {top(module) for module in imported(path)} & SPARK_TOWER


@pytest.mark.parametrize("path", files("policy", "console", "jobs", "expectations"), ids=names)
def test_every_job_runs_without_airflow(path):
    assert "airflow" not in {top(module) for module in imported(path)}


def rooms_of(module: str) -> str | None:
    """The room of ``jobs`` that a module stands in."""
    parts = module.split(".")
    return parts[1] if parts[0] == "jobs" and len(parts) > 1 else None


def floor_of(room: str) -> int:
    """The floor that a room's first line claims."""
    told = re.match(
        r"Floor (\d): ", ast.get_docstring(ast.parse((JOBS / room / "__init__.py").read_text("utf-8"))) or ""
    )
    assert told, f"jobs/{room}/__init__.py doesn't say on which floor it stands"
    return int(told[1])


@pytest.mark.parametrize("path", [path for path in files("jobs") if len(path.relative_to(JOBS).parts) > 1], ids=names)
def test_a_room_imports_only_rooms_of_lower_floors(path):
    room = path.relative_to(JOBS).parts[0]
    used = {rooms_of(module) for module in imported(path)} - {None, room}
    assert {other for other in used if floor_of(other) >= floor_of(room)} == set()


def test_jobs_holds_rooms_and_its_two_doors_only():
    assert {path.name for path in JOBS.glob("*.py")} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("place", ["bench", "demo", "cluster"])
def test_no_two_files_of_a_folder_import_each_other(place):
    uses = {f"{place}.{path.stem}": imported(path) for path in files(place) if path.stem != "__init__"}
    TopologicalSorter({name: used & uses.keys() for name, used in uses.items()}).prepare()  # raises CycleError


def test_production_imports_nothing_that_only_requirements_dev_brings():
    production = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    places = files("policy", "console", "jobs", "expectations", "plugins", "dags", "demo")
    used = {top(module) for path in places for module in imported(path)} - OURS - sys.stdlib_module_names
    brought = {
        name: {dist.lower().replace("_", "-") for dist in dists} for name, dists in packages_distributions().items()
    }
    assert {name for name in used - {"ignicloud_airflow", *RENEW} if not brought[name] & production} == set()


def test_every_place_of_the_table_has_files():
    assert {place for place in MAY_IMPORT if files(place)} >= MAY_IMPORT.keys() - {"bench"}


@pytest.mark.parametrize("text", ["import jobs.lake", "def f():\n    from jobs import lake", "__import__('jobs.lake')"])
def test_the_reader_finds_an_import_wherever_it_stands(tmp_path, text):
    path = tmp_path / "x.py"
    path.write_text(text)
    assert "jobs" in {top(module) for module in imported(path)}
