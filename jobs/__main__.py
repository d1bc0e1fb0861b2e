"""``python -m jobs …`` and ``spark-submit jobs/__main__.py …`` start here."""

import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[:] = [str(here.parent), *(path for path in sys.path if Path(path).resolve() != here)]
    from policy.command_line import require_installed

    require_installed("pydantic", "pyarrow")
    from jobs.cli import main

    raise SystemExit(main())
