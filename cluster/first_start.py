"""Airflow's tables, and the five users of the cluster: ``python -m cluster.first_start``, at every start.

Passwords are read from files and given to nobody: Airflow's own command line takes one as an
argument only, where every process list shows it. A user that exists keeps its password.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, get_args

import policy
from policy.register import Page, view_of

SECRETS = Path("/run/secrets")
OFFICER, ANALYST = "PrivacyOfficer", "Analyst"
ROLES = {"admin": "Admin", "engineer": "Op", "officer": OFFICER, "analyst": ANALYST, "viewer": "Viewer"}
"""Who is what. Op runs and repairs nights; Viewer sees counts, names and versions."""

OFFICER_MAY = (
    ("can_edit", "DAGs"),
    ("can_create", "DAG Runs"),
    ("can_edit", "DAG Runs"),
    ("can_edit", "Task Instances"),
    ("can_read", "HITL Detail"),
    ("can_edit", "HITL Detail"),
    ("can_read", "Audit Logs"),
)
"""Beyond a viewer: start requests, approve or reject, read who did what; no connections, no variables."""

ANALYST_MAY = (
    ("can_read", "Threat report"),
    ("can_edit", "DAG:reidentify"),
    ("can_create", "DAG Run:reidentify"),
)
"""Beyond a viewer: read the report, which shows tokens; ask whose a token is, which another person decides."""


PAGES_OF = {"Admin": None, "Op": "data_engineer", OFFICER: "privacy_officer", ANALYST: "security_analyst"}
"""Whose pages of the Privacy console each of Airflow's roles reads, by policy/register.yaml; an admin's are all."""


def main() -> None:
    """Migrate, then make what is missing."""
    subprocess.run(["airflow", "db", "migrate"], check=True)
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        people = builder.sm
        make_roles(people)
        for name, role in ROLES.items():
            if people.find_user(username=name) is None:
                password = (SECRETS / f"user_{name}").read_text()
                mail = f"{name}@ignicloud.example"
                people.add_user(name, name.title(), "Demo", mail, people.find_role(role), password)
                print(f"user {name}: {role}")


def make_roles(people: Any) -> None:
    """Airflow's own roles, the officer's and the analyst's, and which pages of the console each reads."""
    people.sync_roles()
    _beyond_a_viewer(people, OFFICER, OFFICER_MAY)
    _beyond_a_viewer(people, ANALYST, ANALYST_MAY)
    _let_read_pages(people)


def _let_read_pages(people: Any) -> None:
    """Each role reads the pages of the console that the register gives it, and no longer those that it took away."""
    roles = policy.load().register.roles
    every = get_args(Page)  # one that the register gives to nobody any more is taken away, too
    for name, of in PAGES_OF.items():
        role, wished = people.find_role(name), every if of is None else roles[of].pages
        for page in every:
            permission = people.create_permission("can_read", view_of(page))
            change = people.add_permission_to_role if page in wished else people.remove_permission_from_role
            change(role, permission)
        if wished:  # Airflow's navigation asks for the list of plugins before it shows any of their entries
            people.add_permission_to_role(role, people.create_permission("can_read", "Plugins"))


def _beyond_a_viewer(people: Any, name: str, may: tuple[tuple[str, str], ...]) -> None:
    role = people.add_role(name)
    viewer = people.find_role("Viewer")
    wished = [(p.action.name, p.resource.name) for p in viewer.permissions]
    for action, resource in (*wished, *may):
        permission = people.create_permission(action, resource)
        if permission is not None:
            people.add_permission_to_role(role, permission)


if __name__ == "__main__":
    main()
