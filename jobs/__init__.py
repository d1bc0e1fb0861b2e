"""The Spark tower: one module a step, started by name and never imported by Airflow."""
