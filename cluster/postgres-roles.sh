#!/bin/bash
# Runs once, in an empty database server: Airflow's database, the platform's, and a role for each
# that needs one. Passwords come from pgpass files (host:port:database:user:password), not from words.
set -euo pipefail
psql --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set of_airflow `sed 's/.*://' /run/secrets-of-postgres/airflow_pgpass`
\set of_owner `sed 's/.*://' /run/secrets-of-postgres/platform_owner_pgpass`
\set of_reader `sed 's/.*://' /run/secrets-of-postgres/platform_reader_pgpass`
CREATE ROLE airflow LOGIN PASSWORD :'of_airflow';
CREATE ROLE platform_owner LOGIN PASSWORD :'of_owner';
CREATE ROLE platform_reader LOGIN PASSWORD :'of_reader';
ALTER ROLE platform_reader SET default_transaction_read_only = on;
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE platform OWNER platform_owner;
REVOKE ALL ON DATABASE airflow, platform, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE platform TO platform_reader;
\connect platform
ALTER SCHEMA public OWNER TO platform_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO platform_reader;
SQL
