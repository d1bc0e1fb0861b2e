"""What somebody types into a DAG's form is of a form that the DAG names; what gets through is a step's to refuse."""

from tests.hostile import NAMES

FREE = {"reidentify": {"token"}}
"""Parameters of free text: a token is given to its step on standard input, and is looked at there."""


def test_every_parameter_of_every_dag_refuses_every_hostile_name(dagbag):
    from airflow.sdk.exceptions import AirflowException

    took = set()
    for dag_id, dag in dagbag.dags.items():
        for name in dag.params:
            for hostile in NAMES.values():
                try:
                    dag.params.get_param(name).resolve(value=hostile)
                    took.add((dag_id, name, hostile))
                except (AirflowException, ValueError):
                    pass
    assert len(dagbag.dags) >= 8
    assert {(dag_id, name) for dag_id, name, hostile in took if hostile and name not in FREE.get(dag_id, ())} == set()
