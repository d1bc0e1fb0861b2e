"""Fill the demo platform in PostgreSQL once, and let the suite read exactly what the policy allows.

Runs as the platform's owner. The suite's role may read the tables in scope and no others: health
data (policy clauses 1.3, 2.2) is refused by the database, too.
"""

from __future__ import annotations

import argparse

import adbc_driver_postgresql.dbapi as postgresql

import policy
from demo.seed import DAYS, SEED, seed
from policy.command_line import a_day_or_yesterday

READER = "platform_reader"


def main() -> None:
    """The command line; a platform that is there stays as it is."""
    parser = argparse.ArgumentParser(prog="python -m cluster.seed", description=__doc__)
    parser.add_argument("--until", type=a_day_or_yesterday)
    parser.add_argument("--scale", type=float, default=1)
    args = parser.parse_args()
    with postgresql.connect("postgresql://") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.professional_users') IS NOT NULL")
        there = bool(cursor.fetchone()[0])
    if not there:
        rows = seed("postgresql:", args.until, DAYS, args.scale, SEED)["rows"]
        print(f"{sum(rows.values())} rows in {len(rows)} tables, {DAYS} days up to {args.until}")
    grant()


def grant() -> None:
    """Give the suite's role the tables in scope; take every other one from it."""
    readable = ", ".join(f'"{name}"' for name in policy.load().readable)
    with postgresql.connect("postgresql://") as connection, connection.cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {READER}")
        cursor.execute(f"GRANT SELECT ON {readable} TO {READER}")
        connection.commit()


if __name__ == "__main__":
    main()
