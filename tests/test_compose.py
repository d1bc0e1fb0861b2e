"""The promises of docker-compose.yml, Dockerfile and the cluster's secrets, read from the files themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
OURS = sorted(SERVICES.keys() - {"postgres"})
ONCE = {"first-start", "platform-seed"}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def secrets_of(service: str) -> set[str]:
    return {s if isinstance(s, str) else s["source"] for s in SERVICES[service].get("secrets", [])}


def who_sees(secret: str) -> set[str]:
    return {service for service in SERVICES if secret in secrets_of(service)}


def neighbours(service: str) -> set[str]:
    """The services that share a network with this one."""
    mine = set(SERVICES[service]["networks"])
    return {other for other in SERVICES if other != service and mine & set(SERVICES[other]["networks"])}


def volumes_of(service: str) -> dict[str, str]:
    """Source → target[:mode] of each mount; a volume of the container's own has the source ''."""
    return dict(v.split(":", 1) if ":" in v else ("", v) for v in SERVICES[service].get("volumes", []))


@pytest.fixture
def made(tmp_path):
    """A folder of secrets as `make cluster-up` makes it, and how to make it again."""
    folder = tmp_path / "cluster"

    def make() -> dict[str, bytes]:
        env = {**os.environ, "CLUSTER_SECRETS": str(folder), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "cluster.credentials"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        contents = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert not any(content.decode().strip() in done.stdout + done.stderr for content in contents.values())
        return contents

    return folder, make


# -- secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_no_environment_holds_a_secret(service):
    for name, value in SERVICES[service].get("environment", {}).items():
        text = str(value)
        assert not re.search(r"://[^/@\s]*:[^/@\s]*@", text), f"{name} holds a password"
        assert "password" not in text.lower().replace("postgres_password", ""), name
        if re.search(r"PASS|SECRET|TOKEN|_KEY(_|$)|KEK", name) and "SECRETS_BACKEND" not in name:
            assert re.fullmatch(r"(cat |file:)?/run/secrets[\w/.-]*", text), f"{name} isn't a path to a secret"


@pytest.mark.parametrize("service", SERVICES)
def test_no_command_or_file_of_variables_carries_a_secret(service):
    assert "env_file" not in SERVICES[service]
    words = " ".join(map(str, SERVICES[service].get("command", [])))
    assert not re.search(r"password|secret|token|kek", words, re.IGNORECASE)


def test_the_key_encryption_key_is_mounted_where_tasks_run_and_nowhere_else():
    assert who_sees("kek") == {"airflow-worker"}
    assert {s for s in SERVICES if "keyring" in volumes_of(s)} == {"airflow-worker"}


def test_the_platform_s_credentials_reach_only_who_reads_or_fills_it():
    assert who_sees("platform_connection") == {"airflow-worker"}
    assert who_sees("platform_owner_pgpass") == {"postgres", "platform-seed"}
    assert who_sees("platform_reader_pgpass") == {"postgres"}


def test_spark_workers_know_the_cluster_s_secret_and_no_other():
    assert secrets_of("spark-worker") == secrets_of("spark-master") == {"spark_defaults"}


def test_analysts_know_their_notebook_s_token_and_no_other():
    assert secrets_of("analyst") == {"notebook_token"}
    assert who_sees("notebook_token") == {"analyst"}


def test_every_declared_secret_is_made_by_cluster_up_closed_to_others(made):
    folder, make = made
    make()
    for name, secret in COMPOSE["secrets"].items():
        path = Path(secret["file"].replace("${CLUSTER_SECRETS:-./.cluster}", str(folder)))
        assert path.stat().st_mode & 0o777 == (0o640 if name == "notebook_token" else 0o600), name
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_start_replaces_no_secret_and_two_clusters_share_none(made, tmp_path):
    folder, make = made
    first = make()
    assert make() == first
    shutil.rmtree(folder)
    fresh = make()
    assert not set(fresh.values()) & set(first.values())


def test_spark_authenticates_and_encrypts_everything_it_says_and_spills(made):
    _, make = made
    lines = (line.split(maxsplit=1) for line in make()["spark-defaults.conf"].decode().splitlines())
    settings = dict(words for words in lines if len(words) == 2 and words[0].startswith("spark."))
    assert len(settings["spark.authenticate.secret"]) == 64
    on = ("spark.authenticate", "spark.network.crypto.enabled", "spark.io.encryption.enabled")
    off = ("spark.network.crypto.saslFallback", "spark.master.rest.enabled", "spark.ui.enabled", "spark.ui.killEnabled")
    assert [settings[name] for name in on] == ["true"] * len(on)
    assert [settings[name] for name in off] == ["false"] * len(off)


def test_the_page_says_which_container_sees_which_secret():
    page = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    assert {secret: set(re.findall(r"`([a-z-]+)`", who)) for secret, who in rows if secret in COMPOSE["secrets"]} == {
        secret: who_sees(secret) for secret in COMPOSE["secrets"]
    }


# -- containers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", OURS)
def test_our_containers_can_write_nowhere_but_where_they_must(service):
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert "user" not in SERVICES[service], "the image says who it is"
    assert "cap_add" not in SERVICES[service]


@pytest.mark.parametrize("service", OURS)
def test_a_container_that_starts_again_can_still_write_its_temporary_folders(service):
    """A tmpfs takes the mode of the folder below it, which the first start makes closed where the image has none."""
    image = stages()["analysts" if service == "analyst" else "suite"]
    for target, options in (mount.split(":") for mount in SERVICES[service]["tmpfs"]):
        assert "mode=1777" in options
        assert target == "/tmp" or f"install -d -m 1777 {target}\n" in image


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_gain_privileges_or_outgrow_its_memory(service):
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in SERVICES[service]
    assert not {"privileged", "devices", "pid", "ipc", "network_mode"} & SERVICES[service].keys()
    assert SERVICES[service]["init"] is True


@pytest.mark.parametrize("service", OURS)
def test_no_container_of_ours_leaves_a_core_dump(service):
    assert SERVICES[service]["ulimits"] == {"core": 0}


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - ONCE))
def test_every_container_that_stays_says_whether_it_is_healthy(service):
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_of_the_machine_is_mounted_but_two_scripts(service):
    host = {source: target for source, target in volumes_of(service).items() if re.match(r"[./~]", source)}
    scripts = {"./cluster/postgres-start", "./cluster/postgres-roles.sh"} if service == "postgres" else set()
    assert host.keys() == scripts
    assert all(target.endswith(":ro") for target in host.values())


