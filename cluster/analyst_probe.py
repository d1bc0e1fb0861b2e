"""Run inside the analysts' container by the trial: reads every published table, and must fail at all else.

Prints the rows it could read; exits with what it could do and shouldn't.
"""

import socket
import sys
from pathlib import Path

import polars

OTHERS = (("postgres", 5432), ("spark-hub", 7077), ("spark-master", 8080), ("api-server", 8080))
CLOSED = (Path("/published/probe"), Path("/published/threat_events/probe"), Path("/lake"), Path("/keys"))

for host, port in OTHERS:
    try:
        socket.create_connection((host, port), timeout=2)
    except OSError:
        continue
    sys.exit(f"reaches {host}")
for path in CLOSED:
    try:
        path.touch()
    except OSError:
        continue
    sys.exit(f"writes {path}")
print(sum(polars.read_delta(str(table)).height for table in Path("/published").glob("[!_]*")))
