"""A broken policy file takes no DAG away: its form has no list, says why, and the step behind it refuses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ignicloud_airflow.choices import with_tokens

import policy

ROOT = Path(__file__).resolve().parents[2]
READ = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag
for tree in sys.argv[1:]:
    if os.fork():  # Airflow is imported once, what a tree holds in a process of its own
        os.wait()
        continue
    os.chdir(tree)
    sys.path[:0] = [tree, f"{tree}/plugins"]
    bag = DagBag("dags")
    schemas = {d: {n: (dag.params.get_param(n).schema, dag.params.get_param(n).description) for n in dag.params} for d, dag in bag.dags.items()}
    print(json.dumps({"dags": sorted(bag.dags), "errors": list(bag.import_errors.values()), "forms": schemas}), flush=True)
    os._exit(0)
"""
DAMAGE = {
    "half a contract": ("policy/releases/threat_events.yaml", lambda text: text[: len(text) // 2]),
    "a word that is none": (
        "policy/releases/activity_trail.yaml",
        lambda text: text.replace("pseudonymised", "hidden"),
    ),
    "no YAML": ("policy/register.yaml", lambda text: "a: [b"),
    "an empty file": ("policy/sources.yaml", lambda text: ""),
    "no file": ("policy/register.yaml", None),
    "no text": ("policy/register.yaml", lambda text: "\udcff"),
}
WHOLE = "whole"


@pytest.fixture(scope="module")
def read(airflow_database, tmp_path_factory):
    """What Airflow reads of a checkout with each damage, and of a whole one."""
    trees = {name: broken(tmp_path_factory.mktemp("tree"), *damage) for name, damage in DAMAGE.items()}
    trees[WHOLE] = checkout(tmp_path_factory.mktemp("tree"))
    environment = {**os.environ, "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path_factory.mktemp("none"))}
    environment = {k: v for k, v in environment.items() if k != "PYTHONPATH"} | {"PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", READ, *map(str, trees.values())]
    done = subprocess.run(command, cwd=trees[WHOLE], env=environment, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"dags"')]
    return dict(zip(trees, said, strict=True))


def checkout(folder):
    for name in ("console", "dags", "plugins", "policy"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def broken(folder, name, change):
    path = checkout(folder) / name
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()), errors="surrogateescape")
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_dag_is_there_and_the_form_says_what_is_broken(read, damage):
    found = read[damage]
    assert found["errors"] == []
    assert found["dags"] == [
        "assurance", "attention", "held", "keys", "nightly", "reidentify", "retention", "subject_requests",
    ]  # fmt: skip
    schema, said = found["forms"]["reidentify"]["release"]
    assert "enum" not in schema
    assert "No list: " in said


def test_a_whole_policy_gives_its_lists(read):
    found = read[WHOLE]
    assert "threat_events" in found["forms"]["reidentify"]["release"][0]["enum"]
    assert "service_statistics" not in found["forms"]["reidentify"]["release"][0]["enum"]
    assert "service_statistics" in found["forms"]["held"]["release"][0]["enum"]
    assert len(found["forms"]["reidentify"]["reason"][0]["enum"]) > 1


def test_a_token_is_asked_for_by_a_release_that_makes_tokens_of_its_own():
    assert set(with_tokens(policy.load())) == {"activity_trail", "threat_events"}, "a finding's are these releases'"