def test_analysts_see_published_tables_read_only_and_nothing_else():
    assert volumes_of("analyst") == {"published": "/published:ro"}


def test_airflow_s_pages_show_verdicts_and_threat_reports_and_can_change_none():
    assert volumes_of("api-server") == {
        "logs": "/logs",
        "ledger": "/lake/ledger:ro",
        "published": "/lake/published:ro",
    }


def test_whatever_reads_the_lake_is_told_where_it_is_mounted():
    readers = [s for s in OURS if any(target.startswith("/lake") for target in volumes_of(s).values())]
    pages_and_tasks = set(readers) - {"spark-worker"}  # Spark is told each file
    assert {s: SERVICES[s]["environment"]["IGNICLOUD_LAKE"] for s in pages_and_tasks} == {
        "airflow-worker": "/lake",
        "api-server": "/lake",
    }


def test_spark_workers_write_the_staged_zone_and_read_the_others():
    assert {s: t for s, t in volumes_of("spark-worker").items() if s} == {
        "lake": "/lake",
        "landing": "/lake/landing:ro",
        "published": "/lake/published:ro",
    }


def test_only_the_jobs_see_the_closed_zones():
    for zone in ("lake", "landing"):
        assert {s for s in SERVICES if zone in volumes_of(s)} == {"airflow-worker", "spark-worker"}


# -- networks -----------------------------------------------------------------------------------------


def test_analysts_reach_no_database_no_airflow_and_no_spark():
    assert neighbours("analyst") == set()


def test_spark_workers_reach_the_master_and_the_drivers_only():
    assert neighbours("spark-worker") == {"spark-master", "airflow-worker"}


