"""``python -m policy`` checks the promise; ``python -m policy trace`` prints clause → rule → evidence."""

from __future__ import annotations

import argparse
import sys

from policy.command_line import command, require_installed
from policy.errors import PolicyError


def main() -> int:
    """Exit 0 when the promise holds together, 2 with one line when it doesn't."""
    parser = argparse.ArgumentParser(prog=command("policy"), description=__doc__)
    parser.add_argument("what", nargs="?", choices=("check", "trace"), default="check")
    what = parser.parse_args().what
    require_installed("pydantic", "yaml")
    from policy.promise import load
    from policy.trace import trace

    try:
        promise = load()
        if what == "trace":
            print(*trace(promise), sep="\n")
        else:
            print(f"{len(promise.releases)} releases from {len(promise.readable)} sources: the promise holds together")
    except PolicyError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
