"""Airflow's tables, and the four users of the cluster: ``python -m cluster.first_start``, at every start.

Passwords are read from files and given to nobody: Airflow's own command line takes one as an
argument only, where every process list shows it. A user that exists keeps its password.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

SECRETS = Path("/run/secrets")
OFFICER = "PrivacyOfficer"
ROLES = {"admin": "Admin", "engineer": "Op", "officer": OFFICER, "viewer": "Viewer"}
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


def main() -> None:
    """Migrate, then make what is missing."""
    subprocess.run(["airflow", "db", "migrate"], check=True)
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        people = builder.sm
        people.sync_roles()
        _officer(people)
        for name, role in ROLES.items():
            if people.find_user(username=name) is None:
                password = (SECRETS / f"user_{name}").read_text()
                mail = f"{name}@ignicloud.example"
                people.add_user(name, name.title(), "Demo", mail, people.find_role(role), password)
                print(f"user {name}: {role}")


def _officer(people: Any) -> None:
    role = people.add_role(OFFICER)
    viewer = people.find_role("Viewer")
    wished = [(p.action.name, p.resource.name) for p in viewer.permissions]
    for action, resource in (*wished, *OFFICER_MAY):
        permission = people.create_permission(action, resource)
        if permission is not None:
            people.add_permission_to_role(role, permission)


if __name__ == "__main__":
    main()
