"""The Airflow tower: starts the jobs by name, tells what they counted, and says what to do when one fails."""
