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
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags")
schemas = {d: {n: (dag.params.get_param(n).schema, dag.params.get_param(n).description) for n in dag.params} for d, dag in bag.dags.items()}
print(json.dumps({"dags": sorted(bag.dags), "errors": list(bag.import_errors.values()), "forms": schemas}))
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


def read(tree):
    environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'plugins'}", "PYTHONWARNINGS": "ignore"}
    environment |= {
        "AIRFLOW__CORE__DAGS_FOLDER": str(tree / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tree / "plugins"),
    }
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=tree, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def tree(tmp_path):
    """A checkout whose policy this test may break."""
    for name in ("console", "dags", "plugins", "policy"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_every_dag_is_there_and_the_form_says_what_is_broken(airflow_database, tree, damage):
    path, change = tree / damage[0], damage[1]
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()), errors="surrogateescape")
    found = read(tree)
    assert found["errors"] == []
    assert found["dags"] == [
        "assurance", "attention", "held", "keys", "nightly", "reidentify", "retention", "subject_requests",
    ]  # fmt: skip
    schema, said = found["forms"]["reidentify"]["release"]
    assert "enum" not in schema
    assert "No list: " in said


def test_a_whole_policy_gives_its_lists(airflow_database, tree):
    found = read(tree)
    assert "threat_events" in found["forms"]["reidentify"]["release"][0]["enum"]
    assert "service_statistics" not in found["forms"]["reidentify"]["release"][0]["enum"]
    assert "service_statistics" in found["forms"]["held"]["release"][0]["enum"]
    assert len(found["forms"]["reidentify"]["reason"][0]["enum"]) > 1


def test_a_token_is_asked_for_by_a_release_that_makes_tokens_of_its_own():
    assert set(with_tokens(policy.load())) == {"activity_trail", "threat_events"}, "a finding's are these releases'"
