"""The Spark tower, started by name and never imported by Airflow; its rooms import downwards only, floor by floor."""
