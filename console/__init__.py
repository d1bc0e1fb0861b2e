"""What people see of the suite, for both towers: drawn from the promise and the record. Nothing here writes.

It stands between ``policy/``, the only thing it imports, and the towers, which both draw pages with it: Airflow's
plugin the Privacy console, `jobs.night.publish` the catalogue beside the tables. No Spark, no Airflow, no key.
"""