def test_only_airflow_s_parts_and_who_reads_or_fills_the_platform_reach_the_databases():
    parts = {"first-start", "api-server", "scheduler", "dag-processor", "triggerer"}
    assert neighbours("postgres") == parts | {"platform-seed", "airflow-worker"}


def test_only_four_containers_join_two_networks():
    crossing = {s for s in SERVICES if len(SERVICES[s]["networks"]) > 1}
    assert crossing == {"postgres", "api-server", "airflow-worker", "spark-master"}


def test_networks_lead_nowhere_unless_something_is_published_there_on_this_machine_alone():
    open_ones = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert open_ones == {"front", "analysts"}
    for service in SERVICES.values():
        assert all(re.match(r"127\.0\.0\.1:\$\{", port) for port in service.get("ports", []))


def test_volumes_and_networks_are_all_used():
    used = {source for service in SERVICES for source in volumes_of(service) if re.match(r"[a-z]", source)}
    assert used == COMPOSE["volumes"].keys()
    assert {n for service in SERVICES.values() for n in service["networks"]} == COMPOSE["networks"].keys()


# -- image --------------------------------------------------------------------------------------------


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)
    return dict(zip(parts[2::3], parts[3::3], strict=True))


@pytest.mark.parametrize("image", ["suite", "analysts"])
def test_an_image_ends_as_a_user_who_isn_t_root(image):
    users = re.findall(r"^USER (\S+)$", stages()[image], re.MULTILINE)
    assert len(users) == 1
    assert users[0] in ("suite", "analyst")


def test_an_image_has_no_compiler_and_no_installer():
    final = "".join(stages()[name] for name in ("runtime", "suite", "analysts"))
    assert not re.search(r"jdk-headless|gcc|build-essential|python3-(dev|pip|venv)|pip install|curl|wget", final)
    assert DOCKERFILE.count("pip uninstall --quiet --yes pip") == DOCKERFILE.count("pip install")


def test_everything_is_installed_under_its_hash():
    installs = re.findall(r"pip install [^&\n]*", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_what_may_get_into_a_layer_is_listed_and_holds_no_secret():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line[0] == "!"}
    assert allowed == {
        "cluster",
        "console",
        "dags",
        "demo",
        "expectations",
        "jobs",
        "plugins",
        "policy",
        "requirements.txt",
    }
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
    assert {path.partition("/")[0] for path in copied} == allowed


def test_analysts_get_the_versions_that_the_suite_was_tested_with():
    def versions(file: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / file).read_text(), re.MULTILINE))

    suite, analysts = versions("requirements.txt"), versions("cluster/analysts.txt")
    assert {"deltalake", "duckdb", "polars", "pandas", "jupyterlab"} <= analysts.keys()
    assert {n: v for n, v in analysts.items() if n in suite} == {n: suite[n] for n in analysts if n in suite}


# -- the suite itself -----------------------------------------------------------------------------------


def test_no_step_and_no_dag_knows_that_containers_exist():
    for folder in ("policy", "console", "jobs", "expectations", "plugins", "dags"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"docker|\bcompose\b|container|spark-hub", path.read_text("utf-8"), re.IGNORECASE), (
                path
            )


def test_drivers_find_the_cluster_by_the_connection_alone():
    environment = SERVICES["airflow-worker"]["environment"]
    assert '"host": "spark://spark-hub"' in environment["AIRFLOW_CONN_SPARK_DEFAULT"]
    assert not {"SPARK_MASTER", "MASTER"} & environment.keys()


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="no docker-compose here")
def test_docker_compose_reads_the_file(made):
    folder, make = made
    make()
    env = {**os.environ, "CLUSTER_SECRETS": str(folder)}
    env.pop("COMPOSE_FILE", None)
    done = subprocess.run(
        ["docker-compose", "config", "--quiet"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_two_zones_are_one_volume():
    for service in ("airflow-worker", "spark-worker"):
        targets = [target.partition(":")[0] for target in volumes_of(service).values()]
        assert all(one != other for one, other in combinations(targets, 2))
