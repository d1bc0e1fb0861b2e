"""The Airflow tower's own parts: how steps are started, what they report, what failure says."""
