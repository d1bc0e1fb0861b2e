"""Whole nights through real Airflow: two days, a rerun, a refused epoch; and what nights leave behind."""


def test_x(dagbag, platform, lake):
    dag = dagbag.dags["nightly"]

    run = dag.test(run_conf={"day": "2026-03-12"})
    print(run.state)
    assert run.state == "success"
